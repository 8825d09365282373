//! **Visual words**: descriptors by the centre that is nearest to them, and by a code within it.
//!
//! Centres are learned from descriptors of the catalogue (k-means, S. Lloyd 1982). A descriptor near a centre is
//! told from the others there by 64 bits: whether each pair of its numbers lies above the centre's (Hamming
//! embedding, H. Jegou, M. Douze, C. Schmid, ECCV 2008, with pairs of numbers in the place of projections drawn at
//! random). Descriptors of one place of the print differ in few bits.

use tch::{Kind, TchError, Tensor};

use crate::keypoints::DESCRIPTOR;

/// Centres at most: finding the nearest of them takes 20 ms for a view, and lists stay short.
const CENTRES: usize = 4096;
/// Descriptors for each centre to learn from, at least.
const EACH: usize = 8;
/// Rounds of k-means; later ones move hardly anything.
const ROUNDS: usize = 6;
/// Centres that are looked at for each key point of a view: a descriptor near a border falls on either side of it.
pub(crate) const NEAR: usize = 3;

/// The centres of a catalogue's descriptors.
#[derive(Debug)]
pub(crate) struct Centres {
    /// `[count, 128]`.
    rows: Tensor,
    /// The same numbers, pairs summed: 64 for each centre.
    pairs: Vec<f32>,
}

/// A centre and the code of a descriptor there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct VisualWord {
    pub centre: u32,
    pub code: u64,
}

impl Centres {
    /// Learns centres from `[n, 128]` descriptors; of very few descriptors few.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn learn(descriptors: &Tensor) -> Result<Self, TchError> {
        tch::no_grad(|| {
            let descriptors = descriptors.f_to_kind(Kind::Float)?;
            let have = descriptors.size()[0];
            let count = (have / EACH as i64).clamp(1, CENTRES as i64);
            // Evenly spread over the catalogue, so over its SKUs.
            let spread: Vec<i64> = (0..count).map(|i| i * have.max(1) / count).collect();
            let mut rows = match have {
                0 => Tensor::f_zeros([1, DESCRIPTOR as i64], (Kind::Float, tch::Device::Cpu))?,
                _ => descriptors.f_index_select(0, &Tensor::f_from_slice(&spread)?)?,
            };
            for _ in 0..if have > 0 { ROUNDS } else { 0 } {
                let nearest = nearest(&descriptors, &rows, 1)?.f_view([-1])?;
                let sums = rows.f_zeros_like()?.f_index_add(0, &nearest, &descriptors)?;
                let ones = Tensor::f_ones([have], (Kind::Float, tch::Device::Cpu))?;
                let counts = Tensor::f_zeros([count], (Kind::Float, tch::Device::Cpu))?
                    .f_index_add(0, &nearest, &ones)?
                    .f_unsqueeze(1)?;
                let means = sums.f_div(&counts.f_clamp_min(1.0)?)?;
                // A centre that nothing is near stays where it is.
                rows = means.f_where_self(&counts.f_gt(0.0)?, &rows)?;
            }
            Self::of(rows)
        })
    }

    fn of(rows: Tensor) -> Result<Self, TchError> {
        let numbers: Vec<f32> = Vec::try_from(rows.f_contiguous()?.f_view([-1])?)?;
        let pairs = numbers.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
        Ok(Self { rows, pairs })
    }

    /// Of numbers that [`Centres::numbers`] gave.
    ///
    /// # Errors
    /// What libtorch says; so where they are no rows.
    pub fn of_numbers(numbers: &[f32]) -> Result<Self, TchError> {
        Self::of(Tensor::f_from_slice(numbers)?.f_view([-1, DESCRIPTOR as i64])?)
    }

    /// The centres, 128 numbers each.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn numbers(&self) -> Result<Vec<f32>, TchError> {
        Vec::try_from(self.rows.f_contiguous()?.f_view([-1])?)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pairs.len() / (DESCRIPTOR / 2)
    }

    /// For each descriptor (128 numbers each) its word at the nearest `near` centres, the nearest first.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn words(
        &self,
        descriptors: &[f32],
        near: usize,
    ) -> Result<Vec<Vec<VisualWord>>, TchError> {
        if descriptors.is_empty() {
            return Ok(Vec::new());
        }
        let near = near.min(self.len());
        let rows = Tensor::f_from_slice(descriptors)?.f_view([-1, DESCRIPTOR as i64])?;
        let nearest = tch::no_grad(|| nearest(&rows, &self.rows, near))?;
        let nearest: Vec<i64> = Vec::try_from(nearest.f_contiguous()?.f_view([-1])?)?;
        let each = descriptors.chunks_exact(DESCRIPTOR).zip(nearest.chunks_exact(near));
        Ok(each
            .map(|(descriptor, centres)| {
                let pairs: Vec<f32> =
                    descriptor.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
                centres.iter().map(|&centre| self.word(&pairs, centre as usize)).collect()
            })
            .collect())
    }

    fn word(&self, pairs: &[f32], centre: usize) -> VisualWord {
        let from = centre * (DESCRIPTOR / 2);
        let own = &self.pairs[from..from + DESCRIPTOR / 2];
        let bits = pairs.iter().zip(own).enumerate();
        let code = bits.fold(0u64, |code, (bit, (pair, own))| code | u64::from(pair > own) << bit);
        VisualWord { centre: centre as u32, code }
    }
}

/// `[n, near]`: the nearest centres of each row, the nearest first.
fn nearest(rows: &Tensor, centres: &Tensor, near: usize) -> Result<Tensor, TchError> {
    let squares = centres.f_square()?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
    // Less half the square of the distance, but for the row's own square: the largest is the nearest.
    let products =
        rows.f_matmul(&centres.f_transpose(0, 1)?)?.f_sub(&squares.f_mul_scalar(0.5)?)?;
    if near == 1 {
        return products.f_argmax(1, true);
    }
    Ok(products.f_topk(near as i64, 1, true, true)?.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keypoints::KeyPoints;
    use crate::keypoints::tests::pattern;

    fn descriptors(seed: u64) -> Vec<f32> {
        KeyPoints::find(&pattern(128, 128, seed), 128, 128, 200).unwrap().descriptors
    }

    fn learned() -> Centres {
        let all: Vec<f32> = (0..3).flat_map(descriptors).collect();
        let rows = Tensor::from_slice(&all).view([-1, DESCRIPTOR as i64]);
        Centres::learn(&rows).unwrap()
    }

    #[test]
    fn a_descriptor_that_moved_a_little_keeps_its_word_and_most_of_its_bits() {
        let (centres, mut own) = (learned(), descriptors(2));
        let before = centres.words(&own, 1).unwrap();
        for (at, value) in own.iter_mut().enumerate() {
            *value = (*value + if at % 3 == 0 { 0.01 } else { -0.005 }).max(0.0);
        }
        let after = centres.words(&own, NEAR).unwrap();
        let kept = before.iter().zip(&after).filter_map(|(before, after)| {
            let same = after.iter().find(|word| word.centre == before[0].centre)?;
            Some((same.code ^ before[0].code).count_ones())
        });
        let bits: Vec<u32> = kept.collect();
        assert!(bits.len() * 10 > before.len() * 9, "{} of {}", bits.len(), before.len());
        assert!(bits.iter().sum::<u32>() < 12 * bits.len() as u32, "{bits:?}");
    }

    #[test]
    fn numbers_make_the_same_centres_again() {
        let centres = learned();
        let again = Centres::of_numbers(&centres.numbers().unwrap()).unwrap();
        let own = descriptors(3);
        assert_eq!(centres.words(&own, NEAR).unwrap(), again.words(&own, NEAR).unwrap());
    }

    #[test]
    fn of_nothing_there_is_one_centre_and_no_word() {
        let none = Centres::learn(&Tensor::from_slice::<f32>(&[]).view([0, 128])).unwrap();
        assert_eq!(none.len(), 1);
        assert!(none.words(&[], NEAR).unwrap().is_empty());
        assert_eq!(none.words(&descriptors(1), NEAR).unwrap()[0].len(), 1);
    }
}
