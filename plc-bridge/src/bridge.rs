//! The bridge put together: which threads there are, and how they start and end.
//!
//! ```text
//!  cycle ── owns the line; real-time priority; exchanges blocks with the PLC
//!    ├── connect ── makes new connections to the PLC and hands them over
//!    ├── log ────── formats and writes what the others have to say
//!    └── accept ─── listens for inspectd; a reader and a writer for each connection
//! ```

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::thread;

use thiserror::Error;
use uuid::Uuid;

use crate::cycle::{Cycle, Timing, Wire};
use crate::field_io::{FieldIoError, Panel};
use crate::inspector_socket::{self, SocketError};
use crate::journal_file::JournalFile;
use crate::logger::Log;
use crate::realtime;
use crate::whole_line::Line;
use line::clock;
use line::config::BridgeConfig;

/// Messages from inspectd that may wait for the cycle; then its connection is not read on.
const INSPECTOR_QUEUE: usize = 256;

/// Why the bridge does not run.
#[derive(Debug, Error)]
pub enum BridgeError {
    /// The socket for inspectd cannot be opened.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// A line of `[io]` cannot be opened.
    #[error(transparent)]
    FieldIo(#[from] FieldIoError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}; check the service's limits of memory and tasks")]
    Thread(#[from] io::Error),
    /// The cycle has ended without being told to.
    #[error(
        "the cycle has panicked: the PLC falls back by itself; restart plc-bridge, and report the \
         panic message above"
    )]
    Panicked,
}

/// Runs the line over `wire` until `stop` is set; `log` hears how it goes.
///
/// # Errors
/// Only when the socket or the threads cannot be made, or after a panic; a PLC or an inspectd that
/// is not there is waited for.
pub fn run(
    config: &BridgeConfig,
    wire: Wire,
    log: &Log,
    stop: &Arc<AtomicBool>,
) -> Result<(), BridgeError> {
    let socket = &config.line.bridge_socket;
    let listener = inspector_socket::listen(socket)?;
    let (line, file) = line_and_its_file(config, log);
    log.info(format!(
        "line {:?}: PLC at {}, socket for inspectd at {}, boot {}",
        config.line.name,
        peer(config),
        socket.display(),
        line.boot(),
    ));
    realtime::lock_memory().unwrap_or_else(|why| log.warn(why.to_string()));

    let (inspector_said, inbox) = sync_channel(INSPECTOR_QUEUE);
    let listening = listener.as_fd().try_clone_to_owned()?;
    let boot = line.boot().to_owned();
    let doorman = log.clone();
    let accepting = thread::Builder::new()
        .name("accept".into())
        .stack_size(realtime::STACK)
        .spawn(move || {
            inspector_socket::serve(&listener, &boot, &inspector_said, &doorman);
        })?;
    let cycle = Cycle::new(line, wire, Timing::of(&config.plc), inbox, log.clone())?
        .keeping_in(file)
        .showing(Panel::open(config, log)?);
    let (cycle_log, stop) = (log.clone(), Arc::clone(stop));
    let running = thread::Builder::new().name("cycle".into()).stack_size(realtime::STACK).spawn(
        move || {
            realtime::raise_priority().unwrap_or_else(|why| cycle_log.warn(why.to_string()));
            drop(cycle_log);
            cycle.run(&stop);
        },
    )?;
    let ended = running.join();

    // This ends `accept`, and with it the thread.
    let closed = rustix::net::shutdown(&listening, rustix::net::Shutdown::Both);
    if closed.is_ok() && accepting.join().is_err() {
        log.warn("the thread that listens for inspectd has panicked".into());
    }
    if let Err(error) = std::fs::remove_file(socket) {
        log.warn(format!("the socket {} is left behind: {error}", socket.display()));
    }
    ended.map_err(|_| BridgeError::Panicked)
}

/// The line that an earlier process has left in the journal's file, or else an empty one; and the
/// file, if it can be used.
fn line_and_its_file(config: &BridgeConfig, log: &Log) -> (Line, Option<JournalFile>) {
    match JournalFile::open(config) {
        Ok((file, Some(kept))) => {
            let line = Line::resume(config, kept);
            let items = line.items();
            log.info(format!("an earlier start is gone on with, {items} items are on the belt"));
            (line, Some(file))
        }
        Ok((file, None)) => (new_line(config), Some(file)),
        Err(error) => {
            log.warn(error.to_string());
            (new_line(config), None)
        }
    }
}

/// An empty line with a boot of its own.
fn new_line(config: &BridgeConfig) -> Line {
    let id = Uuid::new_v4();
    let [.., high, low] = *id.as_bytes();
    // The monotonic clock only rises, faster than events come: a later boot counts from beyond.
    let first_seq = clock::monotonic().as_micros() as u64;
    Line::new(config, id.to_string(), u16::from_be_bytes([high, low]), first_seq)
}

fn peer(config: &BridgeConfig) -> String {
    match (&config.plc.address, &config.plc.serial) {
        (Some(address), _) => address.clone(),
        (None, Some(serial)) => serial.device.display().to_string(),
        (None, None) => "nowhere: the eyes in [io] take its place".into(),
    }
}
