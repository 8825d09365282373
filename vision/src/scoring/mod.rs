//! Scoring: how much a view differs from the normal views of its SKU.
//!
//! A **token** is a spot of the item, described by the numbers that the backbone computes
//! from it and its surroundings. A **reference** remembers a few thousand tokens of normal pictures
//! of one SKU and view. The **distance** of a token is how far its numbers are from the nearest
//! remembered token. The **damage head** is a second opinion, learned from damaged items. Their
//! levels are joined, and the **p-value** of that among normal pictures is what counts.
//!
//! Read `scorer` (the way of a view), `tokens` (picture to tokens), `distance` (tokens to a level),
//! `calibration` (level to p-value), `ensemble` (two levels to a score), `reference` (what is
//! remembered), `reference_file`, `compute` (on which device), `coreset` (which tokens are remembered), `heatmap`, `explain` (what
//! differs, for people).

mod calibration;
mod compute;
mod coreset;
mod crop;
mod distance;
mod ensemble;
mod error;
mod explain;
mod heatmap;
mod reference;
mod reference_file;
mod scorer;
mod tokens;

pub use calibration::{Calibration, Held};
pub use compute::{Compute, DeviceChoice};
pub use crop::{Area, Crop};
pub(crate) use distance::level as distance_level;
pub use distance::{Memory, nearest};
pub use ensemble::{Member, MemberScore};
pub use error::ScoringError;
pub(crate) use error::first_line;
pub use explain::{Difference, annotated, captioned, words};
pub use heatmap::HeatMap;
pub use reference::{MEMORY_MAX, Memories, Model, Normal, Reference, ReferenceKey};
pub(crate) use reference_file::replace;
pub use scorer::{Scorer, Timings, ViewScore, find};
pub use tokens::Tokens;
