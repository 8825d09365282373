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

/// Side of the squares whose mean is the tone, in pixels: texture is what is finer.
const TONE_PX: usize = 8;
/// Where the picture has no source at all it is dark, of 255.
const DARK: f32 = 35.0;
/// Distances that are tried for texture that cannot be mirrored.
const SHIFTS: usize = 16;
/// The place of a pixel that has no source.
const NOWHERE: u32 = u32::MAX;

/// Knows the colour of every pixel of a picture as if it were more source.
pub(super) struct Filling<'a> {
    picture: &'a RgbImage,
    width: usize,
    height: usize,
    source: Vec<bool>,
    /// Index of the nearest source pixel.
    nearest: Vec<u32>,
    tone: Tone,
    shifts: Vec<(i64, i64)>,
    noise: Noise,
}

impl<'a> Filling<'a> {
    /// Fills from the pixels where `source`, one value per pixel of `picture`, is true.
    pub(super) fn from(picture: &'a RgbImage, source: Vec<bool>, rng: &mut StdRng) -> Filling<'a> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut shift = |length: usize| {
            let far = (length as f32 * rng.random_range(0.08..0.9)) as i64;
            if rng.random_bool(0.5) { far } else { -far }
        };
        let shifts = (0..SHIFTS).map(|_| (shift(width), shift(height))).collect();
        Filling {
            nearest: nearest(&source, width),
            tone: Tone::of(picture, &source),
            picture,
            width,
            height,
            source,
            shifts,
            noise: Noise::new(rng),
        }
    }

    /// The colour of a pixel; that of the picture where it is source.
    pub(super) fn colour(&self, (x, y): (u32, u32)) -> [f32; 3] {
        let at = y as usize * self.width + x as usize;
        if self.source[at] {
            return self.picture.get_pixel(x, y).0.map(f32::from);
        }
        if self.nearest[at] == NOWHERE {
            let uneven = 1.0 + 0.08 * self.noise.ragged(x as f32 / 5.0, y as f32 / 5.0);
            return [DARK * uneven; 3];
        }
        let from = self.texture_for(at);
        let (from_x, from_y) = (from % self.width, from / self.width);
        let (here, there) = (self.tone.at(x as usize, y as usize), self.tone.at(from_x, from_y));
        let taken = self.picture.get_pixel(from_x as u32, from_y as u32).0;
        [0, 1, 2].map(|part| here[part] + f32::from(taken[part]) - there[part])
    }

    /// The source pixel whose texture a pixel gets.
    fn texture_for(&self, at: usize) -> usize {
        let near = self.nearest[at] as usize;
        let place = |at: usize| ((at % self.width) as i64, (at / self.width) as i64);
        let ((x, y), (near_x, near_y)) = (place(at), place(near));
        let mirrored = (2 * near_x - x, 2 * near_y - y);
        let shifted = self.shifts.iter().map(|(right, down)| (x + right, y + down));
        std::iter::once(mirrored)
            .chain(shifted)
            .find_map(|(x, y)| {
                let inside = (0..self.width as i64).contains(&x);
                let at = (inside && (0..self.height as i64).contains(&y))
                    .then(|| y as usize * self.width + x as usize)?;
                self.source[at].then_some(at)
            })
            .unwrap_or(near)
    }
}

/// The nearest source pixel of each pixel, [`NOWHERE`] where there is none: two passes that hand the
/// nearest one on from neighbour to neighbour (Danielsson, "Euclidean distance mapping", 1980).
fn nearest(source: &[bool], width: usize) -> Vec<u32> {
    let height = source.len() / width;
    let mut nearest: Vec<u32> =
        (0u32..).zip(source).map(|(at, source)| if *source { at } else { NOWHERE }).collect();
    let far = |x: usize, y: usize, of: u32| {
        let (right, down) = ((of as usize % width).abs_diff(x), (of as usize / width).abs_diff(y));
        right * right + down * down
    };
    let mut hand_on = |x: usize, y: usize, to_right: isize, to_down: isize| {
        let (from_x, from_y) = (x as isize + to_right, y as isize + to_down);
        if from_x < 0 || from_y < 0 || from_x >= width as isize || from_y >= height as isize {
            return;
        }
        let (at, offered) = (y * width + x, nearest[from_y as usize * width + from_x as usize]);
        let mine = nearest[at];
        if mine == offered || offered == NOWHERE || mine as usize == at {
            return;
        }
        if mine == NOWHERE || far(x, y, offered) < far(x, y, mine) {
            nearest[at] = offered;
        }
    };
    for y in 0..height {
        for x in 0..width {
            for (right, down) in [(-1, 0), (-1, -1), (0, -1), (1, -1)] {
                hand_on(x, y, right, down);
            }
        }
        (0..width).rev().for_each(|x| hand_on(x, y, 1, 0));
    }
    for y in (0..height).rev() {
        for x in (0..width).rev() {
            for (right, down) in [(1, 0), (1, 1), (0, 1), (-1, 1)] {
                hand_on(x, y, right, down);
            }
        }
        (0..width).for_each(|x| hand_on(x, y, -1, 0));
    }
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
        for (at, pixel) in picture.pixels().enumerate().filter(|(at, _)| source[*at]) {
            let (sum, weight) = &mut cells[at / width / TONE_PX * columns + at % width / TONE_PX];
            *weight += 1.0;
            sum.iter_mut().zip(pixel.0).for_each(|(sum, part)| *sum += f32::from(part));
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

    fn at(&self, x: usize, y: usize) -> [f32; 3] {
        let cells = |at: usize| (at as f32 + 0.5) / TONE_PX as f32 - 0.5;
        self.between(cells(x), cells(y))
    }
}

/// The mean of a sum of colours; its weight becomes 1 where anything is known.
fn weighted((sum, weight): ([f32; 3], f32)) -> ([f32; 3], f32) {
    if weight > 0.0 { (sum.map(|sum| sum / weight), 1.0) } else { ([0.0; 3], 0.0) }
}
