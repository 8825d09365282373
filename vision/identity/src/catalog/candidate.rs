//! One view of an item against the SKUs that it may be.

use tch::TchError;

use super::{Reference, Sku};
use crate::appearance::Appearance;
use crate::colour::SmallCopy;
use crate::looks::{Looks, weights};
use crate::matching::{Nearest, Rows};
use crate::rank::{Compared, Comparison};
use crate::tint::Tint;
use crate::words::{self, Vocabulary};

/// Squared distance at which a stranger's key point is expected, so that a point speaks for nobody by being
/// less unlike one SKU than the few others there are. Where there are 23 SKUs, 0.32 and 0.8 rank alike.
const STRANGER: f32 = 0.32;

/// A SKU and its references, read.
pub(super) struct Candidate<'a> {
    pub sku: &'a Sku,
    pub references: &'a [Reference],
}

/// How a view compares with each.
pub(super) fn compare(
    candidates: &[Candidate<'_>],
    view: &Appearance,
) -> Result<Compared, TchError> {
    let nearest = nearest(candidates, &view.looks)?;
    let points = &view.looks.points.points;
    let weights = weights(points, &view.looks.colours);
    let votes = votes(&nearest, &weights);
    let vocabularies: Vec<&Vocabulary> =
        candidates.iter().map(|candidate| &candidate.sku.vocabulary).collect();
    let words = words::votes(&view.words, &vocabularies);
    let each = candidates.iter().zip(&nearest).zip(votes.iter().zip(words));
    let each = each.zip(tints(candidates, &view.looks.colours));
    let compared = each.map(|(((candidate, nearest), (&votes, words)), tint)| {
        let seen = candidate.references.iter().zip(nearest).filter_map(|(reference, nearest)| {
            let seen = reference.agreement(points, &weights, nearest.as_ref()?)?;
            Some((seen.points, reference.chroma(&seen, &view.looks.colours)))
        });
        let unseen = Comparison { votes, words, tint, ..Comparison::default() };
        (candidate.sku.name.clone(), unseen.with_best(seen))
    });
    Ok(Compared::new(compared))
}

/// For each SKU, by how much more its best reference is alike in tint than that of the average SKU.
fn tints(candidates: &[Candidate<'_>], view: &SmallCopy) -> Vec<f32> {
    let (middle, balanced) = (Tint::of_middle(view), Tint::of_balanced_middle(view));
    let alike = |reference: &Reference| {
        reference.tint.alike(if reference.item.is_some() { &balanced } else { &middle })
    };
    let best =
        |candidate: &Candidate<'_>| candidate.references.iter().map(alike).fold(0.0, f32::max);
    let tints: Vec<f32> = candidates.iter().map(best).collect();
    let mean = tints.iter().sum::<f32>() / tints.len().max(1) as f32;
    tints.into_iter().map(|tint| tint - mean).collect()
}

/// For each SKU and each of its references.
fn nearest(
    candidates: &[Candidate<'_>],
    view: &Looks,
) -> Result<Vec<Vec<Option<Nearest>>>, TchError> {
    let rows = Rows::of(&view.points)?;
    let each = |candidate: &Candidate<'_>| {
        candidate.references.iter().map(|own| rows.nearest(&own.rows)).collect()
    };
    candidates.iter().map(each).collect()
}

/// How much the key points of a view speak for each SKU, wherever they lie: each point votes for the SKU with
/// the nearest descriptor, by its weight and by how much nearer it is than the next SKU's (local naive Bayes
/// nearest neighbour, S. McCann and D. Lowe, CVPR 2012).
fn votes(nearest: &[Vec<Option<Nearest>>], weights: &[f32]) -> Vec<f32> {
    let mut votes = vec![0.0; nearest.len()];
    for (point, weight) in weights.iter().enumerate() {
        let (mut best, mut first, mut second) = (None, STRANGER, STRANGER);
        for (sku, references) in nearest.iter().enumerate() {
            let distance =
                references.iter().flatten().map(|near| near.first[point]).fold(STRANGER, f32::min);
            if distance < first {
                (best, second, first) = (Some(sku), first, distance);
            } else {
                second = second.min(distance);
            }
        }
        if let Some(sku) = best {
            votes[sku] += weight * (second - first);
        }
    }
    votes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_vote_for_the_nearest_sku_by_the_lead_over_the_next() {
        let near = |first: &[f32]| {
            vec![Some(Nearest { index: vec![0; 2], first: first.to_vec(), second: vec![1.0; 2] })]
        };
        let found = votes(&[near(&[0.1, 0.3]), near(&[0.25, 0.05]), vec![None]], &[1.0, 0.2]);
        assert!(
            (found[0] - 0.15).abs() < 1e-6 && (found[1] - 0.05).abs() < 1e-6 && found[2] == 0.0
        );
        assert!((votes(&[near(&[0.1, 0.9])], &[1.0; 2])[0] - (STRANGER - 0.1)).abs() < 1e-6);
    }
}
