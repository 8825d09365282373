//! A thread that works jobs off, the most urgent first, and the queue of the jobs that wait for it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::deadline_queue::{DeadlineQueue, Late};
use line::clock::monotonic;

/// Jobs that may wait; one more is refused.
const JOBS_MAX: usize = 32;

/// What is to be done for one item.
pub(super) trait Job {
    /// The item's number.
    fn item(&self) -> u64;
    /// When the verdict is needed, since the zero of CLOCK_MONOTONIC.
    fn deadline(&self) -> Duration;
    /// Moves the deadline.
    fn postpone(&mut self, deadline: Duration);
}

/// The handle to the thread; dropping it ends the thread after the job in hand.
#[derive(Debug)]
pub(super) struct Worker<J> {
    queue: Arc<Queue<J>>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Job + Send + 'static> Worker<J> {
    /// Starts a thread of this name, which runs `work` once: it takes from the queue until that is closed.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub(super) fn start(
        name: &str,
        work: impl FnOnce(&Queue<J>) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let taken_from = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || work(&taken_from))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Queues a job; gives it back when too many wait.
    pub(super) fn submit(&self, job: J) -> Result<(), J> {
        self.queue.submit(job)
    }

    /// Moves the deadline of an item that waits.
    pub(super) fn set_deadline(&self, item: u64, deadline: Duration) {
        self.queue.lock().jobs.set_deadline(item, deadline);
    }
}

impl<J> Drop for Worker<J> {
    fn drop(&mut self) {
        self.queue.close();
        let thread = self.thread.take();
        let name = thread.as_ref().and_then(|thread| thread.thread().name()).map(str::to_owned);
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(thread = name, "a thread that reads labels had panicked");
        }
    }
}

/// The queue between those who submit and the thread.
#[derive(Debug)]
pub(super) struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Waiting<J> {
    jobs: DeadlineQueue<(J, Instant)>,
    closed: bool,
}

impl<J> Default for Queue<J> {
    fn default() -> Self {
        let waiting = Waiting { jobs: DeadlineQueue::default(), closed: false };
        Self { waiting: Mutex::new(waiting), changed: Condvar::new() }
    }
}

impl<J> Queue<J> {
    /// Nothing is taken any more.
    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J: Job> Queue<J> {
    /// Adds a job and wakes the thread; gives it back when too many wait.
    fn submit(&self, job: J) -> Result<(), J> {
        let mut waiting = self.lock();
        if waiting.jobs.len() >= JOBS_MAX {
            return Err(job);
        }
        waiting.jobs.push(job.item(), job.deadline(), (job, Instant::now()));
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for the next job, and tells since when it waits; `None` once closed.
    pub(super) fn take(&self) -> Option<(J, Instant)> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            // A label that comes too late for the verdict can still put its lot on hold.
            if let Some((deadline, (mut job, since))) = waiting.jobs.take(monotonic(), Late::Last) {
                job.postpone(deadline);
                return Some((job, since));
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Numbered(u64, Duration);

    impl Job for Numbered {
        fn item(&self) -> u64 {
            self.0
        }
        fn deadline(&self) -> Duration {
            self.1
        }
        fn postpone(&mut self, deadline: Duration) {
            self.1 = deadline;
        }
    }

    #[test]
    fn a_full_queue_gives_the_job_back_and_a_closed_one_gives_none() {
        let queue = Queue::default();
        let refused = (0..).find_map(|item| queue.submit(Numbered(item, Duration::MAX)).err());
        assert_eq!(refused.map(|job| job.0), Some(JOBS_MAX as u64));
        queue.lock().jobs.set_deadline(7, Duration::from_secs(u64::MAX / 2));
        let (job, _) = queue.take().expect("they wait");
        assert_eq!((job.0, job.1), (7, Duration::from_secs(u64::MAX / 2)), "it is the most urgent");
        queue.close();
        assert!(queue.take().is_none());
    }
}
