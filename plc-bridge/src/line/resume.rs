//! A bridge that was killed goes on where it was.
//!
//! What it has **kept** is its journal: the events of the items that are still on the belt or not
//! stored by inspectd yet, and how far it had come with the PLC. The items follow from their
//! events. Nobody knows what was said meanwhile, so items without a decision take the fall-back
//! `uninspected`; their places are known, because the PLC's encoder has gone on counting.

use std::time::Duration;

use super::Line;
use crate::config::BridgeConfig;
use crate::handshake::Resume;
use crate::journal::Journal;
use crate::protocol::{Ambiguity, ItemEvent, ItemNumber, Outcome};
use crate::tracker::{Output, Remembered};

/// What an earlier process of the bridge has left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its boot, which goes on.
    pub boot: String,
    /// The number by which the PLC knew it; the PLC is told the next one.
    pub bridge_boot: u16,
    /// The number of the item that enters next.
    pub next_item: ItemNumber,
    /// inspectd has stored every event up to this seq, or it was thrown away.
    pub acknowledged: u64,
    /// Events thrown away, of which inspectd was not told yet.
    pub lost: u64,
    /// The line file has changed since: nothing is known about places on the belt.
    pub is_other_line: bool,
    /// How far it had come with the PLC; `None` when it never met one.
    pub plc: Option<Resume>,
    /// Events with ascending seqs without gaps, from the oldest item on the belt on.
    pub events: Vec<(u64, ItemEvent)>,
}

impl Line {
    /// The line that an earlier process has left behind.
    pub fn resume(config: &BridgeConfig, kept: Kept) -> Self {
        let mut line = Self::new(config, kept.boot, kept.bridge_boot.wrapping_add(1), 1);
        let owed = kept.events.iter().filter(|(seq, _)| *seq > kept.acknowledged);
        line.journal = Journal::resume(kept.acknowledged + 1, kept.lost, owed.cloned());
        let mut items: Vec<Remembered> = Vec::new();
        let (mut last_id, mut last_at) = (None, Duration::ZERO);
        for (_, event) in kept.events {
            if let ItemEvent::Entered { acquisition, at, .. } = event {
                (last_id, last_at) = (Some(acquisition).filter(|id| *id != 0), at);
            }
            replay(&mut items, event);
        }
        let plc = kept.plc.filter(|_| !kept.is_other_line);
        line.tracker.count_on(kept.next_item, last_id.filter(|_| plc.is_some()));
        match plc {
            Some(plc) => {
                line.handshake.resume(&plc);
                line.tracker.resume(plc.count, items.into_iter(), &mut line.outputs);
            }
            None => line.outputs.extend(items.iter().map(|remembered| {
                let (item, at) = (remembered.item, last_at);
                let outcome = Outcome::Ambiguous { why: Ambiguity::BridgeRestarted };
                Output::Journal(ItemEvent::Outcome { item, at, outcome })
            })),
        }
        line.handle_outputs();
        line
    }

    /// The number by which the PLC knows this bridge.
    pub fn bridge_boot(&self) -> u16 {
        self.handshake.bridge_boot()
    }

    /// How many items on the belt have no outcome yet.
    pub fn items(&self) -> usize {
        self.tracker.on_belt()
    }

    /// The number of the item that enters next.
    pub fn next_item(&self) -> ItemNumber {
        self.tracker.next_item()
    }

    /// How far the bridge has come with the PLC.
    pub fn plc_progress(&self) -> Option<Resume> {
        self.handshake.progress(self.encoder)
    }
}

/// Lets one event happen to the items on the belt.
fn replay(items: &mut Vec<Remembered>, event: ItemEvent) {
    let number = event.item();
    let known = items.iter().position(|remembered| remembered.item == number);
    match (event, known) {
        (ItemEvent::Entered { item, count, acquisition, .. }, None) => {
            let (held, decision, seen) = (None, None, Vec::new());
            items.push(Remembered { item, acquisition, count, held, decision, seen });
        }
        (ItemEvent::Delivered { action, .. }, Some(index)) => items[index].held = Some(action),
        (ItemEvent::Decided { decision, .. }, Some(index)) => {
            items[index].decision = Some(decision);
        }
        (ItemEvent::Placed { count, .. }, Some(index)) => items[index].count = count,
        (ItemEvent::Seen { place, at, alone, .. }, Some(index)) => {
            items[index].seen.push((place, at, alone));
        }
        (ItemEvent::Outcome { .. }, Some(index)) => {
            items.remove(index);
        }
        // Of an item that has left the belt since.
        (_, _) => {}
    }
}
