//! Pixels between pixels, and the random draws that several generators share.

use std::f32::consts::PI;

use image::{GrayImage, Luma, Rgb, RgbImage};
use rand::RngExt;
use rand::rngs::StdRng;
use rand_distr::StandardNormal;

use features::localise::Mask;

/// A draw from the normal distribution of mean 0 and deviation 1.
pub(super) fn normal(rng: &mut StdRng) -> f32 {
    rng.sample(StandardNormal)
}

/// The brightness of each two by two pixels.
pub(super) fn half_brightness(picture: &RgbImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    GrayImage::from_fn(width.div_ceil(2), height.div_ceil(2), |x, y| {
        let places = [(0, 0), (1, 0), (0, 1), (1, 1)];
        let sum: u16 = places
            .iter()
            .map(|(right, down)| {
                let (x, y) = ((2 * x + right).min(width - 1), (2 * y + down).min(height - 1));
                picture.get_pixel(x, y).0.iter().map(|part| u16::from(*part)).sum::<u16>()
            })
            .sum();
        Luma([(sum / 12) as u8])
    })
}

/// The four pixels around a place, and the share of each. Places outside count as the nearest place
/// inside. `width` and `height` are at least 1.
fn around((x, y): (f32, f32), width: usize, height: usize) -> [(usize, f32); 4] {
    let x = x.clamp(0.0, (width - 1) as f32);
    let y = y.clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = (x - left as f32, y - top as f32);
    [
        (top * width + left, (1.0 - fx) * (1.0 - fy)),
        (top * width + right, fx * (1.0 - fy)),
        (bottom * width + left, (1.0 - fx) * fy),
        (bottom * width + right, fx * fy),
    ]
}

/// The colour at a place between pixels (bilinear); beyond the border that of the border.
pub(super) fn colour_at(picture: &RgbImage, place: (f32, f32)) -> [f32; 3] {
    let (width, height) = picture.dimensions();
    let mut colour = [0.0; 3];
    for (at, share) in around(place, width as usize, height as usize) {
        let pixel = &picture.as_raw()[at * 3..at * 3 + 3];
        for (sum, part) in colour.iter_mut().zip(pixel) {
            *sum += share * f32::from(*part);
        }
    }
    colour
}

/// How much of a place belongs to the item, 0 to 1 (bilinear); nothing does beyond the border.
pub(super) fn share_at(mask: &Mask, (x, y): (f32, f32)) -> f32 {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let beyond = x <= -1.0 || y <= -1.0 || x >= width as f32 || y >= height as f32;
    if beyond {
        return 0.0;
    }
    let inside = mask.pixels();
    around((x, y), width, height).iter().filter(|(at, _)| inside[*at]).map(|(_, share)| share).sum()
}

/// A colour as a pixel.
pub(super) fn pixel(colour: [f32; 3]) -> Rgb<u8> {
    Rgb(colour.map(|part| part.round().clamp(0.0, 255.0) as u8))
}

/// A colour of which each part is `times` as bright.
pub(super) fn brighter(colour: [f32; 3], times: f32) -> [f32; 3] {
    colour.map(|part| part * times)
}

/// An elliptic **spot** at an angle.
pub(super) struct Spot {
    pub(super) centre: (f32, f32),
    radius: f32,
    /// Length of the shorter axis, as a share of the longer one.
    flatness: f32,
    direction: (f32, f32),
}

impl Spot {
    pub(super) fn new(centre: (f32, f32), radius: f32, flatness: f32, rng: &mut StdRng) -> Spot {
        let (sin, cos) = rng.random_range(0.0..PI).sin_cos();
        Spot { centre, radius, flatness, direction: (cos, sin) }
    }

    /// How far right of the centre and below it a pixel lies.
    pub(super) fn offset_of(&self, (x, y): (u32, u32)) -> (f32, f32) {
        (x as f32 - self.centre.0, y as f32 - self.centre.1)
    }

    /// Distance from the centre: 1 on the spot's outline.
    pub(super) fn distance(&self, at: (u32, u32)) -> f32 {
        let (right, down) = self.offset_of(at);
        let (cos, sin) = self.direction;
        let (u, v) = (right * cos + down * sin, down * cos - right * sin);
        u.hypot(v / self.flatness) / self.radius
    }
}
