//! **A part missing inside the item**: a screw, a cap, a piece of a set is not there.
//!
//! The outline stays. What shows is the material around it or a dark hole where the part was seated.

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::canvas::Canvas;
use super::item::Item;
use super::patch::rectangle;
use super::things::{plain_around, some_thing};

/// Longest side of a part, in sides of the item.
const LONG_MAX: f32 = 0.4;
/// How wide the edge of the filled place is soft, as a share of its half axes.
const SOFT: f32 = 0.12;
/// How far the part's place reaches beyond the box around it: corners of a square are filled too.
const BEYOND: f32 = 1.25;

pub(super) fn part(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut canvas = Canvas::new(item);
    let mut place = some_thing(item, size, rng);
    if place.width.max(place.height) as f32 > LONG_MAX * item.side * size {
        let long = item.side * rng.random_range(0.06..0.18) * size;
        place = rectangle(item, item.at_contrast(rng), long, long * rng.random_range(0.6..1.0));
    }
    let around = plain_around(item, place, rng);
    let half = (place.width as f32 / 2.0, place.height as f32 / 2.0);
    let centre = (place.x as f32 + half.0 - 0.5, place.y as f32 + half.1 - 0.5);
    // The seat of the part: its size as a share of the part's, and how dark it is.
    let hole = if rng.random_bool(0.5) { rng.random_range(0.3..0.75) } else { 0.0 };
    let dark = rng.random_range(0.1..0.5);
    let soft_px = SOFT * half.0.min(half.1) + 1.0;

    for at in item.window(centre, BEYOND * half.0.max(half.1) + 2.0) {
        let (right, down) = (at.0 as f32 - centre.0, at.1 as f32 - centre.1);
        // A square with round corners, so that round parts and square ones are covered.
        let far = ((right / half.0).powi(4) + (down / half.1).powi(4)).sqrt().sqrt();
        let share = ((BEYOND - far) * half.0.min(half.1) / soft_px).clamp(0.0, 1.0);
        if share <= 0.0 {
            continue;
        }
        let mut colour = around.colour(at);
        let seat = hole - (right / half.0).hypot(down / half.1);
        if seat > 0.0 {
            let depth = (seat * half.0.min(half.1) / 1.5).min(1.0);
            // Its wall shadows the upper half of a hole.
            let shade = dark * (1.0 + 0.35 * down / half.1);
            colour = colour.map(|part| part * (1.0 - depth * (1.0 - shade)));
        }
        canvas.cover(at, colour, share);
        canvas.touch(at);
    }
    canvas.done()
}
