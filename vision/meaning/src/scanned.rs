//! **What a scanner's message says.** A fixed scanner sends the text of a code, mostly with the *symbology
//! identifier* before it: `]`, a letter for the kind of code and a digit for how it was read, as in `]C1` for
//! GS1-128. Which code a text without identifier comes from is not known: digits with the right length and check
//! digit are taken for a GTIN, and elements only for what they show to be (`gs1::content`).
//!
//! Source: ISO/IEC 15424 and GS1 General Specifications, section 5.4.6.4.

use crate::code::{Code, Symbology};
use crate::gs1::{Departure, Elements, FNC1, Gs1Error, Parsed, content, gtin};

/// What one message of a scanner says.
#[derive(Debug, Clone, PartialEq)]
pub struct Scanned {
    /// The text without its symbology identifier.
    pub text: String,
    /// The kind of code, where the identifier says it.
    pub symbology: Option<Symbology>,
    /// Whether the identifier says that the code is made of GS1 elements.
    pub gs1: bool,
    /// The number of the trade item in 14 digits: that of an EAN, UPC or ITF-14, or element 01 or 02.
    pub gtin: Option<String>,
    /// The elements: lot, serial number, dates. Empty for a code that is not made of them.
    pub elements: Elements,
    /// What is wrong in the elements or in the number. What is sound beside it is used.
    pub faults: Vec<Gs1Error>,
    /// How the text departs from the standard and is understood all the same.
    pub departures: Vec<Departure>,
}

impl Scanned {
    /// What `message` says.
    pub fn of(message: &str) -> Self {
        let trimmed = message.trim();
        let (identifier, text) = split(trimmed);
        let kind = identifier.and_then(symbology);
        // Scanners may send the FNC1 that begins a GS1 code.
        let text = text.trim_start_matches(FNC1);
        let gs1 = identifier.is_some_and(is_elements);
        let mut scanned = Self {
            text: text.to_owned(),
            symbology: kind,
            gs1,
            gtin: None,
            elements: Elements::default(),
            faults: Vec::new(),
            departures: Vec::new(),
        };
        if gs1 {
            scanned.take(Parsed::of(text));
        } else if kind.is_some_and(carries_number) {
            scanned.number(text);
        } else if kind.is_none() && gtin::normalise(text).is_ok() {
            scanned.gtin = gtin::normalise(text).ok();
        } else if let Some(parsed) = content::of(&scanned.as_code(Symbology::Code128)) {
            scanned.take(parsed);
        }
        scanned
    }

    /// The lot (10).
    pub fn lot(&self) -> Option<&str> {
        self.elements.lot()
    }

    /// The serial number (21).
    pub fn serial(&self) -> Option<&str> {
        self.elements.serial()
    }

    /// The number of the logistic unit (00), 18 digits.
    pub fn sscc(&self) -> Option<&str> {
        self.elements.get("00")
    }

    /// Whether it is text that has no meaning of its own: neither a number nor elements.
    pub fn is_plain(&self) -> bool {
        self.gtin.is_none() && self.elements.is_empty()
    }

    /// As a code that was read in no place, beside those of the item's own pictures: what a
    /// [`Reading`](crate::reading::Reading) is made of. A code of unknown kind is told as EAN-13 where it holds a
    /// GTIN of that length, and as Code 128 else.
    pub fn code(&self) -> Code {
        let kind = self.symbology.unwrap_or_else(|| match (self.text.len(), &self.gtin) {
            (14, Some(_)) if self.elements.is_empty() => Symbology::Itf,
            (8, Some(_)) if self.elements.is_empty() => Symbology::Ean8,
            (12 | 13, Some(_)) if self.elements.is_empty() => Symbology::Ean13,
            _ => Symbology::Code128,
        });
        self.as_code(kind)
    }

    fn as_code(&self, symbology: Symbology) -> Code {
        Code { symbology, text: self.text.clone(), gs1: self.gs1, corners: [[0.0; 2]; 4] }
    }

    fn take(&mut self, parsed: Parsed) {
        self.gtin = parsed.elements.gtin().map(str::to_owned);
        self.elements = parsed.elements;
        self.faults = parsed.faults;
        self.departures = parsed.departures;
    }

    /// The text is a number of a trade item, perhaps with an add-on of 2 or 5 digits behind it.
    fn number(&mut self, text: &str) {
        let kind = self.symbology;
        let add_on = kind == Some(Symbology::Ean13) && matches!(text.len(), 15 | 18);
        let number = if add_on { text.get(..13).unwrap_or(text) } else { text };
        let is_itf = kind == Some(Symbology::Itf);
        match gtin::normalise(number) {
            Ok(_) if is_itf && number.len() != gtin::ITF_DIGITS => {}
            Ok(gtin) => self.gtin = Some(gtin),
            // Interleaved 2 of 5 of another length is no GTIN, and nobody says that it is.
            Err(_) if is_itf && number.len() != gtin::ITF_DIGITS => {}
            Err(error) => self.faults.push(error.into()),
        }
    }
}

/// The symbology identifier, letter and digit, and the text behind it.
fn split(text: &str) -> (Option<[u8; 2]>, &str) {
    match text.as_bytes() {
        [b']', letter, modifier, ..]
            if letter.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
        {
            (Some([*letter, *modifier]), &text[3..])
        }
        _ => (None, text),
    }
}

/// The kind of code that an identifier names; none for one that is not known here.
fn symbology(identifier: [u8; 2]) -> Option<Symbology> {
    Some(match identifier {
        [b'E', b'4'] => Symbology::Ean8,
        [b'E', b'0' | b'3'] => Symbology::Ean13,
        [b'C', _] => Symbology::Code128,
        [b'd', _] => Symbology::DataMatrix,
        [b'Q', _] => Symbology::QrCode,
        [b'e', _] => Symbology::DataBar,
        [b'I', _] => Symbology::Itf,
        [b'A', _] => Symbology::Code39,
        [b'G', _] => Symbology::Code93,
        [b'F', _] => Symbology::Codabar,
        [b'L', _] => Symbology::Pdf417,
        [b'z', _] => Symbology::Aztec,
        [b'U', _] => Symbology::MaxiCode,
        _ => return None,
    })
}

/// Whether a code with this identifier is made of elements.
fn is_elements(identifier: [u8; 2]) -> bool {
    matches!(
        identifier,
        [b'C', b'1'] | [b'd', b'2'] | [b'Q', b'3'] | [b'e', b'0' | b'1' | b'2'] | [b'J', b'1']
    )
}

/// Whether a code of this kind holds a number of a trade item and nothing else.
fn carries_number(kind: Symbology) -> bool {
    matches!(kind, Symbology::Ean13 | Symbology::Ean8 | Symbology::UpcE | Symbology::Itf)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gtin_of(message: &str) -> Option<String> {
        Scanned::of(message).gtin
    }

    #[test]
    fn identifiers_of_trade_item_numbers_are_understood() {
        let gtin = Some("04006381333931".to_owned());
        for message in [
            "]E04006381333931",
            "4006381333931",
            "]E3400638133393112",
            "]I104006381333931",
            "]E04006381333931 ",
        ] {
            assert_eq!(gtin_of(message), gtin, "{message}");
        }
        assert_eq!(gtin_of("]E496385074").as_deref(), Some("00000096385074"));
        assert_eq!(gtin_of("036000291452").as_deref(), Some("00036000291452"));
        let faulty = Scanned::of("]E04006381333932");
        assert!(faulty.gtin.is_none() && faulty.faults.len() == 1 && faulty.is_plain());
    }

    #[test]
    fn elements_give_number_lot_serial_and_logistic_unit() {
        for message in [
            "]C1010952123454321317261231\u{1d}",
            "]d20109521234543213\u{1d}10AB12\u{1d}21007",
            "]Q3\u{1d}010952123454321310AB12\u{1d}21007",
            "]J1010952123454321310AB12\u{1d}21007",
            "010952123454321310AB12\u{1d}21007",
            "(01)09521234543213(10)AB12(21)007",
            "]Q1https://example.com/01/09521234543213/10/AB12/21/007",
        ] {
            let scanned = Scanned::of(message);
            assert_eq!(scanned.gtin.as_deref(), Some("09521234543213"), "{message}: {scanned:?}");
            if message.contains("007") {
                let numbers = (scanned.lot(), scanned.serial());
                assert_eq!(numbers, (Some("AB12"), Some("007")), "{message}");
            }
        }
        assert_eq!(Scanned::of("]C100340123450000000000").sscc().map(str::len), Some(18));
        assert_eq!(Scanned::of("]e00109521234543213").gtin.as_deref(), Some("09521234543213"));
    }

    #[test]
    fn plain_text_stays_text_and_loses_only_its_identifier() {
        for (message, text) in [
            ("]C0TOTE-0042", "TOTE-0042"),
            ("TOTE-0042", "TOTE-0042"),
            ("]X0abc", "abc"),
            ("]", "]"),
            ("]C", "]C"),
            ("17261231", "17261231"),
            ("]I01234567890", "1234567890"),
        ] {
            let scanned = Scanned::of(message);
            assert_eq!(scanned.text, text, "{message}");
            assert!(scanned.is_plain() && scanned.faults.is_empty(), "{message}: {scanned:?}");
        }
    }

    #[test]
    fn as_a_code_it_says_the_same_as_one_in_a_picture() {
        use crate::dates::{Context, Region};
        use crate::reading::Reading;

        let context = Context { region: Region::Europe, today: jiff::civil::date(2026, 3, 1) };
        for (message, lots) in [
            ("]E04006381333931", 0),
            ("4006381333931", 0),
            ("14006381333938", 0),
            ("]d201040063813339311726123110AB12", 1),
            ("01040063813339311726123110AB12", 1),
        ] {
            let scanned = Scanned::of(message);
            let reading = Reading::of(Vec::new(), vec![scanned.code()], &context);
            assert_eq!(reading.gtins.first(), scanned.gtin.as_ref(), "{message}");
            assert!(scanned.gtin.is_some(), "{message}");
            assert_eq!(reading.lots.len(), lots, "{message}");
            assert_eq!(scanned.lot().is_some(), lots == 1, "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_message_is_too_odd(message in "\\PC{0,60}|\\][A-Za-z][0-9][ -~\u{1d}]{0,60}") {
            let scanned = Scanned::of(&message);
            prop_assert!(message.contains(&scanned.text));
            prop_assert!(scanned.gtin.is_none_or(|gtin| gtin.len() == 14));
        }
    }
}
