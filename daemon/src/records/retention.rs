//! Retention: what is removed, and when.
//!
//! Evidence goes when it is older than `[store] keep_days`, and, oldest first, while all of it
//! together takes more than `[store] keep_mib`. A closed record goes when it is older than
//! `keep_days`, unless the fleet is still owed its summary. Open records stay.
//!
//! What to remove is a pure function of what is there ([`plan`]); [`enforce`] carries it out, and
//! [`RetentionThread`] does so at start and every hour. Age is a matter of wall time: a clock set
//! forward by years makes everything old.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::StoreSection;

use super::error::StoreError;
use super::thread::StoreHandle;

/// How often retention runs. A line of one item a second with two cameras writes about 1 GiB of
/// evidence an hour, a small part of any sensible `keep_mib`.
const PERIOD: Duration = Duration::from_secs(3600);

/// A day, as retention counts it.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// One evidence file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it is.
    pub path: PathBuf,
    /// Time since it was written.
    pub age: Duration,
    /// Its size.
    pub bytes: u64,
}

/// How much may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Older evidence goes.
    pub age: Duration,
    /// Bytes that evidence may take together.
    pub bytes: u64,
}

impl From<&StoreSection> for Limits {
    fn from(section: &StoreSection) -> Self {
        Self { age: DAY * section.keep_days, bytes: section.keep_mib.saturating_mul(1024 * 1024) }
    }
}

/// What one run removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Evidence files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Records.
    pub records: usize,
}

/// Which pieces go: those that are too old, and then the oldest until the rest fits. The oldest
/// stand first.
pub fn plan(mut pieces: Vec<Piece>, limits: Limits) -> Vec<Piece> {
    pieces.sort_by(|a, b| b.age.cmp(&a.age).then_with(|| a.path.cmp(&b.path)));
    let mut left: u64 = pieces.iter().map(|piece| piece.bytes).sum();
    let stay = pieces.iter().position(|piece| {
        let stays = piece.age <= limits.age && left <= limits.bytes;
        left -= piece.bytes;
        stays
    });
    pieces.truncate(stay.unwrap_or(pieces.len()));
    pieces
}

/// Removes what the section no longer wants, as of `now`. Blocks for as long as it takes to look at
/// every evidence file: not for an async task.
///
/// # Errors
/// [`StoreError`] of the first thing that could not be removed; what was removed stays so.
pub fn enforce(
    store: &StoreHandle,
    section: &StoreSection,
    now: Timestamp,
) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    let folder = section.folder.join(super::EVIDENCE);
    let mut pieces = Vec::new();
    survey(&folder, now, &mut pieces).map_err(|source| StoreError::io("read", &folder, source))?;
    for piece in plan(pieces, section.into()) {
        match fs::remove_file(&piece.path) {
            Ok(()) => {
                removed.files += 1;
                removed.bytes += piece.bytes;
            }
            // Renamed or removed by somebody else meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io("remove", &piece.path, error)),
        }
        if let Some(day) = piece.path.parent().filter(|day| *day != folder) {
            // Refused while the day has other files, which is what is wanted.
            let _ = fs::remove_dir(day);
        }
    }
    let keep =
        SignedDuration::from_hours(24) * i32::try_from(section.keep_days).unwrap_or(i32::MAX);
    let before = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
    removed.records = store.delete_records(before)?;
    Ok(removed)
}

/// Finds every file below `folder`.
fn survey(folder: &Path, now: Timestamp, pieces: &mut Vec<Piece>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let meta = match entry.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            meta => meta?,
        };
        if meta.is_dir() {
            survey(&entry.path(), now, pieces)?;
            continue;
        }
        let written = Timestamp::try_from(meta.modified()?).unwrap_or(Timestamp::MIN);
        // A file from the future is as good as new.
        let age = Duration::try_from(now.duration_since(written)).unwrap_or_default();
        pieces.push(Piece { path: entry.path(), age, bytes: meta.len() });
    }
    Ok(())
}

/// Runs [`enforce`] at start and every hour, until it is dropped.
#[derive(Debug)]
pub struct RetentionThread {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RetentionThread {
    /// Starts it.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub fn start(store: StoreHandle, section: StoreSection) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name("retention".to_owned()).spawn(move || {
            loop {
                match enforce(&store, &section, Timestamp::now()) {
                    Ok(removed) if removed == Removed::default() => {}
                    Ok(removed) => tracing::info!(
                        files = removed.files,
                        bytes = removed.bytes,
                        records = removed.records,
                        "removed old evidence and records"
                    ),
                    Err(StoreError::Stopped) => return,
                    Err(error) => tracing::error!("retention: {error}"),
                }
                match stopped.recv_timeout(PERIOD) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for RetentionThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was printed when it happened; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
