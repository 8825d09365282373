//! **Geometric verification**: whether key points that look alike also lie alike.
//!
//! A *pair* is a key point of a reference and one of a view whose descriptors are near. On the wrong item
//! pairs fall anywhere; on the right one, all pairs of one side of a carton follow one *affine map* (shift,
//! turn, scale, shear) from reference to view. Each clear pair alone proposes a map, since both its points
//! have a size and a direction; the proposals with the most followers are fitted to them by least squares.
//! Trying every pair instead of random ones makes the answer the same each time (D. Lowe 2004, section 7,
//! does so with a vote; clutter in shops needs the fit).

use serde::{Deserialize, Serialize};

use super::keypoints::KeyPoint;

/// Maps proposed for a view and a reference; more cost time and find nothing new.
const PROPOSALS: usize = 80;
/// Proposals that are fitted.
const FITTED: usize = 4;
/// Followers of a proposal lie within this distance, in pixels: one point's size and direction are rough.
const ROUGH: f32 = 25.0;
/// Followers of a fitted map lie within this distance, in pixels; the sides of cartons are seen askew.
const FINE: f32 = 8.0;
/// Least cosine of the turn between a follower and the proposal, and factor e^0.6 between their scales.
const SAME_TURN: f32 = 0.82;
const SAME_SCALE: f32 = 0.65;
/// A map needs this many followers.
const FEWEST: usize = 4;
/// What a camera can do to an item: enlarge its area by at most 9, shrink it to a thirtieth, and shorten one
/// direction 3.5 times as much as the other.
const AREA: [f32; 2] = [0.03, 9.0];
const ASKEW: f32 = 3.5;

/// An affine map of points: `x' = a x + b y + c`, `y' = d x + e y + f`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Affine(pub [f32; 6]);

impl Affine {
    /// Where a point goes.
    pub fn apply(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [a, b, c, d, e, f] = self.0;
        [a * x + b * y + c, d * x + e * y + f]
    }

    /// By how much it enlarges areas; negative where it mirrors.
    pub fn area(&self) -> f32 {
        let [a, b, _, d, e, _] = self.0;
        a * e - b * d
    }

    /// Its largest scale divided by its smallest, over all directions; 1 for a turn.
    pub fn askew(&self) -> f32 {
        let [a, b, _, d, e, _] = self.0;
        let (even, odd) = ((a + e).hypot(d - b), (a - e).hypot(d + b));
        (even + odd) / (even - odd).abs()
    }

    /// The map that takes `from` nearest to `to`, by the sum of squares; `None` for points on one line.
    fn fitted(from: &[[f32; 2]], to: &[[f32; 2]]) -> Option<Self> {
        let count = from.len() as f32;
        let mean = |points: &[[f32; 2]], axis: usize| {
            points.iter().map(|point| point[axis]).sum::<f32>() / count
        };
        let (from_mean, to_mean) = ([mean(from, 0), mean(from, 1)], [mean(to, 0), mean(to, 1)]);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        let mut across = [[0.0f32; 2]; 2];
        for (p, q) in from.iter().zip(to) {
            let (x, y) = (p[0] - from_mean[0], p[1] - from_mean[1]);
            (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
            for (row, sums) in across.iter_mut().enumerate() {
                let moved = q[row] - to_mean[row];
                sums[0] += x * moved;
                sums[1] += y * moved;
            }
        }
        let area = xx * yy - xy * xy;
        if area.is_nan() || area <= 1e-6 * (xx + yy).powi(2) {
            return None;
        }
        let row = |[sx, sy]: [f32; 2], to: f32| {
            let (a, b) = ((sx * yy - sy * xy) / area, (sy * xx - sx * xy) / area);
            [a, b, to - a * from_mean[0] - b * from_mean[1]]
        };
        let ([a, b, c], [d, e, f]) = (row(across[0], to_mean[0]), row(across[1], to_mean[1]));
        Some(Self([a, b, c, d, e, f]))
    }

    /// Whether a camera can have done it.
    fn is_possible(&self) -> bool {
        self.area() > AREA[0] && self.area() < AREA[1] && self.askew() < ASKEW
    }
}

/// Two key points that look alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The reference's.
    pub reference: KeyPoint,
    /// The view's.
    pub view: KeyPoint,
    /// Squared distance of the descriptors divided by that of the reference's next best; `None` where it is
    /// too near 1 for the pair to propose a map.
    pub clear: Option<f32>,
}

/// How a pair moves, turns and scales.
struct Motion {
    log_scale: f32,
    turn: f32,
}

impl Pair {
    fn motion(&self) -> Motion {
        Motion {
            log_scale: (self.view.size / self.reference.size).ln(),
            turn: self.view.angle - self.reference.angle,
        }
    }

    /// The shift, turn and scale of this pair alone.
    fn proposal(&self, motion: &Motion) -> Affine {
        let scale = motion.log_scale.exp();
        let (sin, cos) = (scale * motion.turn.sin(), scale * motion.turn.cos());
        let (from, to) = (self.reference, self.view);
        let shift = [to.x - cos * from.x + sin * from.y, to.y - sin * from.x - cos * from.y];
        Affine([cos, -sin, shift[0], sin, cos, shift[1]])
    }

    /// How far the map misses the view's point, in pixels.
    fn miss(&self, map: &Affine) -> f32 {
        let [x, y] = map.apply([self.reference.x, self.reference.y]);
        (x - self.view.x).hypot(y - self.view.y)
    }
}

/// A map that many pairs follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// From the reference to the view.
    pub map: Affine,
    /// The pairs that follow it, by their index.
    pub followers: Vec<usize>,
}

/// The map that most pairs follow; `None` where fewer than four follow any that a camera can have made.
pub fn agreement(pairs: &[Pair]) -> Option<Agreement> {
    let motions: Vec<Motion> = pairs.iter().map(Pair::motion).collect();
    let alike = |a: usize, b: usize| {
        (motions[a].turn - motions[b].turn).cos() > SAME_TURN
            && (motions[a].log_scale - motions[b].log_scale).abs() < SAME_SCALE
    };
    let follow = |map: &Affine, like: usize, within: f32| -> Vec<usize> {
        (0..pairs.len()).filter(|&i| alike(like, i) && pairs[i].miss(map) < within).collect()
    };
    let mut clear: Vec<(usize, f32)> =
        pairs.iter().enumerate().filter_map(|(i, pair)| Some((i, pair.clear?))).collect();
    clear.sort_by(|a, b| a.1.total_cmp(&b.1));
    clear.truncate(PROPOSALS);
    let mut proposals: Vec<(usize, Vec<usize>)> = clear
        .iter()
        .map(|&(i, _)| (i, follow(&pairs[i].proposal(&motions[i]), i, ROUGH)))
        .filter(|(_, followers)| followers.len() >= FEWEST)
        .collect();
    proposals.sort_by_key(|(_, followers)| std::cmp::Reverse(followers.len()));
    proposals.truncate(FITTED);
    let mut best: Option<Agreement> = None;
    for (like, mut followers) in proposals {
        let mut fitted = None;
        for within in [2.0 * FINE, FINE, FINE] {
            fitted = fit(pairs, &followers);
            let Some(map) = &fitted else { break };
            followers = follow(map, like, within);
        }
        let Some(map) = fitted.filter(Affine::is_possible) else { continue };
        let most = best.as_ref().map_or(FEWEST - 1, |best| best.followers.len());
        if followers.len() > most {
            best = Some(Agreement { map, followers });
        }
    }
    best
}

fn fit(pairs: &[Pair], followers: &[usize]) -> Option<Affine> {
    if followers.len() < FEWEST {
        return None;
    }
    let points = |of: fn(&Pair) -> KeyPoint| -> Vec<[f32; 2]> {
        followers.iter().map(|&i| of(&pairs[i])).map(|point| [point.x, point.y]).collect()
    };
    Affine::fitted(&points(|pair| pair.reference), &points(|pair| pair.view))
}

#[cfg(test)]
mod tests;
