//! What a coder prints: one to four lines with a date, and what a careful reader makes of them.

use jiff::civil::Date;
use rand::RngExt;
use rand::rngs::StdRng;

/// A print and its truth.
#[derive(Debug, Clone)]
pub struct Label {
    /// The lines, from the top.
    pub lines: Vec<String>,
    /// The expiry date.
    pub expiry: Date,
    /// Whether the print tells the day; else the date is the first of its month.
    pub with_day: bool,
}

/// Words that say that the date after them is an expiry date.
const EXPIRY: [&str; 10] = [
    "BEST BEFORE",
    "EXP",
    "BBE",
    "USE BY",
    "MHD",
    "A CONSOMMER AVANT",
    "BB",
    "EXP DATE",
    "BEST BY",
    "DLC",
];
const MANUFACTURE: [&str; 3] = ["PROD", "MFG", "PACKED"];
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXY";

/// Draws a print.
pub fn draw(rng: &mut StdRng) -> Label {
    let year = rng.random_range(2026..=2029);
    let month = rng.random_range(1..=12);
    let day = rng.random_range(1..=28);
    let expiry = Date::new(year, month, day).expect("every month has 28 days");
    let (date, with_day) = written(expiry, rng);
    let word = pick(&EXPIRY, rng);
    let mut lines = Vec::new();
    if rng.random_bool(0.12) {
        let made = Date::new(year - 1, month, day).expect("every month has 28 days");
        lines.push(format!("{} {}", pick(&MANUFACTURE, rng), written(made, rng).0));
    }
    if word.len() > 9 || rng.random_bool(0.4) {
        lines.extend([word.to_owned(), date]);
    } else {
        let between = if rng.random_bool(0.15) { ": " } else { " " };
        lines.push(format!("{word}{between}{date}"));
    }
    if lines.len() < 4 && rng.random_bool(0.55) {
        let lot = lot(rng);
        lines.push(if rng.random_bool(0.5) { format!("L{lot}") } else { format!("LOT {lot}") });
    }
    if lines.len() < 4 && rng.random_bool(0.25) {
        lines.push(format!("{:02}:{:02}", rng.random_range(0..24), rng.random_range(0..60)));
    }
    Label { lines, expiry: if with_day { expiry } else { expiry.first_of_month() }, with_day }
}

/// A date in one of the formats that coders use, and whether the day is in it.
fn written(date: Date, rng: &mut StdRng) -> (String, bool) {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let name = MONTHS[month as usize - 1];
    let short = year % 100;
    match rng.random_range(0..100) {
        0..25 => (format!("{day:02}.{month:02}.{year}"), true),
        25..40 => (format!("{day:02}/{month:02}/{year}"), true),
        40..52 => (format!("{day:02}.{month:02}.{short}"), true),
        52..62 => (format!("{day:02}/{month:02}/{short}"), true),
        62..68 => (format!("{day:02}-{month:02}-{year}"), true),
        68..76 => (format!("{day:02} {name} {year}"), true),
        76..84 => (format!("{day:02} {name} {short}"), true),
        84..88 => (format!("{year}-{month:02}-{day:02}"), true),
        88..95 => (format!("{month:02}/{year}"), false),
        _ => (format!("{name} {year}"), false),
    }
}

fn lot(rng: &mut StdRng) -> String {
    let length = rng.random_range(4..8);
    let letter = |rng: &mut StdRng| LETTERS[rng.random_range(0..LETTERS.len())] as char;
    (0..length)
        .map(|at| {
            let is_letter = at < 2 && rng.random_bool(0.3);
            if is_letter { letter(rng) } else { (b'0' + rng.random_range(0..10)) as char }
        })
        .collect()
}

/// One of several.
pub fn pick<'a, T: ?Sized>(these: &[&'a T], rng: &mut StdRng) -> &'a T {
    these[rng.random_range(0..these.len())]
}
