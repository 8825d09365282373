//! What can keep a view from being scored, or a reference from being used.

use base::messages::first_line;
use std::path::PathBuf;

use crate::HeadError;
use base::picture::PictureError;
use features::backbone::{EngineError, GoldenError};
use features::localise::LocaliseError;

/// Why there is no score. Where it can concern one item, the text becomes that item's cause, and
/// causes are counted and alerted by their text: what varies from item to item (times, panic
/// messages) stands in the fields only.
#[derive(Debug, thiserror::Error)]
pub enum ScoringError {
    /// The model folder lacks a file, or it cannot be read.
    #[error("cannot read {path}: {cause}; run scripts/bootstrap, or name another [model] folder")]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The system gives no thread to score in.
    #[error("no thread can be started to score in: {cause}; see what uses up processes and memory")]
    NoThread {
        /// What the system said.
        cause: std::io::Error,
    },
    /// The backbone is no TorchScript, or not one that this libtorch can run.
    #[error(
        "{path} is not a TorchScript backbone that can be loaded: {cause}; export it anew with \
         scripts/bootstrap"
    )]
    Backbone {
        /// The file.
        path: PathBuf,
        /// What libtorch said.
        cause: String,
    },
    /// The backbone computes something else than it did when it was exported.
    #[error("the model in {folder} is not what was exported: {cause}")]
    Golden {
        /// The model folder.
        folder: PathBuf,
        /// Which output differs and by how much.
        cause: Box<GoldenError>,
    },
    /// The engine of the backbone cannot be loaded, or failed.
    #[error(transparent)]
    Engine(EngineError),
    /// A reference can only grow with the damage head that it was learned with.
    #[error(
        "the reference of {sku}, view {view}, was learned with another damage head than this one, or \
         without any; learn it from all normal pictures instead of adding to it"
    )]
    OtherHead {
        /// The SKU.
        sku: String,
        /// The view.
        view: String,
    },
    /// CUDA is asked for and not there.
    #[error(
        "[model] device is `cuda`, but this libtorch finds no CUDA device; check the driver and that \
         libtorch is a CUDA build, or write `auto` or `cpu`"
    )]
    NoCuda,
    /// A tensor operation failed.
    #[error("libtorch failed at {during}: {cause}")]
    Torch {
        /// The step.
        during: &'static str,
        /// What libtorch said.
        cause: String,
    },
    /// Something that is not a number came out.
    #[error("{what} holds NaN or infinite values; the view is not scored")]
    NotFinite {
        /// Which values.
        what: &'static str,
    },
    /// The picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The picture is too small to tell anything.
    #[error("a picture of {width}x{height} pixels is too small to score; it needs {min} each way")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Least width and height.
        min: u32,
    },
    /// The frame is even: all of it one colour.
    #[error(
        "no usable picture: the frame is all of one colour; check the camera's exposure, its lens \
         cap and the light in the tunnel"
    )]
    Blank,
    /// The belt was empty where the item should have been.
    #[error(
        "no item is in sight; check the camera's window, and that the reference shows this item"
    )]
    NoItem,
    /// More than one item is in the window.
    #[error("several items are in sight; feed items further apart, or make the window narrower")]
    SeveralItems {
        /// How many.
        count: usize,
    },
    /// What the item looks like against its surroundings could not be learned.
    #[error(transparent)]
    Localise(#[from] LocaliseError),
    /// The damage head cannot be used.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// A reference needs at least one normal picture.
    #[error("a reference needs at least one normal picture")]
    NoNormals,
    /// Nothing was learned for this SKU and view.
    #[error(
        "no reference for SKU {sku}, view {view}: {path} does not exist; learn it with \
         `inspectctl learn`"
    )]
    NoReference {
        /// The SKU.
        sku: String,
        /// The view.
        view: String,
        /// Where the reference was looked for.
        path: PathBuf,
    },
    /// The reference file cannot be read or written.
    #[error("reference {path}: {cause}")]
    ReferenceFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The reference file is not what it should be.
    #[error("reference {path} cannot be used: {cause}; learn it anew with `inspectctl learn`")]
    ReferenceRefused {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        cause: String,
    },
    /// A SKU or view whose name cannot be a file's name.
    #[error("`{name}` cannot name a SKU or view: use letters, digits, '.', '_' and '-'")]
    Name {
        /// The name.
        name: String,
    },
    /// The item's commit point passed before its turn came.
    #[error("the deadline passed before the item's turn; too many items for this box")]
    TooLate {
        /// How late it was, in milliseconds.
        late_ms: u64,
    },
    /// The scorer panicked on this view.
    #[error("scoring panicked; the log holds the message: please report it with the picture")]
    Panicked {
        /// The panic's message, which may hold numbers that differ from item to item.
        cause: String,
    },
}

impl From<EngineError> for ScoringError {
    fn from(error: EngineError) -> ScoringError {
        match error {
            EngineError::Read { path, cause } => ScoringError::ModelFile { path, cause },
            EngineError::Unusable { path, cause } => ScoringError::Backbone { path, cause },
            EngineError::Golden { folder, cause } => ScoringError::Golden { folder, cause },
            error @ (EngineError::NoOnnxRuntime { .. } | EngineError::Run { .. }) => {
                ScoringError::Engine(error)
            }
        }
    }
}

impl ScoringError {
    /// Wraps an error of libtorch, whose own text carries a long stack of C++ frames.
    pub fn torch(during: &'static str) -> impl FnOnce(tch::TchError) -> ScoringError {
        move |error| ScoringError::Torch { during, cause: first_line(&error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_that_differ_only_in_a_measurement_read_the_same() {
        let late = |late_ms| ScoringError::TooLate { late_ms }.to_string();
        assert_eq!(late(3), late(4711));
        let panicked = |cause: &str| ScoringError::Panicked { cause: cause.into() }.to_string();
        assert_eq!(panicked("index 7 of 5"), panicked("index 8 of 5"));
    }
}
