//! Learning references from folders of normal pictures: one reference per view.
//!
//! A picture that cannot be read stops learning and is named: what normal looks like must not
//! depend on which files happened to be broken. A picture in which not exactly one item is in sight
//! is passed over, and listed.

use std::path::{Path, PathBuf};

use image::RgbImage;
use serde::Serialize;

use crate::train::content_sha256;
use base::dataset::{Dataset, NORMALS_MAX, ViewPictures, as_text, thinned};
use base::picture::{Picture, PictureError};
use base::progress::Progress;
use damage::TrainError;
use damage::drift::drifted;
use damage::scoring::{
    Calibration, Framing, Model, Normal, Observed, Reference, ReferenceKey, Scorer, ScoringError,
    Sight, find,
};
use features::localise::{Localiser, Mask, Small};

/// With fewer normal pictures the whole view is scored: what is belt and what is item cannot be told
/// from so few (from one carton, its brightest side alone was taken for the item).
const LOCALISER_MIN: usize = 4;
/// Of these, pictures from which is learned how to find the item.
const LOCALISER_MAX: usize = 40;
/// A localiser that does not find one item of the usual size in more than this share of its own normals cannot
/// tell item from background: four screws in a board are no four items, and neither one of them nor the board's
/// surroundings are the item.
const LOST_MAX: f64 = 0.05;
/// Of all normal pictures, those of which is learned what drift does to them.
const DRIFTED_MAX: usize = 6;
/// How far an altered copy of a lone normal picture is moved, as a share of its width.
const SHIFT: f64 = 0.03;
/// How much brighter or darker an altered copy is.
const BRIGHTNESS: f64 = 0.08;

/// How else an item may lie that normal pictures show lying one way only: copies of the pictures,
/// turned, are remembered too. Not for items whose way of lying tells something, such as a parcel
/// with its label below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Turns {
    /// Only as the pictures show it.
    #[default]
    One,
    /// Also turned by half a circle.
    Two,
    /// Also turned by each quarter of a circle.
    Four,
}

impl Turns {
    /// The turned copies of `picture`.
    fn of(self, picture: &Picture) -> Vec<RgbImage> {
        use image::imageops::{rotate90, rotate180, rotate270};
        match self {
            Turns::One => Vec::new(),
            Turns::Two => vec![rotate180(&picture.to_rgb_image())],
            Turns::Four => {
                let picture = picture.to_rgb_image();
                vec![rotate90(&picture), rotate180(&picture), rotate270(&picture)]
            }
        }
    }
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// A normal picture cannot be used.
    #[error("a normal picture cannot be learned from: {0}")]
    Picture(#[from] PictureError),
    /// There is no room for what is learned.
    #[error("cannot make a temporary folder: {0}; make room in the folder for temporary files")]
    Folder(std::io::Error),
    /// The damage head could not be trained.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Scoring refused.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
}

/// What was learned.
#[derive(Debug, Clone, Serialize)]
pub struct Learned {
    /// The SKU.
    pub sku: String,
    /// One entry per view.
    pub views: Vec<LearnedView>,
}

/// One reference that was written.
#[derive(Debug, Clone, Serialize)]
pub struct LearnedView {
    /// The view.
    pub view: String,
    /// The reference's file.
    pub path: PathBuf,
    /// Normal pictures that the reference was learned from, now and before.
    pub normals: usize,
    /// Normal pictures in the folder.
    pub pictures: usize,
    /// Normal pictures that were passed over.
    pub passed_over: Vec<PassedOver>,
    /// Whether the item can be told from its surroundings; else the whole view is scored.
    pub localised: bool,
    /// Tokens remembered.
    pub tokens: usize,
    /// How far p-values as small as the scorer's false-divert budget can be trusted.
    pub calibration: Calibration,
}

/// A normal picture that nothing was learned from.
#[derive(Debug, Clone, Serialize)]
pub struct PassedOver {
    /// The file.
    #[serde(serialize_with = "as_text")]
    pub file: PathBuf,
    /// Why.
    pub cause: String,
}

/// Learns a reference of `sku` from each view's normal pictures and saves it under `references`.
pub fn learn(
    scorer: &Scorer,
    dataset: &Dataset,
    sku: &str,
    references: &Path,
    turns: Turns,
    progress: &mut dyn Progress,
) -> Result<Learned, LearnError> {
    let mut views = Vec::new();
    for (view, pictures) in &dataset.views {
        let key = ReferenceKey::new(sku, view)?;
        let (reference, passed_over) = learn_view(scorer, key, pictures, turns, progress)?;
        views.push(LearnedView::saved(scorer, &reference, pictures, passed_over, references)?);
    }
    Ok(Learned { sku: sku.to_owned(), views })
}

impl LearnedView {
    /// Saves `reference`, and tells about it.
    fn saved(
        scorer: &Scorer,
        reference: &Reference,
        pictures: &ViewPictures,
        passed_over: Vec<PassedOver>,
        references: &Path,
    ) -> Result<LearnedView, ScoringError> {
        Ok(LearnedView {
            view: reference.key().view.clone(),
            path: reference.save(references)?,
            normals: reference.normals(),
            pictures: pictures.normals.len(),
            passed_over,
            localised: !reference.localiser().is_whole(),
            tokens: reference.tokens(),
            calibration: reference.joint().calibration(scorer.false_divert_budget()),
        })
    }
}

/// Adds each view's normal pictures to the reference of `sku` under `references`, which must be there.
///
/// # Errors
/// Those of [`Reference::load`] and [`Reference::grown`], and pictures that cannot be read. References
/// of views before the failing one have grown.
pub fn add(
    scorer: &Scorer,
    dataset: &Dataset,
    sku: &str,
    references: &Path,
    turns: Turns,
    progress: &mut dyn Progress,
) -> Result<Learned, LearnError> {
    let mut views = Vec::new();
    for (view, pictures) in &dataset.views {
        let key = ReferenceKey::new(sku, view)?;
        let before = Reference::load(references, &key, scorer.backbone_sha256())?;
        let files = thinned(&pictures.normals, NORMALS_MAX);
        let finding = (before.localiser(), before.framing());
        let (normals, passed_over) = normals(scorer, finding, &files, &key, turns, progress)?;
        let reference =
            if normals.is_empty() { before } else { before.grown(scorer.head(), &normals)? };
        views.push(LearnedView::saved(scorer, &reference, pictures, passed_over, references)?);
    }
    Ok(Learned { sku: sku.to_owned(), views })
}

/// Learns the reference of one view from its pictures, without saving it; also tells which pictures were
/// passed over, because not exactly one item is in sight there.
pub fn learn_view(
    scorer: &Scorer,
    key: ReferenceKey,
    pictures: &ViewPictures,
    turns: Turns,
    progress: &mut dyn Progress,
) -> Result<(Reference, Vec<PassedOver>), LearnError> {
    let used = thinned(&pictures.normals, NORMALS_MAX);
    let (localiser, framing) = learn_finding(scorer, &used, &pictures.empty, progress)?;
    let finding = (&localiser, framing);
    let (normals, passed_over) = normals(scorer, finding, &used, &key, turns, progress)?;
    let mut altered = Vec::new();
    if let [file] = used.as_slice() {
        for copy in alter(&Picture::open(file)?.to_rgb_image()) {
            altered.push(normal(scorer, finding, &Picture::from(copy), "", Turns::One, false)?);
        }
    }
    let model = Model { backbone_sha256: scorer.backbone_sha256(), head: scorer.head() };
    let finding = (localiser, framing);
    let reference = Reference::learn(key, model, finding, &normals, &altered, progress)?;
    Ok((reference, passed_over))
}

/// Learns to tell the item from its surroundings, of which pictures of the `empty` tunnel may help, and
/// how closely it must be looked at. From few pictures, and where the item cannot be told from its
/// surroundings, the whole view is the item.
pub fn learn_finding(
    scorer: &Scorer,
    files: &[&PathBuf],
    empty: &[PathBuf],
    progress: &mut dyn Progress,
) -> Result<(Localiser, Framing), LearnError> {
    let whole = || Ok((Localiser::whole(), Framing::View));
    if files.len() < LOCALISER_MIN {
        return whole();
    }
    let used = thinned(files, LOCALISER_MAX);
    let (mut pictures, mut views, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (done, file) in used.iter().enumerate() {
        progress.step(done, used.len(), "learning to find the item");
        let picture = Picture::open(file)?;
        views.push(Small::of(&picture));
        cells.push(scorer.cells(&picture)?);
        pictures.push(picture);
    }
    let empty: Result<Vec<Small>, PictureError> = thinned(empty, LOCALISER_MAX)
        .into_iter()
        .map(|file| Ok(Small::of(&Picture::open(file)?)))
        .collect();
    let localiser = Localiser::learn(&views, &cells, &empty?).map_err(ScoringError::from)?;
    if localiser.is_whole() {
        return whole();
    }
    let found: Vec<(Mask, &Picture)> = pictures
        .iter()
        .filter_map(|picture| Some((find(picture, &localiser).ok()?, picture)))
        .filter(|(mask, _)| localiser.may_be(mask))
        .collect();
    if ((pictures.len() - found.len()) as f64) > LOST_MAX * pictures.len() as f64 {
        return whole();
    }
    let framing = Framing::of(found.iter().map(|(mask, picture)| (mask, *picture)));
    Ok((localiser, framing))
}

/// What the pictures of `files` teach, and which were passed over.
fn normals(
    scorer: &Scorer,
    finding: (&Localiser, Framing),
    files: &[&PathBuf],
    key: &ReferenceKey,
    turns: Turns,
    progress: &mut dyn Progress,
) -> Result<(Vec<Normal>, Vec<PassedOver>), LearnError> {
    let what = format!("reading {} {}", key.sku, key.view);
    let (mut normals, mut passed_over) = (Vec::with_capacity(files.len()), Vec::new());
    for (done, file) in files.iter().enumerate() {
        progress.step(done, files.len(), &what);
        let picture = Picture::open(file)?;
        let drifts = done % files.len().div_ceil(DRIFTED_MAX) == 0;
        match normal(scorer, finding, &picture, &content_sha256(file)?, turns, drifts) {
            Ok(found) => normals.push(found),
            Err(
                error @ (ScoringError::NoItem
                | ScoringError::SeveralItems { .. }
                | ScoringError::Blank),
            ) => {
                passed_over.push(PassedOver { file: file.to_path_buf(), cause: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    progress.step(files.len(), files.len(), &what);
    Ok((normals, passed_over))
}

/// What a normal picture, its turned copies and, if it `drifts`, its drifted ones teach. `sha256` is that of
/// its file: members of the damage head that have learned from it are not asked.
fn normal(
    scorer: &Scorer,
    finding: (&Localiser, Framing),
    picture: &Picture,
    sha256: &str,
    turns: Turns,
    drifts: bool,
) -> Result<Normal, ScoringError> {
    let observed = one_item(scorer, finding, picture)?;
    let turned: Result<Vec<Observed>, ScoringError> = turns
        .of(picture)
        .into_iter()
        .map(|copy| one_item(scorer, finding, &Picture::from(copy)))
        .collect();
    let copies = if drifts { drifted(&picture.to_rgb_image()) } else { Vec::new() };
    let drifted: Result<Vec<Observed>, ScoringError> = copies
        .into_iter()
        .map(|copy| scorer.look(&Picture::from(copy), finding.0, finding.1)?.halved())
        .collect();
    Ok(Normal { observed, turned: turned?, drifted: drifted?, source: sha256.to_owned() })
}

/// What is seen in a picture with exactly one item in sight, in half precision.
fn one_item(
    scorer: &Scorer,
    (localiser, framing): (&Localiser, Framing),
    picture: &Picture,
) -> Result<Observed, ScoringError> {
    let observed = scorer.look(picture, localiser, framing)?;
    match observed.sight() {
        Sight::One => observed.halved(),
        Sight::Nothing => Err(ScoringError::NoItem),
        Sight::Several(count) => Err(ScoringError::SeveralItems { count }),
    }
}

/// Copies of a lone normal picture: moved, darker, brighter, as the next item might be. What they
/// score is a guess at what other normal items score.
fn alter(picture: &RgbImage) -> Vec<RgbImage> {
    let (width, height) = picture.dimensions();
    let shift = (f64::from(width) * SHIFT).round() as i64;
    let alteration = |across: i64, down: i64, gain: f64| {
        RgbImage::from_fn(width, height, |x, y| {
            let from_x = (i64::from(x) + across).clamp(0, i64::from(width) - 1) as u32;
            let from_y = (i64::from(y) + down).clamp(0, i64::from(height) - 1) as u32;
            let pixel = picture.get_pixel(from_x, from_y);
            image::Rgb(pixel.0.map(|channel| (f64::from(channel) * gain).min(255.0) as u8))
        })
    };
    vec![
        alteration(shift, 0, 1.0 - BRIGHTNESS),
        alteration(-shift, 0, 1.0 + BRIGHTNESS),
        alteration(0, shift, 1.0 + BRIGHTNESS),
        alteration(0, -shift, 1.0 - BRIGHTNESS),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn altered_copies_are_moved_and_keep_the_size() {
        let picture = RgbImage::from_fn(100, 50, |x, _| image::Rgb([x as u8 * 2; 3]));
        let copies = alter(&picture);
        assert!(copies.iter().all(|copy| copy.dimensions() == (100, 50)));
        assert_eq!(copies[0].get_pixel(50, 10).0, [(106.0 * 0.92) as u8; 3]);
        assert_eq!(copies[1].get_pixel(50, 10).0, [(94.0 * 1.08) as u8; 3]);
    }
}
