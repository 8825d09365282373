use super::*;
use proptest::prelude::*;

/// Discs of random place, size and brightness: something to find.
pub(crate) fn pattern(width: usize, height: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut random = |below: f32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 * below
    };
    let mut picture = vec![128.0; width * height];
    for _ in 0..width * height / 150 {
        let (x, y) = (random(width as f32), random(height as f32));
        let (radius, value) = (2.0 + random(7.0), random(255.0));
        for (at, pixel) in picture.iter_mut().enumerate() {
            let away = ((at % width) as f32 - x).hypot((at / width) as f32 - y);
            if away < radius {
                *pixel = value;
            }
        }
    }
    picture
}

/// The share of `points` that has a point of `others` within a pixel of where `map` says, of the same size.
fn found_again(points: &KeyPoints, others: &KeyPoints, map: impl Fn([f32; 2]) -> [f32; 2]) -> f32 {
    let again = points.points.iter().filter(|point| {
        let [x, y] = map([point.x, point.y]);
        others.points.iter().any(|other| {
            (other.x - x).hypot(other.y - y) < 1.0 && (other.size / point.size).ln().abs() < 0.2
        })
    });
    again.count() as f32 / points.len() as f32
}

#[test]
fn points_and_descriptors_belong_together_and_have_the_length_one() {
    let found = KeyPoints::find(&pattern(96, 80, 1), 96, 80, 50).unwrap();
    assert_eq!(found.len(), 50);
    assert_eq!(found.descriptors.len(), 50 * DESCRIPTOR);
    for row in found.descriptors.chunks(DESCRIPTOR) {
        let length: f32 = row.iter().map(|v| v * v).sum();
        assert!((length - 1.0).abs() < 1e-3, "{length}");
    }
    assert!(found.points.iter().all(|p| p.x > 0.0 && p.x < 96.0 && p.y > 0.0 && p.y < 80.0));
}

#[test]
fn a_disc_is_found_where_it_is_with_its_size() {
    let picture: Vec<f32> = (0..64 * 64)
        .map(|at| {
            if ((at % 64) as f32 - 30.0).hypot((at / 64) as f32 - 33.0) < 6.0 { 255.0 } else { 0.0 }
        })
        .collect();
    let found = KeyPoints::find(&picture, 64, 64, 1).unwrap();
    let disc = found.points[0];
    assert!((disc.x - 30.0).abs() < 0.5 && (disc.y - 33.0).abs() < 0.5, "{disc:?}");
    // A disc of radius r answers most to a blob of r / sqrt(2).
    assert!((disc.size - 6.0 / 2f32.sqrt()).abs() < 0.9, "{disc:?}");
}

#[test]
fn a_picture_turned_by_a_quarter_has_the_same_points_turned() {
    let (width, height) = (96, 80);
    let picture = pattern(width, height, 7);
    // The pixel (x, y) goes to (height - 1 - y, x).
    let mut turned = vec![0.0; picture.len()];
    for y in 0..height {
        for x in 0..width {
            turned[x * height + height - 1 - y] = picture[y * width + x];
        }
    }
    let before = KeyPoints::find(&picture, width, height, 100).unwrap();
    let after = KeyPoints::find(&turned, height, width, 400).unwrap();
    let share = found_again(&before, &after, |[x, y]| [height as f32 - 1.0 - y, x]);
    assert!(share > 0.9, "{share}");
}

#[test]
fn a_picture_twice_as_large_has_the_same_points_twice_as_far_apart() {
    let (width, height) = (80, 64);
    let picture = pattern(width, height, 3);
    let double: Vec<f32> = (0..4 * width * height)
        .map(|at| picture[at / (2 * width) / 2 * width + at % (2 * width) / 2])
        .collect();
    let before = KeyPoints::find(&picture, width, height, 60).unwrap();
    let mut after = KeyPoints::find(&double, 2 * width, 2 * height, 800).unwrap();
    for point in &mut after.points {
        *point = KeyPoint { x: point.x / 2.0, y: point.y / 2.0, size: point.size / 2.0, ..*point };
    }
    let share = found_again(&before, &after, |[x, y]| [x - 0.25, y - 0.25]);
    assert!(share > 0.6, "{share}");
}

#[test]
fn pictures_without_anything_have_no_points() {
    assert!(KeyPoints::find(&[], 0, 0, 10).unwrap().is_empty());
    assert!(KeyPoints::find(&[9.0; 64], 8, 8, 10).unwrap().is_empty());
    assert!(KeyPoints::find(&[9.0; 10], 64, 64, 10).unwrap().is_empty());
    assert!(KeyPoints::find(&[200.0; 64 * 64], 64, 64, 10).unwrap().is_empty());
    assert!(KeyPoints::find(&[f32::NAN; 32 * 32], 32, 32, 10).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_picture_gives_finite_points(
        width in 1usize..60,
        height in 1usize..60,
        values in prop::collection::vec(prop_oneof![0f32..255.0, Just(f32::NAN), any::<f32>()], 16..64),
    ) {
        let picture: Vec<f32> = values.iter().copied().cycle().take(width * height).collect();
        let found = KeyPoints::find(&picture, width, height, 40).unwrap();
        prop_assert!(found.len() <= 40);
        prop_assert!(found.points.iter().all(|p| p.x.is_finite() && p.size > 0.0 && p.angle.is_finite()));
        prop_assert!(found.descriptors.iter().all(|v| (0.0..=1.0).contains(v)));
    }
}
