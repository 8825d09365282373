//! What plc-bridge and inspectd say to each other over the Unix socket.
//!
//! One JSON object a line, at most [`MAX_LINE`] bytes, both ways. The bridge listens; inspectd
//! connects, and connects again whenever the socket closes.
//!
//! * **Journalled events** ([`FromBridge::Event`]) carry an ascending `seq` and are kept by the
//!   bridge until inspectd acknowledges them ([`ToBridge::Ack`]): inspectd does so once they stand
//!   in its database. After a new connection the bridge sends every unacknowledged event again, so
//!   an inspectd that was killed learns what happened to each item while it was away.
//! * **Samples** ([`FromBridge::Encoder`]) and **states** ([`FromBridge::Plc`]) are worth nothing
//!   once they are old; they are sent as they come and never again.
//!
//! Times are readings of the host's `CLOCK_MONOTONIC`, which both processes share, in nanoseconds.
//! Encoder counts are unwrapped by the bridge: they never jump when the PLC's counter overflows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::item_code::ItemCode;

/// The protocol's version. Each side names its own in its `Hello`; a peer with another is refused,
/// since a verdict read wrongly diverts the wrong item.
pub const VERSION: u32 = 4;

/// Longest line either side accepts, in bytes. The largest message, a verdict with its reasons,
/// stays under 4 KiB; a peer that sends more is broken.
pub const MAX_LINE: usize = 64 * 1024;

/// Most items that the bridge tracks at once. A belt of 100 m with an item every 100 mm holds as
/// many; more is a chattering eye on a stopped belt, and then the oldest is given up. An item with
/// a number this far below another's has therefore ended.
pub const MOST_ITEMS: usize = 1000;

/// An item's number, ascending within one boot of the bridge and never used twice in it.
pub type ItemNumber = u64;

/// What the bridge tells inspectd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromBridge {
    /// First line after a connection.
    Hello {
        /// The bridge's [`VERSION`].
        protocol: u32,
        /// Identity of this start of the bridge: item numbers and `seq` count from it.
        boot: String,
    },
    /// Something happened to an item; sent until acknowledged.
    Event {
        /// Ascending within a boot, without gaps unless `lost_before` says so, and beyond the
        /// numbers of earlier boots.
        seq: u64,
        /// How many older unacknowledged events the bridge had to throw away because its journal
        /// was full; 0 in all but very long absences of inspectd.
        #[serde(default, skip_serializing_if = "is_zero")]
        lost_before: u64,
        /// What happened.
        event: ItemEvent,
    },
    /// Where the belt was, and when. Sent at every PLC cycle.
    Encoder {
        /// When the count was read.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// Unwrapped encoder count.
        count: i64,
    },
    /// The belt's speed changed: the decision for this item is now expected at another time. Sent
    /// when the prediction has moved by more than [`COMMIT_SHIFT`] since it was last sent.
    CommitAt {
        /// The item.
        item: ItemNumber,
        /// When the bridge now expects to commit its decision; [`NEVER`] on a stopped belt.
        #[serde(rename = "commit_at_ns", with = "nanos")]
        commit_at: Duration,
    },
    /// Whether the PLC can be reached; sent after `Hello` and at each change.
    Plc {
        /// The state now.
        state: PlcState,
    },
    /// What of the line does not tell the truth; sent at each change; after `Hello` there are
    /// none until it says so.
    Faults {
        /// All that stand now.
        faults: Vec<LineFault>,
    },
    /// A verdict that was not taken.
    Refused {
        /// The item it was for.
        item: ItemNumber,
        /// Why it was not taken.
        why: Refusal,
    },
}

/// What happened to an item, in the order in which it happens; and bodies that are no item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ItemEvent {
    /// The entry eye saw it; its number was given.
    Entered {
        /// The new item.
        item: ItemNumber,
        /// When its leading edge crossed the entry eye.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// The encoder's count at that moment, latched by the PLC.
        count: i64,
        /// The PLC's own id for the item, by which results name it; 0 where it has none.
        acquisition: u16,
        /// When the bridge expects to commit its decision, at the present belt speed.
        #[serde(rename = "commit_at_ns", with = "nanos")]
        commit_at: Duration,
    },
    /// The PLC has told what it is. At most twice for an item: the second time with another code,
    /// which contradicts the first; neither is to be believed then. It may come at any time between
    /// the item's entry and its outcome.
    Identified {
        /// The item.
        item: ItemNumber,
        /// When the code was read from the PLC.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// What the PLC calls it.
        code: ItemCode,
    },
    /// The PLC has confirmed that it holds the verdict that inspectd handed over.
    Delivered {
        /// The item.
        item: ItemNumber,
        /// What the PLC does by it.
        #[serde(flatten)]
        action: Action,
        /// When the bridge received the verdict from inspectd.
        #[serde(rename = "handed_at_ns", with = "nanos")]
        handed_at: Duration,
        /// When the PLC's acknowledgement was read.
        #[serde(rename = "acknowledged_at_ns", with = "nanos")]
        acknowledged_at: Duration,
    },
    /// The commit point was reached and this was committed.
    Decided {
        /// The item.
        item: ItemNumber,
        /// When.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// What was committed.
        decision: Decision,
    },
    /// A mid-belt eye saw it, and corrected its place for slip.
    Placed {
        /// The item.
        item: ItemNumber,
        /// The encoder's count when the item would have stood at the entry eye, had it not slipped
        /// since.
        count: i64,
    },
    /// A confirming eye saw it. The outcome follows when the item is past every eye, so that
    /// nothing can contradict it any more.
    Seen {
        /// The item.
        item: ItemNumber,
        /// When.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// Where: a lane from 1, or 0 for the exit eye.
        place: u8,
        /// Whether it alone can have been what the eye saw.
        alone: bool,
    },
    /// The line confirmed where the item went, or that it cannot be told.
    Outcome {
        /// The item.
        item: ItemNumber,
        /// When the confirming eye saw it, or when it was given up.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// Where it went.
        outcome: Outcome,
    },
    /// An eye saw a body that no item's number explains.
    Unnumbered {
        /// When.
        #[serde(rename = "at_ns", with = "nanos")]
        at: Duration,
        /// The encoder's count at that moment.
        count: i64,
        /// Which eye.
        eye: Eye,
        /// Why it has no number, as far as can be told.
        why: UnnumberedWhy,
    },
}

impl ItemEvent {
    /// The item the event is about; none for a body without a number.
    pub fn item(&self) -> Option<ItemNumber> {
        match self {
            Self::Unnumbered { .. } => None,
            Self::Entered { item, .. }
            | Self::Identified { item, .. }
            | Self::Delivered { item, .. }
            | Self::Decided { item, .. }
            | Self::Placed { item, .. }
            | Self::Seen { item, .. }
            | Self::Outcome { item, .. } => Some(*item),
        }
    }
}

/// A photo-eye.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Eye {
    /// Before the tunnel.
    Entry,
    /// Between the entry eye and the first commit point; numbered from 1 as in the line file.
    Mid(u8),
    /// In a diverter's lane: the item was diverted.
    Lane(u8),
    /// At the belt's end: the item passed.
    Exit,
}

impl fmt::Display for Eye {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry => f.write_str("the entry eye"),
            Self::Mid(number) => write!(f, "mid-belt eye {number}"),
            Self::Exit => f.write_str("the exit eye"),
            Self::Lane(lane) => write!(f, "the eye of lane {lane}"),
        }
    }
}

/// Why a body has no number, as far as can be told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UnnumberedWhy {
    /// The entry eye did not see it: put on behind it, or the eye missed it.
    NotSeenAtEntry,
    /// It lay on the belt before the bridge, or the PLC, was started.
    OlderThanStart,
    /// The encoder did not count when it came, so that it cannot be told from the one before.
    EncoderStill,
    /// It follows another item so closely that the two have one place.
    BesideAnother,
}

impl fmt::Display for UnnumberedWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSeenAtEntry => {
                "the entry eye did not see it: put on behind it, or the eye missed it"
            }
            Self::OlderThanStart => "it lay on the belt before the start",
            Self::EncoderStill => "the encoder stood still, so that its place is not known",
            Self::BesideAnother => "it stands where another item does",
        })
    }
}

/// Something of the line that does not tell the truth, for as long as it does not.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "fault", content = "eye", rename_all = "snake_case")]
pub enum LineFault {
    /// The belt runs, or the eyes see things move, and the encoder does not count.
    EncoderStill,
    /// The encoder counts, and the belt is said to stand.
    EncoderRuns,
    /// An eye is covered for longer than any item.
    EyeCovered(Eye),
    /// An eye sees nothing of what the other eyes see.
    EyeBlind(Eye),
}

impl LineFault {
    /// Whether bodies can pass that nobody numbers while the fault lasts: the line is **blind**.
    pub fn is_blind(self) -> bool {
        match self {
            Self::EncoderStill | Self::EncoderRuns => true,
            Self::EyeCovered(eye) | Self::EyeBlind(eye) => eye == Eye::Entry,
        }
    }

    /// What a technician does about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::EncoderStill => {
                "check the encoder's coupling and wheel, then its cable; both channels must count"
            }
            Self::EncoderRuns => {
                "check that the drive's run signal reaches the PLC, and the encoder's cable for \
                 interference"
            }
            Self::EyeCovered(_) => {
                "take away what lies before it, and clean its lens and reflector"
            }
            Self::EyeBlind(_) => "clean it, align it, and check its cable and its light",
        }
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EncoderStill => f.write_str("the belt runs and the encoder does not count"),
            Self::EncoderRuns => {
                f.write_str("the encoder counts although the run signal says that the belt stands")
            }
            Self::EyeCovered(eye) => write!(f, "{eye} is covered for longer than any item"),
            Self::EyeBlind(eye) => write!(f, "{eye} sees nothing of what the other eyes see"),
        }
    }
}

/// What inspectd tells the bridge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToBridge {
    /// First line after connecting.
    Hello {
        /// inspectd's [`VERSION`].
        protocol: u32,
    },
    /// What inspectd asks for.
    Verdict {
        /// For which item.
        item: ItemNumber,
        /// The boot in which the item was numbered; a verdict for another boot is refused.
        boot: String,
        /// The request.
        verdict: Verdict,
    },
    /// inspectd is alive. Sent every [`HEARTBEAT_PERIOD`].
    Heartbeat {
        /// Whether it can inspect: model loaded and warm, at least one camera delivering.
        ready: bool,
    },
    /// Every event up to and including this `seq` stands in inspectd's database.
    Ack {
        /// Highest `seq` stored.
        through: u64,
    },
}

/// Smallest change of a predicted commit time that inspectd is told about: a fraction of the
/// margins that line files use (tens of milliseconds), and more than an encoder's grain makes of a
/// belt that runs steadily.
pub const COMMIT_SHIFT: Duration = Duration::from_millis(20);

/// A commit time that is not in sight: the belt stands still.
pub const NEVER: Duration = Duration::from_nanos(u64::MAX);

/// How often inspectd sends its heartbeat.
pub const HEARTBEAT_PERIOD: Duration = Duration::from_millis(200);

/// Silence after which the bridge holds inspectd for dead: five heartbeats, so that one slow
/// scheduling round on a loaded box is not taken for a crash.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(1);

/// What inspectd asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Let it ship.
    Pass,
    /// Push it off the belt.
    Divert {
        /// Into which lane, from 1.
        lane: u8,
        /// Which checks ask for it; never empty.
        reasons: Vec<Check>,
    },
    /// It was not inspected: the bridge applies the fall-back.
    Uninspected {
        /// Why, in plain words.
        cause: Arc<str>,
    },
}

/// One question asked of an item.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Does it look as it normally does?
    Damage,
    /// Is it the item it should be?
    Identity,
    /// Does its label say what it should?
    Label,
    /// Is its SKU or lot on hold?
    Hold,
}

/// What the bridge committed at the commit point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// What the PLC was told to do.
    pub action: Action,
    /// Why the bridge chose for itself; `None` when the action is inspectd's verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fall_back: Option<FallBackCause>,
}

/// What is done with an item at a diverter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Stay on the belt.
    Pass,
    /// Leave it.
    Divert {
        /// Into which lane, from 1.
        lane: u8,
    },
    /// The PLC was asked to stop the belt with the item before the diverter, for a person to look.
    Stop,
}

/// Why the bridge had to choose for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum FallBackCause {
    /// inspectd is alive but sent nothing in time.
    NoVerdict,
    /// inspectd is not connected, or its heartbeat stopped.
    InspectorDead,
    /// inspectd said that it did not inspect the item.
    Uninspected {
        /// inspectd's cause.
        why: Arc<str>,
    },
    /// The tracking cannot tell the item from another one.
    Ambiguous {
        /// What makes it so.
        why: Ambiguity,
    },
    /// The PLC could not be reached when the item came to its commit point, and holds no verdict
    /// for it: it did what `fall_back.plc_lost` had told it before.
    PlcLost,
    /// plc-bridge was restarted while the item was on the belt.
    BridgeRestarted,
}

/// What makes it impossible to tell one item from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ambiguity {
    /// It follows the item before at less than `min_gap_mm`, and shall go another way.
    TooClose,
    /// It covers the entry eye for longer than `longest_item_mm`: two items that touch, perhaps.
    TooLong,
    /// A mid-belt eye did not see it where it should have been.
    Unseen,
    /// An eye saw something that could have been it or its neighbour.
    Overlap,
    /// It was seen at two places that exclude each other.
    SeenTwice,
    /// It did not cross the entry eye: somebody put it on the belt behind it, or the bridge was
    /// not told in time.
    Found,
    /// The PLC was restarted, and with it the encoder.
    PlcRestarted,
    /// The encoder did not count while it was on the belt: its place is not known.
    EncoderStill,
    /// The line was blind when it came to the diverter, which diverts everything meanwhile.
    Blind,
    /// plc-bridge was restarted, and its place is not known any more: another line file, or the PLC
    /// had not been met.
    BridgeRestarted,
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooClose => "it follows the item before too closely",
            Self::TooLong => "it is longer than any item of this line: two that touch, perhaps",
            Self::Unseen => "a mid-belt eye did not see it where it should have been",
            Self::Overlap => "an eye saw something that could have been it or its neighbour",
            Self::SeenTwice => "it was seen at two places that exclude each other",
            Self::Found => "it was not seen at the entry eye",
            Self::EncoderStill => "the encoder stood still while it was on the belt",
            Self::Blind => {
                "the line was blind when it arrived, and diverts everything while it is blind"
            }
            Self::PlcRestarted => "the PLC was restarted while it was on the belt",
            Self::BridgeRestarted => {
                "plc-bridge was restarted and does not know its place any more"
            }
        })
    }
}

/// Where an item went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The exit eye saw it, as decided.
    Passed,
    /// The lane's confirming eye saw it, as decided.
    Diverted {
        /// The lane.
        lane: u8,
    },
    /// No confirming eye saw it where it was expected: removed by hand, fallen, or stuck.
    Lost,
    /// A confirming eye saw it where it should not have gone.
    WrongLane {
        /// Where it was seen: a lane from 1, or 0 for the exit eye.
        seen: u8,
    },
    /// It cannot be told where it went.
    Ambiguous {
        /// Why not.
        why: Ambiguity,
    },
}

/// Whether the PLC can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "plc", rename_all = "snake_case")]
pub enum PlcState {
    /// Its heartbeat counts.
    Connected,
    /// It is not reached, or its heartbeat stands still.
    Lost {
        /// What happened and what to check.
        cause: String,
    },
}

/// Why a verdict was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The item's decision stands already.
    TooLate,
    /// No such item on the belt: another boot, or long gone.
    UnknownItem,
    /// The verdict names a lane that the line file does not have.
    UnknownLane,
    /// The item has been judged already, perhaps by an earlier run of inspectd: that it is not
    /// inspected cannot undo that it was.
    JudgedAlready,
    /// plc-bridge was restarted while the item was on the belt; it takes the fall-back.
    BridgeRestarted,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A [`Duration`] as whole nanoseconds, which is what the field names promise.
mod nanos {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(at: &Duration, s: S) -> Result<S::Ok, S::Error> {
        // A monotonic clock reaches 2^64 ns after 584 years.
        s.serialize_u64(at.as_nanos() as u64)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        u64::deserialize(d).map(Duration::from_nanos)
    }
}
