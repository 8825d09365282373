//! A million spoilt GS1 codes: none may panic, and what is called sound must be so. The short run is part of the
//! suite; the long one is `cargo test -p meaning gs1::fuzz -- --ignored`, or with the seed and count of your
//! choice in `FUZZ_SEED` and `FUZZ_COUNT`.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{Elements, FNC1, Parsed, ai, content, gtin};
use crate::code::{Code, Symbology};
use jiff::civil::date;

const CODES: [&str; 12] = [
    "]C10104006381333931310300019517260500108\x1D21B(2)",
    "]d2010400638133393117260513102A/7\x1D2112345\x1D30024",
    "010400638133393117260513102A721123453024",
    "]E04006381333931",
    "]I114006381333938",
    "(01)04006381333931(17)260513(10)A1(21)12",
    "(7003)2701061200(392)1234(415)4006381333931(8008)260513141500",
    "https://example.com/shop/01/4006381333931/10/A%2F1/21/7?17=260513&utm=x&3103=000195#a",
    "HTTP://E.COM/00/340063813339310015?02=04006381333931&37=24",
    "0104006381333931<GS>17260513{GS}10AB",
    "00340063813339310015\x1D3920123\x1D393978012345",
    "]Q301040063813339311126010115270101\x1D710ABC\x1D95X",
];
const ODD: &[char] = &[
    '\0',
    FNC1,
    '(',
    ')',
    '%',
    '/',
    '?',
    '=',
    '&',
    '#',
    ' ',
    '0',
    '1',
    '9',
    'A',
    'é',
    '٣',
    '\u{10ffff}',
];
const SYMBOLOGIES: [Symbology; 5] = [
    Symbology::DataMatrix,
    Symbology::QrCode,
    Symbology::Code128,
    Symbology::Itf,
    Symbology::Ean13,
];

fn pick<'a, T>(rng: &mut StdRng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// A code with up to five characters or stretches of it spoilt.
fn spoilt(rng: &mut StdRng) -> String {
    let mut chars: Vec<char> = pick(rng, &CODES).chars().collect();
    let other: Vec<char> = pick(rng, &CODES).chars().collect();
    for _ in 0..rng.random_range(0..6) {
        let at = rng.random_range(0..=chars.len());
        match rng.random_range(0..8) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 if at < chars.len() => chars.insert(at, chars[at]),
            2 if at + 1 < chars.len() => chars.swap(at, at + 1),
            3 => chars.insert(at, *pick(rng, ODD)),
            4 if at < chars.len() => chars[at] = char::from(rng.random_range(b'0'..=b'9')),
            5 => chars.truncate(at),
            6 => {
                let end = chars.split_off(at);
                chars.splice(0..0, end).for_each(drop);
            }
            _ => {
                let from = rng.random_range(0..other.len());
                chars.splice(at..at, other[from..].iter().copied().take(20)).for_each(drop);
            }
        }
    }
    chars.into_iter().collect()
}

/// What holds for every text, whatever it says.
fn check(text: &str, parsed: &Parsed) {
    let mut seen = Vec::new();
    for element in parsed.elements.iter() {
        assert!(!seen.contains(&&element.ai), "{text:?} gives ({}) twice", element.ai);
        seen.push(&element.ai);
        let Some(known) = ai::known(&element.ai) else { continue };
        let length = element.value.chars().count();
        assert!((known.min..=known.max).contains(&length), "{text:?}: {element:?}");
        if known.meaning == ai::Meaning::Checked {
            let (body, digit) = element.value.split_at(element.value.len() - 1);
            assert_eq!(gtin::check_digit(body).to_string(), digit, "{text:?}: {element:?}");
        }
    }
    let today = date(2026, 3, 1);
    let elements = &parsed.elements;
    for day in [elements.expiry(today), elements.production(today)].into_iter().flatten() {
        assert!(day.last_day().is_some(), "{text:?}: {day:?}");
    }
    let _ = (elements.count(), elements.decimal("310"), elements.decimal("393"));
    assert!(parsed.faults.iter().all(|fault| !fault.to_string().is_empty()));
    // What is sound can be written in brackets and read again.
    let plain =
        |value: &str| value.is_ascii() && !value.contains(['(', ')']) && value.trim() == value;
    if !elements.is_empty() && elements.iter().all(|element| plain(&element.value)) {
        let again: String =
            elements.iter().map(|element| format!("({}){}", element.ai, element.value)).collect();
        assert_eq!(Elements::parse(&again).as_ref(), Ok(elements), "{text:?}: {again:?}");
    }
}

fn run(seed: u64, count: usize) {
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..count {
        let text = spoilt(&mut rng);
        let (marked, unmarked) = (Parsed::of(&text), Parsed::of_unmarked(&text));
        check(&text, &marked);
        check(&text, &unmarked);
        let symbology = *pick(&mut rng, &SYMBOLOGIES);
        let gs1 = rng.random_range(0..2) == 0;
        let code = Code { symbology, gs1, text: text.clone(), corners: [[0.0; 2]; 4] };
        if let Some(parsed) = content::of(&code) {
            check(&text, &parsed);
        }
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn ten_thousand_spoilt_codes_give_sound_elements_only() {
    run(1, 10_000);
}

#[test]
#[ignore = "minutes: run it after changes to the parser"]
fn a_million_spoilt_codes_give_sound_elements_only() {
    run(setting("FUZZ_SEED", 2), setting("FUZZ_COUNT", 1_000_000) as usize);
}
