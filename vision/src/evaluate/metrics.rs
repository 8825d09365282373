//! The figures of an evaluation, computed exactly, ties included.
//!
//! Scores are of two kinds: of good items, and of defective ones. An item counts as found when its
//! score is at or above a threshold.

use serde::Serialize;

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
}

impl Metrics {
    /// The figures for the scores of good and of defective items, which took `ms` milliseconds in
    /// all.
    pub fn new(good: &[f64], defective: &[f64], ms: f64) -> Metrics {
        let items = good.len() + defective.len();
        Metrics {
            auroc: auroc(good, defective),
            average_precision: average_precision(good, defective),
            false_divert_rate_at_95_detection: false_divert_rate(good, defective, 0.95),
            false_divert_rate_at_99_detection: false_divert_rate(good, defective, 0.99),
            ms_per_item: ms / items.max(1) as f64,
            items,
        }
    }
}

/// Area under the ROC curve.
fn auroc(good: &[f64], defective: &[f64]) -> Option<f64> {
    if good.is_empty() || defective.is_empty() {
        return None;
    }
    let mut sorted = good.to_vec();
    sorted.sort_by(f64::total_cmp);
    let won: f64 = defective
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|good| good < score);
            let not_above = sorted.partition_point(|good| good <= score);
            below as f64 + (not_above - below) as f64 / 2.0
        })
        .sum();
    Some(won / (good.len() * defective.len()) as f64)
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

    #[test]
    fn scores_that_separate_are_perfect() {
        let metrics = Metrics::new(&[1.0, 2.0], &[3.0, 4.0, 5.0], 50.0);
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
        let metrics = Metrics::new(&[1.0; 6], &[1.0; 2], 0.0);
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
        let metrics = Metrics::new(&[1.0, 2.0], &[], 8.0);
        assert_eq!(metrics.auroc, None);
        assert_eq!(metrics.false_divert_rate_at_95_detection, None);
        assert_eq!(metrics.items, 2);
    }
}
