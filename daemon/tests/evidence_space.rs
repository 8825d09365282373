//! Evidence on a small file system of its own: pictures never hold up records, whatever happens to their disk.
//!
//! Each test runs itself again in a mount namespace of its own, where it may mount a file system in memory of
//! 4 MiB. Where the machine allows no such namespace the tests say SKIPPED, and fail when `CI` is set.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use inspectd::config::StoreSection;
use inspectd::records::space::FreeSpace;
use inspectd::records::thread::RETRY;
use inspectd::records::{
    Change, EVIDENCE, Evidence, ItemId, Picture, Record, Records, Store, StoreHandle, StoreState,
    StoreThread, ViewRecord, retention,
};
use inspectd::wall_clock::{Clock, ClockRules, ClockTrust, WallTime, wall_now};
use line::protocol::{Outcome, Verdict};
use tempfile::TempDir;

/// Tells a test that it runs in its own namespace.
const INSIDE: &str = "INSPECTD_TEST_MOUNTS";

/// Far more than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

const DISK: usize = 4 << 20;
const PICTURE: usize = 100_000;

/// Runs `test` where file systems may be mounted; `name` is the test's own.
fn where_mounts_are_allowed(name: &str, test: fn()) {
    if env::var_os(INSIDE).is_some() {
        return test();
    }
    let unshare = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let args = ["-Urm", "mount", "-t", "tmpfs", "-o", "size=4m", "test", "/mnt"];
    if !unshare(Command::new("unshare").args(args)) {
        println!("SKIPPED {name}: this machine allows no mount namespace (unshare -Urm)");
        let may_skip = env::var("INSPECTD_MAY_SKIP").unwrap_or_default();
        let may_skip = may_skip.split_whitespace().any(|what| what == "mounts");
        assert!(may_skip || env::var_os("CI").is_none(), "CI must not skip {name}: see .ci/run");
        return;
    }
    let this = env::current_exe().expect("this program");
    let mut again = Command::new("unshare");
    again.arg("-Urm").arg(this).args(["--exact", name, "--nocapture"]).env(INSIDE, "1");
    assert!(unshare(&mut again), "see above");
}

fn mount(args: &[&str], at: &Path) {
    let done = Command::new("mount").args(args).arg(at).status().expect("mount runs");
    assert!(done.success(), "mount {args:?}");
}

/// A store whose evidence has 4 MiB.
struct Bench {
    folder: TempDir,
    thread: StoreThread,
    store: StoreHandle,
}

impl Bench {
    fn start(room: Option<FreeSpace>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let evidence = folder.path().join(EVIDENCE);
        fs::create_dir(&evidence).expect("made");
        mount(&["-t", "tmpfs", "-o", "size=4m", "evidence"], &evidence);
        let mut evidence = Evidence::new(folder.path());
        if let Some(free) = room {
            evidence = evidence.with_room(free, clock());
        }
        let store = Store::open(folder.path()).expect("opened");
        let (thread, store) = StoreThread::start(store, evidence).expect("started");
        Self { folder, thread, store }
    }

    fn evidence(&self) -> std::path::PathBuf {
        self.folder.path().join(EVIDENCE)
    }

    /// Records an item with a picture, and waits until it is stored.
    fn record(&self, item: u64) {
        let (done, is_done) = channel();
        let relative_path = path(item);
        let picture = Picture { relative_path: relative_path.clone(), jpeg: vec![7; PICTURE] };
        let view = ViewRecord { picture: Some(relative_path), ..ViewRecord::of("top") };
        let record = Record {
            views: vec![view],
            verdict: Some(Verdict::Pass),
            outcome: Some(Outcome::Passed),
            sku: Some("carton".to_owned()),
            ..Record::of(id(item), wall_now())
        };
        let on_done = move || done.send(()).expect("waited for");
        self.store.commit(vec![Change::Close(record)], vec![picture], on_done).expect("taken");
        is_done
            .recv_timeout(DEADLINE)
            .expect("the record is stored, whatever became of its picture");
    }

    fn view(&self, item: u64) -> ViewRecord {
        let records = Records::open_read_only(self.folder.path()).expect("opened");
        records.by_id(&id(item)).expect("read").expect("there").views.remove(0)
    }

    fn told(&self) -> Option<String> {
        match &*self.store.evidence().borrow() {
            StoreState::Ok => None,
            StoreState::Failing { cause } => Some(cause.clone()),
        }
    }

    /// The disk's trouble: the record came without its picture and says why; so does the box.
    fn loses_the_picture_of(&self, item: u64, why: &str) {
        self.record(item);
        let view = self.view(item);
        assert_eq!(view.picture, None, "no broken link");
        assert!(view.not_kept.is_some_and(|said| said.contains(why)));
        assert!(self.told().is_some_and(|said| said.contains(why)), "{:?}", self.told());
        assert_eq!(*self.store.state().borrow(), StoreState::Ok, "records are written");
    }

    /// The trouble is over: the next picture is kept once it is tried again.
    fn keeps_pictures_again(&self, from: u64) {
        let deadline = Instant::now() + DEADLINE;
        std::thread::sleep(RETRY);
        self.record(from);
        while self.told().is_some() {
            assert!(Instant::now() < deadline, "{:?}", self.told());
        }
        assert!(self.evidence().join(path(from)).exists());
        assert_eq!(self.view(from).picture, Some(path(from)));
    }
}

fn id(item: u64) -> ItemId {
    ItemId { boot: "boot".to_owned(), item }
}

fn path(item: u64) -> String {
    format!("day/{item:03}.jpg")
}

fn clock() -> Clock {
    let built = inspectd::wall_clock::build_date();
    let trust = ClockTrust::Local;
    Clock::system(ClockRules { trust, built, not_before: None, newest_record: None })
}

#[test]
fn a_full_disk_of_pictures_costs_the_oldest_and_no_record() {
    where_mounts_are_allowed("a_full_disk_of_pictures_costs_the_oldest_and_no_record", || {
        let bench = Bench::start(Some(FreeSpace { bytes: 0, percent: 10 }));
        // Twice what the disk takes.
        let items = (2 * DISK / PICTURE) as u64;
        for item in 1..=items {
            bench.record(item);
        }
        assert_eq!(bench.told(), None, "room was made each time");
        assert_eq!(bench.store.pictures_dropped(), 0);
        assert!(bench.evidence().join(path(items)).exists(), "the newest is kept");
        assert!(!bench.evidence().join(path(1)).exists(), "the oldest went");
        assert_eq!(bench.thread.stop(), 0);
        let records = Records::open_read_only(bench.folder.path()).expect("opened");
        assert_eq!(records.counts(None).expect("read").entered, items);
    });
}

#[test]
fn records_outrank_pictures_on_a_disk_that_both_share() {
    where_mounts_are_allowed("records_outrank_pictures_on_a_disk_that_both_share", || {
        let folder = tempfile::tempdir().expect("a folder");
        // The database's journal alone takes 4 MiB.
        mount(&["-t", "tmpfs", "-o", "size=16m", "store"], folder.path());
        // No room is kept free: the database itself runs into the disk's end.
        let evidence = Evidence::new(folder.path()).with_room(FreeSpace::default(), clock());
        let store = Store::open(folder.path()).expect("opened");
        let (thread, store) = StoreThread::start(store, evidence).expect("started");
        let bench = Bench { folder, thread, store };
        let pictures = (4 * DISK / PICTURE - 20) as u64;
        for item in 1..=pictures {
            bench.record(item);
        }
        for item in 1..=4_000 {
            let id = ItemId { boot: "later".to_owned(), item };
            let sku = Some("carton".repeat(20));
            let record = Record { sku, ..Record::of(id, wall_now()) };
            bench.store.commit(vec![Change::Close(record)], Vec::new(), || {}).expect("taken");
        }
        let deadline = Instant::now() + DEADLINE;
        while bench.store.waiting() > 0 {
            assert!(Instant::now() < deadline, "{:?}", bench.store.state().borrow());
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!bench.evidence().join(path(1)).exists(), "pictures made room");
        assert_eq!(bench.thread.stop(), 0);
    });
}

#[test]
fn a_disk_that_others_fill_costs_pictures_and_no_record_until_there_is_room() {
    let name = "a_disk_that_others_fill_costs_pictures_and_no_record_until_there_is_room";
    where_mounts_are_allowed(name, || {
        let bench = Bench::start(None);
        let filler = bench.evidence().join("filler");
        // As much as there is: the last write is cut short or refused.
        let _ = fs::write(&filler, vec![0; 2 * DISK]);
        bench.loses_the_picture_of(1, "full");
        bench.loses_the_picture_of(2, "full");
        fs::remove_file(filler).expect("removed");
        bench.keeps_pictures_again(3);
        assert_eq!(bench.thread.stop(), 0);
    });
}

#[test]
fn a_disk_that_turns_read_only_costs_pictures_and_no_record_until_it_is_mended() {
    let name = "a_disk_that_turns_read_only_costs_pictures_and_no_record_until_it_is_mended";
    where_mounts_are_allowed(name, || {
        let bench = Bench::start(Some(FreeSpace { bytes: 0, percent: 10 }));
        bench.record(1);
        mount(&["-o", "remount,ro"], &bench.evidence());
        bench.loses_the_picture_of(2, "cannot be written");
        mount(&["-o", "remount,rw"], &bench.evidence());
        bench.keeps_pictures_again(3);
        assert_eq!(bench.view(1).picture, Some(path(1)), "what was kept stays");
        assert_eq!(bench.thread.stop(), 0);
    });
}

#[test]
fn retention_keeps_the_room_that_the_line_file_asks_for_even_when_the_clock_is_doubted() {
    let name =
        "retention_keeps_the_room_that_the_line_file_asks_for_even_when_the_clock_is_doubted";
    where_mounts_are_allowed(name, || {
        let bench = Bench::start(None);
        for item in 1..=30 {
            bench.record(item);
        }
        let section = StoreSection {
            folder: bench.folder.path().to_owned(),
            keep_free_mib: 1_000,
            keep_free_percent: 0,
            ..StoreSection::default()
        };
        let missing = |section: &StoreSection| {
            FreeSpace::from(section).missing(&bench.evidence()).expect("asked")
        };
        assert!(missing(&section) > 0, "half of the disk is to be free");
        let now = WallTime::doubted(wall_now());
        let removed = retention::enforce(&bench.store, &section, now).expect("removed");
        assert!(removed.files > 5 && removed.files < 25, "{removed:?}");
        assert_eq!((removed.records, missing(&section)), (0, 0));
        assert!(bench.evidence().join(path(30)).exists(), "the newest is kept");
        assert!(!bench.evidence().join(path(1)).exists(), "the oldest went");
        assert_eq!(bench.thread.stop(), 0);
    });
}
