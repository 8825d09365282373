//! Which codes are made of elements.
//!
//! A **marked** code says so itself: it begins with FNC1, or it is a GS1 Digital Link. Printers also make
//! unmarked codes: plain text that somebody meant as elements. Such a text counts as elements only where
//! it shows it: by a symbology identifier printed at its beginning, by identifiers in brackets, or by a
//! number with the right check digit followed by further elements that are all known. One number in ten
//! has a right check digit by chance.

use super::ai::{self, Meaning};
use super::{Departure, ELEMENT_CODES, Element, FNC1, Parsed, link};
use crate::code::{Code, Symbology};

/// What people print where FNC1 belongs.
const PRINTED_FNC1: [&str; 8] =
    ["<GS>", "{GS}", "[GS]", "<FNC1>", "{FNC1}", "[FNC1]", "\\x1D", "\u{241d}"];

/// What `code` says in elements; `None` for a code that is not made of them.
pub fn of(code: &Code) -> Option<Parsed> {
    let text = code.text.as_str();
    if link::looks_like_one(text.trim_start()) {
        let parsed = Parsed::of(text);
        return (!parsed.elements.is_empty()).then_some(parsed);
    }
    if !carries_text(code.symbology) {
        return None;
    }
    let mut departures = Vec::new();
    if !code.gs1 && !text.trim_start().starts_with('(') {
        let identifier = ELEMENT_CODES.into_iter().find(|code| text.starts_with(code));
        departures.push(
            identifier
                .map_or(Departure::NotMarked, |printed| Departure::Identifier(printed.to_owned())),
        );
    }
    let mut text = text.to_owned();
    for printed in PRINTED_FNC1.into_iter().filter(|printed| code.text.contains(printed)) {
        text = text.replace(printed, &FNC1.to_string());
        departures.push(Departure::Separator(printed.to_owned()));
    }
    let mut parsed =
        if code.gs1 { Parsed::of(&text) } else { Parsed::of_unmarked(text.trim_end()) };
    if !code.gs1 && !shows_it(&parsed, &departures) {
        return None;
    }
    departures.append(&mut parsed.departures);
    Some(Parsed { departures, ..parsed })
}

/// Whether codes of this kind carry text of any length. The others carry a number of their own.
fn carries_text(symbology: Symbology) -> bool {
    use Symbology as S;
    !matches!(symbology, S::Ean13 | S::Ean8 | S::UpcE | S::Itf | S::Codabar)
}

/// Whether an unmarked text is made of elements.
fn shows_it(parsed: &Parsed, departures: &[Departure]) -> bool {
    let meaning = |element: &Element| ai::known(&element.ai).map(|row| row.meaning);
    let known = parsed.elements.iter().filter_map(meaning).count();
    let checkable = parsed.elements.iter().filter_map(meaning).any(|one| one != Meaning::Plain);
    if departures.iter().any(|one| matches!(one, Departure::Identifier(_))) {
        return known > 0;
    }
    if !departures.contains(&Departure::NotMarked) {
        return known > 1 || checkable;
    }
    let first = parsed.elements.iter().next().and_then(meaning);
    let all_known = parsed.elements.iter().all(|element| meaning(element).is_some());
    parsed.whole && all_known && known > 1 && first == Some(Meaning::Checked)
}
