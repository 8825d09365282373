//! **Index**: which few SKUs of a large catalogue a view may show, found without comparing it with each.
//!
//! Comparing a view with one reference takes about 2 ms, so ten thousand SKUs would take minutes. The index asks
//! three cheap questions of all of them, the same three kinds of evidence that the comparison weighs:
//!
//! * which SKUs have key points like those of the view (`points`: inverted lists of visual words);
//! * which SKUs have the words that were read (`words`: inverted lists of words, found by their letters);
//! * which SKUs have such colours (`tints`: one histogram a SKU, compared with all).
//!
//! The SKUs with the most of all three are **proposed**; [`Catalog`](crate::Catalog) compares the view with those.
//!
//! The lists are our own and no library's. Libraries for approximate neighbours keep each vector and a graph beside
//! it, 300 bytes and more for each key point; a list keeps 12 bytes, and a hundred thousand SKUs fit into memory
//! (docs/measurements/identity.md).

pub(crate) mod centres;
pub(crate) mod points;
pub(crate) mod tints;
pub(crate) mod words;

use tch::TchError;

use crate::appearance::Appearance;
use crate::looks::weights;
use crate::rank::Comparison;
use crate::words::Vocabulary;
use points::{IndexedPoint, PointIndex};
use tints::{TintIndex, TintRow};
use words::WordIndex;

/// SKUs that are proposed at most. A catalogue of no more than these needs no index.
pub const PROPOSED: usize = 50;

/// Which place a SKU has in the index: ascending in the order in which SKUs were learned, never used again.
pub(crate) type Slot = u32;

/// What the index knows of one SKU.
pub(crate) struct Entry<'a> {
    pub points: &'a [IndexedPoint<'a>],
    pub tint: TintRow,
    pub words: &'a Vocabulary,
}

/// The index of a catalogue.
#[derive(Debug)]
pub(crate) struct Index {
    pub points: PointIndex,
    pub words: WordIndex,
    pub tints: TintIndex,
}

impl Index {
    /// An empty index on these visual words.
    pub fn new(points: PointIndex) -> Self {
        Self { points, words: WordIndex::default(), tints: TintIndex::default() }
    }

    /// Adds a SKU. Slots must ascend.
    ///
    /// # Errors
    /// What libtorch says, which finds the visual words.
    pub fn add(&mut self, slot: Slot, entry: &Entry<'_>) -> Result<(), TchError> {
        self.points.add(slot, entry.points)?;
        self.words.add(slot, entry.words);
        self.tints.add(slot, entry.tint.clone());
        Ok(())
    }

    /// Forgets a SKU.
    pub fn forget(&mut self, slot: Slot) {
        self.points.forget(slot);
        self.words.forget(slot);
        self.tints.forget(slot);
    }

    /// The slots of all SKUs, those first that these views of one item are likeliest to show.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn propose(&self, views: &[Appearance]) -> Result<Vec<Slot>, TchError> {
        let slots = self.tints.slots();
        let mut known: Vec<Slot> = self.tints.known().collect();
        let mut best = vec![f64::NEG_INFINITY; slots];
        for view in views {
            let points = &view.looks.points.points;
            let weights = weights(points, &view.looks.colours);
            let votes = self.points.votes(&view.looks.points, &weights, (slots, known.len()))?;
            let words = self.words.votes(&view.words, slots);
            let tints = self.tints.alike(&view.looks.colours);
            for (slot, best) in best.iter_mut().enumerate() {
                let evidence = Comparison {
                    votes: votes[slot],
                    words: words[slot],
                    tint: tints[slot],
                    ..Comparison::default()
                };
                *best = best.max(evidence.proposal());
            }
        }
        known.sort_by(|&a, &b| best[b as usize].total_cmp(&best[a as usize]).then(a.cmp(&b)));
        Ok(known)
    }
}
