//! Reads a folder's layout: which file is what, and what is nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::names::Class;
use super::unused::{self, Unused, UnusedList};
use super::{Dataset, DatasetError, EMPTY, GOOD, ONLY_VIEW, ViewPictures};

/// File name endings that are taken for pictures, in lower case.
const ENDINGS: [&str; 7] = ["bmp", "jpeg", "jpg", "png", "tif", "tiff", "webp"];
/// The folders of one view.
const PARTS: [&str; 3] = ["ground_truth", "test", "train"];
/// How deep pictures of an unused folder are counted; links may lead in a circle.
const DEPTH_MAX: usize = 16;

/// Reads the layout of `root`.
pub(super) fn read(root: &Path) -> Result<Dataset, DatasetError> {
    let mut reader = Reader::default();
    let mut views = BTreeMap::new();
    let folder = root.join("views");
    if folder.is_dir() {
        reader.beside(root, &["views"], "beside `views` nothing else is read")?;
        for entry in reader.folders(&folder, "it belongs into a view's folder")? {
            let Entry { name, path } = entry;
            let pictures = reader.view(&path)?;
            if pictures.normals.is_empty() {
                let path = path.join("train").join(GOOD);
                let unused = UnusedList(reader.take());
                return Err(DatasetError::ViewWithoutNormals { view: name, path, unused });
            }
            views.insert(name, pictures);
        }
    } else {
        let mut pictures = ViewPictures::default();
        if !PARTS.iter().any(|part| root.join(part).is_dir()) {
            pictures.normals = reader.pictures(root)?;
        } else {
            pictures = reader.view(root)?;
            if pictures.normals.is_empty()
                && pictures.test.is_empty()
                && pictures.damaged.is_empty()
            {
                pictures.normals = pictures_in(root)?;
                reader.unused.retain(|unused| !pictures.normals.contains(&unused.path));
            }
        }
        views.insert(ONLY_VIEW.to_owned(), pictures);
    }
    let unused = reader.take();
    if views.values().all(|view| view.normals.is_empty()) {
        let unused = UnusedList(unused);
        return Err(DatasetError::NoNormals { path: root.to_owned(), unused });
    }
    Ok(Dataset { root: root.to_owned(), views, unused })
}

/// A folder whose name is text.
struct Entry {
    name: String,
    path: PathBuf,
}

/// Reads folders and notes what is not used.
#[derive(Debug, Default)]
struct Reader {
    unused: Vec<Unused>,
}

impl Reader {
    fn take(&mut self) -> Vec<Unused> {
        unused::sort(&mut self.unused);
        std::mem::take(&mut self.unused)
    }

    fn leave_out(&mut self, path: &Path, reason: impl Into<String>) {
        let pictures = pictures_below(path, DEPTH_MAX);
        self.unused.push(Unused { path: path.to_owned(), pictures, reason: reason.into() });
    }

    /// Notes everything in `folder` but the folders called `known`.
    fn beside(&mut self, folder: &Path, known: &[&str], reason: &str) -> Result<(), DatasetError> {
        for path in everything(folder)? {
            let name = path.file_name().and_then(|name| name.to_str());
            if !(path.is_dir() && name.is_some_and(|name| known.contains(&name))) {
                let reason = plain_reason(&path).unwrap_or_else(|| reason.to_owned());
                self.leave_out(&path, reason);
            }
        }
        Ok(())
    }

    /// The folders directly in `folder`, in order; files there are noted with `reason`.
    fn folders(&mut self, folder: &Path, reason: &str) -> Result<Vec<Entry>, DatasetError> {
        let mut folders = Vec::new();
        for path in everything(folder)? {
            if let Some(reason) = plain_reason(&path) {
                self.leave_out(&path, reason);
                continue;
            }
            match path.file_name().and_then(|name| name.to_str()).map(str::to_owned) {
                Some(name) if path.is_dir() => folders.push(Entry { name, path }),
                _ => self.leave_out(&path, reason),
            }
        }
        Ok(folders)
    }

    /// The pictures directly in `folder`, in order; whatever else is there is noted.
    fn pictures(&mut self, folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
        let mut pictures = Vec::new();
        for path in everything(folder)? {
            match plain_reason(&path) {
                Some(reason) => self.leave_out(&path, reason),
                None if path.is_dir() => {
                    let up = folder.display();
                    self.leave_out(
                        &path,
                        format!("folders in here are not read: move its pictures up into {up}"),
                    );
                }
                None => pictures.push(path),
            }
        }
        Ok(pictures)
    }

    /// The pictures of one view.
    fn view(&mut self, folder: &Path) -> Result<ViewPictures, DatasetError> {
        let known = "only train, test and ground_truth are read here";
        self.beside(folder, &PARTS, known)?;
        let mut pictures = ViewPictures::default();
        let (train, test) = (folder.join("train"), folder.join("test"));
        if train.is_dir() {
            let (mut good, mut empty) = (None, None);
            for Entry { name, path } in self.classes(&train)? {
                match Class::of(&name) {
                    Class::Good => {
                        only(GOOD, &mut good, &path)?;
                        pictures.normals = self.pictures(&path)?;
                    }
                    Class::Empty => {
                        only(EMPTY, &mut empty, &path)?;
                        pictures.empty = self.pictures(&path)?;
                    }
                    Class::Defect(_) => pictures.damaged.extend(self.pictures(&path)?),
                    Class::SoundsGood => return Err(DatasetError::SoundsGood { path }),
                }
            }
        }
        if test.is_dir() {
            let mut good = None;
            for Entry { name, path } in self.classes(&test)? {
                let class = match Class::of(&name) {
                    Class::Good => {
                        only(GOOD, &mut good, &path)?;
                        GOOD.to_owned()
                    }
                    Class::Empty | Class::Defect(_) => name,
                    Class::SoundsGood => return Err(DatasetError::SoundsGood { path }),
                };
                let files = self.pictures(&path)?;
                if !files.is_empty() {
                    pictures.test.insert(class, files);
                } else if everything(&path)?.is_empty() {
                    self.leave_out(&path, "it is empty");
                }
            }
        }
        let truth = folder.join("ground_truth");
        if truth.is_dir() {
            for Entry { name, path } in self.classes(&truth)? {
                match pictures.test.get(&name) {
                    Some(files) if name != GOOD => {
                        let masks = self.pictures(&path)?;
                        let found = self.masks_of(files, &masks);
                        pictures.masks.extend(found);
                    }
                    Some(_) => self.leave_out(&path, "good items have no damage to show"),
                    None => {
                        let why = format!("masks without pictures: there are none in test/{name}");
                        self.leave_out(&path, why);
                    }
                }
            }
        }
        Ok(pictures)
    }

    /// The classes in `part`.
    fn classes(&mut self, part: &Path) -> Result<Vec<Entry>, DatasetError> {
        self.folders(part, "it belongs into the folder of its class")
    }

    /// Of each file its mask, where there is one: `<stem>_mask` or `<stem>`, with any ending.
    fn masks_of(&mut self, files: &[PathBuf], masks: &[PathBuf]) -> Vec<(PathBuf, PathBuf)> {
        let stem =
            |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let by_stem: BTreeMap<String, &PathBuf> =
            masks.iter().map(|mask| (stem(mask), mask)).collect();
        let mask = |file: &PathBuf| {
            let stem = stem(file);
            by_stem.get(&format!("{stem}_mask")).or_else(|| by_stem.get(&stem)).copied()
        };
        let found: Vec<(PathBuf, PathBuf)> =
            files.iter().filter_map(|file| Some((file.clone(), mask(file)?.clone()))).collect();
        for left in masks.iter().filter(|one| !found.iter().any(|(_, mask)| mask == *one)) {
            self.leave_out(left, "the mask of no test picture, or one of two for the same picture");
        }
        found
    }
}

/// Notes that `path` is the class `class`; an error where another folder is too.
fn only(class: &'static str, known: &mut Option<PathBuf>, path: &Path) -> Result<(), DatasetError> {
    match known.replace(path.to_owned()) {
        Some(first) => Err(DatasetError::SameClass { class, first, second: path.to_owned() }),
        None => Ok(()),
    }
}

/// Why a file or folder is of no use, wherever it lies; `None` for a picture or folder that may be.
fn plain_reason(path: &Path) -> Option<String> {
    let name = path.file_name().unwrap_or_default();
    let Some(text) = name.to_str() else {
        return Some("its name is not UTF-8: rename it".to_owned());
    };
    if text.starts_with('.') {
        return Some("hidden: its name begins with a dot".to_owned());
    }
    match std::fs::metadata(path) {
        Err(error) => Some(format!("it cannot be read: {error}")),
        Ok(facts) if facts.is_dir() => None,
        Ok(facts) if !facts.is_file() => Some("it is neither a file nor a folder".to_owned()),
        Ok(_) if is_picture(path) => None,
        Ok(_) => Some(format!("no picture, going by its name: read are {}", ENDINGS.join(", "))),
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// Pictures at `path` and below, as far as they can be read.
fn pictures_below(path: &Path, depth: usize) -> usize {
    if !path.is_dir() {
        return usize::from(is_picture(path));
    }
    if depth == 0 {
        return 0;
    }
    let below = everything(path).unwrap_or_default();
    below.iter().map(|path| pictures_below(path, depth - 1)).sum()
}

/// The picture files directly in `folder`, in name order; whatever else is there is passed over.
pub fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let picture = |path: &PathBuf| !is_hidden(path) && is_picture(path) && path.is_file();
    Ok(everything(folder)?.into_iter().filter(picture).collect())
}

/// The names of the folders directly in `folder`, in order.
pub fn folders_in(folder: &Path) -> Result<Vec<String>, DatasetError> {
    let name = |path: PathBuf| Some(path.file_name()?.to_str()?.to_owned());
    let folders = everything(folder)?.into_iter().filter(|path| !is_hidden(path) && path.is_dir());
    Ok(folders.filter_map(name).collect())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Everything in `folder`, in name order.
fn everything(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let read = |cause| DatasetError::Read { path: folder.to_owned(), cause };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        paths.push(entry.map_err(read)?.path());
    }
    paths.sort();
    Ok(paths)
}
