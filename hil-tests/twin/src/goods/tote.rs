//! Totes: open boxes of moulded plastic in which an item may lie.

use serde::{Deserialize, Serialize};

use super::{
    brush::{Area, PLAIN, fill, fitted, letters},
    label::PAPER,
    material::Material,
    mesh::{Mesh, Patch, Point},
    shadow::Walls,
    style::shaded,
};
use crate::scene::canvas::{Canvas, Rgb};

/// Length outside, along the belt, in millimetres.
pub const LENGTH_MM: f32 = 160.0;
/// Width outside.
pub const WIDTH_MM: f32 = 128.0;
/// Height outside.
pub const HEIGHT_MM: f32 = 56.0;
/// Thickness of a wall.
const WALL: f32 = 5.0;
/// Height of the floor above the belt.
pub const FLOOR_MM: f32 = 3.0;
/// The walls lean outwards by this much on their way up.
const DRAFT: f32 = 3.0;
/// From one rib to the next.
const RIB: f32 = 14.5;

/// A tote's colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToteColour {
    /// Blue.
    Blue,
    /// Red.
    Red,
    /// Grey.
    Grey,
}

impl ToteColour {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Blue, Self::Red, Self::Grey];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Red => "red",
            Self::Grey => "grey",
        }
    }

    fn rgb(self) -> Rgb {
        match self {
            Self::Blue => [44, 84, 158],
            Self::Red => [176, 52, 46],
            Self::Grey => [150, 154, 158],
        }
    }
}

/// Half of the length and of the width of the space inside, at the floor.
pub const INSIDE_MM: (f32, f32) = (LENGTH_MM / 2.0 - WALL - DRAFT, WIDTH_MM / 2.0 - WALL - DRAFT);

/// The space inside, as shadows see it.
pub fn walls() -> Walls {
    Walls {
        half_length: INSIDE_MM.0 + DRAFT,
        half_width: INSIDE_MM.1 + DRAFT,
        height: HEIGHT_MM,
        floor: FLOOR_MM,
    }
}

/// A tote's surfaces: floor in print 0, long walls outside in 1, inside in 2, ends outside in 3, inside
/// in 4, rim in 5.
pub fn mesh() -> Mesh {
    let (half_l, half_w) = (LENGTH_MM / 2.0, WIDTH_MM / 2.0);
    let floor = Patch::grid((12, 10), 0, Material::TOTE, |u, v| {
        let (x, y) = ((u - 0.5) * 2.0 * INSIDE_MM.0, (v - 0.5) * 2.0 * INSIDE_MM.1);
        Point::new([x, y, FLOOR_MM], [u * 2.0 * INSIDE_MM.0, v * 2.0 * INSIDE_MM.1])
    });
    // A wall from corner to corner: `outside` at the rim, `thick` further in, seen from `print`.
    let wall = |along_x: bool, sign: f32, inner: bool, print: usize| {
        let (reach, across) = if along_x { (half_l, half_w) } else { (half_w, half_l) };
        Patch::grid((40, 6), print, Material::TOTE, |u, v| {
            let z = HEIGHT_MM - v * (HEIGHT_MM - if inner { FLOOR_MM } else { 0.0 });
            let draft = DRAFT * (1.0 - z / HEIGHT_MM);
            let in_by = draft + if inner { WALL } else { 0.0 };
            let along = (u - 0.5) * 2.0 * (reach - in_by);
            let away = sign * (across - in_by);
            let at = if along_x { [along, away, z] } else { [away, along, z] };
            Point::new(at, [u * 2.0 * reach, v * HEIGHT_MM])
        })
        .turned((sign < 0.0) == along_x && !inner || (sign > 0.0) == along_x && inner)
    };
    let rim = |x: (f32, f32), y: (f32, f32)| {
        Patch::grid((8, 2), 5, Material::TOTE, |u, v| {
            let at = [x.0 + (x.1 - x.0) * u, y.0 + (y.1 - y.0) * v, HEIGHT_MM + 0.4];
            Point::new(at, [u * 20.0, v * 5.0])
        })
    };
    let lip = WALL + 1.0;
    let mut patches = vec![floor];
    for sign in [-1.0, 1.0] {
        patches.push(wall(true, sign, true, 2));
        patches.push(wall(false, sign, true, 4));
        patches.push(wall(true, sign, false, 1));
        patches.push(wall(false, sign, false, 3));
        let (from, to) = (sign * (half_w - lip), sign * (half_w + 1.0));
        patches.push(rim((-half_l - 1.0, half_l + 1.0), (from.min(to), from.max(to))));
        let (from, to) = (sign * (half_l - lip), sign * (half_l + 1.0));
        patches.push(rim((from.min(to), from.max(to)), (-half_w, half_w)));
    }
    Mesh { patches }
}

/// The prints of a tote in this colour with this number on its label.
pub fn prints(colour: ToteColour, number: u32) -> Vec<Canvas> {
    let base = colour.rgb();
    let mut floor = Canvas::new(2.0 * INSIDE_MM.0, 2.0 * INSIDE_MM.1, shaded(base, 0.92));
    let (length, width) = (floor.width_mm(), floor.height_mm());
    // The floor is stiffened by a lattice.
    for line in 1..8 {
        let x = length * line as f32 / 8.0;
        fill(&mut floor, Area::new(x, 0.0, 1.6, width), shaded(base, 1.08));
        fill(&mut floor, Area::new(x + 1.6, 0.0, 0.9, width), shaded(base, 0.74));
    }
    for line in 1..6 {
        let y = width * line as f32 / 6.0;
        fill(&mut floor, Area::new(0.0, y, length, 1.4), shaded(base, 1.06));
        fill(&mut floor, Area::new(0.0, y + 1.4, length, 0.9), shaded(base, 0.76));
    }
    let wall = |length: f32, inner: bool| {
        let mut wall = Canvas::new(length, HEIGHT_MM, base);
        let count = (length / RIB / 2.0) as i32;
        for line in -count..=count {
            let x = length / 2.0 + line as f32 * RIB;
            let (lit, dark) = if inner { (0.97, 0.9) } else { (1.14, 0.68) };
            fill(&mut wall, Area::new(x - 1.6, 7.0, 3.2, HEIGHT_MM - 7.0), shaded(base, lit));
            fill(&mut wall, Area::new(x + 1.6, 7.0, 1.4, HEIGHT_MM - 7.0), shaded(base, dark));
        }
        // A band under the rim.
        fill(
            &mut wall,
            Area::new(0.0, 6.2, length, 1.0),
            shaded(base, if inner { 0.86 } else { 0.66 }),
        );
        wall
    };
    let mut front = wall(LENGTH_MM, false);
    let label = Area::new(LENGTH_MM - 62.0, 14.0, 48.0, 26.0);
    fill(&mut front, label, PAPER);
    let initial = colour.name().chars().next().unwrap_or('t').to_ascii_uppercase();
    let text = format!("{initial}-{number:03}");
    fitted(&mut front, Area { height: 15.0, ..label }, &text, [20, 20, 24], PLAIN);
    letters(&mut front, (label.x + 3.0, label.y + 17.0), 6.0, "RETURN EMPTY", [20, 20, 24], PLAIN);
    let rim = Canvas::new(20.0, 5.0, shaded(base, 1.1));
    vec![floor, front, wall(LENGTH_MM, true), wall(WIDTH_MM, false), wall(WIDTH_MM, true), rim]
}
