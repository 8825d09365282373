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
//! **One faulty element never loses the others**: [`Parsed::of`] gives the sound elements, each fault with
//! its reason, and how the text departs from the standard. [`content::of`] says which codes are made of
//! elements, those that are not marked as GS1 codes included. [`Elements::parse`] wants every element sound.
//!
//! Source: GS1 General Specifications, sections 3.2, 5.4.6.4 (symbology identifiers) and 7.8 (processing).
//! Offsets in errors are bytes from the start of the text that was given.
//!
//! Why not the crate `gs1`: its version 0.1.8 handles EPC tags only, and its licence is LGPL.

pub mod ai;
pub mod content;
pub mod date;
mod error;
pub mod gtin;
pub mod link;
mod parse;

use date::Gs1Date;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use error::Gs1Error;
pub use parse::{Departure, Parsed};

/// The control character that stands for FNC1 between elements.
pub const FNC1: char = '\x1D';
/// Symbology identifiers of codes that bring element strings.
const ELEMENT_CODES: [&str; 7] = ["]C1", "]d2", "]Q3", "]e0", "]e1", "]e2", "]J1"];
/// Symbology identifiers of codes that bring a GTIN and nothing else.
const GTIN_CODES: [&str; 3] = ["]I1", "]E0", "]E4"];

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
    /// From a raw, readable or link text, told apart by its beginning; every element must be sound. See
    /// [`Parsed::of`] for what is sound beside one that is not.
    ///
    /// # Errors
    /// The first [`Gs1Error`], with the identifier and the offset.
    pub fn parse(text: &str) -> Result<Self, Gs1Error> {
        Parsed::of(text).all_sound()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
}

#[cfg(test)]
mod faulty_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod tests;
