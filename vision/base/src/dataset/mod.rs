//! Folders of pictures to learn from and to evaluate on.
//!
//! | layout | meaning |
//! | --- | --- |
//! | `ROOT/train/<class>`, `ROOT/test/<class>` | one view; the class `good` is normal, any other a defect |
//! | `ROOT/views/<view>/train/good`, ... | several views; the files of one item share their name but for `_<view>` at its end |
//! | `train/empty` | the empty tunnel: what is to be seen there is not the item |
//! | `ground_truth/<class>/<stem>_mask.png` beside `test` | where the damage of `test/<class>/<stem>` is: every pixel that is not black; `<stem>.png` is understood too |
//! | pictures in `ROOT` itself | normal pictures of one view, to learn from only |
//!
//! `Good`, `ok`, `OK`, `okay` and `normal` mean `good`, in any case of letters. A word that only sounds
//! like it (`passed`, `intact`) is refused, since nobody can tell what it means.
//!
//! Nothing is passed over in silence. What lies in the folder and is not used is listed under
//! [`Dataset::unused`] with the reason; two pictures of one item from one view are an error.
//!
//! Read `layout` (what a folder's names mean), `names` (words and items), `unused` (what is left out).

mod layout;
mod names;
mod unused;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use layout::folders_in;
pub use layout::pictures_in;
pub use unused::as_text;
pub use unused::{Purpose, Unused, UnusedList};

/// The folder in `train` with pictures of the empty tunnel.
pub const EMPTY: &str = "empty";
/// The class of normal pictures.
pub const GOOD: &str = "good";
/// Name of the only view where the layout names none.
pub const ONLY_VIEW: &str = "view";

/// Normal pictures that are used of one view; of more, every n-th. Their tokens are in memory at
/// the same time, about 1 MB each.
pub const NORMALS_MAX: usize = 300;

/// Why a folder is no dataset.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The folder cannot be read.
    #[error("cannot read folder {path}: {cause}; check its name and that it may be read")]
    Read {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// There is nothing to learn from.
    #[error(
        "{path} holds no normal pictures: put them into {path}/train/good, or \
         {path}/views/<view>/train/good, or into {path} itself{unused}"
    )]
    NoNormals {
        /// The folder.
        path: PathBuf,
        /// What is there and not used.
        unused: UnusedList,
    },
    /// A view lacks normal pictures that the others have.
    #[error("view {view} has no normal pictures: put some into {path}{unused}")]
    ViewWithoutNormals {
        /// The view.
        view: String,
        /// Where they belong.
        path: PathBuf,
        /// What is there and not used.
        unused: UnusedList,
    },
    /// There is nothing to evaluate on.
    #[error(
        "{path} holds no test pictures: put them into test/good and test/<class of defect>{unused}"
    )]
    NoTest {
        /// The folder.
        path: PathBuf,
        /// What is there and not used.
        unused: UnusedList,
    },
    /// Good items or defective ones are missing, so that nothing can be told apart.
    #[error(
        "{path} holds {found} to test with and no {missing} ones, so that no figure would mean \
         anything: put pictures of {missing} items into test/{folder}{unused}"
    )]
    OneKind {
        /// The folder.
        path: PathBuf,
        /// What there is, counted: `4 good items`.
        found: String,
        /// What there is not: `good` or `defective`.
        missing: &'static str,
        /// The folder in `test` where they belong.
        folder: &'static str,
        /// What is there and not used.
        unused: UnusedList,
    },
    /// A class's name may mean normal items.
    #[error(
        "{path} sounds like good items, which stand in a folder called `good`: rename it to `good` \
         if they are, or to the name of their defect"
    )]
    SoundsGood {
        /// The class's folder.
        path: PathBuf,
    },
    /// Two folders are the same class.
    #[error("{first} and {second} both mean `{class}`: put their pictures into one of them")]
    SameClass {
        /// What both mean.
        class: &'static str,
        /// One folder.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Two pictures show the same item from the same view, going by their names.
    #[error(
        "{first} and {second} are both called item `{item}` of class {class} in view {view}: give \
         each item a name of its own, and each file `<item>_<view>` where there are several views"
    )]
    SameItem {
        /// The item.
        item: String,
        /// Its class.
        class: String,
        /// The view.
        view: String,
        /// One picture.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

/// One view's pictures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewPictures {
    /// Normal pictures to learn from, in name order.
    pub normals: Vec<PathBuf>,
    /// Pictures of the empty tunnel, in name order; there may be none.
    pub empty: Vec<PathBuf>,
    /// Pictures labelled as damaged to learn from, by class and name.
    pub damaged: Vec<PathBuf>,
    /// Test pictures by class, each in name order.
    pub test: BTreeMap<String, Vec<PathBuf>>,
    /// Masks of damage by test picture, where there are some.
    pub masks: BTreeMap<PathBuf, PathBuf>,
}

/// One item of the test part: its pictures, by view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestItem {
    /// The class: `good`, or a kind of defect.
    pub class: String,
    /// What the item's files have in common.
    pub name: String,
    /// View and picture.
    pub pictures: BTreeMap<String, PathBuf>,
    /// View and mask of the damage, where somebody drew one.
    pub masks: BTreeMap<String, PathBuf>,
}

/// A folder of pictures, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The folder.
    pub root: PathBuf,
    /// Its views by name.
    pub views: BTreeMap<String, ViewPictures>,
    /// What lies in the folder and belongs to nothing, with the reason.
    pub unused: Vec<Unused>,
}

impl Dataset {
    /// Reads the folder's layout, not the pictures.
    pub fn open(root: impl AsRef<Path>) -> Result<Dataset, DatasetError> {
        layout::read(root.as_ref())
    }

    /// The same pictures with the only view called `name`: the layouts with a single view do not
    /// say which camera took them. A dataset with named views stays as it is.
    pub fn with_only_view_named(mut self, name: &str) -> Dataset {
        if self.names_no_view()
            && let Some(pictures) = self.views.remove(ONLY_VIEW)
        {
            self.views.insert(name.to_owned(), pictures);
        }
        self
    }

    /// Whether the layout names no view, so that somebody must say which camera took the pictures.
    pub fn names_no_view(&self) -> bool {
        self.views.contains_key(ONLY_VIEW) && !self.root.join("views").is_dir()
    }

    /// The items of the test part, by class and name.
    ///
    /// # Errors
    /// When there are none, and when two pictures of one view would be the same item.
    pub fn test_items(&self) -> Result<Vec<TestItem>, DatasetError> {
        let namer = names::Namer::of(&self.views);
        let mut items: BTreeMap<(&str, String), TestItem> = BTreeMap::new();
        for (view, pictures) in &self.views {
            for (class, files) in &pictures.test {
                for file in files {
                    let name = namer.item(view, file);
                    let item = items.entry((class, name.clone())).or_insert_with(|| TestItem {
                        class: class.clone(),
                        name,
                        pictures: BTreeMap::new(),
                        masks: BTreeMap::new(),
                    });
                    if let Some(first) = item.pictures.insert(view.clone(), file.clone()) {
                        return Err(DatasetError::SameItem {
                            item: item.name.clone(),
                            class: class.clone(),
                            view: view.clone(),
                            first,
                            second: file.clone(),
                        });
                    }
                    if let Some(mask) = pictures.masks.get(file) {
                        item.masks.insert(view.clone(), mask.clone());
                    }
                }
            }
        }
        if items.is_empty() {
            let unused = UnusedList(self.unused.clone());
            return Err(DatasetError::NoTest { path: self.root.clone(), unused });
        }
        Ok(items.into_values().collect())
    }

    /// Refuses to go on where `items`, some of this dataset's, are good only or defective only: every
    /// figure about them would rest on nothing.
    ///
    /// # Errors
    /// Where one kind is missing; what lies in the folder and is not used is named with it.
    pub fn both_kinds(&self, items: &[TestItem]) -> Result<(), DatasetError> {
        let good = items.iter().filter(|item| item.class == GOOD).count();
        let defective = items.len() - good;
        if good > 0 && defective > 0 {
            return Ok(());
        }
        let (count, kind, missing, folder) = match good {
            0 => (defective, "defective", "good", GOOD),
            _ => (good, "good", "defective", "<class of defect>"),
        };
        let found = format!("{count} {kind} item{}", if count == 1 { "" } else { "s" });
        let unused = UnusedList(self.unused.clone());
        Err(DatasetError::OneKind { path: self.root.clone(), found, missing, folder, unused })
    }

    /// What lies in the folder and is not used for `purpose`, with the reason: pictures first.
    pub fn unused_for(&self, purpose: Purpose) -> Vec<Unused> {
        unused::list(self, purpose)
    }
}

/// `count` of `files`, evenly chosen; all where there are no more.
pub fn evenly(files: &[PathBuf], count: usize) -> Vec<PathBuf> {
    let count = count.min(files.len());
    (0..count).map(|nth| files[nth * files.len() / count].clone()).collect()
}

/// At most `max` of `files`, evenly chosen.
pub fn thinned<T>(files: &[T], max: usize) -> Vec<&T> {
    files.iter().step_by(files.len().div_ceil(max).max(1)).collect()
}

#[cfg(test)]
mod tests;
