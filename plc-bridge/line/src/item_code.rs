//! **Item codes**: what the PLC, or a scanner behind it, calls an item: a short printable text.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Longest code, in characters: the largest 64-bit number has as many digits.
pub const ITEM_CODE_MAX: usize = 20;

/// An item's code: 1 to [`ITEM_CODE_MAX`] printable ASCII characters, without blanks at its ends.
///
/// It lies in place, so that the bridge's cycle can pass it on without asking for memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemCode {
    /// Zero behind the code's end, so that equal codes have equal bytes.
    bytes: [u8; ITEM_CODE_MAX],
    len: u8,
}

/// Why a text is no item code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ItemCodeError {
    /// Nothing stands there but padding.
    #[error("it is empty")]
    Empty,
    /// It has more than [`ITEM_CODE_MAX`] characters.
    #[error("it has more than {ITEM_CODE_MAX} characters")]
    TooLong,
    /// A character is not printable ASCII; NUL and blanks at the ends are padding.
    #[error("byte {byte:#04x} in it is no printable ASCII character")]
    NotPrintable {
        /// The first such byte.
        byte: u8,
    },
}

impl ItemCode {
    /// The code in these bytes. NUL and blanks at both ends are padding.
    ///
    /// # Errors
    /// When nothing else is there, it is too long, or a byte is not printable: a NUL between two
    /// characters may be the end of one code and the rest of an older one, and none is guessed.
    pub fn from_padded(bytes: &[u8]) -> Result<Self, ItemCodeError> {
        let is_padding = |byte: &u8| matches!(byte, 0 | b' ');
        let from = bytes.iter().position(|byte| !is_padding(byte)).ok_or(ItemCodeError::Empty)?;
        let to = bytes.iter().rposition(|byte| !is_padding(byte)).unwrap_or(from);
        let code = &bytes[from..=to];
        if let Some(&byte) = code.iter().find(|byte| !matches!(byte, b' '..=b'~')) {
            return Err(ItemCodeError::NotPrintable { byte });
        }
        if code.len() > ITEM_CODE_MAX {
            return Err(ItemCodeError::TooLong);
        }
        let mut padded = [0; ITEM_CODE_MAX];
        padded[..code.len()].copy_from_slice(code);
        Ok(Self { bytes: padded, len: code.len() as u8 })
    }

    /// The code of a number: its decimal digits, without leading zeros.
    ///
    /// # Errors
    /// [`ItemCodeError::Empty`] for 0, which PLCs hold where they have no number.
    pub fn from_number(number: u64) -> Result<Self, ItemCodeError> {
        if number == 0 {
            return Err(ItemCodeError::Empty);
        }
        let (mut bytes, mut len, mut rest) = ([0; ITEM_CODE_MAX], 0, number);
        while rest > 0 {
            bytes[len] = b'0' + (rest % 10) as u8;
            rest /= 10;
            len += 1;
        }
        bytes[..len].reverse();
        Ok(Self { bytes, len: len as u8 })
    }

    /// The code as a text.
    pub fn as_str(&self) -> &str {
        // All bytes are ASCII by construction.
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl FromStr for ItemCode {
    type Err = ItemCodeError;

    fn from_str(text: &str) -> Result<Self, ItemCodeError> {
        Self::from_padded(text.as_bytes())
    }
}

impl fmt::Display for ItemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ItemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for ItemCode {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Serialize for ItemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ItemCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = ItemCode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an item code of 1 to {ITEM_CODE_MAX} printable ASCII characters")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ItemCode, E> {
                text.parse()
                    .map_err(|why| E::custom(format_args!("{text:?} is no item code: {why}")))
            }
        }

        deserializer.deserialize_str(Text).map_err(D::Error::custom)
    }
}

impl JsonSchema for ItemCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ItemCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An item's code, as the PLC tells it.",
            "minLength": 1,
            "maxLength": ITEM_CODE_MAX,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn padding_is_no_part_of_a_code() {
        for padded in ["0012 A", "0012 A\0\0\0", "0012 A   ", "  0012 A \0"] {
            assert_eq!(
                padded.parse::<ItemCode>().map(|code| code.to_string()),
                Ok("0012 A".into())
            );
        }
        for empty in ["", "\0\0", "   ", " \0 "] {
            assert_eq!(empty.parse::<ItemCode>(), Err(ItemCodeError::Empty), "{empty:?}");
        }
    }

    #[test]
    fn what_may_be_the_rest_of_an_older_code_is_refused() {
        let why = ItemCodeError::NotPrintable { byte: 0 };
        assert_eq!("ABC\0EFG".parse::<ItemCode>(), Err(why));
        let why = ItemCodeError::NotPrintable { byte: 0xc3 };
        assert_eq!("GRÜN".parse::<ItemCode>(), Err(why));
        assert_eq!(ItemCode::from_padded(&[b'A'; 21]), Err(ItemCodeError::TooLong));
    }

    #[test]
    fn a_number_is_its_digits() {
        let text = |number| ItemCode::from_number(number).map(|code| code.to_string());
        assert_eq!(text(4_006_381_333_931), Ok("4006381333931".into()));
        assert_eq!(text(u64::MAX), Ok(u64::MAX.to_string()));
        assert_eq!(text(0), Err(ItemCodeError::Empty));
    }

    #[test]
    fn a_message_with_a_broken_code_is_refused() {
        assert!(serde_json::from_str::<ItemCode>(r#""A\u0001""#).is_err());
        assert!(serde_json::from_str::<ItemCode>(r#""""#).is_err());
    }

    proptest! {
        /// A code that changed on its way, by trimming twice or a lost character, would show here.
        #[test]
        fn whatever_is_a_code_survives_the_socket(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            if let Ok(code) = ItemCode::from_padded(&bytes) {
                let text = serde_json::to_string(&code).expect("a text");
                prop_assert_eq!(serde_json::from_str::<ItemCode>(&text).expect("the same"), code);
                prop_assert_eq!(code.as_str().trim(), code.as_str());
                prop_assert!((1..=ITEM_CODE_MAX).contains(&code.as_str().len()));
            }
        }

        #[test]
        fn every_number_but_zero_has_its_own_code(number in 1..=u64::MAX) {
            let code = ItemCode::from_number(number).expect("not zero");
            prop_assert_eq!(code.as_str().parse::<u64>(), Ok(number));
            prop_assert_eq!(code.as_str().parse::<ItemCode>(), Ok(code));
        }
    }
}
