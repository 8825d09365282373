//! What a wrong clock must not do, through everything that wall time decides: holds, retention, expiry.

use std::fs::{self, File, FileTimes};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use meaning::dates::{Context, Region};
use meaning::line::TextLine;
use meaning::reading::Reading as LabelReading;
use proptest::prelude::*;
use tempfile::TempDir;
use vision::config::{LabelPart, LabelSection};

use crate::config::StoreSection;
use crate::item::batches::{Batch, BatchTest, Seen};
use crate::item::holds::{Hold, Origin};
use crate::item::label_check::{self, Known};
use crate::item::quarantine::Quarantine;
use crate::records::retention::{Removed, enforce};
use crate::records::samples::passed;
use crate::records::{Change, Evidence, Record, Store, StoreHandle, StoreThread};
use crate::warehouse::expectations::Expectations;

use super::*;

const NEWEST: &str = "2026-12-10T11:55:00Z";
const NOW: &str = "2026-12-10T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn since(text: &str, days: i64) -> Timestamp {
    at(text).checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

/// A box with a hold that ends tomorrow, a record and a picture of three weeks ago and of five minutes ago,
/// and a clock that says what the test wants.
struct Bench {
    _folder: TempDir,
    store: StoreHandle,
    _thread: StoreThread,
    section: StoreSection,
    quarantine: Quarantine,
    clock: Clock,
}

impl Bench {
    fn new(trust: ClockTrust, readings: Vec<Reading>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let entered = [(1, since(NOW, -21)), (2, at(NEWEST))];
        let records =
            entered.map(|(item, entered_at)| Change::Close(Record { entered_at, ..passed(item) }));
        store.commit(&records).unwrap();
        let evidence = Evidence::new(folder.path());
        for (item, entered_at) in entered {
            let path = format!("day-{item}/view.jpg");
            evidence.write(&path, b"jpeg").unwrap();
            let file = File::options().append(true).open(evidence.folder().join(&path)).unwrap();
            let written = FileTimes::new().set_modified(SystemTime::from(entered_at));
            file.set_times(written).unwrap();
        }
        let newest_record = store.newest_trusted().unwrap();
        assert_eq!(newest_record, Some(at(NEWEST)));
        let (thread, store) = StoreThread::start(store, evidence).unwrap();
        let built = at("2026-11-01T00:00:00Z");
        let rules = ClockRules { trust, built, not_before: None, newest_record };
        let (next, last) = (AtomicUsize::new(0), readings.len() - 1);
        let look = move || readings[next.fetch_add(1, Ordering::Relaxed).min(last)];
        let hold = Hold {
            id: "recall".to_owned(),
            sku: "tea".to_owned(),
            lot: None,
            why: "glass".to_owned(),
            by: "quality".to_owned(),
            set_at: at(NEWEST),
            expires_at: Some(since(NOW, 1)),
        };
        let test = BatchTest::new(0.01, 0.1, 0.001).unwrap();
        let suspect = Batch { sku: "tea".to_owned(), lot: Some("A".to_owned()) };
        let seen = Seen { items: 3, failed: 3, suspect: true };
        let section = StoreSection {
            folder: folder.path().to_owned(),
            keep_days: 30,
            keep_free_mib: 0,
            keep_free_percent: 0,
            ..StoreSection::default()
        };
        let holds = vec![(Origin::Site, hold)];
        let quarantine = Quarantine::new(test, None, holds, vec![(suspect, seen)]);
        let clock = Clock::reading(rules, look);
        Self { _folder: folder, store, _thread: thread, section, quarantine, clock }
    }

    /// Looks at the clock as often as there are readings but one.
    fn skip(&self, readings: usize) {
        for _ in 0..readings {
            self.clock.now();
        }
    }

    /// Whether wall time decided anything: a hold ended, something was deleted, an expiry was told.
    fn decides(&mut self) -> [bool; 3] {
        let hold_ended = !self.quarantine.expire(self.clock.now()).is_empty();
        let removed = enforce(&self.store, &self.section, self.clock.now()).unwrap();
        [hold_ended, removed != Removed::default(), self.tells_expiry()]
    }

    fn tells_expiry(&self) -> bool {
        let lines = vec![TextLine::level("EXP 28.02.2027", 0.0, 0.0, 20.0)];
        let today = self.clock.today();
        let context = Context { region: Region::Europe, today: today.likely };
        let views = [("side".to_owned(), Ok(LabelReading::of(lines, Vec::new(), &context)))];
        let section =
            LabelSection { must_show: vec![LabelPart::Expiry], ..LabelSection::default() };
        let expectations = Expectations::default();
        let known = Known::of(&expectations, Some("tea"));
        let checked = label_check::check(&views, &section, known, today);
        assert_eq!(
            checked.label.last_day.as_deref(),
            Some("2027-02-28"),
            "it is read all the same"
        );
        assert_eq!(checked.undecided.is_some(), today.doubt.is_some());
        checked.undecided.is_none()
    }
}

fn reading(wall: Timestamp, mono_s: u64, synchronised: bool) -> Reading {
    Reading { wall, mono: Duration::from_secs(mono_s), synchronised }
}

#[test]
fn a_clock_that_is_right_ends_holds_removes_what_is_old_and_tells_expiry() {
    let day = 24 * 3600;
    let later = vec![reading(at(NOW), 100, true), reading(since(NOW, 15), 100 + 15 * day, true)];
    let mut bench = Bench::new(ClockTrust::Synchronised, later);
    bench.skip(1);
    assert_eq!(bench.decides(), [true, true, true]);
}

#[test]
fn a_wrong_clock_ends_no_hold_removes_nothing_and_tells_no_expiry() {
    let right = reading(at(NOW), 100, true);
    let scenarios = [
        ("a year forward", vec![right, reading(since(NOW, 365), 101, false)]),
        ("a year forward, by a time service", vec![right, reading(since(NOW, 365), 101, true)]),
        ("a day back", vec![right, reading(since(NOW, -1), 101, false)]),
        ("a start in 1970", vec![reading(at("1970-01-01T00:00:20Z"), 20, false)]),
        ("a start in 1970, synchronised", vec![reading(at("1970-01-01T00:00:20Z"), 20, true)]),
        ("never synchronised", vec![reading(since(NOW, 365), 100, false)]),
        (
            "synchronised too long ago",
            vec![right, reading(since(NOW, 31), 100 + 31 * DAY_S, false)],
        ),
    ];
    for (name, readings) in scenarios {
        let before = readings.len() - 1;
        let mut bench = Bench::new(ClockTrust::Synchronised, readings);
        bench.skip(before);
        assert_eq!(bench.decides(), [false; 3], "{name}");
        assert!(bench.clock.doubt().is_some(), "{name}");
    }
    let local = [
        ("a year forward", vec![right, reading(since(NOW, 365), 101, false)]),
        ("a restart a year ahead", vec![reading(since(NOW, 365), 20, false)]),
        ("a restart in 1970", vec![reading(at("1970-01-01T00:00:20Z"), 20, false)]),
    ];
    for (name, readings) in local {
        let before = readings.len() - 1;
        let mut bench = Bench::new(ClockTrust::Local, readings);
        bench.skip(before);
        assert_eq!(bench.decides(), [false; 3], "local: {name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn nothing_is_decided_by_any_readings_while_the_clock_is_doubted(
        seconds in proptest::collection::vec(-9_000_000_000i64..9_000_000_000, 1..8),
    ) {
        // In the order of the monotonic clock; no time service ever vouches for them.
        let readings: Vec<_> = (0..).zip(&seconds).map(|(mono, second)| {
            reading(Timestamp::from_second(*second).unwrap(), mono, false)
        }).collect();
        let mut bench = Bench::new(ClockTrust::Synchronised, readings);
        for _ in &seconds {
            prop_assert_eq!(bench.decides(), [false; 3]);
            prop_assert!(fs::exists(bench.section.folder.join("evidence/day-1/view.jpg")).unwrap());
        }
        let lot = crate::item::lots::LotSeen::printed("A");
        let changes = bench.quarantine.count("tea", Some(&lot), false, bench.clock.now());
        let Change::Batch(_, Some(seen)) = &changes[0] else { panic!("{changes:?}") };
        prop_assert_eq!((seen.items, seen.suspect), (4, true), "a suspect lot's count stays");
    }
}
