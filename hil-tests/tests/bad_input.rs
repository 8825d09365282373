//! Bad input: each message names the thing and the next step, and what can come back is retried.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use hil_tests::harness::line_file::Layout;
use hil_tests::harness::page::{Page, Status};
use hil_tests::harness::process::{Process, program};
use hil_tests::harness::wait_for;
use tempfile::TempDir;

/// How long a daemon may take to say what is wrong: cameras and brokers are tried for seconds.
const SAYS_SO: Duration = Duration::from_secs(60);

/// A line file in a folder of its own, whose parts a test breaks.
struct Site {
    layout: Layout,
    folder: TempDir,
}

impl Site {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let layout = Layout::new(folder.path(), folder.path())?;
        Ok(Self { layout, folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the line file, with `from` replaced by `to`.
    fn write(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let text = self.layout.text();
        anyhow::ensure!(text.contains(from), "the line file has no {from:?}:\n{text}");
        fs::write(self.path().join("line.toml"), text.replace(from, to))?;
        Ok(())
    }

    fn start(&self, name: &str) -> anyhow::Result<Process> {
        let mut command = Command::new(program(name));
        command.arg("--line").arg(self.path().join("line.toml"));
        Ok(Process::start(name, command, self.path())?)
    }

    /// Waits until the page shows a problem that contains `words`; the process must be running.
    fn problem(&self, inspectd: &mut Process, words: &str) -> anyhow::Result<()> {
        let page = Page::on(self.layout.web_port, &self.layout.store);
        let shows = |status: Status| {
            let said = |problem: &hil_tests::harness::page::Problem| {
                problem.what.contains(words) && !problem.remedy.is_empty()
            };
            status.problems.iter().any(said).then_some(())
        };
        let shown = wait_for(SAYS_SO, || page.status().and_then(shows));
        inspectd.check()?;
        shown.with_context(|| {
            format!("no problem says {words:?}: {:#?}\n{}", page.status(), inspectd.log())
        })
    }
}

/// Both daemons refuse to start, and say the same.
fn refused_by_both(site: &Site, words: &[&str]) -> anyhow::Result<()> {
    for name in ["inspectd", "plc-bridge"] {
        let mut daemon = site.start(name)?;
        let status = daemon.wait_for_end(SAYS_SO)?;
        assert!(!status.success(), "{name} must refuse");
        let log = daemon.log();
        for words in words {
            assert!(log.contains(words), "{name} does not say {words:?}:\n{log}");
        }
    }
    Ok(())
}

#[test]
fn a_missing_line_file_is_named_with_the_next_step() -> anyhow::Result<()> {
    refused_by_both(&Site::new()?, &["line.toml", "No such file", "--line"])
}

#[test]
fn a_malformed_line_file_is_refused_with_its_line() -> anyhow::Result<()> {
    let site = Site::new()?;
    fs::write(site.path().join("line.toml"), "[line]\nname = line one\n")?;
    refused_by_both(&site, &["line 2", "not valid TOML"])
}

#[test]
fn an_unknown_key_is_refused_with_what_was_probably_meant() -> anyhow::Result<()> {
    let site = Site::new()?;
    site.write("cycle_ms", "cylce_ms")?;
    refused_by_both(&site, &["plc.cylce_ms", "did you mean `cycle_ms`"])
}

#[test]
fn a_camera_that_does_not_exist_is_a_problem_on_the_page_and_is_tried_again() -> anyhow::Result<()>
{
    let site = Site::new()?;
    let source = format!("shm:{}", site.path().join("top").display());
    site.write(&source, "v4l2:/dev/video99")?;
    let mut inspectd = site.start("inspectd")?;
    site.problem(&mut inspectd, "camera top is down")?;
    let page = Page::on(site.layout.web_port, &site.layout.store);
    let tried_again = || {
        let cameras = page.status()?.cameras;
        let top = cameras.iter().find(|camera| camera.name == "top")?;
        (top.counters.get("reconnects")? >= &2).then_some(())
    };
    wait_for(SAYS_SO, tried_again).context("the camera is not tried again")?;
    assert!(inspectd.log().contains("/dev/video99"), "{}", inspectd.log());
    assert!(inspectd.stop());
    Ok(())
}

#[test]
fn a_camera_source_of_no_known_kind_is_refused_with_the_known_ones() -> anyhow::Result<()> {
    let site = Site::new()?;
    let source = format!("shm:{}", site.path().join("top").display());
    site.write(&source, "webcam:0")?;
    let mut inspectd = site.start("inspectd")?;
    assert!(!inspectd.wait_for_end(SAYS_SO)?.success());
    let log = inspectd.log();
    assert!(log.contains("webcam:0") && log.contains("v4l2:"), "{log}");
    Ok(())
}

#[test]
fn an_absent_plc_is_told_and_the_bridge_goes_on_trying() -> anyhow::Result<()> {
    let site = Site::new()?;
    site.write("", "")?;
    let mut bridge = site.start("plc-bridge")?;
    bridge.wait_for_log("the PLC is lost", SAYS_SO)?;
    let address = format!("127.0.0.1:{}", site.layout.plc_port);
    assert!(bridge.log().contains(&address), "{}", bridge.log());
    let mut inspectd = site.start("inspectd")?;
    site.problem(&mut inspectd, "the PLC is lost")?;
    bridge.check()?;
    Ok(())
}

#[test]
fn an_absent_bridge_and_an_absent_broker_are_problems_with_a_remedy() -> anyhow::Result<()> {
    let site = Site::new()?;
    site.write("", "")?;
    let mut inspectd = site.start("inspectd")?;
    site.problem(&mut inspectd, "plc-bridge is not reached")?;
    let port = site.layout.broker_port.context("the line has a fleet")?;
    site.problem(&mut inspectd, &format!("127.0.0.1:{port}"))
}

#[test]
fn a_corrupt_torchscript_file_is_a_problem_on_the_page() -> anyhow::Result<()> {
    let mut site = Site::new()?;
    let model = site.path().join("model");
    fs::create_dir(&model)?;
    fs::copy(site.layout.model.join("golden.json"), model.join("golden.json"))?;
    fs::write(model.join("backbone.pt"), b"PK\x03\x04 this is no TorchScript")?;
    site.layout.model = model;
    site.write("", "")?;
    let mut inspectd = site.start("inspectd")?;
    site.problem(&mut inspectd, "backbone.pt is not a TorchScript backbone")
}

#[test]
fn a_torchscript_file_that_computes_something_else_is_a_problem_on_the_page() -> anyhow::Result<()>
{
    let mut site = Site::new()?;
    let model = site.path().join("model");
    fs::create_dir(&model)?;
    fs::copy(site.layout.model.join("backbone.pt"), model.join("backbone.pt"))?;
    let golden = fs::read_to_string(site.layout.model.join("golden.json"))?;
    // Golden outputs of another model: one of the means is another number.
    let other = golden.replacen("\"mean\": ", "\"mean\": 7", 1);
    assert_ne!(golden, other, "golden.json holds a mean");
    fs::write(model.join("golden.json"), other)?;
    site.layout.model = model;
    site.write("", "")?;
    let mut inspectd = site.start("inspectd")?;
    site.problem(&mut inspectd, "is not what was exported")
}

#[test]
fn a_folder_with_a_broken_picture_names_the_picture() -> anyhow::Result<()> {
    let site = Site::new()?;
    let good = site.path().join("set/train/good");
    fs::create_dir_all(&good)?;
    fs::write(good.join("broken_one.png"), b"\x89PNG\r\n\x1a\n and then nothing")?;
    let output = Command::new(program("inspectctl"))
        .args(["learn", "--sku", "tea", "--view", "top", "--references"])
        .arg(site.path().join("references"))
        .arg(site.path().join("set"))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("broken_one.png"), "{said}");
    Ok(())
}
