//! The wire to the PLC, as the cycle sees it: one block written, one block read.
//!
//! **Refused** and **broken** are two things. A refusal is the device saying no to a request that
//! it understood: the connection is sound, and somebody has to change an address or a program.
//! Everything else is a wire that cannot be trusted any more: it is dropped, and made anew.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use thiserror::Error;

use crate::registers::{CodeBlock, Command, DecodeError, Status};

/// A PLC that can be told and asked. Its owner calls one method at a time; each of them comes back
/// within the wire's time-outs. After an error that [`PlcError::is_broken`] it calls
/// [`PlcWire::disconnect`], and then [`PlcWire::connect`] before anything else.
pub trait PlcWire {
    /// Makes a new connection. This may take seconds, and is not called on the cycle's thread.
    ///
    /// # Errors
    /// Says why there is none and what to check.
    fn connect(&mut self) -> Result<(), PlcError>;

    /// Writes the whole command block, with one request.
    ///
    /// # Errors
    /// Says whether the PLC refused or the wire broke, and what to check.
    fn write_command(&mut self, command: &Command) -> Result<(), PlcError>;

    /// Reads the whole status block, with one request.
    ///
    /// # Errors
    /// Says whether the PLC refused or the wire broke, and what to check.
    fn read_status(&mut self) -> Result<Status, PlcError>;

    /// Reads the whole code block, with one request. It is asked only of a PLC whose capabilities
    /// say that it has one; a wire to one that never has needs no more than this.
    ///
    /// # Errors
    /// Says whether the PLC refused or the wire broke, and what to check.
    fn read_codes(&mut self) -> Result<CodeBlock, PlcError> {
        Ok(CodeBlock::default())
    }

    /// Drops the connection, with whatever answer is still under way.
    fn disconnect(&mut self);
}

impl<W: PlcWire + ?Sized> PlcWire for Box<W> {
    fn connect(&mut self) -> Result<(), PlcError> {
        (**self).connect()
    }

    fn write_command(&mut self, command: &Command) -> Result<(), PlcError> {
        (**self).write_command(command)
    }

    fn read_status(&mut self) -> Result<Status, PlcError> {
        (**self).read_status()
    }

    fn read_codes(&mut self) -> Result<CodeBlock, PlcError> {
        (**self).read_codes()
    }

    fn disconnect(&mut self) {
        (**self).disconnect();
    }
}

/// Why the PLC was not written or read; each message ends with what to check.
#[derive(Debug, Error)]
pub enum PlcError {
    /// No connection, or no serial device.
    #[error("cannot connect to {peer}: {source}; check {}", peer.way_there())]
    Connect {
        /// The PLC.
        peer: Peer,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody answered the attempt to connect.
    #[error("{peer} does not answer; check {}", peer.way_there())]
    NoAnswer {
        /// The PLC.
        peer: Peer,
    },
    /// A request was not answered in time.
    #[error(
        "{peer} did not answer within {after_ms} ms while {doing}; check {}, and plc.unit_id, or \
         raise plc.timeout_ms",
        peer.load()
    )]
    TimedOut {
        /// The PLC.
        peer: Peer,
        /// `plc.timeout_ms`.
        after_ms: u128,
        /// What was under way.
        doing: &'static str,
    },
    /// The connection broke.
    #[error(
        "the connection to {peer} broke while {doing}: {source}; check the cable, and that nothing \
         stops the PLC's Modbus server"
    )]
    Broken {
        /// The PLC.
        peer: Peer,
        /// What was under way.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// What came is not the answer to the request.
    #[error("{peer} sent garbage while {doing}: {what}; {}", what.remedy())]
    Garbage {
        /// The PLC.
        peer: Peer,
        /// What was under way.
        doing: &'static str,
        /// What is wrong with it.
        what: Garbage,
    },
    /// The device said no.
    #[error("{peer} refuses {doing}, {count} from {base}: {code}; {}", code.remedy())]
    Refused {
        /// The PLC.
        peer: Peer,
        /// What was under way.
        doing: &'static str,
        /// First register or coil.
        base: u16,
        /// How many, with their name.
        count: Count,
        /// The Modbus exception.
        code: Exception,
    },
    /// A block makes no sense.
    #[error("{peer} sends something else than a {block} block: {source}")]
    Unreadable {
        /// The PLC.
        peer: Peer,
        /// `status` or `code`.
        block: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// Something else than Modbus plays the PLC's part, and failed.
    #[error(transparent)]
    Device(Box<dyn Error + Send + Sync>),
}

impl PlcError {
    /// Whether the connection is to be dropped: anything but a refusal.
    pub fn is_broken(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

/// Who is at the other end; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// `plc.address`.
    Network(Arc<str>),
    /// `plc.serial.device`.
    Serial(Arc<str>),
}

impl Peer {
    fn way_there(&self) -> &'static str {
        match self {
            Self::Network(_) => {
                "that the PLC is on, its network cable, and plc.address in the line file"
            }
            Self::Serial(_) => {
                "that the adapter is plugged in, plc.serial.device in the line file, and that \
                 plc-bridge's user may open it (group dialout)"
            }
        }
    }

    fn load(&self) -> &'static str {
        match self {
            Self::Network(_) => "the network's load",
            Self::Serial(_) => "the wiring (A and B swapped?), baud and parity of both sides",
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(name) | Self::Serial(name) => f.write_str(name),
        }
    }
}

/// So many registers, or coils.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Holding registers.
    Registers(u16),
    /// Coils.
    Coils(u16),
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registers(count) => write!(f, "{count} registers"),
            Self::Coils(count) => write!(f, "{count} coils"),
        }
    }
}

/// How an answer shows that it belongs to no request of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Garbage {
    /// Another transaction's answer.
    #[error("the answer to transaction {got} instead of {expected}")]
    Transaction {
        /// The request's.
        expected: u16,
        /// The answer's.
        got: u16,
    },
    /// The frame does not speak Modbus.
    #[error("a frame of protocol {0}, which is not Modbus")]
    Protocol(u16),
    /// A frame shorter or longer than any answer to the request.
    #[error("a frame that announces {0} bytes")]
    Length(u16),
    /// Another device's answer.
    #[error("an answer of unit {got} instead of {expected}")]
    Unit {
        /// `plc.unit_id`.
        expected: u8,
        /// The answer's.
        got: u8,
    },
    /// The answer to another function.
    #[error("an answer to function {got} instead of {expected}")]
    Function {
        /// The request's.
        expected: u8,
        /// The answer's.
        got: u8,
    },
    /// Fewer or more registers than asked for.
    #[error("{got} bytes of registers instead of {expected}")]
    ByteCount {
        /// As asked for.
        expected: usize,
        /// As announced.
        got: usize,
    },
    /// A write was confirmed that was not asked for.
    #[error("the confirmation of a write to another place")]
    Confirmation,
    /// The checksum does not fit.
    #[error("a frame with a wrong checksum")]
    Checksum,
    /// More came than the answer.
    #[error("more bytes than its answer has")]
    TooMuch,
}

impl Garbage {
    fn remedy(self) -> &'static str {
        match self {
            Self::Unit { .. } => "check plc.unit_id",
            Self::ByteCount { .. } => {
                "check plc.status_base, and that the PLC's register area is long enough"
            }
            Self::Checksum => "check the cable, its shield and termination, and baud and parity",
            Self::Transaction { .. }
            | Self::Protocol(_)
            | Self::Length(_)
            | Self::Function { .. }
            | Self::Confirmation
            | Self::TooMuch => {
                "check that this is the PLC's Modbus port, and that no other client shares the \
                 connection through a gateway"
            }
        }
    }
}

/// A Modbus exception code: the device's reason to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception(pub u8);

impl Exception {
    /// What to do about it.
    fn remedy(self) -> &'static str {
        match self.0 {
            1 => {
                "the PLC must allow reading and writing several holding registers (functions 3 and \
                 16), and several coils (15) where plc.coil_base is given"
            }
            2 => {
                "check plc.status_base, plc.command_base and plc.coil_base (holding register 40001 \
                 is address 0), and that the PLC's register area is long enough"
            }
            3 => "the PLC must accept the whole block in one request: see REGISTERS.md",
            5 | 6 => "the PLC is busy: it is asked again",
            10 | 11 => "check plc.unit_id and the wiring behind the gateway",
            _ => "see the PLC's diagnosis",
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            1 => "illegal function",
            2 => "illegal data address",
            3 => "illegal data value",
            4 => "device failure",
            5 => "acknowledged, but not done yet",
            6 => "device busy",
            8 => "memory parity error",
            10 => "gateway path unavailable",
            11 => "gateway target device failed to respond",
            code => return write!(f, "exception {code}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_to_check_and_breaks_nothing() {
        let refused = |code| PlcError::Refused {
            peer: Peer::Network("plc:502".into()),
            doing: "reading the status block",
            base: 500,
            count: Count::Registers(75),
            code: Exception(code),
        };
        let text = refused(2).to_string();
        assert!(
            text.starts_with("plc:502 refuses reading the status block, 75 registers from 500")
        );
        assert!(text.contains("plc.status_base"), "{text}");
        assert!(refused(11).to_string().contains("plc.unit_id"));
        assert!(!refused(6).is_broken());
    }

    #[test]
    fn a_wire_that_broke_says_where_to_look_for_its_kind() {
        let timed_out = |peer| {
            let doing = "reading the status block";
            PlcError::TimedOut { peer, after_ms: 200, doing }
        };
        let serial = timed_out(Peer::Serial("/dev/ttyUSB0".into()));
        assert!(serial.is_broken());
        assert!(serial.to_string().contains("parity"), "{serial}");
        let network = timed_out(Peer::Network("plc:502".into()));
        assert!(network.to_string().contains("plc.timeout_ms"), "{network}");
    }
}
