//! What is fed on a line of one SKU: cartons, lot by lot.

use super::{carton, defect::Defect};
use crate::{
    rng::Rng,
    world::{Feed, NewItem},
};

/// Cartons of one lot that come one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LotPlan {
    /// How many; of the last lot there is no end.
    pub items: u64,
    /// The share of damaged ones.
    pub defect_rate: f64,
}

/// Feeds cartons of one SKU, lot by lot, a share of them damaged, and a share of the others wrong.
pub struct CartonFeed {
    sku: String,
    lots: Vec<LotPlan>,
    wrong_rate: f64,
    /// The lot that is being fed, and its items so far.
    lot: usize,
    fed: u64,
    rng: Rng,
    /// Of its own, so that the damaged ones stay the same.
    wrong_rng: Rng,
}

impl CartonFeed {
    /// Cartons of `sku`, of one lot; each is damaged with probability `defect_rate`.
    pub fn new(sku: &str, defect_rate: f64, seed: u64) -> Self {
        Self::with_lots(sku, vec![LotPlan { items: u64::MAX, defect_rate }], seed)
    }

    /// Cartons of `sku`, of these lots; there is at least one.
    pub fn with_lots(sku: &str, lots: Vec<LotPlan>, seed: u64) -> Self {
        let (rng, wrong_rng) = (Rng::new(seed ^ 0x6665_6564), Rng::new(seed ^ 0x0077_726F_6E67));
        Self { sku: sku.to_owned(), lots, wrong_rate: 0.0, lot: 0, fed: 0, rng, wrong_rng }
    }

    /// The same, with this share of what is not damaged wrong.
    pub fn with_wrong(self, wrong_rate: f64) -> Self {
        Self { wrong_rate, ..self }
    }
}

impl Feed for CartonFeed {
    fn next(&mut self) -> NewItem {
        if self.fed == self.lots[self.lot].items && self.lot + 1 < self.lots.len() {
            (self.lot, self.fed) = (self.lot + 1, 0);
        }
        self.fed += 1;
        let damaged = self.rng.chance(self.lots[self.lot].defect_rate);
        let damage = self.rng.pick(&Defect::DAMAGE);
        let wrong = self.wrong_rng.chance(self.wrong_rate);
        let defect = match (damaged, wrong) {
            (true, _) => Some(damage),
            (false, true) => Some(self.wrong_rng.pick(&Defect::WRONG)),
            (false, false) => None,
        };
        NewItem {
            sku: self.sku.clone(),
            lot: Some(carton::lot(&self.sku, self.lot as u32)),
            code: Some(self.sku.clone()),
            length_mm: carton::LENGTH_MM,
            defect: defect.map(|defect| defect.name().to_owned()),
            look: self.rng.bits(),
            laid: None,
        }
    }
}
