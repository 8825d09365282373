//! Retention: what is removed, and when.
//!
//! * **By age.** Evidence and closed records go when they are older than `[store] keep_days`; a record whose
//!   summary the fleet is still owed stays, and so do open ones. Age is a matter of wall time: while the clock
//!   is doubted nothing is removed by age. How old a picture is that was taken under a doubted clock
//!   (`evidence/undated`) is never known: it goes by bytes alone. Such a record goes with the dated ones after it.
//! * **By bytes.** Evidence goes, oldest first, while all of it together takes more than `[store] keep_mib`.
//! * **By room.** It also goes, oldest first, while less is free on its file system than `[store]
//!   keep_free_mib` and `keep_free_percent`, whoever takes the room; and at once when a picture finds no room
//!   ([`Evidence::make_room`](super::Evidence::make_room)).
//!
//! What to remove is a pure function of what is there ([`plan`]); [`enforce`] carries it out, and
//! [`RetentionThread`] does so at start, every hour, and when room is short.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::config::StoreSection;
use crate::wall_clock::{Clock, WallTime};

use super::error::StoreError;
use super::evidence::UNDATED;
use super::space::FreeSpace;
use super::thread::StoreHandle;

/// How often retention runs. A line of one item a second with two cameras writes about 1 GiB of
/// evidence an hour, a small part of any sensible `keep_mib`.
const PERIOD: Duration = Duration::from_secs(3600);

/// How often the room is looked at: such a line takes 10 MiB in this time.
const ROOM_PERIOD: Duration = Duration::from_secs(30);

/// A day, as retention counts it.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// One evidence file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it is.
    pub path: PathBuf,
    /// Time since it was written, as its date says.
    pub age: Duration,
    /// Whether the clock was doubted then: the age is not known.
    pub undated: bool,
    /// Its size.
    pub bytes: u64,
}

/// How much may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Older evidence goes; none while the clock is doubted.
    pub age: Option<Duration>,
    /// Bytes that evidence may take together.
    pub bytes: u64,
    /// Bytes that must go in any case, for want of room.
    pub make_free: u64,
}

impl Limits {
    fn of(section: &StoreSection, now: WallTime) -> Self {
        Self {
            age: now.trusted_at().map(|_| DAY * section.keep_days),
            bytes: section.keep_mib.saturating_mul(1024 * 1024),
            make_free: 0,
        }
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

/// Which pieces go: those that are too old, and then the oldest until the rest fits and enough is free. What
/// is undated counts as old as its date says; while the clock is doubted, new pictures are undated too, and
/// so those go last.
pub fn plan(mut pieces: Vec<Piece>, limits: Limits) -> Vec<Piece> {
    let doubted = limits.age.is_none();
    pieces.sort_by(|a, b| {
        let key = |piece: &Piece| (doubted && piece.undated, Reverse(piece.age));
        key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
    });
    let is_old = |piece: &Piece| !piece.undated && limits.age.is_some_and(|most| piece.age > most);
    let (mut gone, rest): (Vec<_>, Vec<_>) = pieces.into_iter().partition(is_old);
    let mut left: u64 = rest.iter().map(|piece| piece.bytes).sum();
    let mut freed: u64 = gone.iter().map(|piece| piece.bytes).sum();
    for piece in rest {
        if left <= limits.bytes && freed >= limits.make_free {
            break;
        }
        left -= piece.bytes;
        freed += piece.bytes;
        gone.push(piece);
    }
    gone
}

/// Removes what the section no longer wants, as of `now`. Blocks for as long as it takes to look at
/// every evidence file: not for an async task.
///
/// # Errors
/// [`StoreError`] of the first thing that could not be removed; what was removed stays so.
pub fn enforce(
    store: &StoreHandle,
    section: &StoreSection,
    now: WallTime,
) -> Result<Removed, StoreError> {
    let folder = section.folder.join(super::EVIDENCE);
    let make_free = missing(&folder, section.into())?;
    let limits = Limits { make_free, ..Limits::of(section, now) };
    let mut removed = remove(&folder, limits, now.at())?;
    if let Some(now) = now.trusted_at() {
        let days = i32::try_from(section.keep_days).unwrap_or(i32::MAX);
        let before = now.checked_sub(SignedDuration::from_hours(24) * days);
        removed.records = store.delete_records(before.unwrap_or(Timestamp::MIN))?;
    }
    Ok(removed)
}

/// How many bytes are missing of what is to stay free; none before the first picture made the folder.
fn missing(folder: &Path, free: FreeSpace) -> Result<u64, StoreError> {
    match free.missing(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        missing => missing.map_err(|source| StoreError::io("ask for the room of", folder, source)),
    }
}

/// Removes evidence below `folder`.
pub(super) fn remove(folder: &Path, limits: Limits, now: Timestamp) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    let mut pieces = Vec::new();
    survey(folder, now, &mut pieces).map_err(|source| StoreError::io("read", folder, source))?;
    for piece in plan(pieces, limits) {
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
    Ok(removed)
}

/// Finds every file below `folder`. What is not there has none, and what is not ours to read (`lost+found`,
/// where the evidence has a file system of its own) has none of ours.
fn survey(folder: &Path, now: Timestamp, pieces: &mut Vec<Piece>) -> io::Result<()> {
    use io::ErrorKind::{NotFound, PermissionDenied};
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), NotFound | PermissionDenied) => return Ok(()),
        entries => entries?,
    };
    let undated = folder.ends_with(UNDATED);
    for entry in entries {
        let entry = entry?;
        let meta = match entry.metadata() {
            Err(error) if error.kind() == NotFound => continue,
            meta => meta?,
        };
        if meta.is_dir() {
            survey(&entry.path(), now, pieces)?;
            continue;
        }
        let written = Timestamp::try_from(meta.modified()?).unwrap_or(Timestamp::MIN);
        // A file from the future is as good as new.
        let age = Duration::try_from(now.duration_since(written)).unwrap_or_default();
        pieces.push(Piece { path: entry.path(), age, undated, bytes: meta.len() });
    }
    Ok(())
}

/// Runs [`enforce`] at start, every hour and when room is short, until it is dropped.
#[derive(Debug)]
pub struct RetentionThread {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RetentionThread {
    /// Starts it.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(store: StoreHandle, section: StoreSection, clock: Clock) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name("retention".to_owned()).spawn(move || {
            let evidence = section.folder.join(super::EVIDENCE);
            let mut due = Instant::now();
            loop {
                let is_short = || missing(&evidence, (&section).into()).is_ok_and(|m| m > 0);
                if Instant::now() >= due || is_short() {
                    due = Instant::now() + PERIOD;
                    match enforce(&store, &section, clock.now()) {
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
                }
                match stopped.recv_timeout(ROOM_PERIOD) {
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
