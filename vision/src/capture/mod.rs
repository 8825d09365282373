//! Capture: one supervised GStreamer pipeline per camera, its latest frames in a bounded ring.
//!
//! `source` turns the line file's words into a pipeline, `replay` feeds one from a folder,
//! `pipeline` is one life of it, `camera` begins the next when it ends, and `ring` holds the frames
//! for `gather`.

mod camera;
mod pipeline;
mod replay;
mod ring;
mod source;

use std::time::Duration;

pub use camera::{Camera, CameraState, CaptureCounters, CaptureError};
pub use ring::{Frame, Ring};
pub use source::{Source, SourceError, package_of};

/// The time now, since the zero of CLOCK_MONOTONIC: the clock of every capture time, which all
/// processes of the host share.
pub fn monotonic_now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).expect("CLOCK_MONOTONIC counts up from zero");
    Duration::new(seconds, u32::try_from(now.tv_nsec).expect("nanoseconds are below a billion"))
}
