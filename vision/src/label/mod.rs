//! **Labels**: what the codes and the text on an item say of it.
//!
//! [`codes`] reads bar codes and matrix codes, [`text`] reads text; [`reader`] does both to a picture and
//! times it, [`reading`] is what comes of it, and [`worker`] is the thread that does it for items on the belt.
//!
//! [`gs1`] reads the element strings of codes, [`dates`] finds dates in lines of text and says what they mean,
//! [`lot`] finds lots and serial numbers, [`expiry`] compares a date with the present and with the record.
//! [`expectation`] is what the warehouse knows of an item, [`compare`] holds it against the label. All of it is
//! logic without I/O: the present date is an argument. The words and formats of all languages stand in
//! [`table`].

pub mod codes;
pub mod compare;
pub mod dates;
mod drawn;
pub mod expectation;
pub mod expiry;
pub(crate) mod fold;
pub mod gs1;
pub mod line;
pub mod lot;
mod phrases;
pub mod reader;
pub mod reading;
mod rectangle;
mod rows;
mod sample;
mod scale;
mod second_look;
pub mod table;
pub mod text;
mod words;
pub mod worker;

pub use drawn::drawn;
