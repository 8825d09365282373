//! inspectctl: the command line for people and scripts.
//!
//! Every subcommand is a file here. It works out an answer, text and whether it is good news,
//! and one place prints it: data to stdout, as a table or with `--json` as JSON; errors and
//! progress to stderr. Exit codes: 0 done, 1 it could not be done or the answer is bad news (a line
//! file with mistakes, a box that is not inspecting), 2 the command line itself is wrong.
//!
//! Nothing here changes what a running inspectd does, except `learn`, `train` and `skus`, which write
//! references that inspectd loads with the next item, and a damage head that it loads when it starts, and
//! `people`, which changes who may use its page.

mod compare;
mod config;
mod config_reference;
mod evaluate;
mod folders;
mod heatmap;
mod identify;
mod label;
mod learn;
mod leave_one_out;
mod model;
mod output;
mod people;
mod progress;
mod records;
mod score;
mod skus;
mod status;
mod totes;
mod train;
mod web;
mod without_totes;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{DEFAULT_PATH, LineFile};

/// Teaches, questions and checks an inspectd box.
///
/// Prints tables for people; with --json, JSON whose shape each subcommand's help describes and
/// that only ever gains keys. Exit codes: 0 done, 1 could not be done or bad news, 2 wrong command
/// line.
#[derive(Debug, Parser)]
#[command(name = "inspectctl", version, max_term_width = 100)]
struct Cli {
    /// The line file [default: /etc/inspectd/line.toml]; read only by subcommands that need it.
    #[arg(long, global = true, value_name = "FILE")]
    line: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Learn(learn::Learn),
    Train(train::Train),
    Score(score::Score),
    Evaluate(evaluate::Evaluate),
    Compare(compare::Compare),
    LeaveOneOut(leave_one_out::LeaveOneOut),
    Heatmap(heatmap::Heatmap),
    Label(label::Label),
    Identify(identify::Identify),
    Records(records::Find),
    #[command(subcommand)]
    Skus(skus::Skus),
    #[command(subcommand)]
    Totes(totes::Totes),
    Status(status::Status),
    Web(web::Web),
    #[command(subcommand)]
    People(people::People),
    #[command(subcommand)]
    Config(config::Config),
}

/// What every subcommand may look at.
struct Context {
    line: Option<PathBuf>,
    json: bool,
}

impl Context {
    /// The line file's path, as given or where it stands on the appliance.
    fn line_path(&self) -> PathBuf {
        self.line.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_PATH))
    }

    /// The line file, for a subcommand that cannot do without.
    fn line_file(&self) -> anyhow::Result<LineFile> {
        Ok(LineFile::read(&self.line_path())?)
    }

    /// The line file if one was named or stands in its usual place.
    fn line_file_if_any(&self) -> anyhow::Result<Option<LineFile>> {
        let present = self.line.is_some() || self.line_path().exists();
        present.then(|| self.line_file()).transpose()
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let Cli { line, json, command } = Cli::parse();
    let context = Context { line, json };
    let answer = match command {
        Command::Learn(learn) => learn.run(&context),
        Command::Train(train) => train.run(&context),
        Command::Score(score) => score.run(&context),
        Command::Evaluate(evaluate) => evaluate.run(&context),
        Command::Compare(compare) => compare.run(&context),
        Command::LeaveOneOut(sets) => sets.run(&context),
        Command::Heatmap(heatmap) => heatmap.run(&context),
        Command::Label(label) => label.run(&context),
        Command::Identify(identify) => identify.run(&context),
        Command::Records(find) => find.run(&context),
        Command::Skus(skus) => skus.run(&context),
        Command::Totes(totes) => totes.run(&context),
        Command::Status(status) => status.run(&context),
        Command::Web(web) => web.run(&context),
        Command::People(people) => people.run(&context),
        Command::Config(config) => config.run(&context),
    };
    match answer.and_then(|answer| answer.print()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("inspectctl: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_the_default_line_file() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains(DEFAULT_PATH), "{help}");
    }
}
