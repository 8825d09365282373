//! Taking parts of an item away, so that its **surroundings** show instead.

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::fill::Filling;
use super::item::Item;
use super::raster::{brighter, pixel};
use features::localise::{Bounds, Mask};

/// Pixels around the mask that still show something of the item: its soft outline and its shadow.
pub(super) const FRINGE_PX: u8 = 3;
/// Pixels of the item this near to a cut count as touched, in sides of the item; at least three
/// pixels. A missing part has no tokens of its own: the rim beside it has to tell.
const RIM: f32 = 0.035;
const RIM_MIN_PX: f32 = 3.0;

/// Distance of each pixel from the nearest one that is `set`, along the longer axis; 255 at most.
/// Two passes (Rosenfeld and Pfaltz, 1966); the function of `imageproc` takes six times as long.
pub(super) fn distances(width: usize, height: usize, set: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut far: Vec<u8> =
        (0..width * height).map(|at| if set(at) { 0 } else { u8::MAX }).collect();
    let from_row = |row: &mut [u8], beside: &[u8]| {
        for x in [0, width - 1] {
            let near =
                beside[x.saturating_sub(1)].min(beside[x]).min(beside[(x + 1).min(width - 1)]);
            row[x] = row[x].min(near.saturating_add(1));
        }
        for (far, near) in row[1..].iter_mut().zip(beside.windows(3)) {
            *far = (*far).min(near[0].min(near[1]).min(near[2]).saturating_add(1));
        }
    };
    for y in 0..height {
        let (before, row) = far.split_at_mut(y * width);
        if y > 0 {
            from_row(&mut row[..width], &before[(y - 1) * width..]);
        }
        let mut near = u8::MAX;
        for far in &mut row[..width] {
            near = near.saturating_add(1).min(*far);
            *far = near;
        }
    }
    for y in (0..height).rev() {
        let (row, after) = far[y * width..].split_at_mut(width);
        if y + 1 < height {
            from_row(row, &after[..width]);
        }
        let mut near = u8::MAX;
        for far in row.iter_mut().rev() {
            near = near.saturating_add(1).min(*far);
            *far = near;
        }
    }
    far
}

/// What lies behind and beside the item, also where the item is now.
pub(super) fn surroundings(item: &Item, rng: &mut StdRng) -> Filling {
    let inside = item.mask.pixels();
    let far = distances(item.width, item.height, |at| inside[at]);
    let all = Bounds { x: 0, y: 0, width: item.mask.width(), height: item.mask.height() };
    Filling::within(
        all,
        item.picture,
        |(x, y)| far[y as usize * item.width + x as usize] > FRINGE_PX,
        rng,
    )
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
        let (off, wall) = (from_gone[at], from_rest[at]);
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
