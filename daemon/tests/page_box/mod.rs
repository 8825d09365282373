//! A box for tests of the page: its records, its products, and a diverted item.

// Each test uses some of it.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;

use calib::the_box::PageStatus;
use inspectd::records::{
    Evidence, Finding, ItemId, Record, Store, StoreThread, Timings, ViewRecord,
};
use inspectd::run::commands::Commands;
use inspectd::web::{Inspectd, ProductDesk};
use jiff::Timestamp;
use line::protocol::{Action, Check, Decision, Outcome, Verdict};
use tokio::sync::watch;
use vision::config::LearningSection;
use vision::learning::products::Products;

/// The box with that status whose records lie in `folder`, and whose loop is at the other end of `commands`. The thread
/// that writes there ends with what comes back.
pub fn the_box(
    status: watch::Receiver<Arc<PageStatus>>,
    folder: &Path,
    commands: Commands,
) -> (Arc<Inspectd>, StoreThread) {
    let store = Store::open(folder).expect("the folder takes a store");
    let (thread, store) = StoreThread::start(store, Evidence::new(folder)).expect("a thread");
    let section = LearningSection { folder: folder.join("learning"), ..LearningSection::default() };
    let products = Products::new(&folder.join("references"), section);
    let products = ProductDesk::new(products, folder, 0.005);
    (Arc::new(Inspectd::new(status, (folder, store), commands, products)), thread)
}

/// An item that was diverted as damaged; its pictures are `side.png` and `side-heat.png` in the evidence folder `day`.
pub fn diverted(item: u64, entered_at: Timestamp, day: &str) -> Record {
    let id = ItemId { boot: "boot".to_owned(), item };
    Record {
        views: vec![ViewRecord {
            picture: Some(format!("{day}/side.png")),
            heat_map: Some(format!("{day}/side-heat.png")),
            score: Some(4.5),
            threshold: Some(3.0),
            ..ViewRecord::of("side")
        }],
        findings: vec![Finding {
            check: Check::Damage,
            camera: Some("side".to_owned()),
            score: 4.5,
            threshold: 3.0,
            at: Some([40, 30]),
            boxes: Vec::new(),
            words: "side: unlike the normal ones at 40, 30".to_owned(),
        }],
        verdict: Some(Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }),
        decision: Some(Decision { action: Action::Divert { lane: 1 }, fall_back: None }),
        outcome: Some(Outcome::Diverted { lane: 1 }),
        timings: Timings { eye_to_verdict_ms: Some(321.0), ..Timings::default() },
        sku: Some("CARTON-17".to_owned()),
        ..Record::of(id, entered_at)
    }
}
