//! Errors of reading and changing products.

use std::io;
use std::path::PathBuf;

use damage::scoring::ScoringError;

/// Why nothing is told or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// The SKU cannot be a name of a folder.
    #[error(transparent)]
    Name(#[from] ScoringError),
    /// Nothing is known of it.
    #[error("nothing is known of SKU {sku}; `inspectctl skus list` tells what is known")]
    Unknown {
        /// The SKU.
        sku: String,
    },
    /// It has no such item.
    #[error("SKU {sku} has no item {item}; `inspectctl skus show \"{sku}\"` lists its items")]
    NoItem {
        /// The SKU.
        sku: String,
        /// The item.
        item: String,
    },
    /// There is nothing to pin.
    #[error("SKU {sku} has no reference yet that could stay as it is; let more of its items pass")]
    NoReference {
        /// The SKU.
        sku: String,
    },
    /// Its reference is a person's.
    #[error(
        "the box has no pictures of SKU {sku} to learn from: `inspectctl learn` made its reference"
    )]
    NoPictures {
        /// The SKU.
        sku: String,
    },
    /// Its reference is a person's, and the box changes it in no case.
    #[error("`inspectctl learn` made the references of SKU {sku}: the box never changes them")]
    ByPerson {
        /// The SKU.
        sku: String,
    },
    /// A person said that nothing more is to be learned.
    #[error("SKU {sku} is pinned; let the box learn about it again first")]
    Pinned {
        /// The SKU.
        sku: String,
    },
    /// A file or folder refuses.
    #[error("{path} cannot be read or changed: {source}; look at its rights and at the room on the disk", path = path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
