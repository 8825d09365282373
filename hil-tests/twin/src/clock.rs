//! Waiting on the host's monotonic clock: at the edge only, never in the logic.

use std::{thread, time::Duration};

pub use line::clock::monotonic;

/// Sleeps until the clock shows `due`.
pub fn sleep_until(due: Duration) {
    thread::sleep(due.saturating_sub(monotonic()));
}
