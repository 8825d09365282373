//! The PLC's Modbus TCP server: the register blocks, and nothing else.
//!
//! The server answers from a [`RegisterImage`] that the scan loop fills once a scan, as a PLC's
//! communication processor does. Before each answer it has the scans made up that are due: on a
//! busy host the scan loop may be late, and a stale image followed by a fresh one would look like a
//! belt that leaps. The status block and, where codes are told, the code block can be read, the command block read and written;
//! any other address is refused with *illegal data address*, any other function with *illegal
//! function*.
//!
//! [`ModbusServer::cut`] is the power cut: all connections are reset at once, and nobody listens any
//! more.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use line::config::ItemCodeKind;
use line::config::PlcSection;
use plc_bridge::registers::{
    CODE_LEN, COMMAND_LEN, CodeBlock, Command, DecodeError, Order, STATUS_LEN, Status,
};
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_modbus::{
    ExceptionCode, Request, Response,
    server::{
        Service,
        tcp::{Server, accept_tcp_connection},
    },
};

/// How long the server's thread may take to let go of its connections.
const CUT_WITHIN: Duration = Duration::from_secs(1);

/// The registers as the network sees them.
#[derive(Debug)]
pub struct RegisterImage {
    order: Order,
    status_base: u16,
    command_base: u16,
    code_base: u16,
    item_code: ItemCodeKind,
    status: [u16; STATUS_LEN],
    codes: [u16; CODE_LEN],
    command: [u16; COMMAND_LEN],
    written: bool,
}

impl RegisterImage {
    /// The image at the addresses of `[plc]`, before the first scan and the first write.
    pub fn new(plc: &PlcSection) -> Self {
        Self {
            order: Order { words: plc.word_order, bytes: plc.byte_order },
            status_base: plc.status_base,
            command_base: plc.command_base,
            code_base: plc.code_base,
            item_code: plc.item_code,
            status: [0; STATUS_LEN],
            codes: [0; CODE_LEN],
            command: [0; COMMAND_LEN],
            written: false,
        }
    }

    /// Puts the status block of this scan where the bridge reads it.
    pub fn set_status(&mut self, status: &Status) {
        self.status = status.encode(self.order);
    }

    /// Puts the code block of this scan where the bridge reads it.
    pub fn set_codes(&mut self, codes: &CodeBlock) {
        self.codes = codes.encode(self.order, self.item_code);
    }

    /// The power was cut: nothing is left of what stood there.
    pub fn clear(&mut self) {
        self.status = [0; STATUS_LEN];
        self.codes = [0; CODE_LEN];
        self.command = [0; COMMAND_LEN];
        self.written = false;
    }

    /// The command block; `None` before the bridge wrote it for the first time.
    ///
    /// # Errors
    /// What the bridge wrote is no command block.
    pub fn command(&self) -> Result<Option<Command>, DecodeError> {
        if !self.written {
            return Ok(None);
        }
        Command::decode(&self.command, self.order).map(Some)
    }

    fn read(&self, address: u16, count: u16) -> Result<Vec<u16>, ExceptionCode> {
        let codes: &[u16] = if self.item_code == ItemCodeKind::None { &[] } else { &self.codes };
        let blocks: [(u16, &[u16]); 3] = [
            (self.status_base, &self.status),
            (self.command_base, &self.command),
            (self.code_base, codes),
        ];
        blocks
            .iter()
            .find_map(|(base, words)| words.get(span(*base, address, count.into())?))
            .map(<[u16]>::to_vec)
            .ok_or(ExceptionCode::IllegalDataAddress)
    }

    fn write(&mut self, address: u16, words: &[u16]) -> Result<(), ExceptionCode> {
        let target = span(self.command_base, address, words.len())
            .and_then(|span| self.command.get_mut(span))
            .ok_or(ExceptionCode::IllegalDataAddress)?;
        target.copy_from_slice(words);
        self.written = true;
        Ok(())
    }
}

fn span(base: u16, address: u16, count: usize) -> Option<std::ops::Range<usize>> {
    let from = usize::from(address.checked_sub(base)?);
    Some(from..from + count)
}

/// The image, shared between the scan loop and the connections.
pub type SharedImage = Arc<Mutex<RegisterImage>>;

/// Makes up the scans that are due, so that the image is as new as a real PLC's.
pub type Refresh = Arc<dyn Fn() + Send + Sync>;

/// One connection.
struct Connection {
    image: SharedImage,
    refresh: Refresh,
}

impl Service for Connection {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = std::future::Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        // Before a write too: scans that were due must not see what came after them.
        (self.refresh)();
        // The image is whole between two statements: a panic elsewhere leaves it usable.
        let mut image = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        std::future::ready(match request {
            Request::ReadHoldingRegisters(address, count) => {
                image.read(address, count).map(Response::ReadHoldingRegisters)
            }
            Request::WriteMultipleRegisters(address, words) => image
                .write(address, &words)
                .map(|()| Response::WriteMultipleRegisters(address, words.len() as u16)),
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

/// The server, with a thread of its own.
#[derive(Debug)]
pub struct ModbusServer {
    runtime: Runtime,
}

impl ModbusServer {
    /// Listens on `address` and serves `image`; calls `refresh` before each answer.
    ///
    /// # Errors
    /// The port cannot be opened.
    pub fn start(address: &str, image: SharedImage, refresh: Refresh) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("modbus")
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        runtime.spawn(async move {
            if let Err(error) = serve(listener, image, refresh).await {
                tracing::error!("the PLC accepts no connections any more: {error}");
            }
        });
        Ok(Self { runtime })
    }

    /// Cuts the power: the connections are reset and the port is closed.
    pub fn cut(self) {
        self.runtime.shutdown_timeout(CUT_WITHIN);
    }
}

async fn serve(listener: TcpListener, image: SharedImage, refresh: Refresh) -> io::Result<()> {
    let on_connected = |stream: tokio::net::TcpStream, from: SocketAddr| {
        let (image, refresh) = (Arc::clone(&image), Arc::clone(&refresh));
        async move {
            stream.set_nodelay(true)?;
            // Whoever drops the connection resets it, as a device without power does.
            stream.set_zero_linger()?;
            tracing::info!("PLC: {from} has connected");
            accept_tcp_connection(stream, from, move |_| {
                let (image, refresh) = (Arc::clone(&image), Arc::clone(&refresh));
                Ok(Some(Connection { image, refresh }))
            })
        }
    };
    let on_error = |error: io::Error| tracing::info!("PLC: a connection has ended: {error}");
    Server::new(listener).serve(&on_connected, on_error).await
}

#[cfg(test)]
mod tests {
    use plc_bridge::registers::{MAP_VERSION, PlcResult, RING};

    use super::*;

    fn image() -> RegisterImage {
        let plc = "address = \"127.0.0.1:1\"\nstatus_base = 10\ncommand_base = 200";
        RegisterImage::new(&toml::from_str(plc).unwrap())
    }

    #[test]
    fn the_status_block_is_read_whole_and_in_parts() {
        let mut image = image();
        let status = Status { heartbeat: 3, encoder: 0x0102_0304, ..Status::default() };
        image.set_status(&status);
        let words = image.read(10, STATUS_LEN as u16).unwrap();
        assert_eq!(Status::decode(&words, Order::default()).unwrap(), status);
        assert_eq!(image.read(10, 1).unwrap(), [MAP_VERSION]);
    }

    #[test]
    fn a_wrong_address_is_refused_as_such_and_changes_nothing() {
        let mut image = image();
        for (address, count) in [(9, 1), (10, STATUS_LEN as u16 + 1), (199, 2), (60_000, 1)] {
            assert_eq!(image.read(address, count), Err(ExceptionCode::IllegalDataAddress));
        }
        assert_eq!(image.write(10, &[1]), Err(ExceptionCode::IllegalDataAddress), "read only");
        assert_eq!(image.command(), Ok(None));
    }

    #[test]
    fn the_command_block_comes_back_as_it_was_written() {
        let mut image = image();
        let command = Command {
            inspector_ready: true,
            results: [PlcResult { acquisition: 9, lane: 1, reasons: 1, source: 1 }; RING],
            ..Command::default()
        };
        image.write(200, &command.encode(Order::default())).unwrap();
        assert_eq!(image.command(), Ok(Some(command)));
        image.clear();
        assert_eq!(image.command(), Ok(None), "a power cut leaves nothing");
    }

    #[test]
    fn a_power_cut_resets_the_connections_and_closes_the_port() {
        use std::{io::Read as _, net::TcpStream};

        let image = Arc::new(Mutex::new(image()));
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let address = format!("127.0.0.1:{port}");
        let refresh: Refresh = Arc::new(|| {});
        let server = ModbusServer::start(&address, image, refresh).unwrap();
        let mut peer = TcpStream::connect(&address).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // One request and its answer, so that the server has taken the connection.
        io::Write::write_all(&mut peer, &[0, 1, 0, 0, 0, 6, 1, 3, 0, 10, 0, 1]).unwrap();
        peer.read_exact(&mut [0; 11]).unwrap();
        server.cut();
        let error = peer.read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert!(TcpStream::connect(&address).is_err(), "nobody listens");
    }

    #[test]
    fn the_scans_that_are_due_are_made_up_before_the_answer() {
        let image = Arc::new(Mutex::new(image()));
        let scanned = Arc::clone(&image);
        let refresh: Refresh = Arc::new(move || {
            let mut image = scanned.lock().unwrap();
            image.status[5] += 1;
        });
        let connection = Connection { image, refresh };
        for expected in [1, 2] {
            let answer = connection.call(Request::ReadHoldingRegisters(15, 1)).into_inner();
            assert_eq!(answer, Ok(Response::ReadHoldingRegisters(vec![expected])));
        }
        let answer = connection.call(Request::ReadCoils(0, 1)).into_inner();
        assert_eq!(answer, Err(ExceptionCode::IllegalFunction));
    }
}
