//! **GS1 element strings**: what the codes on an item say, as application identifiers and values.
//!
//! An *element* is an application identifier (AI) with its value: `17` with `260513` is "expires on
//! 13 May 2026". Elements are written in three ways, and all three become [`Elements`]:
//!
//! * *raw*, as a reader hands them over: one after the other, after the symbology identifier (`]C1` GS1-128,
//!   `]d2` Data Matrix, `]Q3` QR, `]e0` DataBar, `]J1` DotCode), where elements of no predefined length end
//!   with FNC1, transmitted as the control character GS (`\x1D`). `]I1` (ITF-14), `]E0` (EAN-13, UPC) and
//!   `]E4` (EAN-8) bring a bare GTIN;
//! * *readable*, as printed under a code: `(01)04006381333931(17)260513(10)A1`;
//! * *link*: a GS1 Digital Link, `https://example.com/01/04006381333931/10/A1?17=260513` ([`link`]).
//!
//! Source: GS1 General Specifications, sections 3.2, 5.4.6.4 (symbology identifiers) and 7.8 (processing).
//! Offsets in errors are bytes from the start of the text that was given.
//!
//! Why not the crate `gs1`: its version 0.1.8 handles EPC tags only, and its licence is LGPL.

pub mod ai;
pub mod date;
pub mod gtin;
pub mod link;

use ai::{Characters, Meaning};
use date::Gs1Date;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The control character that stands for FNC1 between elements.
pub const FNC1: char = '\x1D';
/// Symbology identifiers of codes that bring element strings.
const ELEMENT_CODES: [&str; 7] = ["]C1", "]d2", "]Q3", "]e0", "]e1", "]e2", "]J1"];
/// Symbology identifiers of codes that bring a GTIN and nothing else.
const GTIN_CODES: [&str; 3] = ["]I1", "]E0", "]E4"];

/// Why a text is no element string.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Gs1Error {
    /// No element in it.
    #[error("the code is empty: read it again")]
    Empty,
    /// No application identifier begins so.
    #[error(
        "no application identifier at offset {offset}, where `{found}` stands: is it a GS1 code?"
    )]
    NotAnAi {
        /// Bytes from the start.
        offset: usize,
        /// The characters there.
        found: String,
    },
    /// A value that ends too early.
    #[error(
        "AI ({ai}) at offset {offset} needs {need} characters and has {have}: read the code again"
    )]
    TooShort {
        /// The identifier.
        ai: String,
        /// Bytes from the start.
        offset: usize,
        /// The least that it needs.
        need: usize,
        /// What is there.
        have: usize,
    },
    /// A value that does not end.
    #[error(
        "AI ({ai}) at offset {offset} may have {most} characters and has {have}: is an FNC1 missing?"
    )]
    TooLong {
        /// The identifier.
        ai: String,
        /// Bytes from the start.
        offset: usize,
        /// The most that it may have.
        most: usize,
        /// What is there.
        have: usize,
    },
    /// A character that the identifier does not allow.
    #[error("AI ({ai}) at offset {offset} may not contain `{found}`: read the code again")]
    Character {
        /// The identifier.
        ai: String,
        /// Bytes from the start.
        offset: usize,
        /// The character.
        found: char,
    },
    /// A check digit that contradicts the other digits.
    #[error(
        "AI ({ai}) at offset {offset}: the check digit of {value} must be {wanted}; a digit is wrong"
    )]
    CheckDigit {
        /// The identifier.
        ai: String,
        /// Bytes from the start.
        offset: usize,
        /// The number as given.
        value: String,
        /// What its last digit must be.
        wanted: u8,
    },
    /// Six digits that are no day.
    #[error("AI ({ai}) at offset {offset}: {value} is no date (YYMMDD); ask who printed the code")]
    Date {
        /// The identifier.
        ai: String,
        /// Bytes from the start.
        offset: usize,
        /// The value as given.
        value: String,
    },
    /// One identifier with two values.
    #[error(
        "AI ({ai}) at offset {offset} comes twice with different values: ask who printed the code"
    )]
    Twice {
        /// The identifier.
        ai: String,
        /// Bytes from the start.
        offset: usize,
    },
    /// A bare GTIN that is none.
    #[error(transparent)]
    Gtin(#[from] gtin::GtinError),
    /// A link without a GS1 key in its path.
    #[error(
        "`{0}` is no GS1 Digital Link: no key such as /01/<GTIN> in its path; take it as plain text"
    )]
    NotALink(String),
}

/// One application identifier with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// The identifier: `01`, `3103`.
    pub ai: String,
    /// The value, without FNC1; check digits included.
    pub value: String,
}

/// A decimal number as a code gives it: `value` / 10^`places`, in the unit of its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decimal {
    /// The digits.
    pub value: u64,
    /// How many of them stand behind the point.
    pub places: u8,
}

impl Decimal {
    /// As a floating-point number.
    pub fn as_f64(self) -> f64 {
        self.value as f64 / 10f64.powi(i32::from(self.places))
    }
}

/// The elements of one code, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elements(Vec<Element>);

impl Elements {
    /// From a raw, readable or link text, told apart by its beginning.
    ///
    /// # Errors
    /// [`Gs1Error`], with the identifier and the offset.
    pub fn parse(text: &str) -> Result<Self, Gs1Error> {
        let start = text.trim_start();
        let offset = text.len() - start.len();
        if start.starts_with('(') {
            readable(text, offset)
        } else if link::looks_like_one(start) {
            link::parse(start)
        } else {
            raw(text)
        }
    }

    /// The elements in the order of the code.
    pub fn iter(&self) -> impl Iterator<Item = &Element> {
        self.0.iter()
    }

    /// The value of identifier `ai`.
    pub fn get(&self, ai: &str) -> Option<&str> {
        self.0.iter().find(|element| element.ai == ai).map(|element| element.value.as_str())
    }

    /// The GTIN of the item (01), or of what a case contains (02), in 14 digits.
    pub fn gtin(&self) -> Option<&str> {
        self.get("01").or_else(|| self.get("02"))
    }

    /// The lot (10).
    pub fn lot(&self) -> Option<&str> {
        self.get("10")
    }

    /// The serial number (21).
    pub fn serial(&self) -> Option<&str> {
        self.get("21")
    }

    /// The date of identifier `ai` (11, 12, 13, 15, 16, 17, 7003), its century by the year of `today`.
    pub fn date(&self, ai: &str, today: Date) -> Option<Gs1Date> {
        Gs1Date::parse(self.get(ai)?.get(..6)?, today)
    }

    /// The last day on which the item is good: expiry (17, 7003), else best before (15).
    pub fn expiry(&self, today: Date) -> Option<Gs1Date> {
        ["17", "7003", "15"].into_iter().find_map(|ai| self.date(ai, today))
    }

    /// The day on which the item was produced (11), else packaged (13).
    pub fn production(&self, today: Date) -> Option<Gs1Date> {
        ["11", "13"].into_iter().find_map(|ai| self.date(ai, today))
    }

    /// How many items (30, else 37).
    pub fn count(&self) -> Option<u64> {
        self.get("30").or_else(|| self.get("37"))?.parse().ok()
    }

    /// The measure whose identifier begins with these three digits: `310` net weight in kilograms, `320` in
    /// pounds, `392` price.
    pub fn decimal(&self, three_digits: &str) -> Option<Decimal> {
        let has =
            |element: &&Element| element.ai.len() == 4 && element.ai.starts_with(three_digits);
        let element = self.0.iter().find(has)?;
        let places = element.ai.get(3..)?.parse().ok()?;
        // A price with currency (393n) begins with three digits for the currency.
        let digits = if three_digits == "393" { element.value.get(3..)? } else { &element.value };
        Some(Decimal { value: digits.parse().ok()?, places })
    }

    /// Adds an element whose value began at `offset`, after checking it by its row.
    fn add(&mut self, code: &str, value: &str, offset: usize) -> Result<(), Gs1Error> {
        let ai = code.to_owned();
        if let Some(row) = ai::known(code) {
            let have = value.chars().count();
            if have < row.min {
                return Err(Gs1Error::TooShort { ai, offset, need: row.min, have });
            }
            if have > row.max {
                return Err(Gs1Error::TooLong { ai, offset, most: row.max, have });
            }
            let allowed = |c: &char| match row.characters {
                Characters::Digits => c.is_ascii_digit(),
                Characters::Set82 => ai::in_set_82(*c),
            };
            if let Some(found) = value.chars().find(|c| !allowed(c)) {
                return Err(Gs1Error::Character { ai, offset, found });
            }
            let value = value.to_owned();
            match row.meaning {
                Meaning::Plain => {}
                Meaning::Checked => {
                    let wanted = gtin::check_digit(&value[..value.len() - 1]);
                    if !value.ends_with(&wanted.to_string()) {
                        return Err(Gs1Error::CheckDigit { ai, offset, value, wanted });
                    }
                }
                // Any year will do here: which century it is does not make a day possible, but 29 February
                // needs a leap year, and 2000 keeps the two digits as they are.
                Meaning::Date => {
                    if Gs1Date::parse(&value[..6], jiff::civil::date(2000, 1, 1)).is_none() {
                        return Err(Gs1Error::Date { ai, offset, value });
                    }
                }
            }
        }
        match self.get(code) {
            Some(before) if before != value => Err(Gs1Error::Twice { ai, offset }),
            Some(_) => Ok(()),
            None => {
                self.0.push(Element { ai, value: value.to_owned() });
                Ok(())
            }
        }
    }

    fn or_empty(self) -> Result<Self, Gs1Error> {
        if self.0.is_empty() { Err(Gs1Error::Empty) } else { Ok(self) }
    }
}

/// Elements one after the other, FNC1 between those of no predefined length.
fn raw(text: &str) -> Result<Elements, Gs1Error> {
    let mut elements = Elements::default();
    if let Some(code) = GTIN_CODES.into_iter().find(|code| text.starts_with(code)) {
        elements.add("01", &gtin::normalise(text[code.len()..].trim())?, code.len())?;
        return Ok(elements);
    }
    let mut at = ELEMENT_CODES.into_iter().find(|code| text.starts_with(code)).map_or(0, str::len);
    while let Some(first) = text[at..].chars().next() {
        if first == FNC1 {
            at += 1;
            continue;
        }
        let code = code_at(text, at)?;
        let (start, rest) = (at + code.len(), &text[at + code.len()..]);
        let until = rest.find(FNC1).unwrap_or(rest.len());
        let end = match ai::predefined(code) {
            Some(need) => {
                let have = rest[..until].chars().count();
                let end =
                    rest[..until].char_indices().map(|(place, _)| place).chain([until]).nth(need);
                end.ok_or_else(|| Gs1Error::TooShort {
                    ai: code.to_owned(),
                    offset: at,
                    need,
                    have,
                })?
            }
            None => until,
        };
        elements.add(code, &rest[..end], at)?;
        at = start + end;
    }
    elements.or_empty()
}

/// The identifier at byte `at` of a raw text.
fn code_at(text: &str, at: usize) -> Result<&str, Gs1Error> {
    let digits = |length: usize| {
        text.get(at..at + length).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let code = digits(2).and_then(ai::length_of_code).and_then(digits);
    code.ok_or_else(|| Gs1Error::NotAnAi {
        offset: at,
        found: text[at..].chars().take(4).collect(),
    })
}

/// Elements with their identifiers in brackets, from byte `at` on. Spaces around and within numbers are
/// the printer's, not the value's.
fn readable(text: &str, mut at: usize) -> Result<Elements, Gs1Error> {
    let mut elements = Elements::default();
    while !text[at..].trim().is_empty() {
        let Some(code) = bracketed(&text[at..]) else {
            return Err(Gs1Error::NotAnAi {
                offset: at,
                found: text[at..].chars().take(6).collect(),
            });
        };
        let start = at + code.len() + 2;
        // A value may contain brackets: it ends where an identifier stands in them.
        let ends = text[start..].match_indices('(').map(|(place, _)| start + place);
        let end = ends.into_iter().find(|&place| bracketed(&text[place..]).is_some());
        let end = end.unwrap_or(text.len());
        let value = text[start..end].trim();
        let number = ai::known(code).is_some_and(|row| row.characters == Characters::Digits);
        if number {
            let joined: String = value.chars().filter(|c| !c.is_whitespace()).collect();
            elements.add(code, &joined, at)?;
        } else {
            elements.add(code, value, at)?;
        }
        at = end;
    }
    elements.or_empty()
}

/// The identifier where `text` begins with one in brackets.
fn bracketed(text: &str) -> Option<&str> {
    let code = text.strip_prefix('(')?.split_once(')')?.0;
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    (digits && ai::length_of_code(code.get(..2)?)? == code.len()).then_some(code)
}

#[cfg(test)]
mod tests;
