//! Surfaces: grids of points that are bent, dented and then drawn.
//!
//! Millimetres. x runs along the belt, y across it towards the near side, z upwards; the item rests on
//! z = 0 around x = y = 0.

use super::material::Material;
use crate::rng::Rng;

/// A place or a direction.
pub type V3 = [f32; 3];

/// A bent sheet with print on it.
#[derive(Debug, Clone)]
pub struct Patch {
    columns: usize,
    rows: usize,
    /// Its outside is where y × x of the grid points, not x × y.
    is_turned: bool,
    /// Row by row, one more each way than there are fields.
    pub points: Vec<Point>,
    /// Which print is on it.
    pub canvas: usize,
    /// What it is made of.
    pub material: Material,
}

/// A point of a sheet.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Where it is.
    pub at: V3,
    /// The place in the print, in millimetres.
    pub print: [f32; 2],
    /// Added to the surface's own normal: rounds an edge where two sheets meet.
    pub lean: V3,
    /// The normal; [`Patch::find_normals`] sets it.
    pub normal: V3,
}

impl Point {
    /// A point without lean.
    pub fn new(at: V3, print: [f32; 2]) -> Self {
        Self { at, print, lean: [0.0; 3], normal: [0.0; 3] }
    }
}

impl Patch {
    /// A grid of `columns` × `rows` fields; `point` gets both coordinates from 0 to 1.
    pub fn grid(
        (columns, rows): (usize, usize),
        canvas: usize,
        material: Material,
        mut point: impl FnMut(f32, f32) -> Point,
    ) -> Self {
        let mut points = Vec::with_capacity((columns + 1) * (rows + 1));
        for row in 0..=rows {
            for column in 0..=columns {
                points.push(point(column as f32 / columns as f32, row as f32 / rows as f32));
            }
        }
        Self { columns, rows, is_turned: false, points, canvas, material }
    }

    /// The same with its outside on the other side, if so asked.
    pub fn turned(self, is_turned: bool) -> Self {
        Self { is_turned, ..self }
    }

    /// Sets the normals from the points' places.
    pub fn find_normals(&mut self) {
        let across = self.columns + 1;
        let sign = if self.is_turned { -1.0 } else { 1.0 };
        for row in 0..=self.rows {
            let (above, below) = (row.saturating_sub(1), (row + 1).min(self.rows));
            for column in 0..across {
                let (before, after) = (column.saturating_sub(1), (column + 1).min(self.columns));
                let at = |row: usize, column: usize| self.points[row * across + column].at;
                let along = minus(at(row, after), at(row, before));
                let down = minus(at(below, column), at(above, column));
                let outward = cross(along, down).map(|part| part * sign);
                // In the middle of a lid all points of a row are one.
                let outward = if dot(outward, outward) < 1e-9 { [0.0, 0.0, 1.0] } else { outward };
                let point = &mut self.points[row * across + column];
                point.normal = unit(plus(unit(outward), point.lean));
            }
        }
    }

    /// The corners of each triangle, as indices of points.
    pub fn triangles(&self) -> impl Iterator<Item = [usize; 3]> + '_ {
        let across = self.columns + 1;
        (0..self.rows * self.columns).flat_map(move |field| {
            let first = field / self.columns * across + field % self.columns;
            let (right, below) = (first + 1, first + across);
            [[first, right, below], [right, below + 1, below]]
        })
    }
}

/// A thing: its surfaces.
#[derive(Debug, Clone, Default)]
pub struct Mesh {
    /// The sheets, drawn in this order.
    pub patches: Vec<Patch>,
}

impl Mesh {
    /// Moves every point.
    pub fn bend(&mut self, mut change: impl FnMut(V3) -> V3) {
        for point in self.patches.iter_mut().flat_map(|patch| &mut patch.points) {
            point.at = change(point.at);
        }
    }

    /// Turns it about the vertical by `yaw` radians, then shifts it.
    pub fn lay(&mut self, yaw: f32, by: V3) {
        let (sin, cos) = yaw.sin_cos();
        let turn = |[x, y, z]: V3| [x * cos - y * sin, x * sin + y * cos, z];
        for point in self.patches.iter_mut().flat_map(|patch| &mut patch.points) {
            point.at = plus(turn(point.at), by);
            point.lean = turn(point.lean);
        }
    }

    /// Sets all normals.
    pub fn find_normals(&mut self) {
        self.patches.iter_mut().for_each(Patch::find_normals);
    }

    /// Smallest and largest coordinates.
    pub fn bounds(&self) -> (V3, V3) {
        let mut bounds = ([f32::MAX; 3], [f32::MIN; 3]);
        for point in self.patches.iter().flat_map(|patch| &patch.points) {
            for axis in 0..3 {
                bounds.0[axis] = bounds.0[axis].min(point.at[axis]);
                bounds.1[axis] = bounds.1[axis].max(point.at[axis]);
            }
        }
        bounds
    }
}

/// Smooth noise of one value for each whole place, from -1 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Noise(pub u64);

impl Noise {
    /// Its value at a place.
    pub fn at(self, x: f32, y: f32) -> f32 {
        let (x0, y0) = (x.floor(), y.floor());
        let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
        let (fx, fy) = (smooth(x - x0), smooth(y - y0));
        let value = |dx: i64, dy: i64| {
            let place = ((x0 as i64 + dx) as u64).wrapping_mul(0x9E37_79B1)
                ^ ((y0 as i64 + dy) as u64).wrapping_mul(0x85EB_CA77_C2B2);
            (Rng::new(self.0 ^ place).unit() * 2.0 - 1.0) as f32
        };
        let upper = value(0, 0) * (1.0 - fx) + value(1, 0) * fx;
        let lower = value(0, 1) * (1.0 - fx) + value(1, 1) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    /// Sharp ridges where the noise crosses zero, from 0 to 1: creases.
    pub fn creases(self, x: f32, y: f32) -> f32 {
        let ridge = 1.0 - self.at(x, y).abs() * 2.4;
        ridge.max(0.0)
    }
}

/// The sum of two directions.
pub fn plus(a: V3, b: V3) -> V3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// From `b` to `a`.
pub fn minus(a: V3, b: V3) -> V3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// The scalar product.
pub fn dot(a: V3, b: V3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The vector product.
pub fn cross(a: V3, b: V3) -> V3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The direction with length 1; upwards where there is none.
pub fn unit(a: V3) -> V3 {
    let length = dot(a, a).sqrt();
    if length < 1e-9 { [0.0, 0.0, 1.0] } else { a.map(|part| part / length) }
}
