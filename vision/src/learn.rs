//! Learning references from folders of normal pictures: one reference per view.
//!
//! A picture that cannot be read stops learning and is named: what normal looks like must not
//! depend on which files happened to be broken.

use std::path::{Path, PathBuf};

use image::RgbImage;
use serde::Serialize;

use crate::dataset::Dataset;
use crate::picture::{Picture, PictureError};
use crate::progress::Progress;
use crate::scoring::{Calibration, Patches, Reference, ReferenceKey, Scorer, ScoringError};

/// Normal pictures that are used of one view; of more, every n-th. Their patches are in memory at
/// the same time, about 1 MB each.
pub const NORMALS_MAX: usize = 500;
/// How far an altered copy of a lone normal picture is moved, as a share of its width.
const SHIFT: f64 = 0.03;
/// How much brighter or darker an altered copy is.
const BRIGHTNESS: f64 = 0.08;

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// A normal picture cannot be used.
    #[error("a normal picture cannot be learned from: {0}")]
    Picture(#[from] PictureError),
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
    /// Normal pictures used.
    pub normals: usize,
    /// Normal pictures there were.
    pub pictures: usize,
    /// Patches remembered.
    pub patches: i64,
    /// The threshold for the scorer's false-divert budget.
    pub threshold: f32,
    /// How far that threshold can be trusted.
    pub calibration: Calibration,
}

/// Learns a reference of `sku` from each view's normal pictures and saves it under `references`.
pub fn learn(
    scorer: &Scorer,
    dataset: &Dataset,
    sku: &str,
    references: &Path,
    progress: &mut dyn Progress,
) -> Result<Learned, LearnError> {
    let mut views = Vec::new();
    for (view, pictures) in &dataset.views {
        let key = ReferenceKey::new(sku, view)?;
        let reference = learn_view(scorer, key, &pictures.normals, progress)?;
        let path = reference.save(references)?;
        let held_out = reference.held_out();
        views.push(LearnedView {
            view: view.clone(),
            path,
            normals: reference.normals(),
            pictures: pictures.normals.len(),
            patches: reference.memory().patches().size()[0],
            threshold: held_out.threshold(scorer.false_divert_budget()),
            calibration: held_out.calibration(scorer.false_divert_budget()),
        });
    }
    Ok(Learned { sku: sku.to_owned(), views })
}

/// Learns the reference of one view from `files`, without saving it.
pub fn learn_view(
    scorer: &Scorer,
    key: ReferenceKey,
    files: &[PathBuf],
    progress: &mut dyn Progress,
) -> Result<Reference, LearnError> {
    let step = files.len().div_ceil(NORMALS_MAX).max(1);
    let used: Vec<&PathBuf> = files.iter().step_by(step).collect();
    let what = format!("reading {} {}", key.sku, key.view);
    let mut normals: Vec<Patches> = Vec::with_capacity(used.len());
    let mut altered = Vec::new();
    for (done, file) in used.iter().enumerate() {
        progress.step(done, used.len(), &what);
        let picture = Picture::open(file)?;
        normals.push(scorer.patches(&picture)?);
        if used.len() == 1 {
            for copy in alter(&picture.to_rgb_image()) {
                altered.push(scorer.patches(&Picture::from(copy))?);
            }
        }
    }
    progress.step(used.len(), used.len(), &what);
    Ok(Reference::learn(key, scorer.backbone_sha256(), &normals, &altered, progress)?)
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
