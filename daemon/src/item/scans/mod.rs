//! **Which item a scanner read**, by belt position. Without I/O: entries, encoder samples, messages and the
//! time are arguments ([`ScanMatcher`]).
//!
//! An item's **distance** at the moment of a read is how far its leading edge stood behind the scanner's place,
//! in millimetres, negative before it. The read **fits** the item where the distance is within the scanner's
//! tolerance. Where the belt stood at that moment is interpolated between two encoder samples, as for
//! pictures ([`capture::belt`]); a read of a moment at which the belt was not watched fits nobody.
//!
//! For each item and scanner there is **one answer** ([`Scan`]). It is given when the item is certainly past: its
//! distance has exceeded the tolerance, the scanner's latency has passed since then, and [`PATIENCE`] for the
//! network and for this process. The answer follows from the reads and items that are known by then, in whatever
//! order they were told. What happens after the item was past does not touch its answer, though a belt that runs back
//! may bring the item before the scanner again, or another one to a place that its read fits too: then that other one
//! alone is [`Ambiguous`](Scan::Ambiguous).
//!
//! | what fits the item | answer |
//! | --- | --- |
//! | one text, once or again and again | [`Scan::Read`] |
//! | different texts | [`Scan::Several`] |
//! | a read that fits another item too, or was given to one | [`Scan::Ambiguous`], for both |
//! | a text, and that nothing was read | [`Scan::Ambiguous`]: one of the two was another item's |
//! | that nothing was read, and no more | [`Scan::NoRead`] |
//! | nothing | [`Scan::Silent`], with its cause |
//!
//! That nothing was read, said where two items stand, says nothing about either and is passed over.
//!
//! While a scanner is **not connected**, an item of which nothing was read is answered at once when it comes
//! before the scanner; one that is still on its way waits, since the scanner may come back before it. On a belt
//! that stands, an item within the tolerance is not past, and has no answer before the belt moves on or the item
//! is [forgotten](ScanMatcher::forget). A forgotten item has no answer, and still stands in its place: what fits
//! it too is given to nobody else.
//!
//! A **late** read fits only items that were past or have their answers; a **stray** read fits no item. Both are counted, with
//! the distance of the nearest item, for the person who sets the scanner up ([`Standing`]). A read whose moment is
//! told wrongly, because the scanner was slower than its `latency_ms` by the time from one item to the next, is
//! taken for the next item's: that item then mostly has `Several`, and the one before it is `Silent`. Nothing in
//! a read can tell this where both read the same, or where the next item's own read is missing, which is why a
//! scanner with a `no_read` message is the better one.

mod matcher;
mod standing;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use line::config::scanner::ScannerSection;
use line::protocol::ItemNumber;

pub use matcher::ScanMatcher;
pub use standing::{Standing, Stray};

/// How long after a read should have come it may still come.
pub const PATIENCE: Duration = Duration::from_millis(100);

/// Where one scanner reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Beam {
    /// The scanner's name.
    pub scanner: Arc<str>,
    /// Where an item's leading edge stands when it is read, in millimetres from the entry eye.
    pub position_mm: f64,
    /// How far from there it may stand, either way, in millimetres.
    pub tolerance_mm: f64,
    /// From the moment of reading to the message.
    pub latency: Duration,
}

impl From<&ScannerSection> for Beam {
    fn from(section: &ScannerSection) -> Self {
        Self {
            scanner: section.name.as_str().into(),
            position_mm: section.position_mm,
            tolerance_mm: section.tolerance_mm,
            latency: Duration::from_millis(section.latency_ms.into()),
        }
    }
}

/// What one scanner says of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// This code.
    Read(String),
    /// The scanner said that it read nothing.
    NoRead,
    /// Nothing came.
    Silent(Silence),
    /// Different codes, in the order in which they came; at most [`SEVERAL_MAX`] of them.
    Several(Vec<String>),
    /// What came may belong to another item.
    Ambiguous,
}

/// Most texts that are told of one item.
pub const SEVERAL_MAX: usize = 8;

/// Why nothing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The scanner is connected, and said nothing.
    Nothing,
    /// The scanner is not connected.
    NotConnected,
    /// The belt was not watched when the item stood before the scanner.
    Unwatched,
    /// More items than can be held were on their way; the oldest gave way.
    TooManyItems,
}

impl Silence {
    /// In words, as a cause: it is counted and compared by its text.
    pub fn words(self, scanner: &str) -> String {
        match self {
            Self::Nothing => format!("scanner {scanner} said nothing"),
            Self::NotConnected => format!("scanner {scanner} is not connected"),
            Self::Unwatched => {
                format!("the belt was not watched while the item stood before scanner {scanner}")
            }
            Self::TooManyItems => format!("too many items waited for scanner {scanner}"),
        }
    }
}

impl Scan {
    /// The one text that is certainly this item's.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Read(text) => Some(text),
            Self::NoRead | Self::Silent(_) | Self::Several(_) | Self::Ambiguous => None,
        }
    }

    /// Why there is no such text, in words; none where there is one. The texts of `Several` are not quoted:
    /// causes are counted by their words.
    pub fn why_not(&self, scanner: &str) -> Option<String> {
        match self {
            Self::Read(_) => None,
            Self::NoRead => Some(format!("scanner {scanner} could not read a code")),
            Self::Silent(silence) => Some(silence.words(scanner)),
            Self::Several(_) => Some(format!("scanner {scanner} read different codes")),
            Self::Ambiguous => {
                Some(format!("what scanner {scanner} read may belong to another item"))
            }
        }
    }
}

impl fmt::Display for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(text) => write!(f, "read {text:?}"),
            Self::NoRead => f.write_str("read nothing"),
            Self::Silent(_) => f.write_str("silent"),
            Self::Several(texts) => write!(f, "read {texts:?}"),
            Self::Ambiguous => f.write_str("ambiguous"),
        }
    }
}

/// The answer of one scanner about one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanAnswer {
    /// The item.
    pub item: ItemNumber,
    /// The scanner's place in the list that the matcher was made with.
    pub index: usize,
    /// The scanner's name.
    pub scanner: Arc<str>,
    /// What it says.
    pub scan: Scan,
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
