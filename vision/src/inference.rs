//! The **inspection thread**: one long-lived thread that owns the scorer and the references.
//!
//! One thread, because libtorch's memory grows with every new thread that runs a model
//! (pytorch#64412), and one OpenMP thread in it, because OpenMP's threads spin while they wait and
//! take the cores that capture and compression need. Items wait in a bounded queue; the one whose
//! deadline comes first is next. An item whose deadline has passed is answered without scoring it,
//! so that a box that is behind does not stay behind.
//!
//! A panic while scoring becomes an error of that view, and the thread goes on.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crate::capture::{Frame, monotonic_now};
use crate::config::ModelSection;
use crate::scoring::{Reference, ReferenceKey, Scorer, ScoringError, ViewScore};

/// Items that may wait; a submission beyond is refused.
const QUEUE_MAX: usize = 64;
/// References in memory at the same time, at most 2.3 MB each.
const REFERENCES_MAX: usize = 32;

/// An item to inspect.
#[derive(Debug, Clone)]
pub struct Job {
    /// The item's number.
    pub item: u64,
    /// What the item is supposed to be.
    pub sku: String,
    /// When the verdict is needed, since the zero of CLOCK_MONOTONIC; past it the item is not
    /// scored any more. `Duration::MAX` for an item that nobody waits for. It may move while the
    /// job waits, see [`InspectionThread::set_deadline`].
    pub deadline: Duration,
    /// Camera and frame of each view.
    pub views: Vec<(Arc<str>, Arc<Frame>)>,
}

/// The answer to a [`Job`].
#[derive(Debug)]
pub struct Scored {
    /// The item's number.
    pub item: u64,
    /// Camera and score of each view, in the order of the job.
    pub views: Vec<(Arc<str>, Result<ViewScore, ScoringError>)>,
    /// How long the job waited.
    pub queued_for: Duration,
    /// How long it was worked on.
    pub took: Duration,
}

/// The handle to the inspection thread; dropping it ends the thread after the job in hand.
#[derive(Debug)]
pub struct InspectionThread {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl InspectionThread {
    /// Loads the model and warms it up; returns when the first item can be scored. Answers come
    /// through the receiver, which must be read: the thread waits when 64 answers are unread.
    pub fn start(
        model: ModelSection,
        false_divert_budget: f64,
    ) -> Result<(InspectionThread, Receiver<Scored>), ScoringError> {
        let queue = Arc::new(Queue::default());
        let (results, receiver) = mpsc::sync_channel(QUEUE_MAX);
        let (ready, loaded) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("inspection".into())
            .spawn({
                let queue = Arc::clone(&queue);
                move || {
                    let _no_grad = tch::no_grad_guard();
                    let scorer = match Scorer::load_with_head(&model.folder, &model.damage_head) {
                        Ok(scorer) => scorer,
                        Err(error) => {
                            // A caller that is gone needs no answer.
                            ready.send(Err(error)).unwrap_or_default();
                            return;
                        }
                    };
                    let scorer = scorer.with_false_divert_budget(false_divert_budget);
                    ready.send(Ok(())).unwrap_or_default();
                    let references = References::new(model.references);
                    Inspector { scorer, references }.run(&queue, &results);
                }
            })
            .map_err(|cause| ScoringError::ModelFile { path: PathBuf::new(), cause })?;
        let inspection = InspectionThread { queue, thread: Some(thread) };
        match loaded.recv() {
            Ok(Ok(())) => Ok((inspection, receiver)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ScoringError::Panicked { cause: "the model could not be loaded".into() }),
        }
    }

    /// Queues an item. Gives it back when the queue is full or the thread has ended: the caller
    /// must then call it uninspected.
    pub fn submit(&self, job: Job) -> Result<(), Job> {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(job);
        }
        let mut waiting = self.queue.lock();
        if waiting.jobs.len() >= QUEUE_MAX {
            return Err(job);
        }
        waiting.jobs.push((job, Instant::now()));
        drop(waiting);
        self.queue.changed.notify_one();
        Ok(())
    }

    /// Moves the deadline of `item` while it waits: a belt that stops moves the commit points of the
    /// items on it. Changes nothing once the item is being scored or is answered.
    pub fn set_deadline(&self, item: u64, deadline: Duration) {
        self.queue.set_deadline(item, deadline);
    }

    /// Items that wait.
    pub fn queued(&self) -> usize {
        self.queue.lock().jobs.len()
    }
}

impl Drop for InspectionThread {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the inspection thread had panicked");
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: Vec<(Job, Instant)>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_deadline(&self, item: u64, deadline: Duration) {
        for (job, _) in self.lock().jobs.iter_mut().filter(|(job, _)| job.item == item) {
            job.deadline = deadline;
        }
    }

    /// Waits for jobs and takes the one with the earliest deadline; `None` when closed.
    fn take(&self) -> Option<(Job, Instant)> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(first) = earliest(&waiting.jobs) {
                return Some(waiting.jobs.remove(first));
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The job with the earliest deadline; of equal ones the one that came first.
fn earliest(jobs: &[(Job, Instant)]) -> Option<usize> {
    jobs.iter().enumerate().min_by_key(|(_, (job, since))| (job.deadline, *since)).map(|(at, _)| at)
}

struct Inspector {
    scorer: Scorer,
    references: References,
}

impl Inspector {
    fn run(&mut self, queue: &Queue, results: &SyncSender<Scored>) {
        while let Some((job, since)) = queue.take() {
            let start = Instant::now();
            let late = monotonic_now().saturating_sub(job.deadline);
            let views = job
                .views
                .iter()
                .map(|(camera, frame)| {
                    (Arc::clone(camera), self.view(&job.sku, camera, frame, job.views.len(), late))
                })
                .collect();
            let queued_for = start - since;
            let scored = Scored { item: job.item, views, queued_for, took: start.elapsed() };
            if results.send(scored).is_err() {
                return;
            }
        }
    }

    fn view(
        &mut self,
        sku: &str,
        camera: &str,
        frame: &Frame,
        views: usize,
        late: Duration,
    ) -> Result<ViewScore, ScoringError> {
        if late > Duration::ZERO {
            return Err(ScoringError::TooLate { late_ms: late.as_millis() as u64 });
        }
        // Scorer and references stay whole if a call unwinds: neither changes half-way.
        catch_unwind(AssertUnwindSafe(|| {
            let key = ReferenceKey::new(sku, camera)?;
            let reference = self.references.get(&key, self.scorer.backbone_sha256())?;
            self.scorer.score(&frame.picture, reference, views)
        }))
        .unwrap_or_else(|panic| {
            let cause = message(&*panic);
            tracing::error!(sku, camera, cause, "scoring panicked");
            Err(ScoringError::Panicked { cause })
        })
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// What tells one content of a file from the next: when it was written, and its length.
type Stamp = (SystemTime, u64);

/// The references in use, loaded on demand and again when their file was replaced.
struct References {
    folder: PathBuf,
    loaded: HashMap<ReferenceKey, Loaded>,
    /// Counts uses, so that the one used longest ago gives way.
    clock: u64,
}

struct Loaded {
    reference: Reference,
    stamp: Stamp,
    used: u64,
}

impl References {
    fn new(folder: PathBuf) -> References {
        References { folder, loaded: HashMap::new(), clock: 0 }
    }

    fn get(
        &mut self,
        key: &ReferenceKey,
        backbone_sha256: &str,
    ) -> Result<&Reference, ScoringError> {
        self.clock += 1;
        let path = key.path(&self.folder);
        let stamp = std::fs::metadata(&path).and_then(|file| Ok((file.modified()?, file.len())));
        let fresh = match (&stamp, self.loaded.get(key)) {
            (Ok(stamp), Some(loaded)) => loaded.stamp == *stamp,
            _ => false,
        };
        if !fresh {
            self.loaded.remove(key);
            let reference = Reference::load(&self.folder, key, backbone_sha256)?;
            let stamp = stamp.map_err(|cause| ScoringError::ReferenceFile { path, cause })?;
            if self.loaded.len() >= REFERENCES_MAX {
                let oldest = self.loaded.iter().min_by_key(|(_, loaded)| loaded.used);
                if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                    self.loaded.remove(&oldest);
                }
            }
            self.loaded.insert(key.clone(), Loaded { reference, stamp, used: self.clock });
        }
        let loaded = self.loaded.get_mut(key).expect("it was there or has just been inserted");
        loaded.used = self.clock;
        Ok(&loaded.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_with_the_earliest_deadline_is_next() {
        let job = |item, deadline_ms| {
            let deadline = Duration::from_millis(deadline_ms);
            (Job { item, sku: "a".into(), deadline, views: vec![] }, Instant::now())
        };
        let queue = Queue::default();
        queue.lock().jobs = vec![job(1, 900), job(2, 300), job(3, 600), job(4, 300)];
        let order: Vec<u64> = (0..4).map(|_| queue.take().unwrap().0.item).collect();
        assert_eq!(order, [2, 4, 3, 1]);
        queue.lock().closed = true;
        assert!(queue.take().is_none());
    }

    #[test]
    fn a_deadline_that_moves_changes_the_order_and_an_item_that_is_not_waiting_is_ignored() {
        let queue = Queue::default();
        for (item, deadline_ms) in [(1, 300), (2, 600)] {
            let deadline = Duration::from_millis(deadline_ms);
            let job = Job { item, sku: "a".into(), deadline, views: vec![] };
            queue.lock().jobs.push((job, Instant::now()));
        }
        queue.set_deadline(1, Duration::from_millis(900));
        queue.set_deadline(3, Duration::ZERO);
        let order: Vec<(u64, u128)> = (0..2)
            .map(|_| queue.take().unwrap().0)
            .map(|job| (job.item, job.deadline.as_millis()))
            .collect();
        assert_eq!(order, [(2, 600), (1, 900)]);
        queue.set_deadline(1, Duration::ZERO);
        assert!(queue.lock().jobs.is_empty());
    }
}
