//! Whole scenes: what is learned from drawn belts, and what is found on them afterwards.

use image::{Rgb, RgbImage};
use proptest::prelude::*;

use super::*;
use base::picture::Picture;

/// Width and height of a scene.
const SIDE: u32 = 320;

/// A number of 0 to 255 that looks random.
fn noise(x: u32, y: u32, seed: u32) -> u32 {
    let mixed =
        (x.wrapping_mul(73_856_093) ^ y.wrapping_mul(19_349_663) ^ seed.wrapping_mul(83_492_791))
            .wrapping_mul(2_654_435_761);
    mixed >> 24
}

/// An item of 90 x 70 pixels: left, top.
type Place = (u32, u32);

fn is_item((left, top): Place, x: u32, y: u32) -> bool {
    (left..left + 90).contains(&x) && (top..top + 70).contains(&y)
}

/// A belt of dark tiles that moves with `seed`; items of tan card with a green band.
fn scene(items: &[Place], seed: u32) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let grain = (noise(x, y, seed) / 16) as u8;
        match items.iter().find(|place| is_item(**place, x, y)) {
            Some((left, _)) if x - left < 25 => Rgb([40, 140 + grain, 90]),
            Some(_) => Rgb([190 - grain, 160, 110 + grain]),
            None if (x + seed * 5) % 24 < 3 || y % 32 < 3 => Rgb([20, 22, 24 + grain / 2]),
            None => Rgb([58 + grain, 60 + grain, 62]),
        }
    })
}

fn small(image: RgbImage) -> Small {
    Small::of(&Picture::from(image))
}

/// A stand-in for the backbone: the mean colour and its deviation of squares of 16 pixels.
fn cells(view: &Small) -> Cells {
    let pixels: Vec<[f32; 3]> = view.pixels().map(|pixel| pixel.map(f32::from)).collect();
    let (width, height) = (view.width() as usize / 16, view.height() as usize / 16);
    let mut features = Vec::new();
    for cell in 0..width * height {
        let (x, y) = (cell % width * 16, cell / width * 16);
        let square =
            || (0..256).map(|at| pixels[(y + at / 16) * view.width() as usize + x + at % 16]);
        for part in 0..3 {
            let mean = square().map(|pixel| pixel[part]).sum::<f32>() / 256.0;
            let squares = square().map(|pixel| (pixel[part] - mean).powi(2)).sum::<f32>() / 256.0;
            features.extend([mean, squares.sqrt()]);
        }
    }
    Cells { width, height, channels: 6, features }
}

fn learned(views: Vec<RgbImage>) -> Localiser {
    let views: Vec<Small> = views.into_iter().map(small).collect();
    let cells: Vec<Cells> = views.iter().map(cells).collect();
    Localiser::learn(&views, &cells, &[]).unwrap()
}

const PLACES: [Place; 8] =
    [(60, 100), (150, 80), (100, 170), (190, 150), (40, 190), (120, 40), (80, 130), (170, 200)];

fn normals(count: usize) -> Vec<RgbImage> {
    PLACES[..count].iter().enumerate().map(|(i, place)| scene(&[*place], i as u32)).collect()
}

/// Intersection over union of what was found with the item at `place`.
fn agreement(found: &Found, place: Place) -> f64 {
    let Found::One(mask) = found else { panic!("not one item") };
    let (mut both, mut either) = (0, 0);
    let small = |at: u32, size: u32| at * size / SIDE;
    for (x, y) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y))) {
        let found = mask.contains(small(x, mask.width()), small(y, mask.height()));
        let is = is_item(place, x, y);
        both += u32::from(found && is);
        either += u32::from(found || is);
    }
    f64::from(both) / f64::from(either)
}

#[test]
fn an_item_is_found_wherever_it_stands() {
    let localiser = learned(normals(8));
    assert!(!localiser.is_whole());
    for (seed, place) in [(20, (130, 110)), (21, (10, 10)), (22, (220, 240))] {
        let found = localiser.find(&small(scene(&[place], seed)));
        let agreement = agreement(&found, place);
        assert!(agreement > 0.9, "{agreement} at {place:?}");
    }
}

#[test]
fn one_picture_is_enough() {
    let localiser = learned(normals(1));
    let agreement = agreement(&localiser.find(&small(scene(&[(130, 110)], 20))), (130, 110));
    assert!(agreement > 0.85, "{agreement}");
}

#[test]
fn grey_pictures_are_told_by_brightness_and_texture() {
    let grey = |image: RgbImage| {
        RgbImage::from_fn(SIDE, SIDE, |x, y| {
            let [r, g, b] = image.get_pixel(x, y).0.map(u32::from);
            Rgb([((r + g + b) / 3) as u8; 3])
        })
    };
    let localiser = learned(normals(8).into_iter().map(grey).collect());
    let found = localiser.find(&small(grey(scene(&[(130, 110)], 20))));
    let agreement = agreement(&found, (130, 110));
    assert!(agreement > 0.9, "{agreement}");
}

#[test]
fn a_mask_stays_when_the_light_drifts() {
    let localiser = learned(normals(8));
    for drift in [0.85, 1.15] {
        let mut image = scene(&[(130, 110)], 20);
        image.pixels_mut().for_each(|p| p.0 = p.0.map(|part| (f64::from(part) * drift) as u8));
        let agreement = agreement(&localiser.find(&small(image)), (130, 110));
        assert!(agreement > 0.9, "{agreement} at {drift}");
    }
}

#[test]
fn an_empty_belt_holds_nothing_and_two_items_are_several() {
    let localiser = learned(normals(8));
    assert_eq!(localiser.find(&small(scene(&[], 20))), Found::Nothing);
    let Found::Several(items) = localiser.find(&small(scene(&[(30, 40), (190, 180)], 20))) else {
        panic!("there are two items");
    };
    assert_eq!(items.len(), 2);
    let scale = f64::from(SIDE) / f64::from(small(scene(&[], 20)).width());
    let of_scene = |length: u32| f64::from(length) * scale;
    let first = items.iter().find(|item| of_scene(item.x) < 100.0).unwrap();
    let (x, width) = (of_scene(first.x), of_scene(first.width));
    assert!((x - 30.0).abs() < 4.0 && (width - 90.0).abs() < 8.0, "{first:?}");
}

#[test]
fn pictures_of_the_empty_tunnel_are_background_whatever_stands_in_them() {
    // A blue lamp that all normals show beside the item, and the empty tunnel too.
    let lamp = |mut image: RgbImage| {
        for (x, y) in (140..180).flat_map(|x| (270..300).map(move |y| (x, y))) {
            image.put_pixel(x, y, Rgb([40, 60, 200]));
        }
        image
    };
    let views: Vec<Small> = normals(7).into_iter().map(lamp).map(small).collect();
    let cells: Vec<Cells> = views.iter().map(cells).collect();
    let empty: Vec<Small> = (30..33).map(|seed| small(lamp(scene(&[], seed)))).collect();
    let localiser = Localiser::learn(&views, &cells, &empty).unwrap();
    assert_eq!(localiser.find(&empty[0]), Found::Nothing);
    let found = localiser.find(&small(lamp(scene(&[(130, 110)], 20))));
    assert!(agreement(&found, (130, 110)) > 0.9);
}

#[test]
fn where_nothing_stands_out_all_of_the_view_is_the_item() {
    let belt = |seed: u8| RgbImage::from_pixel(SIDE, SIDE, Rgb([90 + seed, 90, 90]));
    let localiser = learned((0..5).map(belt).collect());
    assert!(localiser.is_whole());
    let Found::One(mask) = localiser.find(&small(belt(9))) else { panic!("the view is the item") };
    assert!(mask.pixels().iter().all(|inside| *inside));
    let (floats, odds) = localiser.to_parts();
    assert!(odds.is_empty());
    assert_eq!(Localiser::from_parts(&floats, &odds).unwrap(), localiser);
}

#[test]
fn a_stored_localiser_finds_the_same_and_a_broken_one_is_refused() {
    let localiser = learned(normals(4));
    let (floats, odds) = localiser.to_parts();
    assert_eq!(Localiser::from_parts(&floats, &odds).unwrap(), localiser);
    let refused =
        |floats: &[f32], odds: &[i8]| Localiser::from_parts(floats, odds).unwrap_err().to_string();
    assert!(refused(&[], &[]).contains("empty"));
    assert!(refused(&floats[..floats.len() - 1], &odds).contains("numbers"));
    assert!(refused(&floats, &odds[1..]).contains("numbers"));
    let with = |at: usize, number: f32| {
        let mut floats = floats.clone();
        floats[at] = number;
        refused(&floats, &odds)
    };
    // The item's numbers follow 2 + 3 x 96 of the header and the light.
    const ITEM: usize = 290;
    assert!(with(0, 1.0).contains("version"));
    assert!(with(1, 1.0).contains("numbers"));
    assert!(with(2, f32::NAN).contains("not finite"));
    assert!(with(ITEM, 1e6).contains("range"));
    assert!(with(ITEM + 8, 0.0).contains("areas"));
}

#[test]
fn a_localiser_that_was_stored_as_floats_finds_the_same() {
    let localiser = learned(normals(4));
    let (mut floats, odds) = localiser.to_parts();
    floats[0] = 3.0;
    floats.extend(odds.iter().map(|odds| f32::from(*odds) * 3.0 / 42.0));
    assert_eq!(Localiser::from_floats(&floats).unwrap(), localiser);
    *floats.last_mut().unwrap() = 99.0;
    assert!(Localiser::from_floats(&floats).unwrap_err().to_string().contains("odds"));
    let (whole, _) = localiser.to_parts();
    assert!(Localiser::from_floats(&whole).unwrap_err().to_string().contains("version"));
}

#[test]
fn cells_that_do_not_fit_are_refused_by_their_place() {
    let view = || small(scene(&[(60, 100)], 0));
    let good = cells(&view());
    let refused = |cells: &[Cells]| {
        let views: Vec<Small> = (0..2).map(|_| view()).collect();
        Localiser::learn(&views, cells, &[]).unwrap_err()
    };
    assert!(matches!(
        refused(std::slice::from_ref(&good)),
        LocaliseError::Count { views: 2, cells: 1 }
    ));
    let short = Cells { features: vec![0.0; 7], ..good.clone() };
    assert!(matches!(refused(&[good.clone(), short]), LocaliseError::Shape { view: 1, .. }));
    let mut broken = good.clone();
    broken.features[9] = f32::NAN;
    assert!(matches!(refused(&[broken, good]), LocaliseError::NotFinite { view: 0 }));
    assert!(matches!(Localiser::learn(&[], &[], &[]), Err(LocaliseError::NoViews)));
}

proptest! {
    // Each case learns anew: a few are enough.
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn learning_twice_gives_the_same(seed in 0u32..1000, count in 1usize..6) {
        let views = || -> Vec<RgbImage> {
            PLACES[..count].iter().map(|place| scene(&[*place], seed)).collect()
        };
        prop_assert_eq!(learned(views()), learned(views()));
    }
}
