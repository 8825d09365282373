//! Runs inspectd's processes against the [twin], a simulated line.
//!
//! * [`harness`]: starts the real programs against the twin and compares records with the truth.
//! * [`demo`]: what `make demo` shows.
//!
//! Everything here uses the others as users do: Modbus TCP, shared-memory video, MQTT, the
//! database file, HTTP, signals. Of their code it takes only the shapes that are public promises:
//! the register map, the line file, and the words of the records.

pub mod demo;
pub mod harness;
