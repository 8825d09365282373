//! **Dots**: prints of dot-matrix and ink-jet printers, which the first look often misses.
//!
//! Networks that were trained on strokes do not see dots as lines, and misread them. Where a picture has shown
//! no expiry date, and time is left, rows of dots are looked for and read in another way:
//!
//! * `relief` joins dots, whatever light and dark mean, so that the detector sees strokes;
//! * `join` joins boxes of one row, which the detector splits at wide gaps;
//! * [`net`] reads a row by a small network that was trained on rendered dots;
//! * `shown` shows a row to the recogniser of strokes, with the dots joined at their pitch;
//! * `grammar` knows what coders print: words that announce a date, and dates;
//! * `decode` finds the likeliest text of the grammar in the answers for a row, and what it costs;
//! * `row` says what is believed of one view of a row, and `look` lets the views vote.

mod decode;
mod grammar;
mod join;
pub(crate) mod look;
pub mod net;
mod relief;
mod row;
mod shown;

pub(crate) use net::DotNet;
pub(crate) use row::Decoders;

use super::text::CODED;
