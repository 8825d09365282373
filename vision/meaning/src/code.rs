//! A **code**: a bar code or a matrix code that somebody read, and what it says.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::line::Corners;

/// The kind of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbology {
    /// EAN-13; also UPC-A, which is an EAN-13 that starts with 0.
    Ean13,
    /// EAN-8.
    Ean8,
    /// UPC-E, its text written out as the EAN-13 that it stands for.
    UpcE,
    /// Code 128; GS1-128 when [`Code::gs1`] is set.
    Code128,
    /// Data Matrix.
    DataMatrix,
    /// QR code, also Micro QR and rMQR.
    QrCode,
    /// GS1 DataBar Omnidirectional and Truncated, Stacked or not.
    DataBar,
    /// GS1 DataBar Limited.
    DataBarLimited,
    /// GS1 DataBar Expanded, Stacked or not.
    DataBarExpanded,
}

impl Symbology {
    /// Whether it is a matrix of modules, not bars in rows.
    pub fn is_matrix(self) -> bool {
        matches!(self, Self::DataMatrix | Self::QrCode)
    }
}

impl fmt::Display for Symbology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ean13 => "EAN-13",
            Self::Ean8 => "EAN-8",
            Self::UpcE => "UPC-E",
            Self::Code128 => "Code 128",
            Self::DataMatrix => "Data Matrix",
            Self::QrCode => "QR code",
            Self::DataBar => "GS1 DataBar",
            Self::DataBarLimited => "GS1 DataBar Limited",
            Self::DataBarExpanded => "GS1 DataBar Expanded",
        })
    }
}

/// A code that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// Its kind.
    pub symbology: Symbology,
    /// What it says, as it says it: GS1 application identifiers without brackets, and the separator
    /// FNC1 as the character `\x1D`.
    pub text: String,
    /// Whether the code says that it is made of GS1 application identifiers.
    pub gs1: bool,
    /// The corners in pixels of the picture, clockwise from the code's own top left.
    pub corners: Corners,
}
