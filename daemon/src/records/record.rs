//! The record: everything kept about one item, from photo-eye to outcome.
//!
//! Wall time stands here alone, for people; every duration was measured on the monotonic clock.

use damage::Calibration;
use jiff::Timestamp;
use line::protocol::{Check, Decision, ItemNumber, Outcome, Verdict};
use line::text::{Cut, QUOTING_MAX, WORDS_MAX, cut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vision::learning::Familiarity;

use crate::item::identification::Claim;
use crate::wall_clock::WallTime;

/// Which item: its number, and the start of the bridge that gave it.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct ItemId {
    /// The bridge's start.
    pub boot: String,
    /// The number within it.
    pub item: ItemNumber,
}

impl ItemId {
    /// What the box calls the item among those that it learns from: a plain file name, unique for ever.
    pub fn lesson(&self) -> String {
        format!("{}-{}", self.boot, self.item)
    }
}

/// Everything kept about one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Which item.
    #[serde(flatten)]
    pub id: ItemId,
    /// What it is; none where nobody knew, or knows yet.
    pub sku: Option<String>,
    /// Who said what it is, in the order in which they said so.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// What the box knew of how this SKU looks, when it inspected the item.
    #[serde(default)]
    pub familiarity: Option<Familiarity>,
    /// The tote in which it lies, as the line file calls it, or `undeclared`; none on the bare belt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tote: Option<String>,
    /// Whether nothing lies in that tote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_empty_tote: bool,
    /// When it crossed the entry eye.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub entered_at: Timestamp,
    /// One entry a camera, in the line file's order.
    pub views: Vec<ViewRecord>,
    /// One entry for each check that answered.
    pub findings: Vec<Finding>,
    /// What its label said; none where labels are not read.
    #[serde(default)]
    pub label: Option<LabelRecord>,
    /// What inspectd asked for; none while the item is being inspected.
    pub verdict: Option<Verdict>,
    /// What the bridge committed.
    pub decision: Option<Decision>,
    /// Where the item went. A record with an outcome is closed: it never changes again.
    pub outcome: Option<Outcome>,
    /// How long the steps took.
    pub timings: Timings,
    /// Whether it was counted in its batch.
    #[serde(default)]
    pub counted: bool,
    /// Whether the clock was not to be trusted when the item entered: `entered_at` may be wrong by years.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clock_doubted: bool,
}

impl Record {
    /// The record of an item that has just crossed the entry eye.
    pub fn of(id: ItemId, entered_at: Timestamp) -> Self {
        Self {
            id,
            sku: None,
            claims: Vec::new(),
            familiarity: None,
            tote: None,
            is_empty_tote: false,
            entered_at,
            views: Vec::new(),
            findings: Vec::new(),
            label: None,
            verdict: None,
            decision: None,
            outcome: None,
            timings: Timings::default(),
            counted: false,
            clock_doubted: false,
        }
    }

    /// When it crossed the entry eye, and whether that time may decide anything.
    pub fn entered(&self) -> WallTime {
        if self.clock_doubted {
            WallTime::doubted(self.entered_at)
        } else {
            WallTime::trusted(self.entered_at)
        }
    }
}

/// What an item's label said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelRecord {
    /// The codes' contents.
    pub codes: Vec<String>,
    /// The trade item number in its codes, 14 digits.
    pub gtin: Option<String>,
    /// The lot.
    pub lot: Option<String>,
    /// The serial number.
    pub serial: Option<String>,
    /// The last day on which it is good.
    pub last_day: Option<String>,
    /// The lines of text, in reading order.
    pub text: Vec<String>,
    /// Why nothing was read, or not all.
    pub problem: Option<String>,
}

/// One camera's part of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ViewRecord {
    /// The camera.
    pub camera: String,
    /// The picture, relative to the evidence folder; none where there was none, or it was not kept.
    pub picture: Option<String>,
    /// Why a picture that was taken was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_kept: Option<String>,
    /// The picture with the heat map over it, relative to the evidence folder.
    pub heat_map: Option<String>,
    /// How far from the window's middle the item stood, in millimetres.
    pub offset_mm: Option<f64>,
    /// How surprising the view is among normal ones: -log10 of its p-value.
    pub score: Option<f32>,
    /// The score above which the view counts as damaged.
    pub threshold: Option<f32>,
    /// How far the threshold can be trusted: `conformal` is bounded by enough normal pictures,
    /// `fitted` estimated from fewer, and `weak` a guess, as from a catalogue picture alone.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    /// Why there is no score, in plain words; at most [`WORDS_MAX`] characters.
    pub problem: Option<String>,
    /// Whether the item's tote hides it from this camera: there is no score then, and that is no problem.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_hidden: bool,
}

impl ViewRecord {
    /// The part of a camera from which nothing has come yet.
    pub fn of(camera: &str) -> Self {
        Self {
            camera: camera.to_owned(),
            picture: None,
            not_kept: None,
            heat_map: None,
            offset_mm: None,
            score: None,
            threshold: None,
            calibration: None,
            problem: None,
            is_hidden: false,
        }
    }

    /// The view has no score, for this reason, which may quote what a library said.
    pub fn unscored(&mut self, why: &str) {
        self.problem = Some(cut(why, WORDS_MAX).into_owned());
    }
}

/// One check's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Which question.
    pub check: Check,
    /// In which camera's view; none where it is not about one view.
    pub camera: Option<String>,
    /// The check's score; 1 with a threshold of 0 for what is a fact.
    pub score: f32,
    /// The threshold that it was held against.
    pub threshold: f32,
    /// Where in the view, in pixels from the upper left corner: x, y.
    pub at: Option<[u32; 2]>,
    /// Boxes around what differs, the strongest first, in pixels: x, y, width, height.
    #[serde(default)]
    pub boxes: Vec<[u32; 4]>,
    /// Plain words for people.
    pub words: String,
}

impl Finding {
    /// A fact that speaks against the item.
    pub fn fact(check: Check, camera: Option<String>, mut words: String) -> Self {
        words.cut_to(QUOTING_MAX);
        Self { check, camera, score: 1.0, threshold: 0.0, at: None, boxes: Vec::new(), words }
    }

    /// What could not be told; speaks against nothing.
    pub fn open(check: Check, camera: Option<String>, words: String) -> Self {
        Self { score: 0.0, ..Self::fact(check, camera, words) }
    }

    /// Whether the check found the item imperfect.
    pub fn exceeds(&self) -> bool {
        self.score > self.threshold
    }
}

/// What the steps of scoring took, in milliseconds, all scored views of the item together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoringSteps {
    /// Finding the item.
    pub localise_ms: f64,
    /// Cutting it out, and the backbone.
    pub features_ms: f64,
    /// The search in the reference's memory.
    pub distance_ms: f64,
    /// The damage head.
    pub head_ms: f64,
    /// Fusing what the members found, and telling where the item differs and how.
    #[serde(default)]
    pub fuse_ms: f64,
}

impl ScoringSteps {
    /// Adds what another view took.
    pub fn add(&mut self, view: ScoringSteps) {
        self.localise_ms += view.localise_ms;
        self.features_ms += view.features_ms;
        self.distance_ms += view.distance_ms;
        self.head_ms += view.head_ms;
        self.fuse_ms += view.fuse_ms;
    }
}

/// How long the steps took, in milliseconds; none for a step that was not reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timings {
    /// From the entry eye until every camera's picture was chosen.
    pub eye_to_views_ms: Option<f64>,
    /// Waiting for the inference thread.
    pub queued_ms: Option<f64>,
    /// Reading the label in all views, from when it was asked for.
    #[serde(default)]
    pub label_ms: Option<f64>,
    /// Scoring all views.
    pub scoring_ms: Option<f64>,
    /// What of it each step took.
    #[serde(default)]
    pub scoring_steps: Option<ScoringSteps>,
    /// From the entry eye until the verdict left for the bridge.
    pub eye_to_verdict_ms: Option<f64>,
    /// From the bridge's receipt of the verdict until the PLC acknowledged it.
    pub verdict_to_plc_ms: Option<f64>,
}
