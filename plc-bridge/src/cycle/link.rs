//! Whether the PLC is connected, and the thread that connects to it.
//!
//! Connecting may take seconds, so it happens on a helper thread: the wire is handed over to it and
//! comes back connected. Before each attempt stands a **pause** that doubles up to `retry_max_ms`;
//! one whole good exchange brings it back to its beginning. A PLC that *refuses* is connected: its
//! wire stays, and is asked again after the same pause.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::realtime::STACK;
use crate::wire::{PlcError, PlcWire};
use line::backoff::Backoff;
use line::clock;

/// The first pause between two attempts to connect.
pub const FIRST_RETRY: Duration = Duration::from_millis(100);

/// Any wire, wherever it leads.
pub type Wire = Box<dyn PlcWire + Send>;

/// A wire to be connected, and not before when.
type Order = (Wire, Duration);
/// The wire, and whether it is connected.
type Attempt = (Wire, Result<(), PlcError>);

/// The way to the PLC.
pub(super) struct Link {
    state: State,
    orders: SyncSender<Order>,
    attempts: Receiver<Attempt>,
    pause: Backoff,
}

enum State {
    /// Connected; nothing was asked on a connection that `is_new`.
    Up { wire: Wire, is_new: bool },
    /// Connected to a PLC that refuses.
    Refused { wire: Wire, until: Duration },
    /// The helper has the wire.
    Connecting,
}

impl Link {
    /// Begins to connect at once.
    pub(super) fn new(wire: Wire, retry_max: Duration) -> io::Result<Self> {
        let (orders, ordered) = sync_channel(1);
        let (done, attempts) = sync_channel(1);
        thread::Builder::new()
            .name("connect".into())
            .stack_size(STACK)
            .spawn(move || connect(&ordered, &done))?;
        let mut link = Self {
            state: State::Connecting,
            orders,
            attempts,
            pause: Backoff::new(FIRST_RETRY, retry_max),
        };
        link.order(wire, Duration::ZERO);
        Ok(link)
    }

    /// Sees whether the helper has connected; why not, when an attempt has just failed.
    pub(super) fn poll(&mut self, now: Duration) -> Option<PlcError> {
        self.state = match std::mem::replace(&mut self.state, State::Connecting) {
            State::Refused { wire, until } if now >= until => State::Up { wire, is_new: true },
            state @ (State::Up { .. } | State::Refused { .. }) => state,
            State::Connecting => match self.attempts.try_recv() {
                Ok((wire, Ok(()))) => State::Up { wire, is_new: true },
                Ok((wire, Err(error))) => {
                    let pause = self.pause.failed();
                    self.order(wire, now + pause);
                    return Some(error);
                }
                Err(TryRecvError::Empty) => State::Connecting,
                Err(TryRecvError::Disconnected) => panic!("the connecting thread has panicked"),
            },
        };
        None
    }

    /// The wire, while the PLC is there; and whether nothing was asked on it yet.
    pub(super) fn wire(&mut self) -> Option<(&mut dyn PlcWire, bool)> {
        match &mut self.state {
            State::Up { wire, is_new } => Some((&mut **wire, *is_new)),
            State::Refused { .. } | State::Connecting => None,
        }
    }

    /// The PLC was asked how it stands, for the first time on this connection.
    pub(super) fn met(&mut self) {
        if let State::Up { is_new, .. } = &mut self.state {
            *is_new = false;
        }
    }

    /// A whole exchange went well.
    pub(super) fn exchanged(&mut self) {
        self.pause.worked();
    }

    /// An exchange failed at `now`: a broken wire is connected anew, a refusing PLC asked again.
    pub(super) fn failed(&mut self, error: &PlcError, now: Duration) {
        let State::Up { mut wire, .. } = std::mem::replace(&mut self.state, State::Connecting)
        else {
            return;
        };
        let again = now + self.pause.failed();
        if error.is_broken() {
            wire.disconnect();
            self.order(wire, again);
        } else {
            self.state = State::Refused { wire, until: again };
        }
    }

    fn order(&mut self, wire: Wire, not_before: Duration) {
        self.state = State::Connecting;
        // There is one wire, so there is room for it. A helper that is gone shows at the next poll.
        let _ = self.orders.try_send((wire, not_before));
    }
}

/// The helper: connects what it is given until nobody wants it any more.
fn connect(orders: &Receiver<Order>, done: &SyncSender<Attempt>) {
    while let Ok((mut wire, not_before)) = orders.recv() {
        clock::sleep_until(not_before);
        let connected = wire.connect();
        if done.send((wire, connected)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registers::{Command, DecodeError, Status};
    use crate::wire::{Count, Exception, Peer};

    const MOST: Duration = Duration::from_millis(400);

    /// A wire that connects or not.
    struct Scripted {
        fails: usize,
    }

    impl PlcWire for Scripted {
        fn connect(&mut self) -> Result<(), PlcError> {
            if self.fails == 0 {
                return Ok(());
            }
            self.fails -= 1;
            Err(broken())
        }

        fn write_command(&mut self, _: &Command) -> Result<(), PlcError> {
            Ok(())
        }

        fn read_status(&mut self) -> Result<Status, PlcError> {
            Ok(Status::default())
        }

        fn disconnect(&mut self) {}
    }

    fn peer() -> Peer {
        Peer::Network("plc:502".into())
    }

    fn broken() -> PlcError {
        let source = DecodeError::Length { block: "status", expected: 75, got: 0 };
        PlcError::Unreadable { peer: peer(), block: "status", source }
    }

    /// Polls until the wire is up; how many attempts have failed.
    fn until_up(link: &mut Link) -> usize {
        let deadline = clock::monotonic() + Duration::from_secs(10);
        let mut failed = 0;
        while link.wire().is_none() {
            assert!(clock::monotonic() < deadline, "it connects");
            failed += usize::from(link.poll(clock::monotonic()).is_some());
            clock::sleep_until(clock::monotonic() + Duration::from_millis(1));
        }
        failed
    }

    #[test]
    fn a_wire_that_fails_is_connected_again_until_it_is_up() {
        let mut link = Link::new(Box::new(Scripted { fails: 2 }), MOST).expect("a thread starts");
        assert_eq!(until_up(&mut link), 2);
        assert!(link.wire().is_some_and(|(_, is_new)| is_new));
        link.met();
        assert!(link.wire().is_some_and(|(_, is_new)| !is_new));
        link.failed(&broken(), clock::monotonic());
        assert!(link.wire().is_none(), "the helper has it");
        assert_eq!(until_up(&mut link), 0);
        assert!(link.wire().is_some_and(|(_, is_new)| is_new));
    }

    #[test]
    fn a_plc_that_refuses_keeps_its_connection_and_is_asked_again_later() {
        let mut link = Link::new(Box::new(Scripted { fails: 0 }), MOST).expect("a thread starts");
        until_up(&mut link);
        link.exchanged();
        let refused = PlcError::Refused {
            peer: peer(),
            doing: "reading the status block",
            base: 0,
            count: Count::Registers(75),
            code: Exception(6),
        };
        link.failed(&refused, Duration::ZERO);
        assert!(link.poll(FIRST_RETRY / 2).is_none() && link.wire().is_none());
        assert!(link.poll(FIRST_RETRY).is_none());
        assert!(link.wire().is_some_and(|(_, is_new)| is_new), "what it holds is looked at first");
    }
}
