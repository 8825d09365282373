//! The recorder: turns pictures into evidence and hands everything to the store, in order.
//!
//! Compressing four pictures takes tens of milliseconds, which neither the loop that leads items to
//! their deadline nor the thread that writes the database can spare; so it has a thread of its own.
//! Whatever belongs together goes through as one [`Entry`]: pictures first, then the records that
//! refer to them, then the signal that all of it is on disk.
//!
//! The loop never waits for the recorder. What waits between them is bounded all the same, in two
//! steps: beyond `MAX_DEVELOPING` entries pictures are left out, beyond `MAX_ENTRIES` a whole
//! entry is **refused**. A refused entry is counted and logged, and from then on nothing is
//! acknowledged: an acknowledgement covers all earlier events of the bridge. So the bridge keeps
//! the events, and tells them to the next run of inspectd.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use vision::scoring::{Difference, annotated};
use vision::{Frame, HeatMap, Picture};

use crate::records::thread::RETRY;
use crate::records::{self, Change, CommitRefused, StoreHandle};

/// Entries that may wait with their pictures. Each item makes about six, one of them with pictures;
/// a recorder that is this far behind has lost the race with the belt. The frames of 512 entries
/// from two cameras take about 160 MB.
const MAX_DEVELOPING: usize = 512;

/// Entries that may wait at all: about 28 minutes of a line with one item a second, about 20 MB.
/// They come to that only when the store is full, after hours of a disk that refuses.
const MAX_ENTRIES: usize = 10_000;

/// JPEG quality of the evidence: artefacts stay below what the eye sees at the line's lighting, and
/// a 640 × 480 view takes about 60 kB.
const JPEG_QUALITY: u8 = 85;

/// A picture that becomes evidence.
#[derive(Debug)]
pub struct Shot {
    /// Where it goes, relative to the evidence folder; stands in the record.
    pub relative_path: String,
    /// The view.
    pub frame: Arc<Frame>,
    /// Drawn over the view: its heat, and boxes around what differs.
    pub heat: Option<(HeatMap, Vec<Difference>)>,
}

impl Shot {
    /// The file; a picture that cannot be compressed is logged and left out. So is one whose
    /// compression panics: that costs the picture, and not the records that wait behind it.
    fn develop(self) -> Option<records::Picture> {
        let Self { relative_path, frame, heat } = self;
        let view = &frame.picture;
        let compress = || match heat {
            Some((heat, differs)) => {
                Picture::from(annotated(view, &heat, &differs)).to_jpeg(JPEG_QUALITY)
            }
            None => view.to_jpeg(JPEG_QUALITY),
        };
        // Whatever a panic leaves half done is not looked at again.
        match catch_unwind(AssertUnwindSafe(compress)) {
            Ok(Ok(jpeg)) => Some(records::Picture { relative_path, jpeg }),
            Ok(Err(error)) => {
                tracing::error!("no evidence {relative_path}: {error}");
                None
            }
            Err(_) => {
                tracing::error!("no evidence {relative_path}: compressing it panicked, see above");
                None
            }
        }
    }
}

/// What is recorded together.
#[derive(Debug, Default)]
pub struct Entry {
    /// Changes of the store.
    pub changes: Vec<Change>,
    /// Pictures that become evidence.
    pub shots: Vec<Shot>,
    /// The bridge's event that may be acknowledged once the entry is on disk.
    pub acknowledges: Option<u64>,
}

impl Entry {
    /// Leaves the pictures out.
    fn drop_shots(&mut self) {
        if !self.shots.is_empty() {
            tracing::warn!("the disk is too slow: {} views not kept", self.shots.len());
            self.shots.clear();
        }
    }
}

/// What is known at both ends.
#[derive(Debug, Default)]
struct Load {
    /// Entries that were taken and are not in the store's hands.
    waiting: AtomicUsize,
    refused: AtomicU64,
    /// An entry was refused that would have been acknowledged.
    gap: AtomicBool,
}

/// The sending end.
#[derive(Debug, Clone)]
pub struct Recorder {
    entries: Sender<Entry>,
    load: Arc<Load>,
}

impl Recorder {
    /// Starts the thread. `on_stored` is called with each entry's `acknowledges` once the entry is
    /// on disk. The thread ends when every sender is gone, with whatever the store takes by then.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub fn start(
        store: StoreHandle,
        on_stored: impl Fn(u64) + Clone + Send + 'static,
    ) -> io::Result<(Self, thread::JoinHandle<()>)> {
        let (entries, inbox) = channel();
        let load = Arc::new(Load::default());
        let mut worker =
            Worker { inbox, store, load: Arc::clone(&load), on_stored, backlog: VecDeque::new() };
        let thread =
            thread::Builder::new().name("recorder".to_owned()).spawn(move || worker.run())?;
        Ok((Self { entries, load }, thread))
    }

    /// Hands an entry over, and never waits. See the module for what happens when too much does.
    pub fn record(&self, mut entry: Entry) {
        let waiting = self.load.waiting.load(Ordering::Relaxed);
        if waiting >= MAX_ENTRIES {
            self.refuse(&entry);
            return;
        }
        if waiting >= MAX_DEVELOPING {
            entry.drop_shots();
        }
        if self.load.gap.load(Ordering::Relaxed) {
            entry.acknowledges = None;
        }
        self.load.waiting.fetch_add(1, Ordering::Relaxed);
        if self.entries.send(entry).is_err() {
            tracing::error!("the recorder is gone; restart inspectd");
        }
    }

    /// Entries that were refused since the start.
    pub fn refused(&self) -> u64 {
        self.load.refused.load(Ordering::Relaxed)
    }

    fn refuse(&self, entry: &Entry) {
        if entry.acknowledges.is_some() {
            self.load.gap.store(true, Ordering::Relaxed);
        }
        let refused = self.load.refused.fetch_add(1, Ordering::Relaxed) + 1;
        // Not a line for each: the log lies on the disk that is in trouble.
        if refused.is_power_of_two() {
            tracing::error!(
                "{MAX_ENTRIES} entries wait for the disk already: {refused} refused so far, which \
                 plc-bridge keeps as far as its journal reaches; repair the disk, then restart \
                 inspectd to hear them again"
            );
        }
    }
}

struct Worker<F> {
    inbox: Receiver<Entry>,
    store: StoreHandle,
    load: Arc<Load>,
    on_stored: F,
    /// What the store had no room for, in order.
    backlog: VecDeque<Entry>,
}

impl<F: Fn(u64) + Clone + Send + 'static> Worker<F> {
    fn run(&mut self) {
        while let Ok(entry) = self.inbox.recv() {
            self.backlog.push_back(entry);
            if !self.hand_over() {
                return;
            }
        }
    }

    /// Gives the backlog to the store, however long that takes. Says whether to go on.
    fn hand_over(&mut self) -> bool {
        let mut more_may_come = true;
        while let Some(entry) = self.backlog.pop_front() {
            let acknowledges = entry.acknowledges;
            let pictures: Vec<_> = entry.shots.into_iter().filter_map(Shot::develop).collect();
            let views = pictures.len();
            let on_stored = self.on_stored.clone();
            let handed = self.store.commit(entry.changes, pictures, move || {
                if let Some(seq) = acknowledges {
                    on_stored(seq);
                }
            });
            match handed {
                Ok(()) => _ = self.load.waiting.fetch_sub(1, Ordering::Relaxed),
                // Hours of records wait for a disk that refuses: hold back until there is room.
                Err(CommitRefused::Full(changes)) if more_may_come => {
                    if views > 0 {
                        tracing::warn!("the disk refuses for too long: {views} views not kept");
                    }
                    self.backlog.push_front(Entry { changes, shots: Vec::new(), acknowledges });
                    more_may_come = self.wait();
                }
                // Unacknowledged, the bridge keeps the events and tells them again.
                Err(refused) => {
                    let left = self.backlog.len() + 1;
                    tracing::error!("{refused}: {left} entries are not stored");
                    return false;
                }
            }
        }
        more_may_come
    }

    /// Takes in what comes until the store is worth another try; says whether more may come.
    fn wait(&mut self) -> bool {
        let until = Instant::now() + RETRY;
        loop {
            match self.inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(mut entry) => {
                    entry.drop_shots();
                    self.backlog.push_back(entry);
                }
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests;
