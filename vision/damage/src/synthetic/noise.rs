//! **Noise**: a smooth random field that makes outlines ragged and surfaces uneven, as Perlin
//! ("Improving Noise", 2002) does. DRAEM (Zavrtanik et al., 2021) shapes its synthetic anomalies with
//! it too.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Points of the lattice before it repeats, along both axes.
const PERIOD: usize = 256;

/// A random field over the plane; its features are about one unit wide.
pub(super) struct Noise {
    slopes: Vec<(f32, f32)>,
    order: Vec<usize>,
}

impl Noise {
    pub(super) fn new(rng: &mut StdRng) -> Noise {
        let slopes = (0..PERIOD).map(|_| rng.random_range(0.0..TAU).sin_cos()).collect();
        let mut order: Vec<usize> = (0..PERIOD).collect();
        order.shuffle(rng);
        Noise { slopes, order }
    }

    /// The value at a place: about -1 to 1, 0 in the mean.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (x.floor(), y.floor());
        let (fx, fy) = (x - column, y - row);
        let wrapped = |cell: f32| (cell as i64).rem_euclid(PERIOD as i64) as usize;
        let (column, row) = (wrapped(column), wrapped(row));
        let corner = |right: usize, down: usize| {
            let hashed = self.order[(column + right) % PERIOD] + row + down;
            let (slope_x, slope_y) = self.slopes[self.order[hashed % PERIOD]];
            slope_x * (fx - right as f32) + slope_y * (fy - down as f32)
        };
        let ease = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
        let upper = mix(corner(0, 0), corner(1, 0), ease(fx));
        let lower = mix(corner(0, 1), corner(1, 1), ease(fx));
        // One octave stays within ±0.71.
        mix(upper, lower, ease(fy)) * std::f32::consts::SQRT_2
    }

    /// Three octaves, each twice as fine and half as strong as the one before: what a torn or a
    /// spilled outline looks like.
    pub(super) fn ragged(&self, x: f32, y: f32) -> f32 {
        let finer = 0.5 * self.at(x * 2.0 + 17.3, y * 2.0 + 5.1);
        let finest = 0.25 * self.at(x * 4.0 + 41.7, y * 4.0 + 29.9);
        (self.at(x, y) + finer + finest) / 1.75 * 1.5
    }
}
