//! **Rows**: lines of one level and direction, joined in reading order.
//!
//! Text recognition cuts `Verw.bis:` from `12.2082`, and sometimes `16` from `NOV`. A *row* is what a person
//! would read in one go: its characters are [folded](super::fold), and each knows the line and the place it
//! came from. Between lines of a row stands a space where the gap is no wider than one between words, else
//! [`BREAK`], across which no date and no phrase reaches.

use super::fold::fold_char;
use super::line::{Corners, TextLine};
use std::ops::Range;

/// Stands between two lines of a row that are farther apart than words are.
pub const BREAK: char = '\t';
/// The widest gap between words, in heights of the lower line.
const WORD_GAP: f32 = 1.2;

/// Where a folded character came from.
#[derive(Debug, Clone, Copy)]
struct Origin {
    /// The line's index.
    line: usize,
    /// The character's index in the line's text.
    place: usize,
}

/// What a person would read in one go.
#[derive(Debug, Clone)]
pub struct Row {
    /// Folded characters.
    pub chars: Vec<char>,
    origins: Vec<Origin>,
}

/// A stretch of a row, as it was printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Print {
    /// The text as it was read, not folded.
    pub text: String,
    /// Where it stands, as a line of its own.
    pub place: TextLine,
}

impl Row {
    /// The row's character at `at`, [`BREAK`] outside.
    pub fn at(&self, at: usize) -> char {
        self.chars.get(at).copied().unwrap_or(BREAK)
    }

    /// The character before `at`, [`BREAK`] at the start.
    pub fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or(BREAK, |at| self.at(at))
    }

    /// The stretch between two [`BREAK`]s that `at` lies in.
    pub fn segment(&self, at: usize) -> Range<usize> {
        let at = at.min(self.chars.len());
        let start = self.chars[..at].iter().rposition(|c| *c == BREAK).map_or(0, |place| place + 1);
        let end =
            self.chars[at..].iter().position(|c| *c == BREAK).map_or(self.chars.len(), |n| at + n);
        start..end
    }

    /// Whether `span` was printed as one character, which folding took apart: `½` is `1/2` here.
    pub fn one_print(&self, span: Range<usize>) -> bool {
        let origins = self.origins.get(span).unwrap_or_default();
        origins
            .windows(2)
            .all(|pair| (pair[0].line, pair[0].place) == (pair[1].line, pair[1].place))
            && !origins.is_empty()
    }

    /// What `span` covers, as it was printed in `lines`.
    pub fn print(&self, span: &Range<usize>, lines: &[TextLine]) -> Print {
        let origins = self.origins.get(span.clone()).unwrap_or_default();
        let mut text = String::new();
        let mut ends: Option<(Corners, Corners)> = None;
        let mut confidence = f32::INFINITY;
        for part in origins.chunk_by(|a, b| a.line == b.line) {
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let line = &lines[first.line];
            let count = line.text.chars().count().max(1) as f32;
            if !text.is_empty() {
                text.push(' ');
            }
            text.extend(line.text.chars().skip(first.place).take(last.place + 1 - first.place));
            let here = line.part(first.place as f32 / count, (last.place + 1) as f32 / count);
            ends = Some((ends.map_or(here, |(start, _)| start), here));
            confidence = confidence.min(line.confidence);
        }
        let corners = ends.map_or([[0.0; 2]; 4], |(a, b)| [a[0], b[1], b[2], a[3]]);
        let confidence = if confidence.is_finite() { confidence } else { 0.0 };
        Print { place: TextLine { text: text.clone(), corners, confidence }, text }
    }

    /// Stretches of rows as one row, with `joint` between them.
    pub fn joined(parts: &[(&Row, Range<usize>)], joint: char) -> Self {
        let mut row = Row { chars: Vec::new(), origins: Vec::new() };
        for (part, span) in parts {
            if let Some(last) = row.origins.last().copied() {
                row.chars.push(joint);
                row.origins.push(last);
            }
            row.chars.extend(part.chars.get(span.clone()).unwrap_or_default());
            row.origins.extend(part.origins.get(span.clone()).unwrap_or_default());
        }
        row
    }

    fn push(&mut self, index: usize, line: &TextLine) {
        for (place, c) in line.text.chars().enumerate() {
            for folded in fold_char(c) {
                self.chars.push(folded);
                self.origins.push(Origin { line: index, place });
            }
        }
    }

    fn push_gap(&mut self, gap: char, index: usize) {
        // The gap belongs to the line before it; a print that ends there ends at that line's last character.
        let place = self.origins.iter().rev().find(|origin| origin.line == index);
        let place = place.map_or(0, |origin| origin.place);
        self.chars.push(gap);
        self.origins.push(Origin { line: index, place });
    }
}

/// The rows of a label, in the order of their first lines.
pub fn rows(lines: &[TextLine]) -> Vec<Row> {
    let next = neighbours(lines);
    let mut follows = vec![false; lines.len()];
    next.iter().flatten().for_each(|&(index, _)| follows[index] = true);
    let mut rows = Vec::new();
    for start in (0..lines.len()).filter(|&index| !follows[index]) {
        let mut row = Row { chars: Vec::new(), origins: Vec::new() };
        row.push(start, &lines[start]);
        let mut at = start;
        while let Some((index, gap)) = next[at] {
            row.push_gap(gap, at);
            row.push(index, &lines[index]);
            at = index;
        }
        rows.push(row);
    }
    rows
}

/// For each line the nearest one to its right in its row, and what stands between them. No line is the right
/// neighbour of two, and since places along a direction grow, no chain comes back to its start.
fn neighbours(lines: &[TextLine]) -> Vec<Option<(usize, char)>> {
    let mut pairs = Vec::new();
    for (a, left) in lines.iter().enumerate() {
        for (b, right) in lines.iter().enumerate() {
            if a != b && left.same_row(right) {
                let (from, to, [x, y]) = (left.centre(), right.centre(), left.direction());
                let along = (to[0] - from[0]) * x + (to[1] - from[1]) * y;
                let gap = along - 0.5 * (left.width() + right.width());
                if along > 0.0 {
                    let low = left.height().min(right.height());
                    pairs.push((gap, a, b, if gap < WORD_GAP * low { ' ' } else { BREAK }));
                }
            }
        }
    }
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut next, mut taken) = (vec![None; lines.len()], vec![false; lines.len()]);
    for (_, a, b, gap) in pairs {
        if next[a].is_none() && !taken[b] && !reaches(&next, b, a) {
            next[a] = Some((b, gap));
            taken[b] = true;
        }
    }
    next
}

/// Whether the chain from `from` comes to `to`: lines of slightly different directions could make a ring.
fn reaches(next: &[Option<(usize, char)>], mut from: usize, to: usize) -> bool {
    while from != to {
        match next[from] {
            Some((index, _)) => from = index,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(row: &Row) -> String {
        row.chars.iter().collect()
    }

    #[test]
    fn lines_of_one_level_become_one_row_in_reading_order() {
        let lines = [
            TextLine::level("12.2082", 120.0, 1.0, 10.0),
            TextLine::level("Verw.bis:", 0.0, 0.0, 10.0),
            TextLine::level("16", 0.0, 40.0, 10.0),
            TextLine::level("NOV", 18.0, 41.0, 10.0),
        ];
        let rows = rows(&lines);
        let texts: Vec<String> = rows.iter().map(text).collect();
        assert_eq!(texts, ["verw.bis:\t12.2082", "16 nov"]);
        let print = rows[1].print(&(0..6), &lines);
        assert_eq!((print.text.as_str(), print.place.corners[0]), ("16 NOV", [0.0, 40.0]));
        assert_eq!(print.place.corners[2], [36.0, 51.0]);
        assert_eq!(rows[0].segment(12), 10..17);
        assert_eq!(rows[0].segment(2), 0..9);
    }

    #[test]
    fn a_print_is_the_text_before_folding_and_its_part_of_the_line() {
        let lines = [TextLine::level("Août №5 é", 0.0, 0.0, 10.0)];
        let row = &rows(&lines)[0];
        assert_eq!(text(row), "aout no5 e");
        let print = row.print(&(5..8), &lines);
        assert_eq!((print.text.as_str(), print.place.corners[0][0].round()), ("№5", 30.0));
        assert!(row.one_print(5..7) && !row.one_print(5..8) && !row.one_print(90..91));
    }

    #[test]
    fn no_lines_make_no_rows_and_empty_lines_make_empty_ones() {
        assert!(rows(&[]).is_empty());
        let lines = [TextLine::level("", 0.0, 0.0, 0.0)];
        let empty = &rows(&lines)[0];
        assert_eq!(empty.print(&(0..0), &lines).text, "");
        assert_eq!((empty.segment(5), empty.at(3), empty.before(0)), (0..0, BREAK, BREAK));
    }
}
