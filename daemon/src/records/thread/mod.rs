//! The one thread that owns the store, and the handle by which everybody else writes.
//!
//! * A **commit** is a list of changes that belong together, with the pictures that they refer to.
//!   What waits when the thread comes round is written in one transaction (group commit), so that a
//!   slow disk is flushed once for many items. Pictures are written first: a stored record never
//!   points at a picture that is still to come. One that cannot be written holds nothing up (`keeping.rs`).
//! * While the disk refuses records, changes **wait** in memory, the latest of each item (`waiting.rs`),
//!   and are tried again every [`RETRY`]. The handle says so ([`StoreState::Failing`]). What may wait
//!   is bounded: beyond [`MAX_PICTURE_BYTES`] pictures are dropped and counted, beyond
//!   [`MAX_CHANGES`] a commit is handed back to its caller. Nothing is lost silently.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::error::{CommitRefused, StoreError, StoreState};
use super::evidence::{Evidence, Picture};
use super::keeping::{Keeper, Missing};
use super::owed::MessageId;
use super::owed::{OutboxCounts, OwedMessage};
use super::store::{Change, Store};
use super::waiting::{OnDone, Waiting};

/// Pause between two attempts while the disk refuses.
pub const RETRY: Duration = Duration::from_secs(1);

/// Changes that may wait. An item is one change, however often it was saved; so these are 10,000
/// items and alerts: over two and a half hours of a line with one item a second, about 20 MB.
pub const MAX_CHANGES: usize = 10_000;

/// Bytes of pictures that may wait: about five minutes of two cameras with heat maps.
pub const MAX_PICTURE_BYTES: usize = 64 * 1024 * 1024;

/// Commits that are made in one transaction at most, so that reads get their turn.
const GROUP: usize = 256;

/// Records that are deleted in one transaction at most, for the same reason.
const DELETE_STEP: usize = 500;

struct Commit {
    changes: Vec<Change>,
    pictures: Vec<Picture>,
    missing: Vec<Missing>,
    on_done: OnDone,
}

enum Job {
    Commit(Commit),
    ReadOutbox {
        from: MessageId,
        limit: usize,
        reply: oneshot::Sender<Result<Vec<OwedMessage>, StoreError>>,
    },
    DeleteRecords {
        before: Timestamp,
        reply: oneshot::Sender<Result<usize, StoreError>>,
    },
    Stop,
}

/// What waits, counted at both ends.
#[derive(Debug, Default)]
struct Load {
    changes: AtomicUsize,
    picture_bytes: AtomicUsize,
    pictures_dropped: AtomicU64,
}

/// Writes to the store, from any thread or task. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StoreHandle {
    jobs: Sender<Job>,
    load: Arc<Load>,
    state: watch::Receiver<StoreState>,
    evidence: watch::Receiver<StoreState>,
    outbox: watch::Receiver<OutboxCounts>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Commit(_) => "Commit",
            Self::ReadOutbox { .. } => "ReadOutbox",
            Self::DeleteRecords { .. } => "DeleteRecords",
            Self::Stop => "Stop",
        })
    }
}

impl StoreHandle {
    /// Hands changes over, with the pictures that they refer to, and returns at once. `on_done` runs
    /// on the store's thread, in the order of the commits, once the pictures are written and the
    /// changes, or newer ones of the same items, are flushed to the disk; it is dropped without
    /// running only when the store is stopped while it fails. It must be quick.
    ///
    /// Pictures are written but not flushed: that takes about 4 ms each on a plain SSD, and the
    /// store's thread would spend it for every view. After a loss of power the last seconds'
    /// pictures may be missing or empty; a kill of the process costs none.
    ///
    /// # Errors
    /// [`CommitRefused`] with the changes, when too many wait or the store was stopped.
    pub fn commit(
        &self,
        changes: Vec<Change>,
        pictures: Vec<Picture>,
        on_done: impl FnOnce() + Send + 'static,
    ) -> Result<(), CommitRefused> {
        self.commit_without(changes, pictures, Vec::new(), on_done)
    }

    /// [`commit`](Self::commit), where the pictures in `missing` will not come.
    ///
    /// # Errors
    /// As there.
    pub fn commit_without(
        &self,
        changes: Vec<Change>,
        mut pictures: Vec<Picture>,
        mut missing: Vec<Missing>,
        on_done: impl FnOnce() + Send + 'static,
    ) -> Result<(), CommitRefused> {
        let load = &self.load;
        if load.changes.load(Ordering::Relaxed) + changes.len() > MAX_CHANGES {
            return Err(CommitRefused::Full(changes));
        }
        let bytes = picture_bytes(&pictures);
        if load.picture_bytes.load(Ordering::Relaxed) + bytes > MAX_PICTURE_BYTES {
            let why = "too many pictures waited for the disk";
            missing.extend(pictures.drain(..).map(|picture| Missing::of(picture, why)));
        }
        let (count, bytes) = (changes.len(), picture_bytes(&pictures));
        load.changes.fetch_add(count, Ordering::Relaxed);
        load.picture_bytes.fetch_add(bytes, Ordering::Relaxed);
        let job = Job::Commit(Commit { changes, pictures, missing, on_done: Box::new(on_done) });
        self.jobs.send(job).map_err(|refused| {
            load.changes.fetch_sub(count, Ordering::Relaxed);
            load.picture_bytes.fetch_sub(bytes, Ordering::Relaxed);
            match refused.0 {
                Job::Commit(commit) => CommitRefused::Stopped(commit.changes),
                _ => CommitRefused::Stopped(Vec::new()),
            }
        })
    }

    /// The oldest owed messages with an id of at least `from`, at most `limit`, ascending; after
    /// every commit that was handed over before.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub async fn read_outbox(
        &self,
        from: MessageId,
        limit: usize,
    ) -> Result<Vec<OwedMessage>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::ReadOutbox { from, limit, reply }).map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Deletes the closed records that entered before `before` and whose summary is not owed any
    /// more, and returns how many there were. Blocks: not for an async task.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub fn delete_records(&self, before: Timestamp) -> Result<usize, StoreError> {
        let mut deleted = 0;
        loop {
            let (reply, answer) = oneshot::channel();
            self.jobs
                .send(Job::DeleteRecords { before, reply })
                .map_err(|_| StoreError::Stopped)?;
            let step = answer.blocking_recv().map_err(|_| StoreError::Stopped)??;
            deleted += step;
            if step < DELETE_STEP {
                return Ok(deleted);
            }
        }
    }

    /// Whether what is committed reaches the disk.
    pub fn state(&self) -> watch::Receiver<StoreState> {
        self.state.clone()
    }

    /// Whether pictures are kept.
    pub fn evidence(&self) -> watch::Receiver<StoreState> {
        self.evidence.clone()
    }

    /// How the outbox stands; changes with each commit that appends or acknowledges.
    pub fn outbox(&self) -> watch::Receiver<OutboxCounts> {
        self.outbox.clone()
    }

    /// Changes that wait for the disk.
    pub fn waiting(&self) -> usize {
        self.load.changes.load(Ordering::Relaxed)
    }

    /// Pictures that were not kept since the start.
    pub fn pictures_dropped(&self) -> u64 {
        self.load.pictures_dropped.load(Ordering::Relaxed)
    }
}

fn picture_bytes(pictures: &[Picture]) -> usize {
    pictures.iter().map(|picture| picture.jpeg.len()).sum()
}

/// The thread that owns the store.
#[derive(Debug)]
pub struct StoreThread {
    jobs: Sender<Job>,
    load: Arc<Load>,
    thread: JoinHandle<()>,
}

impl StoreThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(store: Store, evidence: Evidence) -> io::Result<(Self, StoreHandle)> {
        let (jobs, inbox) = channel();
        let load = Arc::new(Load::default());
        let (state, state_seen) = watch::channel(StoreState::Ok);
        let (evidence_state, evidence_seen) = watch::channel(StoreState::Ok);
        let (outbox, outbox_seen) = watch::channel(store.outbox());
        let mut worker = Worker {
            store,
            keeper: Keeper::new(evidence, evidence_state),
            inbox,
            load: Arc::clone(&load),
            state,
            outbox,
            waiting: Waiting::default(),
            retry_at: None,
        };
        let thread = thread::Builder::new().name("store".to_owned()).spawn(move || {
            // The worker is not used after a panic, except for its state.
            if catch_unwind(AssertUnwindSafe(|| worker.run())).is_err() {
                let cause = "the store's thread panicked; see the log, and restart inspectd";
                tracing::error!("{cause}");
                worker.state.send_replace(StoreState::Failing { cause: cause.to_owned() });
            }
        })?;
        let handle = StoreHandle {
            jobs: jobs.clone(),
            load: Arc::clone(&load),
            state: state_seen,
            evidence: evidence_seen,
            outbox: outbox_seen,
        };
        Ok((Self { jobs, load, thread }, handle))
    }

    /// Writes what was handed over, ends the thread, and returns how many changes the disk refused
    /// to the last: 0 when all is well.
    pub fn stop(self) -> usize {
        // If the thread is gone already, so is what it could be told; a panic in it was logged.
        let _ = self.jobs.send(Job::Stop);
        let _ = self.thread.join();
        self.load.changes.load(Ordering::Relaxed)
    }
}

struct Worker {
    store: Store,
    keeper: Keeper,
    inbox: Receiver<Job>,
    load: Arc<Load>,
    state: watch::Sender<StoreState>,
    outbox: watch::Sender<OutboxCounts>,
    waiting: Waiting,
    /// When the disk is tried again; none while it works.
    retry_at: Option<Instant>,
}

impl Worker {
    fn run(&mut self) {
        loop {
            let first = match self.retry_at {
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let mut go_on = match first {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => true,
                Err(RecvTimeoutError::Disconnected) => false,
            };
            for _ in 1..GROUP {
                let Ok(job) = self.inbox.try_recv() else {
                    break;
                };
                go_on &= self.take(job);
            }
            if !go_on {
                self.retry_at = None;
            }
            self.flush();
            if !go_on {
                return;
            }
        }
    }

    /// Takes one job; says whether to go on after it.
    fn take(&mut self, job: Job) -> bool {
        match job {
            Job::Commit(Commit { changes, pictures, missing, on_done }) => {
                let lost = missing.len() as u64;
                self.load.pictures_dropped.fetch_add(lost, Ordering::Relaxed);
                missing.into_iter().for_each(|missing| self.keeper.lose(missing));
                let superseded = self.waiting.add(changes, pictures, on_done);
                self.load.changes.fetch_sub(superseded, Ordering::Relaxed);
            }
            Job::ReadOutbox { from, limit, reply } => {
                self.flush();
                // Who does not wait any more wants no answer; so below.
                let _ = reply.send(self.store.read_outbox(from, limit));
            }
            Job::DeleteRecords { before, reply } => {
                self.flush();
                let _ = reply.send(self.delete(before));
            }
            Job::Stop => return false,
        }
        true
    }

    /// Deletes a step of what is older than `before`; returns how much that was.
    fn delete(&mut self, before: Timestamp) -> Result<usize, StoreError> {
        let records = self.store.delete_records(before, DELETE_STEP)?;
        Ok(records + self.store.delete_unnumbered(before, DELETE_STEP)?)
    }

    /// Writes everything that waits, unless the disk refused a moment ago.
    fn flush(&mut self) {
        if self.waiting.is_empty() || self.retry_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        if let Err(error) = self.write() {
            if let StoreError::DiskFull { path } = &error {
                self.keeper.make_room_for_records(path);
            }
            let cause = error.to_string();
            self.retry_at = Some(Instant::now() + RETRY);
            self.state.send_if_modified(|state| {
                let failing = StoreState::Failing { cause };
                if *state == failing {
                    return false;
                }
                tracing::error!("records wait in memory: {error}");
                *state = failing;
                true
            });
            return;
        }
        self.retry_at = None;
        if self.state.send_if_modified(|state| std::mem::take(state) != StoreState::Ok) {
            tracing::info!("records are written again");
        }
        let counts = self.store.outbox();
        self.outbox.send_if_modified(|known| std::mem::replace(known, counts) != counts);
        self.load.changes.fetch_sub(self.waiting.len(), Ordering::Relaxed);
        for on_done in self.waiting.written() {
            on_done();
        }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        while let Some(picture) = self.waiting.pictures.pop_front() {
            if !self.keeper.keep(&picture) {
                self.load.pictures_dropped.fetch_add(1, Ordering::Relaxed);
            }
            self.load.picture_bytes.fetch_sub(picture.jpeg.len(), Ordering::Relaxed);
        }
        let changes: Vec<_> =
            self.waiting.changes().map(|change| self.keeper.amended(change)).collect();
        self.store.commit(changes.iter().map(|change| &**change))?;
        for change in self.waiting.changes() {
            if let Change::Close(record) = change {
                self.keeper.closed(record);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
