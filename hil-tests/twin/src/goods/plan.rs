//! The plan of a mixed belt: what comes, in which order, what is wrong with it, and what is to become of
//! it. It does no I/O; the same settings give the same plan.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    catalogue::{Kind, Sku},
    fault::Fault,
    laid::{Expected, Laid, Role},
    tote::ToteColour,
};
use crate::{
    rng::Rng,
    world::{Feed, NewItem},
};

/// Smallest distance from one leading edge to the next, in millimetres: totes are 160 mm long, and a
/// camera shows one at a time.
pub const MIN_PITCH_MM: f64 = 230.0;

/// In which order the SKUs of the working set come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One after the other, and again from the first.
    RoundRobin,
    /// At random: the SKU of rank r with a weight of r to the power of minus this.
    Zipf(f64),
}

/// What a mixed belt is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlanSettings {
    /// Fixes the catalogue.
    pub catalogue_seed: u64,
    /// Fixes the order, the faults and the pieces.
    pub seed: u64,
    /// SKUs of the working set: numbers 0 to this of the catalogue. The next one is the newcomer, the one
    /// after it the one that nobody knows.
    pub skus: u32,
    /// Their order.
    pub order: Order,
    /// Share of the items with a fault. They come evenly, the kinds of fault by turns.
    pub fault_share: f64,
    /// The kinds of fault that come, in this order.
    pub faults: Vec<Fault>,
    /// Whether only goods whose lot and date stand in a code are ever expired or of a held lot.
    pub coded_dates_only: bool,
    /// Number of the first item that may have one, from 1.
    pub faults_from: u64,
    /// Share of the items in a tote; the colours by turns.
    pub tote_share: f64,
    /// Share of the items whose code a scanner or the PLC tells.
    pub told_share: f64,
    /// An item lies turned by at most so many degrees, either way.
    pub yaw_degrees: f64,
    /// Number of the first item of the newcomer, the SKU that has never been there before; 0 for none.
    pub newcomer_from: u64,
    /// From then on every so many items is one.
    pub newcomer_every: u64,
    /// After so many good ones one newcomer is damaged, and again after as many.
    pub newcomer_good: u64,
    /// Every so many items one comes that nobody knows; 0 for none.
    pub nobody_every: u64,
}

impl Default for PlanSettings {
    fn default() -> Self {
        Self {
            catalogue_seed: 1,
            seed: 1,
            skus: 40,
            order: Order::RoundRobin,
            fault_share: 0.15,
            faults: Fault::ALL.to_vec(),
            coded_dates_only: false,
            faults_from: 1,
            tote_share: 0.2,
            told_share: 0.9,
            // Turned further, no straight line crosses all bars of a code.
            yaw_degrees: 8.0,
            newcomer_from: 60,
            newcomer_every: 3,
            newcomer_good: 12,
            nobody_every: 25,
        }
    }
}

/// The plan, item by item, without an end.
#[derive(Debug, Clone)]
pub struct Plan {
    settings: PlanSettings,
    rng: Rng,
    known: Vec<Arc<Sku>>,
    newcomer: Arc<Sku>,
    nobody: Arc<Sku>,
    /// Running sums of the weights of the known ones.
    weights: Vec<f64>,
    number: u64,
    /// Faults and totes that are due, in parts of one.
    faults_due: f64,
    totes_due: f64,
    faults: usize,
    totes: usize,
    known_laid: u64,
    newcomers: u64,
}

impl Plan {
    /// The plan with these settings; there is at least one SKU.
    pub fn new(settings: PlanSettings) -> Self {
        let skus = settings.skus.max(1);
        let sku = |index: u32| Arc::new(Sku::of(index, settings.catalogue_seed));
        let known: Vec<Arc<Sku>> = (0..skus).map(sku).collect();
        let mut sum = 0.0;
        let weights = (1..=skus).map(|rank| {
            sum += match settings.order {
                Order::RoundRobin => 1.0,
                Order::Zipf(exponent) => f64::from(rank).powf(-exponent),
            };
            sum
        });
        Self {
            weights: weights.collect(),
            rng: Rng::new(settings.seed ^ 0x706C_616E),
            known,
            newcomer: sku(skus),
            nobody: sku(skus + 1),
            number: 0,
            faults_due: 0.0,
            totes_due: 0.0,
            faults: 0,
            totes: 0,
            known_laid: 0,
            newcomers: 0,
            settings,
        }
    }

    /// The SKUs that the warehouse knows from the start.
    pub fn known(&self) -> &[Arc<Sku>] {
        &self.known
    }

    /// The SKU that comes later; the warehouse knows it too, only no picture of it.
    pub fn newcomer(&self) -> &Arc<Sku> {
        &self.newcomer
    }

    /// The SKU that nobody knows.
    pub fn nobody(&self) -> &Arc<Sku> {
        &self.nobody
    }

    /// SKU and lot that are to be on hold.
    pub fn held_lots(&self) -> BTreeMap<String, String> {
        let all = self.known.iter().chain([&self.newcomer]);
        let suits = |sku: &&Arc<Sku>| self.suits(Fault::HeldLot, sku);
        all.filter(suits).filter_map(|sku| Some((sku.name.clone(), sku.held_lot()?))).collect()
    }

    /// Whether a piece of this SKU may have this fault.
    fn suits(&self, fault: Fault, sku: &Sku) -> bool {
        let is_in_code = matches!(fault, Fault::Expired | Fault::HeldLot);
        let is_readable = !self.settings.coded_dates_only || sku.kind.has_matrix();
        fault.suits(sku) && (is_readable || !is_in_code)
    }

    /// The next item.
    pub fn lay(&mut self) -> Laid {
        self.number += 1;
        let settings = self.settings.clone();
        let (role, sku) = self.next_sku();
        let look = self.rng.bits();
        let yaw = self.rng.between(-settings.yaw_degrees, settings.yaw_degrees) as f32;
        let mut laid = Laid::normal(&sku, look, yaw);
        laid.entry.number = self.number;
        laid.entry.role = role;
        laid.entry.is_told = self.rng.chance(settings.told_share);
        match role {
            Role::Known if self.number >= settings.faults_from => {
                self.faults_due += settings.fault_share;
                if self.faults_due >= 1.0 {
                    laid = self.with_next_fault(laid, &sku);
                }
            }
            Role::Newcomer => {
                self.newcomers += 1;
                if self.newcomers.is_multiple_of(settings.newcomer_good + 1) {
                    laid = laid.with_fault(Fault::Torn, &sku);
                }
            }
            Role::Nobody => laid.entry.expected = Expected::Unknown,
            Role::Known | Role::EmptyTote => {}
        }
        self.totes_due += settings.tote_share;
        if self.totes_due >= 1.0 {
            self.totes_due -= 1.0;
            laid = laid.in_tote(ToteColour::ALL[self.totes % ToteColour::ALL.len()]);
            self.totes += 1;
        }
        laid
    }

    fn next_sku(&mut self) -> (Role, Arc<Sku>) {
        let settings = &self.settings;
        let since = settings.newcomer_from;
        let is_newcomer = since > 0
            && self.number >= since
            && (self.number - since).is_multiple_of(settings.newcomer_every.max(1));
        if is_newcomer {
            return (Role::Newcomer, Arc::clone(&self.newcomer));
        }
        // In the middle between two multiples, so that the first comes soon.
        let every = settings.nobody_every;
        if every > 0 && self.number % every == every / 2 {
            return (Role::Nobody, Arc::clone(&self.nobody));
        }
        let index = match settings.order {
            Order::RoundRobin => self.known_laid as usize % self.known.len(),
            Order::Zipf(_) => {
                let all = self.weights.last().copied().unwrap_or_default();
                let drawn = self.rng.unit() * all;
                self.weights.partition_point(|sum| *sum <= drawn).min(self.known.len() - 1)
            }
        };
        self.known_laid += 1;
        (Role::Known, Arc::clone(&self.known[index]))
    }

    /// Gives the piece the fault that is next in turn; one that it cannot have waits for a piece that can.
    fn with_next_fault(&mut self, laid: Laid, sku: &Arc<Sku>) -> Laid {
        let faults = &self.settings.faults;
        let Some(next) = faults.get(self.faults % faults.len().max(1)).copied() else {
            return laid;
        };
        if !self.suits(next, sku) {
            return laid;
        }
        self.faults_due -= 1.0;
        self.faults += 1;
        // Of the same kind where there is one: it looks alike, and the label's place is the same.
        let kinds = Kind::ALL.len();
        let place = self.known.iter().position(|known| known.index == sku.index).unwrap_or(0);
        let other = (1..self.known.len())
            .map(|step| &self.known[(place + step * kinds) % self.known.len()])
            .find(|other| other.index != sku.index)
            .unwrap_or(&self.nobody);
        laid.with_fault(next, &Arc::clone(other))
    }
}

/// Feeds the items of a plan.
#[derive(Debug, Clone)]
pub struct PlanFeed(pub Plan);

impl Feed for PlanFeed {
    fn next(&mut self) -> NewItem {
        NewItem::of(self.0.lay())
    }
}
