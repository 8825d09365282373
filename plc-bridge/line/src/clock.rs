//! The host's monotonic clock, which both processes share. Only the I/O edge asks it.

use std::time::Duration;

use rustix::thread::clock_nanosleep_absolute;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Now, since the zero of `CLOCK_MONOTONIC`.
pub fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    // The monotonic clock is never negative and its nanoseconds are below 10^9.
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Sleeps until `at`; back at once when that is past. A signal does not end the sleep.
pub fn sleep_until(at: Duration) {
    let at = Timespec { tv_sec: at.as_secs() as i64, tv_nsec: at.subsec_nanos().into() };
    while clock_nanosleep_absolute(ClockId::Monotonic, &at) == Err(rustix::io::Errno::INTR) {}
}

/// What is left until `deadline`; `None` once it is past.
pub fn left_until(deadline: Duration) -> Option<Duration> {
    deadline.checked_sub(monotonic()).filter(|left| !left.is_zero())
}
