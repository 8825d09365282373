//! A million labels and codes made by spoiling good ones: none may panic, and none may give a date that no
//! calendar has. The short run is part of the suite; the long one is
//! `cargo test -p meaning dates::fuzz -- --ignored`, or with the seed and count of your choice in
//! `FUZZ_SEED` and `FUZZ_COUNT`.

use super::table_tests::{TODAY, lines_of, table};
use super::*;
use crate::gs1::Elements;
use crate::{expiry, lot};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const CODES: [&str; 6] = [
    "]C10104006381333931310300019517260500108\x1D21B(2)",
    "(01)04006381333931(17)260513(10)A1(21)12",
    "https://example.com/shop/01/4006381333931/10/A%2F1/21/7?17=260513&utm=x&3103=000195#a",
    "]E04006381333931",
    "]d2010400638133393117260513102A/7\x1D2112345\x1D30024",
    "(7003)2701061200(392)1234(415)4006381333931",
];
/// Characters that parsers stumble over.
const ODD: &[char] = &[
    '\0',
    '\x1D',
    '\t',
    '\n',
    '(',
    ')',
    '%',
    '/',
    ':',
    '.',
    '-',
    '0',
    '9',
    'O',
    'l',
    'ß',
    'ﬁ',
    '㍻',
    '㋿',
    '令',
    '年',
    '月',
    '日',
    '\u{301}',
    '\u{200d}',
    '\u{202e}',
    '٣',
    '𝟚',
    '½',
    '🜁',
    '\u{10ffff}',
    '№',
    'İ',
    'ŉ',
    '|',
    '¦',
    '¬',
];

fn pick<'a, T>(rng: &mut StdRng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// `text` with some characters lost, doubled, swapped, replaced or put in, or joined with `other`.
fn spoilt(rng: &mut StdRng, text: &str, other: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..rng.random_range(0..6) {
        let at = rng.random_range(0..=chars.len());
        match rng.random_range(0..8) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 if at < chars.len() => chars.insert(at, chars[at]),
            2 if at + 1 < chars.len() => chars.swap(at, at + 1),
            3 => chars.insert(at, *pick(rng, ODD)),
            4 => chars.insert(at, char::from(rng.random_range(b' '..127))),
            5 => chars
                .insert(at, char::from_u32(rng.random_range(0..0x11_0000)).unwrap_or('\u{fffd}')),
            6 => chars.truncate(at),
            _ => chars.splice(at..at, other.chars().take(12)).for_each(drop),
        }
    }
    chars.into_iter().collect()
}

fn run(seed: u64, count: usize) {
    let mut rng = StdRng::seed_from_u64(seed);
    let rows: Vec<&str> = table().map(|label| label.text).collect();
    let regions = [
        Region::Europe,
        Region::UnitedStates,
        Region::Canada,
        Region::EastAsia,
        Region::Unspecified,
    ];
    for number in 0..count {
        let (one, two) = (*pick(&mut rng, &rows), *pick(&mut rng, &rows));
        let text = spoilt(&mut rng, one, two);
        let code_text = spoilt(&mut rng, CODES[number % CODES.len()], two);
        let mut lines = lines_of(&text);
        for line in &mut lines {
            if rng.random_range(0..4) == 0 {
                line.corners[rng.random_range(0..4)][rng.random_range(0..2)] =
                    *pick(&mut rng, &[f32::NAN, f32::INFINITY, -1e30, 0.0, 7.5]);
            }
        }
        let context = Context { region: *pick(&mut rng, &regions), today: TODAY };
        let code = Elements::parse(&code_text).ok();
        let reads = dates_with(&lines, code.as_slice(), &context);
        for read in &reads {
            let (year, month, day) = (read.year.unwrap_or(2000), read.month, read.day.unwrap_or(1));
            let exists = month.is_none_or(|month| Date::new(year, month, day).is_ok());
            assert!(exists && !read.reason.is_empty(), "{text:?} gives {read:?}");
        }
        let custom = expiry::Custom { warn_days: 30, nearest_year_days: 30 };
        expiry::assess(&reads, Some(TODAY), TODAY, custom);
        assert!(lot::find_numbers(&lines).iter().all(|number| !number.text.is_empty()), "{text:?}");
        if let Some(code) = code {
            let again: String =
                code.iter().map(|element| format!("({}){}", element.ai, element.value)).collect();
            assert!(code.iter().next().is_some(), "{code_text:?}");
            // What was understood can be printed and understood again, brackets in values aside.
            if !code.iter().any(|element| element.value.contains(['(', ')', ' ', '\t', '\n'])) {
                let ok = Elements::parse(&again).is_ok_and(|same| same.get("01") == code.get("01"));
                assert!(ok || !again.is_ascii(), "{code_text:?} {again:?}");
            }
        }
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn twenty_thousand_spoilt_labels_and_codes_do_no_harm() {
    run(1, 20_000);
}

#[test]
#[ignore = "minutes: run it after changes to the parsers"]
fn a_million_spoilt_labels_and_codes_do_no_harm() {
    run(setting("FUZZ_SEED", 2), setting("FUZZ_COUNT", 1_000_000) as usize);
}
