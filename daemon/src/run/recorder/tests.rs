//! The recorder with a real store: a disk that refuses until too much waits, and a bad picture.

use std::time::Duration;

use base::PixelFormat;
use damage::scoring::Area;
use tempfile::TempDir;

use crate::item::holds::{Hold, Origin};
use crate::records::samples::{open, passed, refuse_records, take_records};
use crate::records::thread::MAX_CHANGES;
use crate::records::{EVIDENCE, Evidence, Records, Store, StoreThread, ViewRecord};

use super::*;

/// Far more than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

struct Bench {
    folder: TempDir,
    store_thread: StoreThread,
    recorder: Recorder,
    thread: thread::JoinHandle<()>,
    stored: Receiver<u64>,
}

impl Bench {
    fn start(waiting_changes: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opened");
        let (store_thread, store) =
            StoreThread::start(store, Evidence::new(folder.path())).expect("started");
        if waiting_changes > 0 {
            refuse_records(folder.path());
            let changes = (1..=waiting_changes).map(|item| Change::Save(open(item))).collect();
            store.commit(changes, Vec::new(), || {}).expect("taken");
        }
        let (on_stored, stored) = channel();
        let on_stored = move |seq| on_stored.send(seq).expect("waited for");
        let (recorder, thread) = Recorder::start(store, on_stored).expect("started");
        Self { folder, store_thread, recorder, thread, stored }
    }

    fn record(&self, seq: u64, changes: Vec<Change>) {
        self.recorder.record(Entry { changes, acknowledges: Some(seq), ..Entry::default() });
    }
}

fn until(done: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "it does not come to that");
        thread::sleep(Duration::from_millis(1));
    }
}

fn join(thread: thread::JoinHandle<()>) {
    let deadline = Instant::now() + DEADLINE;
    while !thread.is_finished() {
        assert!(Instant::now() < deadline, "the recorder does not end");
        thread::sleep(Duration::from_millis(1));
    }
    thread.join().expect("no panic");
}

#[test]
fn a_full_store_holds_nobody_up_and_the_gap_of_a_refused_entry_is_closed_once_there_is_room() {
    let one = Bench::start(MAX_CHANGES as u64);
    let taken = MAX_ENTRIES as u64;
    for seq in 1..=taken + 5 {
        one.record(seq, vec![Change::Save(open(seq % 7))]);
    }
    assert_eq!(one.recorder.refused(), 5);

    assert!(one.recorder.has_gap() && !one.recorder.may_close_gap(), "there is no room yet");

    take_records(one.folder.path());
    for seq in 1..=taken {
        assert_eq!(one.stored.recv_timeout(DEADLINE), Ok(seq));
    }
    // The entry is stored, but acknowledging it would acknowledge the refused ones.
    one.record(taken + 6, vec![Change::Close(passed(3))]);
    until(|| one.recorder.may_close_gap());
    assert_eq!(one.stored.try_iter().count(), 0);
    // The bridge greets, and tells again what was not acknowledged.
    one.recorder.close_gap();
    assert!(!one.recorder.has_gap() && !one.recorder.may_close_gap());
    for seq in taken + 1..=taken + 6 {
        one.record(seq, vec![Change::Save(open(seq % 7))]);
        assert_eq!(one.stored.recv_timeout(DEADLINE), Ok(seq));
    }
    drop(one.recorder);
    join(one.thread);
    assert_eq!(one.store_thread.stop(), 0);
    assert_eq!(one.stored.try_iter().count(), 0);
    let records = Records::open_read_only(one.folder.path()).expect("opened");
    assert_eq!(records.by_id(&passed(3).id).expect("read"), Some(passed(3)));
}

#[test]
fn what_nobody_tells_again_is_kept_back_from_a_refused_entry_and_written_later() {
    let hold = |id: &str| Hold {
        id: id.to_owned(),
        sku: "tea".to_owned(),
        lot: None,
        why: "torn bags".to_owned(),
        by: "theo".to_owned(),
        set_at: jiff::Timestamp::UNIX_EPOCH,
        expires_at: None,
    };
    let holds =
        |ids: &[&str]| Change::Holds(ids.iter().map(|id| (Origin::Box, hold(id))).collect());
    let one = Bench::start(MAX_CHANGES as u64);
    for seq in 1..=MAX_ENTRIES as u64 {
        one.record(seq, vec![Change::Save(open(seq % 7))]);
    }
    for changes in [holds(&["a"]), holds(&["a", "b"])] {
        let (waits, stored) = std::sync::mpsc::sync_channel(1);
        let changes = vec![changes];
        one.recorder.record(Entry { changes, waits: Some(waits), ..Entry::default() });
        assert!(stored.recv().is_err(), "who waits hears that it is not stored");
    }
    one.recorder.catch_up();
    assert_eq!(one.recorder.refused(), 2, "there is no room to catch up");
    assert!(!one.recorder.has_gap(), "the bridge has nothing to tell again");
    take_records(one.folder.path());
    assert_eq!(one.stored.iter().take(MAX_ENTRIES).count(), MAX_ENTRIES);
    one.recorder.catch_up();
    one.recorder.catch_up();
    let (waits, stored) = std::sync::mpsc::sync_channel(1);
    one.recorder.record(Entry { waits: Some(waits), ..Entry::default() });
    assert_eq!(stored.recv_timeout(DEADLINE), Ok(()));
    drop(one.recorder);
    join(one.thread);
    assert_eq!(one.store_thread.stop(), 0);
    let kept = Store::open(one.folder.path()).expect("opened").holds().expect("read");
    assert_eq!(kept, [(Origin::Box, hold("a")), (Origin::Box, hold("b"))], "the newest of them");
}

#[test]
fn a_recorder_that_waits_for_a_full_store_ends_when_nobody_records_any_more() {
    let one = Bench::start(MAX_CHANGES as u64);
    for seq in 1..=3 {
        one.record(seq, vec![Change::Close(passed(seq))]);
    }
    drop(one.recorder);
    join(one.thread);
    assert_eq!(one.stored.try_iter().count(), 0, "nothing was stored");
    assert_eq!(one.store_thread.stop(), MAX_CHANGES);
}

#[test]
fn a_picture_whose_compression_panics_costs_that_picture_only() {
    let one = Bench::start(0);
    let pixels = vec![128; 16 * 16];
    let picture = Picture::from_pixels(16, 16, PixelFormat::Grey8, pixels).expect("a picture");
    let frame = Arc::new(Frame::new(Arc::from("top"), Duration::ZERO, picture));
    // Claims four patches and has one.
    let broken = HeatMap {
        width: 2,
        height: 2,
        values: vec![1.0],
        area: Area { x: 0.0, y: 0.0, width: 16.0, height: 16.0 },
        hot: 1.0,
    };
    let shot = |name: &str, heat| Shot {
        relative_path: format!("day/{name}.jpg"),
        frame: Arc::clone(&frame),
        heat,
    };
    let mut record = open(1);
    record.views = vec![ViewRecord {
        picture: Some("day/view.jpg".to_owned()),
        heat_map: Some("day/heat.jpg".to_owned()),
        ..ViewRecord::of("top")
    }];
    one.recorder.record(Entry {
        changes: vec![Change::Save(record)],
        shots: vec![shot("heat", Some((broken, Vec::new()))), shot("view", None)],
        acknowledges: Some(1),
        ..Entry::default()
    });
    assert_eq!(one.stored.recv_timeout(DEADLINE), Ok(1));
    let day = one.folder.path().join(EVIDENCE).join("day");
    assert!(day.join("view.jpg").exists() && !day.join("heat.jpg").exists());
    let records = Records::open_read_only(one.folder.path()).expect("opened");
    let kept = records.by_id(&open(1).id).expect("read").expect("there").views.remove(0);
    assert_eq!(kept.picture.as_deref(), Some("day/view.jpg"));
    assert_eq!(kept.heat_map, None, "no record leads to a picture that is not there");
    one.record(2, vec![Change::Close(passed(1))]);
    assert_eq!(one.stored.recv_timeout(DEADLINE), Ok(2), "the recorder goes on");
    drop(one.recorder);
    join(one.thread);
    assert_eq!(one.store_thread.stop(), 0);
}
