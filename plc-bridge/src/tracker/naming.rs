//! Which item a code of the PLC belongs to.
//!
//! The PLC names the item twice: by its acquisition id, and by the encoder's count in the event that
//! gave the id. An id comes again after 65,535 items and after a restart of the PLC, a count after
//! 2^32 counts; both together name one item on the belt, or none. What does not fit is dropped: a
//! code that is given to a neighbour lets a wrong thing ship as the right one.

use std::time::Duration;

use super::{Output, Tracker};
use line::item_code::ItemCode;
use line::protocol::{ItemEvent, ItemNumber};

/// What a code was to the item that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// The item's first.
    Told(ItemNumber),
    /// Known, or the third that differs: nothing is told of it.
    Known,
    /// Another one than before.
    Contradicts {
        /// The item.
        item: ItemNumber,
        /// What it was called before.
        before: ItemCode,
    },
    /// No item on the belt is surely the one that is meant.
    Nobody,
}

impl Tracker {
    /// The PLC calls the item with this id that it numbered at this count so. To be called after the
    /// edges that were known to the PLC when it said so.
    pub fn identify(
        &mut self,
        at: Duration,
        (acquisition, count): (u16, i64),
        code: ItemCode,
        out: &mut Vec<Output>,
    ) -> Naming {
        let mut meant = self.items.iter_mut().filter(|item| {
            acquisition != 0 && item.acquisition == acquisition && item.numbered_at == count
        });
        let (Some(item), None) = (meant.next(), meant.next()) else {
            return Naming::Nobody;
        };
        let number = item.number;
        let naming = match item.code {
            None => Naming::Told(number),
            Some((before, false)) if before != code => Naming::Contradicts { item: number, before },
            Some(_) => return Naming::Known,
        };
        item.code = Some(item.code.map_or((code, false), |(before, _)| (before, true)));
        out.push(Output::Journal(ItemEvent::Identified { item: number, at, code }));
        naming
    }
}
