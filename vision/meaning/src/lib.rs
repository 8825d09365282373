//! What the text and the codes on an item **mean**: text in, findings out. No pictures, no networks, no
//! clock: the present date is an argument.
//!
//! [`mod@line`] is a line of text and [`code`] a code, as somebody read them; [`reading`] is what those of
//! one view say together, [`scanned`] what a fixed scanner's message says. [`gs1`] reads the element strings of codes, [`flaw`] tells what is not
//! as it should be in them, [`dates`] finds dates in lines of
//! text and says what they mean, [`lot`] finds lots and serial numbers, [`expiry`] compares a date with
//! the present and with the record. [`expectation`] is what the warehouse knows of an item, [`compare`]
//! holds it against the label. The words and formats of all languages stand in [`table`].

pub mod code;
pub mod compare;
pub mod dates;
pub mod expectation;
pub mod expiry;
pub mod flaw;
pub mod fold;
pub mod gs1;
pub mod line;
pub mod lot;
mod phrases;
pub mod reading;
mod rows;
pub mod scanned;
pub mod table;
mod words;
