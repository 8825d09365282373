//! What goes into the flow and what comes out of it, besides the bridge's messages.

use std::time::Duration;

use damage::Calibration;
use jiff::SignedDuration;
use line::protocol::{ItemNumber, ToBridge};

use crate::item::identification::Claim;
use crate::item::lots::LotSeen;
use crate::records::Change;
use crate::records::record::{Finding, ItemId, LabelRecord, Record, ScoringSteps};
use crate::wall_clock::WallTime;

/// The time, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// `CLOCK_MONOTONIC`, for everything that is reckoned.
    pub mono: Duration,
    /// Wall time, for what people read, and for what ends on a day where it is trusted.
    pub wall: WallTime,
}

impl Now {
    /// What the wall clock showed when the monotonic one showed `at`, as far as it tells now.
    pub fn wall_at(self, at: Duration) -> WallTime {
        let ago = SignedDuration::try_from(self.mono.saturating_sub(at)).unwrap_or_default();
        self.wall.before(ago)
    }
}

/// What the wiring does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Choose a view per camera for this item.
    Gather {
        /// The item.
        item: ItemNumber,
        /// When it crossed the entry eye.
        at: Duration,
        /// The encoder's count at that moment.
        count: i64,
    },
    /// Read the codes in the item's views.
    ReadCodes {
        /// The item.
        item: ItemNumber,
        /// When the verdict must leave.
        deadline: Duration,
    },
    /// Score the item's views before the deadline.
    Score {
        /// The item.
        item: ItemNumber,
        /// When the verdict must leave.
        deadline: Duration,
        /// What it is.
        sku: String,
    },
    /// Read the label in the item's views, whose codes are read; before the deadline, if it is to count for the
    /// verdict.
    ReadLabel {
        /// The item.
        item: ItemNumber,
        /// When the verdict must leave.
        deadline: Duration,
        /// What it is, where that is known.
        sku: Option<String>,
        /// With what its looks are compared.
        compare: Compare,
    },
    /// The item has left: learn from its views what its SKU looks like.
    Learn {
        /// The item.
        id: ItemId,
        /// What it is.
        sku: String,
        /// Whether nothing speaks against it; else its looks do.
        is_normal: bool,
    },
    /// The deadline of an item that is being inspected has moved.
    Postpone {
        /// The item.
        item: ItemNumber,
        /// When the verdict must leave now.
        deadline: Duration,
    },
    /// The item's views are not needed any more.
    Forget {
        /// The item.
        item: ItemNumber,
    },
    /// Tell the bridge.
    Send(ToBridge),
    /// Store the record as it stands; it will change again.
    Save(Record),
    /// Store the finished record and owe the fleet its summary.
    Close(Record),
    /// Store this beside the records.
    Keep(Change),
    /// Once all the above is on disk, acknowledge the bridge's events up to here.
    Acknowledge {
        /// Sequence number of the event.
        through: u64,
    },
}

/// With what an item's looks are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// With what it should be, unless a code says so.
    Expected,
    /// With all SKUs of the catalogue: nothing else told what it is.
    All,
}

/// What reading an item's label brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelAnswer {
    /// What its looks say that it is, where they were asked.
    pub claim: Option<Claim>,
    /// What it says.
    pub label: LabelRecord,
    /// What speaks against the item: its expiry, or what it should say and does not.
    pub findings: Vec<Finding>,
    /// The lots that its views show.
    pub lots: Vec<LotSeen>,
    /// Why a question about it that must be answered was not.
    pub undecided: Option<String>,
    /// From when it was asked for.
    pub took: Duration,
}

/// What scoring found in one camera's view.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredView {
    /// The camera.
    pub camera: String,
    /// The score, or why there is none.
    pub result: Result<Scores, Unscored>,
    /// Where the picture with the heat map goes, relative to the evidence folder.
    pub heat_map: Option<String>,
}

/// Why a view has no score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unscored {
    /// Its SKU has no reference yet.
    NoReference,
    /// In plain words.
    Because(String),
}

/// A view's score against its reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// How surprising the view is among normal ones: -log10 of its p-value.
    pub score: f32,
    /// Above it the view counts as damaged.
    pub threshold: f32,
    /// How far the threshold can be trusted.
    pub calibration: Calibration,
    /// Where the view differs most, in pixels: x, y.
    pub peak: [u32; 2],
    /// Boxes around what differs, the strongest first, in pixels: x, y, width, height.
    pub boxes: Vec<[u32; 4]>,
    /// What differs, in words.
    pub differs: String,
    /// What the steps of scoring took.
    pub steps: ScoringSteps,
}
