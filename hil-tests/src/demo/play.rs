//! What the demo plays: a belt of many products, cartons of one product, or a folder of pictures.

use std::path::{Path, PathBuf};

use twin::{
    goods::PlanSettings,
    pictures::{PictureSet, PicturesError},
};
use vision::config::LabelSection;

use crate::harness::{
    line_file::{CameraLayout, Layout},
    mixed::MixedBelt,
    references::{self, ReferencesError},
};

/// Longest side of a camera's picture when a folder of pictures is played, in pixels.
const LONGEST_PX: u32 = 640;
/// SKUs that the mixed belt knows from the start: seven of each kind.
const SKUS: u32 = 42;
/// Pieces of each that are learned from.
const NORMALS: usize = 20;
/// Share of the items that lie in totes.
const TOTE_SHARE: f64 = 0.25;
/// With which shares of the items the scanner goes wrong.
const SCANNER_FAULTS: &str = "misread=0.01,late=0.02,no_read=0.03,double=0.02";

/// What runs.
#[derive(Debug, Clone)]
pub enum Play {
    /// Many products.
    Mixed(MixedBelt),
    /// Cartons of one product.
    Cartons {
        /// Share of damaged ones.
        defect_rate: f64,
    },
    /// The pictures of this folder.
    Pictures(PathBuf),
}

impl Play {
    /// The demo's mixed belt, made for two minutes at one item a second: within them every fault comes, and the
    /// newcomer comes often enough to be learned before one of it is torn.
    pub fn mixed(fault_share: f64, seed: u64) -> Self {
        let plan = PlanSettings {
            seed,
            skus: SKUS,
            fault_share,
            tote_share: TOTE_SHARE,
            told_share: 1.0,
            coded_dates_only: true,
            newcomer_from: 6,
            newcomer_every: 3,
            newcomer_good: 26,
            ..PlanSettings::default()
        };
        Self::Mixed(MixedBelt { plan, scanner_faults: SCANNER_FAULTS.to_owned(), normals: NORMALS })
    }

    /// Changes the layout of the line into one for what is played; all its files lie in `folder`.
    ///
    /// # Errors
    /// A file cannot be written, or the folder of pictures is not understood.
    pub fn lay_out(&self, layout: &mut Layout, folder: &Path) -> anyhow::Result<()> {
        match self {
            Self::Mixed(belt) => belt.lay_out(layout, folder)?,
            Self::Cartons { .. } => {}
            Self::Pictures(images) => {
                layout.cameras = cameras_for(images)?;
                layout.sku = sku_for(images);
                layout.label = LabelSection::default();
            }
        }
        Ok(())
    }

    /// Has the line's references learned, if need be; `say` is told before that.
    ///
    /// # Errors
    /// Pictures cannot be made or learned from.
    pub fn learn(
        &self,
        layout: &mut Layout,
        folder: &Path,
        cache: &Path,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), ReferencesError> {
        match self {
            Self::Mixed(belt) => {
                layout.references = folder.join("references");
                references::learned_of_many(layout, belt, (cache, &layout.references), say)?;
            }
            Self::Cartons { .. } => {
                layout.references = references::learned(layout, None, cache, say)?;
            }
            Self::Pictures(images) => {
                layout.references = references::learned(layout, Some(images), cache, say)?;
            }
        }
        Ok(())
    }

    /// The twin's arguments.
    pub fn twin_arguments(&self, folder: &Path) -> Vec<String> {
        match self {
            Self::Mixed(belt) => belt.twin_arguments(&scans(folder)),
            Self::Cartons { defect_rate } => {
                vec!["--defect-rate".to_owned(), defect_rate.to_string()]
            }
            Self::Pictures(images) => vec!["--images".to_owned(), images.display().to_string()],
        }
    }
}

/// Where the twin writes what its scanner made of the items.
pub fn scans(folder: &Path) -> PathBuf {
    folder.join("scans.jsonl")
}

/// One camera for each view of the folder, in the shape of its pictures.
fn cameras_for(images: &Path) -> Result<Vec<CameraLayout>, PicturesError> {
    let set = PictureSet::open(images)?;
    let mut cameras = Vec::new();
    for (index, view) in set.views.iter().enumerate() {
        let (width, height) = set.size(index)?;
        let scale = (f64::from(LONGEST_PX) / f64::from(width.max(height))).min(1.0);
        // Multiples of 4 keep rows of RGB free of padding on their way.
        let px = |side: u32| ((f64::from(side) * scale / 4.0).round() as u32).max(4) * 4;
        cameras.push(CameraLayout {
            name: if view.is_empty() { "camera".to_owned() } else { view.clone() },
            width_px: px(width),
            height_px: px(height),
        });
    }
    Ok(cameras)
}

/// The folder's name, as a SKU.
fn sku_for(images: &Path) -> String {
    images.file_name().map_or_else(|| "pictures".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use twin::goods::{Fault, Plan, Role};

    use super::*;

    #[test]
    fn within_two_minutes_every_fault_comes_and_the_newcomer_is_torn_long_after_it_came_eight_times()
     {
        for seed in 1..20 {
            let Play::Mixed(belt) = Play::mixed(0.2, seed) else { continue };
            let mut plan = Plan::new(belt.plan);
            let entries: Vec<_> = (0..112).map(|_| plan.lay().entry).collect();
            let faults: BTreeSet<Fault> = entries.iter().filter_map(|entry| entry.fault).collect();
            assert_eq!(faults.len(), Fault::ALL.len(), "seed {seed}: {faults:?}");
            let new = entries.iter().filter(|entry| entry.role == Role::Newcomer);
            let new: Vec<_> = new.collect();
            let torn = new.iter().position(|entry| entry.fault.is_some());
            assert!(torn.is_some_and(|torn| torn >= 20), "seed {seed}: {torn:?}");
            assert!(entries.iter().filter(|entry| entry.role == Role::Nobody).count() >= 3);
        }
    }
}
