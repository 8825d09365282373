//! **Labels**: what the codes and the text on an item say of it.
//!
//! [`codes`] reads bar codes and matrix codes, [`text`] reads text, and [`dots`] what dot-matrix and ink-jet
//! printers print, where text shows no expiry date. [`reader`] does all of it to a picture and
//! times it. What comes of it is a
//! [`Reading`](meaning::reading::Reading): the crate `meaning` knows what text and codes mean.

pub mod codes;
pub mod dots;
mod drawn;
pub mod reader;
mod rectangle;
mod sample;
mod scale;
mod second_look;
pub mod text;

pub use drawn::drawn;
