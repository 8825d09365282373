//! **Lines of text** as text recognition gives them, and where they lie to each other.
//!
//! A *line* is a stretch of text with a quadrilateral around it, its corners in pixels of the view
//! (x to the right, y down), clockwise from the text's own top left: a line that stands on its head has
//! its first corner at the bottom right of the view. Whatever is said here of rows, above and below is said
//! along the direction of reading, so that tilted labels need no straightening.

use serde::{Deserialize, Serialize};

/// Four corners in pixels of the view, clockwise from the text's top left.
pub type Corners = [[f32; 2]; 4];

/// One line of text in a view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextLine {
    /// What was read.
    pub text: String,
    /// Corners in pixels of the view, clockwise from the text's top left.
    pub corners: Corners,
    /// How sure the recognition is, 0 to 1.
    pub confidence: f32,
}

/// Lines whose reading directions differ by more than this share no row: cosine of 25 degrees.
const SAME_DIRECTION: f32 = 0.906;
/// Lines of one row may be this many line heights apart, measured between their nearest ends.
const ROW_GAP: f32 = 12.0;
/// A line lies just below another while the gap between them is under this many heights of the taller one.
const BELOW_GAP: f32 = 2.0;

impl TextLine {
    /// A level line at `x`, `y` (its top left) of `height` pixels, its characters 0.6 heights wide. For
    /// tests and for text that comes without a place.
    pub fn level(text: &str, x: f32, y: f32, height: f32) -> Self {
        let width = 0.6 * height * text.chars().count() as f32;
        let corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
        Self { text: text.to_owned(), corners, confidence: 1.0 }
    }

    /// The mean of the left and the right edge, in pixels.
    pub fn height(&self) -> f32 {
        0.5 * (distance(self.corners[0], self.corners[3])
            + distance(self.corners[1], self.corners[2]))
    }

    /// The mean of the upper and the lower edge, in pixels.
    pub fn width(&self) -> f32 {
        0.5 * (distance(self.corners[0], self.corners[1])
            + distance(self.corners[3], self.corners[2]))
    }

    /// The mean of the corners.
    pub fn centre(&self) -> [f32; 2] {
        let sum = |axis: usize| self.corners.iter().map(|corner| corner[axis]).sum::<f32>();
        [0.25 * sum(0), 0.25 * sum(1)]
    }

    /// The reading direction, of length 1; to the right where the corners do not tell.
    pub fn direction(&self) -> [f32; 2] {
        let [a, b, c, d] = self.corners;
        let (x, y) = (b[0] - a[0] + c[0] - d[0], b[1] - a[1] + c[1] - d[1]);
        let length = x.hypot(y);
        if length.is_finite() && length > 1e-3 { [x / length, y / length] } else { [1.0, 0.0] }
    }

    /// The part of the line between two shares of its length (0 the left end, 1 the right end).
    pub fn part(&self, from: f32, to: f32) -> Corners {
        let [a, b, c, d] = self.corners;
        let at = |p: [f32; 2], q: [f32; 2], share: f32| {
            [p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share]
        };
        [at(a, b, from), at(a, b, to), at(d, c, to), at(d, c, from)]
    }

    /// Whether both lines are read in one direction, one after the other, at one level.
    pub fn same_row(&self, other: &Self) -> bool {
        let Some(direction) = self.common_direction(other) else { return false };
        let (mine, theirs) = (Extent::along(self, direction), Extent::along(other, direction));
        let (low, high) = (self.height().min(other.height()), self.height().max(other.height()));
        let apart = self.drop_to(other, direction).abs();
        let gap = (theirs.from - mine.to).max(mine.from - theirs.to);
        // Boxes of neighbours overlap by the margin that detection leaves around text.
        let margin = low.min(0.4 * self.width().min(other.width()));
        low > 0.3 * high && apart < 0.5 * low && gap > -margin && gap < ROW_GAP * low
    }

    /// Whether `lower` lies under this line, close by, and shares some of its width.
    pub fn just_above(&self, lower: &Self) -> bool {
        self.gap_to_below(lower).is_some()
    }

    /// The gap between this line and `lower` in heights of the taller one, where `lower` lies just below.
    pub fn gap_to_below(&self, lower: &Self) -> Option<f32> {
        let direction = self.common_direction(lower)?;
        let (mine, theirs) = (Extent::along(self, direction), Extent::along(lower, direction));
        let (low, tall) = (self.height().min(lower.height()), self.height().max(lower.height()));
        // Ends that meet within one height still count: prints are seldom exactly aligned.
        let beside = theirs.from > mine.to + tall || theirs.to < mine.from - tall;
        let gap = self.drop_to(lower, direction) - 0.5 * (self.height() + lower.height());
        (!beside && gap > -0.6 * low && gap < BELOW_GAP * tall).then(|| gap.max(0.0) / tall)
    }

    /// The direction in which two lines are read; `None` where they differ. The longer line counts for more,
    /// by the square of its width: the box of a short word (`SN:`) often has no direction of its own.
    fn common_direction(&self, other: &Self) -> Option<[f32; 2]> {
        let (mine, theirs) = (self.direction(), other.direction());
        if mine[0] * theirs[0] + mine[1] * theirs[1] < SAME_DIRECTION {
            return None;
        }
        let (a, b) = (self.width().powi(2), other.width().powi(2));
        let (x, y) = (a * mine[0] + b * theirs[0], a * mine[1] + b * theirs[1]);
        let length = x.hypot(y);
        (length.is_finite() && length > 0.0).then(|| [x / length, y / length])
    }

    /// How far the centre of `other` lies below this line's, across `direction`, in pixels.
    fn drop_to(&self, other: &Self, [x, y]: [f32; 2]) -> f32 {
        let (from, to) = (self.centre(), other.centre());
        (to[1] - from[1]) * x - (to[0] - from[0]) * y
    }
}

/// What a line covers along a direction, in pixels.
struct Extent {
    from: f32,
    to: f32,
}

impl Extent {
    fn along(line: &TextLine, [x, y]: [f32; 2]) -> Self {
        let [a, b, c, d] = line.corners.map(|corner| corner[0] * x + corner[1] * y);
        // The middle of each end: the corners of a tall line that is not level reach out further.
        Self { from: 0.5 * (a + d).min(b + c), to: 0.5 * (b + c).max(a + d) }
    }
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(line: &TextLine, degrees: f32) -> TextLine {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let corners = line.corners.map(|[x, y]| [x * cos - y * sin, x * sin + y * cos]);
        TextLine { corners, ..line.clone() }
    }

    #[test]
    fn height_width_and_centre_of_a_level_line_are_those_it_was_made_with() {
        let line = TextLine::level("ABCDE", 10.0, 20.0, 10.0);
        assert_eq!((line.height(), line.width(), line.centre()), (10.0, 30.0, [25.0, 25.0]));
        assert_eq!(line.direction(), [1.0, 0.0]);
        assert_eq!(line.part(0.5, 1.0)[0], [25.0, 20.0]);
    }

    #[test]
    fn rows_and_below_are_known_at_any_tilt() {
        let word = TextLine::level("Use by", 0.0, 0.0, 10.0);
        let beside = TextLine::level("16 NOV", 60.0, 1.0, 12.0);
        let below = TextLine::level("16 NOV", 5.0, 16.0, 20.0);
        for degrees in [0.0, 20.0, 90.0, 180.0, -135.0] {
            let [word, beside, below] = [&word, &beside, &below].map(|line| turned(line, degrees));
            assert!(word.same_row(&beside) && beside.same_row(&word), "{degrees}");
            assert!(!word.same_row(&below) && word.just_above(&below), "{degrees}");
            assert!(!below.just_above(&word) && !word.just_above(&beside), "{degrees}");
        }
    }

    #[test]
    fn a_short_word_without_a_tilt_of_its_own_joins_the_row_of_a_tilted_number() {
        let level = |x: f32, y: f32| TextLine::level("SN:", x, y, 14.0);
        let number = TextLine {
            corners: [[731.3, 311.9], [800.4, 294.9], [805.0, 313.5], [735.9, 330.5]],
            ..TextLine::level("0247046200167", 0.0, 0.0, 1.0)
        };
        assert!(level(686.0, 324.0).same_row(&number));
        assert!(!level(686.0, 338.0).same_row(&number));
    }

    #[test]
    fn lines_that_are_far_off_or_across_share_no_row() {
        let word = TextLine::level("EXP", 0.0, 0.0, 10.0);
        assert!(!word.same_row(&TextLine::level("x", 400.0, 0.0, 10.0)));
        assert!(!word.same_row(&turned(&TextLine::level("x", 30.0, 0.0, 10.0), 90.0)));
        assert!(!word.just_above(&TextLine::level("x", 0.0, 60.0, 10.0)));
        assert!(!word.just_above(&TextLine::level("x", 80.0, 14.0, 10.0)));
    }

    #[test]
    fn lines_without_extent_or_with_numbers_that_are_none_have_a_direction() {
        for corner in [[0.0, 0.0], [f32::NAN, 1.0], [f32::INFINITY, 1.0]] {
            let line = TextLine { corners: [corner; 4], ..TextLine::level("", 0.0, 0.0, 1.0) };
            assert_eq!(line.direction(), [1.0, 0.0]);
            assert!(!line.same_row(&line));
        }
    }
}
