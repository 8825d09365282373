//! What the technicians' page learns of this box: crate `calib` owns the page, and asks through
//! [`TheBox`]; this answers.
//!
//! Everything here reads: the state of the box from a `watch` channel that inspectd's main loop
//! feeds, items and the day from the records database (opened read-only for each question), pictures
//! from the evidence folder, and what cameras see now from the live view.

pub mod evidence;
mod history;
pub mod items;
mod status;
mod today;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use calib::the_box::{
    CameraNow, ItemDetails, ItemView, NoAnswer, PageStatus, Picture, TheBox, Today, Wanted,
    Watching,
};
use line::clock::monotonic;
use tokio::sync::watch;

use crate::records::StoreError;
use crate::run::live_view::{self, LiveView};
pub use status::counters;

/// This box, as the page asks it.
#[derive(Debug)]
pub struct Inspectd {
    status: watch::Receiver<Arc<PageStatus>>,
    records_folder: PathBuf,
    /// The cameras, where any run.
    live: Option<LiveView>,
}

impl Inspectd {
    /// The box with that status and the line file's `[store] folder`.
    pub fn new(status: watch::Receiver<Arc<PageStatus>>, records_folder: &Path) -> Self {
        Self { status, records_folder: records_folder.to_owned(), live: None }
    }

    /// The same with cameras that people can watch.
    #[must_use]
    pub fn with_cameras(self, live: LiveView) -> Self {
        Self { live: Some(live), ..self }
    }
}

impl TheBox for Inspectd {
    fn status(&self) -> watch::Receiver<Arc<PageStatus>> {
        self.status.clone()
    }

    fn items(&self, limit: usize) -> Result<Vec<ItemView>, NoAnswer> {
        Ok(items::newest(&self.records_folder, limit)?)
    }

    fn search(&self, wanted: Wanted) -> Result<Vec<ItemView>, NoAnswer> {
        history::search(&self.records_folder, wanted)
    }

    fn item(&self, boot: &str, item: u64) -> Result<ItemDetails, NoAnswer> {
        history::item(&self.records_folder, boot, item)
    }

    fn today(&self) -> Result<Today, NoAnswer> {
        Ok(today::of(&self.records_folder, &self.status.borrow().clock)?)
    }

    fn picture(&self, path: &str) -> Result<Picture, NoAnswer> {
        Ok(evidence::read(&self.records_folder, path)?)
    }

    fn camera(&self, camera: &str) -> Result<CameraNow, NoAnswer> {
        let live = self.live.as_ref().ok_or_else(|| live_view::unknown(camera))?;
        live.camera(camera, &self.status.borrow().cameras, monotonic())
    }

    fn watch(&self, camera: &str) -> Result<Watching, NoAnswer> {
        self.live.as_ref().ok_or_else(|| live_view::unknown(camera))?.watch(camera)
    }
}

impl From<StoreError> for NoAnswer {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}
