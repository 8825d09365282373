//! What can go wrong with GPIO lines, each with what to do about it.

use std::path::PathBuf;

use thiserror::Error;

/// Why the field I/O cannot do its work.
#[derive(Debug, Clone, Error)]
pub enum FieldIoError {
    /// There is no such chip.
    #[error(
        "there is no GPIO chip {}; name one that `gpiodetect` lists in io.chip of the line file, \
         and check that its driver is loaded", chip.display()
    )]
    NoChip {
        /// `io.chip`.
        chip: PathBuf,
    },
    /// The chip may not be opened.
    #[error(
        "{} may not be opened; let the user of plc-bridge belong to the group that owns it (see \
         `ls -l {}`)", chip.display(), chip.display()
    )]
    NoRights {
        /// `io.chip`.
        chip: PathBuf,
    },
    /// The file is no GPIO chip, or the chip does not answer.
    #[error("{} cannot be used as a GPIO chip: {source}; name one that `gpiodetect` lists in \
             io.chip of the line file", chip.display())]
    NotAChip {
        /// `io.chip`.
        chip: PathBuf,
        /// What gpiocdev said.
        source: gpiocdev::Error,
    },
    /// The chip has fewer lines.
    #[error(
        "{} has no line {line}, only 0 to {}; correct {key} in the line file",
        chip.display(), lines.saturating_sub(1)
    )]
    NoLine {
        /// `io.chip`.
        chip: PathBuf,
        /// The offset asked for.
        line: u32,
        /// What it is for: the key that names it.
        key: &'static str,
        /// How many lines the chip has.
        lines: u32,
    },
    /// Somebody else has the line.
    #[error(
        "line {line} of {} ({key}) is in use by \"{consumer}\"; stop that program or driver, or \
         wire another line", chip.display()
    )]
    InUse {
        /// `io.chip`.
        chip: PathBuf,
        /// The offset.
        line: u32,
        /// The key that names it.
        key: &'static str,
        /// Who uses it.
        consumer: String,
    },
    /// The kernel refuses the lines together.
    #[error(
        "{} refuses its lines {lines:?} as {purpose}: {source}; inputs need a chip that reports \
         edges (interrupts), and every line must be free for this use", chip.display()
    )]
    Refused {
        /// `io.chip`.
        chip: PathBuf,
        /// The offsets.
        lines: Vec<u32>,
        /// `inputs` or `outputs`.
        purpose: &'static str,
        /// What gpiocdev said.
        source: gpiocdev::Error,
    },
    /// A line that was opened does not obey.
    #[error("line {line} of {} fails while {doing}: {source}; check the chip's driver and \
             power", chip.display())]
    Failed {
        /// `io.chip`.
        chip: PathBuf,
        /// The offset.
        line: u32,
        /// What was under way.
        doing: &'static str,
        /// What gpiocdev said.
        source: gpiocdev::Error,
    },
    /// Edges came faster than they were read: the count of the encoder is not known any more.
    #[error(
        "{lost} edges of {} were lost, so the belt's place is not known; shorten plc.cycle_ms, or \
         lower io.encoder.counts_per_pulse", chip.display()
    )]
    EdgesLost {
        /// `io.chip`.
        chip: PathBuf,
        /// How many.
        lost: u32,
    },
    /// The lines are asked before they were opened.
    #[error("the lines of [io] are not open; the cycle opens them again by itself")]
    NotOpen,
    /// `[io]` lacks what a line without a PLC needs.
    #[error("[io] names no {missing}; add [io.{missing}] to the line file, or name a PLC in [plc]")]
    Incomplete {
        /// The section.
        missing: &'static str,
    },
    /// The dimmer's thread could not be started.
    #[error("the dimmer's thread cannot be started: {reason}; free memory or threads")]
    NoThread {
        /// What the system said.
        reason: String,
    },
}

impl embedded_hal::digital::Error for FieldIoError {
    fn kind(&self) -> embedded_hal::digital::ErrorKind {
        embedded_hal::digital::ErrorKind::Other
    }
}
