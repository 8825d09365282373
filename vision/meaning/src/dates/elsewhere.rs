//! **Phrases without a date here**: those whose date stands somewhere else ("see lid"), those whose date
//! somebody is still to write ("opened on: ____"), and those that say how long and not until when.

use super::roles::Worded;
use crate::fold::{compact, letter};
use crate::line::TextLine;
use crate::rows::{BREAK, Row};
use crate::table::denials::{BELOW, SEE, SPANS};
use crate::words::{Hit, Kind, after_links};
use std::ops::Range;
use std::sync::LazyLock;

/// The longest word that may stand between "see lid" and the phrase whose date stands there: "for", "pour".
const LINK_LETTERS: usize = 5;

/// The longest word for "and" with the space after it: "und ".
const JOINING: usize = 4;

/// Whether a phrase says how long the goods keep, and not until when: "best before 30 days after ...".
/// Where one of the `dates` stands, the word is a part of it: Vietnamese writes "13 tháng 5 năm 2026".
pub fn lasts<'a>(row: &Row, at: usize, dates: &mut impl Iterator<Item = &'a Range<usize>>) -> bool {
    let start = after_links(row, at);
    let part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '/');
    let digits = (start..row.chars.len()).take_while(|&at| part(row.at(at))).count();
    let end = start + digits + usize::from(row.at(start + digits) == ' ');
    let rest = row.chars.get(end..).unwrap_or_default();
    let begins = |word: &Vec<char>| {
        rest.starts_with(word) && !rest.get(word.len()).is_some_and(|c| letter(*c))
    };
    let date = dates.any(|date| date.contains(&start));
    !date && (1..=5).contains(&digits) && TIMES.iter().any(begins)
}

/// Words for spans of time, folded.
static TIMES: LazyLock<Vec<Vec<char>>> =
    LazyLock::new(|| SPANS.split(',').map(compact).filter(|word| !word.is_empty()).collect());

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

/// What follows the words for a lot that stand at `at`, or after a word like "and": "caducidad y lote: ver tapa"
/// speaks of both.
fn after_lots(row: &Row, hits: &[Hit], at: usize) -> usize {
    let joined = |start: usize| {
        let between = row.chars.get(at..start).unwrap_or_default();
        between.len() <= JOINING && !between.contains(&BREAK)
    };
    let lot = hits
        .iter()
        .find(|hit| hit.kind == Kind::Lot && hit.span.start >= at && joined(hit.span.start));
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
