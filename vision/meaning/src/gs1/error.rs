//! Why a text, or an element of it, is not as GS1 has it.

use thiserror::Error;

use super::gtin;

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

impl Gs1Error {
    /// The application identifier that it is about.
    pub fn ai(&self) -> Option<&str> {
        match self {
            Self::TooShort { ai, .. }
            | Self::TooLong { ai, .. }
            | Self::Character { ai, .. }
            | Self::CheckDigit { ai, .. }
            | Self::Date { ai, .. }
            | Self::Twice { ai, .. } => Some(ai),
            Self::Gtin(_) => Some("01"),
            Self::Empty | Self::NotAnAi { .. } | Self::NotALink(_) => None,
        }
    }
}
