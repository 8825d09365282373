//! The decision: what happens to an item at each commit point, and on whose word.
//!
//! A diverter that lets an item go without a verdict (its fall-back is to pass) leaves the item to
//! the next one, which may have another fall-back, and a verdict may still come in between. So the
//! decision is final when the item is to leave the belt or the belt is to stop, and after the last
//! diverter. Its cause is the last fall-back that was applied, unless the item went as a verdict asks
//! that came after all.

use std::time::Duration;

use super::item::{self, Item};
use super::{Delivery, Output, Sample, Tracker};
use crate::registers::{BlindOrder, LANE_STOP, PlcResult, SOURCE_VERDICT};
use line::config::{DiverterSection, FallBack, PlcMode};
use line::protocol::{Action, Ambiguity, Decision, FallBackCause, ItemEvent, Verdict};

/// What one diverter does with an item.
struct Choice {
    action: Action,
    cause: Option<FallBackCause>,
}

impl Tracker {
    /// Makes every decision for an item whose commit point lies less than `reach` ahead.
    pub(super) fn decide_as_far_as(
        &mut self,
        index: usize,
        sample: Sample,
        reach: f64,
        was_cut_off: bool,
        out: &mut Vec<Output>,
    ) {
        while self.items[index].decision.is_none() {
            let to_commit_mm = self.to_commit_mm(&self.items[index], sample.count);
            if to_commit_mm > reach {
                return;
            }
            self.decide(index, sample.at, was_cut_off && to_commit_mm <= 0.0, out);
        }
    }

    /// What the item's next diverter does with it.
    pub(super) fn decide(
        &mut self,
        index: usize,
        at: Duration,
        was_cut_off: bool,
        out: &mut Vec<Output>,
    ) {
        let place = self.items[index].next_diverter;
        let diverter = &self.conveyor.diverter[place];
        let choice = if was_cut_off {
            self.while_cut_off(index, diverter)
        } else {
            self.choice(index, diverter)
        };
        let is_last = place + 1 == self.conveyor.diverter.len();
        let item = &mut self.items[index];
        item.next_diverter += 1;
        // A PLC that was cut off has decided by itself.
        if choice.cause.is_some() && !was_cut_off {
            let result = item.result(choice.action, true);
            tell(item, result, out);
        }
        if choice.action == Action::Pass && !is_last {
            item.let_go = choice.cause.or(item.let_go.take());
            return;
        }
        let let_go = item.let_go.take().filter(|_| !item.is_as_asked(choice.action));
        let fall_back = choice.cause.or(let_go);
        let decision = Decision { action: choice.action, fall_back };
        item.decision = Some(decision.clone());
        out.push(Output::Journal(ItemEvent::Decided { item: item.number, at, decision }));
    }

    fn choice(&self, index: usize, diverter: &DiverterSection) -> Choice {
        let item = &self.items[index];
        let policy = &diverter.fall_back;
        let by_itself = |fall_back, cause| Choice {
            action: item::action(fall_back, diverter.lane),
            cause: Some(cause),
        };
        if self.blind == BlindOrder::Divert && item.next_diverter == 0 {
            let why = Ambiguity::Blind;
            return by_itself(FallBack::Divert, FallBackCause::Ambiguous { why });
        }
        if item.restarted {
            return by_itself(policy.uninspected, FallBackCause::BridgeRestarted);
        }
        if let Some(why) = item.doubt {
            return by_itself(policy.ambiguous, FallBackCause::Ambiguous { why });
        }
        let choice = match &item.verdict {
            Some(Verdict::Divert { lane, .. }) if *lane == diverter.lane => {
                Choice { action: Action::Divert { lane: *lane }, cause: None }
            }
            Some(Verdict::Pass | Verdict::Divert { .. }) => {
                Choice { action: Action::Pass, cause: None }
            }
            Some(Verdict::Uninspected { cause }) => {
                by_itself(policy.uninspected, FallBackCause::Uninspected { why: cause.clone() })
            }
            None if self.inspector_alive => by_itself(policy.late, FallBackCause::NoVerdict),
            None => by_itself(policy.inspectd_dead, FallBackCause::InspectorDead),
        };
        if self.is_torn_from_the_one_before(item, choice.action, diverter.lane) {
            let why = Ambiguity::TooClose;
            return by_itself(policy.ambiguous, FallBackCause::Ambiguous { why });
        }
        choice
    }

    /// Whether the item follows another too closely for this diverter to treat them differently.
    fn is_torn_from_the_one_before(&self, item: &Item, action: Action, lane: u8) -> bool {
        let goes = action == Action::Divert { lane };
        item.close_to
            .and_then(|number| self.items.iter().find(|other| other.number == number))
            .is_some_and(|before| before.goes_into(lane) != goes)
    }

    /// What the PLC did by itself with an item that came to its commit point while the PLC and the
    /// bridge did not hear each other: what it held for the item, or what it was told beforehand.
    fn while_cut_off(&self, index: usize, diverter: &DiverterSection) -> Choice {
        let item = &self.items[index];
        let Some(held) = item.held else {
            let action = item::action(diverter.fall_back.plc_lost, diverter.lane);
            return Choice { action, cause: Some(FallBackCause::PlcLost) };
        };
        let action = match held.lane {
            LANE_STOP => Action::Stop,
            lane if lane == u16::from(diverter.lane) => Action::Divert { lane: diverter.lane },
            _ => Action::Pass,
        };
        let is_verdict = held.source == SOURCE_VERDICT && self.mode == PlcMode::Mailbox;
        let wished = self.choice(index, diverter);
        let cause = match item.restarted {
            true if is_verdict => None,
            true => Some(FallBackCause::BridgeRestarted),
            false if wished.action == action => wished.cause,
            false => Some(FallBackCause::PlcLost),
        };
        Choice { action, cause }
    }

    /// An item that an earlier process of the bridge has left, at the first look at the PLC. One
    /// that is within `reach` of its commit point is the PLC's: a result could come too late, and
    /// the record would tell of a fall-back that nobody applied. The PLC is told nothing then, so
    /// that it does what it holds. In `direct` mode the bridge itself decides until the commit
    /// point. Any other item takes the fall-back.
    pub(super) fn take_up(
        &mut self,
        index: usize,
        sample: Sample,
        reach: f64,
        out: &mut Vec<Output>,
    ) {
        let is_decided = self.items[index].decision.is_some();
        let reach = if self.mode == PlcMode::Mailbox { reach } else { 0.0 };
        while self.items[index].decision.is_none()
            && self.to_commit_mm(&self.items[index], sample.count) <= reach
        {
            self.decide(index, sample.at, true, out);
        }
        if is_decided || self.items[index].decision.is_none() {
            self.tell_fall_back(index, out);
        }
    }

    /// Tells the PLC the fall-back of an item that is not inspected any more, ahead of its commit
    /// point.
    fn tell_fall_back(&mut self, index: usize, out: &mut Vec<Output>) {
        let item = &self.items[index];
        let Some(diverter) = self.conveyor.diverter.get(item.next_diverter) else { return };
        let result = match &item.decision {
            None => item.result(self.choice(index, diverter).action, true),
            // It was the PLC's own.
            Some(decision) if decision.fall_back == Some(FallBackCause::PlcLost) => return,
            Some(decision) => item.result(decision.action, decision.fall_back.is_some()),
        };
        tell(&mut self.items[index], result, out);
    }
}

/// Sends the PLC a result of the bridge's own, unless it was sent the same already.
fn tell(item: &mut Item, result: PlcResult, out: &mut Vec<Output>) {
    if item.sent != Some(result) {
        item.sent = Some(result);
        out.push(Output::Deliver(Delivery { item: item.number, handed_at: None, result }));
    }
}
