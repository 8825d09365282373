//! `plc-bridge probe`: what a technician needs on the bench, before the bridge itself runs.
//!
//! It shows the register blocks live, measures the round trip, tells what looks wrong and what to
//! do about it, and moves a diverter after a typed confirmation. Where a bridge is writing already
//! it only reads, so that it can be used on a running line. It speaks through the bridge's own client, and not through
//! `tokio-modbus`, so that it meets what the bridge will meet.
//!
//! Logic without I/O stands in the modules: [`mod@findings`], [`view`], [`output`], [`look`] and
//! [`round_trip`].

mod code_findings;
pub mod findings;
pub mod look;
pub mod output;
pub mod round_trip;
mod status_findings;
pub mod view;

use std::collections::VecDeque;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::modbus::{Client, Serial, Tcp, Transport};
use crate::registers::{Command, STATUS_LEN, Status};
use crate::wire::PlcError;
use findings::{Finding, findings, is_written_by_another, round_trip_findings};
use line::clock;
use line::config::BridgeConfig;
use look::{AccessError, Expected, Look, ReadRegisters, find_status};
use output::{Movement, confirmation};
use round_trip::RoundTrips;

/// How long the probe looks on before it judges.
const WATCH: Duration = Duration::from_millis(1500);
/// Time between two looks: short enough for the ring of events, gentle enough for a busy PLC.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// Time from one picture on the terminal to the next.
const REFRESH: Duration = Duration::from_millis(250);

const UNWRITABLE: &str = "cannot write the report";

/// Shows and checks the PLC's registers; stop plc-bridge first if outputs shall move.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// Prints one report and ends. So it does by itself where the output is no terminal.
    #[arg(long)]
    pub once: bool,
    /// Requests of each kind from which the round trip is measured.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub samples: u32,
    /// Moves this diverter of the line file, from 0, out for a second, after a typed confirmation.
    #[arg(long, value_name = "N")]
    pub set_output: Option<usize>,
    /// Writes although another bridge is writing. The two will disturb each other.
    #[arg(long)]
    pub force: bool,
}

/// Probes the PLC of the line file.
///
/// # Errors
/// When the PLC cannot be reached, something looked wrong in a single report, or an output was not
/// to be moved.
pub fn run(args: &ProbeArgs, config: &BridgeConfig) -> anyhow::Result<()> {
    let console = Console {
        input: &mut io::stdin().lock(),
        output: &mut io::stdout(),
        is_live: !args.once && io::stdout().is_terminal(),
    };
    run_on(args, config, console)
}

/// Where the probe's report goes, and a person's answers come from.
pub struct Console<'a> {
    /// The person's answers.
    pub input: &'a mut dyn BufRead,
    /// The report.
    pub output: &'a mut dyn Write,
    /// The report is written over and over in its place, until a signal ends the probe.
    pub is_live: bool,
}

/// Probes the PLC of the line file, as [`run`], on another console than the process's own.
///
/// # Errors
/// As [`run`].
pub fn run_on(args: &ProbeArgs, config: &BridgeConfig, console: Console) -> anyhow::Result<()> {
    let (unit, timeout) = (config.plc.unit_id, Duration::from_millis(config.plc.timeout_ms.into()));
    match (&config.plc.address, &config.plc.serial) {
        (Some(address), _) => {
            probe(args, config, console, Client::new(Tcp::new(address), unit, timeout))
        }
        (None, Some(serial)) => {
            probe(args, config, console, Client::new(Serial::new(serial), unit, timeout))
        }
        (None, None) => bail!("the line file names no PLC: write plc.address or [plc.serial]"),
    }
}

fn probe<T: Transport>(
    args: &ProbeArgs,
    config: &BridgeConfig,
    console: Console,
    mut plc: Client<T>,
) -> anyhow::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .with_context(|| format!("cannot watch for signal {signal}"))?;
    }
    plc.connect()?;
    let mut probe = Probe { plc, expected: Expected::from(config), looks: VecDeque::new(), stop };
    probe.watch();
    if let Some(diverter) = args.set_output {
        return probe.move_diverter(diverter, args.force, console);
    }
    let mut found = probe.findings();
    let (reads, writes) = probe.round_trips(args.samples, args.force)?;
    let slow = round_trip_findings(&reads, &writes, &probe.expected);
    let trips = round_trip_lines(&reads, &writes);
    loop {
        let mut lines = probe.lines();
        lines.extend(trips.iter().cloned());
        lines.push(String::new());
        found.extend(slow.iter().cloned());
        lines.extend(found_lines(&found));
        if !console.is_live {
            writeln!(console.output, "{}", lines.join("\n")).context(UNWRITABLE)?;
            let wrong = found.iter().filter(|finding| finding.is_wrong).count();
            ensure!(wrong == 0, "{wrong} things look wrong; see above");
            return Ok(());
        }
        // From the top left corner, and the rest of the screen cleared.
        write!(console.output, "\x1b[H\x1b[J{}\nCtrl-C ends.\n", lines.join("\n"))
            .and_then(|()| console.output.flush())
            .context(UNWRITABLE)?;
        probe.look_until(clock::monotonic() + REFRESH);
        if probe.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        found = probe.findings();
    }
}

/// A PLC under observation.
struct Probe<T> {
    plc: Client<T>,
    expected: Expected,
    /// Of the last [`WATCH`], oldest first.
    looks: VecDeque<Look>,
    stop: Arc<AtomicBool>,
}

impl<T: Transport> Probe<T> {
    fn watch(&mut self) {
        self.looks.clear();
        self.look_until(clock::monotonic() + WATCH);
    }

    /// Looks on until `end`, or until it is told to stop.
    fn look_until(&mut self, end: Duration) {
        while !self.stop.load(Ordering::Relaxed) {
            let at = clock::monotonic();
            if at >= end {
                return;
            }
            let look = Look::take(&mut self.plc, &self.expected, at);
            // A broken connection is made anew; that it was broken stands in the look.
            if look.is_broken() && self.plc.connect().is_err() {
                clock::sleep_until(at + BETWEEN_LOOKS * 10);
            }
            self.looks.push_back(look);
            while self.looks.front().is_some_and(|first| at.saturating_sub(first.at) > WATCH) {
                self.looks.pop_front();
            }
            clock::sleep_until(at + BETWEEN_LOOKS);
        }
    }

    /// What looks wrong; where there is no status block, it is searched for elsewhere.
    fn findings(&mut self) -> Vec<Finding> {
        let base = self.expected.status_base;
        let elsewhere = if self.status().is_some() {
            Vec::new()
        } else {
            // A wire that breaks on the way is a finding already.
            find_status(&mut self.plc, base).unwrap_or_default()
        };
        findings(self.looks.make_contiguous(), &self.expected, &elsewhere)
    }

    fn status(&self) -> Option<Status> {
        let words = self.looks.back()?.status.as_ref().ok()?;
        Status::decode(words, self.expected.order).ok()
    }

    fn lines(&self) -> Vec<String> {
        let Some(look) = self.looks.back() else { return Vec::new() };
        let (order, diverters) = (self.expected.order, self.expected.lanes.len());
        let block = |name, base, lines: Result<Vec<String>, AccessError>| {
            let mut all = vec![format!("{name}, from holding register {base}")];
            all.extend(lines.unwrap_or_else(|error| vec![format!("     {error}")]));
            all.push(String::new());
            all
        };
        let status = look.status.clone().map(|words| view::status_lines(&words, order));
        let command =
            look.command.clone().map(|words| view::command_lines(&words, order, diverters));
        let mut lines = block("status block, PLC to bridge", self.expected.status_base, status);
        lines.extend(block("command block, bridge to PLC", self.expected.command_base, command));
        if let Some(codes) = look.codes.clone() {
            let kind = self.expected.item_code;
            let codes = codes.map(|words| view::code_lines(&words, order, kind));
            lines.extend(block("code block, PLC to bridge", self.expected.code_base, codes));
        }
        lines
    }

    /// Measures so many reads, and as many writes while nobody else writes: what stands in the
    /// command block is written back, which the PLC does not notice since `sequence` stays.
    fn round_trips(
        &mut self,
        samples: u32,
        force: bool,
    ) -> anyhow::Result<(RoundTrips, RoundTrips)> {
        let (Some(status), Some(Ok(command))) =
            (self.status(), self.looks.back().map(|look| look.command.clone()))
        else {
            return Ok(Default::default());
        };
        let mut is_written =
            is_written_by_another(self.looks.make_contiguous(), &self.expected) && !force;
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let begin = clock::monotonic();
            let mut words = [0; STATUS_LEN];
            self.plc.read_holding("measuring reads", self.expected.status_base, &mut words)?;
            let read = clock::monotonic();
            reads.push(read - begin);
            // A bridge may start at any time.
            let echo = Status::decode(&words, self.expected.order).map(|now| now.sequence_echo);
            is_written |= echo != Ok(status.sequence_echo) && !force;
            if !is_written {
                let base = self.expected.command_base;
                self.plc.write_registers("measuring writes", base, &command)?;
                writes.push(clock::monotonic() - read);
            }
        }
        Ok((RoundTrips::new(reads), RoundTrips::new(writes)))
    }

    fn move_diverter(
        &mut self,
        diverter: usize,
        force: bool,
        console: Console,
    ) -> anyhow::Result<()> {
        let lanes = &self.expected.lanes;
        let lane = *lanes.get(diverter).with_context(|| {
            format!("the line file has no diverter {diverter}, only 0 to {}", lanes.len() - 1)
        })?;
        let status = self
            .status()
            .context("the status block cannot be read: run probe without --set-output first")?;
        let is_written = is_written_by_another(self.looks.make_contiguous(), &self.expected);
        ensure!(
            force || !is_written,
            "another bridge is writing to this PLC: stop plc-bridge first (systemctl stop plc-bridge)"
        );
        let yes = confirmation(diverter);
        write!(
            console.output,
            "Diverter {diverter} (lane {lane}) will move out for one second. Clear the area and keep \
             hands off.\nType \"{yes}\" to go on: "
        )
        .and_then(|()| console.output.flush())
        .context(UNWRITABLE)?;
        let mut typed = String::new();
        console.input.read_line(&mut typed).context("cannot read the confirmation")?;
        ensure!(typed.trim() == yes, "not confirmed: nothing was moved");
        // A bridge may have been started while the person was reading.
        self.watch();
        let is_written = is_written_by_another(self.looks.make_contiguous(), &self.expected);
        ensure!(force || !is_written, "another bridge has begun to write: nothing was moved");
        let last = self.looks.back().and_then(|look| look.command.clone().ok());
        let last = last.and_then(|words| Command::decode(&words, self.expected.order).ok());
        let mut movement = Movement::new(diverter, &status, last.as_ref(), &self.expected);
        let moved = self.carry_out(&mut movement);
        if moved.is_err() {
            let back = movement.back().clone();
            // The error that is reported is the first; a PLC that is gone falls back by itself.
            let _ = self.send(&back);
        }
        let is_echoed = moved?;
        writeln!(
            console.output,
            "\nDiverter {diverter} was commanded out for one second, and back."
        )
        .context(UNWRITABLE)?;
        ensure!(
            is_echoed || self.expected.coil_base.is_some(),
            "the PLC did not take the commands (sequence_echo): check that CommandRegisters are mapped \
             to plc.command_base, and that FB_Inspectd is called"
        );
        Ok(())
    }

    /// Writes the commands of a movement; says whether the PLC has taken one.
    fn carry_out(&mut self, movement: &mut Movement) -> anyhow::Result<bool> {
        let begin = clock::monotonic();
        let mut is_echoed = false;
        loop {
            let now = clock::monotonic();
            let lasted = now - begin;
            // Told to stop: take the output back, and end.
            let stopped = self.stop.load(Ordering::Relaxed);
            let lasted = if stopped { lasted.max(output::OUT) } else { lasted };
            let Some(command) = movement.command(lasted).cloned() else { return Ok(is_echoed) };
            self.send(&command)?;
            clock::sleep_until(now + self.expected.cycle.max(BETWEEN_LOOKS));
            let look = Look::take(&mut self.plc, &self.expected, now);
            let status = look.status.context("reading while the diverter moves")?;
            let status = Status::decode(&status, self.expected.order);
            is_echoed |= status.is_ok_and(|status| movement.is_echoed(&status));
        }
    }

    fn send(&mut self, command: &Command) -> Result<(), AccessError> {
        let words = command.encode(self.expected.order);
        let base = self.expected.command_base;
        self.plc.write_registers("writing the command block", base, &words)?;
        let Some(base) = self.expected.coil_base else { return Ok(()) };
        let coils = (0..self.expected.lanes.len()).map(|bit| command.outputs >> bit & 1 == 1);
        let coils: Vec<_> = coils.collect();
        Ok(self.plc.write_coils("writing the diverters' coils", base, &coils)?)
    }
}

fn round_trip_lines(reads: &RoundTrips, writes: &RoundTrips) -> Vec<String> {
    if reads.is_empty() {
        return vec!["round trip: not measured".into()];
    }
    let written = if writes.is_empty() {
        "not measured: another bridge is writing".into()
    } else {
        writes.to_string()
    };
    vec![
        format!("round trip of a read of the status block:   {reads}"),
        format!("round trip of a write of the command block: {written}"),
    ]
}

fn found_lines(found: &[Finding]) -> Vec<String> {
    if found.is_empty() {
        return vec!["Nothing looks wrong.".into()];
    }
    let line = |finding: &Finding| {
        let kind = if finding.is_wrong { "WRONG" } else { "note" };
        format!("{kind}: {}\n       → {}", finding.what, finding.remedy)
    };
    found.iter().map(line).collect()
}

impl<T: Transport> ReadRegisters for Client<T> {
    fn read(&mut self, base: u16, words: &mut [u16]) -> Result<(), AccessError> {
        Ok(self.read_holding("reading", base, words)?)
    }
}

impl From<PlcError> for AccessError {
    fn from(error: PlcError) -> Self {
        let message = error.to_string();
        if error.is_broken() { Self::Broken(message) } else { Self::Refused(message) }
    }
}
