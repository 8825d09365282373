//! **Aligned colour**: whether the item is coloured where its reference is.
//!
//! Look-alikes share print: the same logo on a green, a red and a blue carton. Once
//! [geometry](super::geometry) says where each part of the reference lies in the view, the colours of both
//! are compared place by place. A *small copy* of a picture keeps one colour for each *cell* of 4 by 4
//! pixels. Lights differ in strength and tint: each channel of the view is first scaled so that its middle
//! ratio to the reference is 1. What is compared is *chroma*, red against green and both against blue,
//! divided by brightness, as a correlation over all cells.

use serde::{Deserialize, Serialize};

use super::geometry::Affine;
use base::hull::{hull, turn};

/// Pixels along the edge of a cell.
pub const CELL: usize = 4;
/// Cells compared at least; fewer say nothing.
const FEWEST: usize = 40;
/// Added to brightness and to channels before dividing by them, of 255: dark pixels have random colours.
const DARK: f32 = 8.0;
/// A region reaches this many cells beyond the key points around it.
const MARGIN: f32 = 3.0;

/// The colours of a picture, one a cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SmallCopy {
    width: usize,
    height: usize,
    /// Red, green and blue, row by row, 0 to 255.
    cells: Vec<[u8; 3]>,
}

impl SmallCopy {
    /// The small copy of `width` x `height` pixels, red, green and blue each, row by row. Cells that the
    /// picture fills only in part are left out.
    pub fn of(pixels: &[u8], width: usize, height: usize) -> Self {
        if pixels.len() != 3 * width * height {
            return Self::default();
        }
        let (columns, rows) = (width / CELL, height / CELL);
        let mut cells = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let mut sums = [0u32; 3];
                for y in row * CELL..(row + 1) * CELL {
                    let from = 3 * (y * width + column * CELL);
                    for pixel in pixels[from..from + 3 * CELL].chunks_exact(3) {
                        for (sum, value) in sums.iter_mut().zip(pixel) {
                            *sum += u32::from(*value);
                        }
                    }
                }
                let area = (CELL * CELL) as u32;
                cells
                    .push(sums.map(|sum| u8::try_from((sum + area / 2) / area).unwrap_or(u8::MAX)));
            }
        }
        Self { width: columns, height: rows, cells }
    }

    /// Width and height of all cells together, in pixels; at least 1.
    pub(super) fn size(&self) -> [f32; 2] {
        [self.width, self.height].map(|cells| (cells * CELL).max(1) as f32)
    }

    /// Where each cell is, 0 to 1 from the left and from the top, and its colour.
    pub(super) fn cells(&self) -> impl Iterator<Item = ([f32; 2], [f32; 3])> {
        let place = |index: usize| {
            let (column, row) = (index % self.width, index / self.width);
            [(column as f32 + 0.5) / self.width as f32, (row as f32 + 0.5) / self.height as f32]
        };
        let cells = self.cells.iter().enumerate();
        cells.map(move |(index, cell)| (place(index), cell.map(f32::from)))
    }

    /// Rows, columns and the bytes of all cells.
    pub(super) fn parts(&self) -> (usize, usize, Vec<u8>) {
        (self.height, self.width, self.cells.iter().flatten().copied().collect())
    }

    /// Of what [`SmallCopy::parts`] gave; empty where the bytes do not fill the size.
    pub(super) fn from_parts(height: usize, width: usize, bytes: &[u8]) -> Self {
        let cells: Vec<[u8; 3]> = bytes.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
        if width.checked_mul(height) != Some(cells.len()) {
            return Self::default();
        }
        Self { width, height, cells }
    }

    /// The pixel at the centre of a cell.
    fn centre(&self, index: usize) -> [f32; 2] {
        let middle = |at: usize| (at * CELL) as f32 + 0.5 * (CELL as f32 - 1.0);
        [middle(index % self.width), middle(index / self.width)]
    }

    /// The colour at a pixel, between the nearest cells; `None` outside.
    fn at(&self, point: [f32; 2]) -> Option<[f32; 3]> {
        let [x, y] = point.map(|at| (at + 0.5) / CELL as f32 - 0.5);
        let inside =
            x >= 0.0 && y >= 0.0 && x < self.width as f32 - 1.0 && y < self.height as f32 - 1.0;
        if !inside {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        let (right, down) = (x - column as f32, y - row as f32);
        let mut colour = [0.0; 3];
        for (by, part) in [
            (0, (1.0 - right) * (1.0 - down)),
            (1, right * (1.0 - down)),
            (self.width, (1.0 - right) * down),
            (self.width + 1, right * down),
        ] {
            let cell = self.cells[row * self.width + column + by];
            for (sum, value) in colour.iter_mut().zip(cell) {
                *sum += part * f32::from(value);
            }
        }
        Some(colour)
    }

    /// The cells that are not the white ground of a catalogue picture: all that cannot be reached from the
    /// picture's border through white. `None` where the border is not white: a picture of a place.
    pub fn without_white_ground(&self) -> Option<Vec<bool>> {
        let white = |index: usize| self.cells[index].iter().all(|value| *value > 235);
        let (width, height) = (self.width, self.height);
        let on_border = |index: &usize| {
            index.is_multiple_of(width)
                || index % width == width - 1
                || index / width == 0
                || index / width == height - 1
        };
        let border: Vec<usize> = (0..self.cells.len()).filter(on_border).collect();
        let mut open: Vec<usize> = border.iter().copied().filter(|&index| white(index)).collect();
        if 4 * open.len() < 3 * border.len() || border.is_empty() {
            return None;
        }
        let mut item = vec![true; self.cells.len()];
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut item[index], false) {
                continue;
            }
            let (x, y) = (index % width, index / width);
            let next = [
                (x > 0).then(|| index - 1),
                (x + 1 < width).then(|| index + 1),
                (y > 0).then(|| index - width),
                (y + 1 < height).then(|| index + width),
            ];
            open.extend(next.into_iter().flatten().filter(|&near| item[near] && white(near)));
        }
        Some(item)
    }

    /// The cells in the convex hull of these pixels, and a margin around it; none where they have no area.
    pub fn around(&self, points: &[[f32; 2]]) -> Vec<bool> {
        let hull = hull(points);
        if hull.len() < 3 {
            return vec![false; self.cells.len()];
        }
        let reach = MARGIN * CELL as f32;
        (0..self.cells.len()).map(|index| outside(&hull, self.centre(index)) <= reach).collect()
    }
}

/// The largest distance of a point beyond an edge of the hull; negative inside.
fn outside(hull: &[[f32; 2]], point: [f32; 2]) -> f32 {
    let next = hull.iter().cycle().skip(1);
    hull.iter().zip(next).fold(f32::NEG_INFINITY, |most, (&a, &b)| {
        let length = (b[0] - a[0]).hypot(b[1] - a[1]).max(1e-3);
        most.max(-turn(a, b, point) / length)
    })
}

/// How well the chroma of a view agrees with that of a reference in the cells of `region`: -1 to 1; 0 where
/// too little is seen or nothing has a colour. `map` takes the reference's pixels to the view's.
pub fn agreement(reference: &SmallCopy, region: &[bool], view: &SmallCopy, map: &Affine) -> f32 {
    let cells: Vec<([f32; 3], [f32; 3])> = (0..reference.cells.len())
        .filter(|&index| region.get(index) == Some(&true))
        .filter_map(|index| {
            let seen = view.at(map.apply(reference.centre(index)))?;
            Some((reference.cells[index].map(f32::from), seen))
        })
        .collect();
    if cells.len() < FEWEST {
        return 0.0;
    }
    let gains = [0, 1, 2].map(|channel| {
        let mut ratios: Vec<f32> = cells
            .iter()
            .map(|(own, seen)| (seen[channel] + DARK) / (own[channel] + DARK))
            .collect();
        let middle = ratios.len() / 2;
        *ratios.select_nth_unstable_by(middle, f32::total_cmp).1
    });
    let pairs = cells.iter().flat_map(|(own, seen)| {
        let seen = [0, 1, 2].map(|channel| seen[channel] / gains[channel]);
        chroma(*own).into_iter().zip(chroma(seen))
    });
    correlation(pairs)
}

/// Red against green, and both against blue, divided by brightness.
pub(super) fn chroma([red, green, blue]: [f32; 3]) -> [f32; 2] {
    let brightness = red + green + blue + 4.0 * DARK;
    [(red - green) / brightness, (red + green - 2.0 * blue) / brightness]
}

/// Pearson's correlation; 0 where a side does not vary.
fn correlation(pairs: impl Iterator<Item = (f32, f32)>) -> f32 {
    let (mut n, mut x, mut y, mut xx, mut yy, mut xy) = (0.0f64, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (a, b) in pairs.map(|(a, b)| (f64::from(a), f64::from(b))) {
        n += 1.0;
        (x, y, xx, yy, xy) = (x + a, y + b, xx + a * a, yy + b * b, xy + a * b);
    }
    let (across, down) = (n * xx - x * x, n * yy - y * y);
    let flat = 1e-9 * n * n;
    if across <= flat || down <= flat || !(across * down).is_finite() {
        return 0.0;
    }
    ((n * xy - x * y) / (across * down).sqrt()).clamp(-1.0, 1.0) as f32
}

#[cfg(test)]
mod tests;
