//! Everything the bridge knows about its line, without I/O: tracker, handshake, journal, and the
//! health of both peers, put together.
//!
//! [`Line`] is told what was read (a status block, a message from inspectd) and when; it answers
//! with the next command block, keeps the events for inspectd, and collects [`Notice`]s for the
//! log. The real loop, tests and simulations drive the same one.

mod codes;
mod notice;
mod resume;

use std::time::Duration;

use codes::Codes;
pub use notice::Notice;
pub use resume::Kept;

use crate::handshake::{Flags, Handshake, Heard};
use crate::journal::Journal;
use crate::registers::{
    BlindOrder, CAUSE_NONE, Command, LANE_STOP, OwnFallBack, Status, cause_code,
};
use crate::senses::{Look, Senses};
use crate::tracker::{Output, Poll, Sample, Tracker};
use line::config::{BlindFallBack, BridgeConfig};
use line::protocol::{
    Action, FromBridge, HEARTBEAT_TIMEOUT, ItemEvent, ItemNumber, LineFault, MOST_ITEMS, Outcome,
    PlcState, Refusal, ToBridge, Verdict,
};

/// Asides kept for an inspectd that does not read; more are dropped, since inspectd learns the
/// decision of every item anyway. Room for a new prediction for each item on a full belt.
const MOST_ASIDES: usize = 2 * MOST_ITEMS;

/// Notices kept for a loop that does not take them; more are dropped.
const MOST_NOTICES: usize = 256;

/// inspectd, as the bridge sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inspector {
    /// Not connected.
    Away,
    /// Connected, but silent for [`HEARTBEAT_TIMEOUT`].
    Silent,
    /// Connected and heard.
    Alive { heard: Duration, ready: bool },
}

/// How the line stands, as lamps and outputs need to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineHealth {
    /// The PLC's heartbeat counts. One in STOP may go on answering, with what it knew when it stopped.
    pub plc_alive: bool,
    /// Bodies can pass that nobody numbers.
    pub blind: bool,
}

/// What has been counted since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Items that entered.
    pub items: u64,
    /// Decisions that the bridge had to make for itself.
    pub fall_backs: u64,
    /// Verdicts that were not taken.
    pub refused: u64,
    /// Edges that could have been either of two items, or of an eye that the line file has not.
    pub strays: u64,
    /// Bodies that no item's number explains.
    pub unnumbered: u64,
    /// Line events overwritten in the PLC's ring before they were read.
    pub events_lost: u64,
    /// Codes that the PLC told and that were given to their items; those that contradict an earlier
    /// one are not among them.
    pub codes: u64,
    /// Codes of the PLC that name no item on the belt for certain.
    pub codes_unassigned: u64,
    /// Codes of the PLC that are empty or not printable.
    pub codes_unreadable: u64,
    /// Codes of the PLC that contradict an earlier one of the same item.
    pub codes_contradicting: u64,
    /// Codes overwritten in the PLC's ring before they were read.
    pub codes_lost: u64,
    /// Cycles that were skipped because an exchange took too long.
    pub cycles_missed: u64,
    /// Encoder samples not sent because inspectd did not read.
    pub samples_dropped: u64,
}

/// One line: its belt, its PLC, and inspectd's word about its items.
#[derive(Debug)]
pub struct Line {
    boot: String,
    tracker: Tracker,
    senses: Senses,
    /// Faults that were told.
    faults: Vec<LineFault>,
    /// What is done while the line is blind, and what the PLC can do of it.
    blind: BlindFallBack,
    obeys_blind: bool,
    handshake: Handshake,
    codes: Codes,
    journal: Journal,
    inspector: Inspector,
    plc: PlcState,
    plc_lost_us: bool,
    stopped_for_item: bool,
    /// The newest reading of the encoder, and whether it is still to be sent to inspectd.
    sample: Option<Sample>,
    sample_is_news: bool,
    encoder: u32,
    /// Why the last decision was a fall-back.
    cause: u16,
    own_fall_back: OwnFallBack,
    /// What is worth telling inspectd now and not later: refusals and predictions.
    asides: Vec<FromBridge>,
    notices: Vec<Notice>,
    heard: Heard,
    outputs: Vec<Output>,
    /// What has been counted.
    pub counters: Counters,
}

impl Line {
    /// An empty line whose PLC was not reached yet. `boot` names this start of the bridge;
    /// `bridge_boot` is any number that the last start did not have.
    /// `first_seq` is the number of the first event, beyond those of earlier boots.
    pub fn new(config: &BridgeConfig, boot: String, bridge_boot: u16, first_seq: u64) -> Self {
        let timeout = Duration::from_millis(config.plc.heartbeat_timeout_ms.into());
        Self {
            boot,
            tracker: Tracker::new(config),
            senses: Senses::new(&config.conveyor),
            faults: Vec::new(),
            blind: config.conveyor.fall_back.blind,
            obeys_blind: false,
            handshake: Handshake::new(bridge_boot, timeout),
            codes: Codes::new(config.plc.item_code),
            journal: Journal::starting_at(first_seq),
            inspector: Inspector::Away,
            plc: PlcState::Lost { cause: "it has not been reached yet".into() },
            plc_lost_us: false,
            stopped_for_item: false,
            sample: None,
            sample_is_news: false,
            encoder: 0,
            cause: CAUSE_NONE,
            own_fall_back: OwnFallBack::of(
                config.conveyor.diverter.iter().map(|diverter| diverter.fall_back.plc_lost),
            ),
            asides: Vec::with_capacity(MOST_ASIDES),
            notices: Vec::with_capacity(MOST_NOTICES),
            heard: Heard::default(),
            outputs: Vec::with_capacity(MOST_ITEMS),
            counters: Counters::default(),
        }
    }

    /// The next command block to write; `None` before the PLC was met.
    pub fn command(&mut self) -> Option<Command> {
        self.handshake.command(self.flags())
    }

    /// Takes a status block read at `at`.
    pub fn status(&mut self, status: &Status, at: Duration) {
        self.tick(at);
        let mut heard = std::mem::take(&mut self.heard);
        self.handshake.status(status, at, &mut heard);
        if heard.restarted {
            self.notice(Notice::PlcRestarted);
            self.tracker.plc_restarted(at, &mut self.outputs);
            self.codes.forget_block();
            self.senses.restart();
        }
        if heard.events_lost > 0 {
            self.counters.events_lost += u64::from(heard.events_lost);
            self.notice(Notice::EventsLost(heard.events_lost));
        }
        for delivery in &heard.acknowledged {
            let can_obey = self.tracker.acknowledged(delivery);
            if can_obey && let Some(handed_at) = delivery.handed_at {
                let (item, action) = (delivery.item, action_of(delivery.result.lane));
                let event = ItemEvent::Delivered { item, action, handed_at, acknowledged_at: at };
                self.journal.push(event);
            }
        }
        let sample = Sample { at, count: heard.count };
        self.tracker.plc_can(status.capabilities);
        self.obeys_blind = status.capabilities.obeys_blind;
        if self.stopped_for_item && !status.stopped_for_item {
            self.senses.reset();
        }
        if heard.is_fresh {
            self.senses.look(&Look {
                at,
                count: heard.count,
                runs: status.capabilities.run_signal.then_some(status.belt_running),
                edges: &heard.edges,
                edges_lost: heard.events_lost > 0,
                trailing_edges: status.capabilities.trailing_edges,
            });
        }
        let is_adrift = self.senses.has(LineFault::EncoderStill);
        self.tracker.adrift(is_adrift, at, &mut self.outputs);
        self.tracker.blind(self.blind_order());
        let poll = Poll {
            sample,
            edges: &heard.edges,
            events_lost: heard.events_lost > 0,
            was_cut_off: heard.was_cut_off || status.bridge_lost,
            is_fresh: heard.is_fresh,
        };
        self.tracker.poll(&poll, &mut self.outputs);
        // A PLC that answers without scanning repeats an old count, which is not where the belt is.
        if heard.is_fresh {
            self.sample = Some(sample);
            self.sample_is_news = true;
        }
        self.encoder = status.encoder;
        self.heard = heard;
        self.identify(status, at);
        self.handle_outputs();
        self.tell_faults();
        self.watch_plc(status, at);
    }

    /// The PLC could not be reached, or the connection broke; `cause` ends with what to check.
    pub fn plc_unreachable(&mut self, cause: String) {
        self.plc_is(PlcState::Lost { cause });
    }

    /// inspectd has connected and said hello.
    pub fn inspector_connected(&mut self, at: Duration) {
        self.notice(Notice::InspectorConnected { owed: self.journal.owed() });
        self.asides.clear();
        self.tracker.inspector_is_new();
        self.inspector_is(Inspector::Alive { heard: at, ready: false });
    }

    /// inspectd's connection is gone.
    pub fn inspector_gone(&mut self, why: String) {
        self.notice(Notice::InspectorGone { why });
        self.asides.clear();
        self.inspector_is(Inspector::Away);
    }

    /// inspectd said something, which was read at `at`.
    pub fn message(&mut self, message: ToBridge, at: Duration) {
        self.heard_inspector(at);
        match message {
            ToBridge::Hello { .. } => {}
            ToBridge::Heartbeat { ready } => self.inspector_ready(ready),
            ToBridge::Ack { through } => self.journal.ack(through),
            ToBridge::Verdict { item, boot, verdict } => self.verdict(item, &boot, verdict, at),
        }
    }

    /// Looks whether inspectd has fallen silent. [`Line::status`] does so too; this is for a line
    /// whose PLC cannot be reached.
    pub fn tick(&mut self, now: Duration) {
        if let Inspector::Alive { heard, .. } = self.inspector
            && now.saturating_sub(heard) >= HEARTBEAT_TIMEOUT
        {
            self.notice(Notice::InspectorSilent);
            self.inspector_is(Inspector::Silent);
        }
    }

    /// Identity of this start of the bridge.
    pub fn boot(&self) -> &str {
        &self.boot
    }

    /// Whether the PLC can be reached.
    pub fn plc(&self) -> &PlcState {
        &self.plc
    }

    /// The events owed to inspectd.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether the PLC has stopped the belt for an item.
    pub fn stopped_for_item(&self) -> bool {
        self.stopped_for_item
    }

    /// Takes the newest encoder sample, as it is sent; `None` when there is none since the last.
    pub fn take_sample(&mut self) -> Option<FromBridge> {
        let is_news = std::mem::take(&mut self.sample_is_news);
        let sample = self.sample.filter(|_| is_news)?;
        Some(FromBridge::Encoder { at: sample.at, count: sample.count })
    }

    /// Asides were let go: inspectd is told all commit times anew.
    pub fn asides_were_dropped(&mut self) {
        self.tracker.inspector_is_new();
    }

    /// Takes what inspectd is told once: refused verdicts, and commit times that have changed.
    pub fn take_asides(&mut self) -> std::vec::Drain<'_, FromBridge> {
        self.asides.drain(..)
    }

    /// Takes what is to be logged.
    pub fn take_notices(&mut self) -> std::vec::Drain<'_, Notice> {
        self.notices.drain(..)
    }

    fn verdict(&mut self, item: ItemNumber, boot: &str, verdict: Verdict, at: Duration) {
        if boot == self.boot {
            self.tracker.verdict(at, item, verdict, &mut self.outputs);
        } else {
            self.outputs.push(Output::Refused { item, why: Refusal::UnknownItem });
        }
        self.handle_outputs();
    }

    fn handle_outputs(&mut self) {
        let mut outputs = std::mem::take(&mut self.outputs);
        for output in outputs.drain(..) {
            match output {
                Output::Deliver(delivery) => self.handshake.offer(delivery),
                Output::Journal(event) => {
                    self.note(&event);
                    self.journal.push(event);
                }
                Output::Refused { item, why } => {
                    self.counters.refused += 1;
                    self.notice(Notice::Refused { item, why });
                    self.aside(FromBridge::Refused { item, why });
                }
                Output::CommitAt { item, commit_at } => {
                    self.aside(FromBridge::CommitAt { item, commit_at });
                }
                Output::Stray(stray) => {
                    self.counters.strays += 1;
                    self.notice(Notice::Stray(stray));
                }
                Output::Missed(eye) => self.senses.missed(eye),
            }
        }
        self.outputs = outputs;
    }

    fn notice(&mut self, notice: Notice) {
        if self.notices.len() < MOST_NOTICES {
            self.notices.push(notice);
        }
    }

    fn aside(&mut self, message: FromBridge) {
        if self.inspector == Inspector::Away {
            return;
        }
        if self.asides.len() < MOST_ASIDES {
            self.asides.push(message);
        } else {
            self.tracker.inspector_is_new();
        }
    }

    /// How the line stands.
    pub fn health(&self) -> LineHealth {
        LineHealth { plc_alive: self.plc == PlcState::Connected, blind: self.senses.is_blind() }
    }

    /// What does not tell the truth, as it was told last.
    pub fn faults(&self) -> &[LineFault] {
        &self.faults
    }

    /// What is done now because the line is blind.
    fn blind_order(&self) -> BlindOrder {
        match self.blind {
            BlindFallBack::Divert if self.senses.is_blind() => BlindOrder::Divert,
            BlindFallBack::Stop if self.senses.is_blind() => BlindOrder::Stop,
            BlindFallBack::Divert | BlindFallBack::Stop | BlindFallBack::Report => BlindOrder::None,
        }
    }

    /// Takes note of faults that begin or end.
    fn tell_faults(&mut self) {
        let now = self.senses.faults();
        if self.faults == now {
            return;
        }
        let begun: Vec<Notice> = now
            .iter()
            .filter(|fault| !self.faults.contains(fault))
            .map(|f| Notice::Fault(*f))
            .collect();
        let over = self.faults.iter().filter(|fault| !now.contains(fault));
        let over: Vec<Notice> = over.map(|fault| Notice::FaultOver(*fault)).collect();
        self.faults = now.to_vec();
        for notice in begun.into_iter().chain(over) {
            self.notice(notice);
        }
        if self.blind_order() != BlindOrder::None && !self.obeys_blind && !self.tracker.is_direct()
        {
            self.notice(Notice::CannotObeyBlind);
        }
    }

    /// Counts an event and says what a person should know about it.
    fn note(&mut self, event: &ItemEvent) {
        match event {
            ItemEvent::Entered { .. } => self.counters.items += 1,
            ItemEvent::Unnumbered { eye, why, .. } => {
                self.counters.unnumbered += 1;
                self.notice(Notice::Unnumbered { eye: *eye, why: *why });
            }
            ItemEvent::Identified { .. }
            | ItemEvent::Delivered { .. }
            | ItemEvent::Placed { .. }
            | ItemEvent::Seen { .. } => {}
            ItemEvent::Decided { item, decision, .. } => {
                self.cause = cause_code(decision.fall_back.as_ref());
                if let Some(cause) = &decision.fall_back {
                    self.counters.fall_backs += 1;
                    let is_connected = self.inspector != Inspector::Away;
                    let (cause, action) = (cause.clone(), decision.action);
                    self.notice(Notice::FallBack { item: *item, cause, is_connected, action });
                }
            }
            ItemEvent::Outcome { item, outcome, .. } => match outcome {
                Outcome::Passed | Outcome::Diverted { .. } => {}
                Outcome::Ambiguous { why } => {
                    self.notice(Notice::Ambiguous { item: *item, why: *why });
                }
                Outcome::Lost => self.notice(Notice::Lost { item: *item }),
                Outcome::WrongLane { seen } => {
                    self.notice(Notice::WrongLane { item: *item, seen: *seen });
                }
            },
        }
    }

    fn watch_plc(&mut self, status: &Status, at: Duration) {
        self.plc_is(if self.handshake.plc_alive(at) {
            PlcState::Connected
        } else {
            let cause = "it answers, but its heartbeat stands still; check that the PLC runs \
                         (not in STOP) and that its program counts the heartbeat up each scan";
            PlcState::Lost { cause: cause.into() }
        });
        if status.bridge_lost && !self.plc_lost_us {
            self.notice(Notice::PlcLostUs);
        }
        self.plc_lost_us = status.bridge_lost;
        if status.stopped_for_item && !self.stopped_for_item {
            self.notice(Notice::StoppedForItem);
        }
        self.stopped_for_item = status.stopped_for_item;
    }

    fn plc_is(&mut self, state: PlcState) {
        if self.plc != state {
            self.notice(Notice::Plc(state.clone()));
            self.plc = state;
        }
    }

    fn heard_inspector(&mut self, at: Duration) {
        match &mut self.inspector {
            Inspector::Away => {}
            Inspector::Alive { heard, .. } => *heard = at,
            Inspector::Silent => {
                self.notice(Notice::InspectorSpeaks);
                self.inspector_is(Inspector::Alive { heard: at, ready: false });
            }
        }
    }

    fn inspector_ready(&mut self, now_ready: bool) {
        if let Inspector::Alive { ready, .. } = &mut self.inspector
            && *ready != now_ready
        {
            *ready = now_ready;
            self.notice(Notice::InspectorReady(now_ready));
        }
    }

    fn inspector_is(&mut self, inspector: Inspector) {
        self.inspector = inspector;
        self.tracker.inspector(matches!(inspector, Inspector::Alive { .. }));
    }

    /// In `direct` mode, which diverters are to be out. They rest while the PLC does not say where the
    /// belt is.
    fn outputs_now(&self) -> Option<u16> {
        let outputs = self.tracker.outputs(self.sample?)?;
        Some(if self.plc == PlcState::Connected { outputs } else { 0 })
    }

    fn flags(&self) -> Flags {
        let (inspector_alive, inspector_ready) = match self.inspector {
            Inspector::Alive { ready, .. } => (true, ready),
            Inspector::Away | Inspector::Silent => (false, false),
        };
        Flags {
            inspector_alive,
            inspector_ready,
            cause: self.cause,
            own_fall_back: self.own_fall_back,
            outputs: self.outputs_now(),
            items: self.tracker.on_belt() as u16,
            blind: self.blind_order(),
        }
    }
}

/// What a result's lane means.
fn action_of(lane: u16) -> Action {
    match lane {
        0 => Action::Pass,
        LANE_STOP => Action::Stop,
        // Lanes are numbered up to 99 in the line file.
        lane => Action::Divert { lane: lane as u8 },
    }
}

#[cfg(test)]
mod code_tests;
#[cfg(test)]
mod tests;
