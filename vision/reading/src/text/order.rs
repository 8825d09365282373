//! Which way lines run, where a box alone does not tell, and in which order they are read.

use crate::rectangle::{Rectangle, dot};
use meaning::line::TextLine;

/// Lines that differ by less than 20 degrees run along the same axis: its cosine.
const SAME_AXIS: f32 = 0.94;

/// Turns each box the way that the boxes beside it stand: `upside_down` is the probability, of each, that
/// its text runs the other way. Boxes whose text runs along the same axis vote, with the length of
/// their text; so a long line decides for a number that would read either way.
pub(super) fn agree(boxes: &mut [Rectangle], upside_down: &[f32]) {
    let votes: Vec<f32> = boxes
        .iter()
        .map(|one| {
            let vote = |(other, turned): (&Rectangle, &f32)| {
                let same = dot(one.along, other.along);
                let voice = other.width * (1.0 - 2.0 * turned);
                if same_axis(one.along, other.along) { same * voice } else { 0.0 }
            };
            boxes.iter().zip(upside_down).map(vote).sum()
        })
        .collect();
    for (one, vote) in boxes.iter_mut().zip(votes) {
        if vote < 0.0 {
            *one = one.half_turned();
        }
    }
}

/// Whether text along `a` and along `b` stands along the same axis, read in the same or the opposite way.
pub(super) fn same_axis(a: [f32; 2], b: [f32; 2]) -> bool {
    dot(a, b).abs() >= SAME_AXIS
}

/// Sorts lines as a person reads them: rows from the top down, and in a row from left to right, as most
/// of the text runs.
pub(crate) fn sort(lines: &mut Vec<TextLine>) {
    let mut along = [0.0, 0.0];
    for [left, right, ..] in lines.iter().map(|line| line.corners) {
        along = [along[0] + right[0] - left[0], along[1] + right[1] - left[1]];
    }
    let size = along[0].hypot(along[1]);
    let along = if size > 0.0 { [along[0] / size, along[1] / size] } else { [1.0, 0.0] };
    let across = [-along[1], along[0]];

    let mut rest: Vec<(Place, TextLine)> = std::mem::take(lines)
        .into_iter()
        .map(|line| (Place::new(&line.corners, along, across), line))
        .collect();
    rest.sort_by(|(a, _), (b, _)| a.down.total_cmp(&b.down));
    let mut rows: Vec<Vec<(Place, TextLine)>> = Vec::new();
    for one in rest {
        match rows.last_mut() {
            Some(row) if row.last().is_some_and(|(last, _)| last.level_with(&one.0)) => {
                row.push(one)
            }
            _ => rows.push(vec![one]),
        }
    }
    for mut row in rows {
        row.sort_by(|(a, _), (b, _)| a.right.total_cmp(&b.right));
        lines.extend(row.into_iter().map(|(_, line)| line));
    }
}

/// Where a line's centre is, measured along and across most of the text, and how high it is.
struct Place {
    right: f32,
    down: f32,
    height: f32,
}

impl Place {
    fn new(corners: &[[f32; 2]; 4], along: [f32; 2], across: [f32; 2]) -> Self {
        let centre =
            [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f32>() / 4.0);
        let side = [corners[3][0] - corners[0][0], corners[3][1] - corners[0][1]];
        Self {
            right: dot(centre, along),
            down: dot(centre, across),
            height: side[0].hypot(side[1]),
        }
    }

    /// Whether the next lower line belongs to the same row: their centres differ by less than half of
    /// the lower one's height.
    fn level_with(&self, below: &Self) -> bool {
        below.down - self.down < 0.5 * self.height.min(below.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32, y: f32, degrees: f32, width: f32, height: f32) -> Rectangle {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        Rectangle { centre: [x, y], along: [cosine, sine], width, height }
    }

    fn line(text: &str, place: Rectangle) -> TextLine {
        TextLine { text: text.to_owned(), corners: place.corners(), confidence: 1.0 }
    }

    fn texts(mut lines: Vec<TextLine>) -> Vec<String> {
        sort(&mut lines);
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn the_long_lines_outvote_a_short_one_along_the_same_axis_only() {
        let mut boxes = [
            at(0.0, 0.0, 0.0, 100.0, 20.0),
            at(0.0, 30.0, 180.0, 30.0, 20.0),
            at(0.0, 60.0, 90.0, 50.0, 20.0),
        ];
        agree(&mut boxes, &[0.05, 0.1, 0.9]);
        assert!(boxes[0].along[0] > 0.9);
        assert!(boxes[1].along[0] > 0.9, "the short line is turned the way of the long one");
        assert!(boxes[2].along[1] < -0.9, "the line across goes by its own direction");
    }

    #[test]
    fn lines_are_read_row_by_row_also_upside_down() {
        let place = |x, y, turn: f32| {
            let (sine, cosine) = turn.to_radians().sin_cos();
            at(x * cosine - y * sine, x * sine + y * cosine, turn, 40.0, 10.0)
        };
        for turn in [0.0, 15.0, 90.0, 180.0, 250.0] {
            let lines = vec![
                line("d", place(0.0, 40.0, turn)),
                line("b", place(50.0, -2.0, turn)),
                line("c", place(100.0, 2.0, turn)),
                line("a", place(0.0, 0.0, turn)),
            ];
            assert_eq!(texts(lines), ["a", "b", "c", "d"], "{turn}");
        }
    }

    #[test]
    fn no_lines_and_lines_without_extent_are_sorted_too() {
        assert_eq!(texts(Vec::new()), Vec::<String>::new());
        let none = at(f32::NAN, 0.0, 0.0, 0.0, 0.0);
        assert_eq!(texts(vec![line("x", none), line("y", none)]).len(), 2);
    }
}
