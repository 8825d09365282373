//! Memory that is never paged out, small stacks therefore, and a priority that only the cycle has.
//!
//! Both are for a kernel that may have something else to do: without them the bridge works, and on
//! a busy box a turn of the cycle may come late. So where they are not permitted this is said once,
//! with the remedy, and the bridge goes on.

use std::io;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, getrlimit};
use rustix::thread::{CapabilitySet, capabilities};
use thiserror::Error;
use thread_priority::unix::{set_thread_priority_and_policy, thread_native_id};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
};

/// The cycle's priority under `SCHED_FIFO`: in the middle. Above everything ordinary, and on a
/// kernel with threaded interrupts level with them (50); below a watchdog's (99).
const PRIORITY: u8 = 50;
/// Stack of each thread. Locked memory counts whole stacks, so they are small; the deepest call is
/// the parser of a JSON line, with some kilobytes.
pub const STACK: usize = 128 * 1024;
/// The limit that locking takes. Twenty megabytes are resident, but the kernel counts what is
/// reserved, too, and the allocator reserves 64 MiB for each thread. Under a smaller limit a later
/// allocation would fail, which is worse than a page fault.
const NEEDED: u64 = 1 << 30;

/// What was not permitted.
#[derive(Debug, Error)]
pub enum NotPermitted {
    /// Memory stays as it is.
    #[error(
        "memory is not locked ({0}), so that a cycle may wait for the disk; give the service \
         LimitMEMLOCK=infinity"
    )]
    Memory(String),
    /// The cycle has no better priority than anything else.
    #[error(
        "the cycle has no real-time priority ({0}), so that it may come late on a busy box; give \
         the service LimitRTPRIO={PRIORITY}, or AmbientCapabilities=CAP_SYS_NICE"
    )]
    Priority(String),
}

/// Locks the memory that the process has and will have.
///
/// # Errors
/// When that is not permitted, or not for as much memory as it needs.
pub fn lock_memory() -> Result<(), NotPermitted> {
    let is_capable =
        capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK));
    match getrlimit(Resource::Memlock).current {
        Some(limit) if limit < NEEDED && !is_capable => {
            return Err(NotPermitted::Memory(format!("the limit is {} KiB", limit >> 10)));
        }
        Some(_) | None => {}
    }
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE)
        .map_err(|error| NotPermitted::Memory(error.to_string()))
}

/// Gives the calling thread its real-time priority.
///
/// # Errors
/// When that is not permitted.
pub fn raise_priority() -> Result<(), NotPermitted> {
    let priority = ThreadPriorityValue::try_from(PRIORITY).map_err(NotPermitted::Priority)?;
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(priority),
        ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
    )
    .map_err(|error| {
        NotPermitted::Priority(match error {
            thread_priority::Error::OS(code) => io::Error::from_raw_os_error(code).to_string(),
            error => error.to_string(),
        })
    })
}
