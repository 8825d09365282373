//! One simulated line: the world and its PLC, wired as the electrician would.
//!
//! [`SimulatedLine::scan`] is one PLC scan. In the tests it is called at a thousand times real
//! time, in the demo once every [`SCAN`] by `run`.

use std::{collections::HashMap, time::Duration};

use plc_bridge::registers::{Command, Status};
use serde::{Deserialize, Serialize};

use super::{
    plc::{Applied, Inputs, Plc, PlcConfig},
    world::{End, Feed, Left, World, WorldConfig},
};

/// From one PLC scan to the next.
pub const SCAN: Duration = Duration::from_millis(10);

/// What is true about one item that has left the line; a line of the truth file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Number in the order of entry, from 1.
    pub number: u64,
    /// The acquisition id that the PLC gave it.
    pub acquisition: u16,
    /// What it was.
    pub sku: String,
    /// What was wrong with it; `None` when it was as it should be.
    pub defect: Option<String>,
    /// When it crossed the entry eye, in nanoseconds of the monotonic clock.
    pub entered_ns: u64,
    /// When it left, in nanoseconds of the monotonic clock.
    pub left_ns: u64,
    /// Where it physically ended.
    pub end: End,
    /// What the PLC applied at the commit point; `None` when it was taken away before.
    pub applied: Option<Applied>,
}

impl Truth {
    /// Whether the item ended elsewhere than the PLC was told: a line that sorts correctly has
    /// none.
    pub fn missorted(&self) -> bool {
        match (self.end, self.applied) {
            (End::TakenAway, _) => false,
            (End::Exit, Some(applied)) => applied.lane != 0,
            (End::Lane(lane), Some(applied)) => applied.lane != u16::from(lane),
            (End::Exit | End::Lane(_), None) => true,
        }
    }
}

/// The world and its PLC.
pub struct SimulatedLine {
    /// Belt, items, eyes and diverter.
    pub world: World,
    /// The PLC.
    pub plc: Plc,
    acquisitions: HashMap<u64, u16>,
    applied: HashMap<u16, Applied>,
}

impl SimulatedLine {
    /// A line with nothing on it.
    pub fn new(
        world: WorldConfig,
        plc: PlcConfig,
        seed: u64,
        feed: Box<dyn Feed>,
        start: Duration,
    ) -> Self {
        Self {
            world: World::new(world, seed, feed, start),
            plc: Plc::new(plc),
            acquisitions: HashMap::new(),
            applied: HashMap::new(),
        }
    }

    /// One scan at `now`, with the command block as the bridge last wrote it. Returns the status
    /// block and the items that have left.
    pub fn scan(&mut self, now: Duration, command: Option<&Command>) -> (&Status, Vec<Truth>) {
        self.world.advance(now);
        let edges = self.world.take_edges();
        let inputs = Inputs {
            edges: &edges,
            encoder: self.world.encoder(),
            belt_running: self.world.speed_mm_s() > 0.0,
            command,
        };
        let outputs = self.plc.scan(&inputs, now);
        self.world.command_gate(outputs.gate_out);
        self.acquisitions.extend(outputs.entered);
        self.applied.extend(outputs.applied.iter().map(|applied| (applied.acquisition, *applied)));
        let left = self.world.take_left();
        let truths = left.into_iter().filter_map(|left| self.truth(left)).collect();
        (self.plc.status(), truths)
    }

    fn truth(&mut self, left: Left) -> Option<Truth> {
        // An item taken away between its edge and the next scan has no acquisition id yet.
        let acquisition = self.acquisitions.remove(&left.number)?;
        Some(Truth {
            number: left.number,
            acquisition,
            sku: left.what.sku,
            defect: left.what.defect,
            entered_ns: left.entered.as_nanos() as u64,
            left_ns: left.left.as_nanos() as u64,
            end: left.end,
            applied: self.applied.remove(&acquisition),
        })
    }
}
