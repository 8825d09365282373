//! The surfaces of each kind of thing, before anything bends them.

use std::f32::consts::{PI, TAU};

use super::{
    catalogue::Shape,
    material::Material,
    mesh::{Mesh, Noise, Patch, Point},
};

/// From one grid line to the next, in millimetres.
const MESH_MM: f32 = 3.0;
/// How wide a rounded edge is.
const EDGE_MM: f32 = 1.1;

fn fields(length: f32) -> usize {
    (length / MESH_MM).ceil().max(4.0) as usize
}

/// A place along an edge of `length` that has a line close to both of its ends; and whether it is an
/// end: -1 or 1.
fn spaced(part: f32, count: usize, length: f32) -> (f32, f32) {
    let line = (part * count as f32).round() as usize;
    if line == 0 {
        (0.0, -1.0)
    } else if line == count {
        (length, 1.0)
    } else {
        let inner = length - 2.0 * EDGE_MM;
        (EDGE_MM + inner * (line - 1) as f32 / (count - 2) as f32, 0.0)
    }
}

/// A box: its top in print 0, its front in print 1, its ends in print 2. Board bulges a little.
pub fn cuboid(shape: Shape, materials: [Material; 3], bulge: f32, seed: u64) -> Mesh {
    let Shape { length, width, height } = shape;
    let (across, along, up) = (fields(width), fields(length), fields(height));
    let uneven = Noise(seed);
    let swell = |a: f32, b: f32| {
        // Above zero, whatever the sine of a rounded π is.
        let pillow = ((PI * a).sin() * (PI * b).sin()).max(0.0);
        bulge * (pillow + 0.5 * pillow.sqrt() * uneven.at(a * 3.0, b * 3.0))
    };
    const ROUND: f32 = 0.6;
    let top = Patch::grid((along, across), 0, materials[0], |u, v| {
        let ((x, ends), (y, sides)) = (spaced(u, along, length), spaced(v, across, width));
        let at = [x - length / 2.0, y - width / 2.0, height + swell(u, v)];
        Point { lean: [ends * ROUND, sides * ROUND, 0.0], ..Point::new(at, [x, y]) }
    });
    let front = Patch::grid((along, up), 1, materials[1], |u, v| {
        let ((x, ends), (z, sides)) = (spaced(u, along, length), spaced(v, up, height));
        let at = [x - length / 2.0, width / 2.0 + swell(u, v) * 0.6, height - z];
        Point { lean: [ends * ROUND, 0.0, (-sides).max(0.0) * ROUND], ..Point::new(at, [x, z]) }
    });
    let end = |sign: f32| {
        Patch::grid((across, up), 2, materials[2], |u, v| {
            let ((y, ends), (z, sides)) = (spaced(u, across, width), spaced(v, up, height));
            let at = [sign * (length / 2.0 + swell(u, v) * 0.5), y - width / 2.0, height - z];
            let lean = [0.0, ends * ROUND, (-sides).max(0.0) * ROUND];
            Point { lean, ..Point::new(at, [y, z]) }
        })
        .turned(sign > 0.0)
    };
    Mesh { patches: vec![top, front, end(-1.0), end(1.0)] }
}

/// A round tin: its lid in print 0, its wall in print 1.
pub fn tin(shape: Shape) -> Mesh {
    let (radius, height) = (shape.length / 2.0, shape.height);
    let around = fields(TAU * radius);
    let lid = Patch::grid((around, 26), 0, Material::TIN, |u, v| {
        // The rim is a roll of sheet, then a groove, then the panel with a step.
        let r = radius * v;
        let from_rim = radius - r;
        let z = if from_rim < 2.4 {
            0.9 * (PI * from_rim / 2.4).sin()
        } else if from_rim < 4.2 {
            -1.6 * (PI * (from_rim - 2.4) / 3.6).sin()
        } else if from_rim < 7.0 {
            -1.6 + 0.9 * ((from_rim - 4.2) / 2.8)
        } else {
            -0.7
        };
        let (sin, cos) = (u * TAU).sin_cos();
        let lean = if v > 0.99 { [cos * 0.6, sin * 0.6, 0.0] } else { [0.0; 3] };
        let at = [r * cos, r * sin, height + z];
        Point { lean, ..Point::new(at, [radius + r * cos, radius + r * sin]) }
    })
    .turned(true);
    let up = fields(height);
    let wall = Patch::grid((around, up), 1, Material::TIN, |u, v| {
        let (sin, cos) = (u * TAU).sin_cos();
        let z = height * (1.0 - v);
        // Beads near both ends.
        let bead = 0.8
            * ((-((z - 2.0) / 1.2).powi(2)).exp() + (-((height - z - 2.0) / 1.2).powi(2)).exp());
        let r = radius + bead;
        // The print starts at the back, so that its middle is on the near side.
        let print = (u + 0.25).fract() * TAU * radius;
        Point::new([r * cos, r * sin, z], [TAU * radius - print, height - z])
    })
    .turned(true);
    Mesh { patches: vec![lid, wall] }
}

/// Where a bottle's parts begin, as shares of its length.
pub const LABEL_FROM: f32 = 0.06;
/// Where its label ends and its shoulder begins.
pub const LABEL_TO: f32 = 0.71;
const NECK: f32 = 0.85;
const CAP: f32 = 0.875;

/// A bottle on its side: label in print 0, glass in print 1, cap in print 2; without a cap, the bare
/// neck.
pub fn bottle(shape: Shape, roll: f32, has_cap: bool) -> Mesh {
    let (length, radius) = (shape.length, shape.width / 2.0);
    let profile = move |part: f32| -> f32 {
        let share = if part < 0.045 {
            0.86 + 0.14 * (1.0 - (1.0 - part / 0.045).powi(2)).max(0.0).sqrt()
        } else if part < LABEL_TO {
            1.0
        } else if part < NECK {
            let along = (part - LABEL_TO) / (NECK - LABEL_TO);
            1.0 - 0.64 * (along * along * (3.0 - 2.0 * along))
        } else {
            0.36
        };
        radius * share
    };
    let around = 56;
    let part = |from: f32, to: f32, columns: usize, print: usize, material: Material, grow: f32| {
        Patch::grid((columns, around), print, material, |u, v| {
            let part = from + (to - from) * u;
            let angle = (v - 0.5) * TAU;
            let (sin, cos) = (angle + if print == 0 { roll } else { 0.0 }).sin_cos();
            let r = if print == 2 { radius * 0.43 } else { profile(part) + grow };
            let at = [(part - 0.5) * length, r * sin, radius + r * cos];
            Point::new(at, [(part - from) * length, v * TAU * radius])
        })
    };
    let closed = |at: f32, r: f32, print: usize, material: Material| {
        Patch::grid((4, around), print, material, |u, v| {
            let (sin, cos) = ((v - 0.5) * TAU).sin_cos();
            let lean = [if at > 0.5 { 3.0 } else { -3.0 }, 0.0, 0.0];
            let place = [(at - 0.5) * length, r * u * sin, radius + r * u * cos];
            Point { lean, ..Point::new(place, [1.0, 1.0]) }
        })
        .turned(at > 0.5)
    };
    let mut patches = vec![
        part(0.0, LABEL_FROM, 6, 1, Material::PLASTIC, 0.0),
        part(LABEL_TO, NECK + 0.03, 18, 1, Material::PLASTIC, 0.0),
        part(LABEL_FROM, LABEL_TO, 26, 0, Material::LABEL, 0.25),
        closed(0.0, radius * 0.86, 1, Material::PLASTIC),
    ];
    if has_cap {
        patches.push(part(CAP, 1.0, 8, 2, Material::PLASTIC, 0.0));
        patches.push(closed(1.0, radius * 0.43, 2, Material::PLASTIC));
        patches.push(closed(CAP, radius * 0.43, 2, Material::PLASTIC));
    } else {
        patches.push(part(NECK, 0.96, 8, 1, Material::PLASTIC, 0.0));
        patches.push(closed(0.96, radius * 0.36, 3, Material::MATT));
    }
    Mesh { patches }
}

/// A filled pouch with sealed ends, its front in print 0. `folds` fixes how it is crumpled.
pub fn pouch(shape: Shape, folds: u64) -> Mesh {
    let Shape { length, width, height } = shape;
    let (noise, fine) = (Noise(folds), Noise(folds ^ 0xF01D));
    let seal = 8.0;
    let grid = ((length / 2.0) as usize, (width / 2.0) as usize);
    let sheet = Patch::grid(grid, 0, Material::FOIL, |u, v| {
        let (x, y) = ((u - 0.5) * length, (v - 0.5) * width);
        let along = (2.0 * x / (length - 2.0 * seal)).abs();
        let across = (2.0 * y / width).abs();
        let fill =
            (1.0 - along.powf(2.3)).max(0.0).sqrt() * (1.0 - across.powf(2.6)).max(0.0).sqrt();
        let from_seal = (length / 2.0 - seal - x.abs()).max(0.0);
        // Pleats run from the seals into the belly and die out; the belly has slow dents.
        let pleats = 2.0
            * (-from_seal / 15.0).exp()
            * (from_seal / 4.0).min(1.0)
            * noise.creases(y / 8.0, x / 60.0);
        let belly = fill
            * (2.0 * noise.at(x / 26.0, y / 24.0)
                + 1.3 * fine.creases(x / 26.0 + y / 40.0, y / 17.0));
        let crimp = if along >= 1.0 { 0.45 * (x * 2.6).sin() } else { 0.0 };
        // Filled, a sheet draws its rims together.
        let waist = 1.0 - 0.05 * (1.0 - along.powi(2)).max(0.0);
        let z =
            2.2 + (height - 3.0) * fill + pleats + belly + crimp + 0.5 * noise.at(x / 9.0, y / 9.0);
        Point::new([x, y * waist, z.max(0.6)], [u * length, v * width])
    });
    // From the rim down to the belt, so that no light shines through underneath.
    let skirt = Patch::grid((grid.0, 1), 0, Material::FOIL, |u, v| {
        let x = (u - 0.5) * length;
        let along = (2.0 * x / (length - 2.0 * seal)).abs();
        let waist = 1.0 - 0.05 * (1.0 - along.powi(2)).max(0.0);
        let at = [x * (1.0 - 0.04 * v), width / 2.0 * (waist - 0.06 * v), 2.4 * (1.0 - v)];
        Point::new(at, [u * length, width - 1.0])
    });
    Mesh { patches: vec![sheet, skirt] }
}

/// How far the film of a garment's bag stands beyond the cloth, in millimetres.
pub const BAG: f32 = 6.0;

/// A folded garment in its bag, seen in print 0. `folds` fixes how cloth and film lie.
pub fn garment(shape: Shape, folds: u64) -> Mesh {
    let Shape { length, width, height } = shape;
    let (noise, film) = (Noise(folds), Noise(folds ^ 0xF11A));
    let grid = ((length / 2.0) as usize, (width / 2.0) as usize);
    let sheet = Patch::grid(grid, 0, Material::FILM, |u, v| {
        let (x, y) = ((u - 0.5) * length, (v - 0.5) * width);
        let inward = (length / 2.0 - x.abs()).min(width / 2.0 - y.abs()) - BAG;
        let rise = (inward / 9.0).clamp(0.0, 1.0);
        let cloth = rise.sqrt() * (height - 2.0) * (0.93 + 0.1 * noise.at(x / 34.0, y / 30.0));
        let wrinkles = 0.9 * film.creases(x / 15.0 + y / 30.0, y / 23.0)
            + 0.7 * film.creases(x / 33.0 - y / 21.0 + 9.0, y / 40.0)
            + 0.35 * noise.at(x / 7.0, y / 7.0);
        Point::new([x, y, 1.0 + cloth + wrinkles], [u * length, v * width])
    });
    Mesh { patches: vec![sheet] }
}
