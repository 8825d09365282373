//! Shadows: what stands between a place and the lamp, and how near the belt it is.

use super::{
    material::LAMP,
    mesh::{Mesh, V3},
};

/// Side of a cell, in millimetres.
const CELL: f32 = 1.0;
/// A place is shadowed by what is so much higher along the lamp's ray, in millimetres.
const BIAS: f32 = 3.5;
/// Darkness of the lamp's shadow on the belt, and of the gap between an item and the belt.
const LAMP_SHADOW: f32 = 0.38;
const GAP_SHADOW: f32 = 0.34;

/// The highest point over each cell of the belt, along the lamp's rays.
pub struct Shadow {
    left: f32,
    top: f32,
    width: usize,
    height: usize,
    highest: Vec<f32>,
    /// How dark the belt is.
    belt: Vec<f32>,
    /// Walls around the item, as high as this: a tote's.
    walls: Option<Walls>,
}

/// The inside of a tote.
#[derive(Debug, Clone, Copy)]
pub struct Walls {
    /// Half of its length inside, in millimetres.
    pub half_length: f32,
    /// Half of its width inside.
    pub half_width: f32,
    /// How high they are.
    pub height: f32,
    /// Its floor.
    pub floor: f32,
}

impl Shadow {
    /// The shadow of these things, which lie between these corners.
    pub fn of(things: &[&Mesh], (low, high): (V3, V3), walls: Option<Walls>) -> Self {
        let reach = high[2] * 0.6 + 14.0;
        let (left, top) = (low[0] - reach, low[1] - reach);
        let cells = |from: f32, to: f32| ((to - from) / CELL).ceil() as usize + 1;
        let (width, height) = (cells(left, high[0] + reach), cells(top, high[1] + reach));
        let mut shadow = Self {
            left,
            top,
            width,
            height,
            highest: vec![0.0; width * height],
            belt: vec![0.0; width * height],
            walls,
        };
        let mut straight = vec![0.0; width * height];
        for mesh in things {
            shadow.cast(mesh, [0.0, 0.0], &mut straight);
        }
        let slope = [LAMP[0] / LAMP[2], LAMP[1] / LAMP[2]];
        let mut highest = vec![0.0; width * height];
        for mesh in things {
            shadow.cast(mesh, slope, &mut highest);
        }
        let soft = |map: &[f32], radius: usize| {
            let dark: Vec<f32> = map.iter().map(|z| f32::from(*z > 1.5)).collect();
            let once = blurred(&dark, width, radius);
            blurred(&once, width, radius)
        };
        let (lamp, gap) = (soft(&highest, 2), soft(&straight, 4));
        for (dark, (lamp, gap)) in shadow.belt.iter_mut().zip(lamp.iter().zip(&gap)) {
            *dark = 1.0 - (1.0 - LAMP_SHADOW * lamp) * (1.0 - GAP_SHADOW * gap);
        }
        shadow.highest = highest;
        shadow
    }

    /// Enters the heights of a thing, moved by `slope` for each millimetre of height.
    fn cast(&self, mesh: &Mesh, slope: [f32; 2], map: &mut [f32]) {
        for patch in &mesh.patches {
            for triangle in patch.triangles() {
                let corners = triangle.map(|corner| {
                    let [x, y, z] = patch.points[corner].at;
                    let cell = |at: f32, from: f32| (at - from) / CELL;
                    [cell(x - z * slope[0], self.left), cell(y - z * slope[1], self.top), z]
                });
                self.fill(corners, map);
            }
        }
    }

    fn fill(&self, [a, b, c]: [V3; 3], map: &mut [f32]) {
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area.abs() < 1e-5 {
            return;
        }
        let low = |axis: usize| a[axis].min(b[axis]).min(c[axis]).floor().max(0.0) as usize;
        let high = |axis: usize| a[axis].max(b[axis]).max(c[axis]).ceil().max(0.0) as usize;
        for row in low(1)..=high(1).min(self.height - 1) {
            for column in low(0)..=high(0).min(self.width - 1) {
                let (x, y) = (column as f32, row as f32);
                let of_b = ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / area;
                let of_c = ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / area;
                if of_b < -1e-3 || of_c < -1e-3 || of_b + of_c > 1.001 {
                    continue;
                }
                let z = a[2] + of_b * (b[2] - a[2]) + of_c * (c[2] - a[2]);
                let cell = &mut map[row * self.width + column];
                *cell = cell.max(z);
            }
        }
    }

    /// The share of the lamp and of the surroundings that reaches a place with this normal.
    pub fn light_at(&self, [x, y, z]: V3, normal: V3) -> (f32, f32) {
        let (sx, sy) = (x - z * LAMP[0] / LAMP[2], y - z * LAMP[1] / LAMP[2]);
        let free = [(0.0, 0.0), (1.6, 0.4), (-1.6, -0.4), (0.4, -1.6), (-0.4, 1.6)];
        let sun = free
            .iter()
            .filter(|(dx, dy)| self.cell(&self.highest, sx + dx, sy + dy) < z + BIAS)
            .count() as f32
            / free.len() as f32;
        // Where a wall meets the belt there is little light.
        let steep = 1.0 - normal[2].abs();
        let mut sky = 1.0 - 0.35 * steep * (1.0 - (z / 9.0).min(1.0));
        if let Some(walls) = self.walls
            && x.abs() < walls.half_length + 1.0
            && y.abs() < walls.half_width + 1.0
        {
            let deep = ((walls.height - z) / walls.height).clamp(0.0, 1.0);
            let beside = (walls.half_length - x.abs()).min(walls.half_width - y.abs()).max(0.0);
            sky *= 1.0 - 0.3 * deep - 0.28 * deep * (-beside / 9.0).exp();
            // What lies on the tote's floor darkens it around itself.
            if z < walls.floor + 1.0 {
                sky *= 1.0 - 0.8 * self.cell(&self.belt, x, y).min(0.4);
            }
        }
        (sun, sky)
    }

    /// How dark the belt is at a place, from 0 to 1.
    pub fn on_belt(&self, [x, y, _]: V3) -> f32 {
        self.cell(&self.belt, x, y)
    }

    fn cell(&self, map: &[f32], x: f32, y: f32) -> f32 {
        let (column, row) = ((x - self.left) / CELL, (y - self.top) / CELL);
        if column < 0.0 || row < 0.0 || column >= self.width as f32 || row >= self.height as f32 {
            return 0.0;
        }
        map[row as usize * self.width + column as usize]
    }
}

/// The mean over a square of cells around each.
fn blurred(map: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let height = map.len() / width;
    let pass = |map: &[f32], count: usize, length: usize, step: usize, skip: usize| {
        let mut out = vec![0.0; map.len()];
        for line in 0..count {
            let start = line * skip;
            for at in 0..length {
                let (from, to) = (at.saturating_sub(radius), (at + radius).min(length - 1));
                let sum: f32 = (from..=to).map(|at| map[start + at * step]).sum();
                out[start + at * step] = sum / (2 * radius + 1) as f32;
            }
        }
        out
    };
    let rows = pass(map, height, width, 1, width);
    pass(&rows, width, height, width, 1)
}
