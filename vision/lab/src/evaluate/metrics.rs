//! The figures of an evaluation, computed exactly, ties included.
//!
//! Scores are of two kinds: of good items, and of defective ones. An item counts as found when its
//! score is at or above a threshold.

use serde::Serialize;

use base::statistics::{auroc, wilson};

/// How many items exceed their thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtBudget {
    /// Good items.
    pub good: usize,
    /// Good items that would have been diverted.
    pub good_diverted: usize,
    /// The 95 % interval of the share of good items that are diverted (Wilson).
    pub good_interval: [f64; 2],
    /// Defective items.
    pub defective: usize,
    /// Defective items that would have been diverted.
    pub defective_diverted: usize,
    /// The 95 % interval of the share of defective items that are diverted (Wilson).
    pub defective_interval: [f64; 2],
}

/// What is said of one item: its score, and whether that exceeds its threshold.
pub(super) type Judged = (f64, bool);

/// How well scores tell defective items from good ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Metrics {
    /// The probability that a defective item scores higher than a good one; ties count half. `null`
    /// where one kind is missing, as with all figures but the last two.
    pub auroc: Option<f64>,
    /// The mean precision over the defective items, each with the threshold that just finds it.
    pub average_precision: Option<f64>,
    /// The share of good items that are diverted when 95 % of the defective ones are found.
    pub false_divert_rate_at_95_detection: Option<f64>,
    /// The share of good items that are diverted when 99 % of the defective ones are found.
    pub false_divert_rate_at_99_detection: Option<f64>,
    /// Mean time to score one item, in milliseconds.
    pub ms_per_item: f64,
    /// Items scored.
    pub items: usize,
    /// How many of them are diverted with the false-divert budget.
    pub at_budget: AtBudget,
}

impl Metrics {
    /// The figures for what is said of good and of defective items, which took `ms` milliseconds
    /// in all.
    pub(super) fn new(good: &[Judged], defective: &[Judged], ms: f64) -> Metrics {
        let items = good.len() + defective.len();
        let diverted = |judged: &[Judged]| judged.iter().filter(|(_, diverted)| *diverted).count();
        let (good_diverted, defective_diverted) = (diverted(good), diverted(defective));
        let at_budget = AtBudget {
            good: good.len(),
            good_diverted,
            good_interval: wilson(good_diverted, good.len()),
            defective: defective.len(),
            defective_diverted,
            defective_interval: wilson(defective_diverted, defective.len()),
        };
        let scores = |judged: &[Judged]| judged.iter().map(|(score, _)| *score).collect();
        let (good, defective): (Vec<f64>, Vec<f64>) = (scores(good), scores(defective));
        let (good, defective) = (good.as_slice(), defective.as_slice());
        Metrics {
            auroc: auroc(good, defective),
            average_precision: average_precision(good, defective),
            false_divert_rate_at_95_detection: false_divert_rate(good, defective, 0.95),
            false_divert_rate_at_99_detection: false_divert_rate(good, defective, 0.99),
            ms_per_item: ms / items.max(1) as f64,
            items,
            at_budget,
        }
    }
}

/// The ROC curve: share of good and of defective items at or above each threshold, from the highest
/// down; ends at (1, 1). Empty where one kind is missing.
pub(super) fn roc(good: &[f64], defective: &[f64]) -> Vec<(f64, f64)> {
    if good.is_empty() || defective.is_empty() {
        return Vec::new();
    }
    let (good, defective) = (descending(good), descending(defective));
    let mut thresholds = [good.as_slice(), defective.as_slice()].concat();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let share = |scores: &[f64], threshold: f64| {
        scores.partition_point(|score| *score >= threshold) as f64 / scores.len() as f64
    };
    let points = thresholds.into_iter().map(|at| (share(&good, at), share(&defective, at)));
    std::iter::once((0.0, 0.0)).chain(points).collect()
}

/// Σ (recall step) × precision, over the distinct thresholds from the highest down.
fn average_precision(good: &[f64], defective: &[f64]) -> Option<f64> {
    if good.is_empty() || defective.is_empty() {
        return None;
    }
    let (good, defective) = (descending(good), descending(defective));
    let mut sum = 0.0;
    let mut found = 0;
    while let Some(&threshold) = defective.get(found) {
        let now_found = defective.partition_point(|score| *score >= threshold);
        let diverted = good.partition_point(|score| *score >= threshold);
        let precision = now_found as f64 / (now_found + diverted) as f64;
        sum += (now_found - found) as f64 * precision;
        found = now_found;
    }
    Some(sum / defective.len() as f64)
}

/// The share of good items at or above the highest threshold that finds the share `detection` of
/// the defective ones.
fn false_divert_rate(good: &[f64], defective: &[f64], detection: f64) -> Option<f64> {
    if good.is_empty() || defective.is_empty() {
        return None;
    }
    let needed = ((defective.len() as f64 * detection - 1e-9).ceil() as usize).max(1);
    let threshold = descending(defective)[needed - 1];
    let diverted = good.iter().filter(|score| **score >= threshold).count();
    Some(diverted as f64 / good.len() as f64)
}

fn descending(scores: &[f64]) -> Vec<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items are diverted above 3.5.
    fn metrics(good: &[f64], defective: &[f64], ms: f64) -> Metrics {
        let judged = |scores: &[f64]| -> Vec<Judged> {
            scores.iter().map(|score| (*score, *score > 3.5)).collect()
        };
        Metrics::new(&judged(good), &judged(defective), ms)
    }

    #[test]
    fn shares_at_the_budget_have_their_intervals() {
        let found = metrics(&[1.0, 2.0, 3.0, 4.0], &[3.0, 4.0, 5.0], 0.0).at_budget;
        assert_eq!((found.good, found.good_diverted), (4, 1));
        assert_eq!((found.defective, found.defective_diverted), (3, 2));
        let [low, high] = found.good_interval;
        assert!(low < 0.25 && 0.25 < high && low > 0.0 && high < 1.0, "{low} to {high}");
    }

    #[test]
    fn the_roc_curve_rises_from_corner_to_corner_and_takes_ties_at_once() {
        let curve = roc(&[1.0, 2.0], &[2.0, 3.0]);
        assert_eq!(curve, [(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        assert!(roc(&[1.0], &[]).is_empty());
    }

    #[test]
    fn scores_that_separate_are_perfect() {
        let metrics = metrics(&[1.0, 2.0], &[3.0, 4.0, 5.0], 50.0);
        assert_eq!(metrics.auroc, Some(1.0));
        assert_eq!(metrics.average_precision, Some(1.0));
        assert_eq!(metrics.false_divert_rate_at_99_detection, Some(0.0));
        assert_eq!((metrics.ms_per_item, metrics.items), (10.0, 5));
    }

    #[test]
    fn figures_agree_with_hand_computed_ones() {
        // Pairs won by 4: all 4 goods; by 2: one of four (1), tie with one.
        let (good, defective) = ([1.0, 2.0, 3.0, 3.5], [4.0, 2.0]);
        assert_eq!(auroc(&good, &defective), Some((4.0 + 1.5) / 8.0));
        // Threshold 4: 1 of 1. Threshold 2: both found, with the goods 2, 3 and 3.5: 2 of 5.
        assert_eq!(average_precision(&good, &defective), Some((1.0 + 0.4) / 2.0));
        assert_eq!(false_divert_rate(&good, &defective, 0.5), Some(0.0));
        assert_eq!(false_divert_rate(&good, &defective, 0.95), Some(0.75));
    }

    #[test]
    fn equal_scores_are_a_coin_toss() {
        let metrics = metrics(&[1.0; 6], &[1.0; 2], 0.0);
        assert_eq!(metrics.auroc, Some(0.5));
        assert_eq!(metrics.average_precision, Some(0.25), "the share of defective items");
        assert_eq!(metrics.false_divert_rate_at_95_detection, Some(1.0));
    }

    #[test]
    fn twenty_defects_need_nineteen_found_for_95_percent_and_all_for_99() {
        let defective: Vec<f64> = (1..=20).map(f64::from).collect();
        let good = [1.5];
        assert_eq!(false_divert_rate(&good, &defective, 0.95), Some(0.0));
        assert_eq!(false_divert_rate(&good, &defective, 0.99), Some(1.0));
    }

    #[test]
    fn without_defects_there_is_nothing_to_tell() {
        let metrics = metrics(&[1.0, 2.0], &[], 8.0);
        assert_eq!(metrics.auroc, None);
        assert_eq!(metrics.false_divert_rate_at_95_detection, None);
        assert_eq!(metrics.items, 2);
    }
}
