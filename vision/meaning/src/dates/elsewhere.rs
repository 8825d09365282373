//! **Phrases without a date here**: those whose date stands somewhere else ("see lid"), and those whose date
//! somebody is still to write ("opened on: ____").

use super::roles::Worded;
use crate::fold::letter;
use crate::line::TextLine;
use crate::rows::{BREAK, Row};
use crate::table::denials::{BELOW, SEE};
use crate::words::{Hit, Kind, after_links};
use std::ops::Range;

/// The longest word that may stand between "see lid" and the phrase whose date stands there: "for", "pour".
const LINK_LETTERS: usize = 5;

/// Whether a line to write on follows, for the person who opens the pack: "opened on: ____".
pub fn blank_after(row: &Row, at: usize) -> bool {
    let start = (at..at + 3).find(|&at| !matches!(row.at(at), ' ' | ':')).unwrap_or(at);
    let length = |sign: char| (start..row.chars.len()).take_while(|&at| row.at(at) == sign).count();
    length('_') >= 2 || length('.') >= 4
}

/// Whether the phrase says that its date stands somewhere else: "see lid" directly after it, in the row or at
/// the start of the row below, or before it ("see base for best before").
pub fn points_elsewhere(
    rows: &[Worded],
    index: usize,
    span: &Range<usize>,
    lines: &[TextLine],
) -> bool {
    let Worded { row, hits, .. } = &rows[index];
    let after = after_lots(row, hits, after_links(row, span.end));
    if sees(row, span.end, after) {
        return true;
    }
    let mut elsewhere = hits.iter().filter(|hit| hit.kind == Kind::Elsewhere);
    let beside = elsewhere.any(|hit| {
        let follows = hit.span.start >= span.end && (hit.span.start <= after);
        let between = row.chars.get(hit.span.end..span.start).unwrap_or_default();
        let letters = between.iter().filter(|c| c.is_alphanumeric()).count();
        let leads =
            hit.span.end <= span.start && letters <= LINK_LETTERS && !between.contains(&BREAK);
        follows || leads
    });
    let ends = after >= row.segment(span.start).end;
    let place = ends.then(|| row.print(span, lines).place);
    let below = place.is_some_and(|place| {
        rows.iter().enumerate().filter(|(other, _)| *other != index).any(|(_, other)| {
            let start = |hit: &&Hit| other.row.segment(hit.span.start).start == hit.span.start;
            let pointing = other.hits.iter().filter(|hit| hit.kind == Kind::Elsewhere);
            pointing
                .filter(start)
                .any(|hit| place.just_above(&other.row.print(&hit.span, lines).place))
        })
    });
    beside || below
}

/// What follows the words for a lot that stand at `at`: "caducidad y lote: ver tapa" speaks of both.
fn after_lots(row: &Row, hits: &[Hit], at: usize) -> usize {
    let lot = hits.iter().find(|hit| hit.kind == Kind::Lot && hit.span.start == at);
    lot.map_or(at, |hit| after_lots(row, hits, after_links(row, hit.span.end)))
}

/// Whether "see" stands between `from` and `to`, and a word that is not "below" follows, with no number in its line.
fn sees(row: &Row, from: usize, to: usize) -> bool {
    let end = row.segment(from).end;
    let word = |range: Range<usize>| -> String { row.chars[range].iter().collect() };
    let words = |text: &str, list: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .any(|word| !word.is_empty() && list.split(',').any(|one| one.trim() == word))
    };
    let rest = word(to.min(end)..end);
    to < end
        && rest.starts_with(letter)
        && !rest.contains(|c: char| c.is_ascii_digit())
        && !words(&rest, BELOW)
        && words(&word(from.min(to)..to), SEE)
}
