//! The reference PLC of the handshake, as one scan after another.
//!
//! It numbers each item that the entry eye sees with an **acquisition id**, tells the bridge about
//! every edge through the ring of line events, and takes **results** by number from the bridge's
//! ring. It tracks items by the encoder on its own. At the commit point it applies the result that
//! it holds for the item, else its own fall-back, and fires the diverter at the right count.
//!
//! It is a dead-man's device: when the bridge's heartbeat stands still, it says so
//! (`bridge_lost`) and goes on sorting by its own fall-back. No clock, no socket: [`Plc::scan`]
//! gets inputs and the time.

use std::{collections::VecDeque, time::Duration};

use plc_bridge::{
    config::{ConveyorSection, FallBack},
    registers::{Command, Eye, LineEvent, PlcResult, RING, Status},
};
use serde::{Deserialize, Serialize};

use super::world::Edge;

/// How long the bridge's heartbeat may stand still.
pub const BRIDGE_TIMEOUT: Duration = Duration::from_millis(500);
/// Source of a result in its fourth register: a verdict of the inspection.
const SOURCE_VERDICT: u16 = 1;

/// What the PLC's programmer has entered.
#[derive(Debug, Clone)]
pub struct PlcConfig {
    /// Belt travel for one count of the encoder, in millimetres.
    pub mm_per_count: f64,
    /// Position at which the diverter can no longer be changed for an item, in millimetres.
    pub commit_point_mm: f64,
    /// Position of the diverter, in millimetres.
    pub diverter_mm: f64,
    /// How far before the diverter an item stands when the diverter is commanded out, in
    /// millimetres: its travel time at full belt speed, a scan, and slip.
    pub fire_ahead_mm: f64,
    /// How far behind the diverter the leading edge stands when the diverter is commanded back.
    pub retract_after_mm: f64,
    /// The lane that the diverter serves.
    pub lane: u8,
    /// What happens to an item for which no result came.
    pub fall_back: FallBack,
    /// The number by which a restart of the PLC is noticed.
    pub boot: u16,
}

impl PlcConfig {
    /// The PLC of a line file's conveyor whose diverter stands at `diverter_mm`.
    pub fn for_conveyor(conveyor: &ConveyorSection, diverter_mm: f64, boot: u16) -> Self {
        let diverter = &conveyor.diverter[0];
        Self {
            mm_per_count: conveyor.mm_per_count,
            commit_point_mm: diverter.commit_point_mm,
            diverter_mm,
            // 60 ms of travel and two scans, with half as much again.
            fire_ahead_mm: conveyor.nominal_speed_mm_s * 0.12,
            retract_after_mm: 30.0,
            lane: diverter.lane,
            fall_back: diverter.fall_back,
            boot,
        }
    }
}

/// What the PLC reads at the start of a scan.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Edges since the last scan, in their order.
    pub edges: &'a [Edge],
    /// The encoder's count.
    pub encoder: u32,
    /// Whether the drive runs.
    pub belt_running: bool,
    /// The command block as the bridge last wrote it; `None` before the first time.
    pub command: Option<&'a Command>,
}

/// On whose word an item was sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A verdict of the inspection.
    Verdict,
    /// The bridge's fall-back.
    BridgeFallBack,
    /// The PLC's own fall-back: no result stood there at the commit point.
    PlcFallBack,
}

/// What the PLC applied to an item at its commit point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The item's acquisition id.
    pub acquisition: u16,
    /// Lane, or 0 for staying on the belt.
    pub lane: u16,
    /// On whose word.
    pub source: Source,
}

/// What the PLC writes at the end of a scan, besides its status block.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The diverter's command.
    pub gate_out: bool,
    /// Items that entered in this scan: the number in the world and the acquisition id given.
    pub entered: Vec<(u64, u16)>,
    /// Items that crossed the commit point in this scan.
    pub applied: Vec<Applied>,
}

#[derive(Debug)]
struct Tracked {
    acquisition: u16,
    entry_count: u32,
    result: Option<PlcResult>,
    applied: Option<Applied>,
}

/// The PLC's memory.
#[derive(Debug)]
pub struct Plc {
    config: PlcConfig,
    items: VecDeque<Tracked>,
    last_acquisition: u16,
    status: Status,
    seen_heartbeat: Option<(u16, Duration)>,
    bridge_boot: Option<u16>,
    late_results: u64,
}

impl Plc {
    /// A PLC that was just switched on.
    pub fn new(config: PlcConfig) -> Self {
        let status = Status {
            heartbeat: 0,
            plc_boot: config.boot,
            belt_running: false,
            bridge_lost: true,
            encoder: 0,
            sequence_echo: 0,
            result_taken: 0,
            event_overruns: 0,
            event_head: 0,
            events: [LineEvent::default(); RING],
        };
        Self {
            config,
            items: VecDeque::new(),
            last_acquisition: 0,
            status,
            seen_heartbeat: None,
            bridge_boot: None,
            late_results: 0,
        }
    }

    /// The status block as the bridge may read it now.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Results that came for an item after its commit point, or for no item on the belt.
    pub fn late_results(&self) -> u64 {
        self.late_results
    }

    /// One scan: reads the inputs, works, and says what the outputs are.
    pub fn scan(&mut self, inputs: &Inputs<'_>, now: Duration) -> Outputs {
        let mut outputs = Outputs::default();
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        self.status.encoder = inputs.encoder;
        self.status.belt_running = inputs.belt_running;
        self.watch_bridge(inputs.command, now);
        if let Some(command) = inputs.command {
            self.take_results(command);
        }
        let taken = inputs.command.map_or(0, |command| command.event_taken);
        for edge in inputs.edges {
            let acquisition = if edge.eye == Eye::Entry {
                let acquisition = self.number_item(edge.encoder);
                outputs.entered.push((edge.item, acquisition));
                acquisition
            } else {
                0
            };
            self.report(
                LineEvent { eye: Some(edge.eye), acquisition, encoder: edge.encoder },
                taken,
            );
        }
        self.commit(&mut outputs);
        self.drive_gate(&mut outputs);
        outputs
    }

    fn watch_bridge(&mut self, command: Option<&Command>, now: Duration) {
        let Some(command) = command else { return };
        match self.seen_heartbeat {
            Some((seen, _)) if seen == command.heartbeat => {}
            _ => self.seen_heartbeat = Some((command.heartbeat, now)),
        }
        let since = self.seen_heartbeat.map_or(now, |(_, at)| at);
        self.status.bridge_lost = now.saturating_sub(since) > BRIDGE_TIMEOUT;
    }

    fn take_results(&mut self, command: &Command) {
        if self.bridge_boot.replace(command.bridge_boot) != Some(command.bridge_boot) {
            // Another start of the bridge numbers its results from 1 again.
            self.status.result_taken = 0;
        } else if command.sequence == self.status.sequence_echo {
            return;
        }
        self.status.sequence_echo = command.sequence;
        let waiting = command.result_head.wrapping_sub(self.status.result_taken);
        if usize::from(waiting) > RING {
            // Overwritten before they were taken: those items fall back.
            self.status.result_taken = command.result_head.wrapping_sub(RING as u16);
        }
        while self.status.result_taken != command.result_head {
            self.status.result_taken = self.status.result_taken.wrapping_add(1);
            let result = command.results[usize::from(self.status.result_taken) % RING];
            let item = self
                .items
                .iter_mut()
                .find(|item| item.acquisition == result.acquisition && item.applied.is_none());
            match item {
                Some(item) => item.result = Some(result),
                None => self.late_results += 1,
            }
        }
    }

    /// Gives an item its acquisition id: 1 to 65,535, then 1 again; 0 means "no item".
    fn number_item(&mut self, entry_count: u32) -> u16 {
        self.last_acquisition = self.last_acquisition.checked_add(1).unwrap_or(1);
        let acquisition = self.last_acquisition;
        self.items.push_back(Tracked { acquisition, entry_count, result: None, applied: None });
        acquisition
    }

    fn report(&mut self, event: LineEvent, taken: u16) {
        if usize::from(self.status.event_head.wrapping_sub(taken)) >= RING {
            self.status.event_overruns = self.status.event_overruns.wrapping_add(1);
        }
        self.status.event_head = self.status.event_head.wrapping_add(1);
        self.status.events[usize::from(self.status.event_head) % RING] = event;
    }

    /// Where an item stands by the encoder, in millimetres; slip is unknown to the PLC.
    fn position(&self, item: &Tracked) -> f64 {
        // Less than half the counter's range lies between the entry eye and the belt's end.
        let counts = self.status.encoder.wrapping_sub(item.entry_count) as i32;
        f64::from(counts) * self.config.mm_per_count
    }

    fn commit(&mut self, outputs: &mut Outputs) {
        for index in 0..self.items.len() {
            let item = &self.items[index];
            if item.applied.is_some() || self.position(item) < self.config.commit_point_mm {
                continue;
            }
            let applied = match item.result {
                Some(result) => Applied {
                    acquisition: item.acquisition,
                    lane: result.lane,
                    source: if result.source == SOURCE_VERDICT {
                        Source::Verdict
                    } else {
                        Source::BridgeFallBack
                    },
                },
                None => Applied {
                    acquisition: item.acquisition,
                    lane: match self.config.fall_back {
                        FallBack::Divert => u16::from(self.config.lane),
                        FallBack::Pass => 0,
                    },
                    source: Source::PlcFallBack,
                },
            };
            self.items[index].applied = Some(applied);
            outputs.applied.push(applied);
        }
    }

    fn drive_gate(&mut self, outputs: &mut Outputs) {
        let fire = self.config.diverter_mm - self.config.fire_ahead_mm;
        let retract = self.config.diverter_mm + self.config.retract_after_mm;
        outputs.gate_out = self.items.iter().any(|item| {
            let into_lane =
                item.applied.is_some_and(|applied| applied.lane == u16::from(self.config.lane));
            into_lane && (fire..retract).contains(&self.position(item))
        });
        while self.items.front().is_some_and(|item| self.position(item) >= retract) {
            self.items.pop_front();
        }
    }
}

#[cfg(test)]
#[path = "plc_tests.rs"]
mod tests;
