//! Section 4: edges. Items are numbered, corrected and reported (rules 6, 9, 10).

use plc_bridge::registers::{Eye, LineEvent};

use super::{Outputs, Plc, Tracked};
use crate::world::Edge;

impl Plc {
    /// An eye became covered or free.
    pub(super) fn see(&mut self, edge: &Edge, outputs: &mut Outputs) {
        let acquisition = match (edge.eye, edge.trailing) {
            (Eye::Entry, false) => self.entry_covered(edge, outputs),
            (Eye::Entry, true) => self.entry_free(edge),
            // The leading edge of an item: it covers the eye forwards, and frees it backwards.
            (Eye::Mid(eye), trailing) if trailing == edge.backward => {
                self.at_mid_eye(usize::from(eye) - 1, edge, outputs)
            }
            (Eye::Mid(_) | Eye::Lane(_) | Eye::Exit, _) => 0,
        };
        self.report(LineEvent {
            eye: Some(edge.eye),
            trailing: edge.trailing,
            backward: edge.backward,
            acquisition,
            encoder: edge.encoder,
        });
    }

    /// Section 4a. Forwards it is a leading edge, of an item that was here before (the belt took it
    /// back, or it trembled on the edge) or of a new one. Backwards it is the tail of an item that
    /// comes back.
    fn entry_covered(&mut self, edge: &Edge, outputs: &mut Outputs) -> u16 {
        let (slip_mm, re_cross_mm) = (self.config.slip_tolerance_mm, self.config.re_cross_mm);
        let found = self.nearest(|plc, item| {
            let known = if edge.backward { item.tail_count? } else { item.entry_count };
            let limit_mm = if edge.backward || item.behind { slip_mm } else { re_cross_mm };
            Some((plc.travel_mm(edge.encoder, known).abs(), limit_mm))
        });
        let acquisition = match found {
            Some(index) => {
                let item = &mut self.items[index];
                item.tail_count = None;
                if !edge.backward {
                    item.behind = false;
                    item.entry_count = edge.encoder;
                }
                item.acquisition
            }
            None if edge.backward => 0,
            None => self.number(edge, 0.0, 0, outputs),
        };
        self.at_entry = (acquisition != 0).then_some(acquisition);
        acquisition
    }

    /// Section 4b. Forwards the tail has left; backwards the leading edge went back.
    fn entry_free(&mut self, edge: &Edge) -> u16 {
        let Some(acquisition) = self.at_entry.take() else { return 0 };
        let Some(item) = self.items.iter_mut().find(|item| item.acquisition == acquisition) else {
            return 0;
        };
        if edge.backward {
            item.behind = true;
        } else {
            item.tail_count = Some(edge.encoder);
        }
        acquisition
    }

    /// Section 4c. The leading edge of an item that is expected here corrects its place; any other is
    /// an item that was put on the belt.
    fn at_mid_eye(&mut self, eye: usize, edge: &Edge, outputs: &mut Outputs) -> u16 {
        let Some(eye_mm) = self.config.mid_eyes_mm.get(eye).copied() else { return 0 };
        let (slip_mm, re_cross_mm) = (self.config.slip_tolerance_mm, self.config.re_cross_mm);
        let found = self.nearest(|plc, item| {
            let seen = item.seen_by_mid_eye[eye];
            if item.behind || (edge.backward && !seen) {
                return None;
            }
            let place_mm = plc.travel_mm(edge.encoder, item.entry_count);
            let limit_mm = if seen && !edge.backward { re_cross_mm } else { slip_mm };
            Some(((place_mm - eye_mm).abs(), limit_mm))
        });
        match found {
            Some(index) => {
                let entry_count = self.count_before(edge.encoder, eye_mm);
                let item = &mut self.items[index];
                item.seen_by_mid_eye[eye] = !edge.backward;
                if !edge.backward {
                    item.entry_count = entry_count;
                }
                0
            }
            None if edge.backward => 0,
            None => self.number(edge, eye_mm, eye + 1, outputs),
        }
    }

    /// The item with the smallest distance of those that are within their limit. `distance` gives
    /// both for an item that comes into question.
    fn nearest(&self, distance: impl Fn(&Self, &Tracked) -> Option<(f64, f64)>) -> Option<usize> {
        let within = |(index, item)| {
            let (distance_mm, limit_mm) = distance(self, item)?;
            (distance_mm <= limit_mm).then_some((distance_mm, index))
        };
        let nearest = self.items.iter().enumerate().filter_map(within);
        nearest.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, index)| index)
    }

    /// The count at which what is at `eye_mm` at `count` was at the entry eye.
    fn count_before(&self, count: u32, eye_mm: f64) -> u32 {
        count.wrapping_sub((eye_mm / self.config.mm_per_count).round() as u32)
    }

    /// Section 4d. Gives an item its acquisition id: 1 to 65,535, then 1 again; 0 means "no item".
    fn number(&mut self, edge: &Edge, eye_mm: f64, mid_eyes: usize, outputs: &mut Outputs) -> u16 {
        self.last_acquisition = self.last_acquisition.checked_add(1).unwrap_or(1);
        let acquisition = self.last_acquisition;
        outputs.numbered.push((edge.item, acquisition));
        self.items.push(Tracked {
            acquisition,
            numbered_count: edge.encoder,
            entry_count: self.count_before(edge.encoder, eye_mm),
            tail_count: None,
            behind: false,
            seen_by_mid_eye: (0..self.config.mid_eyes_mm.len()).map(|eye| eye < mid_eyes).collect(),
            result: None,
            decided: 0,
            divert_at: None,
        });
        acquisition
    }
}
