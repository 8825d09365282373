//! plc-bridge: tracks the items on one conveyor and delivers inspectd's verdicts to its PLC.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use clap::{Parser, Subcommand};
use line::config::BridgeConfig;
use line::line_file;
use plc_bridge::bridge;
use plc_bridge::cycle::Wire;
use plc_bridge::field_io::{self, FieldIo};
use plc_bridge::logger::{Log, Logger};
use plc_bridge::modbus;
use plc_bridge::probe::{self, ProbeArgs};
use plc_bridge::registers;
use signal_hook::consts::{SIGINT, SIGTERM};
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

/// Tracks the items on one conveyor and delivers inspectd's verdicts to its PLC.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The line file.
    #[arg(long, global = true, value_name = "FILE", default_value = "/etc/inspectd/line.toml")]
    line: PathBuf,
    /// Prints the register map for the PLC's programmer, and ends.
    #[arg(long)]
    registers: bool,
    #[command(subcommand)]
    instead: Option<Instead>,
}

/// What to do instead of running the bridge.
#[derive(Debug, Subcommand)]
enum Instead {
    /// Shows and checks the PLC's registers, measures the round trip, moves outputs.
    Probe(ProbeArgs),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.registers {
        print!("{}", registers::page());
        return ExitCode::SUCCESS;
    }
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .with_target(false)
        .init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("plc-bridge cannot run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config: BridgeConfig = line_file::read(&arguments.line)?;
    if let Some(Instead::Probe(arguments)) = &arguments.instead {
        return probe::run(arguments, &config);
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .with_context(|| format!("cannot watch for signal {signal}"))?;
    }
    let (log, logger) = Logger::start().context("cannot start the log's thread")?;
    let ran = wire(&config, &log)
        .and_then(|wire| bridge::run(&config, wire, &log, &stop).map_err(Into::into));
    drop(log);
    logger.finish();
    ran
}

/// The way to the PLC that the line file names: the field I/O, or Modbus.
fn wire(config: &BridgeConfig, log: &Log) -> anyhow::Result<Wire> {
    if field_io::without_plc(&config.io, &config.plc) {
        let [.., high, low] = *Uuid::new_v4().as_bytes();
        let boot = u16::from_be_bytes([high, low]);
        return Ok(Box::new(FieldIo::new(config, boot, log.clone())?));
    }
    modbus::from_config(&config.plc, config.conveyor.diverter.len())
        .context("the line file names no PLC: write plc.address or a section [plc.serial]")
}
