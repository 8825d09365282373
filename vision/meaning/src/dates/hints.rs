//! **Hints**: what a label prints about the format of its dates, `(DD/MM/YY)` or `JJ/MM/AA`.
//!
//! A hint stands between the words and the date, or beside them. It is no word that hides the role, and it
//! says in which order the numbers stand, whatever the region. So hints are found before anything else and
//! struck out of their row: what follows reads the row as if they were spaces. What is forgiven in a phrase
//! is not forgiven here: a hint is right in each letter or it is none.

use std::ops::Range;
use std::sync::LazyLock;

use super::scan::Match;
use crate::fold::{compact, letter, spaceless};
use crate::rows::Row;
use crate::table::hints::HINTS;
use crate::table::{Order, Part};

/// What a hint says of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Day,
    Month,
    Year,
}

use Field::{Day, Month, Year};

const FIELDS: [Field; 3] = [Day, Month, Year];

/// The words of each language for day, month and year, folded.
static WORDS: LazyLock<Vec<[Vec<Vec<char>>; 3]>> = LazyLock::new(|| {
    let words = |list: &str| list.split(',').map(compact).filter(|word| word.len() > 1).collect();
    HINTS.iter().map(|hint| hint.words.map(words)).collect()
});

/// Orders that dates are written in; another one is no hint.
const ORDERS: [&[Field]; 6] = [
    &[Day, Month, Year],
    &[Month, Day, Year],
    &[Year, Month, Day],
    &[Month, Year],
    &[Year, Month],
    &[Day, Month],
];

/// A hint, and where it stood in its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Where it stood.
    pub span: Range<usize>,
    fields: &'static [Field],
}

impl Hint {
    /// Whether both say the same.
    pub fn says(&self, other: &Self) -> bool {
        self.fields == other.fields
    }

    /// Whether a match has the hint's order.
    pub fn fits(&self, found: &Match) -> bool {
        if matches!(found.format.order, Order::Julian | Order::Y) {
            return false;
        }
        let field = |part: &Part| match part {
            Part::D | Part::Dd => Some(Day),
            Part::M | Part::Mm | Part::Name | Part::Roman | Part::Symbol => Some(Month),
            Part::Yyyy | Part::Yy | Part::Y | Part::Era => Some(Year),
            _ => None,
        };
        found.format.parts.iter().filter_map(field).eq(self.fields.iter().copied())
    }
}

/// The hints of a row, struck out of it.
pub fn strike(row: &mut Row) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut at = 0;
    while at < row.chars.len() {
        match in_letters(row, at).or_else(|| in_words(row, at)) {
            Some(hint) => {
                at = hint.span.end;
                hints.push(hint);
            }
            None => at += 1,
        }
    }
    for hint in &hints {
        row.chars[hint.span.clone()].fill(' ');
    }
    hints
}

/// Whether a hint may begin at `at`: a word begins there.
fn begins(row: &Row, at: usize) -> bool {
    let before = row.before(at);
    row.at(at).is_alphabetic() && !before.is_alphanumeric()
}

/// The hint `DD/MM/YY` at `at`, in the letters of one language.
fn in_letters(row: &Row, at: usize) -> Option<Hint> {
    if !begins(row, at) {
        return None;
    }
    let mut runs: Vec<(char, usize)> = Vec::new();
    let mut end = at;
    loop {
        let c = row.at(end);
        let length = (end..row.chars.len()).take_while(|&place| row.at(place) == c).count();
        runs.push((c, length));
        end += length;
        let next = end + gap(row, end);
        if runs.len() == 3 || !row.at(next).is_alphabetic() {
            break;
        }
        end = next;
    }
    if row.at(end).is_alphanumeric() {
        return None;
    }
    let fields_of = |letters: &[char; 3]| -> Option<Vec<Field>> {
        let field = |(c, length): &(char, usize)| {
            let place = letters.iter().position(|letter| letter == c)?;
            let lengths: &[usize] = match FIELDS[place] {
                _ if spaceless(*c) || !c.is_ascii() && *length == 1 => &[1],
                Day => &[2],
                Month => &[2, 3],
                Year => &[2, 4],
            };
            lengths.contains(length).then_some(FIELDS[place])
        };
        runs.iter().map(field).collect()
    };
    let fields = HINTS.iter().find_map(|row| ordered(&fields_of(&row.letters)?))?;
    Some(Hint { span: at..end, fields })
}

/// The hint `day/month/year` at `at`, in the words of one language.
fn in_words(row: &Row, at: usize) -> Option<Hint> {
    if !begins(row, at) {
        return None;
    }
    let first =
        WORDS.iter().filter(|language| language.iter().flatten().any(|word| word[0] == row.at(at)));
    first.into_iter().find_map(|language| {
        let (mut fields, mut end) = (Vec::new(), at);
        for place in 0..3 {
            let next = if place == 0 { end } else { end + gap(row, end) };
            if place > 0 && next == end {
                break;
            }
            let rest = row.chars.get(next..).unwrap_or_default();
            let fits = |word: &&Vec<char>| {
                rest.starts_with(word) && !rest.get(word.len()).is_some_and(|c| letter(*c))
            };
            let word = language
                .iter()
                .zip(FIELDS)
                .find_map(|(words, field)| Some((field, words.iter().find(fits)?.len())));
            let Some((field, length)) = word else { break };
            fields.push(field);
            end = next + length;
        }
        Some(Hint { span: at..end, fields: ordered(&fields)? })
    })
}

/// The length of what stands between two places of a hint: one sign, with spaces around it.
fn gap(row: &Row, at: usize) -> usize {
    let space = |at: usize| usize::from(row.at(at) == ' ');
    let mut length = space(at);
    if matches!(row.at(at + length), '.' | ',' | '/' | '-' | '·') {
        length += 1;
        length += space(at + length);
    }
    length
}

fn ordered(fields: &[Field]) -> Option<&'static [Field]> {
    ORDERS.into_iter().find(|order| *order == fields)
}
