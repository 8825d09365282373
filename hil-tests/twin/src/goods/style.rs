//! How a SKU is printed: its colours, its layout, its picture and its logo.

use super::catalogue::Kind;
use crate::{rng::Rng, scene::canvas::Rgb};

/// What the print of a SKU is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// Of most of the surface.
    pub ground: Rgb,
    /// Of bands and dark areas.
    pub ink: Rgb,
    /// Of stripes and highlights.
    pub accent: Rgb,
    /// Of a picture's second thing.
    pub second: Rgb,
    /// Of letters on [`Self::ink`].
    pub light: Rgb,
    /// How the surface is divided.
    pub layout: Layout,
    /// What the picture shows.
    pub picture: Motif,
    /// The logo's form.
    pub logo: Motif,
    /// Width of the title's letters, 1 being the font's own.
    pub stretch: f32,
    /// How far the title's letters lean, as a share of their height.
    pub slant: f32,
    /// Fixes the places of a picture's parts.
    pub seed: u64,
}

/// How a printed surface is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A band of ink at one end.
    Band,
    /// Stripes of the accent along it.
    Stripes,
    /// A picture over most of it.
    Picture,
    /// Halves, divided aslant.
    Diagonal,
    /// Fields beside each other.
    Panels,
    /// Dots all over.
    Dots,
}

/// A simple picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motif {
    /// A sun with rays.
    Sun,
    /// Leaves on a stem.
    Leaf,
    /// Hills behind each other.
    Hills,
    /// Waves.
    Waves,
    /// A fish.
    Fish,
    /// A cup with steam.
    Cup,
    /// A star.
    Star,
    /// A drop.
    Drop,
    /// Rings in each other.
    Rings,
    /// A sail.
    Sail,
}

const LAYOUTS: [Layout; 6] = [
    Layout::Band,
    Layout::Picture,
    Layout::Diagonal,
    Layout::Stripes,
    Layout::Panels,
    Layout::Dots,
];
const MOTIFS: [Motif; 10] = [
    Motif::Sun,
    Motif::Leaf,
    Motif::Hills,
    Motif::Waves,
    Motif::Fish,
    Motif::Cup,
    Motif::Star,
    Motif::Drop,
    Motif::Rings,
    Motif::Sail,
];
/// The golden section spreads hues evenly, however many there are.
const GOLDEN: f32 = 0.618_034;

impl Style {
    /// The print of the SKU with this number among those of its kind.
    pub fn of(kind: Kind, number: u32, rng: &mut Rng) -> Self {
        let start = kind as usize as f32 * 0.147;
        let hue = (start + number as f32 * GOLDEN + rng.between(-0.02, 0.02) as f32).fract();
        let other = (hue + rng.pick(&[0.12f32, 0.33, 0.45, 0.55, 0.82])).fract();
        let third = (other + rng.pick(&[0.1f32, 0.25, 0.6])).fract();
        let tone = (number as usize + kind as usize) % 4;
        let (ground, ink) = match tone {
            // Pale, white or kraft board with dark ink; a full colour with darker ink; night.
            0 => (hsl(hue, 0.3, 0.8), hsl(other, 0.5, 0.28)),
            1 => (hsl(hue, 0.5, 0.46), hsl(hue, 0.5, 0.18)),
            2 => (hsl(0.1, 0.18, 0.86), hsl(hue, 0.56, 0.36)),
            _ => (hsl(hue, 0.38, 0.24), hsl(other, 0.48, 0.44)),
        };
        let layout = LAYOUTS[(number as usize * 5 + kind as usize + rng.below(2)) % LAYOUTS.len()];
        Self {
            ground,
            ink,
            accent: hsl(other, 0.58, 0.54),
            second: hsl(third, 0.46, 0.62),
            light: hsl(hue, 0.15, 0.94),
            layout,
            picture: rng.pick(&MOTIFS),
            logo: rng.pick(&MOTIFS),
            stretch: rng.between(0.85, 1.25) as f32,
            slant: rng.pick(&[0.0, 0.0, 0.18, -0.12]),
            seed: rng.bits(),
        }
    }
}

/// A colour from hue, saturation and lightness, each from 0 to 1.
pub fn hsl(hue: f32, saturation: f32, lightness: f32) -> Rgb {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let k = (offset + hue * 12.0) % 12.0;
        let channel = lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (channel * 255.0) as u8
    })
}

/// A colour made darker or lighter.
pub fn shaded(colour: Rgb, part: f32) -> Rgb {
    colour.map(|channel| (f32::from(channel) * part).clamp(0.0, 255.0) as u8)
}
