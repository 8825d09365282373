//! The **silhouette**: an item's outline in a few numbers that do not change when it is moved or
//! turned. A limb that is missing, a flap that stands out or a hole changes them, also where every
//! spot of the item looks as it should.
//!
//! The numbers are the area, the outline's length against that of a disc of the same area, how much
//! of the convex hull the item fills, how long it is against its width (from second moments: M.-K.
//! Hu, "Visual pattern recognition by moment invariants", 1962), the holes, and how its pixels
//! spread around the middle: quantiles of their distances, in units of the root of the area.

use base::hull::hull;
use features::localise::Mask;

/// Shares of the item's pixels that lie nearer to its middle than the quantile.
const QUANTILES: [f64; 5] = [0.5, 0.75, 0.9, 0.97, 1.0];
/// Numbers of a silhouette.
pub(super) const NUMBERS: usize = 5 + QUANTILES.len();
/// The least spread of each number among normal items: masks are uncertain by a pixel or two.
pub(super) const SPREAD_MIN: f32 = 0.02;

/// The silhouette of the item in `mask`; `None` where there is none, or where it is all of the view
/// and has no outline.
pub(super) fn silhouette(mask: &Mask) -> Option<Vec<f32>> {
    let extent = mask.extent().filter(|item| item.area < mask.pixels().len())?;
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let area = extent.area as f64;
    let (middle_x, middle_y) = extent.centroid;
    let inside = mask.pixels();
    let mut sides = 0usize;
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    let mut distances = Vec::with_capacity(extent.area);
    let mut corners: Vec<[f32; 2]> = Vec::new();
    for y in 0..height {
        let row = &inside[y * width..(y + 1) * width];
        let (Some(first), Some(last)) =
            (row.iter().position(|inside| *inside), row.iter().rposition(|inside| *inside))
        else {
            continue;
        };
        for x in [first, last + 1] {
            corners.extend([[x as f32, y as f32], [x as f32, y as f32 + 1.0]]);
        }
        for x in (first..=last).filter(|x| row[*x]) {
            let (dx, dy) = (x as f64 + 0.5 - middle_x, y as f64 + 0.5 - middle_y);
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
            distances.push(dx.hypot(dy) as f32);
            sides += usize::from(x == 0 || !row[x - 1])
                + usize::from(x + 1 == width || !row[x + 1])
                + usize::from(y == 0 || !inside[(y - 1) * width + x])
                + usize::from(y + 1 == height || !inside[(y + 1) * width + x]);
        }
    }
    let corners = hull(&corners);
    let turns = corners.iter().zip(corners.iter().cycle().skip(1));
    let hull_area = turns
        .map(|(a, b)| f64::from(a[0]) * f64::from(b[1]) - f64::from(b[0]) * f64::from(a[1]))
        .sum::<f64>()
        .abs()
        / 2.0;
    // A pixel is a square and no point.
    (xx, yy) = (xx + area / 12.0, yy + area / 12.0);
    // Half the difference and the mean of the two second moments.
    let (half, mean) = (((xx - yy) / 2.0).hypot(xy), (xx + yy) / 2.0);
    let (major, minor) = (mean + half, (mean - half).max(1e-3 * mean));
    let share = area / inside.len() as f64;
    let mut numbers = vec![
        share.ln(),
        // Sides of pixels make an outline a fourth longer than it is, of every item alike.
        (sides as f64 / (2.0 * (std::f64::consts::PI * area).sqrt())).ln(),
        area / hull_area.max(1.0),
        0.5 * (major / minor).ln(),
        (mask.holes() as f64 / area).sqrt(),
    ];
    distances.sort_unstable_by(f32::total_cmp);
    let root = area.sqrt();
    numbers.extend(QUANTILES.map(|share| {
        let at = ((distances.len() as f64 * share).ceil() as usize).clamp(1, distances.len());
        f64::from(distances[at - 1]) / root
    }));
    let numbers: Vec<f32> = numbers.into_iter().map(|number| number as f32).collect();
    debug_assert_eq!(numbers.len(), NUMBERS);
    numbers.iter().all(|number| number.is_finite()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::super::cloud::Cloud;
    use super::*;

    /// A cross of four arms, turned by `turn` radians and moved; `arms` of them are there.
    fn cross(turn: f64, moved: f64, arms: usize) -> Mask {
        let (sin, cos) = turn.sin_cos();
        Mask::from_fn(200, 200, |x, y| {
            let (x, y) = (f64::from(x) - 100.0 - moved, f64::from(y) - 95.0);
            let (u, v) = (x * cos + y * sin, y * cos - x * sin);
            let arm = |along: f64, across: f64| (0.0..60.0).contains(&along) && across.abs() < 14.0;
            let all = [arm(u, v), arm(v, u), arm(-u, v), arm(-v, u)];
            all[..arms].iter().any(|arm| *arm)
        })
    }

    #[test]
    fn a_turned_item_has_the_same_silhouette_and_one_without_a_limb_has_another() {
        let normals: Vec<Vec<f32>> =
            (0..16).map(|at| silhouette(&cross(at as f64 * 0.4, at as f64, 4)).unwrap()).collect();
        let (cloud, levels) = Cloud::learn(&normals, &[], SPREAD_MIN).unwrap();
        let level = |mask: &Mask| cloud.level(&silhouette(mask).unwrap()).unwrap();
        let worst = levels.iter().copied().fold(f32::MIN, f32::max);
        assert!(level(&cross(0.9, 3.0, 4)) <= f64::from(worst) + 0.5);
        assert!(level(&cross(0.9, 3.0, 3)) > f64::from(worst) + 1.0);
    }

    #[test]
    fn an_empty_view_and_one_that_the_item_fills_have_no_silhouette() {
        assert_eq!(silhouette(&Mask::from_fn(20, 20, |_, _| false)), None);
        assert_eq!(silhouette(&Mask::from_fn(20, 20, |_, _| true)), None);
        assert!(silhouette(&Mask::from_fn(20, 20, |x, y| (x, y) == (3, 3))).is_some());
    }

    #[test]
    fn a_disc_is_as_compact_as_can_be() {
        let disc =
            Mask::from_fn(100, 100, |x, y| (f64::from(x) - 50.0).hypot(f64::from(y) - 50.0) < 30.0);
        let found = silhouette(&disc).unwrap();
        assert!((f64::from(found[1]) - (4.0 / std::f64::consts::PI).ln()).abs() < 0.05);
        assert!(found[2] > 0.95 && found[3].abs() < 0.02, "{found:?}");
    }
}
