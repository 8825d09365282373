//! From a verdict to the PLC and back: how long it takes from the moment when inspectd hands it to
//! the bridge until the command block that holds it is written, and until the PLC's acknowledgement
//! is read. Beside it the **bare round trip**: one `write_multiple_registers` of the same block, by
//! a client that does nothing else, at the same time.
//!
//! The real cycle thread, with its priority, over loopback. The PLC is made in software and scans
//! at each write, so that its own scan time is not in the figures: a real one adds up to a scan.
//! Its threads have the same priority where that is permitted, since a real PLC does not share a
//! processor with the bridge. The verdicts come at any time between two cycles.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use line::clock;
use line::config::BridgeConfig;
use line::protocol::{FromBridge, ItemEvent, ToBridge, VERSION, Verdict};
use plc_bridge::cycle::{Cycle, Timing};
use plc_bridge::inspector_socket;
use plc_bridge::logger::{Entry, Log};
use plc_bridge::modbus::{self, Client, Tcp};
use plc_bridge::realtime;
use plc_bridge::registers::{CodeBlock, Command, Eye, Order, Status};
use plc_bridge::soft_plc::{COMMAND_BASE, SoftPlc, UNIT};
use plc_bridge::statistics::Report;
use plc_bridge::whole_line::Line;
use plc_bridge::wire::{PlcError, PlcWire};

/// Verdicts that are measured: enough for a p99.9 of some samples.
const VERDICTS: usize = 5000;
/// Those at the start that are not: caches and predictions settle.
const WARM_UP: usize = 200;
/// Counts until the first item enters: time for both sides to connect.
const LEAD: u32 = 20_000;
/// Counts from one item to the next, and what the belt moves at each write: two items a cycle.
const APART: u32 = 100;
const SPEED: u32 = 200;
/// Counts from the entry eye to the exit eye.
const EXIT: u32 = 15_000;

const LINE: &str = r#"
[line]
name = "bench"
sku = "carton"
[conveyor]
mm_per_count = 0.1
nominal_speed_mm_s = 2000
exit_eye_mm = 1500
slip_tolerance_mm = 2
min_gap_mm = 0
[[conveyor.diverter]]
lane = 1
commit_point_mm = 1000
lane_eye_mm = 1300
"#;

/// A wire that notes when each result was confirmed as written.
struct Noting {
    wire: Box<dyn PlcWire + Send>,
    newest: u16,
    /// By the number of the result, from 1.
    written: Arc<Mutex<Vec<Duration>>>,
}

impl PlcWire for Noting {
    fn connect(&mut self) -> Result<(), PlcError> {
        self.wire.connect()
    }

    fn write_command(&mut self, command: &Command) -> Result<(), PlcError> {
        self.wire.write_command(command)?;
        let (now, fresh) = (clock::monotonic(), command.result_head.wrapping_sub(self.newest));
        self.newest = command.result_head;
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend((0..fresh).map(|_| now));
        Ok(())
    }

    fn read_status(&mut self) -> Result<Status, PlcError> {
        self.wire.read_status()
    }

    fn read_codes(&mut self) -> Result<CodeBlock, PlcError> {
        self.wire.read_codes()
    }

    fn disconnect(&mut self) {
        self.wire.disconnect();
    }
}

/// When each verdict was handed over, when the bridge had read it from the socket, and when its
/// acknowledgement was read from the PLC; in order.
#[derive(Default)]
struct Seen {
    handed: Vec<Duration>,
    received: Vec<Duration>,
    acknowledged: Vec<Duration>,
}

/// inspectd's part: passes every item, a random time after it has entered.
fn inspect(stream: UnixStream, verdicts: usize) -> Result<Seen> {
    let mut writer = stream.try_clone()?;
    let mut say = move |message: &ToBridge| -> Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        Ok(writer.write_all(&line)?)
    };
    say(&ToBridge::Hello { protocol: VERSION })?;
    let mut boot = String::new();
    let (mut seen, mut random) = (Seen::default(), 0x2545_f491_4f6c_dd1d_u64);
    for line in BufReader::new(stream).lines() {
        let (seq, event) = match serde_json::from_str(&line?)? {
            FromBridge::Hello { boot: its, .. } => {
                boot = its;
                continue;
            }
            FromBridge::Event { seq, event, .. } => (seq, event),
            FromBridge::Refused { item, why } => bail!("the verdict for {item}: {why:?}"),
            _ => continue,
        };
        match event {
            ItemEvent::Entered { item, .. } if seen.handed.len() < verdicts => {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                thread::sleep(Duration::from_micros(random % 5000));
                say(&ToBridge::Heartbeat { ready: true })?;
                say(&ToBridge::Ack { through: seq })?;
                let verdict =
                    ToBridge::Verdict { item, boot: boot.clone(), verdict: Verdict::Pass };
                seen.handed.push(clock::monotonic());
                say(&verdict)?;
            }
            ItemEvent::Delivered { handed_at, acknowledged_at, .. } => {
                seen.received.push(handed_at);
                seen.acknowledged.push(acknowledged_at);
                if seen.acknowledged.len() == verdicts {
                    return Ok(seen);
                }
            }
            _ => {}
        }
    }
    bail!("the bridge has closed the connection")
}

/// One `write_multiple_registers` of a command block after the other, as far apart as cycles,
/// until it is told to stop.
fn bare(address: &str, cycle: Duration, stop: &AtomicBool) -> Result<Histogram<u64>> {
    // As the cycle; where that is not permitted neither has it.
    let _ = realtime::raise_priority();
    let words = Command::default().encode(Order::default());
    let mut times = histogram();
    let mut client = Client::new(Tcp::new(address), UNIT, Duration::from_secs(1));
    client.connect()?;
    let mut due = clock::monotonic();
    while !stop.load(Ordering::Relaxed) {
        clock::sleep_until(due);
        let asked = clock::monotonic();
        client.write_registers("writing", COMMAND_BASE, &words)?;
        times.saturating_record((clock::monotonic() - asked).as_micros() as u64);
        due += cycle;
    }
    Ok(times)
}

/// A PLC whose threads have the cycle's priority, which they inherit.
fn plc() -> Result<SoftPlc> {
    let started = thread::spawn(|| {
        let _ = realtime::raise_priority();
        SoftPlc::start(Duration::from_millis(10))
    });
    Ok(started.join().ok().context("the PLC has panicked")??)
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(10_000_000, 3).expect("the bounds are in order")
}

fn between(from: &[Duration], to: &[Duration]) -> Histogram<u64> {
    let mut times = histogram();
    for (from, to) in from.iter().zip(to).skip(WARM_UP) {
        times.saturating_record(to.saturating_sub(*from).as_micros() as u64);
    }
    times
}

/// Runs the bridge until so many verdicts are acknowledged.
fn run(config: &BridgeConfig) -> Result<(Seen, Vec<Duration>, Report)> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("bridge.sock");
    let listener = inspector_socket::listen(&socket)?;
    let (log, entries) = Log::with_room(1024);
    let (said, inbox) = sync_channel(256);
    let doorman = log.clone();
    thread::spawn(move || inspector_socket::serve(&listener, "bench", &said, &doorman));
    let (tell, told) = sync_channel(1);
    thread::spawn(move || {
        entries.for_each(|entry, _| {
            if let Entry::Stopped(report) = entry {
                // Nobody waits for it when the bench has failed.
                let _ = tell.send(report);
            }
        });
    });

    let written = Arc::new(Mutex::new(Vec::with_capacity(2 * VERDICTS)));
    let wire = modbus::from_config(&config.plc, 1).context("the line has a PLC")?;
    let wire = Box::new(Noting { wire, newest: 0, written: Arc::clone(&written) });
    let line = Line::new(config, "bench".into(), 7, 1);
    let cycle = Cycle::new(line, wire, Timing::of(&config.plc), inbox, log)?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let running = thread::spawn(move || {
        if let Err(why) = realtime::raise_priority() {
            println!("{why}");
        }
        cycle.run(&stopped);
    });
    // The first item enters once inspectd is there to see it.
    let seen = inspect(UnixStream::connect(&socket)?, VERDICTS + WARM_UP);
    stop.store(true, Ordering::Relaxed);
    running.join().ok().context("the cycle has panicked")?;
    let report = told.recv()?;
    let written = written.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok((seen?, written, report))
}

fn row(what: &str, times: &Histogram<u64>, bare: &Histogram<u64>) {
    let at = |quantile: f64| times.value_at_quantile(quantile);
    let ratio = at(0.99) as f64 / bare.value_at_quantile(0.99) as f64;
    println!(
        "{what:34} {:>9} {:>9} {:>9} {:>9} {ratio:>10.1}",
        at(0.5),
        at(0.99),
        at(0.999),
        times.max()
    );
}

fn main() -> Result<()> {
    let (plc, other_plc) = (plc()?, plc()?);
    let config = format!("{LINE}[plc]\naddress = \"{}\"\n", plc.address());
    let config: BridgeConfig = toml::from_str(&config)?;
    let cycle = Duration::from_millis(config.plc.cycle_ms.into());
    if let Err(why) = realtime::lock_memory() {
        println!("{why}");
    }
    {
        let mut image = plc.image();
        image.scans_on_write = true;
        image.speed = SPEED;
        let items = (VERDICTS + WARM_UP + 200) as u32;
        (0..items).for_each(|item| image.put_item_at(LEAD + item * APART, Eye::Exit, EXIT));
    }
    let (other, stop) = (other_plc.address().to_string(), Arc::new(AtomicBool::new(false)));
    let stopped = Arc::clone(&stop);
    let measuring = thread::spawn(move || bare(&other, cycle, &stopped));
    let ran = run(&config);
    stop.store(true, Ordering::Relaxed);
    let bare_times = measuring.join().ok().context("the measuring thread has panicked")??;
    let (seen, written, report) = ran?;

    let to_written = between(&seen.handed, &written);
    let to_received = between(&seen.handed, &seen.received);
    let to_acknowledged = between(&seen.handed, &seen.acknowledged);
    println!("\n{} verdicts over loopback, one cycle {cycle:?}; times in us", to_written.len());
    println!(
        "{:34} {:>9} {:>9} {:>9} {:>9} {:>10}",
        "", "p50", "p99", "p99.9", "max", "p99 / bare"
    );
    row("bare write_multiple_registers", &bare_times, &bare_times);
    row("verdict -> read from the socket", &to_received, &bare_times);
    row("verdict -> written, confirmed", &to_written, &bare_times);
    row("verdict -> acknowledged by the PLC", &to_acknowledged, &bare_times);
    let missed = report.counters.cycles_missed;
    println!("\n{missed} of {} cycles missed; begun late by {}", report.cycles, report.lateness);
    println!("exchange (write, then read): {}", report.exchange);
    let round_trip = bare_times.value_at_quantile(0.99);
    let aim = cycle.as_micros() as u64 + round_trip * 12 / 10;
    for (what, times) in [("written", &to_written), ("acknowledged", &to_acknowledged)] {
        let p99 = times.value_at_quantile(0.99);
        let verdict = if p99 <= aim { "reached" } else { "MISSED" };
        println!(
            "aim, {what}: p99 {p99} us within one cycle + 1.2 x bare p99 = {aim} us: {verdict}"
        );
    }
    Ok(())
}
