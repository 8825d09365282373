use super::*;
use crate::world::Feed;

fn carton(defect: Option<Defect>) -> Standing {
    let what = NewItem {
        sku: "korall-tea".into(),
        lot: Some("A2210".into()),
        code: None,
        length_mm: carton::LENGTH_MM,
        defect: defect.map(|defect| defect.name().to_owned()),
        look: 11,
        laid: None,
    };
    Standing { number: 1, what, offset_mm: 0.0 }
}

/// Mean absolute difference of two pictures, in grey levels.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}

#[test]
fn the_same_numbers_give_the_same_bytes() {
    let paint = || Scene::new("top", 640, 480).picture(77.0, &[carton(None)], 5);
    assert_eq!(paint(), paint());
}

#[test]
fn an_item_in_the_window_stands_in_the_middle_and_moves_with_the_belt() {
    let mut scene = Scene::new("top", 640, 480);
    let empty = scene.picture(0.0, &[], 1);
    let middle = |scene: &mut Scene, offset_mm| {
        let mut item = carton(None);
        item.offset_mm = offset_mm;
        let seen = scene.picture(0.0, &[item], 1);
        let changed: Vec<f64> = (0..640u32)
            .filter(|x| seen.get_pixel(*x, 240).0[0].abs_diff(empty.get_pixel(*x, 240).0[0]) > 30)
            .map(f64::from)
            .collect();
        (changed[0] + changed[changed.len() - 1]) / 2.0
    };
    let here = middle(&mut scene, 0.0);
    assert!((here - 320.0).abs() < 8.0, "{here}");
    let there = middle(&mut scene, 30.0);
    assert!((there - here - 80.0).abs() < 4.0, "30 mm at 2.67 px/mm: {here} {there}");
}

#[test]
fn the_belt_moves_and_what_stands_beside_it_does_not() {
    let mut scene = Scene::new("side", 640, 480);
    let (a, b) = (scene.picture(0.0, &[], 1), scene.picture(11.0, &[], 1));
    let rows = |y: usize| y * 640 * 3..(y + 20) * 640 * 3;
    assert_eq!(a.as_raw()[rows(20)], b.as_raw()[rows(20)], "the wall");
    let belt = (scene.view.belt_mm().0 * scene.view.px_per_mm) as usize + 5;
    assert!(difference(&a.as_raw()[rows(belt)], &b.as_raw()[rows(belt)]) > 1.0, "the belt");
}

#[test]
fn every_picture_has_its_own_noise_of_the_promised_strength() {
    let mut scene = Scene::new("top", 640, 480);
    let (a, b) = (scene.picture(0.0, &[], 1), scene.picture(0.0, &[], 2));
    // The mean difference of two normal noises is 2 σ / √π, less what rounding to zero takes.
    assert!((1.0..2.6).contains(&difference(a.as_raw(), b.as_raw())));
}

#[test]
fn a_neighbour_at_the_smallest_pitch_stays_out_of_the_picture() {
    let mut scene = Scene::new("top", 640, 480);
    let mut neighbour = carton(None);
    neighbour.offset_mm = -200.0;
    assert_eq!(scene.picture(5.0, &[], 1), scene.picture(5.0, &[neighbour], 1));
}

#[test]
fn a_feed_damages_the_share_that_was_asked_for() {
    let mut feed = CartonFeed::new("korall-tea", 0.2, 9);
    let damaged = (0..2000).filter(|_| feed.next().defect.is_some()).count();
    assert!((340..460).contains(&damaged), "{damaged}");
}

#[test]
fn no_picture_of_the_twin_is_called_unusable_or_the_same_as_the_one_before() {
    use base::Picture;
    use capture::Frame;
    use capture::usable;

    for view in ["top", "side"] {
        let mut scene = Scene::new(view, 640, 480);
        let mut before: Option<Frame> = None;
        for n in 0..100u64 {
            let item = carton(None);
            let items = if n % 4 == 3 { vec![] } else { vec![item] };
            // The belt stands: only the noise is new.
            let picture =
                Picture::from(scene.picture(f64::from((n / 10) as u32) * 17.0, &items, n));
            assert_eq!(usable::check(&picture), Ok(()), "picture {n} of view {view}");
            let at = std::time::Duration::from_millis(n);
            let frame = Frame::new(view.into(), at, picture).after(before.as_ref());
            assert_eq!(frame.same_since, frame.at, "picture {n} of view {view}");
            before = Some(frame);
        }
    }
}
