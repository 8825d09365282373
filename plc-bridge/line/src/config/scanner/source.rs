//! Where a scanner's reads come from: `tcp://`, `tcp-listen://` or `serial://`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Parity;
use crate::line_file::address::{self, HOST_PORT, LISTEN};

/// Where a scanner's reads come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerSource {
    /// inspectd connects to the scanner: host and port.
    Connect(String),
    /// The scanner connects to inspectd, which listens here.
    Listen(SocketAddr),
    /// A serial line.
    Serial(SerialLine),
}

/// A serial line and how it is spoken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialLine {
    /// The device.
    pub device: PathBuf,
    /// Bits a second.
    pub baud: u32,
    /// The parity bit.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
    /// Data bits of a byte.
    pub data_bits: DataBits,
}

/// Data bits of a byte on a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataBits {
    /// Seven, as old scanners have it.
    Seven,
    /// Eight.
    Eight,
}

/// What is wrong with a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; {instead}")]
pub struct WrongSource {
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub instead: String,
}

/// Baud rates: the slowest that scanners have, and the fastest that adapters have.
const BAUD: std::ops::RangeInclusive<u32> = 300..=4_000_000;

impl ScannerSource {
    /// Understands what the line file says.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, WrongSource> {
        let address = |format, rest: &str| {
            let wrong = |(problem, instead)| WrongSource { problem, instead };
            address::check(format, rest).map_err(wrong)
        };
        match text.split_once("://") {
            Some(("tcp", rest)) => {
                address(HOST_PORT, rest)?;
                Ok(Self::Connect(rest.to_owned()))
            }
            Some(("tcp-listen", rest)) => {
                address(LISTEN, rest)?;
                let parsed = rest.parse();
                parsed.map(Self::Listen).map_err(|_| unknown(text))
            }
            Some(("serial", rest)) => serial(rest).map(Self::Serial),
            Some(_) | None => Err(unknown(text)),
        }
    }
}

fn unknown(text: &str) -> WrongSource {
    let scheme = text.split_once("://").map(|(scheme, _)| format!("`{scheme}://` is no source"));
    WrongSource {
        problem: scheme.unwrap_or_else(|| "it does not say how the scanner is reached".to_owned()),
        instead:
            "write \"tcp://HOST:PORT\" (inspectd connects), \"tcp-listen://ADDRESS:PORT\" (the \
                  scanner connects) or \"serial:///dev/ttyUSB0?baud=115200\""
                .to_owned(),
    }
}

fn serial(rest: &str) -> Result<SerialLine, WrongSource> {
    let wrong = |problem: String, instead: String| Err(WrongSource { problem, instead });
    let (device, settings) = rest.split_once('?').unwrap_or((rest, ""));
    if !device.starts_with('/') || device.len() < 2 {
        return wrong(
            format!("`{device}` is no device"),
            "write three slashes and the device, as in \"serial:///dev/ttyUSB0?baud=115200\""
                .to_owned(),
        );
    }
    let mut line = SerialLine {
        device: PathBuf::from(device),
        baud: 9600,
        parity: Parity::None,
        stop_bits: 1,
        data_bits: DataBits::Eight,
    };
    for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        match (key, value) {
            ("baud", _) => match value.parse().ok().filter(|baud| BAUD.contains(baud)) {
                Some(baud) => line.baud = baud,
                None => {
                    return wrong(
                        format!("`{value}` is no baud rate"),
                        format!("write baud={} to {}", BAUD.start(), BAUD.end()),
                    );
                }
            },
            ("parity", "none") => line.parity = Parity::None,
            ("parity", "even") => line.parity = Parity::Even,
            ("parity", "odd") => line.parity = Parity::Odd,
            ("stop_bits", "1") => line.stop_bits = 1,
            ("stop_bits", "2") => line.stop_bits = 2,
            ("data_bits", "7") => line.data_bits = DataBits::Seven,
            ("data_bits", "8") => line.data_bits = DataBits::Eight,
            _ => {
                return wrong(
                    format!("a serial line has no setting `{setting}`"),
                    "write some of baud=115200, parity=none|even|odd, stop_bits=1|2, data_bits=7|8, \
                     with `&` between them"
                        .to_owned(),
                );
            }
        }
    }
    Ok(line)
}

impl fmt::Display for ScannerSource {
    /// As people and logs name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(address) => write!(f, "tcp://{address}"),
            Self::Listen(address) => write!(f, "tcp-listen://{address}"),
            Self::Serial(line) => write!(f, "{} ({} baud)", line.device.display(), line.baud),
        }
    }
}
