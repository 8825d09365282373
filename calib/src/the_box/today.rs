//! What happened today and in the last hour: the answer of `GET /api/today`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the records say of today, from midnight of the box's time zone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Today {
    /// Since when it is counted; none while the clock cannot tell.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub since: Option<Timestamp>,
    /// Items that crossed the entry eye.
    pub entered: u64,
    /// Items that inspectd let ship.
    pub passed: u64,
    /// Items for which inspectd asked for a diverter.
    pub diverted: u64,
    /// Items that were not inspected.
    pub uninspected: u64,
    /// Diverted items by check: `damage`, `identity`, `label`, `hold`. An item with two reasons
    /// counts for both.
    pub diverts_by_reason: BTreeMap<String, u64>,
    /// Bodies that crossed an eye without a number.
    pub unnumbered: u64,
    /// The last hour, a minute each, the oldest first.
    pub last_hour: Vec<Minute>,
}

/// The items that entered in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Minute {
    /// All of them.
    pub entered: u32,
    /// Of these, how many inspectd wanted diverted.
    pub diverted: u32,
    /// Of these, how many were not inspected.
    pub uninspected: u32,
}
