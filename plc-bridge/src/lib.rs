//! Tracks items on a conveyor and delivers verdicts to its PLC.
//!
//! Logic, free of clocks and sockets: [`tracker`], [`handshake`], [`journal`], and [`whole_line`] which
//! puts them together. The edge: [`wire`] and [`modbus`] towards the PLC, [`inspector_socket`]
//! towards inspectd, [`field_io`] on the box's own pins, [`cycle`] the real-time thread between them,
//! [`journal_file`], [`logger`], [`statistics`], [`realtime`], and [`bridge`] which starts and ends it
//! all; [`probe`] looks at a PLC on the bench. What inspectd and the
//! bridge agree on is the crate `line`. Shared with PLCs made in software: [`registers`], and [`soft_plc`], which is one.

pub mod bridge;
pub mod cycle;
pub mod field_io;
pub mod handshake;
pub mod inspector_socket;
pub mod journal;
pub mod journal_file;
pub mod logger;
pub mod modbus;
pub mod probe;
pub mod realtime;
pub mod registers;
pub mod senses;
pub mod soft_plc;
pub mod statistics;
pub mod tracker;
pub mod whole_line;
pub mod wire;
pub mod wrap;
