//! Where a tote lies: the pose in which its rim fits the view best.
//!
//! What lies in a tote hides its floor, never its rim; so only points of the rim are compared, and each of them counts
//! no more than a limit, so that a hand, a flap or a label over a part of the rim does not matter.

use super::raster::Raster;

/// Most that a point's colour may differ and still count in proportion: three channels of 40 levels.
const DIFFERENCE_MAX: f32 = 120.0;
/// A point fits if its colour differs by no more than this in all three channels together.
const FITS: f32 = 60.0;
/// Steps of the first search, in pixels of the small copy and in degrees.
const STEP: f32 = 4.0;
const TURN_STEP: f32 = 4.0;
/// A tote is turned by no more than this, in degrees, against those that were learned from: what guides totes on a
/// belt leaves them no more.
const TURN_MAX: f32 = 8.0;
/// How far beyond the places of the pictures that were learned from a tote is looked for, in pixels of the small copy.
pub(super) const BEYOND: f32 = 20.0;

/// How a tote lies: where its middle is, in pixels of the small copy, and its turn in radians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pose {
    pub x: f32,
    pub y: f32,
    pub turn: f32,
}

impl Pose {
    /// Where a place of the tote comes to lie, given from its middle.
    pub fn apply(self, u: f32, v: f32) -> (f32, f32) {
        let (sin, cos) = self.turn.sin_cos();
        (self.x + u * cos - v * sin, self.y + u * sin + v * cos)
    }

    /// Which place of the tote, from its middle, lies at a place of the view.
    pub fn back(self, x: f32, y: f32) -> (f32, f32) {
        let (sin, cos) = self.turn.sin_cos();
        let (x, y) = (x - self.x, y - self.y);
        (x * cos + y * sin, y * cos - x * sin)
    }
}

/// A point of a tote, from its middle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub u: f32,
    pub v: f32,
    pub colour: [f32; 3],
}

/// Where totes of one kind were seen: the least and the greatest x and y of their middles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub x: (f32, f32),
    pub y: (f32, f32),
}

/// A pose and how well it fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub pose: Pose,
    /// Sum of the points' differences.
    cost: f32,
    /// Share of the points that fit.
    pub share: f32,
}

/// The pose, near `places`, in which `points` fit `view` best to within a step, and the mean difference of a point there.
pub(super) fn search(view: &Raster, points: &[Point], places: Places) -> (Pose, f32) {
    // The first search takes one point in four.
    let some: Vec<Point> = points.iter().step_by(4).copied().collect();
    let steps = |(low, high): (f32, f32), beyond: f32, step: f32| {
        let count = ((high - low + 2.0 * beyond) / step).ceil() as usize;
        (0..=count).map(move |at| low - beyond + at as f32 * step)
    };
    let mut best = (f32::INFINITY, Pose { x: 0.0, y: 0.0, turn: 0.0 });
    for turn in steps((0.0, 0.0), TURN_MAX, TURN_STEP).map(f32::to_radians) {
        let turned: Vec<(f32, f32, [f32; 3])> = some
            .iter()
            .map(|point| {
                let (x, y) = Pose { x: 0.0, y: 0.0, turn }.apply(point.u, point.v);
                (x, y, point.colour)
            })
            .collect();
        for y in steps(places.y, BEYOND, STEP) {
            for x in steps(places.x, BEYOND, STEP) {
                let mut sum = 0.0;
                for (u, v, colour) in &turned {
                    sum += match view.pixel(x + u, y + v) {
                        Some(seen) => difference(seen.map(f32::from), *colour),
                        None => DIFFERENCE_MAX,
                    };
                    if sum >= best.0 {
                        break;
                    }
                }
                if sum < best.0 {
                    best = (sum, Pose { x, y, turn });
                }
            }
        }
    }
    (best.1, best.0 / some.len().max(1) as f32)
}

/// The pose near `from` that fits best: by ever smaller steps, as long as one of them is an improvement.
pub(super) fn refined(view: &Raster, points: &[Point], from: Pose) -> Fit {
    let mut best = fit(view, points, from);
    let mut step = STEP / 2.0;
    while step > 0.2 {
        let turn = (step * TURN_STEP / STEP).to_radians();
        let Pose { x, y, turn: at } = best.pose;
        let near = [
            Pose { x: x + step, y, turn: at },
            Pose { x: x - step, y, turn: at },
            Pose { x, y: y + step, turn: at },
            Pose { x, y: y - step, turn: at },
            Pose { x, y, turn: at + turn },
            Pose { x, y, turn: at - turn },
        ];
        let better = near
            .into_iter()
            .map(|pose| fit(view, points, pose))
            .min_by(|a, b| a.cost.total_cmp(&b.cost))
            .filter(|fit| fit.cost < best.cost);
        match better {
            Some(better) => best = better,
            None => step /= 2.0,
        }
    }
    best
}

fn fit(view: &Raster, points: &[Point], pose: Pose) -> Fit {
    let (mut cost, mut fitting) = (0.0, 0);
    for point in points {
        let (x, y) = pose.apply(point.u, point.v);
        let inside =
            x >= 0.0 && y >= 0.0 && x <= view.width as f32 - 1.0 && y <= view.height as f32 - 1.0;
        let apart = if inside { difference(view.at(x, y), point.colour) } else { DIFFERENCE_MAX };
        cost += apart;
        fitting += usize::from(apart <= FITS);
    }
    Fit { pose, cost, share: fitting as f32 / points.len().max(1) as f32 }
}

fn difference(a: [f32; 3], b: [f32; 3]) -> f32 {
    ((a[0] - b[0]).abs() + (a[1] - b[1]).abs() + (a[2] - b[2]).abs()).min(DIFFERENCE_MAX)
}
