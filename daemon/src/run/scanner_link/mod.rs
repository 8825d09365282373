//! The wires to the fixed scanners.
//!
//! Each scanner has a thread: it opens the scanner's source, reads, cuts the bytes into messages
//! ([`framing`](crate::scanner::framing)) with the time of their last byte, and opens the source again for ever
//! when it ends. What happens comes out of one bounded channel, in the order of each scanner. A read that finds the
//! channel full is dropped and counted: it would be old before the loop took it.
//!
//! A connection that is dead on the other side only shows by TCP keep-alive, after [`KEEP_ALIVE`]. A box that
//! listens takes one scanner at a time; another one is told so and closed.
//!
//! [`ScannerState`] is how a wire stands, for the page and the fleet; [`problems`] says what is wrong with a
//! scanner and what to do. The log has a line when that changes, at most one every [`LOG_EVERY`] a scanner.

mod problems;
mod session;
mod wire;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use line::config::scanner::{ScannerSection, ScannerSource};
use tokio::sync::mpsc;

use crate::scanner::framing::{Message, Refused};

pub use problems::{Trouble, problems};
pub use wire::KEEP_ALIVE;

/// Events of all scanners that may wait for the loop, which takes them within milliseconds.
const WAITING: usize = 256;

/// At most one line of the log in this time for each scanner.
pub const LOG_EVERY: Duration = Duration::from_secs(60);

/// What a scanner's wire tells the loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerEvent {
    /// The scanner's place in the line file.
    pub index: usize,
    /// What happened.
    pub what: Happened,
}

/// What happened on a scanner's wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// The scanner is connected, or its serial port is open.
    Connected,
    /// It is not connected any more.
    Disconnected,
    /// It said something, and the last byte of it came at this time of the monotonic clock.
    Heard {
        /// When.
        arrived: Duration,
        /// What.
        message: Message,
    },
}

/// How a scanner's wire stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScannerState {
    /// Whether the scanner is connected.
    pub connected: bool,
    /// Why it is not, where that is known.
    pub cause: Option<String>,
    /// When it last said something, on the monotonic clock.
    pub heard_at: Option<Duration>,
    /// Messages so far.
    pub messages: u64,
    /// Messages that found the channel full.
    pub dropped: u64,
    /// What became no message.
    pub refused: Refused,
}

/// The wire of one scanner, as the loop holds it.
#[derive(Debug)]
struct Wire {
    name: Arc<str>,
    source: ScannerSource,
    state: Arc<Mutex<ScannerState>>,
}

/// The wires of all scanners. Dropped, they end within half a second.
#[derive(Debug)]
pub struct ScannerLinks {
    wires: Vec<Wire>,
    stop: Arc<AtomicBool>,
}

/// The line file names a source that cannot be understood, or the system has no thread left.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The source is wrong.
    #[error("scanner `{scanner}` has a wrong source: {cause}")]
    Source {
        /// The scanner.
        scanner: String,
        /// What is wrong, and what to write instead.
        cause: line::config::scanner::WrongSource,
    },
    /// No thread.
    #[error(
        "the system gives no thread for scanner `{scanner}`: {source}; free memory or processes"
    )]
    Thread {
        /// The scanner.
        scanner: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl ScannerLinks {
    /// Starts a thread for each scanner. What happens comes out of the receiver; the threads end when it or
    /// the links are dropped.
    ///
    /// # Errors
    /// [`StartError`]. That a scanner is not reached is none: it is tried for ever.
    pub fn start(
        scanners: &[ScannerSection],
    ) -> Result<(Self, mpsc::Receiver<ScannerEvent>), StartError> {
        let (events, received) = mpsc::channel(WAITING);
        let mut links = Self { wires: Vec::new(), stop: Arc::new(AtomicBool::new(false)) };
        for (index, section) in scanners.iter().enumerate() {
            let scanner = section.name.clone();
            let source = section
                .source()
                .map_err(|cause| StartError::Source { scanner: scanner.clone(), cause })?;
            let state = Arc::new(Mutex::new(ScannerState::default()));
            let told = Told {
                index,
                events: events.clone(),
                state: Arc::clone(&state),
                stop: Arc::clone(&links.stop),
            };
            let session = session::Session::new(section, source.clone(), told);
            thread::Builder::new()
                .name(format!("scanner-{index}"))
                .spawn(move || session.run())
                .map_err(|source| StartError::Thread { scanner, source })?;
            links.wires.push(Wire { name: section.name.as_str().into(), source, state });
        }
        Ok((links, received))
    }

    /// How the wire of the scanner with this index stands.
    pub fn state(&self, index: usize) -> Option<ScannerState> {
        let state = &self.wires.get(index)?.state;
        Some(state.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Name and source of each scanner, in the order of the line file.
    pub fn named(&self) -> impl Iterator<Item = (&Arc<str>, &ScannerSource)> {
        self.wires.iter().map(|wire| (&wire.name, &wire.source))
    }
}

impl Drop for ScannerLinks {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Where a scanner's thread tells what happens.
#[derive(Debug)]
struct Told {
    index: usize,
    events: mpsc::Sender<ScannerEvent>,
    state: Arc<Mutex<ScannerState>>,
    stop: Arc<AtomicBool>,
}

impl Told {
    /// Whether the thread is to end.
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.events.is_closed()
    }

    fn state(&self, change: impl FnOnce(&mut ScannerState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn heard(&self, arrived: Duration, message: Message) {
        let what = Happened::Heard { arrived, message };
        let full = self.events.try_send(ScannerEvent { index: self.index, what }).is_err();
        self.state(|state| {
            state.heard_at = Some(arrived);
            state.messages += 1;
            state.dropped += u64::from(full);
        });
    }

    /// Tells that the scanner is connected, or why it is not. That is never dropped.
    fn connected(&self, cause: Option<String>) {
        let was = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let was = state.connected;
            state.connected = cause.is_none();
            state.cause = cause.clone();
            was
        };
        let what = match (was, cause) {
            (false, None) => Happened::Connected,
            (true, Some(_)) => Happened::Disconnected,
            _ => return,
        };
        let mut event = ScannerEvent { index: self.index, what };
        while !self.is_over() {
            match self.events.try_send(event) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(unsent)) => event = unsent,
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl fmt::Display for ScannerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.cause, self.connected) {
            (_, true) => f.write_str("connected"),
            (Some(cause), false) => write!(f, "not connected: {cause}"),
            (None, false) => f.write_str("not connected yet"),
        }
    }
}

#[cfg(test)]
mod tests;
