//! **Crushed corners**: a corner or an end of the item has been pushed in and is crumpled.
//!
//! A bend is smooth and may be slight; what fell on its corner is neither. One strong bump pushes
//! the corner towards the middle, and **folds**, narrow bumps across the push, crumple what was
//! pushed and catch the light.

use std::f32::consts::{FRAC_PI_2, TAU};

use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::bend::{Bump, Warp, render};
use super::item::Item;
use super::raster::normal;

pub(super) fn crush(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut warp = Warp::none(item);
    let corner = item.corner(rng);
    let towards = (item.middle.1 - corner.1).atan2(item.middle.0 - corner.0) + 0.25 * normal(rng);
    let (sin, cos) = towards.sin_cos();
    let radius = item.side * rng.random_range(0.09..0.18) * size;
    let light = rng.random_range(0.0..TAU);
    // More than 1.6 radii would fold the picture over itself.
    let push = radius * rng.random_range(0.8..1.4);
    warp.add(
        item,
        &Bump {
            centre: corner,
            radius,
            across: radius * rng.random_range(0.7..1.0),
            angle: towards,
            push: (push * cos, push * sin),
            light,
            depth: rng.random_range(-0.3..0.3),
        },
    );
    for _ in 0..rng.random_range(3..=6) {
        let (along, aside) = (radius * rng.random_range(0.5..2.0), 0.6 * radius * normal(rng));
        let centre = (corner.0 + along * cos - aside * sin, corner.1 + along * sin + aside * cos);
        let angle = towards + FRAC_PI_2 + 0.5 * normal(rng);
        let across = (radius * rng.random_range(0.06..0.16)).max(1.0);
        let jerk = across * rng.random_range(-0.9..0.9);
        warp.add(
            item,
            &Bump {
                centre,
                radius: radius * rng.random_range(0.3..0.7),
                across,
                angle,
                push: (jerk * cos, jerk * sin),
                // Across the fold: one of its sides is bright, the other dark.
                light: FRAC_PI_2,
                depth: rng.random_range(0.3..0.7) * light.cos().signum(),
            },
        );
    }
    render(item, &warp)
}
