//! The plant tells what items are: mostly at once, now and then late, twice, or never; and now and
//! then with names that do not fit each other. The code of a body is its number, so that the judge
//! sees whose code it was.

use line::config::ItemCodeKind;
use plc_bridge::registers::{CODE_RING, CodeBlock, ToldCode, code_words, slot};

use crate::rng::Rng;

/// Latest time after its entry at which an item's code is told, in milliseconds: most have left by
/// then.
const LATEST_MS: f64 = 20_000.0;

/// The code of a body.
pub fn code_of(body: usize) -> String {
    format!("BODY {body}")
}

/// The PLC's code block, and what is still to be written into it.
#[derive(Debug)]
pub struct Codes {
    pub block: CodeBlock,
    rng: Rng,
    /// When each is told.
    pending: Vec<(f64, ToldCode)>,
    /// Id and count of the item that was numbered last.
    before: Option<(u16, u32)>,
    /// What went wrong, by kind.
    pub happened: Vec<&'static str>,
}

impl Codes {
    /// Of a PLC that starts: nothing was told yet. The numbers go on from `head`.
    pub fn new(plc_boot: u16, head: u16, seed: u64) -> Self {
        Self {
            block: CodeBlock { plc_boot, code_head: head, ..CodeBlock::default() },
            rng: Rng::new(seed ^ u64::from(plc_boot) << 32 ^ 0xc0de),
            pending: Vec::new(),
            before: None,
            happened: Vec::new(),
        }
    }

    /// This body got this id at an event with this count.
    pub fn numbered(&mut self, acquisition: u16, encoder: u32, body: usize, now_ms: f64) {
        let code = code_of(body);
        let words = code_words(ItemCodeKind::Ascii, &code).expect("it is short enough");
        let mut told = ToldCode { acquisition, encoder, words, number: 0 };
        let before = self.before.replace((acquisition, encoder));
        // Two items with one count, on an encoder that stands still, cannot be confused by it.
        let other = before.filter(|(id, count)| *id != acquisition && *count != encoder);
        let mut at = now_ms + self.rng.between(0.0, 60.0);
        match (self.rng.below(100), other) {
            (0..5, _) => return self.happened.push("code never told"),
            (5..12, _) => {
                at += self.rng.between(0.0, LATEST_MS);
                self.happened.push("code told late");
            }
            (12..16, _) => {
                let again = at + self.rng.between(0.0, 2_000.0);
                self.pending.push((again, told));
                self.happened.push("code told twice");
            }
            (16..19, Some((id, _))) => {
                told.acquisition = id;
                self.happened.push("code with the id of the item before");
            }
            (19..22, Some((_, count))) => {
                told.encoder = count;
                self.happened.push("code with the count of the item before");
            }
            (22, _) => {
                told.words[1] = 0x0700;
                self.happened.push("code not printable");
            }
            (23, _) => {
                // Half written: its number is still to come.
                told.number = 1;
                self.happened.push("code half written");
            }
            _ => {}
        }
        self.pending.push((at, told));
    }

    /// Writes what is due.
    pub fn scan(&mut self, now_ms: f64) {
        let mut index = 0;
        while index < self.pending.len() {
            if self.pending[index].0 > now_ms {
                index += 1;
                continue;
            }
            let (_, mut told) = self.pending.swap_remove(index);
            let number = self.block.code_head.wrapping_add(1);
            if number == 0 {
                self.happened.push("code numbers wrapped");
            }
            told.number = number.wrapping_sub(told.number);
            self.block.codes[slot(number, CODE_RING)] = told;
            self.block.code_head = number;
        }
    }
}
