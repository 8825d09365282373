//! A status block out of eyes and encoder: what a PLC's program does between its inputs and its
//! registers, told the events and the time.
//!
//! Inputs are handed over in the order in which the kernel saw them, so the count that an eye's
//! change latches is the belt's place at that change, however late the cycle reads it.

use std::time::Duration;

use embedded_hal::digital::InputPin;

use super::debounce::Stable;
use super::encoder::{Channel, Encoder, Place};
use super::eye::PhotoEye;
use super::numbering::{Numbering, TREMBLING};
use super::oddities::Oddities;
use crate::registers::{Capabilities, Command, EVENT_RING, Eye, LineEvent, Status, slot};
use crate::wrap::ahead;

/// The belt counts as running while its encoder moved within this: at a tenth of a usual speed the
/// counts still follow each other faster.
const RUNNING: Duration = Duration::from_millis(250);

/// An input of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The eye with this index.
    Eye(usize),
    /// A channel of the encoder.
    Encoder(Channel),
}

/// An input has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputEdge {
    /// Which.
    pub input: Input,
    /// Its level from then on; high is active.
    pub level: bool,
    /// When, since the zero of `CLOCK_MONOTONIC`.
    pub at: Duration,
}

/// Eyes and encoder of one line, and the status block that tells of them.
#[derive(Debug)]
pub struct Field<P> {
    eyes: Vec<PhotoEye<P>>,
    encoder: Encoder,
    numbering: Numbering,
    moved_at: Option<Duration>,
    /// The last line event that the bridge says it has taken.
    event_taken: u16,
    status: Status,
}

impl<P: InputPin> Field<P> {
    /// Inputs that were just opened. `slip_tolerance` is in counts.
    pub fn new(boot: u16, eyes: Vec<PhotoEye<P>>, encoder: Encoder, slip_tolerance: i64) -> Self {
        Self {
            eyes,
            encoder: encoder.trembling(slip_tolerance / TREMBLING),
            numbering: Numbering::new(slip_tolerance),
            moved_at: None,
            event_taken: 0,
            status: Status {
                plc_boot: boot,
                capabilities: Capabilities {
                    trailing_edges: true,
                    direction: true,
                    stops_belt: false,
                    obeys_blind: false,
                    run_signal: false,
                    item_codes: false,
                },
                ..Status::default()
            },
        }
    }

    /// An input changed. To be called in the order in which inputs changed.
    pub fn edge(&mut self, edge: InputEdge) {
        self.settle(edge.at);
        match edge.input {
            Input::Encoder(channel) => {
                if self.encoder.edge(channel, edge.level) {
                    self.moved_at = Some(edge.at);
                }
            }
            Input::Eye(index) => {
                let place = self.encoder.place();
                let Some(eye) = self.eyes.get_mut(index) else { return };
                let settled = eye.change(edge.level, edge.at, place);
                let eye = eye.eye();
                self.push(eye, settled);
            }
        }
    }

    /// Takes the command block: whatever it brings is acknowledged at once, since nobody here keeps
    /// results for items; the bridge fires the diverters itself.
    pub fn command(&mut self, command: &Command) {
        self.event_taken = command.event_taken;
        self.status.result_taken = command.result_head;
        self.status.sequence_echo = command.sequence;
    }

    /// The status block at `now`, after every edge before that was handed over.
    ///
    /// # Errors
    /// A pin's.
    pub fn status(&mut self, now: Duration) -> Result<Status, P::Error> {
        let place = self.encoder.place();
        for index in 0..self.eyes.len() {
            let settled = self.eyes[index].look(now, place)?;
            self.push(self.eyes[index].eye(), settled);
        }
        self.settle(now);
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        self.status.encoder = place.wrapped();
        self.status.belt_running = self.moved_at.is_some_and(|at| now.saturating_sub(at) < RUNNING);
        Ok(self.status.clone())
    }

    /// What was odd so far.
    pub fn oddities(&self) -> Oddities {
        Oddities {
            glitches: self.eyes.iter().map(PhotoEye::glitches).sum(),
            missed: self.eyes.iter().map(PhotoEye::missed).sum(),
            illegal: self.encoder.illegal(),
        }
    }

    fn settle(&mut self, now: Duration) {
        for index in 0..self.eyes.len() {
            let settled = self.eyes[index].settle(now);
            self.push(self.eyes[index].eye(), settled);
        }
    }

    /// Appends an eye's edge to the ring of line events.
    fn push(&mut self, eye: Eye, edge: Option<Stable<Place>>) {
        let Some(Stable { level: covered, latch: place, .. }) = edge else { return };
        let acquisition = match eye {
            Eye::Entry if covered => self.numbering.covered(place),
            Eye::Entry => {
                let freed = self.numbering.freed(place);
                if let Some(count) = freed.entered {
                    self.append(eye, true, Place { count, backward: false }, freed.id);
                }
                freed.id
            }
            Eye::Mid(_) | Eye::Lane(_) | Eye::Exit => 0,
        };
        self.append(eye, covered, place, acquisition);
    }

    fn append(&mut self, eye: Eye, covered: bool, place: Place, acquisition: u16) {
        let status = &mut self.status;
        if usize::from(ahead(status.event_head, self.event_taken)) >= EVENT_RING {
            status.event_overruns = status.event_overruns.wrapping_add(1);
        }
        status.event_head = status.event_head.wrapping_add(1);
        status.events[slot(status.event_head, EVENT_RING)] = LineEvent {
            eye: Some(eye),
            trailing: !covered,
            backward: place.backward,
            acquisition,
            encoder: place.wrapped(),
        };
    }
}

#[cfg(test)]
mod tests;
