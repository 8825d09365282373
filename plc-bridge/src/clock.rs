//! The host's monotonic clock, which both processes share. Only the I/O edge asks it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Now, since the zero of `CLOCK_MONOTONIC`.
pub fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // The monotonic clock is never negative and its nanoseconds are below 10^9.
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
