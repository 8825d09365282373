//! One request at a time, and nothing but its answer.

use std::io;
use std::time::Duration;

use rmodbus::ModbusProto;
use rmodbus::client::ModbusRequest;

use super::answer::{Answer, Expected};
use crate::wire::{Count, Exception, Garbage, Peer, PlcError};
use line::clock;

/// Most registers in one read; the Modbus specification sets it.
const MOST_READ: usize = 125;
/// Most registers in one write; the Modbus specification sets it.
const MOST_WRITTEN: usize = 123;
/// Most coils in one write; the Modbus specification sets it.
const MOST_COILS: usize = 1968;
/// Longest request, with the frames of either way around it.
const LONGEST: usize = 260;

/// Carries frames to a PLC and back.
pub trait Transport {
    /// How a frame is made.
    const PROTOCOL: ModbusProto;

    /// Who is at the other end.
    fn peer(&self) -> Peer;

    /// Opens it anew; `timeout` is that of one request.
    ///
    /// # Errors
    /// Says why it is not open.
    fn open(&mut self, timeout: Duration) -> Result<(), TransportError>;

    /// Sends `request` and reads until `answer` is whole, or until `deadline`, which holds for all
    /// of it however small the pieces are in which it comes.
    ///
    /// # Errors
    /// Says what broke; the transport must be closed then.
    fn exchange(
        &mut self,
        request: &[u8],
        answer: &mut Answer,
        deadline: Duration,
    ) -> Result<(), TransportError>;

    /// Closes it, with whatever is still under way.
    fn close(&mut self);
}

/// Why a transport carried nothing.
#[derive(Debug)]
pub enum TransportError {
    /// The deadline passed.
    TimedOut,
    /// What came cannot be the answer.
    Garbage(Garbage),
    /// The system reports an error.
    Io(io::Error),
}

impl From<Garbage> for TransportError {
    fn from(what: Garbage) -> Self {
        Self::Garbage(what)
    }
}

impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::TimedOut,
            _ => Self::Io(error),
        }
    }
}

/// A Modbus client.
///
/// `doing` says in its methods what is under way, for the messages: "reading the status block". A
/// broken connection is dropped at once, so that an answer which comes late meets no later
/// request; after a refusal it stays.
pub struct Client<T> {
    transport: T,
    is_open: bool,
    unit: u8,
    timeout: Duration,
    transaction: u16,
    /// The request that is sent; its memory is used again and again.
    frame: Vec<u8>,
    answer: Answer,
}

impl<T: Transport> Client<T> {
    /// A client of the device `unit`, not connected yet. Each request may take `timeout`.
    pub fn new(transport: T, unit: u8, timeout: Duration) -> Self {
        Self {
            transport,
            is_open: false,
            unit,
            timeout,
            transaction: 0,
            frame: Vec::with_capacity(LONGEST),
            answer: Answer::default(),
        }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Peer {
        self.transport.peer()
    }

    /// Makes a new connection.
    ///
    /// # Errors
    /// Says why there is none and what to check.
    pub fn connect(&mut self) -> Result<(), PlcError> {
        self.disconnect();
        let opened = self.transport.open(self.timeout);
        self.is_open = opened.is_ok();
        let peer = self.peer();
        opened.map_err(|error| match error {
            TransportError::TimedOut => PlcError::NoAnswer { peer },
            TransportError::Io(source) => PlcError::Connect { peer, source },
            TransportError::Garbage(what) => PlcError::Garbage { peer, doing: "connecting", what },
        })
    }

    /// Drops the connection, with whatever answer is still under way.
    pub fn disconnect(&mut self) {
        self.is_open = false;
        self.transport.close();
    }

    /// Fills `words` with the holding registers from `base` on (function 3), at most 125.
    ///
    /// # Errors
    /// Says whether the device refused or the connection broke; it is dropped in the latter case.
    pub fn read_holding(
        &mut self,
        doing: &'static str,
        base: u16,
        words: &mut [u16],
    ) -> Result<(), PlcError> {
        assert!((1..=MOST_READ).contains(&words.len()), "Modbus reads 1 to {MOST_READ} registers");
        let count = words.len() as u16;
        let mut request = self.request();
        request
            .generate_get_holdings(base, count, &mut self.frame)
            .expect("the request fits into a frame");
        let expected = Expected::Registers { count };
        self.exchange(doing, base, Count::Registers(count), expected)?;
        for (word, bytes) in words.iter_mut().zip(self.answer.data().chunks_exact(2)) {
            *word = u16::from_be_bytes([bytes[0], bytes[1]]);
        }
        Ok(())
    }

    /// Writes holding registers from `base` on (function 16), at most 123.
    ///
    /// # Errors
    /// Says whether the device refused or the connection broke; it is dropped in the latter case.
    pub fn write_registers(
        &mut self,
        doing: &'static str,
        base: u16,
        words: &[u16],
    ) -> Result<(), PlcError> {
        let most = MOST_WRITTEN;
        assert!((1..=most).contains(&words.len()), "Modbus writes 1 to {most} registers");
        let mut request = self.request();
        request
            .generate_set_holdings_bulk(base, words, &mut self.frame)
            .expect("the request fits into a frame");
        let count = words.len() as u16;
        self.exchange(doing, base, Count::Registers(count), Expected::Confirmation { base, count })
    }

    /// Writes coils from `base` on (function 15), at most 1968.
    ///
    /// # Errors
    /// Says whether the device refused or the connection broke; it is dropped in the latter case.
    pub fn write_coils(
        &mut self,
        doing: &'static str,
        base: u16,
        coils: &[bool],
    ) -> Result<(), PlcError> {
        assert!((1..=MOST_COILS).contains(&coils.len()), "Modbus writes 1 to {MOST_COILS} coils");
        let mut request = self.request();
        request
            .generate_set_coils_bulk(base, coils, &mut self.frame)
            .expect("the request fits into a frame");
        let count = coils.len() as u16;
        self.exchange(doing, base, Count::Coils(count), Expected::Confirmation { base, count })
    }

    /// The next request, with a transaction number of its own.
    fn request(&mut self) -> ModbusRequest {
        self.transaction = self.transaction.wrapping_add(1);
        let mut request = ModbusRequest::new(self.unit, T::PROTOCOL);
        request.tr_id = self.transaction;
        request
    }

    /// Sends the request that stands in `frame` and checks that `answer` is the answer to it.
    fn exchange(
        &mut self,
        doing: &'static str,
        base: u16,
        count: Count,
        expected: Expected,
    ) -> Result<(), PlcError> {
        let exchanged = if self.is_open {
            self.answer.expect(T::PROTOCOL, &self.frame, expected);
            let deadline = clock::monotonic() + self.timeout;
            self.transport.exchange(&self.frame, &mut self.answer, deadline)
        } else {
            Err(TransportError::Io(io::ErrorKind::NotConnected.into()))
        };
        let error = match exchanged.and_then(|()| Ok(self.answer.refusal()?)) {
            Ok(None) => return Ok(()),
            Ok(Some(code)) => {
                let code = Exception(code);
                return Err(PlcError::Refused { peer: self.peer(), doing, base, count, code });
            }
            Err(error) => error,
        };
        self.disconnect();
        let peer = self.peer();
        Err(match error {
            TransportError::TimedOut => {
                PlcError::TimedOut { peer, after_ms: self.timeout.as_millis(), doing }
            }
            TransportError::Garbage(what) => PlcError::Garbage { peer, doing, what },
            TransportError::Io(source) => PlcError::Broken { peer, doing, source },
        })
    }
}
