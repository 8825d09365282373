//! The house of the technicians' page: server, door, people, sessions, audit log, texts and pages.
//!
//! A technician stands at the line with gloves and a tablet. The page shows what the line does and
//! why, what is wrong and what to do about it, and lets the right people change things. This crate
//! owns everything between the browser and the box; what the box is and does it asks through
//! [`the_box::TheBox`], which inspectd implements. So it knows neither MQTT nor Modbus nor the
//! inside of inspectd, and its tests need neither cameras nor a model.
//!
//! | module | what it owns |
//! | --- | --- |
//! | [`access`] | who may do what: roles, sessions, guesses, rates. Logic without I/O |
//! | [`people`] | the people, their passwords and the audit log, in a database of their own |
//! | [`the_box`] | what the page asks of the box, and the shapes of the answers |
//! | [`section`] | `[web]` of the line file |
//! | [`certificate`] | the certificate that the page shows, and its fingerprint |
//! | `server` | the door, the guard before every address, and the addresses |
//! | [`texts`] | every text of the page, one table a language |
//! | [`client`] | how inspectctl and tests ask the page |

pub mod access;
pub mod certificate;
pub mod client;
pub mod people;
pub mod section;
pub mod server;
pub mod state_folder;
pub mod texts;
pub mod the_box;

pub use section::WebSection;
pub use server::{Page, PageThread, WebError};
