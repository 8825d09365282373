//! **Found**: what the odds of a view's pixels say: no item, one, or several.
//!
//! An item may have come apart, and a neighbour may reach into the view; so components are judged
//! by the areas that normal items have. Two that are together larger than any normal item, and
//! each nearly a whole one, are several items. Otherwise everything near the largest is its piece.

use super::components::{Component, Components, filled};
use super::{Bounds, Mask, raster};

/// Half the side, less a half, of the square that fits everywhere into an item: threads of belt that
/// look like the item by chance are thinner.
const OPENING: usize = 2;
/// A component smaller than this share of the smallest normal item is no item: half a view's item
/// is out of sight and half of the rest is broken off.
const LEAST: f64 = 0.25;
/// A component is as good as a whole item from this share of the median normal item on.
const WHOLE: f64 = 0.6;
/// Several items are together at least this much larger than the largest normal item; what broke in
/// two is not.
const TOGETHER: f64 = 1.2;
/// A piece has at least this share of the median normal item; crumbs are belt or noise.
const PIECE: f64 = 0.05;
/// Pieces lie no farther from the largest one than this share of the square root of the median area.
const APART: f64 = 0.5;
/// Areas of items of one kind seldom differ by more than this factor, however they are turned.
const AREAS_APART: f32 = 4.0;

/// Whether two areas can be those of items of one kind.
fn alike(one: f32, other: f32) -> bool {
    (other / AREAS_APART..=other * AREAS_APART).contains(&one)
}

/// What is to be seen in a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No item, or too little of one to be told from dirt on the belt.
    Nothing,
    /// One item, whole or in pieces, or all of a view without distinguishable background.
    One(Mask),
    /// Two items or more, with the rectangle around each: nobody knows which one is meant.
    Several(Vec<Bounds>),
}

/// Areas of normal items, as shares of the view's area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Areas {
    pub smallest: f32,
    pub median: f32,
    pub largest: f32,
}

impl Areas {
    /// The areas of `shares`, one of each normal; `None` if there are none.
    ///
    /// A share far from the median is a mask that went wrong: a wall that was taken for the item must not make
    /// four screws together look no larger than one.
    pub fn of(mut shares: Vec<f32>) -> Option<Areas> {
        shares.sort_by(f32::total_cmp);
        let median = *shares.get(shares.len() / 2)?;
        let near = |share: &&f32| alike(**share, median);
        let smallest = *shares.iter().find(near)?;
        let largest = *shares.iter().rfind(near)?;
        Some(Areas { smallest, median, largest })
    }

    /// Whether an item may have this `share` of the view's area, seen from any side.
    pub fn may_be(&self, share: f32) -> bool {
        alike(share, self.median)
    }
}

/// The pixels that are more likely item than not, without threads.
fn likely(odds: &[i32], width: usize) -> Vec<bool> {
    let inside: Vec<bool> = raster::blurred(odds, width).iter().map(|odds| *odds > 0).collect();
    raster::opened(&inside, width, OPENING)
}

/// The main component: the largest, but what reaches the border counts half, for it may be a
/// neighbour's.
fn main_of(components: &Components) -> Option<(usize, &Component)> {
    let weight = |component: &Component| component.area * if component.at_border { 1 } else { 2 };
    // The first of equals, so that results do not depend on the order of searching.
    components.list.iter().enumerate().rev().max_by_key(|(_, component)| weight(component))
}

/// The mask of a normal's item while areas are still unknown: its main component without holes.
pub(super) fn main_mask(odds: &[i32], width: usize) -> Vec<bool> {
    let components = Components::of(&likely(odds, width), width);
    let main = main_of(&components).map(|(at, _)| at as u32 + 1);
    let inside: Vec<bool> = components.labels.iter().map(|label| Some(*label) == main).collect();
    filled(&inside, width)
}

/// What the `odds` of a view's pixels, rows of `width`, say about normal items of `areas`.
pub(super) fn judge(odds: &[i32], width: usize, areas: &Areas) -> Found {
    let components = Components::of(&likely(odds, width), width);
    let pixels = odds.len() as f64;
    let share = |component: &Component| component.area as f64 / pixels;
    let (smallest, median, largest) =
        (f64::from(areas.smallest), f64::from(areas.median), f64::from(areas.largest));
    let Some((main_at, main)) = main_of(&components) else { return Found::Nothing };
    if share(main) < LEAST * smallest {
        return Found::Nothing;
    }
    let whole = |component: &&Component| share(component) >= WHOLE * median;
    // Beside a whole item a part at the border is a neighbour's; beside half an item, its other half.
    let neighbours = whole(&main);
    let others = || {
        let listed = components.list.iter().enumerate().filter(|(at, _)| *at != main_at);
        listed.filter(|(_, component)| !(neighbours && component.at_border))
    };
    let items: Vec<&Component> =
        std::iter::once(main).chain(others().map(|(_, other)| other)).filter(whole).collect();
    if items.len() > 1 && items.iter().map(|item| share(item)).sum::<f64>() > TOGETHER * largest {
        return Found::Several(items.into_iter().map(|item| item.bounds).collect());
    }
    let reach = APART * (median * pixels).sqrt();
    let mut is_item = vec![false; components.list.len() + 1];
    is_item[main_at + 1] = true;
    for (at, other) in others() {
        let fits = !other.at_border || share(main) + share(other) <= largest;
        let near = gap(main.bounds, other.bounds) <= reach;
        is_item[at + 1] = fits && near && share(other) >= PIECE * median;
    }
    let inside: Vec<bool> =
        components.labels.iter().map(|label| is_item[*label as usize]).collect();
    let whole = filled(&inside, width);
    let holes = whole.iter().zip(&inside).filter(|(whole, inside)| **whole && !**inside).count();
    Found::One(Mask::from_pixels(width as u32, whole, holes))
}

/// Pixels between two rectangles, along the axis where they are farther apart.
fn gap(one: Bounds, other: Bounds) -> f64 {
    let between = |a: u32, a_length: u32, b: u32, b_length: u32| {
        b.saturating_sub(a + a_length).max(a.saturating_sub(b + b_length))
    };
    let across = between(one.x, one.width, other.x, other.width);
    let down = between(one.y, one.height, other.y, other.height);
    f64::from(across.max(down))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIDE: usize = 100;
    /// Normal items of 20 x 20 to 24 x 24 pixels.
    const AREAS: Areas = Areas { smallest: 0.04, median: 0.048, largest: 0.0576 };

    /// A view of 100 x 100 pixels that looks like the item inside the rectangles (x, y, w, h).
    fn seen(rectangles: &[(usize, usize, usize, usize)]) -> Found {
        let inside = |at: usize| {
            let (u, v) = (at % SIDE, at / SIDE);
            rectangles
                .iter()
                .any(|(x, y, w, h)| (*x..x + w).contains(&u) && (*y..y + h).contains(&v))
        };
        let odds: Vec<i32> =
            (0..SIDE * SIDE).map(|at| if inside(at) { 2000 } else { -2000 }).collect();
        judge(&odds, SIDE, &AREAS)
    }

    fn bounds(found: Found) -> Bounds {
        let Found::One(mask) = found else { panic!("{found:?}") };
        mask.bounds().unwrap()
    }

    #[test]
    fn a_mask_that_went_wrong_makes_no_item_larger() {
        let of = |shares: &[f32]| Areas::of(shares.to_vec()).map(|of| (of.smallest, of.largest));
        assert_eq!(of(&[0.015, 0.972, 0.013, 0.019, 0.771, 0.016]), Some((0.013, 0.019)));
        assert_eq!(of(&[0.001, 0.013, 0.03, 0.04]), Some((0.013, 0.04)));
        assert_eq!(of(&[]), None);
        let areas = Areas::of(vec![0.013, 0.015, 0.019]).expect("three areas");
        assert!(
            areas.may_be(0.05)
                && areas.may_be(0.005)
                && !areas.may_be(0.771)
                && !areas.may_be(0.003)
        );
    }

    #[test]
    fn an_empty_view_and_a_crumb_are_nothing() {
        assert_eq!(seen(&[]), Found::Nothing);
        assert_eq!(seen(&[(40, 40, 9, 9)]), Found::Nothing);
    }

    #[test]
    fn one_item_is_found_where_it_stands() {
        let found = bounds(seen(&[(30, 50, 22, 20)]));
        assert!(found.x.abs_diff(30) <= 1 && found.y.abs_diff(50) <= 1, "{found:?}");
        assert!(found.width.abs_diff(22) <= 2 && found.height.abs_diff(20) <= 2, "{found:?}");
    }

    #[test]
    fn two_whole_items_are_several() {
        let Found::Several(items) = seen(&[(10, 10, 22, 22), (60, 40, 20, 22)]) else {
            panic!("there are two");
        };
        assert_eq!(items.len(), 2);
        assert!(items.iter().any(|item| item.x < 20) && items.iter().any(|item| item.x > 50));
    }

    #[test]
    fn an_item_in_two_pieces_is_one_item() {
        let found = bounds(seen(&[(30, 30, 24, 12), (30, 48, 24, 12)]));
        assert!(found.y <= 31 && found.y + found.height >= 59, "{found:?}");
    }

    #[test]
    fn crumbs_and_far_pieces_are_left_out() {
        let found = bounds(seen(&[(20, 20, 22, 22), (48, 22, 3, 3), (80, 80, 10, 10)]));
        assert!(found.width <= 23 && found.height <= 23, "{found:?}");
    }

    #[test]
    fn a_neighbour_at_the_border_is_neither_an_item_nor_a_piece() {
        let found = bounds(seen(&[(40, 40, 22, 22), (66, 40, 34, 20)]));
        assert!(found.x.abs_diff(40) <= 1 && found.width <= 24, "{found:?}");
    }

    #[test]
    fn half_an_item_at_the_border_belongs_to_the_half_beside_it() {
        let found = bounds(seen(&[(74, 40, 12, 22), (90, 40, 10, 22)]));
        assert!(found.x <= 75 && found.x + found.width == 100, "{found:?}");
    }

    #[test]
    fn an_item_cut_by_the_border_is_found_when_it_is_alone() {
        assert!(bounds(seen(&[(84, 40, 16, 22)])).x.abs_diff(84) <= 1);
    }

    #[test]
    fn a_hole_in_the_item_belongs_to_it() {
        // Four bars around a hole.
        let bars = [(30, 30, 24, 6), (30, 48, 24, 6), (30, 30, 6, 24), (48, 30, 6, 24)];
        let Found::One(mask) = seen(&bars) else { panic!("one item") };
        assert!(mask.contains(42, 42));
        assert!((100..160).contains(&mask.holes()), "12 x 12 pixels, less the corners");
    }

    proptest! {
        #[test]
        fn whatever_is_found_lies_in_the_view(
            rectangles in prop::collection::vec((0usize..110, 0usize..110, 1usize..60, 1usize..60), 0..6),
        ) {
            match seen(&rectangles) {
                Found::Nothing => {}
                Found::One(mask) => {
                    prop_assert_eq!((mask.width(), mask.height()), (SIDE as u32, SIDE as u32));
                    prop_assert!(mask.area() as f32 >= 0.25 * AREAS.smallest * 1e4);
                }
                Found::Several(items) => {
                    prop_assert!(items.len() > 1);
                    for item in items {
                        prop_assert!(item.x + item.width <= 100 && item.y + item.height <= 100);
                    }
                }
            }
        }
    }
}
