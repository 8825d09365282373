//! Smooth random fields, which surfaces are made of.

use rand::RngExt;
use rand::rngs::StdRng;

/// Random values at the corners of a lattice, smooth between them.
pub struct Field {
    values: Vec<f32>,
    salt: [usize; 2],
}

/// The lattice repeats after so many corners.
const SIDE: usize = 64;

impl Field {
    /// A field of its own.
    pub fn new(rng: &mut StdRng) -> Self {
        let values = (0..SIDE * SIDE).map(|_| rng.random_range(-1.0..1.0)).collect();
        Self { values, salt: [rng.random_range(0..SIDE), rng.random_range(0..SIDE)] }
    }

    /// The value from -1 to 1 at a place, in sides of the lattice.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let ease = |share: f32| share * share * (3.0 - 2.0 * share);
        let (u, v) = (ease(x - left), ease(y - top));
        let corner = |right: i64, down: i64| {
            let wrap = |at: f32, step: i64, salt: usize| {
                (at as i64 + step + salt as i64).rem_euclid(SIDE as i64) as usize
            };
            self.values[wrap(top, down, self.salt[1]) * SIDE + wrap(left, right, self.salt[0])]
        };
        let upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * u;
        let lower = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * u;
        upper + (lower - upper) * v
    }

    /// The same with finer and finer detail on it.
    pub fn rough(&self, x: f32, y: f32) -> f32 {
        let octave = |fine: f32| self.at(x * fine, y * fine + 7.3 * fine) / fine;
        (octave(1.0) + octave(2.1) + octave(4.3)) / 1.7
    }
}
