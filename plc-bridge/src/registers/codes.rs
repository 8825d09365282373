//! The code block: what each item is, as the PLC knows it.

use thiserror::Error;

use super::{DecodeError, MapVersion, Order, halves, joined, whole};
use line::config::{CODE_REGISTERS, ItemCodeKind, WordOrder};
use line::item_code::{ItemCode, ItemCodeError};

/// Entries in the ring of codes. A power of two, so that slots stay in step when the numbers wrap;
/// the next one would not fit into one Modbus request.
pub const CODE_RING: usize = 8;
/// Registers of a code itself.
pub const CODE_TEXT_WORDS: usize = 8;
/// Registers of one entry.
pub(super) const CODE_WORDS: usize = 4 + CODE_TEXT_WORDS;
/// First register of the ring of codes.
const CODES_AT: usize = 3;
/// Number of registers in the code block.
pub const CODE_LEN: usize = CODES_AT + CODE_RING * CODE_WORDS;
/// Registers of a code that is a number.
const NUMBER_WORDS: usize = 4;

const _: () = assert!(CODE_LEN == CODE_REGISTERS as usize);

/// What the PLC tells of items, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeBlock {
    /// Register 1: `plc_boot` of the status block: the ring belongs to this start of the PLC.
    pub plc_boot: u16,
    /// Register 2: number of the newest code; 0 before the first.
    pub code_head: u16,
    /// The rest: the ring of codes, by slot.
    pub codes: [ToldCode; CODE_RING],
}

/// The code of one item. The item is named twice: whoever does not know an item by both does not
/// know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToldCode {
    /// First register: the acquisition id of the item.
    pub acquisition: u16,
    /// Second and third register: the encoder's count in the event that gave the item its id.
    pub encoder: u32,
    /// Fourth to eleventh register: the code. Of text, the first character stands in the first
    /// register's high byte; a number takes the first four registers, the rest is 0.
    pub words: [u16; CODE_TEXT_WORDS],
    /// Last register: the number of this entry, so that one that is half overwritten is noticed.
    pub number: u16,
}

/// Why what stands in a code's registers is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodeFault {
    /// It is no text that an item code can be.
    #[error("{0}")]
    NoCode(#[from] ItemCodeError),
    /// Something stands behind the number: a text, perhaps.
    #[error("the four registers behind a number are not 0, as if it were a text")]
    NoNumber,
    /// The line file asks for no codes.
    #[error("plc.item_code is \"none\"")]
    NotAsked,
}

impl ToldCode {
    /// The code, read as `kind` says.
    ///
    /// # Errors
    /// When no code stands there, or not of this kind.
    pub fn code(&self, kind: ItemCodeKind) -> Result<ItemCode, CodeFault> {
        match kind {
            ItemCodeKind::None => Err(CodeFault::NotAsked),
            ItemCodeKind::Ascii => {
                let mut bytes = [0; 2 * CODE_TEXT_WORDS];
                for (pair, word) in bytes.chunks_exact_mut(2).zip(self.words) {
                    pair.copy_from_slice(&word.to_be_bytes());
                }
                Ok(ItemCode::from_padded(&bytes)?)
            }
            ItemCodeKind::Number => {
                let (number, rest) = self.words.split_at(NUMBER_WORDS);
                if rest.iter().any(|word| *word != 0) {
                    return Err(CodeFault::NoNumber);
                }
                let number = number.iter().fold(0, |sum, word| sum << 16 | u64::from(*word));
                Ok(ItemCode::from_number(number)?)
            }
        }
    }
}

/// The registers of a code, for PLCs made in software; `None` where `kind` has none for it: a text
/// of more than 16 characters, or one that is no number.
pub fn code_words(kind: ItemCodeKind, code: &str) -> Option<[u16; CODE_TEXT_WORDS]> {
    let mut words = [0; CODE_TEXT_WORDS];
    match kind {
        ItemCodeKind::None => return None,
        ItemCodeKind::Ascii => {
            if code.len() > 2 * CODE_TEXT_WORDS {
                return None;
            }
            for (index, byte) in code.bytes().enumerate() {
                words[index / 2] |= u16::from(byte) << if index % 2 == 0 { 8 } else { 0 };
            }
        }
        ItemCodeKind::Number => {
            let number: u64 = code.parse().ok()?;
            for (index, word) in words[..NUMBER_WORDS].iter_mut().enumerate() {
                *word = (number >> (16 * (NUMBER_WORDS - 1 - index))) as u16;
            }
        }
    }
    Some(words)
}

impl CodeBlock {
    /// The block's registers, for codes of this kind.
    pub fn encode(&self, order: Order, kind: ItemCodeKind) -> [u16; CODE_LEN] {
        let mut words = [0; CODE_LEN];
        words[0] = MapVersion::V3.number();
        words[1] = self.plc_boot;
        words[2] = self.code_head;
        let ring = words[CODES_AT..].chunks_exact_mut(CODE_WORDS);
        for (words, told) in ring.zip(&self.codes) {
            words[0] = told.acquisition;
            words[1..3].copy_from_slice(&halves(told.encoder));
            words[3..3 + CODE_TEXT_WORDS].copy_from_slice(&told.words);
            words[CODE_WORDS - 1] = told.number;
        }
        order.arrange(&mut words, doubles());
        arrange_numbers(&mut words, order, kind);
        words
    }

    /// Reads a whole block with codes of this kind; `Err` says what is wrong with it and what to
    /// check.
    pub fn decode(words: &[u16], order: Order, kind: ItemCodeKind) -> Result<Self, DecodeError> {
        let (mut words, version) = whole::<CODE_LEN>("code", words, order, doubles())?;
        if version < MapVersion::V3 {
            return Err(DecodeError::MapVersion { block: "code", got: version.number() });
        }
        arrange_numbers(&mut words, order, kind);
        let mut codes = [ToldCode::default(); CODE_RING];
        for (told, words) in codes.iter_mut().zip(words[CODES_AT..].chunks_exact(CODE_WORDS)) {
            told.acquisition = words[0];
            told.encoder = joined(words[1], words[2]);
            told.words.copy_from_slice(&words[3..3 + CODE_TEXT_WORDS]);
            told.number = words[CODE_WORDS - 1];
        }
        Ok(Self { plc_boot: words[1], code_head: words[2], codes })
    }
}

/// Offsets of the block's 32-bit values.
fn doubles() -> impl Iterator<Item = usize> {
    (0..CODE_RING).map(|slot| CODES_AT + slot * CODE_WORDS + 1)
}

/// A PLC that keeps the low word first keeps all four of a number that way round.
fn arrange_numbers(words: &mut [u16; CODE_LEN], order: Order, kind: ItemCodeKind) {
    if kind == ItemCodeKind::Number && order.words == WordOrder::LowFirst {
        for told in words[CODES_AT..].chunks_exact_mut(CODE_WORDS) {
            told[3..3 + NUMBER_WORDS].reverse();
        }
    }
}
