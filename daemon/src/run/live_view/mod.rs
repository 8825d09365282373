//! The **live view**: what people see who watch a camera on the page, so that it costs the items nothing.
//!
//! `Tap` (`tap.rs`) makes pictures for people, on a thread of its own and only while somebody watches;
//! [`LastItems`] remembers which item was scored last in each camera's view, as the loop tells it.

mod last_items;
mod tap;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use calib::the_box::{
    CameraHealth, CameraNow, CameraStatus, ItemWindow, NewestFrame, NoAnswer, Watching,
};
use capture::{Camera, CameraSection};

pub use last_items::{LastItems, Located};
use tap::Tap;

/// What people may watch.
#[derive(Debug)]
pub struct LiveView {
    tap: Tap,
    windows: Vec<(String, ItemWindow)>,
    last_items: Arc<LastItems>,
}

impl LiveView {
    /// Taps the running `cameras`, which those sections declare; nobody is shown more than `per_s` pictures a
    /// second.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(sections: &[CameraSection], cameras: &[Camera], per_s: u32) -> io::Result<Self> {
        let rings = cameras.iter().map(|camera| (Arc::clone(camera.name()), camera.ring()));
        let window = |of: &CameraSection| {
            let window = ItemWindow { position_mm: of.position_mm, tolerance_mm: of.tolerance_mm };
            (of.name.clone(), window)
        };
        Ok(Self {
            tap: Tap::start(rings, per_s)?,
            windows: sections.iter().map(window).collect(),
            last_items: Arc::default(),
        })
    }

    /// Where the loop tells which items were scored.
    pub fn last_items(&self) -> Arc<LastItems> {
        Arc::clone(&self.last_items)
    }

    /// The pictures of `camera`, which may be anything.
    ///
    /// # Errors
    /// There is no such camera.
    pub fn watch(&self, camera: &str) -> Result<Watching, NoAnswer> {
        self.tap.watch(camera).ok_or_else(|| unknown(camera))
    }

    /// `camera`, which may be anything, as it is at the time `now`; `status` is what the loop last said of all.
    ///
    /// # Errors
    /// There is no such camera.
    pub fn camera(
        &self,
        camera: &str,
        status: &[CameraStatus],
        now: Duration,
    ) -> Result<CameraNow, NoAnswer> {
        let known = self.windows.iter().find(|(name, _)| name == camera);
        let (name, window) = known.ok_or_else(|| unknown(camera))?;
        let said = status.iter().find(|one| one.name == camera);
        let frame = self.tap.newest(camera).map(|(number, at)| {
            let age = now.saturating_sub(at).as_millis();
            NewestFrame { number, age_ms: u64::try_from(age).unwrap_or(u64::MAX) }
        });
        Ok(CameraNow {
            camera: name.clone(),
            state: said.map_or(CameraHealth::Starting, |one| one.state),
            cause: said.and_then(|one| one.cause.clone()),
            frame,
            window: *window,
            last_item: self.last_items.of(camera),
        })
    }
}

/// There is no such camera.
pub fn unknown(camera: &str) -> NoAnswer {
    NoAnswer::Absent(format!(
        "no camera `{camera}` in the line file: /api/status names those that there are"
    ))
}
