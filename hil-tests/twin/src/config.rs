//! What the twin reads of the line file; it simulates nothing else.

use std::path::Path;

use capture::CameraSection;
use line::config::scanner::{self, SCANNERS_MAX, ScannerSection};
use line::config::{ConveyorSection, LineSection, PlcSection};
use line::line_file::{self, LineFileError, Mistake, Rules};
use schemars::JsonSchema;
use serde::Deserialize;

/// The sections that the twin simulates.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TwinLine {
    /// The line itself: its name and what runs on it.
    pub line: LineSection,
    /// The cameras of the tunnel.
    #[schemars(length(min = 1, max = 16))]
    pub camera: Vec<CameraSection>,
    /// The fixed code scanners.
    #[serde(default)]
    #[schemars(length(max = SCANNERS_MAX))]
    pub scanner: Vec<ScannerSection>,
    /// The belt, its eyes and its diverters.
    pub conveyor: ConveyorSection,
    /// The conveyor PLC.
    pub plc: PlcSection,
}

impl TwinLine {
    /// Reads the line file at `path`.
    ///
    /// # Errors
    /// See [`line_file::read`].
    pub fn read(path: &Path) -> Result<Self, LineFileError> {
        line_file::read(path)
    }
}

impl Rules for TwinLine {
    fn broken(&self) -> Vec<Mistake> {
        let mut mistakes = self.conveyor.broken();
        mistakes.extend(self.plc.broken());
        mistakes.extend(scanner::broken(&self.scanner, &self.conveyor));
        mistakes
    }
}
