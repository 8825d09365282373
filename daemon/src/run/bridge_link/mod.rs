//! inspectd's end of the socket to plc-bridge.
//!
//! Connects, greets, carries messages both ways and the heartbeat out, and connects again for ever
//! when the socket closes. Nothing is kept here while the bridge is away: a verdict for an item
//! whose bridge is gone is worthless, and the bridge's own events come again.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use line::protocol::{FromBridge, HEARTBEAT_PERIOD, MAX_LINE, ToBridge, VERSION};
use line::socket_line;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

/// Pause between two attempts to connect: short, since the socket is on this host and every
/// second without it is a second of fall-backs.
const RETRY_PERIOD: Duration = Duration::from_millis(250);

/// Messages that may wait for the socket. The bridge reads every cycle; more than this many
/// waiting means that it hangs, and then its fall-back acts.
const WAITING: usize = 256;

/// What the link tells the inspection loop.
#[derive(Debug)]
pub enum LinkEvent {
    /// The bridge said something.
    Message(FromBridge),
    /// The socket closed, or cannot be opened.
    Down(LinkError),
}

/// Why there is no link to the bridge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nobody listens.
    #[error("plc-bridge is not reached on {}: {cause}; check that plc-bridge runs", socket.display())]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// It was there and is gone.
    #[error("plc-bridge closed the connection ({cause}); inspectd reconnects")]
    Closed {
        /// What the system said.
        cause: String,
    },
    /// It speaks another version.
    #[error(
        "plc-bridge speaks protocol {theirs}, inspectd {VERSION}; install both from the same release"
    )]
    Version {
        /// The bridge's version.
        theirs: u32,
    },
    /// What came is not a message.
    #[error(
        "plc-bridge sent something that is no message ({cause}); install both from the same release"
    )]
    Garbled {
        /// What is wrong with it.
        cause: String,
    },
}

/// Why a message was not handed to the socket.
#[derive(Debug, Clone, PartialEq)]
pub enum Unsent {
    /// The bridge is away, and the message is dropped. A verdict is sent again after the next
    /// greeting, if it still matters.
    Away,
    /// The bridge reads too slowly; here is the message.
    Full(ToBridge),
}

/// Verdicts on their way to the socket: one that finds its queue full waits here, with those behind
/// it, until there is room.
#[derive(Debug)]
pub struct Verdicts {
    link: BridgeLink,
    waiting: VecDeque<ToBridge>,
}

impl Verdicts {
    /// Nothing waits.
    pub fn new(link: BridgeLink) -> Self {
        Self { link, waiting: VecDeque::new() }
    }

    /// Sends a verdict, behind those that wait. Returns false when the bridge is away.
    pub fn send(&mut self, verdict: ToBridge) -> bool {
        self.waiting.push_back(verdict);
        self.send_waiting()
    }

    /// Sends what waits, as far as there is room; to be called often. Returns false when the bridge is
    /// away: nothing waits then, since the next greeting brings up each item that still matters.
    pub fn send_waiting(&mut self) -> bool {
        while let Some(verdict) = self.waiting.pop_front() {
            match self.link.send(verdict) {
                Ok(()) => {}
                Err(Unsent::Full(verdict)) => {
                    self.waiting.push_front(verdict);
                    return true;
                }
                Err(Unsent::Away) => {
                    self.waiting.clear();
                    return false;
                }
            }
        }
        true
    }

    /// The bridge has greeted: what waited was meant for the connection before. The flow sends each verdict
    /// that still matters again.
    pub fn greeted(&mut self) {
        self.waiting.clear();
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

/// The sending end of the link.
#[derive(Debug, Clone)]
pub struct BridgeLink {
    outgoing: mpsc::Sender<ToBridge>,
    flags: Arc<LinkFlags>,
}

/// What both ends of the link know.
#[derive(Debug, Default)]
struct LinkFlags {
    /// What the heartbeat says.
    ready: AtomicBool,
    /// Whether there is a connection.
    connected: AtomicBool,
    /// The connection is to be opened anew.
    reconnect: Notify,
}

impl BridgeLink {
    /// Starts the link on the present tokio runtime. What happens comes out of the receiver, in
    /// order; while nobody takes it, the bridge waits with its events and drops samples.
    pub fn start(socket: PathBuf) -> (Self, mpsc::Receiver<LinkEvent>) {
        let (outgoing, waiting) = mpsc::channel(WAITING);
        let (events, received) = mpsc::channel(WAITING);
        let flags = Arc::new(LinkFlags::default());
        tokio::spawn(run(socket, waiting, Arc::clone(&flags), events));
        (Self { outgoing, flags }, received)
    }

    /// Hands a message to the socket.
    ///
    /// # Errors
    /// [`Unsent`].
    pub fn send(&self, message: ToBridge) -> Result<(), Unsent> {
        if !self.flags.connected.load(Ordering::Relaxed) {
            return Err(Unsent::Away);
        }
        self.outgoing.try_send(message).map_err(|error| match error {
            TrySendError::Full(message) => Unsent::Full(message),
            TrySendError::Closed(_) => Unsent::Away,
        })
    }

    /// Closes the connection and opens it again, so that the bridge tells again what was not acknowledged. That
    /// is no trouble, and told to nobody.
    pub fn reconnect(&self) {
        self.flags.reconnect.notify_one();
    }

    /// What the heartbeat says from now on.
    pub fn set_ready(&self, ready: bool) {
        self.flags.ready.store(ready, Ordering::Relaxed);
    }
}

async fn run(
    socket: PathBuf,
    mut waiting: mpsc::Receiver<ToBridge>,
    flags: Arc<LinkFlags>,
    events: mpsc::Sender<LinkEvent>,
) {
    let mut told = None;
    loop {
        let error = match connect(&socket).await {
            Ok(stream) => {
                told = None;
                // What waited was meant for the connection that is gone.
                while waiting.try_recv().is_ok() {}
                flags.connected.store(true, Ordering::Relaxed);
                let ended = tokio::select! {
                    error = talk(stream, &mut waiting, &flags.ready, &events) => Some(error),
                    () = flags.reconnect.notified() => None,
                };
                flags.connected.store(false, Ordering::Relaxed);
                let Some(error) = ended else { continue };
                error
            }
            Err(error) => error,
        };
        if events.is_closed() {
            return;
        }
        if told.as_ref() != Some(&error) {
            told = Some(error.clone());
            // A closed channel is noticed above, in the next round.
            let _ = events.send(LinkEvent::Down(error)).await;
        }
        tokio::time::sleep(RETRY_PERIOD).await;
    }
}

async fn connect(socket: &Path) -> Result<UnixStream, LinkError> {
    UnixStream::connect(socket).await.map_err(|error| LinkError::Unreachable {
        socket: socket.to_owned(),
        cause: error.to_string(),
    })
}

/// Carries messages until the connection ends; returns why it did.
async fn talk(
    stream: UnixStream,
    waiting: &mut mpsc::Receiver<ToBridge>,
    ready: &AtomicBool,
    events: &mpsc::Sender<LinkEvent>,
) -> LinkError {
    let (reader, mut writer) = stream.into_split();
    let mut incoming = Incoming { reader: BufReader::new(reader), line: Vec::new() };
    let mut heartbeat = tokio::time::interval(HEARTBEAT_PERIOD);
    if let Err(error) = write(&mut writer, ToBridge::Hello { protocol: VERSION }).await {
        return error;
    }
    loop {
        let outcome = tokio::select! {
            message = incoming.next() => match message {
                Ok(FromBridge::Hello { protocol, .. }) if protocol != VERSION => {
                    Err(LinkError::Version { theirs: protocol })
                }
                Ok(message) => events
                    .send(LinkEvent::Message(message))
                    .await
                    .map_err(|_| LinkError::Closed { cause: "inspectd stops".to_owned() }),
                Err(error) => Err(error),
            },
            message = waiting.recv() => match message {
                Some(message) => write(&mut writer, message).await,
                None => Err(LinkError::Closed { cause: "inspectd stops".to_owned() }),
            },
            _ = heartbeat.tick() => {
                let ready = ready.load(Ordering::Relaxed);
                write(&mut writer, ToBridge::Heartbeat { ready }).await
            }
        };
        if let Err(error) = outcome {
            return error;
        }
    }
}

async fn write(writer: &mut OwnedWriteHalf, message: ToBridge) -> Result<(), LinkError> {
    let mut line = Vec::new();
    socket_line::write(message, &mut line);
    let sent = tokio::time::timeout(Duration::from_secs(2), writer.write_all(&line)).await;
    sent.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
        .map_err(|error| LinkError::Closed { cause: error.to_string() })
}

/// Reads lines; a call that is cancelled half-way through a line goes on with it next time.
struct Incoming {
    reader: BufReader<OwnedReadHalf>,
    line: Vec<u8>,
}

impl Incoming {
    async fn next(&mut self) -> Result<FromBridge, LinkError> {
        let room = (MAX_LINE + 1).saturating_sub(self.line.len()) as u64;
        let mut limited = (&mut self.reader).take(room);
        limited
            .read_until(b'\n', &mut self.line)
            .await
            .map_err(|error| LinkError::Closed { cause: error.to_string() })?;
        if self.line.last() != Some(&b'\n') {
            return Err(if self.line.len() > MAX_LINE {
                LinkError::Garbled { cause: format!("a line of more than {MAX_LINE} bytes") }
            } else {
                LinkError::Closed { cause: "end of stream".to_owned() }
            });
        }
        let message = socket_line::read(&self.line)
            .map_err(|error| LinkError::Garbled { cause: error.to_string() });
        self.line.clear();
        message
    }
}

#[cfg(test)]
mod tests;
