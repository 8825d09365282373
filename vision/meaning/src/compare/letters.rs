//! **Letter sizes** on a label.
//!
//! `S`, `M` and `L` alone are sizes after "Size:", on a print of their own and beside a colour. Elsewhere they
//! may be a lot, a litre or somebody's initial, and count as hints, as does a letter that is smaller than most
//! of the label: text recognition finds such letters in patterns and in cut-off words. `XXL` is a size
//! wherever it stands.

use super::judge::{Said, Weight};
use super::numerals;
use super::page::{FITS_ALL, Field, Marked, Page};
use super::sizes::Size;
use crate::fold::letter;
use crate::phrases::Found;
use crate::rows::Row;
use std::ops::Range;

/// Ranks from here on outwards have letters that are nothing else: XS and XL.
const CLEAR_RANK: i8 = 2;

/// The letter sizes of a page. `lenient` for the text of an expectation, where each letter is a size.
pub fn letters(page: &Page, lenient: bool) -> Vec<Said<Size>> {
    let places = page.places(Field::Size);
    let mut said = Vec::new();
    for (index, marked) in page.rows.iter().enumerate() {
        let sizes: Vec<&Found<i8>> =
            marked.letters.iter().filter(|found| is_size(page, index, found, lenient)).collect();
        let mut named_end = None;
        let mut place = 0;
        while let Some(first) = sizes.get(place) {
            let joined = sizes.get(place + 1).filter(|next| range(&marked.row, first, next));
            let joined = joined.filter(|next| {
                let more = sizes.get(place + 2);
                !more.is_some_and(|third| range(&marked.row, next, third))
            });
            let last = joined.unwrap_or(first);
            place += 1 + usize::from(joined.is_some());
            let span = first.span.start..last.span.end;
            let listed = named_end.is_some_and(|end: usize| quiet(&marked.row, end..span.start));
            let named = places.contains(&(index, span.start)) || listed;
            named_end = named.then_some(span.end);
            let weight = if named {
                Weight::Named
            } else if first.exact && plain(page, index, first) {
                Weight::Plain
            } else {
                Weight::Hint
            };
            let (low, high) = (first.value.min(last.value), first.value.max(last.value));
            let print = page.print(index, &span);
            said.push(Said { value: Size::Letter(low, high), print, weight });
        }
    }
    said
}

/// Whether a letter can be a size at all.
fn is_size(page: &Page, index: usize, found: &Found<i8>, lenient: bool) -> bool {
    let marked = &page.rows[index];
    let (row, span) = (&marked.row, &found.span);
    if !marked.free(span) {
        return false;
    }
    if span.len() > 1 {
        return true;
    }
    let next = if row.at(span.end) == ' ' { row.at(span.end + 1) } else { row.at(span.end) };
    let joined = |c: char| matches!(c, '\'' | '&' | '°');
    let initial = row.at(span.end) == '.' && next != ' ' && row.at(span.end + 1).is_alphanumeric();
    let amount = numerals::before(row, span.start).is_some();
    let upper = page.print(index, span).text.chars().all(char::is_uppercase);
    !next.is_ascii_digit()
        && !joined(next)
        && !joined(row.before(span.start))
        && !initial
        && !amount
        && (upper || lenient)
}

/// Whether two letters are the ends of one range: `S/M`, but not `S-XL`, which lists what there is.
fn range(row: &Row, first: &Found<i8>, next: &Found<i8>) -> bool {
    let between = &row.chars[first.span.end..next.span.start];
    let mark = between.iter().filter(|c| **c != ' ').collect::<Vec<_>>();
    let joined = matches!(mark[..], ['/' | '-']);
    joined && first.value != FITS_ALL && next.value.checked_sub(first.value) == Some(1)
}

/// Whether a letter that no field word announces is a size all the same.
fn plain(page: &Page, index: usize, found: &Found<i8>) -> bool {
    let marked = &page.rows[index];
    let text = &marked.row.chars[found.span.clone()];
    let code = found.value.unsigned_abs() >= CLEAR_RANK.unsigned_abs()
        && found.value != FITS_ALL
        && text.len() <= 5
        && text.contains(&'x');
    let counted = code && text.iter().any(char::is_ascii_digit) && text.len() > 3;
    let large =
        text.len() > 1 || page.print(index, &found.span).place.height() >= page.usual_height();
    code && !counted || large && alone(marked, &found.span) || beside_colour(marked, found)
}

/// Whether the print that a stretch lies in says nothing but sizes and colours.
pub fn alone(marked: &Marked, span: &Range<usize>) -> bool {
    let row = &marked.row;
    let covered = |at: usize| {
        marked.letters.iter().any(|found| found.span.contains(&at))
            || marked.hues.iter().any(|found| word_around(row, &found.span).contains(&at))
            || marked.marks.iter().any(|found| found.span.contains(&at))
            || marked.fields.iter().any(|found| {
                matches!(found.value, Field::Size | Field::Colour) && found.span.contains(&at)
            })
    };
    // Numbers are sizes too, as far as three digits.
    row.segment(span.start).all(|at| {
        !row.at(at).is_alphanumeric()
            || covered(at)
            || row.at(at).is_ascii_digit() && short(row, at)
    })
}

fn short(row: &Row, at: usize) -> bool {
    let digits = |places: &mut dyn Iterator<Item = usize>| {
        places.take_while(|&at| row.at(at).is_ascii_digit()).count()
    };
    digits(&mut (0..at).rev()) + digits(&mut (at..row.chars.len())) <= 3
}

/// The whole word that a stretch is the end of: a colour and what is glued before it.
pub fn word_around(row: &Row, span: &Range<usize>) -> Range<usize> {
    let start = (0..span.start).rev().find(|&at| !letter(row.at(at)));
    start.map_or(0, |at| at + 1)..span.end
}

fn beside_colour(marked: &Marked, found: &Found<i8>) -> bool {
    found.span.len() <= 2
        && marked.hues.iter().any(|hue| {
            let colour = hue.value.families != 0 && !hue.value.doubtful && hue.exact;
            let before = hue.span.end <= found.span.start
                && quiet(&marked.row, hue.span.end..found.span.start);
            let after = found.span.end <= hue.span.start
                && quiet(&marked.row, found.span.end..hue.span.start);
            colour && (before || after)
        })
}

/// Whether a stretch between two values holds nothing but a little punctuation.
pub fn quiet(row: &Row, span: Range<usize>) -> bool {
    let stops = |c: &char| c.is_alphanumeric() || *c == '\t';
    span.len() < 5 && row.chars.get(span).is_some_and(|between| !between.iter().any(stops))
}
