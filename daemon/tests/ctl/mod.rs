//! inspectctl, run as people and scripts run it.

use std::process::{Command, Output};

use serde_json::Value;

/// Runs it to its end.
pub fn inspectctl(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inspectctl")).args(arguments).output().expect("it starts")
}

/// What it wrote to stdout and to stderr.
pub fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (text(&output.stdout), text(&output.stderr))
}

/// The JSON that it wrote to stdout.
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {:?}", said(output)))
}
