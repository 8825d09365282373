//! Tracks items on a conveyor and delivers verdicts to its PLC.

pub mod config;
pub mod handshake;
pub mod journal;
pub mod line_file;
pub mod protocol;
pub mod registers;
pub mod tracker;
pub mod wrap;
