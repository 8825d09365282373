//! **Sizes** of an item: letters, numbers of a system, amounts, or a word of the maker's own.
//!
//! Numbers are compared within their system only. A number without a system (`42`) is compared with others
//! of that kind and with European ones of adults; it agrees with any system's.

use super::amounts::{Amount, amounts};
use super::judge::{Said, Value, Weight};
use super::page::{FITS_ALL, Field, Page};
use super::title::Title;
use super::{letters, systems};
use crate::fold::compact;
use crate::line::TextLine;
use crate::rows::BREAK;
use crate::table::sizes::System;

/// A size.
#[derive(Debug, Clone, PartialEq)]
pub enum Size {
    /// Letter sizes by rank, from and to: `M`, `S/M`.
    Letter(i8, i8),
    /// A number, or a range like `42/43`.
    Number(Number),
    /// Volume, mass or length.
    Amount(Amount),
    /// Another word: `75B`, `A4`.
    Other(Vec<char>),
}

/// A number of clothing or shoes.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Whose it is, where the label says it.
    pub system: Option<System>,
    /// The smallest that it covers.
    pub low: f64,
    /// The largest that it covers.
    pub high: f64,
    /// The second number of `32/34`, which may be a waist with an inside leg.
    pub leg: Option<f64>,
}

/// Shoe sizes are printed as 42.5, 42 ½ or 42 2/3.
const SAME_NUMBER: f64 = 0.1;
/// Bare numbers from here on are European: British and American ones are smaller.
const EUROPEAN: f64 = 30.0;

impl Number {
    fn agrees(&self, other: &Self) -> Option<bool> {
        let near = |a: f64, b: f64| (a - b).abs() <= SAME_NUMBER;
        let overlap = self.low <= other.high + SAME_NUMBER && other.low <= self.high + SAME_NUMBER;
        match (self.system, other.system) {
            (Some(a), Some(b)) => (a == b).then_some(overlap),
            (None, None) => Some(match (self.leg, other.leg) {
                (Some(a), Some(b)) => near(self.low, other.low) && near(a, b),
                _ => overlap,
            }),
            (Some(_), None) => other.agrees(self),
            (None, Some(System::Waist)) => self.leg.map(|_| near(self.low, other.low)),
            (None, Some(System::Leg)) => self.leg.map(|leg| near(leg, other.low)),
            (None, Some(System::Europe)) => {
                let adults = self.low >= EUROPEAN && other.low >= EUROPEAN;
                (overlap || adults).then_some(overlap)
            }
            (None, Some(_)) => overlap.then_some(true),
        }
    }
}

impl Value for Size {
    const ONE: bool = true;

    fn group(&self) -> u8 {
        match self {
            Self::Letter(..) => 0,
            Self::Other(_) => 1,
            Self::Number(number) => 2 + number.system.map_or(0, |system| 1 + system as u8),
            Self::Amount(amount) => 32 + amount.group(),
        }
    }

    fn agrees(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Letter(low, high), Self::Letter(from, to)) => Some(low <= to && from <= high),
            (Self::Number(a), Self::Number(b)) => a.agrees(b),
            (Self::Amount(a), Self::Amount(b)) => a.agrees(b),
            (Self::Other(a), Self::Other(b)) => Some(a == b),
            // One size for everybody is no size of its own: it excludes every number.
            (Self::Letter(FITS_ALL, _), Self::Number(_))
            | (Self::Number(_), Self::Letter(FITS_ALL, _)) => Some(false),
            _ => None,
        }
    }
}

/// The sizes that an expectation's `size` may mean; any will do.
pub fn claims(size: &str) -> Vec<Size> {
    let lines = [TextLine::level(size, 0.0, 0.0, 10.0)];
    let page = Page::new(&lines);
    let amounts = amounts(&page, &Title::new(size));
    let mut claims: Vec<Size> =
        systems::numbers(&page, true).into_iter().map(|said| said.value).collect();
    let letters = letters::letters(&page, true).into_iter().map(|said| said.value);
    if amounts.is_empty() {
        claims.extend(letters);
    } else {
        // "500 ml" names no shoe, and nor does "W32" beside "one size".
        let one_size = letters.into_iter().any(|size| matches!(size, Size::Letter(FITS_ALL, _)));
        let marked = |size: &Size| matches!(size, Size::Number(number) if number.system.is_some());
        claims.retain(|claim| !one_size && marked(claim));
        claims.extend(amounts.into_iter().map(|said| Size::Amount(said.value)));
    }
    if claims.is_empty() {
        claims.push(Size::Other(compact(size)));
    }
    claims
}

/// What a label says of sizes, as far as `claims` can be compared with it.
pub fn sizes(page: &Page, claims: &[Size], title: &Title) -> Vec<Said<Size>> {
    let mut said = letters::letters(page, false);
    said.extend(systems::numbers(page, false));
    for size in &mut said {
        if size.weight == Weight::Plain && title.has(&size.print.text) {
            size.weight = Weight::Hint;
        }
    }
    for amount in amounts(page, title) {
        let expected = claims.iter().filter_map(|claim| match claim {
            Size::Amount(expected) => Some(expected),
            _ => None,
        });
        let mut all_far = expected.map(|expected| expected.far_from(&amount.value)).peekable();
        let far = all_far.peek().is_some() && all_far.all(|far| far);
        let weight =
            if far && amount.weight == Weight::Plain { Weight::Hint } else { amount.weight };
        said.push(Said { value: Size::Amount(amount.value), print: amount.print, weight });
    }
    let systems = claims.iter().any(|claim| {
        matches!(claim, Size::Number(Number { system: Some(System::Waist | System::Leg), .. }))
    });
    if systems {
        said = said.into_iter().flat_map(waist_and_leg).collect();
    }
    for claim in claims {
        if let Size::Other(word) = claim {
            said.extend(others(page, word));
        }
    }
    said
}

/// `32/34` as a waist and an inside leg; everything else as it is.
fn waist_and_leg(said: Said<Size>) -> Vec<Said<Size>> {
    let Size::Number(Number { system: None, low, leg: Some(leg), .. }) = said.value else {
        return vec![said];
    };
    let one = |system, value| {
        let number = Number { system: Some(system), low: value, high: value, leg: None };
        Said { value: Size::Number(number), ..said.clone() }
    };
    vec![one(System::Waist, low), one(System::Leg, leg)]
}

/// Where a label says `word`, and what of the same shape stands behind "Size:".
fn others(page: &Page, word: &[char]) -> Vec<Said<Size>> {
    let mut said = Vec::new();
    let places = page.places(Field::Size);
    for (index, marked) in page.rows.iter().enumerate() {
        let row = &marked.row;
        let mut start = 0;
        while start < row.chars.len() {
            let stops = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-');
            let end = (start..row.chars.len()).find(|&at| stops(row.at(at)));
            let end = end.unwrap_or(row.chars.len());
            let token = compact(&row.chars[start..end].iter().collect::<String>());
            let named = places.contains(&(index, start));
            if !token.is_empty() && (token == word || named && shape(&token) == shape(word)) {
                let weight = if named { Weight::Named } else { Weight::Hint };
                let print = page.print(index, &(start..end));
                said.push(Said { value: Size::Other(token), print, weight });
            }
            start = end + 1;
        }
        // A size of several words: "King Size".
        let whole: Vec<char> =
            row.chars.iter().copied().filter(|c| c.is_alphanumeric() || *c == BREAK).collect();
        if said.is_empty() && word.len() > 3 && whole.windows(word.len()).any(|part| part == word) {
            let print = page.print(index, &(0..row.chars.len()));
            said.push(Said { value: Size::Other(word.to_vec()), print, weight: Weight::Hint });
        }
    }
    said
}

/// Digits and letters of a word: 75B and 80C have one shape.
fn shape(word: &[char]) -> Vec<bool> {
    word.iter().map(|c| c.is_ascii_digit()).collect()
}
