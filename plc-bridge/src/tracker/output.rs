//! What goes into the tracker and what comes out of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::registers::{Eye, PlcResult};
use line::protocol::{ItemEvent, ItemNumber, Refusal};

/// An eye saw the edge of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Which eye.
    pub eye: Eye,
    /// The PLC's id for the item; 0 where it has none to tell.
    pub acquisition: u16,
    /// The trailing edge: the eye is free again.
    pub trailing: bool,
    /// The belt ran backwards at the edge.
    pub backward: bool,
    /// The encoder, latched at the edge and unwrapped.
    pub count: i64,
}

/// What follows from what was told to the tracker.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Something happened to an item; goes to the journal.
    Journal(ItemEvent),
    /// A result for the PLC.
    Deliver(Delivery),
    /// An item's decision is now expected at another time than inspectd was told.
    CommitAt {
        /// The item.
        item: ItemNumber,
        /// When.
        commit_at: Duration,
    },
    /// A verdict that was not taken.
    Refused {
        /// The item it was for.
        item: ItemNumber,
        /// Why.
        why: Refusal,
    },
    /// An edge that belongs to no item.
    Stray(Stray),
    /// An eye should have seen a body that other eyes have seen.
    Missed(Eye),
}

/// A result on its way to the PLC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The item.
    pub item: ItemNumber,
    /// When inspectd handed the verdict over; `None` for a fall-back that the bridge chose.
    pub handed_at: Option<Duration>,
    /// What the PLC is told.
    pub result: PlcResult,
}

/// An edge that belongs to no item, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// Where it was seen.
    pub eye: Eye,
    /// The unwrapped count at the edge.
    pub count: i64,
    /// Why it was given to nobody.
    pub why: StrayWhy,
}

/// Why an edge was given to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrayWhy {
    /// It could have been either of two items.
    Overlap(ItemNumber, ItemNumber),
    /// The line file has no such eye.
    UnknownEye,
}
