//! The twin, a simulated line, and the harness that runs inspectd's processes against it.
//!
//! * [`twin`]: belt, items, eyes, diverter, PLC and cameras of a line that exists only here.
pub mod twin;
