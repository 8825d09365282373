//! The loop's part in what the fleet and the warehouse tell: it is followed, stored, or refused with a word
//! to people.

use super::Inspection;
use crate::fleet::orders::{Content, HoldList, Order};
use crate::recorder::Entry;
use crate::records::Change;

impl Inspection {
    /// The fleet has ordered something, or the warehouse told of its items.
    pub(super) fn on_order(&mut self, Order { topic, content }: Order) {
        match content.and_then(|content| self.follow(content)) {
            Ok(changes) => {
                tracing::info!(changes = changes.len(), "followed what {topic} says");
                self.health.order(topic, None);
                if !changes.is_empty() {
                    self.recorder.record(Entry { changes, ..Entry::default() });
                }
            }
            Err(why) => {
                tracing::error!("what {topic} says is not followed: {why}");
                self.health.order(topic, Some(why));
            }
        }
    }

    fn follow(&mut self, content: Content) -> Result<Vec<Change>, String> {
        match content {
            Content::Holds(origin, HoldList { holds, lift, .. }) => {
                let quarantine = self.flow.quarantine();
                let mut changes = quarantine.replace(origin, holds).map_err(|e| e.to_string())?;
                changes.extend(quarantine.lift_all(&lift));
                Ok(changes)
            }
            Content::Expected(source, items) => {
                let changed = self.expectations.replace(source, items);
                let kept = || Change::Expected(source, self.expectations.from_source(source));
                Ok(changed.then(kept).into_iter().collect())
            }
        }
    }
}
