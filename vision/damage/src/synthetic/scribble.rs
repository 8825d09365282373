//! **Scribbles**: strokes of a pen or a marker.
//!
//! Our own generator. A stroke is a smooth curve: a pen that runs forward and swings to the side,
//! as in writing, in loops or zigzag, or wanders.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;

/// Inks in full light: black, blue, red, green, brown.
const INKS: [[f32; 3]; 5] = [
    [22.0, 22.0, 26.0],
    [30.0, 45.0, 140.0],
    [175.0, 30.0, 35.0],
    [25.0, 105.0, 60.0],
    [90.0, 55.0, 30.0],
];
/// Pixels this near to a stroke count as touched, in sides of the item; at least three pixels. Else
/// no token of a thin stroke would be touched enough.
const TOUCHED_REACH: f32 = 0.025;
/// How far from its middle line the ink's edge is soft, in pixels.
const SOFT_PX: f32 = 1.0;

pub(super) fn scribble(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let ink = INKS[rng.random_range(0..INKS.len())].map(|part| part * item.light);
    let opacity = rng.random_range(0.6..0.97);
    let half = (item.side * rng.random_range(0.005..0.02) * size).max(0.6);
    let reach = half + (item.side * TOUCHED_REACH).max(3.0);
    let first = item.anywhere(rng);
    // How far each pixel is from the nearest stroke.
    let mut far = vec![f32::MAX; item.width * item.height];
    for stroke in 0..rng.random_range(1..=4) {
        let start = if stroke == 0 {
            first
        } else {
            let mut beside = |middle: f32| middle + 0.2 * item.side * rng.random_range(-1.0..1.0);
            (beside(first.0), beside(first.1))
        };
        for point in points(item, start, size, rng) {
            for (x, y) in item.window(point, reach) {
                let off = (x as f32 - point.0).hypot(y as f32 - point.1);
                let far = &mut far[y as usize * item.width + x as usize];
                *far = far.min(off);
            }
        }
    }
    for at in item.mask_pixels() {
        let off = far[at.1 as usize * item.width + at.0 as usize];
        canvas.cover(at, ink, opacity * ((half - off) / SOFT_PX + 0.5).clamp(0.0, 1.0));
        if off < reach {
            canvas.touch(at);
        }
    }
    canvas.done()
}

/// Points along one stroke, about a pixel and a half apart.
fn points(item: &Item, start: (f32, f32), size: f32, rng: &mut StdRng) -> Vec<(f32, f32)> {
    let noise = Noise::new(rng);
    let length = item.side * rng.random_range(0.5..2.0) * size;
    let swing = item.side * rng.random_range(0.03..0.12) * size;
    let heading = rng.random_range(0.0..TAU);
    // Forward per turn of the swing, in swings: little makes loops, much makes waves.
    let pitch = rng.random_range(0.6..3.0);
    let loops = rng.random_range(0.0..1.2);
    let writes = rng.random_bool(0.65);
    let steps = (length / 1.5).ceil().max(2.0) as usize;
    let (mut x, mut y) = start;
    (0..steps)
        .map(|step| {
            let run = step as f32 * 1.5;
            if !writes {
                let turned = heading + 2.5 * noise.at(run / (0.35 * item.side), 0.5);
                x += 1.5 * turned.cos();
                y += 1.5 * turned.sin();
                return (x, y);
            }
            // On a swing the pen runs about four swings per turn.
            let turn = run / (4.0 + pitch) / swing.max(1.0) * TAU;
            let size = swing * (1.0 + 0.4 * noise.at(turn / 9.0, 3.5));
            let forward = pitch * swing * turn / TAU + loops * size * turn.cos();
            let aside = size * turn.sin();
            let turned = heading + 0.3 * noise.at(turn / 20.0, 8.5);
            let (sin, cos) = turned.sin_cos();
            (start.0 + forward * cos - aside * sin, start.1 + forward * sin + aside * cos)
        })
        .collect()
}
