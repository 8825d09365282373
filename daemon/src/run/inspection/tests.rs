use std::thread::JoinHandle;

use base::Picture;
use base::PixelFormat;
use capture::Frame;
use capture::gather::View;
use line::clock::monotonic;
use line::line_file;
use line::protocol::{ItemEvent, VERSION, Verdict};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::watch;
use vision::config::LearningSection;

use super::*;
use crate::records::samples::{open, refuse_records, take_records};
use crate::records::thread::MAX_CHANGES;
use crate::records::{Store, StoreThread};
use crate::run::health::Watched;
use calib::the_box::PageStatus;

/// What the loop works with where there are no cameras, scanners and threads that read, and nothing is learned.
pub(super) fn parts(link: BridgeLink, recorder: Recorder, health: Health, clock: Clock) -> Parts {
    let section = LearningSection { learn_after_items: 0, ..LearningSection::default() };
    Parts {
        cameras: Vec::new(),
        last_items: Arc::default(),
        code_worker: None,
        label_worker: None,
        learner: Learner::start(section, "/nowhere".into()).expect("it starts no thread"),
        scanners: ScannerLinks::start(&[]).expect("no scanner").0,
        look_up: None,
        totes: None,
        link,
        recorder,
        health,
        clock,
    }
}

/// The loop of the example line, with a store and without cameras, model and bridge.
struct Bench {
    inspection: Inspection,
    shown: watch::Receiver<Arc<PageStatus>>,
    recorder: JoinHandle<()>,
    store: StoreThread,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("a store");
        let (store_thread, handle) =
            StoreThread::start(store, Evidence::new(folder.path())).expect("a thread");
        let (recorder, recorder_thread) =
            Recorder::start(handle.clone(), |_| {}).expect("a thread");
        let (status, shown) = watch::channel(Arc::default());
        let (state, _) = watch::channel(crate::fleet::messages::FleetState::default());
        let (_, misfits) = tokio::sync::watch::channel(Vec::new());
        let watched =
            Watched { store: handle.state(), evidence: handle.evidence(), fleet: None, misfits };
        let health = Health::new("line 1", Some("carton"), watched, status, state);
        let (link, _events) = BridgeLink::start(folder.path().join("nobody.sock"));
        let line: LineFile =
            line_file::parse(include_str!("../../ctl/example-line.toml")).expect("no mistake");
        let clock = Clock::system(line.clock.rules(None));
        let quarantine = Quarantine::new(line.policy.batch_test(), None, Vec::new(), Vec::new());
        let parts = parts(link, recorder, health, clock);
        let mut inspection =
            Inspection::new(&line, parts, Vec::new(), quarantine, Expectations::default());
        let hello = FromBridge::Hello { protocol: VERSION, boot: "a".to_owned() };
        inspection.on_link(LinkEvent::Message(hello));
        Self { inspection, shown, recorder: recorder_thread, store: store_thread, folder }
    }

    /// An item enters, and this is its view from above.
    fn item(&mut self, item: u64, picture: Picture) {
        let at = monotonic();
        let commit_at = at + Duration::from_secs(60);
        let count = i64::try_from(item).expect("small");
        let event = ItemEvent::Entered { item, at, count, acquisition: 1, commit_at };
        let entered = FromBridge::Event { seq: item, lost_before: 0, event };
        self.inspection.on_link(LinkEvent::Message(entered));
        let frame = Ok(Arc::new(Frame::new("top".into(), at, picture)));
        let view = View { camera: "top".into(), frame, offset_mm: 0.0 };
        let now = self.inspection.now();
        self.inspection.on_gathered(Gathered { item, views: vec![view] }, now);
    }

    /// What the page says is wrong with the camera above.
    fn problems_of_top(&mut self) -> Vec<String> {
        let now = self.inspection.now();
        self.inspection.report_health(now);
        let problems = self.shown.borrow().problems.clone();
        problems
            .into_iter()
            .map(|one| one.what)
            .filter(|what| what.contains("camera top"))
            .collect()
    }

    /// What is stored of the first item.
    fn stored(self) -> Option<Verdict> {
        drop(self.inspection);
        self.recorder.join().expect("the recorder ends");
        assert_eq!(self.store.stop(), 0, "everything is stored");
        let store = Store::open(self.folder.path()).expect("a store");
        store.open_records().expect("readable")[0].verdict.clone()
    }
}

/// What is stored of an item whose only view is `picture`, while no model is loaded.
fn stored_of(picture: Picture) -> Option<Verdict> {
    let mut bench = Bench::new();
    bench.item(1, picture);
    bench.stored()
}

/// A striped picture whose edges are so many pixels wide.
fn striped(edge: u32) -> Picture {
    let level =
        |at: u32| 40 + (at % 40).abs_diff(20).min(10 + edge).saturating_sub(10) * 120 / edge;
    let pixels = (0..128).flat_map(|y| (0..192).map(move |x| (level(x + y) + (x * y) % 3) as u8));
    Picture::from_pixels(192, 128, PixelFormat::Grey8, pixels.collect()).expect("192 × 128 pixels")
}

#[tokio::test]
async fn a_camera_that_sees_less_sharply_than_before_is_a_problem_until_it_does_again() {
    let mut bench = Bench::new();
    let mut next = 1..;
    let mut views = |bench: &mut Bench, edge| {
        for item in next.by_ref().take(capture::eyesight::VIEWS) {
            bench.item(item, striped(edge));
        }
        bench.problems_of_top()
    };
    assert_eq!(views(&mut bench, 1), [""; 0]);
    let told = views(&mut bench, 8);
    assert!(
        matches!(&told[..], [one] if one.contains("camera top: it sees less sharply")),
        "{told:?}"
    );
    assert_eq!(views(&mut bench, 1), [""; 0]);
}

#[tokio::test]
async fn an_item_that_no_model_can_score_is_stored_as_uninspected() {
    let picture =
        Picture::from_pixels(8, 8, PixelFormat::Grey8, vec![0; 64]).expect("8 × 8 pixels");
    let cause = "top: the model is not loaded".into();
    assert_eq!(stored_of(picture), Some(Verdict::Uninspected { cause }));
}

#[tokio::test]
async fn an_item_whose_picture_cannot_be_used_is_uninspected_with_that_cause() {
    let white =
        Picture::from_pixels(64, 64, PixelFormat::Grey8, vec![255; 64 * 64]).expect("64 × 64");
    let Some(Verdict::Uninspected { cause }) = stored_of(white) else { panic!("not uninspected") };
    assert!(cause.to_string().starts_with("top: no usable picture: it is white"), "{cause}");
}

/// Far more than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

async fn until(done: impl Fn() -> bool) {
    let waits = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waits).await.expect("it comes to that");
}

#[tokio::test]
async fn a_gap_in_the_records_is_shown_and_heals_once_the_disk_takes_records_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    refuse_records(folder.path());
    let (_store_thread, handle) =
        StoreThread::start(store, Evidence::new(folder.path())).expect("a thread");
    let full = (0..MAX_CHANGES as u64).map(|item| Change::Save(open(item))).collect();
    handle.commit(full, Vec::new(), || {}).expect("taken");
    let (recorder, _recorder_thread) = Recorder::start(handle.clone(), |_| {}).expect("a thread");
    let (status, shown) = watch::channel(Arc::default());
    let (state, _) = watch::channel(crate::fleet::messages::FleetState::default());
    let (_, misfits) = watch::channel(Vec::new());
    let watched =
        Watched { store: handle.state(), evidence: handle.evidence(), fleet: None, misfits };
    let health = Health::new("line 1", Some("carton"), watched, status, state);
    let socket = folder.path().join("bridge.sock");
    let bridge = UnixListener::bind(&socket).expect("a socket");
    let (link, _events) = BridgeLink::start(socket);
    let line: LineFile =
        line_file::parse(include_str!("../../ctl/example-line.toml")).expect("no mistake");
    let clock = Clock::system(line.clock.rules(None));
    let quarantine = Quarantine::new(line.policy.batch_test(), None, Vec::new(), Vec::new());
    let parts = parts(link, recorder, health, clock);
    let mut inspection =
        Inspection::new(&line, parts, Vec::new(), quarantine, Expectations::default());
    let (_first, _) = bridge.accept().await.expect("connected");

    let mut seq = 0;
    while !inspection.recorder.has_gap() {
        seq += 1;
        let changes = vec![Change::Save(open(1))];
        inspection.recorder.record(Entry { changes, acknowledges: Some(seq), ..Entry::default() });
    }
    let missing = |shown: &watch::Receiver<Arc<PageStatus>>| {
        shown.borrow().problems.iter().any(|one| one.what.contains("records of items are missing"))
    };
    let now = inspection.now();
    inspection.report_health(now);
    assert!(missing(&shown));

    take_records(folder.path());
    until(|| inspection.recorder.may_close_gap()).await;
    let now = inspection.now();
    inspection.report_health(now);
    // Well before the heartbeats that nobody reads fill the first connection, which would end it too.
    let again = tokio::time::timeout(Duration::from_secs(20), bridge.accept()).await;
    again.expect("inspectd asks to be told again").expect("connected");
    // The alert that the report owed is stored meanwhile; a greeting before that would ask for another one.
    until(|| inspection.recorder.may_close_gap()).await;
    let hello = FromBridge::Hello { protocol: VERSION, boot: "a".to_owned() };
    inspection.on_link(LinkEvent::Message(hello));
    let now = inspection.now();
    inspection.report_health(now);
    assert!(!missing(&shown), "it is over");
}
