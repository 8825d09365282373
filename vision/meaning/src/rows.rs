//! **Rows**: lines of one level and direction, joined in reading order.
//!
//! Text recognition cuts `Verw.bis:` from `12.2082`, and sometimes `16` from `NOV`. A *row* is what a person
//! would read in one go: its characters are [folded](super::fold), and each knows the line and the place it
//! came from. Where most letters of a row are of a script that is written from right to left, its lines follow
//! each other so; the text within a line already stands in the order of reading. Between lines of a row stands a space where the gap is no wider than one between words, else
//! [`BREAK`], across which no date and no phrase reaches.

use super::fold::{fold_char, letter, right_to_left};
use super::line::{Corners, TextLine};
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

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
    right_to_left: bool,
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
            let mut characters = line.text.chars().skip(first.place);
            text.extend(characters.by_ref().take(last.place + 1 - first.place));
            // The row has no accents; a print has those of its last letter too.
            text.extend(characters.take_while(|c| is_combining_mark(*c)));
            let (from, to) = (first.place as f32 / count, (last.place + 1) as f32 / count);
            let mirrored = is_right_to_left(&[&line.text]);
            let here = if mirrored { line.part(1.0 - to, 1.0 - from) } else { line.part(from, to) };
            ends = Some(match ends {
                None => (here, here),
                Some((_, right)) if self.right_to_left => (here, right),
                Some((left, _)) => (left, here),
            });
            confidence = confidence.min(line.confidence);
        }
        let corners = ends.map_or([[0.0; 2]; 4], |(a, b)| [a[0], b[1], b[2], a[3]]);
        let confidence = if confidence.is_finite() { confidence } else { 0.0 };
        Print { place: TextLine { text: text.clone(), corners, confidence }, text }
    }

    /// Stretches of rows as one row, with `joint` between them.
    pub fn joined(parts: &[(&Row, Range<usize>)], joint: char) -> Self {
        let right_to_left = parts.iter().any(|(part, _)| part.right_to_left);
        let mut row = Row { chars: Vec::new(), origins: Vec::new(), right_to_left };
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
        let mut chain = vec![start];
        let mut gaps = Vec::new();
        while let Some((index, gap)) = next[chain[chain.len() - 1]] {
            chain.push(index);
            gaps.push(gap);
        }
        let texts: Vec<&str> = chain.iter().map(|&index| lines[index].text.as_str()).collect();
        let right_to_left = is_right_to_left(&texts);
        if right_to_left {
            chain.reverse();
            gaps.reverse();
        }
        let mut row = Row { chars: Vec::new(), origins: Vec::new(), right_to_left };
        row.push(chain[0], &lines[chain[0]]);
        for (pair, gap) in chain.windows(2).zip(gaps) {
            row.push_gap(gap, pair[0]);
            row.push(pair[1], &lines[pair[1]]);
        }
        rows.push(row);
    }
    rows
}

/// Whether most letters of `texts` are of scripts that are written from right to left.
fn is_right_to_left(texts: &[&str]) -> bool {
    let letters = texts.iter().flat_map(|text| text.chars()).filter(|c| letter(*c));
    let (right, all) =
        letters.fold((0, 0), |(right, all), c| (right + usize::from(right_to_left(c)), all + 1));
    2 * right > all
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
    fn rows_of_arabic_and_hebrew_go_from_right_to_left() {
        let lines = [
            TextLine::level("13/05/2026", 0.0, 0.0, 10.0),
            TextLine::level("תפוגה:", 65.0, 0.0, 10.0),
            TextLine::level("EXP 12", 0.0, 40.0, 10.0),
            TextLine::level("תפוגה", 40.0, 40.0, 10.0),
            TextLine::level("BEST BEFORE", 80.0, 40.0, 10.0),
        ];
        let rows = rows(&lines);
        let texts: Vec<String> = rows.iter().map(text).collect();
        assert_eq!(texts, ["תפוגה: 13/05/2026", "exp 12 תפוגה best before"]);
        // The word's first letter is its right end, and a print over both lines spans both.
        assert_eq!(rows[0].print(&(0..1), &lines).place.corners[1][0], 101.0);
        assert_eq!(rows[0].print(&(7..17), &lines).place.corners[0][0], 0.0);
        let both = rows[0].print(&(0..17), &lines).place;
        assert_eq!((both.corners[0][0], both.corners[1][0]), (0.0, 101.0));
        assert_eq!(both.direction(), [1.0, 0.0]);
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
