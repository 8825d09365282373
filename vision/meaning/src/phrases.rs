//! **Phrases**: entries of a word list, and where they stand in a row.
//!
//! A list holds phrases with what each of them means. How they are compared stands in the
//! [table's](super::table) own comment; it is done here, for the words around dates as for sizes, colours,
//! units and counts.

use super::fold::{alike, compact, letter, spaceless, within_one_edit};
use super::rows::Row;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

/// Phrases shorter than this must be right, but for one confusion; shorter than 3, altogether.
pub const FORGIVING: usize = 5;

/// A phrase of a list, ready to be compared.
#[derive(Debug)]
pub struct Phrase<T> {
    /// Its folded letters and digits, at least one.
    pub key: Vec<char>,
    /// What it means.
    pub value: T,
}

/// A phrase found in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// Where it stands in the row's characters.
    pub span: Range<usize>,
    /// What it means.
    pub value: T,
    /// Whether it is right in each character.
    pub exact: bool,
}

/// All phrases of a list, with an index by their first and by their second character.
#[derive(Debug)]
pub struct Phrases<T> {
    all: Vec<Phrase<T>>,
    by_first: HashMap<char, Vec<usize>>,
    by_second: HashMap<char, Vec<usize>>,
}

impl<T: Copy + PartialEq> Phrases<T> {
    /// The phrases of lists with commas between them. The first of equal phrases with one meaning stays;
    /// entries without a letter or digit are left out.
    pub fn new(lists: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let mut all: Vec<Phrase<T>> = Vec::new();
        let mut places: HashMap<Vec<char>, Vec<usize>> = HashMap::new();
        for (list, value) in lists {
            for key in list.split(',').map(compact).filter(|key| !key.is_empty()) {
                let same = places.entry(key.clone()).or_default();
                if same.iter().all(|&index| all[index].value != value) {
                    same.push(all.len());
                    all.push(Phrase { key, value });
                }
            }
        }
        let (mut by_first, mut by_second) = (HashMap::new(), HashMap::new());
        for (index, phrase) in all.iter().enumerate() {
            by_first.entry(phrase.key[0]).or_insert_with(Vec::new).push(index);
            if let Some(second) = phrase.key.get(1) {
                by_second.entry(*second).or_insert_with(Vec::new).push(index);
            }
        }
        Self { all, by_first, by_second }
    }

    /// Those that `text` may begin with, one error allowed: first characters agree, or the second ones do, or
    /// the first is missing.
    pub fn near(&self, text: &[char]) -> impl Iterator<Item = &Phrase<T>> {
        let first = text.first().and_then(|c| self.by_first.get(c));
        let second = text.get(1).and_then(|c| self.by_second.get(c));
        let missing = text.first().and_then(|c| self.by_second.get(c));
        [first, second, missing].into_iter().flatten().flatten().map(|&index| &self.all[index])
    }

    /// The phrases that stand in a row as whole words, in its order, none over another: the longer wins,
    /// and the right one before the nearly right one. Where a word begins with one of `prefixes` (folded),
    /// a phrase may follow it at once: `dunkelblau`.
    pub fn find(&self, row: &Row, prefixes: &[Vec<char>]) -> Vec<Found<T>> {
        let letters = Letters::of(row);
        let text = &letters.text[..];
        let mut found: Vec<(usize, Found<T>)> = Vec::new();
        for start in (0..text.len()).filter(|&start| begins_word(row, letters.places[start])) {
            let glued = prefixes.iter().filter(|prefix| text[start..].starts_with(prefix));
            let starts = glued.map(|prefix| start + prefix.len()).filter(|&at| at < text.len());
            for at in starts.chain([start]) {
                for phrase in self.near(&text[at..]) {
                    let Some((length, exact)) = matched(&phrase.key, &text[at..]) else { continue };
                    let span = letters.places[at]..letters.places[at + length - 1] + 1;
                    if ends_word(row, span.end, false) && whole(row, &span) {
                        let worth = phrase.key.len() - usize::from(!exact);
                        found.push((worth, Found { span, value: phrase.value, exact }));
                    }
                }
            }
        }
        found.sort_by_key(|(worth, hit)| (Reverse(*worth), !hit.exact, hit.span.start));
        let mut kept: Vec<Found<T>> = Vec::new();
        for (_, hit) in found {
            if kept.iter().all(|other| apart(&other.span, &hit.span)) {
                kept.push(hit);
            }
        }
        kept.sort_by_key(|hit| hit.span.start);
        kept
    }
}

/// The letters and digits of a row, and where each stands in it.
pub struct Letters {
    /// Folded letters and digits.
    pub text: Vec<char>,
    /// The place in the row of each of them.
    pub places: Vec<usize>,
}

impl Letters {
    /// Those of `row`.
    pub fn of(row: &Row) -> Self {
        let both = row.chars.iter().enumerate().filter(|(_, c)| c.is_alphanumeric());
        let (places, text) = both.map(|(at, c)| (at, *c)).unzip();
        Self { text, places }
    }
}

/// Whether two stretches share nothing.
pub fn apart(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end <= b.start || b.end <= a.start
}

/// How many characters of `text` are the phrase, and whether it is right in each of them.
pub fn matched(key: &[char], text: &[char]) -> Option<(usize, bool)> {
    let same = key.iter().zip(text).take_while(|(a, b)| a == b).count();
    if same == key.len() {
        return Some((same, true));
    }
    if key.len() >= FORGIVING {
        let tries = [key.len(), key.len() + 1, key.len() - 1];
        let near = |length: &usize| {
            text.len() >= *length
                && within_one_edit(key, &text[..*length])
                && framed(key, &text[..*length])
        };
        return tries.into_iter().find(near).map(|length| (length, false));
    }
    let one_alike = key.len() >= 3
        && text.len() >= key.len()
        && alike(key[same], text[same])
        && key[same + 1..] == text[same + 1..key.len()];
    one_alike.then_some((key.len(), false))
}

/// Whether a nearly right text begins and ends like the phrase as far as digits go: those that follow or go
/// before a phrase are not its misread ends.
fn framed(key: &[char], text: &[char]) -> bool {
    let fits = |a: Option<&char>, b: Option<&char>| match (a, b) {
        (Some(a), Some(b)) => a.is_ascii_digit() == b.is_ascii_digit() || alike(*a, *b),
        _ => false,
    };
    fits(key.first(), text.first()) && fits(key.last(), text.last())
}

/// Whether a word may begin at `at`: after anything but a letter, anywhere in scripts without spaces.
pub fn begins_word(row: &Row, at: usize) -> bool {
    let before = row.before(at);
    !letter(before) || spaceless(row.at(at))
}

/// Whether a word may end at `end`; a phrase that is `sure` may have the next word glued to it.
pub fn ends_word(row: &Row, end: usize, sure: bool) -> bool {
    sure || !letter(row.at(end)) || spaceless(row.before(end))
}

/// Whether a phrase crosses no break and no more than the punctuation that stands within phrases.
pub fn whole(row: &Row, span: &Range<usize>) -> bool {
    !row.chars[span.clone()].iter().any(|c| matches!(c, '\t' | '(' | ')' | ';'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::TextLine;
    use crate::rows::rows;

    fn found(text: &str) -> Vec<(usize, bool)> {
        let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
        let list = Phrases::new([("blue, bleu, , blue", 1), ("light blue", 2), ("yellow", 3)]);
        let prefixes = [compact("sky")];
        list.find(&rows(&lines)[0], &prefixes)
            .into_iter()
            .map(|hit| (hit.value, hit.exact))
            .collect()
    }

    #[test]
    fn whole_words_are_found_and_the_longer_phrase_wins() {
        assert_eq!(found("Light-blue / BLEU"), [(2, true), (1, true)]);
        assert_eq!(found("bluetooth, lightyear"), []);
        assert_eq!(found("skyblue"), [(1, true)]);
    }

    #[test]
    fn one_wrong_character_is_forgiven_in_five_or_more() {
        assert_eq!(found("yel1ow ye1low yelow"), [(3, false), (3, false), (3, false)]);
        assert_eq!(found("blve"), []);
    }
}
