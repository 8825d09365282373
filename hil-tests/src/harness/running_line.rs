//! A whole line, running: broker, twin, plc-bridge and inspectd, each a process of its own.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use rustix::process::Signal;
use tempfile::TempDir;
use thiserror::Error;

use super::{
    account::{self, Account, AccountError, Record, planned::Planned},
    line_file::Layout,
    page::{Page, Status},
    process::{Process, ProcessError, program},
    wait_for,
};

/// systemd's `RestartSec` unless a unit says otherwise.
const RESTART_PAUSE: Duration = Duration::from_millis(100);

/// Why a line does not run.
#[derive(Debug, Error)]
pub enum LineError {
    /// A child failed.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A file cannot be written.
    #[error("cannot write {path}: {source}; check the folder and the disk")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Which program plays the fleet's broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broker {
    /// Mosquitto, as at a real site.
    Mosquitto,
    /// None: the line file names one that is not there.
    Absent,
}

/// How a line is started.
#[derive(Debug)]
pub struct Start<'a> {
    /// Folder of everything that it writes.
    pub folder: &'a Path,
    /// What the line file is made from.
    pub layout: &'a Layout,
    /// The broker.
    pub broker: Broker,
    /// More arguments for the twin.
    pub twin: Vec<String>,
}

/// The processes; they die with this value.
#[derive(Debug)]
pub struct RunningLine {
    /// inspectd. First, so that it is the first to go.
    pub inspectd: Process,
    /// plc-bridge.
    pub bridge: Process,
    /// The twin.
    pub twin: Process,
    /// The broker, if there is one.
    pub broker: Option<Process>,
    /// inspectd's page.
    pub page: Page,
    folder: PathBuf,
    store: PathBuf,
    line: PathBuf,
}

impl RunningLine {
    /// Writes the line file and starts the processes; they need some seconds to be ready.
    ///
    /// # Errors
    /// A file cannot be written or a program cannot be started.
    pub fn start(start: &Start<'_>) -> Result<Self, LineError> {
        let line = start.folder.join("line.toml");
        write(&line, &start.layout.text())?;
        let logs = start.folder;
        let broker = match (start.broker, start.layout.broker_port) {
            (Broker::Mosquitto, Some(port)) => Some(mosquitto(start.folder, port)?),
            (Broker::Absent, _) | (_, None) => None,
        };
        let mut twin = Command::new(program("twin"));
        twin.arg("--end-with-parent").arg("--line").arg(&line);
        twin.arg("--truth").arg(start.folder.join("truth.jsonl")).args(&start.twin);
        let mut twin = Process::start("twin", twin, logs)?;
        twin.wait_for_log("running: PLC at", Duration::from_secs(20))?;
        Ok(Self {
            inspectd: start_inspectd(&line, logs)?,
            bridge: start_bridge(&line, logs)?,
            twin,
            broker,
            page: Page::on(start.layout.web_port, &start.layout.store),
            folder: start.folder.to_owned(),
            store: start.layout.store.clone(),
            line,
        })
    }

    /// The line file.
    pub fn line_file(&self) -> &Path {
        &self.line
    }

    /// An error when one of the processes has ended by itself.
    ///
    /// # Errors
    /// The first that has ended, with its log.
    pub fn check(&mut self) -> Result<(), LineError> {
        let all = [&mut self.twin, &mut self.bridge, &mut self.inspectd];
        for process in all.into_iter().chain(&mut self.broker) {
            process.check()?;
        }
        Ok(())
    }

    /// Kills inspectd as a crash would.
    pub fn kill_inspectd(&mut self) {
        self.inspectd.kill();
    }

    /// Starts inspectd again; its log goes on behind the old one.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn restart_inspectd(&mut self) -> Result<(), LineError> {
        self.inspectd = start_inspectd(&self.line, &self.folder)?;
        Ok(())
    }

    /// Kills plc-bridge as a crash would, and starts it again as systemd does: 100 ms later. Its log
    /// goes on behind the old one.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn kill_and_restart_bridge(&mut self) -> Result<(), LineError> {
        self.bridge.kill();
        thread::sleep(RESTART_PAUSE);
        self.bridge = start_bridge(&self.line, &self.folder)?;
        Ok(())
    }

    /// Cuts the PLC's power; it comes back by itself after three seconds.
    pub fn power_cycle_plc(&self) {
        self.twin.signal(Signal::USR2);
    }

    /// Switches the twin's feeder off.
    pub fn stop_feeding(&self) {
        self.twin.signal(Signal::USR1);
    }

    /// Whether the feeder is off and nothing is left on the belt.
    pub fn is_empty(&self) -> bool {
        self.twin.log().contains("the belt has run empty")
    }

    /// Whether every item that left has its outcome in the records, and the broker, if there is
    /// one, has acknowledged the summary of each.
    pub fn is_settled(&self) -> bool {
        let settled = || {
            let (truths, records) =
                (account::read_truth(&self.truth()).ok()?, self.records().ok()?);
            let closed = records.iter().filter(|record| record.outcome.is_some()).count();
            let seen = truths.iter().filter(|truth| truth.acquisition != 0).count();
            let fleet = self.page.status()?.fleet;
            // The page's word may be older than the last record: it must cover each of them.
            let told = fleet.owed == 0 && fleet.acknowledged >= closed as u64;
            Some(closed >= seen && (told || self.broker.is_none()))
        };
        settled() == Some(true)
    }

    /// Lets the belt run empty and the records settle; false when `limit` was not enough.
    pub fn run_empty(&self, limit: Duration) -> bool {
        self.stop_feeding();
        wait_for(limit, || (self.is_empty() && self.is_settled()).then_some(())).is_some()
    }

    /// The twin's truth file.
    pub fn truth(&self) -> PathBuf {
        self.folder.join("truth.jsonl")
    }

    /// The records, in the order of their numbers.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, AccountError> {
        account::read_records(&self.store)
    }

    /// What became of each thing that a mixed belt's plan says; `scans` is the twin's file of what its scanner made of
    /// the items.
    ///
    /// # Errors
    /// Truth, scans or records cannot be read.
    pub fn planned(&self, scans: &Path) -> Result<Planned, AccountError> {
        let truths = account::read_truth(&self.truth())?;
        Ok(Planned::of(&truths, &self.records()?, &account::read_scans(scans)?))
    }

    /// Ends all processes in the order in which nobody misses the next. Names those that had to
    /// be killed.
    pub fn stop(&mut self) -> Vec<&'static str> {
        let mut killed = Vec::new();
        for (name, process) in [
            ("inspectd", Some(&mut self.inspectd)),
            ("plc-bridge", Some(&mut self.bridge)),
            ("twin", Some(&mut self.twin)),
            ("broker", self.broker.as_mut()),
        ] {
            if process.is_some_and(|process| !process.stop()) {
                killed.push(name);
            }
        }
        killed
    }

    /// The account of the run so far; `status` is inspectd's last word about frames and messages.
    ///
    /// # Errors
    /// Truth or records cannot be read.
    pub fn account(&self, status: Option<&Status>) -> Result<Account, AccountError> {
        let truths = account::read_truth(&self.truth())?;
        let records = self.records()?;
        let mut account = Account::of(&truths, &records);
        if let Some(status) = status {
            let lost = |name: &str| {
                let of_camera = |c: &super::page::Camera| c.counters.get(name).copied();
                status.cameras.iter().filter_map(of_camera).sum::<u64>()
            };
            account.frames_dropped = lost("dropped") + lost("late");
            account.mqtt_owed = status.fleet.owed;
            account.mqtt_acknowledged = status.fleet.acknowledged;
        }
        Ok(account)
    }
}

/// A short folder for sockets, whose paths are limited to 107 characters.
///
/// # Errors
/// The system's folder for temporary files is not writable.
pub fn socket_folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("inspectd-").tempdir()
}

fn start_inspectd(line: &Path, logs: &Path) -> Result<Process, LineError> {
    let mut command = Command::new(program("inspectd"));
    command.arg("--line").arg(line);
    Ok(Process::start("inspectd", command, logs)?)
}

fn start_bridge(line: &Path, logs: &Path) -> Result<Process, LineError> {
    let mut command = Command::new(program("plc-bridge"));
    command.arg("--line").arg(line);
    Ok(Process::start("plc-bridge", command, logs)?)
}

/// Debian puts mosquitto where ordinary users do not look. It ends with the process that started it, however that
/// ends.
fn mosquitto(folder: &Path, port: u16) -> Result<Process, LineError> {
    let config = folder.join("mosquitto.conf");
    let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n");
    write(&config, &text)?;
    let sbin = Path::new("/usr/sbin/mosquitto");
    let mosquitto = if sbin.exists() { sbin } else { Path::new("mosquitto") };
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]).arg(mosquitto).arg("-c").arg(&config);
    Ok(Process::start("broker", command, folder)?)
}

fn write(path: &Path, text: &str) -> Result<(), LineError> {
    fs::write(path, text).map_err(|source| LineError::File { path: path.to_owned(), source })
}
