//! `[conveyor]`: the belt, its eyes, its diverters, and what they do when no verdict can be followed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::line_file::{Mistake, Rules};

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
    /// How far an item may have slipped when an eye sees it, either way, in millimetres, since the
    /// eye before. Keep the distance between two leading edges above twice this: where two items
    /// could have caused an edge, neither is confirmed, and both end as ambiguous.
    #[serde(default = "slip_tolerance_mm")]
    #[schemars(range(min = 1.0, max = 2000.0))]
    pub slip_tolerance_mm: f64,
    /// How long before the commit point the decision is made, so that it reaches the PLC in time,
    /// in milliseconds. At least two PLC cycles plus the network's round trip.
    #[serde(default = "decision_lead_ms")]
    #[schemars(range(min = 1, max = 2000))]
    pub decision_lead_ms: u32,
    /// Smallest free distance between an item's end and the next one's beginning, in millimetres,
    /// at which the diverter can still treat them differently. An item closer than this to the one
    /// before, which shall go another way, is ambiguous. 0 switches the check off.
    #[serde(default = "min_gap_mm")]
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub min_gap_mm: f64,
    /// Length of the longest item of this line, in millimetres: whatever covers the entry eye for
    /// longer than this and the slip tolerance is two items that touch, and ambiguous. Left out,
    /// length is not looked at.
    #[serde(default)]
    #[schemars(range(min = 1.0, max = 10_000.0))]
    pub longest_item_mm: Option<f64>,
    /// Eyes between the entry eye and the first commit point, in the order in which an item meets
    /// them: they correct an item's place for slip, notice one that was taken away, and find one
    /// that was put on.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub mid_eye: Vec<MidEyeSection>,
    /// What the whole line does in a fault that is no single item's.
    #[serde(default)]
    pub fall_back: LineFallBackSection,
    /// The diverters, in the order in which an item meets them.
    #[schemars(length(min = 1, max = 8))]
    pub diverter: Vec<DiverterSection>,
}

/// `[conveyor.fall_back]`: what the whole line does in a fault that is no single item's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LineFallBackSection {
    /// The line is blind: the encoder stands still while the belt runs, or counts while it stands;
    /// the entry eye stays covered, or sees nothing of what later eyes see. Bodies could pass that
    /// nobody numbers.
    pub blind: BlindFallBack,
}

/// What the line does while it is blind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlindFallBack {
    /// Keep the first diverter out: whatever comes goes into its lane, where a person looks at it.
    #[default]
    Divert,
    /// Ask the PLC to stop the belt.
    Stop,
    /// Tell it and go on: bodies that nobody numbered may ship.
    Report,
}

/// `[[conveyor.mid_eye]]`: an eye between the entry eye and the first commit point.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MidEyeSection {
    /// Its position, in millimetres.
    #[schemars(range(min = 1.0, max = 100_000.0))]
    pub position_mm: f64,
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
    /// Position of the diverter itself, in millimetres. Needed in `direct` mode, where the bridge
    /// fires it.
    #[serde(default)]
    #[schemars(range(min = 1.0, max = 100_000.0))]
    pub diverter_mm: Option<f64>,
    /// From the command to the diverter in position, and back, in milliseconds; for `direct` mode.
    #[serde(default = "travel_ms")]
    #[schemars(range(min = 0, max = 2000))]
    pub travel_ms: u32,
    /// How far the item's leading edge goes on while the diverter stays out, in millimetres; for
    /// `direct` mode.
    #[serde(default = "hold_mm")]
    #[schemars(range(min = 1.0, max = 5000.0))]
    pub hold_mm: f64,
    /// What this diverter does with an item when nobody's verdict can be followed.
    #[serde(default)]
    pub fall_back: FallBackSection,
}

/// `[conveyor.diverter.fall_back]`: what the diverter does with an item when no verdict can be
/// followed, by cause.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FallBackSection {
    /// No verdict came before the commit point, although inspectd is alive.
    pub late: FallBack,
    /// inspectd is not connected, or its heartbeat stopped.
    pub inspectd_dead: FallBack,
    /// inspectd could not inspect the item, or plc-bridge was restarted while the item was on the
    /// belt.
    pub uninspected: FallBack,
    /// The tracking cannot tell the item from another one: too close, touching, or not where it
    /// should be.
    pub ambiguous: FallBack,
    /// The PLC and the bridge do not hear each other. The bridge tells the PLC this value
    /// beforehand.
    pub plc_lost: FallBack,
}

impl FallBackSection {
    /// The same for every cause.
    pub fn always(fall_back: FallBack) -> Self {
        Self {
            late: fall_back,
            inspectd_dead: fall_back,
            uninspected: fall_back,
            ambiguous: fall_back,
            plc_lost: fall_back,
        }
    }
}

/// What a diverter does with an item when no verdict can be followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FallBack {
    /// Push it into this diverter's lane, where a person looks at it.
    #[default]
    Divert,
    /// Let it stay on the belt.
    Pass,
    /// Ask the PLC to stop the belt when the item reaches the commit point.
    Stop,
}

impl ConveyorSection {
    /// How much belt may pass while one item covers the entry eye, in millimetres: it may slip there.
    pub fn longest_mm(&self) -> Option<f64> {
        self.longest_item_mm.map(|longest| longest + self.slip_tolerance_mm)
    }

    /// Position of the commit point that an item meets first, in millimetres; infinite on a line
    /// without a diverter.
    pub fn first_commit_point_mm(&self) -> f64 {
        self.diverter.iter().map(|diverter| diverter.commit_point_mm).fold(f64::INFINITY, f64::min)
    }
}

impl Rules for ConveyorSection {
    /// The eyes and the commit points must stand in the order in which an item meets them.
    fn broken(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        for (number, diverter) in self.diverter.iter().enumerate() {
            let index = number.to_string();
            let at = |key: &'static str| ["conveyor", "diverter", index.as_str(), key];
            let mut must_precede = |key: &'static str, mm: f64, what: &str, place_mm: f64| {
                if place_mm <= mm {
                    mistakes.push(Mistake::new(
                        &at(key),
                        format!("{key} ({mm} mm) is not before the {what} ({place_mm} mm)"),
                        "measure both from the entry eye, along the item's way",
                    ));
                }
            };
            let commit_mm = diverter.commit_point_mm;
            must_precede("commit_point_mm", commit_mm, "exit eye", self.exit_eye_mm);
            must_precede("commit_point_mm", commit_mm, "lane eye", diverter.lane_eye_mm);
            if let Some(diverter_mm) = diverter.diverter_mm {
                must_precede("diverter_mm", diverter_mm, "lane eye", diverter.lane_eye_mm);
                must_precede("commit_point_mm", commit_mm, "diverter", diverter_mm);
            }
            let earlier = &self.diverter[..number];
            if earlier.iter().any(|other| other.lane == diverter.lane) {
                mistakes.push(Mistake::new(
                    &at("lane"),
                    format!("lane {} is served by an earlier diverter already", diverter.lane),
                    "give each diverter a lane of its own",
                ));
            }
            if earlier.iter().any(|other| other.commit_point_mm >= commit_mm) {
                mistakes.push(Mistake::new(
                    &at("commit_point_mm"),
                    format!("the commit point ({commit_mm} mm) is not behind that of the diverter before"),
                    "list the diverters in the order in which an item meets them",
                ));
            }
        }
        for (index, eye) in self.mid_eye.iter().enumerate() {
            if eye.position_mm >= self.first_commit_point_mm() {
                mistakes.push(Mistake::new(
                    &["conveyor", "mid_eye", &index.to_string(), "position_mm"],
                    format!(
                        "the mid-belt eye ({} mm) is not before the first commit point ({} mm)",
                        eye.position_mm,
                        self.first_commit_point_mm()
                    ),
                    "a mid-belt eye corrects an item's place before its decision: move it upstream",
                ));
            }
        }
        mistakes
    }
}

fn slip_tolerance_mm() -> f64 {
    60.0
}
fn decision_lead_ms() -> u32 {
    60
}
fn min_gap_mm() -> f64 {
    50.0
}
fn travel_ms() -> u32 {
    60
}
fn hold_mm() -> f64 {
    100.0
}
