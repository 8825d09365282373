//! The line's **senses**, its eyes and its encoder: which of them does not tell the truth.
//!
//! The tracker believes what it is told. Here the senses are held against each other:
//!
//! * **The encoder against the drive.** A belt that runs counts. Counts that stand still
//!   although the drive runs are a slipped coupling or a broken wire; so is an eye that sees
//!   something come meanwhile. Counts that go on long after the drive has stopped are interference, or a
//!   run signal that is not wired. One count to and fro is no travel.
//! * **The encoder against the eyes**, where the PLC has no run signal: things that come at several
//!   eyes while nothing is counted.
//! * **An eye against the longest item**: one that stays covered while the belt goes on is dirty, or
//!   something lies before it.
//! * **An eye against the other eyes**: one that has missed several bodies in a row, and has seen nothing
//!   between, is blind.
//!
//! A [`LineFault`] stands for as long as its evidence does. No clock and no I/O: [`Senses::look`] is
//! told what was read, and when.

use std::time::Duration;

use crate::tracker::Edge;
use line::config::ConveyorSection;
use line::protocol::{Eye, LineFault};

/// Travel, in counts: less is a trembling encoder.
const TRAVEL: i64 = 3;
/// A running belt that stops to count is believed for at least so long: the run signal may lag behind
/// an emergency stop.
const STILL_AT_LEAST: Duration = Duration::from_millis(150);
/// ... and for so many times as long as its last [`TRAVEL`] took: it may be slowing down.
const STILL_TIMES: u32 = 10;
/// A drive that was switched on may need so long until the belt moves.
const STARTING: Duration = Duration::from_secs(1);
/// ... at no less than this share of the usual speed.
const CREEPING: f64 = 0.1;
/// A running drive has moved the belt after so long, if an eye sees something come.
const HAS_STARTED: Duration = Duration::from_millis(500);
/// A belt whose drive was switched off stands after so long, from any speed.
const COASTING: Duration = Duration::from_secs(5);
/// What a standing belt may be moved by hand, in millimetres.
const NUDGED_MM: f64 = 20.0;
/// Without a run signal: so many bodies, at least at two eyes, do not come to a standing belt.
const BODIES_AT_STANDSTILL: u32 = 3;
/// An eye is covered for too long after so many of the longest item: two that touch are no fault.
const LONGEST_TIMES: f64 = 3.0;
/// No item is longer than this, where the line file does not say how long the longest is, in millimetres.
const LONGEST_UNKNOWN_MM: f64 = 3000.0;
/// An eye is blind that has missed so many bodies in a row.
const MISSED: u32 = 3;
/// ... over at least this long: an encoder that stands still displaces everything, and is found first.
const MISSING: Duration = Duration::from_millis(400);
/// After a silence longer than this nobody knows how the belt went.
const SILENCE: Duration = Duration::from_millis(120);

/// What was read of the line at one time.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// When.
    pub at: Duration,
    /// The encoder's unwrapped count.
    pub count: i64,
    /// Whether the drive runs the belt; `None` where nobody says so.
    pub runs: Option<bool>,
    /// What the eyes saw since the last look.
    pub edges: &'a [Edge],
    /// Edges were lost: whether an eye is covered is not known.
    pub edges_lost: bool,
    /// Eyes tell when they are free again.
    pub trailing_edges: bool,
}

/// One eye.
#[derive(Debug)]
struct Watched {
    eye: Eye,
    /// The count at which it was covered.
    covered: Option<i64>,
    /// Bodies in a row that it has not seen, and since when.
    missed: u32,
    missed_since: Duration,
}

/// The last travel of the belt.
#[derive(Debug, Clone, Copy)]
struct Travel {
    count: i64,
    at: Duration,
    /// How long it took.
    took: Duration,
}

/// Holds the senses of one line against each other.
#[derive(Debug)]
pub struct Senses {
    mm_per_count: f64,
    nominal_mm_s: f64,
    covered_limit_mm: f64,
    eyes: Vec<Watched>,
    last_look: Option<Duration>,
    travel: Option<Travel>,
    /// Since when the drive runs or stands, and the count once the belt has come to rest.
    drive: Option<(bool, Duration)>,
    at_rest: Option<i64>,
    /// Without a run signal: bodies that came since the last travel, and the first eye that saw one.
    came: (u32, Option<Eye>, bool),
    encoder: Option<LineFault>,
    /// Where the encoder stood when it was found to stand still.
    still_at: Option<i64>,
    /// How far the belt must have travelled until what came meanwhile is told from what comes, in
    /// millimetres.
    resumed_mm: f64,
    faults: Vec<LineFault>,
}

impl Senses {
    /// The senses of this line, of which nothing is known yet.
    pub fn new(conveyor: &ConveyorSection) -> Self {
        let lanes = conveyor.diverter.iter().map(|diverter| Eye::Lane(diverter.lane));
        let mids = (1..=conveyor.mid_eye.len()).map(|number| Eye::Mid(number as u8));
        let eyes = [Eye::Entry, Eye::Exit].into_iter().chain(mids).chain(lanes);
        let longest = conveyor.longest_item_mm.map(|longest| LONGEST_TIMES * longest);
        let eyes: Vec<Watched> = eyes
            .map(|eye| Watched { eye, covered: None, missed: 0, missed_since: Duration::ZERO })
            .collect();
        Self {
            mm_per_count: conveyor.mm_per_count,
            nominal_mm_s: conveyor.nominal_speed_mm_s,
            covered_limit_mm: longest.unwrap_or(LONGEST_UNKNOWN_MM) + conveyor.slip_tolerance_mm,
            last_look: None,
            travel: None,
            drive: None,
            at_rest: None,
            came: (0, None, false),
            encoder: None,
            still_at: None,
            resumed_mm: conveyor.slip_tolerance_mm + TRAVEL as f64 * conveyor.mm_per_count,
            faults: Vec::with_capacity(2 * eyes.len() + 1),
            eyes,
        }
    }

    /// What does not tell the truth now.
    pub fn faults(&self) -> &[LineFault] {
        &self.faults
    }

    /// Whether `fault` stands.
    pub fn has(&self, fault: LineFault) -> bool {
        self.faults.contains(&fault)
    }

    /// Whether bodies can pass that nobody numbers.
    pub fn is_blind(&self) -> bool {
        self.faults.iter().any(|fault| fault.is_blind())
    }

    /// An eye should have seen a body that other eyes have seen.
    pub fn missed(&mut self, eye: Eye) {
        if let Some(watched) = self.eyes.iter_mut().find(|watched| watched.eye == eye) {
            if watched.missed == 0 {
                watched.missed_since = self.last_look.unwrap_or_default();
            }
            watched.missed += 1;
        }
    }

    /// A person has looked at the line and let it go on: what an eye has missed is past.
    pub fn reset(&mut self) {
        self.eyes.iter_mut().for_each(|watched| watched.missed = 0);
        self.judge_eyes(None);
    }

    /// The PLC was restarted: its encoder starts anew, and what its eyes see is not known.
    pub fn restart(&mut self) {
        self.travel = None;
        self.drive = None;
        self.at_rest = None;
        self.last_look = None;
        self.encoder = None;
        self.still_at = None;
        self.eyes.iter_mut().for_each(|watched| watched.covered = None);
        self.judge_eyes(None);
    }

    /// Takes one look at the line.
    pub fn look(&mut self, look: &Look<'_>) {
        let silent = self.last_look.replace(look.at).is_none_or(|last| look.at - last > SILENCE);
        self.follow_drive(look, silent);
        self.follow_belt(look, silent);
        self.encoder = self.judge_encoder(look);
        self.still_at = match self.encoder {
            Some(LineFault::EncoderStill) => self.still_at.or(Some(look.count)),
            _ => None,
        };
        for watched in &mut self.eyes {
            if look.edges_lost || !look.trailing_edges {
                watched.covered = None;
            }
            for edge in look.edges.iter().filter(|edge| edge.eye == watched.eye) {
                watched.covered = (!edge.trailing && look.trailing_edges).then_some(edge.count);
                if !edge.trailing {
                    watched.missed = 0;
                }
            }
        }
        self.judge_eyes(Some(look.count));
    }

    fn follow_drive(&mut self, look: &Look<'_>, silent: bool) {
        let known = self.drive.filter(|_| !silent);
        self.drive = look.runs.map(|runs| match known {
            Some((before, since)) if before == runs => (runs, since),
            _ => (runs, look.at),
        });
        match self.drive {
            Some((false, since)) if look.at - since >= COASTING => {
                self.at_rest.get_or_insert(look.count);
            }
            _ => self.at_rest = None,
        }
    }

    fn follow_belt(&mut self, look: &Look<'_>, silent: bool) {
        let Some(travel) = self.travel.filter(|_| !silent) else {
            self.travel = Some(Travel { count: look.count, at: look.at, took: Duration::ZERO });
            return;
        };
        if (look.count - travel.count).abs() >= TRAVEL {
            let took = look.at - travel.at;
            self.travel = Some(Travel { count: look.count, at: look.at, took });
            self.came = (0, None, false);
            return;
        }
        for edge in look.edges.iter().filter(|edge| !edge.trailing) {
            let (bodies, first, elsewhere) = self.came;
            let first = first.unwrap_or(edge.eye);
            self.came = (bodies + 1, Some(first), elsewhere || edge.eye != first);
        }
    }

    fn judge_encoder(&self, look: &Look<'_>) -> Option<LineFault> {
        let travel = self.travel?;
        let stays = self.still_at.is_some_and(|still_at| {
            (look.count - still_at).abs() as f64 * self.mm_per_count <= self.resumed_mm
        });
        match self.drive {
            Some((true, since)) => {
                let still = look.at.saturating_sub(travel.at.max(since));
                let has_started = look.at - since >= HAS_STARTED;
                let comes = look.edges.iter().any(|edge| !edge.trailing);
                let limit = if travel.at <= since {
                    let slowest = CREEPING * self.nominal_mm_s;
                    let first = TRAVEL as f64 * self.mm_per_count / slowest;
                    STARTING + Duration::from_secs_f64(first)
                } else {
                    STILL_AT_LEAST.max(travel.took * STILL_TIMES)
                };
                let is_still = still >= limit || (has_started && still >= STILL_AT_LEAST && comes);
                (is_still || stays).then_some(LineFault::EncoderStill)
            }
            Some((false, _)) => {
                let moved = self.at_rest.map(|rest| (look.count - rest).abs())?;
                let runs = moved > TRAVEL && moved as f64 * self.mm_per_count > NUDGED_MM;
                // It is over when it has stood for as long as a belt may coast.
                let goes_on = look.at - travel.at < COASTING;
                (runs && goes_on).then_some(LineFault::EncoderRuns)
            }
            None => {
                let (bodies, _, elsewhere) = self.came;
                let still = look.at.saturating_sub(travel.at);
                let is_still =
                    bodies >= BODIES_AT_STANDSTILL && elsewhere && still >= STILL_AT_LEAST;
                (is_still || stays).then_some(LineFault::EncoderStill)
            }
        }
    }

    /// Puts the faults together; `count` is where the belt stands, if that was just read.
    fn judge_eyes(&mut self, count: Option<i64>) {
        let Self { eyes, faults, mm_per_count, covered_limit_mm, last_look, .. } = self;
        for watched in eyes {
            let fault = LineFault::EyeCovered(watched.eye);
            let is_covered = match (watched.covered, count) {
                (Some(since), Some(count)) => {
                    (count - since).abs() as f64 * *mm_per_count > *covered_limit_mm
                }
                (Some(_), None) => faults.contains(&fault),
                (None, _) => false,
            };
            set(faults, fault, is_covered);
            let missing = last_look.unwrap_or_default().saturating_sub(watched.missed_since);
            let is_blind = watched.missed >= MISSED && missing >= MISSING;
            set(faults, LineFault::EyeBlind(watched.eye), is_blind);
        }
        for fault in [LineFault::EncoderStill, LineFault::EncoderRuns] {
            set(faults, fault, self.encoder == Some(fault));
        }
    }
}

/// Makes `fault` one of the `faults`, or not. They have room for all, so that nothing is allocated.
fn set(faults: &mut Vec<LineFault>, fault: LineFault, stands: bool) {
    match faults.iter().position(|known| *known == fault) {
        None if stands => faults.push(fault),
        Some(index) if !stands => {
            faults.remove(index);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
