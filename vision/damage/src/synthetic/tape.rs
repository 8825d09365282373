//! **Tape and foreign labels**: a strip or a sticker that does not belong there.
//!
//! After CutPaste (Li et al., 2021), whose anomalies are rectangles pasted at an angle; ours are
//! drawn, since what is stuck on a parcel does not come from the same picture.

use std::f32::consts::PI;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;
use super::raster::brighter;

/// Colours of tapes in full light: parcel brown, clear, yellowed, grey, blue, red.
const TAPES: [[f32; 3]; 6] = [
    [176.0, 132.0, 82.0],
    [242.0, 242.0, 238.0],
    [222.0, 208.0, 160.0],
    [150.0, 150.0, 154.0],
    [60.0, 95.0, 160.0],
    [190.0, 50.0, 45.0],
];
/// Colours of labels in full light: white, cream, yellow, orange, green.
const LABELS: [[f32; 3]; 5] = [
    [246.0, 246.0, 244.0],
    [238.0, 230.0, 208.0],
    [245.0, 222.0, 70.0],
    [240.0, 130.0, 50.0],
    [120.0, 190.0, 110.0],
];
/// Width of the shadow that a label's edge casts, in pixels.
const SHADOW_PX: f32 = 2.5;

/// What is printed on the strip.
pub(super) enum Print {
    Nothing,
    /// Lines of words: height of a line in pixels.
    Lines(f32),
    /// Bars across: width of the narrowest one in pixels.
    Bars(f32),
}

pub(super) fn tape(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let noise = Noise::new(rng);
    let is_label = rng.random_bool(0.4);
    let (colours, opacity): (&[[f32; 3]], f32) = match is_label {
        true => (&LABELS, rng.random_range(0.93..1.0)),
        false => (&TAPES, rng.random_range(0.35..0.9)),
    };
    let colour = brighter(colours[rng.random_range(0..colours.len())], item.light);
    let across = item.side * rng.random_range(0.06..0.2) * size;
    let along = match is_label {
        true => across * rng.random_range(1.0..2.2),
        false => (item.side * rng.random_range(0.3..1.3) * size).max(across),
    };
    let (half_along, half_across) = ((along / 2.0).max(1.5), (across / 2.0).max(1.5));
    let print = match rng.random_range(0..4) {
        _ if !is_label => Print::Nothing,
        0 => Print::Nothing,
        1 => Print::Bars((half_along / 24.0).max(1.0)),
        _ => Print::Lines((half_across / rng.random_range(2.0..5.0)).max(2.0)),
    };
    let (sin, cos) = rng.random_range(0.0..PI).sin_cos();
    let centre = item.anywhere(rng);
    let crease = if is_label { 0.04 } else { rng.random_range(0.05..0.25) };

    for at in item.window(centre, half_along.hypot(half_across) + SHADOW_PX) {
        let (right, down) = (at.0 as f32 - centre.0, at.1 as f32 - centre.1);
        let u = right * cos + down * sin;
        let v = down * cos - right * sin;
        // Pixels from the strip's outline, positive within.
        let depth = (half_along - u.abs()).min(half_across - v.abs());
        if depth <= 0.0 {
            let shadow =
                if depth > -SHADOW_PX { 1.0 - 0.25 * (1.0 + depth / SHADOW_PX) } else { 1.0 };
            let shaded = brighter(canvas.colour(at), shadow);
            canvas.cover(at, shaded, 1.0);
            continue;
        }
        let gloss = 1.0 + crease * noise.ragged(u / half_across, v / half_across * 3.0);
        let ink = if depth > 2.0 { inked(&print, u, v, &noise) } else { 0.0 };
        let laid = brighter(colour, gloss * (1.0 - 0.85 * ink));
        canvas.cover(at, laid, opacity.max(ink) * depth.min(1.0));
        canvas.touch(at);
    }
    canvas.done()
}

/// Whether ink lies at a place of the strip, 0 or 1.
pub(super) fn inked(print: &Print, u: f32, v: f32, noise: &Noise) -> f32 {
    let dark = match print {
        Print::Nothing => false,
        Print::Lines(height) => {
            let (line, within) = ((v / height).floor(), (v / height).rem_euclid(1.0));
            let word = noise.at(u / height * 0.35, line * 3.7 + 0.5) > -0.25;
            let letter = noise.at(u / height * 2.1, line * 5.3 + 0.5) > -0.1;
            (0.25..0.75).contains(&within) && word && letter
        }
        Print::Bars(width) => noise.at((u / width).floor() * 0.77 + 0.3, 0.5) > 0.0,
    };
    f32::from(u8::from(dark))
}
