//! **Labels gone**: a label or a piece of print is missing, whole or beyond a torn line, such as a
//! seal that was opened.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;
use super::patch::{pixels_of, touch_what_changed};
use super::things::{plain_around, some_thing};

/// How often only a part of the label is gone.
const TORN: f64 = 0.4;
/// Width of the pale edge of torn paper, in sides of the item.
const EDGE: f32 = 0.008;

pub(super) fn gone(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let noise = Noise::new(rng);
    let label = some_thing(item, size, rng);
    let plain = plain_around(item, label, rng);
    let middle =
        (label.x as f32 + label.width as f32 / 2.0, label.y as f32 + label.height as f32 / 2.0);
    let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
    let half = (label.width as f32 * cos).abs().max((label.height as f32 * sin).abs()) / 2.0;
    // Pixels that the torn line lies off the middle; behind everything where all is gone.
    let line = if rng.random_bool(TORN) { half * rng.random_range(-0.6..0.4) } else { f32::MIN };
    let uneven = item.side * rng.random_range(0.01..0.04);
    let turn = (0.06 * item.side).max(2.0);
    let edge = (EDGE * item.side).max(1.0);
    let paper = [236.0, 233.0, 228.0].map(|part| part * item.light);
    for at in pixels_of(label) {
        let (right, down) = (at.0 as f32 - middle.0, at.1 as f32 - middle.1);
        let (along, aside) = (right * cos + down * sin, down * cos - right * sin);
        let beyond = along + uneven * noise.ragged(aside / turn, 0.5) - line;
        if beyond > 0.0 {
            canvas.cover(at, plain.colour(at), 1.0);
        } else if beyond > -edge {
            canvas.cover(at, paper, 0.8);
        }
    }
    touch_what_changed(&mut canvas, item, label);
    canvas.done()
}
