//! The store on a real file: what is committed, what is ignored, and what the fleet is owed.

use std::fs;

use tempfile::TempDir;

use line::protocol::{Eye, UnnumberedWhy};

use crate::fleet::messages::{self, Alert, AlertKind, Kind, Phase, Summary};
use crate::records::samples::{diverted, open, passed};
use crate::records::{DATABASE, Filter, ItemId, LOST, Lost, Records, Truth, VerdictKind};

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn owing(folder: &TempDir, capacity: u64) -> Store {
    let boot = "box-boot".to_owned();
    Store::open(folder.path()).expect("opened").owing(Owing {
        boot,
        capacity,
        tell: messages::of_news,
    })
}

fn alert(words: &str) -> Change {
    let (alert, phase) = (AlertKind::PlcLost, Phase::Begins);
    Alert { alert, subject: None, phase, words: words.to_owned() }.owed()
}

#[test]
fn a_closed_record_is_found_as_it_was_given_after_the_store_is_opened_again() {
    let folder = folder();
    let mut store = owing(&folder, 100);
    store.commit(&[Change::Save(open(1)), Change::Save(open(2))]).expect("committed");
    store.commit(&[Change::Close(diverted(1))]).expect("committed");
    drop(store);

    let store = owing(&folder, 100);
    assert_eq!(store.open_records().expect("read"), [open(2)]);
    let records = Records::open_read_only(folder.path()).expect("opened");
    assert_eq!(records.by_id(&diverted(1).id).expect("read"), Some(diverted(1)));
    assert_eq!(records.recent(10).expect("read"), [open(2), diverted(1)]);
}

#[test]
fn a_body_without_a_number_is_kept_once_owed_once_and_deleted_by_age() {
    let folder = folder();
    let mut store = owing(&folder, 100);
    let body = |event: u64, second: i64| Unnumbered {
        bridge_boot: "b".to_owned(),
        event,
        seen_at: Timestamp::from_second(second).expect("in range"),
        eye: Eye::Lane(2),
        why: UnnumberedWhy::EncoderStill,
        clock_doubted: false,
    };
    let told = [Change::Unnumbered(body(7, 50)), Change::Unnumbered(body(9, 60))];
    store.commit(&told).expect("committed");
    store.commit(&told).expect("the bridge tells it twice");
    let records = Records::open_read_only(folder.path()).expect("opened");
    let all = Filter { limit: 10, ..Filter::default() };
    assert_eq!(records.unnumbered(&all).expect("read"), [body(9, 60), body(7, 50)]);
    let owed = store.read_outbox(0, 10).expect("read");
    assert_eq!(owed.iter().map(|o| &*o.kind).collect::<Vec<_>>(), [Kind::Unnumbered.name(); 2]);
    assert!(owed[0].body.contains("the eye of lane 2"), "{}", owed[0].body);
    let before = Timestamp::from_second(55).expect("in range");
    assert_eq!(store.delete_unnumbered(before, 10).expect("deleted"), 1);
    assert_eq!(records.unnumbered(&all).expect("read"), [body(9, 60)]);
}

#[test]
fn a_record_once_closed_never_changes_and_is_owed_once() {
    let folder = folder();
    let mut store = owing(&folder, 100);
    store.commit(&[Change::Close(diverted(1))]).expect("committed");
    let again = [Change::Close(passed(1)), Change::Save(open(1))];
    store.commit(&again).expect("ignored");

    let records = Records::open_read_only(folder.path()).expect("opened");
    assert_eq!(records.recent(10).expect("read"), [diverted(1)]);
    let owed = store.read_outbox(0, 10).expect("read");
    assert_eq!(owed.len(), 1);
    assert_eq!(owed[0].kind, Kind::Summary.name());
    let summary: Summary = serde_json::from_str(&owed[0].body).expect("a summary");
    assert_eq!(summary, Summary::of(&diverted(1)));
}

#[test]
fn without_a_fleet_nothing_is_owed() {
    let folder = folder();
    let mut store = Store::open(folder.path()).expect("opened");
    store.commit(&[Change::Close(passed(1)), alert("x")]).expect("committed");
    assert_eq!(store.outbox(), OutboxCounts::default());
    assert_eq!(store.read_outbox(0, 10).expect("read"), []);
}

#[test]
fn ids_ascend_over_restarts_even_when_everything_was_acknowledged() {
    let folder = folder();
    let mut store = owing(&folder, 100);
    store.commit(&[alert("a"), alert("b")]).expect("committed");
    store.commit(&[Change::Acknowledge(vec![2, 1, 1, 77])]).expect("committed");
    drop(store);

    let mut store = owing(&folder, 100);
    store.commit(&[alert("c")]).expect("committed");
    let expected = OutboxCounts { owed: 1, acknowledged: 2, lost: 0, last_id: 3 };
    assert_eq!(store.outbox(), expected);
    assert_eq!(store.read_outbox(0, 10).expect("read")[0].id, 3);
    let records = Records::open_read_only(folder.path()).expect("opened");
    assert_eq!(records.outbox().expect("read"), expected);
}

#[test]
fn a_full_outbox_gives_up_its_oldest_messages_and_owes_a_notice_of_each_loss() {
    let folder = folder();
    let mut store = owing(&folder, 5);
    for n in 0..40 {
        store.commit(&[alert(&n.to_string())]).expect("committed");
        assert!(store.outbox().owed <= 5);
    }
    let owed = store.read_outbox(0, 100).expect("read");
    assert!(owed.is_sorted_by_key(|message| message.id));
    let alerts = owed.iter().filter(|message| message.kind == Kind::Alert.name()).count() as u64;
    let told: u64 = owed
        .iter()
        .filter(|message| message.kind == LOST)
        .map(|message| serde_json::from_str::<Lost>(&message.body))
        .map(|lost| lost.expect("a notice").count)
        .sum();
    assert_eq!(alerts + told, 40, "every message is there or its loss is told");
    assert_eq!(store.outbox().lost, told);
    drop(store);
    assert_eq!(owing(&folder, 5).outbox().owed, owed.len() as u64);
}

#[test]
fn a_notice_that_tells_of_earlier_ones_keeps_the_newest_reason_however_often_it_is_merged() {
    let folder = folder();
    let mut store = owing(&folder, 5);
    let skip = |store: &mut Store, reason: &str| {
        store.commit(&[alert("too large")]).expect("committed");
        let id = store.outbox().last_id;
        store.commit(&[Change::Skip(id, reason.to_owned())]).expect("committed");
    };
    skip(&mut store, "a summary of 9 bytes");
    skip(&mut store, "an alert of 7 bytes");
    for n in 0..40 {
        store.commit(&[alert(&n.to_string())]).expect("committed");
    }
    let owed = store.read_outbox(0, 100).expect("read");
    let notices = owed.iter().filter(|message| message.kind == LOST);
    let notices: Vec<_> = notices
        .map(|message| serde_json::from_str::<Lost>(&message.body))
        .map(|lost| lost.expect("a notice"))
        .collect();
    let reasons: Vec<_> = notices.iter().filter_map(|lost| lost.reason.as_deref()).collect();
    let told = "the outbox was full; some were given up before: an alert of 7 bytes";
    assert_eq!(reasons, [told], "{notices:?}");
    skip(&mut store, &"r".repeat(100_000));
    let owed = store.read_outbox(0, 100).expect("read");
    assert!(owed.iter().all(|message| message.body.len() < 2000), "a reason has an end");
}

#[test]
fn records_are_found_by_sku_verdict_and_time() {
    let folder = folder();
    let mut store = Store::open(folder.path()).expect("opened");
    let other = Record { sku: Some("carton-b".to_owned()), ..passed(3) };
    let silent = Record { verdict: None, outcome: Some(Outcome::Lost), ..passed(4) };
    let changes = [diverted(1), passed(2), other.clone(), silent.clone()].map(Change::Close);
    store.commit(&changes).expect("committed");
    store.commit(&[Change::Save(open(5))]).expect("committed");

    let records = Records::open_read_only(folder.path()).expect("opened");
    let find = |filter: Filter| records.find(&Filter { limit: 10, ..filter }).expect("read");
    let by_sku = Filter { sku: Some("carton-b".to_owned()), ..Filter::default() };
    assert_eq!(find(by_sku), [other]);
    let verdict = |verdict| Filter { verdict: Some(verdict), ..Filter::default() };
    assert_eq!(find(verdict(VerdictKind::Divert)), [diverted(1)]);
    assert_eq!(find(verdict(VerdictKind::Uninspected)), std::slice::from_ref(&silent));
    let time = Filter {
        since: Some(passed(2).entered_at),
        until: Some(silent.entered_at),
        ..Filter::default()
    };
    assert_eq!(find(time).len(), 2);

    let counts = records.counts(None).expect("read");
    assert_eq!((counts.entered, counts.open, counts.lost), (5, 1, 1));
    assert_eq!((counts.passed, counts.diverted, counts.wrong_lane), (2, 1, 0));
    assert_eq!(
        counts.uninspected.into_iter().collect::<Vec<_>>(),
        [("there was no verdict".to_owned(), 1)]
    );
    assert_eq!(records.oldest().expect("read"), Some(diverted(1).entered_at));
    let missing = ItemId { boot: "bridge-1".to_owned(), item: 99 };
    assert_eq!(records.by_id(&missing).expect("read"), None);
}

#[test]
fn an_old_record_is_deleted_only_once_it_is_closed_and_its_summary_acknowledged() {
    let folder = folder();
    let mut store = owing(&folder, 100);
    let changes = [Change::Close(passed(1)), Change::Close(passed(2)), Change::Save(open(3))];
    store.commit(&changes).expect("committed");
    store.commit(&[Change::Acknowledge(vec![1])]).expect("committed");

    let after_all = open(9).entered_at;
    assert_eq!(store.delete_records(after_all, 10).expect("deleted"), 1);
    let records = Records::open_read_only(folder.path()).expect("opened");
    assert_eq!(records.recent(10).expect("read"), [open(3), passed(2)]);
    store.commit(&[Change::Acknowledge(vec![2])]).expect("committed");
    assert_eq!(store.delete_records(passed(2).entered_at, 10).expect("deleted"), 0, "too young");
    assert_eq!(store.delete_records(after_all, 10).expect("deleted"), 1);
}

#[test]
fn each_thing_that_is_no_store_is_named_with_what_to_do() {
    let no_store = folder();
    fs::write(no_store.path().join(DATABASE), [b'x'; 4096]).expect("written");
    let error = Store::open(no_store.path()).expect_err("refused");
    assert!(matches!(error, StoreError::NotADatabase { .. }), "{error:?}");
    assert!(error.to_string().contains("move it away"), "{error}");

    let newer = folder();
    drop(Store::open(newer.path()).expect("opened"));
    let db = Connection::open(newer.path().join(DATABASE)).expect("opened");
    db.pragma_update(None, "user_version", 99).expect("set");
    drop(db);
    for error in [
        Store::open(newer.path()).expect_err("refused"),
        Records::open_read_only(newer.path()).expect_err("refused"),
    ] {
        assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }), "{error:?}");
    }

    let empty = folder();
    let error = Records::open_read_only(empty.path()).expect_err("refused");
    assert!(matches!(error, StoreError::Missing { .. }), "{error:?}");

    let error = Store::open(&no_store.path().join(DATABASE)).expect_err("refused");
    assert!(error.to_string().contains(DATABASE), "{error}");
}

#[test]
fn a_full_disk_changes_nothing_and_the_same_changes_can_be_tried_again() {
    let folder = folder();
    let mut store = owing(&folder, 1000);
    store.commit(&[Change::Close(passed(1))]).expect("committed");
    let before = store.outbox();
    let pages: i64 =
        store.db.pragma_query_value(None, "page_count", |row| row.get(0)).expect("read");
    limit_pages(&store, pages);
    let many: Vec<_> = (2..500).map(|item| Change::Close(diverted(item))).collect();
    let error = store.commit(&many).expect_err("full");
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert_eq!(store.outbox(), before);

    limit_pages(&store, 1_000_000);
    store.commit(&many).expect("committed");
    assert_eq!(store.outbox().owed, 499);
}

/// SQLite's own full disk.
fn limit_pages(store: &Store, pages: i64) {
    store.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("limited");
}

#[test]
fn holds_and_batch_counts_outlive_a_restart_the_last_ones_counting() {
    let folder = folder();
    let mut store = Store::open(folder.path()).expect("opened");
    let batch = |lot: Option<&str>| Batch { sku: "tea".to_owned(), lot: lot.map(str::to_owned) };
    let seen = |items| Some(Seen { items, failed: 1, suspect: false });
    let hold = Hold {
        id: "recall-7".to_owned(),
        sku: "tea".to_owned(),
        lot: Some("A1".to_owned()),
        why: "glass".to_owned(),
        by: "quality".to_owned(),
        set_at: jiff::Timestamp::UNIX_EPOCH,
        expires_at: None,
    };
    let site = vec![(Origin::Site, hold.clone())];
    let both = vec![(Origin::Site, hold.clone()), (Origin::Box, hold)];
    let changes = [
        Change::Batch(batch(Some("A1")), seen(1)),
        Change::Batch(batch(None), seen(2)),
        Change::Batch(batch(Some("A2")), seen(3)),
        Change::Batch(batch(Some("A1")), seen(4)),
        Change::Batch(batch(Some("A2")), None),
        Change::Holds(site),
        Change::Holds(both.clone()),
    ];
    store.commit(&changes).expect("stored");
    drop(store);
    let store = Store::open(folder.path()).expect("opened again");
    assert_eq!(store.holds().expect("read"), both);
    let kept = store.batches().expect("read");
    let expected = [(None, 2), (Some("A1".to_owned()), 4)];
    assert_eq!(kept.into_iter().map(|(b, s)| (b.lot, s.items)).collect::<Vec<_>>(), expected);
}

#[test]
fn the_newest_answer_stands_for_an_item_and_goes_with_its_record() {
    let folder = folder();
    let mut store = owing(&folder, 100);
    let answer = |truth, by: &str| Answer {
        truth,
        kind: Some("deformed".to_owned()),
        is_major: Some(false),
        words: "a corner".to_owned(),
        by: by.to_owned(),
        at: Timestamp::from_second(70).expect("in range"),
    };
    let (first, second) = (answer(Truth::Good, "theo"), answer(Truth::Damaged, "anna"));
    let id = diverted(1).id;
    let nobody = ItemId { item: 99, ..id.clone() };
    store.commit(&[Change::Close(diverted(1)), Change::Close(passed(2))]).expect("committed");
    let told = [first, second.clone()].map(|answer| Change::Answer(id.clone(), answer));
    store.commit(&told).expect("committed");
    store.commit(&[Change::Answer(nobody.clone(), second.clone())]).expect("committed");

    let records = Records::open_read_only(folder.path()).expect("opened");
    assert_eq!(records.answer(&id).expect("read"), Some(second.clone()));
    assert_eq!(records.answer(&nobody).expect("read"), None, "there is no such record");
    assert_eq!(records.answers(Timestamp::MIN).expect("read"), [(id.clone(), second)]);
    assert_eq!(records.answers(Timestamp::MAX).expect("read"), []);
    let sql = "DELETE FROM record WHERE item = 1";
    store.db.execute(sql, []).expect("deleted");
    assert_eq!(records.answer(&id).expect("read"), None);
}
