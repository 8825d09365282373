//! The command block: what the bridge says.

use serde::{Deserialize, Serialize};

use super::{DecodeError, MapVersion, Order, bit, flags, whole};
use line::config::{COMMAND_REGISTERS, FallBack};
use line::protocol::{Check, FallBackCause};

/// Entries in the ring of results.
pub const RING: usize = 8;
/// Registers of one result.
pub(super) const RESULT_WORDS: usize = 4;
/// First register of the ring of results.
const RESULTS_AT: usize = 10;
/// The command block's last register.
const SEQUENCE_AT: usize = RESULTS_AT + RING * RESULT_WORDS;
/// Number of registers in the command block.
pub const COMMAND_LEN: usize = SEQUENCE_AT + 1;

const _: () = assert!(COMMAND_LEN == COMMAND_REGISTERS as usize);

/// [`PlcResult::lane`]: the belt is to be stopped when the item reaches its next commit point.
pub const LANE_STOP: u16 = 0xffff;

/// [`PlcResult::source`]: the slot was never used.
pub const SOURCE_UNUSED: u16 = 0;
/// [`PlcResult::source`]: inspectd's verdict.
pub const SOURCE_VERDICT: u16 = 1;
/// [`PlcResult::source`]: the bridge's fall-back.
pub const SOURCE_FALL_BACK: u16 = 2;

/// [`Command::cause`]: the last decision was a verdict.
pub const CAUSE_NONE: u16 = 0;
/// [`Command::cause`]: inspectd sent no verdict in time.
pub const CAUSE_NO_VERDICT: u16 = 1;
/// [`Command::cause`]: inspectd is away.
pub const CAUSE_INSPECTOR_DEAD: u16 = 2;
/// [`Command::cause`]: inspectd could not inspect the item.
pub const CAUSE_UNINSPECTED: u16 = 3;
/// [`Command::cause`]: the tracking cannot tell the item from another one.
pub const CAUSE_AMBIGUOUS: u16 = 4;
/// [`Command::cause`]: the PLC and the bridge did not hear each other.
pub const CAUSE_PLC_LOST: u16 = 5;
/// [`Command::cause`]: the bridge was restarted.
pub const CAUSE_BRIDGE_RESTARTED: u16 = 6;

/// What the bridge says, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// Register 0: the version of the map, which is the PLC's own.
    pub version: MapVersion,
    /// Register 1: counts up with each command.
    pub heartbeat: u16,
    /// Register 2, bit 0: inspectd's heartbeat counts.
    pub inspector_alive: bool,
    /// Register 2, bit 1: inspectd can inspect.
    pub inspector_ready: bool,
    /// Register 2, bit 2: the last decision was a fall-back; `cause` says why.
    pub fall_back_in_effect: bool,
    /// Register 2, bit 3: results wait because the ring is full of results that the PLC has not
    /// taken.
    pub result_overrun: bool,
    /// Register 2, bit 4: results stand in the ring that the PLC has not taken.
    pub results_valid: bool,
    /// Register 2, bit 5: the bridge fires the diverters: `direct` mode.
    pub direct: bool,
    /// Register 2, bits 6 and 7: what the PLC does for as long as the line is blind.
    pub blind: BlindOrder,
    /// Register 3: a number the bridge picks at its start, so that a restart is noticed.
    pub bridge_boot: u16,
    /// Register 4: number of the last line event taken.
    pub event_taken: u16,
    /// Register 5: number of the newest result; 0 before the first.
    pub result_head: u16,
    /// Register 6: what the PLC does by itself when it does not hear the bridge.
    pub own_fall_back: OwnFallBack,
    /// Register 7: why the last decision was a fall-back, one of the `CAUSE_` values: a number
    /// that the PLC's panel can show.
    pub cause: u16,
    /// Register 8: in `direct` mode, bit n: the diverter n of the line file, from 0, is to be out.
    pub outputs: u16,
    /// Register 9: items on the belt that have no outcome yet.
    pub items: u16,
    /// Registers 10 to 41: the ring of results, by slot.
    pub results: [PlcResult; RING],
    /// Register 42, the last: counts up with each command.
    pub sequence: u16,
}

/// What to do with one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlcResult {
    /// First register: the acquisition id of the item.
    pub acquisition: u16,
    /// Second register: 0 stays on the belt, n goes into lane n, [`LANE_STOP`] stops the belt.
    pub lane: u16,
    /// Third register: why, one bit a check: 0 damage, 1 identity, 2 label, 3 hold.
    pub reasons: u16,
    /// Fourth register: 0 unused, 1 verdict of the inspection, 2 fall-back.
    pub source: u16,
}

/// What the PLC does while the line is **blind**: while items could pass that nobody sees, because
/// an eye or the encoder does not tell the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlindOrder {
    /// The line sees, or the line file wants no more than a report.
    #[default]
    None,
    /// Stop the belt.
    Stop,
    /// Keep the first diverter out: whatever comes goes into its lane.
    Divert,
}

/// `fall_back.plc_lost` of each diverter, in the order of the line file: two bits each from bit 0
/// up, 0 pass, 1 divert, 2 stop the belt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnFallBack(pub u16);

impl OwnFallBack {
    /// Packs the values of at most eight diverters.
    pub fn of(diverters: impl Iterator<Item = FallBack>) -> Self {
        Self(diverters.enumerate().fold(0, |word, (index, fall_back)| {
            let code = match fall_back {
                FallBack::Pass => 0,
                FallBack::Divert => 1,
                FallBack::Stop => 2,
            };
            word | code << (2 * index)
        }))
    }

    /// The value of the diverter `index`, from 0; the reserved code 3 reads as divert.
    pub fn diverter(self, index: usize) -> FallBack {
        match self.0 >> (2 * index) & 3 {
            0 => FallBack::Pass,
            2 => FallBack::Stop,
            _ => FallBack::Divert,
        }
    }
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

/// The value of [`Command::cause`] for a decision.
pub fn cause_code(cause: Option<&FallBackCause>) -> u16 {
    match cause {
        None => CAUSE_NONE,
        Some(FallBackCause::NoVerdict) => CAUSE_NO_VERDICT,
        Some(FallBackCause::InspectorDead) => CAUSE_INSPECTOR_DEAD,
        Some(FallBackCause::Uninspected { .. }) => CAUSE_UNINSPECTED,
        Some(FallBackCause::Ambiguous { .. }) => CAUSE_AMBIGUOUS,
        Some(FallBackCause::PlcLost) => CAUSE_PLC_LOST,
        Some(FallBackCause::BridgeRestarted) => CAUSE_BRIDGE_RESTARTED,
    }
}

impl Command {
    /// The block's registers.
    pub fn encode(&self, order: Order) -> [u16; COMMAND_LEN] {
        let mut words = [0; COMMAND_LEN];
        words[0] = self.version.number();
        words[1] = self.heartbeat;
        words[2] = flags([
            self.inspector_alive,
            self.inspector_ready,
            self.fall_back_in_effect,
            self.result_overrun,
            self.results_valid,
            self.direct,
            self.blind == BlindOrder::Stop,
            self.blind == BlindOrder::Divert,
        ]);
        words[3] = self.bridge_boot;
        words[4] = self.event_taken;
        words[5] = self.result_head;
        words[6] = self.own_fall_back.0;
        words[7] = self.cause;
        words[8] = self.outputs;
        words[9] = self.items;
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
        order.arrange(&mut words, std::iter::empty());
        words
    }

    /// Reads a whole block; `Err` says what is wrong with it and what to check.
    pub fn decode(words: &[u16], order: Order) -> Result<Self, DecodeError> {
        let (words, version) = whole::<COMMAND_LEN>("command", words, order, std::iter::empty())?;
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
            version,
            heartbeat: words[1],
            inspector_alive: bit(words[2], 0),
            inspector_ready: bit(words[2], 1),
            fall_back_in_effect: bit(words[2], 2),
            result_overrun: bit(words[2], 3),
            results_valid: bit(words[2], 4),
            direct: bit(words[2], 5),
            blind: match (bit(words[2], 6), bit(words[2], 7)) {
                (true, _) => BlindOrder::Stop,
                (false, true) => BlindOrder::Divert,
                (false, false) => BlindOrder::None,
            },
            bridge_boot: words[3],
            event_taken: words[4],
            result_head: words[5],
            own_fall_back: OwnFallBack(words[6]),
            cause: words[7],
            outputs: words[8],
            items: words[9],
            results,
            sequence: words[SEQUENCE_AT],
        })
    }
}
