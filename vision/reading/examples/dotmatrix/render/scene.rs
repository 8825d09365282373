//! A **scene**: a print on a surface under lamps, seen through a lens.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::blur;
use image::{ImageFormat, Rgb, RgbImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};

use super::Collection;
use super::dots::{Dot, Pose, Printer};
use super::font::{Font, designs};
use super::label::{self, Label};
use super::noise::Field;
use super::surface::{Surface, kinds};

/// How characters stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Dark ink on a light surface.
    Dark,
    /// Light ink, or a laser's marks, on a dark surface.
    Light,
    /// No ink: dents with a bright and a dark side.
    Embossed,
}

impl Ink {
    /// How bright what it is printed on is.
    fn level(self, rng: &mut StdRng) -> f32 {
        rng.random_range(match self {
            Ink::Dark => 110.0..225.0,
            Ink::Light => 25.0..115.0,
            Ink::Embossed => 90.0..190.0,
        })
    }

    /// Its name, in tables.
    pub fn name(self) -> &'static str {
        match self {
            Ink::Dark => "dark",
            Ink::Light => "light",
            Ink::Embossed => "embossed",
        }
    }
}

/// A rendered picture and its truth.
pub struct Scene {
    /// The picture.
    pub picture: RgbImage,
    /// What is printed.
    pub label: Label,
    /// The corners of each line, clockwise from its top left, in pixels.
    pub corners: Vec<[[f32; 2]; 4]>,
    /// How it stands out.
    pub ink: Ink,
    /// The name of the surface.
    pub surface: &'static str,
    /// The name of the font.
    pub font: &'static str,
    /// The height of a character, in pixels.
    pub height: f32,
}

/// The scene of a seed.
pub fn draw(collection: Collection, seed: u64) -> Scene {
    let label = label::draw(&mut StdRng::seed_from_u64(seed ^ 0x1abe1));
    let rng = &mut StdRng::seed_from_u64(seed);
    let design = &designs(collection)[rng.random_range(0..designs(collection).len())];
    let kinds = kinds(collection);
    let kind = kinds[rng.random_range(0..kinds.len())];
    let ink = match rng.random_range(0..100) {
        0..45 if kind.is_metal() => Ink::Embossed,
        0..62 => Ink::Dark,
        _ => Ink::Light,
    };
    let printer = Printer::draw(rng);
    let longest = label.lines.iter().map(|line| line.chars().count()).max().unwrap_or(1);
    let width = printer.width(design, longest);
    let block = [width, printer.height * 1.8 * label.lines.len() as f32];
    let size =
        [rng.random_range(720.0..1120.0_f32).max(1.25 * width), rng.random_range(540.0..840.0_f32)];
    let turn: f32 = rng.random_range(-1.0..1.0_f32).powi(3) * 0.2;
    let free = |axis: usize| {
        let turned = block[axis] * turn.cos() + block[1 - axis] * turn.sin().abs();
        (0.5 * (size[axis] - turned) - 8.0).max(0.0)
    };
    let pose = Pose {
        middle: [0, 1].map(|axis| 0.5 * size[axis] + free(axis) * rng.random_range(-1.0..1.0)),
        turn,
        bow: printer.height
            * rng.random_range(-0.5..0.5)
            * f32::from(u8::from(rng.random_bool(0.5))),
        perspective: rng.random_range(-0.12..0.12),
        half_width: 0.5 * width,
    };
    let (dots, corners) = printer.print(&label.lines, design, &pose, rng);

    let level = ink.level(rng);
    let surface = Surface::draw(kind, level, rng);
    let mut canvas = Canvas::of(&surface, size);
    if !kind.is_metal() && rng.random_bool(0.4) {
        canvas.write("KEEP REFRIGERATED", &corners, ink, rng);
    }
    canvas.print(&dots, ink, level, printer.pitch(design), rng);
    canvas.light(kind.gloss(), rng);
    let picture = canvas.seen(printer.height, rng);
    let (surface, font) = (kind.name(), design.name);
    Scene { picture, label, corners, ink, surface, font, height: printer.height }
}

/// A row on a piece of a surface of the development collection, with the lines above and below it.
#[allow(dead_code, reason = "tests read whole scenes")]
pub struct Piece {
    /// The picture.
    pub picture: RgbImage,
    /// The corners of the row, clockwise from its top left.
    pub corners: [[f32; 2]; 4],
    /// How far the middle of the row lies below its ends, in pixels.
    pub sag: f32,
    /// The share of a character and the gap after it that is gap.
    pub gap: f32,
}

/// The distance of two dots in a piece is at least so many pixels.
#[allow(dead_code, reason = "tests read whole scenes")]
const LEAST_PITCH: f32 = 1.45;

/// A piece with the row `nth` of `lines` in its middle; the printer of an `easy` one has fewer faults.
#[allow(dead_code, reason = "tests read whole scenes")]
pub fn piece(lines: &[String], nth: usize, font: &dyn Font, easy: bool, rng: &mut StdRng) -> Piece {
    let kinds = kinds(Collection::Development);
    let kind = kinds[rng.random_range(0..kinds.len())];
    let ink = match rng.random_range(0..100) {
        0..55 if kind.is_metal() => Ink::Embossed,
        0..6 => Ink::Embossed,
        6..62 => Ink::Dark,
        _ => Ink::Light,
    };
    let mut printer = Printer::draw(rng);
    // Dots nearer to each other than that are no longer read by anybody.
    printer.height = printer.height.max(LEAST_PITCH * (font.size().1 - 1) as f32);
    if easy {
        printer.faultless();
    }
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(1);
    let own = printer.width(font, lines[nth].chars().count());
    let half_width = 0.5 * printer.width(font, longest);
    let turn: f32 = rng.random_range(-1.0..1.0_f32).powi(3) * 0.1;
    let slope = own * turn.sin().abs();
    let size = [own + 4.0 * printer.height, 3.4 * printer.height + slope];
    let share = |of: usize| of as f32 - 0.5 * (lines.len() - 1) as f32;
    // The rows begin where the longest begins; this one's middle comes to the middle of the piece.
    let off = [0.5 * own - half_width, share(nth) * printer.line() * printer.height];
    let (sine, cosine) = turn.sin_cos();
    let pose = Pose {
        middle: [
            0.5 * size[0] - off[0] * cosine + off[1] * sine,
            0.5 * size[1] - off[0] * sine - off[1] * cosine,
        ],
        turn,
        bow: printer.height
            * rng.random_range(-0.5..0.5)
            * f32::from(u8::from(rng.random_bool(0.4))),
        perspective: rng.random_range(-0.12..0.12),
        half_width,
    };
    let (dots, corners) = printer.print(lines, font, &pose, rng);
    let level = ink.level(rng);
    let surface = Surface::draw(kind, level, rng);
    let mut canvas = Canvas::of(&surface, size);
    canvas.print(&dots, ink, level, printer.pitch(font), rng);
    canvas.light(if easy { 0.0 } else { kind.gloss() }, rng);
    let picture = canvas.seen(printer.height, rng);
    let [left, right] = [corners[nth][0], corners[nth][1]];
    let top = off[1] - 0.5 * printer.height;
    let sag = pose.of([0.5 * own - half_width, top])[1] - 0.5 * (left[1] + right[1]);
    Piece { picture, corners: corners[nth], sag, gap: printer.gap_share(font) }
}

/// The reflection of a lamp: brightest in its middle, longer than it is broad.
struct Lamp {
    at: [f32; 2],
    along: [f32; 2],
    length: f32,
    breadth: f32,
    strength: f32,
}

impl Lamp {
    fn draw(size: [usize; 2], rng: &mut StdRng) -> Self {
        let angle: f32 = rng.random_range(0.0..std::f32::consts::PI);
        Self {
            at: size.map(|side| rng.random_range(0.0..1.0) * side as f32),
            along: [angle.cos(), angle.sin()],
            length: rng.random_range(40.0..260.0),
            breadth: rng.random_range(6.0..50.0),
            strength: rng.random_range(30.0..150.0),
        }
    }

    fn shine(&self, x: f32, y: f32) -> f32 {
        let ([u, v], [dx, dy]) = (self.along, [x - self.at[0], y - self.at[1]]);
        let (along, across) = ((dx * u + dy * v) / self.length, (dy * u - dx * v) / self.breadth);
        self.strength * (-(along * along + across * across)).exp()
    }
}

/// A picture in the making: linear values that may leave the range of a byte.
struct Canvas {
    width: usize,
    height: usize,
    values: Vec<[f32; 3]>,
}

impl Canvas {
    fn of(surface: &Surface, size: [f32; 2]) -> Self {
        let [width, height] = size.map(|side| side as usize);
        let values = (0..width * height)
            .map(|at| surface.at((at % width) as f32 + 0.5, (at / width) as f32 + 0.5))
            .collect();
        Self { width, height, values }
    }

    /// The print of `dots` that are `pitch` pixels apart.
    fn print(&mut self, dots: &[Dot], ink: Ink, level: f32, pitch: f32, rng: &mut StdRng) {
        let cover = self.cover(dots);
        if ink == Ink::Embossed {
            let angle = rng.random_range(0.0..std::f32::consts::TAU);
            let reach = (0.35 * pitch).max(0.7);
            let [right, down] = [angle.cos() * reach, angle.sin() * reach];
            let strength = level * rng.random_range(0.28..0.6);
            let shade = rng.random_range(0.0..0.25) * strength;
            for at in 0..self.values.len() {
                let (x, y) = ((at % self.width) as f32, (at / self.width) as f32);
                let slope = self.sample(&cover, x + right, y + down)
                    - self.sample(&cover, x - right, y - down);
                let change = strength * slope - shade * cover[at];
                self.values[at] = self.values[at].map(|value| value + change);
            }
            return;
        }
        let pure = match ink {
            Ink::Dark => [[15.0; 3], [20.0, 20.0, 70.0], [70.0, 15.0, 15.0]],
            _ => [[245.0; 3], [250.0, 235.0, 120.0], [215.0; 3]],
        }[rng.random_range(0..3)];
        let thickness = rng.random_range(0.5..0.95);
        for (value, cover) in self.values.iter_mut().zip(&cover) {
            let share = cover * thickness;
            *value = std::array::from_fn(|at| value[at] + share * (pure[at] - value[at]));
        }
    }

    /// How much of each pixel is under ink, 0 to 1.
    fn cover(&self, dots: &[Dot]) -> Vec<f32> {
        let mut cover = vec![0.0_f32; self.values.len()];
        for Dot { at: [x, y], radius, ink } in dots {
            let range = |at: f32, end: usize| {
                let low = (at - radius - 1.0).max(0.0) as usize;
                low.min(end)..((at + radius + 2.0).max(0.0) as usize).min(end)
            };
            for row in range(*y, self.height) {
                for column in range(*x, self.width) {
                    let far = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
                    let share = ink * (radius - far + 0.5).clamp(0.0, 1.0);
                    let old = &mut cover[row * self.width + column];
                    *old = 1.0 - (1.0 - *old) * (1.0 - share);
                }
            }
        }
        cover
    }

    fn sample(&self, cover: &[f32], x: f32, y: f32) -> f32 {
        let (x, y) =
            (x.clamp(0.0, self.width as f32 - 1.001), y.clamp(0.0, self.height as f32 - 1.001));
        let (left, top) = (x as usize, y as usize);
        let (u, v) = (x.fract(), y.fract());
        let right = (left + 1).min(self.width - 1);
        let bottom = (top + 1).min(self.height - 1);
        let at = |x: usize, y: usize| cover[y * self.width + x];
        let upper = at(left, top) + (at(right, top) - at(left, top)) * u;
        let lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * u;
        upper + (lower - upper) * v
    }

    /// Ordinary print above or below the label, where there is room.
    fn write(&mut self, words: &str, corners: &[[[f32; 2]; 4]], ink: Ink, rng: &mut StdRng) {
        let ys = corners.iter().flatten().map(|[_, y]| *y);
        let (top, bottom) =
            ys.fold((f32::MAX, 0.0_f32), |(low, high), y| (low.min(y), high.max(y)));
        let above = top > 90.0;
        if !above && bottom + 90.0 > self.height as f32 {
            return;
        }
        let y0 = if above { 25 } else { self.height - 60 };
        let x0 = rng.random_range(10..self.width / 3);
        let level = if ink == Ink::Light { 220.0 } else { 40.0 };
        for (place, letter) in words.chars().enumerate() {
            let Some(raster) = get_raster(letter, FontWeight::Bold, RasterHeight::Size32) else {
                continue;
            };
            for (y, row) in raster.raster().iter().enumerate() {
                for (x, share) in row.iter().enumerate() {
                    let x = x0 + place * raster.width() + x;
                    if x < self.width {
                        let value = &mut self.values[(y0 + y) * self.width + x];
                        *value = value.map(|old| old + f32::from(*share) / 255.0 * (level - old));
                    }
                }
            }
        }
    }

    /// Uneven light, and the reflections of lamps.
    fn light(&mut self, gloss: f64, rng: &mut StdRng) {
        let field = Field::new(rng);
        let uneven = rng.random_range(0.0..0.35);
        let wide = rng.random_range(200.0..500.0);
        let lamps: Vec<Lamp> = (0..3)
            .filter_map(|_| {
                let lit = rng.random_bool(gloss);
                let lamp = Lamp::draw([self.width, self.height], rng);
                lit.then_some(lamp)
            })
            .collect();
        for (at, value) in self.values.iter_mut().enumerate() {
            let (x, y) = ((at % self.width) as f32, (at / self.width) as f32);
            let shine: f32 = lamps.iter().map(|lamp| lamp.shine(x, y)).sum();
            let light = 1.0 + uneven * field.at(x / wide, y / wide);
            *value = value.map(|value| value * light + shine);
        }
    }

    /// What a camera makes of it: blur, noise, and JPEG.
    fn seen(&self, text_height: f32, rng: &mut StdRng) -> RgbImage {
        let mut picture = RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            Rgb(self.values[y as usize * self.width + x as usize].map(|value| value as u8))
        });
        let most = (0.06 * text_height).clamp(0.7, 1.6);
        picture = blur(&picture, rng.random_range(0.35..most));
        let noise =
            Normal::new(0.0, rng.random_range(1.0..7.0_f32)).expect("the deviation is positive");
        for value in picture.iter_mut() {
            *value = (f32::from(*value) + noise.sample(rng)) as u8;
        }
        let mut bytes = Cursor::new(Vec::new());
        let quality = rng.random_range(60..96);
        JpegEncoder::new_with_quality(&mut bytes, quality)
            .encode_image(&picture)
            .expect("memory takes what is written");
        image::load_from_memory_with_format(bytes.get_ref(), ImageFormat::Jpeg)
            .expect("it was encoded just now")
            .into_rgb8()
    }
}
