//! The link's main task: it pays what is owed, in the order of the outbox, and gives up what can never be
//! sent.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::{Action, Link, LinkProblem, OwedMessage, ReadAnswer, Sent, Session};
use crate::fleet::messages::Kind;
use crate::fleet::outbox::WINDOW;
use crate::fleet::shortening;
use crate::records::{Change, MessageId};

impl Link {
    /// Carries out what the outbox asks for.
    pub(super) fn carry_out(
        &mut self,
        actions: Vec<Action<OwedMessage>>,
        session: &mut Session,
        answers: &mpsc::UnboundedSender<ReadAnswer>,
    ) -> Result<(), LinkProblem> {
        let mut actions = VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Read { session: asked_in, from } => {
                    let (store, answers) = (self.store.clone(), answers.clone());
                    tokio::spawn(async move {
                        let read = store.read_outbox(from, WINDOW).await;
                        // The session may have ended meanwhile; the next one asks anew.
                        let _ = answers.send((asked_in, read));
                    });
                }
                Action::Send(id, message) => {
                    // A later version of inspectd wrote it, and an earlier one was installed again.
                    let Some(kind) = Kind::named(&message.kind) else {
                        let reason = format!("this version knows no `{}`", message.kind);
                        actions.extend(self.give_up(id, reason));
                        continue;
                    };
                    let sent = Sent::Owed(id, kind);
                    let topic = self.sender.topic(kind);
                    let room = self.room(kind, session);
                    let text = self.sender.owed_text(kind, message);
                    let size = text.len();
                    match shortening::fit(text, room) {
                        Some(text) => {
                            if !session.publish(sent, topic, text) {
                                return Err(self.takes_no_more());
                            }
                        }
                        None => actions.extend(self.skip(sent, size, room)?),
                    }
                }
                Action::Forget(id) => self.forget(id),
            }
        }
        Ok(())
    }

    fn forget(&self, id: MessageId) {
        self.settle(id, Change::Acknowledge(vec![id]));
    }

    /// Makes the store forget the message by this change.
    fn settle(&self, id: MessageId, change: Change) {
        let forgotten = self.forgotten.clone();
        let done = move || {
            // The link may have been stopped meanwhile.
            let _ = forgotten.send(id);
        };
        if let Err(refused) = self.store.commit(vec![change], Vec::new(), done) {
            // It stays settled for this run, and is sent once more after a restart.
            tracing::warn!("cannot store that the broker has acknowledged message {id}: {refused}");
        }
    }

    /// Bytes that a message of that kind may have in this session.
    pub(super) fn room(&self, kind: Kind, session: &Session) -> usize {
        let told = self.sender.room(kind, session.packet_limit);
        self.lessons.limit().map_or(told, |learned| told.min(learned))
    }

    /// A message cannot be made short enough for the broker: its loss is owed in its place.
    fn skip(
        &mut self,
        sent: Sent,
        size: usize,
        room: usize,
    ) -> Result<Vec<Action<OwedMessage>>, LinkProblem> {
        let Sent::Owed(id, kind) = sent else { return Ok(Vec::new()) };
        if kind == Kind::Lost {
            // The notice of its loss would fit no better.
            let broker = self.sender.broker();
            return Err(LinkProblem::NoRoom { broker, room });
        }
        let kind = kind.name();
        let reason = format!("a {kind} of {size} bytes; the broker's packets have room for {room}");
        Ok(self.give_up(id, reason))
    }

    /// A message can never be sent: its loss is owed in its place.
    fn give_up(&mut self, id: MessageId, reason: String) -> Vec<Action<OwedMessage>> {
        tracing::error!("message {id} is lost: {reason}");
        let actions = self.outbox.skipped(id);
        self.settle(id, Change::Skip(id, reason));
        actions
    }
}
