//! Damage: what normal items look like, how far a view is from that, and what damage looks like.
//!
//! [`scoring`] compares a view with its reference; [`mod@drift`] makes copies of normal pictures as lamps drift. The rest is
//! the **damage head**: a small transformer that learns from normal and damaged views what damage
//! looks like. Before anybody has labelled a damaged item it learns from synthetic defects.
//!
//! Read `head` (the network), `example` (what it learns from), `train` (how, with `options`, `adam`
//! and `checkpoint`), `package` (what is deployed, and how it answers), `curve` (a picture of the
//! training).

mod adam;
mod checkpoint;
mod curve;
pub mod drift;
mod example;
mod head;
mod judge;
mod options;
mod package;
pub mod scoring;
pub mod synthetic;
mod train;

pub use checkpoint::CheckpointError;
pub use example::Example;
pub use options::{TrainOptions, TrainRun};
pub use package::{
    DamageHead, HEAD_FACTS_FILE, HEAD_FILE, HeadAnswer, HeadError, HeadFacts, MemberFacts,
};
pub use scoring::{
    Calibration, DeviceChoice, HeatMap, Reference, ReferenceKey, Scorer, ScoringError, ViewScore,
};
pub use train::{Counts, EpochLoss, TrainError, Trained, train};

use serde::{Deserialize, Serialize};

/// A kind of damage that can be told from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An edge, a corner or a side is bent, pressed in or crushed.
    Dent,
    /// The material is torn or cracked: the background shows through a gap.
    Tear,
    /// A small hole.
    Puncture,
    /// A spot of dirt or liquid, or a scribble.
    Stain,
    /// Tape or a foreign label lies over the item.
    Tape,
    /// Something printed or stuck on is missing, blurred, another one or elsewhere.
    Print,
    /// A part of the item, or what should be inside, is missing.
    Missing,
    /// Something foreign lies on the item's edge or beside it.
    Foreign,
    /// The item or a part of it has another colour.
    Colour,
    /// The item is smaller or larger than it should be.
    Size,
    /// The item lies turned.
    Turned,
}

impl Kind {
    /// All kinds, in the order of the head's outputs.
    pub const ALL: [Kind; 11] = [
        Kind::Dent,
        Kind::Tear,
        Kind::Puncture,
        Kind::Stain,
        Kind::Tape,
        Kind::Print,
        Kind::Missing,
        Kind::Foreign,
        Kind::Colour,
        Kind::Size,
        Kind::Turned,
    ];
}
