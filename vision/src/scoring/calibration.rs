//! **Calibration**: from the levels of normal pictures to the p-value of a new one.
//!
//! A **level** is how odd a view is on a member's own scale, chosen so that the levels of normal
//! views are about normally distributed: the logarithm of a distance, the root of a degree of damage.
//! **Held-out levels** are those of normal pictures that the judging member has not learned from.
//! With n of them, a new normal picture ranks among the k oddest with a probability of at most
//! k / (n + 1), whatever the distribution, as long as it is drawn like the held-out ones (conformal
//! p-values: Vovk et al., *Algorithmic Learning in a Random World*, 2005). That tells p-values down
//! to 1 / (n + 1): 199 pictures for 0.5 %.
//!
//! What is rarer than that is fitted: the p-value is that of Student's t distribution for one more
//! drawing from a normal one. A few levels say little about their spread, so that a prior counts
//! like [`PRIOR_WEIGHT`] more of them. Levels that are skewed have more odd ones than a normal
//! distribution: they are first mapped to one as if they were of a gamma distribution with their
//! skewness (Wilson and Hilferty, "The distribution of chi-square", 1931), of which a few levels say little
//! too ([`Prior::skewness`]). See docs/measurements/eye.md.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// How many levels the prior spread counts for.
const PRIOR_WEIGHT: f64 = 6.0;
/// How many levels the prior skewness counts for.
const SKEWNESS_WEIGHT: f64 = 20.0;
/// Largest skewness that is believed: that of an exponential distribution.
const SKEWNESS_MAX: f64 = 2.0;
/// Below this skewness a distribution is taken for symmetric, where the map would divide by it.
const SKEWNESS_MIN: f64 = 1e-3;
/// Below this number of normal pictures a p-value is called a guess.
const WEAK_BELOW: usize = 8;
/// From this number of normal pictures on, p-values are ranks: below, ranks are too coarse to put
/// views in order.
const RANKS_FROM: usize = 100;

/// How far a p-value can be trusted, the best first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// Enough normal pictures for the budget: the false-divert rate is bounded by construction.
    Conformal,
    /// The tail is fitted: the false-divert rate is an estimate.
    Fitted,
    /// Very few normal pictures: the threshold is a guess.
    Weak,
}

/// What is assumed of levels before any is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Their standard deviation.
    pub spread: f64,
    /// Their skewness.
    pub skewness: f64,
}

impl Prior {
    /// Of one member's levels, apart from the spread. The skewness is the mean of three sets of normal
    /// views (1.3 in the twin, 0.4 on cartons, 0.1 on cookies).
    pub const LEVELS: Prior = Prior { spread: 0.1, skewness: 0.6 };
    /// Of joint levels: medians over the normal pictures of all sets (docs/measurements/eye.md).
    pub const JOINT: Prior = Prior { spread: 0.6, skewness: 0.6 };
}

/// Held-out levels of one member.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Ascending; all finite, at least one.
    sorted: Vec<f32>,
    /// Normal pictures behind them; fewer than levels when pictures were altered to get more.
    normals: usize,
    mean: f64,
    spread: f64,
    /// 0 to [`SKEWNESS_MAX`]: a tail towards low levels diverts nothing.
    skewness: f64,
}

impl Held {
    /// The levels in any order; `None` when there is none, or one that is not a finite number.
    pub fn new(mut levels: Vec<f32>, normals: usize, prior: Prior) -> Option<Held> {
        if levels.is_empty() || levels.iter().any(|level| !level.is_finite()) {
            return None;
        }
        levels.sort_by(f32::total_cmp);
        let n = levels.len() as f64;
        let mean = levels.iter().map(|level| f64::from(*level)).sum::<f64>() / n;
        let moment = |power: i32| -> f64 {
            levels.iter().map(|level| (f64::from(*level) - mean).powi(power)).sum()
        };
        let squares = moment(2);
        let freedom = PRIOR_WEIGHT + n - 1.0;
        let spread = ((PRIOR_WEIGHT * prior.spread.powi(2) + squares) / freedom).sqrt();
        let skewed = if squares > 0.0 { n.sqrt() * moment(3) / squares.powf(1.5) } else { 0.0 };
        let skewness = (n * skewed + SKEWNESS_WEIGHT * prior.skewness) / (n + SKEWNESS_WEIGHT);
        let skewness = skewness.clamp(0.0, SKEWNESS_MAX);
        Some(Held { sorted: levels, normals, mean, spread, skewness })
    }

    /// The levels, ascending.
    pub fn levels(&self) -> &[f32] {
        &self.sorted
    }

    /// The mean of the levels.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The spread of the levels, the prior counted in.
    pub fn spread(&self) -> f64 {
        self.spread
    }

    /// How far `level` lies above the mean, in units of the spread of one more level.
    pub fn standard(&self, level: f64) -> f64 {
        (level - self.mean) / self.scale()
    }

    /// The share of normal views whose level is at least `level`.
    pub fn p_value(&self, level: f64) -> f64 {
        let fitted = self.fitted(level);
        if self.sorted.len() < RANKS_FROM {
            return fitted;
        }
        let as_odd = self.sorted.iter().rev().take_while(|held| f64::from(**held) >= level).count();
        let rank = (as_odd + 1) as f64 / (self.sorted.len() + 1) as f64;
        if as_odd == 0 { rank.min(fitted) } else { rank }
    }

    /// The level that a share of at most `budget` of normal views exceeds.
    pub fn threshold(&self, budget: f64) -> f64 {
        let budget = budget.clamp(1e-12, 0.5);
        let ranks = self.sorted.len();
        if ranks >= RANKS_FROM && conformal_rank(ranks, budget) <= ranks {
            return f64::from(self.sorted[conformal_rank(ranks, budget) - 1]);
        }
        self.mean + self.skewed(self.student().inverse_cdf(1.0 - budget)) * self.scale()
    }

    /// How far p-values as small as `budget` can be trusted.
    pub fn calibration(&self, budget: f64) -> Calibration {
        if self.normals < WEAK_BELOW {
            Calibration::Weak
        } else if conformal_rank(self.sorted.len(), budget) <= self.sorted.len() {
            Calibration::Conformal
        } else {
            Calibration::Fitted
        }
    }

    fn fitted(&self, level: f64) -> f64 {
        self.student().sf(self.straightened((level - self.mean) / self.scale()))
    }

    /// What a deviation from the mean, in units of the scale, is in a symmetric distribution.
    fn straightened(&self, deviation: f64) -> f64 {
        let skewness = self.skewness;
        if skewness < SKEWNESS_MIN {
            return deviation;
        }
        let root = (1.0 + skewness * deviation / 2.0).max(0.0).cbrt();
        6.0 / skewness * (root - 1.0) + skewness / 6.0
    }

    /// The deviation that is straightened to `symmetric`.
    fn skewed(&self, symmetric: f64) -> f64 {
        let skewness = self.skewness;
        if skewness < SKEWNESS_MIN {
            return symmetric;
        }
        let root = (1.0 + skewness / 6.0 * (symmetric - skewness / 6.0)).max(0.0);
        2.0 / skewness * (root.powi(3) - 1.0)
    }

    /// The spread of one more level around the mean of those that are known.
    fn scale(&self) -> f64 {
        self.spread * (1.0 + 1.0 / self.sorted.len() as f64).sqrt()
    }

    fn student(&self) -> StudentsT {
        StudentsT::new(0.0, 1.0, PRIOR_WEIGHT + self.sorted.len() as f64 - 1.0)
            .expect("the degrees of freedom are greater than zero")
    }
}

/// ⌈(n + 1)(1 − budget)⌉, less rounding noise.
fn conformal_rank(n: usize, budget: f64) -> usize {
    (((n + 1) as f64) * (1.0 - budget) - 1e-9).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPREAD: Prior = Prior { spread: 0.16, ..Prior::LEVELS };

    #[test]
    fn with_enough_normals_p_values_are_ranks() {
        let held = Held::new((1..=199).map(|i| i as f32).collect(), 199, SPREAD).unwrap();
        assert_eq!(held.calibration(0.005), Calibration::Conformal);
        assert_eq!(held.threshold(0.005), 199.0, "rank ceil(200 x 0.995) = 199");
        assert_eq!(held.threshold(0.1), 180.0, "rank ceil(200 x 0.9) = 180");
        assert_eq!(held.p_value(180.0), 21.0 / 200.0);
        assert!(held.p_value(200.0) <= 1.0 / 200.0);
    }

    #[test]
    fn with_fewer_normals_the_tail_is_fitted() {
        let held =
            Held::new((0..25).map(|i| (1.0 + 0.02 * i as f32).ln()).collect(), 25, SPREAD).unwrap();
        assert_eq!(held.calibration(0.005), Calibration::Fitted);
        let strict = held.threshold(0.005);
        assert!(strict > 1.5f64.ln() && strict < 3f64.ln(), "{strict}");
        assert!(held.threshold(0.05) < strict, "a larger budget allows a lower threshold");
        assert!((held.p_value(strict) - 0.005).abs() < 1e-6);
    }

    #[test]
    fn odder_views_never_have_larger_p_values() {
        for count in [1u16, 25, 300] {
            let levels = (0..count).map(|i| (f32::from(i) * 0.7).sin()).collect();
            let held = Held::new(levels, count.into(), SPREAD).unwrap();
            assert!((held.skewed(held.straightened(1.7)) - 1.7).abs() < 1e-9);
            let p: Vec<f64> = (-40..60).map(|i| held.p_value(f64::from(i) * 0.05)).collect();
            assert!(p.is_sorted_by(|a, b| a >= b), "{count}: {p:?}");
            assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }

    #[test]
    fn the_threshold_of_a_few_normals_is_called_a_guess() {
        let held = Held::new(vec![0.0], 1, SPREAD).unwrap();
        assert_eq!(held.calibration(0.005), Calibration::Weak);
        let threshold = held.threshold(0.005);
        assert!(threshold > 1.3f64.ln() && threshold < 5f64.ln(), "{threshold}");
    }

    /// The share of `level`s beyond the threshold for `budget`, over 100 calibrations on `count` of them, each
    /// tried on 1,000. Levels are drawn by `level` from numbers that are even between 0 and 1, always the
    /// same ones.
    fn exceeded(budget: f64, count: usize, level: impl Fn(&mut dyn FnMut() -> f64) -> f64) -> f64 {
        let mut state = 7u64;
        let mut even = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        let mut exceeded = 0;
        for _ in 0..100 {
            let levels = (0..count).map(|_| level(&mut even) as f32).collect();
            let threshold = Held::new(levels, count, SPREAD).unwrap().threshold(budget);
            exceeded += (0..1000).filter(|_| level(&mut even) > threshold).count();
        }
        exceeded as f64 / 100_000.0
    }

    #[test]
    fn the_budget_holds_on_unseen_normals() {
        let normal = |even: &mut dyn FnMut() -> f64| {
            let sum: f64 = (0..12).map(|_| even()).sum();
            (sum - 6.0) * 0.2
        };
        let rate = exceeded(0.02, 40, normal);
        assert!((0.005..0.03).contains(&rate), "false diverts {rate} for a budget of 0.02");
    }

    #[test]
    fn on_skewed_levels_the_budget_is_an_estimate_within_a_factor_of_two() {
        // Gumbel's distribution, that of the largest of many: a skewness of 1.14, a spread of 0.16.
        let largest = |even: &mut dyn FnMut() -> f64| -0.125 * (-even().ln()).ln();
        for count in [25, 50, 120] {
            let rate = exceeded(0.005, count, largest);
            assert!((0.0025..0.01).contains(&rate), "{count}: {rate} for a budget of 0.005");
        }
    }

    #[test]
    fn levels_that_are_no_numbers_are_refused() {
        assert!(Held::new(vec![], 0, SPREAD).is_none());
        assert!(Held::new(vec![1.0, f32::NAN], 2, SPREAD).is_none());
        assert!(Held::new(vec![1.0, f32::INFINITY], 2, SPREAD).is_none());
    }
}
