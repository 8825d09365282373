//! `evaluate::run` from a folder to its JSON and picture.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::path::{Path, PathBuf};

use base::Silent;
use common::shared_data;
use damage::synthetic::{Defect, Specimen, damage};
use features::backbone::default_model_dir;
use features::localise::Mask;
use image::{GrayImage, Luma, Rgb, RgbImage};
use lab::Evaluation;
use lab::evaluate::{self, EvaluateError, EvaluateOptions, HeadChoice};
use lab::train::TrainSettings;
use rand::SeedableRng;
use rand::rngs::StdRng;

fn options(root: &Path) -> EvaluateOptions {
    EvaluateOptions {
        root: root.to_owned(),
        model_folder: default_model_dir(),
        shots: None,
        train_labels: 0,
        head: HeadChoice::None,
        command: format!("inspectctl evaluate {}", root.display()),
        kept_maps: None,
        pictures: None,
    }
}

fn run(root: &Path) -> Evaluation {
    evaluate::run(&options(root), &mut Silent).expect("the folder can be evaluated")
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
    let pictures = drawing.matches("data:image/jpeg;base64,").count();
    assert_eq!(pictures, 9 * 4, "nine items: fused, plain, parts and texture");
    let error = evaluation.write_picture("/nowhere/at/all.svg").unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all.svg"));
}

/// Normal pictures, and some with tape over them whose masks tell where.
fn taped(root: &Path) {
    for item in 0..6 {
        draw(root.join(format!("train/good/{item}.png")), item * 3, false);
    }
    for item in 10..12 {
        draw(root.join(format!("test/good/{item}.png")), item, false);
    }
    for item in 20..24 {
        let path = root.join(format!("test/tape/{item}.png"));
        draw(path.clone(), item, false);
        let picture = image::open(&path).expect("the temporary folder can be written").to_rgb8();
        let specimen =
            Specimen::new(picture, Mask::from_fn(128, 128, |_, _| true)).expect("it has an item");
        let mut rng = StdRng::seed_from_u64(item.into());
        let damaged = damage(&specimen, Defect::Tape, &mut rng).expect("tape shows on stripes");
        damaged.picture.save(&path).expect("the temporary folder can be written");
        let masks = root.join("ground_truth/tape");
        std::fs::create_dir_all(&masks).expect("the temporary folder can be written");
        let touched = |x: u32, y: u32| damaged.touched[(y * 128 + x) as usize] > 0.5;
        GrayImage::from_fn(128, 128, |x, y| Luma([if touched(x, y) { 255 } else { 0 }]))
            .save(masks.join(format!("{item}_mask.png")))
            .expect("the temporary folder can be written");
    }
}

#[test]
fn masks_tell_how_well_the_heat_shows_where_the_damage_is_and_pictures_show_it() {
    let root = tempfile::tempdir().unwrap();
    taped(root.path());
    let pictures = root.path().join("drawn");
    let options = EvaluateOptions { pictures: Some(pictures.clone()), ..options(root.path()) };
    let evaluation = evaluate::run(&options, &mut Silent).unwrap();
    let pixels = evaluation.pixels["view"];
    assert_eq!(pixels.masks, 4);
    assert!(pixels.regions >= 4);
    assert!(pixels.auroc > 0.7, "{pixels:?}");
    assert!(pixels.aupro > 0.15, "better than by chance: {pixels:?}");
    let shown = image::open(pictures.join("view/tape/20.jpg")).unwrap();
    assert_eq!(shown.width(), 128);
    assert!(shown.height() > 128, "words stand below");
    assert!(pictures.join("view/good/10.jpg").exists());
}

#[test]
fn a_mask_of_another_size_than_its_picture_is_named_before_anything_is_learned() {
    let root = tempfile::tempdir().unwrap();
    taped(root.path());
    let mask = root.path().join("ground_truth/tape/22_mask.png");
    GrayImage::new(64, 128).save(&mask).unwrap();
    let options =
        EvaluateOptions { model_folder: "/nowhere/at/all".into(), ..options(root.path()) };
    let refused = evaluate::run(&options, &mut Silent).unwrap_err();
    assert!(matches!(&refused, EvaluateError::Mask { path, .. } if *path == mask), "{refused}");
    assert!(refused.to_string().contains("64x128"), "{refused}");
}

#[test]
fn each_number_of_normal_pictures_has_a_row_and_too_large_ones_are_skipped() {
    let root = tempfile::tempdir().unwrap();
    taped(root.path());
    let curve = evaluate::few_shots(&options(root.path()), &[1, 4, 64], &mut Silent).unwrap();
    let shots: Vec<usize> = curve.rows.iter().map(|row| row.shots).collect();
    assert_eq!((shots, curve.skipped, curve.normals), (vec![1, 4], vec![64], 6));
    for row in &curve.rows {
        assert_eq!(row.views["view"], row.auroc);
        assert_eq!((row.at_budget.good, row.at_budget.defective), (2, 4));
    }
}

#[test]
fn a_lone_normal_picture_is_judged_by_distances_alone() {
    let root = tempfile::tempdir().unwrap();
    taped(root.path());
    let head = HeadChoice::Train(TrainSettings { examples: 8, ..TrainSettings::default() });
    let options = EvaluateOptions { head, ..options(root.path()) };
    let curve = evaluate::few_shots(&options, &[1], &mut Silent).unwrap();
    assert_eq!(curve.rows[0].members, ["parts", "plain", "texture"]);
}

#[test]
fn a_model_compared_with_itself_agrees_with_itself() {
    let root = tempfile::tempdir().unwrap();
    taped(root.path());
    let options = options(root.path());
    let comparison = evaluate::compare(&options, &options, &mut Silent).unwrap();
    assert_eq!(comparison.compared.items, 6);
    assert_eq!(comparison.compared.p_value, 1.0);
    assert!(comparison.disagreements.is_empty());
    assert_eq!(comparison.first.overall.auroc, comparison.second.overall.auroc);
}

#[test]
fn the_real_cartons_are_told_apart_better_than_by_chance() {
    let Some(root) = shared_data("cartons") else { return };
    let evaluation = run(&root);
    eprintln!("{}", serde_json::to_string_pretty(&evaluation).unwrap());
    assert_eq!(evaluation.overall.items, 45);
    assert!(evaluation.broken.is_empty());
    // Plain patch distance is weak here: the dents are bends of straight edges under changing pose.
    // Measured without a damage head: 0.618 on these pictures, which are always the same; engines differ by less
    // than 0.02.
    assert!(evaluation.overall.auroc.unwrap() > 0.598);
    assert!(evaluation.views["side"].auroc.unwrap() > 0.6);
}
