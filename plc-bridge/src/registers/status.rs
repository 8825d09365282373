//! The status block: what the PLC says.

use super::{DecodeError, MapVersion, Order, bit, flags, halves, joined, whole};
use line::config::STATUS_REGISTERS;
pub use line::protocol::Eye;

/// Entries in the ring of line events: half a second of a busy line, so that a bridge that was
/// killed and started again has missed nothing. A power of two, so that slots stay in step when the
/// numbers wrap; the next one would not fit into one Modbus request.
pub const EVENT_RING: usize = 16;
/// Registers of one line event.
pub(super) const EVENT_WORDS: usize = 4;
/// First register of the encoder's count.
const ENCODER_AT: usize = 5;
/// First register of the ring of line events.
const EVENTS_AT: usize = 11;
/// Number of registers in the status block.
pub const STATUS_LEN: usize = EVENTS_AT + EVENT_RING * EVENT_WORDS;

const _: () = assert!(STATUS_LEN == STATUS_REGISTERS as usize);

/// What the PLC says, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Register 0: the version of the map that the PLC program is made for.
    pub version: MapVersion,
    /// Register 1: counts up once a scan.
    pub heartbeat: u16,
    /// Register 2: a number the PLC picks at its start, so that a restart is noticed.
    pub plc_boot: u16,
    /// Register 3, bit 0: the belt runs.
    pub belt_running: bool,
    /// Register 3, bit 1: the PLC holds the bridge for dead and falls back by itself.
    pub bridge_lost: bool,
    /// Register 3, bit 2: the PLC has stopped the belt because a result asked for it, and waits
    /// for an operator.
    pub stopped_for_item: bool,
    /// Register 4: what this PLC program can do.
    pub capabilities: Capabilities,
    /// Registers 5 and 6: the encoder's count now, wrapping.
    pub encoder: u32,
    /// Register 7: sequence number of the last command block taken.
    pub sequence_echo: u16,
    /// Register 8: number of the last result taken.
    pub result_taken: u16,
    /// Register 9: events that were overwritten before the bridge took them, wrapping; for people
    /// at the PLC. The bridge counts for itself, from `event_head`.
    pub event_overruns: u16,
    /// Register 10: number of the newest line event; 0 before the first.
    pub event_head: u16,
    /// The rest: the ring of line events, by slot.
    pub events: [LineEvent; EVENT_RING],
}

/// What a PLC program can do, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Bit 0: it reports trailing edges, so that lengths and gaps are known.
    pub trailing_edges: bool,
    /// Bit 1: it says which way the belt ran at an edge.
    pub direction: bool,
    /// Bit 2: it stops the belt when a result asks for it.
    pub stops_belt: bool,
    /// Bit 3: it obeys [`BlindOrder`](super::BlindOrder).
    pub obeys_blind: bool,
    /// Bit 4: `belt_running` follows the drive, so that it can be held against the encoder.
    pub run_signal: bool,
    /// Bit 5, from map version 3 on: it tells what items are, in the code block.
    pub item_codes: bool,
}

/// An eye saw the edge of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineEvent {
    /// First register, bits 8 to 13: 1 entry eye, 2 exit eye, 3 lane eye with the lane in the low
    /// byte, 4 mid-belt eye with its number from 1 in the low byte; 0: the slot was never used.
    pub eye: Option<Eye>,
    /// First register, bit 15: the trailing edge, the eye is free again.
    pub trailing: bool,
    /// First register, bit 14: the belt ran backwards at the edge.
    pub backward: bool,
    /// Second register: at the entry eye the acquisition id, which pairs the item with its
    /// result, on both of its edges. At a mid-belt eye the id of an item that the PLC did not know
    /// and has numbered there. Else 0.
    pub acquisition: u16,
    /// Third and fourth register: the encoder's count, latched at the edge.
    pub encoder: u32,
}

impl Status {
    /// The block's registers.
    pub fn encode(&self, order: Order) -> [u16; STATUS_LEN] {
        let mut words = [0; STATUS_LEN];
        words[0] = self.version.number();
        words[1] = self.heartbeat;
        words[2] = self.plc_boot;
        words[3] = flags([self.belt_running, self.bridge_lost, self.stopped_for_item]);
        words[4] = self.capabilities.encode();
        words[ENCODER_AT..ENCODER_AT + 2].copy_from_slice(&halves(self.encoder));
        words[7] = self.sequence_echo;
        words[8] = self.result_taken;
        words[9] = self.event_overruns;
        words[10] = self.event_head;
        for (words, event) in words[EVENTS_AT..].chunks_exact_mut(EVENT_WORDS).zip(&self.events) {
            words.copy_from_slice(&event.encode());
        }
        order.arrange(&mut words, doubles());
        words
    }

    /// Reads a whole block; `Err` says what is wrong with it and what to check.
    pub fn decode(words: &[u16], order: Order) -> Result<Self, DecodeError> {
        let (words, version) = whole::<STATUS_LEN>("status", words, order, doubles())?;
        let mut events = [LineEvent::default(); EVENT_RING];
        for (slot, words) in words[EVENTS_AT..].chunks_exact(EVENT_WORDS).enumerate() {
            events[slot] = LineEvent::decode(slot, words)?;
        }
        Ok(Self {
            version,
            heartbeat: words[1],
            plc_boot: words[2],
            belt_running: bit(words[3], 0),
            bridge_lost: bit(words[3], 1),
            stopped_for_item: bit(words[3], 2),
            capabilities: Capabilities::decode(words[4], version),
            encoder: joined(words[ENCODER_AT], words[ENCODER_AT + 1]),
            sequence_echo: words[7],
            result_taken: words[8],
            event_overruns: words[9],
            event_head: words[10],
            events,
        })
    }
}

/// Offsets of the block's 32-bit values.
fn doubles() -> impl Iterator<Item = usize> {
    let in_events = (0..EVENT_RING).map(|slot| EVENTS_AT + slot * EVENT_WORDS + 2);
    std::iter::once(ENCODER_AT).chain(in_events)
}

impl Capabilities {
    fn encode(self) -> u16 {
        flags([
            self.trailing_edges,
            self.direction,
            self.stops_belt,
            self.obeys_blind,
            self.run_signal,
            self.item_codes,
        ])
    }

    fn decode(word: u16, version: MapVersion) -> Self {
        Self {
            trailing_edges: bit(word, 0),
            direction: bit(word, 1),
            stops_belt: bit(word, 2),
            obeys_blind: bit(word, 3),
            run_signal: bit(word, 4),
            item_codes: bit(word, 5) && version >= MapVersion::V3,
        }
    }
}

impl LineEvent {
    fn encode(&self) -> [u16; EVENT_WORDS] {
        let eye = match self.eye {
            None => 0,
            Some(Eye::Entry) => 0x0100,
            Some(Eye::Exit) => 0x0200,
            Some(Eye::Lane(lane)) => 0x0300 | u16::from(lane),
            Some(Eye::Mid(number)) => 0x0400 | u16::from(number),
        };
        let way = u16::from(self.trailing) << 15 | u16::from(self.backward) << 14;
        let [high, low] = halves(self.encoder);
        [eye | way, self.acquisition, high, low]
    }

    fn decode(slot: usize, words: &[u16]) -> Result<Self, DecodeError> {
        let [code, number] = words[0].to_be_bytes();
        let eye = match code & 0x3f {
            0 => None,
            1 => Some(Eye::Entry),
            2 => Some(Eye::Exit),
            3 => Some(Eye::Lane(number)),
            4 => Some(Eye::Mid(number)),
            code => return Err(DecodeError::Eye { slot, code }),
        };
        Ok(Self {
            eye,
            trailing: bit(words[0], 15),
            backward: bit(words[0], 14),
            acquisition: words[1],
            encoder: joined(words[2], words[3]),
        })
    }
}
