//! `evaluate::run` from a folder to its JSON and picture.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use vision::backbone::default_model_dir;
use vision::evaluate::{self, EvaluateOptions, HeadChoice};
use vision::{Evaluation, Silent};

fn run(root: &Path) -> Evaluation {
    let options = EvaluateOptions {
        root: root.to_owned(),
        model_folder: default_model_dir(),
        shots: None,
        train_labels: 0,
        head: HeadChoice::None,
        command: format!("inspectctl evaluate {}", root.display()),
    };
    evaluate::run(&options, &mut Silent).expect("the folder can be evaluated")
}

/// Stripes, moved by `seed`, with a blot where `blot`.
fn draw(path: PathBuf, seed: u32, blot: bool) {
    std::fs::create_dir_all(path.parent().expect("the temporary folder can be written"))
        .expect("the temporary folder can be written");
    let picture = RgbImage::from_fn(128, 128, |x, y| {
        if blot && x.abs_diff(64) < 12 && y.abs_diff(64) < 12 {
            return Rgb([200, (x * y % 256) as u8, 10]);
        }
        let stripe = if ((x + seed) / 8).is_multiple_of(2) { 90 } else { 160 };
        Rgb([stripe, stripe, stripe])
    });
    picture.save(path).expect("the temporary folder can be written");
}

#[test]
fn two_views_are_fused_measured_and_drawn() {
    let root = tempfile::tempdir().unwrap();
    for view in ["side", "top"] {
        let folder = root.path().join("views").join(view);
        let file =
            |part: &str, item: u32| folder.join(part).join(format!("item-{item}_{view}.png"));
        for item in 0..4 {
            draw(file("train/good", item), item * 3, false);
        }
        for item in 10..13 {
            draw(file("test/good", item), item, false);
        }
        // The blots show from the top only; the tears from both sides.
        for item in 20..23 {
            draw(file("test/blot", item), item, view == "top");
            draw(file("test/tear", item), item, true);
        }
        std::fs::write(file("test/good", 13), b"no picture").unwrap();
    }
    let evaluation = run(root.path());
    let json = serde_json::to_value(&evaluation).unwrap();
    assert_eq!(json["overall"]["auroc"], 1.0, "{json:#}");
    assert_eq!(json["overall"]["false_divert_rate_at_99_detection"], 0.0);
    assert_eq!(json["overall"]["items"], 9);
    assert_eq!(json["classes"]["blot"]["items"], 6);
    assert_eq!(json["classes"]["tear"]["average_precision"], 1.0);
    assert!(json["classes"].get("good").is_none());
    assert_eq!(json["views"]["top"]["auroc"], 1.0);
    assert!(json["views"]["side"]["auroc"].as_f64().unwrap() < 1.0, "it cannot see the blots");
    assert!(json["overall"]["ms_per_item"].as_f64().unwrap() > 0.0);
    assert!(json["command"].as_str().unwrap().starts_with("inspectctl evaluate"));
    assert_eq!(json["broken"].as_array().unwrap().len(), 1, "the item is listed once");

    let picture = root.path().join("results.svg");
    evaluation.write_picture(&picture).unwrap();
    let drawing = std::fs::read_to_string(&picture).unwrap();
    assert!(drawing.starts_with("<svg") && drawing.ends_with("</svg>\n"));
    assert_eq!(drawing.matches("data:image/jpeg;base64,").count(), 9, "fewer than ten items");
    let error = evaluation.write_picture("/nowhere/at/all.svg").unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all.svg"));
}

#[test]
fn the_real_cartons_are_told_apart_better_than_by_chance() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cartons");
    if !root.is_dir() {
        eprintln!("SKIPPED: the pictures {} are not on this machine", root.display());
        return;
    }
    let evaluation = run(&root);
    eprintln!("{}", serde_json::to_string_pretty(&evaluation).unwrap());
    assert_eq!(evaluation.overall.items, 45);
    assert!(evaluation.broken.is_empty());
    // Plain patch distance is weak here: the dents are bends of straight edges under changing pose.
    assert!(evaluation.overall.auroc.unwrap() > 0.5);
    assert!(evaluation.views["side"].auroc.unwrap() > 0.6);
}
