//! **Names of months** in a row, in all languages at once: no two languages of the table disagree on one.

use crate::fold::{alike, compact, digit, letter, within_one_edit};
use crate::rows::Row;
use crate::table::{LANGUAGES, MONTH_SYMBOLS};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// A name found in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// How many characters it has.
    pub length: usize,
    /// 1 to 12.
    pub month: i8,
    /// How many of its characters are not those of the table.
    pub confused: u8,
}

/// Names of at least this many letters may have any one wrong letter (`septenber`).
const FORGIVING: usize = 6;

/// Names by the look of their first character, the longest first.
type Names = HashMap<char, Vec<(Vec<char>, i8)>>;

/// Every name with its month.
static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for language in LANGUAGES {
        for (month, list) in (1..).zip(language.months) {
            names.extend(list.split(',').map(|name| (compact(name), month)));
        }
    }
    names.remove(&Vec::new());
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut by_look = Names::new();
    for (name, month) in names {
        by_look.entry(look(name[0])).or_default().push((name, month));
    }
    by_look
});

/// One character for all that are alike.
fn look(c: char) -> char {
    digit(c).map_or(c, |(digit, _)| char::from(b'0' + digit))
}

/// The name of a month that stands at `at`, ended by something that is no letter. A right name goes before
/// one with a confusion, a long one before a short one.
pub fn name_at(row: &Row, at: usize) -> Option<Name> {
    if !row.at(at).is_alphanumeric() || !(at..at + 3).any(|place| letter(row.at(place))) {
        return None;
    }
    let text = &row.chars[at..];
    let ended =
        |length: usize| length <= text.len() && !text.get(length).is_some_and(|c| letter(*c));
    let mut confused = None;
    let names = NAMES.get(&look(text[0])).map(Vec::as_slice).unwrap_or_default();
    for (name, month) in names.iter().filter(|(name, _)| ended(name.len())) {
        let same = name.iter().zip(text).take_while(|(a, b)| a == b).count();
        let found = |confused| Some(Name { length: name.len(), month: *month, confused });
        if same == name.len() {
            return found(0);
        }
        if confused.is_none()
            && alike(name[same], text[same])
            && name[same + 1..] == text[same + 1..name.len()]
        {
            confused = found(1);
        }
    }
    confused.or_else(|| near(names, text))
}

/// A long name with one wrong, missing or extra letter after the first.
fn near(names: &[(Vec<char>, i8)], text: &[char]) -> Option<Name> {
    let length = text.iter().take_while(|c| letter(**c)).count();
    let fits = |(name, _): &&(Vec<char>, i8)| {
        name.len() >= FORGIVING && length >= FORGIVING && within_one_edit(name, &text[..length])
    };
    names.iter().find(fits).map(|(_, month)| Name { length, month: *month, confused: 1 })
}

/// Roman numbers of the months.
const ROMAN: [&str; 12] =
    ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];

/// The Roman number of a month at `at`, ended by something that is no letter and no digit: its length, the
/// month, and how many of its characters look like those of the number (`l` and `1` for `I`). What looks
/// like digits throughout is digits.
pub fn roman_at(row: &Row, at: usize) -> Option<(usize, i8, u8)> {
    let length = (at..at + 5).take_while(|&place| row.at(place).is_alphanumeric()).count();
    let text = row.chars.get(at..at + length)?;
    let like = |c: char| if matches!(c, '1' | 'l' | '|') { 'i' } else { c };
    let month = ROMAN.iter().position(|number| {
        number.chars().count() == length && number.chars().zip(text).all(|(own, c)| own == like(*c))
    })?;
    let confused = text.iter().filter(|c| matches!(**c, '1' | 'l' | '|')).count();
    (confused < length).then_some((length, month as i8 + 1, confused as u8))
}

/// The month of a two-letter symbol at `at`.
pub fn symbol_at(row: &Row, at: usize) -> Option<i8> {
    let fits = |symbol: &&str| {
        symbol.chars().enumerate().all(|(place, c)| row.at(at + place) == c)
            && !letter(row.at(at + 2))
    };
    (1..).zip(MONTH_SYMBOLS.iter()).find(|(_, symbol)| fits(symbol)).map(|(month, _)| month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::TextLine;
    use crate::rows::rows;

    fn month(text: &str) -> Option<i8> {
        let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
        name_at(&rows(&lines)[0], 0).map(|name| name.month)
    }

    #[test]
    fn no_two_languages_give_one_name_to_different_months() {
        let mut seen: BTreeMap<Vec<char>, i8> = BTreeMap::new();
        for language in LANGUAGES {
            for (month, list) in (1..).zip(language.months) {
                for name in list.split(',').map(compact).filter(|name| !name.is_empty()) {
                    assert_eq!(*seen.entry(name.clone()).or_insert(month), month, "{name:?}");
                }
            }
        }
        assert!(seen.len() > 120, "{}", seen.len());
    }

    #[test]
    fn names_are_known_with_accents_confusions_and_in_any_case() {
        for (text, number) in [
            ("0CT", 10),
            ("JU1", 7),
            ("MAI", 5),
            ("févr", 2),
            ("FEVR.", 2),
            ("MÄRZ", 3),
            ("paź", 10),
            ("5EP", 9),
            ("AU6", 8),
            ("FE8", 2),
            ("N0V26", 11),
            ("Septenber", 9),
            ("października", 10),
            ("août", 8),
            ("juil.", 7),
        ] {
            assert_eq!(month(text), Some(number), "{text}");
        }
    }

    #[test]
    fn parts_of_other_words_are_no_months() {
        for text in ["MARKET", "DECAF", "SEPARATE", "NO", "12", "JANE", "OCTANE", "maybe"] {
            assert_eq!(month(text), None, "{text}");
        }
    }
}
