//! **Clouds**: how far a few numbers that describe a whole view are from those of normal views.
//!
//! Normal views are a cloud of points. The level of a view is the logarithm of its distance from the
//! cloud's middle, in units of how far normal views lie from it in that direction (Mahalanobis, "On
//! the generalised distance in statistics", 1936). Two members are clouds: the **composition**, the
//! mean of all coarse tokens of the view, and the **silhouette**. Neither looks at single spots, so
//! they see what no spot shows: half of the item gone, and background where it was.

use super::coded::Coded;
use super::error::ScoringError;
use super::whitening::{outer, whitening};

/// How far the covariance is drawn towards equal spread: clouds have few points and many numbers.
const SHRINK: f64 = 0.5;
/// Fewer normal views are no cloud.
pub(super) const NORMALS_MIN: usize = 4;
/// Views judged at a time by a cloud of the others, so that a large reference is learned quickly.
const FOLDS_MAX: usize = 40;
/// The smallest distance that is told apart from none.
const DISTANCE_MIN: f64 = 1e-6;

/// The normal views of one cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    middle: Vec<f32>,
    /// A deviation times this matrix is as long as it is unusual.
    whitening: Coded,
}

impl Cloud {
    /// `None` where the lengths do not fit together.
    pub(super) fn new(middle: Vec<f32>, whitening: Coded) -> Option<Cloud> {
        let fits = [whitening.rows(), whitening.columns()] == [middle.len(); 2];
        let finite = middle.iter().all(|number| number.is_finite());
        (fits && finite).then_some(Cloud { middle, whitening })
    }

    /// The middle, and the matrix that deviations are multiplied by.
    pub(super) fn parts(&self) -> (&[f32], &Coded) {
        (&self.middle, &self.whitening)
    }

    /// Room in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.middle.as_slice()) + self.whitening.bytes()
    }

    /// The cloud of `points`, and the level of each by a cloud of others. `drifts` are ways
    /// in which points move by themselves, each as far as it usually goes, which the points do not show; `least` is the
    /// spread that each number is assumed to have beside what the points show: light and noise of another
    /// day. `None` where there are too few points.
    pub(super) fn learn(
        points: &[Vec<f32>],
        drifts: &[Vec<f32>],
        least: f32,
    ) -> Option<(Cloud, Vec<f32>)> {
        if points.len() < NORMALS_MIN {
            return None;
        }
        let all: Vec<&[f32]> = points.iter().map(Vec::as_slice).collect();
        let cloud = Cloud::of(&all, drifts, least)?;
        let folds = FOLDS_MAX.min(points.len());
        let mut levels = vec![0.0; points.len()];
        for fold in 0..folds {
            let others: Vec<&[f32]> =
                (0..points.len()).filter(|at| at % folds != fold).map(|at| all[at]).collect();
            let others = Cloud::of(&others, drifts, least)?;
            for at in (fold..points.len()).step_by(folds) {
                levels[at] = others.level(all[at]).ok()? as f32;
            }
        }
        Some((cloud, levels))
    }

    fn of(points: &[&[f32]], drifts: &[Vec<f32>], least: f32) -> Option<Cloud> {
        let (n, d) = (points.len() as f64, points.first()?.len());
        let mean = |of: &dyn Fn(usize) -> f64| (0..points.len()).map(of).sum::<f64>() / n;
        let middle: Vec<f64> = (0..d).map(|k| mean(&|at| f64::from(points[at][k]))).collect();
        let spread: Vec<f64> = (0..d)
            .map(|k| mean(&|at| (f64::from(points[at][k]) - middle[k]).powi(2)).sqrt())
            .map(|spread| spread.hypot(f64::from(least)))
            .collect();
        let standard = |point: &&[f32]| -> Vec<f64> {
            (0..d).map(|k| (f64::from(point[k]) - middle[k]) / spread[k]).collect()
        };
        let deviations: Vec<Vec<f64>> = points.iter().map(standard).collect();
        let mut covariance = outer(&deviations, d);
        for drift in drifts {
            let standard: Vec<f64> = drift
                .iter()
                .zip(&spread)
                .map(|(moved, spread)| f64::from(*moved) / spread)
                .collect();
            for (row, along) in covariance.chunks_exact_mut(d).zip(&standard) {
                row.iter_mut().zip(&standard).for_each(|(sum, across)| *sum += along * across);
            }
        }
        // What is assumed varies in each number by itself, whatever varies together.
        for (k, spread) in spread.iter().enumerate() {
            covariance[k * d + k] += (f64::from(least) / spread).powi(2);
        }
        let mut whitening = whitening(&covariance, d, SHRINK)?;
        for (row, spread) in whitening.chunks_exact_mut(d).zip(&spread) {
            row.iter_mut().for_each(|number| *number = (f64::from(*number) / spread) as f32);
        }
        let whitening = Coded::of(&whitening, d)?;
        Cloud::new(middle.iter().map(|number| *number as f32).collect(), whitening)
    }

    /// The logarithm of how far `point` lies from the middle, as a share of what is usual.
    pub(super) fn level(&self, point: &[f32]) -> Result<f64, ScoringError> {
        let d = self.middle.len();
        let mut along = vec![0f64; d];
        for (row, (middle, number)) in self.middle.iter().zip(point).enumerate() {
            let deviation = f64::from(number - middle) * f64::from(self.whitening.step(row));
            let codes = self.whitening.row(row);
            along
                .iter_mut()
                .zip(codes)
                .for_each(|(sum, code)| *sum += deviation * f64::from(*code));
        }
        let mean = along.iter().map(|length| length * length).sum::<f64>() / d as f64;
        if point.len() == d && mean.is_finite() {
            Ok(mean.sqrt().max(DISTANCE_MIN).ln())
        } else {
            Err(ScoringError::NotFinite { what: "the description of the whole view" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: usize) -> Vec<Vec<f32>> {
        let wave = |at: usize, k: f32| (at as f32 * k).sin();
        (0..count).map(|at| vec![wave(at, 2.4), 0.1 * wave(at, 1.7), 5.0]).collect()
    }

    #[test]
    fn far_from_all_normal_views_is_a_high_level() {
        let (cloud, levels) = Cloud::learn(&points(20), &[], 0.01).unwrap();
        let usual = cloud.level(&[0.5, 0.05, 5.0]).unwrap();
        let unusual = cloud.level(&[0.5, 0.9, 5.0]).unwrap();
        let moved = cloud.level(&[0.5, 0.05, 6.0]).unwrap();
        assert!(unusual > usual + 1.0 && moved > usual + 1.0, "{usual} {unusual} {moved}");
        assert!(levels.iter().all(|level| f64::from(*level) < unusual), "{levels:?}");
    }

    #[test]
    fn what_drifts_by_itself_is_not_odd() {
        let still: Vec<Vec<f32>> = points(20).into_iter().map(|p| vec![p[0], p[1], 5.0]).collect();
        let level = |drifts: &[Vec<f32>], point: &[f32]| {
            Cloud::learn(&still, drifts, 0.01).unwrap().0.level(point).unwrap()
        };
        let drift = [vec![0.0, 0.0, 0.03]];
        let moved = [0.1, 0.0, 5.03];
        assert!(level(&[], &moved) > level(&drift, &moved) + 0.7);
        let odd = [0.1, 0.9, 5.0];
        assert!(level(&drift, &odd) > level(&drift, &moved) + 0.7, "that is odd as before");
    }

    #[test]
    fn three_views_are_no_cloud_and_what_is_no_number_is_refused() {
        assert!(Cloud::learn(&points(3), &[], 0.01).is_none());
        let (cloud, _) = Cloud::learn(&points(9), &[], 0.01).unwrap();
        assert!(cloud.level(&[f32::NAN, 0.0, 0.0]).is_err());
        assert!(cloud.level(&[0.0]).is_err());
    }

    #[test]
    fn equal_views_make_a_cloud_of_the_least_spread() {
        let (cloud, _) = Cloud::learn(&vec![vec![1.0, 2.0]; 6], &[], 0.1).unwrap();
        assert!(cloud.level(&[1.0, 2.0]).unwrap() < cloud.level(&[1.0, 2.5]).unwrap());
    }
}
