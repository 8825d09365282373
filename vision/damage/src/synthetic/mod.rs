//! **Synthetic defects**: damaged items made from pictures of normal ones, for a damage head that
//! nobody has shown real damage yet.
//!
//! A **specimen** is the crop of a normal item with its mask. [`vary`] makes another ordinary
//! picture of it: a slightly different pose and light. [`damage`] adds one [`Defect`] and tells which
//! pixels it **touched**; `docs/synthetic-defects.md` shows them all. Lengths are relative to the item's **side**, the square root of its area,
//! so that the same defect suits any item at any scale. Everything comes from the generator handed
//! in: the same seed gives the same pictures.

mod bend;
mod canvas;
mod crush;
mod defect;
mod empty;
mod fill;
mod foreign;
mod gone;
mod item;
mod missing;
mod moved;
mod noise;
mod part;
mod patch;
mod print;
mod puncture;
mod raster;
mod recolour;
mod replace;
mod scribble;
mod stain;
mod surroundings;
mod tape;
mod tear;
mod things;
mod vary;

use image::RgbImage;
use rand::rngs::StdRng;

use features::localise::Mask;
use item::Item;

pub use defect::Defect;
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
    /// Which pixels are the item now: a bend moves its outline, a missing part is none of it, and a
    /// foreign thing counts as a part. At least one pixel is.
    pub mask: Mask,
    /// Per pixel, row by row, how badly it is touched: 0 (as before) to 1. Dents and
    /// other sizes are of all degrees, other defects of 1. Where a part is missing, its place is touched though it is no longer item.
    pub touched: Vec<f32>,
}

/// Damages `specimen`. `None` where it is so small, or so uniform, that no such defect
/// would show.
pub fn damage(specimen: &Specimen, defect: Defect, rng: &mut StdRng) -> Option<Damaged> {
    let item = Item::of(specimen);
    let enough = (item.area() as f32 * TOUCHED_MIN).max(1.0);
    (0..ATTEMPTS).find_map(|attempt| {
        let size = GROWTH.powi(attempt.saturating_sub(USUAL_ATTEMPTS - 1) as i32);
        let damaged = defect.make(&item, size, rng);
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
