//! **Dents**: edges, corners and sides that are bent or pressed in.
//!
//! Our own generator. The surface is displaced by a sum of one to three Gaussian bumps, a smooth
//! warp in the manner of thin-plate splines (Bookstein, "Principal warps", 1989), and shaded by the
//! bump's slope against a random light, as a matt surface would be (Lambert).
//!
//! Dents are of all strengths down to what nobody minds, and **touched** says how strong: normal
//! items are a little bent too, so a head that is only asked "bent or straight?" calls the most bent
//! normal item as damaged as any.

use std::f32::consts::{PI, TAU};
use std::ops::Range;

use image::RgbImage;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Damaged;
use super::item::Item;
use super::raster::{colour_at, normal, pixel, share_at};
use features::localise::Mask;

/// Displacement of a pixel that is touched as much as can be, in sides of the item.
const TOUCHED_FULL: f32 = 0.08;
/// Strength of a dent: a factor of its push, all orders of magnitude alike often.
const STRENGTH: Range<f32> = 0.06..1.2;
/// Deviation of the shading of a dent of full strength: weak, since paper that is bent shows little.
const SHADE_SD: f32 = 0.19;
/// A bump is left out where it is weaker than exp(-REACH²/2) of its peak: 0.03 %.
const REACH: f32 = 4.0;
/// Strongest shading: half as bright again, or half as bright.
const SHADE_MAX: f32 = 0.5;

/// Displacement and shading per pixel, row by row.
pub(super) struct Warp {
    dx: Vec<f32>,
    dy: Vec<f32>,
    shade: Vec<f32>,
}

/// An elliptic **bump** of the surface.
pub(super) struct Bump {
    pub(super) centre: (f32, f32),
    /// Deviations along and across its direction, in pixels.
    pub(super) radius: f32,
    pub(super) across: f32,
    /// Its direction, in radians.
    pub(super) angle: f32,
    /// How far it pushes its middle, in pixels.
    pub(super) push: (f32, f32),
    /// From where the light comes, in radians, and how much that shows.
    pub(super) light: f32,
    pub(super) depth: f32,
}

impl Warp {
    pub(super) fn none(item: &Item) -> Warp {
        let none = vec![0.0; item.width * item.height];
        Warp { dx: none.clone(), dy: none.clone(), shade: none }
    }

    pub(super) fn add(&mut self, item: &Item, bump: &Bump) {
        let Bump { centre: (cx, cy), radius, across, push, depth, .. } = *bump;
        let (sin, cos) = bump.angle.sin_cos();
        let (light_y, light_x) = bump.light.sin_cos();
        let first = |centre: f32| (centre - REACH * radius).max(0.0) as usize;
        let last = |centre: f32, length: usize| {
            ((centre + REACH * radius).max(0.0).ceil() as usize).min(length)
        };
        for y in first(cy)..last(cy, item.height) {
            for x in first(cx)..last(cx, item.width) {
                let (right, down) = (x as f32 - cx, y as f32 - cy);
                let u = (right * cos + down * sin) / radius;
                let v = (down * cos - right * sin) / across;
                let far = u * u + v * v;
                if far > REACH * REACH {
                    continue;
                }
                let height = (-0.5 * far).exp();
                let at = y * item.width + x;
                self.dx[at] += push.0 * height;
                self.dy[at] += push.1 * height;
                self.shade[at] += depth * (u * light_x + v * light_y) * height;
            }
        }
    }
}

/// Bends the item; `size` enlarges the bumps. The belt beside a bent outline is warped with it.
pub(super) fn bend(item: &Item, size: f32, rng: &mut StdRng) -> Damaged {
    let mut warp = Warp::none(item);
    let strength = rng.random_range(STRENGTH.start.ln()..STRENGTH.end.ln()).exp();
    let first = item.likely_place(rng);
    for bump in 0..rng.random_range(1..=3) {
        let spread = if bump == 0 { 0.0 } else { 0.25 * item.side };
        let centre = (first.0 + spread * normal(rng), first.1 + spread * normal(rng));
        warp.add(item, &draw(item, centre, (size, strength), rng));
    }
    render(item, &warp)
}

/// A bump around `centre`: an ellipse that is pushed, mostly, towards the item's middle.
fn draw(item: &Item, centre: (f32, f32), (size, strength): (f32, f32), rng: &mut StdRng) -> Bump {
    let radius = item.side * rng.random_range(0.07..0.25) * size;
    let across = radius * rng.random_range(0.5..1.0);
    let angle = rng.random_range(0.0..PI);
    let push = strength * radius * rng.random_range(0.25..0.7);
    let towards = if rng.random_bool(0.6) {
        (item.middle.1 - centre.1).atan2(item.middle.0 - centre.0) + 0.4 * normal(rng)
    } else {
        rng.random_range(0.0..TAU)
    };
    let (push_y, push_x) = towards.sin_cos();
    let push = (push * push_x, push * push_y);
    let light = rng.random_range(0.0..TAU);
    let depth = SHADE_SD * strength.min(1.0) * normal(rng);
    Bump { centre, radius, across, angle, push, light, depth }
}

/// The item as the warp shows it.
pub(super) fn render(item: &Item, warp: &Warp) -> Damaged {
    let mut picture: RgbImage = item.picture.clone();
    let mut touched = vec![0.0; warp.dx.len()];
    let mask = Mask::from_fn(item.width as u32, item.height as u32, |x, y| {
        let at = y as usize * item.width + x as usize;
        let before = item.mask.pixels()[at];
        let (dx, dy) = (warp.dx[at], warp.dy[at]);
        if dx == 0.0 && dy == 0.0 {
            return before;
        }
        let from = (x as f32 - dx, y as f32 - dy);
        let share = share_at(item.mask, from);
        let shade = 1.0 + warp.shade[at].clamp(-SHADE_MAX, SHADE_MAX) * share;
        picture.put_pixel(x, y, pixel(colour_at(item.picture, from).map(|part| part * shade)));
        if before || share > 0.5 {
            touched[at] = (dx.hypot(dy) / (TOUCHED_FULL * item.side)).min(1.0);
        }
        share > 0.5
    });
    Damaged { picture, mask, touched }
}
