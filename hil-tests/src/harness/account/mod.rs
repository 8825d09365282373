//! The account of a run: what the twin knows about each item, held against its record.
//!
//! The bridge numbers items in the order in which they enter, and so does the twin: the n-th item
//! that a PLC saw enter is the n-th record. One that entered while the PLC was switched off is
//! **unseen**: it has no record, and the bridge reports it as something that it did not expect. An
//! item is **mis-sorted** when it physically ended
//! elsewhere than decided; it is **missed** when it was defective and an inspected pass let it
//! through; a **false divert** is a good item that a verdict pushed off although nothing was on hold. One that nobody
//! knows is neither. What became of each thing that a mixed belt's plan says stands in [`planned`].

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use inspectd::item::identification::Claim;
use line::protocol::{Action, Check, Decision, FallBackCause, Outcome, Verdict};
use plc_bridge::registers::LANE_STOP;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use twin::scanner::ScanTruth;
use twin::{goods::Expected, line::Truth, plc::Source, world::End};
use vision::learning::Familiarity;

pub mod planned;

/// Differences listed at most; the rest is counted.
const DIFFERENCES: usize = 20;

/// Why there is no account.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The truth cannot be read.
    #[error("cannot read the twin's truth {path}: {cause}; did the twin start?")]
    Truth {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The records cannot be read.
    #[error("cannot read the records in {path}: {cause}; did inspectd start?")]
    Records {
        /// The database.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

/// The part of a record that the account needs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Record {
    /// The item's number.
    pub item: u64,
    /// What it is, where that is known.
    pub sku: Option<String>,
    /// Who said what it is.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// How well the box knew its SKU.
    #[serde(default)]
    pub familiarity: Option<Familiarity>,
    /// The tote in which it lay.
    #[serde(default)]
    pub tote: Option<String>,
    /// What inspectd asked for.
    pub verdict: Option<Verdict>,
    /// What the bridge committed.
    pub decision: Option<Decision>,
    /// Where the item went.
    pub outcome: Option<Outcome>,
    /// How long the steps took.
    pub timings: Timings,
}

/// How long the steps took, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Timings {
    /// From the entry eye until the verdict left for the bridge.
    pub eye_to_verdict_ms: Option<f64>,
    /// From the bridge's receipt of the verdict until the PLC acknowledged it.
    pub verdict_to_plc_ms: Option<f64>,
}

/// Median and 99th percentile of a time, in milliseconds; none without a sample.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the items took no longer.
    pub p50_ms: Option<f64>,
    /// 99 of 100 items took no longer.
    pub p99_ms: Option<f64>,
}

/// What a run has shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Account {
    /// Items that entered and left.
    pub items: usize,
    /// Of these, those that no PLC saw enter.
    pub unseen: usize,
    /// Items of which the line cannot tell where they went.
    pub ambiguous: usize,
    /// Of these, defective ones.
    pub defective: usize,
    /// Defective ones that a verdict diverted and that ended in the lane.
    pub correctly_diverted: usize,
    /// Defective ones that an inspected pass let through.
    pub missed: usize,
    /// Good ones that a verdict diverted.
    pub false_diverts: usize,
    /// Of the good ones, those that were diverted because their SKU or lot was on hold.
    pub held: usize,
    /// Items that were not inspected, by cause.
    pub uninspected: BTreeMap<String, usize>,
    /// Items that ended elsewhere than decided.
    pub mis_sorted: usize,
    /// Time from the entry eye to the verdict.
    pub eye_to_verdict: Latency,
    /// Time from the verdict to the PLC's acknowledgement.
    pub verdict_to_plc: Latency,
    /// Frames that a camera's reader dropped or that came too late.
    pub frames_dropped: u64,
    /// Messages that the broker has not acknowledged.
    pub mqtt_owed: u64,
    /// Messages that the broker has acknowledged.
    pub mqtt_acknowledged: u64,
    /// Whether every record equals the truth.
    pub records_equal_truth: bool,
    /// Where not, the first of them.
    pub differences: Vec<String>,
}

impl Account {
    /// Compares truth and records.
    pub fn of(truths: &[Truth], records: &[Record]) -> Self {
        let mut account = Self { items: truths.len(), ..Self::default() };
        let mut differences = Vec::new();
        let (seen, unseen): (Vec<&Truth>, Vec<&Truth>) =
            truths.iter().partition(|truth| truth.acquisition != 0);
        account.unseen = unseen.len();
        account.defective = truths.iter().filter(|truth| truth.defect.is_some()).count();
        if seen.len() != records.len() {
            differences.push(format!("{} items left, {} records", seen.len(), records.len()));
        }
        for (index, truth) in seen.into_iter().enumerate() {
            let Some(record) = records.get(index) else {
                differences.push(format!("item {}: no record", truth.number));
                continue;
            };
            account.count(truth, record);
            let difference = difference(truth, record);
            differences.extend(difference.map(|what| format!("item {}: {what}", truth.number)));
        }
        let times = |of: fn(&Timings) -> Option<f64>| {
            latency(records.iter().filter_map(|record| of(&record.timings)).collect())
        };
        account.eye_to_verdict = times(|timings| timings.eye_to_verdict_ms);
        account.verdict_to_plc = times(|timings| timings.verdict_to_plc_ms);
        account.records_equal_truth = differences.is_empty();
        differences.truncate(DIFFERENCES);
        account.differences = differences;
        account
    }

    /// Number of items that were not inspected.
    pub fn uninspected_items(&self) -> usize {
        self.uninspected.values().sum()
    }

    fn count(&mut self, truth: &Truth, record: &Record) {
        let decision = record.decision.as_ref();
        let cause = match (&record.verdict, decision.and_then(|d| d.fall_back.as_ref())) {
            (Some(Verdict::Uninspected { cause }), _) => Some(cause.to_string()),
            (_, Some(FallBackCause::Uninspected { why })) => Some(why.to_string()),
            (_, Some(FallBackCause::NoVerdict)) => Some("no verdict in time".to_owned()),
            (_, Some(FallBackCause::InspectorDead)) => Some("inspectd was away".to_owned()),
            (_, Some(FallBackCause::Ambiguous { why })) => Some(why.to_string()),
            (_, Some(FallBackCause::PlcLost)) => Some("the PLC was lost".to_owned()),
            (_, Some(FallBackCause::BridgeRestarted)) => {
                Some("the bridge was restarted".to_owned())
            }
            (None, None) => Some("no verdict recorded".to_owned()),
            (Some(_), None) => None,
        };
        let inspected = cause.is_none();
        if let Some(cause) = cause {
            *self.uninspected.entry(cause).or_default() += 1;
        }
        let into_lane = decision.is_some_and(|d| matches!(d.action, Action::Divert { .. }));
        let is_held = matches!(
            &record.verdict,
            Some(Verdict::Divert { reasons, .. }) if reasons.contains(&Check::Hold)
        );
        let ended_in_lane = matches!(truth.end, End::Lane(_));
        let is_ambiguous = matches!(record.outcome, Some(Outcome::Ambiguous { .. }));
        self.ambiguous += usize::from(is_ambiguous);
        // The line does not claim to know where it went: it is looked for by hand.
        let was_sorted = truth.end != End::TakenAway && decision.is_some() && !is_ambiguous;
        if was_sorted && into_lane != ended_in_lane {
            self.mis_sorted += 1;
        }
        let is_stranger =
            truth.plan.as_ref().is_some_and(|plan| plan.expected == Expected::Unknown);
        match (truth.defect.is_some(), into_lane) {
            _ if is_stranger => {}
            (true, true) if inspected && ended_in_lane => self.correctly_diverted += 1,
            (true, false) if inspected => self.missed += 1,
            (false, true) if inspected && is_held => self.held += 1,
            (false, true) if inspected => self.false_diverts += 1,
            _ => {}
        }
    }
}

/// Where a record differs from what happened; `None` when it does not.
fn difference(truth: &Truth, record: &Record) -> Option<String> {
    let expected = match truth.end {
        End::Exit => [Outcome::Passed, Outcome::WrongLane { seen: 0 }],
        End::Lane(lane) => [Outcome::Diverted { lane }, Outcome::WrongLane { seen: lane }],
        End::TakenAway => [Outcome::Lost, Outcome::Lost],
    };
    match record.outcome {
        None => return Some(format!("no outcome recorded, it ended at {:?}", truth.end)),
        Some(Outcome::Ambiguous { .. }) => return None,
        Some(outcome) if !expected.contains(&outcome) => {
            return Some(format!("outcome {outcome:?}, but it ended at {:?}", truth.end));
        }
        Some(_) => {}
    }
    let applied = truth.applied?;
    let Some(decision) = &record.decision else {
        return Some("no decision recorded".to_owned());
    };
    let lane = match decision.action {
        Action::Pass => 0,
        Action::Divert { lane } => u16::from(lane),
        Action::Stop => LANE_STOP,
    };
    let by_verdict = applied.source == Source::Verdict;
    (applied.lane != lane || by_verdict != decision.fall_back.is_none())
        .then(|| format!("decided {decision:?}, but the PLC applied {applied:?}"))
}

/// Median and 99th percentile by the nearest rank.
fn latency(mut times: Vec<f64>) -> Latency {
    times.sort_by(f64::total_cmp);
    let rank = |share: f64| {
        let rank = (share * times.len() as f64).ceil() as usize;
        times.get(rank.saturating_sub(1)).map(|ms| (ms * 10.0).round() / 10.0)
    };
    Latency { p50_ms: rank(0.5), p99_ms: rank(0.99) }
}

/// Reads the twin's truth file.
///
/// # Errors
/// It is not there or not whole.
pub fn read_truth(path: &Path) -> Result<Vec<Truth>, AccountError> {
    let failed = |cause: String| AccountError::Truth { path: path.to_owned(), cause };
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let parse = |line| serde_json::from_str(line).map_err(|error| failed(error.to_string()));
    let mut truths: Vec<Truth> = text.lines().map(parse).collect::<Result<_, _>>()?;
    truths.sort_by_key(|truth| truth.number);
    Ok(truths)
}

/// Reads what the twin's scanners made of the items.
///
/// # Errors
/// The file is not there or not whole.
pub fn read_scans(path: &Path) -> Result<Vec<ScanTruth>, AccountError> {
    let failed = |cause: String| AccountError::Truth { path: path.to_owned(), cause };
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let parse = |line| serde_json::from_str(line).map_err(|error| failed(error.to_string()));
    text.lines().map(parse).collect()
}

/// Reads the records of inspectd's store, in the order in which the items entered.
///
/// # Errors
/// The database is not there or not understood.
pub fn read_records(store: &Path) -> Result<Vec<Record>, AccountError> {
    let path = store.join("records.db");
    let failed = |cause: String| AccountError::Records { path: path.clone(), cause };
    let read = || -> rusqlite::Result<Vec<String>> {
        let db = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut query = db.prepare("SELECT body FROM record ORDER BY entered_at, item")?;
        query.query_map([], |row| row.get(0))?.collect()
    };
    let bodies = read().map_err(|error| failed(error.to_string()))?;
    let parse = |body: &String| serde_json::from_str(body).map_err(|e| failed(e.to_string()));
    bodies.iter().map(parse).collect()
}

#[cfg(test)]
mod tests;
