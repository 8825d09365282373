use proptest::prelude::*;

use super::*;
use crate::scoring::Area;

/// The item fills 160 x 80 pixels in the middle of a view of 200 x 100; 8 x 4 cells cover it.
const ITEM: Bounds = Bounds { x: 20, y: 10, width: 160, height: 80 };

fn heat(hot_cells: &[(usize, f32)]) -> HeatMap {
    let mut values = vec![0.1; 32];
    for (cell, value) in hot_cells {
        values[*cell] = *value;
    }
    let area = Area { x: 20.0, y: 10.0, width: 160.0, height: 80.0 };
    HeatMap { width: 8, height: 4, values, area, hot: 1.0 }
}

fn found(hot_cells: &[(usize, f32)], kinds: &[(i64, Kind)]) -> Vec<Difference> {
    differences(&heat(hot_cells), kinds, ITEM, (200, 100))
}

#[test]
fn the_words_tell_kind_place_and_millimetres() {
    let dented = found(&[(5, 2.0), (6, 1.5)], &[(5, Kind::Dent)]);
    assert_eq!(dented.len(), 1);
    assert_eq!(dented[0].bounds, Bounds { x: 120, y: 10, width: 40, height: 20 });
    assert_eq!(dented[0].words(Some(0.8)), "dent, upper right edge, 32 mm");
    assert_eq!(dented[0].words(None), "dent, upper right edge, about 25 % of the item's width");
}

#[test]
fn where_the_head_sees_no_damage_only_the_difference_is_told() {
    let found = found(&[(12, 2.0)], &[(3, Kind::Tear)]);
    assert_eq!(
        words(&found, None),
        "differs from the reference, middle, about 12 % of the item's width"
    );
    assert_eq!(words(&[], None), "differs from the reference");
}

#[test]
fn the_strongest_difference_comes_first_and_the_rest_is_left_out() {
    let found = found(&[(0, 2.0), (7, 3.0), (19, 1.6), (24, 1.7), (30, 1.4)], &[]);
    let places: Vec<&str> = found.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(places, ["upper right corner", "upper left corner", "lower left corner"]);
    assert!(found.is_sorted_by(|a, b| a.strength >= b.strength));
}

#[test]
fn of_an_item_that_is_hot_everywhere_the_worst_spot_is_told() {
    let mut map = heat(&[(9, 9.0)]);
    map.values.iter_mut().for_each(|value| *value = value.max(2.0));
    let found = differences(&map, &[], ITEM, (200, 100));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].bounds.width, found[0].bounds.height), (20, 20));
}

#[test]
fn a_view_whose_cells_stay_below_the_limit_still_has_its_strangest_spot() {
    let found = found(&[(17, 0.9)], &[]);
    assert_eq!((found.len(), found[0].place.as_str()), (1, "left part"));
    let cold = HeatMap { values: vec![0.0; 32], ..heat(&[]) };
    assert!(differences(&cold, &[], ITEM, (200, 100)).is_empty());
}

#[test]
fn kinds_are_outvoted_by_heat() {
    let kinds = [(9, Kind::Stain), (10, Kind::Tear), (11, Kind::Stain)];
    assert_eq!(found(&[(9, 1.1), (10, 3.0), (11, 1.6)], &kinds)[0].kind, Some(Kind::Tear));
}

proptest! {
    #[test]
    fn boxes_lie_inside_the_view_and_words_are_never_empty(
        (width, height) in (1u32..9, 1u32..9),
        values in prop::collection::vec(0.0f32..1e6, 64),
        (x, y) in (-30.0..300.0f64, -30.0..300.0f64),
        (across, down) in (0.5..400.0f64, 0.5..400.0f64),
        size in (1u32..300, 1u32..300),
        item in (0u32..300, 0u32..300, 0u32..300, 0u32..300),
        hot in 0.0f32..10.0,
        mm in prop::option::of(0.0f32..3.0),
    ) {
        let area = Area { x, y, width: across, height: down };
        let values = values[..(width * height) as usize].to_vec();
        let map = HeatMap { width, height, values, area, hot };
        let item = Bounds { x: item.0, y: item.1, width: item.2, height: item.3 };
        let found = differences(&map, &[(0, Kind::Tape)], item, size);
        prop_assert!(found.len() <= TOLD_MAX);
        for one in &found {
            let Bounds { x, y, width, height } = one.bounds;
            prop_assert!(width > 0 && height > 0);
            prop_assert!(x + width <= size.0 && y + height <= size.1, "{:?} {size:?}", one.bounds);
            prop_assert!(one.strength.is_finite() && one.of_width.is_finite());
            prop_assert!(!one.place.is_empty());
        }
        let said = words(&found, mm);
        prop_assert!(!said.is_empty() && !said.contains("NaN") && !said.contains("inf"), "{said}");
    }
}

#[test]
fn every_kind_of_damage_has_words_of_its_own() {
    let words: std::collections::BTreeSet<&str> = Kind::ALL.map(named).into();
    assert_eq!(words.len(), Kind::ALL.len());
    let gone = found(&[(5, 2.0)], &[(5, Kind::Missing)]);
    assert!(gone[0].words(None).starts_with("part missing, "));
}
