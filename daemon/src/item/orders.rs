//! **Orders**: what the fleet or the warehouse tells the box. They are followed, or refused with a word to people.

use std::sync::Arc;

use super::holds::{Hold, Origin};
use crate::warehouse::expectations::{Catalogue, Source};

/// What an order says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// What is on hold, in place of what this origin said before, and the ids of the box's own holds that are
    /// lifted.
    Holds(Origin, Vec<Hold>, Vec<String>),
    /// What is known of items.
    Expected(Source, Arc<Catalogue>),
}

/// What came from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Where it came from: a topic of the fleet, the path of a file, or a URL.
    pub from: String,
    /// What it says, or why it cannot be read and what to do.
    pub content: Result<Content, String>,
}
