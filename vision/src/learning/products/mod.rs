//! **Products**: what the box knows of each SKU, as people see it, and what they change about it.
//!
//! A SKU is known by its references, one a camera, and by the items that the box learned them from. Everything here
//! works on files. A running box takes up a changed reference with the next item; a [`LearnerHandle`] tells its
//! learner at once what else has changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use damage::scoring::{Calibration, Reference, ReferenceKey};
use jiff::Timestamp;
use serde::Serialize;

use super::LearnerHandle;
use super::lessons::{Lessons, Shelf};
use super::plan::{self, Familiarity, Known};
use crate::config::LearningSection;

mod change;
mod error;

pub use error::ProductError;

/// What is known of one SKU.
#[derive(Debug, Clone, Serialize)]
pub struct Product {
    /// The SKU.
    pub sku: String,
    /// How well it is known.
    #[serde(serialize_with = "in_words")]
    pub state: Familiarity,
    /// Whether a person said that its references are to stay as they are.
    pub pinned: bool,
    /// Who taught it: `box` where the box learned it by itself, else `person`.
    pub by: &'static str,
    /// Items that it is learned from.
    pub items: usize,
    /// Items that differ from these.
    pub left_out: usize,
    /// Damaged items that no reference may let pass.
    pub damaged: usize,
    /// The views that have a reference.
    pub views: Vec<String>,
    /// When the newest reference was learned.
    pub learned_at: Option<Timestamp>,
    /// What references and pictures take on the disk.
    pub bytes: u64,
    /// Why it was not learned last time.
    #[serde(skip)]
    pub failed: Option<String>,
}

fn in_words<S: serde::Serializer>(state: &Familiarity, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(state)
}

/// What is known of one view of a SKU.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct KnownView {
    /// The view.
    pub view: String,
    /// Pictures that the reference was learned from.
    pub normals: usize,
    /// How far its threshold can be trusted.
    pub calibration: Option<Calibration>,
    /// The middle of the normal pictures' joint levels.
    pub middle: f64,
    /// Their spread.
    pub spread: f64,
    /// Why the reference cannot be used.
    pub problem: Option<String>,
}

/// One picture behind a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Where it lies: `normal`, `left out` or `damaged`.
    pub shelf: &'static str,
    /// The item.
    pub item: String,
    /// The view.
    pub view: String,
    /// The file.
    pub file: PathBuf,
}

/// The shelves with their names.
pub const SHELVES: [(Shelf, &str); 3] =
    [(Shelf::Normal, "normal"), (Shelf::LeftOut, "left out"), (Shelf::Damaged, "damaged")];

/// Where products are kept.
#[derive(Debug, Clone)]
pub struct Products {
    references: PathBuf,
    lessons: Lessons,
    section: LearningSection,
    learner: Option<LearnerHandle>,
}

impl Products {
    /// Products with references in `references`, and pictures in the folder that `section` names. Neither need exist.
    pub fn new(references: &Path, section: LearningSection) -> Self {
        let lessons = Lessons::new(&section.folder);
        Self { references: references.to_owned(), lessons, section, learner: None }
    }

    /// The same beside a running learner, which hears of each change at once.
    pub fn beside(self, learner: LearnerHandle) -> Self {
        Self { learner: Some(learner), ..self }
    }

    /// The folder of the references.
    pub fn references(&self) -> &Path {
        &self.references
    }

    /// The items that the box learns from.
    pub fn lessons(&self) -> &Lessons {
        &self.lessons
    }

    /// All SKUs that anything is known of, in the order of their names. Folders that cannot be a SKU's, such as
    /// `lost+found`, are passed over.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn skus(&self) -> Result<Vec<String>, ProductError> {
        let mut skus = folders_in(&self.references)?;
        skus.extend(folders_in(&self.section.folder)?);
        skus.retain(|sku| ReferenceKey::new(sku, "view").is_ok());
        skus.sort();
        skus.dedup();
        Ok(skus)
    }

    /// The views of which `sku` has a reference.
    pub fn views(&self, sku: &str) -> Vec<String> {
        let files = fs::read_dir(self.references.join(sku)).into_iter().flatten().flatten();
        let mut views: Vec<String> = files
            .filter_map(|file| {
                Some(file.file_name().to_str()?.strip_suffix(".safetensors")?.to_owned())
            })
            .filter(|view| !view.starts_with('.'))
            .collect();
        views.sort();
        views
    }

    /// Fails unless the box knows something about the SKU.
    ///
    /// # Errors
    /// It does not, or `sku` is no name.
    pub fn must_know(&self, sku: &str) -> Result<(), ProductError> {
        ReferenceKey::new(sku, "view")?;
        if self.views(sku).is_empty() && !self.lessons.sku(sku).is_dir() {
            return Err(ProductError::Unknown { sku: sku.to_owned() });
        }
        Ok(())
    }

    /// What is known of one SKU.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn one(&self, sku: &str) -> Result<Product, ProductError> {
        ReferenceKey::new(sku, "view")?;
        let count = |shelf| Ok::<_, ProductError>(self.items(sku, shelf)?.len());
        let (items, left_out, damaged) =
            (count(Shelf::Normal)?, count(Shelf::LeftOut)?, count(Shelf::Damaged)?);
        let views = self.views(sku);
        let learned = self.lessons.learned(sku);
        let failed = learned.clone().and_then(|learned| learned.failed).map(|failed| failed.why);
        let is_by_box = self.lessons.sku(sku).is_dir();
        let known = Known { items, learned, ..Known::default() };
        let state =
            plan::familiarity(is_by_box.then_some(&known), !views.is_empty(), &self.section);
        let files =
            views.iter().map(|view| self.references.join(sku).join(format!("{view}.safetensors")));
        let facts: Vec<fs::Metadata> = files.filter_map(|file| file.metadata().ok()).collect();
        let newest: Option<SystemTime> = facts.iter().filter_map(|file| file.modified().ok()).max();
        let of_pictures = self.lessons.bytes(sku).map_err(|error| self.disk(sku, error))?;
        Ok(Product {
            sku: sku.to_owned(),
            state,
            pinned: known.is_pinned(),
            by: if is_by_box { "box" } else { "person" },
            items,
            left_out,
            damaged,
            views,
            learned_at: newest.and_then(|time| Timestamp::try_from(time).ok()),
            bytes: facts.iter().map(fs::Metadata::len).sum::<u64>() + of_pictures,
            failed,
        })
    }

    /// What is known of one view; `backbone` is the checksum of the model in use, and `budget` the share of good items
    /// that may be diverted.
    ///
    /// # Errors
    /// `sku` or `view` is no name.
    pub fn view(
        &self,
        sku: &str,
        view: String,
        backbone: &str,
        budget: f64,
    ) -> Result<KnownView, ProductError> {
        let key = ReferenceKey::new(sku, &view)?;
        Ok(match Reference::load(&self.references, &key, backbone) {
            Ok(reference) => KnownView {
                view,
                normals: reference.normals(),
                calibration: Some(reference.joint().calibration(budget)),
                middle: reference.joint().middle(),
                spread: reference.joint().spread(),
                problem: None,
            },
            Err(error) => {
                KnownView { view, problem: Some(error.to_string()), ..KnownView::default() }
            }
        })
    }

    /// The pictures behind the references of a SKU, shelf by shelf, the oldest first.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn pictures(&self, sku: &str) -> Result<Vec<Taken>, ProductError> {
        ReferenceKey::new(sku, "view")?;
        let mut pictures = Vec::new();
        for (shelf, name) in SHELVES {
            for item in self.items(sku, shelf)? {
                let of_item = self.lessons.pictures(sku, shelf, &item);
                for (view, file) in of_item.map_err(|error| self.disk(sku, error))? {
                    pictures.push(Taken { shelf: name, item: item.clone(), view, file });
                }
            }
        }
        Ok(pictures)
    }

    /// On which shelf an item lies; none where it lies on none.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn shelf_of(&self, sku: &str, item: &str) -> Result<Option<Shelf>, ProductError> {
        for (shelf, _) in SHELVES {
            if self.items(sku, shelf)?.iter().any(|known| known == item) {
                return Ok(Some(shelf));
            }
        }
        Ok(None)
    }

    fn items(&self, sku: &str, shelf: Shelf) -> Result<Vec<String>, ProductError> {
        self.lessons.items(sku, shelf).map_err(|error| self.disk(sku, error))
    }

    fn disk(&self, sku: &str, source: io::Error) -> ProductError {
        ProductError::Disk { path: self.lessons.sku(sku), source }
    }
}

/// The names of the folders in `folder`; none where it is not there.
fn folders_in(folder: &Path) -> Result<Vec<String>, ProductError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ProductError::Disk { path: folder.to_owned(), source }),
    };
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().to_str()?.to_owned();
        (entry.path().is_dir() && !name.starts_with('.')).then_some(name)
    };
    Ok(entries.flatten().filter_map(name).collect())
}

#[cfg(test)]
mod tests;
