//! A **rectangle** at any angle: its centre, the way along which its text runs, its width along that
//! way and its height across it.
//!
//! The coordinates are those of pixels: the first pixel covers 0 to 1 in x and in y, y grows
//! downwards, and a quarter turn clockwise takes (1, 0) to (0, 1).

use base::hull::hull;

/// A rectangle at any angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rectangle {
    pub(crate) centre: [f32; 2],
    /// The way the text runs, of length one.
    pub(crate) along: [f32; 2],
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Rectangle {
    /// The smallest rectangle round `points` with its longer side along the text, which runs to the
    /// right, or downwards where it stands upright. `None` for no point.
    pub(crate) fn around(points: &[[f32; 2]]) -> Option<Self> {
        let hull = hull(points);
        let around = |way| Self::along(way, hull.iter().copied());
        // One side of the smallest rectangle lies along an edge of the hull (Freeman and Shapira 1975).
        let edges = hull.iter().zip(hull.iter().cycle().skip(1));
        let smallest = edges
            .map(|(from, to)| {
                ([to[0] - from[0], to[1] - from[1]], length([to[0] - from[0], to[1] - from[1]]))
            })
            .filter(|(_, size)| *size > f32::EPSILON)
            .filter_map(|(edge, size)| around([edge[0] / size, edge[1] / size]))
            .fold(
                around([1.0, 0.0])?,
                |best, one| if one.area() < best.area() { one } else { best },
            );
        Some(smallest.lengthwise().forwards())
    }

    /// The smallest rectangle round `points` whose text runs along `along`, a way of length one.
    /// `None` for no point.
    pub(crate) fn along(along: [f32; 2], points: impl Iterator<Item = [f32; 2]>) -> Option<Self> {
        let across = [-along[1], along[0]];
        let none = (f32::INFINITY, f32::NEG_INFINITY);
        let wider = |(low, high): (f32, f32), at: f32| (low.min(at), high.max(at));
        let ((left, right), (top, bottom)) = points.fold((none, none), |(columns, rows), point| {
            (wider(columns, dot(point, along)), wider(rows, dot(point, across)))
        });
        if left > right {
            return None;
        }
        let (u, v) = ((left + right) / 2.0, (top + bottom) / 2.0);
        Some(Self {
            centre: [u * along[0] + v * across[0], u * along[1] + v * across[1]],
            along,
            width: right - left,
            height: bottom - top,
        })
    }

    pub(crate) fn area(&self) -> f32 {
        self.width * self.height
    }

    /// The way across the text, from its top to its bottom.
    pub(crate) fn across(&self) -> [f32; 2] {
        [-self.along[1], self.along[0]]
    }

    /// The same rectangle with `margin` more on each side.
    pub(crate) fn grown(self, margin: f32) -> Self {
        Self { width: self.width + 2.0 * margin, height: self.height + 2.0 * margin, ..self }
    }

    /// The same rectangle in a picture that is `x` times as wide and `y` times as high. The sides stay
    /// at right angles: where `x` and `y` differ that is near enough, since they differ by a rounding.
    pub(crate) fn scaled(self, x: f32, y: f32) -> Self {
        let stretched = |way: [f32; 2]| [way[0] * x, way[1] * y];
        let (along, across) = (stretched(self.along), stretched(self.across()));
        let (longer, higher) = (length(along), length(across));
        Self {
            centre: stretched(self.centre),
            along: [along[0] / longer, along[1] / longer],
            width: self.width * longer,
            height: self.height * higher,
        }
    }

    /// The same rectangle, read a quarter turn clockwise from before.
    pub(crate) fn quarter_turned(self) -> Self {
        Self { along: self.across(), width: self.height, height: self.width, ..self }
    }

    /// The same rectangle, read the other way round.
    pub(crate) fn half_turned(self) -> Self {
        Self { along: [-self.along[0], -self.along[1]], ..self }
    }

    /// The corners, clockwise from the text's top left.
    pub(crate) fn corners(&self) -> [[f32; 2]; 4] {
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(u, v)| self.point(u, v))
    }

    /// The point `u` widths along and `v` heights across from the centre.
    pub(crate) fn point(&self, u: f32, v: f32) -> [f32; 2] {
        let (along, across) = (self.along, self.across());
        let (u, v) = (u * self.width, v * self.height);
        [
            self.centre[0] + u * along[0] + v * across[0],
            self.centre[1] + u * along[1] + v * across[1],
        ]
    }

    /// Whether the point lies inside.
    pub(crate) fn holds(&self, point: [f32; 2]) -> bool {
        let from = [point[0] - self.centre[0], point[1] - self.centre[1]];
        2.0 * dot(from, self.along).abs() <= self.width
            && 2.0 * dot(from, self.across()).abs() <= self.height
    }

    fn lengthwise(self) -> Self {
        if self.width >= self.height { self } else { self.quarter_turned() }
    }

    /// To the right; downwards from 45 degrees on, so that a box that tilts a little more or less
    /// than upright is not turned round by that.
    fn forwards(self) -> Self {
        let [x, y] = self.along;
        let backwards = if y.abs() > x.abs() { y < 0.0 } else { x < 0.0 };
        if backwards { self.half_turned() } else { self }
    }
}

pub(crate) fn dot(a: [f32; 2], b: [f32; 2]) -> f32 {
    a[0] * b[0] + a[1] * b[1]
}

fn length(way: [f32; 2]) -> f32 {
    way[0].hypot(way[1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turned(degrees: f32, width: f32, height: f32) -> Rectangle {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        Rectangle { centre: [50.0, 40.0], along: [cosine, sine], width, height }
    }

    fn near(a: &Rectangle, b: &Rectangle) -> bool {
        let pairs = a.corners().into_iter().zip(b.corners());
        pairs.into_iter().all(|(a, b)| length([a[0] - b[0], a[1] - b[1]]) < 0.05)
    }

    #[test]
    fn the_first_corner_is_the_texts_top_left_and_the_others_follow_clockwise() {
        let level = turned(0.0, 20.0, 10.0);
        assert_eq!(level.corners(), [[40.0, 35.0], [60.0, 35.0], [60.0, 45.0], [40.0, 45.0]]);
        let upside_down = level.half_turned();
        assert_eq!(upside_down.corners()[0], [60.0, 45.0]);
        let down = level.quarter_turned();
        assert_eq!((down.width, down.height, down.corners()[0]), (10.0, 20.0, [60.0, 35.0]));
    }

    #[test]
    fn text_runs_along_the_long_side_to_the_right_or_down() {
        for (degrees, expected) in [(10.0, 10.0), (190.0, 10.0), (-40.0, -40.0), (-80.0, 100.0)] {
            let found = Rectangle::around(&turned(degrees, 40.0, 10.0).corners()).unwrap();
            assert!(near(&found, &turned(expected, 40.0, 10.0)), "{degrees}: {found:?}");
        }
        let high = Rectangle::around(&turned(0.0, 10.0, 40.0).corners()).unwrap();
        assert!(near(&high, &turned(90.0, 40.0, 10.0)), "{high:?}");
    }

    #[test]
    fn points_on_a_line_one_point_and_none_have_a_rectangle_without_height_or_none() {
        let line = Rectangle::around(&[[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]).unwrap();
        assert!((line.width - 10.0).abs() < 1e-3 && line.height < 1e-3, "{line:?}");
        let point = Rectangle::around(&[[3.0, 4.0]; 5]).unwrap();
        assert_eq!((point.centre, point.width, point.height), ([3.0, 4.0], 0.0, 0.0));
        assert_eq!(Rectangle::around(&[]), None);
    }

    #[test]
    fn growing_and_scaling_move_the_sides_and_keep_the_way() {
        let grown = turned(30.0, 20.0, 10.0).grown(2.0);
        assert_eq!((grown.width, grown.height), (24.0, 14.0));
        let twice = turned(30.0, 20.0, 10.0).scaled(2.0, 2.0);
        assert!((twice.width - 40.0).abs() < 1e-3 && (twice.height - 20.0).abs() < 1e-3);
        assert_eq!(twice.centre, [100.0, 80.0]);
    }

    proptest! {
        #[test]
        fn the_rectangle_holds_all_points_and_is_no_larger_than_the_upright_one(
            points in prop::collection::vec(prop::array::uniform2(-100.0f32..100.0), 1..40),
        ) {
            let found = Rectangle::around(&points).unwrap();
            let roomy = found.grown(0.01);
            prop_assert!(points.iter().all(|point| roomy.holds(*point)), "{found:?}");
            let upright = Rectangle::along([1.0, 0.0], points.iter().copied()).unwrap();
            prop_assert!(found.area() <= upright.area() * 1.001 + 0.01);
            prop_assert!(found.width >= found.height);
        }
    }
}
