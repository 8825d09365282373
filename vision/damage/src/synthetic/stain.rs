//! **Stains**: spots and drops of liquid, dirt or dust with a smooth irregular outline.
//!
//! After DRAEM (Zavrtanik et al., 2021): a Perlin-noise mask through which a foreign colour is
//! blended. A liquid multiplies what it wets and is often darker at its rim; dirt covers it.

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;
use super::raster::Spot;

/// Colours of what gets spilled, in full light: oil, coffee, ink, berry, grease, mud, dust, soot.
const COLOURS: [[f32; 3]; 8] = [
    [70.0, 55.0, 20.0],
    [95.0, 55.0, 25.0],
    [25.0, 30.0, 90.0],
    [130.0, 25.0, 40.0],
    [150.0, 140.0, 105.0],
    [85.0, 75.0, 60.0],
    [225.0, 222.0, 215.0],
    [25.0, 25.0, 25.0],
];
/// Width of the soft outline, in radii.
const SOFT: f32 = 0.22;

pub(super) fn stain(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let noise = Noise::new(rng);
    let colour = COLOURS[rng.random_range(0..COLOURS.len())];
    let colour = colour.map(|part| part * item.light * rng.random_range(0.8..1.2));
    let wets = rng.random_bool(0.5);
    let strength = rng.random_range(0.4..0.95);
    let rim = if rng.random_bool(0.4) { rng.random_range(0.2..0.6) } else { 0.0 };

    let first = item.anywhere(rng);
    let largest = (item.side * rng.random_range(0.04..0.2) * size).max(1.5);
    for drop in 0..rng.random_range(1..=5) {
        let (centre, radius) = if drop == 0 {
            (first, largest)
        } else {
            let beside =
                |middle: f32, rng: &mut StdRng| middle + rng.random_range(-2.2..2.2) * largest;
            let centre = (beside(first.0, rng), beside(first.1, rng));
            (centre, (largest * rng.random_range(0.08..0.4)).max(1.0))
        };
        let spot = Spot::new(centre, radius, rng.random_range(0.55..1.0), rng);
        for at in item.window(centre, 1.9 * radius) {
            let (right, down) = (at.0 as f32 / radius, at.1 as f32 / radius);
            let far = spot.distance(at) + 0.4 * noise.ragged(right * 0.9, down * 0.9);
            let inside = ((1.0 - far) / SOFT).clamp(0.0, 1.0);
            if inside == 0.0 {
                continue;
            }
            let dried = rim * (-((far - 0.82) / 0.12).powi(2)).exp();
            let patchy = 1.0 + 0.25 * noise.at(right * 2.5, down * 2.5);
            let share = (inside * (strength * patchy + dried)).clamp(0.0, 1.0);
            let before = canvas.colour(at);
            let laid = match wets {
                true => [0, 1, 2].map(|part| before[part] * (colour[part] / 255.0).sqrt()),
                false => colour,
            };
            canvas.cover(at, laid, share);
            if inside > 0.5 {
                canvas.touch(at);
            }
        }
    }
    canvas.done()
}
