//! What another false-divert budget would do to this line, told from its recent items.

use schemars::JsonSchema;
use serde::Serialize;

use super::ItemView;

/// Some of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct ShareView {
    /// Some.
    pub count: usize,
    /// Of so many.
    pub of: usize,
    /// The least share that is likely (95 %).
    pub least: f64,
    /// The greatest.
    pub most: f64,
}

/// What one budget would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct StopView {
    /// The share of good items that may be diverted, 0 to 1.
    pub budget: f64,
    /// How surprising an item must be to be diverted as damaged: -log10 of the budget.
    pub limit: f64,
    /// Of the recent items, those that are more surprising.
    pub diverted: ShareView,
    /// Of those of which people said what they are, the good ones.
    pub good_above: ShareView,
    /// Of the less surprising ones of which people said what they are, the damaged ones.
    pub damaged_below: ShareView,
    /// Items of today that passed and would be diverted.
    pub newly_diverted: usize,
    /// Items of today that were diverted as damaged alone and would pass.
    pub newly_passed: usize,
    /// Places in `items` of those that lie closest to the limit and would pass, the most surprising last.
    pub below: Vec<usize>,
    /// Places of those that lie closest to it and would be diverted, the least surprising first.
    pub above: Vec<usize>,
}

/// What recent items tell of every budget.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct ThresholdsView {
    /// The budgets, ascending.
    pub stops: Vec<StopView>,
    /// The place of the one in force.
    pub present: usize,
    /// How many items are how surprising: not known, good, damaged, one entry a bar.
    pub histogram: Vec<[usize; 3]>,
    /// Width of a bar, in decades.
    pub bar: f64,
    /// Items that the stops name.
    pub items: Vec<ItemView>,
    /// Recent items that were scored.
    pub recent: usize,
    /// Hours in which they passed, minutes without any not counted.
    pub hours: f64,
}
