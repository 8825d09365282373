//! Printed labels with a lot, as a camera sees them: small, aslant, blurred, of weak contrast, with noise.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use anyhow::Context;
use image::{GrayImage, Luma, RgbImage};
use rand::rngs::StdRng;
use rand::{RngExt, seq::IndexedRandom};
use rand_distr::{Distribution, Normal};

/// The fonts, with the Debian packages that bring them. Dotted, slashed and plain zeros are among them.
pub const FONTS: [(&str, &str); 8] = [
    ("fonts-dejavu-core", "truetype/dejavu/DejaVuSans.ttf"),
    ("fonts-dejavu-core", "truetype/dejavu/DejaVuSans-Bold.ttf"),
    ("fonts-dejavu-core", "truetype/dejavu/DejaVuSansMono.ttf"),
    ("fonts-dejavu-core", "truetype/dejavu/DejaVuSerif.ttf"),
    ("fonts-liberation", "truetype/liberation/LiberationSans-Regular.ttf"),
    ("fonts-liberation", "truetype/liberation/LiberationSansNarrow-Regular.ttf"),
    ("fonts-liberation", "truetype/liberation/LiberationMono-Bold.ttf"),
    ("fonts-ocr-b", "opentype/ocr-b/OCRB.otf"),
];

/// Characters that look like others: text recognition takes them for each other.
const ALIKE: &[u8] = b"O0I1B8S5Z2";
/// Characters that a lot has besides.
const OTHERS: &[u8] = b"3479ACDEFHKMNPRTUVWXY";
/// Share of look-alikes among the characters of a lot.
const SHARE_ALIKE: f64 = 0.6;
/// Size of the picture, in pixels.
const SIZE: (u32, u32) = (640, 320);
/// The print is drawn so many times as large and then seen through the camera's pixels.
const FINE: f32 = 3.0;

/// The fonts of [`FONTS`].
pub fn fonts() -> anyhow::Result<Vec<FontVec>> {
    let font = |(package, file): &(&str, &str)| {
        let path = format!("/usr/share/fonts/{file}");
        let bytes = std::fs::read(&path).with_context(|| {
            format!("cannot read the font {path}; install the Debian package {package}")
        })?;
        FontVec::try_from_vec(bytes).with_context(|| format!("{path} is no font"))
    };
    FONTS.iter().map(font).collect()
}

/// A lot of five to nine characters, at least one of them a digit, as every lot that the reader takes has.
pub fn lot(rng: &mut StdRng) -> String {
    let length = rng.random_range(5..=9);
    loop {
        let lot: String = (0..length).map(|_| char::from(character(rng))).collect();
        if lot.bytes().any(|c| c.is_ascii_digit()) {
            return lot;
        }
    }
}

/// A lot of the same maker that differs in one character, and not by a look-alike.
pub fn neighbour(lot: &str, rng: &mut StdRng) -> String {
    loop {
        let mut other = lot.as_bytes().to_vec();
        let at = rng.random_range(0..other.len());
        other[at] = character(rng);
        let other = String::from_utf8(other).expect("all of it is ASCII");
        let is_lot = other.bytes().any(|c| c.is_ascii_digit());
        if is_lot && meaning::compare::match_lot(lot, &other) != meaning::compare::LotMatch::Same {
            return other;
        }
    }
}

fn character(rng: &mut StdRng) -> u8 {
    let of = if rng.random_bool(SHARE_ALIKE) { ALIKE } else { OTHERS };
    *of.choose(rng).expect("there are characters")
}

/// How a label was printed and seen.
#[derive(Debug)]
pub struct Seen {
    /// Which of [`FONTS`].
    pub font: usize,
    /// Difference of ink and paper, in levels of 255.
    pub contrast: f32,
    /// Standard deviation of the blur, in pixels.
    pub blur: f32,
    /// Standard deviation of the noise, in levels.
    pub noise: f32,
    /// How far it is turned, in degrees.
    pub turned: f32,
    /// How far letters lean, as a share of their height.
    pub leaning: f32,
}

impl Seen {
    /// A likely way to see a label.
    pub fn any(rng: &mut StdRng) -> Self {
        Self {
            font: rng.random_range(0..FONTS.len()),
            contrast: rng.random_range(60.0..170.0),
            blur: rng.random_range(0.3..1.1),
            noise: rng.random_range(1.0..8.0),
            turned: rng.random_range(-4.0..4.0),
            leaning: rng.random_range(-0.1..0.1),
        }
    }

    /// The picture of a label with `lot`, whose capitals are `height` pixels high.
    pub fn picture(&self, fonts: &[FontVec], lot: &str, height: f32, rng: &mut StdRng) -> RgbImage {
        let mark = ["LOT ", "LOT: ", "Batch No. ", "L: "].choose(rng).expect("there are marks");
        let lines = ["BEST BEFORE 17 NOV 2027".to_owned(), format!("{mark}{lot}")];
        let ink = self.ink(&fonts[self.font], &lines, height);
        let paper: f32 = rng.random_range(170.0..240.0);
        let seen = GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            Luma([(paper - self.contrast * self.share(&ink, x, y)).clamp(0.0, 255.0) as u8])
        });
        let seen = image::imageops::blur(&seen, self.blur);
        let noise = Normal::new(0.0, self.noise).expect("it is finite");
        RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            let level = f32::from(seen.get_pixel(x, y)[0]) + noise.sample(rng);
            image::Rgb([level.round().clamp(0.0, 255.0) as u8; 3])
        })
    }

    /// Where there is ink, drawn upright and large.
    fn ink(&self, font: &FontVec, lines: &[String], height: f32) -> GrayImage {
        let (width, tall) = (SIZE.0 as f32 * FINE, SIZE.1 as f32 * FINE);
        let mut ink = GrayImage::new(width as u32, tall as u32);
        let font = font.as_scaled(PxScale::from(scale_of(font, height * FINE)));
        let middle = tall / 2.0;
        for (row, line) in lines.iter().enumerate() {
            let mut x = 0.08 * width;
            let y = middle + (2.2 * row as f32 - 0.6) * height * FINE;
            for letter in line.chars() {
                let mut glyph = font.scaled_glyph(letter);
                glyph.position = point(x, y);
                x += font.h_advance(glyph.id);
                let Some(outline) = font.outline_glyph(glyph) else { continue };
                let corner = outline.px_bounds().min;
                outline.draw(|across, down, share| {
                    let at =
                        (corner.x as i64 + i64::from(across), corner.y as i64 + i64::from(down));
                    let (Ok(x), Ok(y)) = (u32::try_from(at.0), u32::try_from(at.1)) else { return };
                    if let Some(pixel) = ink.get_pixel_mut_checked(x, y) {
                        pixel[0] = pixel[0].max((255.0 * share.min(1.0)) as u8);
                    }
                });
            }
        }
        ink
    }

    /// The share of ink that the camera's pixel sees: turned and leaning about the middle.
    fn share(&self, ink: &GrayImage, x: u32, y: u32) -> f32 {
        let (sin, cos) = self.turned.to_radians().sin_cos();
        let (mut sum, steps) = (0.0, FINE as u32);
        for step in 0..steps * steps {
            let part = |step: u32| (step as f32 + 0.5) / FINE;
            let right = x as f32 + part(step % steps) - SIZE.0 as f32 / 2.0;
            let down = y as f32 + part(step / steps) - SIZE.1 as f32 / 2.0;
            let v = cos * down - sin * right;
            let u = cos * right + sin * down + self.leaning * v;
            let at = |offset: f32, side: u32| ((offset + side as f32 / 2.0) * FINE).floor();
            let (u, v) = (at(u, SIZE.0), at(v, SIZE.1));
            if u >= 0.0 && v >= 0.0 {
                let pixel = ink.get_pixel_checked(u as u32, v as u32);
                sum += pixel.map_or(0.0, |pixel| f32::from(pixel[0]) / 255.0);
            }
        }
        sum / (steps * steps) as f32
    }
}

/// The scale at which capitals are `height` pixels high.
fn scale_of(font: &FontVec, height: f32) -> f32 {
    const TRIAL: f32 = 1000.0;
    let capital = font.glyph_id('H').with_scale(TRIAL);
    let high = font.outline_glyph(capital).map_or(TRIAL, |outline| outline.px_bounds().height());
    TRIAL * height / high
}
