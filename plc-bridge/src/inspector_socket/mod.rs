//! The Unix socket on which inspectd connects.
//!
//! Each connection has two threads of its own: one reads, one writes. The cycle is spoken to
//! through bounded channels and waits for none of them. A connection counts once its `Hello` has
//! named our protocol version; then it replaces the one before. What the cycle wants to say goes
//! into a bounded queue ([`Peer`]); when inspectd does not read, samples are dropped, and events
//! stay in the journal until there is room.

use std::io::{self, BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::logger::Log;
use crate::realtime::STACK;
use line::clock;
use line::protocol::{FromBridge, MAX_LINE, ToBridge, VERSION};
use line::socket_line::{self, NotAMessage};

/// Messages that may wait for one inspectd: more than half a second of samples at 10 ms.
const QUEUE: usize = 64;
/// How long a new connection may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause after a failed `accept`, which means that the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections at once: the one that counts, its successor, and a few that are still refused.
const MOST_CONNECTIONS: usize = 8;

/// Why the socket could not be opened.
#[derive(Debug, Error)]
pub enum SocketError {
    /// The folder is not there and cannot be made.
    #[error(
        "cannot make the folder {} for the socket: {source}; make it, or name another place in \
         line.bridge_socket",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another plc-bridge listens there.
    #[error(
        "another plc-bridge listens on {}: stop it first, or name another place in \
         line.bridge_socket",
        path.display()
    )]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something else stands there.
    #[error(
        "{} is not a socket and is left alone: move it away, or name another place in \
         line.bridge_socket",
        path.display()
    )]
    NotASocket {
        /// What stands there.
        path: PathBuf,
    },
    /// The socket cannot be made.
    #[error("cannot listen on {}: {source}; check the folder's owner and rights", path.display())]
    Listen {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What the connections tell the cycle.
#[derive(Debug)]
pub enum FromInspector {
    /// An inspectd has connected and said hello.
    Connected(Peer),
    /// It said something.
    Message {
        /// Which connection.
        id: u64,
        /// When it was read.
        at: Duration,
        /// What.
        message: ToBridge,
    },
    /// Its connection is gone.
    Closed {
        /// Which connection.
        id: u64,
        /// Why.
        why: String,
    },
}

/// The cycle's end of a connection; dropping it closes the connection.
#[derive(Debug)]
pub struct Peer {
    /// Tells connections apart.
    pub id: u64,
    /// What inspectd is told; never waited for.
    pub queue: SyncSender<FromBridge>,
    stream: UnixStream,
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both threads of the connection end with it, if inspectd has not ended it already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Opens the socket, in place of a stale one that nobody listens on.
///
/// # Errors
/// Says what stands in the way and what to do.
pub fn listen(path: &Path) -> Result<UnixListener, SocketError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|source| SocketError::Folder { path: folder.to_owned(), source })?;
    }
    let failed = |source| SocketError::Listen { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(SocketError::NotASocket { path: path.to_owned() });
        }
        Ok(_) if UnixStream::connect(path).is_ok() => {
            return Err(SocketError::InUse { path: path.to_owned() });
        }
        Ok(_) => std::fs::remove_file(path).map_err(failed)?,
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    // inspectd runs as another user of the same group.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(failed)?;
    Ok(listener)
}

/// Accepts connections until the listener is shut down or the cycle is gone.
pub fn serve(listener: &UnixListener, boot: &str, events: &SyncSender<FromInspector>, log: &Log) {
    // Each thread of a connection holds one: their number is the number of connections.
    let connections = Arc::new(());
    for id in 1.. {
        let accepted = match listener.accept() {
            Ok((stream, _)) if Arc::strong_count(&connections) <= MOST_CONNECTIONS => {
                let (events, log) = (events.clone(), log.clone());
                let (boot, open) = (boot.to_owned(), Arc::clone(&connections));
                thread::Builder::new().name("inspectd".into()).stack_size(STACK).spawn(move || {
                    connection(id, stream, boot, &events, &log);
                    drop(open);
                })
            }
            Ok(_) => Err(io::Error::other("too many are open")),
            // The listener was shut down.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return,
            Err(error) => Err(error),
        };
        if let Err(error) = accepted {
            log.warn(format!("a connection to the socket could not be accepted: {error}"));
            thread::sleep(ACCEPT_PAUSE);
        }
    }
}

/// One connection from hello to end.
fn connection(
    id: u64,
    stream: UnixStream,
    boot: String,
    events: &SyncSender<FromInspector>,
    log: &Log,
) {
    let mut lines = match greet(stream, boot) {
        Ok(lines) => lines,
        Err(why) => return log.warn(format!("a connection to the socket is refused: {why}")),
    };
    let (queue, waiting) = sync_channel(QUEUE);
    let introduced = lines.clone_stream().and_then(|stream| {
        let mut writer = stream.try_clone()?;
        thread::Builder::new().name("to inspectd".into()).stack_size(STACK).spawn(move || {
            write_all(&mut writer, &waiting);
            // The reader learns of it by the end of what it reads.
            let _ = writer.shutdown(Shutdown::Both);
        })?;
        Ok(Peer { id, queue, stream })
    });
    let peer = match introduced {
        Ok(peer) => peer,
        Err(error) => {
            return log.warn(format!("a connection to the socket is refused: {error}"));
        }
    };
    if events.send(FromInspector::Connected(peer)).is_err() {
        return;
    }
    let why = loop {
        match lines.next(None) {
            Ok(message) => {
                let at = clock::monotonic();
                if events.send(FromInspector::Message { id, at, message }).is_err() {
                    return;
                }
            }
            Err(why) => break why,
        }
    };
    // When the cycle is gone there is nobody left to tell.
    let _ = events.send(FromInspector::Closed { id, why: why.to_string() });
}

/// Says hello, and hears it in time.
fn greet(mut stream: UnixStream, boot: String) -> Result<Lines, Ended> {
    let deadline = clock::monotonic() + HELLO_TIMEOUT;
    stream.set_write_timeout(Some(HELLO_TIMEOUT))?;
    let mut buffer = Vec::new();
    send(&mut stream, &mut buffer, FromBridge::Hello { protocol: VERSION, boot })?;
    stream.set_write_timeout(None)?;
    let mut lines = Lines { reader: BufReader::new(stream), line: Vec::new() };
    lines.hello(deadline)?;
    lines.reader.get_ref().set_read_timeout(None)?;
    Ok(lines)
}

/// Writes what is queued until the connection or the queue ends.
fn write_all(stream: &mut UnixStream, waiting: &Receiver<FromBridge>) {
    let mut buffer = Vec::new();
    for message in waiting {
        if send(stream, &mut buffer, message).is_err() {
            return;
        }
    }
}

/// Why a connection ended.
#[derive(Debug, Error)]
enum Ended {
    #[error("it closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("it sent a line of more than {MAX_LINE} bytes")]
    LongLine,
    #[error("it sent something that is not a message: {0}")]
    NotAMessage(#[from] NotAMessage),
    #[error("it said no hello")]
    Silent,
    #[error("it did not say hello first")]
    NoHello,
    #[error(
        "it speaks protocol version {0}, this plc-bridge {VERSION}: install inspectd and \
         plc-bridge of the same release"
    )]
    OtherVersion(u32),
}

/// What comes in, line by line.
struct Lines {
    reader: BufReader<UnixStream>,
    line: Vec<u8>,
}

impl Lines {
    fn clone_stream(&self) -> io::Result<UnixStream> {
        self.reader.get_ref().try_clone()
    }

    fn hello(&mut self, deadline: Duration) -> Result<(), Ended> {
        match self.next(Some(deadline))? {
            ToBridge::Hello { protocol: VERSION } => Ok(()),
            ToBridge::Hello { protocol } => Err(Ended::OtherVersion(protocol)),
            _ => Err(Ended::NoHello),
        }
    }

    /// The next message; with a deadline, however small the pieces are in which it comes.
    fn next(&mut self, deadline: Option<Duration>) -> Result<ToBridge, Ended> {
        self.line.clear();
        loop {
            if let Some(deadline) = deadline {
                let left = clock::left_until(deadline).ok_or(Ended::Silent)?;
                self.reader.get_ref().set_read_timeout(Some(left))?;
            }
            let piece = match self.reader.fill_buf() {
                Ok([]) => return Err(Ended::Closed),
                Ok(piece) => piece,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => continue,
                    io::ErrorKind::WouldBlock => return Err(Ended::Silent),
                    _ => return Err(Ended::Broken(error)),
                },
            };
            let end = piece.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(piece.len(), |end| end + 1);
            self.line.extend_from_slice(&piece[..taken]);
            self.reader.consume(taken);
            if self.line.len() > MAX_LINE {
                return Err(Ended::LongLine);
            }
            if end.is_some() {
                return Ok(socket_line::read(&self.line)?);
            }
        }
    }
}

/// Writes one message; `buffer` is used again and again.
fn send(stream: &mut UnixStream, buffer: &mut Vec<u8>, message: FromBridge) -> io::Result<()> {
    socket_line::write(message, buffer);
    stream.write_all(buffer)
}

#[cfg(test)]
mod tests;
