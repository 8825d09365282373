//! Records for tests, and a database that refuses them.

use std::path::Path;

use line::protocol::{Action, Check, Decision, Outcome, Verdict};

use super::{Finding, ItemId, Record, Timings, ViewRecord};

/// A record as it stands when the item has just been seen.
pub fn open(item: u64) -> Record {
    let id = ItemId { boot: "bridge-1".to_owned(), item };
    let entered_at = jiff::Timestamp::new(1_770_000_000 + item as i64, 0).expect("a time");
    Record { sku: Some("carton-a".to_owned()), ..Record::of(id, entered_at) }
}

/// The record of a damaged item at its end.
pub fn diverted(item: u64) -> Record {
    Record {
        views: vec![ViewRecord {
            camera: "top".to_owned(),
            picture: Some(format!("2026-02-02/bridge-1-{item}-top-view.jpg")),
            not_kept: None,
            heat_map: None,
            offset_mm: Some(1.5),
            score: Some(2.5),
            threshold: Some(1.25),
            calibration: None,
            problem: None,
            is_hidden: false,
        }],
        findings: vec![Finding {
            check: Check::Damage,
            camera: Some("top".to_owned()),
            score: 2.5,
            threshold: 1.25,
            at: Some([120, 80]),
            boxes: vec![[100, 60, 40, 40]],
            words: "the upper left corner looks crushed".to_owned(),
        }],
        verdict: Some(Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }),
        decision: Some(Decision { action: Action::Divert { lane: 1 }, fall_back: None }),
        outcome: Some(Outcome::Diverted { lane: 1 }),
        timings: Timings { scoring_ms: Some(41.5), ..Timings::default() },
        ..open(item)
    }
}

/// The record of a good item at its end.
pub fn passed(item: u64) -> Record {
    Record {
        verdict: Some(Verdict::Pass),
        decision: Some(Decision { action: Action::Pass, fall_back: None }),
        outcome: Some(Outcome::Passed),
        ..open(item)
    }
}

/// From now on the database in `folder` refuses every record, as a broken disk would.
pub fn refuse_records(folder: &Path) {
    on(
        folder,
        "CREATE TRIGGER broken BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'a broken disk'); END",
    );
}

/// It takes them again.
pub fn take_records(folder: &Path) {
    on(folder, "DROP TRIGGER broken");
}

fn on(folder: &Path, sql: &str) {
    let db = rusqlite::Connection::open(folder.join(super::DATABASE)).expect("opened");
    db.busy_timeout(std::time::Duration::from_secs(30)).expect("set");
    db.execute_batch(sql).expect("done");
}
