//! `[[camera]]` of the line file.
//!
//! A camera's **window** is the place on the belt that its picture is about; its position is
//! measured from the entry eye, in the direction of travel, to the point where an item's leading
//! edge stands when the item is in the middle of the picture.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[[camera]]`: one camera of the tunnel. Each camera makes one view of each item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CameraSection {
    /// The view's name, for example `top`; references are kept per SKU and view.
    #[schemars(length(min = 1, max = 40), regex(pattern = r"^[a-z0-9][a-z0-9_-]*$"))]
    pub name: String,
    /// Where the pictures come from: `v4l2:/dev/video0`, `csi:0`, `gige:<serial>`,
    /// `rtsp://host/path`, `replay:<folder>`, `shm:<socket>`, or a GStreamer pipeline in
    /// `gst-launch` notation without its sink.
    #[schemars(length(min = 4))]
    pub source: String,
    /// Width of the picture, in pixels.
    #[schemars(range(min = 16, max = 8192))]
    pub width_px: u32,
    /// Height of the picture, in pixels.
    #[schemars(range(min = 16, max = 8192))]
    pub height_px: u32,
    /// Pictures a second.
    #[serde(default = "fps")]
    #[schemars(range(min = 1, max = 500))]
    pub fps: u32,
    /// Significant bits of a pixel that a monochrome camera delivers in two bytes: 12 for most
    /// cameras that are set to `Mono12`, whose pictures would be nearly black otherwise. Cameras
    /// that deliver one byte, or colour, do not need it.
    #[serde(default = "grey_bits")]
    #[schemars(range(min = 8, max = 16))]
    pub grey_bits: u32,
    /// Position of the camera's window, in millimetres from the entry eye.
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub position_mm: f64,
    /// How far from the window's middle an item may stand in a usable picture, in millimetres. At
    /// least half of the belt's travel between two pictures.
    #[serde(default = "tolerance_mm")]
    #[schemars(range(min = 0.1, max = 1000.0))]
    pub tolerance_mm: f64,
    /// Time from the exposure of a picture to the time stamp that it gets here, in milliseconds:
    /// network cameras encode, send and decode first, often for 100 ms and more. An item's picture is
    /// looked up that much later, so that it shows the item where it stood.
    #[serde(default)]
    #[schemars(range(max = 2000))]
    pub latency_ms: u32,
    /// Whether the camera may deliver the same picture again and again while items pass. Otherwise it
    /// counts as frozen, and its items as not inspected: a sensor always shows a little noise. Left out,
    /// only `replay:` may. Compared is the middle of the picture, without a tenth of it above and below,
    /// where cameras write the time.
    #[serde(default)]
    pub may_repeat: Option<bool>,
    /// Pictures kept while items wait for theirs.
    #[serde(default = "ring_frames")]
    #[schemars(range(min = 2, max = 256))]
    pub ring_frames: usize,
    /// Silence after which the source counts as dead and is opened anew, in milliseconds.
    #[serde(default = "stall_ms")]
    #[schemars(range(min = 100, max = 60_000))]
    pub stall_ms: u32,
    /// Longest pause between two attempts to open the source, in milliseconds; the first is
    /// 250 ms, and each failure doubles it.
    #[serde(default = "retry_max_ms")]
    #[schemars(range(min = 250, max = 60_000))]
    pub retry_max_ms: u32,
}

impl CameraSection {
    /// Whether the same picture again and again is no fault of this camera.
    pub fn repeats(&self) -> bool {
        self.may_repeat.unwrap_or_else(|| self.source.trim_start().starts_with("replay:"))
    }
}

fn fps() -> u32 {
    25
}
fn grey_bits() -> u32 {
    16
}
fn tolerance_mm() -> f64 {
    40.0
}
fn ring_frames() -> usize {
    32
}
fn stall_ms() -> u32 {
    2000
}
fn retry_max_ms() -> u32 {
    10_000
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A camera of that name.
    pub(crate) fn camera(name: &str) -> CameraSection {
        CameraSection {
            name: name.into(),
            source: "v4l2:/dev/video0".into(),
            width_px: 640,
            height_px: 480,
            fps: 25,
            grey_bits: 16,
            position_mm: 100.0,
            tolerance_mm: 40.0,
            latency_ms: 0,
            may_repeat: None,
            ring_frames: 8,
            stall_ms: 1000,
            retry_max_ms: 1000,
        }
    }

    #[test]
    fn only_a_replayed_folder_may_repeat_a_picture_unless_the_line_file_says_so() {
        let mut section = camera("top");
        assert!(!section.repeats());
        section.source = "replay:/pictures".into();
        assert!(section.repeats());
        section.may_repeat = Some(false);
        assert!(!section.repeats());
    }
}
