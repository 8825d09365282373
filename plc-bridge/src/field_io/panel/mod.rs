//! [`Panel`]: the outputs that every line can have, with a PLC or without: stack light, watchdog
//! line, strobe, dimmer, and the diverters of a `direct` line whose eyes are the PLC's.
//!
//! The cycle shows it each status block and, once a cycle, the state of the line. Nothing is
//! allocated and nothing waits in either; the dimmer's I2C bus has a thread of its own.

use std::time::Duration;

use embedded_hal::digital::OutputPin;

use super::chip::{ChipOutput, open_diverters, open_outputs};
use super::dimmer::DimmerThread;
use super::diverter::Diverters;
use super::error::FieldIoError;
use super::guard::GuardedDiverters;
use super::output::Output;
use super::stack_light::{Lamps, LineState, StackLight};
use super::strobe::Strobe;
use super::watchdog::Watchdog;
use super::without_plc;
use crate::logger::Log;
use crate::registers::{CAUSE_NONE, Command, Status};
use crate::whole_line::LineHealth;
use line::config::BridgeConfig;
use line::config::io::OutputLine;

/// The state of the line in one cycle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PanelState {
    /// What the lamps tell.
    pub line: LineState,
    /// In `direct` mode, `outputs` of the command block that was written in this cycle; `None` when
    /// none was written.
    pub outputs: Option<u16>,
}

impl PanelState {
    /// The state of a cycle in which `command` was written and `status` read, `None` for what
    /// failed, or was not possible yet; and of what the bridge makes of both.
    pub fn of(command: Option<&Command>, status: Option<&Status>, health: LineHealth) -> Self {
        Self {
            line: LineState {
                inspecting: command
                    .is_some_and(|command| command.inspector_alive && command.inspector_ready),
                cause: command.map_or(CAUSE_NONE, |command| command.cause),
                lost: !health.plc_alive || status.is_none_or(|status| status.bridge_lost),
                blind: health.blind,
                stopped: status.is_some_and(|status| status.stopped_for_item),
            },
            // Where the belt is, a PLC that does not scan does not tell: the diverters rest.
            outputs: command
                .filter(|command| command.direct && health.plc_alive)
                .map(|command| command.outputs),
        }
    }
}

/// The pins of a panel; those that the line file does not name are missing.
#[derive(Debug)]
pub struct PanelPins<P> {
    /// Green, amber and red.
    pub lamps: Option<[P; 3]>,
    /// The watchdog's line.
    pub watchdog: Option<P>,
    /// The strobe's trigger.
    pub strobe: Option<P>,
    /// The diverters, each with whether its safe state is out.
    pub diverters: Vec<(P, bool)>,
}

/// The panel of one line.
pub struct Panel<P = ChipOutput> {
    lamps: Option<[Output<P>; 3]>,
    stack_light: StackLight,
    watchdog: Option<Watchdog<P>>,
    strobe: Option<(Strobe, Output<P>)>,
    diverters: GuardedDiverters<P>,
    /// Held while the panel lives; it ends with it.
    _dimmer: Option<DimmerThread>,
}

impl Panel {
    /// Opens what `[io]` names; `None` if it names nothing of a panel. To be called before the
    /// calling thread takes a real-time priority, which the dimmer's thread would inherit.
    ///
    /// # Errors
    /// Which line cannot be opened, and why. A dimmer that does not answer is no error: its thread
    /// says so and tries again.
    pub fn open(config: &BridgeConfig, log: &Log) -> Result<Option<Self>, FieldIoError> {
        let io = &config.io;
        // Without a PLC the diverters belong to `FieldIo`.
        let has_diverters = !io.diverter.is_empty() && !without_plc(io, &config.plc);
        let outputs = named_outputs(config);
        if outputs.is_empty() && !has_diverters && io.dimmer.is_none() {
            return Ok(None);
        }
        let mut pins = open_outputs(&io.chip, &outputs)?.into_iter();
        let lamps =
            io.stack_light.as_ref().and_then(|_| Some([pins.next()?, pins.next()?, pins.next()?]));
        let watchdog = io.watchdog.as_ref().and_then(|_| pins.next());
        let strobe = io.strobe.as_ref().and_then(|_| pins.next());
        let diverters = if has_diverters { open_diverters(io)? } else { Vec::new() };
        let dimmer = io.dimmer.clone();
        let dimmer = dimmer.map(|section| DimmerThread::start(section, log.clone())).transpose()?;
        let pins = PanelPins { lamps, watchdog, strobe, diverters };
        let mut panel = Self { _dimmer: dimmer, ..Self::with(config, pins) };
        if has_diverters {
            let timeout = Duration::from_millis(io.diverter_timeout_ms.into());
            panel.diverters = panel.diverters.guarded(timeout, log.clone())?;
        }
        Ok(Some(panel))
    }
}

/// The panel's outputs but the diverters: lamps, watchdog, strobe, as far as they are named.
fn named_outputs(config: &BridgeConfig) -> Vec<(OutputLine, &'static str, bool)> {
    let io = &config.io;
    let mut outputs = Vec::new();
    if let Some(lamps) = &io.stack_light {
        for (line, key) in [
            (lamps.green, "io.stack_light.green"),
            (lamps.amber, "io.stack_light.amber"),
            (lamps.red, "io.stack_light.red"),
        ] {
            outputs.push((OutputLine { line, active_low: lamps.active_low }, key, false));
        }
    }
    if let Some(line) = &io.watchdog {
        outputs.push((line.clone(), "io.watchdog.line", false));
    }
    if let Some(strobe) = &io.strobe {
        let line = OutputLine { line: strobe.line, active_low: strobe.active_low };
        outputs.push((line, "io.strobe.line", false));
    }
    outputs
}

impl<P: OutputPin> Panel<P> {
    /// A panel with these pins and no dimmer.
    pub fn with(config: &BridgeConfig, pins: PanelPins<P>) -> Self {
        let io = &config.io;
        let strobe = io.strobe.as_ref().zip(pins.strobe).map(|(section, pin)| {
            let position = section.position_mm / config.conveyor.mm_per_count;
            let pulse = Duration::from_micros(section.pulse_us.into());
            (Strobe::new(position as i64, pulse), Output::new(pin))
        });
        let timeout = Duration::from_millis(io.diverter_timeout_ms.into());
        Self {
            lamps: pins.lamps.map(|lamps| lamps.map(Output::new)),
            stack_light: StackLight::default(),
            watchdog: pins.watchdog.map(Watchdog::new),
            strobe,
            diverters: GuardedDiverters::new(Diverters::new(pins.diverters, timeout)),
            _dimmer: None,
        }
    }

    /// Takes a status block as soon as it was read, at `now`: the strobe follows it.
    ///
    /// # Errors
    /// The strobe's pin.
    pub fn status(&mut self, status: &Status, now: Duration) -> Result<(), P::Error> {
        match &mut self.strobe {
            Some((strobe, output)) => output.set(strobe.level(status, now)),
            None => Ok(()),
        }
    }

    /// Shows the state of the line; once a cycle, also while there is no connection.
    ///
    /// # Errors
    /// The first pin's that failed; the others were written nevertheless.
    pub fn show(&mut self, state: &PanelState, now: Duration) -> Result<(), P::Error> {
        let mut first = match state.outputs {
            Some(outputs) => self.diverters.command(outputs, now),
            None => self.diverters.tick(now),
        };
        if let Some(watchdog) = &mut self.watchdog {
            first = first.and(watchdog.cycle(!state.line.lost));
        }
        if let Some(lamps) = &mut self.lamps {
            let Lamps { green, amber, red } = self.stack_light.lamps(state.line, now);
            for (lamp, lit) in lamps.iter_mut().zip([green, amber, red]) {
                first = first.and(lamp.set(lit));
            }
        }
        first
    }

    /// Brings the diverters to their safe state: the bridge ends.
    ///
    /// # Errors
    /// The first pin's that failed; the others were written nevertheless.
    pub fn rest(&mut self) -> Result<(), P::Error> {
        self.diverters.rest()
    }
}

#[cfg(test)]
mod tests;
