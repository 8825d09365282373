//! What to look for among the records, and the question to the database that finds it.

use jiff::Timestamp;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::owed::signed;

/// The verdicts as words to search for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// inspectd let it ship.
    Pass,
    /// inspectd asked for a diverter.
    Divert,
    /// It was not inspected, or left without a verdict.
    Uninspected,
}

impl VerdictKind {
    /// The verdict of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Pass, Self::Divert, Self::Uninspected].into_iter().find(|kind| kind.column() == name)
    }

    fn column(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Divert => "divert",
            Self::Uninspected => "uninspected",
        }
    }
}

/// Which records to find; a key that is `None` asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Entered at this time or later.
    pub since: Option<Timestamp>,
    /// Entered before this time.
    pub until: Option<Timestamp>,
    /// Supposed to be this.
    pub sku: Option<String>,
    /// With this serial number on the label.
    pub serial: Option<String>,
    /// Got this verdict.
    pub verdict: Option<VerdictKind>,
    /// Diverted because this check asked for it: `damage`, `identity`, `label` or `hold`.
    pub reason: Option<String>,
    /// Went there: `passed`, `diverted`, `lost`, `wrong_lane` or `ambiguous`.
    pub outcome: Option<String>,
    /// At most so many, the newest.
    pub limit: usize,
}

impl Filter {
    /// The question to the database, with its values. Only what is asked for stands in it: with a condition for each key,
    /// which holds where the key asks for nothing, no index but that of the time is of use.
    pub(super) fn question(&self) -> (String, Vec<Value>) {
        let time = |at: Timestamp| at.as_microsecond().into();
        let text = |text: &String| text.clone().into();
        let asked: [(&str, Option<Value>); 7] = [
            ("entered_at >= ?", self.since.map(time)),
            ("entered_at < ?", self.until.map(time)),
            ("sku = ?", self.sku.as_ref().map(text)),
            ("verdict = ?", self.verdict.map(|kind| kind.column().to_owned().into())),
            ("outcome = ?", self.outcome.as_ref().map(text)),
            (
                "verdict = 'divert' AND EXISTS (
                    SELECT 1 FROM json_each(body, '$.verdict.reasons') WHERE value = ?)",
                self.reason.as_ref().map(text),
            ),
            ("json_extract(body, '$.label.serial') = ?", self.serial.as_ref().map(text)),
        ];
        let (conditions, mut values): (Vec<&str>, Vec<Value>) =
            asked.into_iter().filter_map(|(condition, value)| Some((condition, value?))).unzip();
        let which = match conditions.is_empty() {
            true => String::new(),
            false => format!("WHERE {}", conditions.join(" AND ")),
        };
        values.push(signed(self.limit as u64).into());
        let order = "ORDER BY entered_at DESC, item DESC LIMIT ?";
        (format!("SELECT boot, item, body FROM record {which} {order}"), values)
    }
}
