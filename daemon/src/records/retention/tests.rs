//! The plan by hand, and its execution on real files.

use std::fs::FileTimes;
use std::time::SystemTime;

use crate::records::samples::passed;
use crate::records::{Change, Evidence, Store, StoreThread};

use super::*;

fn piece(name: &str, age_h: u64, bytes: u64) -> Piece {
    Piece { path: PathBuf::from(name), age: Duration::from_secs(age_h * 3600), bytes }
}

fn names(pieces: &[Piece]) -> Vec<&str> {
    pieces.iter().filter_map(|piece| piece.path.to_str()).collect()
}

fn limits(age_h: u64, bytes: u64) -> Limits {
    Limits { age: Duration::from_secs(age_h * 3600), bytes }
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
fn old_files_and_records_are_removed_and_young_ones_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let section = StoreSection { folder: folder.path().to_owned(), keep_days: 2, keep_mib: 16 };
    let now: Timestamp = "2026-03-10T12:00:00Z".parse().expect("a time");
    let day = SignedDuration::from_hours(24);
    let (old, young) = (now - day * 3, now - day);
    let mut store = Store::open(folder.path()).expect("opened");
    let records = [(1, old), (2, young)].map(|(item, entered_at)| {
        Change::Close(crate::records::Record { entered_at, ..passed(item) })
    });
    store.commit(&records).expect("committed");
    let evidence = Evidence::new(folder.path());
    for (name, written) in [("d1/old.jpg", old), ("d2/young.jpg", young)] {
        evidence.write(name, b"jpeg").expect("written");
        let file =
            fs::File::options().append(true).open(evidence.folder().join(name)).expect("opened");
        file.set_times(FileTimes::new().set_modified(SystemTime::from(written))).expect("dated");
    }

    let (thread, handle) = StoreThread::start(store, evidence.clone()).expect("started");
    let removed = enforce(&handle, &section, now).expect("removed");
    assert_eq!(removed, Removed { files: 1, bytes: 4, records: 1 });
    assert!(!evidence.folder().join("d1").exists(), "an empty day goes too");
    assert!(evidence.folder().join("d2/young.jpg").exists());
    assert_eq!(enforce(&handle, &section, now).expect("nothing"), Removed::default());
    assert_eq!(thread.stop(), 0);
}
