//! The PLC's Modbus TCP server: the two register blocks, and nothing else.
//!
//! The server answers from a [`RegisterImage`] that the scan loop fills once a scan, as a PLC's
//! communication processor does. Before each answer it has the scans made up that are due: on a
//! busy host the scan loop may be late, and a stale image followed by a fresh one would look like a
//! belt that leaps. The status block can be read, the command block read and written;
//! any other address is refused with *illegal data address*, any other function with *illegal
//! function*.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use plc_bridge::{
    config::PlcSection,
    registers::{COMMAND_LEN, Command, DecodeError, STATUS_LEN, Status},
};
use tokio::net::TcpListener;
use tokio_modbus::{
    ExceptionCode, Request, Response,
    server::{
        Service,
        tcp::{Server, accept_tcp_connection},
    },
};

/// The registers as the network sees them.
#[derive(Debug)]
pub struct RegisterImage {
    status_base: u16,
    command_base: u16,
    status: [u16; STATUS_LEN],
    command: [u16; COMMAND_LEN],
    written: bool,
}

impl RegisterImage {
    /// The image at the addresses of `[plc]`, before the first scan and the first write.
    pub fn new(plc: &PlcSection) -> Self {
        Self {
            status_base: plc.status_base,
            command_base: plc.command_base,
            status: [0; STATUS_LEN],
            command: [0; COMMAND_LEN],
            written: false,
        }
    }

    /// Puts the status block of this scan where the bridge reads it.
    pub fn set_status(&mut self, status: &Status) {
        self.status = status.encode();
    }

    /// The command block; `None` before the bridge wrote it for the first time.
    ///
    /// # Errors
    /// What the bridge wrote is no command block.
    pub fn command(&self) -> Result<Option<Command>, DecodeError> {
        if !self.written {
            return Ok(None);
        }
        Command::decode(&self.command).map(Some)
    }

    fn read(&self, address: u16, count: u16) -> Result<Vec<u16>, ExceptionCode> {
        let blocks: [(u16, &[u16]); 2] =
            [(self.status_base, &self.status), (self.command_base, &self.command)];
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

/// Serves `image` on `listener` until the task is dropped; calls `refresh` before each answer.
///
/// # Errors
/// Accepting connections failed.
pub async fn serve(listener: TcpListener, image: SharedImage, refresh: Refresh) -> io::Result<()> {
    let on_connected = |stream: tokio::net::TcpStream, from: SocketAddr| {
        let (image, refresh) = (Arc::clone(&image), Arc::clone(&refresh));
        async move {
            stream.set_nodelay(true)?;
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
        let plc = crate::twin::plc::Plc::new(crate::twin::plc::PlcConfig {
            mm_per_count: 0.5,
            commit_point_mm: 900.0,
            diverter_mm: 1000.0,
            fire_ahead_mm: 40.0,
            retract_after_mm: 30.0,
            lane: 1,
            fall_back: plc_bridge::config::FallBack::Divert,
            boot: 77,
        });
        image.set_status(plc.status());
        let words = image.read(10, STATUS_LEN as u16).unwrap();
        assert_eq!(Status::decode(&words).unwrap(), *plc.status());
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
        image.write(200, &command.encode()).unwrap();
        assert_eq!(image.command(), Ok(Some(command)));
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
