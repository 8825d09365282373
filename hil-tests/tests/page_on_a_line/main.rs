//! The page in a real browser while a line runs: what a technician and an engineer do there really happens. A held item
//! leaves by the diverter, a moved budget changes a verdict, a setting is in force after a restart, and what is exported
//! is read by inspectctl. Once in English and once in German.

#[path = "../common/mod.rs"]
mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use common::Bench;
use hil_tests::harness::people;
use hil_tests::harness::process::program;

/// The Python and the browser that scripts/bootstrap installed.
fn tools() -> anyhow::Result<(&'static str, PathBuf)> {
    let chromium = PathBuf::from("/usr/bin/chromium");
    let python = option_env!("INSPECTD_TEST_PYTHON").filter(|python| Path::new(python).exists());
    match python {
        Some(python) if chromium.exists() => Ok((python, chromium)),
        _ => {
            bail!("no browser, or no Python for tests: run scripts/bootstrap, which installs both")
        }
    }
}

/// What an export holds: inspectctl learns from it.
fn learn_from(export: &Path, sku: &str, bench: &Bench) -> anyhow::Result<()> {
    let references = tempfile::tempdir()?;
    let mut learn = Command::new(program("inspectctl"));
    learn.arg("--line").arg(bench.line.line_file()).args(["--json", "learn"]).arg(export.join(sku));
    learn.args(["--sku", "EXPORTED", "--references"]).arg(references.path());
    let output = learn.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "inspectctl refuses the export: {said}");
    let learned: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let views = learned["views"].as_array().context("it tells what it learned")?;
    ensure!(views.iter().all(|view| view["normals"] == 1), "{learned:#}");
    ensure!(references.path().join("EXPORTED").is_dir(), "{learned:#}");
    Ok(())
}

fn walk_in(language: &str) -> anyhow::Result<()> {
    let (python, chromium) = tools()?;
    let mut sku = String::new();
    let mut bench = Bench::start(&["--rate", "1", "--defect-rate", "0.2"], |layout| {
        sku.clone_from(&layout.sku);
        // Room for the largest budget that the page offers.
        (layout.policy.batch_ordinary_share, layout.policy.batch_suspect_share) = (0.3, 0.9);
    })?;
    let password = people::add(bench.line.line_file(), "anna", "engineer")?;
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pages");
    fs::create_dir_all(&pictures)?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = here.join("../calib/texts").join(language).with_extension("toml");
    let mut walk = Command::new(python)
        .arg(here.join("tests/page_on_a_line/walk.py"))
        .arg(chromium)
        .args([&format!("{}/", bench.line.page.address()), &password, &sku])
        .args([texts.as_path(), &pictures, bench.folder()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut told = walk.stdin.take().context("it is piped")?;
    let mut was_learned = false;
    for line in BufReader::new(walk.stdout.take().context("it is piped")?).lines() {
        let line = line?;
        println!("{line}");
        match line.split_once(' ') {
            Some(("restart", _)) => {
                bench.line.kill_inspectd();
                bench.line.restart_inspectd()?;
                bench.wait_ready()?;
                writeln!(told, "it runs again")?;
            }
            Some(("exported", folder)) => {
                learn_from(Path::new(folder), &sku, &bench)?;
                was_learned = true;
                writeln!(told, "it is read")?;
            }
            _ => {}
        }
    }
    ensure!(walk.wait()?.success(), "see above");
    ensure!(was_learned, "the walk went to its end");
    bench.line.check()?;
    Ok(())
}

#[test]
fn what_is_done_on_the_page_happens_on_the_line() -> anyhow::Result<()> {
    walk_in("en")
}

#[test]
fn what_is_done_on_the_german_page_happens_on_the_line() -> anyhow::Result<()> {
    walk_in("de")
}
