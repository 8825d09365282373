//! The plan by hand, and its execution on real files.

use std::fs::FileTimes;
use std::time::SystemTime;

use crate::records::samples::passed;
use crate::records::{Change, Evidence, Record, Records, Store, StoreThread};

use super::*;

fn piece(name: &str, age_h: u64, bytes: u64) -> Piece {
    let age = Duration::from_secs(age_h * 3600);
    Piece { path: PathBuf::from(name), age, undated: false, bytes }
}

fn undated(name: &str, age_h: u64, bytes: u64) -> Piece {
    Piece { undated: true, ..piece(name, age_h, bytes) }
}

fn names(pieces: &[Piece]) -> Vec<&str> {
    pieces.iter().filter_map(|piece| piece.path.to_str()).collect()
}

fn section(folder: &tempfile::TempDir) -> StoreSection {
    StoreSection {
        folder: folder.path().to_owned(),
        keep_days: 2,
        keep_mib: 16,
        keep_free_mib: 0,
        keep_free_percent: 0,
    }
}

fn limits(age_h: u64, bytes: u64) -> Limits {
    Limits { age: Some(Duration::from_secs(age_h * 3600)), bytes, make_free: 0 }
}

#[test]
fn what_is_too_old_goes_whatever_its_size() {
    let pieces = vec![piece("new", 1, 10), piece("old", 50, 10), piece("older", 60, 10)];
    assert_eq!(names(&plan(pieces, limits(48, 1000))), ["older", "old"]);
}

#[test]
fn the_oldest_go_until_the_rest_fits() {
    let pieces = vec![piece("b", 2, 40), piece("a", 3, 40), piece("c", 1, 40)];
    assert_eq!(names(&plan(pieces.clone(), limits(48, 80))), ["a"]);
    assert_eq!(names(&plan(pieces.clone(), limits(48, 79))), ["a", "b"]);
    assert_eq!(names(&plan(pieces, limits(48, 0))), ["a", "b", "c"]);
}

#[test]
fn nothing_goes_while_there_is_room() {
    assert!(plan(vec![piece("a", 1, 40)], limits(1, 40)).is_empty());
    assert!(plan(Vec::new(), limits(1, 0)).is_empty());
}

#[test]
fn the_oldest_go_until_enough_is_free_and_what_went_by_age_counts() {
    let pieces =
        vec![piece("b", 2, 40), piece("a", 3, 40), piece("c", 1, 40), piece("old", 50, 40)];
    let want = |make_free| Limits { make_free, ..limits(48, 1000) };
    assert_eq!(names(&plan(pieces.clone(), want(0))), ["old"]);
    assert_eq!(names(&plan(pieces.clone(), want(40))), ["old"]);
    assert_eq!(names(&plan(pieces.clone(), want(41))), ["old", "a"]);
    assert_eq!(names(&plan(pieces, want(9999))), ["old", "a", "b", "c"]);
}

#[test]
fn while_the_clock_is_doubted_nothing_goes_by_age_and_for_want_of_room_what_is_new_goes_last() {
    let pieces = vec![piece("old", 5_000, 40), undated("new", 500_000, 40), piece("young", 1, 40)];
    let doubted = Limits { age: None, ..limits(0, 120) };
    assert_eq!(names(&plan(pieces.clone(), doubted)), [""; 0]);
    let less = Limits { bytes: 40, ..doubted };
    assert_eq!(names(&plan(pieces, less)), ["old", "young"]);
}

#[test]
fn what_a_doubted_clock_dated_goes_by_bytes_alone() {
    let pieces = vec![undated("of 1970", 500_000, 40), piece("old", 50, 40), piece("young", 1, 40)];
    assert_eq!(names(&plan(pieces.clone(), limits(48, 120))), ["old"]);
    assert_eq!(names(&plan(pieces, limits(48, 40))), ["old", "of 1970"]);
}

#[test]
fn old_files_and_records_are_removed_and_young_ones_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let section = section(&folder);
    let now: Timestamp = "2026-03-10T12:00:00Z".parse().expect("a time");
    let day = SignedDuration::from_hours(24);
    let (old, young) = (now - day * 3, now - day);
    let mut store = Store::open(folder.path()).expect("opened");
    let records = [(1, old), (2, young)]
        .map(|(item, entered_at)| Change::Close(Record { entered_at, ..passed(item) }));
    store.commit(&records).expect("committed");
    let evidence = Evidence::new(folder.path());
    for (name, written) in [("d1/old.jpg", old), ("d2/young.jpg", young)] {
        evidence.write(name, b"jpeg").expect("written");
        let file =
            fs::File::options().append(true).open(evidence.folder().join(name)).expect("opened");
        file.set_times(FileTimes::new().set_modified(SystemTime::from(written))).expect("dated");
    }

    let (thread, handle) = StoreThread::start(store, evidence.clone()).expect("started");
    let doubted = enforce(&handle, &section, WallTime::doubted(now)).expect("nothing");
    assert_eq!(doubted, Removed::default(), "a doubted clock makes nothing old");
    let now = WallTime::trusted(now);
    let removed = enforce(&handle, &section, now).expect("removed");
    assert_eq!(removed, Removed { files: 1, bytes: 4, records: 1 });
    assert!(!evidence.folder().join("d1").exists(), "an empty day goes too");
    assert!(evidence.folder().join("d2/young.jpg").exists());
    assert_eq!(enforce(&handle, &section, now).expect("nothing"), Removed::default());
    assert_eq!(thread.stop(), 0);
}

#[test]
fn records_that_a_doubted_clock_dated_go_with_the_dated_ones_after_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(folder.path()).expect("opened");
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let dated = |item, entered_at| Record { entered_at, ..passed(item) };
    let doubted = |item, entered_at| Record { clock_doubted: true, ..dated(item, entered_at) };
    let records = [
        doubted(1, at("1970-01-01T00:10:00Z")),
        doubted(2, at("2093-01-01T00:00:00Z")),
        dated(3, at("2026-03-01T00:00:00Z")),
        doubted(4, at("1970-01-01T00:20:00Z")),
        dated(5, at("2026-03-09T00:00:00Z")),
    ];
    store.commit(&records.map(Change::Close)).expect("committed");
    assert_eq!(store.newest_trusted().expect("read"), Some(at("2026-03-09T00:00:00Z")));
    assert_eq!(store.delete_records(at("2026-02-27T00:00:00Z"), 9).expect("deleted"), 0);
    assert_eq!(store.delete_records(at("2026-03-08T00:00:00Z"), 9).expect("deleted"), 3);
    let left = Records::open_read_only(folder.path()).expect("opened").recent(9).expect("read");
    let left: Vec<_> = left.iter().map(|record| record.id.item).collect();
    assert_eq!(left, [5, 4]);
}

#[test]
fn a_folder_that_is_not_ours_to_read_or_not_there_yet_ends_no_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("opened");
    let (thread, handle) =
        StoreThread::start(store, Evidence::new(folder.path())).expect("started");
    let now = WallTime::trusted("2026-03-10T12:00:00Z".parse().expect("a time"));
    assert_eq!(enforce(&handle, &section(&folder), now).expect("nothing"), Removed::default());
    assert_eq!(thread.stop(), 0);
}
