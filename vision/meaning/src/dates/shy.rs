//! **Shy words**: phrases that count only where they stand in the right place.
//!
//! `PER` is French for "expired on" and an ordinary word in most languages, `AB` is German for "from" and the letters
//! of a lot. Such a word counts directly before a date in full. `PER` counts only where no other words stand around
//! it and its date; beside words for the manufacture (`FAB 01/26 PER 01/29`) it serves any date.
//!
//! "Valid until" speaks of the goods, unless an offer is named in its line or in the next one: the day after it is
//! that of the coupon then.

use super::roles::Worded;
use super::written_dates;
use crate::line::TextLine;
use crate::phrases::Phrases;
use crate::rows::Row;
use crate::table::offers::OFFERS;
use crate::words::{Hit, Kind, Weight, after_links};
use std::sync::LazyLock;

static OFFERED: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::new([(OFFERS, ())]));

/// Fewer letters are no word, but the code of a line.
const WORD: usize = 3;

/// Fewer digits are no month and year in full.
const DIGITS: usize = 4;

/// Decides which shy phrases count, and takes the validity of offers for what it is.
pub fn settle(rows: &mut [Worded], lines: &[TextLine]) {
    let made = |hit: &Hit| hit.kind == Kind::Manufacture;
    let paired = rows.iter().any(|worded| worded.hits.iter().any(made));
    let offered = near_offers(rows, lines);
    for (Worded { row, hits, .. }, offered) in rows.iter_mut().zip(offered) {
        let weights: Vec<Option<Weight>> =
            hits.iter().map(|hit| weight(row, hit, hits, paired)).collect();
        let mut weights = weights.into_iter();
        hits.retain_mut(|hit| {
            let weight = weights.next().flatten();
            hit.weight = weight.unwrap_or(hit.weight);
            if hit.weight == Weight::Validity && offered {
                hit.kind = Kind::OtherDate;
            }
            weight.is_some()
        });
    }
}

/// What a phrase weighs where it stands; `None` where it is an ordinary word.
fn weight(row: &Row, hit: &Hit, hits: &[Hit], paired: bool) -> Option<Weight> {
    if hit.weight != Weight::Shy {
        return Some(hit.weight);
    }
    let end = row.segment(hit.span.start).end;
    let next = after_links(row, hit.span.end);
    let date = written_dates(row, hits).into_iter().find(|date| date.start == next);
    if hit.kind == Kind::OtherDate {
        return date.map(|_| Weight::Whole);
    }
    let alone = next >= end;
    let number = (next..end).take_while(|&at| !row.at(at).is_alphabetic()).count();
    let after = date.as_ref().map_or(next + number, |date| date.end);
    // `11/28` beside `FAB 11/25` is a date whatever follows, `1/2` in "per 1/2 pot" is none.
    let digits = (next..after).filter(|&at| row.at(at).is_ascii_digit()).count();
    let sure = paired && digits >= DIGITS;
    let free = !word_before(row, hit, hits) && (alone || sure || !word_after(row, after, hits));
    match (free, paired) {
        (false, _) => None,
        (true, true) => Some(Weight::Whole),
        (true, false) => (alone || date.is_some()).then_some(Weight::Begun),
    }
}

/// Whether a word that is no phrase stands directly before a phrase in its line.
fn word_before(row: &Row, hit: &Hit, hits: &[Hit]) -> bool {
    let start = row.segment(hit.span.start).start;
    let end = (start..hit.span.start).rev().find(|&at| row.at(at).is_alphanumeric());
    let Some(end) = end else { return false };
    let length = (start..=end).rev().take_while(|&at| row.at(at).is_alphanumeric()).count();
    let letters = (end + 1 - length..=end).all(|at| row.at(at).is_alphabetic());
    letters && !known(end, hits)
}

/// Whether a word that is no phrase is the next thing after `at` in its line.
fn word_after(row: &Row, at: usize, hits: &[Hit]) -> bool {
    let end = row.segment(at).end;
    let Some(start) = (at..end).find(|&at| row.at(at).is_alphanumeric()) else { return false };
    let letters = (start..end).take_while(|&at| row.at(at).is_alphabetic()).count();
    letters >= WORD && !known(start, hits)
}

fn known(at: usize, hits: &[Hit]) -> bool {
    hits.iter().any(|hit| hit.weight != Weight::Shy && hit.span.contains(&at))
}

/// Whether an offer is named in each row, or in a line just above or below one of its "valid until".
fn near_offers(rows: &[Worded], lines: &[TextLine]) -> Vec<bool> {
    let places: Vec<(usize, TextLine)> = rows
        .iter()
        .enumerate()
        .flat_map(|(index, Worded { row, .. })| {
            let named = OFFERED.find(row, &[]).into_iter();
            named.map(move |found| (index, row.print(&row.segment(found.span.start), lines).place))
        })
        .collect();
    let near = |(index, Worded { row, hits, .. }): (usize, &Worded)| {
        let mut validities = hits.iter().filter(|hit| hit.weight == Weight::Validity);
        validities.any(|hit| {
            let own = row.print(&row.segment(hit.span.start), lines).place;
            places.iter().any(|(other, place)| {
                *other == index || place.just_above(&own) || own.just_above(place)
            })
        })
    };
    rows.iter().enumerate().map(near).collect()
}
