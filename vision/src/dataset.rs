//! Folders of pictures to learn from and to evaluate on.
//!
//! | layout | meaning |
//! | --- | --- |
//! | `ROOT/train/<class>`, `ROOT/test/<class>` | one view; the class `good` is normal, any other a defect |
//! | `ROOT/views/<view>/train/good`, ... | several views; the files of one item share their stem up to the last `_` |
//! | `train/empty` | the empty tunnel: what is to be seen there is not the item |
//! | `ground_truth/<class>/<stem>_mask.png` beside `test` | where the damage of `test/<class>/<stem>` is: every pixel that is not black; `<stem>.png` is understood too |
//! | pictures in `ROOT` itself | normal pictures of one view, to learn from only |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder in `train` with pictures of the empty tunnel.
pub const EMPTY: &str = "empty";
/// The class of normal pictures.
pub const GOOD: &str = "good";
/// Name of the only view where the layout names none.
pub const ONLY_VIEW: &str = "view";
/// File name endings that are taken for pictures, in lower case.
const ENDINGS: [&str; 7] = ["bmp", "jpeg", "jpg", "png", "tif", "tiff", "webp"];

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
         {path}/views/<view>/train/good, or into {path} itself"
    )]
    NoNormals {
        /// The folder.
        path: PathBuf,
    },
    /// A view lacks normal pictures that the others have.
    #[error("view {view} has no normal pictures: put some into {path}")]
    ViewWithoutNormals {
        /// The view.
        view: String,
        /// Where they belong.
        path: PathBuf,
    },
    /// There is nothing to evaluate on.
    #[error("{path} holds no test pictures: put them into test/good and test/<class of defect>")]
    NoTest {
        /// The folder.
        path: PathBuf,
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
}

impl Dataset {
    /// Reads the folder's layout, not the pictures.
    pub fn open(root: impl AsRef<Path>) -> Result<Dataset, DatasetError> {
        let root = root.as_ref();
        let folder = root.join("views");
        let mut views = BTreeMap::new();
        if folder.is_dir() {
            for name in folders_in(&folder)? {
                let view = folder.join(&name);
                let pictures = view_pictures(&view)?;
                if pictures.normals.is_empty() {
                    let path = view.join("train").join(GOOD);
                    return Err(DatasetError::ViewWithoutNormals { view: name, path });
                }
                views.insert(name, pictures);
            }
        } else {
            let mut pictures = view_pictures(root)?;
            if pictures.normals.is_empty() && pictures.test.is_empty() {
                pictures.normals = pictures_in(root)?;
            }
            views.insert(ONLY_VIEW.to_owned(), pictures);
        }
        if views.values().all(|view| view.normals.is_empty()) {
            return Err(DatasetError::NoNormals { path: root.to_owned() });
        }
        Ok(Dataset { root: root.to_owned(), views })
    }

    /// The same pictures with the only view called `name`: the layouts with a single view do not
    /// say which camera took them. A dataset with named views stays as it is.
    pub fn with_only_view_named(mut self, name: &str) -> Dataset {
        if let Some(pictures) = self.views.remove(ONLY_VIEW) {
            self.views.insert(name.to_owned(), pictures);
        }
        self
    }

    /// The items of the test part, by class and name.
    pub fn test_items(&self) -> Result<Vec<TestItem>, DatasetError> {
        let several = self.views.len() > 1;
        type Files = BTreeMap<String, PathBuf>;
        let mut items: BTreeMap<(String, String), (Files, Files)> = BTreeMap::new();
        for (view, pictures) in &self.views {
            for (class, files) in &pictures.test {
                for file in files {
                    let key = (class.clone(), item_name(file, several));
                    let (files, masks) = items.entry(key).or_default();
                    files.insert(view.clone(), file.clone());
                    if let Some(mask) = pictures.masks.get(file) {
                        masks.insert(view.clone(), mask.clone());
                    }
                }
            }
        }
        if items.is_empty() {
            return Err(DatasetError::NoTest { path: self.root.clone() });
        }
        Ok(items
            .into_iter()
            .map(|((class, name), (pictures, masks))| TestItem { class, name, pictures, masks })
            .collect())
    }
}

fn view_pictures(folder: &Path) -> Result<ViewPictures, DatasetError> {
    let mut pictures = ViewPictures::default();
    let good = folder.join("train").join(GOOD);
    if good.is_dir() {
        pictures.normals = pictures_in(&good)?;
    }
    let train = folder.join("train");
    if train.is_dir() {
        for class in folders_in(&train)?.into_iter().filter(|class| class != GOOD) {
            let files = pictures_in(&train.join(&class))?;
            if class == EMPTY { &mut pictures.empty } else { &mut pictures.damaged }.extend(files);
        }
    }
    let test = folder.join("test");
    if test.is_dir() {
        for class in folders_in(&test)? {
            let files = pictures_in(&test.join(&class))?;
            let masks = folder.join("ground_truth").join(&class);
            if class != GOOD && masks.is_dir() {
                pictures.masks.extend(masks_of(&files, &pictures_in(&masks)?));
            }
            if !files.is_empty() {
                pictures.test.insert(class, files);
            }
        }
    }
    Ok(pictures)
}

/// Of each file its mask, where there is one: `<stem>_mask` or `<stem>`, with any ending.
fn masks_of(files: &[PathBuf], masks: &[PathBuf]) -> Vec<(PathBuf, PathBuf)> {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let by_stem: BTreeMap<String, &PathBuf> = masks.iter().map(|mask| (stem(mask), mask)).collect();
    let mask = |file: &PathBuf| {
        let stem = stem(file);
        by_stem.get(&format!("{stem}_mask")).or_else(|| by_stem.get(&stem)).copied()
    };
    files.iter().filter_map(|file| Some((file.clone(), mask(file)?.clone()))).collect()
}

/// What an item's files have in common: the stem, without the view after the last `_` where there
/// are several views. A single view's files need no such ending, so that theirs is kept whole.
fn item_name(file: &Path, several_views: bool) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    match stem.rsplit_once('_') {
        Some((item, _)) if several_views => item.to_owned(),
        _ => stem.into_owned(),
    }
}

/// The picture files directly in `folder`, in name order.
pub fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let is_picture = |path: &PathBuf| {
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file()
    };
    Ok(entries(folder)?.into_iter().filter(is_picture).collect())
}

/// `count` of `files`, evenly chosen; all where there are no more.
pub fn evenly(files: &[PathBuf], count: usize) -> Vec<PathBuf> {
    let count = count.min(files.len());
    (0..count).map(|nth| files[nth * files.len() / count].clone()).collect()
}

/// The names of the folders directly in `folder`, in order.
pub(crate) fn folders_in(folder: &Path) -> Result<Vec<String>, DatasetError> {
    let name = |path: PathBuf| Some(path.file_name()?.to_str()?.to_owned());
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).filter_map(name).collect())
}

/// Everything in `folder` that is not hidden, in name order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let read = |cause| DatasetError::Read { path: folder.to_owned(), cause };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        root
    }

    #[test]
    fn files_of_one_item_meet_across_views() {
        let root = tree(&[
            "views/top/train/good/1_top.jpg",
            "views/side/train/good/1_side.jpg",
            "views/top/test/dent/a_b_top.png",
            "views/side/test/dent/a_b_side.JPG",
            "views/side/test/good/c_side.jpg",
            "views/side/test/good/notes.txt",
        ]);
        let dataset = Dataset::open(root.path()).unwrap();
        let items = dataset.test_items().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!((items[0].class.as_str(), items[0].name.as_str()), ("dent", "a_b"));
        assert_eq!(items[0].pictures.keys().collect::<Vec<_>>(), ["side", "top"]);
        assert_eq!(items[1].pictures.keys().collect::<Vec<_>>(), ["side"]);
    }

    #[test]
    fn pictures_of_the_empty_tunnel_are_neither_normal_nor_damaged() {
        let root = tree(&["train/good/a.png", "train/empty/b.png", "train/torn/c.png"]);
        let dataset = Dataset::open(root.path()).unwrap();
        let pictures = &dataset.views[ONLY_VIEW];
        assert_eq!(pictures.empty, [root.path().join("train/empty/b.png")]);
        assert_eq!(pictures.damaged, [root.path().join("train/torn/c.png")]);
        assert_eq!(pictures.normals.len(), 1);
    }

    #[test]
    fn masks_are_found_by_the_pictures_name_with_or_without_ending() {
        let root = tree(&[
            "train/good/a.png",
            "test/good/a.png",
            "test/cut/000.jpg",
            "test/cut/001.jpg",
            "test/cut/002.jpg",
            "ground_truth/cut/000_mask.png",
            "ground_truth/cut/001.png",
            "ground_truth/good/a.png",
        ]);
        let items = Dataset::open(root.path()).unwrap().test_items().unwrap();
        let masks: Vec<_> = items
            .iter()
            .map(|item| item.masks.get(ONLY_VIEW).map(|mask| mask.file_name().unwrap().to_owned()))
            .collect();
        let named = |name: &str| Some(std::ffi::OsString::from(name));
        assert_eq!(masks, [named("000_mask.png"), named("001.png"), None, None]);
    }

    #[test]
    fn one_view_needs_no_ending_and_can_be_given_the_cameras_name() {
        let root = tree(&["train/good/a.png", "test/good/n_1.png", "test/torn/n_2.png"]);
        let dataset = Dataset::open(root.path()).unwrap().with_only_view_named("top");
        assert_eq!(dataset.views.keys().collect::<Vec<_>>(), ["top"]);
        assert_eq!(dataset.test_items().unwrap().len(), 2, "n_1 and n_2 are two items");
    }

    #[test]
    fn a_plain_folder_of_pictures_is_all_normal() {
        let root = tree(&["b.png", "a.jpg", ".hidden.png", "readme.md"]);
        let dataset = Dataset::open(root.path()).unwrap();
        let names: Vec<_> =
            dataset.views[ONLY_VIEW].normals.iter().map(|p| p.file_name().unwrap()).collect();
        assert_eq!(names, ["a.jpg", "b.png"]);
        assert!(matches!(dataset.test_items(), Err(DatasetError::NoTest { .. })));
    }

    #[test]
    fn folders_without_normals_say_where_to_put_them() {
        let error = Dataset::open(tree(&["test/good/a.png"]).path()).unwrap_err();
        assert!(matches!(error, DatasetError::NoNormals { .. }));
        assert!(error.to_string().contains("train/good"), "{error}");

        let files = ["views/top/train/good/a_top.png", "views/side/test/good/a_side.png"];
        let error = Dataset::open(tree(&files).path()).unwrap_err();
        assert!(error.to_string().contains("view side"), "{error}");

        let error = Dataset::open("/nowhere/at/all").unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
