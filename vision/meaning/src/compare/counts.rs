//! **Counts**: how many pieces a label says are in the pack.
//!
//! `pack of 6`, `6er-Pack`, `6 pcs`, `x6`, `6 x 330 ml`, `6個入り`. Things with a name (60 tablets) may be counted in
//! another way than the record counts; they can agree and never contradict.

use super::amounts::amounts;
use super::judge::{Said, Value, Weight};
use super::numerals::{self, Numeral};
use super::page::{Field, Marked, Page};
use super::title::Title;
use crate::rows::Row;
use crate::table::counts::{Counted, Side};
use std::ops::Range;

/// A number of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What it may be: `2 x 10 pcs` are 20, in 2 packs of 10.
    readings: Vec<u32>,
    /// Whether packs are counted, and not pieces of whatever lies in one.
    packs: bool,
}

impl Value for Count {
    const ONE: bool = false;

    fn group(&self) -> u8 {
        0
    }

    fn agrees(&self, other: &Self) -> Option<bool> {
        let same = self.readings.iter().any(|n| other.readings.contains(n));
        // One item may well consist of 6 pieces.
        let one = |a: &Self, b: &Self| a.readings == [1] && !b.packs;
        (same || !one(self, other) && !one(other, self)).then_some(same)
    }
}

/// The count of an expectation.
pub fn claim(count: u32) -> Count {
    Count { readings: vec![count], packs: true }
}

/// The counts that a label names.
pub fn counts(page: &Page, title: &Title) -> Vec<Said<Count>> {
    let places = page.places(Field::Count);
    let mut said = Vec::new();
    for (index, marked) in page.rows.iter().enumerate() {
        let mut found = worded(marked);
        found.extend(crosses(page, index, marked));
        for (span, count, weight) in found {
            if !marked.free(&span) {
                continue;
            }
            let print = page.print(index, &span);
            let per = marked.field_before(span.start) == Some(Field::NotNet);
            let weight = match weight {
                Weight::Plain if places.contains(&(index, span.start)) => Weight::Named,
                Weight::Plain if per || title.has(&print.text) => Weight::Hint,
                weight => weight,
            };
            said.push(Said { value: count, print, weight });
        }
        for (_, at) in places.iter().filter(|(row, _)| *row == index) {
            let numeral = numerals::after(&marked.row, *at).filter(|n| marked.free(&n.span));
            let Some((numeral, n)) = numeral.and_then(|n| whole(&n).map(|count| (n, count))) else {
                continue;
            };
            if !unit_follows(marked, numeral.span.end) {
                let print = page.print(index, &numeral.span);
                let weight = if numeral.sure { Weight::Named } else { Weight::Hint };
                said.push(Said { value: claim(n), print, weight });
            }
        }
    }
    let multiples = amounts(page, title);
    said.extend(multiples.into_iter().filter_map(|amount| {
        let value = claim(amount.value.times?);
        let weight = amount.weight.min(Weight::Plain);
        Some(Said { value, print: amount.print, weight })
    }));
    said
}

/// What words say: `6 pcs`, `pack of 6`.
fn worded(marked: &Marked) -> Vec<(Range<usize>, Count, Weight)> {
    let row = &marked.row;
    let mut found = Vec::new();
    for word in &marked.counts {
        let (counted, side) = word.value;
        let glued = row.before(word.span.start).is_ascii_digit();
        let numeral = match side {
            Side::Before => numerals::before(row, word.span.start),
            Side::Glued => numerals::before(row, word.span.start).filter(|_| glued),
            Side::After => numerals::after(row, word.span.end)
                .filter(|numeral| !unit_follows(marked, numeral.span.end)),
        };
        let Some((numeral, n)) = numeral.and_then(|n| whole(&n).map(|count| (n, count))) else {
            continue;
        };
        let mut readings = vec![n];
        let mut start = numeral.span.start.min(word.span.start);
        if let Some((factor, packs)) = times(row, numeral.span.start) {
            readings.extend([packs, packs.saturating_mul(n)]);
            start = factor.start;
        }
        let weight = match counted {
            Counted::Packs | Counted::Pieces if numeral.sure && word.exact => Weight::Plain,
            _ => Weight::Hint,
        };
        let count = Count { readings, packs: counted == Counted::Packs };
        found.push((start..numeral.span.end.max(word.span.end), count, weight));
    }
    found
}

/// The 2 of `2 x 10 pcs`, whose 10 begins at `at`.
fn times(row: &Row, at: usize) -> Option<(Range<usize>, u32)> {
    let mut at = at;
    while row.before(at) == ' ' {
        at -= 1;
    }
    if !matches!(row.before(at), 'x' | '×' | '*') {
        return None;
    }
    let factor = numerals::before(row, at - 1)?;
    let n = whole(&factor).filter(|_| factor.sure)?;
    Some((factor.span, n))
}

/// `x6` and `× 6`: plain in small letters or alone on its print, because `X6` may be a model.
fn crosses(page: &Page, index: usize, marked: &Marked) -> Vec<(Range<usize>, Count, Weight)> {
    let row = &marked.row;
    let mut found = Vec::new();
    for at in (0..row.chars.len()).filter(|&at| matches!(row.at(at), 'x' | '×')) {
        let mut back = at;
        while row.before(back) == ' ' {
            back -= 1;
        }
        let first = if row.at(at + 1) == ' ' { at + 2 } else { at + 1 };
        let apart = !row.before(at).is_alphanumeric() && !row.before(back).is_ascii_digit();
        if !apart || !row.at(first).is_ascii_digit() {
            continue;
        }
        let numeral = numerals::after(row, first).filter(|n| n.sure);
        let Some((numeral, n)) = numeral.and_then(|n| whole(&n).map(|count| (n, count))) else {
            continue;
        };
        let end = numeral.span.end;
        let next = (end..row.chars.len()).find(|&at| row.at(at) != ' ').map(|at| row.at(at));
        if unit_follows(marked, end) || matches!(next, Some('x' | '×' | '/')) {
            continue;
        }
        let small = page.print(index, &(at..at + 1)).text != "X";
        let segment = row.segment(at);
        let alone =
            segment.clone().all(|at| (back..end).contains(&at) || !row.at(at).is_alphanumeric());
        let weight = if small || alone { Weight::Plain } else { Weight::Hint };
        found.push((at..end, claim(n), weight));
    }
    found
}

fn whole(numeral: &Numeral) -> Option<u32> {
    numeral.whole().filter(|&n| n > 0)
}

fn unit_follows(marked: &Marked, end: usize) -> bool {
    let at = if marked.row.at(end) == ' ' { end + 1 } else { end };
    marked.row.at(end) == '%' || marked.units.iter().any(|unit| unit.span.start == at)
}
