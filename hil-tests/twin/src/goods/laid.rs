//! One item of the plan: the truth about it, and what is needed to draw it.

use std::sync::Arc;

use line::protocol::Check;
use serde::{Deserialize, Serialize};

use super::{
    catalogue::{Expiry, SIZES, Sku},
    draw::length_on_belt,
    fault::Fault,
    tote::{self, ToteColour},
};

/// A date that has gone by, whenever the twin runs.
const EXPIRED: Expiry = Expiry { year: 2024, month: 3 };
/// In a tote an item has less room to turn, in degrees.
const TOTE_YAW: f64 = 5.0;

/// What a SKU is in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// One of the working set.
    Known,
    /// Never there before the middle of the run.
    Newcomer,
    /// In nobody's list.
    Nobody,
    /// A tote with nothing in it.
    EmptyTote,
}

/// What is to become of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "reason")]
pub enum Expected {
    /// It passes.
    Pass,
    /// It is diverted, for this check's finding among others.
    Divert(Check),
    /// Nobody knows what it is: what the plant has chosen for such items.
    Unknown,
}

/// One item of the plan: the truth about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, in the order of the plan.
    pub number: u64,
    /// The SKU that it should be, and whose code is told.
    pub sku: String,
    /// What it really is, where that is another SKU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub really: Option<String>,
    /// What that SKU is in the plan.
    pub role: Role,
    /// The GTIN-13 that is printed on it.
    pub gtin: String,
    /// Whether a scanner or the PLC tells its code.
    pub is_told: bool,
    /// The GTIN-13 that is told, where it is not the printed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_gtin: Option<String>,
    /// The lot that is printed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The month of expiry that is printed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// The size that is printed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The tote in which it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tote: Option<ToteColour>,
    /// By how much it is turned on the belt, in degrees.
    pub yaw_degrees: f32,
    /// Fixes how this piece differs from the others.
    pub look: u64,
    /// What is to become of it.
    pub expected: Expected,
}

impl Entry {
    /// The code that a scanner or the PLC tells, where one does.
    pub fn told(&self) -> Option<&str> {
        self.is_told.then(|| self.told_gtin.as_deref().unwrap_or(&self.gtin))
    }
}

/// An item of the plan with what is needed to draw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Laid {
    /// The truth about it.
    pub entry: Entry,
    /// What is drawn; `None` for an empty tote.
    pub body: Option<Arc<Sku>>,
}

impl Laid {
    /// Its length along the belt, in millimetres.
    pub fn length_mm(&self) -> f64 {
        let yaw = self.entry.yaw_degrees.to_radians();
        let tote = self.entry.tote.map(|_| tote::LENGTH_MM);
        let body = || self.body.as_ref().map_or(0.0, |sku| length_on_belt(sku, yaw));
        f64::from(tote.unwrap_or_else(body))
    }

    /// A piece of a SKU as it should be, bare on the belt, told by nobody: what is normal.
    pub fn normal(sku: &Arc<Sku>, look: u64, yaw_degrees: f32) -> Self {
        let entry = Entry {
            number: 0,
            sku: sku.name.clone(),
            really: None,
            role: Role::Known,
            gtin: sku.gtin.clone(),
            is_told: false,
            told_gtin: None,
            lot: sku.lot(),
            expiry: sku.expiry,
            size: sku.size.map(str::to_owned),
            fault: None,
            tote: None,
            yaw_degrees,
            look,
            expected: Expected::Pass,
        };
        Self { entry, body: Some(Arc::clone(sku)) }
    }

    /// A tote with nothing in it.
    pub fn empty_tote(colour: ToteColour, look: u64) -> Self {
        let entry = Entry {
            number: 0,
            sku: "empty-tote".to_owned(),
            really: None,
            role: Role::EmptyTote,
            gtin: String::new(),
            is_told: false,
            told_gtin: None,
            lot: None,
            expiry: None,
            size: None,
            fault: None,
            tote: Some(colour),
            yaw_degrees: 0.0,
            look,
            expected: Expected::Pass,
        };
        Self { entry, body: None }
    }

    /// The same with a fault; `other` is what is drawn where it is a wrong product.
    pub fn with_fault(mut self, fault: Fault, other: &Arc<Sku>) -> Self {
        let Some(sku) = self.body.clone() else { return self };
        let entry = &mut self.entry;
        entry.fault = Some(fault);
        entry.expected = Expected::Divert(fault.check());
        match fault {
            Fault::Expired => entry.expiry = Some(EXPIRED),
            Fault::HeldLot => entry.lot = sku.held_lot(),
            Fault::WrongSize => {
                // Two sizes away: S for L, XXL for M.
                let at = SIZES.iter().position(|size| Some(*size) == sku.size).unwrap_or(0);
                entry.size = Some(SIZES[(at + 2) % SIZES.len()].to_owned());
            }
            Fault::WrongProduct => {
                entry.really = Some(other.name.clone());
                // Only what is told is the expected product's; nothing else would tell of it.
                entry.is_told = true;
                entry.told_gtin = Some(std::mem::replace(&mut entry.gtin, other.gtin.clone()));
                entry.lot = other.lot();
                entry.expiry = other.expiry;
                entry.size = other.size.map(str::to_owned);
                self.body = Some(Arc::clone(other));
            }
            _ => {}
        }
        self
    }

    /// The same in a tote.
    pub fn in_tote(mut self, colour: ToteColour) -> Self {
        self.entry.tote = Some(colour);
        self.entry.yaw_degrees = self.entry.yaw_degrees.clamp(-TOTE_YAW as f32, TOTE_YAW as f32);
        self
    }
}
