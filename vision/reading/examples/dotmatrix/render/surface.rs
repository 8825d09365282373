//! **Surfaces** that are printed on. Each gives the light of a place from 0 to 1 around its own level, by
//! colour, and says how it shines.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Collection;
use super::noise::Field;

/// What is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Grey or brown board.
    Carton,
    /// Metal with fine parallel scratches.
    BrushedLid,
    /// Film with printed stripes of colour.
    StripedFilm,
    /// Film that lies in folds.
    WrinkledFilm,
    /// Metal with pressed rings.
    RingedLid,
    /// Crumpled foil, of many small planes.
    Foil,
    /// Clear film over food.
    FoodFilm,
    /// A jar's wall, bright and dark along its height.
    Glass,
}

impl Kind {
    /// Its name, in tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Carton => "carton",
            Kind::BrushedLid => "brushed lid",
            Kind::StripedFilm => "striped film",
            Kind::WrinkledFilm => "wrinkled film",
            Kind::RingedLid => "ringed lid",
            Kind::Foil => "foil",
            Kind::FoodFilm => "film over food",
            Kind::Glass => "glass",
        }
    }

    /// Whether characters can be pressed into it.
    pub fn is_metal(self) -> bool {
        matches!(self, Kind::BrushedLid | Kind::RingedLid | Kind::Foil)
    }

    /// How likely lamps are reflected.
    pub fn gloss(self) -> f64 {
        match self {
            Kind::Carton => 0.0,
            Kind::BrushedLid | Kind::RingedLid => 0.4,
            Kind::StripedFilm | Kind::Glass => 0.5,
            Kind::WrinkledFilm | Kind::FoodFilm | Kind::Foil => 0.6,
        }
    }
}

/// The surfaces of a collection.
pub fn kinds(collection: Collection) -> [Kind; 4] {
    match collection {
        Collection::Development => {
            [Kind::Carton, Kind::BrushedLid, Kind::StripedFilm, Kind::WrinkledFilm]
        }
        Collection::Test => [Kind::RingedLid, Kind::Foil, Kind::FoodFilm, Kind::Glass],
    }
}

/// A surface of some kind, one of many.
pub struct Surface {
    kind: Kind,
    fields: [Field; 3],
    colour: [f32; 3],
    other: [f32; 3],
    way: [f32; 2],
    centre: [f32; 2],
    size: f32,
    strength: f32,
}

impl Surface {
    /// Draws one with a mean `level` from 0 to 255.
    pub fn draw(kind: Kind, level: f32, rng: &mut StdRng) -> Self {
        let tint = if kind.is_metal() { 0.06 } else { 0.22 };
        let mut colour = || [(); 3].map(|()| level * (1.0 + tint * rng.random_range(-1.0..1.0)));
        let (colour, other) = (colour(), colour());
        let angle = rng.random_range(0.0..TAU);
        Self {
            kind,
            colour,
            other,
            way: [angle.cos(), angle.sin()],
            centre: [rng.random_range(-200.0..1200.0), rng.random_range(-200.0..900.0)],
            size: rng.random_range(30.0..90.0),
            strength: rng.random_range(0.3..1.0),
            fields: [(); 3].map(|()| Field::new(rng)),
        }
    }

    /// The colour at a pixel, each channel about 0 to 255.
    pub fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let [a, b, c] = &self.fields;
        let (along, across) =
            (x * self.way[0] + y * self.way[1], y * self.way[0] - x * self.way[1]);
        let far = (x - self.centre[0]).hypot(y - self.centre[1]);
        let size = self.size;
        // How much brighter than its level, as a share; and how much of the other colour.
        let (light, mixed) = match self.kind {
            Kind::Carton => {
                (0.05 * a.rough(x / 4.0, y / 4.0) + 0.06 * b.at(x / 90.0, y / 90.0), 0.0)
            }
            Kind::BrushedLid => {
                (0.16 * a.at(along / 60.0, across / 1.7) + 0.12 * b.at(x / 160.0, y / 160.0), 0.0)
            }
            Kind::StripedFilm => {
                let stripe = ((across / size).rem_euclid(2.0) > 1.2) as u8;
                (0.05 * a.at(x / 50.0, y / 50.0), 0.8 * f32::from(stripe))
            }
            Kind::WrinkledFilm => {
                let fold = 1.0 - (2.0 * a.at(along / (2.5 * size), across / size)).abs().min(1.0);
                (0.22 * fold.powi(4) - 0.1 * b.at(x / size, y / size), 0.0)
            }
            Kind::RingedLid => {
                let ring = (far / size * TAU).sin().powi(9);
                (0.2 * ring + 0.05 * a.at(x / 2.5, y / 2.5) + 0.1 * b.at(x / 150.0, y / 150.0), 0.0)
            }
            Kind::Foil => {
                let plane = |field: &Field| {
                    let coarse = field.at(x / size, y / size) * 4.0;
                    (coarse - coarse.round()) * 0.5
                };
                (0.25 * plane(a) + 0.2 * plane(b) + 0.06 * c.at(x / 7.0, y / 7.0), 0.0)
            }
            Kind::FoodFilm => {
                let blob = (3.0 * a.rough(x / size, y / size)).clamp(-0.5, 0.5) + 0.5;
                (0.08 * b.rough(x / 12.0, y / 12.0), blob)
            }
            Kind::Glass => {
                let band = (x / (4.0 * size) + 0.3 * a.at(y / 200.0, 0.5)).sin();
                (0.2 * band + 0.03 * b.at(x / 3.0, y / 9.0), 0.0)
            }
        };
        let light = 1.0 + self.strength * light;
        let mixed = mixed * self.strength * 0.7;
        std::array::from_fn(|channel| {
            light * (self.colour[channel] + mixed * (self.other[channel] - self.colour[channel]))
        })
    }
}
