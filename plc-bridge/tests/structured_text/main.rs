//! The reference PLC program, `plc/*.st`: read by two independent parsers, compared with the register
//! map, and executed scan by scan against the map's own encoder and decoder.

mod blind;
mod codes;
mod grammar;
mod map;
mod plc;
mod rules;
mod words;
