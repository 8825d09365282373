//! `direct` mode: which diverters are to be out now, so that each item meets its own in position.
//!
//! A diverter moves when the item's leading edge is its travel time, at the present speed, away,
//! plus two cycles: an output is written a cycle after the sample that it follows from, which may
//! itself be a cycle old. It stays out until the leading edge has gone `hold_mm` beyond. Positions
//! come from the encoder: on a stopped belt nothing changes.
//!
//! What lay on the belt when the bridge or the PLC started is not known. Until the belt has carried
//! all of it past a diverter, that one stands as its `fall_back.plc_lost` says. While the line is
//! blind and is to divert everything, the first diverter is out.

use std::time::Duration;

use super::{Sample, Tracker};
use crate::registers::BlindOrder;
use line::config::{FallBack, PlcMode};

impl Tracker {
    /// One bit a diverter, in the order of the line file; `None` in `mailbox` mode.
    pub fn outputs(&self, sample: Sample) -> Option<u16> {
        if self.mode == PlcMode::Mailbox {
            return None;
        }
        let mut outputs = 0;
        for (bit, diverter) in self.conveyor.diverter.iter().enumerate() {
            let Some(diverter_mm) = diverter.diverter_mm else { continue };
            let ahead = Duration::from_millis(diverter.travel_ms.into()) + 2 * self.cycle;
            let from_mm = diverter_mm - self.belt.reach_mm(ahead);
            let to_mm = diverter_mm + diverter.hold_mm - self.belt.reach_mm(self.cycle);
            let since = self.unknown_since.unwrap_or(sample.count);
            let may_be_unknown = self.belt.travel_mm(since, sample.count) < from_mm;
            let is_out = self.items.iter().any(|item| {
                let position_mm = self.position_mm(item, sample.count);
                item.goes_into(diverter.lane) && (from_mm..to_mm).contains(&position_mm)
            });
            let falls_back = may_be_unknown && diverter.fall_back.plc_lost == FallBack::Divert;
            outputs |= u16::from(is_out || falls_back) << bit;
        }
        if self.blind == BlindOrder::Divert {
            outputs |= 1;
        }
        Some(outputs)
    }
}
