//! An item as the page shows it: the answer of `GET /api/items`.
//!
//! A record is made for keeping; an [`ItemView`] is made for looking at. It gives the item one
//! **score**: the largest ratio of score to threshold over its views, so that views with different
//! thresholds stand on one scale and 1 is the limit.

use jiff::Timestamp;
use line::protocol::Check;
use schemars::JsonSchema;
use serde::Serialize;

/// One item.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ItemView {
    /// The bridge's start that numbered the item.
    pub boot: String,
    /// The number within it.
    pub item: u64,
    /// What it is; none where nobody knew, or knows yet.
    pub sku: Option<String>,
    /// How well the box knew how this SKU looks, in words.
    pub familiarity: Option<String>,
    /// The tote in which it lies, `undeclared` where it is none that was declared; none on the bare belt.
    pub tote: Option<String>,
    /// Whether nothing lies in it.
    pub is_empty_tote: bool,
    /// When it crossed the entry eye.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub entered_at: Timestamp,
    /// Largest ratio of score to threshold over the views; none when no view was scored.
    pub score: Option<f32>,
    /// What `score` is held against: always 1; none when no view was scored.
    pub threshold: Option<f32>,
    /// `pass`, `divert` or `uninspected`; none while it is being inspected.
    pub verdict: Option<&'static str>,
    /// Which checks ask for the diversion.
    #[schemars(with = "Vec<String>")]
    pub reasons: Vec<Check>,
    /// What was found or went wrong, in words for people; the most important first.
    pub words: Vec<String>,
    /// From the entry eye until the verdict left for the bridge, in milliseconds.
    pub ms: Option<f64>,
    /// What the bridge committed, in words.
    pub decision: Option<String>,
    /// Where the item went, in words.
    pub outcome: Option<String>,
    /// Where the item went, as one word: `passed`, `diverted`, `lost`, `wrong_lane`, `ambiguous`.
    pub outcome_kind: Option<&'static str>,
    /// One entry a camera.
    pub views: Vec<CameraView>,
}

/// One camera's part of an item.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CameraView {
    /// The camera.
    pub camera: String,
    /// The picture, to be fetched from `/evidence/` and this path.
    pub picture: Option<String>,
    /// Why a picture that was taken was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_kept: Option<String>,
    /// The picture with the heat map over it, likewise.
    pub heat_map: Option<String>,
    /// How surprising the view is among normal ones: -log10 of its p-value.
    pub score: Option<f32>,
    /// The score above which the view counts as damaged.
    pub threshold: Option<f32>,
    /// Why there is no score.
    pub problem: Option<String>,
    /// Whether the item's tote hides it from this camera.
    pub is_hidden: bool,
}
