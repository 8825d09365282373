//! **Things on the item**: labels, lines of print, caps, screws: what differs in colour from the
//! item's plain material and is surrounded by it.
//!
//! A generator that takes a label away must find one. Without knowing the SKU, a thing is a region
//! whose colour is not the item's commonest one, of a likely size and off the outline.

use rand::RngExt;
use rand::rngs::StdRng;

use super::fill::Filling;
use super::item::Item;
use super::patch::{pixels_of, rectangle};
use super::surroundings::distances;
use base::regions::regions;
use features::localise::Bounds;

/// Levels of a colour's parts that count as one when the commonest colour is sought.
const BIN: usize = 16;
const BINS: usize = 256 / BIN;
/// From this difference of one part on, a colour is another one, of 255.
const OTHER: f32 = 26.0;
/// What is nearer to the outline belongs to it, in sides of the item.
const OUTLINE: f32 = 0.03;
/// Gaps that do not separate, such as those between letters, in sides of the item.
const GAP: f32 = 0.01;
/// Area of a thing's box, as a share of the item's, and its longer side, in sides of the item.
const AREA: std::ops::Range<f32> = 0.002..0.25;
const LONG_MAX: f32 = 0.65;
/// How often a place is drawn at random although there are things.
const ANYWHERE: f64 = 0.15;
/// Plain material is looked for this far around a patch, in sides of the item, and this many pixels
/// of it are enough.
const AROUND: f32 = 0.12;
const PLAIN_MIN: usize = 24;

/// The mean of the commonest colours among the pixels at `indices`: of the fullest cube of two bins
/// by two by two, since one colour with its noise may lie on a border of bins. `None` where there are
/// no pixels.
pub(super) fn commonest(item: &Item, indices: impl Iterator<Item = usize>) -> Option<[f32; 3]> {
    let mut bins = vec![([0u32; 3], 0u32); BINS * BINS * BINS];
    let mut used = Vec::new();
    for at in indices {
        let parts = &item.picture.as_raw()[at * 3..at * 3 + 3];
        let bin = parts.iter().fold(0, |bin, part| bin * BINS + *part as usize / BIN);
        let (sum, count) = &mut bins[bin];
        if *count == 0 {
            used.push(bin);
        }
        *count += 1;
        sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum += u32::from(*part));
    }
    let cube = |bin: usize| {
        let (mut sum, mut count) = ([0u32; 3], 0u32);
        for corner in 0..8 {
            let (red, green, blue) = (corner / 4, corner / 2 % 2, corner % 2);
            let beyond = bin / BINS / BINS + red >= BINS
                || bin / BINS % BINS + green >= BINS
                || bin % BINS + blue >= BINS;
            if !beyond {
                let (part_sum, part_count) = bins[bin + (red * BINS + green) * BINS + blue];
                sum.iter_mut().zip(part_sum).for_each(|(sum, part)| *sum += part);
                count += part_count;
            }
        }
        (sum, count)
    };
    let (sum, count) = used.into_iter().map(cube).max_by_key(|(_, count)| *count)?;
    Some(sum.map(|sum| sum as f32 / count as f32))
}

/// Whether a pixel has another colour.
pub(super) fn differs(item: &Item, at: usize, from: [f32; 3]) -> bool {
    let parts = &item.picture.as_raw()[at * 3..at * 3 + 3];
    parts.iter().zip(from).any(|(part, from)| (f32::from(*part) - from).abs() > OTHER)
}

/// The boxes around the things on an item.
pub(super) fn things(item: &Item) -> Vec<Bounds> {
    let (width, height) = (item.width, item.height);
    let inside = item.mask.pixels();
    let plain = commonest(item, (0..inside.len()).filter(|at| inside[*at]));
    let Some(plain) = plain else { return Vec::new() };
    let from_outside = distances(width, height, |at| !inside[at]);
    let off_outline = (OUTLINE * item.side).max(2.0);
    let thing = |at: usize| f32::from(from_outside[at]) > off_outline && differs(item, at, plain);
    let from_thing = distances(width, height, thing);
    let gap = (GAP * item.side).max(1.0);
    let joined: Vec<bool> = from_thing.iter().map(|far| f32::from(*far) <= gap).collect();
    let labels = regions(&joined, width);
    // First column, first row, last column, last row.
    let count = labels.iter().max().map_or(0, |last| *last as usize);
    let mut boxes = vec![[usize::MAX, usize::MAX, 0, 0]; count];
    for (at, label) in labels.iter().enumerate().filter(|(_, label)| **label > 0) {
        let [left, top, right, bottom] = &mut boxes[*label as usize - 1];
        let (x, y) = (at % width, at / width);
        (*left, *top) = ((*left).min(x), (*top).min(y));
        (*right, *bottom) = ((*right).max(x), (*bottom).max(y));
    }
    let likely = |bounds: &Bounds| {
        let share = (bounds.width * bounds.height) as f32 / item.area() as f32;
        let longer = bounds.width.max(bounds.height) as f32;
        AREA.contains(&share)
            && longer <= LONG_MAX * item.side
            && bounds.width.min(bounds.height) > 2
    };
    let bounds = boxes.into_iter().map(|[left, top, right, bottom]| Bounds {
        x: left as u32,
        y: top as u32,
        width: (right - left + 1) as u32,
        height: (bottom - top + 1) as u32,
    });
    bounds.filter(likely).collect()
}

/// The box of a thing on the item, mostly; else a rectangle where its brightness changes.
pub(super) fn some_thing(item: &Item, size: f32, rng: &mut StdRng) -> Bounds {
    let things = things(item);
    if !things.is_empty() && !rng.random_bool(ANYWHERE) {
        return things[rng.random_range(0..things.len())];
    }
    let width = item.side * rng.random_range(0.12..0.35) * size;
    let height = item.side * rng.random_range(0.08..0.25) * size;
    rectangle(item, item.at_contrast(rng), width, height)
}

/// The plain material around a patch, to fill it with: the commonest colour around it; all colours
/// around it where that is hardly anything.
pub(super) fn plain_around(item: &Item, patch: Bounds, rng: &mut StdRng) -> Filling {
    let reach = (AROUND * item.side).max(3.0) as u32;
    let left = patch.x.saturating_sub(reach);
    let top = patch.y.saturating_sub(reach);
    let right = (patch.x + patch.width + reach).min(item.mask.width());
    let bottom = (patch.y + patch.height + reach).min(item.mask.height());
    let window = Bounds { x: left, y: top, width: right - left, height: bottom - top };
    let index = |(x, y): (u32, u32)| y as usize * item.width + x as usize;
    let beside = |(x, y): (u32, u32)| {
        let within =
            x.wrapping_sub(patch.x) < patch.width && y.wrapping_sub(patch.y) < patch.height;
        item.mask.contains(x, y) && !within
    };
    let ring: Vec<usize> = pixels_of(window).filter(|at| beside(*at)).map(index).collect();
    let plain = commonest(item, ring.iter().copied());
    let of_plain = |at: usize| plain.is_some_and(|plain| !differs(item, at, plain));
    let few = ring.iter().filter(|at| of_plain(**at)).count() < PLAIN_MIN;
    let source = |at: (u32, u32)| beside(at) && (few || of_plain(index(at)));
    Filling::within(window, item.picture, source, rng)
}
