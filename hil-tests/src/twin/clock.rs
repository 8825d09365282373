//! The host's monotonic clock: asked at the edge only, never by the logic.

use std::{thread, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// Time since the clock's zero, as plc-bridge and inspectd read it too.
pub fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // The kernel's monotonic clock starts at 0 and its nanoseconds are below a thousand million.
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

/// Sleeps until the clock shows `due`.
pub fn sleep_until(due: Duration) {
    thread::sleep(due.saturating_sub(monotonic()));
}
