//! One simulated line: the world and its PLC, wired as the electrician would, and the operator who
//! stands beside it.
//!
//! [`SimulatedLine::scan`] is one PLC scan. In the tests it is called at a thousand times real
//! time, in the demo once every [`SCAN`] by `run`.

use std::{collections::HashMap, time::Duration};

use plc_bridge::registers::{CodeBlock, Command, LANE_STOP, Status};
use serde::{Deserialize, Serialize};

use super::{
    codes::{CodePlan, CodeTeller},
    goods::Entry,
    plc::{Applied, Inputs, Outputs, Plc, PlcConfig},
    world::{End, Feed, Left, World, WorldConfig},
};

/// From one PLC scan to the next.
pub const SCAN: Duration = Duration::from_millis(10);

/// How long the operator looks at an item for which the belt has stopped, before the reset.
const OPERATOR_LOOKS: Duration = Duration::from_secs(2);

/// How long after the PLC's return the operator starts the belt again.
const BELT_STARTS_AFTER: Duration = Duration::from_millis(1500);

/// What is true about one item that has left the line; a line of the truth file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Number in the order in which items were laid on the belt, from 1.
    pub number: u64,
    /// The acquisition id that the PLC gave it; 0 when no PLC saw it enter.
    pub acquisition: u16,
    /// What it was.
    pub sku: String,
    /// The lot that it came from.
    #[serde(default)]
    pub lot: Option<String>,
    /// Its code, where it has one.
    #[serde(default)]
    pub code: Option<String>,
    /// The code that the plant told the PLC of it, or was still to tell; another than `code` where it
    /// was wrong, and none where it told none.
    #[serde(default)]
    pub told_code: Option<String>,
    /// What was wrong with it; `None` when it was as it should be.
    pub defect: Option<String>,
    /// When it crossed the entry eye, in nanoseconds of the monotonic clock.
    pub entered_ns: u64,
    /// When it left, in nanoseconds of the monotonic clock.
    pub left_ns: u64,
    /// Where it physically ended.
    pub end: End,
    /// What the PLC applied at the commit point; `None` when it was taken away before, or
    /// `orphaned`.
    pub applied: Option<Applied>,
    /// The PLC that numbered it was switched off while it was on the belt, or none saw it enter:
    /// the next PLC does not know it and does what the bridge told it beforehand.
    #[serde(default)]
    pub orphaned: bool,
    /// The plan's entry for an item of a mixed belt: what it is, what it bears, what is to become of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Entry>,
}

impl Truth {
    /// Whether the item ended elsewhere than the PLC was told: a line that sorts correctly has
    /// none. Where an item goes that an operator has looked at, or that no PLC knows, is no sorting.
    pub fn missorted(&self) -> bool {
        match (self.end, self.applied) {
            _ if self.orphaned => false,
            (End::TakenAway, _) => false,
            (_, Some(Applied { lane: LANE_STOP, .. })) => false,
            (End::Exit, Some(applied)) => applied.lane != 0,
            (End::Lane(lane), Some(applied)) => applied.lane != u16::from(lane),
            (End::Exit | End::Lane(_), None) => true,
        }
    }
}

/// What one scan has brought.
#[derive(Debug)]
pub struct Scanned {
    /// The status block; `None` while the PLC is switched off.
    pub status: Option<Status>,
    /// The code block; `None` while the PLC is switched off.
    pub codes: Option<CodeBlock>,
    /// The items that have left.
    pub left: Vec<Truth>,
}

/// What is known of an item on the belt besides the world's own truth.
#[derive(Debug, Default)]
struct Known {
    acquisition: u16,
    told_code: Option<String>,
    applied: Option<Applied>,
    orphaned: bool,
}

/// The world and its PLC.
pub struct SimulatedLine {
    /// Belt, items, eyes and diverters.
    pub world: World,
    plc: Option<Plc>,
    config: PlcConfig,
    teller: CodeTeller,
    known: HashMap<u64, Known>,
    /// By acquisition id of this PLC's life: the item's number.
    numbers: HashMap<u16, u64>,
    /// Since when the belt stands for an operator.
    stopped_since: Option<Duration>,
    /// When the operator starts the belt again after a power cut.
    belt_starts_at: Option<Duration>,
}

impl SimulatedLine {
    /// A line with nothing on it, its PLC switched on.
    pub fn new(
        world: WorldConfig,
        plc: PlcConfig,
        seed: u64,
        feed: Box<dyn Feed>,
        start: Duration,
    ) -> Self {
        Self {
            world: World::new(world, seed, feed, start),
            plc: Some(Plc::new(plc.clone())),
            teller: CodeTeller::new(plc.item_code, CodePlan::default(), seed),
            config: plc,
            known: HashMap::new(),
            numbers: HashMap::new(),
            stopped_since: None,
            belt_starts_at: None,
        }
    }

    /// The same line, whose plant tells codes as wrongly as this.
    #[must_use]
    pub fn telling(self, plan: CodePlan, seed: u64) -> Self {
        Self { teller: CodeTeller::new(self.config.item_code, plan, seed), ..self }
    }

    /// The PLC's power is cut: it forgets everything, the gates go to rest and the belt stops.
    pub fn cut_power(&mut self) {
        self.plc = None;
        self.teller.forget();
        self.numbers.clear();
        self.known.values_mut().for_each(|known| known.orphaned = true);
        self.stopped_since = None;
        self.world.command_gates(&vec![false; self.config.diverters.len()]);
        self.world.enable_drive(false);
    }

    /// The PLC's power is back: another `boot`, and an encoder that counts from `count`. The belt
    /// runs again when the operator starts it, after a second and a half.
    pub fn restore_power(&mut self, boot: u16, count: u32, now: Duration) {
        // What happened while nobody looked is seen by nobody.
        self.world.take_edges();
        self.world.restart_encoder(count);
        self.config.boot = boot;
        self.plc = Some(Plc::new(self.config.clone()));
        self.belt_starts_at = Some(now + BELT_STARTS_AFTER);
    }

    /// One scan at `now`, with the command block as the bridge last wrote it.
    pub fn scan(&mut self, now: Duration, command: Option<&Command>) -> Scanned {
        self.world.advance(now);
        let edges = self.world.take_edges();
        let codes = self.teller.due(now);
        let scanned = self.plc.as_mut().map(|plc| {
            let inputs = Inputs {
                edges: &edges,
                encoder: self.world.encoder(),
                belt_running: self.world.speed_mm_s() != 0.0,
                operator_reset: self
                    .stopped_since
                    .is_some_and(|since| now - since >= OPERATOR_LOOKS),
                codes: &codes,
                command,
            };
            let outputs = plc.scan(&inputs, now);
            (outputs, plc.status().clone(), plc.codes().clone())
        });
        let (status, codes) = match scanned {
            Some((outputs, status, codes)) => {
                self.obey(outputs, now);
                (Some(status), Some(codes))
            }
            None => (None, None),
        };
        let left = self.world.take_left();
        let left = left.into_iter().map(|left| self.truth(left)).collect();
        Scanned { status, codes, left }
    }

    fn obey(&mut self, outputs: Outputs, now: Duration) {
        self.world.command_gates(&outputs.gates_out);
        self.belt_starts_at = self.belt_starts_at.filter(|starts_at| now < *starts_at);
        self.world.enable_drive(!outputs.stop_belt && self.belt_starts_at.is_none());
        self.stopped_since = outputs.stop_belt.then(|| self.stopped_since.unwrap_or(now));
        for (number, acquisition) in outputs.numbered {
            self.numbers.insert(acquisition, number);
            let item = self.world.on_belt().find(|item| item.number == number);
            let code = item.and_then(|item| item.what.code.clone());
            let told = self.teller.numbered(acquisition, code.as_deref(), now);
            let known = self.known.entry(number).or_default();
            (known.acquisition, known.told_code) = (acquisition, told);
        }
        for applied in outputs.applied {
            let number = self.numbers.get(&applied.acquisition);
            if let Some(known) = number.and_then(|number| self.known.get_mut(number)) {
                // What it was stopped for or diverted by is not undone by the next commit point.
                known.applied.get_or_insert(applied);
            }
        }
    }

    fn truth(&mut self, left: Left) -> Truth {
        let unseen = Known { orphaned: true, ..Known::default() };
        let known = self.known.remove(&left.number).unwrap_or(unseen);
        Truth {
            number: left.number,
            acquisition: known.acquisition,
            sku: left.what.sku,
            lot: left.what.lot,
            code: left.what.code,
            told_code: known.told_code,
            defect: left.what.defect,
            entered_ns: left.entered.as_nanos() as u64,
            left_ns: left.left.as_nanos() as u64,
            end: left.end,
            applied: known.applied,
            orphaned: known.orphaned,
            plan: left.what.laid.map(|laid| laid.entry.clone()),
        }
    }
}
