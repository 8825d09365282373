//! From tokens to a level: each token's distance to its nearest neighbour in the memory, and the
//! logarithm of the mean of the largest of them.
//!
//! A remembered token is kept in 4 bits a number ([`nibbles`](super::nibbles)).
//!
//! Squared distances come from one matrix product per chunk of tokens: |p - m|² = |p|² - 2 p·m +
//! |m|². A chunk's products fit into the processor's cache, so that taking the minimum costs little.

use tch::{Kind, TchError, Tensor};

use super::error::ScoringError;
use super::nibbles::{self, Nibbles};

/// Tokens per matrix product: 128 x 1,000 distances are half a megabyte.
const CHUNK: i64 = 128;

/// Tokens to compare with, in 4 bits a number; 8 where their levels were measured with finer numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// A row for each number, a column for each token.
    turned: Nibbles,
    /// What these lack, as a matrix of the same shape.
    lacking: Option<Nibbles>,
}

impl Memory {
    /// A memory of `tokens`, `[n, numbers]`, n at least 1, that keeps their numbers in steps of `step` times
    /// their root mean square.
    pub fn new(tokens: &Tensor, step: f64) -> Result<Memory, ScoringError> {
        Memory::coded_by(tokens, |numbers, n| Nibbles::of(numbers, n, step))
    }

    /// The same in 8 bits a number.
    pub(super) fn finer(tokens: &Tensor) -> Result<Memory, ScoringError> {
        Memory::coded_by(tokens, |numbers, n| {
            let largest = numbers.iter().fold(0f32, |largest, number| largest.max(number.abs()));
            Nibbles::with_step(numbers, n, largest / nibbles::CODE_MAX)
        })?
        .with_lacking(tokens)
    }

    /// A memory of `tokens`, among which those that this one remembers stay as they are.
    pub(super) fn with_more(&self, tokens: &Tensor) -> Result<Memory, ScoringError> {
        let (step, _) = self.turned.parts();
        let more = Memory::coded_by(tokens, |numbers, n| Nibbles::with_step(numbers, n, step))?;
        if self.lacking.is_some() { more.with_lacking(tokens) } else { Ok(more) }
    }

    /// With what it lacks of `tokens`, all of which it remembers: a number is off by half a step at most, so
    /// that the largest of 15 codes is half a step.
    fn with_lacking(self, tokens: &Tensor) -> Result<Memory, ScoringError> {
        let lacking =
            tokens.f_sub(&self.tokens()?).map_err(ScoringError::torch("preparing a memory"))?;
        let step = self.turned.parts().0 / (2.0 * nibbles::CODE_MAX);
        let lacking =
            Memory::coded_by(&lacking, |numbers, n| Nibbles::with_step(numbers, n, step))?;
        Ok(Memory { lacking: Some(lacking.turned), ..self })
    }

    fn coded_by(
        tokens: &Tensor,
        code: impl Fn(&[f32], usize) -> Option<Nibbles>,
    ) -> Result<Memory, ScoringError> {
        let n = match tokens.size2() {
            Ok((n, numbers)) if n > 0 && numbers > 0 => n as usize,
            _ => return Err(ScoringError::NoNormals),
        };
        let turned = || {
            let turned = tokens.f_to_kind(Kind::Float)?.f_transpose(0, 1)?.f_contiguous()?;
            Vec::<f32>::try_from(&turned.f_flatten(0, 1)?)
        };
        let turned = tch::no_grad(turned).map_err(ScoringError::torch("preparing a memory"))?;
        match code(&turned, n) {
            Some(turned) => Ok(Memory { turned, lacking: None }),
            None => Err(ScoringError::NotFinite { what: "the reference's memory" }),
        }
    }

    /// A memory as it is stored: a row for each number, a column for each token. `None` where the two do not
    /// fit together.
    pub(super) fn stored(turned: Nibbles, lacking: Option<Nibbles>) -> Option<Memory> {
        let shape = |of: &Nibbles| (of.rows(), of.columns());
        let fits = lacking.as_ref().is_none_or(|lacking| shape(lacking) == shape(&turned));
        fits.then_some(Memory { turned, lacking })
    }

    /// As it is stored.
    pub(super) fn parts(&self) -> (&Nibbles, Option<&Nibbles>) {
        (&self.turned, self.lacking.as_ref())
    }

    /// Room in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let lacking = self.lacking.as_ref().map_or(0, |lacking| lacking.parts().1.len());
        self.turned.parts().1.len() + lacking
    }

    /// The tokens as columns, `[numbers, n]`.
    fn columns(&self) -> Result<Tensor, TchError> {
        let turned = self.turned.tensor()?;
        self.lacking
            .as_ref()
            .map_or(Ok(turned.shallow_clone()), |lacking| turned.f_add(&lacking.tensor()?))
    }

    /// Tokens remembered.
    pub fn size(&self) -> usize {
        self.turned.columns()
    }

    /// Numbers of a token.
    pub fn numbers(&self) -> usize {
        self.turned.rows()
    }

    /// The tokens, `[n, numbers]`.
    pub fn tokens(&self) -> Result<Tensor, ScoringError> {
        let turned = self.columns().and_then(|turned| turned.f_transpose(0, 1));
        turned.map_err(ScoringError::torch("preparing a memory"))
    }

    /// The tokens at these places alone.
    pub(super) fn only(&self, places: &[i64]) -> Result<Memory, ScoringError> {
        let turned = self.turned.only(places).ok_or(ScoringError::NoNormals)?;
        let lacking = self.lacking.as_ref().and_then(|lacking| lacking.only(places));
        Ok(Memory { turned, lacking })
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
        let turned = memory.columns()?;
        let squares =
            turned.f_square()?.f_sum_dim_intlist([0i64].as_slice(), false, Kind::Float)?;
        let turned = turned.f_unsqueeze(0)?;
        for chunk in tokens.f_split(CHUNK, 0)? {
            // |m|² - 2 p·m for each pair; |p|² is the same for all m and is added afterwards.
            let compared = squares.f_baddbmm(&chunk.f_unsqueeze(0)?, &turned, 1, -2)?;
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
        // 0, 10, ... 70: with a step of 10, as they are.
        let turned: Vec<f32> =
            (0..17 * 8).map(|at| if at < 8 { 10.0 * at as f32 } else { 0.0 }).collect();
        let turned = Nibbles::with_step(&turned, 8, 10.0).unwrap();
        let memory = Memory::stored(turned, None).unwrap();
        let distances = nearest(&rows(300, 0.25), &memory).unwrap();
        assert_eq!(distances.len(), 300);
        for (at, distance) in distances.iter().enumerate() {
            let off = (at as f32 / 4.0) % 10.0;
            let expected = if at < 280 { off.min(10.0 - off) } else { off };
            assert!((distance - expected).abs() < 0.01, "{at}: {distance} for {expected}");
        }
        let tens = memory.only(&[1, 3]).unwrap();
        assert_eq!((tens.size(), tens.numbers()), (2, 17));
        assert!((nearest(&rows(1, 1.0), &tens).unwrap()[0] - 10.0).abs() < 0.01);
    }

    #[test]
    fn a_finer_memory_stays_what_it_was_when_it_grows() {
        let tokens = Tensor::from_slice(&[1.0f32, -20.0, 3.3, 7.1, 0.02, 12.0]).view([3, 2]);
        let memory = Memory::finer(&tokens).unwrap();
        let off = (memory.tokens().unwrap() - &tokens).abs().max().double_value(&[]);
        assert!(off <= 20.0 / 196.0 + 1e-4, "off by {off}");
        let more = Tensor::cat(
            &[&memory.tokens().unwrap(), &Tensor::from_slice(&[5.0f32, 5.0]).view([1, 2])],
            0,
        );
        let grown = memory.with_more(&more).unwrap();
        let off = (grown.tokens().unwrap().narrow(0, 0, 3) - memory.tokens().unwrap()).abs().max();
        assert!(off.double_value(&[]) < 1e-4);
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
        let memory = Memory::new(&rows(5, 1.0), 2.0).unwrap();
        let bad = rows(3, f64::NAN);
        assert!(matches!(nearest(&bad, &memory), Err(ScoringError::NotFinite { .. })));
        assert!(matches!(Memory::new(&bad, 2.0), Err(ScoringError::NotFinite { .. })));
        assert!(matches!(level(&[f32::INFINITY], 0.2), Err(ScoringError::NotFinite { .. })));
        assert!(matches!(level(&[], 0.2), Err(ScoringError::NotFinite { .. })));
    }
}
