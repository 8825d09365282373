//! How surfaces shine under the tunnel's lights: one lamp for the shadows, two tubes along the belt for
//! the highlights.

use super::mesh::{V3, dot, unit};

/// What a surface is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Material {
    /// Strength of the highlight, 0 for none.
    pub gloss: f32,
    /// Width of the tubes' image in it, in radians.
    pub spread: f32,
    /// Share of what it mirrors of the surroundings in its own colour.
    pub metal: f32,
}

impl Material {
    /// Cardboard, cloth.
    pub const MATT: Self = Self { gloss: 0.03, spread: 0.5, metal: 0.0 };
    /// Coated board.
    pub const COATED: Self = Self { gloss: 0.12, spread: 0.3, metal: 0.0 };
    /// A laminated cover.
    pub const LAMINATED: Self = Self { gloss: 0.22, spread: 0.16, metal: 0.0 };
    /// Plastic of bottles and caps.
    pub const PLASTIC: Self = Self { gloss: 0.75, spread: 0.085, metal: 0.1 };
    /// A paper label around a bottle.
    pub const LABEL: Self = Self { gloss: 0.2, spread: 0.2, metal: 0.0 };
    /// Printed sheet metal.
    pub const TIN: Self = Self { gloss: 0.4, spread: 0.16, metal: 0.35 };
    /// Metallised film.
    pub const FOIL: Self = Self { gloss: 0.52, spread: 0.17, metal: 0.36 };
    /// Clear film over something.
    pub const FILM: Self = Self { gloss: 0.6, spread: 0.1, metal: 0.0 };
    /// Moulded plastic of totes.
    pub const TOTE: Self = Self { gloss: 0.1, spread: 0.35, metal: 0.0 };
}

/// Towards the lamp: to the left, a little to the near side, and high.
pub const LAMP: V3 = [-0.42, 0.3, 0.856];
/// The tubes' directions across the belt, and how strong they are: one 29° to the far side, one 36° to the
/// near side.
const TUBES: [([f32; 2], f32); 2] = [([-0.479, 0.878], 1.0), ([0.581, 0.814], 0.75)];

/// What a point of a surface gets.
#[derive(Debug, Clone, Copy)]
pub struct Lit {
    /// The part of its own colour that is seen, 1 in the brightest light.
    pub own: f32,
    /// White that is added, in grey levels.
    pub white: f32,
}

impl Material {
    /// The light on a point with this normal, seen along `view` (away from the camera). `sun` is the
    /// share of the lamp that reaches it, `sky` the share of the surroundings.
    pub fn lit(&self, normal: V3, view: V3, sun: f32, sky: f32) -> Lit {
        let toward = dot(normal, LAMP).max(0.0);
        let around = 0.36 + 0.12 * normal[2] + 0.05 * normal[1];
        let matt = around * sky + 0.6 * toward * sun;
        let into = 2.0 * dot(normal, view);
        let mirrored = unit([0, 1, 2].map(|axis| view[axis] - into * normal[axis]));
        let across = (mirrored[1] * mirrored[1] + mirrored[2] * mirrored[2]).sqrt().max(1e-6);
        let tubes: f32 = TUBES
            .iter()
            .map(|([y, z], strength)| {
                // Twice one minus the cosine is nearly the square of the angle. The fall is that of a
                // bell, without its cost.
                let cosine = (mirrored[1] * y + mirrored[2] * z) / across;
                let away = 2.0 * (1.0 - cosine) / (self.spread * self.spread);
                let fall = 1.0 + 0.3 * away;
                strength / (fall * fall * fall * fall)
            })
            .sum();
        // The tubes end: what mirrors far along the belt sees none.
        let along = (1.0 - mirrored[0] * mirrored[0] * 1.6).max(0.0);
        let shine = tubes * along * (0.25 + 0.75 * sun);
        let room = 0.42 + 0.5 * mirrored[2].max(0.0) + 0.2 * mirrored[1].max(0.0);
        Lit {
            own: matt * (1.0 - 0.7 * self.metal) + self.metal * (room * 0.75 * sky + 0.55 * shine),
            white: 255.0 * self.gloss * shine * 0.62,
        }
    }
}
