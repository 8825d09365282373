//! One tint for each SKU, in bytes.

use super::Slot;
use crate::colour::SmallCopy;
use crate::tint::{BYTES, Tint};

/// The tints of all SKUs.
#[derive(Debug, Default)]
pub(crate) struct TintIndex {
    /// One for each slot; `None` where the SKU was forgotten.
    rows: Vec<Option<TintRow>>,
}

/// The tint of a SKU.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TintRow {
    /// Whether its pictures are catalogue pictures: a view is balanced before it is compared with them.
    pub balanced: bool,
    /// [`BYTES`] roots of shares, 255 for 1.
    pub bytes: Vec<u8>,
}

impl TintRow {
    /// The mean of a SKU's tints.
    pub fn of<'a>(tints: impl Iterator<Item = &'a Tint>, balanced: bool) -> Self {
        let mut sums = vec![0.0f32; BYTES];
        let mut count = 0.0f32;
        for tint in tints {
            count += 1.0;
            for (sum, share) in sums.iter_mut().zip(tint.roots()) {
                *sum += share;
            }
        }
        let byte = |sum: f32| (255.0 * sum / count.max(1.0)).round() as u8;
        Self { balanced, bytes: sums.into_iter().map(byte).collect() }
    }

    /// 0 to 1.
    fn alike(&self, view: &[u8]) -> f32 {
        let products = self.bytes.iter().zip(view).map(|(a, b)| u32::from(*a) * u32::from(*b));
        products.sum::<u32>() as f32 / (255.0 * 255.0)
    }
}

impl TintIndex {
    /// Adds a SKU. Slots that were left out are nobody's.
    pub fn add(&mut self, slot: Slot, row: TintRow) {
        let slot = slot as usize;
        if self.rows.len() <= slot {
            self.rows.resize(slot + 1, None);
        }
        self.rows[slot] = Some(row);
    }

    /// Forgets a SKU.
    pub fn forget(&mut self, slot: Slot) {
        if let Some(row) = self.rows.get_mut(slot as usize) {
            *row = None;
        }
    }

    /// How many slots there are, those of forgotten SKUs too.
    pub fn slots(&self) -> usize {
        self.rows.len()
    }

    /// The slots of the SKUs that are there.
    pub fn known(&self) -> impl Iterator<Item = Slot> {
        (0..).zip(&self.rows).filter(|(_, row)| row.is_some()).map(|(slot, _)| slot)
    }

    /// The row of a SKU.
    pub fn row(&self, slot: Slot) -> Option<&TintRow> {
        self.rows.get(slot as usize)?.as_ref()
    }

    /// By how much more each SKU is alike in tint than the average one; 0 for slots that are nobody's.
    pub fn alike(&self, view: &SmallCopy) -> Vec<f32> {
        let bytes = |tint: Tint| TintRow::of([&tint].into_iter(), false).bytes;
        let (middle, balanced) =
            (bytes(Tint::of_middle(view)), bytes(Tint::of_balanced_middle(view)));
        let alike = |row: &TintRow| row.alike(if row.balanced { &balanced } else { &middle });
        let each: Vec<Option<f32>> = self.rows.iter().map(|row| row.as_ref().map(alike)).collect();
        let known = each.iter().flatten().count().max(1) as f32;
        let mean = each.iter().flatten().sum::<f32>() / known;
        each.into_iter().map(|tint| tint.map_or(0.0, |tint| tint - mean)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(colour: [u8; 3]) -> SmallCopy {
        SmallCopy::of(&colour.repeat(40 * 40), 40, 40)
    }

    #[test]
    fn a_red_view_is_more_like_the_red_sku() {
        let mut index = TintIndex::default();
        for (slot, colour) in [(0, [200, 30, 30]), (1, [30, 30, 200]), (3, [30, 160, 60])] {
            index.add(slot, TintRow::of([&Tint::of_middle(&picture(colour))].into_iter(), false));
        }
        let alike = index.alike(&picture([190, 40, 40]));
        assert!(alike[0] > 0.3 && alike[1] < 0.0 && alike[3] < 0.0, "{alike:?}");
        assert_eq!(alike[2], 0.0);
        index.forget(0);
        assert_eq!(index.known().collect::<Vec<_>>(), [1, 3]);
        assert_eq!(index.slots(), 4);
    }
}
