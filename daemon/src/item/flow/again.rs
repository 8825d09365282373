//! Hearing again what was heard before: the way in which a gap in the records heals (`run/recorder`).

use line::protocol::{ItemEvent, Verdict};

use super::step::{Now, Step};
use super::{Flow, Stage};

/// Why the record of an item says nothing of its inspection.
const RECORD_LOST: &str =
    "its record was lost while the disk refused writes; plc-bridge reported again where it went";

impl Flow {
    /// Records are missing, and the bridge tells again what was not acknowledged: it is taken in although it
    /// was heard. To be called before the greeting that comes before these events.
    pub fn hear_again(&mut self) {
        self.heard_through = self.heard_through.max(self.last_event);
        self.last_event = 0;
    }

    /// Takes in what was heard before. An item that is still here knows better. One that has left is recorded
    /// without what is lost, unless its record is stored: the store ignores the other one then. No item is
    /// counted twice.
    pub(super) fn heard_again(
        &mut self,
        seq: u64,
        event: ItemEvent,
        now: Now,
        steps: &mut Vec<Step>,
    ) {
        let counts = self.counts.clone();
        if let ItemEvent::Entered { item, at, commit_at, .. } = event {
            if !self.items.contains_key(&item) {
                self.entered(item, at, commit_at, now);
                let open = self.items.get_mut(&item).expect("it has just been put there");
                open.stage = Stage::Judged;
                open.record.verdict = Some(Verdict::Uninspected { cause: RECORD_LOST.into() });
                steps.push(Step::Save(open.record.clone()));
            }
        } else {
            self.event(seq, event, now, steps);
        }
        self.counts = counts;
    }
}
