//! **Counts**: how many items there were since the start, and what became of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What happened to the items since the start of inspectd.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemCounts {
    /// Crossed the entry eye.
    pub entered: u64,
    /// Seen at the exit eye, as decided.
    pub passed: u64,
    /// Seen in their lane, as decided.
    pub diverted: u64,
    /// Not inspected, by cause: a bounded number of them (`causes.rs`).
    pub uninspected: BTreeMap<String, u64>,
    /// Seen by no confirming eye.
    pub lost: u64,
    /// Seen where they should not have gone.
    pub wrong_lane: u64,
    /// Of which it cannot be told where they went.
    #[serde(default)]
    pub ambiguous: u64,
    /// Whose end nobody has told: plc-bridge was restarted and kept nothing.
    #[serde(default)]
    pub untold: u64,
    /// Bodies that crossed an eye without a number, by cause: they are none of those that entered.
    #[serde(default)]
    pub unnumbered: BTreeMap<String, u64>,
}
