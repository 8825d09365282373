//! Draws surfaces as a camera far away sees them: triangles with a depth buffer, four samples a pixel.

use image::RgbaImage;

use super::{
    material::LAMP,
    mesh::{Mesh, Patch, Point, V3, dot, unit},
    shadow::Shadow,
};
use crate::scene::canvas::PX_PER_MM;

/// Samples a pixel, along each side.
const FINE: usize = 2;

/// A camera's direction and scale. Everything is seen in parallel.
#[derive(Debug, Clone, Copy)]
pub struct Eye {
    /// How far down it looks, in radians: 0 is level, from the near side.
    pub pitch: f32,
    /// Pixels per millimetre.
    pub px_per_mm: f32,
}

impl Eye {
    /// Where a place comes to lie, in millimetres to the right and downwards, and how near it is.
    pub fn sees(&self, [x, y, z]: V3) -> V3 {
        let (sin, cos) = self.pitch.sin_cos();
        [x, y * sin - z * cos, y * cos + z * sin]
    }

    /// The direction away from the camera.
    fn away(&self) -> V3 {
        let (sin, cos) = self.pitch.sin_cos();
        [0.0, -cos, -sin]
    }

    /// The place on the belt that lies there in the picture.
    fn on_belt(&self, right: f32, down: f32) -> V3 {
        [right, down / self.pitch.sin(), 0.0]
    }
}

/// A finished drawing: RGBA, and where in it the place x = y = z = 0 lies.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Width in pixels.
    pub width: usize,
    /// The pixels, row by row; shadows on the belt are black and not opaque.
    pub pixels: Vec<[u8; 4]>,
    /// The column of x = 0.
    pub column: f32,
    /// The row of y = z = 0.
    pub row: f32,
}

/// The drawing while it is made.
pub struct Raster {
    eye: Eye,
    width: usize,
    height: usize,
    /// Of the upper left corner, in millimetres.
    left: f32,
    top: f32,
    depth: Vec<f32>,
    /// Colour times opacity, and opacity, for each sample.
    samples: Vec<[f32; 4]>,
}

impl Raster {
    /// Nothing yet, with room for everything between these corners and its shadow.
    pub fn new(eye: Eye, (low, high): (V3, V3)) -> Self {
        let corners = (0..8).map(|corner| {
            let pick = |axis: usize| if corner >> axis & 1 == 0 { low[axis] } else { high[axis] };
            eye.sees([pick(0), pick(1), pick(2)])
        });
        let (mut left, mut top, mut right, mut bottom) = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
        for [x, y, _] in corners {
            (left, right) = (left.min(x - 10.0), right.max(x + 10.0));
            (top, bottom) = (top.min(y - 6.0), bottom.max(y + 8.0));
        }
        // The lamp's shadow reaches beyond the thing.
        right += high[2] * -LAMP[0] / LAMP[2];
        top -= high[2] * LAMP[1] / LAMP[2] * eye.pitch.sin();
        let px = |mm: f32| (mm * eye.px_per_mm).ceil().max(1.0) as usize;
        let (width, height) = (px(right - left), px(bottom - top));
        let samples = width * height * FINE * FINE;
        Self {
            eye,
            width,
            height,
            left,
            top,
            depth: vec![f32::MIN; samples],
            samples: vec![[0.0; 4]; samples],
        }
    }

    /// Draws a thing whose normals are set, with these prints, in light of this strength.
    pub fn draw(&mut self, mesh: &Mesh, prints: &[RgbaImage], shadow: &Shadow, light: V3) {
        for patch in &mesh.patches {
            self.draw_patch(patch, &prints[patch.canvas], shadow, light);
        }
    }

    fn draw_patch(&mut self, patch: &Patch, print: &RgbaImage, shadow: &Shadow, light: V3) {
        let scale = self.eye.px_per_mm * FINE as f32;
        let seen: Vec<V3> = patch
            .points
            .iter()
            .map(|point| {
                let [x, y, near] = self.eye.sees(point.at);
                [(x - self.left) * scale, (y - self.top) * scale, near]
            })
            .collect();
        let away = self.eye.away();
        for triangle in patch.triangles() {
            let corners = triangle.map(|corner| &patch.points[corner]);
            // The far side of a thing is hidden by its near side.
            if corners.iter().all(|corner| dot(corner.normal, away) > 0.05) {
                continue;
            }
            let seen = triangle.map(|corner| seen[corner]);
            self.draw_triangle(corners, seen, |place, normal, [u, v], sample| {
                let texel = texel(print, u, v);
                if texel[3] < 1.0 {
                    return false;
                }
                let (sun, sky) = shadow.light_at(place, normal);
                let lit = patch.material.lit(normal, away, sun, sky);
                let opaque = texel[3] / 255.0;
                for channel in 0..3 {
                    let colour = (texel[channel] * lit.own + lit.white) * light[channel];
                    sample[channel] = sample[channel] * (1.0 - opaque) + colour.min(255.0) * opaque;
                }
                sample[3] = sample[3] * (1.0 - opaque) + opaque;
                true
            });
        }
    }

    /// Calls `shade` for each sample in a triangle that nothing nearer covers, with place, normal and
    /// print; it returns whether there is anything.
    #[inline]
    fn draw_triangle(
        &mut self,
        [p, q, r]: [&Point; 3],
        [a, b, c]: [V3; 3],
        mut shade: impl FnMut(V3, V3, [f32; 2], &mut [f32; 4]) -> bool,
    ) {
        let (columns, rows) = (self.width * FINE, self.height * FINE);
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        // Seen on edge: its neighbours are there.
        if area.abs() < 0.01 {
            return;
        }
        let rise = 1.0 / area;
        let first_row = a[1].min(b[1]).min(c[1]).floor().max(0.0) as usize;
        let last_row = (a[1].max(b[1]).max(c[1]).ceil().max(0.0) as usize).min(rows);
        let first = a[0].min(b[0]).min(c[0]).floor().max(0.0) as usize;
        let last = (a[0].max(b[0]).max(c[0]).ceil().max(0.0) as usize).min(columns);
        for row in first_row..last_row {
            let y = row as f32 + 0.5 - a[1];
            for column in first..last {
                let x = column as f32 + 0.5 - a[0];
                let of_b = (x * (c[1] - a[1]) - y * (c[0] - a[0])) * rise;
                let of_c = ((b[0] - a[0]) * y - (b[1] - a[1]) * x) * rise;
                let of_a = 1.0 - of_b - of_c;
                // A little beyond the rim, so that no sample falls between two neighbours.
                if of_a < -1e-4 || of_b < -1e-4 || of_c < -1e-4 {
                    continue;
                }
                let near = of_a * a[2] + of_b * b[2] + of_c * c[2];
                let at = row * columns + column;
                if near <= self.depth[at] {
                    continue;
                }
                let mix = |p: f32, q: f32, r: f32| of_a * p + of_b * q + of_c * r;
                let mix_all = |p: &V3, q: &V3, r: &V3| {
                    [mix(p[0], q[0], r[0]), mix(p[1], q[1], r[1]), mix(p[2], q[2], r[2])]
                };
                let normal = unit(mix_all(&p.normal, &q.normal, &r.normal));
                let place = mix_all(&p.at, &q.at, &r.at);
                let print = [
                    mix(p.print[0], q.print[0], r.print[0]),
                    mix(p.print[1], q.print[1], r.print[1]),
                ];
                if shade(place, normal, print, &mut self.samples[at]) {
                    self.depth[at] = near;
                }
            }
        }
    }

    /// The drawing, with the shadow on the belt beneath.
    pub fn finish(self, shadow: &Shadow) -> Drawing {
        let columns = self.width * FINE;
        let mut pixels = Vec::with_capacity(self.width * self.height);
        for row in 0..self.height {
            for column in 0..self.width {
                let mut sum = [0.0f32; 4];
                for fine in 0..FINE * FINE {
                    let at = (row * FINE + fine / FINE) * columns + column * FINE + fine % FINE;
                    for (sum, part) in sum.iter_mut().zip(self.samples[at]) {
                        *sum += part / (FINE * FINE) as f32;
                    }
                }
                let mut opaque = sum[3];
                if opaque < 0.999 {
                    let right = (column as f32 + 0.5) / self.eye.px_per_mm + self.left;
                    let down = (row as f32 + 0.5) / self.eye.px_per_mm + self.top;
                    opaque += (1.0 - opaque) * shadow.on_belt(self.eye.on_belt(right, down));
                }
                pixels.push(if opaque < 0.004 {
                    [0; 4]
                } else {
                    let colour = |channel: f32| (channel / opaque).clamp(0.0, 255.0) as u8;
                    [colour(sum[0]), colour(sum[1]), colour(sum[2]), (opaque * 255.0).round() as u8]
                });
            }
        }
        let (column, row) = (-self.left * self.eye.px_per_mm, -self.top * self.eye.px_per_mm);
        Drawing { width: self.width, pixels, column, row }
    }
}

/// The print's colour at a place in millimetres, smoothed between four of its pixels; what lies beyond
/// its rim is as its rim.
fn texel(print: &RgbaImage, x_mm: f32, y_mm: f32) -> [f32; 4] {
    let (width, height) = (print.width() as usize, print.height() as usize);
    let x = (x_mm * PX_PER_MM - 0.5).clamp(0.0, width as f32 - 1.001);
    let y = (y_mm * PX_PER_MM - 0.5).clamp(0.0, height as f32 - 1.001);
    let (column, row) = (x as usize, y as usize);
    let (fx, fy) = (x - column as f32, y - row as f32);
    let raw = print.as_raw();
    let at = |row: usize, column: usize| {
        let start = (row * width + column) * 4;
        [raw[start], raw[start + 1], raw[start + 2], raw[start + 3]].map(f32::from)
    };
    let (below, right) = ((row + 1).min(height - 1), (column + 1).min(width - 1));
    let (a, b, c, d) = (at(row, column), at(row, right), at(below, column), at(below, right));
    let (pa, pb, pc, pd) = ((1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy);
    let mix = |i: usize| a[i] * pa + b[i] * pb + c[i] * pc + d[i] * pd;
    [mix(0), mix(1), mix(2), mix(3)]
}
