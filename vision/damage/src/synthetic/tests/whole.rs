//! What the generators owe that change the outline, labels, colours or the whole item.

use super::*;

/// What is outside the touched pixels, and by how much it changed at most, of 255.
fn largest_change_elsewhere(specimen: &Specimen, damaged: &Damaged) -> u8 {
    let pairs = specimen.picture.pixels().zip(damaged.picture.pixels());
    let elsewhere = pairs.zip(&damaged.touched).filter(|(_, touched)| **touched == 0.0);
    let changes = elsewhere.map(|((before, after), _)| {
        let parts = before.0.iter().zip(after.0);
        parts.map(|(before, after)| before.abs_diff(after)).max().unwrap_or(0)
    });
    changes.max().unwrap_or(0)
}

/// Share of the touched pixels whose picture changed.
fn changed_of_touched(specimen: &Specimen, damaged: &Damaged) -> f32 {
    let changed = changed(specimen, damaged);
    let touched = damaged.touched.iter().zip(changed).filter(|(touched, _)| **touched > 0.0);
    let (count, changed) =
        touched.fold((0, 0), |(count, sum), (_, changed)| (count + 1, sum + u32::from(changed)));
    changed as f32 / count as f32
}

/// A plate with two arms, a screw and a label, on a grained belt: about as the twin's items.
fn plate() -> Specimen {
    let inside = |x: u32, y: u32| {
        let body = (90..230).contains(&x) && (60..180).contains(&y);
        body || (40..280).contains(&x) && (110..126).contains(&y)
    };
    let picture = RgbImage::from_fn(320, 240, |x, y| {
        let screw = (f64::from(x) - 120.0).hypot(f64::from(y) - 90.0) < 10.0;
        let label = (150..210).contains(&x) && (130..165).contains(&y);
        match (x, y) {
            _ if !inside(x, y) => Rgb([(60 + (x * 7 + y * 13) % 11) as u8, 64, 70]),
            _ if screw => Rgb([215, 215, 220]),
            _ if label && (x / 3 + y / 4) % 3 == 0 => Rgb([30, 30, 34]),
            _ if label => Rgb([240, 240, 236]),
            _ => Rgb([70, 110 + (x % 3) as u8, 160]),
        }
    });
    Specimen::new(picture, Mask::from_fn(320, 240, inside)).unwrap()
}

/// The generators whose account is exact: nothing changes but what they touch. (Dents, shadows
/// beside a strip and crumbs of a tear reach further, but faintly.)
#[test]
fn outside_of_what_is_touched_the_picture_is_as_before() {
    let exact = [
        (Defect::Missing, 0.5),
        (Defect::PartMissing, 0.3),
        (Defect::Empty, 0.9),
        (Defect::Foreign, 0.8),
        (Defect::Scribble, 0.1),
        (Defect::Turned, 0.7),
        (Defect::Resized, 0.5),
    ];
    for (defect, changed_min) in exact {
        for seed in 0..12 {
            let specimen = plate();
            let damaged = damage(&specimen, defect, &mut seeded(seed)).unwrap();
            let elsewhere = largest_change_elsewhere(&specimen, &damaged);
            assert_eq!(elsewhere, 0, "{defect:?} {seed}");
            let changed = changed_of_touched(&specimen, &damaged);
            assert!(changed > changed_min, "{defect:?} {seed}: {changed} of the touched");
        }
    }
}

#[test]
fn what_happens_to_labels_and_colours_stays_on_the_item() {
    let labels =
        [Defect::LabelGone, Defect::LabelSwapped, Defect::LabelShifted, Defect::LabelTurned];
    for defect in labels.into_iter().chain([Defect::Colour]) {
        for seed in 0..12 {
            let specimen = plate();
            let damaged = damage(&specimen, defect, &mut seeded(seed)).unwrap();
            assert_eq!(damaged.mask, specimen.mask, "{defect:?} {seed}");
            for (at, changed) in changed(&specimen, &damaged).into_iter().enumerate() {
                assert!(specimen.mask.pixels()[at] || !changed, "{defect:?} {seed}: the belt");
            }
            let elsewhere = largest_change_elsewhere(&specimen, &damaged);
            assert!(elsewhere < 100, "{defect:?} {seed}: changed by {elsewhere} and not touched");
        }
    }
}

#[test]
fn a_missing_part_is_no_longer_item_and_looks_like_the_belt() {
    let specimen = plate();
    let mut lost_share = Vec::new();
    for seed in 0..24 {
        let damaged = damage(&specimen, Defect::Missing, &mut seeded(seed)).unwrap();
        let (before, after) = (specimen.mask.pixels(), damaged.mask.pixels());
        assert!(before.iter().zip(after).all(|(before, after)| *before || !after), "none is added");
        let lost: Vec<usize> = (0..before.len()).filter(|at| before[*at] && !after[*at]).collect();
        lost_share.push(lost.len() as f32 / specimen.mask.area() as f32);
        assert!(lost.iter().all(|at| damaged.touched[*at] == 1.0), "seed {seed}");
        // Red of the belt is 60 to 70 or shadowed; a filling of one colour would be flat.
        let reds: Vec<u8> = lost.iter().map(|at| damaged.picture.as_raw()[at * 3]).collect();
        let mean = reds.iter().map(|red| f32::from(*red)).sum::<f32>() / reds.len() as f32;
        assert!((40.0..72.0).contains(&mean), "seed {seed}: {mean}");
        let deviation = reds.iter().map(|red| (f32::from(*red) - mean).powi(2)).sum::<f32>();
        assert!((deviation / reds.len() as f32).sqrt() > 1.0, "seed {seed}: it is flat");
        assert!(
            damaged.touched.iter().enumerate().any(|(at, touched)| after[at] && *touched > 0.0)
        );
    }
    lost_share.sort_by(f32::total_cmp);
    assert!(lost_share[0] < 0.1 && lost_share[23] > 0.2, "small and large parts: {lost_share:?}");
    assert!(lost_share[23] <= 0.61);
}

#[test]
fn a_foreign_thing_counts_as_a_part_of_the_item() {
    let specimen = plate();
    let areas = (0..12).map(|seed| {
        let damaged = damage(&specimen, Defect::Foreign, &mut seeded(seed)).unwrap();
        let (before, after) = (specimen.mask.pixels(), damaged.mask.pixels());
        assert!(before.iter().zip(after).all(|(before, after)| !before || *after), "seed {seed}");
        damaged.mask.area()
    });
    assert!(areas.filter(|area| *area > specimen.mask.area() + 100).count() > 6);
}

#[test]
fn a_change_of_the_whole_item_touches_all_of_it() {
    let specimen = plate();
    for seed in 0..12 {
        let turned = damage(&specimen, Defect::Turned, &mut seeded(seed)).unwrap();
        let resized = damage(&specimen, Defect::Resized, &mut seeded(seed)).unwrap();
        for damaged in [&turned, &resized] {
            let after = damaged.mask.pixels().iter().zip(&damaged.touched);
            assert!(after.filter(|(inside, _)| **inside).all(|(_, touched)| *touched > 0.0));
        }
        let area = |damaged: &Damaged| damaged.mask.area() as f32 / specimen.mask.area() as f32;
        assert!((0.97..1.03).contains(&area(&turned)), "seed {seed}");
        let side = area(&resized).sqrt();
        assert!(
            (0.72..0.94).contains(&side) || (1.06..1.28).contains(&side),
            "seed {seed}: {side}"
        );
        assert!(resized.touched.iter().all(|touched| *touched <= 1.0));
    }
}

#[test]
fn every_kind_has_a_defect_and_every_defect_a_name_of_its_own() {
    for kind in Kind::ALL {
        assert!(Defect::ALL.iter().any(|defect| defect.kind() == kind), "{kind:?}");
    }
    let names: std::collections::BTreeSet<&str> = Defect::ALL.map(Defect::name).into();
    assert_eq!(names.len(), Defect::ALL.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Items that are cut by the border of their picture, or fill it.
    #[test]
    fn an_item_at_the_border_is_damaged_without_a_panic(
        seed in any::<u64>(),
        defect in prop::sample::select(&Defect::ALL),
        (width, height) in (1u32..90, 1u32..90),
        (left, top) in (0u32..60, 0u32..60),
    ) {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            Rgb([(x * 9) as u8, (y * 7) as u8, (x * y) as u8])
        });
        let (left, top) = (left.min(width - 1), top.min(height - 1));
        let mask = Mask::from_fn(width, height, |x, y| x >= left && y >= top);
        let specimen = Specimen::new(picture, mask).unwrap();
        if let Some(damaged) = damage(&specimen, defect, &mut seeded(seed)) {
            prop_assert_eq!(&damaged, &damage(&specimen, defect, &mut seeded(seed)).unwrap());
            prop_assert_eq!(damaged.picture.dimensions(), (width, height));
            prop_assert!(damaged.mask.area() > 0);
        }
    }
}
