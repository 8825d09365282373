//! How damage looks: holes and stains in the print, dents in the surface.

use super::{
    brush::Area,
    catalogue::Kind,
    mesh::{Mesh, Noise, V3},
};
use crate::{
    rng::Rng,
    scene::canvas::{Canvas, Rgb, mix},
};

/// What a hole in something of this kind shows: its rim, what lies behind, and the depth.
fn inside(kind: Kind) -> [Rgb; 3] {
    match kind {
        Kind::Carton | Kind::Book => [[232, 225, 210], [142, 108, 74], [62, 45, 32]],
        Kind::Tin => [[196, 190, 182], [92, 66, 50], [28, 24, 24]],
        Kind::Bottle => [[240, 238, 232], [186, 190, 186], [120, 130, 128]],
        Kind::Pouch => [[236, 238, 240], [96, 84, 70], [40, 32, 26]],
        Kind::Garment => [[250, 250, 250], [84, 80, 82], [36, 34, 38]],
    }
}

/// A place in an area, at least `margin` from its rim.
fn place(area: Area, margin: f32, rng: &mut Rng) -> (f32, f32) {
    let mut within = |from: f32, length: f32| {
        let margin = margin.min(length / 2.5);
        rng.between(f64::from(from + margin), f64::from(from + length - margin)) as f32
    };
    (within(area.x, area.width), within(area.y, area.height))
}

/// Rips a printed face open somewhere in an area.
pub fn tear(canvas: &mut Canvas, area: Area, kind: Kind, rng: &mut Rng) {
    let (x, y) = place(area, 17.0, rng);
    let (sin, cos) = (rng.between(-0.7, 0.7) as f32).sin_cos();
    let length = (area.width * 0.36).clamp(26.0, 42.0);
    let width = rng.between(8.0, 12.0) as f32;
    const TEETH: usize = 16;
    let mut side = |sign: f32, grow: f32| -> Vec<(f32, f32)> {
        (0..=TEETH)
            .map(|tooth| {
                let part = tooth as f32 / TEETH as f32;
                let bulge = (part * std::f32::consts::PI).sin().max(0.0).powf(0.7) * width / 2.0;
                let off = sign * (bulge * rng.between(0.65, 1.3) as f32 + grow);
                let along = (part - 0.5) * (length + 2.0 * grow);
                (x + along * cos - off * sin, y + along * sin + off * cos)
            })
            .collect()
    };
    let [rim, behind, deep] = inside(kind);
    let mut outline = |grow: f32| {
        let (upper, lower) = (side(-1.0, grow), side(1.0, grow));
        upper.into_iter().chain(lower.into_iter().rev()).collect::<Vec<_>>()
    };
    canvas.polygon(&outline(1.1), rim);
    let hole = outline(0.0);
    canvas.polygon(&hole, behind);
    // The upper rim throws a shadow into the hole.
    let sunk: Vec<_> =
        hole.iter().map(|(px, py)| (x + (px - x) * 0.8, y - 0.8 + (py - y) * 0.6)).collect();
    canvas.polygon(&sunk, deep);
    // A flap that is turned back, lit from above.
    let flap: Vec<_> = (0..=8)
        .map(|i| {
            let part = i as f32 / 8.0;
            let off = width * (0.45 + 0.5 * (part * std::f32::consts::PI).sin());
            let along = (part - 0.5) * length * 0.6;
            (x + along * cos - off * sin, y + along * sin + off * cos)
        })
        .chain((0..=8).rev().map(|i| {
            let along = (i as f32 / 8.0 - 0.5) * length * 0.7;
            let off = width * 0.42;
            (x + along * cos - off * sin, y + along * sin + off * cos)
        }))
        .collect();
    let shade: Vec<_> = flap.iter().map(|(x, y)| (x + 1.4, y + 1.6)).collect();
    canvas.polygon(&shade, deep.map(|c| c / 2 + 40));
    canvas.polygon(&flap, rim);
}

/// Spills something on a face somewhere in an area.
pub fn stain(canvas: &mut Canvas, area: Area, rng: &mut Rng) {
    let (x, y) = place(area, 14.0, rng);
    // Coffee on what is light, milk on what is dark.
    let (mut light, mut count) = (0.0, 0.0);
    canvas.each(|px, py, pixel| {
        if (px - x).abs() < 12.0 && (py - y).abs() < 12.0 {
            light += pixel[..3].iter().map(|channel| f32::from(*channel)).sum::<f32>() / 3.0;
            count += 1.0;
        }
    });
    let liquid = if light < 122.0 * count {
        rng.pick(&[[206u8, 198, 176], [188, 170, 128]])
    } else {
        rng.pick(&[[86u8, 55, 28], [64, 44, 30], [38, 50, 44], [96, 30, 28]])
    };
    let mut drops = |count: usize, reach: f64, sizes: (f64, f64)| -> Vec<(f32, f32, f32)> {
        let mut drop = |_| {
            let mut away = || rng.between(-reach, reach) as f32;
            let (dx, dy) = (away(), away());
            (x + dx, y + dy, rng.between(sizes.0, sizes.1) as f32)
        };
        (0..count).map(&mut drop).collect()
    };
    let blobs = drops(6, 9.0, (4.0, 9.0));
    let drops = drops(4, 22.0, (0.8, 1.9));
    let uneven = Noise(rng.bits());
    canvas.each(|px, py, pixel| {
        if (px - x).abs() > 34.0 || (py - y).abs() > 34.0 {
            return;
        }
        let near = |(bx, by, r): &(f32, f32, f32)| {
            (-((px - bx).powi(2) + (py - by).powi(2)) / (r * r) * 1.4).exp()
        };
        let wet: f32 = blobs.iter().chain(&drops).map(near).sum();
        let wet = wet + 0.1 * uneven.at(px / 3.0, py / 3.0);
        if wet < 0.26 {
            return;
        }
        // A drying stain is darkest at its rim.
        let soft = ((wet - 0.26) / 0.05).min(1.0);
        let rim = (-((wet - 0.34) / 0.08).powi(2)).exp();
        let part = soft * (0.5 + 0.27 * rim + 0.06 * uneven.at(px / 6.0, py / 6.0));
        for (channel, liquid) in pixel[..3].iter_mut().zip(liquid) {
            *channel = mix(*channel, liquid, part);
        }
    });
}

/// Pierces a face somewhere in an area; returns the place.
pub fn puncture(canvas: &mut Canvas, area: Area, kind: Kind, rng: &mut Rng) -> (f32, f32) {
    let (x, y) = place(area, 12.0, rng);
    let [rim, behind, deep] = inside(kind);
    let size = rng.between(5.0, 7.5) as f32;
    let points = 9 + rng.below(5);
    let star = |size: f32, rng: &mut Rng| -> Vec<(f32, f32)> {
        (0..points * 2)
            .map(|i| {
                let angle = i as f32 / (points * 2) as f32 * std::f32::consts::TAU;
                let out = size
                    * if i % 2 == 0 { rng.between(0.9, 1.45) } else { rng.between(0.55, 0.8) }
                        as f32;
                (x + out * angle.cos(), y + out * angle.sin())
            })
            .collect()
    };
    let outer = star(size * 1.3, rng);
    canvas.polygon(&outer, rim);
    canvas.polygon(&star(size, rng), behind);
    canvas.ellipse(x, y - 0.4, size * 0.6, size * 0.55, deep);
    // Cracks that run outwards.
    for _ in 0..5 {
        let angle = rng.between(0.0, std::f64::consts::TAU) as f32;
        let (sin, cos) = angle.sin_cos();
        let end = size * rng.between(1.9, 2.8) as f32;
        let at = |out: f32, side: f32| (x + out * cos - side * sin, y + out * sin + side * cos);
        canvas.polygon(&[at(size, -0.6), at(end, 0.0), at(size, 0.6)], deep.map(|c| c / 2 + 60));
    }
    (x, y)
}

/// Pushes the surface in around a place, along a direction.
#[derive(Debug, Clone, Copy)]
pub struct Dent {
    /// The middle of it.
    pub at: V3,
    /// How far the middle is moved, in millimetres.
    pub push: V3,
    /// How far it reaches.
    pub reach: f32,
    /// Height of the creases in it, in millimetres.
    pub creases: f32,
    /// Fixes the creases.
    pub seed: u64,
}

impl Dent {
    /// Bends a thing.
    pub fn apply(self, mesh: &mut Mesh) {
        let noise = Noise(self.seed);
        mesh.bend(|[x, y, z]| {
            let away = [x - self.at[0], y - self.at[1], z - self.at[2]];
            let distance = (away[0].powi(2) + away[1].powi(2) + away[2].powi(2)).sqrt();
            // An uneven rim: material does not give way in circles.
            let reach = self.reach * (1.0 + 0.22 * noise.at(x / 9.0 + z / 11.0, y / 9.0));
            let inward = 1.0 - distance / reach;
            if inward <= 0.0 {
                return [x, y, z];
            }
            let part = inward * inward * (3.0 - 2.0 * inward);
            let fold = self.creases
                * (noise.creases(x / 5.5 + z / 7.0, y / 5.5 + z / 6.0) - 0.35)
                * (inward * 3.0).min(1.0);
            [
                x + self.push[0] * part + fold * 0.25,
                y + self.push[1] * part + fold * 0.25,
                (z + self.push[2] * part + fold).max(0.2),
            ]
        });
    }
}
