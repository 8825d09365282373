//! **Another colour**: the item, one of its colours or a region of it has faded, yellowed or is that
//! of another article.
//!
//! Hue is turned around the grey axis, saturation scaled along it, and a tint added, since grey has
//! no hue to turn. A picture without colours only becomes darker or brighter, in a part of it: all
//! of it could as well be the light.

use std::f32::consts::PI;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;
use super::raster::Spot;

/// How like a colour must be to change with it, of 255, and how wide the transition is.
const LIKE: f32 = 38.0;
const LIKE_SOFT: f32 = 14.0;
/// From this share on, a pixel that changes counts as touched.
const TOUCHED_FROM: f32 = 0.3;

/// Which pixels change.
enum Where {
    All,
    /// Those of a colour.
    Like([f32; 3]),
    /// Those of a spot with an uneven outline.
    Region(Spot, Noise),
}

pub(super) fn recolour(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let grey = item.mask_pixels().all(|at| {
        let [red, green, blue] = canvas.colour(at);
        (red - green).abs() + (green - blue).abs() < 6.0
    });
    let whole = if grey { 0.0 } else { 0.4 };
    let part = match rng.random::<f32>() {
        drawn if drawn < whole => Where::All,
        drawn if drawn < 0.7 => Where::Like(item.mean_colour(item.anywhere(rng), 1.5)),
        _ => {
            let radius = (item.side * rng.random_range(0.12..0.4) * size).max(2.0);
            let centre = item.anywhere(rng);
            Where::Region(Spot::new(centre, radius, 0.7, rng), Noise::new(rng))
        }
    };
    let change = change(grey, size, rng);
    for at in item.mask_pixels() {
        let before = canvas.colour(at);
        let share = match &part {
            Where::All => 1.0,
            Where::Like(colour) => {
                let far = [0, 1, 2].map(|part| (before[part] - colour[part]).abs()).into_iter();
                ((LIKE - far.fold(0.0, f32::max)) / LIKE_SOFT).clamp(0.0, 1.0)
            }
            Where::Region(spot, noise) => {
                let (right, down) = spot.offset_of(at);
                let turn = 0.2 * item.side;
                let far = spot.distance(at) + 0.3 * noise.at(right / turn, down / turn);
                ((1.0 - far) / 0.15).clamp(0.0, 1.0)
            }
        };
        canvas.cover(at, change(before), share);
        // The whole item's colour has changed where it is black, too.
        if share > TOUCHED_FROM {
            canvas.touch(at);
        }
    }
    canvas.done()
}

/// Draws what becomes of a colour.
fn change(grey: bool, size: f32, rng: &mut StdRng) -> impl Fn([f32; 3]) -> [f32; 3] + use<> {
    let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let gain = (sign * rng.random_range(0.2..0.5) * size.min(1.5)).exp();
    let turned = sign * rng.random_range(0.25..1.0) * PI;
    // Faded or gaudy colours; where the hue is turned, about as they were.
    let fades = rng.random_bool(0.3);
    let saturation = if fades { rng.random_range(0.0..0.4) } else { rng.random_range(0.8..1.3) };
    let turned = if fades { 0.0 } else { turned };
    let tint = [(); 3].map(|()| rng.random_range(-0.16f32..0.16) * size.min(1.5));
    // About the grey axis (Rodrigues).
    let (sin, cos) = turned.sin_cos();
    let third = (1.0 - cos) / 3.0;
    let (ahead, back) = (third - sin / 3.0f32.sqrt(), third + sin / 3.0f32.sqrt());
    let rows = [[cos + third, ahead, back], [back, cos + third, ahead], [ahead, back, cos + third]];
    move |colour| {
        if grey {
            return colour.map(|part| part * gain);
        }
        let mean = colour.iter().sum::<f32>() / 3.0;
        [0, 1, 2].map(|part| {
            let hue: f32 = (0..3).map(|from| rows[part][from] * (colour[from] - mean)).sum();
            ((mean + saturation * hue) * (1.0 + tint[part])).max(0.0)
        })
    }
}
