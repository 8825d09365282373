//! Runs a scenario: the world and its PLC scan by scan, the bridge cycle by cycle, inspectd, and
//! whoever lets a stopped belt go on.

use line::config::BridgeConfig;
use line::protocol::{FromBridge, ItemEvent, LineFault};
use plc_bridge::handshake::Sent;
use plc_bridge::whole_line::{Kept, Line};

use crate::inspector::{Inspector, Mood, instant};
use crate::judge::Judge;
use crate::plc::{FIRST_BOOT, Plc};
use crate::scenario::{Restart, Scenario, Starts, Trouble, TroubleKind};
use crate::tally::Tally;
use crate::world::{Way, World};

/// An operator needs this long, in milliseconds.
const OPERATOR_MS: f64 = 400.0;
/// The bridge's clock does not begin at zero.
const START_MS: f64 = 5_000.0;
/// Results that the book holds: more than two for each item that a belt has room for here.
const MOST_RESULTS: usize = 256;
/// The event book is cleared of what nobody needs any more when it is this long.
const LONG_BOOK: usize = 2_000;

/// What the bridge's journal file holds.
#[derive(Debug, Default)]
struct Book {
    events: Vec<(u64, ItemEvent)>,
    last: u64,
    results: Vec<Sent>,
}

pub struct Run<'s> {
    scenario: &'s Scenario,
    config: BridgeConfig,
    world: World<'s>,
    plc: Plc<'s>,
    line: Option<Line>,
    inspector: Inspector<'s>,
    judge: Judge<'s>,
    book: Book,
    left_behind: Option<Kept>,
    troubles: Vec<Trouble>,
    ends: Vec<f64>,
    now: f64,
    stopped_at: Option<f64>,
    stops: u32,
    boots: u16,
    /// The bridge knows nothing of what happened before, and has not looked at the PLC yet.
    fresh_bridge: bool,
    faults: Vec<LineFault>,
    trace: Option<Vec<String>>,
}

/// Runs it to its end; gives what is wrong, the worst first.
pub fn run(scenario: &Scenario, tally: &mut Tally) -> Vec<String> {
    Run::new(scenario).play_out(tally).0
}

/// The same, with all that happened written down.
pub fn traced(scenario: &Scenario) -> (Vec<String>, Vec<String>) {
    let mut run = Run::new(scenario);
    run.trace = Some(Vec::new());
    run.play_out(&mut Tally::default())
}

impl<'s> Run<'s> {
    pub fn new(scenario: &'s Scenario) -> Self {
        let config = scenario.line.config();
        let line = Line::new(&config, "start-0".into(), 1, 1);
        Self {
            scenario,
            world: World::new(scenario),
            plc: Plc::new(
                &scenario.line,
                (FIRST_BOOT, scenario.seed),
                scenario.line.starts,
                0.0,
                START_MS,
            ),
            line: Some(line),
            inspector: Inspector::new(&scenario.items),
            judge: Judge::new(scenario),
            book: Book::default(),
            left_behind: None,
            troubles: Vec::new(),
            ends: Vec::new(),
            now: START_MS,
            stopped_at: None,
            stops: 0,
            boots: 1,
            fresh_bridge: true,
            faults: Vec::new(),
            trace: None,
            config,
        }
    }

    fn play_out(mut self, tally: &mut Tally) -> (Vec<String>, Vec<String>) {
        tally.lines += 1;
        tally.quiet_lines += u64::from(self.scenario.is_quiet());
        let mut next_cycle = self.now;
        let mut arms = vec![false; self.scenario.line.diverters.len()];
        let (mut told, mut counters) = (Vec::new(), Starts::default());
        let mut empty_since = None;
        loop {
            self.now += self.scenario.line.scan_ms;
            self.end_troubles();
            let (stands, share) = self.drive();
            self.world.step(self.scenario.line.scan_ms, stands, share, &arms, &self.troubles);
            self.begin_troubles(tally);
            if self.is(|kind| kind == TroubleKind::PlcRestart) {
                arms.fill(false);
            } else {
                self.plc.encoder(self.is(|kind| kind == TroubleKind::EncoderDead), self.world.belt);
                self.plc.drive(!stands);
                self.plc.scan(self.now, self.world.belt, &self.world.signals, &mut told);
                self.plc.arms(&mut arms);
            }
            for (event, body) in told.drain(..) {
                self.note(|| format!("event {event:?} of body {body}"));
                self.judge.told(event, body, self.now);
            }
            self.operate();
            while next_cycle <= self.now {
                self.cycle(next_cycle);
                next_cycle += self.scenario.line.cycle_ms;
            }
            count_wraps(&self.plc, &mut counters, tally);
            self.plc.codes.happened.drain(..).for_each(|name| tally.fault(name));
            // The belt runs on until the bridge, too, knows that nothing is left.
            if self.world.is_empty() && self.troubles.is_empty() {
                let since = *empty_since.get_or_insert(self.now);
                if self.now - since > 3_000.0 {
                    break;
                }
            }
        }
        for name in &self.world.happened {
            tally.fault(name);
        }
        let wrongs = self.judge.finish(&self.world.truths, tally);
        (wrongs, self.trace.unwrap_or_default())
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now:.0} ms: {}", what()));
        }
    }

    fn is(&self, what: impl Fn(TroubleKind) -> bool) -> bool {
        self.troubles.iter().any(|trouble| what(trouble.kind))
    }

    /// Whether the belt stands, and at which share of its top speed it runs.
    fn drive(&self) -> (bool, f64) {
        let stands = self.stopped_at.is_some() || self.is(|kind| kind == TroubleKind::Stop);
        let share = self.troubles.iter().find_map(|trouble| match trouble.kind {
            TroubleKind::Slow { share } => Some(share),
            _ => None,
        });
        (stands, share.unwrap_or(1.0))
    }

    fn begin_troubles(&mut self, tally: &mut Tally) {
        for entered in std::mem::take(&mut self.world.entered) {
            for trouble in self.scenario.troubles.iter().filter(|trouble| trouble.from == entered) {
                tally.fault(trouble.kind.name());
                match trouble.kind {
                    TroubleKind::Back { by } => self.world.run_back(by),
                    TroubleKind::BridgeDown => self.kill_bridge(),
                    _ => {}
                }
                self.troubles.push(*trouble);
                self.ends.push(self.now + trouble.lasts_ms);
                if let Some(trace) = &mut self.trace {
                    trace.push(format!("{:.0} ms: {trouble:?}", self.now));
                }
            }
        }
    }

    fn end_troubles(&mut self) {
        let mut index = 0;
        while index < self.troubles.len() {
            if self.ends[index] > self.now {
                index += 1;
                continue;
            }
            self.ends.remove(index);
            match self.troubles.remove(index).kind {
                TroubleKind::BridgeDown if !self.is(|kind| kind == TroubleKind::BridgeDown) => {
                    self.start_bridge();
                }
                TroubleKind::PlcRestart if !self.is(|kind| kind == TroubleKind::PlcRestart) => {
                    self.start_plc();
                }
                _ => {}
            }
        }
    }

    fn start_plc(&mut self) {
        self.boots += 1;
        let starts = Starts { encoder: u32::from(self.boots) * 1_000, ..Starts::default() };
        self.judge.plc_died();
        let boot = FIRST_BOOT + self.boots;
        let (boot, belt) = ((boot, self.scenario.seed), self.world.belt);
        self.plc = Plc::new(&self.scenario.line, boot, starts, belt, self.now);
        self.stopped_at = None;
    }

    fn kill_bridge(&mut self) {
        let Some(line) = self.line.take() else { return };
        if self.scenario.restart == Restart::Resumed {
            self.book.tidy(self.inspector.acknowledged);
            self.left_behind = Some(Kept {
                boot: line.boot().to_owned(),
                bridge_boot: line.bridge_boot(),
                next_item: line.next_item(),
                acknowledged: self.inspector.acknowledged,
                lost: 0,
                is_other_line: false,
                plc: line.plc_progress(),
                taken: line.results_taken(),
                results: self.book.results.clone(),
                events: self.book.events.clone(),
            });
            self.inspector.disconnected(None, self.now);
        } else {
            let read = self.inspector.read;
            self.book = Book { last: self.book.last + 1_000, ..Book::default() };
            self.inspector.disconnected(Some(self.book.last), self.now);
            self.judge.bridge_died(line.journal().last() > read);
        }
    }

    fn start_bridge(&mut self) {
        let first_seq = self.book.last + 1;
        let start = self.judge.boot() as u16;
        self.line = Some(match self.left_behind.take() {
            Some(kept) => Line::resume(&self.config, kept),
            None => {
                self.fresh_bridge = true;
                Line::new(&self.config, format!("start-{start}"), 1 + 7 * start, first_seq)
            }
        });
    }

    /// One cycle of the bridge: it writes its command, reads the status, and hears inspectd.
    fn cycle(&mut self, ms: f64) {
        let cut = self.is(|kind| matches!(kind, TroubleKind::WireCut | TroubleKind::PlcRestart));
        let mood = match () {
            () if self.is(|kind| kind == TroubleKind::InspectorGone) => Mood::Gone,
            () if self.is(|kind| kind == TroubleKind::InspectorSilent) => Mood::Silent,
            () => Mood::Works,
        };
        let Some(line) = &mut self.line else { return };
        if cut {
            line.plc_unreachable("it is cut off".into());
            line.tick(instant(ms));
        } else {
            if let Some(command) = line.command() {
                self.book.send(line);
                self.plc.write(&command);
            }
            if line.wants_codes(instant(ms)) {
                line.codes(self.plc.codes.block.clone());
            }
            line.status(&self.plc.status, instant(ms));
            self.judge.read(self.fresh_bridge);
            self.fresh_bridge = false;
            self.judge.faults(line.faults(), ms);
            if self.faults != line.faults() {
                self.faults = line.faults().to_vec();
                if let Some(trace) = &mut self.trace {
                    trace.push(format!("{ms:.0} ms: faults {:?}", self.faults));
                }
            }
            if line.has_news_for_the_plc()
                && let Some(command) = line.command()
            {
                self.book.send(line);
                self.plc.write(&command);
            }
            if let Some(FromBridge::Encoder { count, .. }) = line.take_sample() {
                self.judge.offset(count - i64::from(self.plc.status.encoder));
            }
        }
        line.take_notices();
        self.book.write(line, &mut self.trace, ms);
        self.inspector.look(line, &mut self.judge, &self.world, ms, mood);
        self.book.write(line, &mut self.trace, ms);
        if self.book.events.len() > LONG_BOOK {
            self.book.tidy(self.inspector.acknowledged);
        }
    }

    /// A stopped belt waits for an operator, who takes every second item away.
    fn operate(&mut self) {
        if self.plc.stopped_for.is_none() && !self.plc.stopped_blind {
            return;
        }
        let since = *self.stopped_at.get_or_insert(self.now);
        if self.now - since < OPERATOR_MS {
            return;
        }
        self.stopped_at = None;
        self.stops += 1;
        let acquisition = self.plc.stopped_for;
        let at = instant(self.now);
        let body = acquisition.and_then(|id| self.judge.body_with(id, at));
        if self.stops.is_multiple_of(2)
            && let Some(body) = body
            && self.world.truths[body].way == Way::Belt
        {
            self.world.take_away(body);
        }
        self.plc.release();
    }
}

impl Book {
    /// Keeps the results that are about to be sent.
    fn send(&mut self, line: &Line) {
        for sent in line.newly_sent() {
            self.results.retain(|before| before.nth < sent.nth);
            self.results.push(*sent);
        }
        let old = self.results.len().saturating_sub(MOST_RESULTS);
        self.results.drain(..old);
    }

    fn write(&mut self, line: &Line, trace: &mut Option<Vec<String>>, ms: f64) {
        while let Some(FromBridge::Event { seq, event, .. }) = line.journal().next_after(self.last)
        {
            if let Some(trace) = trace {
                trace.push(format!("{ms:.0} ms: {event:?}"));
            }
            self.last = seq;
            self.events.push((seq, event));
        }
    }

    /// Keeps what is not acknowledged and everything from the oldest item on the belt on.
    fn tidy(&mut self, acknowledged: u64) {
        let mut open = std::collections::BTreeMap::new();
        for (seq, event) in &self.events {
            match event {
                ItemEvent::Entered { item, .. } => {
                    open.insert(*item, *seq);
                }
                ItemEvent::Outcome { item, .. } => {
                    open.remove(item);
                }
                _ => {}
            }
        }
        let oldest = open.values().copied().min().unwrap_or(u64::MAX).min(acknowledged + 1);
        self.events.retain(|(seq, _)| *seq >= oldest);
    }
}

fn count_wraps(plc: &Plc<'_>, before: &mut Starts, tally: &mut Tally) {
    let now = Starts { encoder: plc.status.encoder, event: plc.status.event_head, acquisition: 0 };
    if now.encoder < 1 << 16 && before.encoder > u32::MAX - (1 << 16) {
        tally.fault("encoder wrapped");
    }
    if now.event < 1 << 8 && before.event > u16::MAX - (1 << 8) {
        tally.fault("event numbers wrapped");
    }
    *before = now;
}
