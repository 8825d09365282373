//! Sections 5 to 8: what is gone is forgotten, commit points, what lay on the belt at the start,
//! diverters and drive (rules 3, 4, 6).

use line::config::FallBack;
use plc_bridge::registers::{BlindOrder, LANE_STOP};

use super::{Applied, Outputs, Plc, Source};

impl Plc {
    /// Section 5. Items that are past their diverter, or that should have crossed the entry eye
    /// again and did not.
    pub(super) fn forget_what_is_gone(&mut self) {
        let last = self.config.diverters.len() - 1;
        let items = std::mem::take(&mut self.items);
        let is_there = |item: &super::Tracked| {
            let diverter = &self.config.diverters[item.divert_at.unwrap_or(last)];
            let place = self.place(item);
            place < diverter.position_mm + diverter.hold_mm
                && !(item.behind && place > self.config.slip_tolerance_mm)
        };
        let there: Vec<_> = items.into_iter().filter(is_there).collect();
        self.items = there;
    }

    /// Section 6. Commit points. In direct mode the bridge decides while it is heard.
    pub(super) fn commit(&mut self, outputs: &mut Outputs) {
        if self.bridge.outputs.is_some() && !self.status.bridge_lost {
            return;
        }
        for item in 0..self.items.len() {
            for diverter in 0..self.config.diverters.len() {
                let tracked = &self.items[item];
                let commit_mm = self.config.diverters[diverter].commit_point_mm;
                if !tracked.behind
                    && tracked.divert_at.is_none()
                    && tracked.decided <= diverter
                    && self.place(tracked) >= commit_mm
                {
                    outputs.applied.extend(self.decide(item, diverter));
                }
            }
        }
    }

    /// An item is at the commit point of a diverter; returns what was applied when that is final.
    fn decide(&mut self, item: usize, diverter: usize) -> Option<Applied> {
        let config = &self.config.diverters[diverter];
        let is_before = self.place(&self.items[item]) < config.position_mm;
        let is_last = diverter + 1 == self.config.diverters.len();
        let lane = u16::from(config.lane);
        let tracked = &mut self.items[item];
        tracked.decided = diverter + 1;
        let wanted = match tracked.result {
            Some((LANE_STOP, _)) => FallBack::Stop,
            Some((named, _)) if named == lane => FallBack::Divert,
            Some(_) => FallBack::Pass,
            None => self.bridge.own_fall_back(diverter),
        };
        let source = tracked.result.map_or(Source::PlcFallBack, |(_, source)| source);
        let acquisition = tracked.acquisition;
        // One that is past the diverter was in the bridge's hands until now.
        let applied = match wanted {
            FallBack::Divert if is_before => {
                tracked.divert_at = Some(diverter);
                lane
            }
            FallBack::Stop if is_before => {
                // The operator deals with the item; what is left on the belt then passes.
                tracked.result = Some((0, source));
                self.status.stopped_for_item = true;
                LANE_STOP
            }
            _ if is_last => 0,
            _ => return None,
        };
        Some(Applied { acquisition, lane: applied, source })
    }

    /// Section 7. What lay on the belt at the start passes the diverters; the operator's reset.
    pub(super) fn know_the_belt(&mut self, operator_reset: bool) {
        if operator_reset {
            self.status.stopped_for_item = false;
        }
        let start = self.start_count.unwrap_or(self.status.encoder);
        let travelled = self.travel_mm(self.status.encoder, start);
        for (known, diverter) in self.belt_known.iter_mut().zip(&self.config.diverters) {
            *known |= travelled >= diverter.position_mm || (operator_reset && self.clear_belt);
        }
        let stops = |(index, known): (usize, &bool)| {
            !known && self.bridge.own_fall_back(index) == FallBack::Stop
        };
        self.clear_belt = self.belt_known.iter().enumerate().any(stops);
    }

    /// Section 8. Diverters and drive.
    pub(super) fn drive(&self, outputs: &mut Outputs) {
        let is_blind = self.bridge.blind == BlindOrder::Divert && !self.status.bridge_lost;
        let is_out = |index: usize| {
            if index == 0 && is_blind {
                return true;
            }
            if let (Some(bits), false) = (self.bridge.outputs, self.status.bridge_lost) {
                return bits >> index & 1 == 1;
            }
            let config = &self.config.diverters[index];
            let fire = config.position_mm - config.fire_ahead_mm;
            let out = fire..config.position_mm + config.hold_mm;
            let unknown =
                !self.belt_known[index] && self.bridge.own_fall_back(index) == FallBack::Divert;
            let pushed = |item: &super::Tracked| {
                item.divert_at == Some(index) && out.contains(&self.place(item))
            };
            unknown || self.items.iter().any(pushed)
        };
        outputs.gates_out = (0..self.config.diverters.len()).map(is_out).collect();
        outputs.stop_belt = self.status.stopped_for_item || self.clear_belt;
    }
}
