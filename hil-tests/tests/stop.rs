//! inspectd can be stopped at any moment, while its model loads too.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use hil_tests::harness::line_file::Layout;
use hil_tests::harness::process::{GRACE, Process, program};
use rustix::process::Signal;

/// Moments after the start, in milliseconds: the model takes one to two seconds to load.
const MOMENTS_MS: [u64; 5] = [0, 250, 500, 750, 1000];

#[test]
fn inspectd_ends_cleanly_when_it_is_stopped_while_its_model_loads() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let layout = Layout::new(folder.path(), folder.path())?;
    let line = folder.path().join("line.toml");
    fs::write(&line, layout.text())?;
    for moment in MOMENTS_MS {
        let mut command = Command::new(program("inspectd"));
        command.arg("--line").arg(&line);
        let name = format!("inspectd-{moment}");
        let mut inspectd = Process::start(&name, command, folder.path())?;
        inspectd.wait_for_log("inspecting", GRACE)?;
        thread::sleep(Duration::from_millis(moment));
        inspectd.signal(Signal::TERM);
        let status = inspectd.wait_for_end(GRACE)?;
        assert!(status.success(), "{moment} ms after its start: {status}\n{}", inspectd.tail());
    }
    Ok(())
}
