//! The outbox: when an owed message is sent, sent again, and forgotten.
//!
//! * Every message has an **id**, ascending and never used twice. The messages themselves lie in
//!   the store; the outbox here decides, and asks for them by [`Action`]s.
//! * A **session** is one connection to the broker. In each, messages go out in the order of their
//!   ids, at most [`WINDOW`] of them **in flight**: sent, but not acknowledged.
//! * When a session ends, everything unacknowledged counts as unsent: the next one starts again
//!   with the oldest owed message. A receiver may therefore see a message twice, with the same id.
//! * An acknowledgement of the broker makes a message **settled**: it is forgotten from the store,
//!   and never sent again even if the store takes its time to forget.
//! * A message that can never be sent is **skipped**: it is settled without an acknowledgement, its
//!   loss is owed, and those behind it go on.
//! * A full outbox **gives up** its oldest messages and owes a notice of that ([`crate::records`]).
//!
//! A plain state machine: no clock, socket or file inside.

use std::collections::{BTreeSet, VecDeque};

use crate::records::MessageId;

/// Messages in flight at most. Enough to keep a slow link busy (64 summaries of 1 KiB cover the
/// bandwidth-delay product of 1 Mbit/s and half a second), few enough to send again.
pub const WINDOW: usize = 64;

/// What the outbox asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<M> {
    /// Read the oldest [`WINDOW`] messages with an id of at least `from` from the store, and hand
    /// them to [`Outbox::read`] with this `session`.
    Read {
        /// Handed back with the messages.
        session: u64,
        /// The lowest id.
        from: MessageId,
    },
    /// Send this message.
    Send(MessageId, M),
    /// Remove this message from the store, then call [`Outbox::forgotten`].
    Forget(MessageId),
}

/// The state machine; `M` is what a message is made of.
#[derive(Debug)]
pub struct Outbox<M> {
    session: u64,
    connected: bool,
    /// A read was asked for and is not answered.
    reading: bool,
    /// The store may hold messages from `next` on.
    more: bool,
    /// Lowest id that was not read in this session.
    next: MessageId,
    unsent: VecDeque<(MessageId, M)>,
    in_flight: BTreeSet<MessageId>,
    settled: BTreeSet<MessageId>,
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Self {
            session: 0,
            connected: false,
            reading: false,
            more: false,
            next: 0,
            unsent: VecDeque::new(),
            in_flight: BTreeSet::new(),
            settled: BTreeSet::new(),
        }
    }
}

impl<M> Outbox<M> {
    /// A session begins: everything that is owed goes out, the oldest first.
    pub fn connected(&mut self) -> Vec<Action<M>> {
        self.disconnected();
        self.session += 1;
        self.connected = true;
        self.more = true;
        self.pump()
    }

    /// The session is over.
    pub fn disconnected(&mut self) {
        self.connected = false;
        self.reading = false;
        self.next = 0;
        self.unsent.clear();
        self.in_flight.clear();
    }

    /// The store may hold new messages.
    pub fn appended(&mut self) -> Vec<Action<M>> {
        self.more = true;
        self.pump()
    }

    /// The answer to [`Action::Read`]: messages with ascending ids. One from an earlier session is
    /// dropped.
    pub fn read(&mut self, session: u64, messages: Vec<(MessageId, M)>) -> Vec<Action<M>> {
        if session != self.session || !self.reading {
            return Vec::new();
        }
        self.reading = false;
        if let Some((last, _)) = messages.last() {
            self.next = last + 1;
        }
        if messages.len() >= WINDOW {
            self.more = true;
        }
        let settled = &self.settled;
        self.unsent.extend(messages.into_iter().filter(|(id, _)| !settled.contains(id)));
        self.pump()
    }

    /// The store could not be read; asks again at the next event.
    pub fn unread(&mut self, session: u64) {
        if session == self.session && self.reading {
            self.reading = false;
            self.more = true;
        }
    }

    /// The broker holds the message. An id that is not in flight changes nothing.
    pub fn acknowledged(&mut self, id: MessageId) -> Vec<Action<M>> {
        if !self.in_flight.remove(&id) {
            return Vec::new();
        }
        self.settled.insert(id);
        let mut actions = vec![Action::Forget(id)];
        actions.extend(self.pump());
        actions
    }

    /// The message that was to be sent never can be. Nothing waits for it: those behind it go on. It
    /// is settled; the caller makes the store give it up, then calls [`Outbox::forgotten`].
    pub fn skipped(&mut self, id: MessageId) -> Vec<Action<M>> {
        if !self.in_flight.remove(&id) {
            return Vec::new();
        }
        self.settled.insert(id);
        self.pump()
    }

    /// The store holds the message no longer.
    pub fn forgotten(&mut self, id: MessageId) {
        self.settled.remove(&id);
    }

    /// Messages that were sent and not acknowledged.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Sends what fits into the window, and reads ahead when nothing is left to send.
    fn pump(&mut self) -> Vec<Action<M>> {
        let mut actions = Vec::new();
        if !self.connected {
            return actions;
        }
        while self.in_flight.len() < WINDOW {
            let Some((id, message)) = self.unsent.pop_front() else {
                break;
            };
            self.in_flight.insert(id);
            actions.push(Action::Send(id, message));
        }
        if self.unsent.is_empty() && self.more && !self.reading {
            self.reading = true;
            self.more = false;
            actions.push(Action::Read { session: self.session, from: self.next });
        }
        actions
    }
}

#[cfg(test)]
mod tests;
