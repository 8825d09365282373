//! What the eyes see: items that enter, their length and gap, their place at the mid-belt eyes, and
//! where they went.

use std::time::Duration;

use super::item::{Item, Place, place};
use super::{Edge, Output, Repeat, Sample, Stray, StrayWhy, Tracker};
use crate::registers::Eye;
use crate::wrap::acquisitions_between;
use line::config::PlcMode;
use line::protocol::{Action, Ambiguity, ItemEvent, MOST_ITEMS, Outcome, UnnumberedWhy};

/// Edges of an item at one eye this close to each other are one and the same, seen again by a belt
/// that trembles or an eye that chatters, in millimetres.
const SAME_EDGE_MM: f64 = 10.0;

/// How long before an encoder is found to stand still a repeat may have been another body.
const UNFOLDED: Duration = Duration::from_secs(3);
/// Edges remembered that were taken for earlier ones.
pub(super) const MOST_REPEATS: usize = 16;

/// Which items an edge can belong to.
enum Owner {
    Nobody,
    One(usize),
    Several(usize, usize),
}

impl Tracker {
    /// The leading edge of an item at the entry eye.
    pub(super) fn enter(&mut self, sample: Sample, edge: &Edge, out: &mut Vec<Output>) {
        if let Some(item) = self.seen_again_at_entry(edge) {
            item.origin = edge.count;
            item.leading = edge.count;
            item.backed_out = false;
            return self.repeated(sample, edge, out);
        }
        self.make_up_for_lost_entries(sample, edge, out);
        let min_gap_mm = self.conveyor.min_gap_mm;
        let before = self.items.iter().find(|before| {
            let end = before.trailing.unwrap_or(before.leading);
            self.belt.travel_mm(end, edge.count).abs() < min_gap_mm
        });
        let close_to = before.map(|before| before.number);
        let is_given_twice = self.doubt_same_id(edge.acquisition);
        let index = self.number(sample, edge, edge.count, out);
        if is_given_twice {
            self.items[index].doubt(Ambiguity::Overlap);
        }
        self.items[index].close_to = close_to;
        if self.is_adrift {
            self.items[index].set_adrift();
        }
    }

    /// The item that the belt has carried back over the entry eye and forth again. Such an item
    /// keeps its acquisition id; in `direct` mode, where nobody else numbers items, it is known by
    /// its place.
    fn seen_again_at_entry(&mut self, edge: &Edge) -> Option<&mut Item> {
        let (belt, tolerance_mm) = (&self.belt, self.conveyor.slip_tolerance_mm);
        let (id, by_place) = (edge.acquisition, self.mode == PlcMode::Direct);
        self.items.iter_mut().find(|item| {
            let is_here = belt.travel_mm(item.origin, edge.count).abs() <= tolerance_mm;
            let may_be = is_here || item.backed_out;
            (id != 0 && item.acquisition == id && may_be)
                || (by_place && item.backed_out && is_here)
        })
    }

    /// Whether another item has this id: which of them a result is for cannot be told.
    fn doubt_same_id(&mut self, id: u16) -> bool {
        let mut is_given_twice = false;
        for item in self.items.iter_mut().filter(|item| id != 0 && item.acquisition == id) {
            item.doubt(Ambiguity::Overlap);
            is_given_twice = true;
        }
        is_given_twice
    }

    /// Entries that the PLC's ring has lost: their ids are missing. Where they are is not known.
    fn make_up_for_lost_entries(&mut self, sample: Sample, edge: &Edge, out: &mut Vec<Output>) {
        let (Some(last), true) = (self.last_acquisition, self.entries_lost) else { return };
        self.entries_lost = false;
        let missing = acquisitions_between(last, edge.acquisition);
        // More would be a PLC that counts otherwise.
        if missing.len() > MOST_ITEMS {
            return;
        }
        for acquisition in missing {
            let unseen = Edge { acquisition, ..*edge };
            let index = self.number(sample, &unseen, edge.count, out);
            self.items[index].doubt(Ambiguity::Found);
            while self.items[index].decision.is_none() {
                self.decide(index, sample.at, false, out);
            }
            if let Some(item) = self.items.remove(index) {
                let outcome = Outcome::Ambiguous { why: Ambiguity::Found };
                let item = item.number;
                out.push(Output::Journal(ItemEvent::Outcome { item, at: sample.at, outcome }));
            }
        }
    }

    /// Gives a new item its number; its leading edge stood at the entry eye at `origin`.
    fn number(&mut self, sample: Sample, edge: &Edge, origin: i64, out: &mut Vec<Output>) -> usize {
        if self.items.len() == MOST_ITEMS
            && let Some(oldest) = self.items.pop_front()
        {
            let (item, outcome) = (oldest.number, Outcome::Lost);
            out.push(Output::Journal(ItemEvent::Outcome { item, at: sample.at, outcome }));
        }
        if edge.acquisition != 0 {
            self.last_acquisition = Some(edge.acquisition);
        }
        let mut item = Item::new(self.next, edge.acquisition, origin);
        item.numbered_at = edge.count;
        self.next += 1;
        let commit_at = self.commit_at(&item, sample);
        item.commit_told = Some(commit_at);
        out.push(Output::Journal(ItemEvent::Entered {
            item: item.number,
            at: self.belt.time_of(edge.count),
            count: origin,
            acquisition: edge.acquisition,
            commit_at,
        }));
        self.items.push_back(item);
        self.items.len() - 1
    }

    /// What covers the entry eye of a belt that ran back last: laid on while it stood, or carried
    /// back. Which of them shows when the belt carries it on.
    pub(super) fn remember_laid_on(&mut self, edges: &[Edge]) {
        if self.mode != PlcMode::Direct {
            // The PLC numbers what enters, by the same rule.
            return;
        }
        for edge in edges.iter().filter(|edge| edge.eye == Eye::Entry && edge.acquisition == 0) {
            self.laid_on = (edge.backward && !edge.trailing)
                .then_some(*edge)
                .or_else(|| self.laid_on.filter(|_| edge.trailing && !edge.backward));
        }
    }

    /// The trailing edge of an item at the entry eye.
    pub(super) fn left_entry(&mut self, sample: Sample, edge: &Edge, out: &mut Vec<Output>) {
        if let Some(laid_on) = self.laid_on.take() {
            let is_known = self.items.iter().any(|item| {
                let from_mm = self.belt.travel_mm(item.leading, laid_on.count);
                item.backed_out || from_mm.abs() <= self.conveyor.slip_tolerance_mm
            });
            if !is_known {
                self.enter(sample, &Edge { backward: false, ..laid_on }, out);
            }
        }
        let (belt, longest_mm) = (&self.belt, self.conveyor.longest_mm());
        let id = edge.acquisition;
        let Some(item) = self.items.iter_mut().rev().find(|item| item.acquisition == id) else {
            return;
        };
        item.trailing = Some(edge.count);
        if longest_mm.is_some_and(|longest| belt.travel_mm(item.leading, edge.count) > longest) {
            item.doubt(Ambiguity::TooLong);
        }
    }

    /// The leading edge of something at a mid-belt eye.
    pub(super) fn mid_belt(
        &mut self,
        sample: Sample,
        number: u8,
        edge: &Edge,
        out: &mut Vec<Output>,
    ) {
        let eye = usize::from(number).wrapping_sub(1);
        let Some(mid) = self.conveyor.mid_eye.get(eye) else {
            return out.push(stray(edge, StrayWhy::UnknownEye));
        };
        let mid_counts = (mid.position_mm / self.conveyor.mm_per_count).round() as i64;
        let is_new_to_the_plc = edge.acquisition != 0;
        match self.owner(mid.position_mm, edge.count) {
            Owner::One(index) if !is_new_to_the_plc => {
                let belt = &self.belt;
                let item = &mut self.items[index];
                let is_another = item.mid_seen[eye]
                    .is_some_and(|seen| belt.travel_mm(seen, edge.count).abs() > SAME_EDGE_MM);
                let is_repeat = item.mid_seen[eye].is_some() && !is_another;
                if is_another {
                    item.doubt(Ambiguity::Overlap);
                }
                item.mid_seen[eye] = Some(edge.count);
                item.origin = edge.count - mid_counts;
                let (item, count) = (item.number, item.origin);
                out.push(Output::Journal(ItemEvent::Placed { item, count }));
                if is_repeat {
                    self.repeated(sample, edge, out);
                }
            }
            Owner::Nobody if is_new_to_the_plc || self.mode == PlcMode::Direct => {
                let index = self.number(sample, edge, edge.count - mid_counts, out);
                let item = &mut self.items[index];
                item.doubt(Ambiguity::Found);
                // The eyes before have not seen it, and that is known.
                item.mid_seen[..=eye].fill(Some(edge.count));
                if self.is_adrift {
                    item.set_adrift();
                }
                if self.why_unnumbered(edge.count, mid_counts) == UnnumberedWhy::NotSeenAtEntry {
                    out.push(Output::Missed(Eye::Entry));
                }
            }
            Owner::Nobody => self.unnumbered(edge, mid_counts, out),
            Owner::One(index) => self.items[index].doubt(Ambiguity::Overlap),
            Owner::Several(one, other) => {
                self.in_windows(mid.position_mm, edge.count, |item| item.doubt(Ambiguity::Overlap));
                let (one, other) = (self.items[one].number, self.items[other].number);
                out.push(stray(edge, StrayWhy::Overlap(one, other)));
            }
        }
    }

    /// Items that are not where they should be: carried back and not seen again, not seen at a
    /// mid-belt eye, or covering the entry eye for too long.
    pub(super) fn look_for_doubt(&mut self, count: i64, out: &mut Vec<Output>) {
        let (belt, conveyor) = (&self.belt, &self.conveyor);
        let (tolerance_mm, longest_mm) = (conveyor.slip_tolerance_mm, conveyor.longest_mm());
        let entered = self.items.iter().rfind(|item| item.doubt != Some(Ambiguity::Found));
        let newest = entered.map(|item| item.number);
        for item in &mut self.items {
            let position_mm = belt.travel_mm(item.origin, count);
            // A belt that stands still with an item's edge at the eye may tremble there.
            if position_mm < -SAME_EDGE_MM {
                item.backed_out = true;
            } else if item.backed_out && position_mm > tolerance_mm {
                item.doubt(Ambiguity::Unseen);
            }
            for (eye, eye_mm) in conveyor.mid_eye.iter().map(|eye| eye.position_mm).enumerate() {
                if position_mm < eye_mm - tolerance_mm {
                    item.mid_seen[eye] = None;
                } else if position_mm > eye_mm + tolerance_mm && item.mid_seen[eye].is_none() {
                    item.doubt(Ambiguity::Unseen);
                    // It is told once.
                    item.mid_seen[eye] = Some(item.leading);
                    if !item.is_adrift && !item.restarted {
                        out.push(Output::Missed(Eye::Mid(eye as u8 + 1)));
                    }
                }
            }
            let is_under_the_eye = self.trailing_edges && item.trailing.is_none();
            if is_under_the_eye
                && Some(item.number) == newest
                && longest_mm.is_some_and(|longest| belt.travel_mm(item.leading, count) > longest)
            {
                item.doubt(Ambiguity::TooLong);
            }
        }
    }

    /// The leading edge of something at a confirming eye.
    pub(super) fn confirm(&mut self, sample: Sample, edge: &Edge, out: &mut Vec<Output>) {
        let Some(place) = place(edge.eye) else { return };
        let Some(eye_mm) = self.confirming_eye_mm(edge.eye) else {
            return out.push(stray(edge, StrayWhy::UnknownEye));
        };
        match self.owner(eye_mm, edge.count) {
            Owner::Nobody => {
                let counts = (eye_mm / self.conveyor.mm_per_count).round() as i64;
                self.unnumbered(edge, counts, out);
            }
            Owner::One(index) => {
                // Slip may bring an item here before the encoder has it at the commit point.
                while self.items[index].decision.is_none() {
                    self.decide(index, sample.at, false, out);
                }
                let at = self.belt.time_of(edge.count);
                let before = self.items[index].seen_at(place);
                match before.map(|before| self.belt.travel_mm(before, edge.count).abs()) {
                    // Where such an item is nobody knows: it may be another body.
                    _ if self.items[index].is_adrift => {
                        let why = UnnumberedWhy::EncoderStill;
                        out.push(unnumbered(at, (edge.eye, edge.count), why));
                    }
                    None => see(&mut self.items[index], place, at, edge.count, true, out),
                    Some(apart) if apart <= SAME_EDGE_MM => self.repeated(sample, edge, out),
                    Some(_) => {
                        self.items[index].stands_beside_another();
                        let why = UnnumberedWhy::BesideAnother;
                        out.push(unnumbered(at, (edge.eye, edge.count), why));
                    }
                }
            }
            Owner::Several(one, other) => {
                let at = self.belt.time_of(edge.count);
                let count = edge.count;
                self.in_windows(eye_mm, count, |item| see(item, place, at, count, false, out));
                if self.items[one].is_adrift || self.items[other].is_adrift {
                    let why = UnnumberedWhy::EncoderStill;
                    out.push(unnumbered(at, (edge.eye, count), why));
                }
                let (one, other) = (self.items[one].number, self.items[other].number);
                out.push(stray(edge, StrayWhy::Overlap(one, other)));
            }
        }
    }

    /// Tells the outcome of the items that are past every window, and forgets them.
    pub(super) fn leave(&mut self, sample: Sample, out: &mut Vec<Output>) {
        let conveyor = &self.conveyor;
        let lanes = conveyor.diverter.iter().map(|diverter| diverter.lane_eye_mm);
        let end_mm = lanes.fold(conveyor.exit_eye_mm, f64::max) + conveyor.slip_tolerance_mm;
        let (belt, stops_belt) = (&self.belt, self.stops_belt);
        self.items.retain(|item| {
            let is_past = belt.travel_mm(item.origin, sample.count) > end_mm;
            if is_past {
                let (outcome, seen_at) = item.outcome(stops_belt);
                if let (Outcome::Lost, false, Some(decision)) =
                    (outcome, item.restarted, &item.decision)
                {
                    match decision.action {
                        Action::Pass => out.push(Output::Missed(Eye::Exit)),
                        Action::Divert { lane } => out.push(Output::Missed(Eye::Lane(lane))),
                        Action::Stop => {}
                    }
                }
                let (item, at) = (item.number, seen_at.unwrap_or(sample.at));
                out.push(Output::Journal(ItemEvent::Outcome { item, at, outcome }));
            }
            !is_past
        });
    }

    /// A body that no item's number explains crossed an eye, `further` counts behind the entry eye.
    fn unnumbered(&mut self, edge: &Edge, further: i64, out: &mut Vec<Output>) {
        let at = self.belt.time_of(edge.count);
        let is_repeat = !self.is_adrift
            && self.repeats.iter().any(|repeat| {
                let apart_mm = self.belt.travel_mm(repeat.count, edge.count).abs();
                repeat.eye == edge.eye && apart_mm <= SAME_EDGE_MM
            });
        self.remember(edge, at);
        if is_repeat {
            return;
        }
        let why = self.why_unnumbered(edge.count, further);
        out.push(unnumbered(at, (edge.eye, edge.count), why));
        if why == UnnumberedWhy::NotSeenAtEntry {
            out.push(Output::Missed(Eye::Entry));
        }
    }

    /// Why a body has no number that is `further` counts behind the entry eye at `count`.
    fn why_unnumbered(&self, count: i64, further: i64) -> UnnumberedWhy {
        let tolerance_mm = self.conveyor.slip_tolerance_mm;
        let is_older = |since| self.belt.travel_mm(since, count - further) < tolerance_mm;
        match self.unknown_since {
            _ if self.is_adrift => UnnumberedWhy::EncoderStill,
            Some(since) if is_older(since) => UnnumberedWhy::OlderThanStart,
            _ => UnnumberedWhy::NotSeenAtEntry,
        }
    }

    /// An edge that seems to be an earlier one, seen again: by a belt that trembles, or because the
    /// encoder stands still, and then it is another body's.
    fn repeated(&mut self, sample: Sample, edge: &Edge, out: &mut Vec<Output>) {
        if self.is_adrift {
            out.push(unnumbered(sample.at, (edge.eye, edge.count), UnnumberedWhy::EncoderStill));
        } else {
            self.remember(edge, sample.at);
        }
    }

    fn remember(&mut self, edge: &Edge, at: Duration) {
        if self.repeats.len() == MOST_REPEATS {
            self.repeats.pop_front();
        }
        self.repeats.push_back(Repeat { eye: edge.eye, count: edge.count, at });
    }

    /// The encoder is found to stand still: what came since it does was no repeat.
    pub(super) fn unfold_repeats(&mut self, now: Duration, out: &mut Vec<Output>) {
        let Some(last) = self.belt.last() else { return };
        for repeat in self.repeats.drain(..) {
            let is_here = self.belt.travel_mm(repeat.count, last.count).abs() <= SAME_EDGE_MM;
            if is_here && now.saturating_sub(repeat.at) < UNFOLDED {
                out.push(unnumbered(
                    repeat.at,
                    (repeat.eye, repeat.count),
                    UnnumberedWhy::EncoderStill,
                ));
            }
        }
    }

    fn confirming_eye_mm(&self, eye: Eye) -> Option<f64> {
        match eye {
            Eye::Exit => Some(self.conveyor.exit_eye_mm),
            Eye::Lane(lane) => {
                let diverters = &self.conveyor.diverter;
                let of_lane = diverters.iter().find(|diverter| diverter.lane == lane);
                of_lane.map(|diverter| diverter.lane_eye_mm)
            }
            Eye::Entry | Eye::Mid(_) => None,
        }
    }

    /// Which items can have caused an edge at `eye_mm` with this count.
    fn owner(&self, eye_mm: f64, count: i64) -> Owner {
        let mut can_have = (0..self.items.len())
            .filter(|index| self.is_in_window(&self.items[*index], eye_mm, count));
        match (can_have.next(), can_have.next()) {
            (None, _) => Owner::Nobody,
            (Some(one), None) => Owner::One(one),
            (Some(one), Some(other)) => Owner::Several(one, other),
        }
    }

    fn is_in_window(&self, item: &Item, eye_mm: f64, count: i64) -> bool {
        (self.position_mm(item, count) - eye_mm).abs() <= self.conveyor.slip_tolerance_mm
    }

    fn in_windows(&mut self, eye_mm: f64, count: i64, mut what: impl FnMut(&mut Item)) {
        for index in 0..self.items.len() {
            if self.is_in_window(&self.items[index], eye_mm, count) {
                what(&mut self.items[index]);
            }
        }
    }
}

/// A confirming eye saw an item, or one of several.
fn see(
    item: &mut Item,
    place: Place,
    at: Duration,
    count: i64,
    alone: bool,
    out: &mut Vec<Output>,
) {
    if item.seen(place, at, count, alone) {
        let (item, place) = (item.number, place.number());
        out.push(Output::Journal(ItemEvent::Seen { item, at, place, alone }));
    }
}

fn unnumbered(at: Duration, (eye, count): (Eye, i64), why: UnnumberedWhy) -> Output {
    Output::Journal(ItemEvent::Unnumbered { at, count, eye, why })
}

fn stray(edge: &Edge, why: StrayWhy) -> Output {
    Output::Stray(Stray { eye: edge.eye, count: edge.count, why })
}
