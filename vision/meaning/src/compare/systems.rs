//! **Numbers of size systems** on a label: `EU 42`, `8 UK`, `UK/EU 8/42`, `W32 L34`, and headings with the
//! numbers below them.
//!
//! The *parts* of a row are marks (`EU`) and numbers that can be sizes. Parts with nothing but punctuation
//! between them are a *run*; it is read from its marks to the numbers after them, or the other way round
//! where that alone makes sense.

use super::amounts::products;
use super::judge::{Said, Weight};
use super::letters::quiet;
use super::numerals;
use super::page::{Field, Marked, Page};
use super::sizes::{Number, Size};
use crate::rows::Row;
use crate::table::sizes::{SYSTEMS, System, SystemMarks};
use std::ops::Range;

/// A mark or a number.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Mark(System, bool),
    Number { low: f64, high: f64, leg: Option<f64> },
}

type Place = (Range<usize>, Part);

/// The numbers of a page. `lenient` for the text of an expectation, where a bare number is a size.
pub fn numbers(page: &Page, lenient: bool) -> Vec<Said<Size>> {
    let named = page.places(Field::Size);
    let mut said = Vec::new();
    for (index, marked) in page.rows.iter().enumerate() {
        for run in runs(page, index, marked, lenient) {
            let Some(((first, _), (last, _))) = run.first().zip(run.last()) else { continue };
            let span = first.start..last.end;
            let announced = named.iter().any(|(row, at)| *row == index && span.contains(at));
            let systems = run.iter().filter(|(_, part)| matches!(part, Part::Mark(..))).count();
            let exact = run.iter().all(|(_, part)| !matches!(part, Part::Mark(_, false)));
            let only_marks = systems == run.len();
            if only_marks {
                said.extend(below(page, index, &run));
                continue;
            }
            for (span, number) in read(&run, &marked.row) {
                let clear = number.system.is_some_and(|system| systems > 1 || marks(system).clear);
                let weight = if announced {
                    Weight::Named
                } else if clear && exact {
                    Weight::Plain
                } else {
                    Weight::Hint
                };
                let print = page.print(index, &span);
                said.push(Said { value: Size::Number(number), print, weight });
            }
        }
    }
    said
}

fn marks(system: System) -> &'static SystemMarks {
    SYSTEMS.iter().find(|marks| marks.system == system).expect("every system has its marks")
}

fn fits(system: System, part: &Part) -> bool {
    let (least, most) = marks(system).range;
    matches!(part, Part::Number { low, high, .. } if least <= *low && *high <= most)
}

/// The runs of a row.
fn runs(page: &Page, index: usize, marked: &Marked, lenient: bool) -> Vec<Vec<Place>> {
    let row = &marked.row;
    let mut parts: Vec<Place> = bare_numbers(marked);
    for found in &marked.marks {
        let printed = page.print(index, &found.span).text;
        let small = matches!(found.value, System::Waist | System::Leg | System::Foot);
        // In small letters it must be spelled right, and more than one: the é of "42 é" is a word.
        let spelled = lenient && found.exact && found.span.len() > 1;
        let upper = small || spelled || printed.chars().next().is_some_and(char::is_uppercase);
        let digits = row.chars[found.span.clone()].iter().any(char::is_ascii_digit);
        if upper && !digits && marked.free(&found.span) {
            parts.push((found.span.clone(), Part::Mark(found.value, found.exact)));
        }
    }
    parts.sort_by_key(|(span, _)| span.start);
    let mut runs: Vec<Vec<Place>> = Vec::new();
    for part in parts {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(span, _)| near(row, span.end..part.0.start)) => {
                run.push(part);
            }
            _ => runs.push(vec![part]),
        }
    }
    // A leg needs a waist before it: "L34" alone is a lot.
    for run in &mut runs {
        let waist = run.iter().position(|(_, part)| matches!(part, Part::Mark(System::Waist, _)));
        let mut place = 0;
        run.retain(|(_, part)| {
            place += 1;
            !matches!(part, Part::Mark(System::Leg, _)) || waist.is_some_and(|at| at < place)
        });
    }
    runs
}

/// What may stand between two parts: punctuation, a break, and the x of `32 x 34`.
fn near(row: &Row, span: Range<usize>) -> bool {
    let Some(between) = row.chars.get(span.clone()) else { return false };
    let x = between.iter().filter(|c| matches!(c, 'x' | '×')).count();
    let quiet_but_x = !between.iter().any(|c| c.is_alphanumeric() && !matches!(c, 'x' | '×'));
    span.len() < 5 && quiet_but_x && x <= 1
}

/// The numbers of a row that can be sizes, with their fractions, ranges joined.
fn bare_numbers(marked: &Marked) -> Vec<Place> {
    let row = &marked.row;
    let products = products(marked);
    let mut singles: Vec<(Range<usize>, f64)> = Vec::new();
    let mut at = 0;
    while at < row.chars.len() {
        let starts = row.at(at).is_ascii_digit() && !row.before(at).is_ascii_digit();
        let Some((end, value)) = starts.then(|| number_at(row, at)).flatten() else {
            at += 1;
            continue;
        };
        let span = at..end;
        at = end;
        let factor = products.iter().any(|product| product.contains(&span.start));
        if !factor && marked.free(&span) && stands_alone(marked, &span) {
            singles.push((span, value));
        }
    }
    let mut parts: Vec<Place> = Vec::new();
    for (span, value) in singles {
        if let Some((before, Part::Number { low, high, leg })) = parts.last_mut()
            && leg.is_none()
            && joined(row, before.end..span.start)
        {
            let (first, step) = (*low, value - *low);
            let is_range = step > 0.0 && (step <= 2.0 || first >= 50.0 && step <= 6.0);
            let is_pair = fits_pair(first, value);
            if is_range || is_pair {
                *high = if is_range { value } else { first };
                *leg = Some(value);
                before.end = span.end;
                continue;
            }
        }
        parts.push((span, Part::Number { low: value, high: value, leg: None }));
    }
    parts
}

fn fits_pair(waist: f64, leg: f64) -> bool {
    let number = |value| Part::Number { low: value, high: value, leg: None };
    fits(System::Waist, &number(waist)) && fits(System::Leg, &number(leg)) && waist.fract() == 0.0
}

fn joined(row: &Row, span: Range<usize>) -> bool {
    let marks: Vec<char> = row.chars[span].iter().copied().filter(|c| *c != ' ').collect();
    matches!(marks[..], ['/' | '-' | 'x' | '×'])
}

/// The number at `at`, up to three digits, with a decimal (`42,5`) or a fraction (`42 2/3`, `8½`).
fn number_at(row: &Row, at: usize) -> Option<(usize, f64)> {
    let count = (at..).take_while(|&at| row.at(at).is_ascii_digit()).count();
    let mut end = at + count;
    if row.at(at) == '0' && count > 1 || count > 3 {
        // "8½" folds to "81/2", and "10 ½" is no longer than it seems either.
        return None;
    }
    if row.at(end) == '/'
        && (2..=3).contains(&count)
        && row.at(end + 1) == '2'
        && row.before(end) == '1'
    {
        let half = row.at(end + 2).is_ascii_digit();
        let whole = numerals::parse(row, at..end - 1).filter(|_| !half && vulgar(row, end));
        if let Some(whole) = whole {
            return Some((end + 2, whole.values[0] + 0.5));
        }
    }
    let mut value = numerals::parse(row, at..end)?.values[0];
    let decimal = matches!(row.at(end), '.' | ',') && row.at(end + 1).is_ascii_digit();
    if decimal && !row.at(end + 2).is_ascii_digit() {
        value = numerals::parse(row, at..end + 2)?.values[0];
        end += 2;
    } else if decimal {
        return None;
    }
    let fraction = end + 1..end + 4;
    let written =
        row.at(end) == ' ' && row.at(end + 2) == '/' && !row.at(end + 4).is_alphanumeric();
    if written
        && let Some(part) = numerals::parse(row, fraction).filter(|part| part.values[0] < 1.0)
    {
        return Some((end + 4, value + part.values[0]));
    }
    Some((end, value))
}

/// Whether the slash at `at` and the digits around it are one printed character.
fn vulgar(row: &Row, at: usize) -> bool {
    row.one_print(at - 1..at + 2)
}

/// Whether a number belongs to no word, unit or longer number.
fn stands_alone(marked: &Marked, span: &Range<usize>) -> bool {
    let row = &marked.row;
    let mark_ends = marked.marks.iter().any(|found| found.span.end == span.start);
    let mark_begins = marked.marks.iter().any(|found| found.span.start == span.end);
    let before = row.before(span.start);
    let begins = mark_ends
        || !before.is_alphanumeric()
        || before == 'x' && row.before(span.start - 1).is_ascii_digit();
    let next = row.at(span.end);
    let ends = mark_begins
        || !next.is_alphanumeric()
        || next == 'x' && row.at(span.end + 1).is_ascii_digit();
    let after = if next == ' ' { span.end + 1 } else { span.end };
    let marked_after = marked.marks.iter().any(|found| found.span.start == after);
    let counted = marked.units.iter().any(|found| found.span.start == after)
        || marked.counts.iter().any(|found| found.span.start == after);
    let part_of_more = matches!(before, '.' | ',' | ':' | '#' | '+' | '€' | '$' | '£')
        || matches!(next, '%' | '°' | '€' | '$' | '£' | ':' | '+' | '"')
        || matches!(next, '.' | ',') && row.at(span.end + 1).is_ascii_digit();
    begins && ends && !part_of_more && (marked_after || !counted)
}

/// The numbers of a run with their systems, and what to quote of them.
fn read(run: &[Place], row: &Row) -> Vec<(Range<usize>, Number)> {
    zipped(run).or_else(|| number_first(run)).unwrap_or_else(|| mark_first(run, row))
}

fn number(part: &Part, system: Option<System>) -> Option<Number> {
    let Part::Number { low, high, leg } = *part else { return None };
    Some(Number { system, low, high, leg: leg.filter(|_| system.is_none()) })
}

/// `UK/EU 8/42`: two marks or more, then as many numbers.
fn zipped(run: &[Place]) -> Option<Vec<(Range<usize>, Number)>> {
    let marks: Vec<System> = run.iter().map_while(|(_, part)| system_of(part)).collect();
    let numbers = &run[marks.len()..];
    let fit = marks.len() > 1
        && numbers.len() == marks.len()
        && numbers.iter().zip(&marks).all(|((_, part), system)| fits(*system, part));
    let whole = run[0].0.start..run[run.len() - 1].0.end;
    let pairs = numbers.iter().zip(&marks);
    fit.then(|| {
        pairs
            .filter_map(|((_, part), system)| Some((whole.clone(), number(part, Some(*system))?)))
            .collect()
    })
}

/// `8 UK 42 EU`, all the way through.
fn number_first(run: &[Place]) -> Option<Vec<(Range<usize>, Number)>> {
    run.chunks(2)
        .map(|pair| match pair {
            [(start, part), (end, Part::Mark(system, _))] if fits(*system, part) => {
                Some((start.start..end.end, number(part, Some(*system))?))
            }
            _ => None,
        })
        .collect()
}

/// `EU 42 UK 8`. Numbers that no mark stands before have no system.
fn mark_first(run: &[Place], row: &Row) -> Vec<(Range<usize>, Number)> {
    let mut system: Option<(System, usize)> = None;
    let mut numbers = Vec::new();
    let mut end = None;
    for (span, part) in run {
        match part {
            Part::Mark(mark, _) => system = Some((*mark, span.start)),
            Part::Number { .. } => {
                let close = end.is_none_or(|end| quiet(row, end..span.start));
                let own = system.filter(|(mark, _)| fits(*mark, part) && close);
                // What does not fit its mark is no size at all.
                if own.is_some() || system.is_none() {
                    let start = own.map_or(span.start, |(_, start)| start);
                    let number = number(part, own.map(|(mark, _)| mark));
                    numbers.extend(number.map(|number| (start..span.end, number)));
                } else {
                    break;
                }
            }
        }
        end = Some(span.end);
    }
    numbers
}

fn system_of(part: &Part) -> Option<System> {
    match part {
        Part::Mark(system, _) => Some(*system),
        Part::Number { .. } => None,
    }
}

/// The numbers just below marks that stand as headings.
fn below(page: &Page, index: usize, run: &[Place]) -> Vec<Said<Size>> {
    let mut said = Vec::new();
    for (span, part) in run {
        let Some(system) = system_of(part).filter(|system| marks(*system).clear) else { continue };
        let heading = page.print(index, span);
        let mut near: Option<(f32, Said<Size>)> = None;
        for (other, marked) in page.rows.iter().enumerate().filter(|(other, _)| *other != index) {
            for (place, part) in
                bare_numbers(marked).into_iter().filter(|(_, part)| fits(system, part))
            {
                let mut print = page.print(other, &place);
                let Some(gap) = heading.place.gap_to_below(&print.place) else { continue };
                print.text = format!("{} {}", heading.text, print.text);
                let Some(number) = number(&part, Some(system)) else { continue };
                if near.as_ref().is_none_or(|(least, _)| gap < *least) {
                    let value = Size::Number(number);
                    near = Some((gap, Said { value, print, weight: Weight::Plain }));
                }
            }
        }
        said.extend(near.map(|(_, said)| said));
    }
    said
}
