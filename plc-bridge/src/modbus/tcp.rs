//! Modbus TCP: one socket. Its time-out holds for one request, of which a turn of the cycle has two or
//! three.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rmodbus::ModbusProto;

use super::answer::Answer;
use super::client::{Transport, TransportError};
use crate::wire::Peer;
use line::clock;

/// How long a connection may take. A switched network answers in milliseconds; a lost first packet
/// is sent again after one second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);

/// A PLC on the network.
#[derive(Debug)]
pub struct Tcp {
    address: Arc<str>,
    stream: Option<TcpStream>,
}

impl Tcp {
    /// The PLC at `address`, a host and a port.
    pub fn new(address: &str) -> Self {
        Self { address: address.into(), stream: None }
    }
}

impl Transport for Tcp {
    const PROTOCOL: ModbusProto = ModbusProto::TcpUdp;

    fn peer(&self) -> Peer {
        Peer::Network(Arc::clone(&self.address))
    }

    fn open(&mut self, timeout: Duration) -> Result<(), TransportError> {
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(stream) => {
                    // A command block is one small packet: it must not wait for the one before it.
                    stream.set_nodelay(true)?;
                    stream.set_write_timeout(Some(timeout))?;
                    self.stream = Some(stream);
                    return Ok(());
                }
                Err(error) => failed = error,
            }
        }
        Err(failed.into())
    }

    fn exchange(
        &mut self,
        request: &[u8],
        answer: &mut Answer,
        deadline: Duration,
    ) -> Result<(), TransportError> {
        let stream = self.stream.as_mut().ok_or(io::Error::from(io::ErrorKind::NotConnected))?;
        stream.write_all(request)?;
        loop {
            let left = clock::left_until(deadline).ok_or(TransportError::TimedOut)?;
            stream.set_read_timeout(Some(left))?;
            match stream.read(answer.room()) {
                Ok(0) => return Err(TransportError::Io(io::Error::other("the PLC has closed it"))),
                Ok(count) if answer.take(count)? => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn close(&mut self) {
        self.stream = None;
    }
}
