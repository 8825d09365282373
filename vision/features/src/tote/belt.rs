//! The **belt**: what a camera sees of the empty tunnel.

use super::raster::Raster;
use super::same::{apart, best_light, light_of};

/// How many standard deviations a pixel of the running belt may differ from its mean.
const DEVIATIONS: f32 = 2.5;

/// The empty tunnel, pixel by pixel.
#[derive(Debug, Clone)]
pub(super) struct Belt {
    pub width: usize,
    pub height: usize,
    mean: Vec<[f32; 3]>,
    spread: Vec<f32>,
}

impl Belt {
    /// Learns from pictures of one size; at least one.
    pub fn learn(empty: &[Raster]) -> Belt {
        let (width, height) = (empty[0].width, empty[0].height);
        let (mean, spread) = mean_and_spread(width * height, empty.len(), |picture, at| {
            empty[picture].pixels[at].map(f32::from)
        });
        Belt { width, height, mean, spread }
    }

    /// For each pixel whether it shows something else than the belt; a shadow is nothing else.
    pub fn foreign(&self, view: &Raster) -> Vec<bool> {
        let pixels = view.pixels.iter().zip(&self.mean).zip(&self.spread);
        pixels
            .map(|((seen, mean), spread)| light_of(seen.map(f32::from), *mean, *spread).is_none())
            .collect()
    }

    /// By how much the view is brighter than usual, in each channel: the middle one of the pixels that show the belt.
    pub fn gains(&self, view: &Raster, foreign: &[bool]) -> [f32; 3] {
        std::array::from_fn(|channel| {
            let ratio =
                |at: usize| f32::from(view.pixels[at][channel]) / self.mean[at][channel].max(1.0);
            let mut ratios: Vec<f32> =
                (0..foreign.len()).step_by(7).filter(|at| !foreign[*at]).map(ratio).collect();
            if ratios.is_empty() {
                return 1.0;
            }
            let middle = ratios.len() / 2;
            ratios.select_nth_unstable_by(middle, f32::total_cmp).1.clamp(0.7, 1.3)
        })
    }
}

/// For each of `pixels` the mean of `count` pictures, and how far a picture may be from it, whatever its light.
pub(super) fn mean_and_spread(
    pixels: usize,
    count: usize,
    of: impl Fn(usize, usize) -> [f32; 3],
) -> (Vec<[f32; 3]>, Vec<f32>) {
    let many = count as f32;
    (0..pixels)
        .map(|at| {
            let mut sum = [0.0; 3];
            for picture in 0..count {
                let colour = of(picture, at);
                (0..3).for_each(|i| sum[i] += colour[i]);
            }
            let mean = sum.map(|sum| sum / many);
            let square = |picture| {
                let colour = of(picture, at);
                apart(colour, mean, best_light(colour, mean)).powi(2)
            };
            let squares: f32 = (0..count).map(square).sum();
            (mean, DEVIATIONS * (squares / many).sqrt())
        })
        .unzip()
}
