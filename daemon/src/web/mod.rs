//! What the technicians' page learns of this box: crate `calib` owns the page, and asks through
//! [`TheBox`]; this answers.
//!
//! The state of the box comes from a `watch` channel that inspectd's main loop feeds, items and the day from the
//! records database (opened read-only for each question), pictures from the evidence folder. What is to be
//! changed goes to the loop as a [command](crate::run::commands).

pub mod evidence;
mod history;
mod holds;
pub mod items;
mod status;
mod today;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use calib::the_box::{
    HoldView, HoldsNow, ItemDetails, ItemView, NewHold, NoAnswer, PageStatus, Picture, TheBox,
    Today, Wanted,
};
use tokio::sync::watch;

use crate::records::StoreError;
use crate::run::commands::{Commands, NotDone};
pub use status::counters;

/// This box, as the page asks it.
#[derive(Debug)]
pub struct Inspectd {
    status: watch::Receiver<Arc<PageStatus>>,
    records_folder: PathBuf,
    commands: Commands,
}

impl Inspectd {
    /// The box with that status, the line file's `[store] folder`, and the way to the loop.
    pub fn new(
        status: watch::Receiver<Arc<PageStatus>>,
        records_folder: &Path,
        commands: Commands,
    ) -> Self {
        Self { status, records_folder: records_folder.to_owned(), commands }
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

    fn holds(&self) -> Result<HoldsNow, NoAnswer> {
        holds::now(&self.commands, &self.records_folder)
    }

    fn set_hold(&self, wanted: NewHold) -> Result<HoldView, NoAnswer> {
        holds::set(&self.commands, wanted)
    }

    fn lift_hold(&self, id: &str) -> Result<HoldView, NoAnswer> {
        holds::lift(&self.commands, id)
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

impl From<NotDone> for NoAnswer {
    fn from(not: NotDone) -> Self {
        match not {
            NotDone::Refused(why) => Self::Refused(why),
            NotDone::Silent(why) => Self::Failed(why.to_owned()),
        }
    }
}
