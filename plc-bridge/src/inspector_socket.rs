//! The Unix socket on which inspectd connects.
//!
//! Each connection has a task of its own that reads and writes; the bridge's loop is spoken to
//! through channels and waits for none of them. A connection counts once its `Hello` has named our
//! protocol version; then it replaces the one before. What the loop wants to say goes into a
//! bounded queue ([`Peer`]); when inspectd does not read, samples are dropped, and events stay in
//! the journal until there is room.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::clock;
use crate::protocol::{FromBridge, MAX_LINE, ToBridge, VERSION};

/// Messages that may wait for one inspectd: more than half a second of samples at 10 ms.
const QUEUE: usize = 64;
/// How long a new connection may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause after a failed `accept`, which means that the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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

/// What the connections tell the loop.
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

/// The loop's end of a connection; dropping it closes the connection.
#[derive(Debug)]
pub struct Peer {
    /// Tells connections apart.
    pub id: u64,
    /// What inspectd is told; never waited for.
    pub queue: mpsc::Sender<FromBridge>,
    _open: oneshot::Sender<()>,
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
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
            return Err(SocketError::InUse { path: path.to_owned() });
        }
        Ok(_) => std::fs::remove_file(path).map_err(failed)?,
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    // inspectd runs as another user of the same group.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(failed)?;
    Ok(listener)
}

/// Accepts connections for ever.
pub async fn serve(listener: UnixListener, boot: String, events: mpsc::Sender<FromInspector>) {
    for id in 1.. {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (boot, events) = (boot.clone(), events.clone());
                tokio::spawn(connection(id, stream, boot, events));
            }
            Err(error) => {
                tracing::warn!("a connection to the socket could not be accepted: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection from hello to end.
async fn connection(
    id: u64,
    stream: UnixStream,
    boot: String,
    events: mpsc::Sender<FromInspector>,
) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = Lines { reader: BufReader::new(reader), line: Vec::new() };
    let greeting = async {
        send(&mut writer, &FromBridge::Hello { protocol: VERSION, boot }).await?;
        lines.hello().await
    };
    match timeout(HELLO_TIMEOUT, greeting).await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => return tracing::warn!("a connection to the socket is refused: {why}"),
        Err(_) => return tracing::warn!("a connection to the socket is refused: it said no hello"),
    }
    let (queue, mut waiting) = mpsc::channel(QUEUE);
    let (open, closed_here) = oneshot::channel();
    let peer = Peer { id, queue, _open: open };
    if events.send(FromInspector::Connected(peer)).await.is_err() {
        return;
    }
    let read = async {
        loop {
            let message = match lines.next().await {
                Ok(message) => message,
                Err(why) => return why,
            };
            let at = clock::monotonic();
            if events.send(FromInspector::Message { id, at, message }).await.is_err() {
                return Ended::Closed;
            }
        }
    };
    let write = async {
        while let Some(message) = waiting.recv().await {
            if let Err(why) = send(&mut writer, &message).await {
                return why;
            }
        }
        Ended::Closed
    };
    let why = tokio::select! {
        why = read => why,
        why = write => why,
        _ = closed_here => return,
    };
    // When the loop is gone there is nobody left to tell.
    let _ = events.send(FromInspector::Closed { id, why: why.to_string() }).await;
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
    NotAMessage(#[from] serde_json::Error),
    #[error("it did not say hello first")]
    NoHello,
    #[error(
        "it speaks protocol version {0}, this plc-bridge {VERSION}: install inspectd and \
         plc-bridge of the same release"
    )]
    OtherVersion(u32),
}

struct Lines {
    reader: BufReader<OwnedReadHalf>,
    line: Vec<u8>,
}

impl Lines {
    async fn hello(&mut self) -> Result<(), Ended> {
        match self.next().await? {
            ToBridge::Hello { protocol: VERSION } => Ok(()),
            ToBridge::Hello { protocol } => Err(Ended::OtherVersion(protocol)),
            _ => Err(Ended::NoHello),
        }
    }

    async fn next(&mut self) -> Result<ToBridge, Ended> {
        self.line.clear();
        let mut bounded = (&mut self.reader).take(MAX_LINE as u64 + 1);
        bounded.read_until(b'\n', &mut self.line).await?;
        match self.line.last() {
            Some(b'\n') => Ok(serde_json::from_slice(&self.line)?),
            Some(_) if self.line.len() > MAX_LINE => Err(Ended::LongLine),
            _ => Err(Ended::Closed),
        }
    }
}

async fn send(writer: &mut OwnedWriteHalf, message: &FromBridge) -> Result<(), Ended> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(writer.write_all(&line).await?)
}
