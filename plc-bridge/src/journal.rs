//! The events that inspectd has not stored yet.
//!
//! Each event gets a **seq**, ascending within a boot, and beyond those of earlier boots, so that a
//! late acknowledgement meant for one of them acknowledges nothing. inspectd acknowledges them once they stand
//! in its database; until then they stay here and are sent again after each new connection. The
//! journal is bounded: when inspectd stays away for long, the oldest events are thrown away, and
//! the first one that is left says how many went **lost before** it.

use std::collections::VecDeque;

use line::protocol::{FromBridge, ItemEvent};

/// Most events kept: five an item, so 800 items, which is some 13 minutes at one item a second; some
/// 300 KB.
pub const MOST_EVENTS: usize = 4096;

/// Events not acknowledged, oldest first.
#[derive(Debug)]
pub struct Journal {
    events: VecDeque<ItemEvent>,
    /// The seq of the oldest event kept.
    first: u64,
    /// Events thrown away since inspectd last acknowledged anything.
    lost: u64,
    most: usize,
}

impl Default for Journal {
    fn default() -> Self {
        Self::holding(MOST_EVENTS)
    }
}

impl Journal {
    /// A journal that keeps at most `most` events. The first event gets seq 1.
    pub fn holding(most: usize) -> Self {
        Self { events: VecDeque::with_capacity(most), first: 1, lost: 0, most }
    }

    /// An empty journal whose first event gets the seq `first`, at least 1.
    pub fn starting_at(first: u64) -> Self {
        Self { first: first.max(1), ..Self::default() }
    }

    /// The events that an earlier process has left, the first of which has the seq `first`; it had
    /// `lost` others.
    pub fn resume(first: u64, lost: u64, events: impl Iterator<Item = (u64, ItemEvent)>) -> Self {
        let mut journal = Self { lost, ..Self::starting_at(first) };
        for (seq, event) in events {
            if seq > journal.last() + 1 {
                // Those before a gap cannot be told in their order any more.
                journal.lost += seq - journal.first;
                journal.events.clear();
                journal.first = seq;
            }
            journal.push(event);
        }
        journal
    }

    /// Events thrown away since inspectd last acknowledged anything.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Keeps an event and gives it its seq.
    pub fn push(&mut self, event: ItemEvent) -> u64 {
        if self.events.len() == self.most {
            self.events.pop_front();
            self.first += 1;
            self.lost += 1;
        }
        self.events.push_back(event);
        self.last()
    }

    /// The highest seq given; one below the first before that is given.
    pub fn last(&self) -> u64 {
        self.first + self.events.len() as u64 - 1
    }

    /// Forgets every event up to and including `through`. What inspectd acknowledges it has seen
    /// the loss notice of, so the count of lost events starts anew.
    pub fn ack(&mut self, through: u64) {
        let stored =
            through.saturating_add(1).saturating_sub(self.first).min(self.events.len() as u64);
        if stored > 0 {
            self.events.drain(..stored as usize);
            self.first += stored;
            self.lost = 0;
        }
    }

    /// How many events are owed.
    pub fn owed(&self) -> usize {
        self.events.len()
    }

    /// The oldest event whose seq is above `after`, as it is sent.
    pub fn next_after(&self, after: u64) -> Option<FromBridge> {
        let seq = self.first.max(after + 1);
        let event = self.events.get((seq - self.first) as usize)?;
        let lost_before = if seq == self.first { self.lost } else { 0 };
        Some(FromBridge::Event { seq, lost_before, event: event.clone() })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use line::protocol::Outcome;

    fn event(item: u64) -> ItemEvent {
        ItemEvent::Outcome { item, at: Duration::ZERO, outcome: Outcome::Passed }
    }

    fn sent(journal: &Journal, after: u64) -> Option<(u64, u64)> {
        journal.next_after(after).map(|message| match message {
            FromBridge::Event { seq, lost_before, event } => {
                assert_eq!(event.item(), Some(seq), "in these tests an item has its event's seq");
                (seq, lost_before)
            }
            other => panic!("an event, not {other:?}"),
        })
    }

    #[test]
    fn events_are_kept_until_they_are_acknowledged() {
        let mut journal = Journal::default();
        assert_eq!(sent(&journal, 0), None);
        assert_eq!([journal.push(event(1)), journal.push(event(2))], [1, 2]);
        assert_eq!(sent(&journal, 0), Some((1, 0)));
        assert_eq!(sent(&journal, 1), Some((2, 0)));
        journal.ack(1);
        assert_eq!(sent(&journal, 0), Some((2, 0)));
        journal.ack(2);
        journal.ack(1);
        assert_eq!((sent(&journal, 0), journal.owed(), journal.last()), (None, 0, 2));
    }

    #[test]
    fn an_acknowledgement_meant_for_an_earlier_boot_acknowledges_nothing() {
        let mut journal = Journal::starting_at(5000);
        assert_eq!(journal.push(event(5000)), 5000);
        journal.ack(4999);
        assert_eq!(sent(&journal, 0), Some((5000, 0)));
    }

    #[test]
    fn a_full_journal_throws_the_oldest_away_and_says_so() {
        let mut journal = Journal::holding(2);
        (1..=5).for_each(|item| assert_eq!(journal.push(event(item)), item));
        assert_eq!(sent(&journal, 0), Some((4, 3)));
        assert_eq!(sent(&journal, 4), Some((5, 0)));
        journal.ack(4);
        assert_eq!(sent(&journal, 0), Some((5, 0)), "the loss was told once");
    }

    proptest! {
        /// Whatever is pushed, acknowledged and thrown away: a reader that starts at the oldest
        /// event gets ascending seqs, and events kept, acknowledged and lost add up.
        #[test]
        fn nothing_vanishes_without_being_counted(
            steps in prop::collection::vec(prop_oneof![3 => Just(true), 1 => Just(false)], 1..200),
            most in 1..10usize,
        ) {
            let mut journal = Journal::holding(most);
            let (mut pushed, mut acknowledged, mut lost) = (0, 0, 0);
            for push in steps {
                if push {
                    pushed += 1;
                    prop_assert_eq!(journal.push(event(pushed)), pushed);
                } else if let Some((seq, lost_before)) = sent(&journal, 0) {
                    lost += lost_before;
                    acknowledged += 1;
                    journal.ack(seq);
                }
                prop_assert!(journal.owed() <= most);
            }
            let (mut after, mut left) = (0, 0);
            while let Some((seq, lost_before)) = sent(&journal, after) {
                prop_assert!(seq > after);
                after = seq;
                lost += lost_before;
                left += 1;
            }
            prop_assert_eq!(acknowledged + lost + left, pushed);
        }
    }
}
