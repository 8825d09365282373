//! The wire to the PLC: Modbus TCP, one request at a time.
//!
//! **Refused** and **broken** are two things: a Modbus exception is the device saying no, anything
//! else is a wire that cannot be trusted any more. tokio-modbus has no time-out, and an answer
//! that comes after one would be taken for the next request's: so after any error the connection
//! is to be dropped and made anew, which [`crate::cycle`] does.

use std::future::Future;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::client::{Context, Reader, Writer, tcp};
use tokio_modbus::{ExceptionCode, Slave};

use crate::config::PlcSection;
use crate::registers::{COMMAND_LEN, Command, DecodeError, STATUS_LEN, Status};

/// How long a connection may take. A switched network answers in milliseconds; a lost first packet
/// is sent again after one second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);

/// A PLC that can be asked and told. The cycle owns it and calls one method at a time; after an
/// error it calls [`PlcWire::disconnect`], and then [`PlcWire::connect`] before anything else.
pub trait PlcWire {
    /// Makes a new connection.
    fn connect(&mut self) -> impl Future<Output = Result<(), PlcError>>;
    /// Reads the whole status block with one request.
    fn read_status(&mut self) -> impl Future<Output = Result<Status, PlcError>>;
    /// Writes the whole command block with one request.
    fn write_command(&mut self, command: &Command) -> impl Future<Output = Result<(), PlcError>>;
    /// Drops the connection, with whatever answer is still under way.
    fn disconnect(&mut self);
}

/// Why the PLC was not read or written; each message ends with what to check.
#[derive(Debug, Error)]
pub enum PlcError {
    /// No connection.
    #[error(
        "cannot connect to {address}: {source}; check that the PLC is on, its network cable, and \
         plc.address in the line file"
    )]
    Connect {
        /// `plc.address`.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nobody answered the attempt to connect.
    #[error(
        "{address} does not answer; check that the PLC is on, its network cable, and plc.address \
         in the line file"
    )]
    NoAnswer {
        /// `plc.address`.
        address: String,
    },
    /// A request was not answered in time.
    #[error(
        "{address} did not answer within {after_ms} ms while {doing}; check the network's load, or \
         raise plc.timeout_ms"
    )]
    TimedOut {
        /// `plc.address`.
        address: String,
        /// `plc.timeout_ms`.
        after_ms: u128,
        /// What was under way.
        doing: &'static str,
    },
    /// The connection broke, or what came was not an answer to the request.
    #[error(
        "the connection to {address} broke while {doing}: {source}; check the \
         network cable, and that nothing else stops the PLC's Modbus server"
    )]
    Broken {
        /// `plc.address`.
        address: String,
        /// What was under way.
        doing: &'static str,
        /// What tokio-modbus said.
        source: tokio_modbus::Error,
    },
    /// The device said no.
    #[error("{address} refuses {doing}, {count} registers from {base}: {code}; {}", remedy(*code))]
    Refused {
        /// `plc.address`.
        address: String,
        /// What was under way.
        doing: &'static str,
        /// First register of the block.
        base: u16,
        /// Registers of the block.
        count: usize,
        /// The Modbus exception.
        code: ExceptionCode,
    },
    /// The status block makes no sense.
    #[error("{address} sends something else than a status block: {source}")]
    Unreadable {
        /// `plc.address`.
        address: String,
        /// What is wrong with it.
        source: DecodeError,
    },
}

/// What to do about a Modbus exception.
fn remedy(code: ExceptionCode) -> &'static str {
    match code {
        ExceptionCode::IllegalDataAddress => {
            "check plc.status_base and plc.command_base (holding register 40001 is address 0), and \
             that the PLC's register area is long enough"
        }
        ExceptionCode::IllegalFunction => {
            "the PLC must allow reading and writing several holding registers (functions 3 and 16)"
        }
        ExceptionCode::IllegalDataValue => {
            "the PLC must accept the whole block in one request: see REGISTERS.md"
        }
        ExceptionCode::GatewayPathUnavailable | ExceptionCode::GatewayTargetDevice => {
            "check plc.unit_id and the wiring behind the gateway"
        }
        ExceptionCode::ServerDeviceFailure
        | ExceptionCode::Acknowledge
        | ExceptionCode::ServerDeviceBusy
        | ExceptionCode::MemoryParityError
        | ExceptionCode::Custom(_) => "see the PLC's diagnosis",
    }
}

/// For a connection that the PLC has closed, tokio-modbus 0.17 reports whatever error the process
/// met last ("resource temporarily unavailable", say). Errors that a live socket can have are kept.
fn with_real_cause(error: tokio_modbus::Error) -> tokio_modbus::Error {
    use std::io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, HostUnreachable, InvalidData,
        NetworkUnreachable, NotConnected, TimedOut,
    };
    match error {
        tokio_modbus::Error::Transport(error)
            if !matches!(
                error.kind(),
                BrokenPipe
                    | ConnectionAborted
                    | ConnectionReset
                    | HostUnreachable
                    | InvalidData
                    | NetworkUnreachable
                    | NotConnected
                    | TimedOut
            ) =>
        {
            std::io::Error::other("the PLC has closed it").into()
        }
        error => error,
    }
}

/// A PLC behind Modbus TCP.
pub struct ModbusTcp {
    plc: PlcSection,
    timeout: Duration,
    context: Option<Context>,
}

impl ModbusTcp {
    /// The PLC of the line file; nothing is connected yet.
    pub fn new(plc: PlcSection) -> Self {
        let timeout = Duration::from_millis(plc.timeout_ms.into());
        Self { plc, timeout, context: None }
    }

    fn address(&self) -> String {
        self.plc.address.clone()
    }

    /// The connection and the time-out of one request.
    fn connection(&mut self, doing: &'static str) -> Result<(&mut Context, Duration), PlcError> {
        match &mut self.context {
            Some(context) => Ok((context, self.timeout)),
            None => Err(PlcError::Broken {
                address: self.plc.address.clone(),
                doing,
                source: std::io::Error::from(std::io::ErrorKind::NotConnected).into(),
            }),
        }
    }

    /// Tells the three layers of an answer apart.
    fn explain<T>(
        &self,
        doing: &'static str,
        block: (u16, usize),
        answer: Result<tokio_modbus::Result<T>, tokio::time::error::Elapsed>,
    ) -> Result<T, PlcError> {
        let (address, (base, count)) = (self.address(), block);
        match answer {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(code))) => Err(PlcError::Refused { address, doing, base, count, code }),
            Ok(Err(source)) => {
                Err(PlcError::Broken { address, doing, source: with_real_cause(source) })
            }
            Err(_) => {
                let after_ms = self.timeout.as_millis();
                Err(PlcError::TimedOut { address, after_ms, doing })
            }
        }
    }
}

impl PlcWire for ModbusTcp {
    async fn connect(&mut self) -> Result<(), PlcError> {
        let failed = |source| PlcError::Connect { address: self.address(), source };
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.plc.address))
            .await
            .map_err(|_| PlcError::NoAnswer { address: self.address() })?
            .map_err(failed)?;
        // A command block is one small packet: it must not wait for the one before it.
        stream.set_nodelay(true).map_err(failed)?;
        self.context = Some(tcp::attach_slave(stream, Slave(self.plc.unit_id)));
        Ok(())
    }

    async fn read_status(&mut self) -> Result<Status, PlcError> {
        let doing = "reading the status block";
        let base = self.plc.status_base;
        let (context, limit) = self.connection(doing)?;
        let read = context.read_holding_registers(base, STATUS_LEN as u16);
        let answer = timeout(limit, read).await;
        let words = self.explain(doing, (base, STATUS_LEN), answer)?;
        Status::decode(&words)
            .map_err(|source| PlcError::Unreadable { address: self.address(), source })
    }

    async fn write_command(&mut self, command: &Command) -> Result<(), PlcError> {
        let doing = "writing the command block";
        let base = self.plc.command_base;
        let words = command.encode();
        let (context, limit) = self.connection(doing)?;
        let answer = timeout(limit, context.write_multiple_registers(base, &words)).await;
        self.explain(doing, (base, COMMAND_LEN), answer)
    }

    fn disconnect(&mut self) {
        self.context = None;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_closed_connection_is_called_closed_whatever_error_came_last() {
        let cause = |kind| with_real_cause(Error::from(kind).into()).to_string();
        assert_eq!(cause(ErrorKind::WouldBlock), "the PLC has closed it");
        assert_eq!(cause(ErrorKind::ConnectionReset), "connection reset");
    }

    #[test]
    fn each_refusal_says_what_to_check() {
        let refused = |code| {
            let address = "plc:502".to_owned();
            let doing = "reading the status block";
            PlcError::Refused { address, doing, base: 500, count: 42, code }.to_string()
        };
        assert!(refused(ExceptionCode::IllegalDataAddress).contains("plc.status_base"));
        assert!(refused(ExceptionCode::GatewayTargetDevice).contains("plc.unit_id"));
    }
}
