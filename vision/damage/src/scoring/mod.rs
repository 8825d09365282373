//! Scoring: how much a view differs from the normal views of its SKU.
//!
//! A **token** is a spot of a view, described by numbers that the backbone computes from it and its
//! surroundings. A **reference** remembers what normal pictures of one SKU and view look like. Several
//! **members** judge a view by it, each in a way of its own: how far tokens are from the nearest
//! remembered ones, what the whole view consists of, what outline the item has, and what the **damage
//! head** says, which has learned from damaged items. Their levels are joined, and the **p-value** of
//! that among normal pictures is what counts.
//!
//! Read `scorer` (the way of a view), `observed` (what is seen in it: `crop`, `tokens`, `silhouette`),
//! `reference` (what is known of normal views: `patches`, `metric` and `distance`, `cloud`, `whitening`,
//! `coreset`; `nibbles` and `coded` keep its numbers; `reference_file`), `calibration` (level to p-value), `ensemble` (many levels to a score),
//! `compute` (on which device), `kept` (answers that are kept between runs), `heatmap`, `explain` (what differs, for people).

mod budget;
mod calibration;
mod cloud;
mod coded;
mod compute;
mod coreset;
mod crop;
mod distance;
mod ensemble;
mod error;
mod explain;
mod heatmap;
mod kept;
mod levels;
mod metric;
mod nibbles;
mod observed;
mod patches;
mod reference;
mod reference_file;
mod scorer;
mod silhouette;
mod tokens;
mod whitening;

pub use budget::Budget;
pub use calibration::{Calibration, Held, Prior};
pub use compute::{Compute, DeviceChoice};
pub use crop::{Area, Crop};
pub use distance::{Memory, nearest};
pub use ensemble::Fused;
pub use ensemble::{Member, MemberScore, Voices};
pub use error::ScoringError;
pub use explain::{Difference, annotated, words};
pub use heatmap::HeatMap;
pub use observed::{Framing, Observed, Sight};
pub use patches::{MEMORY_MAX, Patches};
pub use reference::{Memories, Model, Normal, Reference, ReferenceKey};
pub use scorer::{Scorer, Timings, ViewScore, find};
pub use tokens::Maps;
