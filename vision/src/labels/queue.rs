//! The items whose labels wait to be read.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::LabelJob;
use line::clock::monotonic;

/// Items that may wait; one more is refused.
const ITEMS_MAX: usize = 32;

/// The queue between those who submit and the thread.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    /// Adds an item and wakes the thread; gives it back when too many wait.
    pub(super) fn submit(&self, job: LabelJob) -> Result<(), LabelJob> {
        let mut waiting = self.lock();
        if waiting.jobs.len() >= ITEMS_MAX {
            return Err(job);
        }
        waiting.jobs.push((job, Instant::now()));
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// Moves the deadline of an item that waits.
    pub(super) fn set_deadline(&self, item: u64, deadline: Duration) {
        for (job, _) in self.lock().jobs.iter_mut().filter(|(job, _)| job.item == item) {
            job.deadline = deadline;
        }
    }

    /// Nothing is taken any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for the item that is read next, and tells since when it waits; `None` once closed.
    pub(super) fn take(&self) -> Option<(LabelJob, Instant)> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(job) = waiting.take(monotonic()) {
                return Some(job);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: Vec<(LabelJob, Instant)>,
    closed: bool,
}

impl Waiting {
    /// The item that is read next: of those in time the most urgent, else the one that is late longest.
    fn take(&mut self, now: Duration) -> Option<(LabelJob, Instant)> {
        let urgency = |at: &usize| {
            let deadline = self.jobs[*at].0.deadline;
            (deadline <= now, deadline)
        };
        let next = (0..self.jobs.len()).min_by_key(urgency)?;
        Some(self.jobs.remove(next))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use meaning::dates::{Context, Region};

    fn job(item: u64, deadline_ms: u64) -> LabelJob {
        LabelJob {
            item,
            deadline: Duration::from_millis(deadline_ms),
            views: Vec::new(),
            context: Context { region: Region::Europe, today: date(2026, 3, 1) },
            needs_text: false,
            sku: String::new(),
            gtin: None,
        }
    }

    #[test]
    fn a_full_queue_gives_the_item_back_and_a_closed_one_gives_none() {
        let queue = Queue::default();
        let refused = (0..).find_map(|item| queue.submit(job(item, 0)).err());
        assert_eq!(refused.map(|job| job.item), Some(ITEMS_MAX as u64));
        assert!(queue.take().is_some());
        queue.close();
        assert!(queue.take().is_none());
    }

    proptest! {
        #[test]
        fn the_most_urgent_item_in_time_is_next_and_late_ones_come_last(
            deadlines in proptest::collection::vec(0u64..100, 1..8),
        ) {
            let now = Duration::from_millis(50);
            let mut waiting = Waiting::default();
            for (item, deadline) in (0..).zip(&deadlines) {
                waiting.jobs.push((job(item, *deadline), Instant::now()));
            }
            let taken: Vec<_> =
                std::iter::from_fn(|| waiting.take(now)).map(|(job, _)| job.deadline).collect();
            let mut expected = taken.clone();
            expected.sort_by_key(|deadline| (*deadline <= now, *deadline));
            prop_assert_eq!(&taken, &expected);
            prop_assert_eq!(taken.len(), deadlines.len());
        }
    }
}
