//! **Matches**: stretches of a row that fit a row of the table of formats.
//!
//! A match knows the numbers that stand in it, not yet which of competing readings is right. Its *edges* are
//! what stands directly before and after it: a print that goes on (`13.05.26.4`, `14:35`, `1005 6141`) is no
//! date but a version, a time or the digits of a code.

use super::eras::{self, Era, EraYear};
use super::names::{Name, Senses, name_at, roman_at, symbol_at};
use crate::fold::{digit, letter};
use crate::rows::Row;
use crate::table::{FORMATS, Format, Part};
use crate::words::Hit;
use std::ops::Range;

/// What a year's digits say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Year {
    /// With its century.
    Full(i16),
    /// The last two digits.
    Two(i8),
    /// The last digit.
    One(i8),
}

/// The numbers of a date, not yet checked against the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields {
    /// The year, if any, as one of the common era.
    pub year: Option<Year>,
    /// How the print counts the year, where not in the common era.
    pub era: Option<Era>,
    /// Whether the era's name stands there.
    pub era_named: bool,
    /// 1 to 12.
    pub month: Option<i8>,
    /// The months that the name may mean, where the label's languages decide.
    pub undecided: Option<Senses>,
    /// 1 to 31.
    pub day: Option<i8>,
    /// 1 to 366.
    pub of_year: Option<i16>,
}

/// What separates the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// A point, or what recognition makes of it: comma, middle dot.
    Point,
    /// `/`
    Slash,
    /// `-`
    Dash,
    /// A space and nothing else.
    Space,
}

/// A stretch of a row that fits a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Where it stands.
    pub span: Range<usize>,
    /// The format that it fits.
    pub format: &'static Format,
    /// Its numbers.
    pub fields: Fields,
    /// What separates them, where the format has separators.
    pub separator: Option<Separator>,
    /// How many characters had to be taken for a digit or letter that they look like.
    pub confused: u8,
    /// Whether a lot or a line's code is glued to its end: `130526A1`.
    pub glued: bool,
    /// Whether no custom decides between this reading and others of the same print.
    pub open: bool,
}

impl Match {
    /// Whether one of the parts is the name of a month or a sign for it.
    pub fn has_words(&self) -> bool {
        let worded =
            |part: &Part| matches!(part, Part::Name | Part::Roman | Part::Symbol | Part::Sign(_));
        self.format.parts.iter().any(worded)
    }
}

/// Every match of a row whose edges are clean.
pub fn scan(row: &Row, hits: &[Hit]) -> Vec<Match> {
    scan_where(row, &|found| super::edges::clean(row, found, hits), hits)
}

/// Every match of a row, also those that are part of something longer.
pub fn scan_all(row: &Row, hits: &[Hit]) -> Vec<Match> {
    scan_where(row, &|_| true, hits)
}

fn scan_where(row: &Row, clean: &dyn Fn(&Match) -> bool, hits: &[Hit]) -> Vec<Match> {
    let mut matches = Vec::new();
    for start in 0..row.chars.len() {
        let c = row.chars[start];
        let begun = begins(row, start, hits);
        if !c.is_alphanumeric() || !begun && !after_letter(row, start) {
            continue;
        }
        let numeral = digit(c).is_some();
        for format in FORMATS {
            let worded = matches!(
                format.parts[0],
                Part::Name | Part::Roman | Part::Era | Part::EraLetter | Part::Yyyy
            );
            if !numeral && !worded {
                continue;
            }
            let from = Match {
                span: start..start,
                format,
                fields: Fields::default(),
                separator: None,
                confused: 0,
                glued: false,
                open: false,
            };
            let found = go(row, clean, format.parts, from);
            matches.extend(found.filter(|found| begun || whole_with_slashes(found)));
        }
    }
    matches
}

/// The rest of a match: `parts` from the end of `so_far` on, the longest way first.
fn go(row: &Row, clean: &dyn Fn(&Match) -> bool, parts: &[Part], so_far: Match) -> Option<Match> {
    let Some((part, rest)) = parts.split_first() else {
        let glued = super::edges::glued(row, &so_far);
        let found = Match { glued, ..so_far };
        return clean(&found).then_some(found);
    };
    let at = so_far.span.end;
    let number = |width: usize, range: Range<i16>| {
        number(row, at, width).filter(|(value, _)| range.contains(value))
    };
    let with = |length: usize, confused: u8, set: &dyn Fn(&mut Fields)| {
        let mut next = so_far.clone();
        next.span.end += length;
        next.confused += confused;
        set(&mut next.fields);
        go(row, clean, rest, next)
    };
    let day = |width: usize| {
        number(width, 1..32).and_then(|(value, c)| with(width, c, &|f| f.day = Some(value as i8)))
    };
    let month = |width: usize| {
        number(width, 1..13).and_then(|(value, c)| with(width, c, &|f| f.month = Some(value as i8)))
    };
    let of_era = |found: Option<EraYear>| {
        let EraYear { length, year, era, named, confused } = found?;
        with(length, confused, &|f| {
            (f.year, f.era, f.era_named) = (Some(Year::Full(year)), era, named);
        })
    };
    match *part {
        Part::D => day(2).or_else(|| day(1)),
        Part::Dd => day(2),
        Part::M => month(2).or_else(|| month(1)),
        Part::Mm => month(2),
        Part::Yyyy => of_era(eras::year(row, at)),
        Part::Republic => of_era(eras::republic(row, at)),
        Part::Reiwa => of_era(eras::reiwa(row, at, 2)).or_else(|| of_era(eras::reiwa(row, at, 1))),
        Part::Era => of_era(eras::named(row, at)),
        Part::EraLetter => of_era(eras::lettered(row, at)),
        Part::Yy => number(2, 0..100)
            .and_then(|(value, c)| with(2, c, &|f| f.year = Some(Year::Two(value as i8)))),
        Part::Y => number(1, 0..10)
            .and_then(|(value, c)| with(1, c, &|f| f.year = Some(Year::One(value as i8)))),
        Part::Ddd => {
            number(3, 1..367).and_then(|(value, c)| with(3, c, &|f| f.of_year = Some(value)))
        }
        Part::Name => {
            let Name { length, month, undecided, confused } = name_at(row, at)?;
            with(length, confused, &|f| (f.month, f.undecided) = (month, undecided))
        }
        Part::Roman => {
            let (length, month, confused) = roman_at(row, at)?;
            with(length, confused, &|f| f.month = Some(month))
        }
        Part::Symbol => {
            let month = symbol_at(row, at)?;
            with(2, 0, &|f| f.month = Some(month))
        }
        Part::Sign(sign) => (row.at(at) == sign).then(|| with(1, 0, &|_| ()))?,
        Part::Sep => {
            let (length, separator) = separator(row, at)?;
            if so_far.separator.is_some_and(|before| before != separator) {
                return None;
            }
            let mut next = so_far.clone();
            next.separator = Some(separator);
            next.span.end += length;
            go(row, clean, rest, next)
        }
        Part::Gap => gaps(row, at).into_iter().find_map(|length| {
            // Two numbers with nothing between them are one number.
            let digits = row.before(at).is_ascii_digit() && row.at(at + length).is_ascii_digit();
            if length == 0 && digits { None } else { with(length, 0, &|_| ()) }
        }),
    }
}

/// Whether a date may begin at `at`: not within a number, and within a word only where a phrase ends
/// (`EXP130526`).
fn begins(row: &Row, at: usize, hits: &[Hit]) -> bool {
    let before = row.before(at);
    !before.is_ascii_digit() && (!letter(before) || hits.iter().any(|hit| hit.span.end == at))
}

/// Whether a letter stands before `at` that is no part of a word, as packers put it before a date.
fn after_letter(row: &Row, at: usize) -> bool {
    letter(row.before(at)) && at.checked_sub(1).is_some_and(|at| !row.before(at).is_alphanumeric())
}

/// Whether it is a date in full with slashes, which nobody takes for a version or an article: `E21/08/27`.
fn whole_with_slashes(found: &Match) -> bool {
    let Fields { year, day, .. } = found.fields;
    let whole = year.is_some() && day.is_some() && found.span.len() >= 8;
    whole && found.separator == Some(Separator::Slash)
}

/// A number of `width` digits, one of which may be a letter that looks like a digit, and how many are.
pub fn number(row: &Row, at: usize, width: usize) -> Option<(i16, u8)> {
    let mut value = 0;
    let mut letters = 0;
    for place in at..at + width {
        let (digit, confused) = digit(row.at(place))?;
        value = 10 * value + i16::from(digit);
        letters += u8::from(confused);
    }
    (letters == 0 || letters == 1 && width > 1).then_some((value, letters))
}

/// The separator of a character.
pub fn separator_of(c: char) -> Option<Separator> {
    match c {
        '.' | ',' | '·' => Some(Separator::Point),
        '/' => Some(Separator::Slash),
        '-' => Some(Separator::Dash),
        ' ' => Some(Separator::Space),
        _ => None,
    }
}

/// A separator with the spaces around it, and its length.
fn separator(row: &Row, at: usize) -> Option<(usize, Separator)> {
    let spaces = |at: usize| usize::from(row.at(at) == ' ');
    let before = spaces(at);
    match separator_of(row.at(at + before)) {
        Some(separator) if separator != Separator::Space => {
            Some((before + 1 + spaces(at + before + 1), separator))
        }
        _ if before > 0 => Some((before + spaces(at + before), Separator::Space)),
        _ => None,
    }
}

/// The lengths that a gap at `at` may have, the longest first.
fn gaps(row: &Row, at: usize) -> Vec<usize> {
    let mut lengths = Vec::new();
    let marks = |from: usize| {
        (from..from + 3)
            .take_while(|&place| matches!(row.at(place), ' ' | '.' | '-' | '/' | ',' | '\'' | '·'))
            .count()
    };
    if row.before(at).is_ascii_digit() {
        for ending in ["st", "nd", "rd", "th", "er", "o", "a"] {
            if starts(row, at, ending) && !letter(row.at(at + ending.len())) {
                let after = at + ending.len() + marks(at + ending.len());
                lengths.push(after + small_word(row, after) - at);
            }
        }
    }
    let after = at + marks(at);
    if after > at || row.before(at).is_ascii_digit() {
        let word = small_word(row, after);
        if word > 0 {
            lengths.push(after + word - at);
        }
    }
    lengths.push(after - at);
    lengths
}

/// The length of a word that joins day, month and year: `13 de mayo de 2026`, `13th of May`, `tháng 5 năm
/// 2026`, `toukokuun loppua 2026`.
fn small_word(row: &Row, at: usize) -> usize {
    let fits = |word: &&str| starts(row, at, word) && row.at(at + word.len()) == ' ';
    ["de", "of", "di", "del", "nam", "loppua"]
        .into_iter()
        .find(fits)
        .map_or(0, |word| word.len() + 1)
}

/// Whether `word` stands at `at`, letter by letter.
pub fn starts(row: &Row, at: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(place, c)| row.at(at + place) == c)
}
