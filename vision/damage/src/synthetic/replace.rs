//! **The whole item otherwise**: lying turned, or of another size.
//!
//! The item is taken out of its surroundings and put back as a map says. Every pixel of it is
//! touched, since none is where it should be.

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::item::Item;
use super::raster::{colour_at, pixel, share_at};
use super::surroundings::{FRINGE_PX, distances, surroundings};
use features::localise::Mask;

/// Another size differs by this share at least and at most.
const SIZE: std::ops::Range<f32> = 0.08..0.25;
/// Pixels around the item that must fit into the crop with it.
const MARGIN_PX: f32 = 2.0;

/// The item turned by a quarter, where it then fits into the crop, or by half a turn.
pub(super) fn turned(item: &Item, rng: &mut StdRng) -> Damaged {
    let bounds = item.mask.bounds().expect("an item has at least one pixel");
    let middle = (
        bounds.x as f32 + (bounds.width - 1) as f32 / 2.0,
        bounds.y as f32 + (bounds.height - 1) as f32 / 2.0,
    );
    // A quarter turn about the middle of the box swaps its width and height.
    let fits = |middle: f32, length: u32, most: usize| {
        let half = length as f32 / 2.0 + MARGIN_PX;
        middle - half >= 0.0 && middle + half <= most as f32
    };
    let fits =
        fits(middle.0, bounds.height, item.width) && fits(middle.1, bounds.width, item.height);
    let (sin, cos) = match rng.random_range(0..3) {
        0 if fits => (1.0, 0.0),
        1 if fits => (-1.0, 0.0),
        _ => (0.0, -1.0),
    };
    let back = |(x, y): (f32, f32)| {
        let (right, down) = (x - middle.0, y - middle.1);
        (middle.0 + right * cos + down * sin, middle.1 + down * cos - right * sin)
    };
    put_back(item, 1.0, back, rng)
}

/// The item smaller or larger about its middle. It is touched the more, the more its size differs.
pub(super) fn resized(item: &Item, rng: &mut StdRng) -> Damaged {
    let by = rng.random_range(SIZE.start..SIZE.end);
    let bounds = item.mask.bounds().expect("an item has at least one pixel");
    let fits = |middle: f32, start: u32, length: u32, most: usize| {
        let reach = |edge: f32| middle + (edge - middle) * (1.0 + by);
        reach(start as f32) >= MARGIN_PX
            && reach((start + length) as f32) <= most as f32 - MARGIN_PX
    };
    let fits = fits(item.middle.0, bounds.x, bounds.width, item.width)
        && fits(item.middle.1, bounds.y, bounds.height, item.height);
    let larger = rng.random_bool(0.5) && fits;
    let times = if larger { 1.0 + by } else { 1.0 - by };
    let back = |(x, y): (f32, f32)| {
        (item.middle.0 + (x - item.middle.0) / times, item.middle.1 + (y - item.middle.1) / times)
    };
    put_back(item, by / SIZE.end, back, rng)
}

/// The item taken out and put back; `back` tells where a pixel's content was before.
fn put_back(
    item: &Item,
    degree: f32,
    back: impl Fn((f32, f32)) -> (f32, f32),
    rng: &mut StdRng,
) -> Damaged {
    let inside = item.mask.pixels();
    let behind = surroundings(item, rng);
    let far = distances(item.width, item.height, |at| inside[at]);
    let bounds = item.mask.bounds().expect("an item has at least one pixel");
    let within = |(x, y): (f32, f32)| {
        let beside = |at: f32, start: u32, length: u32| {
            at > start as f32 - 1.0 && at < (start + length) as f32
        };
        beside(x, bounds.x, bounds.width) && beside(y, bounds.y, bounds.height)
    };
    let mut picture = item.picture.clone();
    let mut touched = vec![0.0; inside.len()];
    let mask = Mask::from_fn(item.mask.width(), item.mask.height(), |x, y| {
        let at = y as usize * item.width + x as usize;
        let from = back((x as f32, y as f32));
        let share = if within(from) { share_at(item.mask, from) } else { 0.0 };
        // The soft outline is repainted too, as background.
        if share > 0.0 || far[at] <= FRINGE_PX {
            let moved = colour_at(item.picture, from);
            let bare = if share < 1.0 { behind.colour((x, y)) } else { moved };
            let mixed = [0, 1, 2].map(|part| bare[part] + (moved[part] - bare[part]) * share);
            picture.put_pixel(x, y, pixel(mixed));
            touched[at] = degree;
        }
        share > 0.5
    });
    Damaged { picture, mask, touched }
}
