//! An item as the page shows it: what the record says in types, in words.

use std::path::Path;

use calib::the_box::{CameraView, ItemView};
use line::protocol::{Action, Decision, FallBackCause, Outcome, Verdict};

use crate::records::{Record, Records, StoreError, ViewRecord};

/// The newest `limit` items of the store in `records_folder`, newest first.
///
/// # Errors
/// The database cannot be read.
pub fn newest(records_folder: &Path, limit: usize) -> Result<Vec<ItemView>, StoreError> {
    let records = Records::open_read_only(records_folder)?.recent(limit)?;
    Ok(records.into_iter().map(ItemView::from).collect())
}

impl From<Record> for ItemView {
    fn from(record: Record) -> Self {
        let words = words(&record);
        let score = worst_ratio(&record.views);
        Self {
            boot: record.id.boot,
            item: record.id.item,
            sku: record.sku,
            familiarity: record.familiarity.map(|known| known.to_string()),
            tote: record.tote,
            is_empty_tote: record.is_empty_tote,
            entered_at: record.entered_at,
            score,
            threshold: score.map(|_| 1.0),
            verdict: record.verdict.as_ref().map(verdict_name),
            reasons: match record.verdict {
                Some(Verdict::Divert { reasons, .. }) => reasons,
                _ => Vec::new(),
            },
            words,
            ms: record.timings.eye_to_verdict_ms,
            decision: record.decision.as_ref().map(decision_words),
            outcome: record.outcome.map(outcome_words),
            outcome_kind: record.outcome.map(outcome_kind),
            views: record.views.into_iter().map(CameraView::from).collect(),
        }
    }
}

impl From<ViewRecord> for CameraView {
    fn from(view: ViewRecord) -> Self {
        let ViewRecord {
            camera,
            picture,
            not_kept,
            heat_map,
            score,
            threshold,
            problem,
            is_hidden,
            ..
        } = view;
        Self { camera, picture, not_kept, heat_map, score, threshold, problem, is_hidden }
    }
}

/// The largest ratio of score to threshold; none when no view was scored.
pub fn worst_ratio(views: &[ViewRecord]) -> Option<f32> {
    views
        .iter()
        .filter_map(|view| view.score.zip(view.threshold))
        .map(|(score, threshold)| score / threshold)
        .filter(|ratio| ratio.is_finite())
        .max_by(f32::total_cmp)
}

/// The verdict's name in JSON and tables.
pub fn verdict_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Divert { .. } => "divert",
        Verdict::Uninspected { .. } => "uninspected",
    }
}

/// What was committed, and why when it was not inspectd's verdict.
pub fn decision_words(decision: &Decision) -> String {
    let action = match decision.action {
        Action::Pass => "pass".to_owned(),
        Action::Divert { lane } => format!("divert into lane {lane}"),
        Action::Stop => "stop the belt for a person to look".to_owned(),
    };
    match &decision.fall_back {
        None => action,
        Some(cause) => format!("{action} (fall-back: {})", fall_back_words(cause)),
    }
}

fn fall_back_words(cause: &FallBackCause) -> String {
    match cause {
        FallBackCause::NoVerdict => "no verdict in time".to_owned(),
        FallBackCause::InspectorDead => "inspectd was away".to_owned(),
        FallBackCause::Uninspected { .. } => "not inspected".to_owned(),
        FallBackCause::Ambiguous { why } => format!("it cannot be told which item it is: {why}"),
        FallBackCause::PlcLost => "the PLC could not be reached".to_owned(),
        FallBackCause::BridgeRestarted => {
            "plc-bridge was restarted while it was on the belt".to_owned()
        }
    }
}

/// Where the item went.
pub fn outcome_words(outcome: Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Diverted { lane } => format!("diverted into lane {lane}"),
        Outcome::Lost => "lost: no eye saw it".to_owned(),
        Outcome::WrongLane { seen: 0 } => "wrong lane: stayed on the belt".to_owned(),
        Outcome::WrongLane { seen } => format!("wrong lane: seen in lane {seen}"),
        Outcome::Ambiguous { why } => format!("where it went cannot be told: {why}"),
    }
}

/// Where the item went, as one word.
fn outcome_kind(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Diverted { .. } => "diverted",
        Outcome::Lost => "lost",
        Outcome::WrongLane { .. } => "wrong_lane",
        Outcome::Ambiguous { .. } => "ambiguous",
    }
}

/// What people need to know: what was found, why it was not inspected, why the bridge chose for
/// itself, and where it went astray. Each thing once.
fn words(record: &Record) -> Vec<String> {
    let mut said: Vec<String> = record
        .findings
        .iter()
        .filter(|finding| finding.exceeds())
        .map(|finding| finding.words.clone())
        .collect();
    // One that nobody knows is diverted although nothing speaks against it: what is open says why.
    if let (Some(Verdict::Divert { reasons, .. }), true) = (&record.verdict, said.is_empty()) {
        let why = record.findings.iter().filter(|finding| reasons.contains(&finding.check));
        said.extend(why.map(|finding| finding.words.clone()));
    }
    if let Some(Verdict::Uninspected { cause }) = &record.verdict {
        said.push(format!("not inspected: {cause}"));
    } else {
        let problems = record.views.iter().filter_map(|view| {
            view.problem.as_ref().map(|problem| format!("{}: {problem}", view.camera))
        });
        said.extend(problems);
    }
    match record.decision.as_ref().and_then(|decision| decision.fall_back.as_ref()) {
        Some(FallBackCause::Uninspected { .. }) | None => {}
        Some(cause) => said.push(format!("fall-back: {}", fall_back_words(cause))),
    }
    if let Some(outcome @ (Outcome::Lost | Outcome::WrongLane { .. } | Outcome::Ambiguous { .. })) =
        record.outcome
    {
        said.push(outcome_words(outcome));
    }
    if record.clock_doubted {
        said.push("the clock was not trusted: the item's time may be wrong".to_owned());
    }
    said
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use line::protocol::{Ambiguity, Check};

    use super::*;
    use crate::records::{Finding, ItemId, Timings};

    fn view(camera: &str, score: Option<(f32, f32)>) -> ViewRecord {
        let (score, threshold) = score.unzip();
        ViewRecord { score, threshold, ..ViewRecord::of(camera) }
    }

    fn record(views: Vec<ViewRecord>) -> Record {
        let id = ItemId { boot: "b".to_owned(), item: 7 };
        Record {
            views,
            verdict: Some(Verdict::Pass),
            timings: Timings { eye_to_verdict_ms: Some(312.5), ..Timings::default() },
            sku: Some("carton".to_owned()),
            ..Record::of(id, Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn the_item_shows_its_worst_view_in_units_of_that_views_threshold() {
        let item = ItemView::from(record(vec![
            view("side", Some((3.0, 4.0))),
            view("top", Some((0.9, 0.5))),
            view("back", None),
        ]));
        assert_eq!((item.score, item.threshold), (Some(1.8), Some(1.0)));
        assert_eq!(item.ms, Some(312.5));
    }

    #[test]
    fn an_item_without_scores_shows_none() {
        let item = ItemView::from(record(vec![view("top", None), view("side", Some((1.0, 0.0)))]));
        assert_eq!((item.score, item.threshold), (None, None));
    }

    #[test]
    fn a_diverted_item_says_what_was_found_and_where() {
        let finding = Finding {
            check: Check::Damage,
            camera: Some("side".to_owned()),
            score: 2.0,
            threshold: 1.0,
            at: Some([10, 20]),
            boxes: Vec::new(),
            words: "side: unlike the normal ones at 10, 20".to_owned(),
        };
        let harmless = Finding { score: 0.5, words: "fine".to_owned(), ..finding.clone() };
        let item = ItemView::from(Record {
            findings: vec![harmless, finding],
            verdict: Some(Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }),
            outcome: Some(Outcome::WrongLane { seen: 0 }),
            ..record(vec![])
        });
        assert_eq!(item.verdict, Some("divert"));
        assert_eq!(item.reasons, [Check::Damage]);
        assert_eq!(
            item.words,
            ["side: unlike the normal ones at 10, 20", "wrong lane: stayed on the belt"]
        );
    }

    #[test]
    fn a_fall_back_names_its_cause_once() {
        let cause: Arc<str> = "top: no frame".into();
        let fall_back = |cause| Some(Decision { action: Action::Pass, fall_back: Some(cause) });
        let uninspected = ItemView::from(Record {
            verdict: Some(Verdict::Uninspected { cause: cause.clone() }),
            decision: fall_back(FallBackCause::Uninspected { why: cause }),
            ..record(vec![])
        });
        assert_eq!(uninspected.words, ["not inspected: top: no frame"]);
        let dead = ItemView::from(Record {
            verdict: None,
            decision: fall_back(FallBackCause::InspectorDead),
            ..record(vec![])
        });
        assert_eq!(dead.words, ["fall-back: inspectd was away"]);
        assert_eq!(dead.decision.as_deref(), Some("pass (fall-back: inspectd was away)"));
    }

    #[test]
    fn an_ambiguous_item_says_what_cannot_be_told_and_why() {
        let why = Ambiguity::TooClose;
        let action = Action::Stop;
        let item = ItemView::from(Record {
            decision: Some(Decision { action, fall_back: Some(FallBackCause::Ambiguous { why }) }),
            outcome: Some(Outcome::Ambiguous { why }),
            ..record(vec![])
        });
        let close = "it follows the item before too closely";
        assert_eq!(
            item.words,
            [
                format!("fall-back: it cannot be told which item it is: {close}"),
                format!("where it went cannot be told: {close}"),
            ]
        );
        let decision = item.decision.expect("it was decided");
        assert!(decision.starts_with("stop the belt for a person to look (fall-back: "));
    }
}
