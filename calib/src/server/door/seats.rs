//! Who sits at the page, and who of them has been without a question for longest.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit};

/// A connection's place among the others.
pub(super) struct Seat {
    seats: Arc<Mutex<Seats>>,
    number: u64,
    leave: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    pub(super) fn take(seats: Arc<Mutex<Seats>>, permit: OwnedSemaphorePermit) -> Self {
        let leave = Arc::new(Notify::new());
        let number = lock(&seats).sit(Arc::clone(&leave), Instant::now());
        Self { seats, number, leave, _permit: permit }
    }

    /// Resolves when another one needs the seat.
    pub(super) async fn told_to_leave(&self) {
        self.leave.notified().await;
    }

    pub(super) fn asked(&self) {
        lock(&self.seats).says(self.number, State::Busy);
    }

    pub(super) fn answered(&self) {
        lock(&self.seats).says(self.number, State::Silent { since: Instant::now() });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.seats).taken.remove(&self.number);
    }
}

/// What a connection does.
#[derive(Clone, Copy)]
enum State {
    /// It has asked nothing since it came, or was answered.
    Silent { since: Instant },
    /// It is being answered.
    Busy,
}

/// Who has been without a question for longest.
pub(super) enum Longest {
    /// One that is taken for gone. It has no seat any more; this tells it so.
    Idle(Arc<Notify>),
    /// One that is taken for gone from then on.
    Fresh { idle_at: Instant },
    /// Nobody: all are being answered.
    Busy,
}

/// The connections that are open.
#[derive(Default)]
pub(super) struct Seats {
    next: u64,
    taken: BTreeMap<u64, (State, Arc<Notify>)>,
}

impl Seats {
    fn sit(&mut self, leave: Arc<Notify>, now: Instant) -> u64 {
        let number = self.next;
        self.next += 1;
        self.taken.insert(number, (State::Silent { since: now }, leave));
        number
    }

    fn says(&mut self, number: u64, state: State) {
        if let Some((before, _)) = self.taken.get_mut(&number) {
            *before = state;
        }
    }

    /// Who has been without a question for longest.
    pub(super) fn longest_idle(&mut self, now: Instant, grace: Duration) -> Longest {
        let silent = self.taken.iter().filter_map(|(number, (state, _))| match state {
            State::Silent { since } => Some((*since + grace, *number)),
            State::Busy => None,
        });
        let Some((idle_at, number)) = silent.min() else { return Longest::Busy };
        match self.taken.entry(number) {
            Entry::Occupied(seat) if idle_at <= now => Longest::Idle(seat.remove().1),
            _ => Longest::Fresh { idle_at },
        }
    }
}

pub(super) fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one step, so what another thread left is whole.
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_without_a_question_for_longest_makes_room() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut seats = Seats::default();
        let leave: Vec<_> = (0..3).map(|_| Arc::new(Notify::new())).collect();
        let numbers: Vec<_> =
            leave.iter().zip(0..).map(|(leave, s)| seats.sit(Arc::clone(leave), at(s))).collect();
        seats.says(numbers[0], State::Busy);
        seats.says(numbers[1], State::Silent { since: at(9) });
        let chosen = |seats: &mut Seats| match seats.longest_idle(at(20), GRACE) {
            Longest::Idle(gone) => leave.iter().position(|leave| Arc::ptr_eq(leave, &gone)),
            Longest::Fresh { .. } | Longest::Busy => None,
        };
        assert_eq!(chosen(&mut seats), Some(2));
        assert_eq!(chosen(&mut seats), Some(1), "the one before is gone");
        assert_eq!(chosen(&mut seats), None, "the first is being answered");
        seats.says(numbers[0], State::Silent { since: at(10) });
        assert_eq!(chosen(&mut seats), Some(0));
    }

    const GRACE: Duration = Duration::from_secs(2);

    #[test]
    fn one_that_came_or_was_answered_just_now_keeps_its_seat_for_the_grace() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut seats = Seats::default();
        let leave = Arc::new(Notify::new());
        let first = seats.sit(Arc::clone(&leave), at(10));
        seats.sit(Arc::clone(&leave), at(11));
        let fresh_until = |seats: &mut Seats, now| match seats.longest_idle(at(now), GRACE) {
            Longest::Fresh { idle_at } => Some(idle_at),
            Longest::Idle(_) | Longest::Busy => None,
        };
        assert_eq!(fresh_until(&mut seats, 11), Some(at(12)));
        seats.says(first, State::Silent { since: at(12) });
        assert_eq!(fresh_until(&mut seats, 12), Some(at(13)));
        assert!(matches!(seats.longest_idle(at(13), GRACE), Longest::Idle(_)));
        assert_eq!(fresh_until(&mut seats, 13), Some(at(14)));
    }
}
