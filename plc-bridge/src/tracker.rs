//! Which item is where on the belt, and what becomes of it.
//!
//! * An item is born at the **entry eye**, whose edge comes with the encoder latched. From then on
//!   its **position** is the belt's travel since that edge: the encoder is the only ruler, time
//!   only predicts.
//! * A **verdict** goes to the PLC as soon as it comes; the PLC keeps it until its own commit
//!   point. It may be replaced until the decision; only that an item was *not* inspected never
//!   replaces that it was.
//! * The **decision** is made `decision_lead_ms` before the commit point at the present speed: the
//!   latest verdict, or else the diverter's **fall-back** with its cause. A fall-back goes to the
//!   PLC too.
//! * A **confirming eye** (the exit eye, a lane's eye) says where the item went: the **outcome**.
//!
//! **Slip.** An item may slide on the belt. Its positions are not corrected for it: an edge at a
//! confirming eye is matched within `slip_tolerance_mm` of where the encoder expects the item.
//!
//! **Which item an edge belongs to.** The nearest by expectation, among all items, including those
//! that have their outcome already: an edge nearest to such an item is a second edge of that one
//! and is not handed on to its neighbour. Where windows of neighbours overlap, the nearest must be
//! at least [`CLEARLY_NEARER`] times as near as the next one; else the edge is given to nobody,
//! and the items end as lost rather than guessed. An edge that belongs to nobody is **stray** and
//! is reported.
//!
//! Each item ends in exactly one outcome. No clock, no socket here: calls bring the time, and what
//! follows is pushed to a list of [`Output`]s.

mod belt;

use std::collections::VecDeque;
use std::time::Duration;

pub use belt::{FAR, Sample};

use crate::config::{ConveyorSection, DiverterSection, FallBack};
use crate::protocol::{
    Action, COMMIT_SHIFT, Decision, FallBackCause, ItemEvent, ItemNumber, MOST_ITEMS, NEVER,
    Outcome, Refusal, Verdict,
};
use crate::registers::{Eye, PlcResult, SOURCE_FALL_BACK, SOURCE_VERDICT, reason_bits};
use belt::Belt;

/// How many times nearer than the next item an edge must be to the item it is given to. At 2, an
/// item may slip by a third of the distance to its neighbour.
pub const CLEARLY_NEARER: f64 = 2.0;

/// An eye saw the leading edge of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Which eye.
    pub eye: Eye,
    /// The PLC's id for the item; 0 at other eyes than the entry eye.
    pub acquisition: u16,
    /// The encoder, latched at the edge and unwrapped.
    pub count: i64,
}

/// What follows from what was told to the tracker.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Something happened to an item; goes to the journal.
    Journal(ItemEvent),
    /// A result for the PLC.
    Deliver(Delivery),
    /// An item's decision is now expected at another time than inspectd was told.
    CommitAt {
        /// The item.
        item: ItemNumber,
        /// When.
        commit_at: Duration,
    },
    /// A verdict that was not taken.
    Refused {
        /// The item it was for.
        item: ItemNumber,
        /// Why.
        why: Refusal,
    },
    /// An edge that belongs to no item.
    Stray(Stray),
}

/// A result on its way to the PLC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The item.
    pub item: ItemNumber,
    /// When inspectd handed the verdict over; `None` for a fall-back that the bridge chose.
    pub handed_at: Option<Duration>,
    /// What the PLC is told.
    pub result: PlcResult,
}

/// An edge that belongs to no item, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// Where it was seen.
    pub eye: Eye,
    /// The unwrapped count at the edge.
    pub count: i64,
    /// Why it was given to nobody.
    pub why: StrayWhy,
}

/// Why an edge was given to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrayWhy {
    /// No item was expected there: added by hand, or on the belt before the bridge started.
    NobodyExpected,
    /// The item expected there has its outcome already.
    SeenAlready(ItemNumber),
    /// Two items are about as near.
    Ambiguous(ItemNumber, ItemNumber),
    /// The line file has no such lane.
    UnknownLane,
}

/// Where a confirming eye stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Exit,
    Lane(u8),
}

#[derive(Debug)]
struct Item {
    number: ItemNumber,
    acquisition: u16,
    entry_count: i64,
    /// The commit time that inspectd knows; `None` when it must be told.
    commit_told: Option<Duration>,
    verdict: Option<Verdict>,
    decision: Option<Decision>,
    outcome: Option<Outcome>,
}

/// The items on the belt.
#[derive(Debug)]
pub struct Tracker {
    belt: Belt,
    diverter: DiverterSection,
    exit_eye_mm: f64,
    slip_tolerance_mm: f64,
    decision_lead: Duration,
    inspector_alive: bool,
    /// In the order in which they entered; each stays until it is past every window.
    items: VecDeque<Item>,
    next: ItemNumber,
}

impl Tracker {
    /// An empty belt. Items are numbered from 1.
    pub fn new(conveyor: &ConveyorSection) -> Self {
        let diverter =
            conveyor.diverter.first().expect("the line file is checked to have one diverter");
        Self {
            belt: Belt::new(conveyor.mm_per_count, conveyor.nominal_speed_mm_s),
            diverter: diverter.clone(),
            exit_eye_mm: conveyor.exit_eye_mm,
            slip_tolerance_mm: conveyor.slip_tolerance_mm,
            decision_lead: Duration::from_millis(conveyor.decision_lead_ms.into()),
            inspector_alive: false,
            items: VecDeque::new(),
            next: 1,
        }
    }

    /// How many items still have no outcome.
    pub fn on_belt(&self) -> usize {
        self.items.iter().filter(|item| item.outcome.is_none()).count()
    }

    /// Whether inspectd is connected and its heartbeat counts: the cause of a fall-back.
    pub fn inspector(&mut self, alive: bool) {
        self.inspector_alive = alive;
    }

    /// One look at the PLC: the belt is at `sample`, and `edges` were seen since the last look, in
    /// their order. Decisions come before confirmations, so that an item that went past both
    /// while the PLC could not be reached is handled in the order of the belt.
    pub fn poll(&mut self, sample: Sample, edges: &[Edge], out: &mut Vec<Output>) {
        self.belt.push(sample);
        for edge in edges.iter().filter(|edge| edge.eye == Eye::Entry) {
            self.enter(sample, edge, out);
        }
        let reach = self.belt.reach_mm(self.decision_lead);
        for index in 0..self.items.len() {
            if self.to_commit_mm(&self.items[index], sample.count) <= reach {
                self.decide(index, sample.at, out);
            } else {
                self.predict(index, sample, out);
            }
        }
        for edge in edges {
            match edge.eye {
                Eye::Entry => {}
                Eye::Exit => self.confirm(sample, Seen::Exit, self.exit_eye_mm, edge, out),
                Eye::Lane(lane) if lane == self.diverter.lane => {
                    self.confirm(sample, Seen::Lane(lane), self.diverter.lane_eye_mm, edge, out);
                }
                Eye::Lane(_) => out.push(stray(edge, StrayWhy::UnknownLane)),
            }
        }
        self.leave(sample, out);
    }

    /// inspectd asks for something.
    pub fn verdict(
        &mut self,
        at: Duration,
        number: ItemNumber,
        verdict: Verdict,
        out: &mut Vec<Output>,
    ) {
        let mut refuse = |why| out.push(Output::Refused { item: number, why });
        let Some(item) = self.items.iter_mut().find(|item| item.number == number) else {
            return refuse(Refusal::UnknownItem);
        };
        if item.decision.is_some() {
            return refuse(Refusal::TooLate);
        }
        if matches!(&verdict, Verdict::Divert { lane, .. } if *lane != self.diverter.lane) {
            return refuse(Refusal::UnknownLane);
        }
        if item.verdict.as_ref() == Some(&verdict) {
            return;
        }
        let is_judged = matches!(item.verdict, Some(Verdict::Pass | Verdict::Divert { .. }));
        if is_judged && matches!(verdict, Verdict::Uninspected { .. }) {
            return refuse(Refusal::JudgedAlready);
        }
        let result = match &verdict {
            Verdict::Pass => result(item.acquisition, Action::Pass, 0, SOURCE_VERDICT),
            Verdict::Divert { lane, reasons } => {
                let action = Action::Divert { lane: *lane };
                result(item.acquisition, action, reason_bits(reasons), SOURCE_VERDICT)
            }
            Verdict::Uninspected { .. } => {
                result(item.acquisition, fall_back(&self.diverter), 0, SOURCE_FALL_BACK)
            }
        };
        item.verdict = Some(verdict);
        out.push(Output::Deliver(Delivery { item: number, handed_at: Some(at), result }));
    }

    /// A new inspectd knows no commit times: it is told all of them with the next poll.
    pub fn inspector_is_new(&mut self) {
        for item in &mut self.items {
            item.commit_told = None;
        }
    }

    /// The PLC was restarted: its encoder and its numbers start anew, so nothing is known any more
    /// about the items on the belt. They end as lost, without a decision where none was made.
    pub fn plc_restarted(&mut self, at: Duration, out: &mut Vec<Output>) {
        for item in &mut self.items {
            end(item, at, Outcome::Lost, out);
        }
        self.items.clear();
        self.belt.clear();
    }

    fn enter(&mut self, sample: Sample, edge: &Edge, out: &mut Vec<Output>) {
        if self.items.len() == MOST_ITEMS
            && let Some(mut oldest) = self.items.pop_front()
        {
            end(&mut oldest, sample.at, Outcome::Lost, out);
        }
        let mut item = Item {
            number: self.next,
            acquisition: edge.acquisition,
            entry_count: edge.count,
            commit_told: None,
            verdict: None,
            decision: None,
            outcome: None,
        };
        self.next += 1;
        let commit_at = self.commit_at(&item, sample);
        item.commit_told = Some(commit_at);
        out.push(Output::Journal(ItemEvent::Entered {
            item: item.number,
            at: self.belt.time_of(edge.count),
            count: edge.count,
            commit_at,
        }));
        self.items.push_back(item);
    }

    /// When the decision for an item is expected.
    fn commit_at(&self, item: &Item, sample: Sample) -> Duration {
        match self.belt.time_for(self.to_commit_mm(item, sample.count)) {
            FAR => NEVER,
            left => sample.at + left.saturating_sub(self.decision_lead),
        }
    }

    /// Tells when the decision for an item is expected, if that has changed.
    fn predict(&mut self, index: usize, sample: Sample, out: &mut Vec<Output>) {
        let commit_at = self.commit_at(&self.items[index], sample);
        let item = &mut self.items[index];
        let is_news = item.commit_told.is_none_or(|told| told.abs_diff(commit_at) > COMMIT_SHIFT);
        if item.decision.is_none() && is_news {
            item.commit_told = Some(commit_at);
            out.push(Output::CommitAt { item: item.number, commit_at });
        }
    }

    /// Makes the decision for an item, if it has none.
    fn decide(&mut self, index: usize, at: Duration, out: &mut Vec<Output>) {
        let item = &mut self.items[index];
        if item.decision.is_some() {
            return;
        }
        let by_itself =
            |cause| Decision { action: fall_back(&self.diverter), fall_back: Some(cause) };
        let decision = match &item.verdict {
            Some(Verdict::Pass) => Decision { action: Action::Pass, fall_back: None },
            Some(Verdict::Divert { lane, .. }) => {
                Decision { action: Action::Divert { lane: *lane }, fall_back: None }
            }
            Some(Verdict::Uninspected { cause }) => {
                by_itself(FallBackCause::Uninspected { why: cause.clone() })
            }
            None if self.inspector_alive => by_itself(FallBackCause::NoVerdict),
            None => by_itself(FallBackCause::InspectorDead),
        };
        if item.verdict.is_none() {
            // The PLC holds nothing yet for this item.
            out.push(Output::Deliver(Delivery {
                item: item.number,
                handed_at: None,
                result: result(item.acquisition, decision.action, 0, SOURCE_FALL_BACK),
            }));
        }
        item.decision = Some(decision.clone());
        out.push(Output::Journal(ItemEvent::Decided { item: item.number, at, decision }));
    }

    fn confirm(
        &mut self,
        sample: Sample,
        seen: Seen,
        eye_mm: f64,
        edge: &Edge,
        out: &mut Vec<Output>,
    ) {
        let index = match self.nearest(eye_mm, edge.count) {
            Ok(index) => index,
            Err(why) => return out.push(stray(edge, why)),
        };
        // Slip may bring an item here before the encoder has it at the commit point.
        self.decide(index, sample.at, out);
        let item = &mut self.items[index];
        let decided = item.decision.as_ref().map(|decision| decision.action);
        let decided = decided.expect("a decision was made just above");
        let outcome = match (decided, seen) {
            (Action::Pass, Seen::Exit) => Outcome::Passed,
            (Action::Divert { lane }, Seen::Lane(seen)) if lane == seen => {
                Outcome::Diverted { lane }
            }
            (Action::Pass | Action::Divert { .. }, Seen::Lane(seen)) => Outcome::WrongLane { seen },
            (Action::Divert { .. }, Seen::Exit) => Outcome::WrongLane { seen: 0 },
        };
        end(item, self.belt.time_of(edge.count), outcome, out);
    }

    /// The item to which an edge at `eye_mm` with this count belongs.
    fn nearest(&self, eye_mm: f64, count: i64) -> Result<usize, StrayWhy> {
        let mut nearest: Option<(usize, f64)> = None;
        let mut next: Option<(usize, f64)> = None;
        for (index, item) in self.items.iter().enumerate() {
            let off = (self.belt.travel_mm(item.entry_count, count) - eye_mm).abs();
            if off > self.slip_tolerance_mm {
                continue;
            }
            if nearest.is_none_or(|(_, least)| off < least) {
                next = nearest.replace((index, off));
            } else if next.is_none_or(|(_, least)| off < least) {
                next = Some((index, off));
            }
        }
        let (index, off) = nearest.ok_or(StrayWhy::NobodyExpected)?;
        let item = &self.items[index];
        match next {
            Some((other, other_off)) if other_off < off * CLEARLY_NEARER => {
                Err(StrayWhy::Ambiguous(item.number, self.items[other].number))
            }
            _ if item.outcome.is_some() => Err(StrayWhy::SeenAlready(item.number)),
            _ => Ok(index),
        }
    }

    /// Gives up items that are past every window, and forgets those that have their outcome.
    fn leave(&mut self, sample: Sample, out: &mut Vec<Output>) {
        let end_mm = self.exit_eye_mm.max(self.diverter.lane_eye_mm) + self.slip_tolerance_mm;
        let belt = &self.belt;
        self.items.retain_mut(|item| {
            let gone = belt.travel_mm(item.entry_count, sample.count) > end_mm;
            if gone {
                end(item, sample.at, Outcome::Lost, out);
            }
            !gone
        });
    }

    /// How far the item still is from the commit point when the belt stands at `count`.
    fn to_commit_mm(&self, item: &Item, count: i64) -> f64 {
        self.diverter.commit_point_mm - self.belt.travel_mm(item.entry_count, count)
    }
}

/// Ends an item that has no outcome yet; one that has keeps it.
fn end(item: &mut Item, at: Duration, outcome: Outcome, out: &mut Vec<Output>) {
    if item.outcome.is_none() {
        item.outcome = Some(outcome);
        out.push(Output::Journal(ItemEvent::Outcome { item: item.number, at, outcome }));
    }
}

fn fall_back(diverter: &DiverterSection) -> Action {
    match diverter.fall_back {
        FallBack::Pass => Action::Pass,
        FallBack::Divert => Action::Divert { lane: diverter.lane },
    }
}

fn result(acquisition: u16, action: Action, reasons: u16, source: u16) -> PlcResult {
    let lane = match action {
        Action::Pass => 0,
        Action::Divert { lane } => lane.into(),
    };
    PlcResult { acquisition, lane, reasons, source }
}

fn stray(edge: &Edge, why: StrayWhy) -> Output {
    Output::Stray(Stray { eye: edge.eye, count: edge.count, why })
}

#[cfg(test)]
mod tests;
