//! **Phrases over two lines**: "à consommer de préférence" over "avant fin 2027".
//!
//! What stands just below a line is read with it as one row. A phrase that begins in the upper line and ends in
//! the lower one belongs to the lower line, with the place of its end: there its date stands beside it, so that
//! also a print counts that needs words. A phrase that the upper line says as a whole stays where it is.

use super::roles::Worded;
use crate::line::TextLine;
use crate::phrases::apart;
use crate::rows::{BREAK, Row};
use crate::words::{Hit, hits};
use std::ops::Range;

/// Fewer letters of a phrase in one of the two lines are a coincidence.
const LETTERS: usize = 2;

/// Gives lines the phrases that end in them and begin in the line above.
pub fn complete(rows: &mut [Worded], lines: &[TextLine]) {
    for lower in 0..rows.len() {
        for start in segments(&rows[lower].row) {
            let ends: Vec<(usize, Range<usize>)> = (0..rows.len())
                .filter_map(|upper| end_above(rows, upper, lower, &start, lines))
                .collect();
            for (upper, end) in ends {
                join(rows, (upper, end), (lower, start.clone()));
            }
        }
    }
}

/// The stretches of a row between breaks.
fn segments(row: &Row) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut at = 0;
    for part in row.chars.split(|c| *c == BREAK) {
        all.push(at..at + part.len());
        at += part.len() + 1;
    }
    all
}

/// The stretch of row `upper` that stands just above the stretch `start` of row `lower`, where letters meet.
fn end_above(
    rows: &[Worded],
    upper: usize,
    lower: usize,
    start: &Range<usize>,
    lines: &[TextLine],
) -> Option<(usize, Range<usize>)> {
    let below = &rows[lower].row;
    let above = &rows[upper].row;
    if upper == lower || !below.at(start.start).is_alphabetic() {
        return None;
    }
    let place = below.print(start, lines).place;
    let over = |stretch: &Range<usize>| {
        // "HALT-" over "BAR BIS", "PREF." over "ANTES DE".
        let sign = usize::from(matches!(above.before(stretch.end), '-' | '.'));
        above.before(stretch.end - sign).is_alphabetic()
            && above.print(stretch, lines).place.just_above(&place)
    };
    segments(above).into_iter().find(over).map(|stretch| (upper, stretch))
}

/// Gives the lower stretch the phrase that begins in the upper one.
fn join(rows: &mut [Worded], upper: (usize, Range<usize>), lower: (usize, Range<usize>)) {
    let ((upper, end), (lower, start)) = (upper, lower);
    let both =
        Row::joined(&[(&rows[upper].row, end.clone()), (&rows[lower].row, start.clone())], ' ');
    let joint = end.len();
    let letters =
        |range: Range<usize>| both.chars[range].iter().filter(|c| c.is_alphanumeric()).count();
    let crossing = |hit: &Hit| {
        hit.kind.is_date() && !hit.begun() && hit.span.start < joint && hit.span.end > joint + 1
    };
    let Some(mut hit) = hits(&both).into_iter().find(crossing) else { return };
    let (first, rest) = (hit.span.start..joint, joint + 1..hit.span.end);
    if letters(first.clone()) < LETTERS || letters(rest.clone()) < LETTERS {
        return;
    }
    let first = end.start + first.start..end.end;
    let whole = |own: &Hit| own.kind.is_date() && !own.begun() && !apart(&own.span, &first);
    if rows[upper].hits.iter().any(whole) {
        return;
    }
    rows[upper].hits.retain(|own| apart(&own.span, &first));
    hit.span = start.start..start.start + rest.len();
    let own = &mut rows[lower].hits;
    own.retain(|other| apart(&other.span, &hit.span));
    own.push(hit);
    own.sort_by_key(|hit| hit.span.start);
}
