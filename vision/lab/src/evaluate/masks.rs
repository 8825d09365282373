//! Masks of a test part: checked before anything is learned, and held against the heat maps.

use std::collections::BTreeMap;
use std::path::Path;

use super::EvaluateError;
use super::pixels::{PixelCounts, PixelMetrics};
use super::scored::ItemScore;
use base::dataset::{GOOD, TestItem};
use base::picture::Picture;

/// Checks that each mask can be opened and is as large as its picture. A picture that cannot be
/// opened is no fault of its mask.
pub(super) fn check(items: &[TestItem]) -> Result<(), EvaluateError> {
    for item in items {
        for (view, mask) in &item.masks {
            let found = Picture::size_of(mask).map_err(|cause| EvaluateError::Mask {
                path: mask.clone(),
                cause: cause.to_string(),
            })?;
            let expected =
                item.pictures.get(view).and_then(|picture| Picture::size_of(picture).ok());
            if expected.is_some_and(|expected| expected != found) {
                let (width, height) = expected.unwrap_or_default();
                let cause =
                    format!("it has {}x{} pixels, its picture {width}x{height}", found.0, found.1);
                return Err(EvaluateError::Mask { path: mask.clone(), cause });
            }
        }
    }
    Ok(())
}

/// The pixel figures of each view that has masks. Good pictures count as pictures without damage,
/// defective ones without a mask not at all.
pub(super) fn measure(
    items: &[ItemScore],
) -> Result<BTreeMap<String, PixelMetrics>, EvaluateError> {
    let mut counts: BTreeMap<&str, PixelCounts> = BTreeMap::new();
    for item in items {
        for (name, _) in item.views.iter().filter(|(_, view)| view.mask.is_some()) {
            counts.entry(name).or_insert_with(PixelCounts::new);
        }
    }
    for item in items {
        for (name, view) in &item.views {
            let Some(counts) = counts.get_mut(name.as_str()) else { continue };
            let (width, height) = view.size;
            if let Some(mask) = &view.mask {
                let damaged = damaged(mask)?;
                counts.add_damaged(&view.heat.of_pixels(width, height), &damaged, width);
            } else if item.class == GOOD {
                counts.add_good(&view.heat.of_pixels(width, height));
            }
        }
    }
    let found = counts.into_iter();
    Ok(found.filter_map(|(name, counts)| Some((name.to_owned(), counts.metrics()?))).collect())
}

/// Which pixels of a mask are damaged: those that are not black.
fn damaged(mask: &Path) -> Result<Vec<bool>, EvaluateError> {
    let picture = Picture::open(mask)
        .map_err(|error| EvaluateError::Mask { path: mask.to_owned(), cause: error.to_string() })?;
    let pixels = picture.packed();
    Ok(pixels.chunks(picture.format().bytes()).map(|pixel| pixel.iter().any(|p| *p > 0)).collect())
}
