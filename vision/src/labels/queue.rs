//! A thread that works jobs off, the most urgent first, and the queue of the jobs that wait for it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::deadline_queue::{DeadlineQueue, Late};
use line::clock::monotonic;

/// Jobs that may wait; one more is refused.
const JOBS_MAX: usize = 32;

/// The handle to the thread; dropping it ends the thread after the job in hand.
#[derive(Debug)]
pub(super) struct Worker<J> {
    queue: Arc<Queue<J>>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Send + 'static> Worker<J> {
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

    /// Queues a job for `item`; gives it back when too many wait.
    pub(super) fn submit(&self, item: u64, deadline: Duration, job: J) -> Result<(), J> {
        self.queue.submit(item, deadline, job)
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

/// A job that is worked on.
#[derive(Debug)]
pub(super) struct Taken<J> {
    pub job: J,
    /// Its deadline, which may have moved while it waited.
    pub deadline: Duration,
    /// When it was submitted.
    pub since: Instant,
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

    /// Adds a job and wakes the thread; gives it back when too many wait.
    fn submit(&self, item: u64, deadline: Duration, job: J) -> Result<(), J> {
        let mut waiting = self.lock();
        if waiting.jobs.len() >= JOBS_MAX {
            return Err(job);
        }
        waiting.jobs.push(item, deadline, (job, Instant::now()));
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for the next job; `None` once closed.
    pub(super) fn take(&self) -> Option<Taken<J>> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            // A label that comes too late for the verdict can still put its lot on hold.
            if let Some((deadline, (job, since))) = waiting.jobs.take(monotonic(), Late::Last) {
                return Some(Taken { job, deadline, since });
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_gives_the_job_back_and_a_closed_one_gives_none() {
        let queue = Queue::default();
        let refused = (0..).find_map(|item| queue.submit(item, Duration::MAX, item).err());
        assert_eq!(refused, Some(JOBS_MAX as u64));
        queue.lock().jobs.set_deadline(7, Duration::from_secs(u64::MAX / 2));
        let Taken { job, deadline, .. } = queue.take().expect("they wait");
        let moved = Duration::from_secs(u64::MAX / 2);
        assert_eq!((job, deadline), (7, moved), "it is the most urgent");
        queue.close();
        assert!(queue.take().is_none());
    }
}
