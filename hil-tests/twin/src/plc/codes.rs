//! Section 4e: what items are (rules 14 to 16).

use plc_bridge::registers::{CODE_RING, ToldCode, slot};

use super::Plc;
use crate::codes::Offer;

impl Plc {
    /// The plant offers the code of an item. One that is not on the belt has none.
    pub(super) fn identify(&mut self, (acquisition, words): Offer) {
        let item = self.items.iter().find(|item| item.acquisition == acquisition);
        let Some(item) = item.filter(|_| self.status.capabilities.item_codes) else {
            self.codes_refused += 1;
            return;
        };
        let encoder = item.numbered_count;
        let number = self.codes.code_head.wrapping_add(1);
        self.codes.codes[slot(number, CODE_RING)] =
            ToldCode { acquisition, encoder, words, number };
        self.codes.code_head = number;
    }
}
