//! Captures views of items, scores them against normal ones and learns what normal is.
//!
//! The path of one item, which is also the order to read in: [`capture`] keeps each camera's latest
//! frames, [`gather`] picks the frame in which the item stood in the camera's window,
//! [`inference`] scores these frames on threads of its own with [`scoring`]. [`mod@learn`] makes the
//! references that scoring compares with, [`evaluate`] tells how well that works.

pub mod backbone;
pub mod capture;
mod checksum;
pub mod config;
pub mod damage;
pub mod dataset;
mod drift;
pub mod evaluate;
pub mod eyesight;
pub mod fit;
pub mod gather;
mod hull;
pub mod identity;
pub mod inference;
pub mod label;
pub mod learn;
pub mod localise;
mod onnx_runtime;
mod panics;
pub mod picture;
pub mod progress;
mod regions;
pub mod scoring;
mod svg;
pub mod train;
pub mod usable;

pub use capture::{Camera, CameraState, CaptureCounters, CaptureError, Frame, Ring, monotonic_now};
pub use config::{CameraSection, IdentitySection, LabelSection, ModelSection};
pub use dataset::{Dataset, DatasetError};
pub use evaluate::{EvaluateError, EvaluateOptions, Evaluation, Metrics};
pub use gather::{FrameStore, Gathered, Gatherer, Missing, Rings, View, Window};
pub use inference::{InspectionPool, Job, Scored};
pub use learn::{LearnError, Learned, learn};
pub use picture::{Picture, PictureError, PixelFormat};
pub use progress::{Progress, Silent};
pub use scoring::{
    Calibration, DeviceChoice, HeatMap, Reference, ReferenceKey, Scorer, ScoringError, ViewScore,
};
