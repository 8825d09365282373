//! plc-bridge: tracks the items on one conveyor and delivers inspectd's verdicts to its PLC.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use plc_bridge::config::BridgeConfig;
use plc_bridge::modbus::ModbusTcp;
use plc_bridge::{bridge, line_file, registers};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Tracks the items on one conveyor and delivers inspectd's verdicts to its PLC.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The line file.
    #[arg(long, value_name = "FILE", default_value = "/etc/inspectd/line.toml")]
    line: PathBuf,
    /// Prints the register map for the PLC's programmer, and ends.
    #[arg(long)]
    registers: bool,
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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the event loop")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        bridge::run(&config, ModbusTcp::new(config.plc.clone()), stop).await?;
        Ok(())
    })
}
