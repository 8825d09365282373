//! The loop's part in what the fleet and the warehouse tell: it is followed, stored, or refused with a word
//! to people.

use std::sync::Arc;

use super::Inspection;
use crate::item::orders::{Content, Order};
use crate::records::Change;
use crate::run::recorder::Entry;
use crate::warehouse::expectations::{Catalogue, Replaced};

impl Inspection {
    /// The fleet has ordered something, or the warehouse told of its items.
    pub(super) fn on_order(&mut self, Order { from, content }: Order) {
        match content.and_then(|content| self.follow(content)) {
            Ok(changes) => {
                tracing::info!(changes = changes.len(), "applied the order from {from}");
                self.health.order(from, None);
                if !changes.is_empty() {
                    self.recorder.record(Entry { changes, ..Entry::default() });
                }
            }
            Err(why) => {
                tracing::error!("what {from} says is not followed: {why}");
                self.health.order(from, Some(why));
            }
        }
    }

    fn follow(&mut self, content: Content) -> Result<Vec<Change>, String> {
        match content {
            Content::Holds(origin, holds, lift) => {
                let quarantine = self.flow.quarantine();
                let mut changes = quarantine.replace(origin, holds).map_err(|e| e.to_string())?;
                changes.extend(quarantine.lift_all(&lift));
                Ok(changes)
            }
            Content::Expected(source, items) => {
                let Replaced { changed, left_over } = self.expectations.replace(source, items);
                // No handle to what is left over stays here: the last one to go has the work.
                if let Some(left_over) = left_over {
                    drop_elsewhere(left_over);
                }
                let now = self.expectations.from_source(source).filter(|_| changed);
                Ok(now.map(|told| Change::Expected(source, told)).into_iter().collect())
            }
        }
    }
}

/// A long catalogue takes milliseconds to drop, for which no item should wait.
fn drop_elsewhere(left_over: Arc<Catalogue>) {
    // It runs by itself; nobody needs to hear of its end.
    drop(tokio::task::spawn_blocking(move || drop(left_over)));
}

#[cfg(test)]
mod tests;
