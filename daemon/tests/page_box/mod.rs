//! A box for tests of the page: its records, its products, and a diverted item.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use calib::the_box::PageStatus;
use damage::scoring::Budget;
use inspectd::item::batches::BatchTest;
use inspectd::item::lots::LotSeen;
use inspectd::item::quarantine::Quarantine;
use inspectd::records::{
    Evidence, Finding, ItemId, Record, Store, StoreThread, Timings, ViewRecord,
};
use inspectd::run::commands::{Asked, Commands};
use inspectd::wall_clock::WallTime;
use inspectd::web::{Inspectd, ProductDesk};
use jiff::Timestamp;
use line::protocol::{Action, Check, Decision, Outcome, Verdict};
use tokio::sync::watch;
use vision::config::LearningSection;
use vision::learning::products::Products;

/// The box with that status whose records lie in `folder`, whose loop is at the other end of `commands`, and which may
/// divert so many good items. The thread
/// that writes there ends with what comes back.
pub fn the_box(
    status: watch::Receiver<Arc<PageStatus>>,
    folder: &Path,
    commands: Commands,
    budget: Budget,
) -> (Inspectd, StoreThread) {
    let store = Store::open(folder).expect("the folder takes a store");
    let (thread, store) = StoreThread::start(store, Evidence::new(folder)).expect("a thread");
    let section = LearningSection { folder: folder.join("learning"), ..LearningSection::default() };
    let products = Products::new(&folder.join("references"), section);
    let products = ProductDesk::new(products, folder, budget);
    (Inspectd::new(status, (folder, store), commands, products), thread)
}

/// What inspectd's loop does for the page: it says twice a second how the box stands, and follows commands. Three items
/// of lot `L-77` of `CARTON-17` have failed. It ends when it is dropped, or nobody can ask any more.
pub struct Loop {
    stop: Option<mpsc::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Loop {
    /// The loop that feeds the status, and hears the commands at `asked`.
    pub fn start(
        feed: watch::Sender<Arc<PageStatus>>,
        mut asked: tokio::sync::mpsc::Receiver<Asked>,
    ) -> Self {
        let (stop, stopped) = mpsc::channel();
        let feeder = move || {
            let period = Duration::from_millis(500);
            while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                feed.send_modify(|_| {});
            }
        };
        let follower = move || {
            let test = BatchTest::new(0.01, 0.1, 0.001).expect("these are shares");
            let mut quarantine = Quarantine::new(test, None, Vec::new(), Vec::new());
            let (lot, now) = (LotSeen::printed("L-77"), || WallTime::trusted(Timestamp::now()));
            for _ in 0..3 {
                quarantine.count("CARTON-17", Some(&lot), true, now());
            }
            while let Some(Asked { command, answer, stored, .. }) = asked.blocking_recv() {
                let done = command.follow(&mut quarantine, now()).map(|(done, _)| done);
                // Who asked may have gone.
                let _ = answer.send(done);
                let _ = stored.send(());
            }
        };
        let threads = vec![std::thread::spawn(feeder), std::thread::spawn(follower)];
        Self { stop: Some(stop), threads }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        drop(self.stop.take());
        for thread in self.threads.drain(..) {
            // It has told of its own panic; a second one would hide why the test failed.
            let _ = thread.join();
        }
    }
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
