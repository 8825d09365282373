//! What the generators ask about an item before they damage it: its pixels, outline and side.

use std::f32::consts::TAU;

use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;

use super::raster::half_brightness;
use super::{Damaged, Specimen};
use features::localise::Mask;

/// How far from the outline a place still counts as being at the edge, in pixels.
const EDGE_PX: f32 = 3.0;
/// White paper in a well exposed picture, of 255.
const WHITE: f32 = 235.0;
/// A dark item does not tell how it is lit: no less light than this is assumed.
const LIGHT_MIN: f32 = 0.5;

/// A specimen with what is known about its shape.
pub(super) struct Item<'a> {
    pub(super) picture: &'a RgbImage,
    pub(super) mask: &'a Mask,
    /// Columns and rows of the crop.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Square root of the item's area, in pixels: the unit of all lengths.
    pub(super) side: f32,
    /// Centre of the item's area.
    pub(super) middle: (f32, f32),
    /// How brightly the item is lit: a white thing on it would be this share of full white.
    pub(super) light: f32,
    /// Indices of the item's pixels; at least one.
    pixels: Vec<usize>,
}

impl<'a> Item<'a> {
    pub(super) fn of(specimen: &'a Specimen) -> Item<'a> {
        let Specimen { picture, mask } = specimen;
        let inside = mask.pixels().iter().enumerate().filter(|(_, inside)| **inside);
        let pixels: Vec<usize> = inside.map(|(at, _)| at).collect();
        let width = mask.width() as usize;
        let count = pixels.len() as f32;
        let sum = |of: fn(usize, usize) -> usize| {
            pixels.iter().map(|at| of(*at, width) as f64).sum::<f64>() as f32
        };
        let middle = (sum(|at, width| at % width) / count, sum(|at, width| at / width) / count);
        let height = mask.height() as usize;
        let light = light(picture, &pixels);
        Item { picture, mask, width, height, side: count.sqrt(), middle, light, pixels }
    }

    /// Pixels of the item.
    pub(super) fn area(&self) -> usize {
        self.pixels.len()
    }

    /// The crop's pixels in the square of half width `reach` around `centre`.
    pub(super) fn window(
        &self,
        centre: (f32, f32),
        reach: f32,
    ) -> impl Iterator<Item = (u32, u32)> + use<> {
        let span = |centre: f32, length: usize| {
            let last = (centre + reach + 1.0).max(0.0) as u32;
            (centre - reach).max(0.0) as u32..last.min(length as u32)
        };
        let columns = span(centre.0, self.width);
        span(centre.1, self.height).flat_map(move |y| columns.clone().map(move |x| (x, y)))
    }

    /// Mean colour of the item within `reach` of a place; of the whole item where it is not there.
    pub(super) fn mean_colour(&self, place: (f32, f32), reach: f32) -> [f32; 3] {
        let near = self.window(place, reach).filter(|(x, y)| self.mask.contains(*x, *y));
        let indices = near.map(|(x, y)| y as usize * self.width + x as usize);
        mean_of(self.picture, indices)
            .or_else(|| mean_of(self.picture, self.pixels.iter().copied()))
            .expect("an item has at least one pixel")
    }

    fn place(&self, at: usize) -> (f32, f32) {
        ((at % self.width) as f32, (at / self.width) as f32)
    }

    /// All pixels of the item.
    pub(super) fn places(&self) -> impl Iterator<Item = (f32, f32)> {
        self.pixels.iter().map(|at| self.place(*at))
    }

    /// All pixels of the item, as whole numbers.
    pub(super) fn mask_pixels(&self) -> impl Iterator<Item = (u32, u32)> + use<'_, 'a> {
        self.pixels.iter().map(|at| ((at % self.width) as u32, (at / self.width) as u32))
    }

    /// All pixels of the crop, row by row.
    pub(super) fn all_places(&self) -> impl Iterator<Item = (f32, f32)> {
        (0..self.width * self.height).map(|at| self.place(at))
    }

    /// The item undamaged: what a generator answers that finds nothing to damage.
    pub(super) fn as_it_is(&self) -> Damaged {
        let touched = vec![0.0; self.width * self.height];
        Damaged { picture: self.picture.clone(), mask: self.mask.clone(), touched }
    }

    /// The place that lies furthest in some direction: a corner, an end, the tip of a limb.
    pub(super) fn corner(&self, rng: &mut StdRng) -> (f32, f32) {
        let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
        let ahead = |at: &usize| {
            let (x, y) = self.place(*at);
            x * cos + y * sin
        };
        let furthest = self.pixels.iter().max_by(|a, b| ahead(a).total_cmp(&ahead(b)));
        self.place(*furthest.expect("an item has at least one pixel"))
    }

    /// Any place on the item.
    pub(super) fn anywhere(&self, rng: &mut StdRng) -> (f32, f32) {
        self.place(self.pixels[rng.random_range(0..self.pixels.len())])
    }

    /// A place within a few pixels of the item's outline; anywhere where the item fills the crop.
    pub(super) fn at_edge(&self, rng: &mut StdRng) -> (f32, f32) {
        let inside = self.mask.pixels();
        let outline: Vec<usize> = self
            .pixels
            .iter()
            .copied()
            .filter(|at| {
                let (x, y) = (at % self.width, at / self.width);
                x > 0 && !inside[at - 1]
                    || x + 1 < self.width && !inside[at + 1]
                    || y > 0 && !inside[at - self.width]
                    || y + 1 < self.height && !inside[at + self.width]
            })
            .collect();
        if outline.is_empty() {
            return self.anywhere(rng);
        }
        let (x, y) = self.place(outline[rng.random_range(0..outline.len())]);
        (x + rng.random_range(-EDGE_PX..=EDGE_PX), y + rng.random_range(-EDGE_PX..=EDGE_PX))
    }

    /// A place on the item where its brightness changes: an edge between two sides, or print. The
    /// stronger the change, the likelier the place; anywhere where nothing changes at all.
    pub(super) fn at_contrast(&self, rng: &mut StdRng) -> (f32, f32) {
        // Half as fine is fine enough, and four times as fast.
        let grey = imageproc::filter::gaussian_blur_f32(&half_brightness(self.picture), 1.0);
        let slopes = imageproc::gradients::sobel_gradients(&grey);
        let mut reached = Vec::with_capacity(self.pixels.len());
        let mut sum = 0.0f64;
        for (x, y) in self.mask_pixels() {
            sum += f64::from(slopes.get_pixel(x / 2, y / 2).0[0]);
            reached.push(sum);
        }
        if sum == 0.0 {
            return self.anywhere(rng);
        }
        let drawn = rng.random_range(0.0..sum);
        let nth = reached.partition_point(|reached| *reached <= drawn);
        self.place(self.pixels[nth.min(self.pixels.len() - 1)])
    }

    /// A place where damage happens: half of the time at the outline, else mostly where brightness
    /// changes. Edges and corners are what gets hit.
    pub(super) fn likely_place(&self, rng: &mut StdRng) -> (f32, f32) {
        match rng.random::<f32>() {
            drawn if drawn < 0.5 => self.at_edge(rng),
            drawn if drawn < 0.85 => self.at_contrast(rng),
            _ => self.anywhere(rng),
        }
    }
}

/// Mean colour of the pixels at `indices`; `None` where there are none.
fn mean_of(picture: &RgbImage, indices: impl Iterator<Item = usize>) -> Option<[f32; 3]> {
    let (mut sum, mut count) = ([0u64; 3], 0u64);
    for at in indices {
        count += 1;
        for (sum, part) in sum.iter_mut().zip(&picture.as_raw()[at * 3..at * 3 + 3]) {
            *sum += u64::from(*part);
        }
    }
    (count > 0).then(|| sum.map(|sum| (sum as f64 / count as f64) as f32))
}

/// The brightness that one pixel in twenty of the item exceeds, against that of white paper.
fn light(picture: &RgbImage, pixels: &[usize]) -> f32 {
    let mut brightness: Vec<u8> = pixels
        .iter()
        .map(|at| picture.as_raw()[at * 3..at * 3 + 3].iter().copied().max().unwrap_or(0))
        .collect();
    let nth = brightness.len() * 19 / 20;
    let (_, bright, _) = brightness.select_nth_unstable(nth);
    (f32::from(*bright) / WHITE).clamp(LIGHT_MIN, 1.0)
}
