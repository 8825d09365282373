//! `inspectctl config`: checks line files and prints the reference of their keys.

use std::path::PathBuf;

use clap::Subcommand;
use line::config::PlcSection;
use line::line_file::{self, LineFileError, Mistake};
use serde::Serialize;

use super::output::Answer;
use super::{Context, config_reference};
use crate::config::LineFile;
use crate::run::learned;

/// Check line files, and look up their keys.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Explain every mistake in a line file, with its line and what to write instead.
    ///
    /// Exit code 0 when the file is fine, 1 when it has mistakes or cannot be read. With --json:
    /// `{"file", "ok", "mistakes": [{"line", "key", "problem", "instead"}], "warnings": [...]}`; `line` is
    /// null for what is missing from the file as a whole. Warnings are of the same shape and leave the
    /// exit code 0: what is possible and probably not meant, and what was learned on this machine and
    /// does not fit the file.
    Check {
        /// The line file [default: the one of --line].
        file: Option<PathBuf>,
    },
    /// Print every section and key of the line file, as Markdown; with --json, as JSON Schema.
    Reference,
}

#[derive(Debug, Serialize)]
struct Report {
    file: PathBuf,
    ok: bool,
    mistakes: Vec<Explained>,
    warnings: Vec<Explained>,
}

#[derive(Debug, Serialize)]
struct Explained {
    line: Option<usize>,
    key: String,
    problem: String,
    instead: String,
}

impl From<Mistake> for Explained {
    fn from(mistake: Mistake) -> Self {
        let key = mistake.key();
        let Mistake { line, problem, instead, .. } = mistake;
        Self { line, key, problem, instead }
    }
}

impl Config {
    /// Checks or prints.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        match self {
            Self::Check { file } => check(file.unwrap_or_else(|| context.line_path()), context),
            Self::Reference => {
                let schema = schemars::schema_for!(LineFile).to_value();
                Answer::either(context.json, &schema, || config_reference::markdown(&schema))
            }
        }
    }
}

fn check(file: PathBuf, context: &Context) -> anyhow::Result<Answer> {
    match LineFile::read(&file) {
        Ok(line_file) => {
            let cameras = line_file.camera.iter().map(|camera| camera.name.as_str());
            let cameras = cameras.collect::<Vec<_>>().join(", ");
            let good = format!(
                "{} is fine: line `{}`, SKU {}, cameras {cameras}, {}",
                file.display(),
                line_file.line.name,
                line_file.line.product(),
                plc_words(&line_file.plc)
            );
            // The file was read a moment ago; without it warnings have no lines.
            let text = line_file::text_of(&file).map(|(text, _)| text).unwrap_or_default();
            let warnings = learned::warnings(&line_file, &text);
            let text =
                warnings.iter().fold(good, |text, warning| format!("{text}\nwarning: {warning}"));
            let warnings = warnings.into_iter().map(Explained::from).collect();
            let report = Report { file, ok: true, mistakes: Vec::new(), warnings };
            Answer::either(context.json, &report, || text)
        }
        Err(LineFileError::Wrong { mistakes, .. }) if context.json => {
            let mistakes = mistakes.into_iter().map(Explained::from).collect();
            let report = Report { file, ok: false, mistakes, warnings: Vec::new() };
            Ok(Answer::either(true, &report, String::new)?.good_only_if(false))
        }
        Err(error) => Err(error.into()),
    }
}

/// Where the PLC is reached.
fn plc_words(plc: &PlcSection) -> String {
    match (&plc.address, &plc.serial) {
        (Some(address), _) => format!("PLC at {address}"),
        (None, Some(serial)) => format!("PLC at {}", serial.device.display()),
        (None, None) => "no PLC".to_owned(),
    }
}
