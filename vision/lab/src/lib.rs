//! The laboratory: works on folders of pictures, away from the line.
//!
//! [`mod@learn`] makes the references that scoring compares with, [`train`] trains the damage head, [`evaluate`] tells
//! how well both work and compares two models.

pub mod evaluate;
pub mod learn;
pub mod train;

pub use evaluate::{EvaluateError, EvaluateOptions, Evaluation, Metrics};
pub use learn::{LearnError, Learned, learn};
