//! The two blocks of Modbus holding registers that the bridge and the PLC share.
//!
//! * **Status block** (PLC to bridge): the PLC's heartbeat, the encoder, and a ring of the last
//!   [`RING`] **line events** (an eye saw an edge), each numbered and with the encoder latched at
//!   the edge. A missed poll loses nothing as long as fewer than [`RING`] events came meanwhile.
//! * **Command block** (bridge to PLC): the bridge's heartbeat, and a ring of the last [`RING`]
//!   **results** (what to do with an item), each numbered. It is written in one
//!   `write_multiple_registers` a cycle, with the sequence number last, so that a PLC that scans
//!   in the middle of a write sees the old sequence and waits.
//!
//! Each side acknowledges the other's ring by the number of the last entry that it took. A number
//! counts up by one from 1 and wraps from 65,535 to 0; entry `n` stands in slot `n % RING`.
//! 32-bit values stand high word first.
//!
//! **When a side starts anew.** The ring of line events belongs to `plc_boot`: a PLC that starts
//! picks another `plc_boot` and numbers its events from 1 again. The ring of results belongs to
//! `bridge_boot`: a PLC that sees another `bridge_boot` sets its `result_taken` to 0 and forgets
//! no item. The bridge picks another `bridge_boot` at its own start and whenever `plc_boot`
//! changes, so both rings always start empty together. The bridge believes `result_taken` only
//! after `sequence_echo` has shown a command of this `bridge_boot`. A PLC sets `sequence_echo`
//! and `result_taken` in the same scan, takes at most [`RING`] results a command, acknowledges
//! results whose acquisition id it does not know and ignores them, and lets a later result for
//! the same item replace an earlier one until its own commit point.
//!
//! Both directions are public: the bridge decodes [`Status`] and encodes [`Command`], a PLC made
//! in software (the twin's) does the reverse with the same types.

mod page;

pub use page::page;

use thiserror::Error;

use crate::protocol::Check;

/// Version of this map; stands in the first register of both blocks.
pub const MAP_VERSION: u16 = 1;
/// Entries in each ring.
pub const RING: usize = 8;

/// Registers of one line event in the status block.
const EVENT_WORDS: usize = 4;
/// Registers of one result in the command block.
const RESULT_WORDS: usize = 4;

/// First register of the ring of line events.
const EVENTS_AT: usize = 10;
/// First register of the ring of results.
const RESULTS_AT: usize = 6;
/// The command block's last register.
const SEQUENCE_AT: usize = RESULTS_AT + RING * RESULT_WORDS;

/// Number of registers in the status block.
pub const STATUS_LEN: usize = EVENTS_AT + RING * EVENT_WORDS;
/// Number of registers in the command block.
pub const COMMAND_LEN: usize = SEQUENCE_AT + 1;

/// [`PlcResult::source`]: the slot was never used.
pub const SOURCE_UNUSED: u16 = 0;
/// [`PlcResult::source`]: inspectd's verdict.
pub const SOURCE_VERDICT: u16 = 1;
/// [`PlcResult::source`]: the bridge's fall-back.
pub const SOURCE_FALL_BACK: u16 = 2;

/// What the PLC says, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Register 1: counts up once a scan.
    pub heartbeat: u16,
    /// Register 2: a number the PLC picks at its start, so that a restart is noticed.
    pub plc_boot: u16,
    /// Register 3, bit 0: the belt runs.
    pub belt_running: bool,
    /// Register 3, bit 1: the PLC holds the bridge for dead and falls back by itself.
    pub bridge_lost: bool,
    /// Registers 4 and 5: the encoder's count now, wrapping.
    pub encoder: u32,
    /// Register 6: sequence number of the last command block taken.
    pub sequence_echo: u16,
    /// Register 7: number of the last result taken.
    pub result_taken: u16,
    /// Register 8: events that were overwritten before the bridge took them, wrapping; for people
    /// at the PLC. The bridge counts for itself, from `event_head`.
    pub event_overruns: u16,
    /// Register 9: number of the newest line event; 0 before the first.
    pub event_head: u16,
    /// Registers 10 to 41: the ring of line events, by slot.
    pub events: [LineEvent; RING],
}

/// An eye saw the leading edge of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineEvent {
    /// First register, high byte 1: entry eye, 2: exit eye, 3: lane eye with the lane in the low
    /// byte; 0: the slot was never used.
    pub eye: Option<Eye>,
    /// Second register: at the entry eye the acquisition id, which pairs the item with its
    /// result; 0 at the other eyes.
    pub acquisition: u16,
    /// Third and fourth register: the encoder's count, latched at the edge.
    pub encoder: u32,
}

/// A photo-eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eye {
    /// Before the tunnel.
    Entry,
    /// At the belt's end: the item passed.
    Exit,
    /// In a diverter's lane: the item was diverted.
    Lane(u8),
}

/// What the bridge says, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// Register 1: counts up once a cycle.
    pub heartbeat: u16,
    /// Register 2, bit 0: inspectd's heartbeat counts.
    pub inspector_alive: bool,
    /// Register 2, bit 1: inspectd can inspect.
    pub inspector_ready: bool,
    /// Register 2, bit 2: the last decision was a fall-back.
    pub fall_back_in_effect: bool,
    /// Register 2, bit 3: results wait because the ring is full of results that the PLC has not
    /// taken.
    pub result_overrun: bool,
    /// Register 3: a number the bridge picks at its start, so that a restart is noticed.
    pub bridge_boot: u16,
    /// Register 4: number of the last line event taken.
    pub event_taken: u16,
    /// Register 5: number of the newest result; 0 before the first.
    pub result_head: u16,
    /// Registers 6 to 37: the ring of results, by slot.
    pub results: [PlcResult; RING],
    /// Register 38, the last: counts up once a cycle.
    pub sequence: u16,
}

/// What to do with one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlcResult {
    /// First register: the acquisition id of the item.
    pub acquisition: u16,
    /// Second register: 0 stays on the belt, n goes into lane n.
    pub lane: u16,
    /// Third register: why, one bit a check: 0 damage, 1 identity, 2 label, 3 hold.
    pub reasons: u16,
    /// Fourth register: 0 unused, 1 verdict of the inspection, 2 fall-back.
    pub source: u16,
}

/// Why a block could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The number of registers is wrong.
    #[error(
        "the {block} block has {expected} registers, but {got} came: read or write it whole, in \
         one request"
    )]
    Length {
        /// `status` or `command`.
        block: &'static str,
        /// How many it has.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// The first register does not hold this map's version.
    #[error(
        "the {block} block's first register should hold map version {MAP_VERSION} but holds \
         {got}: check the block's base address in [plc], that the PLC program runs, and that it \
         is made for this version"
    )]
    MapVersion {
        /// `status` or `command`.
        block: &'static str,
        /// What stands there.
        got: u16,
    },
    /// An entry of the event ring names an eye that this map does not have.
    #[error(
        "slot {slot} of the event ring names eye {code}, which this map does not have (1 entry, \
         2 exit, 3 lane): correct the PLC program"
    )]
    Eye {
        /// The slot, from 0.
        slot: usize,
        /// The code found.
        code: u8,
    },
}

/// The bits of [`PlcResult::reasons`] for these checks.
pub fn reason_bits(checks: &[Check]) -> u16 {
    checks.iter().fold(0, |bits, check| {
        bits | match check {
            Check::Damage => 1,
            Check::Identity => 2,
            Check::Label => 4,
            Check::Hold => 8,
        }
    })
}

/// The slot in which entry `number` of a ring stands.
pub fn slot(number: u16) -> usize {
    usize::from(number) % RING
}

impl Status {
    /// The block's registers, in order.
    pub fn encode(&self) -> [u16; STATUS_LEN] {
        let mut words = [0; STATUS_LEN];
        words[0] = MAP_VERSION;
        words[1] = self.heartbeat;
        words[2] = self.plc_boot;
        words[3] = flags([self.belt_running, self.bridge_lost]);
        words[4..6].copy_from_slice(&halves(self.encoder));
        words[6] = self.sequence_echo;
        words[7] = self.result_taken;
        words[8] = self.event_overruns;
        words[9] = self.event_head;
        for (words, event) in words[EVENTS_AT..].chunks_exact_mut(EVENT_WORDS).zip(&self.events) {
            words.copy_from_slice(&event.encode());
        }
        words
    }

    /// Reads a whole block; `Err` says what is wrong with it and what to check.
    pub fn decode(words: &[u16]) -> Result<Self, DecodeError> {
        let words: &[u16; STATUS_LEN] = whole("status", words)?;
        let mut events = [LineEvent::default(); RING];
        for (slot, words) in words[EVENTS_AT..].chunks_exact(EVENT_WORDS).enumerate() {
            events[slot] = LineEvent::decode(slot, words)?;
        }
        Ok(Self {
            heartbeat: words[1],
            plc_boot: words[2],
            belt_running: bit(words[3], 0),
            bridge_lost: bit(words[3], 1),
            encoder: joined(words[4], words[5]),
            sequence_echo: words[6],
            result_taken: words[7],
            event_overruns: words[8],
            event_head: words[9],
            events,
        })
    }
}

impl LineEvent {
    fn encode(&self) -> [u16; EVENT_WORDS] {
        let eye = match self.eye {
            None => 0,
            Some(Eye::Entry) => 0x0100,
            Some(Eye::Exit) => 0x0200,
            Some(Eye::Lane(lane)) => 0x0300 | u16::from(lane),
        };
        let [high, low] = halves(self.encoder);
        [eye, self.acquisition, high, low]
    }

    fn decode(slot: usize, words: &[u16]) -> Result<Self, DecodeError> {
        let [code, lane] = words[0].to_be_bytes();
        let eye = match code {
            0 => None,
            1 => Some(Eye::Entry),
            2 => Some(Eye::Exit),
            3 => Some(Eye::Lane(lane)),
            code => return Err(DecodeError::Eye { slot, code }),
        };
        Ok(Self { eye, acquisition: words[1], encoder: joined(words[2], words[3]) })
    }
}

impl Command {
    /// The block's registers, in order.
    pub fn encode(&self) -> [u16; COMMAND_LEN] {
        let mut words = [0; COMMAND_LEN];
        words[0] = MAP_VERSION;
        words[1] = self.heartbeat;
        words[2] = flags([
            self.inspector_alive,
            self.inspector_ready,
            self.fall_back_in_effect,
            self.result_overrun,
        ]);
        words[3] = self.bridge_boot;
        words[4] = self.event_taken;
        words[5] = self.result_head;
        let ring = &mut words[RESULTS_AT..SEQUENCE_AT];
        for (words, result) in ring.chunks_exact_mut(RESULT_WORDS).zip(&self.results) {
            words.copy_from_slice(&[
                result.acquisition,
                result.lane,
                result.reasons,
                result.source,
            ]);
        }
        words[SEQUENCE_AT] = self.sequence;
        words
    }

    /// Reads a whole block; `Err` says what is wrong with it and what to check.
    pub fn decode(words: &[u16]) -> Result<Self, DecodeError> {
        let words: &[u16; COMMAND_LEN] = whole("command", words)?;
        let mut results = [PlcResult::default(); RING];
        let ring = &words[RESULTS_AT..SEQUENCE_AT];
        for (result, words) in results.iter_mut().zip(ring.chunks_exact(RESULT_WORDS)) {
            *result = PlcResult {
                acquisition: words[0],
                lane: words[1],
                reasons: words[2],
                source: words[3],
            };
        }
        Ok(Self {
            heartbeat: words[1],
            inspector_alive: bit(words[2], 0),
            inspector_ready: bit(words[2], 1),
            fall_back_in_effect: bit(words[2], 2),
            result_overrun: bit(words[2], 3),
            bridge_boot: words[3],
            event_taken: words[4],
            result_head: words[5],
            results,
            sequence: words[SEQUENCE_AT],
        })
    }
}

/// Checks a block's length and map version.
fn whole<'w, const N: usize>(
    block: &'static str,
    words: &'w [u16],
) -> Result<&'w [u16; N], DecodeError> {
    let words: &[u16; N] = words.try_into().map_err(|_| DecodeError::Length {
        block,
        expected: N,
        got: words.len(),
    })?;
    match words[0] {
        MAP_VERSION => Ok(words),
        got => Err(DecodeError::MapVersion { block, got }),
    }
}

fn flags<const N: usize>(bits: [bool; N]) -> u16 {
    bits.iter().enumerate().fold(0, |word, (place, set)| word | u16::from(*set) << place)
}

fn bit(word: u16, place: u16) -> bool {
    word >> place & 1 == 1
}

fn halves(value: u32) -> [u16; 2] {
    [(value >> 16) as u16, value as u16]
}

fn joined(high: u16, low: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}

#[cfg(test)]
mod tests;
