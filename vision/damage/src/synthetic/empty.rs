//! **Empty items**: what should be inside is not. Of a canister, a tray or a box seen from above
//! the walls remain; within them its dark or plain bottom shows, or what it stands on.
//!
//! The mask stays: an empty canister is as large as a full one.

use std::f32::consts::TAU;

use image::{GrayImage, Luma};
use imageproc::distance_transform::{Norm, distance_transform};
use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;
use super::raster::brighter;
use super::surroundings::surroundings;

/// Width of the soft inner edge of the wall, in pixels.
const SOFT_PX: f32 = 2.0;

pub(super) fn empty(item: &Item, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let noise = Noise::new(rng);
    let inside = item.mask.pixels();
    // Round distances, since many canisters are round.
    let outside = GrayImage::from_fn(item.mask.width(), item.mask.height(), |x, y| {
        Luma([if item.mask.contains(x, y) { 0 } else { 255 }])
    });
    let fills = item.area() == inside.len();
    let from_outside = distance_transform(&outside, Norm::L2);
    let depth = |at: usize| match from_outside.as_raw()[at] {
        // An item that fills the crop: its border is its outline.
        _ if fills => {
            let (x, y) = (at % item.width, at / item.width);
            x.min(y).min(item.width - 1 - x).min(item.height - 1 - y) as f32 + 1.0
        }
        depth => f32::from(depth),
    };
    let deepest = (0..inside.len()).filter(|at| inside[*at]).map(depth).fold(0.0, f32::max);
    let wall = (deepest * rng.random_range(0.12..0.4)).max(1.0);
    let behind = surroundings(item, rng);
    let plain = item.mean_colour(item.middle, 0.7 * deepest);
    let bottom = match rng.random::<f32>() {
        drawn if drawn < 0.5 => Some(brighter(plain, rng.random_range(0.1..0.4))),
        drawn if drawn < 0.8 => Some(brighter(plain, rng.random_range(0.6..1.1))),
        _ => None,
    };
    // The wall towards the light throws its shadow in, which fades over this many pixels.
    let (light_y, light_x) = rng.random_range(0.0..TAU).sin_cos();
    let shadow = rng.random_range(0.3..0.8);
    let reach = (deepest - wall).max(1.0) * rng.random_range(0.15..0.5);
    for at in item.mask_pixels() {
        let index = at.1 as usize * item.width + at.0 as usize;
        let within = depth(index) - wall;
        if within <= 0.0 {
            continue;
        }
        let (right, down) = (at.0 as f32 - item.middle.0, at.1 as f32 - item.middle.1);
        let towards = (right * light_x + down * light_y) / (right.hypot(down) + 1.0);
        let dark = shadow * (0.55 + 0.45 * towards) * (-within / reach).exp();
        let even = 1.0 + 0.05 * noise.ragged(right / 9.0, down / 9.0);
        let colour = bottom.unwrap_or_else(|| behind.colour(at));
        canvas.cover(at, brighter(colour, even * (1.0 - dark)), (within / SOFT_PX).min(1.0));
        canvas.touch(at);
    }
    canvas.done()
}
