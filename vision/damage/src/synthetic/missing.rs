//! **A missing part**: an end, a corner, a limb or a piece of the edge of the item is gone, and
//! what lies behind it shows.
//!
//! A tear breaks material; here a part was never put in, or fell off. Its place looks like any other
//! place of the belt, so that nothing but its absence tells.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::item::Item;
use super::noise::Noise;
use super::raster::{Spot, normal};
use super::surroundings::{distances, uncover};
use base::regions::regions;

/// Share of the item that is lost at most.
const LOST_MAX: f32 = 0.6;
/// The smallest limb, as a share of the item.
const LIMB_MIN: f32 = 0.004;

pub(super) fn missing(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let gone = match rng.random::<f32>() {
        drawn if drawn < 0.3 => limb(item, rng),
        drawn if drawn < 0.55 => {
            let share = rng.random_range(0.04..0.4);
            let towards = rng.random_range(0.0..TAU);
            Some(end(item, towards, (share * size).min(LOST_MAX), rng))
        }
        drawn if drawn < 0.8 => {
            let (x, y) = item.corner(rng);
            let towards = (y - item.middle.1).atan2(x - item.middle.0) + 0.2 * normal(rng);
            let share = rng.random_range(0.015..0.1);
            Some(end(item, towards, (share * size).min(LOST_MAX), rng))
        }
        _ => Some(bite(item, size, rng)),
    };
    let gone = gone.unwrap_or_else(|| bite(item, size, rng));
    let lost = item.mask.pixels().iter().zip(&gone).filter(|(inside, gone)| **inside && **gone);
    if lost.count() as f32 > LOST_MAX * item.area() as f32 {
        return item.as_it_is();
    }
    uncover(item, &gone, rng)
}

/// All pixels beyond a straight, slightly uneven line across the item that cuts off about `share` of
/// it, `towards` that direction.
fn end(item: &Item, towards: f32, share: f32, rng: &mut StdRng) -> Vec<bool> {
    let noise = Noise::new(rng);
    let (sin, cos) = towards.sin_cos();
    let uneven = item.side * rng.random_range(0.0..0.02);
    let turn = (0.15 * item.side).max(2.0);
    let ahead =
        |x: f32, y: f32| x * cos + y * sin + uneven * noise.ragged((y * cos - x * sin) / turn, 0.5);
    let mut reached: Vec<f32> = item.places().map(|(x, y)| ahead(x, y)).collect();
    let nth = ((reached.len() - 1) as f32 * (1.0 - share)) as usize;
    let (_, line, _) = reached.select_nth_unstable_by(nth, f32::total_cmp);
    let line = *line;
    item.all_places().map(|(x, y)| ahead(x, y) > line).collect()
}

/// All pixels of a ragged spot over the outline.
fn bite(item: &Item, size: f32, rng: &mut StdRng) -> Vec<bool> {
    let noise = Noise::new(rng);
    let radius = (item.side * rng.random_range(0.08..0.3) * size).max(1.5);
    let spot = Spot::new(item.at_edge(rng), radius, rng.random_range(0.5..1.0), rng);
    let mut gone = vec![false; item.width * item.height];
    for at in item.window(spot.centre, 1.5 * radius) {
        let (right, down) = spot.offset_of(at);
        let uneven = 0.15 * noise.ragged(right / radius * 1.3, down / radius * 1.3);
        gone[at.1 as usize * item.width + at.0 as usize] = spot.distance(at) + uneven < 1.0;
    }
    gone
}

/// A thin part that sticks out of the item's body: what is lost when the item is worn down by some
/// pixels and grown again (morphological opening). `None` where nothing sticks out.
fn limb(item: &Item, rng: &mut StdRng) -> Option<Vec<bool>> {
    let inside = item.mask.pixels();
    let wear = (item.side * rng.random_range(0.05..0.16)).clamp(1.0, 250.0) as u8;
    let from_outside = distances(item.width, item.height, |at| !inside[at]);
    let from_body = distances(item.width, item.height, |at| from_outside[at] > wear);
    let thin: Vec<bool> = (0..inside.len()).map(|at| inside[at] && from_body[at] > wear).collect();
    let limbs = regions(&thin, item.width);
    let mut areas = vec![0usize; limbs.iter().max().map_or(0, |last| *last as usize) + 1];
    limbs.iter().for_each(|limb| areas[*limb as usize] += 1);
    let least = (LIMB_MIN * item.area() as f32).max(4.0);
    let large: Vec<usize> = (1..areas.len()).filter(|limb| areas[*limb] as f32 >= least).collect();
    let chosen = *large.get(rng.random_range(0..large.len().max(1)))?;
    Some(limbs.iter().map(|limb| *limb as usize == chosen).collect())
}
