//! A broker that has a limit on packets, tells nobody of it, and refuses in a way that the test chooses.
//! It speaks as much of MQTT 5 as the link needs.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a packet over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The connection is closed before the packet is read.
    Close,
    /// DISCONNECT with the reason "packet too large".
    Disconnect,
    /// The same in its short form, without properties.
    ShortDisconnect,
    /// PUBACK with that reason.
    PubAck,
}

impl Refusal {
    pub const ALL: [Self; 4] = [Self::Close, Self::Disconnect, Self::ShortDisconnect, Self::PubAck];
}

/// The running broker.
pub struct Scripted {
    pub port: u16,
    taken: Arc<Mutex<Vec<Value>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Scripted {
    /// Starts it, with a limit in bytes.
    pub async fn start(limit: usize, refusal: Refusal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a client");
                // A client that goes is no fault; the next one is served.
                let _ = serve(stream, limit, refusal, &kept).await;
            }
        });
        Self { port, taken, task }
    }

    /// The owed messages that it has taken, in their order.
    pub fn owed(&self) -> Vec<Value> {
        let taken = self.taken.lock().expect("no test panicked here");
        taken.iter().filter(|message| message["schema"] != "state/1").cloned().collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    limit: usize,
    refusal: Refusal,
    taken: &Mutex<Vec<Value>>,
) -> std::io::Result<()> {
    loop {
        let first = stream.read_u8().await?;
        let length = variable_length(&mut stream).await?;
        let is_too_large = first >> 4 == 3 && length > limit;
        if is_too_large && refusal == Refusal::Close {
            return Ok(());
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let answer = match first >> 4 {
            1 => vec![0x20, 3, 0, 0, 0],
            3 => {
                let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
                let id = [body[2 + topic], body[3 + topic]];
                match refusal {
                    _ if !is_too_large => {
                        // No properties: their length is one byte.
                        let message = serde_json::from_slice(&body[5 + topic..]).expect("JSON");
                        taken.lock().expect("no test panicked here").push(message);
                        vec![0x40, 2, id[0], id[1]]
                    }
                    Refusal::PubAck => vec![0x40, 4, id[0], id[1], 0x95, 0],
                    Refusal::Disconnect => vec![0xE0, 2, 0x95, 0],
                    Refusal::ShortDisconnect | Refusal::Close => vec![0xE0, 1, 0x95],
                }
            }
            8 => {
                let topics = topics(&body);
                let mut answer = vec![0x90, 3 + topics, body[0], body[1], 0];
                answer.extend((0..topics).map(|_| 1));
                answer
            }
            12 => vec![0xD0, 0],
            _ => return Ok(()),
        };
        stream.write_all(&answer).await?;
        if answer[0] == 0xE0 {
            return stream.shutdown().await;
        }
    }
}

async fn variable_length(stream: &mut TcpStream) -> std::io::Result<usize> {
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = stream.read_u8().await?;
        length |= usize::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Ok(length);
        }
    }
}

/// How many topics a subscription without properties names.
fn topics(body: &[u8]) -> u8 {
    let (mut at, mut topics) = (3, 0);
    while at < body.len() {
        at += 2 + usize::from(u16::from_be_bytes([body[at], body[at + 1]])) + 1;
        topics += 1;
    }
    topics
}
