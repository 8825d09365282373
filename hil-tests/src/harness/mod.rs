//! Starts inspectd's processes against the twin, watches them as a user would, and ends them all.
//!
//! * [`Layout`](line_file::Layout) makes a line file for a folder, with free ports;
//! * [`Process`](process::Process) is one child with its log; it dies with its owner;
//! * [`RunningLine`](running_line::RunningLine) is broker, twin, plc-bridge and inspectd together;
//! * [`MixedBelt`](mixed::MixedBelt) makes it a line of many products;
//! * [`manager`] tells the box what a fleet manager would;
//! * [`account`] compares what the twin knows with what stands in the records.
//!
//! The demo and the end-to-end tests use the same harness, so that what is tested is what is shown.

pub mod account;
pub mod line_file;
pub mod manager;
pub mod mixed;
pub mod page;
pub mod people;
pub mod process;
pub mod references;
pub mod running_line;

use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until `look` finds something; `None` when it found nothing until `limit`.
pub fn wait_for<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
