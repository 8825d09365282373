//! **Inference**: workers that score the views of items, the most urgent item first.
//!
//! Workers are long-lived threads, because libtorch's memory grows with every new thread that runs a
//! model (pytorch#64412). How many there are, and how many threads libtorch may use in each, is
//! measured at start ([`Probe`]). They share the model and the references, of which as many are in memory as
//! have room there; the reference of an item that still travels can be loaded ahead
//! ([`InferencePool::prefetch`]).
//!
//! Items wait in a bounded queue. A view whose deadline has passed is answered without scoring
//! it, so that a box that is behind does not stay behind. A panic while scoring becomes an error of
//! that view, and the worker goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::ModelSection;
use base::panics::panic_message;
use capture::Frame;
use damage::scoring::{Budget, ReferenceKey, Scorer, ScoringError, ViewScore};
use line::clock::monotonic;

mod layout;
mod queue;
mod references;

pub use layout::{Layout, Probe, probe};

use queue::{ITEMS_MAX, Queue, Task, Work};
use references::References;

/// An item to inspect.
#[derive(Debug, Clone)]
pub struct Job {
    /// The item's number.
    pub item: u64,
    /// What the item is supposed to be.
    pub sku: String,
    /// When the verdict is needed, since the zero of CLOCK_MONOTONIC; past it the item's views are
    /// not scored any more. `Duration::MAX` for an item that nobody waits for. It may move while the
    /// job waits, see [`InferencePool::set_deadline`].
    pub deadline: Duration,
    /// Camera and frame of each view; at least one.
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

/// The handle to the workers; dropping it ends them after the views in hand.
#[derive(Debug)]
pub struct InferencePool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    scorer: Arc<Scorer>,
    references: Arc<References>,
    probe: Probe,
    engine: String,
}

impl InferencePool {
    /// Loads the model, finds out how to lay the work out, and starts the workers; returns when the
    /// first item can be scored. Answers come through the receiver, which must be read: workers wait
    /// when 64 answers are unread.
    ///
    /// # Errors
    /// The model cannot be loaded, or there are no threads.
    pub fn start(
        model: &ModelSection,
        false_divert_budget: impl Into<Budget>,
    ) -> Result<(InferencePool, Receiver<Scored>), ScoringError> {
        let scorer = Scorer::load_best(&model.folder, model.device, model.engine)?
            .with_head_from(&model.damage_head)?
            .with_false_divert_budget(false_divert_budget);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let probe = probe(&scorer, cores)?;
        let (device, engine) = (scorer.compute().name(), scorer.engine().to_string());
        tracing::info!(device, engine, %probe, "scoring is ready");
        let scorer = Arc::new(scorer);
        let shared = Arc::new(Shared::default());
        let (results, receiver) = mpsc::sync_channel(ITEMS_MAX);
        let room = (model.references_mib as usize) << 20;
        let references = Arc::new(References::new(model.references.clone(), room));
        let mut pool = InferencePool {
            shared: Arc::clone(&shared),
            workers: Vec::new(),
            scorer: Arc::clone(&scorer),
            references: Arc::clone(&references),
            probe,
            engine,
        };
        for number in 0..pool.probe.layout.workers {
            let worker =
                Worker { scorer: Arc::clone(&scorer), references: Arc::clone(&references) };
            let (shared, results) = (Arc::clone(&shared), results.clone());
            let threads = pool.probe.layout.threads as i32;
            let thread = std::thread::Builder::new().name(format!("inspection-{number}"));
            let thread = thread.spawn(move || {
                tch::set_num_threads(threads);
                let _no_grad = tch::no_grad_guard();
                worker.run(&shared, &results);
            });
            pool.workers.push(thread.map_err(|cause| ScoringError::NoThread { cause })?);
        }
        Ok((pool, receiver))
    }

    /// The model that the workers share.
    pub fn scorer(&self) -> Arc<Scorer> {
        Arc::clone(&self.scorer)
    }

    /// How the work is laid out, and what else was tried.
    pub fn probe(&self) -> &Probe {
        &self.probe
    }

    /// Which engine runs the backbone, and why.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// Queues an item. Gives it back when it has no views, the queue is full or the workers have
    /// ended: the caller must then call it uninspected.
    pub fn submit(&self, job: Job) -> Result<(), Job> {
        if self.workers.iter().all(JoinHandle::is_finished) {
            return Err(job);
        }
        self.shared.lock().submit(job, Instant::now())?;
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Moves the deadline of `item` while views of it wait: a belt that stops moves the commit points
    /// of the items on it. Changes nothing for views that are being scored.
    pub fn set_deadline(&self, item: u64, deadline: Duration) {
        self.shared.lock().set_deadline(item, deadline);
    }

    /// Loads the references of `sku` for these cameras while the item still travels, on a worker that has no
    /// view to score. Returns at once, and says nothing of a reference that is missing or broken: that is said
    /// when the item is scored. A view that comes while a reference is being loaded waits for that worker as
    /// it would wait for a load of its own.
    pub fn prefetch<'a>(&self, sku: &str, cameras: impl IntoIterator<Item = &'a str>) {
        let keys = cameras.into_iter().filter_map(|camera| ReferenceKey::new(sku, camera).ok());
        let mut queue = self.shared.lock();
        keys.for_each(|key| queue.load_ahead(key));
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// Room that the references in memory take, in bytes.
    pub fn reference_bytes(&self) -> usize {
        self.references.bytes()
    }

    /// Items that wait.
    pub fn queued(&self) -> usize {
        self.shared.lock().waiting()
    }
}

impl Drop for InferencePool {
    fn drop(&mut self) {
        self.shared.lock().close();
        self.shared.changed.notify_all();
        for worker in self.workers.drain(..) {
            if worker.join().is_err() {
                tracing::error!("an inspection worker had panicked");
            }
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do; `None` when the work has ended.
    fn next(&self) -> Option<Work> {
        let mut queue = self.lock();
        loop {
            if queue.is_closed() {
                return None;
            }
            if let Some(work) = queue.next(monotonic(), Instant::now()) {
                return Some(work);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One thread's share of the work.
struct Worker {
    scorer: Arc<Scorer>,
    references: Arc<References>,
}

impl Worker {
    fn run(self, shared: &Shared, results: &SyncSender<Scored>) {
        while let Some(work) = shared.next() {
            let task = match work {
                Work::Score(task) => task,
                Work::LoadAhead(key) => {
                    self.load_ahead(&key);
                    continue;
                }
            };
            let answer = self.view(&task);
            let scored = shared.lock().answered(&task, answer, Instant::now());
            if let Some(scored) = scored
                && results.send(scored).is_err()
            {
                return;
            }
        }
    }

    fn load_ahead(&self, key: &ReferenceKey) {
        let load = || self.references.get(key, self.scorer.backbone_sha256());
        let loaded = catch_unwind(AssertUnwindSafe(load));
        if !matches!(loaded, Ok(Ok(_))) {
            // Scoring will say why, if the item comes.
            tracing::debug!(sku = key.sku, camera = key.view, "no reference was loaded ahead");
        }
    }

    fn view(&self, task: &Task) -> Result<ViewScore, ScoringError> {
        let late = monotonic().saturating_sub(task.deadline);
        if late > Duration::ZERO {
            return Err(ScoringError::TooLate { late_ms: late.as_millis() as u64 });
        }
        // Scorer and references stay whole if a call unwinds: neither changes half-way.
        catch_unwind(AssertUnwindSafe(|| {
            let key = ReferenceKey::new(&task.sku, &task.camera)?;
            let reference = self.references.get(&key, self.scorer.backbone_sha256())?;
            self.scorer.score(&task.frame.picture, &reference, task.views)
        }))
        .unwrap_or_else(|panic| {
            let cause = panic_message(&*panic);
            tracing::error!(sku = &*task.sku, camera = &*task.camera, cause, "scoring panicked");
            Err(ScoringError::Panicked { cause })
        })
    }
}
