//! **Strips to train on**: rows cut out of rendered pieces as the detector's boxes would, with what is seen
//! in them.

use rand::RngExt;
use rand::rngs::StdRng;
use reading::dots::net::{ROWS, strip};

use super::fonts::Drawn;
use super::texts;
use crate::render::Collection;
use crate::render::font::{Font, designs};
use crate::render::scene::{Piece, piece};

/// A strip and what it says.
pub struct Strip {
    /// Its values, row by row.
    pub values: Vec<f32>,
    /// What is printed in it.
    pub text: String,
}

impl Strip {
    /// How many columns it has.
    pub fn columns(&self) -> usize {
        self.values.len() / ROWS
    }
}

/// Which font strips are printed with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fonts {
    /// Each with one of its own.
    Drawn,
    /// One of those of the renderings to develop with, which training never sees.
    Development,
}

/// Draws a strip; an `easy` one is short and printed well.
pub fn draw(fonts: Fonts, easy: bool, rng: &mut StdRng) -> Strip {
    let font: Box<dyn Font> = match fonts {
        Fonts::Drawn => Box::new(Drawn::new(rng)),
        Fonts::Development => {
            let known = designs(Collection::Development);
            Box::new(known[rng.random_range(0..known.len())])
        }
    };
    let empty = rng.random_bool(0.03);
    let text = if empty { " ".repeat(rng.random_range(2..14)) } else { texts::draw(easy, rng) };
    let mut lines = vec![text.clone()];
    if rng.random_bool(0.45) {
        lines.insert(0, texts::draw(easy, rng));
    }
    let nth = lines.len() - 1;
    if rng.random_bool(0.45) {
        lines.push(texts::draw(easy, rng));
    }
    if empty {
        lines = vec![text];
    }
    let nth = nth.min(lines.len() - 1);
    let piece = piece(&lines, nth, font.as_ref(), easy, rng);
    let (corners, text) = boxed(&piece, &lines[nth], easy, rng);
    Strip { values: strip(&piece.picture, &corners), text }
}

/// A box as the detector may find it, and what of the text is in it.
fn boxed(piece: &Piece, text: &str, easy: bool, rng: &mut StdRng) -> ([[f32; 2]; 4], String) {
    let [a, b, c, d] = piece.corners;
    let along = [b[0] - a[0] + c[0] - d[0], b[1] - a[1] + c[1] - d[1]].map(|one| 0.5 * one);
    let width = along[0].hypot(along[1]).max(1.0);
    let height = (d[0] - a[0]).hypot(d[1] - a[1]);
    let turn =
        rng.random_range(-1.0..1.0_f32).powi(3) * if width > 6.0 * height { 0.04 } else { 0.1 };
    let (sine, cosine) = turn.sin_cos();
    let [u, v] = along.map(|one| one / width);
    let [u, v] = [u * cosine - v * sine, v * cosine + u * sine];

    // Characters that are cut off at the left and at the right.
    let letters: Vec<char> = text.chars().collect();
    let mut cut = [0, 0];
    let mut ends = [0.0, 0.0];
    for side in 0..2 {
        let most = letters.len().saturating_sub(cut[0] + 2);
        if !easy && most > 2 && rng.random_bool(0.1) {
            cut[side] = rng.random_range(1..=most.min(6));
        }
        let advance = (width + 0.3 * height) / letters.len().max(1) as f32;
        ends[side] = if cut[side] > 0 {
            (cut[side] as f32 - piece.gap * rng.random_range(0.2..0.8)) * advance
        } else {
            -height * rng.random_range(-0.02..0.9_f32)
        };
    }
    let margin = |rng: &mut StdRng| height * rng.random_range(-0.04..0.5_f32);
    let (above, below) = (margin(rng) + (-piece.sag).max(0.0), margin(rng) + piece.sag.max(0.0));
    let middle = [0, 1].map(|axis| 0.25 * (a[axis] + b[axis] + c[axis] + d[axis]));
    let at = |x: f32, y: f32| [middle[0] + x * u - y * v, middle[1] + x * v + y * u];
    let (left, right) = (ends[0] - 0.5 * width, 0.5 * width - ends[1]);
    let (top, bottom) = (-0.5 * height - above, 0.5 * height + below);
    let corners = [at(left, top), at(right, top), at(right, bottom), at(left, bottom)];
    let seen: String = letters[cut[0]..letters.len() - cut[1]].iter().collect();
    (corners, seen.trim().to_owned())
}
