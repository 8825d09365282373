//! **Probabilities**: how sure it is which SKU a view shows, and whether it is the expected one.
//!
//! A comparison's *score* is a weighted sum of five numbers. The scores of all SKUs, and a fixed one for
//! "none of these", become probabilities by their exponentials' shares (a conditional logit, D. McFadden
//! 1974), so the answer is calibrated as far as items look like those it was fitted on.
//!
//! The weights were fitted on the validation pictures and every third training picture of the grocery set,
//! where the catalogue had been learned from the catalogue picture, from 4 or 8 photographs of a SKU, or from
//! both. A picture was never compared with photographs of its SKU that were taken before the same shelf, for
//! on the line nothing but the item is the same again; with those, weights come out that trust in votes, and
//! photographs make it worse. Their ratios are those that rank best, their scale and that of "none of these"
//! are of maximum likelihood. The test pictures had no part in it.

use serde::Serialize;

/// Weights of a comparison's numbers, fitted to say which of the SKUs it is.
const POINTS: f64 = 1.2;
const CHROMA: f64 = 2.4;
const VOTES: f64 = 0.72;
const WORDS: f64 = 1.08;
const TINT: f64 = 9.6;
/// Score of "none of these", fitted where that was as likely as all SKUs together.
const NONE: f64 = 9.0;
/// Score of "none of these" where one SKU is expected. Less: a view of a cap or a seam shows nothing of any
/// SKU, which speaks hardly against the expected one. Chosen by the false acceptance of other SKUs.
const NONE_BUT_EXPECTED: f64 = 3.7;

/// Weight of the index's votes where SKUs are proposed. Chosen so that of the development pictures the own SKU is
/// among the proposed ones as often as can be, among ten thousand others.
const INDEX_VOTES: f64 = 2.0;
/// SKUs among which the score of "none of these" was fitted.
const FITTED_AMONG: f64 = 23.0;

/// How a view compares with a SKU.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Comparison {
    /// Different key points of the best reference that lie alike in the view, each by how near the middle of
    /// the view it is; 0 and up.
    pub points: f32,
    /// How well the colours agree there, -1 to 1.
    pub chroma: f32,
    /// By how much key points of the view are nearer to this SKU than to any other, summed, 0 and up.
    pub votes: f32,
    /// How much the words that were read speak for it, 0 and up.
    pub words: f32,
    /// How much more alike the colours in the middle are than those of the average SKU, -1 to 1: a stranger
    /// whose colours many SKUs have is none of them for that.
    pub tint: f32,
}

impl Comparison {
    /// The same, where references were `seen`: points and chroma of each one found in the view.
    pub(super) fn with_best(self, seen: impl Iterator<Item = (f32, f32)>) -> Self {
        seen.map(|(points, chroma)| Self { points, chroma, ..self })
            .max_by(|a, b| a.score().total_cmp(&b.score()))
            .unwrap_or(self)
    }

    /// The weighted sum; numbers that are none count as 0.
    pub fn score(&self) -> f64 {
        POINTS * amount(self.points)
            + CHROMA * tame(self.chroma).clamp(-1.0, 1.0)
            + VOTES * amount(self.votes)
            + self.apart_from_points()
    }

    /// The weighted sum where the votes are those of the [index](crate::index), which has nothing to say of points
    /// that lie alike.
    pub(super) fn proposal(&self) -> f64 {
        INDEX_VOTES * amount(self.votes) + self.apart_from_points()
    }

    fn apart_from_points(&self) -> f64 {
        WORDS * amount(self.words) + TINT * tame(self.tint).clamp(-1.0, 1.0)
    }
}

/// A number that is none counts as 0.
fn tame(value: f32) -> f64 {
    if value.is_finite() { f64::from(value) } else { 0.0 }
}

/// Ten times as much does not say ten times as much.
fn amount(value: f32) -> f64 {
    tame(value).max(0.0).ln_1p()
}

/// A SKU and how likely the item is it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    /// The SKU.
    pub sku: String,
    /// 0 to 1.
    pub probability: f64,
}

/// How an item compares with the SKUs of a catalogue that it may be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// The SKUs that it was compared with.
    with: Vec<(String, Comparison)>,
    /// SKUs of the catalogue, also those that it was not compared with because little speaks for them.
    among: usize,
}

impl Compared {
    /// SKUs and how the item compares with each, where the catalogue has no others.
    pub fn new(skus: impl IntoIterator<Item = (String, Comparison)>) -> Self {
        let with: Vec<_> = skus.into_iter().collect();
        Self { among: with.len(), with }
    }

    /// The same, of a catalogue of so many SKUs.
    pub(super) fn among(self, skus: usize) -> Self {
        Self { among: skus.max(self.with.len()), ..self }
    }

    /// What several views of one item say together. Each side of an item shows another part of its print:
    /// of each SKU, the view that speaks most for it counts. All were compared with the same SKUs.
    pub fn of_views(views: impl IntoIterator<Item = Self>) -> Option<Self> {
        views.into_iter().reduce(|one, other| {
            let best = |((sku, a), (_, b)): ((String, Comparison), (String, Comparison))| {
                (sku, if b.score() > a.score() { b } else { a })
            };
            Self { with: one.with.into_iter().zip(other.with).map(best).collect(), ..one }
        })
    }

    /// The SKUs by falling probability. The probabilities sum to less than 1: the rest is that of none of
    /// them.
    pub fn ranked(&self) -> Vec<Ranked> {
        let scores: Vec<f64> = self.scores().collect();
        // Among more SKUs each is less likely beforehand, "none of these" is not.
        let none = NONE + (self.among as f64 / FITTED_AMONG).max(1.0).ln();
        let highest = scores.iter().copied().fold(none, f64::max);
        let share = |score: f64| (score - highest).exp();
        let sum = scores.iter().map(|score| share(*score)).sum::<f64>() + share(none);
        let skus = self.with.iter().zip(&scores);
        let mut ranked: Vec<Ranked> = skus
            .map(|((sku, _), score)| Ranked { sku: sku.clone(), probability: share(*score) / sum })
            .collect();
        ranked.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        ranked
    }

    /// The probability that the item is of this SKU, if before looking that was as likely as not, and every
    /// other answer ("none of these" too) equally likely. `None` where the item was not compared with it.
    pub fn same_item(&self, sku: &str) -> Option<f64> {
        let expected = self.with.iter().position(|(known, _)| known == sku)?;
        let score = self.with[expected].1.score();
        let others = self.scores().enumerate().filter(|(index, _)| *index != expected);
        let against = others.map(|(_, other)| other).chain([NONE_BUT_EXPECTED]);
        let against: f64 = against.map(|other| (other - score).exp()).sum();
        Some(1.0 / (1.0 + against / self.among as f64))
    }

    fn scores(&self) -> impl Iterator<Item = f64> {
        self.with.iter().map(|(_, comparison)| comparison.score())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(points: f32, chroma: f32) -> Comparison {
        Comparison { points, chroma, votes: points / 4.0, words: 0.0, tint: 0.0 }
    }

    fn compared(comparisons: &[Comparison]) -> Compared {
        let named = comparisons.iter().enumerate().map(|(at, one)| (at.to_string(), *one));
        Compared::new(named)
    }

    /// The probabilities of the SKUs in the order in which they were given.
    fn probabilities(comparisons: &[Comparison]) -> Vec<f64> {
        let mut ranked = compared(comparisons).ranked();
        ranked.sort_by_key(|one| one.sku.parse::<usize>().unwrap());
        ranked.into_iter().map(|one| one.probability).collect()
    }

    #[test]
    fn more_points_and_the_right_colours_are_more_likely() {
        let found = probabilities(&[seen(200.0, 0.9), seen(200.0, 0.1), seen(5.0, 0.1)]);
        assert!(found[0] > found[1] && found[1] > found[2], "{found:?}");
        assert!(found[0] > 0.5, "{found:?}");
    }

    #[test]
    fn a_view_without_evidence_is_none_of_these() {
        let found = probabilities(&[Comparison::default(); 20]);
        assert!(found.iter().sum::<f64>() < 0.2, "{found:?}");
        assert!(probabilities(&[]).is_empty());
        assert_eq!(compared(&[]).same_item("0"), None);
    }

    #[test]
    fn an_equal_look_alike_lowers_the_certainty_of_being_the_same() {
        let alone = compared(&[seen(200.0, 0.9), seen(0.0, 0.0)]).same_item("0").unwrap();
        let beside = compared(&[seen(200.0, 0.9), seen(200.0, 0.9)]).same_item("0").unwrap();
        assert!(beside < alone, "{alone} {beside}");
        assert!(beside > 0.3 && beside < 0.7, "{beside}");
    }

    #[test]
    fn of_several_views_the_one_that_shows_most_of_a_sku_counts() {
        let front = compared(&[seen(60.0, 0.9), seen(3.0, 0.0)]);
        let back = compared(&[seen(2.0, 0.1), seen(4.0, 0.2)]);
        let both = Compared::of_views([back, front]).unwrap();
        assert_eq!(both, compared(&[seen(60.0, 0.9), seen(4.0, 0.2)]));
        assert_eq!(Compared::of_views([]), None);
    }

    fn any_comparison() -> impl Strategy<Value = Comparison> {
        (any::<f32>(), any::<f32>(), any::<f32>(), any::<f32>(), any::<f32>()).prop_map(
            |(points, chroma, votes, words, tint)| Comparison {
                points,
                chroma,
                votes,
                words,
                tint,
            },
        )
    }

    proptest! {
        #[test]
        fn probabilities_are_shares_whatever_the_numbers(all in prop::collection::vec(any_comparison(), 0..30)) {
            let found = probabilities(&all);
            prop_assert!(found.iter().all(|p| (0.0..=1.0).contains(p)));
            prop_assert!(found.iter().sum::<f64>() <= 1.0 + 1e-9);
            for index in 0..all.len() {
                let same = compared(&all).same_item(&index.to_string()).unwrap();
                prop_assert!((0.0..=1.0).contains(&same));
            }
        }
    }
}
