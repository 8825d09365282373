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
//! the events. That is a **gap** in the records, and it heals: once what waited is stored
//! ([`Recorder::may_close_gap`]), the bridge is asked to tell again what was not acknowledged, and from the
//! greeting on ([`Recorder::close_gap`]) acknowledging goes on. What nobody tells again, such as the holds, is **kept
//! back** and goes with the next entry that is taken ([`Recorder::catch_up`]).
//!
//! A picture that is left out is named to the store, so that no record leads to it.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use base::Picture;
use capture::Frame;
use damage::HeatMap;
use damage::scoring::{Difference, annotated};

use crate::records::thread::RETRY;
use crate::records::{self, Change, CommitRefused, Missing, StoreHandle};

/// Entries that may wait with their pictures. Each item makes about six, one of them with pictures;
/// a recorder that is this far behind has lost the race with the belt. The frames of 512 entries
/// from two cameras take about 160 MB.
const MAX_DEVELOPING: usize = 512;

/// Entries that may wait at all: about 28 minutes of a line with one item a second, about 20 MB.
/// They come to that only when the store is full, after hours of a disk that refuses.
const MAX_ENTRIES: usize = 10_000;

/// While more changes than this wait for the disk, the bridge is not asked to tell anything again.
const ROOM_TO_HEAR_AGAIN: usize = 1_000;

/// Messages to the fleet that are kept back at most. Of holds, batches and expectations the newest state is kept, whole.
const MAX_KEPT_BACK: usize = 1_000;

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
    /// The file; a picture that cannot be compressed is left out. So is one whose compression panics: that
    /// costs the picture, and not the records that wait behind it.
    fn develop(self) -> Result<records::Picture, Missing> {
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
            Ok(Ok(jpeg)) => Ok(records::Picture { relative_path, jpeg }),
            Ok(Err(error)) => {
                Err(Missing { relative_path, why: format!("it could not be compressed: {error}") })
            }
            Err(_) => {
                let why = "compressing it panicked; see the log, and report it".to_owned();
                Err(Missing { relative_path, why })
            }
        }
    }

    fn left_out(self) -> Missing {
        let why = "the disk was too slow or refused for too long".to_owned();
        Missing { relative_path: self.relative_path, why }
    }
}

/// What is recorded together.
#[derive(Debug, Default)]
pub struct Entry {
    /// Changes of the store.
    pub changes: Vec<Change>,
    /// Pictures that become evidence.
    pub shots: Vec<Shot>,
    /// Pictures that records name and that will not come.
    pub missing: Vec<Missing>,
    /// The bridge's event that may be acknowledged once the entry is on disk.
    pub acknowledges: Option<u64>,
    /// Who waits for the entry to be on disk. It is dropped unheard where the entry is refused.
    pub waits: Option<SyncSender<()>>,
}

impl Entry {
    /// Leaves the pictures out.
    fn drop_shots(&mut self) {
        if !self.shots.is_empty() {
            tracing::warn!("the disk is too slow: {} views not kept", self.shots.len());
            self.missing.extend(self.shots.drain(..).map(Shot::left_out));
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
    /// The pictures of refused entries: later entries of their items name them.
    missing: Mutex<Vec<Missing>>,
    /// What refused entries said that nobody tells again.
    kept_back: Mutex<Vec<Change>>,
}

/// The sending end.
#[derive(Debug, Clone)]
pub struct Recorder {
    entries: Sender<Entry>,
    load: Arc<Load>,
    store: StoreHandle,
}

impl Recorder {
    /// Starts the thread. `on_stored` is called with each entry's `acknowledges` once the entry is
    /// on disk. The thread ends when every sender is gone, with whatever the store takes by then.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(
        store: StoreHandle,
        on_stored: impl Fn(u64) + Clone + Send + 'static,
    ) -> io::Result<(Self, thread::JoinHandle<()>)> {
        let (entries, inbox) = channel();
        let load = Arc::new(Load::default());
        let backlog = VecDeque::new();
        let handle = store.clone();
        let mut worker = Worker { inbox, store, load: Arc::clone(&load), on_stored, backlog };
        let thread =
            thread::Builder::new().name("recorder".to_owned()).spawn(move || worker.run())?;
        Ok((Self { entries, load, store: handle }, thread))
    }

    /// Hands an entry over, and never waits. See the module for what happens when too much does.
    pub fn record(&self, mut entry: Entry) {
        let waiting = self.load.waiting.load(Ordering::Relaxed);
        if waiting >= MAX_ENTRIES {
            entry.drop_shots();
            self.refuse(entry);
            return;
        }
        entry.missing.append(&mut self.missing());
        let mut kept_back = std::mem::take(&mut *self.kept_back());
        kept_back.append(&mut entry.changes);
        entry.changes = kept_back;
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

    /// Has what was kept back written, where nothing else is recorded that would take it along.
    pub fn catch_up(&self) {
        if !self.kept_back().is_empty() && self.load.waiting.load(Ordering::Relaxed) < MAX_ENTRIES {
            self.record(Entry::default());
        }
    }

    /// Entries that were refused since the start.
    pub fn refused(&self) -> u64 {
        self.load.refused.load(Ordering::Relaxed)
    }

    /// Whether records are missing that the bridge can tell again.
    pub fn has_gap(&self) -> bool {
        self.load.gap.load(Ordering::Relaxed)
    }

    /// Whether there is a gap and room for what the bridge tells again: the disk takes records, and nothing
    /// is left of what waited for it.
    pub fn may_close_gap(&self) -> bool {
        self.has_gap()
            && self.load.waiting.load(Ordering::Relaxed) == 0
            && self.store.waiting() < ROOM_TO_HEAR_AGAIN
    }

    /// The bridge has greeted, and tells again what was not acknowledged: from now on everything is in order.
    pub fn close_gap(&self) {
        self.load.gap.store(false, Ordering::Relaxed);
        tracing::info!(
            "the disk takes records again: plc-bridge sends again what was not recorded"
        );
    }

    fn missing(&self) -> MutexGuard<'_, Vec<Missing>> {
        // A panic leaves a list of paths as it was.
        self.load.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_back(&self) -> MutexGuard<'_, Vec<Change>> {
        // A panic leaves a list of changes as it was.
        self.load.kept_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, entry: Entry) {
        if entry.acknowledges.is_some() {
            self.load.gap.store(true, Ordering::Relaxed);
        }
        let mut missing = self.missing();
        if missing.len() < MAX_ENTRIES {
            missing.extend(entry.missing);
        }
        drop(missing);
        let mut kept_back = self.kept_back();
        entry.changes.into_iter().for_each(|change| keep_back(&mut kept_back, change));
        drop(kept_back);
        let refused = self.load.refused.fetch_add(1, Ordering::Relaxed) + 1;
        // Not a line for each: the log lies on the disk that is in trouble.
        if refused.is_power_of_two() {
            tracing::error!(
                "{MAX_ENTRIES} entries wait for the disk already: {refused} refused so far, which \
                 plc-bridge keeps as far as its journal reaches, and tells again once the disk is \
                 repaired"
            );
        }
    }
}

/// Keeps a change back that nobody tells again, in place of an older one that it supersedes.
fn keep_back(kept: &mut Vec<Change>, change: Change) {
    let supersedes = |older: &Change| match (older, &change) {
        (Change::Holds(_), Change::Holds(_)) => true,
        (Change::Batch(older, _), Change::Batch(newer, _)) => older == newer,
        (Change::Expected(older, _), Change::Expected(newer, _)) => older == newer,
        _ => false,
    };
    match &change {
        // The bridge tells again what became of its items.
        Change::Save(_) | Change::Close(_) | Change::Unnumbered(_) => return,
        Change::Holds(_) | Change::Batch(..) | Change::Expected(..) => {
            kept.retain(|older| !supersedes(older));
        }
        _ if kept.len() >= MAX_KEPT_BACK => return,
        _ => {}
    }
    kept.push(change);
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
            let (acknowledges, waits) = (entry.acknowledges, entry.waits);
            let mut missing = entry.missing;
            let mut pictures = Vec::new();
            for shot in entry.shots {
                match shot.develop() {
                    Ok(picture) => pictures.push(picture),
                    Err(lost) => {
                        tracing::error!("no evidence {}: {}", lost.relative_path, lost.why);
                        missing.push(lost);
                    }
                }
            }
            let of_these: Vec<_> = pictures.iter().map(|one| one.relative_path.clone()).collect();
            let missing_too = missing.clone();
            let (on_stored, waiter) = (self.on_stored.clone(), waits.clone());
            let handed = self.store.commit_without(entry.changes, pictures, missing, move || {
                if let Some(seq) = acknowledges {
                    on_stored(seq);
                }
                // Who waited may have gone.
                let _ = waiter.map(|waiter| waiter.try_send(()));
            });
            match handed {
                Ok(()) => _ = self.load.waiting.fetch_sub(1, Ordering::Relaxed),
                // Hours of records wait for a disk that refuses: hold back until there is room.
                Err(CommitRefused::Full(changes)) if more_may_come => {
                    if !of_these.is_empty() {
                        let views = of_these.len();
                        tracing::warn!("the disk refuses for too long: {views} views not kept");
                    }
                    let why = "the disk refused for too long";
                    let lost = of_these.into_iter();
                    let lost = lost.map(|path| Missing { relative_path: path, why: why.into() });
                    let missing = missing_too.into_iter().chain(lost).collect();
                    let shots = Vec::new();
                    self.backlog.push_front(Entry { changes, shots, missing, acknowledges, waits });
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
