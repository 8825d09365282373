//! What people see who watch a camera: its newest picture, and what is known of it.
//!
//! A picture is shared by all who watch: whoever is slow misses some, and nothing waits for anybody.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::watch;

use super::CameraHealth;

/// Always the newest picture of a camera; none while there is none yet. The box takes the trouble only while
/// somebody has one of these.
pub type Watching = watch::Receiver<Option<Arc<LivePicture>>>;

/// A picture for people.
#[derive(Debug)]
pub struct LivePicture {
    /// Which of the camera's frames it is, counted from the start of inspectd.
    pub number: u64,
    /// When it was taken.
    pub taken: Instant,
    /// The width of the camera's own picture, in pixels.
    pub width_px: u32,
    /// Its height.
    pub height_px: u32,
    /// The share of its strong edges that is done within one pixel, from 1/8 (blurred) to 1 (sharp); none
    /// where it has too few.
    pub sharpness: Option<f64>,
    /// Share of its pixels at full brightness.
    pub glare: f64,
    /// The picture, small enough for a tablet, as a JPEG file.
    pub jpeg: Bytes,
}

/// What is known of a picture: the header `X-Picture` that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct PictureFacts {
    /// Which of the camera's frames it is, counted from the start of inspectd.
    pub number: u64,
    /// How long ago it was taken, in milliseconds.
    pub age_ms: u64,
    /// The width of the camera's own picture, in pixels.
    pub width_px: u32,
    /// Its height.
    pub height_px: u32,
    /// The share of its strong edges that is done within one pixel, from 1/8 (blurred) to 1 (sharp); none
    /// where it has too few.
    pub sharpness: Option<f64>,
    /// Share of its pixels at full brightness.
    pub glare: f64,
}

impl LivePicture {
    /// What is known of it now.
    pub fn facts(&self) -> PictureFacts {
        let age_ms = u64::try_from(self.taken.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Self { number, width_px, height_px, sharpness, glare, .. } = *self;
        PictureFacts { number, age_ms, width_px, height_px, sharpness, glare }
    }
}

/// One camera as it is now: the answer of `GET /api/cameras/{camera}/frame`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CameraNow {
    /// Its name.
    pub camera: String,
    /// Whether pictures come.
    pub state: CameraHealth,
    /// Why none come; only when it is down.
    pub cause: Option<String>,
    /// Its newest frame; none while there is none.
    pub frame: Option<NewestFrame>,
    /// Where it looks.
    pub window: ItemWindow,
    /// The item that was scored last in its view.
    pub last_item: Option<LastItem>,
}

/// A camera's newest frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewestFrame {
    /// Which of the camera's frames it is, counted from the start of inspectd.
    pub number: u64,
    /// How long ago it was taken, in milliseconds.
    pub age_ms: u64,
}

/// The place on the belt that a camera's picture is about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct ItemWindow {
    /// From the entry eye to where an item's leading edge stands when the item is in the middle of the picture,
    /// in millimetres.
    pub position_mm: f64,
    /// How far from there the item may stand, in millimetres.
    pub tolerance_mm: f64,
}

/// The item that was scored last in a camera's view.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LastItem {
    /// The bridge's start that numbered the item.
    pub boot: String,
    /// The number within it.
    pub item: u64,
    /// The width of the picture in which `bounds` counts, in pixels.
    pub width_px: u32,
    /// Its height.
    pub height_px: u32,
    /// The box in which the item was found: left, top, width and height in pixels; none where none was found.
    pub bounds: Option<[u32; 4]>,
    /// How far past the window's middle it stood, in millimetres.
    pub offset_mm: Option<f64>,
    /// How surprising the view is among normal ones: -log10 of its p-value.
    pub score: f32,
    /// The score above which the view counts as damaged.
    pub threshold: f32,
    /// How often a normal view looks as odd.
    pub p_value: f64,
    /// `pass`, `divert` or `uninspected`; none while it is being inspected.
    pub verdict: Option<&'static str>,
    /// The picture with the heat map over it, to be fetched from `/evidence/` and this path.
    pub heat_map: Option<String>,
}
