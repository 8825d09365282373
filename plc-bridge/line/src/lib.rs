//! What inspectd and plc-bridge agree on, and nothing of how either does its work.
//!
//! [`protocol`] is what they say to each other over the socket, [`socket_line`] how that is written. [`line_file`]
//! reads the one file that describes the line; [`config`] declares the sections that plc-bridge obeys. [`clock`] is
//! the monotonic clock that both read, [`backoff`] the pause before another attempt. [`text`] keeps texts and names from other people within bounds,
//! [`item_code`] what a PLC calls an item.

pub mod backoff;
pub mod clock;
pub mod config;
pub mod item_code;
pub mod line_file;
pub mod protocol;
pub mod socket_line;
pub mod text;
