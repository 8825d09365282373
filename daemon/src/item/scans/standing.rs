//! How one scanner has done so far, for the person who sets it up and the one who cleans it.

use std::time::Duration;

use super::{Scan, Silence};

/// Counts of one scanner since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Standing {
    /// Items of which one code was read.
    pub read: u64,
    /// Items of which the scanner said that it read nothing.
    pub no_read: u64,
    /// Items of which it said nothing, for whatever cause.
    pub silent: u64,
    /// Items of which it read different codes.
    pub several: u64,
    /// Items of which a read may be another item's.
    pub ambiguous: u64,
    /// Items in a row, up to now, that passed the connected scanner without a code being read.
    pub unread_in_a_row: u64,
    /// Reads that fitted only items which had their answers.
    pub late: u64,
    /// Reads that fitted no item.
    pub stray: u64,
    /// Reads of moments at which the belt was not watched.
    pub unwatched: u64,
    /// Reads that were dropped since too many came at once.
    pub dropped: u64,
    /// The last stray read.
    pub last_stray: Option<Stray>,
}

/// A read that fitted no item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stray {
    /// When it was read, on the monotonic clock.
    pub at: Duration,
    /// How far the nearest item stood behind the scanner's place, in millimetres, negative before it; none
    /// where no item was on the belt.
    pub nearest_mm: Option<f64>,
}

impl Standing {
    /// One more answer.
    pub(super) fn answered(&mut self, scan: &Scan) {
        let count = match scan {
            Scan::Read(_) => &mut self.read,
            Scan::NoRead => &mut self.no_read,
            Scan::Silent(_) => &mut self.silent,
            Scan::Several(_) => &mut self.several,
            Scan::Ambiguous => &mut self.ambiguous,
        };
        *count += 1;
        match scan {
            Scan::NoRead | Scan::Silent(Silence::Nothing) => self.unread_in_a_row += 1,
            Scan::Read(_) | Scan::Several(_) | Scan::Ambiguous => self.unread_in_a_row = 0,
            Scan::Silent(_) => {}
        }
    }

    /// All answers so far.
    pub fn items(&self) -> u64 {
        self.read + self.no_read + self.silent + self.several + self.ambiguous
    }
}
