//! `[[scanner]]`: a fixed code scanner beside the belt, which tells over the network or a serial line what
//! it reads.
//!
//! A scanner's **place** is where an item's leading edge stands when the scanner reads it. Its **tolerance** is
//! how far before and behind that the edge may stand: as far as the code's place on the items varies, and as
//! far as the beam sees. inspectd obeys the section, and the twin plays the scanner; plc-bridge needs none.

mod rules;
mod source;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use rules::{LATENCY_UNSURE, SCANNERS_MAX, broken, warnings};
pub use source::{DataBits, ScannerSource, SerialLine, WrongSource};

/// `[[scanner]]`: one fixed scanner. What it reads is given to the item that stands before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScannerSection {
    /// The scanner's name, for example `portal`; it stands in records and messages.
    #[schemars(length(min = 1, max = 40), regex(pattern = r"^[a-z0-9][a-z0-9_-]*$"))]
    pub name: String,
    /// Where its reads come from: `tcp://192.168.10.20:2112` where inspectd connects to the scanner,
    /// `tcp-listen://0.0.0.0:2112` where the scanner connects to this box, or
    /// `serial:///dev/ttyUSB0?baud=115200` (also `parity=none|even|odd`, `stop_bits=1|2`, `data_bits=7|8`;
    /// left out, a serial line has 9600 baud, no parity, one stop bit and eight data bits).
    #[schemars(length(min = 8, max = 200))]
    pub source: String,
    /// Where an item's leading edge stands when the scanner reads it, in millimetres from the entry eye.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub position_mm: f64,
    /// How far from that place the leading edge may stand, in millimetres, either way. A read that fits two
    /// items is given to neither.
    #[serde(default = "tolerance_mm")]
    #[schemars(range(min = 0.1, max = 1000.0))]
    pub tolerance_mm: f64,
    /// Time from the moment of reading to the last byte of the message, in milliseconds: the scanner
    /// decodes, perhaps waits for the end of its gate, and sends.
    #[serde(default)]
    #[schemars(range(max = 2000))]
    pub latency_ms: u32,
    /// What ends a message.
    #[serde(default)]
    pub framing: Framing,
    /// What each message begins with. A message that does not is none of its reads, and is counted.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub prefix: String,
    /// What each message ends with, before the bytes of `framing`.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub suffix: String,
    /// What the scanner sends when it read nothing, for example `NOREAD`; with or without prefix and suffix.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub no_read: Option<String>,
    /// Longest pause between two attempts to open the source, in milliseconds; the first is 250 ms, and
    /// each failure doubles it.
    #[serde(default = "retry_max_ms")]
    #[schemars(range(min = 250, max = 60_000))]
    pub retry_max_ms: u32,
}

/// What ends a scanner's message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Carriage return (0D); a line feed beside it is passed over.
    Cr,
    /// Line feed (0A); a carriage return beside it is passed over.
    Lf,
    /// Carriage return and line feed, one after the other.
    #[default]
    Crlf,
    /// It stands between STX (02) and ETX (03).
    StxEtx,
}

impl ScannerSection {
    /// The source, understood.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn source(&self) -> Result<ScannerSource, WrongSource> {
        ScannerSource::parse(&self.source)
    }
}

fn tolerance_mm() -> f64 {
    40.0
}
fn retry_max_ms() -> u32 {
    10_000
}

#[cfg(test)]
mod tests;
