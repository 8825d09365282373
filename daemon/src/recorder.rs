//! The recorder: turns pictures into evidence and hands everything to the store, in order.
//!
//! Compressing four pictures takes tens of milliseconds, which neither the loop that leads items to
//! their deadline nor the thread that writes the database can spare; so it has a thread of its own.
//! Whatever belongs together goes through as one [`Entry`]: pictures first, then the records that
//! refer to them, then the signal that all of it is on disk.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use vision::{Frame, HeatMap, Picture};

use crate::records::thread::RETRY;
use crate::records::{self, Change, CommitRefused, StoreHandle};

/// Entries that may wait. Each item makes about four, one of them with pictures; a recorder that is
/// this far behind has lost the race with the belt, and pictures are dropped before records are.
const WAITING: usize = 512;

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
    /// Drawn over the view.
    pub heat: Option<HeatMap>,
}

impl Shot {
    /// The file; a picture that cannot be compressed is logged and left out.
    fn develop(self) -> Option<records::Picture> {
        let view = &self.frame.picture;
        let jpeg = match self.heat {
            Some(heat) => Picture::from(heat.overlay(view)).to_jpeg(JPEG_QUALITY),
            None => view.to_jpeg(JPEG_QUALITY),
        };
        jpeg.inspect_err(|error| tracing::error!("no evidence {}: {error}", self.relative_path))
            .ok()
            .map(|jpeg| records::Picture { relative_path: self.relative_path, jpeg })
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

/// The sending end.
#[derive(Debug, Clone)]
pub struct Recorder {
    entries: SyncSender<Entry>,
}

impl Recorder {
    /// Starts the thread. `on_stored` is called with each entry's `acknowledges` once the entry is
    /// on disk. The thread ends when every sender is gone.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub fn start(
        store: StoreHandle,
        on_stored: impl Fn(u64) + Clone + Send + 'static,
    ) -> io::Result<(Self, thread::JoinHandle<()>)> {
        let (entries, inbox) = sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || record(&inbox, &store, &on_stored))?;
        Ok((Self { entries }, thread))
    }

    /// Hands an entry over. When too much waits, its pictures are dropped and the call waits for
    /// room: a record is never dropped.
    pub fn record(&self, entry: Entry) {
        match self.entries.try_send(entry) {
            Ok(()) => {}
            Err(TrySendError::Full(mut entry)) => {
                if !entry.shots.is_empty() {
                    tracing::warn!("the disk is too slow: {} views not kept", entry.shots.len());
                    entry.shots.clear();
                }
                if self.entries.send(entry).is_err() {
                    tracing::error!("the recorder is gone; restart inspectd");
                }
            }
            Err(TrySendError::Disconnected(_)) => {
                tracing::error!("the recorder is gone; restart inspectd");
            }
        }
    }
}

fn record(
    inbox: &Receiver<Entry>,
    store: &StoreHandle,
    on_stored: &(impl Fn(u64) + Clone + Send + 'static),
) {
    while let Ok(entry) = inbox.recv() {
        let mut pictures: Vec<_> = entry.shots.into_iter().filter_map(Shot::develop).collect();
        let mut changes = entry.changes;
        loop {
            let on_stored = on_stored.clone();
            let acknowledges = entry.acknowledges;
            let handed = store.commit(changes, std::mem::take(&mut pictures), move || {
                if let Some(seq) = acknowledges {
                    on_stored(seq);
                }
            });
            match handed {
                Ok(()) => break,
                // An hour of records waits for a disk that refuses: hold back until there is room.
                Err(CommitRefused::Full(refused)) => {
                    changes = refused;
                    thread::sleep(RETRY);
                }
                // Unacknowledged, the bridge keeps the events and tells them again.
                Err(refused @ CommitRefused::Stopped(_)) => {
                    tracing::error!("{refused}");
                    return;
                }
            }
        }
    }
}
