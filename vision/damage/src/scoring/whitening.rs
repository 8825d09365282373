//! **Whitening**: a change of units after which usual deviations are equally large in every
//! direction and independent of each other, so that a plain distance counts what is unusual.
//!
//! A covariance of few samples is uncertain, most of all in its small directions. It is therefore
//! drawn towards the same spread everywhere (Ledoit and Wolf, "A well-conditioned estimator for
//! large-dimensional covariance matrices", 2004; here by a fixed share).

use nalgebra::DMatrix;

/// The matrix `W` (row-major, `d` x `d`) for which |x W|² = x C⁻¹ xᵀ, where C is the covariance
/// `covariance` (row-major, `d` x `d`), drawn by `shrink` (0 to 1) towards its mean diagonal.
///
/// `None` where the covariance is zero or holds what is no number.
pub(super) fn whitening(covariance: &[f64], d: usize, shrink: f64) -> Option<Vec<f32>> {
    let mut matrix = DMatrix::from_row_slice(d, d, covariance);
    let mean = matrix.trace() / d as f64;
    if !(mean.is_finite() && mean > 0.0) {
        return None;
    }
    matrix *= 1.0 - shrink;
    for at in 0..d {
        matrix[(at, at)] += shrink * mean;
    }
    // C = L Lᵀ, so that C⁻¹ = L⁻ᵀ L⁻¹ and W = L⁻ᵀ.
    let lower = matrix.cholesky()?.unpack();
    let inverse = lower.solve_lower_triangular(&DMatrix::identity(d, d))?;
    let whitening: Vec<f32> = (0..d * d).map(|at| inverse[(at % d, at / d)] as f32).collect();
    whitening.iter().all(|number| number.is_finite()).then_some(whitening)
}

/// The mean outer product of `rows`, each of `d` numbers: the covariance of deviations.
pub(super) fn outer(rows: &[Vec<f64>], d: usize) -> Vec<f64> {
    let mut sum = DMatrix::zeros(d, d);
    for row in rows {
        let row = DMatrix::from_column_slice(d, 1, row);
        sum.gemm(1.0 / rows.len() as f64, &row, &row.transpose(), 1.0);
    }
    sum.as_slice().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitened_lengths_are_those_of_the_inverse_covariance() {
        let covariance = [4.0, 1.0, 1.0, 9.0];
        let w = whitening(&covariance, 2, 0.0).unwrap();
        let x = [3.0f32, -2.0];
        let along = |column: usize| x[0] * w[column] + x[1] * w[2 + column];
        let length = along(0).powi(2) + along(1).powi(2);
        // x C⁻¹ xᵀ with C⁻¹ = [9, -1; -1, 4] / 35.
        let expected = (9.0 * 9.0 + 2.0 * 3.0 * 2.0 + 4.0 * 4.0) / 35.0;
        assert!((length - expected).abs() < 1e-4, "{length} for {expected}");
    }

    #[test]
    fn a_direction_that_never_varied_keeps_a_spread() {
        let w = whitening(&[1.0, 0.0, 0.0, 0.0], 2, 0.2).unwrap();
        assert!(w[3] > w[0] && w[3] < 4.0, "{w:?}");
        assert!(whitening(&[0.0; 4], 2, 0.2).is_none());
        assert!(whitening(&[f64::NAN; 4], 2, 0.2).is_none());
    }

    #[test]
    fn the_covariance_of_two_deviations_is_their_mean_product() {
        let found = outer(&[vec![1.0, 2.0], vec![3.0, 0.0]], 2);
        assert_eq!(found, [5.0, 1.0, 1.0, 2.0]);
    }
}
