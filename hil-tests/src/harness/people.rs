//! People of inspectd's page, made as on a box: by inspectctl.

use std::{io, path::Path, process::Command};

use serde::Deserialize;

use super::process::program;

/// What inspectctl says when it has made up a password.
#[derive(Debug, Deserialize)]
struct MadeUp {
    password: String,
}

/// Adds a person of that role; returns the password that was made up.
///
/// # Errors
/// inspectctl cannot be started, or refuses: with what it said.
pub fn add(line: &Path, name: &str, role: &str) -> io::Result<String> {
    let mut command = Command::new(program("inspectctl"));
    command.arg("--line").arg(line).args(["--json", "people", "add", name, "--role", role]);
    let output = command.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(said.trim().to_owned()));
    }
    let made_up: MadeUp = serde_json::from_slice(&output.stdout)?;
    Ok(made_up.password)
}
