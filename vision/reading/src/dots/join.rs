//! **Joined** boxes: the detector splits a row at wide gaps, and large dots at every gap between characters.

use meaning::line::{Corners, TextLine};

use crate::rectangle::Rectangle;

/// Boxes of one row are about as high: at most so many times.
const HIGHER: f32 = 1.6;
/// They lie at most so many heights beside each other,
const APART: f32 = 1.6;
/// and so many above or below.
const ASIDE: f32 = 0.35;
/// The ways that they run differ at most so much: the sine of the angle. A box about as high as wide runs any way.
const TURNED: f32 = 0.2;
const SQUARE: f32 = 1.6;

/// For boxes that lie in one row, the box round them; nothing for a box that is alone.
pub(super) fn joined(boxes: &[Corners]) -> Vec<Corners> {
    let lines: Vec<TextLine> = boxes
        .iter()
        .map(|corners| TextLine { text: String::new(), corners: *corners, confidence: 0.0 })
        .collect();
    // The longest first: it says which way its row runs.
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|a, b| lines[*b].width().total_cmp(&lines[*a].width()));
    let mut taken = vec![false; lines.len()];
    let mut rows = Vec::new();
    for first in order {
        if std::mem::replace(&mut taken[first], true) {
            continue;
        }
        let way = lines[first].direction();
        let height = lines[first].height();
        let mut row = vec![first];
        let mut at = 0;
        while at < row.len() {
            for other in 0..lines.len() {
                if !taken[other] && beside(&lines[row[at]], &lines[other], way, height) {
                    taken[other] = true;
                    row.push(other);
                }
            }
            at += 1;
        }
        if row.len() > 1 {
            let corners = row.iter().flat_map(|one| boxes[*one]);
            rows.extend(Rectangle::along(way, corners).map(|round| round.corners()));
        }
    }
    rows
}

/// Whether `other` goes on with the row of `one`, which runs along `way`.
fn beside(one: &TextLine, other: &TextLine, [u, v]: [f32; 2], height: f32) -> bool {
    let [p, q] = other.direction();
    let is_square = other.width() < SQUARE * other.height();
    if !is_square && (u * q - v * p).abs() > TURNED {
        return false;
    }
    let alike = |a: f32, b: f32| a.max(b) <= HIGHER * a.min(b);
    if !alike(other.height(), height) {
        return false;
    }
    let ([x, y], [at_x, at_y]) = (one.centre(), other.centre());
    let (along, aside) = ((at_x - x) * u + (at_y - y) * v, (at_y - y) * u - (at_x - x) * v);
    let gap = along.abs() - 0.5 * (one.width() + other.width());
    aside.abs() <= ASIDE * height && gap <= APART * height && gap > -0.5 * height
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(x: f32, y: f32, width: f32) -> Corners {
        TextLine {
            corners: [[x, y], [x + width, y], [x + width, y + 20.0], [x, y + 20.0]],
            ..line()
        }
        .corners
    }

    fn line() -> TextLine {
        TextLine { text: String::new(), corners: [[0.0; 2]; 4], confidence: 0.0 }
    }

    #[test]
    fn boxes_beside_each_other_are_joined_and_those_below_and_far_away_are_not() {
        let row = [level(0.0, 0.0, 60.0), level(75.0, 3.0, 40.0), level(130.0, 4.0, 15.0)];
        let below = level(0.0, 30.0, 60.0);
        let far = level(250.0, 0.0, 60.0);
        let found = joined(&[row[0], below, row[1], far, row[2]]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0][0], [0.0, 0.0]);
        assert_eq!(found[0][2], [145.0, 24.0]);
        assert!(joined(&[below, far]).is_empty() && joined(&[]).is_empty());
    }
}
