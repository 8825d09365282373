use plc_bridge::line_file;
use plc_bridge::protocol::{ItemEvent, VERSION, Verdict};
use tokio::sync::watch;
use vision::{Picture, PixelFormat, View};

use super::*;
use crate::health::Watched;
use crate::records::{Store, StoreThread};

#[tokio::test]
async fn an_item_that_no_model_can_score_is_stored_as_uninspected() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let (store_thread, handle) =
        StoreThread::start(store, Evidence::new(folder.path())).expect("a thread");
    let (recorder, recorder_thread) = Recorder::start(handle.clone(), |_| {}).expect("a thread");
    let (status, _) = watch::channel(Arc::default());
    let (state, _) = watch::channel(crate::fleet::messages::BoxState::default());
    let watched = Watched { store: handle.state(), fleet: None };
    let health = Health::new("line 1", "carton", watched, status, state);
    let (link, _events) = BridgeLink::start(folder.path().join("nobody.sock"));
    let line: LineFile =
        line_file::parse(include_str!("ctl/example-line.toml")).expect("no mistake");
    let quarantine = Quarantine::new(line.policy.batch_test(), None, Vec::new(), Vec::new());
    let parts = Parts { cameras: Vec::new(), label_worker: None, link, recorder, health };
    let mut inspection =
        Inspection::new(&line, parts, Vec::new(), quarantine, Expectations::default());

    let at = monotonic_now();
    let commit_at = at + Duration::from_secs(60);
    let entered = ItemEvent::Entered { item: 1, at, count: 0, acquisition: 1, commit_at };
    for message in [
        FromBridge::Hello { protocol: VERSION, boot: "a".to_owned() },
        FromBridge::Event { seq: 1, lost_before: 0, event: entered },
    ] {
        inspection.on_link(LinkEvent::Message(message));
    }
    let picture =
        Picture::from_pixels(8, 8, PixelFormat::Grey8, vec![0; 64]).expect("8 × 8 pixels");
    let frame = Ok(Arc::new(Frame { camera: "top".into(), at, picture }));
    let view = View { camera: "top".into(), frame, offset_mm: 0.0 };
    inspection.on_gathered(Gathered { item: 1, views: vec![view] }, now());

    drop(inspection);
    recorder_thread.join().expect("the recorder ends");
    assert_eq!(store_thread.stop(), 0, "everything is stored");
    let records = Store::open(folder.path()).expect("a store").open_records().expect("readable");
    let cause = "top: the model is not loaded".into();
    assert_eq!(records[0].verdict, Some(Verdict::Uninspected { cause }));
}
