//! How well heat maps show where the damage is, held against masks that people drew.
//!
//! Two figures, as usual for MVTec AD (Bergmann et al., *The MVTec Anomaly Detection Dataset*, IJCV
//! 129, 2021). **Pixel AUROC**: the probability that a damaged pixel is hotter than a good one, ties
//! counting half. Large defects dominate it, so beside it stands **AUPRO**: for each threshold the
//! share of each damaged region that is hot, averaged over all regions whatever their size, against
//! the share of good pixels that are hot; the area below this curve up to [`FALSE_MAX`], over
//! [`FALSE_MAX`]. A random map has 0.5 and 0.15.
//!
//! Pixels are counted in bins of 0.05 % of their heat, so that memory does not grow with the number
//! of pictures; heats that differ less count as equal.

use serde::Serialize;

use base::regions::regions;

/// Share of good pixels up to which AUPRO looks: with more of them hot a map shows nothing.
const FALSE_MAX: f64 = 0.3;
/// Bits of a number's 32 that make no difference: 12 of the 23 of the mantissa stay.
const IGNORED_BITS: u32 = 11;
/// Bins of all numbers from 0 to infinity.
const BINS: usize = (0x7F80_0000 >> IGNORED_BITS) + 1;

/// How well heat maps show where the damage is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PixelMetrics {
    /// The probability that a damaged pixel is hotter than a good one.
    pub auroc: f64,
    /// The mean share of a damaged region that is hot, over thresholds with up to 30 % of the good
    /// pixels hot.
    pub aupro: f64,
    /// Pictures with a mask.
    pub masks: usize,
    /// Damaged regions in them.
    pub regions: usize,
}

/// Pixels counted by their heat.
#[derive(Debug)]
pub(super) struct PixelCounts {
    good: Vec<u64>,
    damaged: Vec<u64>,
    /// For each bin the sum over regions of the share of the region that lies in it.
    overlap: Vec<f64>,
    masks: usize,
    regions: usize,
}

impl PixelCounts {
    pub(super) fn new() -> PixelCounts {
        PixelCounts {
            good: vec![0; BINS],
            damaged: vec![0; BINS],
            overlap: vec![0.0; BINS],
            masks: 0,
            regions: 0,
        }
    }

    /// Counts a picture without damage.
    pub(super) fn add_good(&mut self, heat: &[f32]) {
        heat.iter().for_each(|heat| self.good[bin(*heat)] += 1);
    }

    /// Counts a picture whose `damaged` pixels are known; both are rows of `width` pixels.
    pub(super) fn add_damaged(&mut self, heat: &[f32], damaged: &[bool], width: u32) {
        assert_eq!(heat.len(), damaged.len(), "the mask is as large as its picture");
        let labels = regions(damaged, width as usize);
        let regions = labels.iter().copied().max().unwrap_or(0) as usize;
        let mut sizes = vec![0u32; regions + 1];
        labels.iter().for_each(|label| sizes[*label as usize] += 1);
        for (heat, label) in heat.iter().zip(&labels) {
            let bin = bin(*heat);
            if *label == 0 {
                self.good[bin] += 1;
            } else {
                self.damaged[bin] += 1;
                self.overlap[bin] += 1.0 / f64::from(sizes[*label as usize]);
            }
        }
        self.masks += 1;
        self.regions += regions;
    }

    /// The figures; `None` without a damaged pixel, or without a good one.
    pub(super) fn metrics(&self) -> Option<PixelMetrics> {
        let (goods, damaged) = (self.good.iter().sum::<u64>(), self.damaged.iter().sum::<u64>());
        if goods == 0 || damaged == 0 {
            return None;
        }
        let (mut auroc, mut aupro) = (0.0, 0.0);
        let (mut good, mut found, mut overlap) = (0.0, 0.0, 0.0);
        for bin in (0..BINS).rev().filter(|bin| self.good[*bin] + self.damaged[*bin] > 0) {
            let next_good = good + self.good[bin] as f64 / goods as f64;
            let next_found = found + self.damaged[bin] as f64 / damaged as f64;
            let next_overlap = overlap + self.overlap[bin] / self.regions as f64;
            auroc += (next_good - good) * (found + next_found) / 2.0;
            let end = next_good.min(FALSE_MAX);
            if end > good {
                let at_end = overlap + (next_overlap - overlap) * (end - good) / (next_good - good);
                aupro += (end - good) * (overlap + at_end) / 2.0;
            }
            (good, found, overlap) = (next_good, next_found, next_overlap);
        }
        let (masks, regions) = (self.masks, self.regions);
        Some(PixelMetrics { auroc, aupro: aupro / FALSE_MAX, masks, regions })
    }
}

/// The bin of a heat: the bits of numbers that are not negative ascend as they do. What is no number
/// counts as cold.
fn bin(heat: f32) -> usize {
    // The sum makes a negative zero positive.
    ((heat.max(0.0) + 0.0).to_bits() >> IGNORED_BITS) as usize
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// `#` is damaged.
    fn mask(rows: &[&str]) -> (Vec<bool>, u32) {
        (rows.concat().bytes().map(|byte| byte == b'#').collect(), rows[0].len() as u32)
    }

    fn metrics(heat: &[f32], rows: &[&str]) -> PixelMetrics {
        let (damaged, width) = mask(rows);
        let mut counts = PixelCounts::new();
        counts.add_damaged(heat, &damaged, width);
        counts.metrics().unwrap()
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    const TWO: [&str; 3] = ["#.....", "...###", "...###"];

    #[test]
    fn a_perfect_map_has_one_and_an_inverted_one_zero() {
        let (damaged, _) = mask(&TWO);
        let heat: Vec<f32> = damaged.iter().map(|d| f32::from(u8::from(*d))).collect();
        let perfect = metrics(&heat, &TWO);
        close(perfect.auroc, 1.0);
        close(perfect.aupro, 1.0);
        assert_eq!((perfect.masks, perfect.regions), (1, 2));
        let inverted: Vec<f32> = heat.iter().map(|heat| 1.0 - heat).collect();
        close(metrics(&inverted, &TWO).auroc, 0.0);
        close(metrics(&inverted, &TWO).aupro, 0.0);
    }

    #[test]
    fn a_random_map_has_one_half_and_half_of_the_false_share() {
        let rows: Vec<String> = (0..300)
            .map(|y| if (100..160).contains(&y) { "#".repeat(300) } else { ".".repeat(300) })
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let mut rng = StdRng::seed_from_u64(1);
        let heat: Vec<f32> = (0..90_000).map(|_| rng.random()).collect();
        let found = metrics(&heat, &rows);
        assert!((found.auroc - 0.5).abs() < 0.01, "{found:?}");
        assert!((found.aupro - 0.15).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn a_small_region_counts_as_much_as_a_large_one() {
        // Only the single pixel is hot: half of the regions, a seventh of the damaged pixels.
        let small: Vec<f32> = (0..18).map(|at| if at == 0 { 1.0 } else { 0.0 }).collect();
        let (damaged, _) = mask(&TWO);
        let large: Vec<f32> =
            (0..18).map(|at| if at > 0 && damaged[at] { 1.0 } else { 0.0 }).collect();
        // From (0, 1/2) straight to (1, 1): at 0.3 it is 0.65, so the mean is 0.575.
        close(metrics(&small, &TWO).aupro, 0.575);
        close(metrics(&large, &TWO).aupro, 0.575);
        // From (0, 1/7) or (0, 6/7) to (1, 1).
        close(metrics(&small, &TWO).auroc, (1.0 / 7.0 + 1.0) / 2.0);
        close(metrics(&large, &TWO).auroc, (6.0 / 7.0 + 1.0) / 2.0);
    }

    #[test]
    fn pixels_that_touch_at_a_corner_are_one_region() {
        assert_eq!(metrics(&[0.0; 4], &["#.", ".#"]).regions, 1);
        assert_eq!(metrics(&[0.0; 3], &["#.#"]).regions, 2);
    }

    #[test]
    fn good_pictures_count_as_good_pixels_and_alone_tell_nothing() {
        let mut counts = PixelCounts::new();
        counts.add_good(&[2.0, f32::NAN, -1.0, f32::INFINITY]);
        assert_eq!(counts.metrics(), None);
        counts.add_damaged(&[1.0], &[true], 1);
        // Of four good pixels two are hotter, two colder.
        close(counts.metrics().unwrap().auroc, 0.5);
    }
}
