//! **Names of months** in a row, in all languages at once.
//!
//! Few names mean two months (`listopad`: October in Croatia, November in Poland), and some are ordinary words
//! elsewhere (`led`, `Mac`). Such a name is *undecided* here: the [label](super::label) decides.

use super::label::Spoken;
use crate::fold::{alike, compact, digit, letter, unspaced_letter, within_one_edit};
use crate::rows::Row;
use crate::table::{LANGUAGES, MONTH_SYMBOLS};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// What an undecided name means to whom.
pub type Senses = &'static [(Spoken, i8)];

/// A name found in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// How many characters it has.
    pub length: usize,
    /// 1 to 12; `None` for an undecided name.
    pub month: Option<i8>,
    /// The months that an undecided name may mean.
    pub undecided: Option<Senses>,
    /// How many of its characters are not those of the table.
    pub confused: u8,
}

/// Names of at least this many letters may have any one wrong letter (`septenber`).
const FORGIVING: usize = 6;

/// A name of the table.
struct Entry {
    name: Vec<char>,
    /// Whether spaces or points stand within it: `ม.ค.`, `tháng 5`. They may be missing or be spaces.
    parted: bool,
    /// What it means to the languages that have it.
    senses: Vec<(Spoken, i8)>,
    /// Its month, unless the label has to decide.
    month: Option<i8>,
}

impl Entry {
    fn found(&'static self, length: usize, confused: u8) -> Name {
        let undecided = self.month.is_none().then_some(&self.senses[..]);
        Name { length, month: self.month, undecided, confused }
    }
}

/// Every name, in its language, with its month and whether it is an ordinary word elsewhere.
fn spelt() -> impl Iterator<Item = (Spoken, &'static str, i8, bool)> {
    LANGUAGES.iter().enumerate().flat_map(|(bit, language)| {
        let sure = (1..).zip(language.months).map(|(month, list)| (month, list, false));
        let doubtful = language.doubtful.iter().map(|(month, list)| (*month, *list, true));
        sure.chain(doubtful).flat_map(move |(month, list, doubtful)| {
            list.split(',').map(move |name| (1 << bit, name.trim(), month, doubtful))
        })
    })
}

/// Names by the look of their first character, the longest first.
static NAMES: LazyLock<HashMap<char, Vec<Entry>>> = LazyLock::new(|| {
    let mut names: BTreeMap<Vec<char>, (Entry, bool)> = BTreeMap::new();
    for (language, name, month, doubtful) in spelt().filter(|(_, name, ..)| !name.is_empty()) {
        let key = compact(name);
        let parted = name.trim_end_matches('.').contains([' ', '.']);
        let (entry, all_doubt) = names.entry(key.clone()).or_insert_with(|| {
            (Entry { name: key, parted: false, senses: Vec::new(), month: None }, true)
        });
        entry.parted |= parted;
        entry.senses.push((language, month));
        *all_doubt &= doubtful;
    }
    let decided = |(mut entry, doubtful): (Entry, bool)| {
        let (_, first) = entry.senses[0];
        let one = entry.senses.iter().all(|(_, month)| *month == first);
        entry.month = (one && !doubtful).then_some(first);
        entry
    };
    let mut names: Vec<Entry> = names.into_values().map(decided).collect();
    names.sort_by_key(|entry| std::cmp::Reverse(entry.name.len()));
    let mut by_look: HashMap<char, Vec<Entry>> = HashMap::new();
    for entry in names {
        by_look.entry(look(entry.name[0])).or_default().push(entry);
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
    if !row.at(at).is_alphanumeric() || !(at..at + 3).any(|place| row.at(place).is_alphabetic()) {
        return None;
    }
    let text = &row.chars[at..];
    // Thai puts no spaces between words: a month stands between signs and digits.
    let glued = |c: char| unspaced_letter(c) && unspaced_letter(text[0]);
    if glued(row.before(at)) {
        return None;
    }
    let ended = |length: usize| {
        let next = row.at(at + length);
        let number = next.is_ascii_digit() && row.before(at + length).is_ascii_digit();
        !(letter(next) || glued(next) || number)
    };
    let mut confused = None;
    let names = NAMES.get(&look(text[0])).map(Vec::as_slice).unwrap_or_default();
    for entry in names {
        if let Some(length) = written(entry, text).filter(|length| ended(*length)) {
            return Some(entry.found(length, 0));
        }
        let name = &entry.name;
        if entry.parted || confused.is_some() || name.len() > text.len() || !ended(name.len()) {
            continue;
        }
        let same = name.iter().zip(text).take_while(|(a, b)| a == b).count();
        let rest = || name[same + 1..] == text[same + 1..name.len()];
        if same < name.len() && alike(name[same], text[same]) && rest() {
            confused = Some(entry.found(name.len(), 1));
        }
    }
    confused.or_else(|| near(names, text))
}

/// How many characters of `text` are the name, right in each letter.
fn written(entry: &Entry, text: &[char]) -> Option<usize> {
    let mut at = 0;
    for (place, c) in entry.name.iter().enumerate() {
        let most = if entry.parted && place > 0 { 3 } else { 0 };
        at += text[at..].iter().take(most).take_while(|c| matches!(c, ' ' | '.')).count();
        if text.get(at) != Some(c) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// A long name with one wrong, missing or extra letter after the first, where no other month's is as near.
fn near(names: &'static [Entry], text: &[char]) -> Option<Name> {
    let length = text.iter().take_while(|c| letter(**c)).count();
    let fits = |entry: &&'static Entry| {
        entry.name.len() >= FORGIVING
            && length >= FORGIVING
            && within_one_edit(&entry.name, &text[..length])
    };
    let mut near = names.iter().filter(fits);
    let first = near.next()?;
    near.all(|other| other.senses[0].1 == first.senses[0].1).then(|| first.found(length, 1))
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
        name_at(&rows(&lines)[0], 0).and_then(|name| name.month)
    }

    #[test]
    fn only_known_names_mean_two_months_or_something_else() {
        let two =
            |entry: &&Entry| entry.senses.iter().any(|(_, month)| *month != entry.senses[0].1);
        let mut names: Vec<String> =
            NAMES.values().flatten().filter(two).map(|entry| entry.name.iter().collect()).collect();
        names.sort();
        assert_eq!(names, ["lip", "lis", "listopad", "listopada", "srp"]);
        assert!(NAMES.values().flatten().count() > 500);
    }

    #[test]
    fn a_name_that_may_be_anything_is_undecided() {
        for text in ["listopad", "led", "MAC", "Ara", "pro", "lip."] {
            let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
            let name = name_at(&rows(&lines)[0], 0).unwrap();
            assert!(name.month.is_none() && name.undecided.is_some(), "{text}");
        }
    }

    #[test]
    fn a_misread_name_that_is_as_near_to_another_month_is_none() {
        assert_eq!((month("Ιουνίου"), month("Ιουλίου")), (Some(6), Some(7)));
        assert_eq!(month("Ιουxίου"), None);
        assert_eq!(month("Σεπτεμxρίου"), Some(9));
    }

    #[test]
    fn names_with_points_or_spaces_within_are_known_with_and_without_them() {
        for (text, number) in [
            ("ม.ค.", 1),
            ("มี.ค. 69", 3),
            ("พค", 5),
            ("เม. ย.", 4),
            ("พ . ค . 69", 5),
            ("tháng 1 năm", 1),
            ("Tháng 12/2026", 12),
            ("THANG10", 10),
            ("كانون الأول", 12),
            ("كانون  الثاني", 1),
        ] {
            assert_eq!(month(text), Some(number), "{text}");
        }
        for text in ["พ.ศ.", "tháng 13", "tháng", "กคข"] {
            assert_eq!(month(text), None, "{text}");
        }
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
