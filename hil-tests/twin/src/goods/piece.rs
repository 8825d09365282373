//! How one piece of a SKU differs from the next.

use crate::rng::Rng;

/// One piece's own ways, all from its seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// The seed.
    pub seed: u64,
    /// Off the belt's middle, in millimetres.
    pub across: f32,
    /// Its size, 1 being the SKU's.
    pub scale: f32,
    /// The light on it, for each channel.
    pub light: [f32; 3],
    /// By how much the print missed its place, in millimetres.
    pub register: (f32, f32),
    /// By how much the label did.
    pub label: (f32, f32),
    /// A bottle's turn about its axis, in radians.
    pub roll: f32,
    /// Fixes the folds of what is soft.
    pub folds: u64,
}

impl Piece {
    /// The piece that belongs to `seed`.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x7069_6563);
        let mut bell = |spread: f64| (spread * rng.bell().clamp(-2.0, 2.0)) as f32;
        let gain = 1.0 + bell(0.02);
        Self {
            seed,
            across: bell(2.5),
            scale: 1.0 + bell(0.005),
            light: [gain + bell(0.004), gain, gain + bell(0.004)],
            register: (bell(0.3), bell(0.3)),
            label: (bell(0.5), bell(0.5)),
            roll: bell(0.07),
            folds: rng.bits(),
        }
    }
}
