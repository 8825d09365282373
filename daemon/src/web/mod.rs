//! What the technicians' page learns of this box: crate `calib` owns the page, and asks through
//! [`TheBox`]; this answers.
//!
//! Everything here but [`settings`] reads: the state of the box from a `watch` channel that inspectd's main loop
//! feeds, items and the day from the records database (opened read-only for each question), pictures
//! from the evidence folder.

pub mod evidence;
mod history;
pub mod items;
pub mod settings;
mod status;
mod today;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use calib::the_box::settings::LineSettings;
use calib::the_box::{ItemDetails, ItemView, NoAnswer, PageStatus, Picture, TheBox, Today, Wanted};
use tokio::sync::watch;

use self::settings::SettingsOfBox;
use crate::config::DEFAULT_PATH;
use crate::records::StoreError;
pub use status::counters;

/// This box, as the page asks it.
#[derive(Debug)]
pub struct Inspectd {
    status: watch::Receiver<Arc<PageStatus>>,
    records_folder: PathBuf,
    settings: SettingsOfBox,
}

impl Inspectd {
    /// The box with that status and the line file's `[store] folder`, and the line file where an appliance has it.
    pub fn new(status: watch::Receiver<Arc<PageStatus>>, records_folder: &Path) -> Self {
        let settings = SettingsOfBox::new(Path::new(DEFAULT_PATH), "", records_folder, None);
        Self { status, records_folder: records_folder.to_owned(), settings }
    }

    /// The same with another line file.
    #[must_use]
    pub fn with_settings(self, settings: SettingsOfBox) -> Self {
        Self { settings, ..self }
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

    fn line_settings(&self) -> &dyn LineSettings {
        &self.settings
    }

    fn picture(&self, path: &str) -> Result<Picture, NoAnswer> {
        Ok(evidence::read(&self.records_folder, path)?)
    }
}

impl From<StoreError> for NoAnswer {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}
