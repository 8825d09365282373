//! A wire with faults: a proxy between the bridge and its PLC that knows Modbus TCP frames, and
//! does to each answer what its plan says.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to one request or its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It comes so much later.
    Delay(Duration),
    /// The PLC gets the request, and its answer is lost.
    DropAnswer,
    /// The request is lost.
    DropRequest,
    /// The connection is reset before the PLC gets the request.
    Reset,
    /// The connection is reset after the PLC got the request.
    ResetAfter,
    /// The answer comes byte by byte.
    Split,
    /// Bytes that are no answer come instead.
    Garbage,
    /// An exception comes instead, and the PLC gets nothing.
    Exception(u8),
    /// The answer names another unit.
    WrongUnit,
    /// The answer comes after the bridge has given it up, on the same connection.
    Late(Duration),
}

/// The kinds of fault, as they are counted.
pub const KINDS: [&str; 10] = [
    "delay",
    "drop answer",
    "drop request",
    "reset",
    "reset after",
    "split",
    "garbage",
    "exception",
    "wrong unit",
    "late",
];

impl Fault {
    fn kind(self) -> usize {
        match self {
            Self::Delay(_) => 0,
            Self::DropAnswer => 1,
            Self::DropRequest => 2,
            Self::Reset => 3,
            Self::ResetAfter => 4,
            Self::Split => 5,
            Self::Garbage => 6,
            Self::Exception(_) => 7,
            Self::WrongUnit => 8,
            Self::Late(_) => 9,
        }
    }
}

/// Says what happens to the request with this number, from 0.
type Plan = dyn FnMut(u64) -> Option<Fault> + Send;

/// The proxy; runs to the end of the test.
pub struct Proxy {
    pub address: SocketAddr,
    plan: Arc<Mutex<Box<Plan>>>,
    injected: Arc<[AtomicU64; KINDS.len()]>,
    requests: Arc<AtomicU64>,
    accepted: Arc<AtomicU64>,
}

impl Proxy {
    /// Stands in front of `plc`, without faults at first.
    pub fn start(plc: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let proxy = Self {
            address: listener.local_addr().expect("it is bound"),
            plan: Arc::new(Mutex::new(Box::new(|_| None))),
            injected: Arc::default(),
            requests: Arc::default(),
            accepted: Arc::default(),
        };
        let worker = Worker {
            plc,
            plan: Arc::clone(&proxy.plan),
            injected: Arc::clone(&proxy.injected),
            requests: Arc::clone(&proxy.requests),
        };
        let accepted = Arc::clone(&proxy.accepted);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                accepted.fetch_add(1, Ordering::Relaxed);
                let (client, worker) = (client.expect("a connection comes in"), worker.clone());
                // The connection ends when either side ends it, or a fault does.
                std::thread::spawn(move || worker.carry(client));
            }
        });
        proxy
    }

    /// From now on each request suffers what `plan` says.
    pub fn plan(&self, plan: impl FnMut(u64) -> Option<Fault> + Send + 'static) {
        *self.plan.lock().expect("no plan panics") = Box::new(plan);
    }

    /// The next request suffers this, and no later one.
    pub fn once(&self, fault: Fault) {
        let mut fault = Some(fault);
        self.plan(move |_| fault.take());
    }

    /// How often each kind of fault has happened.
    pub fn injected(&self) -> [u64; KINDS.len()] {
        std::array::from_fn(|kind| self.injected[kind].load(Ordering::Relaxed))
    }

    /// How many connections were made.
    pub fn connections(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Worker {
    plc: SocketAddr,
    plan: Arc<Mutex<Box<Plan>>>,
    injected: Arc<[AtomicU64; KINDS.len()]>,
    requests: Arc<AtomicU64>,
}

impl Worker {
    fn carry(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut plc = TcpStream::connect(self.plc)?;
        plc.set_nodelay(true)?;
        loop {
            let request = frame(&mut client)?;
            let number = self.requests.fetch_add(1, Ordering::Relaxed);
            let fault = (self.plan.lock().expect("no plan panics"))(number);
            if let Some(fault) = fault {
                self.injected[fault.kind()].fetch_add(1, Ordering::Relaxed);
            }
            match fault {
                None => client.write_all(&ask(&mut plc, &request)?)?,
                Some(Fault::Delay(time) | Fault::Late(time)) => {
                    let answer = ask(&mut plc, &request)?;
                    std::thread::sleep(time);
                    client.write_all(&answer)?;
                }
                Some(Fault::DropAnswer) => drop(ask(&mut plc, &request)?),
                Some(Fault::DropRequest) => {}
                Some(Fault::Reset) => return reset(&client),
                Some(Fault::ResetAfter) => {
                    ask(&mut plc, &request)?;
                    return reset(&client);
                }
                Some(Fault::Split) => {
                    for byte in ask(&mut plc, &request)? {
                        client.write_all(&[byte])?;
                        // Long enough for a packet of its own, and the bridge to read it.
                        std::thread::sleep(Duration::from_micros(20));
                    }
                }
                Some(Fault::Garbage) => client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?,
                Some(Fault::Exception(code)) => {
                    let mut answer = request[..8].to_vec();
                    answer[5] = 3;
                    answer[7] |= 0x80;
                    answer.push(code);
                    client.write_all(&answer)?;
                }
                Some(Fault::WrongUnit) => {
                    let mut answer = ask(&mut plc, &request)?;
                    answer[6] ^= 0x10;
                    client.write_all(&answer)?;
                }
            }
        }
    }
}

fn ask(plc: &mut TcpStream, request: &[u8]) -> io::Result<Vec<u8>> {
    plc.write_all(request)?;
    frame(plc)
}

/// The next whole frame.
fn frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 6];
    stream.read_exact(&mut frame)?;
    frame.resize(6 + usize::from(u16::from_be_bytes([frame[4], frame[5]])), 0);
    stream.read_exact(&mut frame[6..])?;
    Ok(frame)
}

/// Ends a connection by RST instead of FIN.
fn reset(stream: &TcpStream) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?)
}
