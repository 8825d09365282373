//! The **deadline queue**: what waits for a worker, the most urgent first.
//!
//! A deadline is a time since the zero of `CLOCK_MONOTONIC`, and `now` is on the same clock. Work that is
//! **late** (its deadline has passed) cannot help its item's verdict any more. Who takes from the queue says
//! what that means ([`Late`]).

use std::time::Duration;

/// When late work is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// Before all other: it is answered without being done, and makes room.
    First,
    /// When nothing in time is left: it is worth doing all the same.
    Last,
}

/// What waits. It knows no bound: who fills it refuses what is too much.
#[derive(Debug)]
pub struct DeadlineQueue<T> {
    waiting: Vec<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    item: u64,
    deadline: Duration,
    work: T,
}

impl<T> Default for DeadlineQueue<T> {
    fn default() -> Self {
        Self { waiting: Vec::new() }
    }
}

impl<T> DeadlineQueue<T> {
    /// Adds work for `item`.
    pub fn push(&mut self, item: u64, deadline: Duration, work: T) {
        self.waiting.push(Waiting { item, deadline, work });
    }

    /// Moves the deadline of all that waits for `item`: a belt that stops moves the commit points of the items
    /// on it.
    pub fn set_deadline(&mut self, item: u64, deadline: Duration) {
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.item == item) {
            waiting.deadline = deadline;
        }
    }

    /// The most urgent work and its deadline; of equally urgent work what came first.
    pub fn take(&mut self, now: Duration, late: Late) -> Option<(Duration, T)> {
        let urgency = |at: &usize| {
            let deadline = self.waiting[*at].deadline;
            (late == Late::Last && deadline <= now, deadline)
        };
        let next = (0..self.waiting.len()).min_by_key(urgency)?;
        let Waiting { deadline, work, .. } = self.waiting.remove(next);
        Some((deadline, work))
    }

    /// How much waits.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_deadline_that_moves_changes_the_order_and_an_item_that_is_not_there_is_ignored() {
        let mut queue = DeadlineQueue::default();
        for (item, deadline_ms) in [(1, 300), (1, 300), (2, 600)] {
            queue.push(item, ms(deadline_ms), item);
        }
        queue.set_deadline(1, ms(900));
        queue.set_deadline(3, Duration::ZERO);
        let taken: Vec<(Duration, u64)> =
            std::iter::from_fn(|| queue.take(Duration::ZERO, Late::Last)).collect();
        assert_eq!(taken, [(ms(600), 2), (ms(900), 1), (ms(900), 1)]);
        assert!(queue.is_empty());
    }

    proptest! {
        #[test]
        fn the_most_urgent_in_time_is_next_and_late_work_comes_where_it_was_asked_for(
            deadlines in proptest::collection::vec(0u64..100, 1..12),
            last in any::<bool>(),
        ) {
            let (now, late) = (ms(50), if last { Late::Last } else { Late::First });
            let mut queue = DeadlineQueue::default();
            for (item, deadline) in (0..).zip(&deadlines) {
                queue.push(item, ms(*deadline), item);
            }
            prop_assert_eq!(queue.len(), deadlines.len());
            let taken: Vec<(Duration, u64)> =
                std::iter::from_fn(|| queue.take(now, late)).collect();
            let mut expected: Vec<(Duration, u64)> =
                (0..).zip(&deadlines).map(|(item, deadline)| (ms(*deadline), item)).collect();
            expected.sort_by_key(|(deadline, item)| (last && *deadline <= now, *deadline, *item));
            prop_assert_eq!(taken, expected);
        }
    }
}
