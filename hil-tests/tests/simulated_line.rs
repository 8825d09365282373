//! Hours of belt in seconds: the twin's world and PLC against plc-bridge's line, through their
//! public interfaces, in simulated time. Whatever the inspection does, each item ends where the
//! bridge said that it would.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use hil_tests::twin::{
    belt::{Phase, SpeedProfile},
    line::{SCAN, SimulatedLine, Truth},
    plc::{PlcConfig, Source},
    rng::Rng,
    world::{End, Feed, NewItem, WorldConfig},
};
use plc_bridge::{
    config::BridgeConfig,
    line::Line,
    protocol::{
        Action, Check, Decision, FallBackCause, FromBridge, HEARTBEAT_PERIOD, ItemEvent, Outcome,
        ToBridge, Verdict,
    },
    registers::Command,
};

const LINE: &str = r#"
[line]
name = "simulated"
sku = "box"

[conveyor]
mm_per_count = 0.5
nominal_speed_mm_s = 300
exit_eye_mm = 1560

[[conveyor.diverter]]
lane = 1
commit_point_mm = 960
lane_eye_mm = 1260

[plc]
address = "127.0.0.1:502"
"#;

struct Boxes;

impl Feed for Boxes {
    fn next(&mut self) -> NewItem {
        NewItem { sku: "box".into(), length_mm: 110.0, defect: None, look: 0 }
    }
}

/// An inspection that answers each item after a while, or not at all.
struct Inspection {
    rng: Rng,
    boot: String,
    told: u64,
    answers: VecDeque<(Duration, ToBridge)>,
    heartbeat: Duration,
    away_until: Duration,
    /// Share of items that it never answers.
    silent: f64,
    /// Slowest answer, in seconds after the entry.
    slowest_s: f64,
    /// Mean time between deaths, in seconds; none when it never dies.
    dies_every_s: Option<f64>,
    asked: BTreeMap<u64, Verdict>,
}

impl Inspection {
    fn run(&mut self, line: &mut Line, now: Duration) {
        if now < self.away_until {
            return;
        }
        let share = SCAN.as_secs_f64();
        if self.dies_every_s.is_some_and(|mean| self.rng.chance(share / mean)) {
            line.inspector_gone("it was killed".into());
            self.answers.clear();
            self.away_until = now + Duration::from_secs_f64(self.rng.between(1.0, 6.0));
            self.heartbeat = Duration::ZERO;
            self.told = 0;
            return;
        }
        if self.heartbeat.is_zero() {
            line.inspector_connected(now);
        }
        if now >= self.heartbeat {
            line.message(ToBridge::Heartbeat { ready: true }, now);
            self.heartbeat = now + HEARTBEAT_PERIOD;
        }
        while let Some(FromBridge::Event { seq, event, .. }) = line.journal().next_after(self.told)
        {
            self.told = seq;
            if let ItemEvent::Entered { item, at, .. } = event
                && !self.rng.chance(self.silent)
            {
                self.answer(item, at);
            }
        }
        while self.answers.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, message)) = self.answers.pop_front() else { break };
            if let ToBridge::Verdict { item, verdict, .. } = &message {
                self.asked.insert(*item, verdict.clone());
            }
            line.message(message, now);
        }
    }

    fn answer(&mut self, item: u64, entered: Duration) {
        let verdict = match self.rng.below(10) {
            0..=5 => Verdict::Pass,
            6..=8 => Verdict::Divert { lane: 1, reasons: vec![Check::Damage] },
            _ => Verdict::Uninspected { cause: "no picture".into() },
        };
        let due = entered + Duration::from_secs_f64(self.rng.between(0.3, self.slowest_s));
        let boot = self.boot.clone();
        self.answers.push_back((due, ToBridge::Verdict { item, boot, verdict }));
        self.answers.make_contiguous().sort_by_key(|(due, _)| *due);
    }
}

/// What a run has shown: the bridge's word and the truth for each item, in the order of entry.
struct Ran {
    decisions: BTreeMap<u64, Decision>,
    outcomes: BTreeMap<u64, Outcome>,
    truths: Vec<Truth>,
    asked: BTreeMap<u64, Verdict>,
    line: Line,
}

/// How a run is made.
struct Case {
    seed: u64,
    hours: f64,
    profile: SpeedProfile,
    silent: f64,
    slowest_s: f64,
    dies_every_s: Option<f64>,
    /// Share of exchanges that do not take place.
    missed: f64,
    /// Share of items taken away by hand.
    taken: f64,
}

impl Case {
    fn steady(seed: u64) -> Self {
        Self {
            seed,
            hours: 1.0,
            profile: SpeedProfile::steady(300.0),
            silent: 0.0,
            slowest_s: 2.5,
            dies_every_s: None,
            missed: 0.0,
            taken: 0.0,
        }
    }

    fn run(self) -> Ran {
        let config: BridgeConfig = toml::from_str(LINE).expect("the line above is whole");
        let mut world = WorldConfig::for_conveyor(&config.conveyor);
        world.profile = self.profile;
        let plc = PlcConfig::for_conveyor(&config.conveyor, world.diverter_mm, 77);
        let start = Duration::from_secs(1000);
        let mut simulated = SimulatedLine::new(world, plc, self.seed, Box::new(Boxes), start);
        let mut line = Line::new(&config, "boot-1".into(), 5);
        let mut rng = Rng::new(self.seed ^ 99);
        let mut inspection = Inspection {
            rng: Rng::new(self.seed ^ 7),
            boot: "boot-1".into(),
            told: 0,
            answers: VecDeque::new(),
            heartbeat: Duration::ZERO,
            away_until: Duration::ZERO,
            silent: self.silent,
            slowest_s: self.slowest_s,
            dies_every_s: self.dies_every_s,
            asked: BTreeMap::new(),
        };
        let mut ran = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut command: Option<Command> = None;
        let (mut now, mut read) = (start, 0);
        let end = start + Duration::from_secs_f64(self.hours * 3600.0);
        let mut taken_up_to = 0;
        while now < end || !simulated.world.is_empty() {
            now += SCAN;
            if now == start + SCAN * 100 {
                simulated.world.start_feeding(None);
            }
            if now >= end {
                simulated.world.stop_feeding();
            }
            let newest = simulated.world.on_belt().last().map_or(0, |item| item.number);
            if newest > taken_up_to {
                taken_up_to = newest;
                if newest > 3 && rng.chance(self.taken) {
                    simulated.world.take_away(newest - 2);
                }
            }
            let (status, truths) = simulated.scan(now, command.as_ref());
            ran.2.extend(truths);
            if !rng.chance(self.missed) {
                command = Some(line.status(status, now));
            }
            inspection.run(&mut line, now);
            line.take_asides();
            line.take_notices();
            while let Some(FromBridge::Event { seq, event, .. }) = line.journal().next_after(read) {
                read = seq;
                match event {
                    ItemEvent::Decided { item, decision, .. } => {
                        assert!(ran.0.insert(item, decision).is_none(), "decided twice: {item}");
                    }
                    ItemEvent::Outcome { item, outcome, .. } => {
                        assert!(ran.1.insert(item, outcome).is_none(), "two outcomes: {item}");
                    }
                    ItemEvent::Entered { .. } | ItemEvent::Delivered { .. } => {}
                }
            }
            if inspection.told >= 64 {
                line.message(ToBridge::Ack { through: inspection.told.min(read) - 32 }, now);
            }
        }
        // The bridge learns of the last items' outcomes with the next exchanges.
        for _ in 0..1000 {
            now += SCAN;
            let (status, _) = simulated.scan(now, command.as_ref());
            command = Some(line.status(status, now));
        }
        while let Some(FromBridge::Event { seq, event, .. }) = line.journal().next_after(read) {
            read = seq;
            if let ItemEvent::Outcome { item, outcome, .. } = event {
                ran.1.insert(item, outcome);
            }
        }
        let (decisions, outcomes, mut truths) = ran;
        truths.sort_by_key(|truth| truth.number);
        Ran { decisions, outcomes, truths, asked: inspection.asked, line }
    }
}

/// The bridge numbers items as the world does, so that the n-th truth is item n.
fn assert_all_agree(ran: &Ran) {
    assert_eq!(ran.outcomes.len(), ran.truths.len(), "items in and outcomes out");
    for truth in &ran.truths {
        let item = truth.number;
        assert!(!truth.missorted(), "{truth:?}");
        let outcome = ran.outcomes[&item];
        match truth.end {
            End::TakenAway => assert_eq!(outcome, Outcome::Lost, "item {item}"),
            End::Exit => assert_eq!(outcome, Outcome::Passed, "item {item}"),
            End::Lane(lane) => assert_eq!(outcome, Outcome::Diverted { lane }, "item {item}"),
        }
        let Some(applied) = truth.applied else { continue };
        let decision = &ran.decisions[&item];
        let lane = match decision.action {
            Action::Pass => 0,
            Action::Divert { lane } => u16::from(lane),
        };
        assert_eq!(applied.lane, lane, "item {item}: {decision:?} {applied:?}");
        assert_eq!(applied.source == Source::Verdict, decision.fall_back.is_none(), "item {item}");
    }
}

#[test]
fn four_hours_at_a_steady_speed_sort_every_item_as_asked() {
    let ran = Case { hours: 4.0, ..Case::steady(1) }.run();
    assert!(ran.truths.len() > 13_000, "{}", ran.truths.len());
    assert_all_agree(&ran);
    for (item, verdict) in &ran.asked {
        let Some(decision) = ran.decisions.get(item) else { continue };
        match verdict {
            Verdict::Pass => assert_eq!(decision.action, Action::Pass, "item {item}"),
            Verdict::Divert { lane, .. } => {
                assert_eq!(decision.action, Action::Divert { lane: *lane }, "item {item}");
            }
            Verdict::Uninspected { cause } => {
                let why = cause.clone();
                assert_eq!(decision.fall_back, Some(FallBackCause::Uninspected { why }));
            }
        }
    }
    assert_eq!(ran.line.counters.strays, 0);
    assert_eq!(ran.line.counters.events_lost, 0);
}

#[test]
fn a_belt_that_stops_and_starts_again_missorts_nothing() {
    let phases = [(300.0, 7), (0.0, 4), (300.0, 2), (120.0, 5), (0.0, 1), (220.0, 6)];
    let profile = SpeedProfile::repeating(
        phases.map(|(speed_mm_s, s)| Phase { speed_mm_s, hold: Duration::from_secs(s) }).to_vec(),
    );
    let ran = Case { profile, ..Case::steady(2) }.run();
    assert!(ran.truths.len() > 1500, "{}", ran.truths.len());
    assert_all_agree(&ran);
}

#[test]
fn missed_exchanges_cost_time_but_no_item() {
    let ran = Case { missed: 0.6, ..Case::steady(3) }.run();
    assert_all_agree(&ran);
    assert_eq!(ran.line.counters.events_lost, 0);
}

#[test]
fn items_without_a_verdict_in_time_fall_back_and_are_sorted_so() {
    let ran = Case { silent: 0.2, slowest_s: 4.5, ..Case::steady(4) }.run();
    assert_all_agree(&ran);
    let fall_backs = ran.decisions.values().filter(|decision| {
        decision.fall_back == Some(FallBackCause::NoVerdict)
            && decision.action == Action::Divert { lane: 1 }
    });
    assert!(fall_backs.count() > 500);
}

#[test]
fn an_inspection_that_dies_again_and_again_missorts_nothing() {
    let ran = Case { dies_every_s: Some(20.0), ..Case::steady(5) }.run();
    assert_all_agree(&ran);
    let dead = |decision: &&Decision| decision.fall_back == Some(FallBackCause::InspectorDead);
    assert!(ran.decisions.values().filter(dead).count() > 100);
}

#[test]
fn items_taken_away_by_hand_are_reported_lost_and_no_other_is() {
    let ran = Case { taken: 0.1, ..Case::steady(6) }.run();
    assert_all_agree(&ran);
    let lost = ran.outcomes.values().filter(|outcome| **outcome == Outcome::Lost).count();
    assert!(lost > 200, "{lost}");
}
