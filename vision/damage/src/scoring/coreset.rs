//! Which patches a reference remembers: a **coreset** that covers all candidates as evenly as it
//! can, by k-centre greedy: again and again, the candidate that is farthest from all chosen ones is
//! chosen (Gonzalez 1985; within twice of the best cover; as in PatchCore).
//!
//! Distances are measured after a random projection to fewer dimensions, which keeps them well
//! enough (Johnson and Lindenstrauss) at a fifth of the cost. All choices come from a seed, so that
//! the same pictures give the same reference.

use tch::{TchError, Tensor};

use super::error::ScoringError;

/// Dimensions after the projection.
const PROJECTED: i64 = 32;
/// Candidates that the greedy search chooses from; callers thin out more at random.
pub const CANDIDATES_MAX: usize = 12_000;

/// A small, seeded generator (SplitMix64, Steele et al. 2014), so that results do not depend on a
/// library's version.
pub struct Random(pub u64);

impl Random {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is greater than zero.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// `count` different numbers below `bound`, in random order; all of them where `count` is not
    /// smaller.
    pub fn choose(&mut self, count: usize, bound: usize) -> Vec<i64> {
        let mut numbers: Vec<i64> = (0..bound as i64).collect();
        let count = count.min(bound);
        for at in 0..count {
            numbers.swap(at, at + self.below(bound - at));
        }
        numbers.truncate(count);
        numbers
    }
}

/// The places of at most `count` rows of `candidates`, `[n, d]`, that cover all of them.
pub fn k_centre(candidates: &Tensor, count: usize, seed: u64) -> Result<Vec<i64>, ScoringError> {
    tch::no_grad(|| choose(candidates, count, seed)).map_err(ScoringError::torch("the coreset"))
}

fn choose(candidates: &Tensor, count: usize, seed: u64) -> Result<Vec<i64>, TchError> {
    let (n, dimensions) = candidates.size2()?;
    let mut random = Random(seed);
    if n as usize <= count {
        return Ok((0..n).collect());
    }
    // Entries of plus or minus one project as well as normal ones (Achlioptas 2003).
    let signs: Vec<f32> = (0..dimensions * PROJECTED)
        .map(|_| if random.bits() & 1 == 0 { 1.0 } else { -1.0 })
        .collect();
    let projection = Tensor::f_from_slice(&signs)?.f_view([dimensions, PROJECTED])?;
    let points = candidates.f_mm(&projection)?;
    let squares = points.f_square()?.f_sum_dim_intlist([1i64].as_slice(), false, None)?;

    let mut centre = random.below(points.size2()?.0 as usize) as i64;
    let mut chosen = vec![centre];
    let mut far = squares.f_full_like(f64::INFINITY)?;
    while chosen.len() < count {
        // |p - c|² less |c|², plus |c|²; the latter as a number, added by the same operation.
        let point = points.f_select(0, centre)?;
        let from_centre = squares
            .f_sub(&points.f_mv(&point)?.f_mul_scalar(2.0)?)?
            .f_add_scalar(squares.f_double_value(&[centre])?)?;
        far = far.f_minimum(&from_centre)?;
        centre = far.f_argmax(0, false)?.f_int64_value(&[])?;
        chosen.push(centre);
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_patches_cover_every_cluster_however_small() {
        // 990 points around the origin, and ten lonely ones far away in different directions.
        let mut random = Random(3);
        let mut rows = Vec::new();
        for at in 0..1000usize {
            let mut row = [0f32; 24];
            row[at % 24] = random.below(100) as f32 / 100.0;
            if at >= 990 {
                row[at - 990] = 50.0;
            }
            rows.extend(row);
        }
        let points = Tensor::from_slice(&rows).view([1000, 24]);
        let chosen = k_centre(&points, 40, 1).unwrap();
        let chosen = points.index_select(0, &Tensor::from_slice(&chosen));
        assert_eq!(chosen.size(), [40, 24]);
        for direction in 0..10 {
            assert_eq!(chosen.select(1, direction).max().double_value(&[]), 50.0);
        }
    }

    #[test]
    fn the_same_seed_chooses_the_same_patches() {
        let points = Tensor::from_slice(
            &(0..20_000u32).map(|i| (i.wrapping_mul(2654435761) >> 16) as f32).collect::<Vec<_>>(),
        )
        .view([2000, 10]);
        let chosen = |seed| k_centre(&points, 100, seed).unwrap();
        assert_eq!(chosen(5), chosen(5));
        assert_ne!(chosen(5), chosen(6));
    }

    #[test]
    fn fewer_patches_than_the_memory_holds_are_all_kept() {
        let points = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0]).view([2, 2]);
        assert_eq!(k_centre(&points, 10, 0).unwrap(), [0, 1]);
    }
}
