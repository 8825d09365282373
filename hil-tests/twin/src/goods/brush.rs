//! What the prints are painted with, beyond what [`Canvas`] has: smooth rectangles and letters, pictures.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use image::Rgba;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::style::Motif;
use crate::{
    rng::Rng,
    scene::canvas::{Canvas, PX_PER_MM, Rgb, mix},
};

/// A rectangle in millimetres: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left rim.
    pub x: f32,
    /// Upper rim.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Area {
    /// Left, top, width, height.
    pub fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    /// The whole of a canvas.
    pub fn of(canvas: &Canvas) -> Self {
        Self::new(0.0, 0.0, canvas.width_mm(), canvas.height_mm())
    }

    /// The same without a margin.
    pub fn within(self, margin: f32) -> Self {
        let less = |length: f32| (length - 2.0 * margin).max(0.5);
        Self::new(self.x + margin, self.y + margin, less(self.width), less(self.height))
    }

    /// Its middle.
    pub fn middle(self) -> (f32, f32) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

/// How letters are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Hand {
    /// Width of the letters, 1 being the font's own.
    pub stretch: f32,
    /// How far they lean, as a share of their height.
    pub slant: f32,
}

/// Plain letters.
pub const PLAIN: Hand = Hand { stretch: 1.0, slant: 0.0 };

const RASTER: RasterHeight = RasterHeight::Size32;

/// Width of a letter, as a share of the height of its line.
fn letter_width() -> f32 {
    get_raster_width(FontWeight::Bold, RASTER) as f32 / RASTER.val() as f32
}

/// How wide a text is, in millimetres.
pub fn text_width(text: &str, height: f32, hand: Hand) -> f32 {
    text.len() as f32 * letter_width() * height * hand.stretch
}

/// Fills a rectangle; a pixel that it covers in part gets that part.
pub fn fill(canvas: &mut Canvas, area: Area, colour: Rgb) {
    let px = |mm: f32| mm * PX_PER_MM;
    let (left, right) = (px(area.x), px(area.x + area.width));
    let (top, bottom) = (px(area.y), px(area.y + area.height));
    let (width, height) = canvas.picture.dimensions();
    let within = |value: f32, most: u32| value.clamp(0.0, most as f32) as u32;
    for y in within(top.floor(), height)..within(bottom.ceil(), height) {
        let down = (bottom.min(y as f32 + 1.0) - top.max(y as f32)).clamp(0.0, 1.0);
        for x in within(left.floor(), width)..within(right.ceil(), width) {
            let along = (right.min(x as f32 + 1.0) - left.max(x as f32)).clamp(0.0, 1.0);
            ink(canvas.picture.get_pixel_mut(x, y), colour, along * down);
        }
    }
}

/// Mixes a colour into a pixel.
fn ink(pixel: &mut Rgba<u8>, colour: Rgb, part: f32) {
    for (channel, colour) in pixel.0.iter_mut().zip(colour) {
        *channel = mix(*channel, colour, part);
    }
}

/// Writes a line of text, `height` high, its upper left corner at `x`, `y`. What is not ASCII is left
/// out.
pub fn letters(
    canvas: &mut Canvas,
    (x, y): (f32, f32),
    height: f32,
    text: &str,
    colour: Rgb,
    hand: Hand,
) {
    let scale = RASTER.val() as f32 / (height * PX_PER_MM);
    let wide = letter_width() * height * hand.stretch;
    let (canvas_width, canvas_height) = canvas.picture.dimensions();
    for (index, letter) in text.chars().enumerate() {
        let Some(glyph) = get_raster(letter, FontWeight::Bold, RASTER) else { continue };
        let raster = glyph.raster();
        let ink_at = |row: i64, column: i64| -> f32 {
            let row = usize::try_from(row).ok().and_then(|row| raster.get(row));
            let column = usize::try_from(column).ok();
            row.zip(column)
                .and_then(|(row, column)| row.get(column))
                .map_or(0.0, |ink| f32::from(*ink))
        };
        let left = x + index as f32 * wide;
        let lean = hand.slant.abs() * height;
        let from = ((left - lean) * PX_PER_MM).max(0.0) as u32;
        let to = (((left + wide + lean) * PX_PER_MM).max(0.0) as u32 + 1).min(canvas_width);
        let top = (y * PX_PER_MM).max(0.0) as u32;
        let bottom = (((y + height) * PX_PER_MM).max(0.0) as u32 + 1).min(canvas_height);
        for row in top..bottom {
            let down = (row as f32 + 0.5 - y * PX_PER_MM) * scale - 0.5;
            let shift = hand.slant * (0.5 - down / RASTER.val() as f32) * height;
            for column in from..to {
                let right = column as f32 + 0.5 - (left + shift) * PX_PER_MM;
                let along = right * scale / hand.stretch - 0.5;
                let (r0, c0) = (down.floor(), along.floor());
                let (fr, fc) = (down - r0, along - c0);
                let (r0, c0) = (r0 as i64, c0 as i64);
                let part = ink_at(r0, c0) * (1.0 - fr) * (1.0 - fc)
                    + ink_at(r0, c0 + 1) * (1.0 - fr) * fc
                    + ink_at(r0 + 1, c0) * fr * (1.0 - fc)
                    + ink_at(r0 + 1, c0 + 1) * fr * fc;
                if part > 1.0 {
                    ink(canvas.picture.get_pixel_mut(column, row), colour, part / 255.0);
                }
            }
        }
    }
}

/// Writes a line of text as large as fits into an area, in its middle.
pub fn fitted(canvas: &mut Canvas, area: Area, text: &str, colour: Rgb, hand: Hand) {
    let of_one = text_width(text, 1.0, hand);
    // A line is a third higher than its capitals, so it may reach a little beyond.
    let height = (area.width / of_one).min(area.height * 1.25);
    let (x, y) = area.middle();
    let at = (x - of_one * height / 2.0, y - height / 2.0);
    letters(canvas, at, height, text, colour, hand);
}

/// A circle's or another regular shape's outline.
fn ring(x: f32, y: f32, radius: f32, corners: usize, turned: f32) -> Vec<(f32, f32)> {
    (0..corners)
        .map(|i| turned + i as f32 / corners as f32 * TAU)
        .map(|angle| (x + radius * angle.cos(), y + radius * angle.sin()))
        .collect()
}

/// Paints a picture into the middle of an area, in these colours.
pub fn motif(canvas: &mut Canvas, area: Area, motif: Motif, colours: [Rgb; 3], seed: u64) {
    let [first, second, third] = colours;
    let (x, y) = area.middle();
    let radius = area.width.min(area.height) / 2.0;
    let mut rng = Rng::new(seed ^ 0x6D6F_7469);
    match motif {
        Motif::Sun => {
            let rays = 8 + rng.below(6);
            for ray in 0..rays {
                let angle = ray as f32 / rays as f32 * TAU;
                let (sin, cos) = angle.sin_cos();
                let at = |out: f32, side: f32| {
                    (x + radius * (out * cos - side * sin), y + radius * (out * sin + side * cos))
                };
                canvas.polygon(&[at(0.5, -0.12), at(1.0, 0.0), at(0.5, 0.12)], second);
            }
            canvas.ellipse(x, y, radius * 0.56, radius * 0.56, first);
        }
        Motif::Leaf => {
            for leaf in 0..5 {
                let angle = -FRAC_PI_2 + (leaf as f32 - 2.0) * 0.62;
                let (sin, cos) = angle.sin_cos();
                let outline: Vec<(f32, f32)> = (0..=20)
                    .map(|i| {
                        let part = i as f32 / 20.0;
                        let along = if part < 0.5 { part * 2.0 } else { 2.0 - part * 2.0 };
                        let side = (along * PI).sin() * 0.17 * if part < 0.5 { 1.0 } else { -1.0 };
                        let along = along * 1.5;
                        (
                            x + radius * (along * cos - side * sin),
                            y + radius * (0.6 + along * sin + side * cos),
                        )
                    })
                    .collect();
                canvas.polygon(&outline, if leaf % 2 == 0 { first } else { second });
            }
        }
        Motif::Hills => {
            let base = area.y + area.height;
            for (hill, colour) in [third, second, first].into_iter().enumerate() {
                let top = area.y + area.height * (0.18 + 0.24 * hill as f32);
                let peak = area.x + area.width * rng.between(0.15, 0.85) as f32;
                let reach = area.width * rng.between(0.45, 0.8) as f32;
                let outline: Vec<(f32, f32)> = (0..=24)
                    .map(|i| {
                        let at = area.x + area.width * i as f32 / 24.0;
                        let away = (at - peak) / reach;
                        (at, top + (base - top) * (1.0 - (-away * away * 2.5).exp()))
                    })
                    .chain([(area.x + area.width, base), (area.x, base)])
                    .collect();
                canvas.polygon(&outline, colour);
            }
        }
        Motif::Waves => {
            for (wave, colour) in [first, second, third, first].into_iter().enumerate() {
                let top = area.y + area.height * (0.2 + 0.2 * wave as f32);
                let line = |at: f32, down: f32| {
                    top + down
                        + (at / area.width * 18.0 + wave as f32 * 1.7).sin() * area.height * 0.06
                };
                let places = || (0..=40).map(|i| area.x + area.width * i as f32 / 40.0);
                let upper = places().map(|at| (at, line(at, 0.0)));
                let lower = places().map(|at| (at, line(at, area.height * 0.11)));
                let lower: Vec<_> = lower.collect();
                let outline: Vec<_> = upper.chain(lower.into_iter().rev()).collect();
                canvas.polygon(&outline, colour);
            }
        }
        Motif::Fish => {
            let tail = x - radius * 0.6;
            let fin = [(tail, y), (x - radius, y - radius * 0.4), (x - radius, y + radius * 0.4)];
            canvas.polygon(&fin, second);
            canvas.ellipse(x, y, radius * 0.72, radius * 0.38, first);
            canvas.ellipse(x - radius * 0.1, y + radius * 0.1, radius * 0.3, radius * 0.12, second);
            canvas.ellipse(
                x + radius * 0.44,
                y - radius * 0.08,
                radius * 0.09,
                radius * 0.09,
                third,
            );
        }
        Motif::Cup => {
            let side = radius * 0.55;
            canvas.ellipse(x + side, y + radius * 0.25, radius * 0.3, radius * 0.28, first);
            canvas.ellipse(x + side, y + radius * 0.25, radius * 0.16, radius * 0.15, third);
            let foot = [(x - side, y), (x + side, y), (x + side * 0.7, y + radius * 0.85)];
            canvas
                .polygon(&[foot[0], foot[1], foot[2], (x - side * 0.7, y + radius * 0.85)], first);
            for steam in 0..3 {
                let at = x + (steam as f32 - 1.0) * radius * 0.4;
                canvas.ellipse(at, y - radius * 0.5, radius * 0.08, radius * 0.34, second);
            }
        }
        Motif::Star => {
            for (size, colour) in [(1.0, first), (0.55, second)] {
                let corners = 5 + rng.below(3);
                let outer = ring(x, y, radius * size, corners, -FRAC_PI_2);
                let turned = PI / corners as f32 - FRAC_PI_2;
                let inner = ring(x, y, radius * size * 0.45, corners, turned);
                let outline: Vec<_> =
                    outer.into_iter().zip(inner).flat_map(|(a, b)| [a, b]).collect();
                canvas.polygon(&outline, colour);
            }
        }
        Motif::Drop => {
            for (size, colour) in [(1.0, first), (0.6, second)] {
                let size = radius * size;
                canvas.ellipse(x, y + size * 0.35, size * 0.6, size * 0.6, colour);
                let shoulder = y + size * 0.12;
                let tip = (x, y - size);
                canvas.polygon(
                    &[tip, (x + size * 0.55, shoulder), (x - size * 0.55, shoulder)],
                    colour,
                );
            }
        }
        Motif::Rings => {
            for step in 0..5 {
                let size = radius * (1.0 - 0.2 * step as f32);
                canvas.ellipse(x, y, size, size, colours[step % 3]);
            }
        }
        Motif::Sail => {
            let hull = y + radius * 0.5;
            canvas.polygon(
                &[(x - 1.0, hull), (x - 1.0, y - radius), (x - radius * 0.7, hull)],
                first,
            );
            canvas.polygon(
                &[(x + 1.0, hull), (x + 1.0, y - radius * 0.8), (x + radius * 0.7, hull)],
                second,
            );
            let (left, right) = (x - radius * 0.8, x + radius * 0.8);
            let keel = y + radius * 0.95;
            let boat = [(left, hull + 1.0), (right, hull + 1.0), (right - radius * 0.3, keel)];
            canvas.polygon(&[boat[0], boat[1], boat[2], (left + radius * 0.3, keel)], third);
        }
    }
}
