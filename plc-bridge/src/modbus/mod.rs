//! The PLC behind Modbus: the blocks of [`crate::registers`], over TCP or a serial line (RTU).
//!
//! A [`Client`] sends one request at a time over a [`Transport`] and takes nothing but the answer
//! to it. [`ModbusPlc`] knows which registers hold the blocks, and in which order. [`Server`] is
//! the other end, for PLCs made in software.
//!
//! Nothing here allocates once a connection stands, except to say what went wrong.

mod answer;
mod client;
mod serial;
mod server;
mod tcp;

use std::time::Duration;

pub use answer::Answer;
pub use client::{Client, Transport, TransportError};
pub use serial::Serial;
pub use server::{Registers, Server};
pub use tcp::Tcp;

use crate::registers::{CODE_LEN, CodeBlock, Command, Order, STATUS_LEN, Status};
use crate::wire::{PlcError, PlcWire};
use line::clock;
use line::config::{ItemCodeKind, PlcMode, PlcSection};

/// How often the coils are written although nothing has changed: a coil that something else in the
/// PLC has overwritten stays wrong for no longer than this.
const COILS_AGAIN: Duration = Duration::from_millis(100);
/// Most coils that are written: one a bit of the command block's register `outputs`.
const MOST_COILS: usize = 16;

/// A PLC behind Modbus.
pub struct ModbusPlc<T> {
    client: Client<T>,
    order: Order,
    status_base: u16,
    command_base: u16,
    code_base: u16,
    item_code: ItemCodeKind,
    coils: Option<Coils>,
}

/// The coils that fire the diverters in `direct` mode.
struct Coils {
    base: u16,
    count: usize,
    /// What stands in the PLC, and since when; `None` when that is not known.
    written: Option<(u16, Duration)>,
}

/// The PLC of the line file, over whichever way it is reached; nothing is connected yet.
/// `diverters` of them have a coil each where `plc.coil_base` is given. `None` when the line file
/// names no way to a PLC.
pub fn from_config(plc: &PlcSection, diverters: usize) -> Option<Box<dyn PlcWire + Send>> {
    match (&plc.address, &plc.serial) {
        (Some(address), _) => Some(Box::new(ModbusPlc::new(Tcp::new(address), plc, diverters))),
        (None, Some(serial)) => Some(Box::new(ModbusPlc::new(Serial::new(serial), plc, diverters))),
        (None, None) => None,
    }
}

impl<T: Transport> ModbusPlc<T> {
    /// The PLC of the line file behind `transport`; nothing is connected yet.
    pub fn new(transport: T, plc: &PlcSection, diverters: usize) -> Self {
        let timeout = Duration::from_millis(plc.timeout_ms.into());
        let base = plc.coil_base.filter(|_| plc.mode == PlcMode::Direct);
        Self {
            client: Client::new(transport, plc.unit_id, timeout),
            order: Order { words: plc.word_order, bytes: plc.byte_order },
            status_base: plc.status_base,
            command_base: plc.command_base,
            code_base: plc.code_base,
            item_code: plc.item_code,
            coils: base.map(|base| Coils { base, count: diverters.min(MOST_COILS), written: None }),
        }
    }
}

impl<T: Transport> PlcWire for ModbusPlc<T> {
    fn connect(&mut self) -> Result<(), PlcError> {
        if let Some(coils) = &mut self.coils {
            coils.written = None;
        }
        self.client.connect()
    }

    fn write_command(&mut self, command: &Command) -> Result<(), PlcError> {
        let words = command.encode(self.order);
        self.client.write_registers("writing the command block", self.command_base, &words)?;
        match &mut self.coils {
            Some(coils) => coils.write(&mut self.client, command.outputs),
            None => Ok(()),
        }
    }

    fn read_status(&mut self) -> Result<Status, PlcError> {
        let mut words = [0; STATUS_LEN];
        self.client.read_holding("reading the status block", self.status_base, &mut words)?;
        Status::decode(&words, self.order).map_err(|source| PlcError::Unreadable {
            peer: self.client.peer(),
            block: "status",
            source,
        })
    }

    fn read_codes(&mut self) -> Result<CodeBlock, PlcError> {
        let mut words = [0; CODE_LEN];
        self.client.read_holding("reading the code block", self.code_base, &mut words)?;
        CodeBlock::decode(&words, self.order, self.item_code).map_err(|source| {
            PlcError::Unreadable { peer: self.client.peer(), block: "code", source }
        })
    }

    fn disconnect(&mut self) {
        self.client.disconnect();
    }
}

impl Coils {
    /// Writes them when they are to change, or were not written for [`COILS_AGAIN`].
    fn write<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        outputs: u16,
    ) -> Result<(), PlcError> {
        let now = clock::monotonic();
        let stands = |(bits, at): &(u16, Duration)| *bits == outputs && now - *at < COILS_AGAIN;
        if self.written.as_ref().is_some_and(stands) {
            return Ok(());
        }
        let mut coils = [false; MOST_COILS];
        for (place, coil) in coils.iter_mut().enumerate() {
            *coil = outputs >> place & 1 == 1;
        }
        self.written = None;
        client.write_coils("writing the diverters' coils", self.base, &coils[..self.count])?;
        self.written = Some((outputs, now));
        Ok(())
    }
}
