//! **Lines that belong together**: words and a date that stand in neighbouring lines, but not above each other.
//!
//! `L6047B 21.08.26 06:14` over `MHD`: the words are alone in their line, and the date is the only one in its.
//! `At -18 °C best before` over `11.2027`: the words end their line, and the date begins the next one. Both count
//! only for what is a date without words, and only where one line fits.

use super::roles::{Found, Side, Waiting, Worded, give, starts_segment};
use crate::line::TextLine;
use std::ops::Range;

/// Gives words that are still free to a date in the line above or below.
pub fn lines(rows: &[Worded], found: &mut [Found], waiting: &mut [Waiting], lines: &[TextLine]) {
    for phrase in waiting.iter_mut().filter(|phrase| phrase.free && !phrase.begun) {
        let mut fitting = (0..found.len())
            .filter_map(|date| Some((date, side(rows, found, date, phrase, lines)?)));
        if let (Some((date, side)), None) = (fitting.next(), fitting.next()) {
            give(&mut found[date], phrase, side);
        }
    }
}

/// On which side of a date the words for it stand, if their lines are neighbours and hold nothing that competes.
fn side(
    rows: &[Worded],
    found: &[Found],
    date: usize,
    phrase: &Waiting,
    lines: &[TextLine],
) -> Option<Side> {
    let at = &found[date];
    if at.words.is_some() || at.weak() || at.row == phrase.row {
        return None;
    }
    let Worded { row, hits, .. } = &rows[at.row];
    let own = row.segment(at.span().start);
    let here = |other: &&Found| other.row == at.row && own.contains(&other.span().start);
    let competes = |start: usize| own.contains(&start);
    if found.iter().filter(here).count() > 1
        || hits.iter().any(|hit| hit.kind.is_date() && competes(hit.span.start))
    {
        return None;
    }
    let words = &rows[phrase.row].row;
    let whole = words.segment(phrase.span.start);
    let empty = |mut range: Range<usize>| range.all(|at| !words.at(at).is_alphanumeric());
    let ends = empty(phrase.span.end..whole.end);
    let alone = ends && empty(whole.start..phrase.span.start);
    let (upper, lower) = (words.print(&whole, lines).place, row.print(&own, lines).place);
    if ends && (alone || starts_segment(&rows[at.row], at)) && upper.just_above(&lower) {
        return Some(Side::Above);
    }
    (alone && lower.just_above(&upper)).then_some(Side::Below)
}
