//! Which item is where on the belt, and what becomes of it.
//!
//! * An item is born at the **entry eye**, whose edge comes with the encoder latched. From then on
//!   its **position** is the belt's travel since that edge: the encoder is the only ruler, time
//!   only predicts. **Mid-belt eyes** correct it for slip.
//! * A **verdict** goes to the PLC as soon as it comes; the PLC keeps it until its own commit
//!   point. It may be replaced until the decision; only that an item was *not* inspected never
//!   replaces that it was.
//! * The **decision** is made `decision_lead_ms` before a commit point at the present speed: the
//!   latest verdict, or else the diverter's **fall-back** with its cause. An item that a diverter
//!   lets go comes to the next one; the decision is final when it is to leave the belt, or after
//!   the last diverter. See `tracker/deciding.rs`.
//! * A **confirming eye** (the exit eye, a lane's eye) shows where the item went. The **outcome** is
//!   told when the item is past every eye, so that nothing can contradict it any more. See
//!   `tracker/seeing.rs`.
//!
//! **Slip.** An item may slide on the belt by up to `slip_tolerance_mm` between two eyes. An edge
//! that lies within this distance of one item's expected place, and of no other's, is that item's:
//! nobody else can have caused it. An edge that several items can have caused is nobody's, and
//! those items are in doubt. Order and distance are not argued with: a guess that is right nearly
//! always ships a torn box now and then.
//!
//! **Doubt.** An item that cannot be told from another one before its decision takes the fall-back
//! `ambiguous`; one that cannot be told afterwards ends with the outcome `ambiguous`.
//!
//! Each item ends in exactly one outcome. No clock, no socket here: calls bring the time, and what
//! follows is pushed to a list of [`Output`]s.

mod belt;
mod deciding;
mod firing;
mod item;
mod naming;
mod output;
mod seeing;

use std::collections::VecDeque;
use std::time::Duration;

pub use belt::{FAR, Sample};
pub use naming::Naming;
pub use output::{Delivery, Edge, Output, Stray, StrayWhy};

use crate::registers::{BlindOrder, Capabilities, Eye, PlcResult};
use belt::Belt;
use item::{Item, Place};
use line::config::{BridgeConfig, ConveyorSection, DiverterSection, PlcMode};
use line::item_code::ItemCode;
use line::protocol::{
    Action, Ambiguity, COMMIT_SHIFT, Decision, ItemEvent, ItemNumber, MOST_ITEMS, NEVER, Outcome,
    Refusal, Verdict,
};

/// What the tracker is told at each look at the PLC.
#[derive(Debug, Clone, Copy)]
pub struct Poll<'a> {
    /// Where the belt is, and when.
    pub sample: Sample,
    /// What the eyes saw since the last look, in its order.
    pub edges: &'a [Edge],
    /// Events were overwritten in the PLC before they could be read: entries may be among them.
    pub events_lost: bool,
    /// The PLC was out of contact since the last look, for longer than its heartbeat may stand
    /// still, or says so itself.
    pub was_cut_off: bool,
    /// Whether the PLC has scanned since the last look: else the sample repeats an old count.
    pub is_fresh: bool,
}

/// An item of an earlier process of the bridge that is still on the belt.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// Its number.
    pub item: ItemNumber,
    /// The PLC's id for it.
    pub acquisition: u16,
    /// The unwrapped count at the entry eye.
    pub count: i64,
    /// The same when it was numbered, before any mid-belt eye corrected it.
    pub numbered_at: i64,
    /// What the PLC has called it, and whether it has contradicted itself.
    pub code: Option<(ItemCode, bool)>,
    /// What the PLC has last confirmed to hold for it.
    pub held: Option<PlcResult>,
    /// Its decision, when that was made.
    pub decision: Option<Decision>,
    /// Where confirming eyes saw it (a lane, or 0 for the exit eye), when, and whether it alone.
    pub seen: Vec<(u8, Duration, bool)>,
}

/// The items on the belt.
#[derive(Debug)]
pub struct Tracker {
    belt: Belt,
    conveyor: ConveyorSection,
    mode: PlcMode,
    /// The time of a poll's cycle, by which an output may be late.
    cycle: Duration,
    decision_lead: Duration,
    inspector_alive: bool,
    trailing_edges: bool,
    /// In the order in which they were numbered; each stays until it is past every window.
    items: VecDeque<Item>,
    next: ItemNumber,
    last_acquisition: Option<u16>,
    entries_lost: bool,
    /// Whether the PLC stops the belt when it is asked to.
    stops_belt: bool,
    /// The count from which on every item that entered is known; `None` before the first sample.
    unknown_since: Option<i64>,
    /// An earlier process of the bridge has left its items, and the PLC was not looked at since.
    is_resumed: bool,
    /// The encoder stands still although the belt runs.
    is_adrift: bool,
    /// What the PLC does for as long as the line is blind.
    blind: BlindOrder,
    /// Edges that were taken for earlier ones seen again, the newest last.
    repeats: VecDeque<Repeat>,
    /// In `direct` mode: what covers the entry eye of a belt that ran back last.
    laid_on: Option<Edge>,
}

/// An edge that was taken for an earlier one of the same body.
#[derive(Debug, Clone, Copy)]
struct Repeat {
    eye: Eye,
    count: i64,
    at: Duration,
}

impl Tracker {
    /// An empty belt. Items are numbered from 1.
    pub fn new(config: &BridgeConfig) -> Self {
        let conveyor = &config.conveyor;
        Self {
            belt: Belt::new(conveyor.mm_per_count, conveyor.nominal_speed_mm_s),
            conveyor: conveyor.clone(),
            mode: config.plc.mode,
            cycle: Duration::from_millis(config.plc.cycle_ms.into()),
            decision_lead: Duration::from_millis(conveyor.decision_lead_ms.into()),
            inspector_alive: false,
            trailing_edges: false,
            items: VecDeque::with_capacity(MOST_ITEMS),
            next: 1,
            last_acquisition: None,
            entries_lost: false,
            stops_belt: false,
            unknown_since: None,
            is_resumed: false,
            is_adrift: false,
            blind: BlindOrder::None,
            repeats: VecDeque::with_capacity(seeing::MOST_REPEATS),
            laid_on: None,
        }
    }

    /// A belt with the items that an earlier process of the bridge left on it, when the encoder
    /// stood at `count`. Those without a decision take the fall-back, for nobody knows what was said
    /// and seen meanwhile; but those that the PLC has decided without the bridge, or that the
    /// bridge cannot surely reach any more, go as the PLC has it. Which these are is known at the
    /// next poll.
    pub fn resume(&mut self, count: i64, items: impl Iterator<Item = Remembered>) {
        self.is_resumed = true;
        for remembered in items.take(MOST_ITEMS) {
            let mut item = Item::new(remembered.item, remembered.acquisition, remembered.count);
            item.restarted = true;
            item.numbered_at = remembered.numbered_at;
            item.code = remembered.code;
            item.held = remembered.held;
            item.decision = remembered.decision;
            for (place, at, alone) in remembered.seen {
                // Where the belt stood then is not kept: as it stands now, a repeat is close.
                item.seen(Place::of(place), at, count, alone);
            }
            let position_mm = self.belt.travel_mm(item.origin, count);
            let is_behind = |diverter: &&DiverterSection| diverter.commit_point_mm < position_mm;
            let passed = self.conveyor.diverter.iter().filter(is_behind).count();
            // The last diverter decides about an item that has passed it without a decision.
            item.next_diverter = passed.min(self.conveyor.diverter.len() - 1);
            self.unknown_since = self.unknown_since.or(Some(item.origin));
            self.items.push_back(item);
        }
    }

    /// Goes on with the numbers of an earlier process: the next item's, and the last id that the PLC
    /// gave.
    pub fn count_on(&mut self, next: ItemNumber, last_acquisition: Option<u16>) {
        self.next = next;
        self.last_acquisition = last_acquisition;
    }

    /// Whether the bridge fires the diverters, and not the PLC.
    pub fn is_direct(&self) -> bool {
        self.mode == PlcMode::Direct
    }

    /// The number of the item that enters next.
    pub fn next_item(&self) -> ItemNumber {
        self.next
    }

    /// How many items still have no outcome.
    pub fn on_belt(&self) -> usize {
        self.items.len()
    }

    /// Whether inspectd is connected and its heartbeat counts: the cause of a fall-back.
    pub fn inspector(&mut self, alive: bool) {
        self.inspector_alive = alive;
    }

    /// What is done for as long as the line is blind.
    pub fn blind(&mut self, order: BlindOrder) {
        self.blind = order;
    }

    /// Whether the encoder stands still although the belt runs. Nobody knows then where the items are
    /// that are on the belt, and an edge that seems to come twice may be another body's.
    pub fn adrift(&mut self, is_adrift: bool, at: Duration, out: &mut Vec<Output>) {
        if is_adrift && !self.is_adrift {
            self.items.iter_mut().for_each(Item::set_adrift);
            self.unfold_repeats(at, out);
        }
        self.is_adrift = is_adrift;
    }

    /// What the PLC can do: without trailing edges neither length nor gap is known, and a belt that
    /// does not stop carries its item on.
    pub fn plc_can(&mut self, capabilities: Capabilities) {
        self.trailing_edges = capabilities.trailing_edges;
        self.stops_belt = capabilities.stops_belt;
    }

    /// One look at the PLC. Entries come before decisions and decisions before confirmations, so
    /// that an item that went past all of them while the PLC could not be reached is handled in
    /// the order of the belt.
    pub fn poll(&mut self, poll: &Poll<'_>, out: &mut Vec<Output>) {
        let sample = poll.sample;
        let cut_off = poll.was_cut_off || self.belt.silent_for(sample.at) > self.decision_lead;
        if poll.is_fresh {
            self.belt.push(sample);
        }
        self.unknown_since.get_or_insert(sample.count);
        self.entries_lost |= poll.events_lost;
        self.remember_laid_on(poll.edges);
        let forward = || poll.edges.iter().filter(|edge| !edge.backward);
        for edge in forward() {
            match edge.eye {
                Eye::Entry if edge.trailing => self.left_entry(sample, edge, out),
                Eye::Entry => self.enter(sample, edge, out),
                Eye::Mid(number) if !edge.trailing => self.mid_belt(sample, number, edge, out),
                Eye::Mid(_) | Eye::Exit | Eye::Lane(_) => {}
            }
        }
        self.look_for_doubt(sample.count, out);
        let reach = self.belt.reach_mm(self.decision_lead);
        let meets_again = std::mem::take(&mut self.is_resumed);
        for index in 0..self.items.len() {
            if meets_again && self.items[index].restarted {
                self.take_up(index, sample, reach, out);
            }
            self.decide_as_far_as(index, sample, reach, cut_off, out);
            self.predict(index, sample, out);
        }
        for edge in forward().filter(|edge| !edge.trailing) {
            self.confirm(sample, edge, out);
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
        let Some(index) = self.items.iter().position(|item| item.number == number) else {
            return refuse(Refusal::UnknownItem);
        };
        let item = &mut self.items[index];
        if let Err(why) = item.may_take(&verdict) {
            return refuse(why);
        }
        if let Verdict::Divert { lane: asked, .. } = verdict {
            let diverters = &self.conveyor.diverter;
            match diverters.iter().position(|diverter| diverter.lane == asked) {
                None => return refuse(Refusal::UnknownLane),
                Some(diverter) if diverter < item.next_diverter => return refuse(Refusal::TooLate),
                Some(_) => {}
            }
        }
        if item.verdict.as_ref() == Some(&verdict) {
            return;
        }
        let next = &self.conveyor.diverter[item.next_diverter];
        let (action, is_fall_back) = match &verdict {
            Verdict::Pass => (Action::Pass, false),
            Verdict::Divert { lane, .. } => (Action::Divert { lane: *lane }, false),
            Verdict::Uninspected { .. } => {
                (item::action(next.fall_back.uninspected, next.lane), true)
            }
        };
        item.verdict = Some(verdict);
        let result = item.result(action, is_fall_back);
        item.sent = Some(result);
        out.push(Output::Deliver(Delivery { item: number, handed_at: Some(at), result }));
    }

    /// The PLC has confirmed that it has a result; says whether it can still obey it.
    pub fn acknowledged(&mut self, delivery: &Delivery) -> bool {
        match self.items.iter_mut().find(|item| item.number == delivery.item) {
            Some(item) => {
                item.held = Some(delivery.result);
                true
            }
            None => false,
        }
    }

    /// A new inspectd knows no commit times: it is told all of them with the next poll.
    pub fn inspector_is_new(&mut self) {
        for item in &mut self.items {
            item.commit_told = None;
        }
    }

    /// The PLC was restarted: its encoder and its numbers start anew, so nothing is known any more
    /// about the items on the belt but where they were seen before.
    pub fn plc_restarted(&mut self, at: Duration, out: &mut Vec<Output>) {
        for item in self.items.drain(..) {
            let (outcome, at) = if item.is_seen() {
                let (outcome, seen_at) = item.outcome(self.stops_belt);
                (outcome, seen_at.unwrap_or(at))
            } else {
                (Outcome::Ambiguous { why: Ambiguity::PlcRestarted }, at)
            };
            out.push(Output::Journal(ItemEvent::Outcome { item: item.number, at, outcome }));
        }
        self.belt.clear();
        self.repeats.clear();
        self.laid_on = None;
        self.unknown_since = None;
        self.last_acquisition = None;
        self.entries_lost = false;
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

    /// Where an item stands when the encoder shows `count`, in millimetres from the entry eye.
    fn position_mm(&self, item: &Item, count: i64) -> f64 {
        self.belt.travel_mm(item.origin, count)
    }

    /// How far the item still is from its next commit point when the belt stands at `count`; past
    /// the last one, how far it has gone beyond, negative.
    fn to_commit_mm(&self, item: &Item, count: i64) -> f64 {
        let diverters = &self.conveyor.diverter;
        let next = diverters.get(item.next_diverter).or(diverters.last());
        next.map_or(f64::INFINITY, |next| next.commit_point_mm) - self.position_mm(item, count)
    }
}

#[cfg(test)]
mod tests;
