//! `inspectctl config`: checks line files and prints the reference of their keys.

use std::path::PathBuf;

use clap::Subcommand;
use plc_bridge::config::PlcSection;
use plc_bridge::line_file::{LineFileError, Mistake};
use serde::Serialize;

use super::output::Answer;
use super::{Context, config_reference};
use crate::config::LineFile;

/// Check line files, and look up their keys.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Explain every mistake in a line file, with its line and what to write instead.
    ///
    /// Exit code 0 when the file is fine, 1 when it has mistakes or cannot be read. With --json:
    /// `{"file", "ok", "mistakes": [{"line", "key", "problem", "instead"}]}`; `line` is null for
    /// what is missing from the file as a whole.
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
                line_file.line.sku,
                plc_words(&line_file.plc)
            );
            Answer::either(context.json, &Report { file, ok: true, mistakes: Vec::new() }, || good)
        }
        Err(LineFileError::Wrong { mistakes, .. }) if context.json => {
            let mistakes = mistakes.into_iter().map(Explained::from).collect();
            let report = Report { file, ok: false, mistakes };
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
