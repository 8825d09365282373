//! **Edges**: what stands directly before and after a match, and shows that it is part of something else.

use super::scan::{Match, Separator, separator_of};
use crate::fold::letter;
use crate::rows::Row;
use crate::table::{Order, Part};
use crate::words::Hit;

/// Whether nothing before or after the match goes on with it.
pub fn clean(row: &Row, found: &Match, hits: &[Hit]) -> bool {
    starts_clean(row, found) && ends_clean(row, found, hits)
}

fn numeral(c: char) -> bool {
    c.is_ascii_digit()
}

/// Marks that stand for a character which could not be read.
fn unreadable(c: char) -> bool {
    matches!(c, '?' | '#' | '*' | '_' | '\u{fffd}' | '■' | '□')
}

/// Whether eight digits and no more stand at `at`.
fn eight_at(row: &Row, at: usize) -> bool {
    let width = (at..at + 9).take_while(|&place| numeral(row.at(place))).count();
    width == 8 && !letter(row.at(at + width))
}

fn starts_clean(row: &Row, found: &Match) -> bool {
    let start = found.span.start;
    // Two dates of eight digits with a slash between them: `20260105/20280104`.
    let eight = found.separator.is_none() && found.span.len() == 8;
    let other = start.checked_sub(9).filter(|_| eight && row.before(start) == '/');
    if other.is_some_and(|at| eight_at(row, at) && !numeral(row.before(at))) {
        return true;
    }
    let (near, far) = (row.before(start), row.before(start.saturating_sub(1)));
    if unreadable(near) || numeral(far) && matches!(near, ':' | '\'') {
        return false;
    }
    if super::eras::name_before(row, start) {
        return false;
    }
    if found.format.parts[0] == Part::Name {
        return !number_before(row, start);
    }
    // The first of two numbers was a month, and a day before it was not read.
    let cut = match (found.fields.day, found.fields.year) {
        (None, _) => found.fields.of_year.is_none(),
        (Some(_), None) => found.format.order == Order::Mdy && !found.has_words(),
        _ => false,
    };
    if cut && cut_before(near, far) {
        return false;
    }
    match separator_of(near) {
        // Words and dates follow on times and codes (`11:19 16 NOV`), three numbers on a fourth do not.
        Some(Separator::Space) => found.separator != Some(Separator::Space) || !numeral(far),
        Some(before) => {
            let other =
                found.separator.is_some_and(|own| own != before) && found.fields.year.is_some();
            !numeral(far) || other && found.format.parts.len() > 3
        }
        None => true,
    }
}

/// Whether a point or a slash with nothing before it says that a day or a month was not read: `.03.2026`, `/2026`.
/// A word may end with a point of its own: `EXP.03.2026`.
fn cut_before(near: char, far: char) -> bool {
    matches!(near, '.' | '/') && !far.is_alphanumeric()
}

/// Whether one or two digits stand before the name of a month: they were its day, and there is no such day.
fn number_before(row: &Row, start: usize) -> bool {
    let gap = (0..2)
        .take_while(|n| matches!(row.before(start.saturating_sub(*n)), ' ' | '.' | '-' | '/'));
    let end = start - gap.count().min(start);
    let width = (0..3).take_while(|n| end > *n && numeral(row.before(end - n))).count();
    let before = row.before(end.saturating_sub(width));
    (1..=2).contains(&width) && !letter(before) && !matches!(before, ':' | '.' | ',' | '-')
}

fn ends_clean(row: &Row, found: &Match, hits: &[Hit]) -> bool {
    let end = found.span.end;
    let (near, far) = (row.at(end), row.at(end + 1));
    if unreadable(near) {
        return false;
    }
    let eight = found.separator.is_none() && found.span.len() == 8;
    if eight && near == '/' && eight_at(row, end + 1) {
        return true;
    }
    if numeral(near) {
        return found.separator.is_some() && time_at(row, end);
    }
    // ISO 8601 puts a T between date and time.
    if near == 't' && numeral(far) {
        let hours = (end + 1..row.chars.len()).take_while(|&at| numeral(row.at(at))).count();
        return found.fields.day.is_some() && (matches!(hours, 4 | 6) || time_at(row, end + 1));
    }
    if letter(near) {
        let ordinal = found.format.parts.last() == Some(&Part::D)
            && ["st", "nd", "rd", "th"].iter().any(|ending| ends_with(row, end, ending));
        let lot = near == 'l' && numeral(far) && found.fields.year.is_some();
        let phrase = hits.iter().any(|hit| hit.span.start == end && hit.span.len() > 1);
        return ordinal || lot || phrase || found.glued || word_for_year(row, found, near, far);
    }
    // `13.05.26` in `13.05.26.4`, the 11 in `16 NOV 11:19`.
    match separator_of(near) {
        _ if near == ':' => !numeral(far),
        Some(Separator::Space) => {
            found.separator != Some(Separator::Space) || !group_of_two(row, end + 1)
        }
        Some(after) => {
            let other =
                found.separator.is_some_and(|own| own != after) && found.fields.year.is_some();
            !numeral(far) || other && found.format.parts.len() > 3
        }
        None => near != '\'' || !numeral(far),
    }
}

/// Whether the code of a lot or of a packing line is glued to a date that says day and month, or month and
/// year in words: a letter or two with up to four more characters (`130526A1`, `13MAY26A2`).
pub fn glued(row: &Row, found: &Match) -> bool {
    let end = found.span.end;
    let fields = found.fields;
    let full = fields.month.is_some() && (fields.day.is_some() || found.has_words());
    if !full || !letter(row.at(end)) || row.at(end) == 't' && time_at(row, end + 1) {
        return false;
    }
    let length = (end..row.chars.len()).take_while(|&at| row.at(at).is_alphanumeric()).count();
    let letters = (end..end + length).take_while(|&at| letter(row.at(at))).count();
    letters <= 2 && length <= 5
}

/// Whether exactly two digits stand at `at`, which are no hours: a telephone number goes on so.
fn group_of_two(row: &Row, at: usize) -> bool {
    let width = (at..at + 3).take_while(|&place| numeral(row.at(place))).count();
    width == 2 && !time_at(row, at)
}

/// Whether a time of day stands at `at`: `14:35`.
pub fn time_at(row: &Row, at: usize) -> bool {
    let two = |at: usize| {
        let (ten, one) = (row.at(at).to_digit(10)?, row.at(at + 1).to_digit(10)?);
        Some(10 * ten + one)
    };
    let sign = matches!(row.at(at + 2), ':' | 'h');
    sign && two(at).is_some_and(|hours| hours < 24)
        && two(at + 3).is_some_and(|minutes| minutes < 60)
}

/// Whether the year has its word glued to it: `2026г.`, `2026р.`, `2026r.`.
fn word_for_year(row: &Row, found: &Match, near: char, far: char) -> bool {
    let year = found.format.parts.last() == Some(&Part::Yyyy)
        && row.before(found.span.end).is_ascii_digit();
    year && matches!(near, 'г' | 'р' | 'r') && !far.is_alphanumeric()
}

fn ends_with(row: &Row, at: usize, ending: &str) -> bool {
    let same = ending.chars().enumerate().all(|(place, c)| row.at(at + place) == c);
    same && !letter(row.at(at + ending.len()))
}
