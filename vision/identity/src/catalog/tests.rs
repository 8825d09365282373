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
    catalog.compare(std::slice::from_ref(view), MayBe::Any).unwrap().ranked()
}

fn same_item(catalog: &Catalog, sku: &str, view: &Appearance) -> Option<f64> {
    catalog.compare(std::slice::from_ref(view), MayBe::Any).unwrap().same_item(sku)
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
    let compared =
        |catalog: &Catalog| catalog.compare(std::slice::from_ref(&view), MayBe::Any).unwrap();
    assert_eq!(compared(&loaded), compared(&catalog));
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
    let other = String::from_utf8_lossy(&whole).contains("\\\"version\\\":2");
    assert!(other, "the version stands in the header");
    let at = whole.windows(13).position(|w| w == b"\\\"version\\\":2").unwrap();
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
    assert_eq!(catalog.skus[0].references().unwrap().len(), choose::KEPT);
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
    let references = catalog.skus[0].references().unwrap();
    assert_eq!(references.iter().filter(|one| one.item.is_some()).count(), 1);
    assert!(references.len() <= choose::KEPT + 1);
}

/// A view of an item with 40 key points of its own: what is asked here is not whether key points are found.
fn dotted(seed: u64) -> Appearance {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let mut looks =
        Looks { colours: SmallCopy::of(&[90; 3 * 352 * 352], 352, 352), ..Looks::default() };
    for _ in 0..40 {
        let [x, y] = [random(), random()].map(|place| 80.0 + 190.0 * place);
        looks.points.points.push(KeyPoint { x, y, size: 2.0, angle: 6.0 * random() });
        // A few numbers of a descriptor are large, most are small.
        let row: Vec<f32> = (0..DESCRIPTOR).map(|_| random().powi(4)).collect();
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        looks.points.descriptors.extend(row.iter().map(|value| (value / length).min(0.5)));
    }
    Appearance { looks, words: Words::new() }
}

/// More SKUs than are proposed, `sku-0` to `sku-69`, each of one picture.
fn many() -> Catalog {
    let mut catalog = Catalog::new();
    for seed in 0..PROPOSED as u64 + 20 {
        catalog.learn(&format!("sku-{seed}"), &[dotted(seed + 1)]).unwrap();
    }
    catalog
}

#[test]
fn of_many_skus_the_likeliest_and_the_expected_one_are_compared() {
    let mut catalog = many();
    for seed in [0u64, 33, 69] {
        let view = [dotted(seed + 1)];
        let compared = catalog.compare(&view, MayBe::Any).unwrap();
        let (ranked, own) = (compared.ranked(), format!("sku-{seed}"));
        assert_eq!((ranked.len(), &ranked[0].sku), (PROPOSED, &own));
        assert!(ranked[0].probability > 20.0 * ranked[1].probability, "{ranked:?}");
        let left_out = catalog.skus().find(|sku| compared.same_item(sku).is_none()).unwrap();
        let asked = catalog.compare(&view, MayBe::Expected(left_out)).unwrap();
        assert!(asked.same_item(left_out).unwrap() < asked.same_item(&own).unwrap());
    }
    // Where it is not due, it is none of what is.
    let is_due = |sku: &str| sku != "sku-33";
    let due = catalog.compare(&[dotted(34)], MayBe::OneOf(&is_due)).unwrap();
    assert!(due.same_item("sku-33").is_none() && due.ranked().len() == PROPOSED);
    assert!(catalog.forget("sku-33"));
    let view = [dotted(34)];
    let ranked = catalog.compare(&view, MayBe::Any).unwrap().ranked();
    assert!(ranked.iter().all(|one| one.sku != "sku-33") && ranked.len() == PROPOSED);
    catalog.learn("new", &view).unwrap();
    assert_eq!(catalog.compare(&view, MayBe::Any).unwrap().ranked()[0].sku, "new");
}

#[test]
fn views_of_one_item_are_compared_with_the_same_skus() {
    let catalog = many();
    let views = [dotted(3), dotted(60)];
    let both = catalog.compare(&views, MayBe::Any).unwrap();
    for own in ["sku-2", "sku-59"] {
        assert!(both.same_item(own).is_some(), "{own}");
    }
}

#[test]
fn a_catalogue_of_many_is_saved_with_its_index_and_read_while_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalogue.safetensors");
    let mut catalog = many();
    catalog.forget("sku-5");
    catalog.save(&path).unwrap();
    let loaded = Catalog::load(&path).unwrap();
    let view = [dotted(41)];
    let expected = catalog.compare(&view, MayBe::Any).unwrap().ranked();
    two().save(&path).unwrap();
    assert_eq!(loaded.compare(&view, MayBe::Any).unwrap().ranked(), expected);
    // What was loaded is saved again, with one more.
    let mut grown = loaded;
    grown.learn("tea", &[dotted(700)]).unwrap();
    grown.save(&path).unwrap();
    let again = Catalog::load(&path).unwrap();
    assert_eq!(again.compare(&view, MayBe::Any).unwrap().ranked()[0].sku, expected[0].sku);
    assert_eq!(again.compare(&[dotted(700)], MayBe::Any).unwrap().ranked()[0].sku, "tea");
    // Visual words learned anew propose the own SKU just so.
    let mut anew = Catalog::load(&path).unwrap();
    anew.build_index().unwrap();
    assert_eq!(anew.compare(&view, MayBe::Any).unwrap().ranked()[0].sku, "sku-40");
}
