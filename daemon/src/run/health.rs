//! How the box stands: what is wrong, since when, and what a person does about it.
//!
//! Collects what the parts say of themselves and makes three things of it: the [`PageStatus`] of the
//! page, the [`FleetState`] that the fleet retains, and the alerts for troubles that begin or end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use capture::Camera;
use capture::CameraState;
use capture::eyesight::Impaired;
use jiff::Timestamp;
use line::protocol::{LineFault, PlcState};
use line::text::{QUOTING_MAX, WORDS_MAX, cut};
use tokio::sync::watch;
use vision::fit::Misfit;

use crate::fleet::LinkStatus;
use crate::fleet::alerts::{Alerts, Trouble};
use crate::fleet::messages::{self, Alert, AlertKind, FleetState, PlcLink};
use crate::item::counts::ItemCounts;
use crate::item::flow::Now;
use crate::item::holds::{Held, Holds};
use crate::records::StoreState;
use crate::run::bridge_link::LinkError;
use crate::wall_clock::{Doubt, WallTime};
use crate::web::status::{
    BridgeStatus, CameraHealth, CameraStatus, ClockStatus, FleetStatus, PageStatus, PlcStatus,
    Problem, StoreStatus,
};

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
    sku: String,
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
    frame_rates: FrameRates,
    /// Cameras that deliver the same picture again and again.
    frozen: Vec<String>,
    /// What is wrong with the eyesight of cameras, by camera.
    impaired: BTreeMap<String, Vec<Impaired>>,
    alerts: Alerts,
    status: watch::Sender<Arc<PageStatus>>,
    state: watch::Sender<FleetState>,
}

/// One thing that is wrong, before it is known since when.
struct Wrong {
    what: String,
    remedy: String,
    trouble: Option<Trouble>,
}

impl Health {
    /// Health of the named line, reported through the two senders.
    pub fn new(
        line: &str,
        sku: &str,
        watched: Watched,
        status: watch::Sender<Arc<PageStatus>>,
        state: watch::Sender<FleetState>,
    ) -> Self {
        Self {
            line: line.to_owned(),
            sku: sku.to_owned(),
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
            holds: self.holds.clone(),
            cameras,
            plc: self.plc.clone(),
            bridge: BridgeStatus { connected: self.bridge == BridgeHealth::Connected },
            fleet,
            items: items.clone(),
            store,
            evidence,
            clock: match self.clock {
                None => ClockStatus::Trusted,
                Some(doubt) => ClockStatus::Doubted { cause: doubt.to_string() },
            },
            engine,
        }));
        alerts
    }

    /// Everything that is wrong, the most important first.
    fn wrong(
        &self,
        cameras: &[CameraStatus],
        store: &StoreStatus,
        evidence: &StoreStatus,
        fleet: &FleetStatus,
        now: Duration,
    ) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut add = |what: String, remedy: &str, trouble: Option<Trouble>| {
            let what = cut(&what, QUOTING_MAX).into_owned();
            wrong.push(Wrong { what, remedy: remedy.to_owned(), trouble });
        };
        match &self.bridge {
            BridgeHealth::Connected => {}
            BridgeHealth::Connecting => {
                let remedy = "wait a moment; it is being connected";
                add("plc-bridge is not connected yet".to_owned(), remedy, None);
            }
            BridgeHealth::Away(error) => {
                let remedy = "start plc-bridge with the same line file; see its log";
                add(error.to_string(), remedy, Some((AlertKind::BridgeLost, None)));
            }
        }
        if let PlcStatus::Lost { cause } = &self.plc {
            let remedy = "check the PLC's power, its network cable and [plc] in the line file";
            add(format!("the PLC is lost: {cause}"), remedy, Some((AlertKind::PlcLost, None)));
        }
        for fault in &self.faults {
            let blind = "; items may pass without a number and without inspection";
            let what = format!("{fault}{}", if fault.is_blind() { blind } else { "" });
            add(what, fault.remedy(), Some((AlertKind::LineFault, Some(fault.to_string()))));
        }
        match &self.model {
            ModelHealth::Ready { .. } => {}
            ModelHealth::Loading => {
                add("the model is being loaded".to_owned(), "wait; it takes some seconds", None);
            }
            ModelHealth::Failed(cause) => {
                let remedy =
                    "put a working model into [model] folder; inspectd keeps trying to load it";
                add(cause.clone(), remedy, Some((AlertKind::ModelFailed, None)));
            }
        }
        for camera in cameras.iter().filter(|camera| camera.state == CameraHealth::Down) {
            let cause = camera.cause.as_deref().unwrap_or("no picture comes");
            let what = format!("camera {} is down: {cause}", camera.name);
            let remedy = if cause == FROZEN {
                "switch it off and on; a source that may repeat a picture says so with may_repeat"
            } else {
                "check its cable and power, and its source in the line file"
            };
            add(what, remedy, Some((AlertKind::CameraDown, Some(camera.name.clone()))));
        }
        for (camera, impaired) in &self.impaired {
            for one in impaired {
                add(format!("camera {camera}: {one}"), one.remedy(), None);
            }
        }
        let recent = |last: &Duration| now.saturating_sub(*last) <= UNINSPECTED_OVER;
        for (cause, _) in self.uninspected.iter().filter(|(_, (_, last))| recent(last)) {
            let what = format!("items are not inspected: {cause}");
            let remedy =
                "they take the fall-back. Fix the other problems listed here, or see the log";
            add(what, remedy, Some((AlertKind::Uninspected, Some(cause.clone()))));
        }
        if self.ambiguous.0 > 0 && recent(&self.ambiguous.1) {
            let what = "the line cannot say where some items went".to_owned();
            let remedy = "look for them by hand, and in plc-bridge's log for what confused it";
            add(what, remedy, Some((AlertKind::Ambiguous, None)));
        }
        if self.unnumbered.0 > 0 && recent(&self.unnumbered.1) {
            let what =
                format!("{} bodies without a number have passed, uninspected", self.unnumbered.0);
            let remedy = "find them by hand; put items on before the entry eye, and check that eye";
            add(what, remedy, Some((AlertKind::Unnumbered, None)));
        }
        if let StoreStatus::Failing { cause } = store {
            let remedy = "records wait in memory: free the disk before inspectd is stopped";
            add(
                format!("records are not stored: {cause}"),
                remedy,
                Some((AlertKind::StoreFailing, None)),
            );
        }
        if self.records_missing {
            let what = "records of items are missing: the disk refused for too long".to_owned();
            let remedy = "free or repair the disk; plc-bridge then sends again what it still keeps";
            add(what, remedy, Some((AlertKind::RecordsMissing, None)));
        }
        if let StoreStatus::Failing { cause } = evidence {
            let remedy = "free or repair the disk; until then items are inspected and recorded without pictures";
            let what = format!("pictures are not kept: {cause}");
            add(what, remedy, Some((AlertKind::EvidenceFailing, None)));
        }
        if let Some(doubt) = &self.clock {
            let what = format!("{doubt}: nothing expires and nothing is deleted by age");
            add(what, doubt.remedy(), Some((AlertKind::ClockDoubted, None)));
        }
        for (topic, why) in &self.refused_orders {
            let what = format!("the order on {topic} is refused: {why}");
            let remedy = "the last valid order stays in force until a valid one arrives";
            add(what, remedy, Some((AlertKind::OrderRefused, Some(topic.clone()))));
        }
        for misfit in self.watched.misfits.borrow().iter() {
            add(misfit.what.clone(), &misfit.remedy, None);
        }
        if let Some(problem) = &fleet.problem {
            add(problem.clone(), "nothing is lost: messages wait on this box", None);
        }
        wrong
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

/// Pictures a second of each camera, from how its counter grows.
#[derive(Debug, Default)]
struct FrameRates {
    /// By camera: pictures and time when the rate was last reckoned, and the rate.
    known: BTreeMap<String, (u64, Duration, f64)>,
}

impl FrameRates {
    /// Over how long a rate is reckoned.
    const PERIOD: Duration = Duration::from_secs(2);

    fn cameras(&mut self, cameras: &[Camera], now: Duration) -> Vec<CameraStatus> {
        cameras
            .iter()
            .map(|camera| {
                let counters = camera.counters();
                let (state, cause) = match camera.state() {
                    CameraState::Starting => (CameraHealth::Starting, None),
                    CameraState::Streaming => (CameraHealth::Streaming, None),
                    CameraState::Down { cause } => {
                        (CameraHealth::Down, Some(cut(&cause, WORDS_MAX).into_owned()))
                    }
                };
                let fps = self.rate(camera.name(), counters.received, now);
                CameraStatus { name: camera.name().to_string(), state, cause, fps, counters }
            })
            .collect()
    }

    fn rate(&mut self, camera: &str, received: u64, now: Duration) -> f64 {
        let known = self.known.entry(camera.to_owned()).or_insert((received, now, 0.0));
        let passed = now.saturating_sub(known.1);
        if passed >= Self::PERIOD {
            let fps = received.saturating_sub(known.0) as f64 / passed.as_secs_f64();
            *known = (received, now, fps);
        }
        known.2
    }
}

#[cfg(test)]
mod tests {
    use line::protocol::Eye;

    use super::*;
    use crate::item::holds::{Hold, Origin};

    struct Box {
        health: Health,
        store: watch::Sender<StoreState>,
        evidence: watch::Sender<StoreState>,
        misfits: watch::Sender<Vec<Misfit>>,
        status: watch::Receiver<Arc<PageStatus>>,
    }

    fn a_box() -> Box {
        let (store, store_seen) = watch::channel(StoreState::Ok);
        let (evidence, evidence_seen) = watch::channel(StoreState::Ok);
        let (status, status_seen) = watch::channel(Arc::new(PageStatus::default()));
        let (state, _) = watch::channel(FleetState::default());
        let (misfits, misfits_seen) = watch::channel(Vec::new());
        let watched = Watched {
            store: store_seen,
            evidence: evidence_seen,
            fleet: None,
            misfits: misfits_seen,
        };
        let health = Health::new("line 1", "carton", watched, status, state);
        Box { health, store, evidence, misfits, status: status_seen }
    }

    fn at(s: u64) -> Now {
        let wall = Timestamp::from_second(1_700_000_000 + s as i64).expect("in range");
        Now { mono: Duration::from_secs(s), wall: WallTime::trusted(wall) }
    }

    #[test]
    fn a_box_whose_parts_are_well_has_no_problem() {
        let mut it = a_box();
        it.health.bridge(BridgeHealth::Connected);
        let engine = "TorchScript (as [model] engine says)".to_owned();
        it.health.model(ModelHealth::Ready { engine: engine.clone() });
        it.health.plc(PlcState::Connected);
        assert_eq!(it.health.report(&[], &ItemCounts::default(), at(1)), []);
        assert_eq!(it.status.borrow().problems, []);
        assert_eq!(it.status.borrow().engine, Some(engine));
        assert!(!it.health.ready(), "no camera delivers");
    }

    #[test]
    fn what_is_on_hold_is_shown_and_is_no_problem() {
        let mut it = a_box();
        let hold = Hold {
            id: "recall-7".to_owned(),
            sku: "carton".to_owned(),
            lot: None,
            why: "glass".to_owned(),
            by: "quality".to_owned(),
            set_at: Timestamp::UNIX_EPOCH,
            expires_at: None,
        };
        it.health.holds(&Holds::new([(Origin::Site, hold.clone())]));
        it.health.report(&[], &ItemCounts::default(), at(1));
        assert_eq!(it.status.borrow().holds, [Held { origin: Origin::Site, hold }]);
    }

    #[test]
    fn a_lost_plc_is_one_alert_when_it_begins_and_one_when_it_ends() {
        let mut it = a_box();
        it.health.bridge(BridgeHealth::Connected);
        let none = ItemCounts::default();
        it.health.plc(PlcState::Lost { cause: "no answer".to_owned() });
        assert_eq!(it.health.report(&[], &none, at(1)).len(), 1);
        assert_eq!(it.health.report(&[], &none, at(2)).len(), 0);
        let problem = it.status.borrow().problems[0].clone();
        assert!(problem.what.contains("no answer"));
        assert_eq!(problem.since, at(1).wall.at(), "it has lasted since it was first seen");
        it.health.plc(PlcState::Connected);
        assert_eq!(it.health.report(&[], &none, at(3)).len(), 1);
    }

    #[test]
    fn an_ambiguous_item_is_a_problem_for_a_minute() {
        let mut it = a_box();
        let items = ItemCounts { ambiguous: 1, ..ItemCounts::default() };
        let alerts = it.health.report(&[], &items, at(1));
        assert_eq!(alerts[0].alert, AlertKind::Ambiguous);
        assert_eq!(it.health.report(&[], &items, at(61)).len(), 0);
        assert_eq!(it.health.report(&[], &items, at(62)).len(), 1, "it is over");
    }

    #[test]
    fn bodies_without_a_number_are_a_problem_for_a_minute() {
        let mut it = a_box();
        let mut items = ItemCounts::default();
        items.unnumbered.insert("put on".to_owned(), 2);
        let alerts = it.health.report(&[], &items, at(1));
        assert_eq!((alerts.len(), alerts[0].alert), (1, AlertKind::Unnumbered));
        assert!(it.status.borrow().problems.iter().any(|p| p.what.contains("2 bodies")));
        assert_eq!(it.health.report(&[], &items, at(62)).len(), 1, "it is over");
    }

    #[test]
    fn a_fault_of_the_line_is_a_problem_with_its_remedy_and_an_alert_of_its_own() {
        let mut it = a_box();
        it.health.faults(vec![LineFault::EncoderStill, LineFault::EyeBlind(Eye::Lane(2))]);
        let alerts = it.health.report(&[], &ItemCounts::default(), at(1));
        assert!(alerts.iter().all(|alert| alert.alert == AlertKind::LineFault));
        assert_eq!(alerts.len(), 2);
        {
            let status = it.status.borrow();
            let of_line = |p: &&Problem| p.what.contains("encoder") || p.what.contains("lane 2");
            let of_line: Vec<&Problem> = status.problems.iter().filter(of_line).collect();
            let [encoder, eye] = of_line[..] else { panic!("{:?}", status.problems) };
            assert!(
                encoder.what.contains("encoder") && encoder.what.contains("without inspection")
            );
            assert!(encoder.remedy.contains("coupling"));
            assert!(eye.what.contains("lane 2") && !eye.what.contains("without inspection"));
        }
        it.health.faults(Vec::new());
        assert_eq!(it.health.report(&[], &ItemCounts::default(), at(2)).len(), 2);
        it.health.faults(vec![LineFault::EncoderStill]);
        it.health.bridge(BridgeHealth::Connecting);
        let alerts = it.health.report(&[], &ItemCounts::default(), at(3));
        assert!(alerts.iter().all(|alert| alert.alert != AlertKind::LineFault), "nobody knows");
    }

    #[test]
    fn uninspected_items_are_a_problem_until_none_came_for_a_minute() {
        let mut it = a_box();
        let mut items = ItemCounts::default();
        items.uninspected.insert("too late".to_owned(), 1);
        assert_eq!(it.health.report(&[], &items, at(1)).len(), 1);
        assert_eq!(it.health.report(&[], &items, at(60)).len(), 0);
        items.uninspected.insert("too late".to_owned(), 2);
        assert_eq!(it.health.report(&[], &items, at(61)).len(), 0);
        assert_eq!(it.health.report(&[], &items, at(120)).len(), 0);
        assert_eq!(it.health.report(&[], &items, at(122)).len(), 1, "it is over");
    }

    #[test]
    fn what_is_quoted_is_cut_and_marked_on_the_page_and_in_alerts() {
        let mut it = a_box();
        it.health.order("site/all/holds".to_owned(), Some("w".repeat(100_000)));
        let cause = "s".repeat(100_000);
        it.store.send_replace(StoreState::Failing { cause });
        let alerts = it.health.report(&[], &ItemCounts::default(), at(1));
        assert_eq!(alerts.len(), 2);
        for alert in alerts {
            // Its remedy comes behind it.
            assert!(alert.words.chars().count() <= QUOTING_MAX + 200 && alert.words.contains('…'));
        }
        for problem in &it.status.borrow().problems {
            assert!(problem.what.chars().count() <= QUOTING_MAX, "{}", problem.what.len());
        }
    }

    #[test]
    fn what_was_learned_and_does_not_fit_is_a_problem() {
        let mut it = a_box();
        let misfit = Misfit {
            key: ["model", "references"],
            what: "camera top has no reference".to_owned(),
            remedy: "learn it".to_owned(),
        };
        it.misfits.send_replace(vec![misfit]);
        assert_eq!(it.health.report(&[], &ItemCounts::default(), at(1)), [], "no alert");
        let problems = it.status.borrow().problems.clone();
        assert!(problems.iter().any(|one| one.what == "camera top has no reference"));
    }

    #[test]
    fn a_frozen_camera_is_down_until_its_picture_changes() {
        let source = "videotestsrc is-live=true ! video/x-raw,width=64,height=64,framerate=25/1";
        let section = serde_json::json!({
            "name": "top", "source": source, "width_px": 64, "height_px": 64, "position_mm": 1.0
        });
        let section = serde_json::from_value(section).expect("a whole section");
        let cameras = [Camera::start(section).expect("GStreamer has a test source")];
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while cameras[0].state() != CameraState::Streaming {
            assert!(std::time::Instant::now() < deadline, "{:?}", cameras[0].state());
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut it = a_box();
        it.health.frozen(vec!["top".to_owned()]);
        let alerts = it.health.report(&cameras, &ItemCounts::default(), at(1));
        assert_eq!(alerts[0].alert, AlertKind::CameraDown);
        assert!(alerts[0].words.contains("the same picture again and again"), "{alerts:?}");
        assert_eq!(it.status.borrow().cameras[0].state, CameraHealth::Down);
        it.health.frozen(Vec::new());
        assert_eq!(
            it.health.report(&cameras, &ItemCounts::default(), at(2)).len(),
            1,
            "it is over"
        );
        assert_eq!(it.status.borrow().cameras[0].state, CameraHealth::Streaming);
    }

    #[test]
    fn a_store_that_fails_says_so_on_the_page() {
        let mut it = a_box();
        it.store.send_replace(StoreState::Failing { cause: "the disk is full".to_owned() });
        it.health.report(&[], &ItemCounts::default(), at(1));
        let status = it.status.borrow().clone();
        assert!(status.problems.iter().any(|problem| problem.what.contains("the disk is full")));
    }

    #[test]
    fn a_doubted_clock_lost_pictures_and_missing_records_are_told_and_heal() {
        let mut it = a_box();
        let none = ItemCounts::default();
        it.health.clock(Some(Doubt::NeverSynchronised));
        it.health.records_missing(true);
        it.evidence.send_replace(StoreState::Failing { cause: "no room".to_owned() });
        let begun = it.health.report(&[], &none, at(1));
        let kinds: Vec<_> = begun.iter().map(|alert| alert.alert).collect();
        let (clock, evidence, records) =
            (AlertKind::ClockDoubted, AlertKind::EvidenceFailing, AlertKind::RecordsMissing);
        assert_eq!(kinds, [clock, evidence, records]);
        let status = it.status.borrow().clone();
        assert!(matches!(&status.clock, ClockStatus::Doubted { cause } if cause.contains("time")));
        let told = |words: &str| status.problems.iter().any(|one| one.what.contains(words));
        assert!(told("no room") && told("no time service") && told("records of items are missing"));
        assert!(status.problems.iter().all(|problem| !problem.remedy.is_empty()));

        it.health.clock(None);
        it.health.records_missing(false);
        it.evidence.send_replace(StoreState::Ok);
        let over = it.health.report(&[], &none, at(2));
        assert_eq!(over.len(), 3);
        assert_eq!(it.status.borrow().clock, ClockStatus::Trusted);
    }
}
