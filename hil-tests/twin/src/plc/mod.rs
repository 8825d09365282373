//! The reference PLC of the handshake, as one scan after another: the twin of the function block
//! `FB_Inspectd` in `plc-bridge/plc`, by the same rules and with the same words. The rules are those of
//! `plc-bridge/REGISTERS.md`. What that block finds out by itself about a blind line (rule 12) is
//! left to the bridge here; its orders are obeyed.
//!
//! It numbers each item that the entry eye sees with an **acquisition id**, tells the bridge about
//! every edge through the ring of line events, and takes **results** by number from the bridge's
//! ring. It tracks items by the encoder on its own. At each commit point it applies the result that
//! it holds for the item, else its **own fall-back**, which the bridge has told it beforehand, and
//! fires the diverter at the right count or stops the belt.
//!
//! It is a dead-man's device: when the bridge's heartbeat stands still, it says so
//! (`bridge_lost`) and goes on sorting by its own fall-back. Until the belt has travelled from the
//! entry eye to a diverter since the start, what lies on it is **unknown**, and takes the own
//! fall-back too. No clock, no socket: [`Plc::scan`] gets inputs and the time.

mod bridge;
mod codes;
mod config;
mod edges;
mod sorting;

use std::time::Duration;

use bridge::Bridge;
pub use config::{DiverterConfig, PlcConfig};
use line::config::ItemCodeKind;
use plc_bridge::registers::{
    Capabilities, CodeBlock, Command, EVENT_RING, LineEvent, Status, slot,
};
use serde::{Deserialize, Serialize};

use super::codes::Offer;
use super::world::Edge;

/// How long the bridge's heartbeat may stand still.
pub const BRIDGE_TIMEOUT: Duration = Duration::from_millis(500);

/// What the PLC reads at the start of a scan.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Edges since the last scan, in their order.
    pub edges: &'a [Edge],
    /// The encoder's count.
    pub encoder: u32,
    /// Whether the drive runs.
    pub belt_running: bool,
    /// The operator presses the reset button: the cause of the stop was dealt with.
    pub operator_reset: bool,
    /// Codes of items that the plant offers in this scan.
    pub codes: &'a [Offer],
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

/// What the PLC applied to an item: at the commit point of the diverter that it fires or that it
/// stops the belt for, else at the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The item's acquisition id.
    pub acquisition: u16,
    /// Lane, 0 for staying on the belt, or [`LANE_STOP`](plc_bridge::registers::LANE_STOP).
    pub lane: u16,
    /// On whose word.
    pub source: Source,
}

/// What the PLC writes at the end of a scan, besides its status block.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The diverters' commands.
    pub gates_out: Vec<bool>,
    /// The drive is to stop; stays until the operator's reset.
    pub stop_belt: bool,
    /// Items that were numbered in this scan: the number in the world and the acquisition id given.
    pub numbered: Vec<(u64, u16)>,
    /// What was applied in this scan.
    pub applied: Vec<Applied>,
}

/// One item on the belt.
#[derive(Debug, Clone)]
struct Tracked {
    acquisition: u16,
    /// Count at the edge by which it got its id; with the id it names the item (rule 14).
    numbered_count: u32,
    /// Count at which its leading edge was at the entry eye.
    entry_count: u32,
    /// Count at which its trailing edge left the entry eye, when it has.
    tail_count: Option<u32>,
    /// The belt took its leading edge back before the entry eye (rule 9).
    behind: bool,
    /// By mid-belt eye.
    seen_by_mid_eye: Vec<bool>,
    /// Lane and source of its result.
    result: Option<(u16, Source)>,
    /// How many diverters' commit points it has passed.
    decided: usize,
    /// The diverter that pushes it off, by index.
    divert_at: Option<usize>,
}

/// The PLC's memory.
#[derive(Debug)]
pub struct Plc {
    config: PlcConfig,
    items: Vec<Tracked>,
    status: Status,
    codes: CodeBlock,
    codes_refused: u64,
    bridge: Bridge,
    /// The item that covers the entry eye.
    at_entry: Option<u16>,
    last_acquisition: u16,
    /// The encoder's count at the first scan.
    start_count: Option<u32>,
    /// By diverter: nothing unknown is left before it (rule 6).
    belt_known: Vec<bool>,
    /// The belt stands until an operator has cleared it of what was there at the start.
    clear_belt: bool,
    late_results: u64,
}

impl Plc {
    /// A PLC that was just switched on.
    pub fn new(config: PlcConfig) -> Self {
        let capabilities = Capabilities {
            trailing_edges: true,
            direction: true,
            stops_belt: true,
            obeys_blind: true,
            run_signal: true,
            item_codes: config.item_code != ItemCodeKind::None,
        };
        let plc_boot = config.boot;
        Self {
            items: Vec::new(),
            status: Status { plc_boot, bridge_lost: true, capabilities, ..Status::default() },
            codes: CodeBlock { plc_boot, ..CodeBlock::default() },
            codes_refused: 0,
            bridge: Bridge::default(),
            at_entry: None,
            last_acquisition: 0,
            start_count: None,
            belt_known: vec![false; config.diverters.len()],
            clear_belt: false,
            late_results: 0,
            config,
        }
    }

    /// The status block as the bridge may read it now.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The code block as the bridge may read it now.
    pub fn codes(&self) -> &CodeBlock {
        &self.codes
    }

    /// Codes that were offered for an item that is not on the belt.
    pub fn codes_refused(&self) -> u64 {
        self.codes_refused
    }

    /// Results that came for an item that is diverted already, or for no item on the belt.
    pub fn late_results(&self) -> u64 {
        self.late_results
    }

    /// One scan: reads the inputs, works, and says what the outputs are.
    pub fn scan(&mut self, inputs: &Inputs<'_>, now: Duration) -> Outputs {
        let mut outputs = Outputs::default();
        self.status.encoder = inputs.encoder;
        self.status.belt_running = inputs.belt_running;
        self.start_count.get_or_insert(inputs.encoder);
        if let Some(command) = inputs.command {
            self.hear(command, now);
        }
        for edge in inputs.edges {
            self.see(edge, &mut outputs);
        }
        self.forget_what_is_gone();
        for offer in inputs.codes {
            self.identify(*offer);
        }
        self.commit(&mut outputs);
        self.know_the_belt(inputs.operator_reset);
        self.drive(&mut outputs);
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        outputs
    }

    /// Where an item stands by the encoder, in millimetres behind the entry eye.
    fn place(&self, item: &Tracked) -> f64 {
        self.travel_mm(self.status.encoder, item.entry_count)
    }

    /// The belt's travel between two counts, in millimetres; negative when it went back.
    fn travel_mm(&self, newer: u32, older: u32) -> f64 {
        // Less than half the counter's range lies between the entry eye and the belt's end.
        f64::from(newer.wrapping_sub(older) as i32) * self.config.mm_per_count
    }

    /// Writes a line event into its slot of the ring.
    fn report(&mut self, event: LineEvent) {
        self.status.event_head = self.status.event_head.wrapping_add(1);
        let ahead = self.status.event_head.wrapping_sub(self.bridge.event_taken);
        if self.bridge.is_met() && usize::from(ahead) > EVENT_RING && ahead < 0x8000 {
            self.status.event_overruns = self.status.event_overruns.wrapping_add(1);
        }
        self.status.events[slot(self.status.event_head, EVENT_RING)] = event;
    }
}

#[cfg(test)]
mod tests;
