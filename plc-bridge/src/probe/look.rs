//! What the probe sees: the blocks, read one after the other, again and again.
//!
//! [`ReadRegisters`] is what looking on asks of a Modbus client. A [`Look`] is one reading of the
//! blocks as they came; nothing is judged here.

use std::time::Duration;

use thiserror::Error;

use crate::registers::{CODE_LEN, COMMAND_LEN, MapVersion, Order, OwnFallBack, STATUS_LEN, Status};
use line::config::{BridgeConfig, FallBack, ItemCodeKind, PlcMode};

/// A PLC whose registers can be read.
pub trait ReadRegisters {
    /// Fills `words` with the holding registers from `base` on.
    ///
    /// # Errors
    /// Tells a refusal from a broken wire.
    fn read(&mut self, base: u16, words: &mut [u16]) -> Result<(), AccessError>;
}

/// Why registers were not read or written. The message says what to check.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccessError {
    /// The device said no.
    #[error("{0}")]
    Refused(String),
    /// Nobody answered, or the connection broke.
    #[error("{0}")]
    Broken(String),
}

/// One reading of the blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When, since the probe's beginning.
    pub at: Duration,
    /// The status block's registers as they came.
    pub status: Result<Vec<u16>, AccessError>,
    /// The command block's registers as they came.
    pub command: Result<Vec<u16>, AccessError>,
    /// The code block's registers as they came; `None` where the line file asks for no codes, or the
    /// PLC tells none.
    pub codes: Option<Result<Vec<u16>, AccessError>>,
}

impl Look {
    /// Reads the blocks.
    pub fn take(plc: &mut impl ReadRegisters, expected: &Expected, at: Duration) -> Self {
        let mut read = |base, len| {
            let mut words = vec![0; len];
            plc.read(base, &mut words).map(|()| words)
        };
        let status = read(expected.status_base, STATUS_LEN);
        let command = read(expected.command_base, COMMAND_LEN);
        let tells_codes = status.as_ref().is_ok_and(|words| {
            let status = Status::decode(words, expected.order);
            status.is_ok_and(|status| status.capabilities.item_codes)
        });
        let is_read = tells_codes && expected.item_code != ItemCodeKind::None;
        let codes = is_read.then(|| read(expected.code_base, CODE_LEN));
        Self { at, status, command, codes }
    }

    /// Whether the connection has to be made anew.
    pub fn is_broken(&self) -> bool {
        let broken = |read: &Result<_, _>| matches!(read, Err(AccessError::Broken(_)));
        broken(&self.status) || broken(&self.command) || self.codes.as_ref().is_some_and(broken)
    }
}

/// What the line file lets one expect.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// `plc.word_order` and `plc.byte_order`.
    pub order: Order,
    /// `plc.status_base`.
    pub status_base: u16,
    /// `plc.command_base`.
    pub command_base: u16,
    /// `plc.code_base`.
    pub code_base: u16,
    /// `plc.item_code`.
    pub item_code: ItemCodeKind,
    /// `plc.coil_base`, in `direct` mode.
    pub coil_base: Option<u16>,
    /// `plc.cycle_ms`.
    pub cycle: Duration,
    /// `plc.timeout_ms`.
    pub timeout: Duration,
    /// `conveyor.mm_per_count`.
    pub mm_per_count: f64,
    /// `conveyor.nominal_speed_mm_s`.
    pub nominal_speed_mm_s: f64,
    /// The lanes of the diverters, in their order.
    pub lanes: Vec<u8>,
    /// Number of mid-belt eyes.
    pub mid_eyes: usize,
    /// `conveyor.longest_item_mm` is given.
    pub has_longest_item: bool,
    /// A fall-back wants the belt to be stopped.
    pub may_stop_belt: bool,
    /// The fall-backs that the PLC is to take by itself.
    pub own_fall_back: OwnFallBack,
}

impl From<&BridgeConfig> for Expected {
    fn from(config: &BridgeConfig) -> Self {
        let (plc, conveyor) = (&config.plc, &config.conveyor);
        let may_stop_belt = conveyor.diverter.iter().any(|diverter| {
            let of = &diverter.fall_back;
            [of.late, of.inspectd_dead, of.uninspected, of.ambiguous, of.plc_lost]
                .contains(&FallBack::Stop)
        });
        Self {
            order: Order { words: plc.word_order, bytes: plc.byte_order },
            status_base: plc.status_base,
            command_base: plc.command_base,
            code_base: plc.code_base,
            item_code: plc.item_code,
            coil_base: plc.coil_base.filter(|_| plc.mode == PlcMode::Direct),
            cycle: Duration::from_millis(plc.cycle_ms.into()),
            timeout: Duration::from_millis(plc.timeout_ms.into()),
            mm_per_count: conveyor.mm_per_count,
            nominal_speed_mm_s: conveyor.nominal_speed_mm_s,
            lanes: conveyor.diverter.iter().map(|diverter| diverter.lane).collect(),
            mid_eyes: conveyor.mid_eye.len(),
            has_longest_item: conveyor.longest_item_mm.is_some(),
            may_stop_belt,
            own_fall_back: OwnFallBack::of(
                conveyor.diverter.iter().map(|diverter| diverter.fall_back.plc_lost),
            ),
        }
    }
}

/// Addresses at which a PLC's programmer may have put a block that is not where the line file says:
/// one off (40001 is address 0), the numbers people like, and those of common PLCs.
pub fn other_bases(base: u16) -> Vec<u16> {
    let near = [base.wrapping_add(1), base.wrapping_sub(1)];
    let usual =
        [0, 1, 99, 100, 101, 200, 400, 500, 999, 1000, 1001, 2000, 4096, 8192, 12288, 16384];
    let mut bases: Vec<u16> =
        near.into_iter().chain(usual).filter(|other| *other != base).collect();
    bases.sort_unstable();
    bases.dedup();
    bases
}

/// Those of [`other_bases`] at which a register holds this map's version, in either byte order, and
/// a whole status block can be read.
///
/// # Errors
/// When the wire broke; a refusal only means that nothing is there.
pub fn find_status(plc: &mut impl ReadRegisters, base: u16) -> Result<Vec<u16>, AccessError> {
    let mut found = Vec::new();
    for other in other_bases(base) {
        let mut words = [0; STATUS_LEN];
        match plc.read(other, &mut words) {
            Ok(())
                if MapVersion::of(words[0]).or(MapVersion::of(words[0].swap_bytes())).is_some() =>
            {
                found.push(other);
            }
            Ok(()) | Err(AccessError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
