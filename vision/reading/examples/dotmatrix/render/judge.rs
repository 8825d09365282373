//! Whether a reading is what a label says.

use meaning::dates::{DateRead, Role};
use meaning::reading::Reading;

use super::label::Label;

/// What a reading got of a print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The date is among those read.
    pub dated: bool,
    /// It is an expiry date, and the only one.
    pub right: bool,
    /// There is an expiry date that is not printed.
    pub wrong: bool,
}

/// Compares a reading with what is printed.
pub fn judge(label: &Label, reading: &Reading) -> Judged {
    let expiry = label.expiry;
    let is_it = |date: &DateRead| {
        date.year == Some(expiry.year())
            && date.month == Some(expiry.month())
            && date.day == label.with_day.then(|| expiry.day())
    };
    let expiries = || reading.dates.iter().filter(|date| date.role == Role::Expiry);
    let wrong = expiries().any(|date| !is_it(date));
    Judged { dated: reading.dates.iter().any(is_it), right: !wrong && expiries().any(is_it), wrong }
}
