//! The **direction** of a blob and its **descriptor**, as in sections 5 and 6 of Lowe's paper.
//!
//! A *gradient* is how brightness grows from pixel to pixel: a strength and a direction. A blob's direction
//! is the commonest one around it, weighted by strength; where two are nearly as common, it becomes two key
//! points. The descriptor counts gradients in 4 by 4 *cells*, turned into the blob's direction, by 8
//! directions each.

use std::f32::consts::TAU;

use super::DESCRIPTOR;
use super::scale_space::{Blob, Octave};

/// Bins of the circle in which a blob's direction is looked for.
const BINS: usize = 36;
/// A direction this common, compared with the commonest, makes a key point too.
const NEARLY: f32 = 0.8;
/// Cells of the descriptor along each side.
const CELLS: usize = 4;
/// Directions counted in each cell.
const DIRECTIONS: usize = 8;
/// Width of a cell in sizes of the blob.
const CELL_WIDTH: f32 = 3.0;
/// No number of a descriptor counts for more than this share of its length: lights change single ones.
const LARGEST: f32 = 0.2;

/// Strength and direction (0 to 2 pi, from x towards y) of the gradient; the pixel must have neighbours.
fn gradient(picture: &[f32], width: usize, x: usize, y: usize) -> (f32, f32) {
    let at = y * width + x;
    let (across, down) =
        (picture[at + 1] - picture[at - 1], picture[at + width] - picture[at - width]);
    (across.hypot(down), down.atan2(across).rem_euclid(TAU))
}

/// The pixels within `radius` of a blob which have neighbours on all sides: x, y and the distances to the
/// nearest pixel of the blob.
fn around(
    octave: &Octave,
    blob: &Blob,
    radius: i32,
) -> impl Iterator<Item = (usize, usize, f32, f32)> {
    let (middle_x, middle_y) = (blob.x.round() as i32, blob.y.round() as i32);
    let (width, height) = (octave.width as i32, octave.height as i32);
    let rows = (middle_y - radius).max(1)..(middle_y + radius + 1).min(height - 1);
    rows.flat_map(move |y| {
        let columns = (middle_x - radius).max(1)..(middle_x + radius + 1).min(width - 1);
        columns.map(move |x| (x as usize, y as usize, (x - middle_x) as f32, (y - middle_y) as f32))
    })
}

/// The commonest directions around a blob, in radians.
pub(super) fn directions(octave: &Octave, blob: &Blob) -> Vec<f32> {
    let spread = 1.5 * blob.size;
    let picture = &octave.blurred[blob.layer];
    let mut counts = [0f32; BINS];
    for (x, y, across, down) in around(octave, blob, (3.0 * spread).round() as i32) {
        let (strength, angle) = gradient(picture, octave.width, x, y);
        let weight = (-(across * across + down * down) / (2.0 * spread * spread)).exp();
        counts[(angle / TAU * BINS as f32).round() as usize % BINS] += weight * strength;
    }
    let near = |bin: usize, by: usize| counts[(bin + BINS + by - 2) % BINS];
    let mut smooth = [0f32; BINS];
    for (bin, value) in smooth.iter_mut().enumerate() {
        *value = (near(bin, 0) + near(bin, 4)) / 16.0
            + (near(bin, 1) + near(bin, 3)) / 4.0
            + near(bin, 2) * 0.375;
    }
    let most = smooth.iter().copied().fold(0.0, f32::max);
    let peak = |bin: usize| {
        let (left, here, right) =
            (smooth[(bin + BINS - 1) % BINS], smooth[bin], smooth[(bin + 1) % BINS]);
        (here > left && here > right && here >= NEARLY * most).then(|| {
            let between = 0.5 * (left - right) / (left - 2.0 * here + right);
            ((bin as f32 + between) / BINS as f32 * TAU).rem_euclid(TAU)
        })
    };
    (0..BINS).filter_map(peak).collect()
}

/// The descriptor of a blob in one of its directions; its length is 1.
pub(super) fn describe(octave: &Octave, blob: &Blob, angle: f32) -> [f32; DESCRIPTOR] {
    let picture = &octave.blurred[blob.layer];
    let cell = CELL_WIDTH * blob.size;
    let (sin, cos) = (angle.sin() / cell, angle.cos() / cell);
    let longest = (octave.width as f32).hypot(octave.height as f32);
    let reach = (cell * 2f32.sqrt() * (CELLS + 1) as f32 * 0.5).min(longest);
    let mut counts = [0f32; DESCRIPTOR];
    for (x, y, across, down) in around(octave, blob, reach.round() as i32) {
        // In cells, turned into the blob's direction, from the middle of the first cell.
        let column = across * cos + down * sin;
        let row = down * cos - across * sin;
        let weight = (-(column * column + row * row) / (0.5 * (CELLS * CELLS) as f32)).exp();
        let middle = 0.5 * CELLS as f32 - 0.5;
        let place = [row + middle, column + middle];
        if place.iter().any(|at| *at <= -1.0 || *at >= CELLS as f32) {
            continue;
        }
        let (strength, direction) = gradient(picture, octave.width, x, y);
        let turned = (direction - angle).rem_euclid(TAU) / TAU * DIRECTIONS as f32;
        share(&mut counts, place, turned, weight * strength);
    }
    normal(counts)
}

/// Adds `amount` to the eight counts around a place between cells and directions.
fn share(counts: &mut [f32; DESCRIPTOR], [row, column]: [f32; 2], direction: f32, amount: f32) {
    let (top, left, first) = (row.floor(), column.floor(), direction.floor());
    for (by_row, row_part) in [(0.0, 1.0 - (row - top)), (1.0, row - top)] {
        for (by_column, column_part) in [(0.0, 1.0 - (column - left)), (1.0, column - left)] {
            let (r, c) = (top + by_row, left + by_column);
            if r < 0.0 || c < 0.0 || r >= CELLS as f32 || c >= CELLS as f32 {
                continue;
            }
            let base = (r as usize * CELLS + c as usize) * DIRECTIONS;
            let part = amount * row_part * column_part;
            let over = direction - first;
            counts[base + first as usize % DIRECTIONS] += part * (1.0 - over);
            counts[base + (first as usize + 1) % DIRECTIONS] += part * over;
        }
    }
}

/// Cuts single large numbers, then takes the square root of each number's share in the sum.
fn normal(mut counts: [f32; DESCRIPTOR]) -> [f32; DESCRIPTOR] {
    let length = counts.iter().map(|v| v * v).sum::<f32>().sqrt();
    for value in &mut counts {
        *value = value.min(LARGEST * length);
    }
    let sum = counts.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    counts.map(|value| (value / sum).sqrt())
}
