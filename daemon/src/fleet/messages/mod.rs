//! What the box tells the fleet: one type a message, from which the JSON Schemas are generated.
//!
//! A receiver must ignore fields that it does not know: fields are added without a new version. A
//! field that changes its meaning or goes makes a new version of the message's `schema`.

use jiff::Timestamp;
use line::protocol::{Check, Decision, Eye, Outcome, UnnumberedWhy, Verdict};
use line::text::{QUOTING_MAX, WORDS_MAX};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vision::learning::Familiarity;

use crate::item::holds::Held;
use crate::item::quarantine::BatchSuspect;
use crate::records::{self, Change, ItemId, LOST, Lost, Message, MessageId, News, Record, Timings};

/// First levels of every topic; the version changes when the topics do.
pub(super) const ROOT: &str = "inspectd/v1";

/// Which message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Summary`].
    Summary,
    /// [`Alert`].
    Alert,
    /// [`Lost`].
    Lost,
    /// [`BatchSuspect`].
    BatchSuspect,
    /// [`Unnumbered`].
    Unnumbered,
    /// [`State`].
    State,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::State, Self::Summary, Self::Unnumbered, Self::Alert, Self::Lost, Self::BatchSuspect];

    /// The kind's name: in the database, and its schema's file name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Alert => "alert",
            Self::Lost => LOST,
            Self::BatchSuspect => "batch_suspect",
            Self::Unnumbered => "unnumbered",
            Self::State => "state",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The envelope's `schema`: the kind and the version of its fields.
    pub fn schema(self) -> &'static str {
        match self {
            Self::Summary => "summary/1",
            Self::Alert => "alert/1",
            Self::Lost => "lost/1",
            Self::BatchSuspect => "batch_suspect/1",
            Self::Unnumbered => "unnumbered/1",
            Self::State => "state/1",
        }
    }

    /// The topic's last level.
    pub fn level(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Unnumbered | Self::Alert | Self::Lost | Self::BatchSuspect => "alerts",
            Self::State => "state",
        }
    }

    /// The whole topic for one box.
    pub fn topic(self, site: &str, box_name: &str) -> String {
        format!("{ROOT}/{site}/{box_name}/{}", self.level())
    }

    /// The JSON Schema of the whole message.
    pub fn json_schema(self) -> Value {
        let mut schema = match self {
            Self::Summary => schemars::schema_for!(Envelope<Summary>),
            Self::Alert => schemars::schema_for!(Envelope<Alert>),
            Self::Lost => schemars::schema_for!(Envelope<Lost>),
            Self::BatchSuspect => schemars::schema_for!(Envelope<BatchSuspect>),
            Self::Unnumbered => schemars::schema_for!(Envelope<Unnumbered>),
            Self::State => schemars::schema_for!(Envelope<State>),
        }
        .to_value();
        schema["title"] = self.schema().into();
        schema["properties"]["schema"]["const"] = self.schema().into();
        schema
    }
}

/// The message that tells the fleet of a change in the store.
///
/// # Errors
/// When a value has no JSON.
pub fn of_news(news: News<'_>) -> Result<Message, serde_json::Error> {
    match news {
        News::Closed(record) => message(Kind::Summary, &Summary::of(record)),
        News::Unnumbered(body) => message(Kind::Unnumbered, &Unnumbered::of(body)),
        News::BatchSuspect(news) => message(Kind::BatchSuspect, news),
    }
}

fn message(kind: Kind, body: &impl Serialize) -> Result<Message, serde_json::Error> {
    Ok(Message { kind: kind.name(), body: serde_json::to_string(body)? })
}

/// What every message carries, and the message's own fields beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope<B> {
    /// Which message in which version.
    pub schema: String,
    /// The box's name.
    #[serde(rename = "box")]
    pub box_name: String,
    /// The boot of the box in which the message was written.
    pub boot: String,
    /// Ascending over all owed messages of the box, also across restarts; the same when a message
    /// is sent again. In a `state`: the highest id given so far.
    pub id: MessageId,
    /// When the message was written.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// Long texts were cut and long lists left out, since the broker takes no packet of that size.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shortened: bool,
    /// The message's own fields.
    #[serde(flatten)]
    pub body: B,
}

/// `summary`: what became of one item. Owed once, when its record is closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Which item: the bridge's start and the number within it.
    pub item: ItemId,
    /// What it is; null where nobody knew.
    pub sku: Option<String>,
    /// How well the box knew what that SKU looks like.
    #[serde(default)]
    pub familiarity: Option<Familiarity>,
    /// The tote in which it lies, as the line file calls it, or `undeclared`; null on the bare belt.
    #[serde(default)]
    pub tote: Option<String>,
    /// Whether nothing lies in that tote.
    #[serde(default)]
    pub is_empty_tote: bool,
    /// Its lot, as its label says it; null where that is not known.
    #[serde(default)]
    pub lot: Option<String>,
    /// When it crossed the entry eye.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub entered_at: Timestamp,
    /// Whether the box's clock was not to be trusted then: `entered_at` may be wrong by years.
    #[serde(default)]
    pub clock_doubted: bool,
    /// What inspectd asked for, or `uninspected` with its cause. The type allows null; inspectd sets
    /// a verdict before it closes a record.
    pub verdict: Option<Verdict>,
    /// The findings that speak against the item; empty for a normal one. Every score, normal ones
    /// included, stands in `views`.
    pub reasons: Vec<Reason>,
    /// What the bridge committed; null when it never told.
    pub decision: Option<Decision>,
    /// Where the item went; null when the line never told.
    pub outcome: Option<Outcome>,
    /// One entry a camera.
    pub views: Vec<ViewScore>,
    /// How long the steps took.
    pub timings: Timings,
}

/// A finding above its threshold, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Which question.
    pub check: Check,
    /// In which camera's view; null where it is not about one view.
    pub camera: Option<String>,
    /// Its score.
    pub score: f32,
    /// The threshold that it was held against.
    pub threshold: f32,
    /// Plain words for people.
    #[schemars(length(max = QUOTING_MAX))]
    pub words: String,
}

/// One view's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ViewScore {
    /// The camera.
    pub camera: String,
    /// How surprising the view is among normal ones: -log10 of its p-value; null when
    /// it was not scored.
    pub score: Option<f32>,
    /// The score above which the view counts as damaged.
    pub threshold: Option<f32>,
    /// Why there is no score.
    #[schemars(length(max = WORDS_MAX))]
    pub problem: Option<String>,
}

impl Summary {
    /// A record's summary.
    pub fn of(record: &Record) -> Self {
        let abnormal = record.findings.iter().filter(|finding| finding.exceeds());
        let reasons = abnormal.map(|finding| Reason {
            check: finding.check,
            camera: finding.camera.clone(),
            score: finding.score,
            threshold: finding.threshold,
            words: finding.words.clone(),
        });
        let views = record.views.iter().map(|view| ViewScore {
            camera: view.camera.clone(),
            score: view.score,
            threshold: view.threshold,
            problem: view.problem.clone(),
        });
        Self {
            item: record.id.clone(),
            sku: record.sku.clone(),
            familiarity: record.familiarity,
            tote: record.tote.clone(),
            is_empty_tote: record.is_empty_tote,
            lot: record.label.as_ref().and_then(|label| label.lot.clone()),
            entered_at: record.entered_at,
            clock_doubted: record.clock_doubted,
            verdict: record.verdict.clone(),
            reasons: reasons.collect(),
            decision: record.decision.clone(),
            outcome: record.outcome,
            views: views.collect(),
            timings: record.timings.clone(),
        }
    }
}

/// `alerts`: a body crossed an eye that no item's number explains. Owed once for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unnumbered {
    /// When it crossed the eye.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub seen_at: Timestamp,
    /// Which eye.
    pub eye: Eye,
    /// Why it has no number, as far as can be told.
    pub why: UnnumberedWhy,
    /// The same in plain words.
    pub words: String,
}

impl Unnumbered {
    /// The news of a body.
    pub fn of(body: &records::Unnumbered) -> Self {
        Self { seen_at: body.seen_at, eye: body.eye, why: body.why, words: body.words() }
    }
}

/// What can be wrong for a while.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Items pass that are not inspected.
    Uninspected,
    /// It cannot be told where items went.
    Ambiguous,
    /// Bodies pass that have no number.
    Unnumbered,
    /// An eye or the encoder does not tell the truth.
    LineFault,
    /// The bridge does not reach the PLC.
    PlcLost,
    /// A camera delivers no pictures.
    CameraDown,
    /// plc-bridge is not connected.
    BridgeLost,
    /// The model cannot be used.
    ModelFailed,
    /// Records do not reach the disk.
    StoreFailing,
    /// An order of the fleet cannot be followed.
    OrderRefused,
    /// The clock is not to be trusted: nothing expires.
    ClockDoubted,
    /// Pictures are not kept; records are.
    EvidenceFailing,
    /// The bridge keeps records of items that this box had no room for.
    RecordsMissing,
}

/// Whether a trouble starts or is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It starts.
    Begins,
    /// It is over.
    Ends,
}

/// `alerts`: a trouble begins or ends. Owed, so that none is missed while the link is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// What is wrong.
    pub alert: AlertKind,
    /// With what: the camera, or the cause of not inspecting; null where there is one only.
    pub subject: Option<String>,
    /// Whether it starts or is over.
    pub phase: Phase,
    /// What happened and what to do, in plain words.
    pub words: String,
}

impl Alert {
    /// The change that owes it.
    ///
    /// # Panics
    /// Never: an alert is texts, which have JSON.
    pub fn owed(&self) -> Change {
        Change::Owe(message(Kind::Alert, self).expect("texts have JSON"))
    }
}

/// `state`: how the box stands. Retained, at each change and every minute; the broker itself
/// publishes the offline one when the box falls silent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The box is there.
    Online {
        /// How it stands.
        #[serde(flatten)]
        details: FleetState,
        /// Messages that the fleet is still owed.
        owed: u64,
        /// Messages given up since the database was made.
        lost: u64,
    },
    /// The box is not there.
    Offline {
        /// Why.
        reason: OfflineReason,
    },
}

/// Why a box is offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfflineReason {
    /// inspectd was stopped in an orderly way.
    Stopped,
    /// The broker lost it; the message's `at` is the time of the connection that broke.
    LinkLost,
}

/// How the box stands, as far as the fleet wants to know. inspectd's loop keeps it current.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FleetState {
    /// inspectd's version.
    pub version: String,
    /// The line's name.
    pub line: String,
    /// Whether items are being inspected.
    pub ready: bool,
    /// One entry a camera.
    pub cameras: Vec<CameraState>,
    /// Whether the bridge reaches the PLC.
    pub plc: PlcLink,
    /// What is on hold here, the first hundred.
    #[serde(default)]
    pub holds: Vec<Held>,
    /// What is wrong and what to do, in plain words; empty when all is well.
    pub problems: Vec<String>,
}

/// How a camera stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameraState {
    /// Its name.
    pub name: String,
    /// Whether it delivers pictures.
    pub up: bool,
}

/// How the PLC stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlcLink {
    /// plc-bridge is not connected, so nobody knows.
    #[default]
    Unknown,
    /// Its heartbeat counts.
    Connected,
    /// It is not reached.
    Lost,
}

#[cfg(test)]
mod tests;
