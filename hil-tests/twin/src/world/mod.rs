//! The world of the twin: items on a belt, photo-eyes, diverters, and the truth about each item.
//!
//! * an item's **position** is where its leading edge stands, in millimetres from the entry eye;
//! * its **slip** is the share of the belt's travel by which it falls behind;
//! * an **edge** is a photo-eye that becomes covered or free, with the encoder latched at that
//!   instant;
//! * a **gate** is a diverter: it needs its travel time to get into position, and an item that
//!   stands before it while it is in position goes into the lane, whether anybody meant it or not;
//! * the **truth** of an item is written when it leaves: through the exit eye, through the lane
//!   eye, or taken away by hand.
//!
//! Time is an argument; the same seed and the same calls give the same world.

mod config;
mod eyes;

use std::{collections::VecDeque, sync::Arc, time::Duration};

pub use config::{Gate, WorldConfig};
pub use eyes::Edge;
use eyes::{Crossing, Eyes};
use plc_bridge::registers::Eye;
use serde::{Deserialize, Serialize};

use super::{belt::Belt, goods::Laid, rng::Rng};

/// Longest step in which positions are taken as linear in time.
const STEP: Duration = Duration::from_millis(5);
/// How far before the entry eye an item is laid on the belt, in millimetres.
const LAID_AT_MM: f64 = -150.0;

/// What is laid on the belt next. The world asks; what an item looks like is nothing to it.
pub trait Feed: Send {
    /// The next item.
    fn next(&mut self) -> NewItem;
}

/// An item before it is laid on the belt.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    /// What it is.
    pub sku: String,
    /// The lot that it comes from; `None` where nobody prints one.
    pub lot: Option<String>,
    /// The code by which the plant's scanner or warehouse knows it, where it does.
    pub code: Option<String>,
    /// Its length along the belt, in millimetres.
    pub length_mm: f64,
    /// What is wrong with it, in one word; `None` when it is as it should be.
    pub defect: Option<String>,
    /// What the cameras need to draw it: a seed, or the number of a picture.
    pub look: u64,
    /// Its place in the plan of a mixed belt.
    pub laid: Option<Arc<Laid>>,
}

impl NewItem {
    /// An item of a mixed belt.
    pub fn of(laid: Laid) -> Self {
        Self {
            sku: laid.entry.sku.clone(),
            lot: laid.entry.lot.clone(),
            code: laid.entry.told().map(str::to_owned),
            length_mm: laid.length_mm(),
            defect: laid.entry.fault.map(|fault| fault.name().to_owned()),
            look: laid.entry.look,
            laid: Some(Arc::new(laid)),
        }
    }
}

/// An item on the belt or in the lane.
#[derive(Debug, Clone)]
pub struct Item {
    /// Ascending in the order in which items are laid on the belt, from 1.
    pub number: u64,
    /// What it is and looks like.
    pub what: NewItem,
    slip: f64,
    laid_at_travel: f64,
    entered: Option<Duration>,
    /// The gate that pushed it off the belt.
    diverted: Option<usize>,
    /// Its leading edge is past its last eye: it has left, and its tail follows.
    left: bool,
}

impl Item {
    /// Position of the leading edge when the belt has travelled `travel_mm`, in millimetres.
    pub fn position(&self, travel_mm: f64) -> f64 {
        LAID_AT_MM + (travel_mm - self.laid_at_travel) * (1.0 - self.slip)
    }

    /// The belt's travel at which the leading edge reaches `position_mm`.
    fn travel_at(&self, position_mm: f64) -> f64 {
        self.laid_at_travel + (position_mm - LAID_AT_MM) / (1.0 - self.slip)
    }
}

/// Where an item left the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Through the exit eye.
    Exit,
    /// Into this lane.
    Lane(u8),
    /// Taken away by hand.
    TakenAway,
}

/// An item that has left the line, and what is true about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// The item's number.
    pub number: u64,
    /// What it was.
    pub what: NewItem,
    /// When its leading edge crossed the entry eye, or when it was put on behind it.
    pub entered: Duration,
    /// When it left.
    pub left: Duration,
    /// Where.
    pub end: End,
}

/// The simulated line without its PLC.
pub struct World {
    config: WorldConfig,
    belt: Belt,
    start: Duration,
    rng: Rng,
    feed: Box<dyn Feed>,
    feeding: bool,
    to_feed: Option<u64>,
    next_laid_at: f64,
    laid: u64,
    items: VecDeque<Item>,
    /// What each gate is commanded, and how far it has come: 0 is in, 1 is out.
    gates: Vec<(bool, f64)>,
    eyes: Eyes,
    edges: Vec<Edge>,
    left: Vec<Left>,
    /// An eye that sees nothing.
    dead_eye: Option<Eye>,
    /// The count at which the encoder stands still.
    dead_encoder: Option<u32>,
}

impl World {
    /// A running belt with nothing on it and the feeder off; its time starts at `start`.
    pub fn new(config: WorldConfig, seed: u64, feed: Box<dyn Feed>, start: Duration) -> Self {
        Self {
            belt: Belt::new(config.profile.clone(), config.ramp_mm_s2, start),
            start,
            rng: Rng::new(seed),
            feed,
            feeding: false,
            to_feed: None,
            next_laid_at: 0.0,
            laid: 0,
            items: VecDeque::new(),
            gates: vec![(false, 0.0); config.gates.len()],
            eyes: Eyes::default(),
            edges: Vec::new(),
            left: Vec::new(),
            dead_eye: None,
            dead_encoder: None,
            config,
        }
    }

    /// Switches the feeder on; after `limit` more items, if given, it switches itself off.
    pub fn start_feeding(&mut self, limit: Option<u64>) {
        self.feeding = true;
        self.to_feed = limit;
        self.next_laid_at = self.belt.travel_mm();
    }

    /// Switches the feeder off; what lies on the belt goes on.
    pub fn stop_feeding(&mut self) {
        self.feeding = false;
    }

    /// Whether the feeder is on.
    pub fn feeding(&self) -> bool {
        self.feeding
    }

    /// Commands the gates, in the order of their positions: out or in. Each gets there after its
    /// travel time.
    pub fn command_gates(&mut self, out: &[bool]) {
        for (gate, out) in self.gates.iter_mut().zip(out) {
            gate.0 = *out;
        }
    }

    /// Lets the drive run, or has it stop the belt.
    pub fn enable_drive(&mut self, enabled: bool) {
        self.belt.enable(enabled);
    }

    /// The encoder's counter was switched on anew: it counts on from `count`.
    pub fn restart_encoder(&mut self, count: u32) {
        self.config.encoder = self.config.encoder.restarted(self.belt.travel_mm(), count);
    }

    /// One eye sees nothing from now on, or all see again. What covers it now stays covered.
    pub fn blind(&mut self, eye: Option<Eye>) {
        self.dead_eye = eye;
    }

    /// The encoder stands still from now on, or counts on from where it stood.
    pub fn stop_encoder(&mut self, is_dead: bool) {
        match (is_dead, self.dead_encoder) {
            (true, None) => self.dead_encoder = Some(self.encoder()),
            (false, Some(count)) => {
                self.dead_encoder = None;
                self.restart_encoder(count);
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// Puts an item on the belt by hand, its leading edge at `position_mm`, which is behind the
    /// entry eye and before no other eye's beam. Returns its number.
    pub fn put_on(&mut self, what: NewItem, position_mm: f64) -> u64 {
        let laid_at_travel = self.belt.travel_mm() - (position_mm - LAID_AT_MM);
        let entered = Some(self.belt.clock());
        self.lay(what, 0.0, laid_at_travel, entered)
    }

    /// Takes an item away by hand; false when it is not on the line.
    pub fn take_away(&mut self, number: u64) -> bool {
        let Some(index) = self.items.iter().position(|item| item.number == number) else {
            return false;
        };
        let travel_mm = self.belt.travel_mm();
        let item = &self.items[index];
        if item.left {
            return false;
        }
        let nose = item.position(travel_mm);
        let covered = nose - item.what.length_mm..nose;
        let freed = self.eyes_of(item).into_iter().filter(|(_, eye_mm)| covered.contains(eye_mm));
        let freed = freed.map(|(eye, _)| Crossing { travel_mm, eye, covers: false, item: number });
        let freed = freed.collect();
        self.see(freed, false);
        let now = self.belt.clock();
        self.leave(index, End::TakenAway, now);
        self.items.remove(index);
        true
    }

    /// Lets the world run until `to`.
    pub fn advance(&mut self, to: Duration) {
        while self.belt.clock() < to {
            let dt = STEP.min(to - self.belt.clock());
            self.step(dt);
        }
    }

    /// The time up to which the world has run.
    pub fn clock(&self) -> Duration {
        self.belt.clock()
    }

    /// The belt's speed now, in millimetres per second.
    pub fn speed_mm_s(&self) -> f64 {
        self.belt.speed_mm_s()
    }

    /// The belt's travel at `at`, in millimetres: between two steps, as if its speed stayed.
    pub fn travel_mm(&self, at: Duration) -> f64 {
        let ahead = at.as_secs_f64() - self.belt.clock().as_secs_f64();
        self.belt.travel_mm() + ahead * self.belt.speed_mm_s()
    }

    /// The encoder's count now.
    pub fn encoder(&self) -> u32 {
        self.dead_encoder.unwrap_or_else(|| self.config.encoder.count(self.belt.travel_mm()))
    }

    /// Items on the belt, in the order in which they were laid or put there.
    pub fn on_belt(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.diverted.is_none())
    }

    /// Whether nothing is left on the belt or in the lane.
    pub fn is_empty(&self) -> bool {
        self.items.iter().all(|item| item.left)
    }

    /// The edges since the last call, in the order in which they happened.
    pub fn take_edges(&mut self) -> Vec<Edge> {
        std::mem::take(&mut self.edges)
    }

    /// The items that left since the last call.
    pub fn take_left(&mut self) -> Vec<Left> {
        std::mem::take(&mut self.left)
    }

    fn step(&mut self, dt: Duration) {
        let (before, began) = (self.belt.travel_mm(), self.belt.clock());
        self.belt.advance(dt, began + dt - self.start);
        let after = self.belt.travel_mm();
        self.move_gates(dt);
        self.lay_items();
        self.divert(after);
        let mut crossings = Vec::new();
        for index in 0..self.items.len() {
            let item = &self.items[index];
            for (eye, eye_mm) in self.eyes_of(item) {
                for end_mm in [0.0, item.what.length_mm] {
                    let travel_mm = item.travel_at(eye_mm + end_mm);
                    let forward = before < travel_mm && travel_mm <= after;
                    let backward = after < travel_mm && travel_mm <= before;
                    if forward || backward {
                        let covers = forward == (end_mm == 0.0);
                        crossings.push(Crossing { travel_mm, eye, covers, item: item.number });
                    }
                }
            }
        }
        let time_at = |travel_mm: f64| {
            let share = ((travel_mm - before) / (after - before)).clamp(0.0, 1.0);
            began + dt.mul_f64(share)
        };
        for crossing in crossings.iter().filter(|crossing| crossing.covers && after > before) {
            self.nose_at(crossing, time_at(crossing.travel_mm));
        }
        self.see(crossings, after < before);
        self.forget_those_that_left(after);
    }

    fn move_gates(&mut self, dt: Duration) {
        for (gate, (out, extension)) in self.config.gates.iter().zip(&mut self.gates) {
            let reach = dt.as_secs_f64() / gate.travel.as_secs_f64().max(1e-3);
            let direction = if *out { reach } else { -reach };
            *extension = (*extension + direction).clamp(0.0, 1.0);
        }
    }

    /// Items that stand before a gate in position go into its lane.
    fn divert(&mut self, travel_mm: f64) {
        for (index, (gate, (_, extension))) in self.config.gates.iter().zip(&self.gates).enumerate()
        {
            if *extension < 1.0 {
                continue;
            }
            for item in self.items.iter_mut().filter(|item| item.diverted.is_none()) {
                let nose = item.position(travel_mm);
                if nose >= gate.position_mm && nose - item.what.length_mm < gate.position_mm {
                    item.diverted = Some(index);
                }
            }
        }
    }

    /// The eyes on an item's way, with their positions.
    fn eyes_of(&self, item: &Item) -> Vec<(Eye, f64)> {
        let mids = self.config.mid_eyes_mm.iter().zip(1..);
        let mids = mids.map(|(eye_mm, number)| (Eye::Mid(number), *eye_mm));
        let last = match item.diverted {
            Some(gate) => {
                let gate = &self.config.gates[gate];
                (Eye::Lane(gate.lane), gate.lane_eye_mm)
            }
            None => (Eye::Exit, self.config.exit_eye_mm),
        };
        [(Eye::Entry, 0.0)].into_iter().chain(mids).chain([last]).collect()
    }

    fn see(&mut self, crossings: Vec<Crossing>, backward: bool) {
        let (encoder, dead) = (self.config.encoder, self.dead_encoder);
        let count = |travel_mm| dead.unwrap_or_else(|| encoder.count(travel_mm));
        let seen = self.eyes.see(crossings, backward, count);
        self.edges.extend(seen.into_iter().filter(|edge| Some(edge.eye) != self.dead_eye));
    }

    /// An item's leading edge has come to an eye on its way forwards.
    fn nose_at(&mut self, crossing: &Crossing, at: Duration) {
        let place = self.items.iter().position(|item| item.number == crossing.item);
        let Some(index) = place else { return };
        match crossing.eye {
            Eye::Entry => {
                self.items[index].entered.get_or_insert(at);
            }
            Eye::Mid(_) => {}
            Eye::Exit => self.leave(index, End::Exit, at),
            Eye::Lane(lane) => self.leave(index, End::Lane(lane), at),
        }
    }

    /// Items whose tail is past their last eye are gone for good.
    fn forget_those_that_left(&mut self, travel_mm: f64) {
        let gates = &self.config.gates;
        let exit_mm = self.config.exit_eye_mm;
        self.items.retain(|item| {
            let last_mm = item.diverted.map_or(exit_mm, |gate| gates[gate].lane_eye_mm);
            !item.left || item.position(travel_mm) - item.what.length_mm <= last_mm
        });
    }

    fn lay_items(&mut self) {
        while self.feeding && self.belt.travel_mm() >= self.next_laid_at {
            if self.to_feed == Some(0) {
                self.feeding = false;
                return;
            }
            self.to_feed = self.to_feed.map(|left| left - 1);
            let what = self.feed.next();
            let slip = self.rng.between(-self.config.max_slip, self.config.max_slip);
            self.lay(what, slip, self.next_laid_at, None);
            let spread = (self.config.mean_pitch_mm - self.config.min_pitch_mm).max(0.0);
            self.next_laid_at += self.config.min_pitch_mm + 2.0 * spread * self.rng.unit();
        }
    }

    fn lay(
        &mut self,
        what: NewItem,
        slip: f64,
        laid_at_travel: f64,
        entered: Option<Duration>,
    ) -> u64 {
        self.laid += 1;
        let number = self.laid;
        let (diverted, left) = (None, false);
        self.items.push_back(Item { number, what, slip, laid_at_travel, entered, diverted, left });
        number
    }

    fn leave(&mut self, index: usize, end: End, at: Duration) {
        let item = &mut self.items[index];
        // An item taken away before the entry eye was never seen by anybody.
        if let Some(entered) = item.entered
            && !item.left
        {
            let (number, what) = (item.number, item.what.clone());
            self.left.push(Left { number, what, entered, left: at, end });
        }
        item.left = true;
    }
}

#[cfg(test)]
mod tests;
