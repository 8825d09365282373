//! What the page asks of the box, and the shapes of the answers: the JSON of `/api`.
//!
//! inspectd implements [`TheBox`]. The page calls its methods on threads that may wait, a few at once.

mod answers;
mod history;
mod holds;
mod items;
mod live;
mod products;
pub mod settings;
mod status;
mod thresholds;
mod today;

use std::fs::File;
use std::sync::Arc;

use tokio::sync::watch;

pub use answers::{AnswerView, KINDS, NewAnswer, TRUTHS, Taught};
pub use history::{
    FindingView, ItemDetails, LabelPart, OUTCOMES, REASONS, StepTime, VERDICTS, Wanted,
};
pub use holds::{HoldAnswer, HoldChange, HoldOnPage, HoldView, HoldsNow, NewHold, SuspectView};
pub use items::{CameraView, ItemView};
pub use live::{CameraNow, ItemWindow, LastItem, LivePicture, NewestFrame, PictureFacts, Watching};
pub use products::{
    ProductChange, ProductDetails, ProductPicture, ProductView, ProductsFound, ReferenceView,
    SHELVES,
};
pub use status::*;
pub use thresholds::{ShareView, StopView, ThresholdsView};
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

    /// What is on hold, and which batches are suspect.
    ///
    /// # Errors
    /// inspectd's loop does not answer.
    fn holds(&self) -> Result<HoldsNow, NoAnswer>;

    /// Sets a hold of this box; it is in force when this returns, unless its SKU is not known.
    ///
    /// # Errors
    /// It cannot be set as wanted, or inspectd's loop does not answer.
    fn set_hold(&self, wanted: NewHold) -> Result<HoldAnswer, NoAnswer>;

    /// Lifts the hold of this box with that id.
    ///
    /// # Errors
    /// This box has set none of that id, or inspectd's loop does not answer.
    fn lift_hold(&self, id: &str) -> Result<HoldChange, NoAnswer>;

    /// Products whose SKU holds `part`, whatever the case; `limit` of them at most.
    ///
    /// # Errors
    /// A folder cannot be read.
    fn products(&self, part: &str, limit: usize) -> Result<ProductsFound, NoAnswer>;

    /// One product with everything that is known of it; `sku` is what somebody asked for, and may be anything.
    ///
    /// # Errors
    /// Nothing is known of it, or a folder cannot be read.
    fn product(&self, sku: &str) -> Result<ProductDetails, NoAnswer>;

    /// Changes a product; it is done when this returns.
    ///
    /// # Errors
    /// It makes no sense for this product, or the disk refuses.
    fn change_product(&self, sku: &str, change: ProductChange) -> Result<(), NoAnswer>;

    /// One picture behind a reference, small; the names are what somebody asked for, and may be anything.
    ///
    /// # Errors
    /// There is no such picture, or it cannot be read.
    fn product_picture(&self, sku: &str, item: &str, view: &str) -> Result<Picture, NoAnswer>;

    /// Keeps what somebody says that an item was, and learns from it; it is on the disk when this returns.
    ///
    /// # Errors
    /// There is no such item, or the disk does not take it.
    fn answer(&self, boot: &str, item: u64, said: NewAnswer) -> Result<Taught, NoAnswer>;

    /// What another false-divert budget would do, told from recent items.
    ///
    /// # Errors
    /// The records cannot be read, or that takes too long.
    fn thresholds(&self) -> Result<ThresholdsView, NoAnswer>;

    /// The items that somebody looks for with their pictures, as one zip file.
    ///
    /// # Errors
    /// They cannot be read, or there is no room for the file.
    fn export(&self, wanted: Wanted) -> Result<Export, NoAnswer>;

    /// The line file, which the page shows and changes.
    fn line_settings(&self) -> &dyn settings::LineSettings;

    /// One picture of the evidence; `path` is what somebody asked for, and may be anything.
    ///
    /// # Errors
    /// There is no such picture, or it cannot be read.
    fn picture(&self, path: &str) -> Result<Picture, NoAnswer>;

    /// One camera as it is now; `camera` is what somebody asked for, and may be anything. This does not wait.
    ///
    /// # Errors
    /// There is no such camera.
    fn camera(&self, camera: &str) -> Result<CameraNow, NoAnswer>;

    /// The pictures of a camera from now on, likewise.
    ///
    /// # Errors
    /// There is no such camera.
    fn watch(&self, camera: &str) -> Result<Watching, NoAnswer>;
}

/// A picture and what kind it is.
#[derive(Debug)]
pub struct Picture {
    /// MIME type.
    pub kind: &'static str,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// A zip file with items, open at its begin.
#[derive(Debug)]
pub struct Export {
    /// The file.
    pub file: File,
    /// Its length.
    pub bytes: u64,
}

/// Why there is no answer, in words that end with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// There is no such thing.
    #[error("{0}")]
    Absent(String),
    /// It is not done as wanted.
    #[error("{0}")]
    Refused(String),
    /// It is there, or should be, and cannot be had now.
    #[error("{0}")]
    Failed(String),
}
