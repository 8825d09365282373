//! **Something foreign**: a lump, a chip, a strap or a piece of another thing lies over the edge of
//! the item or beside it.
//!
//! It hangs together with the item, and counts as part of it in the mask: whatever finds the item
//! by its difference from the belt would take both for one. Its surface is that of a plain material
//! or, after DRAEM (Zavrtanik et al., 2021), a texture; ours comes from elsewhere in the picture.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::item::Item;
use super::noise::Noise;
use super::raster::{brighter, colour_at, pixel};
use features::localise::Mask;

/// Colours of what gets between goods, in full light: wood, foil, steel, black rubber, white foam,
/// red, blue and green plastic.
const COLOURS: [[f32; 3]; 8] = [
    [165.0, 120.0, 75.0],
    [205.0, 208.0, 212.0],
    [125.0, 128.0, 134.0],
    [32.0, 32.0, 34.0],
    [240.0, 240.0, 236.0],
    [185.0, 45.0, 40.0],
    [45.0, 85.0, 160.0],
    [60.0, 135.0, 75.0],
];
/// Width of the shadow beside it, in pixels.
const SHADOW_PX: f32 = 3.0;

pub(super) fn foreign(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let noise = Noise::new(rng);
    // A strap is long and straight, a lump about round; its outline wanders by a share of its width.
    let strap = rng.random_bool(0.3);
    let (long, wide, uneven) = match strap {
        true => (rng.random_range(0.25..0.6), rng.random_range(0.02..0.06), 0.05),
        false => {
            let radius = rng.random_range(0.06..0.2);
            (radius, radius * rng.random_range(0.45..1.0), rng.random_range(0.1..0.5))
        }
    };
    let (long, wide) = ((item.side * long * size).max(1.5), (item.side * wide * size).max(1.0));
    let (sin, cos) = rng.random_range(0.0..PI).sin_cos();
    let edge = item.at_edge(rng);
    // From right over the edge to just touching the item from beside.
    let out = if strap { 0.0 } else { wide * rng.random_range(-0.3..0.85) };
    let away = (edge.1 - item.middle.1).atan2(edge.0 - item.middle.0);
    let centre = (edge.0 + out * away.cos(), edge.1 + out * away.sin());
    let colour = brighter(COLOURS[rng.random_range(0..COLOURS.len())], item.light);
    let textured = rng.random_bool(0.35);
    let other = item.anywhere(rng);
    let (light_y, light_x) = rng.random_range(0.0..TAU).sin_cos();
    let relief = if strap { 0.06 } else { rng.random_range(0.08..0.3) };

    let mut picture = item.picture.clone();
    let mut touched = vec![0.0; item.width * item.height];
    let mut mask: Vec<bool> = item.mask.pixels().to_vec();
    for at in item.window(centre, 1.6 * long.hypot(wide) + SHADOW_PX) {
        let (right, down) = (at.0 as f32 - centre.0, at.1 as f32 - centre.1);
        let (u, v) = ((right * cos + down * sin) / long, (down * cos - right * sin) / wide);
        let wander = uneven * noise.ragged(u * 1.3 + 9.1, v * 1.3);
        let far = if strap { u.abs().max(v.abs()) } else { u.hypot(v) } + wander;
        // Pixels from its outline, positive within.
        let depth = (1.0 - far) * wide;
        let index = at.1 as usize * item.width + at.0 as usize;
        let before = picture.get_pixel(at.0, at.1).0.map(f32::from);
        if depth <= -SHADOW_PX {
            continue;
        }
        touched[index] = 1.0;
        if depth <= 0.0 {
            let shaded = brighter(before, 1.0 - 0.35 * (1.0 + depth / SHADOW_PX));
            picture.put_pixel(at.0, at.1, pixel(shaded));
            continue;
        }
        let surface = match textured {
            true => {
                let texture = colour_at(item.picture, (other.0 + v * wide, other.1 + u * long));
                [0, 1, 2].map(|part| 0.45 * colour[part] + 0.55 * texture[part])
            }
            false => colour,
        };
        let slope = (u * light_x + v * light_y) * far.min(1.0);
        let grain = 0.05 * noise.ragged(right / 2.5, down / 2.5);
        let laid = brighter(surface, (1.0 + relief * slope + grain) * (0.8 + 0.2 * depth.min(1.0)));
        let share = depth.min(1.0);
        let mixed = [0, 1, 2].map(|part| before[part] + (laid[part] - before[part]) * share);
        picture.put_pixel(at.0, at.1, pixel(mixed));
        mask[index] |= depth > 0.5;
    }
    let mask = Mask::from_fn(item.mask.width(), item.mask.height(), |x, y| {
        mask[y as usize * item.width + x as usize]
    });
    Damaged { picture, mask, touched }
}
