//! How the box stands as a whole: the answer of `GET /api/status`.
//!
//! inspectd's main loop writes a [`PageStatus`] whenever something changed and hands it over in a
//! `watch` channel; the page and `inspectctl status` only read. The counts in it are since the
//! start of inspectd; what happened before stands in the records.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HoldView;

/// The state of the box, its devices and its links.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PageStatus {
    /// Version of inspectd.
    pub version: String,
    /// The line's name, from the line file.
    pub line: String,
    /// What runs on the line; none where any product does.
    #[serde(default)]
    pub sku: Option<String>,
    /// Whether items are being inspected: model warm, bridge connected, a camera delivering.
    pub ready: bool,
    /// What is wrong now, the most important first. A box may be ready and have problems.
    pub problems: Vec<Problem>,
    /// What is on hold, the first hundred.
    #[serde(default)]
    pub holds: Vec<HoldView>,
    /// The cameras, in the line file's order.
    pub cameras: Vec<CameraStatus>,
    /// The PLC, as the bridge last told.
    pub plc: PlcStatus,
    /// The socket to plc-bridge.
    pub bridge: BridgeStatus,
    /// The link to the fleet.
    pub fleet: FleetStatus,
    /// What happened to the items.
    pub items: Counts,
    /// Records on disk.
    pub store: StoreStatus,
    /// Pictures on disk.
    #[serde(default)]
    pub evidence: StoreStatus,
    /// Whether wall time may decide anything.
    #[serde(default)]
    pub clock: ClockStatus,
    /// Which program runs the backbone, and why; only while the model is loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Fixed scanners, in the line file's order.
    #[serde(default)]
    pub scanners: Vec<ScannerStatus>,
    /// How many products the box is learning, and knows.
    #[serde(default)]
    pub learning: LearningStatus,
    /// Whether the belt moves, as its encoder tells.
    #[serde(default)]
    pub belt: BeltStatus,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What happened, on which thing.
    pub what: String,
    /// What a technician does next.
    pub remedy: String,
    /// Since when.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since: Timestamp,
}

/// One camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraStatus {
    /// The view's name.
    pub name: String,
    /// Whether pictures come.
    pub state: CameraHealth,
    /// Why none come; only when it is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Pictures a second, over the last seconds.
    pub fps: f64,
    /// Pictures and mishaps since the start.
    pub counters: CameraCounters,
}

/// Whether a camera delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraHealth {
    /// Being opened; no picture yet.
    Starting,
    /// Pictures come.
    Streaming,
    /// The source failed and is tried again.
    Down,
}

/// The PLC as the bridge sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PlcStatus {
    /// The bridge has not told yet, or is away itself.
    #[default]
    Unknown,
    /// Its heartbeat counts.
    Connected,
    /// It is not reached, or its heartbeat stands still.
    Lost {
        /// What happened and what to check.
        cause: String,
    },
}

/// The socket to plc-bridge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BridgeStatus {
    /// Whether both sides have greeted each other.
    pub connected: bool,
}

/// The link to the fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FleetStatus {
    /// Whether the line file has a `[fleet]` section.
    pub configured: bool,
    /// Whether the broker has accepted the connection.
    pub connected: bool,
    /// Messages that the broker has not acknowledged yet.
    pub owed: u64,
    /// Messages acknowledged since the start.
    pub acknowledged: u64,
    /// Why it is not connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Whether wall time may decide anything: when a hold or an item expires, and what is too old.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ClockStatus {
    /// It may.
    #[default]
    Trusted,
    /// Nothing expires and nothing is deleted by age.
    Doubted {
        /// Why.
        cause: String,
    },
}

/// Whether records, or pictures, reach the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StoreStatus {
    /// They do.
    #[default]
    Ok,
    /// They do not: records wait in memory, pictures are not kept.
    Failing {
        /// What the disk or the database said.
        cause: String,
    },
}

/// What happened at one camera since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameraCounters {
    /// Pictures that arrived.
    pub received: u64,
    /// Pictures that nobody saw: too many at once, or out of order.
    pub dropped: u64,
    /// Pictures that arrived long after they were taken.
    pub late: u64,
    /// Failures of the source, and pictures that could not be read.
    pub errors: u64,
    /// Attempts to open the source anew.
    pub reconnects: u64,
}

/// What happened to the items since the start of inspectd.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Crossed the entry eye.
    pub entered: u64,
    /// Seen at the exit eye, as decided.
    pub passed: u64,
    /// Seen in their lane, as decided.
    pub diverted: u64,
    /// Not inspected, by cause.
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

/// One fixed scanner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScannerStatus {
    /// Its name.
    pub name: String,
    /// Whether it can be heard.
    pub connected: bool,
}

/// How many products the box learns by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LearningStatus {
    /// Being learned.
    pub learning: u64,
    /// Known in full.
    pub full: u64,
}

/// The belt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BeltStatus {
    /// The bridge is away, or has not told yet.
    #[default]
    Unknown,
    /// It stands still.
    Standing,
    /// It moves.
    Moving {
        /// How fast, in millimetres a second.
        mm_per_s: f64,
    },
}
