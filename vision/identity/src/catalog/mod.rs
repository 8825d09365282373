//! **Catalogue**: what each SKU looks like and what is printed on it, learned from pictures.
//!
//! A SKU's pictures are its catalogue picture (one, on white ground), its references (photographs of good
//! items), or both. Of many references only those are kept that show most of what the others show.
//! [`Catalog::compare`] sets a view against every SKU; [`rank`](super::rank) makes probabilities of it.

mod choose;
mod file;

use std::collections::BTreeMap;

use tch::TchError;

use super::IdentityError;
use super::appearance::Appearance;
use super::colour::{self, SmallCopy};
use super::geometry::{self, Agreement, Pair};
use super::keypoints::KeyPoint;
use super::looks::{Looks, weights};
use super::matching::{Nearest, Rows};
use super::rank::{Compared, Comparison};
use super::tint::Tint;
use super::words::{self, Vocabulary};

/// Squared distance of descriptors from which on two key points do not look alike.
const ALIKE: f32 = 0.55;
/// A pair is clear if its squared distance is at most this share of that to the next best: Lowe's ratio of
/// 0.8, squared.
const CLEAR: f32 = 0.64;
/// Squared distance at which a stranger's key point is expected, so that a point speaks for nobody by being
/// less unlike one SKU than the few others there are. Where there are 23 SKUs, 0.32 and 0.8 rank alike.
const STRANGER: f32 = 0.32;

/// One picture that is kept of a SKU.
#[derive(Debug)]
struct Reference {
    points: Vec<KeyPoint>,
    rows: Rows,
    colours: SmallCopy,
    /// The cells of the item itself where the ground is white; otherwise unknown.
    item: Option<Vec<bool>>,
    tint: Tint,
}

impl Reference {
    fn new(points: Vec<KeyPoint>, rows: Rows, colours: SmallCopy) -> Self {
        let item = colours.without_white_ground();
        let tint = match &item {
            Some(item) => Tint::of_item(&colours, item),
            None => Tint::of_middle(&colours),
        };
        Self { points, rows, colours, item, tint }
    }

    fn of(looks: &Looks) -> Result<Self, TchError> {
        let rows = Rows::of(&looks.points)?;
        Ok(Self::new(looks.points.points.clone(), rows, looks.colours.clone()))
    }

    /// The map that the key points of a view agree on, and how many points of the reference follow it;
    /// `weights` says how much each point of the view counts.
    fn agreement(&self, view: &[KeyPoint], weights: &[f32], nearest: &Nearest) -> Option<Seen> {
        let near: Vec<usize> = (0..view.len()).filter(|&i| nearest.first[i] < ALIKE).collect();
        let pair = |&i: &usize| {
            let ratio = nearest.first[i] / nearest.second[i].max(f32::MIN_POSITIVE);
            Some(Pair {
                reference: *self.points.get(usize::try_from(nearest.index[i]).ok()?)?,
                view: view[i],
                clear: (ratio < CLEAR).then_some(ratio),
            })
        };
        let pairs: Vec<Pair> = near.iter().filter_map(pair).collect();
        let agreement = geometry::agreement(&pairs)?;
        let mut own: BTreeMap<i64, f32> = BTreeMap::new();
        for &i in &agreement.followers {
            own.entry(nearest.index[near[i]]).or_insert(weights[near[i]]);
        }
        let places = agreement.followers.iter().map(|&i| pairs[i].reference);
        let places = places.map(|point| [point.x, point.y]).collect();
        Some(Seen { agreement, points: own.into_values().sum(), places })
    }

    /// How well the colours of a view agree where the reference is seen in it.
    fn chroma(&self, seen: &Seen, view: &SmallCopy) -> f32 {
        let map = &seen.agreement.map;
        match &self.item {
            Some(item) => colour::agreement(&self.colours, item, view, map),
            None => colour::agreement(&self.colours, &self.colours.around(&seen.places), view, map),
        }
    }
}

/// Where a reference is seen in a view.
struct Seen {
    agreement: Agreement,
    /// Different key points of the reference that were found again, each by its weight in the view.
    points: f32,
    /// Where they are in the reference, in pixels.
    places: Vec<[f32; 2]>,
}

/// One SKU.
#[derive(Debug)]
struct Sku {
    name: String,
    references: Vec<Reference>,
    vocabulary: Vocabulary,
}

/// The SKUs that can be told apart. It holds matrices of libtorch: hand it to one thread, or give each its
/// own.
#[derive(Debug, Default)]
pub struct Catalog {
    skus: Vec<Sku>,
}

impl Catalog {
    /// An empty catalogue: no item is any of its SKUs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns a SKU from all its pictures, or learns it anew.
    ///
    /// # Errors
    /// When there is no picture, or libtorch refuses.
    pub fn learn(&mut self, sku: &str, pictures: &[Appearance]) -> Result<(), IdentityError> {
        if pictures.is_empty() {
            return Err(IdentityError::NoPicture { sku: sku.to_owned() });
        }
        let references = pictures
            .iter()
            .map(|picture| Reference::of(&picture.looks))
            .collect::<Result<Vec<_>, _>>()
            .map_err(IdentityError::torch("keeping a reference"))?;
        let references =
            choose::choose(references).map_err(IdentityError::torch("comparing references"))?;
        let vocabulary = Vocabulary::learn(pictures.iter().map(|picture| &picture.words));
        self.forget(sku);
        self.skus.push(Sku { name: sku.to_owned(), references, vocabulary });
        Ok(())
    }

    /// Forgets a SKU that is no longer handled; says whether it was known.
    pub fn forget(&mut self, sku: &str) -> bool {
        let before = self.skus.len();
        self.skus.retain(|known| known.name != sku);
        self.skus.len() < before
    }

    /// The names of the SKUs, in the order in which they were learned.
    pub fn skus(&self) -> impl Iterator<Item = &str> {
        self.skus.iter().map(|sku| sku.name.as_str())
    }

    /// How a view compares with each SKU.
    ///
    /// # Errors
    /// What libtorch says, which compares the descriptors.
    pub fn compare(&self, view: &Appearance) -> Result<Compared, IdentityError> {
        let nearest =
            self.nearest(&view.looks).map_err(IdentityError::torch("comparing descriptors"))?;
        let points = &view.looks.points.points;
        let weights = weights(points, &view.looks.colours);
        let votes = votes(&nearest, &weights);
        let vocabularies: Vec<&Vocabulary> = self.skus.iter().map(|sku| &sku.vocabulary).collect();
        let words = words::votes(&view.words, &vocabularies);
        let each = self.skus.iter().zip(&nearest).zip(votes.iter().zip(words));
        let each = each.zip(self.tints(&view.looks.colours));
        let compared = each.map(|(((sku, nearest), (&votes, words)), tint)| {
            let seen = sku.references.iter().zip(nearest).filter_map(|(reference, nearest)| {
                let seen = reference.agreement(points, &weights, nearest.as_ref()?)?;
                Some((seen.points, reference.chroma(&seen, &view.looks.colours)))
            });
            let unseen = Comparison { votes, words, tint, ..Comparison::default() };
            (sku.name.clone(), unseen.with_best(seen))
        });
        Ok(Compared::new(compared))
    }

    /// For each SKU, by how much more its best reference is alike in tint than that of the average SKU.
    fn tints(&self, view: &SmallCopy) -> Vec<f32> {
        let (middle, balanced) = (Tint::of_middle(view), Tint::of_balanced_middle(view));
        let alike = |reference: &Reference| {
            reference.tint.alike(if reference.item.is_some() { &balanced } else { &middle })
        };
        let best = |sku: &Sku| sku.references.iter().map(alike).fold(0.0, f32::max);
        let tints: Vec<f32> = self.skus.iter().map(best).collect();
        let mean = tints.iter().sum::<f32>() / tints.len().max(1) as f32;
        tints.into_iter().map(|tint| tint - mean).collect()
    }

    /// For each SKU and each of its references.
    fn nearest(&self, view: &Looks) -> Result<Vec<Vec<Option<Nearest>>>, TchError> {
        let rows = Rows::of(&view.points)?;
        let each = |sku: &Sku| sku.references.iter().map(|own| rows.nearest(&own.rows)).collect();
        self.skus.iter().map(each).collect()
    }
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
mod tests;
