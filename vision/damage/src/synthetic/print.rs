//! **Missing, blurred or misplaced print**: a patch of the item is erased, blurred, or replaced by
//! one from another place of the same item.
//!
//! The swapped patch is CutPaste (Li et al., 2021), its colour shifted to that of its new
//! surroundings as NSA (Schlüter et al., 2022) does by Poisson blending; erasing interpolates
//! between the patch's four sides, the smoothest filling without print.

use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::patch::{feathered, frame_colour, on_item, pixels_of, rectangle, touch_what_changed};
use features::localise::Bounds;

/// Draws of a patch that lies on the item; the last one is taken as it is.
const DRAWS: usize = 8;

pub(super) fn print(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let width = item.side * rng.random_range(0.12..0.4) * size;
    let height = item.side * rng.random_range(0.06..0.25) * size;
    let place = item.at_contrast(rng);
    let patch = rectangle(item, place, width, height);
    match rng.random_range(0..3) {
        0 => erase(&mut canvas, item.picture, patch),
        1 => {
            let sigma = (item.side * rng.random_range(0.012..0.04)).max(0.8);
            blur(&mut canvas, item.picture, patch, sigma);
        }
        _ => swap(&mut canvas, item, patch, rng),
    }
    touch_what_changed(&mut canvas, item, patch);
    canvas.done()
}

/// Fills the patch from its four sides, the nearer the side the more of it.
fn erase(canvas: &mut Canvas, picture: &RgbImage, patch: Bounds) {
    let (right, bottom) = (patch.x + patch.width - 1, patch.y + patch.height - 1);
    for (x, y) in pixels_of(patch) {
        let sides = [
            (picture.get_pixel(patch.x, y), x - patch.x),
            (picture.get_pixel(right, y), right - x),
            (picture.get_pixel(x, patch.y), y - patch.y),
            (picture.get_pixel(x, bottom), bottom - y),
        ];
        let (mut colour, mut total) = ([0.0; 3], 0.0);
        for (side, far) in sides {
            let weight = 1.0 / (far as f32 + 0.5);
            total += weight;
            for (sum, part) in colour.iter_mut().zip(side.0) {
                *sum += weight * f32::from(part);
            }
        }
        canvas.cover((x, y), colour.map(|sum| sum / total), 1.0);
    }
}

fn blur(canvas: &mut Canvas, picture: &RgbImage, patch: Bounds, sigma: f32) {
    let Bounds { x, y, width, height } = patch;
    let cut = image::imageops::crop_imm(picture, x, y, width, height).to_image();
    let blurred = imageproc::filter::gaussian_blur_f32(&cut, sigma);
    for at in pixels_of(patch) {
        let colour = blurred.get_pixel(at.0 - x, at.1 - y).0.map(f32::from);
        canvas.cover(at, colour, feathered(patch, at));
    }
}

/// Covers the patch by another one of the item, turned by half a turn every second time.
fn swap(canvas: &mut Canvas, item: &Item, patch: Bounds, rng: &mut StdRng) {
    let (width, height) = (patch.width as f32, patch.height as f32);
    let mut other = patch;
    for _ in 0..DRAWS {
        other = rectangle(item, item.anywhere(rng), width, height);
        if on_item(item, other) {
            break;
        }
    }
    let turned = rng.random_bool(0.5);
    let (here, there) = (frame_colour(item, patch), frame_colour(item, other));
    for at in pixels_of(patch) {
        let (mut x, mut y) = (at.0 - patch.x, at.1 - patch.y);
        if turned {
            (x, y) = (patch.width - 1 - x, patch.height - 1 - y);
        }
        let colour = item.picture.get_pixel(other.x + x, other.y + y).0.map(f32::from);
        let fitted = [0, 1, 2].map(|part| colour[part] + here[part] - there[part]);
        canvas.cover(at, fitted, feathered(patch, at));
    }
}
