//! **Identity**: which SKU an item is, by its looks and its words.
//!
//! * **view**: a picture of the item that is asked about;
//! * **reference**: a picture of a good item of a known SKU; **catalogue picture**: one such picture on white
//!   ground, as shops have it;
//! * **look-alike**: another SKU with much of the same print, such as the same milk with less fat.
//!
//! Nearest neighbours on pooled features of a network see the shop around the item and confuse look-alikes.
//! What works instead, in this order: [`keypoints`] of the view are found again in the reference
//! ([`matching`]) and must lie alike ([`geometry`]); where they do, colours are compared place by place
//! ([`colour`]), for look-alikes share print but not colour. The colours of its middle (`tint`) tell where no
//! print is seen, and [`words`] that were read anyway are added.
//! [`catalog`] learns SKUs and compares; of many SKUs the [`index`] first proposes those worth comparing; [`rank`] makes calibrated probabilities of the comparison.
//! [`folder`] is where pictures by SKU lie, [`evaluate()`] tells how well it works on some.

mod appearance;
pub mod catalog;
pub mod colour;
mod evaluate;
pub mod folder;
pub mod geometry;
pub mod index;
pub mod keypoints;
pub mod looks;
pub mod matching;
pub mod rank;
mod tint;
pub mod words;

use std::path::PathBuf;

use tch::TchError;
use thiserror::Error;

use base::picture::PictureError;
use reading::text::TextError;

pub use appearance::{Appearance, AppearanceReader, of_files};
pub use catalog::{Catalog, MayBe};
pub use evaluate::{AtRefusal, IdentityFigures, evaluate};
pub use looks::Looks;
pub use rank::{Compared, Comparison, Ranked};

/// Why there is no answer about identity.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// There is no picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Text cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A SKU was to be learned from nothing.
    #[error("there is no picture of {sku} to learn from; add one to the catalogue folder")]
    NoPicture {
        /// The SKU.
        sku: String,
    },
    /// libtorch refused; with pictures of the right size it does only when memory is short.
    #[error("{what} failed in libtorch: {source}; see whether the box is short of memory")]
    Torch {
        /// What was to be computed.
        what: &'static str,
        /// What libtorch said.
        source: TchError,
    },
    /// The file of a catalogue cannot be read or written.
    #[error(
        "cannot access the catalogue {path}: {source}; check the disk and the rights of the file"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file of a catalogue holds something else.
    #[error("{path} is no catalogue of this version: {cause}; learn the catalogue anew")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl IdentityError {
    fn torch(what: &'static str) -> impl FnOnce(TchError) -> Self {
        move |source| Self::Torch { what, source }
    }
}
