//! Answers: what a person says that an item really was.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// What an item can have been.
pub const TRUTHS: [&str; 4] = ["good", "damaged", "wrong_item", "wrong_label"];

/// Kinds of damage, as retail logistics tells them apart (Kaputt, arXiv 2510.05903).
pub const KINDS: [&str; 7] =
    ["opened", "deformed", "taken_apart", "superficial", "penetrated", "spilled", "unit_missing"];

/// What somebody said of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnswerView {
    /// One of [`TRUTHS`].
    pub truth: &'static str,
    /// One of [`KINDS`]; none where nobody said.
    pub kind: Option<String>,
    /// Whether the damage is major; none where nobody said.
    pub is_major: Option<bool>,
    /// What else was said.
    pub words: String,
    /// Who said so.
    pub by: String,
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
}

/// What somebody wants to say of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// One of [`TRUTHS`].
    pub truth: &'static str,
    /// One of [`KINDS`].
    pub kind: Option<&'static str>,
    /// Whether the damage is major.
    pub is_major: Option<bool>,
    /// What else there is to say.
    pub words: String,
    /// Who says so.
    pub by: String,
}

/// What an answer taught the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taught {
    /// Nothing: the box does not learn this product by itself, or has no pictures of the item any more.
    Nothing,
    /// The item is none any more of those that its product is learned from.
    TakenOut,
    /// The item is one of those that its product is learned from.
    Normal,
    /// The item is one of those that warn its product's references: none may let it pass that follows one that did not.
    Damaged,
}
