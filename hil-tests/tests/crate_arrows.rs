//! The arrows between the crates, as the design draws them, held against `cargo metadata`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// Which crates of the workspace a crate may depend on.
const ARROWS: [(&str, &[&str]); 15] = [
    ("line", &[]),
    ("plc-bridge", &["line"]),
    ("base", &[]),
    ("meaning", &[]),
    ("calib", &["line"]),
    ("capture", &["base", "line"]),
    ("features", &["base"]),
    ("damage", &["base", "features"]),
    ("reading", &["base", "features", "line", "meaning"]),
    ("identity", &["base", "features", "meaning", "reading"]),
    ("lab", &["base", "damage", "features"]),
    ("twin", &["base", "capture", "line", "plc-bridge"]),
    ("vision", VISION),
    ("inspectd", INSPECTD),
    ("hil-tests", HIL_TESTS),
];
const VISION: &[&str] =
    &["base", "capture", "damage", "features", "identity", "lab", "line", "meaning", "reading"];
const INSPECTD: &[&str] = &[
    "base", "calib", "capture", "damage", "features", "identity", "lab", "line", "meaning",
    "reading", "vision",
];
const HIL_TESTS: &[&str] = &[
    "base",
    "capture",
    "damage",
    "features",
    "identity",
    "inspectd",
    "lab",
    "line",
    "meaning",
    "plc-bridge",
    "reading",
    "twin",
    "vision",
];

/// What the twin must not bring in: it shall start at once, and share no fault with what it tests.
const NOT_IN_THE_TWIN: [&str; 4] = ["tch", "torch-sys", "ort", "rusqlite"];

/// What plc-bridge must not bring in, however indirectly: it starts in a tenth of a second, survives
/// whatever happens to the inspection, and its cycle shares its thread with no other task.
const NOT_IN_THE_BRIDGE: [&str; 6] = ["tch", "torch-sys", "gstreamer", "rumqttc", "axum", "tokio"];

/// What the technicians' page must not bring in: it asks the box through a trait of its own.
const NOT_IN_THE_PAGE: [&str; 6] = ["tch", "ort", "gstreamer", "rumqttc", "rmodbus", "inspectd"];

fn metadata() -> Value {
    // What other systems would need has not been downloaded, and is not in the program.
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", &platform])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().expect("a text in cargo's metadata")
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().expect("a list in cargo's metadata")
}

#[test]
fn crates_depend_on_each_other_as_the_design_draws_it() {
    let metadata = metadata();
    let members: BTreeSet<&str> =
        list(&metadata, "workspace_members").iter().map(|id| id.as_str().unwrap()).collect();
    let packages: Vec<&Value> = list(&metadata, "packages")
        .iter()
        .filter(|package| members.contains(text(package, "id")))
        .collect();
    let names: BTreeSet<&str> = packages.iter().map(|package| text(package, "name")).collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    assert_eq!(names, allowed.keys().copied().collect(), "a new crate needs its arrows here");
    for package in packages {
        let name = text(package, "name");
        for dependency in list(package, "dependencies") {
            let on = text(dependency, "name");
            assert!(
                !names.contains(on) || allowed[name].contains(&on),
                "{name} must not depend on {on}: see the table of crates in the design"
            );
        }
    }
}

#[test]
fn the_bridge_brings_in_neither_the_model_nor_video_nor_the_fleet_nor_a_runtime() {
    let closure = closure("plc-bridge");
    assert!(closure.contains("rmodbus"), "the closure was found: {closure:?}");
    for unwanted in NOT_IN_THE_BRIDGE {
        assert!(!closure.contains(unwanted), "plc-bridge brings in {unwanted}");
    }
}

#[test]
fn the_twin_brings_in_neither_the_model_nor_the_database() {
    let closure = closure("twin");
    assert!(closure.contains("gstreamer"), "the closure was found: {closure:?}");
    for unwanted in NOT_IN_THE_TWIN {
        assert!(!closure.contains(unwanted), "the twin brings in {unwanted}");
    }
}

#[test]
fn the_page_brings_in_neither_the_model_nor_video_nor_the_fleet_nor_registers() {
    let closure = closure("calib");
    assert!(closure.contains("axum"), "the closure was found: {closure:?}");
    for unwanted in NOT_IN_THE_PAGE {
        assert!(!closure.contains(unwanted), "calib brings in {unwanted}");
    }
}

/// What a package's programs are made of, however indirectly; what only its tests use is not among it.
fn closure(package: &str) -> BTreeSet<String> {
    let metadata = metadata();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"], "nodes").iter().map(|node| (text(node, "id"), node)).collect();
    let names: BTreeMap<&str, &str> = list(&metadata, "packages")
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let root = names.iter().find(|(_, name)| **name == package).map(|(id, _)| *id);
    let root = root.expect("it is a package of the workspace");
    let (mut seen, mut open) = (BTreeSet::new(), vec![root]);
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let kept = list(nodes[id], "deps").iter().filter(|dependency| {
                list(dependency, "dep_kinds").iter().any(|kind| kind["kind"] != "dev")
            });
            open.extend(kept.map(|dependency| text(dependency, "pkg")));
        }
    }
    seen.iter().map(|id| names[id].to_owned()).collect()
}

/// What a folder of the daemon must not import, its tests aside.
const ROOMS: [(&str, &[&str]); 4] = [
    ("item", &["config", "ctl", "fleet", "run", "web"]),
    ("records", &["ctl", "fleet", "run", "web"]),
    ("warehouse", &["ctl", "fleet", "records", "run", "web"]),
    ("wall_clock", &["ctl", "fleet", "item", "records", "run", "warehouse", "web"]),
];

#[test]
fn inside_the_daemon_the_logic_imports_no_edge() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/src");
    for (room, unwanted) in ROOMS {
        let mut open = vec![source.join(room)];
        let mut seen = 0;
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).expect("a room is a folder") {
                let path = entry.expect("it can be listed").path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).expect("it is text");
                let is_test = TESTS.iter().any(|name| path.ends_with(name));
                let text = text.split("#[cfg(test)]").next().filter(|_| !is_test).unwrap_or("");
                seen += text.len();
                for other in unwanted {
                    let import = format!("crate::{other}::");
                    assert!(!text.contains(&import), "{} uses {import}", path.display());
                }
            }
        }
        assert!(seen > 1000, "{room} was read");
    }
}

/// Files that hold nothing but tests.
const TESTS: [&str; 3] = ["tests.rs", "samples.rs", "consequences.rs"];
