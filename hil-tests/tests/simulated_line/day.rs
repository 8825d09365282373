//! A day of belt with a fault each minute, of every kind: bodies in are outcomes out, and each fault that
//! nobody could miss is told in time.
//!
//! The twin's world and PLC run against plc-bridge's line, and what that tells goes through inspectd's flow, whose
//! clock is a wall clock that jumps now and then.

use std::collections::BTreeMap;
use std::time::Duration;

use inspectd::item::batches::BatchTest;
use inspectd::item::flow::{Flow, FlowSettings, LabelDuty, Now, Step, Unfamiliar};
use inspectd::item::holds::{Hold, Origin};
use inspectd::item::quarantine::Quarantine;
use inspectd::wall_clock::{ClockRules, ClockTrust, Reading, WallClock};
use jiff::{SignedDuration, Timestamp, ToSpan};
use line::config::BridgeConfig;
use line::protocol::{FromBridge, LineFault, PlcState, ToBridge, VERSION};
use plc_bridge::registers::{Command, Eye, Status};
use plc_bridge::whole_line::Line;
use twin::{
    line::{SCAN, SimulatedLine, Truth},
    plc::PlcConfig,
    rng::Rng,
    world::{End, WorldConfig},
};

use crate::case::{Boxes, LINE};
use crate::inspection::{Habits, Inspection};

const BOOT: &str = "boot-1";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The heartbeat of the PLC may stand still for so long, and is told within twice that.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// What goes wrong for a part of a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Eye(Eye),
    Encoder,
    /// Switched off and on.
    PlcPower,
    /// In STOP: it answers, and nothing changes.
    PlcStop,
    /// No exchange with the PLC.
    Wire,
    /// inspectd hangs.
    Inspector,
    /// Somebody takes an item away.
    Taken,
    /// Somebody puts one on behind the entry eye.
    PutOn,
    /// The wall clock shows another time: days off.
    Clock(i64),
}

const FAULTS: [Fault; 14] = [
    Fault::Eye(Eye::Entry),
    Fault::Eye(Eye::Mid(1)),
    Fault::Eye(Eye::Exit),
    Fault::Eye(Eye::Lane(1)),
    Fault::Encoder,
    Fault::PlcPower,
    Fault::PlcStop,
    Fault::Wire,
    Fault::Inspector,
    Fault::Taken,
    Fault::PutOn,
    Fault::Clock(365),
    Fault::Clock(-1),
    Fault::Clock(-20_000),
];

impl Fault {
    fn lasts(self) -> Duration {
        Duration::from_secs(match self {
            Fault::Eye(_) | Fault::Clock(_) => 30,
            Fault::Encoder | Fault::PlcStop | Fault::PlcPower => 3,
            Fault::Wire | Fault::Inspector => 2,
            Fault::Taken | Fault::PutOn => 0,
        })
    }

    /// Within which time it is told, where nobody could miss it.
    fn told_within(self) -> Option<Duration> {
        match self {
            // Three bodies that the others have seen; about one comes in a second.
            Fault::Eye(Eye::Entry | Eye::Mid(_) | Eye::Exit) => Some(Duration::from_secs(20)),
            Fault::Encoder => Some(Duration::from_millis(500)),
            Fault::PlcStop | Fault::PlcPower => Some(2 * HEARTBEAT),
            Fault::Clock(_) => Some(2 * SCAN),
            _ => None,
        }
    }
}

struct Day {
    simulated: SimulatedLine,
    line: Line,
    inspection: Inspection,
    flow: Flow,
    wall: WallClock,
    rng: Rng,
    command: Option<Command>,
    status: Option<Status>,
    read: u64,
    boot: u16,
    now: Duration,
    fault: Option<(Fault, Duration)>,
    told: bool,
    /// How often each fault happened, and the longest time until it was told.
    faults: BTreeMap<Fault, (u32, Duration)>,
    /// When the last eye of a body could not tell.
    unseen: Vec<(Duration, Duration, Option<Eye>)>,
    truths: Vec<Truth>,
    closed: u64,
}

fn day(seed: u64) -> Day {
    let config: BridgeConfig = toml::from_str(LINE).expect("the line is whole");
    let world = WorldConfig::for_conveyor(&config.conveyor);
    let plc = PlcConfig::for_conveyor(&config.conveyor, &world, 77);
    let now = Duration::from_secs(1000);
    let hold = Hold {
        id: "recall".to_owned(),
        sku: "box".to_owned(),
        lot: Some("A1".to_owned()),
        why: "glass".to_owned(),
        by: "quality".to_owned(),
        set_at: noon(),
        expires_at: Some(
            noon().checked_add(SignedDuration::from_hours(24 * 180)).expect("in range"),
        ),
    };
    let settings = FlowSettings {
        empty_tote: Unfamiliar::Pass,
        sku: Some("box".to_owned()),
        sources: Vec::new(),
        scoring_reserve: Duration::from_millis(500),
        unknown: Unfamiliar::Uninspected,
        learning: Unfamiliar::Uninspected,
        divert_lane: 1,
        verdict_margin: Duration::from_millis(40),
        label: LabelDuty::Off,
        looks: false,
    };
    let test = BatchTest::new(0.1, 0.5, 1e-6).expect("shares");
    let quarantine = Quarantine::new(test, None, vec![(Origin::Site, hold)], Vec::new());
    let mut flow = Flow::new(settings, Vec::new(), quarantine);
    let mut wall = WallClock::new(ClockRules {
        trust: ClockTrust::Synchronised,
        built: noon(),
        not_before: None,
        newest_record: None,
    });
    let time = Now { mono: now, wall: wall.read(reading(now, 0)) };
    flow.bridge(FromBridge::Hello { protocol: VERSION, boot: BOOT.to_owned() }, time);
    Day {
        simulated: SimulatedLine::new(world, plc, seed, Box::new(Boxes), now),
        line: Line::new(&config, BOOT.into(), 5, 1),
        inspection: Inspection::new(
            Habits { silent: 0.0, slowest_s: 2.5, dies_every_s: None },
            BOOT,
            seed ^ 7,
        ),
        flow,
        wall,
        rng: Rng::new(seed ^ 99),
        command: None,
        status: None,
        read: 0,
        boot: 77,
        now,
        fault: None,
        told: true,
        faults: BTreeMap::new(),
        unseen: Vec::new(),
        truths: Vec::new(),
        closed: 0,
    }
}

fn noon() -> Timestamp {
    "2026-11-29T12:00:00Z".parse().expect("a time")
}

fn reading(mono: Duration, days_off: i64) -> Reading {
    let passed = SignedDuration::try_from(mono).expect("in range");
    let right = noon().checked_add(passed).expect("in range");
    let wall = right.checked_add((24 * days_off).hours()).expect("in range");
    Reading { mono, wall, synchronised: days_off == 0 }
}

impl Day {
    fn is(&self, fault: Fault) -> bool {
        self.fault.is_some_and(|(now, _)| now == fault)
    }

    fn begin(&mut self, fault: Fault) {
        self.fault = Some((fault, self.now));
        self.told = fault.told_within().is_none();
        self.faults.entry(fault).or_default().0 += 1;
        let until = self.now + fault.lasts() + Duration::from_secs(2);
        let world = &mut self.simulated.world;
        match fault {
            Fault::Eye(eye) => {
                world.blind(Some(eye));
                self.unseen.push((self.now, until, Some(eye)));
            }
            Fault::Encoder => world.stop_encoder(true),
            Fault::PlcPower => {
                self.simulated.cut_power();
                self.command = None;
                self.unseen.push((self.now, until, None));
            }
            Fault::Taken => {
                let newest = world.on_belt().map(|item| item.number).max().unwrap_or(0);
                world.take_away(newest.saturating_sub(2));
            }
            Fault::PutOn => {
                let travel_mm = world.travel_mm(world.clock());
                let mut places: Vec<f64> =
                    world.on_belt().map(|item| item.position(travel_mm)).collect();
                places.sort_by(|a, b| b.total_cmp(a));
                let room = places.windows(2).find_map(|pair| {
                    let middle_mm = f64::midpoint(pair[0], pair[1]);
                    // Behind the last eye before the exit, where nobody numbers it any more.
                    let is_room = pair[0] - pair[1] > 370.0 && (560.0..900.0).contains(&middle_mm);
                    is_room.then_some(middle_mm)
                });
                if let Some(middle_mm) = room {
                    world.put_on(twin::world::Feed::next(&mut Boxes), middle_mm);
                }
            }
            Fault::PlcStop | Fault::Wire | Fault::Inspector | Fault::Clock(_) => {}
        }
    }

    fn end(&mut self) {
        let Some((fault, since)) = self.fault.filter(|(f, since)| self.now >= *since + f.lasts())
        else {
            return;
        };
        assert!(self.told, "{fault:?} of {since:?} was not told");
        match fault {
            Fault::Eye(_) => self.simulated.world.blind(None),
            Fault::Encoder => self.simulated.world.stop_encoder(false),
            Fault::PlcPower => {
                self.boot += 1;
                self.simulated.restore_power(self.boot, 1_000_000, self.now);
            }
            _ => {}
        }
        self.fault = None;
    }

    /// Whether the fault that stands now is told.
    fn is_told(&self, fault: Fault) -> bool {
        let has = |fault| self.line.faults().contains(&fault);
        match fault {
            Fault::Eye(eye) => has(LineFault::EyeBlind(eye)),
            Fault::Encoder => has(LineFault::EncoderStill),
            Fault::PlcStop | Fault::PlcPower => self.line.plc() != &PlcState::Connected,
            Fault::Clock(_) => self.wall.doubt().is_some(),
            _ => true,
        }
    }

    fn listen(&mut self) {
        let Some((fault, since)) = self.fault.filter(|_| !self.told) else { return };
        let took = self.now - since;
        if self.is_told(fault) {
            self.told = true;
            let longest = &mut self.faults.get_mut(&fault).expect("it began").1;
            *longest = took.max(*longest);
        }
        let limit = fault.told_within().expect("else it needs not be told");
        assert!(self.told || took <= limit, "{fault:?} is not told after {took:?}");
    }

    fn scan(&mut self) {
        self.now += SCAN;
        self.end();
        let scanned = self.simulated.scan(self.now, self.command.as_ref());
        self.truths.extend(scanned.left);
        if !self.is(Fault::PlcStop) || self.status.is_none() {
            self.status = scanned.status;
        }
        match &self.status {
            Some(_) if self.is(Fault::Wire) => self.line.plc_unreachable("no wire".into()),
            Some(status) => {
                self.line.status(status, self.now);
                self.command = self.line.command();
            }
            None => self.line.plc_unreachable("no power".into()),
        }
        if !self.is(Fault::Inspector) {
            self.inspection.run(&mut self.line, self.now);
        }
        self.line.tick(self.now);
        self.line.take_asides();
        self.line.take_notices();
        let days_off = match self.fault {
            Some((Fault::Clock(days), _)) => days,
            _ => 0,
        };
        let now = Now { mono: self.now, wall: self.wall.read(reading(self.now, days_off)) };
        while let Some(message) = self.line.journal().next_after(self.read) {
            let FromBridge::Event { seq, .. } = &message else { unreachable!("the journal's") };
            self.read = *seq;
            let steps = self.flow.bridge(message, now);
            self.take(steps);
        }
        let steps = self.flow.tick(now);
        self.take(steps);
        if self.read > 64 && self.inspection.told() > 64 {
            let through = self.read.min(self.inspection.told()) - 32;
            self.line.message(ToBridge::Ack { through }, self.now);
        }
        self.listen();
    }

    fn take(&mut self, steps: Vec<Step>) {
        let is_closed = |step: &&Step| matches!(step, Step::Close(_));
        self.closed += steps.iter().filter(is_closed).count() as u64;
    }

    fn could_be_seen(&self, truth: &Truth) -> bool {
        let at = Duration::from_nanos(truth.left_ns);
        let eye = match truth.end {
            End::Exit => Eye::Exit,
            End::Lane(lane) => Eye::Lane(lane),
            End::TakenAway => return false,
        };
        let hides = |(from, to, which): &(Duration, Duration, Option<Eye>)| {
            (*from..*to).contains(&at) && which.is_none_or(|dead| dead == eye)
        };
        !self.unseen.iter().any(hides)
    }
}

#[test]
fn a_day_with_a_fault_each_minute_ends_with_bodies_in_and_outcomes_out() {
    let mut day = day(1);
    let start = day.now;
    day.simulated.world.start_feeding(None);
    let mut next = start + MINUTE;
    while day.now < start + DAY {
        day.scan();
        if day.now >= next && day.fault.is_none() {
            next += MINUTE;
            let fault = FAULTS[day.rng.below(FAULTS.len())];
            day.begin(fault);
        }
    }
    day.simulated.world.stop_feeding();
    while !day.simulated.world.is_empty() || day.fault.is_some() {
        day.scan();
    }
    for _ in 0..6000 {
        day.scan();
    }

    let counts = day.flow.counts().clone();
    let unnumbered: u64 = counts.unnumbered.values().sum();
    println!("{} bodies, {} records, {unnumbered} without a number", day.truths.len(), day.closed);
    for (fault, (times, longest)) in &day.faults {
        println!("{fault:?}: {times} times, told after {longest:?} at most");
    }
    assert_eq!(day.closed, counts.entered, "each item that was numbered has its record");
    let left = day.truths.iter().filter(|truth| truth.end != End::TakenAway).count() as u64;
    assert!(day.closed + unnumbered >= left, "{left} bodies have left");
    let nobodys = day.truths.iter().filter(|t| t.acquisition == 0 && day.could_be_seen(t));
    let nobodys = nobodys.count() as u64;
    assert!(unnumbered >= nobodys && nobodys > 100, "{nobodys} were never numbered");
    for fault in FAULTS {
        assert!(day.faults.get(&fault).is_some_and(|(times, _)| *times > 20), "{fault:?}");
    }
    assert!(!day.flow.holds().shown(10).is_empty(), "a clock that was a year ahead ended a hold");
}
