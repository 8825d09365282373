//! Holds: orders to divert every item of a SKU or of one of its lots, whatever it looks like.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A hold: an order to divert every item of a SKU or a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldView {
    /// Whose it is: `site`, `fleet` or `box`.
    pub origin: String,
    /// Its name, unique within its origin.
    pub id: String,
    /// The SKU.
    pub sku: String,
    /// Only this lot of it; all of it without.
    #[serde(default)]
    pub lot: Option<String>,
    /// Why.
    pub why: String,
    /// Who set it.
    pub by: String,
    /// When it was set.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub set_at: Timestamp,
    /// When it ends by itself; never without.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<Timestamp>,
}

/// A hold, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldOnPage {
    /// The hold.
    #[serde(flatten)]
    pub hold: HoldView,
    /// Kept items that it had diverted; none where they could not be counted.
    pub diverted: Option<u64>,
}

/// A batch that fails so often that all of it is suspect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuspectView {
    /// The SKU.
    pub sku: String,
    /// The lot; none where its items do not say it.
    pub lot: Option<String>,
    /// Items that were inspected.
    pub items: u64,
    /// Those of them that failed.
    pub failed: u64,
}

/// All holds, and the suspect batches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldsNow {
    /// Every hold: the site's, the fleet's, this box's.
    pub holds: Vec<HoldOnPage>,
    /// Suspect batches.
    pub suspects: Vec<SuspectView>,
    /// Why nobody counted what the holds diverted.
    pub uncounted: Option<String>,
    /// SKUs that this box knows, some hundreds at most: to choose from.
    #[serde(skip)]
    pub skus: Vec<String>,
}

/// A hold that somebody wants to set on this box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Items of this SKU are held.
    pub sku: String,
    /// Only those of this lot; without it, all.
    pub lot: Option<String>,
    /// Why, in plain words.
    pub why: String,
    /// Who wants it.
    pub by: String,
    /// For how many hours; without it, until somebody lifts it.
    pub hours: Option<u32>,
    /// Whether it is wanted for a SKU, too, that this box does not know.
    pub is_sure: bool,
}

/// What became of a hold that somebody wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldAnswer {
    /// It is in force.
    Set(HoldChange),
    /// Nothing was changed: this box knows no item, product or expectation of that SKU, which may be misspelt. These
    /// are like it.
    UnknownSku(Vec<String>),
}

/// A hold that was set or lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldChange {
    /// The hold.
    pub hold: HoldView,
    /// Whether the disk has taken it; else the change is in force until inspectd is restarted, or longer if the disk
    /// takes it later.
    pub is_stored: bool,
}
