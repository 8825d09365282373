//! **Amounts**: volumes, masses and lengths on a label.
//!
//! `500 ml`, `6 x 0,5 l`, `16.9 FL OZ`, `30 x 40 cm`, `27"`. An amount has one or more *readings*, because
//! separators are ambiguous, because `6 x 500 ml` is 500 ml and 3 l, and because a pint differs by country.

use super::judge::{Said, Value, Weight};
use super::numerals::{self, Numeral};
use super::page::{Field, Marked, Page};
use super::title::Title;
use crate::rows::Row;
use crate::table::amounts::{Dimension, MEASURES, Unit};
use std::ops::Range;

/// An amount.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    /// What is measured.
    pub dimension: Dimension,
    /// What it may be, in the dimension's unit; `30 x 40 cm` has two numbers, the smaller first.
    pub readings: Vec<Vec<f64>>,
    /// Whether its unit is metric.
    pub metric: bool,
    /// The 6 of `6 x 500 ml`.
    pub times: Option<u32>,
}

/// Packs that name two systems round one of them: 1 oz is printed as 28 g (1.2 %), 2 fl oz as 60 ml (1.5 %),
/// 1.8 oz as 50 g (2 %).
const ROUNDED: f64 = 0.03;
/// Within one system only the arithmetic differs.
const SAME: f64 = 1e-3;
/// An amount this many times the expected one is of something else, unless a field word stands before it:
/// vitamins in a kilogram of flour.
const FAR: f64 = 50.0;
/// The base of nutrition tables, in grams or millilitres. Without a field word it says nothing of the pack.
const NUTRITION_BASE: f64 = 100.0;
/// `30 x 40 x 20 cm` has two factors before its last number.
const FACTORS: usize = 2;

impl Value for Amount {
    const ONE: bool = false;

    fn group(&self) -> u8 {
        match self.dimension {
            Dimension::Volume => 0,
            Dimension::Mass => 1,
            Dimension::Length => 2 + self.readings[0].len().min(3) as u8,
        }
    }

    fn agrees(&self, other: &Self) -> Option<bool> {
        let bound = if self.metric == other.metric { SAME } else { ROUNDED };
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= bound * a.max(*b);
        let pairs = self.pairs(other);
        (self.dimension == other.dimension && !pairs.is_empty())
            .then(|| pairs.iter().any(|(a, b)| a.iter().zip(*b).all(near)))
    }
}

impl Amount {
    /// Whether it is so much more or less than `other` that it must be of something else.
    pub fn far_from(&self, other: &Self) -> bool {
        let far = |(a, b): (&f64, &f64)| a.max(*b) > FAR * a.min(*b);
        self.dimension == other.dimension
            && self.pairs(other).iter().all(|(a, b)| a.iter().zip(*b).any(far))
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> Vec<(&'a Vec<f64>, &'a Vec<f64>)> {
        let all = self.readings.iter().flat_map(|a| other.readings.iter().map(move |b| (a, b)));
        all.filter(|(a, b)| a.len() == b.len()).collect()
    }
}

/// The amounts of a label. Words of the title announce nothing: a pack of "Salt" has no salt content.
pub fn amounts(page: &Page, title: &Title) -> Vec<Said<Amount>> {
    let mut named = page.places(Field::Net);
    named.extend(page.places(Field::Size));
    let mut said = Vec::new();
    for (index, marked) in page.rows.iter().enumerate() {
        let mut end_of_named = None;
        for (span, amount, sure) in in_row(marked) {
            let about = |field: Option<Field>, word: Range<usize>| {
                field == Some(Field::NotNet) && !title.has(&page.print(index, &word).text)
            };
            let (before, after) =
                (word_before(&marked.row, span.start), word_after(&marked.row, span.end));
            if about(marked.field_before(span.start), before)
                || about(marked.field_after(span.end), after)
            {
                continue;
            }
            let announced = named.contains(&(index, span.start));
            // "Net Wt. 12 oz (340 g)": what follows at once is announced too.
            let follows = end_of_named.is_some_and(|end: usize| {
                span.start - end < 4
                    && !marked.row.chars[end..span.start].iter().any(|c| c.is_alphanumeric())
            });
            let print = page.print(index, &span);
            // `29M` is no length: the metre is written small. Nor is the `"` behind a price an inch.
            let sure =
                sure && !print.text.ends_with(['M', '"', '”']) || amount.readings[0].len() > 1;
            let weight = if announced || follows || e_mark(&marked.row, span.end) {
                end_of_named = Some(span.end);
                Weight::Named
            } else if sure && !is_base(&amount) && !title.has(&print.text) {
                Weight::Plain
            } else {
                Weight::Hint
            };
            let weight = if sure { weight } else { Weight::Hint };
            said.push(Said { value: amount, print, weight });
        }
    }
    said
}

/// Where a row has several numbers with one unit: `30 x 40 cm`, `6 x 500 ml`.
pub fn products(marked: &Marked) -> Vec<Range<usize>> {
    let several = |amount: &Amount| amount.times.is_some() || amount.readings[0].len() > 1;
    in_row(marked)
        .into_iter()
        .filter(|(_, amount, _)| several(amount))
        .map(|(span, ..)| span)
        .collect()
}

/// The amounts of a row from left to right, and whether each digit was read as one.
fn in_row(marked: &Marked) -> Vec<(Range<usize>, Amount, bool)> {
    let row = &marked.row;
    let mut units: Vec<(Range<usize>, &Unit)> =
        marked.units.iter().map(|found| (found.span.clone(), &MEASURES[found.value])).collect();
    units.extend(inch_signs(row));
    units.sort_by_key(|(span, _)| span.start);
    let mut found = Vec::new();
    let mut from = row.chars.len() + 1;
    for (place, (span, unit)) in units.iter().enumerate().rev() {
        if span.end > from || !is_unit(row, span) {
            continue;
        }
        let Some(last) = numerals::before(row, span.start) else { continue };
        let mut numbers = vec![last];
        while numbers.len() <= FACTORS
            && let Some(factor) = factor(row, &numbers[0], &units[..place], unit)
        {
            numbers.insert(0, factor);
        }
        let whole = numbers[0].span.start..span.end;
        if !marked.free(&whole) {
            continue;
        }
        let Some(amount) = amount(unit, &numbers) else { continue };
        let sure = numbers.iter().all(|number| number.sure);
        from = whole.start;
        found.push((whole, amount, sure));
    }
    found.reverse();
    found
}

/// The number before an `x` before a number, with the unit it may have of its own (`30 cm x 40 cm`).
fn factor(
    row: &Row,
    number: &Numeral,
    units: &[(Range<usize>, &Unit)],
    unit: &Unit,
) -> Option<Numeral> {
    let back = |mut at: usize| {
        while row.before(at) == ' ' {
            at -= 1;
        }
        at
    };
    let at = back(number.span.start);
    if !matches!(row.before(at), 'x' | '×' | '*') {
        return None;
    }
    let at = back(at - 1);
    let own = units.iter().rev().find(|(span, _)| span.end == at);
    match own {
        Some((span, other)) if std::ptr::eq(*other, unit) => numerals::before(row, span.start),
        Some(_) => None,
        None => numerals::before(row, at),
    }
}

fn amount(unit: &Unit, numbers: &[Numeral]) -> Option<Amount> {
    let dimension = unit.dimension;
    let mut times = None;
    let mut readings: Vec<Vec<f64>> = Vec::new();
    if dimension == Dimension::Length {
        let mut sides: Vec<f64> = Vec::new();
        for number in numbers {
            sides.push(number.values[0] * unit.factors[0]);
        }
        sides.sort_by(f64::total_cmp);
        readings.push(sides);
    } else {
        let (last, factors) = numbers.split_last()?;
        let product: u32 = factors
            .iter()
            .map(|factor| factor.whole().filter(|&n| n > 0))
            .try_fold(1u32, |product, n| product.checked_mul(n?))?;
        times = (!factors.is_empty()).then_some(product);
        for value in last.values.iter().filter(|value| **value > 0.0) {
            for one in unit.factors.iter().map(|factor| factor * value) {
                readings.push(vec![one]);
                if times.is_some() {
                    readings.push(vec![one * f64::from(product)]);
                }
            }
        }
    }
    let positive = !readings.is_empty() && readings.iter().flatten().all(|side| *side > 0.0);
    positive.then_some(Amount { dimension, readings, metric: unit.metric, times })
}

/// Whether the unit is meant as one: not the `L` of a lot (`13.05 L 24123`), not the "in" of "2 in 1".
fn is_unit(row: &Row, span: &Range<usize>) -> bool {
    let next = (span.end..row.chars.len()).find(|&at| row.at(at) != ' ').map(|at| row.at(at));
    let next = next.unwrap_or('\t');
    let word: String = row.chars[span.clone()].iter().collect();
    match word.as_str() {
        // `2027 г.` is a year.
        "г" if year_before(row, span.start) => false,
        "l" | "m" | "л" => !next.is_ascii_digit() && row.at(span.end) != '\'' && next != '&',
        "in" => !next.is_alphanumeric(),
        _ => !row.at(span.end).is_ascii_digit(),
    }
}

/// Whether four digits that are a year stand before `at`, with a space between or none.
fn year_before(row: &Row, at: usize) -> bool {
    let end = if row.before(at) == ' ' { at - 1 } else { at };
    let digits: String =
        (0..end).rev().map_while(|at| Some(row.at(at)).filter(char::is_ascii_digit)).collect();
    digits.len() == 4 && (digits.ends_with("02") || digits.ends_with("91"))
}

/// Inches written as `"`, as two primes or as two apostrophes right after a digit.
fn inch_signs(row: &Row) -> Vec<(Range<usize>, &'static Unit)> {
    let Some(inch) = MEASURES.iter().find(|unit| unit.factors[0] == 25.4) else {
        return Vec::new();
    };
    let length = |at: usize| match row.at(at) {
        '"' | '”' => 1,
        '\'' | '′' if row.at(at + 1) == row.at(at) => 2,
        _ => 0,
    };
    (1..row.chars.len())
        .filter(|&at| row.before(at).is_ascii_digit() && length(at) > 0)
        .map(|at| (at..at + length(at), inch))
        .collect()
}

/// The sign ℮ of Directive 76/211/EEC, which text recognition reads as an e.
fn e_mark(row: &Row, end: usize) -> bool {
    let at = if row.at(end) == ' ' { end + 1 } else { end };
    matches!(row.at(at), 'e' | '℮')
        && !row.at(at + 1).is_alphanumeric()
        && !row.at(at + 2).is_alphanumeric()
}

fn is_base(amount: &Amount) -> bool {
    amount.dimension != Dimension::Length
        && amount.metric
        && amount.readings[..] == [vec![NUTRITION_BASE]]
}

fn word_before(row: &Row, at: usize) -> Range<usize> {
    let end = (0..at).rev().find(|&at| row.at(at).is_alphanumeric()).map_or(0, |at| at + 1);
    let start = (0..end).rev().find(|&at| !row.at(at).is_alphanumeric()).map_or(0, |at| at + 1);
    start..end
}

fn word_after(row: &Row, at: usize) -> Range<usize> {
    let count = row.chars.len();
    let start = (at..count).find(|&at| row.at(at).is_alphanumeric()).unwrap_or(count);
    let end = (start..count).find(|&at| !row.at(at).is_alphanumeric()).unwrap_or(count);
    start..end
}
