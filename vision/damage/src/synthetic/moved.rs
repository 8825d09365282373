//! **Labels elsewhere**: a label is stuck on in another place, turned, or is another label.
//!
//! Cut and pasted within the picture, after CutPaste (Li et al., 2021), but whole things rather than
//! any rectangle, and what was below a label shows its plain material.

use std::f32::consts::TAU;

use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::noise::Noise;
use super::patch::{feathered, on_item, pixels_of, rectangle, touch_what_changed};
use super::raster::{brighter, colour_at};
use super::tape::{Print, inked};
use super::things::{commonest, plain_around, some_thing};
use features::localise::Bounds;

/// Draws of a new place for a label that lies on the item.
const DRAWS: usize = 10;
/// How far a label is shifted, in sides of the item.
const SHIFT: std::ops::Range<f32> = 0.08..0.35;

/// A label that is elsewhere on the item.
pub(super) fn shifted(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let label = some_thing(item, size, rng);
    let place = (0..DRAWS).find_map(|_| {
        let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
        let far = item.side * rng.random_range(SHIFT.start..SHIFT.end) * size;
        let (x, y) = middle(label);
        let place = rectangle(
            item,
            (x + far * cos, y + far * sin),
            label.width as f32,
            label.height as f32,
        );
        on_item(item, place).then_some(place)
    });
    let Some(place) = place else { return item.as_it_is() };
    let mut canvas = Canvas::new(item);
    erase(&mut canvas, item, label, rng);
    paste(&mut canvas, &cut(item, label), place);
    finish(canvas, item, [label, place])
}

/// A label that is stuck on upside down or sideways.
pub(super) fn turned(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let label = some_thing(item, size, rng);
    let before = cut(item, label);
    let (quarter, half) = (rng.random_bool(0.5), rng.random_bool(0.5));
    let sideways = match half {
        true => image::imageops::rotate270(&before),
        false => image::imageops::rotate90(&before),
    };
    let place = rectangle(item, middle(label), sideways.width() as f32, sideways.height() as f32);
    let fits = (place.width, place.height) == sideways.dimensions() && on_item(item, place);
    let mut canvas = Canvas::new(item);
    if !(quarter && fits) {
        paste(&mut canvas, &image::imageops::rotate180(&before), label);
        return finish(canvas, item, [label, label]);
    }
    erase(&mut canvas, item, label, rng);
    paste(&mut canvas, &sideways, place);
    finish(canvas, item, [label, place])
}

/// A label that is another one: that of another place of the item, or one printed differently.
pub(super) fn swapped(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let (label, other) = (some_thing(item, size, rng), some_thing(item, size, rng));
    let mut canvas = Canvas::new(item);
    let apart = label.x + label.width <= other.x
        || other.x + other.width <= label.x
        || label.y + label.height <= other.y
        || other.y + other.height <= label.y;
    if apart {
        paste(&mut canvas, &scaled(&cut(item, other), label), label);
        paste(&mut canvas, &scaled(&cut(item, label), other), other);
        return finish(canvas, item, [label, other]);
    }
    let index = |(x, y): (u32, u32)| y as usize * item.width + x as usize;
    let paper = commonest(item, pixels_of(label).map(index)).unwrap_or([0.0; 3]);
    let bright = paper.iter().sum::<f32>() > 3.0 * 90.0;
    let ink = if bright { brighter(paper, 0.15) } else { paper.map(|part| part * 0.5 + 120.0) };
    let (noise, (x, y)) = (Noise::new(rng), middle(label));
    let print = match rng.random_bool(0.5) {
        true => Print::Bars((label.width as f32 / 40.0).max(1.0)),
        false => Print::Lines((label.height as f32 / rng.random_range(2.5..6.0)).max(3.0)),
    };
    for at in pixels_of(label) {
        let inked = inked(&print, at.0 as f32 - x, at.1 as f32 - y, &noise);
        let colour = [0, 1, 2].map(|part| paper[part] + (ink[part] - paper[part]) * inked);
        canvas.cover(at, colour, feathered(label, at));
    }
    finish(canvas, item, [label, label])
}

fn middle(patch: Bounds) -> (f32, f32) {
    (patch.x as f32 + patch.width as f32 / 2.0, patch.y as f32 + patch.height as f32 / 2.0)
}

fn cut(item: &Item, patch: Bounds) -> RgbImage {
    let Bounds { x, y, width, height } = patch;
    image::imageops::crop_imm(item.picture, x, y, width, height).to_image()
}

fn scaled(content: &RgbImage, to: Bounds) -> RgbImage {
    let (across, down) =
        (content.width() as f32 / to.width as f32, content.height() as f32 / to.height as f32);
    RgbImage::from_fn(to.width, to.height, |x, y| {
        let place = ((x as f32 + 0.5) * across - 0.5, (y as f32 + 0.5) * down - 0.5);
        super::raster::pixel(colour_at(content, place))
    })
}

fn erase(canvas: &mut Canvas, item: &Item, label: Bounds, rng: &mut StdRng) {
    let plain = plain_around(item, label, rng);
    pixels_of(label).for_each(|at| canvas.cover(at, plain.colour(at), 1.0));
}

/// Covers a patch with a picture of its size.
fn paste(canvas: &mut Canvas, content: &RgbImage, patch: Bounds) {
    for at in pixels_of(patch) {
        let colour = content.get_pixel(at.0 - patch.x, at.1 - patch.y).0.map(f32::from);
        canvas.cover(at, colour, feathered(patch, at));
    }
}

fn finish(mut canvas: Canvas, item: &Item, patches: [Bounds; 2]) -> Damaged {
    for patch in patches {
        touch_what_changed(&mut canvas, item, patch);
    }
    canvas.done()
}
