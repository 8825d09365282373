//! Scoring: how much a view differs from the normal views of its SKU.
//!
//! A **patch** is a spot of the picture, 8 pixels wide in the scaled picture, described by
//! [`FEATURES`] numbers that the backbone computes from it and its surroundings. A **reference**
//! remembers a few thousand patches of normal pictures of one SKU and view. The **distance** of a
//! patch is how far its numbers are from the nearest remembered patch; the **score** of a view is
//! the mean of its largest distances; and the **threshold** is the score that only the allowed
//! share of normal views exceeds.
//!
//! Read `features` (picture to patches), `distance` (patches to score), `reference` (what is
//! remembered, and where), `coreset` (which patches are), `calibration` (the threshold), `heatmap`.

mod calibration;
mod coreset;
mod distance;
mod error;
mod features;
mod heatmap;
mod reference;

pub use calibration::{Calibration, Held};
pub use error::ScoringError;
pub use features::{FEATURES, Patches, Scorer, Timings, ViewScore};
pub use heatmap::HeatMap;
pub use reference::{MEMORY_MAX, Reference, ReferenceKey};
