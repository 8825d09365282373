//! Capture: one supervised GStreamer pipeline per camera, its latest frames in a bounded ring.
//!
//! `source` turns the line file's words into a pipeline, `replay` feeds one from a folder,
//! `pipeline` is one life of it, `camera` begins the next when it ends, and `ring` holds the frames
//! for `gather`. `belt` says where the belt stood, and when. `shown` makes of a frame what people look at.

pub mod belt;
mod camera;
pub mod eyesight;
pub mod gather;
mod pipeline;
mod replay;
mod ring;
mod section;
pub mod shown;
mod source;
pub mod usable;

pub use camera::{Camera, CameraState, CaptureCounters, CaptureError};
pub use ring::{Frame, Ring};
pub use section::CameraSection;
pub use source::{Source, SourceError, package_of};
