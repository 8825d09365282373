use super::*;
use proptest::prelude::*;

const SAME: Affine = Affine([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);

/// 64 x 64: `top` above, `bottom` below, on a ground of `ground` 8 pixels wide.
fn carton(top: [u8; 3], bottom: [u8; 3], ground: [u8; 3]) -> SmallCopy {
    let mut pixels = Vec::new();
    for y in 0..64 {
        for x in 0..64 {
            let on_item = (8..56).contains(&x) && (8..56).contains(&y);
            pixels.extend(if !on_item {
                ground
            } else if y < 32 {
                top
            } else {
                bottom
            });
        }
    }
    SmallCopy::of(&pixels, 64, 64)
}

const RED: [u8; 3] = [200, 40, 40];
const GREEN: [u8; 3] = [40, 160, 60];
const CREAM: [u8; 3] = [230, 220, 190];
const WHITE: [u8; 3] = [255, 255, 255];

#[test]
fn the_item_of_a_catalogue_picture_is_what_is_not_white_from_the_border() {
    let item = carton(RED, WHITE, WHITE).without_white_ground().unwrap();
    assert_eq!(item.iter().filter(|inside| **inside).count(), 12 * 6);
    let framed = carton(RED, CREAM, WHITE).without_white_ground().unwrap();
    assert_eq!(framed.iter().filter(|inside| **inside).count(), 12 * 12);
    assert_eq!(carton(RED, CREAM, GREEN).without_white_ground(), None);
    assert_eq!(SmallCopy::default().without_white_ground(), None);
}

#[test]
fn the_same_colours_agree_in_other_light_and_other_colours_do_not() {
    let reference = carton(RED, CREAM, WHITE);
    let region = reference.without_white_ground().unwrap();
    let dim = |c: [u8; 3]| [c[0] / 2, c[1] / 3, c[2] / 4];
    let same = agreement(&reference, &region, &carton(dim(RED), dim(CREAM), [9; 3]), &SAME);
    let other = agreement(&reference, &region, &carton(GREEN, CREAM, [9; 3]), &SAME);
    assert!(same > 0.9, "{same}");
    assert!(other < 0.5, "{other}");
}

#[test]
fn colours_are_compared_where_the_map_says() {
    let reference = carton(RED, CREAM, WHITE);
    let region = reference.without_white_ground().unwrap();
    let upside_down = carton(CREAM, RED, [9; 3]);
    let half_turn = Affine([-1.0, 0.0, 63.0, 0.0, -1.0, 63.0]);
    assert!(agreement(&reference, &region, &upside_down, &half_turn) > 0.9);
    assert!(agreement(&reference, &region, &upside_down, &SAME) < 0.0);
}

#[test]
fn too_little_in_sight_or_no_colour_at_all_says_nothing() {
    let reference = carton(RED, CREAM, WHITE);
    let region = reference.without_white_ground().unwrap();
    let away = Affine([1.0, 0.0, 60.0, 0.0, 1.0, 0.0]);
    assert_eq!(agreement(&reference, &region, &reference, &away), 0.0);
    assert_eq!(agreement(&reference, &[], &reference, &SAME), 0.0);
    let grey = carton([90; 3], [90; 3], [90; 3]);
    assert_eq!(agreement(&reference, &region, &grey, &SAME), 0.0);
}

#[test]
fn a_region_is_the_hull_of_the_points_and_a_margin() {
    let copy = carton(RED, CREAM, WHITE);
    let corners = [[20.0, 20.0], [40.0, 20.0], [40.0, 40.0], [20.0, 40.0], [30.0, 30.0]];
    let inside = copy.around(&corners);
    let columns: Vec<usize> = (0..16).filter(|x| inside[7 * 16 + x]).collect();
    assert_eq!(columns, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert!(!copy.around(&corners[..2]).contains(&true));
    assert!(!copy.around(&[]).contains(&true));
}

proptest! {
    #[test]
    fn agreement_is_a_correlation_for_any_map(numbers in prop::array::uniform6(prop_oneof![any::<f32>(), -3f32..3.0])) {
        let copy = carton(RED, CREAM, GREEN);
        let value = agreement(&copy, &vec![true; 256], &copy, &Affine(numbers));
        prop_assert!((-1.0..=1.0).contains(&value));
    }
}
