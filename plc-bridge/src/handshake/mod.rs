//! The handshake with the PLC: turns its status blocks into what happened on the line, and results
//! into the next command block.
//!
//! A **session** begins when the bridge meets a PLC boot that it does not know: at its own start,
//! and when the PLC was restarted. An event number that runs back means a restart too, for a PLC
//! program that forgets to change its `plc_boot`. Events that stand in the ring at the bridge's start are passed
//! over: those items are not tracked, and none is guessed. After a restart of the PLC its events
//! are all new and are taken from number 1. A bridge that was killed goes on in the PLC's session at
//! the event that its journal file names ([`Handshake::resume`]). Results are numbered from 1 in each session, which the
//! PLC recognises by the session's own `bridge_boot`; its `result_taken` is believed once
//! `sequence_echo` has shown a command of this session, for before it may speak of the last one.
//!
//! A result is **waiting** until there is room for it in the ring, then **in flight** until the PLC
//! has taken it. One that waits is replaced by a newer one for the same item; one in flight is
//! never touched, since the PLC may be reading it: the newer one follows it. A bridge that was
//! killed learns at its meeting with the PLC which of its results in flight were taken: those whose
//! command the PLC has echoed. It asks before it writes, and a restart takes longer than a scan.
//!
//! A **lost connection** changes nothing here: the ring stands in every command block, so whatever
//! was not acknowledged is written again.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::registers::{
    BlindOrder, CAUSE_NONE, CODE_RING, CodeBlock, Command, EVENT_RING, LineEvent, MapVersion,
    OwnFallBack, PlcResult, RING, Status, ToldCode, slot,
};
use crate::tracker::{Delivery, Edge};
use crate::wrap::{Unwrapped, ahead, in_window};
use line::protocol::MOST_ITEMS;

/// Most results that wait. One an item is enough, since a newer one replaces the one that waits;
/// beyond that the oldest, long past its commit point, is thrown away.
const MOST_WAITING: usize = MOST_ITEMS;

/// How far a session's first sequence number stands from the PLC's last echo: a quarter of the
/// range, so that no echo of an older command is taken for one of this session.
const SEQUENCE_JUMP: u16 = 0x4000;

/// An event number further ahead than this has run back instead.
const RAN_BACK: u16 = 0x8000;

/// What one status block told. Kept and filled anew by each, so that nothing is allocated.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heard {
    /// The PLC was restarted since the last status block; handle this before all else.
    pub restarted: bool,
    /// The encoder's unwrapped count now.
    pub count: i64,
    /// Whether the PLC's heartbeat has counted since the last status block.
    pub is_fresh: bool,
    /// The PLC was not heard for longer than its heartbeat may stand still, or for the first time.
    pub was_cut_off: bool,
    /// New edges, in their order.
    pub edges: Vec<Edge>,
    /// Events that were overwritten before the bridge could read them.
    pub events_lost: u16,
    /// Results that the PLC has taken.
    pub acknowledged: Vec<Delivery>,
}

/// What one code block told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeardCodes {
    /// New codes, in their order, each with the unwrapped count by which it names its item.
    pub codes: Vec<(ToldCode, i64)>,
    /// Codes that were overwritten before the bridge could read them.
    pub lost: u16,
}

/// What the bridge says of itself in the command block's flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// inspectd's heartbeat counts.
    pub inspector_alive: bool,
    /// inspectd can inspect.
    pub inspector_ready: bool,
    /// Why the last decision was a fall-back, one of the `CAUSE_` values of the register map.
    pub cause: u16,
    /// What the PLC does by itself when it does not hear the bridge.
    pub own_fall_back: OwnFallBack,
    /// In `direct` mode, which diverters are to be out, one bit each.
    pub outputs: Option<u16>,
    /// Items on the belt that have no outcome yet.
    pub items: u16,
    /// What the PLC does while the line is blind.
    pub blind: BlindOrder,
}

/// An echo that is further ahead than this of a command's sequence is of another session. Half of
/// [`SEQUENCE_JUMP`], which is what lies between two sessions.
const ECHO_WINDOW: u16 = SEQUENCE_JUMP / 2;

/// A result that was put into a command block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Which of all results that PLCs took or are to take, from 1. What no PLC took when a session
    /// ended gives its number back.
    pub nth: u64,
    /// Sequence of the first command block that carries it.
    pub sequence: u16,
    /// The result, and whose it is.
    pub delivery: Delivery,
}

/// How far an earlier process of the bridge had come with the PLC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The PLC's boot.
    pub plc_boot: u16,
    /// The last line event taken.
    pub event_taken: u16,
    /// The encoder, as it was last read.
    pub encoder: u32,
    /// The same, unwrapped.
    pub count: i64,
    /// The last code taken; `None` when none was ever looked at.
    #[serde(default)]
    pub code_taken: Option<u16>,
}

/// What belongs to one boot of the PLC.
#[derive(Debug)]
struct Session {
    plc_boot: u16,
    /// The map that the PLC's program is made for.
    version: MapVersion,
    /// The last code taken; `None` until a code block was looked at.
    code_taken: Option<u16>,
    event_taken: u16,
    result_head: u16,
    first_sequence: u16,
    /// The PLC has echoed a command of this session.
    echoed: bool,
}

/// The bridge's side of the handshake.
#[derive(Debug)]
pub struct Handshake {
    heartbeat_timeout: Duration,
    bridge_boot: u16,
    heartbeat: u16,
    sequence: u16,
    session: Option<Session>,
    resumes: Option<Resume>,
    encoder: Unwrapped,
    plc_heartbeat: Option<(u16, Duration)>,
    ring: [PlcResult; RING],
    /// Oldest first; the newest has the number `result_head`.
    in_flight: VecDeque<Sent>,
    waiting: VecDeque<Delivery>,
    /// How many results PLCs have taken.
    taken: u64,
}

impl Handshake {
    /// A handshake with a PLC that was not met yet. `bridge_boot` is any number that the last
    /// start of the bridge did not have.
    pub fn new(bridge_boot: u16, heartbeat_timeout: Duration) -> Self {
        Self {
            heartbeat_timeout,
            bridge_boot,
            heartbeat: 0,
            sequence: 0,
            session: None,
            resumes: None,
            encoder: Unwrapped::default(),
            plc_heartbeat: None,
            ring: [PlcResult::default(); RING],
            in_flight: VecDeque::with_capacity(RING),
            waiting: VecDeque::with_capacity(MOST_WAITING),
            taken: 0,
        }
    }

    /// Goes on where an earlier process of the bridge was: with this boot of the PLC, after this
    /// event, at this raw and unwrapped count of the encoder. If the PLC was restarted meanwhile,
    /// the first status block shows it. PLCs had taken so many results, and these may have been
    /// sent since.
    pub fn resume(&mut self, at: &Resume, taken: u64, in_flight: impl Iterator<Item = Sent>) {
        self.encoder = Unwrapped::starting(at.encoder, at.count);
        self.resumes = Some(*at);
        self.taken = taken;
        self.in_flight.extend(in_flight);
    }

    /// Takes a status block that was read at `at`; `heard` is filled anew.
    pub fn status(&mut self, status: &Status, at: Duration, heard: &mut Heard) {
        heard.is_fresh = self.plc_heartbeat.is_none_or(|(seen, _)| seen != status.heartbeat);
        heard.was_cut_off = !self.plc_alive(at);
        if heard.is_fresh {
            self.plc_heartbeat = Some((status.heartbeat, at));
        }
        heard.acknowledged.clear();
        heard.restarted = self.meet(status, &mut heard.acknowledged);
        heard.count = self.encoder.advance(status.encoder);
        heard.events_lost = self.take_events(status, &mut heard.edges);
        self.take_acknowledgements(status, &mut heard.acknowledged);
    }

    /// Takes a code block that was read before the newest status block; `heard` is filled anew.
    ///
    /// The ring of codes belongs to a start of the PLC as the ring of events does. Codes of another
    /// start are left alone: either it has ended, or the next status block shows it. Codes that
    /// stand in the ring when the bridge first looks are passed over, as those events are.
    pub fn codes(&mut self, block: &CodeBlock, heard: &mut HeardCodes) {
        heard.codes.clear();
        heard.lost = 0;
        let Some(session) = self.session.as_mut().filter(|met| met.plc_boot == block.plc_boot)
        else {
            return;
        };
        let taken = session.code_taken.replace(block.code_head).unwrap_or(block.code_head);
        let fresh = ahead(block.code_head, taken);
        if fresh >= RAN_BACK {
            return;
        }
        for back in (0..fresh.min(CODE_RING as u16)).rev() {
            let number = block.code_head.wrapping_sub(back);
            let told = block.codes[slot(number, CODE_RING)];
            if told.number == number {
                heard.codes.push((told, self.encoder.near(told.encoder)));
            }
        }
        heard.lost = fresh - heard.codes.len() as u16;
    }

    /// Whether the PLC's heartbeat counts.
    pub fn plc_alive(&self, now: Duration) -> bool {
        self.plc_heartbeat.is_some_and(|(_, at)| now.saturating_sub(at) < self.heartbeat_timeout)
    }

    /// Queues a result. It replaces one for the same item that still waits.
    pub fn offer(&mut self, delivery: Delivery) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.item == delivery.item)
        {
            *waiting = delivery;
            return;
        }
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(delivery);
    }

    /// The next command block; `None` before the PLC was met.
    pub fn command(&mut self, flags: Flags) -> Option<Command> {
        let session = self.session.as_mut()?;
        self.heartbeat = self.heartbeat.wrapping_add(1);
        self.sequence = self.sequence.wrapping_add(1);
        while self.in_flight.len() < RING
            && let Some(delivery) = self.waiting.pop_front()
        {
            session.result_head = session.result_head.wrapping_add(1);
            self.ring[slot(session.result_head, RING)] = delivery.result;
            let nth = self.taken + self.in_flight.len() as u64 + 1;
            self.in_flight.push_back(Sent { nth, sequence: self.sequence, delivery });
        }
        Some(Command {
            version: session.version,
            heartbeat: self.heartbeat,
            inspector_alive: flags.inspector_alive,
            inspector_ready: flags.inspector_ready,
            fall_back_in_effect: flags.cause != CAUSE_NONE,
            result_overrun: !self.waiting.is_empty(),
            results_valid: !self.in_flight.is_empty(),
            direct: flags.outputs.is_some(),
            blind: flags.blind,
            bridge_boot: self.bridge_boot,
            event_taken: session.event_taken,
            result_head: session.result_head,
            own_fall_back: flags.own_fall_back,
            cause: flags.cause,
            outputs: flags.outputs.unwrap_or(0),
            items: flags.items,
            results: self.ring,
            sequence: self.sequence,
        })
    }

    /// Whether a result waits that the next command block has room for.
    pub fn has_news(&self) -> bool {
        self.session.is_some() && !self.waiting.is_empty() && self.in_flight.len() < RING
    }

    /// The results that stand in a command block for the first time in the newest one.
    pub fn newly_sent(&self) -> impl Iterator<Item = &Sent> {
        self.in_flight.iter().filter(|sent| sent.sequence == self.sequence)
    }

    /// How many results PLCs have taken, as far as is known.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Begins a session when the PLC's boot is a new one; says whether there was another before. A
    /// bridge that goes on in the PLC's session is told what was taken of what it had in flight.
    fn meet(&mut self, status: &Status, acknowledged: &mut Vec<Delivery>) -> bool {
        let known = self.session.as_ref().map(|session| (session.plc_boot, session.event_taken));
        let resume = self.resumes.take();
        let resumes = resume.map(|at| (at.plc_boot, at.event_taken));
        let goes_on = |(plc_boot, event_taken)| {
            plc_boot == status.plc_boot && ahead(status.event_head, event_taken) < RAN_BACK
        };
        if known.is_some_and(goes_on) {
            if let Some(session) = &mut self.session {
                session.version = status.version;
            }
            return false;
        }
        let resumed = resumes.filter(|at| goes_on(*at));
        let restarted = known.or(resumes).is_some() && resumed.is_none();
        if restarted {
            self.bridge_boot = self.bridge_boot.wrapping_add(1);
        }
        if resumed.is_none() {
            // A restarted encoder goes on from the count that was known: it does not jump.
            self.encoder = Unwrapped::starting(status.encoder, self.encoder.count());
        } else {
            let echo = status.sequence_echo;
            let is_taken = |sent: &&Sent| ahead(echo, sent.sequence) < ECHO_WINDOW;
            let taken = self.in_flight.iter().take_while(is_taken).count();
            self.acknowledge(taken, acknowledged);
        }
        self.in_flight.clear();
        if restarted {
            self.waiting.clear();
        }
        self.ring = [PlcResult::default(); RING];
        self.sequence = status.sequence_echo.wrapping_add(SEQUENCE_JUMP);
        self.session = Some(Session {
            plc_boot: status.plc_boot,
            version: status.version,
            code_taken: match resumed {
                Some(_) => resume.and_then(|at| at.code_taken),
                None => restarted.then_some(0),
            },
            event_taken: match resumed {
                Some((_, event_taken)) => event_taken,
                None if restarted => 0,
                None => status.event_head,
            },
            result_head: 0,
            first_sequence: self.sequence,
            echoed: false,
        });
        restarted
    }

    /// How far the bridge has come with the PLC; before it was met, how far the earlier process had.
    pub fn progress(&self, encoder: u32) -> Option<Resume> {
        let Some(session) = &self.session else { return self.resumes };
        let (plc_boot, event_taken) = (session.plc_boot, session.event_taken);
        let (count, code_taken) = (self.encoder.count(), session.code_taken);
        Some(Resume { plc_boot, event_taken, encoder, count, code_taken })
    }

    /// The number that the PLC knows this start of the bridge by.
    pub fn bridge_boot(&self) -> u16 {
        self.bridge_boot
    }

    /// The events since the last status block; says how many were overwritten before.
    fn take_events(&mut self, status: &Status, edges: &mut Vec<Edge>) -> u16 {
        let session = self.session.as_mut().expect("the PLC was met just above");
        let fresh = ahead(status.event_head, session.event_taken);
        let lost = fresh.saturating_sub(EVENT_RING as u16);
        session.event_taken = status.event_head;
        edges.clear();
        let fresh = (0..fresh - lost)
            .rev()
            .map(|back| status.events[slot(status.event_head.wrapping_sub(back), EVENT_RING)]);
        edges.extend(fresh.filter_map(|event| self.edge(event)));
        lost
    }

    fn edge(&self, event: LineEvent) -> Option<Edge> {
        Some(Edge {
            eye: event.eye?,
            acquisition: event.acquisition,
            trailing: event.trailing,
            backward: event.backward,
            count: self.encoder.near(event.encoder),
        })
    }

    fn take_acknowledgements(&mut self, status: &Status, acknowledged: &mut Vec<Delivery>) {
        let session = self.session.as_mut().expect("the PLC was met just above");
        session.echoed |= in_window(status.sequence_echo, session.first_sequence, self.sequence);
        if !session.echoed {
            return;
        }
        let before_flight = session.result_head.wrapping_sub(self.in_flight.len() as u16);
        if !in_window(status.result_taken, before_flight, session.result_head) {
            return;
        }
        let taken = ahead(status.result_taken, before_flight);
        self.acknowledge(usize::from(taken), acknowledged);
    }

    /// The PLC has taken so many of the results in flight.
    fn acknowledge(&mut self, taken: usize, acknowledged: &mut Vec<Delivery>) {
        self.taken += taken as u64;
        acknowledged.extend(self.in_flight.drain(..taken).map(|sent| sent.delivery));
    }
}

#[cfg(test)]
mod tests;
