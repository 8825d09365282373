//! **Roles**: which words belong to which date.
//!
//! Words stand before their date in the row, or after it, on the row above, or below. Each phrase serves one
//! date. What is decided first is not given away again: rows first, then rows above and below. Two phrases of
//! different kinds with as many dates after them, or under them, go in pairs (`MFG/EXP 01.05.25/01.05.26`);
//! with one date only, nothing says which of them it is, and it stays unknown.

use super::continued;
use super::hints::Hint;
use super::resolve::Reading;
use super::scan::Match;
use crate::fold::letter;
use crate::line::TextLine;
use crate::rows::{BREAK, Print, Row};
use crate::table::denials::{BELOW, SEE};
use crate::table::{Needs, Order, Part};
use crate::words::{Hit, Kind, after_links, after_weekday};
use std::ops::Range;

/// The longest word that may stand between "see lid" and the phrase whose date stands there: "for", "pour".
const LINK_LETTERS: usize = 5;

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
            if blank_after(row, span.end) {
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

/// Whether a line to write on follows, for the person who opens the pack: "opened on: ____".
fn blank_after(row: &Row, at: usize) -> bool {
    let start = (at..at + 3).find(|&at| !matches!(row.at(at), ' ' | ':')).unwrap_or(at);
    let length = |sign: char| (start..row.chars.len()).take_while(|&at| row.at(at) == sign).count();
    length('_') >= 2 || length('.') >= 4
}

/// Whether the phrase says that its date stands somewhere else: "see lid" directly after it, in the row or at
/// the start of the row below, or before it ("see base for best before").
fn points_elsewhere(
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
    // "13.05.25 PROD 13.05.26 EXP": each date has its words after it.
    let alternate = strong.len() == words.len()
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
        if after.iter().any(|&date| !found[date].weak()) {
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
fn different(run: &[usize], waiting: &[Waiting]) -> Vec<usize> {
    let mut kinds: Vec<usize> = Vec::new();
    for &word in run {
        if kinds.last().is_none_or(|&last| waiting[last].kind != waiting[word].kind) {
            kinds.push(word);
        }
    }
    kinds
}

/// Whether no letter or digit stands between two phrases.
fn touching(worded: &Worded, first: &Range<usize>, second: &Range<usize>) -> bool {
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

/// Rows of words of different kinds over rows of as many dates: in pairs. Over one date, undecided.
fn headings(rows: &[Worded], found: &mut [Found], waiting: &mut [Waiting]) {
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
fn vertical(
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
fn hint_places(rows: &[Worded], lines: &[TextLine]) -> Vec<TextLine> {
    let alone = |row: &Row, hint: &Hint| {
        row.segment(hint.span.start).all(|at| !row.at(at).is_alphanumeric())
    };
    let places = rows.iter().flat_map(|Worded { row, hints, .. }| {
        let hints = hints.iter().filter(move |hint| alone(row, hint));
        hints.map(move |hint| row.print(&hint.span, lines).place)
    });
    places.collect()
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
