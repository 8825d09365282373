//! What can be told from chance: intervals of shares, and paired tests of two models on the same
//! items.

use base::statistics::Z_95;
use serde::Serialize;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// The two-sided p-value of McNemar's test in its exact form: of the items on which two models
/// decide differently, `first` were decided rightly by one and `second` by the other. Were both as
/// good, each such item would be a toss of a coin.
pub(super) fn mcnemar(first: usize, second: usize) -> f64 {
    let tosses = (first + second) as u64;
    let coin = Binomial::new(0.5, tosses).expect("one half is a probability");
    (2.0 * coin.cdf(first.min(second) as u64)).min(1.0)
}

/// The difference of two models' AUROC on the same items.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AurocDifference {
    /// The second model's less the first's.
    pub difference: f64,
    /// Its 95 % interval; `null` where the items rank alike for both, or are fewer than two of a kind.
    pub interval: Option<[f64; 2]>,
    /// How likely so large a difference is, were there none; `null` likewise.
    pub p_value: Option<f64>,
}

/// Compares two models by the scores of the same good and the same defective items (DeLong, DeLong
/// and Clarke-Pearson, *Biometrics* 44, 1988). `None` where one kind is missing.
pub(super) fn delong(good: &[[f64; 2]], defective: &[[f64; 2]]) -> Option<AurocDifference> {
    if good.is_empty() || defective.is_empty() {
        return None;
    }
    let won = |defect: f64, good: f64| match defect.total_cmp(&good) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    };
    // Of each item, how much more often it ranks rightly with the second model.
    let gain =
        |defect: &[f64; 2], good: &[f64; 2]| won(defect[1], good[1]) - won(defect[0], good[0]);
    let mean = |gains: &[f64]| gains.iter().sum::<f64>() / gains.len() as f64;
    let of_defects: Vec<f64> = defective
        .iter()
        .map(|defect| mean(&good.iter().map(|good| gain(defect, good)).collect::<Vec<_>>()))
        .collect();
    let of_goods: Vec<f64> = good
        .iter()
        .map(|good| mean(&defective.iter().map(|defect| gain(defect, good)).collect::<Vec<_>>()))
        .collect();
    let difference = mean(&of_defects);
    let variance_of_mean = |gains: &[f64]| {
        let squares: f64 = gains.iter().map(|gain| (gain - mean(gains)).powi(2)).sum();
        squares / (gains.len() as f64 - 1.0) / gains.len() as f64
    };
    let spread = (variance_of_mean(&of_defects) + variance_of_mean(&of_goods)).sqrt();
    // A single item of a kind gives NaN.
    if spread.is_nan() || spread <= 0.0 {
        return Some(AurocDifference { difference, interval: None, p_value: None });
    }
    let tail = Normal::standard().sf(difference.abs() / spread);
    let interval = [difference - Z_95 * spread, difference + Z_95 * spread];
    Some(AurocDifference {
        difference,
        interval: Some(interval.map(|edge| edge.clamp(-1.0, 1.0))),
        p_value: Some(2.0 * tail),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found}, not {expected}");
    }

    #[test]
    fn mcnemars_exact_test_counts_coin_tosses() {
        close(mcnemar(0, 0), 1.0);
        close(mcnemar(3, 3), 1.0);
        close(mcnemar(0, 5), 2.0 / 32.0);
        close(mcnemar(9, 1), 2.0 * 11.0 / 1024.0);
    }

    #[test]
    fn delongs_difference_agrees_with_a_hand_computed_one() {
        // The first model ranks all four pairs rightly, the second all but one.
        let (good, defective) = ([[1.0, 1.0], [2.0, 3.0]], [[3.0, 2.0], [4.0, 4.0]]);
        let found = delong(&good, &defective).unwrap();
        close(found.difference, -0.25);
        // Gains are -1/2 and 0 for both kinds: variance 1/8, over two items, for two kinds.
        let spread = 0.125f64.sqrt();
        let [low, high] = found.interval.unwrap();
        close(low, -0.25 - 1.96 * spread);
        close(high, -0.25 + 1.96 * spread);
        close(found.p_value.unwrap(), 0.4795);
    }

    #[test]
    fn models_that_rank_alike_cannot_be_told_apart() {
        let (good, defective) = ([[1.0, 10.0], [2.0, 20.0]], [[3.0, 30.0], [4.0, 40.0]]);
        let found = delong(&good, &defective).unwrap();
        assert_eq!((found.difference, found.interval, found.p_value), (0.0, None, None));
        assert_eq!(delong(&good, &[]), None);
        assert_eq!(delong(&good[..1], &defective[..1]).unwrap().p_value, None);
    }
}
