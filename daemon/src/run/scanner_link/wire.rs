//! One opened source: a socket or a serial port from which bytes come.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use line::config::Parity;
use line::config::scanner::{DataBits, ScannerSource, SerialLine};
use rustix::net::sockopt;
use serial2::{CharSize, FlowControl, SerialPort, Settings, StopBits};

/// How long a dead connection looks alive: 5 s of silence, then three unanswered probes, one every 2 s.
pub const KEEP_ALIVE: Duration = Duration::from_secs(11);

/// How long one read waits before the thread looks whether it is to end.
pub(super) const POLL: Duration = Duration::from_millis(100);

/// How long a connection may take. A switched network answers in milliseconds; a lost first packet
/// is sent again after one second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(2500);

/// What a second scanner is told.
const BUSY: &[u8] = b"busy: another scanner is connected to this port\r\n";

/// What came of one read.
#[derive(Debug)]
pub(super) enum Got {
    /// So many bytes.
    Bytes(usize),
    /// Nothing within [`POLL`].
    Silence,
}

/// A source that is open.
#[derive(Debug)]
pub(super) enum Wire {
    /// A connection that inspectd opened.
    Connected(TcpStream),
    /// A connection that a scanner opened.
    Accepted(TcpStream),
    /// A serial port.
    Serial(SerialPort),
}

/// Opens a source again and again; holds what is open between two connections.
#[derive(Debug)]
pub(super) struct Opener {
    source: ScannerSource,
    listener: Option<TcpListener>,
}

/// What came of an attempt to open a source.
#[derive(Debug)]
pub(super) enum Opened {
    /// It is open.
    Wire(Wire),
    /// inspectd listens, and no scanner has connected yet.
    Waiting,
}

impl Opener {
    pub(super) fn new(source: ScannerSource) -> Self {
        Self { source, listener: None }
    }

    /// Opens the source. Where a scanner is waited for, that takes at most [`POLL`].
    pub(super) fn open(&mut self) -> io::Result<Opened> {
        match &self.source {
            ScannerSource::Connect(address) => {
                let stream = connect(address)?;
                prepare(&stream)?;
                Ok(Opened::Wire(Wire::Connected(stream)))
            }
            ScannerSource::Listen(address) => {
                let listener = match self.listener.take() {
                    Some(listener) => listener,
                    None => listen(*address)?,
                };
                let listener = self.listener.insert(listener);
                match listener.accept() {
                    Ok((stream, _)) => {
                        prepare(&stream)?;
                        Ok(Opened::Wire(Wire::Accepted(stream)))
                    }
                    Err(error) if is_nothing(&error) => {
                        thread::sleep(POLL);
                        Ok(Opened::Waiting)
                    }
                    Err(error) => {
                        self.listener = None;
                        Err(error)
                    }
                }
            }
            ScannerSource::Serial(line) => {
                let mut port =
                    SerialPort::open(&line.device, |settings| configure(settings, line))?;
                port.set_read_timeout(POLL)?;
                // What came while nobody listened is about items that are gone.
                port.discard_input_buffer()?;
                Ok(Opened::Wire(Wire::Serial(port)))
            }
        }
    }

    /// Tells further scanners that the place is taken. Returns how many.
    pub(super) fn turn_away(&self) -> usize {
        let Some(listener) = &self.listener else { return 0 };
        let mut turned = 0;
        // A flood of them shall not keep the thread from the one that is connected.
        while turned < 8
            && let Ok((mut stream, _)) = listener.accept()
        {
            // Whether it hears that or not, it is closed.
            let _ = stream.set_nonblocking(true);
            let _ = stream.write_all(BUSY);
            let _ = stream.shutdown(Shutdown::Both);
            turned += 1;
        }
        turned
    }
}

impl Wire {
    /// Reads what has come, or waits for it a little.
    ///
    /// # Errors
    /// The connection has ended.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Got> {
        let read = match self {
            Self::Connected(stream) | Self::Accepted(stream) => stream.read(buffer),
            Self::Serial(port) => port.read(buffer),
        };
        match read {
            Ok(0) => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                match self {
                    Self::Serial(_) => "the device is gone",
                    Self::Connected(_) | Self::Accepted(_) => "the scanner closed the connection",
                },
            )),
            Ok(count) => Ok(Got::Bytes(count)),
            Err(error) if is_nothing(&error) => Ok(Got::Silence),
            Err(error) => Err(error),
        }
    }
}

fn is_nothing(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Time-outs, and probes by which a dead connection is noticed.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(POLL))?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(5))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(2))?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    Ok(())
}

fn configure(mut settings: Settings, line: &SerialLine) -> io::Result<Settings> {
    settings.set_raw();
    settings.set_baud_rate(line.baud)?;
    settings.set_char_size(match line.data_bits {
        DataBits::Seven => CharSize::Bits7,
        DataBits::Eight => CharSize::Bits8,
    });
    settings.set_parity(match line.parity {
        Parity::Even => serial2::Parity::Even,
        Parity::Odd => serial2::Parity::Odd,
        Parity::None => serial2::Parity::None,
    });
    settings.set_stop_bits(if line.stop_bits == 2 { StopBits::Two } else { StopBits::One });
    settings.set_flow_control(FlowControl::None);
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_probed_so_that_one_that_is_dead_on_the_other_side_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = ScannerSource::Connect(listener.local_addr().unwrap().to_string());
        let Opened::Wire(Wire::Connected(stream)) = Opener::new(source).open().unwrap() else {
            panic!("it is connected");
        };
        assert!(sockopt::socket_keepalive(&stream).unwrap());
        let idle = sockopt::tcp_keepidle(&stream).unwrap();
        let interval = sockopt::tcp_keepintvl(&stream).unwrap();
        let probes = sockopt::tcp_keepcnt(&stream).unwrap();
        assert_eq!(idle + interval * probes, KEEP_ALIVE);
    }
}
