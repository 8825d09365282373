//! The loop's part in learning on the belt: which items' views are kept until they have left.

use line::protocol::ItemNumber;
use vision::learning::Lesson;

use super::Inspection;
use crate::records::record::ItemId;

impl Inspection {
    /// The item is scored: notes how well its SKU is known, and whether its views teach anything.
    pub(super) fn learn_later(&mut self, item: ItemNumber, has_reference: bool, is_damaged: bool) {
        let Some(sku) = self.flow.sku(item).map(str::to_owned) else { return };
        self.flow.familiar(item, self.learner.familiarity(&sku, has_reference));
        let wanted = match is_damaged {
            true => self.learner.wants_damaged(&sku),
            false => self.learner.wants(&sku, has_reference),
        };
        if wanted {
            self.wanted.insert(item);
        }
    }

    /// Drops the views of an item that nobody needs any more.
    pub(super) fn release(&mut self, item: ItemNumber) {
        if !self.wanted.contains(&item) && !self.flow.needs_views(item) {
            self.frames.remove(&item);
            self.cleared.remove(&item);
        }
    }

    /// The item has left, and it is known what to think of it.
    pub(super) fn learn(&mut self, id: ItemId, sku: String, is_normal: bool) {
        let (id, item) = (id.lesson(), id.item);
        let views = self.compared(item);
        self.frames.remove(&item);
        self.cleared.remove(&item);
        if !views.is_empty() && !self.learner.offer(Lesson { id, sku, views, is_normal }) {
            tracing::debug!(item, "too much waits to be learned: the item teaches nothing");
        }
    }
}
