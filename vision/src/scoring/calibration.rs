//! **Calibration**: from the scores of normal pictures to a threshold.
//!
//! **Held-out scores** are scores of normal pictures against a memory that has not seen them. With
//! enough of them the threshold is their conformal quantile: of n held-out scores, the k-th
//! smallest with k = ⌈(n + 1)(1 − budget)⌉ is exceeded by a new normal picture with a probability
//! of at most the budget, whatever the scores' distribution, as long as the new picture is drawn
//! like the held-out ones (Vovk et al., *Algorithmic Learning in a Random World*, 2005). That needs
//! n ≥ 1/budget − 1: 199 pictures for 0.5 %.
//!
//! With fewer, the tail is fitted: the logarithms of the scores are taken as normally distributed
//! (scores are means of distances: positive, and skewed upwards), and the threshold is the upper
//! limit of the prediction interval for one more of them, by Student's t. A few scores say little
//! about their spread, so that a prior counts like [`PRIOR_WEIGHT`] more of them.

use serde::Serialize;

/// Spread of log scores that is assumed before any is known: the largest that was measured on the
/// held-out normals of two public sets (0.11 on cookies, 0.14 and 0.16 on cartons from two sides).
const PRIOR_SPREAD: f64 = 0.16;
/// How many scores the prior counts for.
const PRIOR_WEIGHT: f64 = 6.0;
/// Below this number of normal pictures a threshold is called a guess.
const WEAK_BELOW: usize = 8;

/// How far a threshold can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// Enough normal pictures for the budget: the false-divert rate is bounded by construction.
    Conformal,
    /// The tail is fitted: the false-divert rate is an estimate.
    Fitted,
    /// Very few normal pictures: the threshold is a guess.
    Weak,
}

/// Held-out scores of one reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Ascending; all finite and greater than zero, at least one.
    sorted: Vec<f32>,
    /// Normal pictures behind them; fewer than scores when pictures were altered to get more.
    normals: usize,
    mean_log: f64,
    spread_log: f64,
}

impl Held {
    /// The scores in any order; `None` when there is none, or one that is not a finite number.
    /// A score of zero (a picture that the memory knows exactly) counts as the smallest positive.
    pub fn new(mut scores: Vec<f32>, normals: usize) -> Option<Held> {
        if scores.is_empty() || scores.iter().any(|score| !score.is_finite() || *score < 0.0) {
            return None;
        }
        scores.sort_by(f32::total_cmp);
        let logs: Vec<f64> =
            scores.iter().map(|score| f64::from(score.max(f32::MIN_POSITIVE)).ln()).collect();
        let n = logs.len() as f64;
        let mean_log = logs.iter().sum::<f64>() / n;
        let squares: f64 = logs.iter().map(|log| (log - mean_log).powi(2)).sum();
        let freedom = PRIOR_WEIGHT + n - 1.0;
        let spread_log = ((PRIOR_WEIGHT * PRIOR_SPREAD.powi(2) + squares) / freedom).sqrt();
        Some(Held { sorted: scores, normals, mean_log, spread_log })
    }

    /// The scores, ascending.
    pub fn scores(&self) -> &[f32] {
        &self.sorted
    }

    /// The score that a share of at most `false_divert_budget` of normal views exceeds.
    pub fn threshold(&self, false_divert_budget: f64) -> f32 {
        let budget = false_divert_budget.clamp(1e-6, 0.5);
        if self.calibration(budget) == Calibration::Conformal {
            return self.sorted[conformal_rank(self.sorted.len(), budget) - 1];
        }
        let n = self.sorted.len() as f64;
        let t = student_t_quantile(1.0 - budget, PRIOR_WEIGHT + n - 1.0);
        (self.mean_log + t * self.spread_log * (1.0 + 1.0 / n).sqrt()).exp() as f32
    }

    /// How far [`Held::threshold`] can be trusted for this budget.
    pub fn calibration(&self, false_divert_budget: f64) -> Calibration {
        if self.normals < WEAK_BELOW {
            Calibration::Weak
        } else if conformal_rank(self.sorted.len(), false_divert_budget) <= self.sorted.len() {
            Calibration::Conformal
        } else {
            Calibration::Fitted
        }
    }

    /// A score in units that are the same for all views: how many spreads above the mean its
    /// logarithm lies among the held-out normals.
    pub fn normalised(&self, score: f32) -> f64 {
        (f64::from(score.max(f32::MIN_POSITIVE)).ln() - self.mean_log) / self.spread_log
    }
}

/// ⌈(n + 1)(1 − budget)⌉, less rounding noise.
fn conformal_rank(n: usize, budget: f64) -> usize {
    (((n + 1) as f64) * (1.0 - budget) - 1e-9).ceil() as usize
}

/// The quantile of Student's t distribution, by its expansion around the normal quantile
/// (Abramowitz and Stegun, 26.7.5); off by less than 1 % from 6 degrees of freedom on.
fn student_t_quantile(p: f64, freedom: f64) -> f64 {
    let z = normal_quantile(p);
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * freedom)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * freedom.powi(3))
}

/// The quantile of the normal distribution for 0.5 ≤ p < 1 (Abramowitz and Stegun, 26.2.23; off by
/// less than 0.00045).
fn normal_quantile(p: f64) -> f64 {
    let t = (-2.0 * (1.0 - p).ln()).sqrt();
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t)
        / (1.0 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_the_printed_tables() {
        assert!((normal_quantile(0.995) - 2.5758).abs() < 5e-4);
        assert!((student_t_quantile(0.995, 6.0) / 3.7074 - 1.0).abs() < 0.01);
        assert!((student_t_quantile(0.995, 30.0) / 2.7500 - 1.0).abs() < 0.001);
        assert!((student_t_quantile(0.95, 10.0) / 1.8125 - 1.0).abs() < 0.001);
    }

    #[test]
    fn with_enough_normals_the_threshold_is_the_conformal_quantile() {
        let held = Held::new((1..=199).map(|i| i as f32).collect(), 199).unwrap();
        assert_eq!(held.calibration(0.005), Calibration::Conformal);
        assert_eq!(held.threshold(0.005), 199.0, "rank ceil(200 x 0.995) = 199");
        assert_eq!(held.threshold(0.1), 180.0, "rank ceil(200 x 0.9) = 180");
    }

    #[test]
    fn with_fewer_normals_the_threshold_lies_above_all_of_them() {
        let held = Held::new((0..25).map(|i| 1.0 + 0.02 * i as f32).collect(), 25).unwrap();
        assert_eq!(held.calibration(0.005), Calibration::Fitted);
        let strict = held.threshold(0.005);
        assert!(strict > 1.5 && strict < 3.0, "{strict}");
        assert!(held.threshold(0.05) < strict, "a larger budget allows a lower threshold");
    }

    #[test]
    fn the_threshold_of_a_few_normals_is_called_a_guess() {
        let held = Held::new(vec![1.0], 1).unwrap();
        assert_eq!(held.calibration(0.005), Calibration::Weak);
        let threshold = held.threshold(0.005);
        assert!(threshold > 1.3 && threshold < 5.0, "{threshold}");
    }

    #[test]
    fn the_budget_holds_on_unseen_normals() {
        // Log-normal scores from a fixed sequence: 20 calibrations on 40, each tried on 2,000.
        let mut state = 7u64;
        let mut next = || {
            let sum: f64 = (0..12)
                .map(|_| {
                    state =
                        state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    (state >> 11) as f64 / (1u64 << 53) as f64
                })
                .sum();
            ((sum - 6.0) * 0.2).exp() as f32
        };
        let mut exceeded = 0;
        for _ in 0..20 {
            let held = Held::new((0..40).map(|_| next()).collect(), 40).unwrap();
            let threshold = held.threshold(0.02);
            exceeded += (0..2000).filter(|_| next() > threshold).count();
        }
        let rate = f64::from(exceeded as u32) / 40_000.0;
        assert!((0.005..0.035).contains(&rate), "false diverts {rate} for a budget of 0.02");
    }

    #[test]
    fn scores_that_are_no_numbers_are_refused() {
        assert!(Held::new(vec![], 0).is_none());
        assert!(Held::new(vec![1.0, f32::NAN], 2).is_none());
        assert!(Held::new(vec![1.0, f32::INFINITY], 2).is_none());
    }
}
