//! **Tint**: which colours the middle of a picture has, wherever they are in it.
//!
//! A cap, a side or a blurred view shows no print that key points find, and still a red carton is no white
//! one. A tint is a histogram of chroma and brightness, in which what is in the middle counts most. Two tints
//! are compared by the sum of the roots of their products, 0 to 1 (A. Bhattacharyya, 1943).
//!
//! Photographs of one place share its light. A catalogue picture was taken in another: what is compared with
//! one is first balanced, so that all channels have the same mean (the grey world of G. Buchsbaum, 1980).

use super::colour::{SmallCopy, chroma};
use super::looks::weight;

/// Bins of red against green, of both against blue, and of brightness.
const BINS: [usize; 3] = [8, 8, 4];
/// Numbers of a tint.
pub(super) const BYTES: usize = BINS[0] * BINS[1] * BINS[2];
/// What the first bins begin at and the last end at; what lies beyond counts for them.
const FROM: [f32; 3] = [-0.25, -0.5, 0.0];
const TO: [f32; 3] = [0.45, 0.6, 1.0];
/// Standard deviation of a cell's weight, as a share of the picture's sides.
const MIDDLE: f32 = 0.15;

/// The square roots of the histogram's shares.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tint(Vec<f32>);

impl Tint {
    /// Of the middle of a picture.
    pub(super) fn of_middle(colours: &SmallCopy) -> Self {
        Self::of(colours.cells().map(|(place, colour)| (weight(place, MIDDLE), colour)))
    }

    /// Of the middle of a picture in balanced light.
    pub(super) fn of_balanced_middle(colours: &SmallCopy) -> Self {
        let mut sums = [1.0f32; 3];
        for (_, colour) in colours.cells() {
            for (sum, value) in sums.iter_mut().zip(colour) {
                *sum += value;
            }
        }
        let mean = sums.iter().sum::<f32>() / 3.0;
        let gains = sums.map(|sum| mean / sum);
        let lit =
            |colour: [f32; 3]| std::array::from_fn(|channel| gains[channel] * colour[channel]);
        Self::of(colours.cells().map(|(place, colour)| (weight(place, MIDDLE), lit(colour))))
    }

    /// Of the cells that are `item`.
    pub(super) fn of_item(colours: &SmallCopy, item: &[bool]) -> Self {
        let cells = colours.cells().zip(item).filter(|(_, item)| **item);
        Self::of(cells.map(|((_, colour), _)| (1.0, colour)))
    }

    /// Of colours, each with its weight; each is shared among the bins around it.
    fn of(colours: impl Iterator<Item = (f32, [f32; 3])>) -> Self {
        let mut shares = vec![0.0f32; BINS.iter().product()];
        let mut total = 0.0;
        for (weight, colour) in colours {
            let [across, along] = chroma(colour);
            let brightness = colour.iter().sum::<f32>() / (3.0 * 255.0);
            let values = [across, along, brightness];
            let at: [f32; 3] = std::array::from_fn(|axis| {
                let share = (values[axis] - FROM[axis]) / (TO[axis] - FROM[axis]);
                let last = BINS[axis] as f32 - 1.0;
                (share * BINS[axis] as f32 - 0.5).clamp(0.0, last - 1e-3)
            });
            for corner in 0..8usize {
                let (mut bin, mut part) = (0, weight);
                for axis in 0..3 {
                    let (low, next) = (at[axis] as usize, corner >> axis & 1);
                    let beyond = at[axis] - low as f32;
                    part *= if next == 1 { beyond } else { 1.0 - beyond };
                    bin = bin * BINS[axis] + low + next;
                }
                shares[bin] += part;
            }
            total += weight;
        }
        let root = |share: f32| if total > 0.0 { (share / total).sqrt() } else { 0.0 };
        Self(shares.into_iter().map(root).collect())
    }

    /// The square roots of the histogram's shares, [`BYTES`] of them.
    pub(super) fn roots(&self) -> &[f32] {
        &self.0
    }

    /// How alike two tints are: 1 for the same, 0 for tints without a common colour, and for that of nothing.
    pub(super) fn alike(&self, other: &Tint) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 80 x 80 pixels of `around`, with `middle` in the middle.
    fn picture(middle: [u8; 3], around: [u8; 3]) -> SmallCopy {
        let inside = |at: usize| (24..56).contains(&(at % 80)) && (24..56).contains(&(at / 80));
        let colour = |at| if inside(at) { middle } else { around };
        let pixels: Vec<u8> = (0..80 * 80).flat_map(colour).collect();
        SmallCopy::of(&pixels, 80, 80)
    }

    const RED: [u8; 3] = [200, 40, 40];
    const WHITE: [u8; 3] = [255, 255, 255];
    const GREEN: [u8; 3] = [40, 160, 60];
    const BEIGE: [u8; 3] = [180, 150, 120];

    #[test]
    fn the_middle_says_more_than_what_stands_around_it() {
        let red = Tint::of_middle(&picture(RED, GREEN));
        let same = red.alike(&Tint::of_middle(&picture(RED, [90, 90, 200])));
        let neighbour = red.alike(&Tint::of_middle(&picture([230, 220, 200], GREEN)));
        assert!(same > 0.5 && same > 2.0 * neighbour, "{same} {neighbour}");
        assert!((red.alike(&red) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn yellow_light_is_no_other_colour_than_that_of_the_catalogue() {
        let catalogue = picture(BEIGE, WHITE);
        let item = catalogue.without_white_ground().unwrap();
        let catalogue = Tint::of_item(&catalogue, &item);
        // The same before grey, with half the blue.
        let yellow = picture([180, 150, 60], [130, 130, 65]);
        let balanced = catalogue.alike(&Tint::of_balanced_middle(&yellow));
        let as_it_is = catalogue.alike(&Tint::of_middle(&yellow));
        assert!(balanced > as_it_is + 0.2, "{balanced} {as_it_is}");
    }

    #[test]
    fn nothing_is_like_nothing() {
        let nothing = Tint::of_middle(&SmallCopy::default());
        assert_eq!(nothing.alike(&nothing), 0.0);
    }

    proptest! {
        #[test]
        fn likeness_is_a_share(a in any::<[u8; 3]>(), b in any::<[u8; 3]>(), c in any::<[u8; 3]>()) {
            let (one, other) = (picture(a, b), picture(b, c));
            let alike = Tint::of_middle(&one).alike(&Tint::of_balanced_middle(&other));
            prop_assert!((0.0..=1.0 + 1e-4).contains(&alike));
        }
    }
}
