//! **Roles**: which words belong to which date.
//!
//! Words stand before their date in the row, or after it, on the row above, or below. Each phrase serves one
//! date. What is decided first is not given away again: rows first, which is done here, then rows above and
//! below (`across`), then lines that go on (`continued`); `elsewhere` leaves out phrases without a date here.
//! Two phrases of different kinds with as many dates after them, or under them, go in pairs
//! (`MFG/EXP 01.05.25/01.05.26`); with one date only, nothing says which of them it is, and it stays unknown.

use super::across::{headings, hint_places, vertical};
use super::continued;
use super::elsewhere::{blank_after, lasts, points_elsewhere};
use super::hints::Hint;
use super::resolve::Reading;
use super::scan::Match;
use crate::line::TextLine;
use crate::rows::{Print, Row};
use crate::table::Needs;
use crate::words::{Hit, Kind, after_links, after_weekday};
use std::ops::Range;

/// A row with its hits.
#[derive(Debug)]
pub struct Worded {
    /// The row.
    pub row: Row,
    /// Its hits.
    pub hits: Vec<Hit>,
    /// What it prints about the format of dates.
    pub hints: Vec<Hint>,
}

/// A date found in a row.
#[derive(Debug)]
pub struct Found {
    /// The row's index.
    pub row: usize,
    /// The match.
    pub found: Match,
    /// What it says.
    pub reading: Reading,
    /// What must stand near it.
    pub needs: Needs,
    /// How it is printed.
    pub print: Print,
    /// What the words around it say.
    pub words: Option<Words>,
    /// Its other pieces, where it stands on several lines: row and place.
    pub rest: Vec<(usize, Range<usize>)>,
}

/// The words that decide a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// A phrase, with where it stands.
    Say(Kind, String, Side),
    /// Phrases of two kinds, for one date.
    Differ(String),
}

/// Where the words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In the row, before the date.
    Before,
    /// In the row, after it.
    After,
    /// On the row above.
    Above,
    /// On the row below.
    Below,
}

impl Found {
    /// Whether it is a date only with words for one.
    pub fn weak(&self) -> bool {
        self.needs != Needs::Nothing
    }

    /// Where it stands in its row.
    pub fn span(&self) -> &Range<usize> {
        &self.found.span
    }
}

/// A phrase for dates, waiting for its date.
pub struct Waiting {
    /// Its row.
    pub row: usize,
    /// What it says.
    pub kind: Kind,
    /// Where it stands in the row.
    pub span: Range<usize>,
    /// How it is printed.
    pub print: Print,
    /// Whether it is only the beginning of a phrase.
    pub begun: bool,
    /// Whether no date has it yet.
    pub free: bool,
}

/// Gives words to the dates; whether a phrase says that its date stands somewhere else.
pub fn assign(rows: &[Worded], found: &mut [Found], lines: &[TextLine]) -> bool {
    let mut elsewhere = false;
    let mut waiting = Vec::new();
    for (index, Worded { row, hits, .. }) in rows.iter().enumerate() {
        for hit in hits.iter().filter(|hit| hit.kind.is_date()) {
            let (kind, span, print) = (hit.kind, hit.span.clone(), row.print(&hit.span, lines));
            let mut dates = found.iter().filter(|date| date.row == index).map(Found::span);
            if blank_after(row, span.end) || lasts(row, span.end, &mut dates) {
                continue;
            }
            if points_elsewhere(rows, index, &span, lines) {
                elsewhere = true;
                continue;
            }
            waiting.push(Waiting { row: index, kind, span, print, begun: hit.begun(), free: true });
        }
    }
    for (index, worded) in rows.iter().enumerate() {
        in_row(index, worded, found, &mut waiting);
    }
    headings(rows, found, &mut waiting);
    let bridges = hint_places(rows, lines);
    let above_first = [Side::Above, Side::Below];
    let below_first = [Side::Below, Side::Above];
    let count = |order: [Side; 2]| vertical(rows, found, &waiting, order, lines, &bridges).len();
    let order = if count(below_first) > count(above_first) { below_first } else { above_first };
    for (date, word, side) in vertical(rows, found, &waiting, order, lines, &bridges) {
        give(&mut found[date], &mut waiting[word], side);
    }
    continued::lines(rows, found, &mut waiting, lines);
    elsewhere
}

/// Gives a phrase to a date.
pub fn give(date: &mut Found, word: &mut Waiting, side: Side) {
    date.words = Some(Words::Say(word.kind, word.print.text.clone(), side));
    word.free = false;
}

/// Words and dates of one row: runs of words, each with the run of dates after it.
fn in_row(index: usize, worded: &Worded, found: &mut [Found], waiting: &mut [Waiting]) {
    let words: Vec<usize> = (0..waiting.len()).filter(|&word| waiting[word].row == index).collect();
    let mut dates: Vec<usize> = (0..found.len()).filter(|&date| found[date].row == index).collect();
    dates.sort_by_key(|&date| found[date].span().start);
    if words.is_empty() || dates.is_empty() {
        return;
    }
    let starts: Vec<usize> = waiting.iter().map(|word| word.span.start).collect();
    let word_start = |word: usize| starts[word];
    let strong: Vec<usize> = dates.iter().copied().filter(|&date| !found[date].weak()).collect();
    // "13.05.25 PROD 13.05.26 EXP": each date has its words after it, and no word one of its own: "PKD 03/26".
    // Korean glues its word to the end of the date: "2026.05.13까지".
    let own = |word: usize| {
        if strong.iter().any(|&date| found[date].span().end == word_start(word)) {
            return false;
        }
        let weak = |&&date: &&usize| found[date].weak() && found[date].found.separator.is_some();
        dates
            .iter()
            .filter(weak)
            .any(|&date| direct(worded, &[word], found[date].span().start, waiting))
    };
    let alternate = !words.iter().any(|&word| own(word))
        && strong.len() == words.len()
        && strong
            .iter()
            .zip(&words)
            .all(|(&date, &word)| found[date].span().end <= word_start(word))
        && words
            .iter()
            .zip(strong.iter().skip(1))
            .all(|(&w, &d)| word_start(w) < found[d].span().start);
    if alternate {
        for (&date, &word) in strong.iter().zip(&words) {
            give(&mut found[date], &mut waiting[word], Side::After);
        }
        return;
    }
    let mut at = 0;
    while at < words.len() {
        let next_date = |from: usize| {
            dates.iter().map(|&date| found[date].span().start).find(|&start| start > from)
        };
        let first = next_date(word_start(words[at])).unwrap_or(usize::MAX);
        let run: Vec<usize> =
            words[at..].iter().copied().take_while(|&w| word_start(w) < first).collect();
        at += run.len();
        let until = words.get(at).map_or(usize::MAX, |&word| word_start(word));
        let mut after: Vec<usize> = dates
            .iter()
            .copied()
            .filter(|&date| (first..until).contains(&found[date].span().start))
            .collect();
        // "PKD 03/26" has its date, whatever stands further on.
        let weak = |date: usize| found[date].weak() && found[date].found.separator.is_some();
        let first = after.first().filter(|&&date| weak(date));
        let own =
            first.is_some_and(|&date| direct(worded, &run, found[date].span().start, waiting));
        if !own && after.iter().any(|&date| !found[date].weak()) {
            after.retain(|&date| !found[date].weak());
        } else {
            after.retain(|&date| direct(worded, &run, found[date].span().start, waiting));
        }
        serve(worded, &run, &after, found, waiting);
    }
    // Words at the end of the row, for the date before them.
    let loose = words.iter().copied().find(|&word| waiting[word].free);
    if let Some(word) = loose {
        let before =
            strong.iter().rfind(|&&date| found[date].span().end <= word_start(word)).copied();
        if let Some(date) = before.filter(|&date| found[date].words.is_none()) {
            give(&mut found[date], &mut waiting[word], Side::After);
        }
    }
}

/// Gives a run of words to the dates after it.
fn serve(
    worded: &Worded,
    run: &[usize],
    after: &[usize],
    found: &mut [Found],
    waiting: &mut [Waiting],
) {
    let (Some(&last), Some(&date)) = (run.last(), after.first()) else { return };
    let kinds = different(run, waiting);
    if kinds.len() > 1 && kinds.len() == after.len() {
        for (&word, &date) in kinds.iter().zip(after) {
            give(&mut found[date], &mut waiting[word], Side::Before);
        }
        return;
    }
    let previous = run.len().checked_sub(2).map(|place| run[place]);
    if let Some(previous) = previous
        && waiting[previous].kind != waiting[last].kind
        && touching(worded, &waiting[previous].span, &waiting[last].span)
    {
        let both = format!("{}\" and \"{}", waiting[previous].print.text, waiting[last].print.text);
        found[date].words = Some(Words::Differ(both));
    } else {
        give(&mut found[date], &mut waiting[last], Side::Before);
    }
    run.iter().for_each(|&word| waiting[word].free &= waiting[word].kind != waiting[last].kind);
}

/// The words of a run, one for each stretch of the same kind.
pub fn different(run: &[usize], waiting: &[Waiting]) -> Vec<usize> {
    let mut kinds: Vec<usize> = Vec::new();
    for &word in run {
        if kinds.last().is_none_or(|&last| waiting[last].kind != waiting[word].kind) {
            kinds.push(word);
        }
    }
    kinds
}

/// Whether no letter or digit stands between two phrases.
pub fn touching(worded: &Worded, first: &Range<usize>, second: &Range<usize>) -> bool {
    worded.row.chars[first.end..second.start].iter().all(|c| !c.is_alphanumeric())
}

/// Whether nothing but signs and other phrases stands between the words of a run and `start`.
fn direct(worded: &Worded, run: &[usize], start: usize, waiting: &[Waiting]) -> bool {
    let Some(&first) = run.iter().find(|&&word| !waiting[word].begun) else { return false };
    let mut at = waiting[first].span.end;
    loop {
        at = after_weekday(&worded.row, after_links(&worded.row, at));
        match worded.hits.iter().find(|hit| hit.span.start == at && hit.kind != Kind::Number) {
            Some(hit) if hit.kind.is_date() => at = hit.span.end,
            _ => {
                // A word of the run may stand further on, with other text before it.
                let later =
                    run.iter().map(|&word| &waiting[word].span).find(|span| span.start >= at);
                match later {
                    Some(span) if span.start < start => at = span.end,
                    _ => return at == start,
                }
            }
        }
    }
}

/// Whether nothing but phrases stands before a date in its line: bare digits under words are their date only
/// when they come first.
pub fn starts_segment(worded: &Worded, found: &Found) -> bool {
    let segment = worded.row.segment(found.span().start);
    let known =
        |at: usize| worded.hits.iter().any(|hit| hit.kind.is_date() && hit.span.contains(&at));
    let start = found.span().start;
    after_links(&worded.row, segment.start) == start
        || (segment.start..start).all(|at| !worded.row.at(at).is_alphanumeric() || known(at))
}
