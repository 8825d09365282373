//! The world of the twin: items on a belt, photo-eyes, a diverter, and the truth about each item.
//!
//! * an item's **position** is where its leading edge stands, in millimetres from the entry eye;
//! * its **slip** is the share of the belt's travel by which it falls behind;
//! * an **edge** is a leading edge crossing a photo-eye, with the encoder latched at that instant;
//! * the **gate** is the diverter: it needs its travel time to get into position, and an item that
//!   stands before it while it is in position goes into the lane, whether anybody meant it or not;
//! * the **truth** of an item is written when it leaves: through the exit eye, through the lane
//!   eye, or taken away by hand.
//!
//! Time is an argument; the same seed and the same calls give the same world.

use std::{collections::VecDeque, time::Duration};

use plc_bridge::{config::ConveyorSection, registers::Eye};
use serde::{Deserialize, Serialize};

use super::{
    belt::{Belt, Encoder, SpeedProfile},
    rng::Rng,
};

/// Longest step in which positions are taken as linear in time.
const STEP: Duration = Duration::from_millis(5);
/// How far before the entry eye an item is laid on the belt, in millimetres.
const LAID_AT_MM: f64 = -150.0;

/// Geometry and habits of the simulated line.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// What the drive is asked for.
    pub profile: SpeedProfile,
    /// How fast the drive changes speed, in millimetres per second squared.
    pub ramp_mm_s2: f64,
    /// The encoder.
    pub encoder: Encoder,
    /// Position of the diverter, in millimetres.
    pub diverter_mm: f64,
    /// Position of the lane eye along the diverted item's way, in millimetres.
    pub lane_eye_mm: f64,
    /// Position of the exit eye, in millimetres.
    pub exit_eye_mm: f64,
    /// The lane's number.
    pub lane: u8,
    /// From the command to the diverter in position, and back.
    pub gate_travel: Duration,
    /// Mean distance from one leading edge to the next, in millimetres.
    pub mean_pitch_mm: f64,
    /// Smallest such distance: the feeder separates items at least this far.
    pub min_pitch_mm: f64,
    /// Largest slip of an item, either way, as a share of the travel.
    pub max_slip: f64,
}

impl WorldConfig {
    /// A world around the conveyor of a line file, at its nominal speed with one item a second.
    ///
    /// The line file does not say where the diverter stands: the twin puts it a third of the way
    /// from the commit point to the lane eye.
    pub fn for_conveyor(conveyor: &ConveyorSection) -> Self {
        let diverter = &conveyor.diverter[0];
        let speed = conveyor.nominal_speed_mm_s;
        Self {
            profile: SpeedProfile::steady(speed),
            ramp_mm_s2: 600.0,
            // Near its end, so that every run of the twin sees the counter wrap.
            encoder: Encoder { start: u32::MAX - 20_000, mm_per_count: conveyor.mm_per_count },
            diverter_mm: diverter.commit_point_mm
                + (diverter.lane_eye_mm - diverter.commit_point_mm) / 3.0,
            lane_eye_mm: diverter.lane_eye_mm,
            exit_eye_mm: conveyor.exit_eye_mm,
            lane: diverter.lane,
            gate_travel: Duration::from_millis(60),
            mean_pitch_mm: speed,
            min_pitch_mm: 200.0,
            max_slip: 0.004,
        }
    }

    /// The same with `rate` items a second on average at `speed_mm_s`, as far as
    /// [`Self::min_pitch_mm`] allows.
    pub fn with_rate(mut self, rate: f64, speed_mm_s: f64) -> Self {
        self.mean_pitch_mm = speed_mm_s / rate;
        self
    }
}

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
    /// Its length along the belt, in millimetres.
    pub length_mm: f64,
    /// What is wrong with it, in one word; `None` when it is as it should be.
    pub defect: Option<String>,
    /// What the cameras need to draw it: a seed, or the number of a picture.
    pub look: u64,
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
    diverted: bool,
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

/// A leading edge at a photo-eye.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Which eye.
    pub eye: Eye,
    /// The encoder's count at that instant, latched.
    pub encoder: u32,
    /// The item, which no photo-eye can know: for the truth only.
    pub item: u64,
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
    /// When its leading edge crossed the entry eye.
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
    gate_out: bool,
    gate_extension: f64,
    edges: Vec<(f64, Edge)>,
    left: Vec<Left>,
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
            gate_out: false,
            gate_extension: 0.0,
            edges: Vec::new(),
            left: Vec::new(),
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

    /// Commands the gate: out or in. It gets there after its travel time.
    pub fn command_gate(&mut self, out: bool) {
        self.gate_out = out;
    }

    /// Takes an item away by hand; false when it is not on the line.
    pub fn take_away(&mut self, number: u64) -> bool {
        let Some(index) = self.items.iter().position(|item| item.number == number) else {
            return false;
        };
        let Some(item) = self.items.remove(index) else {
            return false;
        };
        self.leave(item, End::TakenAway, self.belt.clock());
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
        self.config.encoder.count(self.belt.travel_mm())
    }

    /// Items on the belt, in their order of entry.
    pub fn on_belt(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.diverted)
    }

    /// Whether nothing is left on the belt or in the lane.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The edges since the last call, in the order in which they happened.
    pub fn take_edges(&mut self) -> Vec<Edge> {
        self.edges.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.edges.drain(..).map(|(_, edge)| edge).collect()
    }

    /// The items that left since the last call.
    pub fn take_left(&mut self) -> Vec<Left> {
        std::mem::take(&mut self.left)
    }

    fn step(&mut self, dt: Duration) {
        let (before, began) = (self.belt.travel_mm(), self.belt.clock());
        self.belt.advance(dt, began + dt - self.start);
        let after = self.belt.travel_mm();
        let reach = dt.as_secs_f64() / self.config.gate_travel.as_secs_f64().max(1e-3);
        let direction = if self.gate_out { reach } else { -reach };
        self.gate_extension = (self.gate_extension + direction).clamp(0.0, 1.0);

        self.lay_items();
        let gate_in_position = self.gate_extension >= 1.0;
        let mut done = Vec::new();
        for (index, item) in self.items.iter_mut().enumerate() {
            let (from, to) = (item.position(before), item.position(after));
            if gate_in_position
                && to >= self.config.diverter_mm
                && to - item.what.length_mm < self.config.diverter_mm
            {
                item.diverted = true;
            }
            let (eye, eye_mm) = if item.diverted {
                (Eye::Lane(self.config.lane), self.config.lane_eye_mm)
            } else {
                (Eye::Exit, self.config.exit_eye_mm)
            };
            for (eye, eye_mm) in [(Eye::Entry, 0.0), (eye, eye_mm)] {
                if !(from < eye_mm && eye_mm <= to) {
                    continue;
                }
                let travel = item.travel_at(eye_mm);
                let share = ((travel - before) / (after - before)).clamp(0.0, 1.0);
                let at = began + dt.mul_f64(share);
                let encoder = self.config.encoder.count(travel);
                self.edges.push((travel, Edge { eye, encoder, item: item.number }));
                match eye {
                    Eye::Entry => item.entered = Some(at),
                    Eye::Exit => done.push((index, End::Exit, at)),
                    Eye::Lane(lane) => done.push((index, End::Lane(lane), at)),
                }
            }
        }
        for (index, end, at) in done.into_iter().rev() {
            if let Some(item) = self.items.remove(index) {
                self.leave(item, end, at);
            }
        }
    }

    fn lay_items(&mut self) {
        while self.feeding && self.belt.travel_mm() >= self.next_laid_at {
            if self.to_feed == Some(0) {
                self.feeding = false;
                return;
            }
            self.to_feed = self.to_feed.map(|left| left - 1);
            self.laid += 1;
            self.items.push_back(Item {
                number: self.laid,
                what: self.feed.next(),
                slip: self.rng.between(-self.config.max_slip, self.config.max_slip),
                laid_at_travel: self.next_laid_at,
                entered: None,
                diverted: false,
            });
            let spread = (self.config.mean_pitch_mm - self.config.min_pitch_mm).max(0.0);
            self.next_laid_at += self.config.min_pitch_mm + 2.0 * spread * self.rng.unit();
        }
    }

    fn leave(&mut self, item: Item, end: End, at: Duration) {
        // An item taken away before the entry eye was never seen by anybody.
        if let Some(entered) = item.entered {
            self.left.push(Left { number: item.number, what: item.what, entered, left: at, end });
        }
    }
}

#[cfg(test)]
#[path = "world_tests.rs"]
mod tests;
