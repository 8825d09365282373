//! The blocks of Modbus holding registers that the bridge and the PLC share.
//!
//! * **Status block** (PLC to bridge, [`Status`]): the PLC's heartbeat, the encoder, and a ring of
//!   the last [`EVENT_RING`] **line events** (an eye saw an edge), each numbered and with the
//!   encoder latched at the edge. A missed poll loses nothing as long as fewer than
//!   [`EVENT_RING`] events came meanwhile.
//! * **Command block** (bridge to PLC, [`Command`]): the bridge's heartbeat, and a ring of the last
//!   [`RING`] **results** (what to do with an item), each numbered. It is written in one
//!   `write_multiple_registers` a cycle, with the sequence number last, so that a PLC that scans
//!   in the middle of a write sees the old sequence and waits.
//!
//! * **Code block** (PLC to bridge, [`CodeBlock`]): a ring of the last [`CODE_RING`] **codes** (what
//!   an item is), each numbered. It is read only where the line file and the PLC's capabilities say
//!   so, and each time before the status block: an item whose code is told has then entered.
//!
//! Each side acknowledges the other's ring by the number of the last entry that it took. A number
//! counts up by one from 1 and wraps from 65,535 to 0; entry `n` stands in slot `n % ring`.
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
//! **Versions.** Version 3 has the code block and is version 2 besides. The bridge speaks both: it
//! writes the command block in the version that the PLC's status block names.
//!
//! Both directions are public: the bridge decodes [`Status`] and encodes [`Command`], a PLC made
//! in software (the twin's) does the reverse with the same types.

mod codes;
mod command;
mod page;
mod status;

pub use codes::{CODE_LEN, CODE_RING, CODE_TEXT_WORDS, CodeBlock, CodeFault, ToldCode, code_words};
pub use command::{
    BlindOrder, CAUSE_AMBIGUOUS, CAUSE_BRIDGE_RESTARTED, CAUSE_INSPECTOR_DEAD, CAUSE_NO_VERDICT,
    CAUSE_NONE, CAUSE_PLC_LOST, CAUSE_UNINSPECTED, COMMAND_LEN, Command, LANE_STOP, OwnFallBack,
    PlcResult, RING, SOURCE_FALL_BACK, SOURCE_UNUSED, SOURCE_VERDICT, cause_code, reason_bits,
};
pub use page::{Entry, code_entries, command_entries, page, status_entries};
pub use status::{Capabilities, EVENT_RING, Eye, LineEvent, STATUS_LEN, Status};

use thiserror::Error;

use line::config::{ByteOrder, WordOrder};

/// Version of this map; stands in the first register of each block.
pub const MAP_VERSION: u16 = 3;

/// A version of the map that the bridge speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapVersion {
    /// Without the code block.
    V2,
    /// With it, where the PLC's capabilities say so.
    #[default]
    V3,
}

impl MapVersion {
    /// As it stands in the first register of a block.
    pub fn number(self) -> u16 {
        match self {
            Self::V2 => 2,
            Self::V3 => MAP_VERSION,
        }
    }

    /// The version that a first register names.
    pub fn of(number: u16) -> Option<Self> {
        [Self::V2, Self::V3].into_iter().find(|version| version.number() == number)
    }
}

/// How the PLC arranges what is larger than a byte, as the line file has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Order {
    /// Of the two registers of a 32-bit value.
    pub words: WordOrder,
    /// Of the two bytes of a register.
    pub bytes: ByteOrder,
}

impl Order {
    /// Turns a block in the usual order into one in this order, or back: the same swaps do both.
    /// `doubles` are the offsets of the 32-bit values.
    fn arrange(self, words: &mut [u16], doubles: impl Iterator<Item = usize>) {
        if self.words == WordOrder::LowFirst {
            doubles.for_each(|high| words.swap(high, high + 1));
        }
        if self.bytes == ByteOrder::LowFirst {
            words.iter_mut().for_each(|word| *word = word.swap_bytes());
        }
    }
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
        /// `status`, `command` or `code`.
        block: &'static str,
        /// How many it has.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// The first register does not hold a version of this map.
    #[error(
        "the {block} block's first register should hold map version {} but holds {got}: check the \
         block's base address in [plc], that the PLC program runs, and that it is made for this \
         version",
        versions(block)
    )]
    MapVersion {
        /// `status` or `command`.
        block: &'static str,
        /// What stands there.
        got: u16,
    },
    /// The first register holds this map's version with its bytes swapped.
    #[error(
        "the {block} block's bytes stand the other way round: change plc.byte_order in the line \
         file"
    )]
    ByteOrder {
        /// `status` or `command`.
        block: &'static str,
    },
    /// An entry of the event ring names an eye that this map does not have.
    #[error(
        "slot {slot} of the event ring names eye {code}, which this map does not have (1 entry, \
         2 exit, 3 lane, 4 mid-belt): correct the PLC program"
    )]
    Eye {
        /// The slot, from 0.
        slot: usize,
        /// The code found.
        code: u8,
    },
}

/// The versions that a block may be of, in words.
fn versions(block: &str) -> &'static str {
    if block == "code" { "3" } else { "2 or 3" }
}

/// The slot in which entry `number` of a ring of `len` entries stands.
pub fn slot(number: u16, len: usize) -> usize {
    usize::from(number) % len
}

/// Takes a whole block, in the usual order, after a look at its length and map version.
fn whole<const N: usize>(
    block: &'static str,
    words: &[u16],
    order: Order,
    doubles: impl Iterator<Item = usize>,
) -> Result<([u16; N], MapVersion), DecodeError> {
    let mut words: [u16; N] = words.try_into().map_err(|_| DecodeError::Length {
        block,
        expected: N,
        got: words.len(),
    })?;
    order.arrange(&mut words, doubles);
    let got = words[0];
    match (MapVersion::of(got), MapVersion::of(got.swap_bytes())) {
        (Some(version), _) => Ok((words, version)),
        (None, Some(_)) => Err(DecodeError::ByteOrder { block }),
        (None, None) => Err(DecodeError::MapVersion { block, got }),
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
