//! Taking parts of an item away, so that its **surroundings** show instead.

use image::{GrayImage, Luma};
use imageproc::distance_transform::{Norm, distance_transform};
use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::fill::Filling;
use super::item::Item;
use super::raster::{brighter, pixel};
use crate::localise::{Bounds, Mask};

/// Pixels around the mask that still show something of the item: its soft outline and its shadow.
pub(super) const FRINGE_PX: u8 = 3;
/// Pixels of the item this near to a cut count as touched, in sides of the item; at least three
/// pixels. A missing part has no tokens of its own: the rim beside it has to tell.
const RIM: f32 = 0.035;
const RIM_MIN_PX: f32 = 3.0;

/// Distance of each pixel from the nearest one that is `set`, rounded up; 255 at most.
pub(super) fn distances(width: usize, height: usize, set: impl Fn(usize) -> bool) -> GrayImage {
    let set = GrayImage::from_fn(width as u32, height as u32, |x, y| {
        Luma([if set(y as usize * width + x as usize) { 255 } else { 0 }])
    });
    if set.iter().all(|set| *set == 0) {
        return GrayImage::from_pixel(width as u32, height as u32, Luma([255]));
    }
    distance_transform(&set, Norm::LInf)
}

/// What lies behind and beside the item, also where the item is now.
pub(super) fn surroundings(item: &Item, rng: &mut StdRng) -> Filling {
    let inside = item.mask.pixels();
    let far = distances(item.width, item.height, |at| inside[at]);
    let all = Bounds { x: 0, y: 0, width: item.mask.width(), height: item.mask.height() };
    Filling::within(all, item.picture, |(x, y)| far.get_pixel(x, y).0[0] > FRINGE_PX, rng)
}

/// Takes the item's pixels that are `gone` (one value per pixel) away. The wall that they leave
/// throws a shadow of some strength onto the surroundings.
pub(super) fn uncover(item: &Item, gone: &[bool], rng: &mut StdRng) -> Damaged {
    let inside = item.mask.pixels();
    let behind = surroundings(item, rng);
    let shadow = rng.random_range(0.0..0.45);
    let reach = item.side * rng.random_range(0.01..0.03) + 1.0;
    let (width, height) = (item.width, item.height);
    let from_gone = distances(width, height, |at| inside[at] && gone[at]);
    let from_rest = distances(width, height, |at| inside[at] && !gone[at]);
    let rim = (RIM * item.side).max(RIM_MIN_PX);

    let mut picture = item.picture.clone();
    let mut touched = vec![0.0; inside.len()];
    for (at, was) in inside.iter().enumerate() {
        let (off, wall) = (from_gone.as_raw()[at], from_rest.as_raw()[at]);
        // Beside the item its soft outline goes with it, but not that of what stays.
        let repainted = off == 0 || !was && off <= FRINGE_PX && wall >= off.min(2);
        if repainted || *was && f32::from(off) <= rim {
            touched[at] = 1.0;
        }
        if !repainted {
            continue;
        }
        let (x, y) = ((at % width) as u32, (at / width) as u32);
        let depth = (-f32::from(wall) / reach).exp();
        let bare = brighter(behind.colour((x, y)), 1.0 - shadow * depth);
        let soft = if wall == 1 { 0.6 } else { 1.0 };
        let before = item.picture.get_pixel(x, y).0.map(f32::from);
        let mixed = [0, 1, 2].map(|part| before[part] + (bare[part] - before[part]) * soft);
        picture.put_pixel(x, y, pixel(mixed));
    }
    let mask = Mask::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        inside[at] && !gone[at]
    });
    Damaged { picture, mask, touched }
}
