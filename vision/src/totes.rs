//! Totes at run time: which tote an item lies in, and its views without the tote.
//!
//! A tote is declared in the line file ([`ToteSection`]) with a folder of pictures. A camera of which that folder has
//! pictures **looks into** the tote. From any other one its walls **hide** what lies in it: such a view is neither compared
//! nor learned from, and the record says so. How a tote is found and taken out of a view is [`features::tote`]'s.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use base::dataset::{Dataset, DatasetError};
use base::picture::{Picture, PictureError};
use capture::Frame;
use features::tote::{Ground, ToteError};

use crate::config::ToteSection;
use crate::labels::Views;

/// Why totes cannot be looked for.
#[derive(Debug, thiserror::Error)]
pub enum TotesError {
    /// A tote's folder is no folder of pictures.
    #[error("the pictures of tote {tote} cannot be used: {cause}")]
    Folder {
        /// The tote.
        tote: String,
        /// What is wrong.
        cause: Box<DatasetError>,
    },
    /// A picture cannot be read.
    #[error("a picture of tote {tote} cannot be used: {cause}")]
    Picture {
        /// The tote.
        tote: String,
        /// What is wrong.
        cause: Box<PictureError>,
    },
    /// The folder has a view of no camera.
    #[error(
        "{folder} has pictures of a camera `{view}`, which the line file has not; name the folder below `views` after \
         one of {cameras}"
    )]
    NoSuchCamera {
        /// The folder.
        folder: PathBuf,
        /// The view.
        view: String,
        /// The line's cameras.
        cameras: String,
    },
    /// What the pictures show is of no use.
    #[error("the totes that camera {camera} looks into cannot be learned: {cause}")]
    Learn {
        /// The camera.
        camera: String,
        /// What is wrong.
        cause: ToteError,
    },
}

/// On what an item lies, all its views together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiesIn {
    /// The bare belt.
    Belt,
    /// The declared tote of this name.
    Tote(String),
    /// Nothing: this tote is empty.
    Empty(String),
    /// Something like a tote that nobody declared.
    Undeclared,
    /// It cannot be told: no camera that looks into totes saw the item.
    Unseen,
}

/// What was seen of an item.
#[derive(Debug)]
pub struct Looked {
    /// On what it lies.
    pub lies_in: LiesIn,
    /// The views to compare and to learn from: those into its tote, with the tote taken out; all, as they are, where it
    /// lies in none.
    pub views: Views,
    /// The cameras from which its tote hides it.
    pub hidden: Vec<Arc<str>>,
}

/// The pictures of one tote from one camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToteFiles {
    /// The tote.
    pub tote: String,
    /// The camera.
    pub camera: String,
    /// Pictures of the empty tote.
    pub pictures: Vec<PathBuf>,
    /// Pictures of the empty tunnel.
    pub empty: Vec<PathBuf>,
}

/// The files of all declared totes. `cameras` are the line's.
///
/// # Errors
/// A folder is not there, not laid out as it should be, or has a view of no camera.
pub fn files(sections: &[ToteSection], cameras: &[&str]) -> Result<Vec<ToteFiles>, TotesError> {
    let mut files = Vec::new();
    for section in sections {
        let tote = section.name.clone();
        let mut dataset = Dataset::open(&section.pictures)
            .map_err(|cause| TotesError::Folder { tote: tote.clone(), cause: Box::new(cause) })?;
        if let (true, [camera]) = (dataset.names_no_view(), cameras) {
            dataset = dataset.with_only_view_named(camera);
        }
        for (view, pictures) in dataset.views {
            if !cameras.contains(&view.as_str()) {
                let (folder, cameras) = (section.pictures.clone(), cameras.join(", "));
                return Err(TotesError::NoSuchCamera { folder, view, cameras });
            }
            let (pictures, empty) = (pictures.normals, pictures.empty);
            files.push(ToteFiles { tote: tote.clone(), camera: view, pictures, empty });
        }
    }
    Ok(files)
}

/// The declared totes, as each camera sees them.
#[derive(Debug)]
pub struct Totes {
    cameras: BTreeMap<String, features::tote::Totes>,
}

impl Totes {
    /// Learns the declared totes from their pictures; none where nothing is declared.
    ///
    /// # Errors
    /// Pictures are missing, unreadable or of no use.
    pub fn load(sections: &[ToteSection], cameras: &[&str]) -> Result<Option<Totes>, TotesError> {
        if sections.is_empty() {
            return Ok(None);
        }
        let mut of_cameras: BTreeMap<String, Vec<ToteFiles>> = BTreeMap::new();
        for files in files(sections, cameras)? {
            of_cameras.entry(files.camera.clone()).or_default().push(files);
        }
        let mut known = BTreeMap::new();
        for (camera, totes) in of_cameras {
            let (mut empty, mut pictures) = (Vec::new(), Vec::new());
            for ToteFiles { tote, pictures: files, empty: belt, .. } in totes {
                let open = |files: &[PathBuf]| -> Result<Vec<Picture>, TotesError> {
                    let opened = files.iter().map(Picture::open).collect::<Result<_, _>>();
                    opened.map_err(|cause: PictureError| TotesError::Picture {
                        tote: tote.clone(),
                        cause: Box::new(cause),
                    })
                };
                empty.extend(open(&belt)?);
                pictures.push((tote.clone(), open(&files)?));
            }
            let learned = features::tote::Totes::learn(empty, &pictures)
                .map_err(|cause| TotesError::Learn { camera: camera.clone(), cause })?;
            known.insert(camera, learned);
        }
        Ok(Some(Totes { cameras: known }))
    }

    /// The totes that a camera looks into.
    pub fn of(&self, camera: &str) -> Option<&features::tote::Totes> {
        self.cameras.get(camera)
    }

    /// On what the item in `views` lies.
    ///
    /// Several cameras may look into its tote. The one that recognises it best says which it is. The tote is empty if none
    /// of them sees anything in it.
    pub fn look(&self, views: &Views) -> Looked {
        let as_they_are = |lies_in| Looked { lies_in, views: views.clone(), hidden: Vec::new() };
        let (mut best, mut clear): (Option<(f32, String)>, Views) = (None, Vec::new());
        let (mut is_looked_into, mut is_undeclared) = (false, false);
        for (camera, frame) in views {
            let Some(totes) = self.cameras.get(&**camera) else { continue };
            match totes.look(&frame.picture) {
                Ok(seen) => {
                    is_looked_into = true;
                    is_undeclared |= seen.ground == Ground::Undeclared;
                    if let Ground::Tote(lying) = seen.ground
                        && best.as_ref().is_none_or(|(fits, _)| *fits < lying.fits)
                    {
                        best = Some((lying.fits, lying.name));
                    }
                    if let Some(picture) = seen.cleared {
                        let frame = Frame::new(Arc::clone(camera), frame.at, picture);
                        clear.push((Arc::clone(camera), Arc::new(frame)));
                    }
                }
                Err(cause) => {
                    tracing::warn!(camera = &**camera, %cause, "a tote is not looked for")
                }
            }
        }
        match best {
            None if !is_looked_into => as_they_are(LiesIn::Unseen),
            None if is_undeclared => as_they_are(LiesIn::Undeclared),
            None => as_they_are(LiesIn::Belt),
            Some((_, name)) => {
                let is_hidden = |camera: &Arc<str>| !self.cameras.contains_key(&**camera);
                let hidden =
                    views.iter().map(|(camera, _)| camera).filter(|camera| is_hidden(camera));
                let hidden = hidden.cloned().collect();
                let lies_in =
                    if clear.is_empty() { LiesIn::Empty(name) } else { LiesIn::Tote(name) };
                Looked { lies_in, views: clear, hidden }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use base::picture::PixelFormat;
    use image::{Rgb, RgbImage};

    use super::*;

    /// The belt, with a blue tote on it, with something yellow in that.
    fn painted(has_tote: bool, has_item: bool, salt: u32) -> RgbImage {
        RgbImage::from_fn(320, 240, |x, y| {
            let within = |w: u32, h: u32| x.abs_diff(160) < w && y.abs_diff(120) < h;
            let grain = ((x * 31 + y * 17 + salt * 7) % 5) as u8;
            let colour = match () {
                () if has_item && within(30, 20) => [220, 200, 60],
                () if has_tote && within(76, 56) => [40, 78, 145],
                () if has_tote && within(86, 66) => [50, 95, 175],
                () => [52, 62, 58],
            };
            Rgb(colour.map(|c: u8| c + grain))
        })
    }

    fn save(folder: &Path, part: &str, picture: &dyn Fn(u32) -> RgbImage) {
        let folder = folder.join("views").join("top").join("train").join(part);
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..3 {
            picture(number).save(folder.join(format!("{number}_top.png"))).unwrap();
        }
    }

    fn declared(folder: &Path) -> Vec<ToteSection> {
        save(folder, "good", &|number| painted(true, false, number));
        save(folder, "empty", &|number| painted(false, false, number));
        vec![ToteSection { name: "blue".to_owned(), pictures: folder.to_owned() }]
    }

    fn view(camera: &str, picture: RgbImage) -> (Arc<str>, Arc<Frame>) {
        let camera: Arc<str> = camera.into();
        let picture = Picture::from_pixels(320, 240, PixelFormat::Rgb8, picture.into_raw());
        (Arc::clone(&camera), Arc::new(Frame::new(camera, Duration::ZERO, picture.unwrap())))
    }

    #[test]
    fn views_into_a_tote_come_without_it_and_the_others_are_hidden() {
        let folder = tempfile::tempdir().unwrap();
        let sections = declared(folder.path());
        let totes = Totes::load(&sections, &["top", "side"]).unwrap().unwrap();
        let views = |has_tote, has_item| {
            vec![view("top", painted(has_tote, has_item, 8)), view("side", painted(true, true, 8))]
        };
        let looked = totes.look(&views(true, true));
        assert_eq!(looked.lies_in, LiesIn::Tote("blue".to_owned()));
        assert_eq!(looked.hidden, ["side".into()]);
        let [(camera, frame)] = &looked.views[..] else { panic!("{:?}", looked.views) };
        assert_eq!(&**camera, "top");
        let beside = &frame.picture.row(120)[3 * 100..][..3];
        assert!(beside.iter().all(|value| *value < 75), "belt where the tote was: {beside:?}");

        assert_eq!(totes.look(&views(true, false)).lies_in, LiesIn::Empty("blue".to_owned()));
        let bare = totes.look(&views(false, true));
        assert_eq!((bare.lies_in, bare.views.len(), bare.hidden.len()), (LiesIn::Belt, 2, 0));
        let side = vec![view("side", painted(true, true, 8))];
        assert_eq!(totes.look(&side).lies_in, LiesIn::Unseen);
    }

    #[test]
    fn nothing_is_looked_for_where_nothing_is_declared_and_wrong_folders_are_named() {
        assert!(Totes::load(&[], &["top"]).unwrap().is_none());
        let folder = tempfile::tempdir().unwrap();
        let sections = declared(folder.path());
        let error = Totes::load(&sections, &["above", "side"]).unwrap_err().to_string();
        assert!(error.contains("camera `top`") && error.contains("above, side"), "{error}");
        let nowhere = [ToteSection { name: "red".to_owned(), pictures: folder.path().join("no") }];
        let error = Totes::load(&nowhere, &["top"]).unwrap_err().to_string();
        assert!(error.contains("tote red") && error.contains("check its name"), "{error}");
    }
}
