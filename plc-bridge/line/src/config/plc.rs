//! `[plc]`: how to reach the conveyor PLC, and who fires the diverters.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::line_file::address::HOST_PORT;
use crate::line_file::{Mistake, Rules};

/// Units that a device on a serial line may have; 0 is a broadcast, and the rest is reserved.
const SERIAL_UNITS: RangeInclusive<u8> = 1..=247;

/// `[plc]`: how to reach the conveyor PLC, a Modbus server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlcSection {
    /// Who fires the diverters.
    #[serde(default)]
    pub mode: PlcMode,
    /// Host and port for Modbus TCP, for example `192.168.10.5:502`.
    #[serde(default)]
    #[schemars(extend("format" = HOST_PORT))]
    pub address: Option<String>,
    /// The serial line for Modbus RTU, instead of `address`.
    #[serde(default)]
    pub serial: Option<SerialSection>,
    /// Modbus unit identifier. On a serial line 1 to 247: 0 is a broadcast there, which nobody
    /// answers, and the numbers above are reserved.
    #[serde(default = "unit_id")]
    #[schemars(range(min = 0, max = 255))]
    pub unit_id: u8,
    /// Which half of a 32-bit value stands in the lower register.
    #[serde(default)]
    pub word_order: WordOrder,
    /// Which byte of a register stands first on the wire.
    #[serde(default)]
    pub byte_order: ByteOrder,
    /// First coil that the bridge writes in `direct` mode, one a diverter, in their order. Left
    /// out, the PLC reads the diverters' state from the command block.
    #[serde(default)]
    pub coil_base: Option<u16>,
    /// First holding register of the status block (PLC to bridge).
    #[serde(default = "status_base")]
    pub status_base: u16,
    /// First holding register of the command block (bridge to PLC).
    #[serde(default = "command_base")]
    pub command_base: u16,
    /// Whether the PLC tells what each item is, and how it writes that: see the code block in
    /// `REGISTERS.md`. It needs a PLC program of map version 3.
    #[serde(default)]
    pub item_code: ItemCodeKind,
    /// First holding register of the code block (PLC to bridge). It is read only where `item_code`
    /// asks for it.
    #[serde(default = "code_base")]
    pub code_base: u16,
    /// Time from one exchange to the next, in milliseconds.
    #[serde(default = "cycle_ms")]
    #[schemars(range(min = 2, max = 1000))]
    pub cycle_ms: u32,
    /// How long one request may take before the connection is dropped, in milliseconds. A cycle has
    /// two, and one more each when coils are due and for items' codes.
    #[serde(default = "timeout_ms")]
    #[schemars(range(min = 5, max = 10_000))]
    pub timeout_ms: u32,
    /// How long the PLC's heartbeat may stand still before the PLC counts as dead, in
    /// milliseconds.
    #[serde(default = "heartbeat_timeout_ms")]
    #[schemars(range(min = 50, max = 60_000))]
    pub heartbeat_timeout_ms: u32,
    /// Longest pause between two attempts to connect, in milliseconds; the first is 100 ms, and
    /// each failure doubles it.
    #[serde(default = "retry_max_ms")]
    #[schemars(range(min = 100, max = 60_000))]
    pub retry_max_ms: u32,
}

/// Who fires the diverters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlcMode {
    /// The PLC tracks the items too and fires; the bridge delivers verdicts.
    #[default]
    Mailbox,
    /// The bridge fires, at the right encoder count.
    Direct,
}

/// How the PLC writes an item's code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemCodeKind {
    /// The PLC does not know what an item is, or is not asked.
    #[default]
    None,
    /// Up to 16 ASCII characters, padded with NUL or blanks.
    Ascii,
    /// A number of 64 bits; 0 is no code.
    Number,
}

/// Which half of a 32-bit value stands in the lower register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordOrder {
    /// The high half, as Modbus devices usually have it.
    #[default]
    HighFirst,
    /// The low half.
    LowFirst,
}

/// Which byte of a register stands first on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByteOrder {
    /// The high byte, as the Modbus specification has it.
    #[default]
    HighFirst,
    /// The low byte: a PLC that copies its memory as it is.
    LowFirst,
}

/// `[plc.serial]`: a serial line for Modbus RTU.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SerialSection {
    /// The device, for example `/dev/ttyUSB0`; better a name from `/dev/serial/by-id`.
    pub device: PathBuf,
    /// Bits a second.
    #[serde(default = "baud")]
    #[schemars(range(min = 1200, max = 4_000_000))]
    pub baud: u32,
    /// Parity. The Modbus specification asks for even parity, or none with two stop bits.
    #[serde(default)]
    pub parity: Parity,
    /// Stop bits.
    #[serde(default = "stop_bits")]
    #[schemars(range(min = 1, max = 2))]
    pub stop_bits: u8,
}

/// The parity bit of a serial line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// Even.
    #[default]
    Even,
    /// Odd.
    Odd,
    /// No parity bit.
    None,
}

/// Registers of the status block; the map asserts that it has as many, here and below.
pub const STATUS_REGISTERS: u16 = 75;
/// Registers of the command block.
pub const COMMAND_REGISTERS: u16 = 43;
/// Registers of the code block.
pub const CODE_REGISTERS: u16 = 99;

impl SerialSection {
    /// Bits on the line for one byte: a start bit, eight data bits, parity, and stop bits.
    pub fn bits_per_byte(&self) -> u32 {
        let parity = if self.parity == Parity::None { 0 } else { 1 };
        1 + 8 + parity + u32::from(self.stop_bits)
    }

    /// How long the blocks with their frames and pauses are on the line, in milliseconds, without
    /// the time that the PLC takes to answer. The code block is one of them if there are `codes`.
    pub fn exchange_ms(&self, codes: bool) -> u32 {
        // Requests and answers: 8 + 5 bytes to read, 9 + 8 to write, and two pauses of 3.5 bytes each.
        let both = 2 * u32::from(STATUS_REGISTERS + COMMAND_REGISTERS) + 30 + 14;
        let bytes = both + if codes { 2 * u32::from(CODE_REGISTERS) + 13 + 7 } else { 0 };
        (bytes * self.bits_per_byte() * 1000).div_ceil(self.baud)
    }
}

impl PlcSection {
    /// Whether the line file says that the PLC tells what each item is.
    pub fn tells_codes(&self) -> bool {
        self.item_code != ItemCodeKind::None
    }

    /// What is in the way of the code block, if it is read at all.
    fn beside_the_codes(&self) -> Option<&'static str> {
        let from = u32::from(self.code_base);
        let to = from + u32::from(CODE_REGISTERS);
        let overlaps = |base: u16, len: u16| {
            let base = u32::from(base);
            base < to && from < base + u32::from(len)
        };
        match () {
            () if !self.tells_codes() => None,
            () if overlaps(self.status_base, STATUS_REGISTERS) => {
                Some("the status block stands there")
            }
            () if overlaps(self.command_base, COMMAND_REGISTERS) => {
                Some("the command block stands there")
            }
            () if to > u32::from(u16::MAX) + 1 => Some("there are not so many"),
            () => None,
        }
    }
}

impl Rules for PlcSection {
    /// Exactly one way to the PLC, blocks side by side, and time-outs that fit each other.
    fn broken(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        let mut wrong = |key: &'static str, what: String, remedy: &'static str| {
            mistakes.push(Mistake::new(&["plc", key], what, remedy));
        };
        match (&self.address, &self.serial) {
            (Some(_), Some(_)) => wrong(
                "address",
                "both plc.address and [plc.serial] are given".into(),
                "keep the one by which the PLC is reached",
            ),
            (None, None) if self.mode == PlcMode::Mailbox => wrong(
                "address",
                "neither plc.address nor [plc.serial] is given".into(),
                "write plc.address for Modbus TCP, or a section [plc.serial] for Modbus RTU; only \
                 mode = \"direct\" with eyes in [io] goes without a PLC",
            ),
            _ => {}
        }
        if self.tells_codes() && self.address.is_none() && self.serial.is_none() {
            wrong(
                "item_code",
                "plc.item_code is given, but there is no PLC to tell the items' codes".into(),
                "leave plc.item_code out; only a PLC that is reached by plc.address or [plc.serial] \
                 tells codes",
            );
        }
        if let Some(other) = self.beside_the_codes() {
            let code_base = self.code_base;
            wrong(
                "code_base",
                format!(
                    "the code block takes {CODE_REGISTERS} registers from {code_base} on, and {other}"
                ),
                "choose plc.code_base so that no block overlaps another, and put the PLC's area there",
            );
        }
        if self.timeout_ms > self.heartbeat_timeout_ms {
            wrong(
                "timeout_ms",
                format!(
                    "one request may take {} ms, longer than the heartbeat may stand still ({} ms)",
                    self.timeout_ms, self.heartbeat_timeout_ms
                ),
                "choose plc.timeout_ms at most as long as plc.heartbeat_timeout_ms",
            );
        }
        if let Some(serial) = &self.serial {
            if !SERIAL_UNITS.contains(&self.unit_id) {
                wrong(
                    "unit_id",
                    format!("no device on a serial line answers to unit {}", self.unit_id),
                    "write the PLC's own unit, 1 to 247, as its serial port is configured",
                );
            }
            let needed_ms = serial.exchange_ms(self.tells_codes());
            if needed_ms > self.cycle_ms {
                wrong(
                    "cycle_ms",
                    format!(
                        "one exchange takes {needed_ms} ms at {} baud, longer than a cycle of {} ms",
                        serial.baud, self.cycle_ms
                    ),
                    "raise plc.cycle_ms above it, or the baud rate of both sides",
                );
            }
        }
        mistakes
    }
}

fn baud() -> u32 {
    115_200
}
fn stop_bits() -> u8 {
    1
}
fn unit_id() -> u8 {
    1
}
fn status_base() -> u16 {
    0
}
fn command_base() -> u16 {
    100
}
fn code_base() -> u16 {
    150
}
fn cycle_ms() -> u32 {
    10
}
fn timeout_ms() -> u32 {
    200
}
fn heartbeat_timeout_ms() -> u32 {
    500
}
fn retry_max_ms() -> u32 {
    2000
}
