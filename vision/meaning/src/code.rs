//! A **code**: a bar code or a matrix code that somebody read, and what it says.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::line::Corners;

/// The kind of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Interleaved 2 of 5; ITF-14, which holds a GTIN, when it has 14 digits.
    Itf,
    /// Code 39.
    Code39,
    /// Code 93.
    Code93,
    /// Codabar, its letters at both ends included.
    Codabar,
    /// PDF417, also Compact and Micro.
    Pdf417,
    /// Aztec.
    Aztec,
    /// MaxiCode.
    MaxiCode,
}

impl Symbology {
    /// All kinds, as a line file and a command line name them.
    pub const ALL: [Self; 16] = [
        Self::Ean13,
        Self::Ean8,
        Self::UpcE,
        Self::Itf,
        Self::Code128,
        Self::Code39,
        Self::Code93,
        Self::Codabar,
        Self::DataBar,
        Self::DataBarLimited,
        Self::DataBarExpanded,
        Self::DataMatrix,
        Self::QrCode,
        Self::Pdf417,
        Self::Aztec,
        Self::MaxiCode,
    ];

    /// How a line file and a command line name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ean13 => "ean13",
            Self::Ean8 => "ean8",
            Self::UpcE => "upc_e",
            Self::Itf => "itf",
            Self::Code128 => "code128",
            Self::Code39 => "code39",
            Self::Code93 => "code93",
            Self::Codabar => "codabar",
            Self::DataBar => "data_bar",
            Self::DataBarLimited => "data_bar_limited",
            Self::DataBarExpanded => "data_bar_expanded",
            Self::DataMatrix => "data_matrix",
            Self::QrCode => "qr_code",
            Self::Pdf417 => "pdf417",
            Self::Aztec => "aztec",
            Self::MaxiCode => "maxi_code",
        }
    }

    /// Whether one row of pixels across its bars says all. The others lie in two dimensions and correct
    /// errors.
    pub fn is_linear(self) -> bool {
        !matches!(
            self,
            Self::DataMatrix | Self::QrCode | Self::Pdf417 | Self::Aztec | Self::MaxiCode
        )
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
            Self::Itf => "Interleaved 2 of 5",
            Self::Code39 => "Code 39",
            Self::Code93 => "Code 93",
            Self::Codabar => "Codabar",
            Self::Pdf417 => "PDF417",
            Self::Aztec => "Aztec",
            Self::MaxiCode => "MaxiCode",
        })
    }
}

/// A name that no kind of code has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of code; name some of {all}", all = Symbology::ALL.map(Symbology::name).join(", "))]
pub struct UnknownSymbology(String);

impl FromStr for Symbology {
    type Err = UnknownSymbology;

    /// By [`Symbology::name`].
    fn from_str(name: &str) -> Result<Self, UnknownSymbology> {
        let named = Self::ALL.into_iter().find(|kind| kind.name() == name);
        named.ok_or_else(|| UnknownSymbology(name.to_owned()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_one_name_in_files_and_on_the_command_line() {
        for kind in Symbology::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let error = "ean14".parse::<Symbology>().unwrap_err().to_string();
        assert!(error.contains("`ean14`") && error.contains("maxi_code"), "{error}");
    }
}
