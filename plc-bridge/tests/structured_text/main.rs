//! The reference PLC program `plc/inspectd.st`: read by an independent parser, compared with the
//! register map, and executed scan by scan against the map's own encoder and decoder.

mod map;
mod plc;
mod rules;
