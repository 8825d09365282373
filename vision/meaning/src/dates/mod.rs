//! **Dates on labels**: where they stand, which day they are, and what they mean.
//!
//! The way of a date: lines are joined to rows; `hints` strikes out what is printed about formats
//! (`DD/MM/YY`), and phrases are found ("best before"; `shy`: which ordinary words count, and what speaks of
//! offers; `split`: phrases over two lines). `scan` finds stretches that fit a
//! [format](super::table::formats); `label` and `eras` decide what depends on the label's languages;
//! `neighbours` strikes out amounts, versions and lots; `resolve` decides which day it is; `joined` puts
//! together what stands on several lines; `roles`, `across` and `continued` give the phrases to the dates, but
//! for those that `elsewhere` leaves out; `missed` says why a print is no date. A *role* is what the date
//! means: the last day on which the item is good, or the day it was made.
//! Nothing is guessed: what the label does not say is `None`, and a date without words has no role.

mod across;
mod confirm;
mod continued;
pub(crate) mod edges;
mod elsewhere;
mod eras;
mod hints;
mod joined;
mod label;
mod missed;
mod names;
mod neighbours;
mod pieces;
mod reasons;
mod resolve;
mod roles;
mod scan;
mod shy;
mod split;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
pub(crate) mod table_tests;
#[cfg(test)]
mod tests;

pub use confirm::{dates_with, from_gs1};
pub use missed::{NoDate, missed};
pub use resolve::days_between;

use super::line::{Corners, TextLine};
use super::phrases::apart;
use super::rows::{Print, Row, rows};
use super::table::{Needs, Part};
use super::words::{Hit, Kind, with_shy};
use hints::Hint;
use jiff::civil::Date;
use label::Label;
use resolve::{Choice, Reading, Resolved, resolve};
use roles::{Found, Worded, Words, assign};
use scan::{Match, Separator, Year, scan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Where the goods are sold: the custom by which `04/05/26` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Day, month, year: Europe, and also Latin America, Africa, India, Australia.
    Europe,
    /// Month, day, year.
    UnitedStates,
    /// Year, month, day (and symbols for months that are neither English nor French).
    Canada,
    /// Year, month, day: Japan, China, Korea, Taiwan.
    EastAsia,
    /// No custom: what is ambiguous stays open.
    #[default]
    Unspecified,
}

/// What is known besides the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Where the goods are sold.
    pub region: Region,
    /// The present date: for centuries and for what is plausible.
    pub today: Date,
}

/// What a date on a label means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The last day on which the item is good: expiry, use by, best before.
    Expiry,
    /// The day on which it was made, filled, packed or frozen.
    Manufacture,
    /// The label does not say.
    Unknown,
}

/// A date as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DateRead {
    /// The print, as text recognition gave it.
    pub text: String,
    /// What it means.
    pub role: Role,
    /// Whether the label says what it is, also where that gives no role: "sell by", "do not use before", or
    /// "best before: see lid" beside a date that is not on the lid.
    #[serde(default)]
    pub explained: bool,
    /// The year with its century, where the label says it.
    pub year: Option<i16>,
    /// 1 to 12, where the label says it.
    pub month: Option<i8>,
    /// 1 to 31, where the label says it.
    pub day: Option<i8>,
    /// Why it was read so, in plain words.
    pub reason: String,
    /// Where it stands, in pixels of the view, clockwise from the text's top left.
    pub corners: Corners,
    /// How sure the recognition of the text was, 0 to 1.
    pub confidence: f32,
}

/// The dates of a label, in the order of its rows.
pub fn find_dates(lines: &[TextLine], context: &Context) -> Vec<DateRead> {
    let Dated { found, mut reads, elsewhere, .. } = Dated::read(lines, context);
    let remarks = reasons::of(&found, context);
    for (date, reason) in found.into_iter().zip(remarks) {
        let role = match &date.words {
            Some(Words::Say(Kind::Expiry, ..)) => Role::Expiry,
            Some(Words::Say(Kind::Manufacture, ..)) => Role::Manufacture,
            _ => Role::Unknown,
        };
        let Reading { year, month, day, .. } = date.reading;
        let Print { text, place: TextLine { corners, confidence, .. } } = date.print;
        let explained = date.words.is_some() || elsewhere;
        let read =
            DateRead { text, role, explained, year, month, day, reason, corners, confidence };
        reads.push((date.row, date.found.span.start, read));
    }
    reads.sort_by_key(|(row, start, _)| (*row, *start));
    reads.into_iter().map(|(.., read)| read).collect()
}

/// A label and its dates, as they stand in its rows.
struct Dated {
    rows: Vec<Worded>,
    /// What it says of all its dates.
    label: Label,
    /// Whether a phrase on it says that its date stands somewhere else.
    elsewhere: bool,
    /// The dates.
    found: Vec<Found>,
    /// What would be a date with words for one, and has none.
    dropped: Vec<Found>,
    /// Dates of elements that are printed under a code: row, place in it, date.
    reads: Vec<(usize, usize, DateRead)>,
}

impl Dated {
    fn read(lines: &[TextLine], context: &Context) -> Self {
        let rows = worded(lines);
        let mut label = Label::of(rows.iter().map(|worded| (&worded.row, &worded.hits[..])));
        // What is printed about the format goes before a country's custom.
        if rows.iter().any(|worded| !worded.hints.is_empty()) {
            label.swedish = None;
        }
        let mut found = Vec::new();
        let mut reads = Vec::new();
        for (index, worded) in rows.iter().enumerate() {
            let bracketed = confirm::bracketed(&worded.row, lines, context.today);
            // A row printed under a GS1 code holds nothing but elements.
            let only_elements =
                !bracketed.is_empty() && !worded.hits.iter().any(|hit| hit.kind.is_date());
            reads.extend(bracketed.into_iter().map(|(start, read)| (index, start, read)));
            if !only_elements {
                found.extend(of_row(index, &rows, lines, &label, context));
            }
        }
        joined::join(&rows, &mut found, lines, &label, context);
        let elsewhere = assign(&rows, &mut found, lines);
        repeat(&mut found);
        let dropped = keep(&rows, &mut found, context.today);
        Self { rows, label, elsewhere, found, dropped, reads }
    }
}

/// The rows of a label with their phrases and hints.
fn worded(lines: &[TextLine]) -> Vec<Worded> {
    let worded = |mut row: Row| {
        let hints = hints::strike(&mut row);
        let hits = with_shy(&row);
        Worded { row, hits, hints }
    };
    let mut rows: Vec<Worded> = rows(lines).into_iter().map(worded).collect();
    shy::settle(&mut rows, lines);
    split::complete(&mut rows, lines);
    rows
}

/// Whether the name of a month stands at `at`, or its Roman number with a year after it.
pub(crate) fn month_begins(row: &Row, at: usize) -> bool {
    let roman = || {
        let (length, ..) = names::roman_at(row, at)?;
        Some(row.at(at + length + 1).is_ascii_digit())
    };
    names::name_at(row, at).is_some() || roman().unwrap_or(false)
}

/// The stretches of a row that are written as dates and as nothing else.
pub(crate) fn written_dates(row: &Row, hits: &[Hit]) -> Vec<Range<usize>> {
    let date = |found: &Match| {
        let signs = found.separator.is_some() || found.has_words();
        let sure = found.fields.undecided.is_none() && !eras::is_bare(found);
        signs && sure && neighbours::needs(found) == Needs::Nothing
    };
    scan(row, hits).into_iter().filter(date).map(|found| found.span).collect()
}

/// Matches with the months and the years that the label as a whole gives them.
fn settled(mut matches: Vec<Match>, label: &Label, context: &Context) -> Vec<Match> {
    label.settle(&mut matches, context.today);
    eras::settle(&mut matches, label, context.today);
    matches
}

/// The dates of one row, none over another.
fn of_row(
    index: usize,
    rows: &[Worded],
    lines: &[TextLine],
    label: &Label,
    context: &Context,
) -> Vec<Found> {
    let Worded { row, hits, .. } = &rows[index];
    let mut matches = settled(scan(row, hits), label, context);
    matches.retain(|found| neighbours::against(row, found, hits).is_none());
    // Prints that are right as they stand go first, then those that say most.
    matches.sort_by_key(|found| {
        let needs = neighbours::needs(found);
        (found.span.start, found.span.end, needs)
    });
    let mut stretches: Vec<(&[Match], Needs, Resolved)> = Vec::new();
    for group in matches.chunk_by(|a, b| a.span == b.span) {
        let needs = neighbours::needs(&group[0]);
        let members: Vec<&Match> =
            group.iter().filter(|found| neighbours::needs(found) == needs).collect();
        let hint = hint_for(index, &group[0].span, rows);
        match resolve_by(hint, group, &members, context) {
            Resolved::Nothing => {}
            resolved => stretches.push((group, needs, resolved)),
        }
    }
    stretches.sort_by_key(|(group, needs, _)| {
        (*needs, std::cmp::Reverse(group[0].span.len()), group[0].confused, group[0].span.start)
    });
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut found = Vec::new();
    for (group, needs, resolved) in stretches {
        let span = &group[0].span;
        if taken.iter().any(|other| !apart(other, span)) {
            continue;
        }
        taken.push(span.clone());
        if let Resolved::Date(reading) = resolved {
            let member = group.iter().find(|one| one.format.order == reading.order);
            let found_one = member.unwrap_or(&group[0]).clone();
            let print = row.print(span, lines);
            let (row, words, rest) = (index, None, Vec::new());
            found.push(Found { row, found: found_one, reading, needs, print, words, rest });
        }
    }
    found
}

/// The hint about the format that speaks of a print: the last one before it in its row, else the first after
/// it; else that of the whole label, where all its hints are the same.
fn hint_for<'a>(index: usize, span: &Range<usize>, rows: &'a [Worded]) -> Option<&'a Hint> {
    let own = &rows[index].hints;
    let before = own.iter().rfind(|hint| hint.span.end <= span.start);
    if let Some(hint) = before.or(own.first()) {
        return Some(hint);
    }
    let mut all = rows.iter().flat_map(|row| &row.hints);
    let first = all.next()?;
    all.all(|other| other.says(first)).then_some(first)
}

/// Which date a stretch is: by a hint about its format, where that gives a day of the calendar, else by what
/// its `members` allow.
fn resolve_by(
    hint: Option<&Hint>,
    group: &[Match],
    members: &[&Match],
    context: &Context,
) -> Resolved {
    if let Some(hint) = hint {
        let fitting: Vec<&Match> = group.iter().filter(|found| hint.fits(found)).collect();
        if let Resolved::Date(reading) = resolve(&fitting, context) {
            return Resolved::Date(Reading { choice: Choice::ByHint, ..reading });
        }
    }
    resolve(members, context)
}

/// A date printed twice means the same both times.
fn repeat(found: &mut [Found]) {
    let same = |a: &Reading, b: &Reading| (a.year, a.month, a.day) == (b.year, b.month, b.day);
    let said: Vec<(Reading, Words)> =
        found.iter().filter_map(|date| Some((date.reading, date.words.clone()?))).collect();
    for date in found.iter_mut().filter(|date| date.words.is_none() && date.needs == Needs::Nothing)
    {
        let twin = said.iter().find(|(reading, _)| same(reading, &date.reading));
        date.words = twin.map(|(_, words)| words.clone());
    }
}

/// Takes out what needs words and has none. Two prints are kept without: a month and year alone in its line,
/// and, where the label has no other date, the day of the year within a lot.
fn keep(rows: &[Worded], found: &mut Vec<Found>, today: Date) -> Vec<Found> {
    let certain = |date: &Found| {
        date.needs == Needs::Nothing || date.words.is_some() || alone(rows, date, today)
    };
    let in_lot = |date: &Found| {
        let Worded { row, hits, .. } = &rows[date.row];
        let lot = neighbours::directly_before(row, &date.found, hits);
        date.needs == Needs::WordsOrLot
            && lot.is_some_and(|hit| hit.kind == Kind::Lot)
            && date
                .reading
                .year
                .is_none_or(|year| (today.year() - 3..=today.year()).contains(&year))
    };
    let any_certain = found.iter().any(certain);
    let any_other = found.iter().any(resembles);
    let stays = |date: &Found| if any_certain { certain(date) } else { in_lot(date) && !any_other };
    let (kept, dropped) = std::mem::take(found).into_iter().partition(stays);
    *found = kept;
    dropped
}

/// Whether a print looks like a date although no words that are known stand at it: it may be the label's own.
fn resembles(date: &Found) -> bool {
    let signs = date.found.separator.is_some() || date.found.has_words();
    signs && date.reading.month.is_some() && date.needs != Needs::WordsOrLot
}

/// Whether a print is `05/27` and nothing else, of a year that goods on sale have.
fn alone(rows: &[Worded], date: &Found, today: Date) -> bool {
    let row = &rows[date.row].row;
    let span = &date.found.span;
    let only = row.segment(span.start) == *span;
    let parts = matches!(date.found.format.parts, [Part::M, Part::Sep, Part::Yy]);
    let slash = date.found.separator == Some(Separator::Slash) && span.len() == 5;
    let near = date.reading.year.is_some_and(|year| (-2..=10).contains(&(year - today.year())));
    only && parts && slash && near && matches!(date.found.fields.year, Some(Year::Two(_)))
}
