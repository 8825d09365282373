//! What the end-to-end tests share: a line in a folder of its own, started and ready.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;
use std::time::Duration;

use anyhow::{bail, ensure};
use hil_tests::harness::line_file::Layout;
use hil_tests::harness::mixed::MixedBelt;
use hil_tests::harness::running_line::{Broker, RunningLine, Start, socket_folder};
use hil_tests::harness::{references, wait_for};
use tempfile::TempDir;

/// Loading and warming up the model takes ten seconds on two busy cores.
const READY: Duration = Duration::from_secs(120);

/// A running line, and the folders that go with it.
pub struct Bench {
    pub line: RunningLine,
    folder: TempDir,
    _sockets: TempDir,
}

impl Bench {
    /// Starts broker, twin, plc-bridge and inspectd, and waits until items are inspected. `change`
    /// may lay out the line otherwise.
    pub fn start(twin: &[&str], change: impl FnOnce(&mut Layout)) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let sockets = socket_folder()?;
        let mut layout = Layout::new(folder.path(), sockets.path())?;
        change(&mut layout);
        // One folder for all tests: they learn once.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("references");
        layout.references = references::learned(&layout, None, &cache, &mut |_| {})?;
        let twin = twin.iter().map(ToString::to_string).collect();
        Self::of(layout, twin, folder, sockets)
    }

    /// The same with many products on the belt; what the box learns stands in the folder `references`.
    pub fn start_mixed(belt: &MixedBelt, twin: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let sockets = socket_folder()?;
        let mut layout = Layout::new(folder.path(), sockets.path())?;
        belt.lay_out(&mut layout, folder.path())?;
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("references");
        references::learned_of_many(&layout, belt, (&cache, &layout.references), &mut |_| {})?;
        let mut twin: Vec<String> = twin.iter().map(ToString::to_string).collect();
        twin.extend(belt.twin_arguments(&folder.path().join("scans.jsonl")));
        Self::of(layout, twin, folder, sockets)
    }

    fn of(
        layout: Layout,
        mut twin: Vec<String>,
        folder: TempDir,
        sockets: TempDir,
    ) -> anyhow::Result<Self> {
        twin.push("--wait-ready".to_owned());
        let broker = Broker::Mosquitto;
        let start = Start { folder: folder.path(), layout: &layout, broker, twin };
        let line = RunningLine::start(&start)?;
        let mut bench = Self { line, folder, _sockets: sockets };
        bench.wait_ready()?;
        Ok(bench)
    }

    /// The folder of everything that the line writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until items are inspected.
    pub fn wait_ready(&mut self) -> anyhow::Result<()> {
        let ready = || self.line.page.status().is_some_and(|status| status.ready).then_some(());
        if wait_for(READY, ready).is_none() {
            self.line.check()?;
            bail!("not ready: {:?}\n{}", self.line.page.status(), self.line.inspectd.tail());
        }
        Ok(())
    }

    /// Waits until so many items have left the line, whatever became of them.
    pub fn wait_for_items(&mut self, items: usize, limit: Duration) -> anyhow::Result<()> {
        let truth = self.line.truth();
        let left = || {
            let text = std::fs::read_to_string(&truth).unwrap_or_default();
            (text.lines().count() >= items).then_some(())
        };
        let enough = wait_for(limit, left).is_some();
        let log = self.line.twin.tail();
        ensure!(enough, "fewer than {items} items have left the line:\n{log}");
        Ok(())
    }
}
