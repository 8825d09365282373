//! The other end: a small Modbus TCP server, for PLCs made in software and for tests.
//!
//! It is written apart from the client, with no code in common, so that one mistake does not stand
//! on both sides.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

/// What a server serves. A refusal is the number of a Modbus exception: 2 for an address that is
/// not there.
pub trait Registers: Send {
    /// Fills `words` with the holding registers from `base` on.
    ///
    /// # Errors
    /// The Modbus exception to answer.
    fn read(&mut self, base: u16, words: &mut [u16]) -> Result<(), u8>;

    /// Takes holding registers that were written from `base` on.
    ///
    /// # Errors
    /// The Modbus exception to answer.
    fn write(&mut self, base: u16, words: &[u16]) -> Result<(), u8>;

    /// Takes coils that were written from `base` on.
    ///
    /// # Errors
    /// The Modbus exception to answer: without an implementation there are no coils.
    fn write_coils(&mut self, base: u16, coils: &[bool]) -> Result<(), u8> {
        let _ = (base, coils);
        Err(2)
    }
}

/// A server that runs until it is dropped; every connection is served by a thread of its own.
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<Weak<TcpStream>>>>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `registers` as the device `unit` at `address`; port 0 takes any that is free.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub fn start<R: Registers + 'static>(
        address: SocketAddr,
        unit: u8,
        registers: Arc<Mutex<R>>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let connections: Arc<Mutex<Vec<Weak<TcpStream>>>> = Arc::default();
        let (ended, open) = (Arc::clone(&stop), Arc::clone(&connections));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream.map(Arc::new) else {
                    continue;
                };
                let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
                open.retain(|connection| connection.strong_count() > 0);
                open.push(Arc::downgrade(&stream));
                let registers = Arc::clone(&registers);
                // A connection that ends, however it does, is the client's affair.
                std::thread::spawn(move || serve(&stream, unit, &registers));
            }
        });
        Ok(Self { address, stop, connections, accepting: Some(accepting) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    /// Ends every connection and frees the port.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // This wakes the accepting thread up, which may be gone already.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for stream in connections.iter().filter_map(Weak::upgrade) {
            // The client may have ended it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Answers requests until the connection ends.
fn serve<R: Registers>(mut stream: &TcpStream, unit: u8, registers: &Mutex<R>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut header = [0; 6];
    loop {
        stream.read_exact(&mut header)?;
        let mut request = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]]))];
        stream.read_exact(&mut request)?;
        // Another device on the line stays silent.
        if request.len() < 2 || request[0] != unit {
            continue;
        }
        let mut answer = Vec::with_capacity(260);
        answer.extend_from_slice(&header[..4]);
        answer.extend_from_slice(&[0, 0, unit]);
        let function = request[1];
        let answered = {
            let mut registers = registers.lock().unwrap_or_else(PoisonError::into_inner);
            answer_to(&request[1..], &mut *registers)
        };
        match answered {
            Ok(body) => {
                answer.push(function);
                answer.extend_from_slice(&body);
            }
            Err(exception) => answer.extend_from_slice(&[function | 0x80, exception]),
        }
        let length = (answer.len() - 6) as u16;
        answer[4..6].copy_from_slice(&length.to_be_bytes());
        stream.write_all(&answer)?;
    }
}

/// What follows the function in the answer to `request`, which begins with its function.
fn answer_to<R: Registers>(request: &[u8], registers: &mut R) -> Result<Vec<u8>, u8> {
    let word = |at: usize| match request.get(at..at + 2) {
        Some(bytes) => Ok(u16::from_be_bytes([bytes[0], bytes[1]])),
        None => Err(3),
    };
    let (base, count) = (word(1)?, word(3)?);
    let data = request.get(6..).unwrap_or_default();
    match request[0] {
        3 if (1..=125).contains(&count) => {
            let mut words = vec![0; usize::from(count)];
            registers.read(base, &mut words)?;
            let mut body = vec![(2 * count) as u8];
            body.extend(words.iter().flat_map(|word| word.to_be_bytes()));
            Ok(body)
        }
        16 if (1..=123).contains(&count) && data.len() == 2 * usize::from(count) => {
            let words: Vec<u16> =
                data.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            registers.write(base, &words)?;
            Ok(request[1..5].to_vec())
        }
        15 if data.len() == usize::from(count).div_ceil(8) => {
            let coils: Vec<bool> =
                (0..usize::from(count)).map(|coil| data[coil / 8] >> (coil % 8) & 1 == 1).collect();
            registers.write_coils(base, &coils)?;
            Ok(request[1..5].to_vec())
        }
        3 | 15 | 16 => Err(3),
        _ => Err(1),
    }
}
