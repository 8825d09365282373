//! The log, written by a thread of its own.
//!
//! Whoever reads the bridge's standard error may stall: a full disk, a stuck journal, a terminal
//! that was paused. The cycle must not stall with it. So it puts [`Entry`]s into a bounded queue
//! and goes on; formatting and writing happen here. What finds no room is dropped, counted, and
//! told once the reader reads again.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tracing::Level;

use crate::realtime::STACK;
use crate::statistics::Report;
use crate::whole_line::Notice;

/// Entries that may wait to be written: a burst of some hundred fall-backs.
const QUEUE: usize = 1024;
/// How long the end of the program waits for the last entries to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// One line of the log.
#[derive(Debug)]
pub enum Entry {
    /// Something happened on the line.
    Notice(Notice),
    /// What was counted and measured so far.
    Report(Report),
    /// The cycle has ended; what was counted and measured.
    Stopped(Report),
    /// Anything else.
    Text(Level, String),
}

/// Where entries are put; cheap to clone.
#[derive(Debug, Clone)]
pub struct Log {
    entries: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

impl Log {
    /// A log of at most `room` entries that wait, and the end at which they come out.
    pub fn with_room(room: usize) -> (Self, Entries) {
        let (entries, waiting) = sync_channel(room);
        let dropped = Arc::new(AtomicU64::new(0));
        (Self { entries, dropped: Arc::clone(&dropped) }, Entries { waiting, dropped })
    }

    /// Puts an entry, or counts it as dropped; never waits.
    pub fn put(&self, entry: Entry) {
        if self.entries.try_send(entry).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Puts something that a technician should look at; never waits.
    pub fn warn(&self, text: String) {
        self.put(Entry::Text(Level::WARN, text));
    }

    /// Puts something good to know; never waits.
    pub fn info(&self, text: String) {
        self.put(Entry::Text(Level::INFO, text));
    }
}

/// The entries that wait.
#[derive(Debug)]
pub struct Entries {
    waiting: Receiver<Entry>,
    dropped: Arc<AtomicU64>,
}

impl Entries {
    /// Hands each entry to `write`, and how many were dropped before it, until nobody can put one
    /// any more.
    pub fn for_each(self, mut write: impl FnMut(Entry, u64)) {
        for entry in self.waiting {
            write(entry, self.dropped.swap(0, Ordering::Relaxed));
        }
    }
}

/// The thread that writes the log.
#[derive(Debug)]
pub struct Logger {
    ended: Receiver<()>,
}

impl Logger {
    /// Starts it.
    ///
    /// # Errors
    /// When the system has no room for a thread.
    pub fn start() -> io::Result<(Log, Self)> {
        let (log, entries) = Log::with_room(QUEUE);
        let (end, ended) = sync_channel(1);
        thread::Builder::new().name("log".into()).stack_size(STACK).spawn(move || {
            entries.for_each(write);
            drop(end);
        })?;
        Ok((log, Self { ended }))
    }

    /// Waits until everything is written, once each [`Log`] is gone; not for a reader that stalls.
    pub fn finish(self) {
        // Nothing is ever sent: this ends with the thread, or too late.
        let _ = self.ended.recv_timeout(LAST_WORDS);
    }
}

fn write(entry: Entry, dropped: u64) {
    if dropped > 0 {
        tracing::warn!("{dropped} log lines were dropped because nobody read the log fast enough");
    }
    match entry {
        Entry::Notice(notice) => write_text(notice.level(), &notice),
        Entry::Report(report) => tracing::info!("so far: {report}"),
        Entry::Stopped(report) => tracing::info!("stopped: {report}"),
        Entry::Text(level, text) => write_text(level, &text),
    }
}

fn write_text(level: Level, text: &dyn fmt::Display) {
    match level {
        Level::ERROR => tracing::error!("{text}"),
        Level::WARN => tracing::warn!("{text}"),
        _ => tracing::info!("{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted_and_told_with_the_next_entry() {
        let (log, entries) = Log::with_room(1);
        log.warn("first".into());
        log.warn("second".into());
        log.put(Entry::Notice(Notice::PlcRestarted));
        drop(log);
        let mut written = Vec::new();
        entries.for_each(|entry, dropped| written.push((format!("{entry:?}"), dropped)));
        assert_eq!(written.len(), 1);
        assert!(written[0].0.contains("first") && written[0].1 == 2, "{written:?}");
    }
}
