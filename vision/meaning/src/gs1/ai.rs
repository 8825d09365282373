//! The **application identifiers** (AI): two to four digits that say what the characters after them are.
//!
//! Sources: GS1 General Specifications, section 3.2 (list with formats) for the rows of [`KNOWN`], and
//! figure 7.8.5-2 (identifiers of predefined length, which need no FNC1 after them) for [`predefined`].
//! An identifier that is not in the list is skipped, not refused: new ones appear every year.

/// What characters a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Characters {
    /// Digits.
    Digits,
    /// GS1 AI encodable character set 82: letters, digits and some signs.
    Set82,
}

/// What else a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing more.
    Plain,
    /// The last digit is a check digit (GTIN, SSCC, GLN).
    Checked,
    /// Begins with `YYMMDD`.
    Date,
}

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ai {
    /// The identifier; `n` stands for any digit.
    pub code: &'static str,
    /// Shortest value.
    pub min: usize,
    /// Longest value.
    pub max: usize,
    /// What characters the value may have.
    pub characters: Characters,
    /// What else the value must be.
    pub meaning: Meaning,
    /// The data title of section 3.2, in plain words.
    pub title: &'static str,
}

const fn row(
    code: &'static str,
    (min, max): (usize, usize),
    characters: Characters,
    meaning: Meaning,
    title: &'static str,
) -> Ai {
    Ai { code, min, max, characters, meaning, title }
}

use Characters::{Digits, Set82};
use Meaning::{Checked, Date, Plain};

/// The identifiers that are checked and named.
pub const KNOWN: &[Ai] = &[
    row("00", (18, 18), Digits, Checked, "serial shipping container code"),
    row("01", (14, 14), Digits, Checked, "GTIN"),
    row("02", (14, 14), Digits, Checked, "GTIN of the contents"),
    row("10", (1, 20), Set82, Plain, "lot"),
    row("11", (6, 6), Digits, Date, "production date"),
    row("12", (6, 6), Digits, Date, "payment due date"),
    row("13", (6, 6), Digits, Date, "packaging date"),
    row("15", (6, 6), Digits, Date, "best before date"),
    row("16", (6, 6), Digits, Date, "sell by date"),
    row("17", (6, 6), Digits, Date, "expiry date"),
    row("20", (2, 2), Digits, Plain, "product variant"),
    row("21", (1, 20), Set82, Plain, "serial number"),
    row("22", (1, 20), Set82, Plain, "consumer product variant"),
    row("240", (1, 30), Set82, Plain, "additional product identification"),
    row("241", (1, 30), Set82, Plain, "customer part number"),
    row("250", (1, 30), Set82, Plain, "secondary serial number"),
    row("251", (1, 30), Set82, Plain, "reference to source entity"),
    row("30", (1, 8), Digits, Plain, "variable count of items"),
    row("310n", (6, 6), Digits, Plain, "net weight in kilograms"),
    row("311n", (6, 6), Digits, Plain, "length in metres"),
    row("312n", (6, 6), Digits, Plain, "width in metres"),
    row("313n", (6, 6), Digits, Plain, "height in metres"),
    row("314n", (6, 6), Digits, Plain, "area in square metres"),
    row("315n", (6, 6), Digits, Plain, "net volume in litres"),
    row("316n", (6, 6), Digits, Plain, "net volume in cubic metres"),
    row("320n", (6, 6), Digits, Plain, "net weight in pounds"),
    row("37", (1, 8), Digits, Plain, "count of trade items"),
    row("392n", (1, 15), Digits, Plain, "price"),
    row("393n", (4, 18), Digits, Plain, "price with currency"),
    row("400", (1, 30), Set82, Plain, "purchase order number"),
    row("410", (13, 13), Digits, Checked, "ship to location"),
    row("411", (13, 13), Digits, Checked, "bill to location"),
    row("412", (13, 13), Digits, Checked, "purchased from location"),
    row("413", (13, 13), Digits, Checked, "ship for location"),
    row("414", (13, 13), Digits, Checked, "location"),
    row("415", (13, 13), Digits, Checked, "location of the invoicing party"),
    row("7003", (10, 10), Digits, Date, "expiry date and time"),
];

/// The row of [`KNOWN`] for the identifier `code`.
pub fn known(code: &str) -> Option<&'static Ai> {
    let fits = |row: &&Ai| {
        row.code.len() == code.len()
            && row
                .code
                .bytes()
                .zip(code.bytes())
                .all(|(a, b)| a == b || a == b'n' && b.is_ascii_digit())
    };
    KNOWN.iter().find(fits)
}

/// How many digits an identifier has that begins with these two; `None` where none begins so.
pub fn length_of_code(two_digits: &str) -> Option<usize> {
    match two_digits.parse::<u8>().ok()? {
        0..=4 | 10..=22 | 30 | 37 | 90..=99 => Some(2),
        23..=25 | 40..=42 | 71 => Some(3),
        31..=36 | 39 | 43 | 70 | 72 | 80 | 82 => Some(4),
        _ => None,
    }
}

/// How many characters follow an identifier of predefined length, told by its first two digits and the
/// identifier's own length; `None` for those that run to FNC1.
pub fn predefined(code: &str) -> Option<usize> {
    let whole = match code.get(..2)? {
        "00" => 20,
        "01" | "02" | "03" => 16,
        "04" => 18,
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => 8,
        "20" => 4,
        "31" | "32" | "33" | "34" | "35" | "36" => 10,
        "41" => 16,
        _ => return None,
    };
    Some(whole - code.len())
}

/// Whether `c` is of the GS1 AI encodable character set 82 (General Specifications, figure 7.11-1).
pub fn in_set_82(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_agrees_with_the_table_of_predefined_lengths() {
        for row in KNOWN {
            assert_eq!(length_of_code(&row.code[..2]), Some(row.code.len()), "{}", row.code);
            if let Some(length) = predefined(row.code) {
                assert_eq!((row.min, row.max), (length, length), "{}", row.code);
            }
        }
    }

    #[test]
    fn decimals_stand_in_the_fourth_digit() {
        assert_eq!(known("3103").map(|row| row.title), Some("net weight in kilograms"));
        assert_eq!(known("3922").map(|row| row.max), Some(15));
        assert_eq!(known("310"), None);
        assert_eq!(known("99"), None);
    }
}
