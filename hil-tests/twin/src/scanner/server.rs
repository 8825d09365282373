//! The scanner's wire: a TCP server that sends each message to whoever is connected, as scanners do.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Connections that a scanner has at once.
const PEERS_MAX: usize = 4;
/// How often a new connection is looked for.
const POLL: Duration = Duration::from_millis(20);

/// A listening scanner. Dropped, it closes its port and its connections.
#[derive(Debug)]
pub struct ScannerServer {
    peers: Arc<Mutex<Vec<TcpStream>>>,
    stop: Arc<AtomicBool>,
    accepting: Option<thread::JoinHandle<()>>,
}

impl ScannerServer {
    /// Listens on `address`, a host and a port.
    ///
    /// # Errors
    /// The port cannot be opened.
    pub fn start(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let (peers, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (held, stopped) = (Arc::clone(&peers), Arc::clone(&stop));
        let accept = move || {
            while !stopped.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => take(&held, stream),
                    Err(_) => thread::sleep(POLL),
                }
            }
        };
        let accepting = thread::Builder::new().name("scanner".to_owned()).spawn(accept)?;
        Ok(Self { peers, stop, accepting: Some(accepting) })
    }

    /// Sends a message to all that are connected. One that does not take it is dropped.
    pub fn send(&self, message: &[u8]) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain_mut(|peer| peer.write_all(message).is_ok());
    }

    /// How many are connected, as far as is known.
    pub fn connected(&self) -> usize {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for ScannerServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(accepting) = self.accepting.take() {
            // It ends within a poll, and has nothing to say.
            let _ = accepting.join();
        }
    }
}

fn take(peers: &Mutex<Vec<TcpStream>>, stream: TcpStream) {
    // A peer that does not read must not hold up the belt.
    if stream.set_nodelay(true).is_err() || stream.set_nonblocking(true).is_err() {
        return;
    }
    let mut peers = peers.lock().unwrap_or_else(PoisonError::into_inner);
    if peers.len() >= PEERS_MAX {
        peers.remove(0);
    }
    peers.push(stream);
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    #[test]
    fn a_message_reaches_who_is_connected_and_the_port_is_free_afterwards() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let server = ScannerServer::start(&address).unwrap();
        let peer = TcpStream::connect(&address).unwrap();
        while server.connected() == 0 {
            thread::sleep(POLL);
        }
        server.send(b"]E04006381333931\r\n");
        let mut line = String::new();
        BufReader::new(peer).read_line(&mut line).unwrap();
        assert_eq!(line, "]E04006381333931\r\n");
        drop(server);
        assert!(TcpStream::connect(&address).is_err());
    }
}
