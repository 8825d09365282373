//! Finds areas of bars and turns them upright.
//!
//! In a **block** of pixels the **structure tensor** is the sum of the products of the grey value's
//! slopes: xx, yy and xy. From it follow which way the slopes run and how much they agree (Bigün and
//! Granlund 1987). In a block of bars all slopes run across the bars; in a block of text, of a picture or
//! of a matrix code they run in many ways. Neighbouring blocks whose slopes run the same way make an
//! **area**.

use image::{GrayImage, Luma};

use crate::rectangle::{Rectangle, dot};
use crate::sample::bilinear;

/// The side of a block: a few bars of the coarsest codes, a part of the height of the smallest.
const BLOCK_PX: u32 = 12;
/// The mean square of the slopes in a block, in grey levels per two pixels, from which there are edges:
/// noise of 8 levels has 120 in all.
pub(super) const LEAST_SLOPE: f32 = 300.0;
/// The same for bars out of focus, whose slopes are gentle.
pub(super) const LEAST_SLOPE_OUT_OF_FOCUS: f32 = 60.0;
/// How much the slopes of a block agree, from 0 (not at all) to 1.
const LEAST_AGREEMENT: f32 = 0.6;
/// The slopes of neighbours run the same way up to 14 degrees: the cosine of twice that.
const SAME_WAY: f32 = 0.883;
/// So many blocks away is still a neighbour: within a bar of four modules there is no edge.
const REACH: usize = 2;
/// The shortest code, EAN-8, has 67 modules: narrower areas than this cannot hold a code whose
/// narrowest bar is a pixel wide.
const LEAST_WIDTH_PX: f32 = 60.0;
/// Areas with more columns or rows than bars need are looked at with this many at most.
const MOST_COLUMNS: f32 = 2000.0;
const MOST_ROWS: f32 = 500.0;
/// Areas narrower than this are made twice as large: the decoder wants bars of two pixels and more.
const SMALL_WIDTH_PX: f32 = 500.0;
/// A picture has at most so many areas that are worth a look, the largest.
const MOST_AREAS: usize = 12;

/// A block's way of slopes, as the unit vector of twice the angle: ways that differ by half a turn are
/// the same.
type Way = [f32; 2];

/// The areas of bars in `picture` with slopes of at least `least_slope`, the largest first; along each its
/// rows run across the bars.
pub(super) fn areas(picture: &GrayImage, least_slope: f32) -> Vec<Rectangle> {
    let (columns, ways) = blocks(picture, least_slope);
    let mut seen: Vec<bool> = ways.iter().map(Option::is_none).collect();
    let mut areas = Vec::new();
    for start in 0..ways.len() {
        if !seen[start] {
            let members = spread(start, columns, &ways, &mut seen);
            areas.extend(area(&members, columns, &ways));
        }
    }
    areas.sort_by(|a, b| b.area().total_cmp(&a.area()));
    areas.truncate(MOST_AREAS);
    areas
}

/// The number of blocks in a row, and each block's way; `None` for a block without, or of many.
fn blocks(picture: &GrayImage, least_slope: f32) -> (usize, Vec<Option<Way>>) {
    let (columns, rows) = (picture.width() / BLOCK_PX, picture.height() / BLOCK_PX);
    let width = picture.width() as usize;
    let pixels = picture.as_raw();
    let block = BLOCK_PX as usize;
    let way = |column: usize, row: usize| {
        let (mut xx, mut yy, mut xy, mut count) = (0, 0, 0, 0);
        for y in (row * block).max(1)..(row * block + block).min(picture.height() as usize - 1) {
            let (left, right) = ((column * block).max(1), (column * block + block).min(width - 1));
            let rows = [y - 1, y, y + 1].map(|y| &pixels[y * width..][left - 1..right + 1]);
            for at in 1..=right - left {
                let [x, y] = slope(rows, at);
                (xx, yy, xy, count) = (xx + x * x, yy + y * y, xy + x * y, count + 1);
            }
        }
        let strength = (xx + yy) as f32;
        let way = [(xx - yy) as f32, 2.0 * xy as f32];
        let length = way[0].hypot(way[1]);
        let edges = strength >= least_slope * count as f32 && strength > 0.0;
        let agree = length >= LEAST_AGREEMENT * strength;
        (edges && agree).then(|| [way[0] / length, way[1] / length])
    };
    let columns = columns as usize;
    let ways = (0..columns * rows as usize).map(|at| way(at % columns, at / columns)).collect();
    (columns, ways)
}

/// The slopes along x and y in the middle row at `at`, in grey levels per two pixels, by the operator of
/// Scharr (2000), whose weights are chosen so that the direction is right at every angle.
fn slope([upper, level, lower]: [&[u8]; 3], at: usize) -> [i32; 2] {
    let grey = |row: &[u8], at: usize| i32::from(row[at]);
    let across = |row: &[u8]| grey(row, at + 1) - grey(row, at - 1);
    let down = |at: usize| grey(lower, at) - grey(upper, at);
    [
        (3 * across(upper) + 10 * across(level) + 3 * across(lower)) / 16,
        (3 * down(at - 1) + 10 * down(at) + 3 * down(at + 1)) / 16,
    ]
}

/// The blocks that hang together with `start`, each one's way close to its neighbour's.
fn spread(start: usize, columns: usize, ways: &[Option<Way>], seen: &mut [bool]) -> Vec<usize> {
    let mut members = vec![start];
    seen[start] = true;
    let mut next = 0;
    while let Some(at) = members.get(next).copied() {
        next += 1;
        let Some(way) = ways[at] else { continue };
        let (x, y) = (at % columns, at / columns);
        for row in y.saturating_sub(REACH)..=(y + REACH).min(ways.len() / columns - 1) {
            for column in x.saturating_sub(REACH)..=(x + REACH).min(columns - 1) {
                let other = row * columns + column;
                if !seen[other] && ways[other].is_some_and(|its| dot(way, its) >= SAME_WAY) {
                    seen[other] = true;
                    members.push(other);
                }
            }
        }
    }
    members
}

/// The rectangle round blocks, along their mean way, with a margin for the blocks that the code fills
/// in part and for the white at its ends.
fn area(members: &[usize], columns: usize, ways: &[Option<Way>]) -> Option<Rectangle> {
    let mut mean = [0.0, 0.0];
    for way in members.iter().filter_map(|at| ways[*at]) {
        mean = [mean[0] + way[0], mean[1] + way[1]];
    }
    let angle = mean[1].atan2(mean[0]) / 2.0;
    let block = BLOCK_PX as f32;
    let centres = members
        .iter()
        .map(|at| [(at % columns) as f32 + 0.5, (at / columns) as f32 + 0.5])
        .map(|[x, y]| [x * block, y * block]);
    let around = Rectangle::along([angle.cos(), angle.sin()], centres)?;
    let area = Rectangle {
        width: around.width * 1.2 + 3.0 * block,
        height: around.height + 1.5 * block,
        ..around
    };
    (around.width + block >= LEAST_WIDTH_PX).then_some(area)
}

/// `area` of `picture`, turned upright, and the way from the strip's pixels to those of the picture.
pub(super) fn upright(
    picture: &GrayImage,
    area: &Rectangle,
) -> (GrayImage, impl Fn([f32; 2]) -> [f32; 2] + use<>) {
    let larger: f32 = if area.width < SMALL_WIDTH_PX { 2.0 } else { 1.0 };
    let side = |length: f32, most: f32| (length * larger).round().clamp(1.0, most);
    let (columns, rows) = (side(area.width, MOST_COLUMNS), side(area.height, MOST_ROWS));
    let area = *area;
    let place = move |[x, y]: [f32; 2]| area.point(x / columns - 0.5, y / rows - 0.5);
    let strip = GrayImage::from_fn(columns as u32, rows as u32, |x, y| {
        let [grey] = bilinear(picture, place([x as f32 + 0.5, y as f32 + 0.5]));
        Luma([grey.round() as u8])
    });
    (strip, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars of 4 pixels within `place`, along its width, on white, 300 x 300. A pixel is the mean of 16
    /// points: edges are grey, as a camera sees them. Without that their stairs run in ways of their own.
    fn bars(place: &Rectangle) -> GrayImage {
        let dark = |point: [f32; 2]| {
            let from = [point[0] - place.centre[0], point[1] - place.centre[1]];
            place.holds(point) && (dot(from, place.along) / 4.0).floor() as i32 % 2 == 0
        };
        GrayImage::from_fn(300, 300, |x, y| {
            let point =
                |at: u32| [x as f32 + (at % 4) as f32 / 4.0, y as f32 + (at / 4) as f32 / 4.0];
            let darkness = (0..16).filter(|at| dark(point(*at))).count() as u8;
            Luma([220 - 12 * darkness])
        })
    }

    fn place(degrees: f32) -> Rectangle {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        Rectangle { centre: [150.0, 150.0], along: [cosine, sine], width: 160.0, height: 60.0 }
    }

    #[test]
    fn bars_at_any_angle_are_one_area_along_which_they_alternate() {
        for degrees in [0.0, 30.0, 45.0, 90.0, 117.0] {
            let found = areas(&bars(&place(degrees)), LEAST_SLOPE);
            assert_eq!(found.len(), 1, "{degrees}: {found:?}");
            assert!(
                dot(found[0].along, place(degrees).along).abs() > 0.998,
                "{degrees}: {found:?}"
            );
            assert!(place(degrees).corners().iter().all(|corner| found[0].holds(*corner)));
        }
    }

    #[test]
    fn checks_plain_grey_and_narrow_bars_are_no_areas() {
        let checks = GrayImage::from_fn(300, 300, |x, y| {
            Luma([if (x / 4 + y / 4) % 2 == 0 { 20 } else { 220 }])
        });
        assert_eq!(areas(&checks, LEAST_SLOPE), []);
        assert_eq!(areas(&GrayImage::from_pixel(300, 300, Luma([90])), LEAST_SLOPE), []);
        assert_eq!(areas(&bars(&Rectangle { width: 24.0, ..place(0.0) }), LEAST_SLOPE), []);
        assert_eq!(areas(&GrayImage::new(5, 5), LEAST_SLOPE), []);
    }

    #[test]
    fn a_strip_stands_upright_and_its_points_lead_back_to_the_picture() {
        let picture = bars(&place(45.0));
        let (strip, back) = upright(&picture, &place(45.0));
        assert_eq!(strip.dimensions(), (320, 120), "a small area is made twice as large");
        let column = |x: u32| (20..100).map(|y| strip.get_pixel(x, y).0[0]).collect::<Vec<_>>();
        assert!(
            column(4).iter().all(|grey| *grey < 100) && column(12).iter().all(|grey| *grey > 140)
        );
        let centre = back([160.0, 60.0]);
        assert!((centre[0] - 150.0).abs() < 0.01 && (centre[1] - 150.0).abs() < 0.01, "{centre:?}");
    }
}
