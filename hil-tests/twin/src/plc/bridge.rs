//! Section 3: the bridge. Is it there, and what does it say (rules 2, 4, 5, 7, 8)?

use std::time::Duration;

use line::config::FallBack;
use plc_bridge::registers::{
    BlindOrder, Command, OwnFallBack, PlcResult, RING, SOURCE_UNUSED, SOURCE_VERDICT, slot,
};

use super::{BRIDGE_TIMEOUT, Plc, Source};

/// What the PLC knows of the bridge.
#[derive(Debug, Default)]
pub(super) struct Bridge {
    /// Its last heartbeat, and when that came.
    heartbeat: Option<(u16, Duration)>,
    boot: Option<u16>,
    own_fall_back: Option<OwnFallBack>,
    /// In `direct` mode: which diverters are to be out, one bit each.
    pub outputs: Option<u16>,
    /// What is to be done while the line is blind.
    pub blind: BlindOrder,
    /// Number of the last line event that it has taken.
    pub event_taken: u16,
}

impl Bridge {
    /// Whether a command came since the start.
    pub fn is_met(&self) -> bool {
        self.boot.is_some()
    }

    /// What the diverter of this index does with an item without a result.
    pub fn own_fall_back(&self, diverter: usize) -> FallBack {
        self.own_fall_back.map_or(FallBack::Divert, |own| own.diverter(diverter))
    }
}

impl Plc {
    /// Takes what the bridge wrote last, if it is new.
    pub(super) fn hear(&mut self, command: &Command, now: Duration) {
        match self.bridge.heartbeat {
            Some((seen, at)) if seen == command.heartbeat => {
                self.status.bridge_lost |= now.saturating_sub(at) > BRIDGE_TIMEOUT;
            }
            _ => {
                self.bridge.heartbeat = Some((command.heartbeat, now));
                self.status.bridge_lost = false;
            }
        }
        if self.bridge.is_met() && command.sequence == self.status.sequence_echo {
            return;
        }
        if self.bridge.boot.replace(command.bridge_boot) != Some(command.bridge_boot) {
            // Another start of the bridge numbers its results from 1; items and results stay.
            self.status.result_taken = 0;
        }
        self.bridge.own_fall_back = Some(command.own_fall_back);
        self.bridge.outputs = command.direct.then_some(command.outputs);
        // The belt stops when the order comes, and again each time it comes anew (rule 12).
        if command.blind == BlindOrder::Stop && self.bridge.blind != BlindOrder::Stop {
            self.status.stopped_for_item = true;
        }
        self.bridge.blind = command.blind;
        self.bridge.event_taken = command.event_taken;
        let waiting = command.result_head.wrapping_sub(self.status.result_taken);
        if usize::from(waiting) > RING {
            // The bridge never does this: go on with what the ring still holds.
            self.status.result_taken = command.result_head.wrapping_sub(RING as u16);
        }
        while self.status.result_taken != command.result_head {
            self.status.result_taken = self.status.result_taken.wrapping_add(1);
            self.take(command.results[slot(self.status.result_taken, RING)]);
        }
        self.status.sequence_echo = command.sequence;
    }

    /// A result for an unknown item is taken and ignored; a later one replaces an earlier one.
    fn take(&mut self, result: PlcResult) {
        let item = self.items.iter_mut().find(|item| {
            item.acquisition == result.acquisition
                && item.divert_at.is_none()
                && result.source != SOURCE_UNUSED
        });
        let source = match result.source {
            SOURCE_VERDICT => Source::Verdict,
            _ => Source::BridgeFallBack,
        };
        match item {
            Some(item) => item.result = Some((result.lane, source)),
            None => self.late_results += 1,
        }
    }
}
