//! What `scripts/bootstrap` and `scripts/bench-peer` say when they cannot do their work. The checks
//! are shell scripts, so that a person can run them alone.

use std::process::Command;

/// Runs the checks in `script`, all of which must succeed; there are `checks` of them.
fn run(script: &str, checks: usize) {
    let script = format!("{}/../scripts/tests/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(&script)
        .output()
        .unwrap_or_else(|error| panic!("cannot run {script}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("ok: ").count(), checks, "{said}");
}

#[test]
fn a_failed_download_names_the_file_the_cause_and_the_remedy() {
    run("bootstrap_errors.sh", 3);
}

#[test]
fn the_bench_against_the_peer_says_what_it_needs_and_leaves_nothing_half_made() {
    run("bench_peer_errors.sh", 3);
}
