//! How the box stands: what is wrong, since when, and what a person does about it.
//!
//! Collects what the parts say of themselves and makes three things of it: the [`PageStatus`] of the
//! page, the [`FleetState`] that the fleet retains, and the alerts for troubles that begin or end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use capture::Camera;
use capture::eyesight::Impaired;
use jiff::Timestamp;
use line::protocol::{LineFault, PlcState};
use line::text::{WORDS_MAX, cut};
use tokio::sync::watch;
use vision::fit::Misfit;

use crate::fleet::LinkStatus;
use crate::fleet::alerts::Alerts;
use crate::fleet::messages::{self, Alert, FleetState, PlcLink};
use crate::item::counts::ItemCounts;
use crate::item::flow::Now;
use crate::item::holds::{Held, Holds};
use crate::records::StoreState;
use crate::run::bridge_link::LinkError;
use crate::run::scanner_link::Trouble;
use crate::wall_clock::{Doubt, WallTime};
use calib::the_box::{
    BeltStatus, BridgeStatus, CameraHealth, CameraStatus, ClockStatus, FleetStatus, HoldView,
    LearningStatus, PageStatus, PlcStatus, Problem, ScannerStatus, StoreStatus,
};

mod belt;
mod frame_rates;
mod wrong;

pub use belt::BeltSpeed;
use frame_rates::FrameRates;
use wrong::Wrong;

/// How long after the last uninspected item of a cause its alert ends: long enough that a fault
/// which hits every few items makes one alert, not many.
const UNINSPECTED_OVER: Duration = Duration::from_secs(60);

/// Holds that are shown; more would make a message of the box's state too long.
const HOLDS_SHOWN: usize = 100;

/// Why a camera counts as down whose pictures do not change.
const FROZEN: &str = "it is frozen: it delivers the same picture again and again";

/// How the socket to plc-bridge stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BridgeHealth {
    /// Not tried yet.
    Connecting,
    /// Both sides have greeted.
    Connected,
    /// Not there.
    Away(LinkError),
}

/// How the model stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelHealth {
    /// Being loaded and warmed up.
    Loading,
    /// Items can be scored.
    Ready {
        /// Which program runs the backbone, and why.
        engine: String,
    },
    /// It cannot be used.
    Failed(String),
}

/// The links whose state is watched.
#[derive(Debug)]
pub struct Watched {
    /// The store.
    pub store: watch::Receiver<StoreState>,
    /// The evidence.
    pub evidence: watch::Receiver<StoreState>,
    /// The fleet link, where one is configured.
    pub fleet: Option<watch::Receiver<LinkStatus>>,
    /// What was learned and does not fit the line.
    pub misfits: watch::Receiver<Vec<Misfit>>,
}

/// Collects and reports.
#[derive(Debug)]
pub struct Health {
    line: String,
    sku: Option<String>,
    bridge: BridgeHealth,
    plc: PlcStatus,
    /// What of the line does not tell the truth, as the bridge tells.
    faults: Vec<LineFault>,
    model: ModelHealth,
    watched: Watched,
    ready: bool,
    /// Problems that were there at the last report, with their begin.
    since: BTreeMap<String, Timestamp>,
    /// Uninspected items by cause: how many at the last report, and when the last one came.
    uninspected: BTreeMap<String, (u64, Duration)>,
    /// The same for items of which it cannot be told where they went.
    ambiguous: (u64, Duration),
    /// The same for bodies without a number.
    unnumbered: (u64, Duration),
    /// Orders of the fleet that are not followed, by topic, and why.
    refused_orders: BTreeMap<String, String>,
    holds: Vec<Held>,
    clock: Option<Doubt>,
    records_missing: bool,
    /// What is wrong with scanners.
    scanners: Vec<Trouble>,
    /// Which of them can be heard.
    heard: Vec<ScannerStatus>,
    belt: BeltStatus,
    learned: LearningStatus,
    /// Why nothing can be learned on the belt.
    unlearned: Option<String>,
    frame_rates: FrameRates,
    /// Cameras that deliver the same picture again and again.
    frozen: Vec<String>,
    /// What is wrong with the eyesight of cameras, by camera.
    impaired: BTreeMap<String, Vec<Impaired>>,
    alerts: Alerts,
    status: watch::Sender<Arc<PageStatus>>,
    state: watch::Sender<FleetState>,
}

impl Health {
    /// Health of the named line, reported through the two senders.
    pub fn new(
        line: &str,
        sku: Option<&str>,
        watched: Watched,
        status: watch::Sender<Arc<PageStatus>>,
        state: watch::Sender<FleetState>,
    ) -> Self {
        Self {
            line: line.to_owned(),
            sku: sku.map(str::to_owned),
            bridge: BridgeHealth::Connecting,
            plc: PlcStatus::Unknown,
            faults: Vec::new(),
            model: ModelHealth::Loading,
            watched,
            ready: false,
            since: BTreeMap::new(),
            uninspected: BTreeMap::new(),
            ambiguous: (0, Duration::ZERO),
            unnumbered: (0, Duration::ZERO),
            refused_orders: BTreeMap::new(),
            holds: Vec::new(),
            clock: None,
            records_missing: false,
            scanners: Vec::new(),
            heard: Vec::new(),
            belt: BeltStatus::Unknown,
            learned: LearningStatus::default(),
            unlearned: None,
            frame_rates: FrameRates::default(),
            frozen: Vec::new(),
            impaired: BTreeMap::new(),
            alerts: Alerts::default(),
            status,
            state,
        }
    }

    /// The socket to plc-bridge changed.
    pub fn bridge(&mut self, bridge: BridgeHealth) {
        if bridge != BridgeHealth::Connected {
            self.plc = PlcStatus::Unknown;
            self.faults.clear();
        }
        self.bridge = bridge;
    }

    /// plc-bridge told how the PLC stands.
    pub fn plc(&mut self, plc: PlcState) {
        self.plc = match plc {
            PlcState::Connected => PlcStatus::Connected,
            PlcState::Lost { cause } => PlcStatus::Lost { cause },
        };
    }

    /// plc-bridge told what of the line does not tell the truth.
    pub fn faults(&mut self, faults: Vec<LineFault>) {
        self.faults = faults;
    }

    /// The model was loaded, or not.
    pub fn model(&mut self, model: ModelHealth) {
        self.model = model;
    }

    /// An order came on `topic`; `refused` is why it is not followed.
    pub fn order(&mut self, topic: String, refused: Option<String>) {
        match refused.map(|why| cut(&why, WORDS_MAX).into_owned()) {
            Some(why) => self.refused_orders.insert(topic, why),
            None => self.refused_orders.remove(&topic),
        };
    }

    /// Why the clock is doubted; none while it is trusted.
    pub fn clock(&mut self, doubt: Option<Doubt>) {
        self.clock = doubt;
    }

    /// Whether records are missing that plc-bridge keeps.
    pub fn records_missing(&mut self, missing: bool) {
        self.records_missing = missing;
    }

    /// Which cameras deliver the same picture again and again, while items pass them.
    pub fn frozen(&mut self, cameras: Vec<String>) {
        self.frozen = cameras;
    }

    /// What is wrong with a camera's eyesight since its last view of an item.
    pub fn eyesight(&mut self, camera: &str, impaired: Vec<Impaired>) {
        self.impaired.insert(camera.to_owned(), impaired);
    }

    /// Which scanners can be heard, and what is wrong with them.
    pub fn scanners(&mut self, heard: Vec<ScannerStatus>, troubles: Vec<Trouble>) {
        self.heard = heard;
        self.scanners = troubles;
    }

    /// Whether the belt moves.
    pub fn belt(&mut self, belt: BeltStatus) {
        self.belt = belt;
    }

    /// How many products are learned on the belt; why none can be, and what to do.
    pub fn learning(&mut self, learned: LearningStatus, problem: Option<String>) {
        self.learned = learned;
        self.unlearned = problem;
    }

    /// What is on hold now.
    pub fn holds(&mut self, holds: &Holds) {
        self.holds = holds.shown(HOLDS_SHOWN);
    }

    /// Whether items could be inspected at the last report: model warm, a camera delivering.
    pub fn ready(&self) -> bool {
        self.ready
    }

    /// Puts it all together, tells the page and the fleet link, and returns the alerts to be owed.
    pub fn report(&mut self, cameras: &[Camera], items: &ItemCounts, now: Now) -> Vec<Alert> {
        let mut cameras = self.frame_rates.cameras(cameras, now.mono);
        for camera in cameras.iter_mut().filter(|camera| self.frozen.contains(&camera.name)) {
            if camera.state == CameraHealth::Streaming {
                camera.state = CameraHealth::Down;
                camera.cause = Some(FROZEN.to_owned());
            }
        }
        let streaming = cameras.iter().any(|camera| camera.state == CameraHealth::Streaming);
        let engine = match &self.model {
            ModelHealth::Ready { engine } => Some(engine.clone()),
            ModelHealth::Loading | ModelHealth::Failed(_) => None,
        };
        self.ready = engine.is_some() && streaming;

        let store = StoreStatus::from(self.watched.store.borrow().clone());
        let evidence = StoreStatus::from(self.watched.evidence.borrow().clone());
        let fleet = self.watched.fleet.as_ref().map(|link| link.borrow().clone());
        let fleet = FleetStatus {
            configured: fleet.is_some(),
            connected: fleet.as_ref().is_some_and(|link| link.connected),
            owed: fleet.as_ref().map_or(0, |link| link.owed),
            acknowledged: fleet.as_ref().map_or(0, |link| link.acknowledged),
            problem: fleet.and_then(|link| link.problem),
        };

        self.count_mishaps(items, now.mono);
        let wrong = self.wrong(&cameras, &store, &evidence, &fleet, now.mono);
        let alerts = self.alerts.update(
            wrong
                .iter()
                .filter_map(|w| w.trouble.clone().map(|t| (t, format!("{}; {}", w.what, w.remedy))))
                .collect(),
        );
        let problems = self.dated(wrong, now.wall);
        self.tell_fleet(&cameras, &problems);
        self.status.send_replace(Arc::new(PageStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            line: self.line.clone(),
            sku: self.sku.clone(),
            ready: self.ready && self.bridge == BridgeHealth::Connected,
            problems,
            holds: self.holds.iter().cloned().map(HoldView::from).collect(),
            cameras,
            plc: self.plc.clone(),
            bridge: BridgeStatus { connected: self.bridge == BridgeHealth::Connected },
            fleet,
            items: items.clone().into(),
            store,
            evidence,
            clock: match self.clock {
                None => ClockStatus::Trusted,
                Some(doubt) => ClockStatus::Doubted { cause: doubt.to_string() },
            },
            engine,
            scanners: self.heard.clone(),
            learning: self.learned,
            belt: match self.bridge {
                BridgeHealth::Connected => self.belt,
                BridgeHealth::Connecting | BridgeHealth::Away(_) => BeltStatus::Unknown,
            },
        }));
        alerts
    }

    /// Notes which causes made items uninspected since the last report, and whether any became
    /// ambiguous.
    fn count_mishaps(&mut self, items: &ItemCounts, now: Duration) {
        if self.ambiguous.0 != items.ambiguous {
            self.ambiguous = (items.ambiguous, now);
        }
        let unnumbered = items.unnumbered.values().sum();
        if self.unnumbered.0 != unnumbered {
            self.unnumbered = (unnumbered, now);
        }
        for (cause, count) in &items.uninspected {
            let known = self.uninspected.entry(cause.clone()).or_insert((0, now));
            if known.0 != *count {
                *known = (*count, now);
            }
        }
    }

    /// Gives each problem the time since which it has lasted.
    fn dated(&mut self, wrong: Vec<Wrong>, now: WallTime) -> Vec<Problem> {
        let earlier = std::mem::take(&mut self.since);
        wrong
            .into_iter()
            .map(|Wrong { what, remedy, .. }| {
                let since = earlier.get(&what).copied().unwrap_or(now.at());
                self.since.insert(what.clone(), since);
                Problem { what, remedy, since }
            })
            .collect()
    }

    fn tell_fleet(&self, cameras: &[CameraStatus], problems: &[Problem]) {
        let state = FleetState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            line: self.line.clone(),
            ready: self.ready,
            cameras: cameras
                .iter()
                .map(|camera| messages::CameraState {
                    name: camera.name.clone(),
                    up: camera.state == CameraHealth::Streaming,
                })
                .collect(),
            plc: match self.plc {
                PlcStatus::Unknown => PlcLink::Unknown,
                PlcStatus::Connected => PlcLink::Connected,
                PlcStatus::Lost { .. } => PlcLink::Lost,
            },
            holds: self.holds.clone(),
            problems: problems.iter().map(|p| format!("{}; {}", p.what, p.remedy)).collect(),
        };
        self.state.send_if_modified(|told| {
            let changed = *told != state;
            *told = state;
            changed
        });
    }
}

#[cfg(test)]
mod tests;
