use super::*;
use crate::Ranked;
use crate::words::Words;
use base::picture::{Picture, PixelFormat};
use meaning::line::TextLine;

/// A picture of 128 x 128 of discs; `tint` scales red, green and blue.
fn picture(seed: u64, tint: [f32; 3]) -> Picture {
    let grey = crate::keypoints::tests::pattern(128, 128, seed);
    let pixels: Vec<u8> =
        grey.iter().flat_map(|value| tint.map(|by| (value * by).min(255.0) as u8)).collect();
    Picture::from_pixels(128, 128, PixelFormat::Rgb8, pixels).unwrap()
}

fn appearance(seed: u64, text: &str) -> Appearance {
    let line = TextLine::level(text, 50.0, 59.0, 10.0);
    Appearance::of(&picture(seed, [1.0, 0.9, 0.8]), &[line]).unwrap()
}

fn ranked(catalog: &Catalog, view: &Appearance) -> Vec<Ranked> {
    catalog.compare(view).unwrap().ranked()
}

fn same_item(catalog: &Catalog, sku: &str, view: &Appearance) -> Option<f64> {
    catalog.compare(view).unwrap().same_item(sku)
}

fn two() -> Catalog {
    let mut catalog = Catalog::new();
    catalog.learn("milk", &[appearance(1, "milk")]).unwrap();
    catalog.learn("juice", &[appearance(2, "juice"), appearance(3, "juice")]).unwrap();
    catalog
}

#[test]
fn an_item_is_the_sku_whose_reference_it_looks_like() {
    let ranked = ranked(&two(), &appearance(3, ""));
    assert_eq!(ranked[0].sku, "juice");
    assert!(ranked[0].probability > 0.9, "{ranked:?}");
    assert!(ranked.iter().map(|one| one.probability).sum::<f64>() <= 1.0);
    assert!(same_item(&two(), "juice", &appearance(3, "")).unwrap() > 0.9);
    assert!(same_item(&two(), "milk", &appearance(3, "")).unwrap() < 0.1);
}

#[test]
fn a_stranger_is_none_of_them() {
    let ranked = ranked(&two(), &appearance(9, ""));
    assert!(ranked.iter().map(|one| one.probability).sum::<f64>() < 0.5, "{ranked:?}");
}

#[test]
fn words_alone_order_the_skus() {
    let words =
        Appearance { words: Words::from([("juice".to_owned(), 1.0)]), ..Appearance::default() };
    assert_eq!(ranked(&two(), &words)[0].sku, "juice");
}

#[test]
fn nothing_seen_and_nothing_known_is_no_error() {
    assert_eq!(ranked(&two(), &Appearance::default()).len(), 2);
    assert!(ranked(&Catalog::new(), &appearance(1, "milk")).is_empty());
    let mut blind = Catalog::new();
    blind.learn("blind", &[Appearance::default()]).unwrap();
    assert!(same_item(&blind, "blind", &appearance(1, "")).unwrap() < 0.5);
}

#[test]
fn a_sku_without_pictures_or_of_another_catalogue_is_refused() {
    assert!(matches!(Catalog::new().learn("x", &[]), Err(IdentityError::NoPicture { .. })));
    assert_eq!(same_item(&two(), "tea", &Appearance::default()), None);
}

#[test]
fn learning_a_sku_again_replaces_it() {
    let mut catalog = two();
    catalog.learn("milk", &[appearance(5, "milk")]).unwrap();
    assert_eq!(catalog.skus().count(), 2);
    assert_eq!(ranked(&catalog, &appearance(5, ""))[0].sku, "milk");
}

#[test]
fn a_forgotten_sku_is_a_stranger() {
    let mut catalog = two();
    catalog.learn("tea", &[appearance(4, "tea")]).unwrap();
    assert!(catalog.forget("milk") && !catalog.forget("milk"));
    assert_eq!(catalog.skus().collect::<Vec<_>>(), ["juice", "tea"]);
    let ranked = ranked(&catalog, &appearance(1, "milk"));
    assert!(ranked[0].probability < 0.5, "{ranked:?}");
}

#[test]
fn a_saved_catalogue_answers_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalogue.safetensors");
    let catalog = two();
    catalog.save(&path).unwrap();
    let view = appearance(2, "juice");
    let loaded = Catalog::load(&path).unwrap();
    assert_eq!(loaded.compare(&view).unwrap(), catalog.compare(&view).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn files_that_are_no_catalogue_are_refused_with_their_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalogue.safetensors");
    assert!(matches!(Catalog::load(&path), Err(IdentityError::File { .. })));
    two().save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for bytes in [&whole[..0], &whole[..40], &whole[..whole.len() - 9], b"{}"] {
        std::fs::write(&path, bytes).unwrap();
        let error = Catalog::load(&path).err().unwrap();
        assert!(error.to_string().contains("catalogue.safetensors"), "{error}");
    }
    let other = String::from_utf8_lossy(&whole).contains("\\\"version\\\":1");
    assert!(other, "the version stands in the header");
    let at = whole.windows(13).position(|w| w == b"\\\"version\\\":1").unwrap();
    let mut newer = whole;
    newer[at + 12] = b'7';
    std::fs::write(&path, newer).unwrap();
    assert!(Catalog::load(&path).err().unwrap().to_string().contains("version is 7"));
}

#[test]
fn many_references_are_thinned_out() {
    let pictures: Vec<Appearance> = (0..12).map(|i| appearance(20 + i % 10, "tea")).collect();
    let mut catalog = Catalog::new();
    catalog.learn("tea", &pictures).unwrap();
    assert_eq!(catalog.skus[0].references.len(), choose::KEPT);
}

#[test]
fn a_picture_on_white_ground_is_never_thinned_out() {
    let mut white = image::RgbImage::from_pixel(128, 128, image::Rgb([255; 3]));
    let item = image::RgbImage::from_pixel(60, 80, image::Rgb([90, 20, 20]));
    image::imageops::overlay(&mut white, &item, 30, 20);
    let catalogue = Appearance::of(&Picture::from(white), &[]).unwrap();
    let pictures: Vec<Appearance> = (0..12).map(|i| appearance(20 + i % 10, "tea")).collect();
    let mut catalog = Catalog::new();
    catalog.learn("tea", &[vec![catalogue], pictures].concat()).unwrap();
    let references = &catalog.skus[0].references;
    assert_eq!(references.iter().filter(|one| one.item.is_some()).count(), 1);
    assert!(references.len() <= choose::KEPT + 1);
}

#[test]
fn points_vote_for_the_nearest_sku_by_the_lead_over_the_next() {
    let near = |first: &[f32]| {
        vec![Some(Nearest { index: vec![0; 2], first: first.to_vec(), second: vec![1.0; 2] })]
    };
    let found = votes(&[near(&[0.1, 0.3]), near(&[0.25, 0.05]), vec![None]], &[1.0, 0.2]);
    assert!((found[0] - 0.15).abs() < 1e-6 && (found[1] - 0.05).abs() < 1e-6 && found[2] == 0.0);
    assert!((votes(&[near(&[0.1, 0.9])], &[1.0; 2])[0] - (STRANGER - 0.1)).abs() < 1e-6);
}
