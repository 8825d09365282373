//! The store's promise: what was reported as committed survives a SIGKILL.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use inspectd::fleet::messages::of_news;
use inspectd::records::{
    Change, Evidence, ItemId, Owing, Picture, Record, Records, Store, StoreThread,
};
use line::protocol::{Outcome, Verdict};

/// Tells the writer below where to write.
const FOLDER: &str = "INSPECTD_TEST_STORE";

fn owing() -> Owing {
    Owing { boot: "box-boot".to_owned(), capacity: 1_000_000, tell: of_news }
}

fn record(item: u64) -> Record {
    let id = ItemId { boot: "bridge-boot".to_owned(), item };
    Record {
        verdict: Some(Verdict::Pass),
        outcome: Some(Outcome::Passed),
        sku: Some("carton-a".to_owned()),
        ..Record::of(id, jiff::Timestamp::now())
    }
}

#[test]
#[ignore = "not a test: the writer that the test below starts and kills"]
fn writer() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("started by the test below"));
    let store = Store::open(&folder).expect("opened").owing(owing());
    let (_thread, handle) = StoreThread::start(store, Evidence::new(&folder)).expect("started");
    for item in 1.. {
        let picture = Picture { relative_path: format!("day/{item}.jpg"), jpeg: vec![1; 20_000] };
        let changes = vec![Change::Close(record(item))];
        let (done, is_done) = std::sync::mpsc::channel();
        let taken = handle.commit(changes, vec![picture], move || {
            println!("\nstored {item}");
            if item % 3 == 0 {
                done.send(()).expect("waited for");
            }
        });
        taken.expect("taken");
        // Commits of one and of several, so that the kill meets both.
        if item % 3 == 0 {
            is_done.recv().expect("stored");
        }
    }
}

#[test]
fn every_record_reported_as_committed_is_there_after_a_sigkill_with_its_summary_owed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut known = 0;
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "writer", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut stored = output.lines().map_while(Result::ok).filter_map(|line| {
            let item = line.strip_prefix("stored ")?;
            item.parse::<u64>().ok()
        });
        let enough = stored.by_ref().find(|item| *item >= 20 * round);
        child.kill().expect("killed");
        child.wait().expect("ended");
        // What it had said before it died counts too.
        known = stored.chain(enough).fold(known, u64::max);
        assert!(known >= 20 * round);

        let store = Store::open(folder.path()).expect("opened again");
        let records = Records::open_read_only(folder.path()).expect("opened");
        let counts = records.counts(None).expect("read");
        assert!(counts.entered >= known, "{} of {known}", counts.entered);
        assert_eq!(store.outbox().owed, counts.passed, "a summary for each record");
        for item in 1..=known {
            let found = records.by_id(&record(item).id).expect("read");
            assert!(found.is_some(), "item {item}");
            let picture = Evidence::new(folder.path()).folder().join(format!("day/{item}.jpg"));
            assert_eq!(std::fs::metadata(picture).expect("there").len(), 20_000);
        }
    }
}
