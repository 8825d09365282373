//! [`FieldIo`]: eyes, encoder and diverters as the whole "PLC" of a small line.
//!
//! Each [`PlcWire::connect`] opens the lines anew. What moved meanwhile is not known, so it is a
//! restart of the PLC: another `plc_boot`, events from 1, and the tracker gives up the items on the
//! belt rather than guess. The same happens when the kernel says that edges were lost.

use std::time::Duration;

use embedded_hal::digital::{InputPin, OutputPin};

use super::chip::ChipWiring;
use super::diverter::Diverters;
use super::encoder::Encoder;
use super::error::FieldIoError;
use super::eye::PhotoEye;
use super::field::{Field, InputEdge};
use super::guard::GuardedDiverters;
use super::oddities::Teller;
use crate::logger::Log;
use crate::registers::{Command, Eye, Status};
use crate::wire::{PlcError, PlcWire};
use line::clock;
use line::config::BridgeConfig;

/// Most edges taken in one cycle: twice the kernel's buffer, so that an input that never rests
/// cannot hold the cycle.
const MOST_EDGES: usize = 2048;

/// Where the lines come from: a chip, or a test.
pub trait Wiring: Sized {
    /// An eye's or an encoder channel's pin.
    type Input: InputPin<Error = FieldIoError>;
    /// A diverter's pin.
    type Output: OutputPin<Error = FieldIoError> + Send + 'static;
    /// The edges of all inputs.
    type Edges: Edges;
    /// Opens all lines; those that were open before are closed already.
    ///
    /// # Errors
    /// Which line cannot be opened, and why.
    fn open(&mut self) -> Result<Opened<Self>, FieldIoError>;
}

/// Edges of inputs, in the order in which they happened.
pub trait Edges {
    /// The next edge, if there is one already.
    ///
    /// # Errors
    /// The edges cannot be read, or some were lost.
    fn next(&mut self) -> Result<Option<InputEdge>, FieldIoError>;
}

/// Lines that were opened.
pub struct Opened<W: Wiring> {
    /// The eyes, in the order of their indexes in [`super::field::Input::Eye`].
    pub eyes: Vec<(Eye, W::Input)>,
    /// The encoder's channels.
    pub encoder: (W::Input, Option<W::Input>),
    /// The diverters, each with whether its safe state is out.
    pub diverters: Vec<(W::Output, bool)>,
    /// The inputs' edges.
    pub edges: W::Edges,
}

/// What is known while the lines are open.
struct Running<W: Wiring> {
    field: Field<W::Input>,
    diverters: GuardedDiverters<W::Output>,
    edges: W::Edges,
    oddities: Teller,
}

/// What of the line file matters here.
#[derive(Debug, Clone, Copy)]
struct Settings {
    debounce: Duration,
    diverter_timeout: Duration,
    slip_tolerance: i64,
    counts_per_pulse: u8,
    reversed: bool,
}

/// The field I/O as a PLC.
pub struct FieldIo<W: Wiring = ChipWiring> {
    wiring: W,
    settings: Settings,
    boot: u16,
    log: Log,
    running: Option<Running<W>>,
}

impl FieldIo {
    /// The lines that `[io]` names; nothing is opened yet. `boot` is any number that the last start
    /// did not have.
    ///
    /// # Errors
    /// [`FieldIoError::Incomplete`] when `[io]` has no eyes or no encoder.
    pub fn new(config: &BridgeConfig, boot: u16, log: Log) -> Result<Self, FieldIoError> {
        Self::wired(ChipWiring::new(config)?, config, boot, log)
    }
}

impl<W: Wiring> FieldIo<W> {
    /// The same with lines from elsewhere.
    ///
    /// # Errors
    /// [`FieldIoError::Incomplete`] when `[io]` has no encoder.
    pub fn wired(
        wiring: W,
        config: &BridgeConfig,
        boot: u16,
        log: Log,
    ) -> Result<Self, FieldIoError> {
        let io = &config.io;
        let encoder = io.encoder.as_ref().ok_or(FieldIoError::Incomplete { missing: "encoder" })?;
        let conveyor = &config.conveyor;
        let settings = Settings {
            debounce: Duration::from_micros(io.debounce_us.into()),
            diverter_timeout: Duration::from_millis(io.diverter_timeout_ms.into()),
            slip_tolerance: (conveyor.slip_tolerance_mm / conveyor.mm_per_count) as i64,
            counts_per_pulse: encoder.counts_per_pulse,
            reversed: encoder.reversed,
        };
        Ok(Self { wiring, settings, boot, log, running: None })
    }

    /// Writes a command at `now`.
    ///
    /// # Errors
    /// A diverter's line fails.
    pub fn write_at(&mut self, command: &Command, now: Duration) -> Result<(), FieldIoError> {
        let running = self.running.as_mut().ok_or(FieldIoError::NotOpen)?;
        running.field.command(command);
        if command.direct {
            running.diverters.command(command.outputs, now)
        } else {
            running.diverters.tick(now)
        }
    }

    /// Reads the status at `now`.
    ///
    /// # Errors
    /// A line fails, or edges were lost.
    pub fn read_at(&mut self, now: Duration) -> Result<Status, FieldIoError> {
        let running = self.running.as_mut().ok_or(FieldIoError::NotOpen)?;
        running.diverters.tick(now)?;
        for _ in 0..MOST_EDGES {
            match running.edges.next()? {
                Some(edge) => running.field.edge(edge),
                None => break,
            }
        }
        if let Some(odd) = running.oddities.news(now, running.field.oddities()) {
            self.log.warn(odd.to_string());
        }
        running.field.status(now)
    }

    fn open(&mut self) -> Result<(), FieldIoError> {
        self.close();
        let Opened { eyes, encoder: (mut a, b), diverters, edges } = self.wiring.open()?;
        let Settings { debounce, diverter_timeout, slip_tolerance, counts_per_pulse, reversed } =
            self.settings;
        let eyes: Result<Vec<_>, _> =
            eyes.into_iter().map(|(eye, pin)| PhotoEye::new(eye, pin, debounce)).collect();
        let encoder = match b {
            Some(mut b) => {
                Encoder::quadrature(a.is_high()?, b.is_high()?, counts_per_pulse, reversed)
            }
            None => Encoder::single(a.is_high()?, counts_per_pulse),
        };
        self.boot = self.boot.wrapping_add(1);
        let diverters = Diverters::new(diverters, diverter_timeout);
        let mut diverters =
            GuardedDiverters::new(diverters).guarded(diverter_timeout, self.log.clone())?;
        diverters.rest()?;
        let field = Field::new(self.boot, eyes?, encoder, slip_tolerance);
        self.running = Some(Running { field, diverters, edges, oddities: Teller::default() });
        Ok(())
    }

    fn close(&mut self) {
        if let Some(mut running) = self.running.take()
            && let Err(error) = running.diverters.rest()
        {
            self.log.warn(format!("a diverter may not be in its safe state: {error}"));
        }
    }
}

impl<W: Wiring> PlcWire for FieldIo<W> {
    fn connect(&mut self) -> Result<(), PlcError> {
        self.open().map_err(device)
    }

    fn write_command(&mut self, command: &Command) -> Result<(), PlcError> {
        self.write_at(command, clock::monotonic()).map_err(device)
    }

    fn read_status(&mut self) -> Result<Status, PlcError> {
        self.read_at(clock::monotonic()).map_err(device)
    }

    fn disconnect(&mut self) {
        self.close();
    }
}

/// For the cycle, a field I/O that fails is a PLC that fails.
fn device(error: FieldIoError) -> PlcError {
    PlcError::Device(Box::new(error))
}

impl<W: Wiring> Drop for FieldIo<W> {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
