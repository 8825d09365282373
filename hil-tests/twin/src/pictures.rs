//! A line on which pictures from a folder pass instead of rendered cartons.
//!
//! The folder is laid out as `inspectctl evaluate` wants it: `train/good` and `test/<class>`, or
//! the same below `views/<view>/` for several cameras, where the files of one item share their
//! name up to the last `_`. `test` is played as items, every class but `good` being defective;
//! `train/good` is what normals look like. A camera shows an item's picture while the item stands
//! in its window, and a grey frame otherwise.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use image::{DynamicImage, ImageDecoder, ImageReader, Rgb, RgbImage, imageops};
use thiserror::Error;

use super::{
    rng::Rng,
    scene::Standing,
    world::{Feed, NewItem},
};

/// What a camera sees of an empty window.
const EMPTY: Rgb<u8> = Rgb([72, 74, 78]);
/// An item's length on the belt, in millimetres; the pictures do not tell.
const LENGTH_MM: f64 = 110.0;

/// Why a folder cannot be played.
#[derive(Debug, Error)]
pub enum PicturesError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}; check that the folder exists and may be read")]
    Unreadable {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing to play.
    #[error(
        "{path} holds no item that has a picture for every view; expected test/<class>/ and \
         train/good/, or the same below views/<view>/"
    )]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
    /// A picture is broken.
    #[error("cannot read the picture {path}: {source}; replace it or remove it")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
}

/// One item of the folder: its class, and a file for each view.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureItem {
    /// `good`, or what is wrong with it.
    pub class: String,
    /// The picture for each view, in the order of [`PictureSet::views`].
    pub files: Vec<PathBuf>,
}

/// A folder of pictures.
#[derive(Debug, Clone)]
pub struct PictureSet {
    /// The views; one with an empty name when the folder has no `views/`.
    pub views: Vec<String>,
    /// Normal items.
    pub train: Vec<PictureItem>,
    /// Items to play.
    pub test: Vec<PictureItem>,
}

impl PictureSet {
    /// Lists the folder; the pictures themselves are read when they are shown.
    ///
    /// # Errors
    /// The folder cannot be read, or nothing is there to play or to learn from.
    pub fn open(root: &Path) -> Result<Self, PicturesError> {
        let views_folder = root.join("views");
        let folders: Vec<(String, PathBuf)> = if views_folder.is_dir() {
            subfolders(&views_folder)?
        } else {
            vec![(String::new(), root.to_owned())]
        };
        let mut set = Self {
            views: folders.iter().map(|(view, _)| view.clone()).collect(),
            train: Vec::new(),
            test: Vec::new(),
        };
        for part in ["train", "test"] {
            let mut files = BTreeMap::<(String, String), Vec<PathBuf>>::new();
            for (_, folder) in &folders {
                for (class, folder) in subfolders(&folder.join(part))? {
                    for file in pictures(&folder)? {
                        let stem = stem(&file, folders.len() > 1);
                        files.entry((class.clone(), stem)).or_default().push(file);
                    }
                }
            }
            let items = files.into_iter().filter(|(_, files)| files.len() == folders.len());
            let items = items.map(|((class, _), files)| PictureItem { class, files });
            match part {
                "train" => set.train = items.filter(|item| item.class == "good").collect(),
                _ => set.test = items.collect(),
            }
        }
        if set.train.is_empty() || set.test.is_empty() {
            return Err(PicturesError::Empty { path: root.to_owned() });
        }
        Ok(set)
    }

    /// The index in [`PictureItem::files`] of what `camera` sees; a folder without views shows the
    /// same to every camera.
    pub fn view_of(&self, camera: &str) -> usize {
        self.views.iter().position(|view| view == camera).unwrap_or(0)
    }

    /// The size of the first picture of a view, in pixels.
    ///
    /// # Errors
    /// The picture is broken.
    pub fn size(&self, view: usize) -> Result<(u32, u32), PicturesError> {
        let path = &self.train[0].files[view];
        image::image_dimensions(path)
            .map_err(|source| PicturesError::Broken { path: path.clone(), source })
    }
}

fn subfolders(path: &Path) -> Result<Vec<(String, PathBuf)>, PicturesError> {
    let entries = list(path)?.into_iter().filter(|entry| entry.is_dir());
    Ok(entries
        .map(|entry| (entry.file_name().unwrap_or_default().to_string_lossy().into_owned(), entry))
        .collect())
}

fn pictures(path: &Path) -> Result<Vec<PathBuf>, PicturesError> {
    let known = |file: &PathBuf| image::ImageFormat::from_path(file).is_ok();
    Ok(list(path)?.into_iter().filter(known).collect())
}

fn list(path: &Path) -> Result<Vec<PathBuf>, PicturesError> {
    let unreadable = |source| PicturesError::Unreadable { path: path.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    Ok(entries)
}

fn stem(file: &Path, of_several_views: bool) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    match stem.rsplit_once('_') {
        Some((item, _)) if of_several_views => item.to_owned(),
        _ => stem.into_owned(),
    }
}

/// Feeds the items of a folder in a shuffled order, over and over.
pub struct PictureFeed {
    sku: String,
    classes: Vec<String>,
    order: Vec<usize>,
    next: usize,
}

impl PictureFeed {
    /// The items of `set` as items of `sku`, in the order that `seed` gives.
    pub fn new(set: &PictureSet, sku: &str, seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x7069_6373);
        let mut order: Vec<usize> = (0..set.test.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, rng.below(last + 1));
        }
        let classes = set.test.iter().map(|item| item.class.clone()).collect();
        Self { sku: sku.to_owned(), classes, order, next: 0 }
    }
}

impl Feed for PictureFeed {
    fn next(&mut self) -> NewItem {
        let index = self.order[self.next % self.order.len()];
        self.next += 1;
        let class = &self.classes[index];
        NewItem {
            sku: self.sku.clone(),
            lot: None,
            code: Some(self.sku.clone()),
            length_mm: LENGTH_MM,
            defect: (class != "good").then(|| class.clone()),
            look: index as u64,
            laid: None,
        }
    }
}

/// One camera before which pictures pass.
pub struct PictureShow {
    items: Vec<PathBuf>,
    width: u32,
    height: u32,
    tolerance_mm: f64,
    empty: RgbImage,
    shown: Option<(u64, RgbImage)>,
}

impl PictureShow {
    /// What `camera` sees of the items of `set`, in pictures of this size.
    pub fn new(set: &PictureSet, camera: &str, width: u32, height: u32, tolerance_mm: f64) -> Self {
        let view = set.view_of(camera);
        Self {
            items: set.test.iter().map(|item| item.files[view].clone()).collect(),
            width,
            height,
            tolerance_mm,
            empty: RgbImage::from_pixel(width, height, EMPTY),
            shown: None,
        }
    }

    /// What the camera sees now: rows of RGB without padding.
    ///
    /// # Errors
    /// The item's picture is broken.
    pub fn frame(&mut self, items: &[Standing]) -> Result<&[u8], PicturesError> {
        let here = items.iter().find(|item| item.offset_mm.abs() <= self.tolerance_mm);
        let Some(item) = here else { return Ok(self.empty.as_raw()) };
        let look = item.what.look;
        if self.shown.as_ref().is_none_or(|(shown, _)| *shown != look) {
            let path = &self.items[look as usize % self.items.len()];
            self.shown = Some((look, fitted(path, self.width, self.height)?));
        }
        Ok(self.shown.as_ref().map_or(self.empty.as_raw(), |(_, picture)| picture.as_raw()))
    }
}

/// The picture at `path`, turned upright as its EXIF data say.
fn upright(path: &Path) -> Result<RgbImage, image::ImageError> {
    let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture.into_rgb8())
}

/// The picture at `path`, upright, scaled to fit and laid in the middle of an empty frame.
///
/// # Errors
/// The picture is broken.
pub fn fitted(path: &Path, width: u32, height: u32) -> Result<RgbImage, PicturesError> {
    let picture =
        upright(path).map_err(|source| PicturesError::Broken { path: path.to_owned(), source })?;
    if picture.dimensions() == (width, height) {
        return Ok(picture);
    }
    let scale = (f64::from(width) / f64::from(picture.width()))
        .min(f64::from(height) / f64::from(picture.height()));
    let fit = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let (w, h) = (fit(picture.width()).min(width), fit(picture.height()).min(height));
    let scaled = imageops::resize(&picture, w, h, imageops::FilterType::Triangle);
    let mut frame = RgbImage::from_pixel(width, height, EMPTY);
    imageops::replace(&mut frame, &scaled, ((width - w) / 2).into(), ((height - h) / 2).into());
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(root: &Path, path: &str, grey: u8) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        RgbImage::from_pixel(8, 4, Rgb([grey; 3])).save(path).unwrap();
    }

    #[test]
    fn the_files_of_one_item_are_found_in_every_view() {
        let root = tempfile::tempdir().unwrap();
        for view in ["side", "top"] {
            save(root.path(), &format!("views/{view}/train/good/a_{view}.png"), 100);
            save(root.path(), &format!("views/{view}/test/good/b_{view}.png"), 100);
            save(root.path(), &format!("views/{view}/test/dented/c_{view}.png"), 100);
        }
        save(root.path(), "views/top/test/dented/only_top.png", 100);
        let set = PictureSet::open(root.path()).unwrap();
        assert_eq!(set.views, ["side", "top"]);
        assert_eq!(
            (set.train.len(), set.test.len()),
            (1, 2),
            "the item without a side is left out"
        );
        let dented = set.test.iter().find(|item| item.class == "dented").unwrap();
        assert!(dented.files[set.view_of("top")].ends_with("c_top.png"));
        assert_eq!(set.size(0).unwrap(), (8, 4));
    }

    #[test]
    fn every_item_is_played_once_before_the_first_comes_again() {
        let root = tempfile::tempdir().unwrap();
        save(root.path(), "train/good/a.png", 100);
        for name in ["b", "c", "d"] {
            save(root.path(), &format!("test/good/{name}.png"), 100);
        }
        let set = PictureSet::open(root.path()).unwrap();
        let mut feed = PictureFeed::new(&set, "sku", 4);
        let mut looks: Vec<u64> = (0..3).map(|_| feed.next().look).collect();
        let again = feed.next().look;
        assert_eq!(again, looks[0]);
        looks.sort_unstable();
        assert_eq!(looks, [0, 1, 2]);
    }

    #[test]
    fn a_camera_shows_the_item_in_its_window_and_grey_otherwise() {
        let root = tempfile::tempdir().unwrap();
        save(root.path(), "train/good/a.png", 100);
        save(root.path(), "test/bent/b.png", 200);
        let set = PictureSet::open(root.path()).unwrap();
        let mut show = PictureShow::new(&set, "top", 16, 16, 30.0);
        let mut item =
            Standing { number: 1, what: PictureFeed::new(&set, "sku", 1).next(), offset_mm: 20.0 };
        assert_eq!(item.what.defect.as_deref(), Some("bent"));
        let shown = show.frame(&[item.clone()]).unwrap().to_vec();
        assert_eq!(shown[(8 * 16 + 8) * 3], 200, "in the middle");
        assert_eq!(shown[0], EMPTY.0[0], "above it, where the picture does not reach");
        item.offset_mm = 31.0;
        assert!(show.frame(&[item]).unwrap().chunks(3).all(|pixel| pixel == EMPTY.0));
    }

    #[test]
    fn a_folder_without_pictures_and_a_broken_picture_are_named() {
        let root = tempfile::tempdir().unwrap();
        let error = PictureSet::open(root.path()).unwrap_err().to_string();
        assert!(error.contains("train") && error.contains("check that"), "{error}");
        save(root.path(), "train/good/a.png", 100);
        fs::create_dir_all(root.path().join("test/good")).unwrap();
        fs::write(root.path().join("test/good/b.png"), b"no picture").unwrap();
        let set = PictureSet::open(root.path()).unwrap();
        let mut show = PictureShow::new(&set, "top", 16, 16, 30.0);
        let what = PictureFeed::new(&set, "sku", 1).next();
        let item = Standing { number: 1, what, offset_mm: 0.0 };
        let error = show.frame(&[item]).unwrap_err().to_string();
        assert!(error.contains("b.png") && error.contains("replace it"), "{error}");
    }
}
