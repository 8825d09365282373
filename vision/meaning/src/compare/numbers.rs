//! **GTINs, lots and expiry dates** against an expectation: numbers that were found elsewhere.

use super::judge::{Verdict, agreed, not_found};
use super::{Mismatch, NotFound, What};
use crate::dates::{DateRead, Role};
use crate::expiry::{Custom, ExpiryFinding, assess};
use crate::fold::{alike, compact};
use crate::gs1::gtin;
use crate::line::{Corners, TextLine};
use jiff::civil::Date;

/// A lot that the label shows cut off must show this many characters to be known again.
const LEAST_OF_LOT: usize = 3;

/// The GTINs of codes (in 8 to 14 digits) against the expected one.
///
/// In-store numbers (those with prices in them) say nothing of the item, and a GTIN-14 whose twelve digits
/// within are the item's names another packing of it: GS1 General Specifications, sections 1.4 (prefixes 02, 04
/// and 20 to 29 for restricted circulation, of EAN-8 also 0 and 2) and 2.1.6 (indicator digits).
pub fn compare_gtin(expected: &str, codes: &[String]) -> Verdict {
    let Ok(wanted) = gtin::normalise(expected) else { return not_found(What::Gtin) };
    let codes: Vec<(String, &String)> =
        codes.iter().filter_map(|code| Some((gtin::normalise(code).ok()?, code))).collect();
    if let Some((_, code)) = codes.iter().find(|(code, _)| *code == wanted) {
        return agreed(What::Gtin, expected, code);
    }
    let inner = |code: &str| code[1..13].to_owned();
    let another_packing = codes.iter().find(|(code, _)| inner(code) == inner(&wanted));
    if let Some((_, code)) = another_packing {
        let words = format!("the code {code} is another packing of {expected}");
        return Verdict::NotFound(NotFound { what: What::Gtin, words });
    }
    // Behind the zeros that make 14 digits: EAN-13, UPC-A, and EAN-8.
    let in_store = |code: &str| {
        ["02", "002", "004", "0000000", "0000002"].iter().any(|prefix| code.starts_with(prefix))
    };
    let mut others: Vec<&(String, &String)> =
        codes.iter().filter(|(code, _)| !in_store(code)).collect();
    others.sort();
    match others.first() {
        Some((_, code)) => Verdict::Mismatch(Mismatch::new(What::Gtin, expected, code, None)),
        None => not_found(What::Gtin),
    }
}

/// The lot of a label against the expected one. Case, punctuation and characters that look alike do not
/// count, nor does the mark L or LOT before either; a cut-off lot contradicts nothing.
pub fn compare_lot(expected: &str, label: Option<&str>, lines: &[TextLine]) -> Verdict {
    let Some(label) = label else { return not_found(What::Lot) };
    let (wanted, seen) = (bare(expected), bare(label));
    if seen.is_empty() || wanted.is_empty() {
        return not_found(What::Lot);
    }
    if same(&wanted, &seen) {
        agreed(What::Lot, expected, label)
    } else if is_part(&wanted, &seen) {
        let words = format!("the label shows \"{label}\", a part of lot {expected}");
        Verdict::NotFound(NotFound { what: What::Lot, words })
    } else {
        Verdict::Mismatch(Mismatch::new(What::Lot, expected, label, corners_of(label, lines)))
    }
}

/// How a printed lot as it was read goes with a lot that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LotMatch {
    /// It is the lot, or looks like it.
    Same,
    /// It may be the lot: cut off, or with a character lost or added.
    Part,
    /// It is another lot.
    Other,
}

/// Compares a lot that was read as text with one that is looked for, and takes it for that one where in doubt:
/// as the comparison with what is expected does, and also where the mark `L` may be a `1` of the number, where
/// round letters were taken for each other, and where a character was lost or added, as happens to one of
/// several strokes side by side (`1I` read as `1`).
pub fn match_lot(wanted: &str, read: &str) -> LotMatch {
    let pairs = [(compact(wanted), compact(read)), (bare(wanted), bare(read))];
    let pairs = pairs.map(|(a, b)| (rounded(a), rounded(b)));
    if wanted == read || pairs.iter().any(|(a, b)| !a.is_empty() && same(a, b)) {
        LotMatch::Same
    } else if pairs.iter().any(|(a, b)| is_part(a, b) || lost_one(a, b) || lost_one(b, a)) {
        LotMatch::Part
    } else {
        LotMatch::Other
    }
}

fn same(a: &[char], b: &[char]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || alike(*a, *b))
}

/// `D` and `Q` as `O`, which they look like in small print.
fn rounded(mut lot: Vec<char>) -> Vec<char> {
    lot.iter_mut().filter(|c| matches!(c, 'd' | 'q')).for_each(|c| *c = 'o');
    lot
}

/// Whether `short` is `long` without one of its characters.
fn lost_one(long: &[char], short: &[char]) -> bool {
    let alike_at = |(a, b): &(&char, &char)| a == b || alike(**a, **b);
    let begin = long.iter().zip(short).take_while(alike_at).count();
    short.len() >= LEAST_OF_LOT
        && long.len() == short.len() + 1
        && same(&long[begin + 1..], &short[begin..])
}

fn is_part(long: &[char], short: &[char]) -> bool {
    (LEAST_OF_LOT..long.len()).contains(&short.len())
        && (same(&long[..short.len()], short) || same(&long[long.len() - short.len()..], short))
}

/// A lot without its mark.
fn bare(lot: &str) -> Vec<char> {
    let all = compact(lot);
    let mark: &[char] = if all.starts_with(&['l', 'o', 't']) { &['l', 'o', 't'] } else { &['l'] };
    let rest = all.strip_prefix(mark).filter(|rest| rest.first().is_some_and(char::is_ascii_digit));
    rest.map_or_else(|| all.clone(), <[char]>::to_vec)
}

/// Where a print stands that text recognition gave with other words around it.
fn corners_of(print: &str, lines: &[TextLine]) -> Option<Corners> {
    lines.iter().find_map(|line| {
        let count = line.text.chars().count().max(1) as f32;
        let start = line.text[..line.text.find(print)?].chars().count();
        let end = start + print.chars().count();
        Some(line.part(start as f32 / count, end as f32 / count))
    })
}

/// The expiry dates of a label against the record's, as [`assess`] compares them.
pub fn compare_expiry(expected: Date, dates: &[DateRead], today: Date) -> Verdict {
    let assessment = assess(dates, Some(expected), today, Custom::default());
    let differs = assessment.findings.iter().find_map(|finding| match finding {
        ExpiryFinding::DiffersFromRecord { label, .. } => Some(label),
        _ => None,
    });
    let expected = expected.to_string();
    let read =
        |text: &String| dates.iter().find(|date| date.role == Role::Expiry && date.text == *text);
    match (differs, assessment.last_day) {
        (Some(label), _) => {
            let corners = read(label).map(|date| date.corners);
            Verdict::Mismatch(Mismatch::new(What::Expiry, &expected, label, corners))
        }
        (None, Some(_)) => {
            let first = dates.iter().find(|date| date.role == Role::Expiry);
            agreed(What::Expiry, &expected, first.map_or("", |date| &date.text))
        }
        (None, None) => {
            Verdict::NotFound(NotFound { what: What::Expiry, words: assessment.reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_known_through_look_alikes_round_letters_and_the_mark() {
        for (wanted, read) in [
            ("A2210", "A221O"),
            ("B5512", "8SSIZ"),
            ("0RNM7SD5", "ORNM7505"),
            ("QD10", "0010"),
            ("L2210", "2210"),
            ("a-2210", "A2210"),
        ] {
            assert_eq!(match_lot(wanted, read), LotMatch::Same, "{wanted} read as {read}");
        }
        assert_eq!(match_lot("A2210", "A2211"), LotMatch::Other, "the next lot");
        assert_eq!(match_lot("A2210", "B7"), LotMatch::Other);
    }

    #[test]
    fn a_lot_that_lost_or_got_a_character_may_be_the_one_that_is_looked_for() {
        for (wanted, read) in [
            ("P1I0IIV5", "P1I0IV5"),
            ("P1I0IIV5", "P1I0IIIV5"),
            ("A2210", "A221"),
            ("A2210", "2210"),
            ("A2210", "AZZIOO"),
            ("A2210", "A20"),
        ] {
            let expected = if read == "A20" { LotMatch::Other } else { LotMatch::Part };
            assert_eq!(match_lot(wanted, read), expected, "{wanted} read as {read}");
        }
        assert_eq!(match_lot("A2210", "A22345"), LotMatch::Other);
        assert_eq!(match_lot("A22", "A2"), LotMatch::Other, "too little is left");
    }
}
