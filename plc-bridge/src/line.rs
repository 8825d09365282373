//! Everything the bridge knows about its line, without I/O: tracker, handshake, journal, and the
//! health of both peers, put together.
//!
//! [`Line`] is told what was read (a status block, a message from inspectd) and when; it answers
//! with the next command block, keeps the events for inspectd, and collects [`Notice`]s for the
//! log. The real loop, tests and simulations drive the same one.

mod notice;

use std::time::Duration;

pub use notice::Notice;

use crate::config::BridgeConfig;
use crate::handshake::{Flags, Handshake};
use crate::journal::Journal;
use crate::protocol::{
    FallBackCause, FromBridge, HEARTBEAT_TIMEOUT, ItemEvent, ItemNumber, MOST_ITEMS, Outcome,
    PlcState, Refusal, ToBridge, Verdict,
};
use crate::registers::{Command, Status};
use crate::tracker::{Output, Sample, Tracker};

/// Asides kept for an inspectd that does not read; more are dropped, since inspectd learns the
/// decision of every item anyway. Room for a new prediction for each item on a full belt.
const MOST_ASIDES: usize = 2 * MOST_ITEMS;

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

/// What has been counted since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Items that entered.
    pub items: u64,
    /// Decisions that the bridge had to make for itself.
    pub fall_backs: u64,
    /// Verdicts that were not taken.
    pub refused: u64,
    /// Edges that belonged to no item.
    pub strays: u64,
    /// Line events overwritten in the PLC's ring before they were read.
    pub events_lost: u64,
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
    handshake: Handshake,
    journal: Journal,
    inspector: Inspector,
    plc: PlcState,
    plc_lost_us: bool,
    sample: Option<Sample>,
    fall_back_in_effect: bool,
    /// What is worth telling inspectd now and not later: refusals and predictions.
    asides: Vec<FromBridge>,
    notices: Vec<Notice>,
    outputs: Vec<Output>,
    /// What has been counted.
    pub counters: Counters,
}

impl Line {
    /// An empty line whose PLC was not reached yet. `boot` names this start of the bridge;
    /// `bridge_boot` is any number that the last start did not have.
    pub fn new(config: &BridgeConfig, boot: String, bridge_boot: u16) -> Self {
        let timeout = Duration::from_millis(config.plc.heartbeat_timeout_ms.into());
        Self {
            boot,
            tracker: Tracker::new(&config.conveyor),
            handshake: Handshake::new(bridge_boot, timeout),
            journal: Journal::default(),
            inspector: Inspector::Away,
            plc: PlcState::Lost { cause: "it has not been reached yet".into() },
            plc_lost_us: false,
            sample: None,
            fall_back_in_effect: false,
            asides: Vec::new(),
            notices: Vec::new(),
            outputs: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// The same line with its events counted from `first_seq`, beyond those of earlier boots.
    #[must_use]
    pub fn counting_from(mut self, first_seq: u64) -> Self {
        self.journal = Journal::starting_at(first_seq);
        self
    }

    /// Takes a status block read at `at`; returns the command block to write.
    pub fn status(&mut self, status: &Status, at: Duration) -> Command {
        self.tick(at);
        let heard = self.handshake.status(status, at);
        if heard.restarted {
            self.notices.push(Notice::PlcRestarted);
            self.tracker.plc_restarted(at, &mut self.outputs);
        }
        if heard.events_lost > 0 {
            self.counters.events_lost += u64::from(heard.events_lost);
            self.notices.push(Notice::EventsLost(heard.events_lost));
        }
        for delivery in heard.acknowledged {
            if let Some(handed_at) = delivery.handed_at {
                let item = delivery.item;
                self.journal.push(ItemEvent::Delivered { item, handed_at, acknowledged_at: at });
            }
        }
        self.tracker.poll(heard.sample, &heard.edges, &mut self.outputs);
        // A PLC that answers without scanning repeats an old count, which is not where the belt is.
        if heard.is_fresh {
            self.sample = Some(heard.sample);
        }
        self.handle_outputs();
        self.watch_plc(status, at);
        self.handshake.command(self.flags()).expect("the handshake has just met the PLC")
    }

    /// The PLC could not be reached, or the connection broke; `cause` ends with what to check.
    pub fn plc_unreachable(&mut self, cause: String) {
        self.plc_is(PlcState::Lost { cause });
    }

    /// inspectd has connected and said hello.
    pub fn inspector_connected(&mut self, at: Duration) {
        self.notices.push(Notice::InspectorConnected { owed: self.journal.owed() });
        self.asides.clear();
        self.tracker.inspector_is_new();
        self.inspector_is(Inspector::Alive { heard: at, ready: false });
    }

    /// inspectd's connection is gone.
    pub fn inspector_gone(&mut self, why: String) {
        self.notices.push(Notice::InspectorGone { why });
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
            self.notices.push(Notice::InspectorSilent);
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

    /// Takes the newest encoder sample, as it is sent; `None` when there is none since the last.
    pub fn take_sample(&mut self) -> Option<FromBridge> {
        self.sample.take().map(|sample| FromBridge::Encoder { at: sample.at, count: sample.count })
    }

    /// Asides were let go: inspectd is told all commit times anew.
    pub fn asides_were_dropped(&mut self) {
        self.tracker.inspector_is_new();
    }

    /// Takes what inspectd is told once: refused verdicts, and commit times that have changed.
    pub fn take_asides(&mut self) -> Vec<FromBridge> {
        std::mem::take(&mut self.asides)
    }

    /// Takes what is to be logged.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
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
        for output in std::mem::take(&mut self.outputs) {
            match output {
                Output::Deliver(delivery) => self.handshake.offer(delivery),
                Output::Journal(event) => {
                    self.note(&event);
                    self.journal.push(event);
                }
                Output::Refused { item, why } => {
                    self.counters.refused += 1;
                    self.notices.push(Notice::Refused { item, why });
                    self.aside(FromBridge::Refused { item, why });
                }
                Output::CommitAt { item, commit_at } => {
                    self.aside(FromBridge::CommitAt { item, commit_at });
                }
                Output::Stray(stray) => {
                    self.counters.strays += 1;
                    self.notices.push(Notice::Stray(stray));
                }
            }
        }
    }

    fn aside(&mut self, message: FromBridge) {
        if self.inspector != Inspector::Away && self.asides.len() < MOST_ASIDES {
            self.asides.push(message);
        }
    }

    /// Counts an event and says what a person should know about it.
    fn note(&mut self, event: &ItemEvent) {
        match event {
            ItemEvent::Entered { .. } => self.counters.items += 1,
            ItemEvent::Delivered { .. } => {}
            ItemEvent::Decided { item, decision, .. } => {
                self.fall_back_in_effect = decision.fall_back.is_some();
                if let Some(cause) = &decision.fall_back {
                    self.counters.fall_backs += 1;
                    let why = self.in_words(cause);
                    let action = decision.action;
                    self.notices.push(Notice::FallBack { item: *item, why, action });
                }
            }
            ItemEvent::Outcome { item, outcome, .. } => match outcome {
                Outcome::Passed | Outcome::Diverted { .. } => {}
                Outcome::Lost => self.notices.push(Notice::Lost { item: *item }),
                Outcome::WrongLane { seen } => {
                    self.notices.push(Notice::WrongLane { item: *item, seen: *seen });
                }
            },
        }
    }

    fn in_words(&self, cause: &FallBackCause) -> String {
        match (cause, self.inspector) {
            (FallBackCause::NoVerdict, _) => "inspectd sent no verdict in time".into(),
            (FallBackCause::InspectorDead, Inspector::Away) => "inspectd is not connected".into(),
            (FallBackCause::InspectorDead, _) => "inspectd's heartbeat has stopped".into(),
            (FallBackCause::Uninspected { why }, _) => format!("it was not inspected: {why}"),
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
            self.notices.push(Notice::PlcLostUs);
        }
        self.plc_lost_us = status.bridge_lost;
    }

    fn plc_is(&mut self, state: PlcState) {
        if self.plc != state {
            self.notices.push(Notice::Plc(state.clone()));
            self.plc = state;
        }
    }

    fn heard_inspector(&mut self, at: Duration) {
        match &mut self.inspector {
            Inspector::Away => {}
            Inspector::Alive { heard, .. } => *heard = at,
            Inspector::Silent => {
                self.notices.push(Notice::InspectorSpeaks);
                self.inspector_is(Inspector::Alive { heard: at, ready: false });
            }
        }
    }

    fn inspector_ready(&mut self, now_ready: bool) {
        if let Inspector::Alive { ready, .. } = &mut self.inspector
            && *ready != now_ready
        {
            *ready = now_ready;
            self.notices.push(Notice::InspectorReady(now_ready));
        }
    }

    fn inspector_is(&mut self, inspector: Inspector) {
        self.inspector = inspector;
        self.tracker.inspector(matches!(inspector, Inspector::Alive { .. }));
    }

    fn flags(&self) -> Flags {
        let (inspector_alive, inspector_ready) = match self.inspector {
            Inspector::Alive { ready, .. } => (true, ready),
            Inspector::Away | Inspector::Silent => (false, false),
        };
        Flags { inspector_alive, inspector_ready, fall_back_in_effect: self.fall_back_in_effect }
    }
}

#[cfg(test)]
mod tests;
