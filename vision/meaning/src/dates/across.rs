//! **Words on other rows**: headings over columns of dates, and words above or below their date.

use super::hints::Hint;
use super::roles::{
    Found, Side, Waiting, Worded, Words, different, give, starts_segment, touching,
};
use crate::line::TextLine;
use crate::rows::Row;
use crate::table::{Order, Part};
use std::ops::Range;

/// Rows of words of different kinds over rows of as many dates: in pairs. Over one date, undecided.
pub fn headings(rows: &[Worded], found: &mut [Found], waiting: &mut [Waiting]) {
    for above in 0..rows.len() {
        let run: Vec<usize> = (0..waiting.len())
            .filter(|&word| waiting[word].row == above && waiting[word].free)
            .collect();
        let kinds = different(&run, waiting);
        if kinds.len() < 2 {
            continue;
        }
        for below in (0..rows.len()).filter(|&below| below != above) {
            let mut dates: Vec<usize> = (0..found.len())
                .filter(|&date| found[date].row == below && found[date].words.is_none())
                .filter(|&date| !found[date].weak() || starts_segment(&rows[below], &found[date]))
                .collect();
            dates.sort_by_key(|&date| found[date].span().start);
            let under = dates.iter().any(|&date| {
                kinds
                    .iter()
                    .any(|&word| waiting[word].print.place.just_above(&found[date].print.place))
            });
            let together = kinds
                .windows(2)
                .all(|pair| touching(&rows[above], &waiting[pair[0]].span, &waiting[pair[1]].span));
            if under && dates.len() == kinds.len() {
                for (&word, &date) in kinds.iter().zip(&dates) {
                    give(&mut found[date], &mut waiting[word], Side::Above);
                }
            } else if let ([date], true, true) = (&dates[..], under, together) {
                let names: Vec<&str> =
                    kinds.iter().map(|&w| waiting[w].print.text.as_str()).collect();
                found[*date].words = Some(Words::Differ(names.join("\" and \"")));
            }
        }
    }
}

/// The pairs of dates without words and free words above or below them, the nearest first. One side is used
/// up before the other, so that a column of words under their dates is not read from above.
pub fn vertical(
    rows: &[Worded],
    found: &[Found],
    waiting: &[Waiting],
    order: [Side; 2],
    lines: &[TextLine],
    bridges: &[TextLine],
) -> Vec<(usize, usize, Side)> {
    let mut pairs: Vec<(usize, usize, Side)> = Vec::new();
    for side in order {
        let mut near = Vec::new();
        for (date, at) in found.iter().enumerate().filter(|(_, at)| at.words.is_none()) {
            let side_serves = side == Side::Above || at.found.format.parts.contains(&Part::Symbol);
            if at.weak() && !(side_serves && starts_segment(&rows[at.row], at)) {
                continue;
            }
            let year = at.found.format.order == Order::Y;
            let serves = |phrase: &Waiting| {
                let cut = year && number_after(&rows[phrase.row].row, &phrase.span);
                phrase.free && !(phrase.begun && at.weak()) && !cut
            };
            for (word, phrase) in waiting.iter().enumerate().filter(|(_, phrase)| serves(phrase)) {
                // What continues the phrase may stand before the date: "BEST" over "BEFORE 13.05.26".
                let row = &rows[at.row].row;
                let whole =
                    phrase.begun.then(|| row.print(&row.segment(at.span().start), lines).place);
                let (here, there) =
                    (whole.as_ref().unwrap_or(&at.print.place), &phrase.print.place);
                let gap = if side == Side::Above {
                    there.gap_to_below(here).or_else(|| over(there, here, bridges))
                } else {
                    here.gap_to_below(there)
                };
                if let Some(gap) = gap.filter(|_| phrase.row != at.row) {
                    let ([x, y], [u, v]) = (here.centre(), there.centre());
                    let apart = (x - u).hypot(y - v) / here.height().max(1.0);
                    near.push((gap + 0.1 * apart, date, word));
                }
            }
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, date, word) in near {
            if pairs.iter().all(|(other, used, _)| *other != date && *used != word) {
                pairs.push((date, word, side));
            }
        }
    }
    pairs
}

/// Whether a number stands after a phrase in its line: a year below it is not all that its date says.
fn number_after(row: &Row, phrase: &Range<usize>) -> bool {
    (phrase.end..row.segment(phrase.start).end).any(|at| row.at(at).is_ascii_digit())
}

/// The gap between words and a date with a hint about the format on a line between them.
fn over(words: &TextLine, date: &TextLine, bridges: &[TextLine]) -> Option<f32> {
    let between = bridges.iter().filter(|bridge| words.just_above(bridge));
    let gaps = between.filter_map(|bridge| Some(1.0 + bridge.gap_to_below(date)?));
    gaps.reduce(f32::min)
}

/// Where hints about the format stand alone.
pub fn hint_places(rows: &[Worded], lines: &[TextLine]) -> Vec<TextLine> {
    let alone = |row: &Row, hint: &Hint| {
        row.segment(hint.span.start).all(|at| !row.at(at).is_alphanumeric())
    };
    let places = rows.iter().flat_map(|Worded { row, hints, .. }| {
        let hints = hints.iter().filter(move |hint| alone(row, hint));
        hints.map(move |hint| row.print(&hint.span, lines).place)
    });
    places.collect()
}
