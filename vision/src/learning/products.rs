//! **Products**: what the box knows of each SKU, as people see it, and what they change about it.
//!
//! A SKU is known by its references, one a camera, and by the items that the box learned them from. Everything here
//! works on files. A running box takes up a changed reference with the next item; a [`LearnerHandle`] tells its
//! learner at once what else has changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, SystemTime};

use base::picture::Picture;
use capture::Frame;
use damage::scoring::{Calibration, Reference, ReferenceKey, ScoringError};
use jiff::Timestamp;
use serde::Serialize;

use super::lessons::{Lessons, Shelf};
use super::plan::{self, Familiarity, Known};
use super::{LearnerHandle, Lesson};
use crate::config::LearningSection;

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

    /// All SKUs that anything is known of, in the order of their names.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn skus(&self) -> Result<Vec<String>, ProductError> {
        let mut skus = folders_in(&self.references)?;
        skus.extend(folders_in(&self.section.folder)?);
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

    /// Forgets a SKU: its references, and the pictures that they were learned from.
    ///
    /// # Errors
    /// Nothing is known of it, or a folder cannot be removed.
    pub fn forget(&self, sku: &str) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        let folder = self.references.join(sku);
        match fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(ProductError::Disk { path: folder, source });
            }
            _ => {}
        }
        self.lessons.forget(sku).map_err(|error| self.disk(sku, error))?;
        self.tell_learner(sku)
    }

    /// Forgets one item of a SKU: nothing is learned from it any more, and it no longer tells what damage looks like.
    ///
    /// # Errors
    /// There is no such item, or its folder cannot be removed.
    pub fn forget_item(&self, sku: &str, item: &str) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        let shelf = self.shelf_of(sku, item)?;
        let shelf = shelf
            .ok_or_else(|| ProductError::NoItem { sku: sku.to_owned(), item: item.to_owned() })?;
        self.lessons.drop_item(sku, shelf, item).map_err(|error| self.disk(sku, error))?;
        self.tell_learner(sku)
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

    /// Keeps the references as they are, or lets the box learn about the SKU again.
    ///
    /// # Errors
    /// There is nothing to keep, or the folder cannot be written.
    pub fn set_pinned(&self, sku: &str, pinned: bool) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        if !self.lessons.sku(sku).is_dir() {
            return Err(ProductError::ByPerson { sku: sku.to_owned() });
        }
        if pinned && self.views(sku).is_empty() {
            return Err(ProductError::NoReference { sku: sku.to_owned() });
        }
        let mut learned = self.lessons.learned(sku).unwrap_or_default();
        learned.pinned = pinned;
        self.lessons.note(sku, &learned).map_err(|error| self.disk(sku, error))?;
        self.tell_learner(sku)
    }

    /// A person says that an item is normal, or damaged: it is put onto that shelf, and the references are learned again.
    /// `pictures` are asked for where the box has none of the item. Says whether the item teaches anything: not where a
    /// person taught the product, or pinned it, nor without pictures.
    ///
    /// # Errors
    /// `sku` is no name, or a folder cannot be written.
    pub fn teach(
        &self,
        sku: &str,
        item: &str,
        is_normal: bool,
        pictures: impl FnOnce() -> Option<Vec<(String, Picture)>>,
    ) -> Result<bool, ProductError> {
        let _turn = self.turn();
        ReferenceKey::new(sku, "view")?;
        let by_person = !self.views(sku).is_empty() && !self.lessons.sku(sku).is_dir();
        let learned = self.lessons.learned(sku);
        let is_pinned = learned.is_some_and(|learned| learned.pinned);
        if self.section.learn_after_items == 0 || by_person || is_pinned {
            return Ok(false);
        }
        let wanted = if is_normal { Shelf::Normal } else { Shelf::Damaged };
        match self.shelf_of(sku, item)? {
            Some(shelf) if shelf == wanted => Ok(()),
            Some(shelf) => self.lessons.put(sku, item, shelf, wanted),
            None => {
                let Some(pictures) = pictures() else { return Ok(false) };
                let views = pictures.into_iter().map(|(camera, picture)| {
                    let camera: Arc<str> = camera.into();
                    let frame = Frame::new(Arc::clone(&camera), Duration::ZERO, picture);
                    (camera, Arc::new(frame))
                });
                let (id, sku) = (item.to_owned(), sku.to_owned());
                let lesson = Lesson { id, sku, views: views.collect(), is_normal };
                self.lessons.keep(&lesson, plan::until(&self.section)).map(|_| ())
            }
        }
        .and_then(|()| self.lessons.vouch(sku, wanted, item))
        .map_err(|error| self.disk(sku, error))?;
        self.want_again(sku).map(|()| true)
    }

    /// A person says that an item is not of this product, or not as it should be: nothing is learned from it any more.
    /// Says whether anything was.
    ///
    /// # Errors
    /// `sku` is no name, or a folder cannot be written.
    pub fn take_out(&self, sku: &str, item: &str) -> Result<bool, ProductError> {
        let _turn = self.turn();
        ReferenceKey::new(sku, "view")?;
        let Some(shelf) = self.shelf_of(sku, item)? else { return Ok(false) };
        self.lessons.drop_item(sku, shelf, item).map_err(|error| self.disk(sku, error))?;
        self.want_again(sku).map(|()| true)
    }

    /// Has the references learned again from the pictures that there are; those in use stay until then.
    ///
    /// # Errors
    /// There are no pictures, or the folder cannot be written.
    pub fn learn_again(&self, sku: &str) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        if self.items(sku, Shelf::Normal)?.is_empty() {
            return Err(ProductError::NoPictures { sku: sku.to_owned() });
        }
        if self.lessons.learned(sku).is_some_and(|learned| learned.pinned) {
            return Err(ProductError::Pinned { sku: sku.to_owned() });
        }
        self.want_again(sku)
    }

    /// Notes that the references are to be learned again, where there are any.
    fn want_again(&self, sku: &str) -> Result<(), ProductError> {
        if let Some(mut learned) = self.lessons.learned(sku) {
            learned.again = true;
            self.lessons.note(sku, &learned).map_err(|error| self.disk(sku, error))?;
        }
        self.tell_learner(sku)
    }

    /// Keeps a learner that runs beside from writing until the guard is dropped.
    fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        self.learner.as_ref().map(LearnerHandle::turn)
    }

    fn items(&self, sku: &str, shelf: Shelf) -> Result<Vec<String>, ProductError> {
        self.lessons.items(sku, shelf).map_err(|error| self.disk(sku, error))
    }

    fn tell_learner(&self, sku: &str) -> Result<(), ProductError> {
        let Some(learner) = &self.learner else { return Ok(()) };
        learner.reread(&self.lessons, sku).map_err(|error| self.disk(sku, error))
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
mod tests {
    use super::*;
    use crate::learning::plan::Learned;
    use base::picture::PixelFormat;

    /// A box that has seen five items of tea, of which one was damaged.
    fn tea(folder: &Path) -> Products {
        let section =
            LearningSection { folder: folder.join("learning"), ..LearningSection::default() };
        let products = Products::new(&folder.join("references"), section);
        for number in 0..5 {
            let picture = Picture::from_pixels(4, 2, PixelFormat::Grey8, vec![7; 8]).unwrap();
            let frame = Arc::new(Frame::new("side".into(), Duration::ZERO, picture));
            let lesson = Lesson {
                id: format!("boot-{number}"),
                sku: "tea".to_owned(),
                views: vec![("side".into(), frame)],
                is_normal: number > 0,
            };
            products.lessons().keep(&lesson, 9).unwrap();
        }
        products
    }

    #[test]
    fn what_is_known_is_told_and_what_is_not_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let products = tea(folder.path());
        assert_eq!(products.skus().unwrap(), ["tea"]);
        let known = products.one("tea").unwrap();
        assert_eq!((known.items, known.damaged, known.by), (4, 1, "box"));
        assert_eq!(known.state.to_string(), "learning 4 of 8");
        assert_eq!(products.pictures("tea").unwrap().len(), 5);
        assert!(matches!(products.forget("coffee"), Err(ProductError::Unknown { .. })));
        for name in ["..", "a/b", ""] {
            assert!(products.one(name).is_err(), "{name}");
            assert!(products.forget(name).is_err(), "{name}");
        }
        assert_eq!(products.skus().unwrap(), ["tea"]);
    }

    #[test]
    fn an_item_is_forgotten_and_then_all_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let products = tea(folder.path());
        products.forget_item("tea", "boot-2").unwrap();
        products.forget_item("tea", "boot-0").unwrap();
        let known = products.one("tea").unwrap();
        assert_eq!((known.items, known.damaged), (3, 0));
        assert!(matches!(products.forget_item("tea", "boot-2"), Err(ProductError::NoItem { .. })));
        products.forget("tea").unwrap();
        assert_eq!(products.skus().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_a_person_says_of_an_item_moves_it_or_adds_it() {
        let folder = tempfile::tempdir().unwrap();
        let products = tea(folder.path());
        let shelf = |item: &str| products.shelf_of("tea", item).unwrap();
        let none = || panic!("its pictures are there");
        assert!(products.teach("tea", "boot-2", false, none).unwrap());
        assert!(products.teach("tea", "boot-0", true, none).unwrap());
        assert_eq!((shelf("boot-2"), shelf("boot-0")), (Some(Shelf::Damaged), Some(Shelf::Normal)));
        let picture = Picture::from_pixels(4, 2, PixelFormat::Grey8, vec![9; 8]).unwrap();
        let pictures = || Some(vec![("side".to_owned(), picture)]);
        assert!(products.teach("tea", "boot-9", true, pictures).unwrap());
        assert_eq!(shelf("boot-9"), Some(Shelf::Normal));
        assert!(products.take_out("tea", "boot-9").unwrap());
        assert!(!products.take_out("tea", "boot-9").unwrap(), "it is out");
        assert!(!products.teach("tea", "boot-8", true, || None).unwrap(), "nothing is left of it");
        let references = folder.path().join("references/coffee");
        fs::create_dir_all(&references).unwrap();
        fs::write(references.join("side.safetensors"), "").unwrap();
        assert!(!products.teach("coffee", "boot-1", true, none).unwrap(), "a person taught it");
        assert!(matches!(products.set_pinned("coffee", true), Err(ProductError::ByPerson { .. })));
        assert!(products.teach("../tea", "boot-1", true, none).is_err());
    }

    #[test]
    fn only_what_has_a_reference_is_pinned_and_only_what_has_pictures_is_learned_again() {
        let folder = tempfile::tempdir().unwrap();
        let products = tea(folder.path());
        assert!(matches!(products.set_pinned("tea", true), Err(ProductError::NoReference { .. })));
        let references = folder.path().join("references/tea");
        fs::create_dir_all(&references).unwrap();
        fs::write(references.join("side.safetensors"), "").unwrap();
        products.set_pinned("tea", true).unwrap();
        assert!(products.one("tea").unwrap().pinned);
        products.set_pinned("tea", false).unwrap();
        assert!(!products.one("tea").unwrap().pinned);

        let learned = Learned { items: 60, ..Learned::default() };
        products.lessons().note("tea", &learned).unwrap();
        products.learn_again("tea").unwrap();
        assert!(products.lessons().learned("tea").unwrap().again);
        products.set_pinned("tea", true).unwrap();
        assert!(matches!(products.learn_again("tea"), Err(ProductError::Pinned { .. })));
        products.set_pinned("tea", false).unwrap();
        for number in 1..5 {
            products.forget_item("tea", &format!("boot-{number}")).unwrap();
        }
        assert!(matches!(products.learn_again("tea"), Err(ProductError::NoPictures { .. })));
    }
}
