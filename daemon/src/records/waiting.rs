//! What waits for the disk: the latest state of each item, and everything else in its order.
//!
//! While the disk refuses, an item is told of about six times, and only the last telling counts: a
//! record says everything about its item. So a newer record **supersedes** the one that waits, and
//! what waits grows with the items, not with the events. The counts of a batch and the holds are told
//! whole, too. Closing a record keeps its place among the
//! other closings and alerts, since the fleet is told of them in that order. All that waits is
//! written in one transaction; whoever handed a change over hears of it when that change, or the one
//! that superseded it, is on disk.

use std::collections::{BTreeMap, HashSet, VecDeque};

use crate::item::batches::Batch;
use crate::warehouse::expectations::Source;

use super::evidence::Picture;
use super::record::ItemId;
use super::store::Change;

/// Called once what was handed over is on disk.
pub(super) type OnDone = Box<dyn FnOnce() + Send>;

/// What waits for the disk.
#[derive(Default)]
pub(super) struct Waiting {
    /// The open records; one a key. Their order does not matter to anybody.
    saves: BTreeMap<ItemId, Change>,
    /// What was seen of batches; one a key, and in no order either.
    batches: BTreeMap<Batch, Change>,
    /// The holds as they are now.
    holds: Option<Change>,
    /// What is known of items; one a source.
    expected: BTreeMap<Source, Change>,
    /// Everything else, in the order in which it came.
    ordered: Vec<Change>,
    /// The items of which a `Close` is in `ordered`.
    closing: HashSet<ItemId>,
    /// To be written before the changes, oldest first.
    pub(super) pictures: VecDeque<Picture>,
    on_done: Vec<OnDone>,
}

impl Waiting {
    /// Adds what belongs together. Returns how many changes, of these and of those that waited,
    /// are superseded.
    pub(super) fn add(
        &mut self,
        changes: Vec<Change>,
        pictures: Vec<Picture>,
        on_done: OnDone,
    ) -> usize {
        self.pictures.extend(pictures);
        self.on_done.push(on_done);
        changes.into_iter().map(|change| usize::from(self.supersedes(change))).sum()
    }

    /// Adds one change; says whether that makes one superfluous: an older one, or itself where its
    /// item is closed already, which the store would ignore.
    fn supersedes(&mut self, change: Change) -> bool {
        match &change {
            Change::Save(record) if self.closing.contains(&record.id) => true,
            Change::Save(record) => self.saves.insert(record.id.clone(), change).is_some(),
            Change::Close(record) if !self.closing.insert(record.id.clone()) => true,
            Change::Close(record) => {
                let saved = self.saves.remove(&record.id).is_some();
                self.ordered.push(change);
                saved
            }
            Change::Batch(batch, _) => self.batches.insert(batch.clone(), change).is_some(),
            Change::Expected(source, _) => self.expected.insert(*source, change).is_some(),
            Change::Holds(_) => self.holds.replace(change).is_some(),
            Change::Unnumbered(_)
            | Change::Answer(..)
            | Change::Owe(_)
            | Change::BatchSuspect(_)
            | Change::Acknowledge(_)
            | Change::Skip(..) => {
                self.ordered.push(change);
                false
            }
        }
    }

    /// The changes, as they are to be made.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Change> {
        let last = self.batches.values().chain(&self.holds).chain(self.expected.values());
        self.saves.values().chain(last).chain(&self.ordered)
    }

    /// How many changes wait.
    pub(super) fn len(&self) -> usize {
        self.changes().count()
    }

    /// Whether there is nothing to do, not even somebody to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.on_done.is_empty()
    }

    /// Nothing waits any more: it was written. Returns who is to hear of it, in order.
    pub(super) fn written(&mut self) -> Vec<OnDone> {
        std::mem::take(self).on_done
    }
}

#[cfg(test)]
mod tests {
    use crate::records::samples::{diverted, open, passed};
    use crate::records::{ItemId, Record};

    use super::*;

    fn add(waiting: &mut Waiting, changes: Vec<Change>) -> usize {
        waiting.add(changes, Vec::new(), Box::new(|| {}))
    }

    fn renamed(record: Record) -> Record {
        Record { sku: Some("carton-b".to_owned()), ..record }
    }

    #[test]
    fn a_newer_save_supersedes_the_one_of_the_same_item_only() {
        let mut waiting = Waiting::default();
        assert_eq!(add(&mut waiting, vec![Change::Save(open(1)), Change::Save(open(2))]), 0);
        assert_eq!(add(&mut waiting, vec![Change::Save(renamed(open(1)))]), 1);
        let elsewhere = ItemId { boot: "bridge-2".to_owned(), item: 1 };
        let elsewhere = Record { id: elsewhere, ..open(1) };
        assert_eq!(add(&mut waiting, vec![Change::Save(elsewhere.clone())]), 0);

        let left: Vec<_> = waiting.changes().cloned().collect();
        let expected = [renamed(open(1)), open(2), elsewhere].map(Change::Save);
        assert_eq!(left, expected);
        assert_eq!(waiting.len(), 3);
    }

    #[test]
    fn closings_and_acknowledgements_keep_their_order_and_nothing_follows_a_closing() {
        let mut waiting = Waiting::default();
        add(&mut waiting, vec![Change::Save(open(1)), Change::Save(open(2))]);
        assert_eq!(add(&mut waiting, vec![Change::Close(diverted(2))]), 1);
        assert_eq!(add(&mut waiting, vec![Change::Acknowledge(vec![9])]), 0);
        assert_eq!(add(&mut waiting, vec![Change::Close(passed(1))]), 1);
        let too_late = vec![Change::Save(open(2)), Change::Close(renamed(passed(1)))];
        assert_eq!(add(&mut waiting, too_late), 2);

        let left: Vec<_> = waiting.changes().cloned().collect();
        let acknowledged = Change::Acknowledge(vec![9]);
        assert_eq!(left, [Change::Close(diverted(2)), acknowledged, Change::Close(passed(1))]);
    }

    #[test]
    fn everybody_hears_even_whose_change_was_superseded_and_once_only() {
        let mut waiting = Waiting::default();
        add(&mut waiting, vec![Change::Save(open(1))]);
        add(&mut waiting, vec![Change::Close(passed(1))]);
        assert_eq!(waiting.written().len(), 2);
        assert!(waiting.is_empty());
        assert_eq!((waiting.len(), waiting.written().len()), (0, 0));
        assert_eq!(add(&mut waiting, vec![Change::Save(open(1))]), 0, "the store decides now");
    }
}
