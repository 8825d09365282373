//! **What a fixed scanner sends**, without I/O: [`framing`] cuts its bytes into messages. The section of the
//! line file is [`line::config::scanner`], what a code means [`meaning::scanned`]; `item::scans` gives reads to
//! items, and `run::scanner_link` is the wire.

pub mod framing;
