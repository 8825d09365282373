//! The bridge is killed at any **step**, and what its record says is what the PLC did.
//!
//! A step is whatever others can see of the bridge: a result kept, a command written, the journal
//! kept. A killed bridge does none of them any more; what it still computes is lost. So the kill
//! falls between any two steps that the real [`exchange`] takes, in its own order. The PLC scans on.
//! A new bridge comes after at least one scan and goes on from what was kept.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::registers::{EVENT_RING, Eye, LineEvent, RING, SOURCE_FALL_BACK, SOURCE_VERDICT, slot};
use crate::whole_line::Kept;
use line::config::{BridgeConfig, FallBack};
use line::protocol::{Action, Check, FallBackCause, FromBridge, ItemEvent, Outcome};
use line::protocol::{ToBridge, Verdict};

/// 1 mm a count. The decision falls 60 mm before the commit point: 6 turns.
const LINE: &str = r#"
[line]
name = "line 1"
sku = "carton"
[conveyor]
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 500
slip_tolerance_mm = 20
decision_lead_ms = 60
[[conveyor.diverter]]
lane = 1
commit_point_mm = 300
lane_eye_mm = 400
[conveyor.diverter.fall_back]
late = "pass"
inspectd_dead = "divert"
uninspected = "divert"
ambiguous = "pass"
plc_lost = "pass"
[plc]
address = "plc:502"
"#;
/// Belt travel in a turn of 10 ms, and in a scan of the PLC.
const TRAVEL: u32 = 10;
/// The count at which the item stands at the entry eye, and at the commit point.
const ENTRY: u32 = 100;
const COMMIT: u32 = ENTRY + 300;
/// Turns until nothing can be seen of the item any more, whenever it was taken up.
const TURNS: u64 = 120;
/// Steps until then, at least.
const STEPS: usize = 200;

/// What a PLC applied to the item: lane and source; a source of 0 is its own fall-back.
type Applied = (u16, u16);

/// The PLC of `REGISTERS.md`, with the one item that it sees.
#[derive(Default)]
struct Plc {
    status: Status,
    command: Option<Command>,
    /// Bridge and sequence of the last command taken.
    taken: Option<(u16, u16)>,
    held: Option<Applied>,
    applied: Option<Applied>,
    /// It scans between a command and the look at its status, else between two turns.
    scans_in_turn: bool,
}

impl Plc {
    fn scan(&mut self) {
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        self.status.encoder += TRAVEL;
        self.take_command();
        let count = self.status.encoder;
        if count == COMMIT {
            let own = self.command.as_ref().map(|command| command.own_fall_back.diverter(0));
            let lane = u16::from(own == Some(FallBack::Divert));
            self.applied = Some(self.held.unwrap_or((lane, 0)));
        }
        match (count.saturating_sub(ENTRY), self.applied) {
            (0, _) if count == ENTRY => self.edge(Eye::Entry),
            (400, Some((1, _))) => self.edge(Eye::Lane(1)),
            (500, Some((0, _))) => self.edge(Eye::Exit),
            _ => {}
        }
    }

    fn take_command(&mut self) {
        let Some(command) = &self.command else { return };
        let new = (command.bridge_boot, command.sequence);
        let before = self.taken.replace(new);
        if before == Some(new) {
            return;
        }
        if before.is_none_or(|before| before.0 != new.0) {
            self.status.result_taken = 0;
        }
        while self.status.result_taken != command.result_head {
            self.status.result_taken = self.status.result_taken.wrapping_add(1);
            let result = command.results[slot(self.status.result_taken, RING)];
            self.held = Some((result.lane, result.source));
        }
        self.status.sequence_echo = command.sequence;
    }

    fn edge(&mut self, eye: Eye) {
        self.status.event_head += 1;
        self.status.events[slot(self.status.event_head, EVENT_RING)] = LineEvent {
            eye: Some(eye),
            acquisition: u16::from(eye == Eye::Entry),
            encoder: self.status.encoder,
            ..LineEvent::default()
        };
    }
}

/// The way to the PLC, for as long as the bridge lives.
struct Mortal {
    plc: Rc<RefCell<Plc>>,
    steps: Rc<Cell<usize>>,
}

/// Whether the bridge still lives to take its next step.
fn lives(steps: &Cell<usize>) -> bool {
    let left = steps.get();
    steps.set(left.saturating_sub(1));
    left > 0
}

impl PlcWire for Mortal {
    fn connect(&mut self) -> Result<(), PlcError> {
        Ok(())
    }

    fn write_command(&mut self, command: &Command) -> Result<(), PlcError> {
        if lives(&self.steps) {
            self.plc.borrow_mut().command = Some(command.clone());
        }
        Ok(())
    }

    fn read_status(&mut self) -> Result<Status, PlcError> {
        let mut plc = self.plc.borrow_mut();
        if plc.scans_in_turn && self.steps.get() > 0 {
            plc.scan();
        }
        Ok(plc.status.clone())
    }

    fn disconnect(&mut self) {}
}

/// When the bridge is killed, in steps since its start, and for how many turns it is away.
#[derive(Debug, Clone, Copy)]
struct Kill {
    after: usize,
    away: u64,
}

/// The bridge with its inspectd, its PLC and its journal.
struct Bench {
    config: BridgeConfig,
    line: Line,
    wire: Mortal,
    kept: Option<Kept>,
    turn: u64,
    is_new: bool,
}

impl Bench {
    fn new(scans_in_turn: bool) -> Self {
        let config: BridgeConfig = toml::from_str(LINE).unwrap();
        let plc = Plc { scans_in_turn, ..Plc::default() };
        let wire =
            Mortal { plc: Rc::new(RefCell::new(plc)), steps: Rc::new(Cell::new(usize::MAX)) };
        let line = Line::new(&config, "boot-1".into(), 1, 1);
        let mut bench = Self { config, line, wire, kept: None, turn: 0, is_new: true };
        bench.line.inspector_connected(bench.now());
        bench
    }

    fn now(&self) -> Duration {
        Duration::from_millis(1_000 + 10 * self.turn)
    }

    /// One turn; `asked` is what inspectd says in it.
    fn turn(&mut self, asked: Option<&Verdict>) {
        self.turn += 1;
        let now = self.now();
        self.line.message(ToBridge::Heartbeat { ready: true }, now);
        if let Some(verdict) = asked.cloned() {
            let boot = self.line.boot().to_owned();
            self.line.message(ToBridge::Verdict { item: 1, boot, verdict }, now);
        }
        let (steps, kept) = (Rc::clone(&self.wire.steps), &mut self.kept);
        let exchanged = exchange(
            &mut self.wire,
            &mut self.line,
            self.is_new,
            || now,
            |line| {
                if lives(&steps)
                    && let Some(kept) = kept
                {
                    for sent in line.newly_sent() {
                        kept.results.retain(|before| before.nth != sent.nth);
                        kept.results.push(*sent);
                    }
                    kept.results.sort_by_key(|sent| sent.nth);
                }
            },
        );
        assert!(exchanged.is_ok());
        self.is_new = false;
        if lives(&steps) {
            self.keep();
        }
        let mut plc = self.wire.plc.borrow_mut();
        if !plc.scans_in_turn || steps.get() == 0 {
            plc.scan();
        }
    }

    fn keep(&mut self) {
        let line = &self.line;
        let results = self.kept.take().map(|kept| kept.results).unwrap_or_default();
        self.kept = Some(Kept {
            boot: line.boot().into(),
            bridge_boot: line.bridge_boot(),
            next_item: line.next_item(),
            acknowledged: 0,
            lost: 0,
            is_other_line: false,
            plc: line.plc_progress(),
            taken: line.results_taken(),
            results,
            events: events(line),
        });
    }

    /// A new bridge after the kill.
    fn start_again(&mut self, away: u64) {
        self.turn += away;
        (0..away).for_each(|_| self.wire.plc.borrow_mut().scan());
        self.wire.steps.set(usize::MAX);
        self.is_new = true;
        self.line = match self.kept.clone() {
            Some(kept) => Line::resume(&self.config, kept),
            None => Line::new(&self.config, "boot-2".into(), 2, 1),
        };
        self.line.inspector_connected(self.now());
    }
}

fn events(line: &Line) -> Vec<(u64, ItemEvent)> {
    let next = |after| match line.journal().next_after(after) {
        Some(FromBridge::Event { seq, event, .. }) => Some((seq, event)),
        _ => None,
    };
    std::iter::successors(next(0), |(seq, _)| next(*seq)).collect()
}

/// Runs until the item has left. `asks` are the turns in which inspectd asks for something. Gives what
/// the record and the PLC disagree about.
fn run(asks: &[(u64, Verdict)], scans_in_turn: bool, kills: &[Kill]) -> Result<(), String> {
    let mut bench = Bench::new(scans_in_turn);
    let mut kills = kills.iter();
    let mut kill = kills.next();
    bench.wire.steps.set(kill.map_or(usize::MAX, |kill| kill.after));
    while bench.turn < TURNS {
        let turn = bench.turn;
        let asked = asks.iter().find(|(at, _)| *at == turn).map(|(_, verdict)| verdict);
        bench.turn(asked);
        if bench.wire.steps.get() == 0
            && let Some(Kill { away, .. }) = kill
        {
            bench.start_again(*away);
            kill = kills.next();
            bench.wire.steps.set(kill.map_or(usize::MAX, |kill| kill.after));
        }
    }
    let events = events(&bench.line);
    let plc = bench.wire.plc.borrow();
    let (lane, source) = plc.applied.ok_or("the item has come to its commit point")?;
    let (mut decisions, mut outcomes) = (Vec::new(), Vec::new());
    for (_, event) in &events {
        match event {
            ItemEvent::Decided { decision, .. } => decisions.push(decision),
            ItemEvent::Outcome { outcome, .. } => outcomes.push(*outcome),
            _ => {}
        }
    }
    let told = format!("the PLC applied lane {lane}, source {source}: {events:#?}");
    let [decision] = decisions[..] else { return Err(told) };
    let (action, outcome) = match lane {
        0 => (Action::Pass, Outcome::Passed),
        _ => (Action::Divert { lane: 1 }, Outcome::Diverted { lane: 1 }),
    };
    let is_cause = match (&decision.fall_back, source) {
        (cause, SOURCE_VERDICT) => cause.is_none(),
        (cause, SOURCE_FALL_BACK) => cause.as_ref().is_some_and(|it| *it != FallBackCause::PlcLost),
        (cause, _) => *cause == Some(FallBackCause::PlcLost),
    };
    let is_true = decision.action == action && is_cause && outcomes == [outcome];
    if is_true { Ok(()) } else { Err(told) }
}

fn divert() -> Verdict {
    Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }
}

fn uninspected() -> Verdict {
    Verdict::Uninspected { cause: "no view".into() }
}

/// The turn in which the item is seen at the entry eye is 10 or 11, that of its decision some 24
/// later.
fn any_asks() -> impl Strategy<Value = Vec<(u64, Verdict)>> {
    let verdict = prop_oneof![Just(Verdict::Pass), Just(divert()), Just(uninspected())];
    prop::collection::vec((12..40u64, verdict), 0..4)
}

#[test]
fn wherever_the_bridge_is_killed_its_record_says_what_the_plc_did() {
    let plans = [
        vec![],
        vec![(15, Verdict::Pass)],
        vec![(15, divert())],
        vec![(15, uninspected())],
        vec![(15, Verdict::Pass), (33, divert())],
    ];
    for (plan, scans_in_turn) in plans.iter().flat_map(|plan| [(plan, false), (plan, true)]) {
        assert_eq!(run(plan, scans_in_turn, &[]), Ok(()), "without a kill");
        for (after, away) in (40..STEPS).flat_map(|after| [1, 4, 20].map(|away| (after, away))) {
            let kill = Kill { after, away };
            let result = run(plan, scans_in_turn, &[kill]);
            assert_eq!(result, Ok(()), "{plan:?}, {kill:?}, scans in turn: {scans_in_turn}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Any verdicts, changed or late, and two kills, the second before or after the new bridge has
    /// met the PLC.
    #[test]
    fn a_bridge_that_is_killed_twice_still_tells_what_the_plc_did(
        asks in any_asks(),
        scans_in_turn in any::<bool>(),
        first in (40..STEPS, 1..12u64),
        second in (1..60usize, 1..12u64),
    ) {
        let kills = [first, second].map(|(after, away)| Kill { after, away });
        prop_assert_eq!(run(&asks, scans_in_turn, &kills), Ok(()));
    }
}
