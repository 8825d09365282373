//! The judge: holds what the bridge told (its journal) against what happened to the bodies.
//!
//! **The property.** An item whose verdict the bridge followed (its decision has no fall-back) went
//! where the verdict said, or its outcome says that this is not so: `ambiguous`, `lost` or
//! `wrong_lane`. And no clear outcome (`passed`, `diverted`) is ever claimed of a body that did not
//! go there. Where the bridge did not follow the verdict, its decision says so, with a cause that
//! truly held.
//!
//! **Bodies.** Whatever an exit or lane eye has told the bridge of is accounted for: its item has an
//! outcome, or it was told as unnumbered. Bodies are counted, not numbers: what never got one counts too.
//!
//! **Codes.** A code that the bridge gives to an item is the code of the item's body.
//!
//! Besides: numbers ascend and are never used twice, seqs have no gaps, each item has one entry, at
//! most one decision and exactly one outcome, in this order; and on a line where nothing happened
//! that could make an item's way unclear, no outcome is unclear.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use line::config::{BlindFallBack, FallBack, FallBackSection};
use line::protocol::{
    Action, Ambiguity, Decision, FallBackCause, FromBridge, ItemEvent, ItemNumber, LineFault,
    Outcome, Verdict,
};
use plc_bridge::registers::{EVENT_RING, Eye, LineEvent};

use crate::codes::code_of;
use crate::inspector::instant;
use crate::scenario::{Restart, Scenario, TroubleKind};
use crate::tally::Tally;
use crate::world::{Truth, Way};

/// Events that the PLC wrote, kept for as long as the bridge may come to read them.
const TOLD_KEPT: usize = 512;

/// One numbered item, as the bridge told of it.
#[derive(Debug, Default)]
pub struct Record {
    pub body: Option<usize>,
    /// How often its code was told.
    identified: u32,
    /// What inspectd asked for and was not refused.
    pub accepted: Option<Verdict>,
    /// What stood accepted when the decision was told.
    asked: Option<Verdict>,
    decision: Option<Decision>,
    pub outcome: Option<Outcome>,
    /// The bridge that numbered it died and kept nothing.
    died: bool,
    entered_at: Duration,
    decided_at: Duration,
}

#[derive(Debug)]
pub struct Judge<'s> {
    scenario: &'s Scenario,
    told: VecDeque<(Duration, LineEvent, usize)>,
    /// By start of the bridge and item.
    pub records: BTreeMap<(usize, ItemNumber), Record>,
    boot: usize,
    last_item: ItemNumber,
    /// When the bridge had to hold inspectd for dead.
    dead: Vec<(Duration, Duration)>,
    /// What the bridge's unwrapped count is above the PLC's raw one; another one after each restart
    /// of the PLC. An inspectd that was silent reads of entries long after.
    offsets: Vec<i64>,
    /// Events that the bridge has not read yet.
    unread: VecDeque<(LineEvent, usize)>,
    /// Bodies that the bridge was told of when they left the belt.
    left: BTreeSet<usize>,
    /// Bodies that were told as unnumbered.
    unnumbered: BTreeSet<usize>,
    pub wrongs: Vec<String>,
}

impl<'s> Judge<'s> {
    pub fn new(scenario: &'s Scenario) -> Self {
        Self {
            scenario,
            told: VecDeque::new(),
            records: BTreeMap::new(),
            boot: 0,
            last_item: 0,
            dead: Vec::new(),
            offsets: Vec::new(),
            unread: VecDeque::new(),
            left: BTreeSet::new(),
            unnumbered: BTreeSet::new(),
            wrongs: Vec::new(),
        }
    }

    fn wrong(&mut self, what: String) {
        self.wrongs.push(what);
    }

    /// The PLC wrote an event that this body caused.
    pub fn told(&mut self, event: LineEvent, body: usize, ms: f64) {
        if self.told.len() == TOLD_KEPT {
            self.told.pop_front();
        }
        self.told.push_back((instant(ms), event, body));
        self.unread.push_back((event, body));
    }

    /// The bridge has read the ring of events, as far as it reaches back; what stood in it at a fresh
    /// bridge's start is passed over.
    pub fn read(&mut self, is_fresh: bool) {
        let lost =
            if is_fresh { self.unread.len() } else { self.unread.len().saturating_sub(EVENT_RING) };
        self.unread.drain(..lost);
        for (event, body) in self.unread.drain(..) {
            let leaves = matches!(event.eye, Some(Eye::Exit | Eye::Lane(_)));
            if leaves && !event.trailing && !event.backward {
                self.left.insert(body);
            }
        }
    }

    /// The PLC was switched off: what was not read is gone.
    pub fn plc_died(&mut self) {
        self.unread.clear();
    }

    /// The line's faults as the bridge tells them now.
    pub fn faults(&mut self, faults: &[LineFault], ms: f64) {
        if !faults.is_empty() && self.scenario.is_quiet() {
            self.wrong(format!("{faults:?} on a quiet line at {ms:.0} ms"));
        }
    }

    /// The bridge was restarted and kept nothing, not even what inspectd had not read.
    pub fn bridge_died(&mut self, unread: bool) {
        if unread {
            self.unnumbered.extend(&self.left);
        }
        for (_, record) in self.records.range_mut((self.boot, 0)..) {
            record.died |= record.outcome.is_none();
        }
        self.boot += 1;
        self.last_item = 0;
    }

    /// Which start of the bridge this is.
    pub fn boot(&self) -> usize {
        self.boot
    }

    /// The bridge had to hold inspectd for dead.
    pub fn inspector_was_dead(&mut self, from_ms: f64, to_ms: f64) {
        self.dead.push((instant(from_ms), instant(to_ms)));
    }

    /// What the bridge's unwrapped count is above the PLC's raw one now.
    pub fn offset(&mut self, offset: i64) {
        if self.offsets.last() != Some(&offset) {
            self.offsets.push(offset);
        }
    }

    /// The body to which the PLC has given this id at about this time; a restarted PLC gives its
    /// ids again.
    pub fn body_with(&self, acquisition: u16, at: Duration) -> Option<usize> {
        self.caused(at, |event| event.acquisition == acquisition)
    }

    /// The body whose leading edge caused such an event, nearest to this time.
    fn caused(&self, at: Duration, is_it: impl Fn(&LineEvent) -> bool) -> Option<usize> {
        let such = self.told.iter().filter(|(_, event, _)| !event.trailing && is_it(event));
        such.min_by_key(|(told_at, _, _)| told_at.abs_diff(at)).map(|(_, _, body)| *body)
    }

    /// inspectd asked for something and it was not refused.
    pub fn accepted(&mut self, item: ItemNumber, verdict: Verdict) {
        let decided = self.records.get(&(self.boot, item)).is_none_or(|r| r.decision.is_some());
        if decided {
            return self.wrong(format!("item {item}: a verdict was taken after the decision"));
        }
        if let Some(record) = self.records.get_mut(&(self.boot, item)) {
            record.accepted = Some(verdict);
        }
    }

    /// An event of the journal; gives the number and the body of an item that entered.
    pub fn event(&mut self, last: u64, message: FromBridge) -> Option<(ItemNumber, Option<usize>)> {
        let FromBridge::Event { seq, lost_before, event } = message else {
            self.wrong(format!("not an event: {message:?}"));
            return None;
        };
        if seq != last + 1 || lost_before != 0 {
            self.wrong(format!("seq {seq} after {last}, {lost_before} lost"));
        }
        if let ItemEvent::Unnumbered { eye, count, .. } = event {
            let is_it = |event: &LineEvent| {
                event.eye == Some(eye) && !event.trailing && self.was_at(event, count)
            };
            let bodies = self.told.iter().filter(|(_, event, _)| is_it(event));
            let bodies: Vec<usize> = bodies.map(|(_, _, body)| *body).collect();
            if bodies.is_empty() {
                self.wrong(format!("no body caused {event:?}"));
            }
            self.unnumbered.extend(bodies);
            return None;
        }
        let item = event.item()?;
        let key = (self.boot, item);
        match event {
            ItemEvent::Entered { count, acquisition, at, .. } => {
                if item <= self.last_item {
                    self.wrong(format!("item {item} is numbered after {}", self.last_item));
                }
                self.last_item = item;
                let body = self.body_of(count, acquisition, at);
                if body.is_none() {
                    self.wrong(format!("item {item} was numbered, but no body caused it"));
                }
                self.records.insert(key, Record { body, entered_at: at, ..Record::default() });
                return Some((item, body));
            }
            ItemEvent::Identified { code, .. } => {
                let record = self.records.entry(key).or_default();
                record.identified += 1;
                let is_its = record.body.is_some_and(|body| code_of(body) == code.as_str());
                if !is_its || record.identified > 1 || record.outcome.is_some() {
                    let record = format!("{record:?}");
                    self.wrong(format!("item {item}: it is called {code:?}; {record}"));
                }
            }
            ItemEvent::Placed { .. } | ItemEvent::Seen { .. } => {}
            ItemEvent::Delivered { .. } => {
                if self.records.get(&key).is_none_or(|record| record.accepted.is_none()) {
                    self.wrong(format!("item {item}: delivered what nobody asked"));
                }
            }
            ItemEvent::Decided { decision, at, .. } => match self.records.get_mut(&key) {
                Some(record) if record.decision.is_none() && record.outcome.is_none() => {
                    record.asked = record.accepted.clone();
                    record.decided_at = at;
                    record.decision = Some(decision);
                }
                _ => self.wrong(format!("item {item}: decided twice, late or without entry")),
            },
            ItemEvent::Outcome { outcome, .. } => match self.records.get_mut(&key) {
                Some(record) if record.outcome.is_none() => record.outcome = Some(outcome),
                _ => self.wrong(format!("item {item}: two outcomes, or one without entry")),
            },
            ItemEvent::Unnumbered { .. } => {}
        }
        None
    }

    fn body_of(&self, count: i64, acquisition: u16, at: Duration) -> Option<usize> {
        if acquisition != 0 {
            return self.body_with(acquisition, at);
        }
        let line = &self.scenario.line;
        let is_here = |event: &LineEvent| {
            let further = match event.eye {
                Some(Eye::Entry) => 0.0,
                Some(Eye::Mid(number)) => line.mids[usize::from(number) - 1] / line.mm_per_count,
                _ => return false,
            };
            self.was_at(event, count + further.round() as i64)
        };
        self.caused(at, is_here)
    }

    /// Whether an event's raw count is this unwrapped one.
    fn was_at(&self, event: &LineEvent, count: i64) -> bool {
        self.offsets.iter().any(|offset| (count - offset) as u32 == event.encoder)
    }

    /// Everything is over: gives what is wrong, the worst first.
    pub fn finish(mut self, truths: &[Truth], tally: &mut Tally) -> Vec<String> {
        let quiet = self.scenario.is_quiet();
        let mut wrongs = std::mem::take(&mut self.wrongs);
        for ((boot, item), record) in &self.records {
            tally.items += 1;
            tally.identified += u64::from(record.identified > 0);
            let name = format!("item {item} of start {boot}");
            let Some(outcome) = record.outcome else {
                if record.died {
                    tally.died += 1;
                } else {
                    wrongs.push(format!("{name}: no outcome"));
                }
                continue;
            };
            tally.outcome(outcome, quiet);
            let Some(truth) = record.body.map(|body| &truths[body]) else { continue };
            let went = format!("went {:?}, exited {}", truth.way, truth.exited);
            if let Err(why) = self.is_true(record, outcome, truth) {
                wrongs.insert(
                    0,
                    format!("{name} (body {:?}): {why}; {went}; {record:?}", record.body),
                );
            }
            let is_clear = matches!(outcome, Outcome::Passed | Outcome::Diverted { .. });
            if quiet && !is_clear {
                wrongs.push(format!("{name}: unclear on a quiet line; {went}; {record:?}"));
            }
            if let Some(decision) = &record.decision {
                tally.decision(decision);
                if let Err(why) = self.is_justified(record, decision, quiet) {
                    wrongs.push(format!("{name}: {why}; {record:?}"));
                }
            } else if is_clear {
                wrongs.push(format!("{name}: a clear outcome without a decision; {record:?}"));
            }
        }
        // inspectd ends the records of a bridge that died.
        let is_told = |record: &&Record| record.outcome.is_some() || record.died;
        let told = self.records.values().filter(is_told);
        let told: BTreeSet<usize> = told.filter_map(|record| record.body).collect();
        for body in self.left.iter().filter(|body| !told.contains(body)) {
            tally.unnumbered += 1;
            if !self.unnumbered.contains(body) {
                let truth = &truths[*body];
                wrongs.insert(0, format!("body: Some({body}) left unreported: {truth:?}"));
            }
        }
        tally.bodies += self.left.len() as u64;
        wrongs
    }

    fn is_true(
        &self,
        record: &Record,
        outcome: Outcome,
        truth: &Truth,
    ) -> Result<(), &'static str> {
        let action = record.decision.as_ref().map(|decision| decision.action);
        match outcome {
            Outcome::Passed if !truth.exited || matches!(truth.way, Way::Lane(_)) => {
                Err("it is claimed to have passed and did not")
            }
            Outcome::Diverted { lane } if truth.way != Way::Lane(lane) => {
                Err("it is claimed to be in a lane and is not")
            }
            Outcome::Passed if !matches!(action, Some(Action::Pass | Action::Stop)) => {
                Err("passed is no clear outcome of this decision")
            }
            Outcome::Diverted { lane }
                if action != Some(Action::Divert { lane }) && action != Some(Action::Stop) =>
            {
                Err("diverted is no clear outcome of this decision")
            }
            _ => Ok(()),
        }
    }

    fn is_justified(
        &self,
        record: &Record,
        decision: &Decision,
        quiet: bool,
    ) -> Result<(), &'static str> {
        let judged = match &record.asked {
            Some(Verdict::Pass) => Some(Action::Pass),
            Some(Verdict::Divert { lane, .. }) => Some(Action::Divert { lane: *lane }),
            Some(Verdict::Uninspected { .. }) | None => None,
        };
        let Some(cause) = &decision.fall_back else {
            let followed = judged == Some(decision.action);
            return if followed {
                Ok(())
            } else {
                Err("it claims to follow a verdict that was not given")
            };
        };
        let had = |wanted: fn(&TroubleKind) -> bool| {
            self.scenario.troubles.iter().any(|trouble| wanted(&trouble.kind))
        };
        let holds = match cause {
            FallBackCause::NoVerdict => judged.is_none(),
            FallBackCause::InspectorDead => {
                let (from, to) = (record.entered_at, record.decided_at);
                let was_dead = self.dead.iter().any(|dead| dead.0 <= to && dead.1 >= from);
                judged.is_none() && was_dead
            }
            FallBackCause::Uninspected { .. } => judged.is_none() && record.asked.is_some(),
            FallBackCause::Ambiguous { .. } => !quiet,
            FallBackCause::PlcLost => had(|kind| {
                matches!(
                    kind,
                    TroubleKind::WireCut | TroubleKind::PlcRestart | TroubleKind::BridgeDown
                )
            }),
            FallBackCause::BridgeRestarted => {
                self.scenario.restart == Restart::Resumed
                    && had(|kind| matches!(kind, TroubleKind::BridgeDown))
            }
        };
        if !holds {
            return Err("the cause of the fall-back did not hold");
        }
        let diverters = &self.scenario.line.diverters;
        if *cause == (FallBackCause::Ambiguous { why: Ambiguity::Blind }) {
            let first = Action::Divert { lane: diverters[0].lane };
            let is_wanted = self.scenario.line.blind == BlindFallBack::Divert;
            let holds = is_wanted && decision.action == first;
            return if holds { Ok(()) } else { Err("not what the line file wants while blind") };
        }
        let wanted: fn(&FallBackSection) -> FallBack = match cause {
            FallBackCause::NoVerdict => |all| all.late,
            FallBackCause::InspectorDead => |all| all.inspectd_dead,
            FallBackCause::Uninspected { .. } => |all| all.uninspected,
            FallBackCause::Ambiguous { .. } => |all| all.ambiguous,
            // The PLC may have held something for it.
            FallBackCause::PlcLost | FallBackCause::BridgeRestarted => return Ok(()),
        };
        // Behind a diverter that lets go, another cause may decide: there only one is looked at.
        let [only] = &diverters[..] else { return Ok(()) };
        let action = match wanted(&only.fall_back) {
            FallBack::Pass => Action::Pass,
            FallBack::Divert => Action::Divert { lane: only.lane },
            FallBack::Stop => Action::Stop,
        };
        if action == decision.action { Ok(()) } else { Err("not the fall-back of the line file") }
    }
}
