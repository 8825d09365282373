//! **Labels**: what the codes and the text on an item say of it.
//!
//! [`gs1`] reads the element strings of codes, [`dates`] finds dates in lines of text and says what they mean,
//! [`lot`] finds lots and serial numbers, [`expiry`] compares a date with the present and with the record. All of
//! it is logic without I/O: the present date is an argument. The words and formats of all languages stand in
//! [`table`].

pub mod dates;
pub mod expiry;
mod fold;
pub mod gs1;
pub mod line;
pub mod lot;
mod rows;
pub mod table;
mod words;
