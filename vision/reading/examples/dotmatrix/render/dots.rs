//! **Dots as printers place them**: the goods pass unevenly, drops miss, nozzles clog, the surface is curved.
//!
//! The *plane* is the label before it is bent and turned, in pixels, its origin at the label's middle.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::rngs::StdRng;

use super::font::Font;

/// A dot in the picture, all in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Dot {
    /// Where its middle is.
    pub at: [f32; 2],
    /// Its radius.
    pub radius: f32,
    /// How much ink it has, 0 to 1.
    pub ink: f32,
}

/// How a label lies in the picture.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// Where the label's middle is, in pixels.
    pub middle: [f32; 2],
    /// The angle of its lines, in radians.
    pub turn: f32,
    /// How far the ends of its longest line lie below or above the middle, in pixels.
    pub bow: f32,
    /// By how much its right end looks larger than its left, as a share.
    pub perspective: f32,
    /// Half the width of its longest line, in pixels.
    pub half_width: f32,
}

impl Pose {
    /// Where a place of the plane lies in the picture.
    pub fn of(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let share = x / self.half_width.max(1.0);
        // A round surface turns away at both sides.
        let x = x * (1.0 - 0.02 * self.bow.abs().min(8.0) * share * share / 4.0);
        let size = 1.0 + 0.5 * self.perspective * share;
        let (x, y) =
            (x * (1.0 + 0.25 * self.perspective * share), y * size + self.bow * share * share);
        let (sine, cosine) = self.turn.sin_cos();
        [self.middle[0] + x * cosine - y * sine, self.middle[1] + x * sine + y * cosine]
    }
}

/// How a printer prints. All shares are of the pitch, the distance of two dots of a column.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    /// The height of a character, in pixels.
    pub height: f32,
    /// The distance of two columns.
    column: f32,
    /// Empty columns between characters.
    gap: usize,
    /// The distance of two lines, in heights.
    line: f32,
    /// The radius of a dot.
    pub radius: f32,
    /// How far a column leans to the right from its foot to its head, in heights.
    lean: f32,
    /// How far characters jump up and down, in heights.
    bounce: f32,
    /// How far columns are misplaced by uneven speed, in characters.
    uneven: f32,
    /// How far a drop goes astray.
    astray: f32,
    /// The share of drops that miss.
    missing: f64,
    /// The share of drops with a small one beside it.
    satellites: f64,
    /// Whether one nozzle is nearly clogged.
    clogged: bool,
}

impl Printer {
    /// Draws one.
    pub fn draw(rng: &mut StdRng) -> Self {
        let height = (12.0_f32.ln() + rng.random_range(0.0..1.0) * (40.0_f32 / 12.0).ln()).exp();
        Self {
            height,
            column: rng.random_range(0.75..1.2),
            gap: rng.random_range(1..=2),
            line: rng.random_range(1.3..1.8),
            radius: rng.random_range(0.34..0.62),
            lean: rng.random_range(-0.18..0.22),
            bounce: rng.random_range(0.0..0.09),
            uneven: rng.random_range(0.0..0.35),
            astray: rng.random_range(0.0..0.14),
            missing: rng.random_range(0.0..0.06),
            satellites: rng.random_range(0.0..0.02),
            clogged: rng.random_bool(0.12),
        }
    }

    /// Leaves out what goes wrong.
    #[allow(dead_code, reason = "only training begins with easy rows")]
    pub fn faultless(&mut self) {
        (self.uneven, self.bounce, self.missing, self.satellites) = (0.0, 0.0, 0.0, 0.0);
        self.clogged = false;
        self.lean *= 0.3;
    }

    /// The distance of two lines, in heights.
    #[allow(dead_code, reason = "only training prints single rows")]
    pub fn line(&self) -> f32 {
        self.line
    }

    /// The share of a character and the gap after it that is gap.
    #[allow(dead_code, reason = "only training prints single rows")]
    pub fn gap_share(&self, font: &dyn Font) -> f32 {
        self.gap as f32 / (font.size().0 + self.gap) as f32
    }

    /// The distance of two dots of a column, in pixels.
    pub fn pitch(&self, font: &dyn Font) -> f32 {
        self.height / (font.size().1 - 1) as f32
    }

    /// The width of so many characters, in pixels.
    pub fn width(&self, font: &dyn Font, characters: usize) -> f32 {
        let columns = characters * (font.size().0 + self.gap) - self.gap.min(characters);
        columns as f32 * self.column * self.pitch(font)
    }

    /// The dots of `lines`, and the corners of each line, clockwise from its top left.
    pub fn print(
        &self,
        lines: &[String],
        font: &dyn Font,
        pose: &Pose,
        rng: &mut StdRng,
    ) -> (Vec<Dot>, Vec<[[f32; 2]; 4]>) {
        let pitch = self.pitch(font);
        let character = (font.size().0 + self.gap) as f32 * self.column * pitch;
        let clogged = self.clogged.then(|| rng.random_range(0..font.size().1));
        let (mut dots, mut corners) = (Vec::new(), Vec::new());
        let left = -pose.half_width;
        for (nth, line) in lines.iter().enumerate() {
            let middle = (nth as f32 - 0.5 * (lines.len() - 1) as f32) * self.line * self.height;
            let top = middle - 0.5 * self.height;
            let width = self.width(font, line.chars().count());
            let (right, bottom) = (left + width, top + self.height);
            corners.push(
                [[left, top], [right, top], [right, bottom], [left, bottom]].map(|at| pose.of(at)),
            );
            let (phase, waves) = (rng.random_range(0.0..TAU), rng.random_range(0.5..2.5));
            for (place, letter) in line.chars().enumerate() {
                let jump = self.bounce * self.height * rng.random_range(-1.0..1.0);
                for (row, columns) in font.glyph(letter).iter().enumerate() {
                    for (column, _) in columns.iter().enumerate().filter(|(_, dot)| **dot) {
                        if rng.random_bool(self.missing) {
                            continue;
                        }
                        let x = place as f32 * character + column as f32 * self.column * pitch;
                        let speed = (phase + waves * TAU * x / width.max(1.0)).sin();
                        let up = 0.5 - row as f32 / (font.size().1 - 1) as f32;
                        let mut astray = || self.astray * pitch * rng.random_range(-1.0..1.0);
                        let plane = [
                            left + x
                                + self.uneven * character * speed * 0.5
                                + self.lean * self.height * up
                                + astray(),
                            middle - up * self.height + jump + astray(),
                        ];
                        let ink =
                            if clogged == Some(row) { 0.35 } else { rng.random_range(0.8..1.0) };
                        let radius = self.radius * pitch * rng.random_range(0.9..1.1);
                        dots.push(Dot { at: pose.of(plane), radius, ink });
                        if rng.random_bool(self.satellites) {
                            let [x, y] = plane;
                            let beside = [x + rng.random_range(-2.0..2.0) * pitch, y + 0.6 * pitch];
                            dots.push(Dot { at: pose.of(beside), radius: 0.4 * radius, ink });
                        }
                    }
                }
            }
        }
        (dots, corners)
    }
}
