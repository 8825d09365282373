//! Localising on real pictures with the real backbone: where the item is on a belt that moves, and
//! how steady that is. Only pictures for learning are looked at; without them nothing is tested.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

use base::Picture;
use common::shared_data;
use damage::Scorer;
use features::backbone::default_model_dir;
use features::localise::{Found, Localiser, Mask, Small};
use image::RgbImage;

/// The pictures in `folder` of the data beside the repository, by name; none where it is absent.
fn pictures(folder: &str) -> Vec<Picture> {
    let Some(folder) = shared_data(folder) else { return Vec::new() };
    let entries = std::fs::read_dir(folder).expect("the folder is read");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|file| Picture::open(file).expect("the data are whole")).collect()
}

fn learned<'a>(scorer: &Scorer, normals: impl Iterator<Item = &'a Picture>) -> Localiser {
    let (views, cells): (Vec<Small>, Vec<_>) = normals
        .map(|normal| (Small::of(normal), scorer.cells(normal).expect("it is large enough")))
        .unzip();
    Localiser::learn(&views, &cells, &[]).expect("there are normals")
}

fn one(localiser: &Localiser, picture: &Picture) -> Mask {
    match localiser.find(&Small::of(picture)) {
        Found::One(mask) => mask,
        other => panic!("not one item: {other:?}"),
    }
}

fn share(mask: &Mask) -> f64 {
    mask.area() as f64 / mask.pixels().len() as f64
}

/// Intersection over union.
fn agreement(one: &Mask, other: &Mask) -> f64 {
    let pairs = || one.pixels().iter().zip(other.pixels());
    let both = pairs().filter(|(a, b)| **a && **b).count();
    both as f64 / pairs().filter(|(a, b)| **a || **b).count() as f64
}

#[test]
fn cartons_on_a_moving_belt_are_cut_out_also_in_views_and_light_not_learned() {
    let pictures = pictures("cartons/views/side/train/good");
    if pictures.is_empty() {
        return;
    }
    let scorer = Scorer::load(default_model_dir()).unwrap();
    // Two of three normals are learned; the others show that the mask does not depend on it.
    let held_out = |at: usize| at % 3 == 2;
    let normals = pictures.iter().enumerate().filter(|(at, _)| !held_out(*at));
    let part = learned(&scorer, normals.map(|(_, picture)| picture));
    let all = learned(&scorer, pictures.iter());
    assert!(!part.is_whole() && !all.is_whole());
    for (at, picture) in pictures.iter().enumerate() {
        let mask = one(&all, picture);
        assert!((0.05..0.25).contains(&share(&mask)), "view {at}: {}", share(&mask));
        let agreed = agreement(&mask, &one(&part, picture));
        assert!(agreed > 0.85, "view {at}: {agreed}");
        for drift in [0.85, 1.15].into_iter().filter(|_| held_out(at)) {
            let mut image: RgbImage = picture.to_rgb_image();
            image.pixels_mut().for_each(|p| p.0 = p.0.map(|part| (f64::from(part) * drift) as u8));
            let agreed = agreement(&mask, &one(&all, &Picture::from(image)));
            assert!(agreed > 0.8, "view {at} in {drift} of the light: {agreed}");
        }
    }
}

#[test]
fn a_single_cookie_shows_how_to_find_the_others() {
    let pictures = pictures("cookies/train/good");
    if pictures.is_empty() {
        return;
    }
    let scorer = Scorer::load(default_model_dir()).unwrap();
    let (single, all) =
        (learned(&scorer, pictures.iter().take(1)), learned(&scorer, pictures.iter()));
    assert!(!single.is_whole() && !all.is_whole());
    // One normal was taken with a flash: there the table shines as bright as the cookie.
    let agree = |picture: &&Picture| agreement(&one(&single, picture), &one(&all, picture)) > 0.9;
    let agreeing = pictures.iter().filter(agree).count();
    assert!(agreeing + 1 >= pictures.len(), "{agreeing} of {}", pictures.len());
}
