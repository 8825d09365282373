//! The sections of the line file that plc-bridge obeys: `[line]`, `[conveyor]` and `[plc]`.
//!
//! Positions are distances along the belt from the entry eye, in the direction of travel; an item
//! stands at the position of its leading edge. What is declared here (documentation, default,
//! bounds) is what the reference page and `inspectctl config check` show.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::line_file::{Mistake, Rules};

/// What plc-bridge reads from the line file; the other sections are inspectd's.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct BridgeConfig {
    /// The line itself.
    pub line: LineSection,
    /// The belt, its eyes and its diverters.
    pub conveyor: ConveyorSection,
    /// The conveyor PLC.
    pub plc: PlcSection,
}

impl Rules for BridgeConfig {
    fn broken(&self) -> Vec<Mistake> {
        self.conveyor.broken()
    }
}

impl Rules for ConveyorSection {
    /// The eyes and the commit point must stand in the order in which an item meets them.
    fn broken(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (index, diverter) in self.diverter.iter().enumerate() {
            let commit_mm = diverter.commit_point_mm;
            let mut must_follow = |what: &str, place_mm: f64| {
                if place_mm <= commit_mm {
                    mistakes.push(Mistake::new(
                        &["conveyor", "diverter", &index.to_string(), "commit_point_mm"],
                        format!(
                            "the commit point ({commit_mm} mm) is not before the {what} \
                             ({place_mm} mm)"
                        ),
                        "measure both from the entry eye, along the item's way",
                    ));
                }
            };
            must_follow("exit eye", self.exit_eye_mm);
            must_follow("lane eye", diverter.lane_eye_mm);
        }
        mistakes
    }
}

impl ConveyorSection {
    /// Position of the commit point that an item meets first, in millimetres; infinite on a line
    /// without a diverter.
    pub fn first_commit_point_mm(&self) -> f64 {
        self.diverter.iter().map(|diverter| diverter.commit_point_mm).fold(f64::INFINITY, f64::min)
    }
}

/// `[line]`: one conveyor with one tunnel, one PLC and one or more diverters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineSection {
    /// What people call this line; shown on the page and in logs.
    #[schemars(length(min = 1, max = 60))]
    pub name: String,
    /// The SKU that runs on the line. Every item is compared with this SKU's references. Letters,
    /// digits, blanks, `.`, `_` and `-`, since a folder is named after it.
    #[schemars(length(min = 1, max = 80), regex(pattern = r"^[\p{L}\p{N}_ -][\p{L}\p{N}._ -]*$"))]
    pub sku: String,
    /// Unix socket on which plc-bridge listens for inspectd.
    #[serde(default = "bridge_socket")]
    pub bridge_socket: PathBuf,
}

/// `[conveyor]`: the belt, its eyes and its diverters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConveyorSection {
    /// Belt travel for one count of the encoder, in millimetres.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub mm_per_count: f64,
    /// Usual belt speed, in millimetres per second. Predicts commit times until the encoder has
    /// shown the real one.
    #[schemars(range(min = 1.0, max = 5000.0))]
    pub nominal_speed_mm_s: f64,
    /// Position of the exit eye, which confirms that an item passed, in millimetres.
    #[schemars(range(min = 1.0, max = 100_000.0))]
    pub exit_eye_mm: f64,
    /// How far an item may have slipped when a confirming eye sees it, either way, in
    /// millimetres. Smaller than half the smallest distance between two items.
    #[serde(default = "slip_tolerance_mm")]
    #[schemars(range(min = 1.0, max = 2000.0))]
    pub slip_tolerance_mm: f64,
    /// How long before the commit point the decision is made, so that it reaches the PLC in time,
    /// in milliseconds. At least two PLC cycles plus the network's round trip.
    #[serde(default = "decision_lead_ms")]
    #[schemars(range(min = 1, max = 2000))]
    pub decision_lead_ms: u32,
    /// The diverters. This version drives one.
    #[schemars(length(min = 1, max = 1))]
    pub diverter: Vec<DiverterSection>,
}

/// `[[conveyor.diverter]]`: one diverter and the lane that it serves.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiverterSection {
    /// The lane's number, as verdicts name it.
    #[schemars(range(min = 1, max = 99))]
    pub lane: u8,
    /// Position after which the diverter can no longer be changed for an item, in millimetres.
    #[schemars(range(min = 1.0, max = 100_000.0))]
    pub commit_point_mm: f64,
    /// Position of the eye in the lane, measured along the item's way, in millimetres.
    #[schemars(range(min = 1.0, max = 100_000.0))]
    pub lane_eye_mm: f64,
    /// What happens to an item that has no verdict at the commit point.
    #[serde(default)]
    pub fall_back: FallBack,
}

/// What happens to an item without a verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FallBack {
    /// Push it into this diverter's lane, where a person looks at it.
    #[default]
    Divert,
    /// Let it stay on the belt.
    Pass,
}

/// `[plc]`: how to reach the conveyor PLC, a Modbus TCP server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlcSection {
    /// Host and port, for example `192.168.10.5:502`.
    #[schemars(length(min = 3), regex(pattern = r"^.+:[0-9]+$"))]
    pub address: String,
    /// Modbus unit identifier.
    #[serde(default = "unit_id")]
    #[schemars(range(min = 0, max = 255))]
    pub unit_id: u8,
    /// First holding register of the status block (PLC to bridge).
    #[serde(default = "status_base")]
    pub status_base: u16,
    /// First holding register of the command block (bridge to PLC).
    #[serde(default = "command_base")]
    pub command_base: u16,
    /// Time from one exchange to the next, in milliseconds.
    #[serde(default = "cycle_ms")]
    #[schemars(range(min = 2, max = 1000))]
    pub cycle_ms: u32,
    /// How long one request may take before the connection is dropped, in milliseconds.
    #[serde(default = "timeout_ms")]
    #[schemars(range(min = 5, max = 10_000))]
    pub timeout_ms: u32,
    /// How long the PLC's heartbeat may stand still before the PLC counts as dead, in
    /// milliseconds.
    #[serde(default = "heartbeat_timeout_ms")]
    #[schemars(range(min = 50, max = 60_000))]
    pub heartbeat_timeout_ms: u32,
    /// Longest pause between two attempts to connect, in milliseconds; the first is 100 ms, and
    /// each failure doubles it.
    #[serde(default = "retry_max_ms")]
    #[schemars(range(min = 100, max = 60_000))]
    pub retry_max_ms: u32,
}

fn bridge_socket() -> PathBuf {
    PathBuf::from("/run/inspectd/bridge.sock")
}
fn slip_tolerance_mm() -> f64 {
    60.0
}
fn decision_lead_ms() -> u32 {
    60
}
fn unit_id() -> u8 {
    1
}
fn status_base() -> u16 {
    0
}
fn command_base() -> u16 {
    100
}
fn cycle_ms() -> u32 {
    10
}
fn timeout_ms() -> u32 {
    200
}
fn heartbeat_timeout_ms() -> u32 {
    500
}
fn retry_max_ms() -> u32 {
    2000
}
