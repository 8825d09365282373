use super::*;
use proptest::prelude::*;

/// A pair whose view is what `map` (a turn and a scale) makes of the reference.
fn pair(x: f32, y: f32, map: &Affine) -> Pair {
    let [a, _, _, d, _, _] = map.0;
    let reference = KeyPoint { x, y, size: 3.0, angle: 0.3 };
    let [to_x, to_y] = map.apply([x, y]);
    let view = KeyPoint { x: to_x, y: to_y, size: 3.0 * a.hypot(d), angle: 0.3 + d.atan2(a) };
    Pair { reference, view, clear: Some(0.4) }
}

fn turn(degrees: f32, scale: f32, x: f32, y: f32) -> Affine {
    let (sin, cos) = degrees.to_radians().sin_cos();
    Affine([scale * cos, -scale * sin, x, scale * sin, scale * cos, y])
}

/// Points spread over a carton.
fn spread(count: usize) -> impl Iterator<Item = (f32, f32)> {
    (0..count).map(|i| (40.0 + (i * 37 % 200) as f32, 30.0 + (i * 61 % 250) as f32))
}

#[test]
fn the_map_of_a_few_true_pairs_is_found_among_many_false_ones() {
    let map = turn(25.0, 0.7, 60.0, 20.0);
    let mut pairs: Vec<Pair> = spread(12).map(|(x, y)| pair(x, y, &map)).collect();
    for (i, (x, y)) in spread(60).enumerate() {
        let elsewhere = turn(
            i as f32 * 47.0,
            0.5 + (i % 5) as f32 * 0.3,
            (i * 71 % 300) as f32,
            (i * 29 % 300) as f32,
        );
        pairs.push(pair(y, x, &elsewhere));
    }
    let found = agreement(&pairs).unwrap();
    assert!((0..12).all(|i| found.followers.contains(&i)), "{:?}", found.followers);
    assert!(found.followers.len() < 18, "{:?}", found.followers);
    let ([x, y], [true_x, true_y]) = (found.map.apply([140.0, 150.0]), map.apply([140.0, 150.0]));
    assert!((x - true_x).hypot(y - true_y) < 3.0);
}

#[test]
fn pairs_that_are_not_clear_follow_but_do_not_propose() {
    let map = turn(0.0, 1.0, 5.0, 5.0);
    let mut pairs: Vec<Pair> =
        spread(10).map(|(x, y)| Pair { clear: None, ..pair(x, y, &map) }).collect();
    assert_eq!(agreement(&pairs), None);
    pairs[0].clear = Some(0.5);
    assert_eq!(agreement(&pairs).unwrap().followers.len(), 10);
}

#[test]
fn three_pairs_are_too_few_and_points_on_a_line_make_no_map() {
    let map = turn(10.0, 1.0, 0.0, 0.0);
    let few: Vec<Pair> = spread(3).map(|(x, y)| pair(x, y, &map)).collect();
    assert_eq!(agreement(&few), None);
    let line: Vec<Pair> = (0..9).map(|i| pair(20.0 * i as f32, 50.0, &map)).collect();
    assert_eq!(agreement(&line), None);
    assert_eq!(agreement(&[]), None);
}

#[test]
fn a_mirrored_or_tiny_item_is_no_item() {
    let tiny = turn(0.0, 0.1, 100.0, 100.0);
    let pairs: Vec<Pair> = spread(12).map(|(x, y)| pair(x, y, &tiny)).collect();
    assert_eq!(agreement(&pairs), None);
    assert!(!Affine([-1.0, 0.0, 0.0, 0.0, 1.0, 0.0]).is_possible());
}

#[test]
fn askew_is_the_ratio_of_the_longest_to_the_shortest_direction() {
    assert!((turn(70.0, 2.0, 1.0, 1.0).askew() - 1.0).abs() < 1e-5);
    assert!((Affine([3.0, 0.0, 0.0, 0.0, 0.5, 0.0]).askew() - 6.0).abs() < 1e-4);
}

proptest! {
    #[test]
    fn any_turn_scale_and_shift_is_found_again(degrees in -180f32..180.0, scale in 0.3f32..2.5, x in -200f32..200.0, y in -200f32..200.0) {
        let map = turn(degrees, scale, x, y);
        let pairs: Vec<Pair> = spread(20).map(|(x, y)| pair(x, y, &map)).collect();
        let found = agreement(&pairs).unwrap();
        prop_assert_eq!(found.followers.len(), 20);
        let ([x, y], [true_x, true_y]) = (found.map.apply([0.0, 300.0]), map.apply([0.0, 300.0]));
        prop_assert!((x - true_x).hypot(y - true_y) < 0.5);
    }

    #[test]
    fn no_numbers_make_it_panic(values in prop::collection::vec(prop::array::uniform9(prop_oneof![any::<f32>(), -300f32..300.0]), 0..12)) {
        let point = |v: &[f32]| KeyPoint { x: v[0], y: v[1], size: v[2], angle: v[3] };
        let pairs: Vec<Pair> = values
            .iter()
            .map(|v| Pair { reference: point(&v[..4]), view: point(&v[4..8]), clear: Some(v[8]) })
            .collect();
        if let Some(found) = agreement(&pairs) {
            prop_assert!(found.followers.iter().all(|&i| i < pairs.len()));
            prop_assert!(found.map.area().is_finite());
        }
    }
}
