//! **Texts to train on**: what coders print, and much that is no date, so that the network reads what stands
//! there and does not guess dates.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::render::font::ALPHABET;

/// Words on packs, in several languages.
const WORDS: [&str; 72] = [
    "BEST BEFORE",
    "BEST BY",
    "BEST IF USED BY",
    "BEST BEFORE END",
    "USE BY",
    "USE BEFORE",
    "EXP",
    "EXP DATE",
    "EXPIRY",
    "EXPIRES",
    "BB",
    "BBE",
    "BBD",
    "MHD",
    "A CONSOMMER AVANT",
    "AVANT LE",
    "A CONSOMMER",
    "DLC",
    "DDM",
    "DLUO",
    "SCAD",
    "CAD",
    "PROD",
    "PRD",
    "MFG",
    "MFD",
    "PACKED",
    "PKD",
    "LOT",
    "BATCH",
    "LOTE",
    "LOTTO",
    "CHARGE",
    "TIN",
    "NET",
    "KEEP COOL",
    "LINE",
    "SHIFT",
    "KEEP FROZEN",
    "STORE DRY",
    "MADE IN",
    "ITALY",
    "FRANCE",
    "SEE LID",
    "OPEN HERE",
    "VAL",
    "FAB",
    "CONS PREF",
    "VENC",
    "TMC",
    "DATE",
    "BEFORE END",
    "EAT BY",
    "SELL BY",
    "FRESH",
    "PLANT",
    "TANK",
    "HALTBAR BIS",
    "MIN",
    "ZU VERBRAUCHEN BIS",
    "PRODUKT",
    "SERIE",
    "ART",
    "NO",
    "QTY",
    "PCS",
    "KG",
    "ML",
    "OZ",
    "COUNT",
    "CODE",
    "UNIT",
];
const MONTHS: [&str; 20] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "MAI",
    "OKT", "DEZ", "AVR", "ENE", "AGO", "SEPT", "JUNE",
];
/// No text is longer.
const LONGEST: usize = 24;

/// Draws one; short where it is to be `easy`.
pub fn draw(easy: bool, rng: &mut StdRng) -> String {
    let text = match rng.random_range(0..100) {
        0..30 => date(rng),
        30..42 => format!("{}{}{}", word(rng), pick(&[" ", " ", ": ", ":", ""], rng), date(rng)),
        42..46 => format!("{} {}", date(rng), any(1..8, rng)),
        46..58 => word(rng),
        58..66 => {
            format!("{}{}", pick(&["L", "LOT ", "LOT: ", "L ", "B", "", "CH-"], rng), code(rng))
        }
        66..71 => format!("{:02}:{:02}", rng.random_range(0..24), rng.random_range(0..60)),
        71..75 => {
            format!("{} {:02}:{:02}", code(rng), rng.random_range(0..24), rng.random_range(0..60))
        }
        75..85 => number(3..12, rng),
        85..92 => letters(rng),
        _ => any(2..16, rng),
    };
    let most = if easy { 9 } else { LONGEST };
    let cut: String = text.chars().take(most).collect();
    cut.trim().to_owned()
}

fn pick<'a>(these: &[&'a str], rng: &mut StdRng) -> &'a str {
    these[rng.random_range(0..these.len())]
}

fn word(rng: &mut StdRng) -> String {
    if rng.random_bool(0.85) { pick(&WORDS, rng).to_owned() } else { letters(rng) }
}

/// Letters at random, some with a space between.
fn letters(rng: &mut StdRng) -> String {
    let count = rng.random_range(2..11);
    (0..count)
        .map(|at| {
            let inside = at > 0 && at + 1 < count;
            if inside && rng.random_bool(0.1) {
                ' '
            } else {
                (b'A' + rng.random_range(0..26)) as char
            }
        })
        .collect()
}

fn number(lengths: std::ops::Range<usize>, rng: &mut StdRng) -> String {
    (0..rng.random_range(lengths)).map(|_| (b'0' + rng.random_range(0..10)) as char).collect()
}

/// Among digits nobody prints letters that look like one: only words tell them apart.
fn clear(letter: char) -> char {
    match letter {
        'O' | 'Q' => '0',
        'I' => '1',
        other => other,
    }
}

/// Digits with some letters among them.
fn code(rng: &mut StdRng) -> String {
    let share = rng.random_range(0.0..0.5);
    (0..rng.random_range(3..10))
        .map(|_| {
            let from = if rng.random_bool(share) { (b'A', 26) } else { (b'0', 10) };
            clear((from.0 + rng.random_range(0..from.1)) as char)
        })
        .collect()
}

/// Any characters of a coder, spaces among them.
fn any(lengths: std::ops::Range<usize>, rng: &mut StdRng) -> String {
    let known: Vec<char> = ALPHABET.chars().collect();
    let one = |rng: &mut StdRng| {
        if rng.random_bool(0.1) { ' ' } else { clear(known[rng.random_range(0..known.len())]) }
    };
    let text: String = (0..rng.random_range(lengths)).map(|_| one(rng)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A date in one of many formats; some are no day of any year, so that digits count and not sense.
fn date(rng: &mut StdRng) -> String {
    let sense = rng.random_bool(0.7);
    let mut two = |from: u32, to: u32| {
        let of = if sense { from..to + 1 } else { 0..100 };
        format!("{:02}", rng.random_range(of))
    };
    let (day, month, short) = (two(1, 31), two(1, 12), two(0, 99));
    let year = format!("{}{short}", if rng.random_bool(0.95) { "20" } else { "19" });
    let name = pick(&MONTHS, rng);
    let between = pick(&[".", ".", "/", "/", "-", " ", ":"], rng);
    let gap = pick(&[" ", " ", "", "-", "."], rng);
    let year = if rng.random_bool(0.5) { year } else { short.clone() };
    match rng.random_range(0..100) {
        0..45 => format!("{day}{between}{month}{between}{year}"),
        45..60 => format!("{day}{gap}{name}{gap}{year}"),
        60..67 => format!("20{short}{between}{month}{between}{day}"),
        67..74 => format!("{month}{between}{year}"),
        74..80 => format!("{name}{gap}{year}"),
        80..84 => format!("{name}{gap}{day}{gap}{year}"),
        84..89 => format!("{day}{month}{short}"),
        89..93 => format!("{day}{between}{month}"),
        93..96 => format!("{day}{name}"),
        _ => format!("{day} {month} {year}"),
    }
}
