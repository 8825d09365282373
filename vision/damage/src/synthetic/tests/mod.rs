//! What every generator owes: pictures of the same size, a truthful account of what it touched,
//! and no trouble with tiny items.

use image::Rgb;
use proptest::prelude::*;
use rand::SeedableRng;

use super::*;
use crate::Kind;

mod whole;

/// A box with two sides, a band and a line of print, on a striped belt.
fn carton(width: u32, height: u32) -> Specimen {
    let (left, right) = (width / 6, width - width / 6);
    let (top, bottom) = (height / 5, height - height / 6);
    let inside = |x: u32, y: u32| (left..right).contains(&x) && (top..bottom).contains(&y);
    let picture = RgbImage::from_fn(width, height, |x, y| match (x, y) {
        _ if !inside(x, y) => Rgb([90 + (x / 4 % 2 * 30) as u8, 95, 100]),
        _ if y < (top + bottom) / 2 && (x / 3 + y / 5) % 4 == 0 => Rgb([40, 40, 45]),
        _ if x < (left + right) / 3 => Rgb([60, 190, 120]),
        _ if y < (top + bottom) / 2 => Rgb([225, 222, 218]),
        _ => Rgb([180, 178, 176]),
    });
    Specimen::new(picture, Mask::from_fn(width, height, inside)).unwrap()
}

fn seeded(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Which pixels differ between the specimen and its damaged picture.
fn changed(specimen: &Specimen, damaged: &Damaged) -> Vec<bool> {
    let pairs = specimen.picture.pixels().zip(damaged.picture.pixels());
    pairs.map(|(before, after)| before != after).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_defect_is_deterministic_and_tells_what_it_touched(
        seed in any::<u64>(),
        defect in prop::sample::select(&Defect::ALL),
        (width, height) in (24u32..160, 24u32..160),
    ) {
        let specimen = carton(width, height);
        let damaged = damage(&specimen, defect, &mut seeded(seed)).unwrap();
        prop_assert_eq!(&damaged, &damage(&specimen, defect, &mut seeded(seed)).unwrap());

        prop_assert_eq!(damaged.picture.dimensions(), (width, height));
        prop_assert_eq!((damaged.mask.width(), damaged.mask.height()), (width, height));
        prop_assert_eq!(damaged.touched.len(), (width * height) as usize);
        prop_assert!(damaged.touched.iter().all(|touched| (0.0..=1.0).contains(touched)));
        prop_assert!(damaged.mask.area() > 0);
        prop_assert!(changed(&specimen, &damaged).contains(&true));
    }

    #[test]
    fn an_item_of_a_few_pixels_is_damaged_or_refused_without_a_panic(
        seed in any::<u64>(),
        defect in prop::sample::select(&Defect::ALL),
        (width, height) in (1u32..20, 1u32..20),
        area in 1u32..9,
    ) {
        let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x * 40) as u8, (y * 30) as u8, 9]));
        let mask = Mask::from_fn(width, height, |x, y| y * width + x < area);
        let specimen = Specimen::new(picture, mask).unwrap();
        let varied = vary(&specimen, &mut seeded(seed));
        prop_assert!(varied.mask.area() > 0);
        if let Some(damaged) = damage(&varied, defect, &mut seeded(seed)) {
            prop_assert!(damaged.mask.area() > 0);
            prop_assert!(changed(&varied, &damaged).contains(&true));
        }
    }
}

#[test]
fn a_specimen_without_an_item_or_with_a_mask_of_another_size_is_refused() {
    let picture = RgbImage::new(8, 6);
    assert_eq!(Specimen::new(picture.clone(), Mask::from_fn(8, 6, |_, _| false)), None);
    assert_eq!(Specimen::new(picture.clone(), Mask::from_fn(6, 8, |_, _| true)), None);
    assert_eq!(Specimen::new(RgbImage::new(0, 0), Mask::from_fn(0, 0, |_, _| true)), None);
    assert!(Specimen::new(picture, Mask::from_fn(8, 6, |x, _| x == 3)).is_some());
}

#[test]
fn a_variation_keeps_the_item_about_as_large_and_as_bright() {
    let specimen = carton(160, 120);
    let mean = |specimen: &Specimen| {
        let sum: u64 = specimen.picture.as_raw().iter().map(|part| u64::from(*part)).sum();
        sum as f64 / specimen.picture.as_raw().len() as f64
    };
    for seed in 0..20 {
        let varied = vary(&specimen, &mut seeded(seed));
        assert_ne!(varied.picture, specimen.picture);
        assert_eq!(varied, vary(&specimen, &mut seeded(seed)), "the seed decides");
        let area = varied.mask.area() as f64 / specimen.mask.area() as f64;
        assert!((0.6..1.6).contains(&area), "seed {seed}: {area} times the area");
        let light = mean(&varied) / mean(&specimen);
        assert!((0.6..1.6).contains(&light), "seed {seed}: {light} times as bright");
    }
}

#[test]
fn a_bend_moves_what_it_touches_and_leaves_the_far_end_alone() {
    let specimen = carton(320, 320);
    let mut degrees = Vec::new();
    for seed in 0..20 {
        let damaged = damage(&specimen, Defect::Bend, &mut seeded(seed)).unwrap();
        let changed = changed(&specimen, &damaged);
        let touched = damaged.touched.iter().filter(|touched| **touched > 0.0).count();
        degrees.push(damaged.touched.iter().copied().fold(0.0, f32::max));
        let moved = specimen.mask.pixels().iter().zip(damaged.mask.pixels());
        assert!(touched > 50, "seed {seed}: {touched} touched");
        for (at, (before, after)) in moved.enumerate() {
            let moved = before != after;
            assert!(!moved || changed[at], "seed {seed}: the outline moves with the picture");
        }
        assert!(changed.iter().any(|changed| !changed), "seed {seed}: a bump is local");
    }
    let (least, most) = degrees.iter().fold((1f32, 0f32), |(a, b), d| (a.min(*d), b.max(*d)));
    assert!(least < 0.3 && most > 0.8, "dents are of all degrees: {degrees:?}");
}

/// Every kind on a picture as large as a crop gets: where it touches, most pixels change; a defect
/// that is laid over the item changes nothing else.
#[test]
fn what_is_laid_over_the_item_changes_what_it_touches_and_little_else() {
    let specimen = carton(320, 320);
    for defect in [Defect::Puncture, Defect::Stain, Defect::Tape, Defect::Print] {
        for seed in 0..12 {
            let damaged = damage(&specimen, defect, &mut seeded(seed)).unwrap();
            assert_eq!(damaged.mask, specimen.mask, "{defect:?} {seed}: the outline stays");
            let changed = changed(&specimen, &damaged);
            let mut touched_changed = 0;
            for (at, changed) in changed.iter().enumerate() {
                let inside = specimen.mask.pixels()[at];
                assert!(inside || !changed, "{defect:?} {seed}: the belt stays as it is");
                touched_changed += usize::from(*changed && damaged.touched[at] > 0.5);
            }
            let count =
                |of: &dyn Fn(usize) -> bool| (0..changed.len()).filter(|at| of(*at)).count();
            let touched = count(&|at| damaged.touched[at] > 0.5);
            let beside = count(&|at| changed[at] && damaged.touched[at] <= 0.5);
            assert!(
                touched_changed * 3 > touched,
                "{defect:?} {seed}: {touched_changed}/{touched}"
            );
            assert!(beside < touched * 2 + 100, "{defect:?} {seed}: {beside} beside {touched}");
        }
    }
}

#[test]
fn a_tear_takes_a_part_of_the_item_away_and_shows_what_lies_behind() {
    let specimen = carton(320, 320);
    let mut lost = 0;
    for seed in 0..20 {
        let damaged = damage(&specimen, Defect::Tear, &mut seeded(seed)).unwrap();
        for (at, inside) in damaged.mask.pixels().iter().enumerate() {
            let gone = specimen.mask.pixels()[at] && !inside;
            // Beside a crack the whole outline moves a little; in the gap the item is gone.
            lost += usize::from(gone && damaged.touched[at] > 0.5);
        }
        assert!(damaged.mask.area() > specimen.mask.area() / 3, "seed {seed}: most of it stays");
    }
    assert!(lost > 20 * 100, "{lost} pixels lost in 20 tears");
}
