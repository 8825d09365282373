//! A PLC in software: a belt, a scan, and a Modbus TCP server in front of its registers.

use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use plc_bridge::registers::{
    COMMAND_LEN, Command, Eye, LineEvent, PlcResult, STATUS_LEN, Status, slot,
};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio_modbus::server::{Service, tcp::Server, tcp::accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response};

use crate::wait_for;

const SCAN: Duration = Duration::from_millis(5);
const STATUS_BASE: u16 = 0;
const COMMAND_BASE: u16 = 100;

/// What the scan works on.
#[derive(Default)]
pub struct Image {
    status: Status,
    command: Option<Command>,
    bridge_boot: Option<u16>,
    /// Counts that the belt moves in a scan.
    speed: u32,
    /// Edges to come: the count at which each happens.
    edges: VecDeque<(u32, Eye)>,
    acquisition: u16,
    /// Every result taken, in order.
    pub taken: Vec<PlcResult>,
    stop: bool,
}

impl Image {
    fn scan(&mut self) {
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        self.status.encoder = self.status.encoder.wrapping_add(self.speed);
        while let Some(&(count, eye)) = self.edges.front()
            && count <= self.status.encoder
        {
            self.edges.pop_front();
            self.acquisition += u16::from(eye == Eye::Entry);
            let acquisition = if eye == Eye::Entry { self.acquisition } else { 0 };
            self.status.event_head = self.status.event_head.wrapping_add(1);
            self.status.events[slot(self.status.event_head)] =
                LineEvent { eye: Some(eye), acquisition, encoder: count };
        }
        let Some(command) = &self.command else { return };
        if self.bridge_boot.replace(command.bridge_boot) != Some(command.bridge_boot) {
            self.status.result_taken = 0;
        }
        while self.status.result_taken != command.result_head {
            self.status.result_taken = self.status.result_taken.wrapping_add(1);
            self.taken.push(command.results[slot(self.status.result_taken)]);
        }
        self.status.sequence_echo = command.sequence;
    }
}

/// The PLC, scanning; its server can be cut off and put back.
pub struct Plc {
    pub address: SocketAddr,
    image: Arc<Mutex<Image>>,
    runtime: Runtime,
    cut: Option<oneshot::Sender<()>>,
    scanning: Option<JoinHandle<()>>,
}

impl Plc {
    /// Switches the PLC on, with its belt at rest.
    pub fn start() -> Self {
        let image = Arc::new(Mutex::new(Image::default()));
        let scanned = image.clone();
        let scanning = std::thread::spawn(move || {
            loop {
                std::thread::sleep(SCAN);
                let mut image = scanned.lock().expect("no scan panics");
                if image.stop {
                    return;
                }
                image.scan();
            }
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut plc = Self { address, image, runtime, cut: None, scanning: Some(scanning) };
        plc.connect();
        plc
    }

    /// Puts the server on the network, at the same address as before.
    pub fn connect(&mut self) {
        let listener = self.runtime.block_on(TcpListener::bind(self.address));
        let listener = listener.expect("the address is free");
        self.address = listener.local_addr().expect("it is bound");
        let (cut, cut_off) = oneshot::channel::<()>();
        let registers = Registers(self.image.clone());
        self.runtime.spawn(async move {
            let new = |_| Ok(Some(registers.clone()));
            let connected = async |stream, address| accept_tcp_connection(stream, address, new);
            let server = Server::new(listener);
            tokio::select! {
                served = server.serve(&connected, |_| {}) => served.expect("it serves on"),
                _ = cut_off => {}
            }
        });
        self.cut = Some(cut);
    }

    /// Cuts every connection; nobody listens any more.
    pub fn cut(&mut self) {
        self.cut = None;
        let address = self.address;
        wait_for("the server is gone", || std::net::TcpStream::connect(address).is_err());
    }

    pub fn image(&self) -> MutexGuard<'_, Image> {
        self.image.lock().expect("no scan panics")
    }

    /// The belt's speed, in counts a scan.
    pub fn run_belt(&self, speed: u32) {
        self.image().speed = speed;
    }

    /// Puts an item on the belt that `eye` will see after `travel` counts.
    pub fn put_item(&self, eye: Eye, travel: u32) {
        let mut image = self.image();
        let count = image.status.encoder + 1;
        image.edges.extend([(count, Eye::Entry), (count + travel, eye)]);
    }
}

impl Drop for Plc {
    fn drop(&mut self) {
        self.image().stop = true;
        if let Some(scanning) = self.scanning.take() {
            // A scan that panicked has failed the test already.
            let _ = scanning.join();
        }
    }
}

#[derive(Clone)]
struct Registers(Arc<Mutex<Image>>);

impl Service for Registers {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let mut image = self.0.lock().expect("no scan panics");
        ready(match request {
            Request::ReadHoldingRegisters(STATUS_BASE, count)
                if usize::from(count) == STATUS_LEN =>
            {
                Ok(Response::ReadHoldingRegisters(image.status.encode().to_vec()))
            }
            Request::WriteMultipleRegisters(COMMAND_BASE, words) if words.len() == COMMAND_LEN => {
                image.command = Some(Command::decode(&words).expect("the bridge encodes well"));
                Ok(Response::WriteMultipleRegisters(COMMAND_BASE, COMMAND_LEN as u16))
            }
            _ => Err(ExceptionCode::IllegalDataAddress),
        })
    }
}
