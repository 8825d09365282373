//! One run: the twin's world and PLC, the bridge's line and an inspection, scan by scan.

use std::{collections::BTreeMap, time::Duration};

use line::config::BridgeConfig;
use line::protocol::{Action, Decision, FromBridge, ItemEvent, Outcome, ToBridge, Verdict};
use plc_bridge::registers::{Command, LANE_STOP};
use plc_bridge::whole_line::Line;
use twin::{
    belt::SpeedProfile,
    line::{SCAN, SimulatedLine, Truth},
    plc::{PlcConfig, Source},
    rng::Rng,
    world::{End, Feed, NewItem, WorldConfig},
};

use crate::inspection::{Habits, Inspection};

/// Two lanes; an item that comes too late passes the first diverter and leaves at the second.
pub const LINE: &str = r#"
[line]
name = "simulated"
sku = "box"

[conveyor]
mm_per_count = 0.5
nominal_speed_mm_s = 300
exit_eye_mm = 1960

[[conveyor.mid_eye]]
position_mm = 480

[[conveyor.diverter]]
lane = 1
commit_point_mm = 960
lane_eye_mm = 1260

[conveyor.diverter.fall_back]
late = "pass"

[[conveyor.diverter]]
lane = 2
commit_point_mm = 1360
lane_eye_mm = 1660

[plc]
address = "127.0.0.1:502"
"#;

const BOOT: &str = "boot-1";

/// Boxes of one length.
pub struct Boxes;

impl Feed for Boxes {
    fn next(&mut self) -> NewItem {
        NewItem {
            sku: "box".into(),
            lot: None,
            code: None,
            length_mm: 110.0,
            defect: None,
            look: 0,
            laid: None,
        }
    }
}

/// How a run is made.
pub struct Case {
    pub seed: u64,
    pub hours: f64,
    pub line: String,
    pub profile: SpeedProfile,
    pub habits: Habits,
    /// Share of exchanges that do not take place.
    pub missed: f64,
    /// Share of items taken away by hand.
    pub taken: f64,
    /// Share of items behind which another is put on between the eyes.
    pub added: f64,
    /// How often the PLC's power is cut for three seconds.
    pub power_cuts_every: Option<Duration>,
}

impl Case {
    pub fn steady(seed: u64) -> Self {
        Self {
            seed,
            hours: 1.0,
            line: LINE.to_owned(),
            profile: SpeedProfile::steady(300.0),
            habits: Habits { silent: 0.0, slowest_s: 2.5, dies_every_s: None },
            missed: 0.0,
            taken: 0.0,
            added: 0.0,
            power_cuts_every: None,
        }
    }

    pub fn run(self) -> Ran {
        let config: BridgeConfig = toml::from_str(&self.line).expect("the line above is whole");
        let mut world = WorldConfig::for_conveyor(&config.conveyor);
        world.profile = self.profile.clone();
        let plc = PlcConfig::for_conveyor(&config.conveyor, &world, 77);
        let start = Duration::from_secs(1000);
        let mut run = Run {
            simulated: SimulatedLine::new(world, plc, self.seed, Box::new(Boxes), start),
            rng: Rng::new(self.seed ^ 99),
            inspection: Inspection::new(self.habits.clone(), BOOT, self.seed ^ 7),
            command: None,
            read: 0,
            touched: 0,
            boot: 77,
            power_back_at: None,
            next_cut: self.power_cuts_every.map(|every| start + every),
            ran: Ran {
                acquisitions: BTreeMap::new(),
                items: BTreeMap::new(),
                decisions: BTreeMap::new(),
                outcomes: BTreeMap::new(),
                unnumbered: 0,
                truths: Vec::new(),
                asked: BTreeMap::new(),
                line: Line::new(&config, BOOT.into(), 5, 1),
            },
            case: self,
        };
        let end = start + Duration::from_secs_f64(run.case.hours * 3600.0);
        let mut now = start;
        while now < end || !run.simulated.world.is_empty() {
            now += SCAN;
            if now == start + SCAN * 100 {
                run.simulated.world.start_feeding(None);
            }
            if now >= end {
                run.simulated.world.stop_feeding();
                run.next_cut = None;
            }
            run.scan(now);
        }
        // The bridge tells the last items' outcomes once they are past every eye.
        for _ in 0..3000 {
            now += SCAN;
            run.scan(now);
        }
        run.ran.truths.sort_by_key(|truth| truth.number);
        run.ran.asked = run.inspection.asked;
        run.ran
    }
}

/// A run while it goes on.
struct Run {
    case: Case,
    simulated: SimulatedLine,
    rng: Rng,
    inspection: Inspection,
    command: Option<Command>,
    /// Seq of the last event that was read.
    read: u64,
    /// Number of the newest item that a hand has had its chance with.
    touched: u64,
    boot: u16,
    power_back_at: Option<Duration>,
    next_cut: Option<Duration>,
    ran: Ran,
}

impl Run {
    fn scan(&mut self, now: Duration) {
        self.hands();
        self.power(now);
        let scanned = self.simulated.scan(now, self.command.as_ref());
        for truth in scanned.left {
            let item = self.ran.acquisitions.get(&truth.acquisition).copied();
            self.ran.items.insert(truth.number, item);
            self.ran.truths.push(truth);
        }
        let mut line = &mut self.ran.line;
        match scanned.status {
            Some(status) if !self.rng.chance(self.case.missed) => {
                line.status(&status, now);
                self.command = line.command();
            }
            Some(_) => {}
            None => line.plc_unreachable("no power".into()),
        }
        self.inspection.run(line, now);
        line.take_asides();
        line.take_notices();
        while let Some(FromBridge::Event { seq, event, .. }) = line.journal().next_after(self.read)
        {
            self.read = seq;
            self.ran.note(event);
            line = &mut self.ran.line;
        }
        let stored = self.inspection.told().min(self.read);
        if stored >= 64 {
            line.message(ToBridge::Ack { through: stored - 32 }, now);
        }
    }

    /// People take items off the belt, and put some on.
    fn hands(&mut self) {
        let world = &mut self.simulated.world;
        let newest = world.on_belt().map(|item| item.number).max().unwrap_or(0);
        if newest <= self.touched {
            return;
        }
        self.touched = newest;
        if newest > 3 && self.rng.chance(self.case.taken) {
            world.take_away(newest - 2);
        }
        if newest > 3 && self.rng.chance(self.case.added) {
            // Where there is room on both sides, before the mid-belt eye.
            let travel_mm = world.travel_mm(world.clock());
            let places = world.on_belt().map(|item| item.position(travel_mm));
            let mut places: Vec<f64> = places.collect();
            places.sort_by(|a, b| b.total_cmp(a));
            let room = places.windows(2).find_map(|pair| {
                let middle_mm = f64::midpoint(pair[0], pair[1]);
                let is_room = pair[0] - pair[1] > 370.0 && (120.0..400.0).contains(&middle_mm);
                is_room.then_some(middle_mm)
            });
            if let Some(middle_mm) = room {
                self.touched = world.put_on(Boxes.next(), middle_mm);
            }
        }
    }

    fn power(&mut self, now: Duration) {
        if self.next_cut.is_some_and(|cut_at| now >= cut_at) {
            self.simulated.cut_power();
            // The next life of the PLC gives the same ids to other items.
            self.ran.acquisitions.clear();
            self.command = None;
            self.next_cut = self.case.power_cuts_every.map(|every| now + every);
            self.power_back_at = Some(now + Duration::from_secs(3));
        }
        if self.power_back_at.is_some_and(|back_at| now >= back_at) {
            self.power_back_at = None;
            self.boot += 1;
            self.simulated.restore_power(self.boot, 1_000_000, now);
        }
    }
}

/// What a run has shown: the bridge's word and the truth for each item.
pub struct Ran {
    /// The bridge's number, by acquisition id of the PLC's present life.
    acquisitions: BTreeMap<u16, u64>,
    /// The bridge's number, by that of the truth; none for what no present PLC knows.
    items: BTreeMap<u64, Option<u64>>,
    pub decisions: BTreeMap<u64, Decision>,
    pub outcomes: BTreeMap<u64, Outcome>,
    /// Bodies that the bridge told of without a number.
    pub unnumbered: usize,
    pub truths: Vec<Truth>,
    pub asked: BTreeMap<u64, Verdict>,
    pub line: Line,
}

impl Ran {
    fn note(&mut self, event: ItemEvent) {
        match event {
            ItemEvent::Entered { item, acquisition, .. } => {
                self.acquisitions.insert(acquisition, item);
            }
            ItemEvent::Decided { item, decision, .. } => {
                assert!(self.decisions.insert(item, decision).is_none(), "decided twice: {item}");
            }
            ItemEvent::Outcome { item, outcome, .. } => {
                assert!(self.outcomes.insert(item, outcome).is_none(), "two outcomes: {item}");
            }
            ItemEvent::Unnumbered { .. } => self.unnumbered += 1,
            ItemEvent::Identified { .. }
            | ItemEvent::Delivered { .. }
            | ItemEvent::Placed { .. }
            | ItemEvent::Seen { .. } => {}
        }
    }

    /// Each item went where the bridge says that it went, on whose word the bridge says; returns
    /// how many are reported as ambiguous, of which nothing is claimed.
    pub fn agree(&self) -> usize {
        let numbered = self.truths.iter().filter(|truth| truth.acquisition != 0).count();
        assert_eq!(self.outcomes.len(), numbered, "items in and outcomes out");
        let left = self.truths.iter().filter(|truth| truth.end != End::TakenAway).count();
        let taken = self.truths.len() - left;
        assert!(self.outcomes.len() + self.unnumbered + taken >= self.truths.len(), "bodies");
        self.truths.iter().filter(|truth| self.is_ambiguous(truth)).count()
    }

    fn is_ambiguous(&self, truth: &Truth) -> bool {
        assert!(!truth.missorted(), "{truth:?}");
        let Some(item) = self.items[&truth.number] else {
            assert!(truth.orphaned, "{truth:?}");
            return true;
        };
        match (self.outcomes[&item], truth.end) {
            (Outcome::Ambiguous { .. }, _) => return true,
            (Outcome::Lost, End::TakenAway) | (Outcome::Passed, End::Exit) => {}
            (Outcome::Diverted { lane }, End::Lane(ended)) if lane == ended => {}
            (outcome, end) => panic!("item {item}: {outcome:?}, but it ended at {end:?}"),
        }
        let Some(applied) = truth.applied else { return false };
        let decision = &self.decisions[&item];
        let lane = match decision.action {
            Action::Pass => 0,
            Action::Divert { lane } => u16::from(lane),
            Action::Stop => LANE_STOP,
        };
        assert_eq!(applied.lane, lane, "item {item}: {decision:?} {applied:?}");
        assert_eq!(applied.source == Source::Verdict, decision.fall_back.is_none(), "item {item}");
        false
    }
}
