//! The sections of the line file that plc-bridge obeys: `[line]`, `[conveyor]` and `[plc]`;
//! `[io]` is declared in [`io`]. [`scanner`] is here because inspectd and the twin both read it.
//!
//! Positions are distances along the belt from the entry eye, in the direction of travel; an item
//! stands at the position of its leading edge. What is declared here (documentation, default,
//! bounds) is what the reference page and `inspectctl config check` show.

mod conveyor;
pub mod io;
pub mod io_rules;
mod plc;
pub mod scanner;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use conveyor::{
    BlindFallBack, ConveyorSection, DiverterSection, FallBack, FallBackSection,
    LineFallBackSection, MidEyeSection,
};
pub use plc::{
    ByteOrder, CODE_REGISTERS, COMMAND_REGISTERS, ItemCodeKind, Parity, PlcMode, PlcSection,
    STATUS_REGISTERS, SerialSection, WordOrder,
};

use crate::line_file::{Mistake, Rules};
use io::IoSection;

/// What plc-bridge reads from the line file; the other sections are inspectd's.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct BridgeConfig {
    /// The line itself.
    pub line: LineSection,
    /// The belt, its eyes and its diverters.
    pub conveyor: ConveyorSection,
    /// The conveyor PLC.
    pub plc: PlcSection,
    /// What is wired to this box itself.
    #[serde(default)]
    pub io: IoSection,
}

impl Rules for BridgeConfig {
    fn broken(&self) -> Vec<Mistake> {
        let mut mistakes = self.conveyor.broken();
        mistakes.extend(self.plc.broken());
        mistakes.extend(io_rules::broken(&self.io, &self.conveyor, &self.plc));
        mistakes
    }
}

/// `[line]`: one conveyor with one tunnel, one PLC and one or more diverters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineSection {
    /// What people call this line; shown on the page and in logs.
    #[schemars(length(min = 1, max = 60))]
    pub name: String,
    /// The SKU that runs on the line, if only one does: every item is compared with its references. Without it
    /// `[identity] sources` says who knows what an item is. Letters, digits, blanks, `.`, `_` and `-`, since a folder is
    /// named after it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 80), regex(pattern = r"^[\p{L}\p{N}_ -][\p{L}\p{N}._ -]*$"))]
    pub sku: Option<String>,
    /// Unix socket on which plc-bridge listens for inspectd.
    #[serde(default = "bridge_socket")]
    pub bridge_socket: PathBuf,
    /// Where plc-bridge keeps what it needs to go on after a crash: the items on the belt, and
    /// what inspectd has not stored yet. On a file system in memory, since it is written in every
    /// cycle; after a restart of the box it is of no use.
    #[serde(default = "bridge_journal")]
    pub bridge_journal: PathBuf,
}

impl LineSection {
    /// What runs on the line, in words.
    pub fn product(&self) -> &str {
        self.sku.as_deref().unwrap_or("any product")
    }
}

fn bridge_socket() -> PathBuf {
    PathBuf::from("/run/inspectd/bridge.sock")
}
fn bridge_journal() -> PathBuf {
    PathBuf::from("/run/inspectd/bridge.journal")
}

#[cfg(test)]
mod tests;
