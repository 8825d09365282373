//! **Synthetic defects**: damaged items made from pictures of normal ones, for a damage head that
//! nobody has shown real damage yet.
//!
//! A **specimen** is the crop of a normal item with its mask. [`vary`] makes another ordinary
//! picture of it: a slightly different pose and light. [`damage`] adds one defect and tells which
//! pixels it **touched**. Lengths are relative to the item's **side**, the square root of its area,
//! so that the same defect suits any item at any scale. Everything comes from the generator handed
//! in: the same seed gives the same pictures.

mod bend;
mod canvas;
mod item;
mod noise;
mod print;
mod puncture;
mod raster;
mod stain;
mod tape;
mod tear;
mod vary;

use image::RgbImage;
use rand::rngs::StdRng;

use super::Kind;
use crate::localise::Mask;
use item::Item;

pub use vary::vary;

/// Attempts to make a defect that shows, before the item is given up.
const ATTEMPTS: u32 = 12;
/// Attempts at the usual size; each one after them is this much larger.
const USUAL_ATTEMPTS: u32 = 4;
const GROWTH: f32 = 1.4;
/// Share of the item that a defect touches at least: below, it is nothing that a person would see.
const TOUCHED_MIN: f32 = 0.0005;
/// Mean change of the touched pixels' colours from which a defect shows, of 255; of pixels that are
/// touched by half, half as much is enough.
const CHANGE_MIN: f32 = 3.0;

/// The crop of a normal item, and which of its pixels are the item.
#[derive(Debug, Clone, PartialEq)]
pub struct Specimen {
    picture: RgbImage,
    mask: Mask,
}

impl Specimen {
    /// A specimen; `None` where picture and mask differ in size or no pixel belongs to the item.
    pub fn new(picture: RgbImage, mask: Mask) -> Option<Specimen> {
        let same_size = picture.dimensions() == (mask.width(), mask.height());
        (same_size && mask.area() > 0).then_some(Specimen { picture, mask })
    }

    /// The crop.
    pub fn picture(&self) -> &RgbImage {
        &self.picture
    }

    /// Which pixels of the crop are the item: at least one.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }
}

/// A specimen with a defect.
#[derive(Debug, Clone, PartialEq)]
pub struct Damaged {
    /// The crop, as large as the specimen's.
    pub picture: RgbImage,
    /// Which pixels are the item now: a bend moves its outline, a tear takes a part away. At least
    /// one pixel is.
    pub mask: Mask,
    /// Per pixel, row by row, how badly it is touched: 0 (as before) to 1. Dents are of all degrees,
    /// other defects of 1. Where a part is missing, its place is touched though it is no longer item.
    pub touched: Vec<f32>,
}

/// Damages `specimen`. `None` where it is so small, or so uniform, that no defect of this kind
/// would show.
pub fn damage(specimen: &Specimen, kind: Kind, rng: &mut StdRng) -> Option<Damaged> {
    let item = Item::of(specimen);
    let enough = (item.area() as f32 * TOUCHED_MIN).max(1.0);
    (0..ATTEMPTS).find_map(|attempt| {
        let size = GROWTH.powi(attempt.saturating_sub(USUAL_ATTEMPTS - 1) as i32);
        let damaged = match kind {
            Kind::Dent => bend::bend(&item, size, rng),
            Kind::Tear => tear::tear(&item, size, rng),
            Kind::Puncture => puncture::puncture(&item, size, rng),
            Kind::Stain => stain::stain(&item, size, rng),
            Kind::Tape => tape::tape(&item, size, rng),
            Kind::Print => print::print(&item, size, rng),
        };
        let touched: f32 = damaged.touched.iter().sum();
        let shows = touched >= enough && change(specimen, &damaged) >= CHANGE_MIN * touched;
        (shows && damaged.mask.area() > 0).then_some(damaged)
    })
}

/// Sum of the touched pixels' changes of colour, each of 255.
fn change(specimen: &Specimen, damaged: &Damaged) -> f32 {
    let pixels = specimen.picture.pixels().zip(damaged.picture.pixels());
    let touched = pixels.zip(&damaged.touched).filter(|(_, touched)| **touched > 0.0);
    let changes = touched.map(|((before, after), _)| {
        let parts = before.0.iter().zip(after.0);
        parts.map(|(before, after)| u64::from(before.abs_diff(after))).sum::<u64>()
    });
    (changes.sum::<u64>() as f64 / 3.0) as f32
}

#[cfg(test)]
mod tests;
