//! The inspector at run time: workers that score damage, read labels and compare looks, each item's earliest deadline
//! first.
//!
//! [`config`] holds the sections of the line file that it obeys. [`inference`] scores views on threads of its own, and
//! [`labels`] reads codes and text and compares looks on others. [`learning`] learns what products look like from the items
//! that pass. [`totes`] takes totes out of the views of what lies in them. [`fit`] says whether what was learned fits the line.
//! What they do it with are the crates beside: `capture`, `features`, `damage`, `reading`, `meaning`, `identity`.

pub mod config;
pub mod fit;
pub mod inference;
pub mod labels;
pub mod learning;
pub mod totes;

pub use config::{IdentitySection, LabelSection, ModelSection};
pub use inference::{InferencePool, Job, Scored};
