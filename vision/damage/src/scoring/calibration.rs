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
//! like [`PRIOR_WEIGHT`] more of them.
//!
//! Among the pictures that people call normal some are not: a flash, a dent that nobody saw. One in
//! thirty would set a threshold that hardly anything exceeds. Middle and spread are therefore
//! estimated so that a level beyond [`OUTLYING`] spreads counts as one that lies there (Huber,
//! *Robust Statistics*, 1981, "Proposal 2").
//!
//! Levels that are skewed have more odd ones than a normal distribution: they are first mapped to one
//! as if they were of a gamma distribution with their skewness (Wilson and Hilferty, "The
//! distribution of chi-square", 1931). A few levels say next to nothing about their skewness, and an
//! outlying one a wrong thing: that of all sets is taken ([`Prior::skewness`]). See docs/measurements/eye.md.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

/// How many levels the prior spread counts for.
const PRIOR_WEIGHT: f64 = 6.0;
/// Spreads from the middle beyond which a level is outlying.
const OUTLYING: f64 = 2.0;
/// Rounds of estimating middle and spread; they settle in fewer than ten.
const ROUNDS: usize = 30;
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
    /// Of one member's levels, apart from the spread. Levels are largest values of many, whose
    /// distribution is Gumbel's with a skewness of 1.14; on the sets 0.1 to 2 was measured. With less
    /// than 1 a Gumbel distribution exceeds the budget more than twice.
    pub const LEVELS: Prior = Prior { spread: 0.1, skewness: 1.0 };
    /// Of joint levels: the spread is the median over the normal pictures of all sets
    /// (docs/measurements/eye.md).
    pub const JOINT: Prior = Prior { spread: 0.5, skewness: 1.0 };
}

/// Held-out levels of one member.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Ascending; all finite, at least one.
    sorted: Vec<f32>,
    /// Normal pictures behind them; fewer than levels when pictures were altered to get more.
    normals: usize,
    middle: f64,
    spread: f64,
    skewness: f64,
}

impl Held {
    /// The levels in any order; `None` when there is none, or one that is not a finite number.
    pub fn new(mut levels: Vec<f32>, normals: usize, prior: Prior) -> Option<Held> {
        if levels.is_empty() || levels.iter().any(|level| !level.is_finite()) {
            return None;
        }
        levels.sort_by(f32::total_cmp);
        let (middle, spread) = robust(&levels, prior.spread);
        Some(Held { sorted: levels, normals, middle, spread, skewness: prior.skewness })
    }

    /// The levels, ascending.
    pub fn levels(&self) -> &[f32] {
        &self.sorted
    }

    /// The middle of the levels: their mean, to which outlying ones contribute little.
    pub fn middle(&self) -> f64 {
        self.middle
    }

    /// The spread of the levels, the prior counted in.
    pub fn spread(&self) -> f64 {
        self.spread
    }

    /// How far `level` lies above the middle, in units of the spread of one more level.
    pub fn standard(&self, level: f64) -> f64 {
        (level - self.middle) / self.scale()
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
        self.middle + self.skewed(self.student().inverse_cdf(1.0 - budget)) * self.scale()
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
        self.student().sf(self.straightened((level - self.middle) / self.scale()))
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

/// Middle and spread of `sorted` levels, of which there is at least one.
fn robust(sorted: &[f32], prior_spread: f64) -> (f64, f64) {
    let n = sorted.len() as f64;
    let median = |sorted: &[f64]| (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
    let levels: Vec<f64> = sorted.iter().map(|level| f64::from(*level)).collect();
    let mut middle = median(&levels);
    let mut from_middle: Vec<f64> = levels.iter().map(|level| (level - middle).abs()).collect();
    from_middle.sort_by(f64::total_cmp);
    let joined = |squares: f64| {
        ((PRIOR_WEIGHT * prior_spread.powi(2) + squares) / (PRIOR_WEIGHT + n - 1.0)).sqrt()
    };
    // 1.4826 median deviations are a standard deviation of a normal distribution.
    let mut spread = joined(n * (1.4826 * median(&from_middle)).powi(2));
    // What is left of the variance of a normal distribution whose tails are drawn in.
    let normal = Normal::standard();
    let within = normal.cdf(OUTLYING) - normal.cdf(-OUTLYING);
    let left = within - 2.0 * OUTLYING * normal.pdf(OUTLYING)
        + 2.0 * OUTLYING.powi(2) * normal.sf(OUTLYING);
    for _ in 0..ROUNDS {
        let (mut sum, mut squares, mut inliers) = (0.0, 0.0, 0.0);
        for level in &levels {
            let deviation = (level - middle) / spread;
            let drawn_in = deviation.clamp(-OUTLYING, OUTLYING);
            sum += drawn_in;
            squares += drawn_in * drawn_in;
            inliers += f64::from(u8::from(deviation.abs() < OUTLYING));
        }
        middle += spread * sum / f64::max(inliers, 1.0);
        spread = joined(squares * spread.powi(2) / left);
    }
    (middle, spread)
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
    fn one_odd_picture_among_the_normals_does_not_set_the_threshold() {
        let usual: Vec<f32> = (0..30).map(|i| 0.1 * (f64::from(i) * 2.4).sin() as f32).collect();
        let clean = Held::new(usual.clone(), 30, SPREAD).unwrap().threshold(0.005);
        let odd = [usual.as_slice(), &[3.0]].concat();
        let with_odd = Held::new(odd, 31, SPREAD).unwrap().threshold(0.005);
        assert!(with_odd >= clean && with_odd < clean + 0.1, "{clean} {with_odd}");
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
        assert!((0.002..0.03).contains(&rate), "false diverts {rate} for a budget of 0.02");
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
