//! From tokens to a level: each token's distance to its nearest neighbour in the memory, and the
//! logarithm of the mean of the largest of them.
//!
//! Squared distances come from one matrix product per chunk of tokens: |p - m|² = |p|² - 2 p·m +
//! |m|². A chunk's products fit into the processor's cache, so that taking the minimum costs little.

use tch::{Kind, TchError, Tensor};

use super::error::ScoringError;

/// Tokens per matrix product: 128 x 1,000 distances are half a megabyte.
const CHUNK: i64 = 128;

/// Tokens to compare with, ready for search. Each number is kept with the 11 significant bits of a
/// half-precision float, as in the reference's file, so that a loaded reference judges as a learned
/// one.
#[derive(Debug)]
pub struct Memory {
    /// `[numbers, n]`.
    turned: Tensor,
    /// |m|², `[n]`.
    squares: Tensor,
}

impl Memory {
    /// A memory of `tokens`, `[n, numbers]`, n at least 1.
    pub fn new(tokens: Tensor) -> Result<Memory, ScoringError> {
        match tokens.size2() {
            Ok((n, numbers)) if n > 0 && numbers > 0 => {}
            _ => return Err(ScoringError::NoNormals),
        }
        let derived = || {
            let turned = tokens
                .f_to_kind(Kind::Half)?
                .f_to_kind(Kind::Float)?
                .f_transpose(0, 1)?
                .f_contiguous()?;
            let squares =
                turned.f_square()?.f_sum_dim_intlist([0i64].as_slice(), false, Kind::Float)?;
            Ok((turned, squares))
        };
        let (turned, squares) = derived().map_err(ScoringError::torch("preparing a memory"))?;
        let sum = squares.f_sum(Kind::Float).map_err(ScoringError::torch("preparing a memory"))?;
        if !sum.double_value(&[]).is_finite() {
            return Err(ScoringError::NotFinite { what: "the reference's memory" });
        }
        Ok(Memory { turned, squares })
    }

    /// Tokens remembered.
    pub fn size(&self) -> usize {
        self.squares.size()[0] as usize
    }

    /// Numbers of a token.
    pub fn numbers(&self) -> usize {
        self.turned.size()[0] as usize
    }

    /// The tokens, `[n, numbers]`.
    pub fn tokens(&self) -> Tensor {
        self.turned.transpose(0, 1)
    }

    /// The tokens at these places alone.
    pub(super) fn only(&self, places: &[i64]) -> Result<Memory, ScoringError> {
        let tokens = self
            .turned
            .f_index_select(1, &Tensor::from_slice(places))
            .and_then(|turned| turned.f_transpose(0, 1));
        Memory::new(tokens.map_err(ScoringError::torch("preparing a memory"))?)
    }
}

/// |r|² of each of `rows`.
pub(super) fn squared_lengths(rows: &Tensor) -> Result<Tensor, TchError> {
    rows.f_square()?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)
}

/// The distance of each of `tokens`, `[n, numbers]`, to its nearest neighbour in `memory`.
pub fn nearest(tokens: &Tensor, memory: &Memory) -> Result<Vec<f32>, ScoringError> {
    let search = || {
        let mut found = Vec::new();
        let turned = memory.turned.f_unsqueeze(0)?;
        for chunk in tokens.f_split(CHUNK, 0)? {
            // |m|² - 2 p·m for each pair; |p|² is the same for all m and is added afterwards.
            let compared = memory.squares.f_baddbmm(&chunk.f_unsqueeze(0)?, &turned, 1, -2)?;
            let smallest = compared.f_amin([2i64].as_slice(), false)?.f_squeeze_dim(0)?;
            let compared = smallest.f_add(&squared_lengths(&chunk)?)?;
            found.push(compared.f_clamp_min(0.0)?.f_sqrt()?);
        }
        let all = Tensor::f_cat(&found, 0)?;
        Vec::<f32>::try_from(&all)
    };
    let distances =
        tch::no_grad(search).map_err(ScoringError::torch("the search for neighbours"))?;
    if distances.iter().any(|distance| !distance.is_finite()) {
        return Err(ScoringError::NotFinite { what: "the distances to the reference" });
    }
    Ok(distances)
}

/// The level of a view: the logarithm of the mean of the largest distances, this share of all, at
/// least one.
pub fn level(distances: &[f32], share: f64) -> Result<f64, ScoringError> {
    let top = ((distances.len() as f64 * share).ceil() as usize).max(1);
    let mut sorted = distances.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    sorted.truncate(top);
    let mean = sorted.iter().map(|d| f64::from(*d)).sum::<f64>() / sorted.len() as f64;
    if mean.is_finite() {
        // A view that the memory knows exactly has a distance of zero.
        Ok(mean.max(f64::from(f32::MIN_POSITIVE)).ln())
    } else {
        Err(ScoringError::NotFinite { what: "the distances to the reference" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` rows whose first number is `scale` times the row's index.
    fn rows(n: i64, scale: f64) -> Tensor {
        let rows = Tensor::zeros([n, 17], (Kind::Float, tch::Device::Cpu));
        let mut first = rows.select(1, 0);
        first.copy_(&(Tensor::arange(n, (Kind::Float, tch::Device::Cpu)) * scale));
        rows
    }

    #[test]
    fn each_token_finds_its_nearest_neighbour_across_chunks() {
        let memory = Memory::new(rows(50, 10.0)).unwrap();
        let distances = nearest(&rows(300, 1.0), &memory).unwrap();
        assert_eq!(distances.len(), 300);
        for (at, distance) in distances.iter().enumerate() {
            let expected = (at % 10).min(10 - at % 10) as f32;
            assert!((distance - expected).abs() < 0.01, "{at}: {distance} for {expected}");
        }
        let tens = memory.only(&[1, 3]).unwrap();
        assert_eq!((tens.size(), tens.numbers()), (2, 17));
        assert!((nearest(&rows(1, 1.0), &tens).unwrap()[0] - 10.0).abs() < 0.01);
    }

    #[test]
    fn the_level_is_the_logarithm_of_the_mean_of_the_largest() {
        let mut distances = vec![1.0; 8];
        distances.extend([5.0, 7.0]);
        assert_eq!(level(&distances, 0.2).unwrap(), 6f64.ln());
        assert_eq!(level(&[2.0, 3.0], 0.2).unwrap(), 3f64.ln(), "at least one token counts");
        assert!(level(&[0.0], 0.2).unwrap().is_finite());
    }

    #[test]
    fn what_is_no_number_becomes_an_error_and_never_a_score() {
        let memory = Memory::new(rows(5, 1.0)).unwrap();
        let bad = rows(3, f64::NAN);
        assert!(matches!(nearest(&bad, &memory), Err(ScoringError::NotFinite { .. })));
        assert!(matches!(Memory::new(bad), Err(ScoringError::NotFinite { .. })));
        assert!(matches!(level(&[f32::INFINITY], 0.2), Err(ScoringError::NotFinite { .. })));
        assert!(matches!(level(&[], 0.2), Err(ScoringError::NotFinite { .. })));
    }
}
