//! Inverted lists of visual words: for each centre, which SKUs have a key point there, and its code.
//!
//! A key point of the view votes for each SKU that has one with the same word and a code of few other bits: the more
//! bits agree and the fewer SKUs have that word, the more. For each of its key points a SKU gets one vote.

use tch::TchError;

use super::Slot;
use super::centres::{Centres, NEAR};
use crate::keypoints::KeyPoints;

/// Bits in which two codes may differ.
const BITS: u32 = 26;
/// Bits in which codes of one place differ on the whole: the vote falls by a normal distribution of this deviation.
const DEVIATION: f32 = 12.0;
/// Key points of a SKU that are kept: of 8 photographs 120 each. Fewer propose worse, more hardly better.
pub(crate) const KEPT: usize = 960;

/// One key point of a SKU's reference: 128 numbers.
pub(crate) type IndexedPoint<'a> = &'a [f32];

/// The lists.
#[derive(Debug)]
pub(crate) struct PointIndex {
    centres: Centres,
    lists: Vec<List>,
}

/// The key points at one centre.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct List {
    pub slots: Vec<Slot>,
    pub codes: Vec<u64>,
}

impl PointIndex {
    /// Without any SKU.
    pub fn new(centres: Centres) -> Self {
        let lists = vec![List::default(); centres.len()];
        Self { centres, lists }
    }

    /// Of what [`PointIndex::parts`] gave; `None` where there is not one list for each centre.
    pub fn of_parts(centres: Centres, lists: Vec<List>) -> Option<Self> {
        let fits = lists.len() == centres.len()
            && lists.iter().all(|list| list.slots.len() == list.codes.len());
        fits.then_some(Self { centres, lists })
    }

    /// The centres and their lists.
    pub fn parts(&self) -> (&Centres, &[List]) {
        (&self.centres, &self.lists)
    }

    /// Adds a SKU's key points.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn add(&mut self, slot: Slot, points: &[IndexedPoint<'_>]) -> Result<(), TchError> {
        for word in self.centres.words(&points.concat(), 1)?.into_iter().flatten() {
            let list = &mut self.lists[word.centre as usize];
            list.slots.push(slot);
            list.codes.push(word.code);
        }
        Ok(())
    }

    /// Forgets a SKU.
    pub fn forget(&mut self, slot: Slot) {
        for list in self.lists.iter_mut().filter(|list| list.slots.contains(&slot)) {
            let kept = list.slots.iter().zip(&list.codes).filter(|(own, _)| **own != slot);
            let (slots, codes) = kept.unzip();
            *list = List { slots, codes };
        }
    }

    /// The votes for the SKU of each of `slots`, of which `skus` are taken; `weights` says how much each key point of
    /// the view counts.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn votes(
        &self,
        view: &KeyPoints,
        weights: &[f32],
        (slots, skus): (usize, usize),
    ) -> Result<Vec<f32>, TchError> {
        let gains: Vec<f32> =
            (0..=BITS).map(|bits| (-0.5 * (bits as f32 / DEVIATION).powi(2)).exp()).collect();
        let mut votes = vec![0.0f32; slots];
        // The best vote of the key point at hand, and the SKUs that have one.
        let mut best = vec![0.0f32; slots];
        let mut touched: Vec<Slot> = Vec::new();
        let words = self.centres.words(&view.descriptors, NEAR)?;
        for (words, weight) in words.iter().zip(weights) {
            for word in words {
                let list = &self.lists[word.centre as usize];
                // A word that few have is the rarer in the view and the rarer in the SKU: it counts by the square.
                let rare = (skus as f32 / (1 + list.slots.len()) as f32).ln_1p().powi(2);
                for (&slot, code) in list.slots.iter().zip(&list.codes) {
                    let bits = (code ^ word.code).count_ones();
                    let Some(gain) = gains.get(bits as usize) else { continue };
                    let own = &mut best[slot as usize];
                    if *own == 0.0 {
                        touched.push(slot);
                    }
                    *own = own.max(gain * rare);
                }
            }
            for slot in touched.drain(..) {
                votes[slot as usize] += weight * std::mem::take(&mut best[slot as usize]);
            }
        }
        Ok(votes)
    }
}
