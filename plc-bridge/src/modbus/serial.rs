//! Modbus RTU: a serial line, on which frames are told apart by silence.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rmodbus::ModbusProto;
use serial2::{CharSize, FlowControl, SerialPort, Settings, StopBits};

use super::answer::Answer;
use super::client::{Transport, TransportError};
use crate::wire::Peer;
use line::clock;
use line::config::{Parity, SerialSection};

/// Above this rate the pause between two frames is [`SHORTEST_PAUSE`], says the specification.
const FAST_BAUD: u32 = 19_200;
/// The pause between two frames on a fast line.
const SHORTEST_PAUSE: Duration = Duration::from_micros(1750);

/// A PLC on a serial line.
///
/// RTU has no transaction numbers: an answer that comes late looks like the answer to the next
/// request. So after anything went wrong the port is opened anew and listens, throwing away what
/// comes, for one whole time-out before the next request.
#[derive(Debug)]
pub struct Serial {
    device: PathBuf,
    name: Arc<str>,
    baud: u32,
    parity: Parity,
    stop_bits: u8,
    /// Silence between two frames.
    pause: Duration,
    port: Option<SerialPort>,
    /// When the line was last heard or spoken on.
    busy_until: Duration,
    /// An answer may still be under way.
    is_suspect: bool,
}

impl Serial {
    /// The PLC behind the device of the line file.
    pub fn new(serial: &SerialSection) -> Self {
        let bits = 7 * serial.bits_per_byte() / 2;
        let three_and_a_half = Duration::from_secs(1) * bits / serial.baud.max(1);
        Self {
            device: serial.device.clone(),
            name: serial.device.to_string_lossy().into(),
            baud: serial.baud,
            parity: serial.parity,
            stop_bits: serial.stop_bits,
            pause: if serial.baud > FAST_BAUD { SHORTEST_PAUSE } else { three_and_a_half },
            port: None,
            busy_until: Duration::ZERO,
            is_suspect: true,
        }
    }

    fn configure(&self, mut settings: Settings) -> io::Result<Settings> {
        settings.set_raw();
        settings.set_baud_rate(self.baud)?;
        settings.set_char_size(CharSize::Bits8);
        settings.set_parity(match self.parity {
            Parity::Even => serial2::Parity::Even,
            Parity::Odd => serial2::Parity::Odd,
            Parity::None => serial2::Parity::None,
        });
        settings.set_stop_bits(if self.stop_bits == 2 { StopBits::Two } else { StopBits::One });
        settings.set_flow_control(FlowControl::None);
        Ok(settings)
    }

    /// Sends the request after the pause and reads the answer.
    fn ask(
        &mut self,
        request: &[u8],
        answer: &mut Answer,
        deadline: Duration,
    ) -> Result<(), TransportError> {
        let port = self.port.as_mut().ok_or(io::Error::from(io::ErrorKind::NotConnected))?;
        clock::sleep_until(self.busy_until + self.pause);
        port.discard_input_buffer()?;
        port.write_all(request)?;
        loop {
            let left = clock::left_until(deadline).ok_or(TransportError::TimedOut)?;
            port.set_read_timeout(left)?;
            match port.read(answer.room())? {
                0 => return Err(TransportError::Io(io::Error::other("the device is gone"))),
                count if answer.take(count)? => return Ok(()),
                _ => {}
            }
        }
    }
}

/// Throws away whatever comes for as long as `quiet`.
fn drain(port: &mut SerialPort, quiet: Duration) -> io::Result<()> {
    let deadline = clock::monotonic() + quiet;
    let mut rubbish = [0; 64];
    while let Some(left) = clock::left_until(deadline) {
        port.set_read_timeout(left)?;
        match port.read(&mut rubbish) {
            Ok(0) => return Err(io::Error::other("the device is gone")),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Transport for Serial {
    const PROTOCOL: ModbusProto = ModbusProto::Rtu;

    fn peer(&self) -> Peer {
        Peer::Serial(Arc::clone(&self.name))
    }

    fn open(&mut self, timeout: Duration) -> Result<(), TransportError> {
        let opened = SerialPort::open(&self.device, |settings| self.configure(settings));
        // A device that cannot be opened has not failed to answer.
        let mut port = opened.map_err(TransportError::Io)?;
        port.set_write_timeout(timeout)?;
        if self.is_suspect {
            drain(&mut port, timeout).map_err(TransportError::Io)?;
            self.is_suspect = false;
        }
        self.port = Some(port);
        Ok(())
    }

    fn exchange(
        &mut self,
        request: &[u8],
        answer: &mut Answer,
        deadline: Duration,
    ) -> Result<(), TransportError> {
        let asked = self.ask(request, answer, deadline);
        self.is_suspect |= asked.is_err();
        self.busy_until = clock::monotonic();
        asked
    }

    fn close(&mut self) {
        // An answer with a wrong checksum is found after the exchange; more may follow it.
        self.is_suspect = true;
        self.port = None;
    }
}
