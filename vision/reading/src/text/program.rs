//! **A program's answer**, or none in time: one that hangs must not keep a thread waiting for ever.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProgramError {
    /// It cannot be started, or not be spoken with.
    #[error("{0}")]
    System(#[from] io::Error),
    /// It did not end in time, and was killed.
    #[error("it did not end within {} s", .0.as_secs_f64())]
    TooLong(Duration),
    /// It ended with an error.
    #[error("{0}")]
    Failed(String),
}

impl From<Errno> for ProgramError {
    fn from(error: Errno) -> Self {
        Self::System(error.into())
    }
}

/// What `program` writes when it reads `input`, if it ends well within `limit`.
///
/// Input and output are files: no pipe can fill up while nobody reads it.
pub(super) fn answer(
    program: &mut Command,
    input: &[u8],
    limit: Duration,
) -> Result<Vec<u8>, ProgramError> {
    let mut stdin = tempfile::tempfile()?;
    stdin.write_all(input)?;
    stdin.rewind()?;
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut running =
        program.stdin(stdin).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?).spawn()?;
    let ended = ends_within(&running, limit);
    if !matches!(ended, Ok(true)) {
        // It may have ended just now; then there is nothing to kill.
        _ = running.kill();
    }
    let status = running.wait()?;
    if !ended? {
        return Err(ProgramError::TooLong(limit));
    }
    if !status.success() {
        let words = whole(stderr)?;
        let words = String::from_utf8_lossy(&words);
        return Err(ProgramError::Failed(format!("{status}: {}", words.trim())));
    }
    Ok(whole(stdout)?)
}

/// Whether the program ends within `limit`.
fn ends_within(running: &Child, limit: Duration) -> Result<bool, ProgramError> {
    // Its descriptor becomes readable when it ends.
    let descriptor = pidfd_open(Pid::from_child(running), PidfdFlags::empty())?;
    let start = Instant::now();
    loop {
        let left = Timespec::try_from(limit.saturating_sub(start.elapsed()))
            .map_err(|error| ProgramError::Failed(error.to_string()))?;
        match poll(&mut [PollFd::new(&descriptor, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// All that was written into `file`.
fn whole(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn a_program_reads_its_input_and_answers_however_much_it_is() {
        let input = vec![b'x'; 3_000_000];
        assert_eq!(answer(&mut shell("cat"), &input, SOON).unwrap(), input);
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let hangs = answer(&mut shell("echo much; exec sleep 600"), b"", Duration::from_millis(50));
        assert_eq!(hangs.unwrap_err().to_string(), "it did not end within 0.05 s");
    }

    #[test]
    fn a_program_that_fails_is_quoted_and_one_that_is_not_there_is_an_error() {
        let failed = answer(&mut shell("echo no such thing >&2; exit 3"), b"", SOON).unwrap_err();
        assert_eq!(failed.to_string(), "exit status: 3: no such thing");
        let missing = answer(&mut Command::new("inspectd-has-no-such-program"), b"", SOON);
        assert!(matches!(missing, Err(ProgramError::System(_))));
    }
}
