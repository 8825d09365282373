//! A bridge that was killed goes on where it was.
//!
//! What it has **kept** is its journal: the events of the items that are still on the belt or not
//! stored by inspectd yet, and how far it had come with the PLC. The items follow from their
//! events. Nobody knows what was said meanwhile, so items without a decision take the fall-back
//! `uninspected`; their places are known, because the PLC's encoder has gone on counting.
//!
//! What the PLC did with an item meanwhile is what it **held** for it, and the record must say so.
//! A result is kept before it is sent, and whether the PLC took it is the PLC's to say: so it is
//! known what the PLC holds, wherever the kill fell. A fall-back is sent before its decision is
//! kept: no decision stands in the journal of which the PLC has not heard.

use std::time::Duration;

use super::Line;
use crate::handshake::{Resume, Sent};
use crate::journal::Journal;
use crate::tracker::{Delivery, Output, Remembered};
use line::config::BridgeConfig;
use line::protocol::{Ambiguity, ItemEvent, ItemNumber, Outcome};

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
    /// How many results PLCs had taken.
    pub taken: u64,
    /// The newest results that were sent or were about to be, ascending without gaps.
    pub results: Vec<Sent>,
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
        let (taken, in_flight): (Vec<Sent>, Vec<Sent>) =
            kept.results.into_iter().partition(|sent| sent.nth <= kept.taken);
        for Delivery { item, result, .. } in taken.into_iter().map(|sent| sent.delivery) {
            if let Some(remembered) = items.iter_mut().find(|known| known.item == item) {
                remembered.held = Some(result);
            }
        }
        let plc = kept.plc.filter(|_| !kept.is_other_line);
        line.tracker.count_on(kept.next_item, last_id.filter(|_| plc.is_some()));
        match plc {
            Some(plc) => {
                line.handshake.resume(&plc, kept.taken, in_flight.into_iter());
                line.tracker.resume(plc.count, items.into_iter());
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

    /// Whether the PLC decides, and the next command block has a result that the last one had not.
    pub fn has_news_for_the_plc(&self) -> bool {
        self.handshake.has_news() && !self.tracker.is_direct()
    }

    /// The results that stand in the newest command block for the first time.
    pub fn newly_sent(&self) -> impl Iterator<Item = &Sent> {
        self.handshake.newly_sent()
    }

    /// How many results PLCs have taken, as far as is known.
    pub fn results_taken(&self) -> u64 {
        self.handshake.taken()
    }

    /// How far the bridge has come with the PLC.
    pub fn plc_progress(&self) -> Option<Resume> {
        self.handshake.progress(self.encoder)
    }
}

/// Lets one event happen to the items on the belt.
fn replay(items: &mut Vec<Remembered>, event: ItemEvent) {
    let Some(number) = event.item() else { return };
    let known = items.iter().position(|remembered| remembered.item == number);
    match (event, known) {
        (ItemEvent::Entered { item, count, acquisition, .. }, None) => {
            let (held, decision, seen) = (None, None, Vec::new());
            let (numbered_at, code) = (count, None);
            items.push(Remembered {
                item,
                acquisition,
                count,
                numbered_at,
                code,
                held,
                decision,
                seen,
            });
        }
        (ItemEvent::Identified { code, .. }, Some(index)) => {
            let before = items[index].code;
            items[index].code = Some(before.map_or((code, false), |(first, _)| (first, true)));
        }
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
        // What the PLC holds is told by the results; the rest is of items that have left the belt.
        (_, _) => {}
    }
}
