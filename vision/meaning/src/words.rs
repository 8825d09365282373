//! **Hits**: where a row says what a number after it is.
//!
//! A *phrase* is an entry of the [table](super::table), a *hit* a phrase found in a row; [`Phrases`] finds
//! them, and here is decided which of them count.

use super::fold::{alike, compact, ideographic, letter, unspaced_letter};
use super::phrases::{FORGIVING, Letters, Phrases, apart, begins_word, ends_word, matched, whole};
use super::rows::Row;
use super::table::denials::{BELOW, ELSEWHERE, FROM, NEGATIONS, NOT_AFTER, NOT_BEFORE, ORDINARY};
use super::table::offers::VALIDITY;
use super::table::{LANGUAGES, Language, WEEKDAYS};
use std::cmp::Reverse;
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
    /// No number follows: what is meant stands somewhere else ("see lid").
    Elsewhere,
}

impl Kind {
    /// Whether a date follows.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Expiry | Self::Manufacture | Self::OtherDate)
    }
}

/// How far a phrase may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is a whole phrase that means nothing else.
    Whole,
    /// It is only the beginning of a phrase, and serves only dates that need no words.
    Begun,
    /// It is "valid until", which speaks of an offer as well as of goods.
    Validity,
    /// It is an ordinary word in some language: where it stands decides.
    Shy,
}

/// A phrase found in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it says.
    pub kind: Kind,
    /// Where it stands in the row's characters.
    pub span: Range<usize>,
    /// How far it may be believed.
    pub weight: Weight,
    /// How many characters were compared.
    length: usize,
}

impl Hit {
    /// Whether it is only the beginning of a phrase, or counts for no more.
    pub fn begun(&self) -> bool {
        matches!(self.weight, Weight::Begun | Weight::Shy)
    }
}

/// Every phrase of the table: its kind, and how far it may be believed.
fn of_table() -> Phrases<(Kind, Weight)> {
    use Weight::{Begun, Shy, Validity, Whole};
    let lists = |language: &'static Language| {
        [
            (language.expiry, (Kind::Expiry, Whole)),
            (language.begun, (Kind::Expiry, Begun)),
            (language.manufacture, (Kind::Manufacture, Whole)),
            (language.other, (Kind::OtherDate, Whole)),
            (language.lot, (Kind::Lot, Whole)),
            (language.serial, (Kind::Serial, Whole)),
            (language.number, (Kind::Number, Whole)),
        ]
    };
    let denials = [
        (NOT_AFTER, (Kind::Expiry, Whole)),
        (NOT_BEFORE, (Kind::OtherDate, Whole)),
        (ELSEWHERE, (Kind::Elsewhere, Whole)),
        (ORDINARY, (Kind::Expiry, Shy)),
        (FROM, (Kind::OtherDate, Shy)),
    ];
    // Of equal phrases the first wins: "valid until" is known for one before it is taken for an expiry.
    let validity = [(VALIDITY, (Kind::Expiry, Validity))];
    Phrases::new(validity.into_iter().chain(LANGUAGES.iter().flat_map(lists)).chain(denials))
}

static PHRASES: LazyLock<Phrases<(Kind, Weight)>> = LazyLock::new(of_table);

/// Words that deny what follows them, the longest first.
static DENIALS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    let mut denials: Vec<Vec<char>> = NEGATIONS.split(',').map(compact).collect();
    denials.sort_by_key(|denial| Reverse(denial.len()));
    denials
});

/// The most characters of words for a lot that are looked for before a phrase.
const LONGEST_LOT: usize = 20;

/// Days of the week, the longest first.
static DAYS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    let mut days: Vec<Vec<char>> = WEEKDAYS.split(',').map(compact).collect();
    days.sort_by_key(|day| Reverse(day.len()));
    days
});

static LINKS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    let mut links: Vec<Vec<char>> =
        LANGUAGES.iter().flat_map(|language| language.link.split(',')).map(compact).collect();
    links.sort_by_key(|link| Reverse(link.len()));
    links
});

/// The hits of a row in its order, none over another: the longer phrase wins. Ordinary words are none.
pub fn hits(row: &Row) -> Vec<Hit> {
    let mut hits = with_shy(row);
    hits.retain(|hit| hit.weight != Weight::Shy);
    hits
}

/// The hits of a row, ordinary words among them.
pub fn with_shy(row: &Row) -> Vec<Hit> {
    let Letters { text, places } = Letters::of(row);
    let mut found = Vec::new();
    for start in 0..text.len() {
        if !begins_word(row, places[start]) {
            continue;
        }
        for phrase in PHRASES.near(&text[start..]) {
            let Some((length, exact)) = matched(&phrase.key, &text[start..]) else { continue };
            let span = places[start]..places[start + length - 1] + 1;
            // The end of "0UT" is October's, and no Turkish "ÜT".
            let short = phrase.key.len() < 3 && letter(phrase.key[0]);
            if short && row.before(span.start).is_ascii_digit() {
                continue;
            }
            // A month is a month, though "DIC" looks like "DLC".
            let month = || !exact && super::dates::month_begins(row, span.start);
            if ends_word(row, span.end, exact && length >= FORGIVING)
                && !takes_a_letter(row, &span)
                && whole(row, &span)
                && !month()
            {
                // A longer phrase is worth an error, but not one that its own end brings in.
                let worth = phrase.key.len() - usize::from(!exact);
                let (kind, weight) = phrase.value;
                let guessed = !exact
                    && !kind.is_date()
                    && !confused(&phrase.key, &text[start..start + length]);
                found.push((worth, exact, guessed, Hit { kind, span, weight, length }));
            }
        }
    }
    // "LOT BO612" is the lot BO612, and no "lotto" whose second t was read as a b.
    let right: Vec<Hit> = found.iter().filter(|one| one.1).map(|one| one.3.clone()).collect();
    found.retain(|(.., guessed, hit)| {
        let begins_right = |one: &Hit| {
            one.kind == hit.kind
                && one.span.start == hit.span.start
                && one.span.end < hit.span.end
                && !letter(row.at(one.span.end))
        };
        !guessed || !right.iter().any(begins_right)
    });
    // The longest first, exact before nearly right, dates before numbers where one print fits both.
    found.sort_by_key(|(worth, exact, _, hit)| (Reverse(*worth), !exact, hit.kind as u8));
    let mut hits: Vec<Hit> = Vec::new();
    for (.., hit) in found {
        if hits.iter().all(|other| apart(&other.span, &hit.span)) {
            hits.push(hit);
        }
    }
    hits.sort_by_key(|hit| hit.span.start);
    hits.retain(|hit| leads_on(row, hit));
    let mut free = 0;
    for hit in &mut hits {
        // A word of the phrase before it denies nothing.
        let denial = denial_before(row, hit.span.start).filter(|start| *start >= free);
        if let (Kind::Expiry, Some(start)) = (hit.kind, denial) {
            (hit.kind, hit.span.start) = (Kind::OtherDate, start);
        }
        free = hit.span.end;
    }
    hits
}

/// Whether a phrase ends with the first letter of another word: the L of "consumir antes de / Lote" is no "del".
fn takes_a_letter(row: &Row, span: &Range<usize>) -> bool {
    let apart = span.len() > 1 && !row.at(span.end - 2).is_alphanumeric();
    apart && letter(row.before(span.end)) && letter(row.at(span.end))
}

/// Where a word begins that denies the phrase at `at`, directly before it in the row.
fn denial_before(row: &Row, at: usize) -> Option<usize> {
    let segment = row.segment(at).start;
    let end = (segment..at).rev().find(|&place| row.at(place).is_alphanumeric())? + 1;
    DENIALS.iter().find_map(|denial| {
        let mut place = end;
        for wanted in denial.iter().rev() {
            place = (segment..place).rev().find(|&place| row.at(place).is_alphanumeric())?;
            if row.at(place) != *wanted {
                return None;
            }
        }
        begins_word(row, place).then_some(place)
    })
}

/// Whether a text is a phrase but for characters that look alike.
fn confused(key: &[char], text: &[char]) -> bool {
    key.len() == text.len() && key.iter().zip(text).all(|(a, b)| a == b || alike(*a, *b))
}

/// Whether a phrase speaks of a date at all: "packed in Spain", "produced by", "val. energ." do not, because
/// another word follows. Long phrases for expiry are nothing else, whatever follows ("best before see lid").
fn leads_on(row: &Row, hit: &Hit) -> bool {
    let short = hit.length < FORGIVING || hit.begun();
    if !(hit.kind == Kind::Manufacture || short && hit.kind.is_date())
        || ideographic(row.at(hit.span.start))
    {
        return true;
    }
    let at = after_weekday(row, after_links(row, hit.span.end));
    let elsewhere = at >= row.segment(hit.span.start).end;
    elsewhere
        || !(letter(row.at(at)) || unspaced_letter(row.at(at)))
        || super::dates::month_begins(row, at)
        || begins_phrase(row, at)
        || begins_lot(row, hit, at)
        || is_below(row, at)
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

/// Where a date begins whose day of the week stands at `at`; `at` itself where none does.
pub fn after_weekday(row: &Row, at: usize) -> usize {
    let rest = row.chars.get(at..).unwrap_or_default();
    let begins = |day: &&Vec<char>| {
        rest.starts_with(day) && !rest.get(day.len()).is_some_and(|c| c.is_alphanumeric())
    };
    let Some(day) = DAYS.iter().find(begins) else { return at };
    let after = at + day.len();
    let date = (after..after + 3).find(|&at| !matches!(row.at(at), ' ' | '.' | ','));
    date.filter(|&at| row.at(at).is_ascii_digit()).unwrap_or(at)
}

/// Whether "below" stands at `at` and ends its line: the date that is meant is near, after all.
fn is_below(row: &Row, at: usize) -> bool {
    let rest: String = row.chars[at..row.segment(at).end].iter().collect();
    let rest = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
    BELOW.split(',').any(|word| word.trim() == rest)
}

/// Whether a lot stands at `at`, and the words for it stand directly before the phrase: `LOT/EXP: A5258 09/2027`.
fn begins_lot(row: &Row, hit: &Hit, at: usize) -> bool {
    let token = (at..row.chars.len()).take_while(|&at| row.at(at).is_alphanumeric());
    let code = token.clone().any(|at| row.at(at).is_ascii_digit());
    let end = (0..hit.span.start).rev().find(|&at| row.at(at).is_alphanumeric());
    let Some(end) = end.filter(|_| code) else { return false };
    let lot = |start: usize| {
        let text: Vec<char> =
            row.chars[start..=end].iter().copied().filter(|c| c.is_alphanumeric()).collect();
        PHRASES.near(&text).any(|phrase| phrase.value.0 == Kind::Lot && phrase.key == text)
    };
    (end.saturating_sub(LONGEST_LOT)..=end).any(|start| begins_word(row, start) && lot(start))
}

fn begins_phrase(row: &Row, at: usize) -> bool {
    let text: Vec<char> =
        row.chars[at..].iter().copied().filter(|c| c.is_alphanumeric()).take(32).collect();
    PHRASES.near(&text).any(|phrase| {
        phrase.value.0 != Kind::Number
            && text.starts_with(&phrase.key)
            && (phrase.key.len() >= FORGIVING || ends_word(row, at + phrase.key.len(), false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::TextLine;
    use crate::rows::rows;

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
    fn a_denial_that_ends_the_phrase_before_denies_nothing() {
        // A "de" misread as "ne", which is "not" in several languages.
        let both = kinds("consumir antes ne exp 1");
        let wanted = [(Kind::Expiry, "consumir antes ne"), (Kind::Expiry, "exp")];
        assert_eq!(both, wanted.map(|(kind, text)| (kind, text.to_owned())));
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
