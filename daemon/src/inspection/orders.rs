//! The loop's part in what the fleet orders: it is followed, stored, or refused with a word to people.

use super::Inspection;
use crate::fleet::orders::{HoldList, Order};
use crate::recorder::Entry;

impl Inspection {
    /// The fleet has ordered something.
    pub(super) fn on_order(&mut self, Order { topic, content }: Order) {
        let followed = content.and_then(|(origin, HoldList { holds, lift, .. })| {
            let count = holds.len();
            let quarantine = self.flow.quarantine();
            let mut changes = quarantine.replace(origin, holds).map_err(|why| why.to_string())?;
            changes.extend(quarantine.lift_all(&lift));
            tracing::info!("the fleet holds {count} SKUs and lots by {topic}");
            Ok(changes)
        });
        match followed {
            Ok(changes) => {
                self.health.order(topic, None);
                self.recorder.record(Entry { changes, ..Entry::default() });
            }
            Err(why) => {
                tracing::error!("the order on {topic} is not followed: {why}");
                self.health.order(topic, Some(why));
            }
        }
    }
}
