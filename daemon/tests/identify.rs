//! `inspectctl identify` as people and scripts run it. Needs `scripts/bootstrap`, as every build does.

mod ctl;

use std::fs;
use std::path::{Path, PathBuf};

use ctl::{inspectctl, json, said};
use image::{Rgb, RgbImage};

/// A carton with `words` on it and squares of the place and the colour that `seed` gives.
fn carton(words: &str, seed: u32) -> RgbImage {
    let mut carton = RgbImage::from_pixel(1000, 700, Rgb([225, 220, 205]));
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    for _ in 0..60 {
        let mut random = |below: u32| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state % below
        };
        let (x, y, side) = (random(950), random(650), 12 + random(40));
        let colour = Rgb([random(200), random(200), random(200)].map(|part| part as u8));
        for (across, down) in (0..side).flat_map(|across| (0..side).map(move |down| (across, down)))
        {
            if let Some(pixel) = carton.get_pixel_mut_checked(x + across, y + down) {
                *pixel = colour;
            }
        }
    }
    base::caption::captioned(&carton, words)
}

fn save(picture: &RgbImage, file: PathBuf) -> String {
    fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
    picture.save(&file).expect("it is saved");
    file.to_str().expect("UTF-8").to_owned()
}

/// A catalogue of three SKUs: two known by a catalogue picture, one by photographs.
fn catalogue(folder: &Path) -> String {
    let root = folder.join("catalogue");
    save(&carton("DARJEELING TEA", 1), root.join("tea.png"));
    save(&carton("COFFEE BEANS", 2), root.join("coffee.png"));
    for photograph in 3..5 {
        save(&carton("COCOA POWDER", 3), root.join(format!("cocoa/{photograph}.png")));
    }
    root.to_str().expect("UTF-8").to_owned()
}

/// The item as the tunnel sees it: smaller, a little turned in its place, in less light.
fn seen(words: &str, seed: u32) -> RgbImage {
    let mut seen = RgbImage::from_pixel(1200, 900, Rgb([60, 60, 64]));
    let item = image::imageops::resize(
        &carton(words, seed),
        850,
        600,
        image::imageops::FilterType::Triangle,
    );
    image::imageops::overlay(&mut seen, &item, 190, 140);
    for pixel in seen.pixels_mut() {
        *pixel = Rgb(pixel.0.map(|part| (f32::from(part) * 0.85) as u8));
    }
    seen
}

#[test]
fn an_item_is_told_from_others_by_looks_and_words_and_a_broken_picture_stops_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let catalogue = catalogue(folder.path());
    let tea = save(&seen("DARJEELING TEA", 1), folder.path().join("belt/tea.png"));
    let cocoa = save(&seen("COCOA POWDER", 3), folder.path().join("belt/cocoa.png"));
    let broken = folder.path().join("broken.jpg");
    fs::write(&broken, b"\xff\xd8\xff half a picture").expect("the folder takes files");
    let broken = broken.to_str().expect("UTF-8");

    let saved = folder.path().join("catalogue.safetensors");
    let saved = saved.to_str().expect("UTF-8");
    let options = ["identify", "--json", "--catalog", &catalogue, "--sku", "tea", "--save", saved];
    let output = inspectctl(&[&options[..], &[&tea, broken, &cocoa]].concat());
    assert_eq!(output.status.code(), Some(1), "one picture is broken: {:?}", said(&output));
    let found = json(&output);
    assert_eq!(found.as_array().map(Vec::len), Some(3), "{found}");
    assert_eq!(found[0]["file"], tea);
    assert_eq!(found[0]["ranked"][0]["sku"], "tea", "{found}");
    assert_eq!(found[0]["ranked"].as_array().map(Vec::len), Some(3), "{found}");
    assert!(found[0]["same_item"].as_f64().is_some_and(|same| same > 0.9), "{found}");
    assert_eq!(found[2]["ranked"][0]["sku"], "cocoa", "{found}");
    assert!(found[2]["same_item"].as_f64().is_some_and(|same| same < 0.1), "{found}");
    assert!(
        found[1]["error"].as_str().is_some_and(|error| error.contains("broken.jpg")),
        "{found}"
    );
    assert!(found[1]["ranked"].is_null() && found[1]["same_item"].is_null(), "{found}");

    let again = inspectctl(&["identify", "--json", "--catalog", saved, "--sku", "tea", &tea]);
    assert_eq!(again.status.code(), Some(0), "{:?}", said(&again));
    assert_eq!(json(&again)[0], found[0], "a saved catalogue answers as before");
}

#[test]
fn a_folder_of_known_items_gives_figures() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let catalogue = catalogue(folder.path());
    for (sku, words, seed) in [("tea", "DARJEELING TEA", 1), ("cocoa", "COCOA POWDER", 3)] {
        save(&seen(words, seed), folder.path().join(format!("test/{sku}/1.png")));
    }
    let test = folder.path().join("test");
    let test = test.to_str().expect("UTF-8");
    let options = ["identify", "--json", "--no-text", "--catalog", &catalogue, "--test", test];
    let figures = json(&inspectctl(&options));
    assert_eq!((&figures["pictures"], &figures["skus"]), (&2.into(), &3.into()), "{figures}");
    assert_eq!(figures["top1"], 1.0, "{figures}");
    assert_eq!(figures["at_refusal"][0]["falsely_accepted"], 0.0, "{figures}");
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = folder.path().to_str().expect("UTF-8");
    let (_, error) = said(&inspectctl(&["identify", "--catalog", empty, "x.png"]));
    assert!(error.contains(empty) && error.contains("<sku>.jpg"), "{error}");

    let catalogue = catalogue(folder.path());
    let options = ["identify", "--no-text", "--catalog", &catalogue, "--sku", "rum", "x.png"];
    let (_, error) = said(&inspectctl(&options));
    assert!(error.contains("no rum") && error.contains("cocoa, coffee, tea"), "{error}");

    let options = ["identify", "--catalog", &catalogue, "--text-model", "/nowhere", "x.png"];
    let (_, error) = said(&inspectctl(&options));
    assert!(error.contains("--no-text") && error.contains("/nowhere"), "{error}");
}
