//! The thread with a real store, a disk that refuses, and more work than may wait.

use std::fs;
use std::sync::mpsc::channel;

use tempfile::TempDir;

use crate::records::samples::{diverted, open, passed, refuse_records, take_records};
use crate::records::{EVIDENCE, Owing, Record, Records};

use super::*;

/// Far more than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

fn start(folder: &TempDir) -> (StoreThread, StoreHandle) {
    let owing = Owing {
        boot: "box-boot".to_owned(),
        capacity: 1000,
        tell: crate::fleet::messages::of_news,
    };
    let store = Store::open(folder.path()).expect("opened").owing(owing);
    StoreThread::start(store, Evidence::new(folder.path())).expect("started")
}

fn picture(name: &str) -> Picture {
    Picture { relative_path: format!("day/{name}.jpg"), jpeg: vec![7; 100] }
}

fn until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "it does not come to that");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_commit_is_reported_done_once_its_records_and_pictures_are_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let (thread, handle) = start(&folder);
    let (done, is_done) = channel();
    let changes = vec![Change::Save(open(1)), Change::Close(passed(1))];
    handle
        .commit(changes, vec![picture("a")], move || done.send(()).expect("waited for"))
        .expect("taken");
    is_done.recv_timeout(DEADLINE).expect("done");

    let records = Records::open_read_only(folder.path()).expect("opened");
    assert_eq!(records.recent(9).expect("read"), [passed(1)]);
    assert!(folder.path().join(EVIDENCE).join("day/a.jpg").exists());
    assert_eq!(*handle.state().borrow(), StoreState::Ok);
    assert_eq!((handle.waiting(), handle.outbox().borrow().owed), (0, 1));
    assert_eq!(thread.stop(), 0);
}

#[test]
fn stopping_writes_what_was_handed_over_and_gives_later_changes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (thread, handle) = start(&folder);
    for item in 0..600 {
        handle.commit(vec![Change::Close(passed(item))], Vec::new(), || {}).expect("taken");
    }
    assert_eq!(thread.stop(), 0);
    let records = Records::open_read_only(folder.path()).expect("opened");
    assert_eq!(records.counts(None).expect("read").entered, 600);

    let late = vec![Change::Save(open(601))];
    let refused = handle.commit(late.clone(), Vec::new(), || {}).expect_err("stopped");
    assert!(matches!(refused, CommitRefused::Stopped(_)));
    assert_eq!(refused.into_changes(), late);
    assert_eq!(handle.waiting(), 0);
}

#[test]
fn what_the_disk_refuses_waits_is_visible_and_is_written_once_the_disk_takes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (thread, handle) = start(&folder);
    refuse_records(folder.path());
    let (done, is_done) = channel();
    for item in 1..=3 {
        let done = done.clone();
        let changes = vec![Change::Close(passed(item))];
        handle
            .commit(changes, vec![picture(&item.to_string())], move || {
                done.send(item).expect("waited for");
            })
            .expect("taken");
    }
    let mut state = handle.state();
    let failing = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(async {
            let failing = state.wait_for(|state| *state != StoreState::Ok);
            let failing = tokio::time::timeout(DEADLINE, failing).await.expect("in time");
            failing.expect("the thread lives").clone()
        });
    let StoreState::Failing { cause } = failing else { panic!("{failing:?}") };
    assert!(cause.contains("a broken disk"), "{cause}");
    assert_eq!(handle.waiting(), 3);
    assert!(is_done.try_recv().is_err(), "nothing is done yet");

    take_records(folder.path());
    let order: Vec<_> = (0..3).map(|_| is_done.recv_timeout(DEADLINE).expect("done")).collect();
    assert_eq!(order, [1, 2, 3]);
    assert_eq!(*handle.state().borrow(), StoreState::Ok);
    assert!(folder.path().join(EVIDENCE).join("day/3.jpg").exists());
    assert_eq!(thread.stop(), 0);
}

#[test]
fn more_than_may_wait_is_handed_back_and_pictures_beyond_their_bound_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (thread, handle) = start(&folder);
    refuse_records(folder.path());
    let full = (1..=MAX_CHANGES as u64).map(|item| Change::Save(open(item))).collect();
    handle.commit(full, vec![picture("a")], || {}).expect("taken");
    let one_more = vec![Change::Save(open(0))];
    let refused = handle.commit(one_more, Vec::new(), || {}).expect_err("full");
    assert!(matches!(refused, CommitRefused::Full(_)), "{refused}");

    let large = Picture { jpeg: vec![0; MAX_PICTURE_BYTES + 1], ..picture("large") };
    handle.commit(Vec::new(), vec![large], || {}).expect("taken without its picture");
    until(|| handle.pictures_dropped() > 0);
    assert_eq!(handle.pictures_dropped(), 1);
    assert_eq!(thread.stop(), MAX_CHANGES, "what was never written is admitted");
}

#[test]
fn while_the_disk_refuses_an_item_waits_once_and_all_its_commits_are_done_in_order_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let (thread, handle) = start(&folder);
    refuse_records(folder.path());
    let (done, is_done) = channel();
    let commit = |seq: u64, changes, pictures| {
        let done = done.clone();
        let on_done = move || done.send(seq).expect("waited for");
        handle.commit(changes, pictures, on_done).expect("taken");
    };
    commit(0, vec![Change::Save(open(1))], vec![picture("a")]);
    for seq in 1..=40 {
        commit(seq, vec![Change::Save(open(1 + seq % 2))], Vec::new());
    }
    commit(41, vec![Change::Close(passed(2))], Vec::new());
    commit(42, vec![Change::Close(passed(1))], Vec::new());
    until(|| handle.waiting() == 2);
    assert!(is_done.try_recv().is_err(), "nothing is done yet");

    take_records(folder.path());
    let order: Vec<_> = (0..=42).map(|_| is_done.recv_timeout(DEADLINE).expect("done")).collect();
    assert_eq!(order, (0..=42).collect::<Vec<_>>());
    assert_eq!(handle.waiting(), 0);
    assert_eq!(thread.stop(), 0);
    let owed = Store::open(folder.path()).expect("opened").read_outbox(0, 9).expect("read");
    let items: Vec<_> = owed
        .iter()
        .map(|message| serde_json::from_str::<serde_json::Value>(&message.body).expect("JSON"))
        .map(|body| body["item"]["item"].as_u64().expect("a number"))
        .collect();
    assert_eq!(items, [2, 1], "the fleet hears of the closings in their order");
}

#[test]
fn a_picture_that_cannot_be_written_holds_no_record_up_and_no_record_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (thread, handle) = start(&folder);
    // A file where the day's folder should be: refused for root too, unlike a read-only folder.
    let in_the_way = folder.path().join(EVIDENCE).join("day");
    fs::create_dir_all(folder.path().join(EVIDENCE)).expect("made");
    fs::write(&in_the_way, b"").expect("written");
    let (done, is_done) = channel();
    let mut closed = diverted(1);
    closed.views[0].picture = Some("day/view.jpg".to_owned());
    closed.views[0].heat_map = Some("day/heat.jpg".to_owned());
    let mut saved = Record { outcome: None, ..closed.clone() };
    saved.views[0].heat_map = None;
    // The view with the first telling, the heat map with the second, as the flow does it.
    for (change, name) in [(Change::Save(saved), "view"), (Change::Close(closed.clone()), "heat")] {
        let done = done.clone();
        let on_done = move || done.send(()).expect("waited for");
        handle.commit(vec![change], vec![picture(name)], on_done).expect("taken");
        is_done.recv_timeout(DEADLINE).expect("stored all the same");
    }
    let records = Records::open_read_only(folder.path()).expect("opened");
    let kept = records.by_id(&closed.id).expect("read").expect("there").views.remove(0);
    assert_eq!((&kept.picture, &kept.heat_map), (&None, &None), "no broken link");
    assert!(kept.not_kept.as_ref().is_some_and(|why| why.contains("evidence/day")), "{kept:?}");
    assert_eq!(*handle.state().borrow(), StoreState::Ok, "records are written");
    let StoreState::Failing { cause } = handle.evidence().borrow().clone() else { panic!("told") };
    assert!(cause.contains("evidence/day"), "{cause}");
    assert_eq!(handle.pictures_dropped(), 2);

    fs::remove_file(&in_the_way).expect("removed");
    thread::sleep(RETRY);
    handle.commit(Vec::new(), vec![picture("later")], || {}).expect("taken");
    until(|| *handle.evidence().borrow() == StoreState::Ok);
    assert!(in_the_way.join("later.jpg").exists());
    assert_eq!(thread.stop(), 0);
}

#[tokio::test]
async fn a_read_of_the_outbox_sees_every_commit_handed_over_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (thread, handle) = start(&folder);
    for item in 1..=5 {
        handle.commit(vec![Change::Close(passed(item))], Vec::new(), || {}).expect("taken");
    }
    handle.commit(vec![Change::Acknowledge(vec![1, 3])], Vec::new(), || {}).expect("taken");
    let owed = handle.read_outbox(2, 2).await.expect("read");
    assert_eq!(owed.iter().map(|message| message.id).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(handle.outbox().borrow().acknowledged, 2);
    assert_eq!(thread.stop(), 0);
    assert!(matches!(handle.read_outbox(0, 1).await, Err(StoreError::Stopped)));
}
