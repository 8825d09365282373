//! **Punctures**: a small dark ragged hole whose rim is pressed in or turned up.
//!
//! Our own generator; the ragged outline is Perlin noise, as in DRAEM (Zavrtanik et al., 2021).

use std::f32::consts::TAU;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;
use super::raster::{Spot, brighter};

/// Where the rim ends, in radii of the hole.
const RIM: f32 = 1.7;

pub(super) fn puncture(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let noise = Noise::new(rng);
    let radius = (item.side * rng.random_range(0.015..0.06) * size).max(1.0);
    let spot = Spot::new(item.anywhere(rng), radius, rng.random_range(0.5..1.0), rng);
    let around = item.mean_colour(spot.centre, 4.0 * radius);
    let hole = brighter(around, rng.random_range(0.05..0.4));
    let (light_y, light_x) = rng.random_range(0.0..TAU).sin_cos();
    let relief = rng.random_range(0.1..0.45);

    for at in item.window(spot.centre, RIM * 1.6 * radius) {
        let (right, down) = spot.offset_of(at);
        let unevenness = noise.ragged(right / radius * 1.6, down / radius * 1.6);
        let far = spot.distance(at) * (1.0 + 0.45 * unevenness);
        if far < 1.0 {
            let depth = 1.0 + 0.3 * noise.at(right / 2.5, down / 2.5);
            canvas.cover(at, hole.map(|part| part * depth), ((1.0 - far) * radius).min(1.0));
        } else if far < RIM {
            let slope = (right * light_x + down * light_y) / (right.hypot(down) + 1.0);
            let fading = (RIM - far) / (RIM - 1.0);
            let shaded = brighter(canvas.colour(at), 1.0 + relief * slope * fading);
            canvas.cover(at, shaded, 1.0);
        }
        if far < 1.3 {
            canvas.touch(at);
        }
    }
    canvas.done()
}
