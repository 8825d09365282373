//! What the eyes see: items that enter, their length and gap, their place at the mid-belt eyes, and
//! where they went.

use std::time::Duration;

use super::item::{Item, Place, place};
use super::{Edge, Output, Sample, Stray, StrayWhy, Tracker};
use crate::config::PlcMode;
use crate::protocol::{Ambiguity, ItemEvent, MOST_ITEMS, Outcome};
use crate::registers::Eye;
use crate::wrap::acquisitions_between;

/// Edges of an item at one eye this close to each other are one and the same, seen again by a belt
/// that trembles or an eye that chatters, in millimetres.
const SAME_EDGE_MM: f64 = 10.0;

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
            return;
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

    /// The trailing edge of an item at the entry eye.
    pub(super) fn left_entry(&mut self, edge: &Edge) {
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
                if is_another {
                    item.doubt(Ambiguity::Overlap);
                }
                item.mid_seen[eye] = Some(edge.count);
                item.origin = edge.count - mid_counts;
                let (item, count) = (item.number, item.origin);
                out.push(Output::Journal(ItemEvent::Placed { item, count }));
            }
            Owner::Nobody if is_new_to_the_plc || self.mode == PlcMode::Direct => {
                let index = self.number(sample, edge, edge.count - mid_counts, out);
                let item = &mut self.items[index];
                item.doubt(Ambiguity::Found);
                // The eyes before have not seen it, and that is known.
                item.mid_seen[..=eye].fill(Some(edge.count));
            }
            Owner::Nobody => out.push(stray(edge, StrayWhy::NobodyExpected)),
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
    pub(super) fn look_for_doubt(&mut self, count: i64) {
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
            Owner::Nobody => out.push(stray(edge, StrayWhy::NobodyExpected)),
            Owner::One(index) => {
                // Slip may bring an item here before the encoder has it at the commit point.
                while self.items[index].decision.is_none() {
                    self.decide(index, sample.at, false, out);
                }
                let at = self.belt.time_of(edge.count);
                see(&mut self.items[index], place, at, true, out);
            }
            Owner::Several(one, other) => {
                let at = self.belt.time_of(edge.count);
                self.in_windows(eye_mm, edge.count, |item| see(item, place, at, false, out));
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
                let (item, at) = (item.number, seen_at.unwrap_or(sample.at));
                out.push(Output::Journal(ItemEvent::Outcome { item, at, outcome }));
            }
            !is_past
        });
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
fn see(item: &mut Item, place: Place, at: Duration, alone: bool, out: &mut Vec<Output>) {
    if item.seen(place, at, alone) {
        let (item, place) = (item.number, place.number());
        out.push(Output::Journal(ItemEvent::Seen { item, at, place, alone }));
    }
}

fn stray(edge: &Edge, why: StrayWhy) -> Output {
    Output::Stray(Stray { eye: edge.eye, count: edge.count, why })
}
