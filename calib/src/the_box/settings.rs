//! The line file as the page shows it and changes it.
//!
//! A **key** is one line of the file, a **section** the keys that stand together, a **table** one such section
//! as it is written. A section that may be written more than once has a table each time: `camera.0`, `camera.1`.
//! Keys and tables are named by their path from the top, with dots: `camera.0.fps`.
//!
//! A **revision** is the hash of a file's text. Whoever changes something says which revision they saw, and is
//! refused where the file is another one by now. A **version** is a file that was once in force, with who wrote
//! it, when and why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::NoAnswer;

/// Most changes that are saved at once.
pub const MOST_CHANGES: usize = 200;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// What the page asks of the box about its line file.
pub trait LineSettings: Send + Sync {
    /// The file's sections and keys with what is written.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    fn settings(&self) -> Result<Settings, NoAnswer>;

    /// What would become of the file, and everything that is wrong with it.
    ///
    /// # Errors
    /// The file is another one than `revision`, or cannot be read; a change cannot be understood.
    fn check(&self, changes: &[Change], revision: &str) -> Result<Checked, NotSaved>;

    /// Writes the changes into the file, and keeps the version before.
    ///
    /// # Errors
    /// As for [`LineSettings::check`]; the result is wrong, or cannot be written. The file stays as it is then.
    fn save(&self, changes: &[Change], revision: &str, by: &Saving) -> Result<Saved, NotSaved>;

    /// The versions that are kept, the newest first.
    ///
    /// # Errors
    /// They cannot be read.
    fn history(&self) -> Result<Vec<Version>, NoAnswer>;

    /// Writes a version that was once in force.
    ///
    /// # Errors
    /// As for [`LineSettings::save`]; there is no such version.
    fn restore(&self, version: u64, revision: &str, by: &Saving) -> Result<Saved, NotSaved>;

    /// Ends inspectd so that it is started again.
    ///
    /// # Errors
    /// Nobody would start it again.
    fn restart(&self) -> Result<(), NoAnswer>;
}

/// The line file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Settings {
    /// Where it stands.
    pub file: String,
    /// What it says now.
    pub revision: String,
    /// When it was last changed.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub changed_at: Option<Timestamp>,
    /// Why it cannot be written and what to do; none where it can.
    pub unwritable: Option<String>,
    /// What is in the file and not in force yet.
    pub waits: Option<Waits>,
    /// Whether the page can restart inspectd; otherwise `restart_command` does.
    pub can_restart: bool,
    /// What somebody writes on the box to restart inspectd.
    pub restart_command: String,
    /// What is wrong with the file as it is.
    pub mistakes: Vec<MistakeView>,
    /// Its sections, in the order of the reference page; one within another comes after it.
    pub sections: Vec<Section>,
}

/// Changes that wait for a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Waits {
    /// When the file was changed.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub since: Option<Timestamp>,
    /// Which keys are not in force yet.
    pub keys: Vec<String>,
    /// Whether plc-bridge has to be restarted too, since it obeys one of them.
    pub bridge: bool,
}

/// A section of the line file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Section {
    /// Its name, for example `conveyor.diverter`.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Whether it must be written.
    pub required: bool,
    /// Whether it may be written more than once.
    pub repeated: bool,
    /// Most tables of a repeated section.
    pub most: Option<u64>,
    /// Its keys.
    pub keys: Vec<Key>,
    /// What is written.
    pub present: Vec<Table>,
}

impl Section {
    /// Whether it is left out unless somebody adds it: nothing can be preset for a key that must be written.
    pub fn is_added(&self) -> bool {
        self.repeated || (!self.required && self.keys.iter().any(|key| key.required))
    }

    /// The name of the section at the top that it belongs to.
    pub fn top(&self) -> &str {
        self.name.split('.').next().unwrap_or(&self.name)
    }
}

/// A section as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Table {
    /// Where, for example `conveyor.diverter.0`.
    pub at: String,
    /// The values that are written, by key.
    pub values: BTreeMap<String, Value>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Key {
    /// Its name within the section.
    pub name: String,
    /// What it means.
    pub about: String,
    /// Whether it must be written.
    pub required: bool,
    /// What may be written.
    pub kind: KeyKind,
    /// The same with its bounds, in words.
    pub words: String,
    /// The unit of a number.
    pub unit: Option<String>,
    /// The smallest number.
    pub least: Option<f64>,
    /// The largest.
    pub most: Option<f64>,
    /// What a choice, or each entry of a list, may be; empty where it may be anything.
    pub choices: Vec<Choice>,
    /// What holds where it is not written.
    pub default: Option<Value>,
    /// When a change takes effect.
    pub effect: Effect,
}

/// What may be written for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A text.
    Text,
    /// One of [`Key::choices`].
    Choice,
    /// A list of texts, or of choices.
    Texts,
    /// A list of whole numbers.
    Integers,
}

/// One thing that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Choice {
    /// What is written.
    pub value: String,
    /// What it means.
    pub about: String,
}

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// As soon as it is saved.
    AtOnce,
    /// When inspectd is started again.
    Restart,
    /// When inspectd and plc-bridge are started again.
    RestartBoth,
}

impl Effect {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtOnce => "at_once",
            Self::Restart => "restart",
            Self::RestartBoth => "restart_both",
        }
    }
}

/// One change that somebody wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Of which key or table. The places of repeated sections are those of the revision; what is added goes on
    /// from there.
    pub key: String,
    /// What is to be written; `null` removes the key or the table, and an empty object adds a table.
    pub value: Value,
}

/// What would become of the file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// The revision that was looked at.
    pub revision: String,
    /// What is different, line by line, as `diff -u` writes it.
    pub diff: String,
    /// Which keys change, from what to what.
    pub keys: Vec<Changed>,
    /// What is wrong with the result.
    pub mistakes: Vec<MistakeView>,
    /// What is possible and probably not meant.
    pub warnings: Vec<MistakeView>,
}

/// A key that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Which.
    pub key: String,
    /// What is written now; empty where nothing is.
    pub before: String,
    /// What would be; likewise.
    pub after: String,
    /// When it takes effect.
    pub effect: Effect,
}

/// A mistake in the line file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MistakeView {
    /// The path of the key or table; empty for the file as a whole.
    pub at: String,
    /// The same as people write it: `camera[0].fps`.
    pub key: String,
    /// The line in the file.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub instead: String,
}

/// Who saves, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// A person's name.
    pub who: String,
    /// Their reason.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Saved {
    /// The new revision.
    pub revision: String,
    /// Which keys were changed, from what to what.
    pub keys: Vec<Changed>,
}

/// A file that was once in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Ascending.
    pub id: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it; empty where it was changed on the box.
    pub who: String,
    /// Why.
    pub reason: String,
    /// What it says.
    pub revision: String,
    /// What is different from the version before, as `diff -u` writes it; empty for the oldest.
    pub diff: String,
}

/// Why the file was not changed, in words that end with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSaved {
    /// It is another one by now.
    #[error("{0}")]
    Changed(String),
    /// The result is wrong.
    #[error("the result has mistakes; correct them first")]
    Wrong(Vec<MistakeView>),
    /// A change cannot be made, or there is none.
    #[error("{0}")]
    Refused(String),
    /// The file cannot be written.
    #[error("{0}")]
    Unwritable(String),
    /// It cannot be read.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
}
