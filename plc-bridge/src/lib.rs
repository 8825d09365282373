//! Tracks items on a conveyor and delivers verdicts to its PLC.
//!
//! Logic, free of clocks and sockets: [`tracker`], [`handshake`], [`journal`], and [`mod@line`] which
//! puts them together. The edge: [`modbus`] and [`cycle`] towards the PLC, [`inspector_socket`]
//! towards inspectd, [`bridge`] the loop. Shared with inspectd: [`protocol`], [`config`],
//! [`line_file`]. Shared with PLCs made in software: [`registers`].

pub mod bridge;
pub mod clock;
pub mod config;
pub mod cycle;
pub mod handshake;
pub mod inspector_socket;
pub mod journal;
pub mod line;
pub mod line_file;
pub mod modbus;
pub mod protocol;
pub mod registers;
pub mod tracker;
pub mod wrap;
