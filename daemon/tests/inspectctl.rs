//! inspectctl as people and scripts run it: the real binary, its output and its exit codes.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base::picture::{Picture, PixelFormat};
use calib::WebSection;
use calib::certificate::Certificate;
use calib::state_folder::StateFolder;
use inspectd::records::{Change, ItemId, Record, Store, Timings, ViewRecord};
use line::protocol::{Action, Check, Decision, Outcome, Verdict};
use serde_json::Value;

fn inspectctl(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inspectctl")).args(arguments).output().expect("it starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {} {}", stdout(output), stderr(output)))
}

/// A folder with a good line file whose store lies in the folder too.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let site = Self { folder };
        let example = include_str!("../src/ctl/example-line.toml");
        let store = format!("\n[store]\nfolder = {:?}\n", site.path("store"));
        fs::write(site.path("line.toml"), format!("{example}{store}"))
            .expect("the folder takes files");
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn line_file(&self) -> String {
        self.path("line.toml").to_str().expect("UTF-8").to_owned()
    }

    /// Replaces `from` by `to` in the line file.
    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.line_file()).expect("Site::new wrote it");
        assert!(text.contains(from), "{from} stands in the line file");
        fs::write(self.line_file(), text.replace(from, to)).expect("the folder takes files");
    }

    fn store(&self, records: Vec<Record>) {
        let changes: Vec<_> = records.into_iter().map(Change::Close).collect();
        let mut store = Store::open(&self.path("store")).expect("a new store opens");
        store.commit(&changes).expect("a new store takes records");
    }
}

fn record(item: u64, verdict: Verdict) -> Record {
    let action = match &verdict {
        Verdict::Divert { lane, .. } => Action::Divert { lane: *lane },
        _ => Action::Pass,
    };
    let id = ItemId { boot: "boot".to_owned(), item };
    let entered_at = format!("2026-11-22T10:00:{item:02}Z").parse().expect("a time");
    Record {
        views: vec![ViewRecord {
            score: Some(3.0),
            threshold: Some(2.0),
            ..ViewRecord::of("side")
        }],
        verdict: Some(verdict),
        decision: Some(Decision { action, fall_back: None }),
        outcome: Some(Outcome::Passed),
        timings: Timings { eye_to_verdict_ms: Some(321.0), ..Timings::default() },
        sku: Some("CARTON-17".to_owned()),
        ..Record::of(id, entered_at)
    }
}

fn divert() -> Verdict {
    Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }
}

#[test]
fn a_good_line_file_is_said_to_be_fine() {
    let site = Site::new();
    let output = inspectctl(&["config", "check", &site.line_file()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("is fine: line `outbound 3`"), "{}", stdout(&output));
    let report = json(&inspectctl(&["config", "check", "--json", &site.line_file()]));
    assert_eq!(report["ok"], true);
    assert_eq!(report["mistakes"], Value::Array(vec![]));
}

#[test]
fn every_mistake_is_reported_with_its_line_and_what_to_write() {
    let site = Site::new();
    site.edit("nominal_speed_mm_s", "nominal_sped_mm_s");
    site.edit("lane = 1", "lane = 0");
    let output = inspectctl(&["config", "check", &site.line_file()]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("did you mean `nominal_speed_mm_s`?"), "{text}");
    assert!(text.contains("conveyor.diverter[0].lane: 0 is not possible here"), "{text}");

    let output = inspectctl(&["config", "check", "--json", &site.line_file()]);
    assert_eq!(output.status.code(), Some(1));
    let report = json(&output);
    assert_eq!(report["ok"], false);
    let mistakes = report["mistakes"].as_array().unwrap();
    let text = fs::read_to_string(site.line_file()).unwrap();
    let expected = text.lines().position(|line| line == "lane = 0").unwrap() + 1;
    let lane = mistakes.iter().find(|m| m["key"] == "conveyor.diverter[0].lane").unwrap();
    assert_eq!(lane["line"], expected);
    assert!(mistakes.iter().all(|m| m["instead"].as_str().is_some_and(|text| !text.is_empty())));
}

#[test]
fn a_file_that_is_no_toml_is_reported_with_its_line() {
    let site = Site::new();
    site.edit("sku = \"CARTON-17\"", "sku = CARTON 17");
    let output = inspectctl(&["config", "check", &site.line_file()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("line 3: not valid TOML"), "{}", stderr(&output));
}

#[test]
fn ports_schemes_blanks_and_encodings_are_mistakes_with_their_lines() {
    let site = Site::new();
    site.edit("192.168.10.5:502", "192.168.10.5:70000");
    site.edit("broker.example:1883", "mqtt://broker.example:1883");
    site.edit("\"CARTON-17\"", "\"CARTON-17 \"");
    site.edit("gige:MyVendor-0042", "usb:0");
    let output = inspectctl(&["config", "check", &site.line_file()]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    for words in [
        "line 3: line.sku: a blank stands after the text; write \"CARTON-17\"",
        "there is no port 70000; write \"192.168.10.5:PORT\"",
        "`mqtt://` does not belong here; write \"broker.example:1883\"",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    site.edit("192.168.10.5:70000", "192.168.10.5:502");
    site.edit("mqtt://broker.example:1883", "broker.example:1883");
    site.edit("\"CARTON-17 \"", "\"CARTON-17\"");
    let text = stderr(&inspectctl(&["config", "check", &site.line_file()]));
    assert!(text.contains("camera[1].source: camera source `usb:0`: unknown scheme"), "{text}");
    site.edit("usb:0", "gige:MyVendor-0042");

    let mut bytes = fs::read(site.line_file()).unwrap();
    let at = bytes.windows(8).position(|word| word == b"outbound").unwrap();
    bytes[at + 1] = 0xFC;
    fs::write(site.line_file(), &bytes).unwrap();
    let text = stderr(&inspectctl(&["config", "check", &site.line_file()]));
    assert!(text.contains("line 2: column 10 is not UTF-8"), "{text}");
}

#[test]
fn what_no_camera_can_use_and_neighbours_that_could_be_confused_are_warnings() {
    let site = Site::new();
    let references = site.path("references");
    fs::create_dir_all(references.join("CARTON-17")).unwrap();
    fs::write(references.join("CARTON-17/view.safetensors"), b"").unwrap();
    let model = "folder = \"/usr/share/inspectd/models/efficientnet-lite0\"";
    site.edit(model, &format!("{model}\nreferences = {:?}", references.display().to_string()));
    site.edit("position_mm = 420", "position_mm = 420\nlatency_ms = 800");
    // A box that learns from what passes may lack a reference.
    site.edit("[store]", "[learning]\nlearn_after_items = 0\n\n[store]");
    let output = inspectctl(&["config", "check", &site.line_file()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for words in [
        "is fine",
        "warning: line 12: camera[1].tolerance_mm: camera `top` could show an item's neighbour",
        "may follow each other at 120 mm",
        "136 mm off: 40 mm tolerance, 16 mm from one picture to the next",
        "80 mm by which a latency of 800 ms is unsure",
        "write at most 24",
        "references of a view `view` are never used (SKU CARTON-17)",
        "camera side has no reference of SKU CARTON-17",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let report = json(&inspectctl(&["config", "check", "--json", &site.line_file()]));
    assert_eq!(report["ok"], true);
    assert_eq!(report["warnings"].as_array().unwrap().len(), 4, "{report:#}");
}

#[test]
fn a_line_file_that_is_not_there_is_named() {
    let output = inspectctl(&["config", "check", "/nowhere/line.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nowhere/line.toml"), "{}", stderr(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_wrong_command_line_ends_with_exit_code_2() {
    assert_eq!(inspectctl(&["teach"]).status.code(), Some(2));
    assert_eq!(inspectctl(&["records", "--since", "soonish"]).status.code(), Some(2));
}

#[test]
fn the_reference_page_is_what_the_declaration_says() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    let output = inspectctl(&["config", "reference"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(page, &output.stdout).unwrap();
    }
    let written = fs::read_to_string(page).unwrap_or_default();
    assert!(
        written == stdout(&output),
        "docs/configuration.md is out of date: run this test with UPDATE=1"
    );
}

#[test]
fn records_are_listed_newest_first_and_narrowed_by_the_options() {
    let site = Site::new();
    let cause = "top: no frame";
    let uninspected = Verdict::Uninspected { cause: cause.into() };
    site.store(vec![record(1, Verdict::Pass), record(2, divert()), record(3, uninspected)]);
    let line = site.line_file();
    let items = |options: &[&str]| {
        let mut arguments = vec!["records", "--line", &line, "--json"];
        arguments.extend(options);
        let output = inspectctl(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let found = json(&output);
        let items = found.as_array().unwrap().iter().map(|record| record["item"].as_u64().unwrap());
        items.collect::<Vec<_>>()
    };
    assert_eq!(items(&[]), [3, 2, 1]);
    assert_eq!(items(&["--limit", "1"]), [3]);
    assert_eq!(items(&["--verdict", "divert"]), [2]);
    assert_eq!(items(&["--since", "2026-11-22T10:00:02Z"]), [3, 2]);
    assert_eq!(items(&["--until", "2026-11-22T10:00:02Z"]), [1]);
    assert_eq!(items(&["--sku", "another"]), Vec::<u64>::new());

    let table = stdout(&inspectctl(&["records", "--line", &line]));
    assert_eq!(table.lines().count(), 4, "a header and three rows:\n{table}");
    assert!(table.contains(cause) && table.contains("1.50"), "{table}");
}

#[test]
fn a_store_that_is_not_there_is_named_with_the_next_step() {
    let site = Site::new();
    let output = inspectctl(&["records", "--line", &site.line_file()]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("records.db") && text.contains("[store] folder"), "{text}");
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let site = Site::new();
    site.store((0..60).map(|item| record(item, divert())).collect());
    let mut child = Command::new(env!("CARGO_BIN_EXE_inspectctl"))
        .args(["records", "--line", &site.line_file(), "--json", "--limit", "60"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
}

#[test]
fn the_status_of_an_inspectd_that_does_not_run_says_what_to_try() {
    // Port 9 (discard) is below 1024: no test takes it, and nothing listens there.
    let site = Site::new();
    fs::write(site.path("token"), "a token").unwrap();
    let token = site.path("token").to_str().unwrap().to_owned();
    let output = inspectctl(&["status", "--url", "http://127.0.0.1:9", "--token", &token]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("systemctl status inspectd"), "{text}");
    let output = inspectctl(&["--line", &site.line_file(), "status"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("page/token"), "{}", stderr(&output));
}

#[test]
fn people_are_added_reset_and_removed_on_the_box_itself() {
    let site = Site::new();
    let line = site.line_file();
    let people =
        |more: &[&str]| inspectctl(&[&["--line", &line, "--json", "people"], more].concat());
    assert_eq!(json(&people(&["list"])), Value::Array(Vec::new()));
    let added = json(&people(&["add", "anna", "--role", "engineer"]));
    let first = added["password"].as_str().unwrap().to_owned();
    assert_eq!((added["name"].as_str(), first.len()), (Some("anna"), 14));
    let again = json(&people(&["reset", "anna"]));
    assert_ne!(again["password"].as_str().unwrap(), first);
    assert_eq!(json(&people(&["list"]))[0]["role"], "engineer");

    let refused = people(&["add", "Anna", "--role", "viewer"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("called Anna already"), "{}", stderr(&refused));
    let last = people(&["remove", "anna"]);
    assert!(stderr(&last).contains("last engineer"), "{}", stderr(&last));
    assert_eq!(people(&["add", "bert", "--role", "boss"]).status.code(), Some(2));

    let mut given = Command::new(env!("CARGO_BIN_EXE_inspectctl"));
    given.args(["--line", &line, "people", "add", "vera", "--role", "viewer", "--password-stdin"]);
    let mut child = given.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"three green boxes\n").unwrap();
    let told = child.wait_with_output().unwrap();
    assert_eq!(stdout(&told).trim(), "vera was added", "a password that was given is not repeated");
    assert_eq!(people(&["remove", "vera"]).status.code(), Some(0));
    assert_eq!(json(&people(&["list"])).as_array().map(Vec::len), Some(1));
}

#[test]
fn where_the_page_is_and_how_it_is_known_is_shown_with_a_qr_code() {
    let site = Site::new();
    let line = site.line_file();
    let output = inspectctl(&["--line", &line, "web"]);
    assert_eq!(output.status.code(), Some(1), "inspectd has made no certificate yet");
    assert!(stderr(&output).contains("certificate.pem"), "{}", stderr(&output));
    let folder = StateFolder::below(&site.path("store"));
    let section = WebSection::default();
    let made = Certificate::of(&section, &folder).unwrap();
    let code = folder.set_up_code().unwrap();
    let shown = json(&inspectctl(&["--line", &line, "--json", "web"]));
    assert_eq!(shown["fingerprint"], made.fingerprint());
    assert_eq!(shown["set_up_code"], code.reveal());
    assert!(shown["address"].as_str().unwrap().starts_with("https://"), "{shown}");
    let text = stdout(&inspectctl(&["--line", &line, "web"]));
    assert!(text.contains(&made.fingerprint()) && text.contains('█'), "{text}");
}

#[test]
fn learning_from_a_folder_that_is_not_there_names_it() {
    let site = Site::new();
    let references = site.path("references");
    let output = inspectctl(&[
        "learn",
        "--sku",
        "CARTON-17",
        "--references",
        references.to_str().unwrap(),
        "/nowhere/pictures",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nowhere/pictures"), "{}", stderr(&output));
}

#[test]
fn a_folder_is_learned_as_many_skus_only_if_it_holds_a_folder_for_each() {
    let site = Site::new();
    write_picture(&site.path("set/train/good/1.jpg"), 60, false);
    let set = site.path("set");
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    let (model, references) = (name(&site.path("no-model")), name(&site.path("references")));
    let learn = |root: &Path| {
        let scoring = ["--model", &model, "--references", &references];
        let root = name(root);
        let output = inspectctl(&[&["learn", "--view", "side", &root], &scoring[..]].concat());
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    assert!(learn(&set).contains("say with --sku"), "{}", learn(&set));
    assert!(learn(&site.path("gone")).contains("gone"));
    // As far as the model, which is not there.
    let all = site.path("all");
    fs::create_dir_all(&all).unwrap();
    fs::rename(&set, all.join("tea")).unwrap();
    assert!(learn(&all).contains("no-model"), "{}", learn(&all));
}

/// Writes a picture with stripes of `shade`; `torn` puts a bright ragged spot onto it.
fn write_picture(path: &Path, shade: u8, torn: bool) {
    let (width, height) = (320_u32, 240_u32);
    let pixels = (0..width * height).flat_map(|i| {
        let (x, y) = (i % width, i / width);
        let spot = torn && (x / 3 + y / 2) % 3 != 0 && x.abs_diff(160) + y.abs_diff(120) < 50;
        let stripe = if y / 40 % 2 == 0 { shade } else { 255 - shade };
        if spot { [250, 240, 20] } else { [stripe, shade, (x / 2) as u8] }
    });
    let picture = Picture::from_pixels(width, height, PixelFormat::Rgb8, pixels.collect());
    let jpeg = picture.and_then(|picture| picture.to_jpeg(95)).expect("the picture is sound");
    fs::create_dir_all(path.parent().expect("the path has a folder")).expect("a folder");
    fs::write(path, jpeg).expect("the folder takes files");
}

#[test]
fn what_was_learned_scores_pictures_and_broken_ones_are_named() {
    if !features::backbone::default_model_dir().join("backbone.pt").exists() {
        println!("skipped: there is no model; scripts/bootstrap makes it");
        return;
    }
    let site = Site::new();
    for shade in 0..4 {
        write_picture(&site.path(&format!("good/{shade}.jpg")), 60 + shade, false);
    }
    let (torn, broken) = (site.path("torn.jpg"), site.path("broken.jpg"));
    write_picture(&torn, 61, true);
    fs::write(&broken, b"\xff\xd8\xff half a picture").unwrap();
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    let (references, good, heat) =
        (name(&site.path("references")), name(&site.path("good")), name(&site.path("heat")));
    let model = name(&features::backbone::default_model_dir());
    let scoring = ["--references", &references, "--model", &model, "--sku", "box", "--json"];

    let learned = inspectctl(&[&["learn", "--view", "side", &good], &scoring[..]].concat());
    assert_eq!(learned.status.code(), Some(0), "{}", stderr(&learned));
    assert_eq!(json(&learned)["views"][0]["normals"], 4);
    assert_eq!(json(&learned)["unused"], Value::Array(vec![]));
    assert!(learned.stderr.is_empty(), "no progress bar in a pipe: {}", stderr(&learned));

    let white = site.path("white.jpg");
    let picture = Picture::from_pixels(320, 240, PixelFormat::Grey8, vec![255; 320 * 240]).unwrap();
    fs::write(&white, picture.to_jpeg(95).unwrap()).unwrap();
    let pictures = [name(&site.path("good/1.jpg")), name(&torn), name(&broken), name(&white)];
    let mut arguments = [&["score", "--heat-map", &heat], &scoring[..]].concat();
    arguments.extend(pictures.iter().map(String::as_str));
    let output = inspectctl(&arguments);
    assert_eq!(output.status.code(), Some(1), "one picture is broken");
    let scored = json(&output);
    let score = |n: usize| scored[n]["score"].as_f64().unwrap();
    assert!(score(1) > 2.0 * score(0), "{scored}");
    assert_eq!(scored[1]["exceeds"], true);
    assert!(Path::new(scored[1]["heat_map"].as_str().unwrap()).exists());
    assert!(scored[2]["problem"].as_str().unwrap().contains("broken.jpg"), "{scored}");
    assert!(scored[2]["score"].is_null());
    assert!(scored[3]["problem"].as_str().unwrap().contains("it is white"), "{scored}");
    assert!(scored[3]["score"].is_null());

    let out = name(&site.path("drawn"));
    let scoring = ["--references", &references, "--model", &model, "--json"];
    let drawing = ["heatmap", "box", &pictures[1], "--view", "side", "--out", &out];
    let drawn = inspectctl(&[&drawing[..], &["--mm-per-px", "0.5"], &scoring[..]].concat());
    assert_eq!(drawn.status.code(), Some(0), "{}", stderr(&drawn));
    let drawn = json(&drawn);
    assert!(Path::new(drawn[0]["heat_map"].as_str().unwrap()).exists());
    assert!(drawn[0]["words"].as_str().unwrap().contains(" mm"), "{drawn}");
    assert!(!drawn[0]["boxes"].as_array().unwrap().is_empty());
    assert_eq!(scored[1]["boxes"], drawn[0]["boxes"], "score and heatmap see the same");

    let unknown = ["score", "--sku", "pallet", "--references", &references, &pictures[0]];
    let output = inspectctl(&unknown);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("inspectctl learn --sku pallet"), "{}", stderr(&output));
}

#[test]
fn comparing_names_what_is_missing() {
    let output = inspectctl(&["compare", "/no/a", "/no/b", "/nowhere/pictures"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nowhere/pictures"), "{}", stderr(&output));
}

#[test]
fn evaluating_a_folder_without_test_pictures_says_where_they_belong() {
    let site = Site::new();
    write_picture(&site.path("train/good/1.jpg"), 60, false);
    let root = site.folder.path().to_str().unwrap().to_owned();
    let output = inspectctl(&["evaluate", &root]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("test/good"), "{}", stderr(&output));
}
