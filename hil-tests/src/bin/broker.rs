//! `broker`: an MQTT 5 broker for the demo, so that it needs none from the system.

use std::process::ExitCode;

use clap::Parser;
use rustix::process::{Signal, set_parent_process_death_signal};

/// An MQTT 5 broker on 127.0.0.1 that keeps nothing on disk.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The port to listen on.
    #[arg(long)]
    port: u16,
    /// End with the process that started this one, however that ends.
    #[arg(long)]
    end_with_parent: bool,
}

/// Room for every message of a demo; a summary is about 2 kB.
fn config(port: u16) -> String {
    format!(
        r#"
id = 0

[router]
max_connections = 16
max_outgoing_packet_count = 200
max_segment_size = 1048576
max_segment_count = 10

[v5.1]
name = "demo"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = 1048576
max_inflight_count = 100
"#
    )
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter("info")
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    match serve(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("broker: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> anyhow::Result<()> {
    if options.end_with_parent {
        set_parent_process_death_signal(Some(Signal::TERM))?;
    }
    let config: rumqttd::Config = toml::from_str(&config(options.port))?;
    rumqttd::Broker::new(config).start()?;
    Ok(())
}
