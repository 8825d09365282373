//! **Zoom**: which parts of a large picture are looked at again, larger.
//!
//! The detector takes time with the pixels that it is shown. So it sees a large picture made smaller, and there it
//! misses the smallest print. But print keeps company: beside small letters stand larger ones that it does find. A
//! *window* is a part of the picture that holds print and what is near it. Windows are shown in full, or as large as
//! the time of one more look at the whole picture allows.

use super::detect::Look;
use crate::rectangle::Rectangle;

/// What is within so many heights of a line is near it.
const NEAR: f32 = 5.0;
/// A window is worth a look if it is shown at least so many times larger than before.
const LARGER: f32 = 1.3;

/// A part of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Window {
    /// Whether the middle of a box lies in it.
    pub(super) fn holds(&self, found: &Rectangle) -> bool {
        let within = |at: f32, from: u32, size: u32| at >= from as f32 && at < (from + size) as f32;
        let [x, y] = found.centre;
        within(x, self.left, self.width) && within(y, self.top, self.height)
    }

    /// A box of the window's own picture, where it stands in the whole one.
    pub(super) fn placed(&self, found: Rectangle) -> Rectangle {
        let [x, y] = found.centre;
        Rectangle { centre: [x + self.left as f32, y + self.top as f32], ..found }
    }
}

/// The windows of a picture of `size` in which a `look` at the whole found `boxes`, those with the most boxes first,
/// each with the length in pixels at which its longer side is to be shown. No two share a pixel, and all together are
/// no more pixels to look at than the whole was.
pub(super) fn windows(boxes: &[Rectangle], size: (u32, u32), look: Look) -> Vec<(Window, u32)> {
    let area = size.0 as f32 * size.1 as f32;
    let most = (look.most_px as f32 / area).sqrt();
    let of_whole = most.min(look.long_side_px as f32 / size.0.max(size.1) as f32);
    if of_whole * LARGER > 1.0 {
        return Vec::new();
    }
    let mut pixels = area * of_whole * of_whole;
    let mut groups = groups(boxes, size);
    groups.sort_by_key(|(_, boxes)| std::cmp::Reverse(*boxes));
    let mut windows = Vec::new();
    for ([left, top, right, bottom], _) in groups {
        let window =
            Window { left, top, width: right.max(left) - left, height: bottom.max(top) - top };
        let longer = window.width.max(window.height) as f32;
        let area = window.width as f32 * window.height as f32;
        let fits = (pixels / area.max(1.0)).sqrt().min(look.long_side_px as f32 / longer);
        let scale = fits.min(1.0);
        if area > 0.0 && scale >= LARGER * of_whole {
            pixels = (pixels - area * scale * scale).max(0.0);
            windows.push((window, (longer * scale) as u32));
        }
    }
    windows
}

/// The bounds (left, top, right, bottom) of boxes that are near each other, and how many they are.
fn groups(boxes: &[Rectangle], size: (u32, u32)) -> Vec<([u32; 4], usize)> {
    let mut groups: Vec<([u32; 4], usize)> = Vec::new();
    for found in boxes {
        let mut group = (bounds(&found.grown(NEAR * found.height), size), 1);
        // What the new group touches joins it; by that it grows, and may touch more.
        while let Some(at) = groups.iter().position(|(other, _)| overlap(&group.0, other)) {
            let (other, count) = groups.swap_remove(at);
            group.0 = [
                group.0[0].min(other[0]),
                group.0[1].min(other[1]),
                group.0[2].max(other[2]),
                group.0[3].max(other[3]),
            ];
            group.1 += count;
        }
        groups.push(group);
    }
    groups
}

fn bounds(found: &Rectangle, (width, height): (u32, u32)) -> [u32; 4] {
    let corners = found.corners();
    let span = |axis: usize, size: u32| {
        let low = corners.iter().map(|corner| corner[axis]).fold(f32::INFINITY, f32::min);
        let high = corners.iter().map(|corner| corner[axis]).fold(f32::NEG_INFINITY, f32::max);
        // Places that are none become 0.
        ((low.max(0.0) as u32).min(size), (high.max(0.0).ceil() as u32).min(size))
    };
    let ((left, right), (top, bottom)) = (span(0, width), span(1, height));
    [left, top, right, bottom]
}

fn overlap(a: &[u32; 4], b: &[u32; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOOK: Look = Look { short_side_px: 736, long_side_px: 2000, most_px: 1280 * 960 };

    fn line(x: f32, y: f32, width: f32, height: f32) -> Rectangle {
        Rectangle { centre: [x, y], along: [1.0, 0.0], width, height }
    }

    #[test]
    fn a_label_in_a_large_picture_is_one_window() {
        let lines = [line(2000.0, 1500.0, 400.0, 60.0), line(2000.0, 1640.0, 300.0, 20.0)];
        let windows = windows(&lines, (4000, 3000), LOOK);
        let window = Window { left: 1500, top: 1170, width: 1000, height: 660 };
        assert_eq!(windows, [(window, 1000)]);
        assert!(window.holds(&lines[1]));
        let within = line(500.0, 330.0, 400.0, 60.0);
        assert_eq!(window.placed(within), line(2000.0, 1500.0, 400.0, 60.0));
    }

    #[test]
    fn a_picture_that_was_shown_in_full_and_one_full_of_print_have_no_window() {
        let lines = [line(500.0, 400.0, 400.0, 60.0)];
        assert!(windows(&lines, (1280, 960), LOOK).is_empty());
        let full: Vec<Rectangle> =
            (1..10).map(|row| line(2000.0, 300.0 * row as f32, 3500.0, 100.0)).collect();
        assert!(windows(&full, (4000, 3000), LOOK).is_empty());
        assert!(windows(&[], (4000, 3000), LOOK).is_empty());
    }

    #[test]
    fn what_has_the_most_print_goes_first() {
        let mut lines = vec![line(400.0, 300.0, 200.0, 20.0)];
        lines.extend((0..3).map(|row| line(3000.0, 2000.0 + 40.0 * row as f32, 200.0, 20.0)));
        let windows = windows(&lines, (4000, 3000), LOOK);
        assert_eq!(windows.len(), 2);
        assert!(windows[0].0.holds(&lines[1]) && windows[1].0.holds(&lines[0]));
    }

    proptest! {
        #[test]
        fn windows_lie_in_the_picture_apart_and_are_no_more_work_than_the_whole(
            places in prop::collection::vec(prop::array::uniform4(-100.0f32..5000.0), 0..40),
            (width, height) in (1u32..6000, 1u32..6000),
        ) {
            let lines: Vec<Rectangle> =
                places.iter().map(|[x, y, w, h]| line(*x, *y, w.abs() / 4.0, h.abs() / 40.0)).collect();
            let windows = windows(&lines, (width, height), LOOK);
            let mut work = 0.0;
            for (at, (window, long_side)) in windows.iter().enumerate() {
                prop_assert!(window.left + window.width <= width && window.top + window.height <= height);
                let bounds = |w: &Window| [w.left, w.top, w.left + w.width, w.top + w.height];
                let apart = |(other, _): &(Window, u32)| !overlap(&bounds(window), &bounds(other));
                prop_assert!(windows[..at].iter().all(apart));
                let scale = *long_side as f32 / window.width.max(window.height) as f32;
                prop_assert!(*long_side <= 2000 && scale <= 1.0);
                work += window.width as f32 * window.height as f32 * scale * scale;
            }
            prop_assert!(work <= 1.001 * LOOK.most_px as f32);
        }

        #[test]
        fn places_that_are_none_do_no_harm(centre: [f32; 2], along: [f32; 2], width: f32, height: f32) {
            let found = Rectangle { centre, along, width, height };
            for (window, _) in windows(&[found], (4000, 3000), LOOK) {
                prop_assert!(window.left + window.width <= 4000 && window.top + window.height <= 3000);
            }
        }
    }
}
