//! `inspectctl label` as people and scripts run it. Needs `scripts/bootstrap`, as every build does.

mod ctl;

use std::fs;
use std::path::{Path, PathBuf};

use ctl::{inspectctl, json, said};
use image::RgbImage;
use serde_json::Value;

/// White words on black, 48 pixels high, below an empty field; saved in `folder`.
fn labelled(folder: &Path, name: &str, words: &str) -> String {
    let file: PathBuf = folder.join(name);
    base::caption::captioned(&RgbImage::new(1300, 300), words).save(&file).expect("it is saved");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn dates_lot_and_serial_are_told_and_a_broken_picture_does_not_stop_the_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let first = labelled(folder.path(), "a.png", "BEST BEFORE 17 NOV 2026");
    let second = labelled(folder.path(), "b.png", "LOT AB4711");
    let broken = at("broken.jpg");
    fs::write(&broken, b"\xff\xd8\xff half a picture").expect("the folder takes files");

    let drawn = at("drawn");
    let options =
        ["label", "--json", "--region", "europe", "--today", "2026-03-01", "--picture", &drawn];
    let output = inspectctl(&[&options[..], &[&first, &broken, &second]].concat());
    assert_eq!(output.status.code(), Some(1), "one picture is broken: {:?}", said(&output));
    let read = json(&output);
    assert_eq!(read.as_array().map(Vec::len), Some(3), "{read}");

    let date = &read[0]["dates"][0];
    assert_eq!(date["role"], "expiry", "{read}");
    assert_eq!([&date["year"], &date["month"], &date["day"]], [2026, 11, 17], "{read}");
    assert!(date["text"].as_str().is_some_and(|text| text.contains("NOV")), "{read}");
    assert!(date["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{read}");
    assert_eq!(read[0]["file"], first);
    assert_eq!(read[0]["lines"][0]["box"].as_array().map(Vec::len), Some(4), "{read}");
    assert!(read[0]["lines"][0]["confidence"].as_f64().is_some_and(|sure| sure > 0.8), "{read}");
    assert!(read[0]["ms"].as_f64().is_some_and(|ms| ms > 0.0) && read[0]["error"].is_null());
    assert_eq!((&read[0]["lot"], &read[0]["serial"]), (&Value::Null, &Value::Null));
    assert_eq!(read[2]["lot"], "AB4711", "{read}");

    assert_eq!(read[1]["file"], broken);
    assert!(read[1]["error"].as_str().is_some_and(|error| error.contains("broken.jpg")), "{read}");
    assert!(read[1]["ms"].is_null() && read[1]["lines"] == Value::Array(vec![]));
    assert!(Path::new(&drawn).join("a.label.jpg").exists() && read[1]["picture"].is_null());
}

#[test]
fn people_get_a_table_with_reasons() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = labelled(folder.path(), "a.png", "BEST BEFORE 17 NOV 2026");
    let output = inspectctl(&["label", &picture]);
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(out.contains("expiry 2026-11-17"), "{out}");
    assert!(out.lines().last().is_some_and(|line| line.contains("NOV 2026: ")), "{out}");
}

#[test]
fn missing_networks_are_named_with_the_remedy_and_codes_need_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = labelled(folder.path(), "a.png", "USE BY 17 NOV");
    let output = inspectctl(&["label", "--text-model", "/nowhere", &picture]);
    let (_, err) = said(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("/nowhere/libonnxruntime.so") && err.contains("make bootstrap"), "{err}");

    let output =
        inspectctl(&["label", "--codes-only", "--json", "--text-model", "/nowhere", &picture]);
    assert_eq!(output.status.code(), Some(0), "{:?}", said(&output));
    assert_eq!(json(&output)[0]["lines"], Value::Array(vec![]));
}

#[test]
fn one_file_cannot_take_two_drawings() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = labelled(folder.path(), "a.png", "USE BY 17 NOV");
    let drawn = folder.path().join("drawn.png");
    let drawn = drawn.to_str().expect("UTF-8");
    let one = ["label", "--codes-only", "--picture", drawn, &picture];
    assert_eq!(inspectctl(&one).status.code(), Some(0));
    assert!(Path::new(drawn).exists());
    let output = inspectctl(&[&one[..], &[&picture]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).1.contains("name a folder"), "{:?}", said(&output));
}
