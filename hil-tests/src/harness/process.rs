//! A child process with its log: started beside us, ended with us.
//!
//! Each child leads a process group of its own, so that a ctrl-C in the terminal reaches only the
//! program that owns the children, which then ends them in order.

use std::os::unix::process::CommandExt as _;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use thiserror::Error;

use super::wait_for;

/// How long a child has between SIGTERM and SIGKILL: inspectd finishes loading its model first.
pub const GRACE: Duration = Duration::from_secs(30);
/// Lines of the log that a failure shows.
const TAIL: usize = 15;

/// What went wrong with a child.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("cannot start {program}: {source}; build it first (`cargo build --workspace --bins`)")]
    Start {
        /// The program's path.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its log cannot be written.
    #[error("cannot write the log {path}: {source}; check the folder and the disk")]
    Log {
        /// The log's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ended although nobody asked it to.
    #[error("{name} has ended by itself ({status}); the end of {log}:\n{tail}")]
    Ended {
        /// Which.
        name: String,
        /// How.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// It did not do in time what was waited for.
    #[error("{name} did not {what} within {limit:?}; the end of {log}:\n{tail}")]
    Late {
        /// Which.
        name: String,
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// Its log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
}

/// One child.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

/// The path of a program of this workspace: it stands beside the running one, or above it when
/// that is a test or an example.
pub fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    let folder = here.parent().unwrap_or(Path::new("."));
    let folder = match folder.file_name() {
        Some(inner) if inner == "deps" || inner == "examples" => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    folder.join(name)
}

impl Process {
    /// Starts `command`; what it prints goes to `<logs>/<name>.log`, behind what stands there.
    ///
    /// # Errors
    /// The program or its log is not to be had.
    pub fn start(name: &str, mut command: Command, logs: &Path) -> Result<Self, ProcessError> {
        let log = logs.join(format!("{name}.log"));
        let failed = |source| ProcessError::Log { path: log.clone(), source };
        fs::create_dir_all(logs).map_err(failed)?;
        let file = File::options().create(true).append(true).open(&log).map_err(failed)?;
        let copy = file.try_clone().map_err(failed)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(copy)
            .stderr(file)
            .process_group(0)
            .spawn()
            .map_err(|source| ProcessError::Start {
                program: command.get_program().into(),
                source,
            })?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        fs::read(&self.log).map_or_else(|_| String::new(), |text| lossy(&text))
    }

    /// The last lines of what it has printed.
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// An error when it has ended.
    ///
    /// # Errors
    /// It has ended; the error shows its log.
    pub fn check(&mut self) -> Result<(), ProcessError> {
        match self.ended() {
            None => Ok(()),
            Some(status) => Err(ProcessError::Ended {
                name: self.name.clone(),
                status: status.to_string(),
                log: self.log.clone(),
                tail: self.tail(),
            }),
        }
    }

    /// Waits until it has printed `text`.
    ///
    /// # Errors
    /// It ended, or `limit` passed.
    pub fn wait_for_log(&mut self, text: &str, limit: Duration) -> Result<(), ProcessError> {
        let found = wait_for(limit, || {
            let there = self.log().contains(text).then_some(Ok(()));
            there.or_else(|| self.check().err().map(Err))
        });
        found.unwrap_or_else(|| Err(self.late(&format!("print {text:?}"), limit)))
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// `limit` passed.
    pub fn wait_for_end(&mut self, limit: Duration) -> Result<ExitStatus, ProcessError> {
        wait_for(limit, || self.ended()).ok_or_else(|| self.late("end", limit))
    }

    /// Sends a signal to it and to what it has started.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // Fails only when it has ended meanwhile, which is what most signals want.
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Ends it: SIGTERM, and after [`GRACE`] SIGKILL. True when SIGTERM was enough.
    pub fn stop(&mut self) -> bool {
        if self.ended().is_some() {
            return true;
        }
        self.signal(Signal::TERM);
        let gently = wait_for(GRACE, || self.ended()).is_some();
        if !gently {
            self.kill();
        }
        gently
    }

    /// Ends it at once, as a crash or a power cut would.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        // After SIGKILL there is nothing to wait long for.
        let _ = self.child.wait();
    }

    fn late(&self, what: &str, limit: Duration) -> ProcessError {
        ProcessError::Late {
            name: self.name.clone(),
            what: what.to_owned(),
            limit,
            log: self.log.clone(),
            tail: self.tail(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.kill();
        }
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, logs: &Path) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start("child", command, logs).unwrap()
    }

    #[test]
    fn a_child_that_ends_early_is_reported_with_the_end_of_its_log() {
        let logs = tempfile::tempdir().unwrap();
        let mut child = shell("echo the reason; exit 3", logs.path());
        let error = child.wait_for_log("never", Duration::from_secs(20)).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("the reason"), "{error}");
    }

    #[test]
    fn a_child_dies_with_its_owner_and_so_does_what_it_started() {
        let logs = tempfile::tempdir().unwrap();
        let mut child = shell("sleep 60 & echo pid $!; wait", logs.path());
        child.wait_for_log("pid ", Duration::from_secs(20)).unwrap();
        let grandchild: u32 = child.log().trim().rsplit(' ').next().unwrap().parse().unwrap();
        drop(child);
        let gone = wait_for(Duration::from_secs(10), || {
            let status = fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            (status.is_empty() || status.contains(") Z ")).then_some(())
        });
        assert!(gone.is_some());
    }

    #[test]
    fn a_child_that_ignores_sigterm_is_killed_after_the_grace() {
        let logs = tempfile::tempdir().unwrap();
        let mut child = shell("trap '' TERM; echo set; while :; do sleep 0.1; done", logs.path());
        child.wait_for_log("set", Duration::from_secs(20)).unwrap();
        assert!(!child.stop());
        assert!(child.ended().is_some());
    }
}
