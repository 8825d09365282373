//! **Neighbours**: words and signs next to a match that show it to be an amount, an article number, a lot or
//! part of a sentence.

use super::scan::{Match, Separator, Year};
use crate::fold::letter;
use crate::rows::Row;
use crate::table::denials::SPANS;
use crate::table::{Needs, Order, Part, UNITS};
use crate::words::{Hit, Kind};

/// What the neighbours of a match say against its being a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// It is the value of an application identifier in brackets.
    Element,
    /// It lies within words.
    Words,
    /// Words before it say that it is a number of another kind.
    OtherNumber,
    /// It is the lot or the serial number.
    Lot,
    /// A year of a copyright, or one that begins a sentence.
    NoYear,
    /// A unit or a currency stands at it.
    Amount,
    /// It stands within a sentence.
    Sentence,
}

/// What the neighbours of a match say against it; `None` where it may be a date.
pub fn against(row: &Row, found: &Match, hits: &[Hit]) -> Option<Against> {
    if after_brackets(row, found.span.start) {
        return Some(Against::Element);
    }
    // "DLC" is no misread "DIC", and the L of "L012" no misread 1.
    let over = |hit: &&Hit| hit.span.start < found.span.end && found.span.start < hit.span.end;
    let symbol = found.format.parts.iter().any(|part| matches!(part, Part::Symbol | Part::Roman));
    let weak = needs(found) != Needs::Nothing && !symbol;
    if hits.iter().filter(over).any(|hit| hit.kind.is_date() || weak) {
        return Some(Against::Words);
    }
    let before = directly_before(row, found, hits);
    let worded = found.has_words();
    if found.format.order == Order::Y
        && let Some(against) = no_year(row, found, before)
    {
        return Some(against);
    }
    let bare = !worded && found.separator.is_none();
    match before.map(|hit| hit.kind) {
        // A version has points: `V: 14/09/26` is a date.
        Some(Kind::Number) if !worded && !whole_after_letter(found, before) => {
            return Some(Against::OtherNumber);
        }
        Some(Kind::Serial) if !worded => return Some(Against::Lot),
        // Packers do use dates as lots, so a full date after "lot" stays one; bare digits are the lot.
        Some(Kind::Lot) if needs(found) == Needs::Words => return Some(Against::Lot),
        Some(Kind::Lot)
            if !worded && found.fields.day.or(found.fields.of_year.map(|_| 1)).is_none() =>
        {
            return Some(Against::Lot);
        }
        Some(Kind::Lot) if bare && needs(found) == Needs::Nothing => {
            return (!shared(row, before, hits)).then_some(Against::Lot);
        }
        _ => {}
    }
    if measured(row, found) {
        return Some(Against::Amount);
    }
    if before.is_some_and(|hit| hit.kind.is_date()) {
        return None;
    }
    if worded {
        in_a_sentence(row, found, hits).then_some(Against::Sentence)
    } else {
        amount(row, found).then_some(Against::Amount)
    }
}

/// Whether digits in brackets stand before `at`: an application identifier, and what follows is its value.
fn after_brackets(row: &Row, at: usize) -> bool {
    let digits = (2..6).take_while(|&n| at >= n && row.at(at - n).is_ascii_digit()).count();
    row.before(at) == ')'
        && (2..=4).contains(&digits)
        && at >= digits + 2
        && row.at(at - digits - 2) == '('
}

/// The hit that ends where the match begins, but for signs and digits.
pub fn directly_before<'a>(row: &Row, found: &Match, hits: &'a [Hit]) -> Option<&'a Hit> {
    let last = hits.iter().rfind(|hit| hit.span.end <= found.span.start)?;
    let between = &row.chars[last.span.end..found.span.start];
    let number = last.kind == Kind::Number;
    let joined = |c: &char| !c.is_alphabetic() && (number || !c.is_ascii_digit());
    between.iter().all(joined).then_some(last)
}

/// Whether words for a date touch those for the lot: `生产日期(批号) 20260203` is both.
fn shared(row: &Row, lot: Option<&Hit>, hits: &[Hit]) -> bool {
    let Some(start) = lot.map(|hit| hit.span.start) else { return false };
    let touches = |hit: &&Hit| {
        let signs = |at: usize| !row.at(at).is_alphanumeric();
        hit.kind.is_date() && hit.span.end <= start && (hit.span.end..start).all(signs)
    };
    hits.iter().any(|hit| touches(&hit))
}

/// Whether a year alone is that of a copyright, an amount, or begins a sentence: `© 2026 Acme`, `2028 kcal`.
/// Directly after words for a date, only an amount is none.
fn no_year(row: &Row, found: &Match, before: Option<&Hit>) -> Option<Against> {
    if amount(row, found) {
        return Some(Against::Amount);
    }
    if before.is_some_and(|hit| hit.kind.is_date()) {
        return None;
    }
    let start = found.span.start;
    let near = row.before(start);
    let near = if near == ' ' { row.before(start - 1) } else { near };
    let end = found.span.end + usize::from(row.at(found.span.end) == ' ');
    let letters = (end..row.chars.len()).take_while(|&at| letter(row.at(at))).count();
    (matches!(near, '©' | '(' | ')') || letters > 2).then_some(Against::NoYear)
}

/// Whether a single letter stands before a date in full with slashes.
fn whole_after_letter(found: &Match, before: Option<&Hit>) -> bool {
    let full = found.fields.day.is_some() && found.fields.year.is_some();
    let letter = before.is_some_and(|hit| hit.span.len() == 1);
    letter && full && found.span.len() >= 8 && found.separator == Some(Separator::Slash)
}

/// Whether a number is an amount even after words for a date: `packed 250 g`, `best before 180 days`, `dès 6 mois`.
/// Letters of lines and hours of the day look like units, and say nothing; a month's name goes with spans of time
/// only, and a unit after a month and year may belong to the number after it.
fn measured(row: &Row, found: &Match) -> bool {
    let whole = found.fields.day.is_some() && found.fields.year.is_some();
    let short = !whole && found.format.parts.len() <= 3;
    let last = found.format.parts.last();
    let number =
        matches!(last, Some(Part::D | Part::Dd | Part::M | Part::Mm | Part::Ddd | Part::Yy));
    let end = found.span.end + usize::from(row.at(found.span.end) == ' ');
    let letters = (end..row.chars.len()).take_while(|&at| letter(row.at(at))).count();
    if !short || !number || letters == 0 {
        return false;
    }
    let word: String = row.chars[end..end + letters].iter().collect();
    if found.has_words() {
        return SPANS.split(',').any(|span| span.trim() == word);
    }
    let after = end + letters + usize::from(row.at(end + letters) == ' ');
    let other = last == Some(&Part::Yy) && row.at(after).is_ascii_digit();
    let hours = ["c", "f", "h", "am", "pm", "uhr", "hrs", "min"];
    let sure = letters > 1 || found.format.order == Order::Julian;
    sure && !other && !hours.contains(&word.as_str()) && unit_at(row, found.span.end)
}

/// Whether a unit or currency stands at the match: `12.05 €`, `10.12 kg`. Three numbers are no amount.
fn amount(row: &Row, found: &Match) -> bool {
    if found.format.parts.len() > 3 {
        return false;
    }
    let start = found.span.start;
    let near = row.before(start);
    let near = if near == ' ' { row.before(start - 1) } else { near };
    unit_at(row, found.span.end) || !letter(near) && is_unit(&near.to_string())
}

/// Whether a unit stands at `end`. `L2312` is a lot, and no litres.
fn unit_at(row: &Row, end: usize) -> bool {
    let from = end + usize::from(row.at(end) == ' ');
    let letters = (from..row.chars.len()).take_while(|&at| letter(row.at(at))).count();
    let after: String =
        row.chars[from.min(row.chars.len())..].iter().take(letters.max(1)).collect();
    let code = letters > 0 && row.at(from + letters).is_ascii_digit();
    is_unit(&after) && !code
}

fn is_unit(text: &str) -> bool {
    UNITS.split(", ").any(|unit| unit == text)
}

/// What must stand near a match. Numbers that may as well be a version or a list (`1.2.26`, `12 05 26`) need
/// words although their format does not; with `/` and in full length only dates are so written.
pub fn needs(found: &Match) -> Needs {
    if found.glued {
        return found.format.needs.max(Needs::Words);
    }
    let full = found.span.len() >= if found.format.parts.len() > 3 { 8 } else { 6 };
    let long_year = matches!(found.fields.year, Some(Year::Full(_)));
    let loose = match found.separator {
        Some(Separator::Point | Separator::Dash) => !full,
        Some(Separator::Space) => !full || !long_year || found.span.len() < 10,
        Some(Separator::Slash) | None => false,
    };
    if loose { found.format.needs.max(Needs::Words) } else { found.format.needs }
}

/// Whether a date without a year stands among other words: "stir 2 mar and may be". Labels print dates alone.
fn in_a_sentence(row: &Row, found: &Match, hits: &[Hit]) -> bool {
    let sure = found.fields.year.is_some_and(|year| matches!(year, Year::Full(_)));
    if sure || !found.format.parts.contains(&Part::Name) {
        return false;
    }
    let mut words = 0;
    let mut inside = false;
    for at in row.segment(found.span.start) {
        let known = found.span.contains(&at) || hits.iter().any(|hit| hit.span.contains(&at));
        let word = letter(row.at(at)) && !known && !in_code(row, at);
        words += usize::from(word && !inside);
        inside = word;
    }
    words >= 3
}

/// Whether the token at `at` has three digits or more: `A5258` is no word.
fn in_code(row: &Row, at: usize) -> bool {
    let part = |at: &usize| row.at(*at).is_alphanumeric();
    let before = (0..at).rev().take_while(part);
    let all = before.chain((at..row.chars.len()).take_while(part));
    all.filter(|&at| row.at(at).is_ascii_digit()).count() >= 3
}
