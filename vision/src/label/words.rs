//! **Hits**: where a row says what a number after it is.
//!
//! A *phrase* is an entry of the [table](super::table), a *hit* a phrase found in a row. How phrases are
//! compared stands in the table's own comment; it is done here.

use super::fold::{alike, compact, letter, spaceless, within_one_edit};
use super::rows::Row;
use super::table::{LANGUAGES, Language};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// What a phrase says of the number after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The last day on which the item is good.
    Expiry,
    /// The day of making, filling, packing or freezing.
    Manufacture,
    /// Another day, such as the last of sale.
    OtherDate,
    /// A lot.
    Lot,
    /// A serial number.
    Serial,
    /// Another number: telephone, article, version.
    Number,
}

impl Kind {
    /// Whether a date follows.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Expiry | Self::Manufacture | Self::OtherDate)
    }
}

/// A phrase of the table, ready to be compared.
#[derive(Debug)]
struct Phrase {
    kind: Kind,
    key: Vec<char>,
    begun: bool,
}

/// A phrase found in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it says.
    pub kind: Kind,
    /// Where it stands in the row's characters.
    pub span: Range<usize>,
    /// Whether it is only the beginning of a phrase, and serves only dates that need no words.
    pub begun: bool,
    /// How many characters were compared.
    length: usize,
}

/// Phrases shorter than this must be right, but for one confusion; shorter than 3, altogether.
const FORGIVING: usize = 5;

/// All phrases, with an index by their first and by their second character.
struct Phrases {
    all: Vec<Phrase>,
    by_first: HashMap<char, Vec<usize>>,
    by_second: HashMap<char, Vec<usize>>,
}

impl Phrases {
    fn of_table() -> Self {
        let lists = |language: &Language| {
            [
                (Kind::Expiry, language.expiry, false),
                (Kind::Expiry, language.begun, true),
                (Kind::Manufacture, language.manufacture, false),
                (Kind::OtherDate, language.other, false),
                (Kind::Lot, language.lot, false),
                (Kind::Serial, language.serial, false),
                (Kind::Number, language.number, false),
            ]
        };
        let phrase = |kind, text, begun| Phrase { kind, key: compact(text), begun };
        let mut all: Vec<Phrase> = LANGUAGES
            .iter()
            .flat_map(lists)
            .flat_map(|(kind, list, begun)| {
                list.split(',').map(move |text| phrase(kind, text, begun))
            })
            .filter(|phrase| !phrase.key.is_empty())
            .collect();
        // Languages share words ("exp", "lote"): once is enough.
        all.sort_by(|a, b| (&a.key, a.kind as u8).cmp(&(&b.key, b.kind as u8)));
        all.dedup_by(|a, b| a.key == b.key && a.kind == b.kind);
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
    fn near(&self, text: &[char]) -> impl Iterator<Item = &Phrase> {
        let first = text.first().and_then(|c| self.by_first.get(c));
        let second = text.get(1).and_then(|c| self.by_second.get(c));
        let missing = text.first().and_then(|c| self.by_second.get(c));
        [first, second, missing].into_iter().flatten().flatten().map(|&index| &self.all[index])
    }
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::of_table);

static LINKS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    let mut links: Vec<Vec<char>> =
        LANGUAGES.iter().flat_map(|language| language.link.split(',')).map(compact).collect();
    links.sort_by_key(|link| Reverse(link.len()));
    links
});

/// The hits of a row in its order, none over another: the longer phrase wins.
pub fn hits(row: &Row) -> Vec<Hit> {
    let letters: Vec<(char, usize)> = row
        .chars
        .iter()
        .enumerate()
        .filter(|(_, c)| c.is_alphanumeric())
        .map(|(at, c)| (*c, at))
        .collect();
    let text: Vec<char> = letters.iter().map(|(c, _)| *c).collect();
    let mut found = Vec::new();
    for start in 0..text.len() {
        if !begins_word(row, letters[start].1) {
            continue;
        }
        for phrase in PHRASES.near(&text[start..]) {
            let Some((length, exact)) = matched(&phrase.key, &text[start..]) else { continue };
            let span = letters[start].1..letters[start + length - 1].1 + 1;
            // A month is a month, though "DIC" looks like "DLC".
            let month = || !exact && super::dates::month_begins(row, span.start);
            if ends_word(row, span.end, exact && length >= FORGIVING)
                && whole(row, &span)
                && !month()
            {
                // A longer phrase is worth an error, but not one that its own end brings in.
                let worth = phrase.key.len() - usize::from(!exact);
                found.push((
                    worth,
                    exact,
                    Hit { kind: phrase.kind, span, begun: phrase.begun, length },
                ));
            }
        }
    }
    // The longest first, exact before nearly right, dates before numbers where one print fits both.
    found.sort_by_key(|(worth, exact, hit)| (Reverse(*worth), !exact, hit.kind as u8));
    let mut hits: Vec<Hit> = Vec::new();
    for (.., hit) in found {
        if hits
            .iter()
            .all(|other| other.span.end <= hit.span.start || hit.span.end <= other.span.start)
        {
            hits.push(hit);
        }
    }
    hits.sort_by_key(|hit| hit.span.start);
    hits.retain(|hit| leads_on(row, hit));
    hits
}

/// How many characters of `text` are the phrase, and whether it is right in each of them.
fn matched(key: &[char], text: &[char]) -> Option<(usize, bool)> {
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

fn begins_word(row: &Row, at: usize) -> bool {
    let before = row.before(at);
    !letter(before) || spaceless(row.at(at))
}

fn ends_word(row: &Row, end: usize, sure: bool) -> bool {
    sure || !letter(row.at(end)) || spaceless(row.before(end))
}

/// Whether a hit crosses no break and no more than the punctuation that stands within phrases.
fn whole(row: &Row, span: &Range<usize>) -> bool {
    !row.chars[span.clone()].iter().any(|c| matches!(c, '\t' | '(' | ')' | ';'))
}

/// Whether a phrase speaks of a date at all: "packed in Spain", "produced by", "val. energ." do not, because
/// another word follows. Long phrases for expiry are nothing else, whatever follows ("best before see lid").
fn leads_on(row: &Row, hit: &Hit) -> bool {
    let short = hit.length < FORGIVING || hit.begun;
    if !(hit.kind == Kind::Manufacture || short && hit.kind.is_date())
        || spaceless(row.at(hit.span.start))
    {
        return true;
    }
    let at = after_links(row, hit.span.end);
    let elsewhere = at >= row.segment(hit.span.start).end;
    elsewhere
        || !letter(row.at(at))
        || super::dates::month_begins(row, at)
        || begins_phrase(row, at)
}

/// The first character after `at` that belongs neither to punctuation nor to a linking word.
pub fn after_links(row: &Row, mut at: usize) -> usize {
    loop {
        while at < row.chars.len() && !row.at(at).is_alphanumeric() {
            at += 1;
        }
        let rest = &row.chars[at.min(row.chars.len())..];
        let fits = |link: &&Vec<char>| {
            !link.is_empty()
                && rest.starts_with(link)
                && !rest.get(link.len()).is_some_and(|c| letter(*c))
        };
        match LINKS.iter().find(fits) {
            Some(link) => at += link.len(),
            None => return at,
        }
    }
}

fn begins_phrase(row: &Row, at: usize) -> bool {
    let text: Vec<char> =
        row.chars[at..].iter().copied().filter(|c| c.is_alphanumeric()).take(32).collect();
    PHRASES.near(&text).any(|phrase| {
        phrase.kind != Kind::Number
            && text.starts_with(&phrase.key)
            && (phrase.key.len() >= FORGIVING || ends_word(row, at + phrase.key.len(), false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::line::TextLine;
    use crate::label::rows::rows;

    fn kinds(text: &str) -> Vec<(Kind, String)> {
        let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
        let row = &rows(&lines)[0];
        hits(row).into_iter().map(|hit| (hit.kind, row.print(&hit.span, &lines).text)).collect()
    }

    fn only(text: &str) -> Option<Kind> {
        let found = kinds(text);
        if let [(kind, _)] = found[..] { Some(kind) } else { None }
    }

    #[test]
    fn phrases_are_found_as_text_recognition_spells_them() {
        for text in [
            "Useby",
            "Use bv",
            "USE  BY:",
            "Verw .bis",
            "Verw.bis:",
            "8BE",
            "M H D",
            "A CONSOMMER JUSQU AU",
            "bast fore",
            "Najlepiej spozyc przed",
            "賞味期限",
            "EXP12",
            "Besl before",
            "5cad.",
        ] {
            assert_eq!(only(text), Some(Kind::Expiry), "{text}");
        }
        for text in ["MFG", "MF6", "生产日期", "Fabriqué le", "hergestelt am", "PROD."] {
            assert_eq!(only(text), Some(Kind::Manufacture), "{text}");
        }
        assert_eq!(only("Ch.-B.: 12"), Some(Kind::Lot));
        assert_eq!(only("S/N 1"), Some(Kind::Serial));
    }

    #[test]
    fn the_longer_phrase_wins_over_those_within_it() {
        assert_eq!(kinds("Best before end: 5"), [(Kind::Expiry, "Best before end".to_owned())]);
        assert_eq!(kinds("保质期至2026"), [(Kind::Expiry, "保质期至".to_owned())]);
        assert_eq!(kinds("MFG/EXP 1").len(), 2);
    }

    #[test]
    fn words_that_say_where_or_by_whom_are_no_dates() {
        for text in [
            "Packed in Spain",
            "Fabricado en España",
            "Produced by Mill",
            "Prodotto in Italia",
            "Val. energ. 5",
            "Export",
            "expert",
            "product",
            "used",
            "Produce of",
        ] {
            let dates = kinds(text).into_iter().filter(|(kind, _)| kind.is_date()).count();
            assert_eq!(dates, 0, "{text}");
        }
        assert_eq!(only("Packed on 13 May"), Some(Kind::Manufacture));
        assert_eq!(only("Packed May 13"), Some(Kind::Manufacture));
    }
}
