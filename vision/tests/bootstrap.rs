//! What `scripts/bootstrap` says when it cannot fetch a file. The checks are a shell script, so
//! that a person can run them alone.

use std::process::Command;

#[test]
fn a_failed_download_names_the_file_the_cause_and_the_remedy() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/tests/bootstrap_errors.sh");
    let output = Command::new(script)
        .output()
        .unwrap_or_else(|error| panic!("cannot run {script}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("ok: ").count(), 3, "{said}");
}
