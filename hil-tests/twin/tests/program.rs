//! The program `twin`, as a person starts it.

use std::fs;
use std::process::{Command, Output};

const LINE: &str = r#"
[line]
name = "test"
sku = "tea"
[[camera]]
name = "top"
source = "shm:/tmp/none"
width_px = 64
height_px = 48
position_mm = 300.0
[conveyor]
"#;

fn twin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_twin")).args(arguments).output().expect("it starts")
}

#[test]
fn a_line_file_with_a_mistake_is_named_with_the_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let line = folder.path().join("line.toml");
    fs::write(&line, LINE).unwrap();
    let (line, truth) = (line.to_str().unwrap(), folder.path().join("truth.jsonl"));
    let output = twin(&["--line", line, "--truth", truth.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("line.toml") && said.contains("conveyor"), "{said}");
    assert!(!truth.exists(), "nothing was simulated");
}
