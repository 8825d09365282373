//! Looking for items among those that are kept: what is looked for, and an item with everything that is
//! known of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::ItemView;
use super::answers::AnswerView;

/// Verdicts to look for.
pub const VERDICTS: [&str; 3] = ["pass", "divert", "uninspected"];

/// Reasons of a diversion to look for.
pub const REASONS: [&str; 4] = ["damage", "identity", "label", "hold"];

/// Outcomes to look for.
pub const OUTCOMES: [&str; 5] = ["passed", "diverted", "lost", "wrong_lane", "ambiguous"];

/// Which items somebody looks for; a key that is `None` asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Entered at this time or later.
    pub since: Option<Timestamp>,
    /// Entered before this time.
    pub until: Option<Timestamp>,
    /// Supposed to be this.
    pub sku: Option<String>,
    /// With this serial number on the label.
    pub serial: Option<String>,
    /// One of [`VERDICTS`].
    pub verdict: Option<&'static str>,
    /// One of [`REASONS`].
    pub reason: Option<&'static str>,
    /// One of [`OUTCOMES`].
    pub outcome: Option<&'static str>,
    /// At most so many, the newest.
    pub limit: usize,
}

/// An item with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ItemDetails {
    /// The item as lists show it.
    pub item: ItemView,
    /// What a person said that it was.
    pub answer: Option<AnswerView>,
    /// Who said what it is, in words, in the order in which they said so.
    pub claims: Vec<String>,
    /// What the checks found.
    pub findings: Vec<FindingView>,
    /// What its label said; the empty ones are left out.
    pub label: Vec<LabelPart>,
    /// How long the steps took, in the order in which they come; those that were not reached are left out.
    pub steps: Vec<StepTime>,
}

/// One check's answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FindingView {
    /// `damage`, `identity`, `label` or `hold`.
    pub check: String,
    /// Whether it speaks against the item.
    pub against: bool,
    /// The check's score.
    pub score: f32,
    /// The threshold that it was held against.
    pub threshold: f32,
    /// Plain words for people.
    pub words: String,
}

/// One thing that the label said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LabelPart {
    /// `codes`, `gtin`, `lot`, `serial`, `last_day`, `text` or `problem`.
    pub part: &'static str,
    /// What it said.
    pub said: String,
}

/// How long one step took.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepTime {
    /// `eye_to_views`, `queued`, `label`, `scoring`, `eye_to_verdict` or `verdict_to_plc`.
    pub step: &'static str,
    /// In milliseconds.
    pub ms: f64,
}
