//! The reference PLC, by rules 1 to 10 of `REGISTERS.md`: it numbers and follows items, keeps the
//! results, fires the arms at the commit points (mailbox mode) or as it is told (direct mode), and
//! fills the status block. It knows only signals and the encoder, never the bodies.

use line::config::FallBack;
use plc_bridge::registers::{
    BlindOrder, Capabilities, Command, EVENT_RING, Eye, LANE_STOP, LineEvent, OwnFallBack, RING,
    Status, slot,
};

use crate::codes::Codes;
use crate::scenario::{LineSpec, Starts};
use crate::world::Signal;

/// Silence after which the PLC falls back by itself, in milliseconds: rule 8.
const BRIDGE_TIMEOUT_MS: f64 = 500.0;
/// An item that ran back this far before the entry eye is forgotten.
const BEHIND: f64 = 900.0;

#[derive(Debug)]
struct Item {
    acquisition: u16,
    /// Encoder count at which it stood at the entry eye.
    zero: i64,
    /// Known once its trailing edge was seen.
    length: Option<f64>,
    lane: Option<u16>,
    /// By diverter: whether it is pushed there, fixed at the commit point.
    pushed: [Option<bool>; 3],
    /// The operator has looked at it.
    released: bool,
}

#[derive(Debug)]
pub struct Plc<'l> {
    line: &'l LineSpec,
    pub status: Status,
    pub codes: Codes,
    items: Vec<Item>,
    acquisition: u16,
    /// The belt's travel at which this boot's encoder stood at its start, and what it has not counted
    /// since.
    belt_at_boot: f64,
    /// The encoder is dead since this travel: it trembles around its count.
    dead_since: Option<f64>,
    trembles: i64,
    /// The order for a blind line that was obeyed last.
    blind: BlindOrder,
    /// The belt was stopped because the line is blind.
    pub stopped_blind: bool,
    encoder_at_boot: u32,
    count: i64,
    command: Option<Command>,
    seen_command_ms: f64,
    bridge_boot: Option<u16>,
    own: OwnFallBack,
    sequence: Option<u16>,
    /// The item for which the belt was stopped.
    pub stopped_for: Option<u16>,
}

impl<'l> Plc<'l> {
    pub fn new(
        line: &'l LineSpec,
        (boot, seed): (u16, u64),
        starts: Starts,
        belt: f64,
        now_ms: f64,
    ) -> Self {
        let capabilities = Capabilities {
            trailing_edges: line.trailing_edges,
            direction: line.direction,
            stops_belt: true,
            obeys_blind: true,
            run_signal: line.run_signal,
            item_codes: true,
        };
        Self {
            line,
            status: Status {
                plc_boot: boot,
                capabilities,
                event_head: starts.event,
                encoder: starts.encoder,
                ..Status::default()
            },
            // Its numbers start where those of the events do: near their end at times.
            codes: Codes::new(boot, starts.event, seed),
            items: Vec::new(),
            acquisition: starts.acquisition,
            belt_at_boot: belt,
            dead_since: None,
            trembles: 0,
            blind: BlindOrder::None,
            stopped_blind: false,
            encoder_at_boot: starts.encoder,
            count: 0,
            command: None,
            seen_command_ms: now_ms,
            bridge_boot: None,
            // Before the first command block: divert.
            own: OwnFallBack::of(line.diverters.iter().map(|_| FallBack::Divert)),
            sequence: None,
            stopped_for: None,
        }
    }

    /// The bridge has written its block.
    pub fn write(&mut self, command: &Command) {
        self.command = Some(command.clone());
    }

    /// The encoder is dead from now on, or counts again, with the belt at this travel.
    pub fn encoder(&mut self, is_dead: bool, belt: f64) {
        match (is_dead, self.dead_since) {
            (true, None) => self.dead_since = Some(belt),
            (true, Some(_)) => self.trembles = 1 - self.trembles,
            (false, Some(since)) => {
                self.belt_at_boot += belt - since;
                self.dead_since = None;
                self.trembles = 0;
            }
            (false, None) => {}
        }
    }

    /// The drive runs the belt, or lets it stand.
    pub fn drive(&mut self, runs: bool) {
        self.status.belt_running = runs && self.line.run_signal;
    }

    /// The encoder's count at this travel of the belt, as it stands in the registers.
    pub fn raw(&self, belt: f64) -> u32 {
        self.encoder_at_boot.wrapping_add(self.count_at(belt) as u32)
    }

    /// One scan. Each event that is written is told with the body that caused it.
    pub fn scan(
        &mut self,
        now_ms: f64,
        belt: f64,
        signals: &[Signal],
        told: &mut Vec<(LineEvent, usize)>,
    ) {
        self.count = self.count_at(belt);
        self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
        self.status.encoder = self.raw(belt);
        for signal in signals {
            self.see(signal, now_ms, told);
        }
        self.codes.scan(now_ms);
        self.take_command(now_ms);
        self.status.bridge_lost = now_ms - self.seen_command_ms > BRIDGE_TIMEOUT_MS;
        self.commit();
        let (end, mm) = (self.line.end() + self.line.tolerance, self.line.mm_per_count);
        let count = self.count;
        self.items.retain(|item| (-BEHIND..end).contains(&((count - item.zero) as f64 * mm)));
    }

    /// The operator lets the belt go on.
    pub fn release(&mut self) {
        self.stopped_blind = false;
        let stopped_for = self.stopped_for.take();
        self.status.stopped_for_item = false;
        if let Some(item) = self.items.iter_mut().find(|item| Some(item.acquisition) == stopped_for)
        {
            item.released = true;
        }
    }

    /// Where each arm is to be.
    pub fn arms(&self, arms: &mut Vec<bool>) {
        arms.clear();
        for (index, spec) in self.line.diverters.iter().enumerate() {
            if index == 0 && self.blind == BlindOrder::Divert && !self.status.bridge_lost {
                arms.push(true);
                continue;
            }
            let by_bridge = self.command.as_ref().filter(|_| self.line.direct);
            if let Some(command) = by_bridge.filter(|_| !self.status.bridge_lost) {
                arms.push(command.outputs >> index & 1 == 1);
                continue;
            }
            if self.line.direct {
                arms.push(self.own.diverter(index) == FallBack::Divert);
                continue;
            }
            let ways = self.items.iter().filter_map(|item| {
                let at = self.at(item);
                let length = item.length.unwrap_or(0.0);
                let is_near =
                    at >= spec.commit && at - length.min(spec.hold) <= spec.arm + spec.hold;
                item.pushed[index].filter(|pushed| {
                    if *pushed { is_near && at <= spec.arm + spec.hold } else { is_near }
                })
            });
            let (mut out, mut is_known) = (false, false);
            for way in ways {
                out |= way;
                is_known = true;
            }
            // What this boot has not seen at the entry eye falls back (rule 6).
            let unseen = (self.count as f64 * self.line.mm_per_count) < spec.commit;
            let purge = unseen && !is_known && self.own.diverter(index) == FallBack::Divert;
            arms.push(out || purge && self.status.plc_boot != FIRST_BOOT);
        }
    }

    fn count_at(&self, belt: f64) -> i64 {
        let (belt, trembles) = match self.dead_since {
            Some(since) => (since.min(belt), self.trembles),
            None => (belt, 0),
        };
        trembles + ((belt - self.belt_at_boot) / self.line.mm_per_count).floor() as i64
    }

    fn at(&self, item: &Item) -> f64 {
        (self.count - item.zero) as f64 * self.line.mm_per_count
    }

    fn see(&mut self, signal: &Signal, now_ms: f64, told: &mut Vec<(LineEvent, usize)>) {
        let count = self.count_at(signal.belt);
        let mids = self.line.mids.len();
        let last = self.acquisition;
        let (eye, acquisition) = match signal.eye {
            0 => (Eye::Entry, self.at_entry(signal, count)),
            number if number <= mids => (Eye::Mid(number as u8), self.at_mid(signal, count)),
            number if number == mids + 1 => (Eye::Exit, 0),
            number => (Eye::Lane(self.line.diverters[number - mids - 2].lane), 0),
        };
        if !signal.covered && !self.line.trailing_edges {
            return;
        }
        let event = LineEvent {
            eye: Some(eye),
            trailing: !signal.covered,
            backward: signal.backward && self.line.direction,
            acquisition: if self.line.gives_ids { acquisition } else { 0 },
            encoder: self.raw(signal.belt),
        };
        self.status.event_head = self.status.event_head.wrapping_add(1);
        self.status.events[slot(self.status.event_head, EVENT_RING)] = event;
        if self.acquisition != last {
            self.codes.numbered(event.acquisition, event.encoder, signal.body, now_ms);
        }
        told.push((event, signal.body));
    }

    /// The known item whose leading edge (or, with its length, trailing edge) is within the
    /// tolerance of `place`.
    fn nearest(&self, count: i64, place: f64, by_end: bool) -> Option<usize> {
        let off = |item: &Item| {
            let lead = (count - item.zero) as f64 * self.line.mm_per_count;
            let edge = if by_end { lead - item.length? } else { lead };
            Some((edge - place).abs())
        };
        let offs = self.items.iter().enumerate().filter_map(|(i, item)| Some((i, off(item)?)));
        let nearest = offs.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (nearest.1 <= self.line.tolerance).then_some(nearest.0)
    }

    fn at_entry(&mut self, signal: &Signal, count: i64) -> u16 {
        let is_lead = signal.covered != signal.backward;
        let mm = self.line.mm_per_count;
        if is_lead {
            if let Some(index) = self.nearest(count, 0.0, false) {
                return self.items[index].acquisition;
            }
            return if signal.backward { 0 } else { self.number(count) };
        }
        if signal.backward {
            return self.nearest(count, 0.0, true).map_or(0, |index| self.items[index].acquisition);
        }
        // The eye is free again: that was the last item that entered.
        let last = self.items.iter_mut().filter(|item| item.zero <= count);
        let Some(item) = last.max_by_key(|item| item.zero) else { return 0 };
        item.length = Some((count - item.zero) as f64 * mm);
        item.acquisition
    }

    fn at_mid(&mut self, signal: &Signal, count: i64) -> u16 {
        if !signal.covered || signal.backward {
            return 0;
        }
        let place = self.line.mids[signal.eye - 1];
        let zero = count - (place / self.line.mm_per_count).round() as i64;
        if let Some(index) = self.nearest(count, place, false) {
            self.items[index].zero = zero;
            return 0;
        }
        if self.line.direct {
            // The bridge follows the items; this PLC numbers what enters, no more.
            return 0;
        }
        self.number(zero)
    }

    fn number(&mut self, zero: i64) -> u16 {
        self.acquisition = if self.acquisition == u16::MAX { 1 } else { self.acquisition + 1 };
        self.items.push(Item {
            acquisition: self.acquisition,
            zero,
            length: None,
            lane: None,
            pushed: [None; 3],
            released: false,
        });
        self.acquisition
    }

    fn take_command(&mut self, now_ms: f64) {
        let Some(command) = &self.command else { return };
        if self.sequence == Some(command.sequence) {
            return;
        }
        self.sequence = Some(command.sequence);
        self.seen_command_ms = now_ms;
        self.own = command.own_fall_back;
        if command.blind == BlindOrder::Stop && self.blind != BlindOrder::Stop {
            self.stopped_blind = true;
            self.status.stopped_for_item = true;
        }
        self.blind = command.blind;
        if self.bridge_boot.replace(command.bridge_boot) != Some(command.bridge_boot) {
            self.status.result_taken = 0;
        }
        let fresh = command.result_head.wrapping_sub(self.status.result_taken);
        for back in (0..fresh.min(RING as u16)).rev() {
            let number = command.result_head.wrapping_sub(back);
            let result = command.results[slot(number, RING)];
            let known = |item: &&mut Item| item.acquisition == result.acquisition;
            if let Some(item) = self.items.iter_mut().rev().find(known) {
                item.lane = Some(result.lane);
            }
        }
        self.status.result_taken = command.result_head;
        self.status.sequence_echo = command.sequence;
    }

    /// Fixes the way of each item that has come to a commit point.
    fn commit(&mut self) {
        if self.line.direct {
            return;
        }
        let (count, mm, own) = (self.count, self.line.mm_per_count, self.own);
        for item in &mut self.items {
            for (index, spec) in self.line.diverters.iter().enumerate() {
                if item.pushed[index].is_some() || (count - item.zero) as f64 * mm < spec.commit {
                    continue;
                }
                let stops = match item.lane {
                    Some(lane) => lane == LANE_STOP,
                    None => own.diverter(index) == FallBack::Stop,
                };
                item.pushed[index] = Some(match item.lane {
                    Some(lane) => lane == u16::from(spec.lane),
                    None => own.diverter(index) == FallBack::Divert,
                });
                if stops && !item.released {
                    self.stopped_for = Some(item.acquisition);
                    self.status.stopped_for_item = true;
                }
            }
        }
    }
}

/// The boot number of the PLC that was on before anything lay on the belt.
pub const FIRST_BOOT: u16 = 7;
