//! What the page asks of the box, and the shapes of the answers: the JSON of `/api`.
//!
//! inspectd implements [`TheBox`]. The page calls its methods on threads that may wait, a few at once.

mod history;
mod items;
pub mod settings;
mod status;
mod today;

use std::sync::Arc;

use tokio::sync::watch;

pub use history::{
    FindingView, ItemDetails, LabelPart, OUTCOMES, REASONS, StepTime, VERDICTS, Wanted,
};
pub use items::{CameraView, ItemView};
pub use status::*;
pub use today::{Minute, Today};

/// The box, as the page knows it.
pub trait TheBox: Send + Sync + 'static {
    /// How the box stands, renewed whenever that changes and at least once a second; so that a page
    /// can tell when it no longer is.
    fn status(&self) -> watch::Receiver<Arc<PageStatus>>;

    /// The newest `limit` items, newest first.
    ///
    /// # Errors
    /// The records cannot be read.
    fn items(&self, limit: usize) -> Result<Vec<ItemView>, NoAnswer>;

    /// The items that somebody looks for, newest first.
    ///
    /// # Errors
    /// The records cannot be read, or the search takes too long.
    fn search(&self, wanted: Wanted) -> Result<Vec<ItemView>, NoAnswer>;

    /// One item with everything that is known of it; `boot` is what somebody asked for, and may be anything.
    ///
    /// # Errors
    /// There is no such item, or the records cannot be read.
    fn item(&self, boot: &str, item: u64) -> Result<ItemDetails, NoAnswer>;

    /// What happened today, and in the last hour.
    ///
    /// # Errors
    /// The records cannot be read.
    fn today(&self) -> Result<Today, NoAnswer>;

    /// The line file, which the page shows and changes.
    fn line_settings(&self) -> &dyn settings::LineSettings;

    /// One picture of the evidence; `path` is what somebody asked for, and may be anything.
    ///
    /// # Errors
    /// There is no such picture, or it cannot be read.
    fn picture(&self, path: &str) -> Result<Picture, NoAnswer>;
}

/// A picture and what kind it is.
#[derive(Debug)]
pub struct Picture {
    /// MIME type.
    pub kind: &'static str,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// Why there is no answer, in words that end with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// There is no such thing.
    #[error("{0}")]
    Absent(String),
    /// It is there, or should be, and cannot be had now.
    #[error("{0}")]
    Failed(String),
}
