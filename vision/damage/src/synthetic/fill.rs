//! **Filling**: what a place would look like without what is on it, made of the **source**, pixels
//! of the same picture that show what lies around: the belt behind a lost part, the plain material
//! under a lost label.
//!
//! A flat colour would betray the place by its smoothness alone, and a head that learns from it
//! looks for smoothness. So the filling has two layers. The **tone** is the source's mean colour,
//! carried on smoothly over the gap (push-pull interpolation, Gortler et al., "The Lumigraph", 1996).
//! The **texture** on it is what the source differs from its own tone: mirrored at the gap's edge,
//! so that lines run on, or, deeper than the source is wide, taken from a fixed distance away.

use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;

use super::noise::Noise;
use features::localise::Bounds;

/// Side of the squares whose mean is the tone, in pixels: texture is what is finer.
const TONE_PX: usize = 8;
/// Where the picture has no source at all it is dark, of 255.
const DARK: f32 = 35.0;
/// Distances that are tried for texture that cannot be mirrored.
const SHIFTS: usize = 16;
/// The nearest source of a pixel where there is none at all.
const NOWHERE: (u16, u16) = (u16::MAX, u16::MAX);

/// Knows the colour of every pixel of a window of a picture as if it were more source.
pub(super) struct Filling {
    /// The window, and its column and row in the picture.
    picture: RgbImage,
    corner: (u32, u32),
    source: Vec<bool>,
    /// Column and row of the nearest source pixel.
    nearest: Vec<(u16, u16)>,
    tone: Tone,
    shifts: Vec<(i64, i64)>,
    noise: Noise,
}

impl Filling {
    /// Fills the window from those of its pixels for which `source`, given a pixel of the whole
    /// picture, is true.
    pub(super) fn within(
        window: Bounds,
        picture: &RgbImage,
        source: impl Fn((u32, u32)) -> bool,
        rng: &mut StdRng,
    ) -> Filling {
        let Bounds { x: left, y: top, width, height } = window;
        let picture = image::imageops::crop_imm(picture, left, top, width, height).to_image();
        let places = (top..top + height).flat_map(|y| (left..left + width).map(move |x| (x, y)));
        let source: Vec<bool> = places.map(source).collect();
        let mut shift = |length: u32| {
            let far = (length as f32 * rng.random_range(0.08..0.9)) as i64;
            if rng.random_bool(0.5) { far } else { -far }
        };
        Filling {
            shifts: (0..SHIFTS).map(|_| (shift(width), shift(height))).collect(),
            noise: Noise::new(rng),
            nearest: nearest(&source, width as usize),
            tone: Tone::of(&picture, &source),
            corner: (left, top),
            picture,
            source,
        }
    }

    /// The colour of a pixel of the window; that of the picture where it is source.
    pub(super) fn colour(&self, at: (u32, u32)) -> [f32; 3] {
        let (width, height) = self.picture.dimensions();
        let x = at.0.saturating_sub(self.corner.0).min(width - 1);
        let y = at.1.saturating_sub(self.corner.1).min(height - 1);
        let index = (y * width + x) as usize;
        if self.source[index] {
            return self.picture.get_pixel(x, y).0.map(f32::from);
        }
        if self.nearest[index] == NOWHERE {
            let uneven = 1.0 + 0.08 * self.noise.ragged(x as f32 / 5.0, y as f32 / 5.0);
            return [DARK * uneven; 3];
        }
        let from = self.texture_for((x, y), self.nearest[index]);
        let (here, there) = (self.tone.at((x, y)), self.tone.at(from));
        let taken = self.picture.get_pixel(from.0, from.1).0;
        [0, 1, 2].map(|part| here[part] + f32::from(taken[part]) - there[part])
    }

    /// The source pixel whose texture a pixel gets that is `near` to the source.
    fn texture_for(&self, (x, y): (u32, u32), near: (u16, u16)) -> (u32, u32) {
        let (width, height) = self.picture.dimensions();
        let (x, y) = (i64::from(x), i64::from(y));
        let mirrored = (2 * i64::from(near.0) - x, 2 * i64::from(near.1) - y);
        let shifted = self.shifts.iter().map(|(right, down)| (x + right, y + down));
        let source = |(x, y): &(i64, i64)| {
            (0..i64::from(width)).contains(x)
                && (0..i64::from(height)).contains(y)
                && self.source[*y as usize * width as usize + *x as usize]
        };
        let from = std::iter::once(mirrored).chain(shifted).find(source);
        from.map_or((near.0.into(), near.1.into()), |(x, y)| (x as u32, y as u32))
    }
}

/// The column and row of each pixel's nearest source pixel, [`NOWHERE`] where there is none: two
/// passes that hand the nearest one on from neighbour to neighbour (Danielsson, "Euclidean distance
/// mapping", 1980).
fn nearest(source: &[bool], width: usize) -> Vec<(u16, u16)> {
    let height = source.len() / width;
    let mut nearest = vec![NOWHERE; source.len()];
    for (y, row) in (0u16..).zip(source.chunks_exact(width)) {
        for (x, _) in (0u16..).zip(row).filter(|(_, source)| **source) {
            nearest[usize::from(y) * width + usize::from(x)] = (x, y);
        }
    }
    // Only what is no source is handed anything: nothing is to do outside a box around that.
    let mut around = [width, height, 0, 0];
    for (y, row) in source.chunks_exact(width).enumerate() {
        let Some(first) = row.iter().position(|source| !source) else { continue };
        let last = row.iter().rposition(|source| !source).unwrap_or(first);
        let [left, top, right, bottom] = around;
        around = [left.min(first), top.min(y), right.max(last + 1), bottom.max(y + 1)];
    }
    let [left, top, right, bottom] = around;
    let hand_on = |nearest: &mut [(u16, u16)], (x, y): (usize, usize), offered: (u16, u16)| {
        let far = |of: (u16, u16)| {
            let (right, down) = (i32::from(of.0) - x as i32, i32::from(of.1) - y as i32);
            right * right + down * down
        };
        let mine = &mut nearest[y * width + x];
        let other = offered != *mine && offered != NOWHERE;
        if other && (*mine == NOWHERE || far(offered) < far(*mine)) {
            *mine = offered;
        }
    };
    let mut pass = |y: usize, from: Option<usize>| {
        if let Some(from) = from {
            for x in (left..right).filter(|x| !source[y * width + x]) {
                let offered = nearest[from * width + x];
                hand_on(&mut nearest, (x, y), offered);
            }
        }
        for x in (left.max(1)..right).filter(|x| !source[y * width + x]) {
            let offered = nearest[y * width + x - 1];
            hand_on(&mut nearest, (x, y), offered);
        }
        for x in (left..right.min(width - 1)).rev().filter(|x| !source[y * width + x]) {
            let offered = nearest[y * width + x + 1];
            hand_on(&mut nearest, (x, y), offered);
        }
    };
    (top..bottom).for_each(|y| pass(y, y.checked_sub(1)));
    (top..bottom).rev().for_each(|y| pass(y, (y + 1 < height).then_some(y + 1)));
    nearest
}

/// Colours of squares of [`TONE_PX`], with a weight: 0 where nothing is known.
struct Tone {
    columns: usize,
    cells: Vec<([f32; 3], f32)>,
}

impl Tone {
    fn of(picture: &RgbImage, source: &[bool]) -> Tone {
        let width = picture.width() as usize;
        let (columns, rows) =
            (width.div_ceil(TONE_PX), (picture.height() as usize).div_ceil(TONE_PX));
        let mut cells = vec![([0.0; 3], 0.0); columns * rows];
        let rows_of = picture.as_raw().chunks_exact(3 * width).zip(source.chunks_exact(width));
        for (y, (pixels, source)) in rows_of.enumerate() {
            let row = &mut cells[y / TONE_PX * columns..][..columns];
            let squares = pixels.chunks(3 * TONE_PX).zip(source.chunks(TONE_PX));
            for ((sum, weight), (pixels, source)) in row.iter_mut().zip(squares) {
                let known = pixels.chunks_exact(3).zip(source).filter(|(_, source)| **source);
                for (pixel, _) in known {
                    *weight += 1.0;
                    sum.iter_mut().zip(pixel).for_each(|(sum, part)| *sum += f32::from(*part));
                }
            }
        }
        let cells = cells.into_iter().map(weighted).collect();
        Tone { columns, cells }.filled()
    }

    /// Cells of which nothing is known get the colour of the same tone, half as fine.
    fn filled(mut self) -> Tone {
        let rows = self.cells.len() / self.columns;
        if self.cells.len() <= 1 || self.cells.iter().all(|(_, weight)| *weight > 0.0) {
            return self;
        }
        let half = self.columns.div_ceil(2);
        let mut coarse = vec![([0.0; 3], 0.0); half * rows.div_ceil(2)];
        for (at, (colour, weight)) in self.cells.iter().enumerate() {
            let (sum, total) = &mut coarse[at / self.columns / 2 * half + at % self.columns / 2];
            *total += weight;
            sum.iter_mut().zip(colour).for_each(|(sum, part)| *sum += weight * part);
        }
        let coarse = coarse.into_iter().map(weighted).collect();
        let coarse = Tone { columns: half, cells: coarse }.filled();
        for (at, (colour, weight)) in self.cells.iter_mut().enumerate() {
            if *weight == 0.0 {
                let middle = |at: usize| at as f32 / 2.0 - 0.25;
                *colour = coarse.between(middle(at % self.columns), middle(at / self.columns));
            }
        }
        self
    }

    /// The colour between four cells (bilinear), in cells from the first one's middle.
    fn between(&self, x: f32, y: f32) -> [f32; 3] {
        let rows = self.cells.len() / self.columns;
        let (x, y) = (x.clamp(0.0, (self.columns - 1) as f32), y.clamp(0.0, (rows - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.columns - 1), (top + 1).min(rows - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let cell = |column: usize, row: usize| self.cells[row * self.columns + column].0;
        let corners = [cell(left, top), cell(right, top), cell(left, bottom), cell(right, bottom)];
        [0, 1, 2].map(|part| {
            let upper = corners[0][part] + (corners[1][part] - corners[0][part]) * fx;
            let lower = corners[2][part] + (corners[3][part] - corners[2][part]) * fx;
            upper + (lower - upper) * fy
        })
    }

    /// The colour at a pixel.
    fn at(&self, (x, y): (u32, u32)) -> [f32; 3] {
        let cells = |at: u32| (at as f32 + 0.5) / TONE_PX as f32 - 0.5;
        self.between(cells(x), cells(y))
    }
}

/// The mean of a sum of colours; its weight becomes 1 where anything is known.
fn weighted((sum, weight): ([f32; 3], f32)) -> ([f32; 3], f32) {
    if weight > 0.0 { (sum.map(|sum| sum / weight), 1.0) } else { ([0.0; 3], 0.0) }
}
