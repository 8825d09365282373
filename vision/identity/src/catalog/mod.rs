//! **Catalogue**: what each SKU looks like and what is printed on it, learned from pictures.
//!
//! A SKU's pictures are its catalogue picture (one, on white ground), its references (photographs of good
//! items), or both. Of many references only those are kept that show most of what the others show.
//! [`Catalog::compare`] sets the views of an item against every SKU, or against those that the [index](super::index)
//! proposes of many; [`rank`](super::rank) makes probabilities of it.

mod candidate;
mod choose;
mod file;
mod stored;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use tch::{TchError, Tensor};

use super::IdentityError;
use super::appearance::Appearance;
use super::colour::{self, SmallCopy};
use super::geometry::{self, Agreement, Pair};
use super::index::centres::Centres;
use super::index::points::{IndexedPoint, KEPT, PointIndex};
use super::index::tints::TintRow;
use super::index::{Entry, Index, PROPOSED, Slot};
use super::keypoints::{DESCRIPTOR, KeyPoint};
use super::looks::{Looks, weights};
use super::matching::{Nearest, Rows};
use super::rank::Compared;
use super::tint::Tint;
use super::words::Vocabulary;
use candidate::Candidate;

/// Squared distance of descriptors from which on two key points do not look alike.
const ALIKE: f32 = 0.55;
/// A pair is clear if its squared distance is at most this share of that to the next best: Lowe's ratio of
/// 0.8, squared.
const CLEAR: f32 = 0.64;

/// The index keeps key points of photographs that weigh at least this much: nearer to the edge stands what is around
/// the item.
const INDEXED_WEIGHT: f32 = 0.35;
/// Descriptors that the index's visual words are learned from.
const WORDS_LEARNED_FROM: usize = 60_000;

/// One picture that is kept of a SKU.
#[derive(Debug, Clone)]
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
    slot: Slot,
    name: String,
    references: Kept,
    vocabulary: Vocabulary,
}

/// Where the references of a SKU are.
#[derive(Debug)]
enum Kept {
    /// Learned since the catalogue was loaded.
    Here(Vec<Reference>),
    /// In the catalogue's file: those of ten thousand SKUs take more memory than a box has.
    Stored(stored::Stored),
}

impl Sku {
    fn references(&self) -> Result<Cow<'_, [Reference]>, IdentityError> {
        match &self.references {
            Kept::Here(references) => Ok(Cow::Borrowed(references)),
            Kept::Stored(stored) => stored.read().map(Cow::Owned),
        }
    }
}

/// Says of a SKU whether it may come.
pub type IsDue<'a> = &'a dyn Fn(&str) -> bool;

/// Which SKUs an item may be of.
#[derive(Clone, Copy)]
pub enum MayBe<'a> {
    /// Any of the catalogue's.
    Any,
    /// Any, but this one is asked about.
    Expected(&'a str),
    /// Those that are due.
    OneOf(IsDue<'a>),
}

/// The SKUs that can be told apart. It holds matrices of libtorch: hand it to one thread, or give each its
/// own.
#[derive(Debug, Default)]
pub struct Catalog {
    /// By ascending slots.
    skus: Vec<Sku>,
    /// Once there are more SKUs than are proposed.
    index: Option<Index>,
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
        let references = Kept::Here(references);
        self.enter(Sku { slot: 0, name: sku.to_owned(), references, vocabulary })
    }

    /// Enters a SKU that is not there yet, at the next slot.
    fn enter(&mut self, sku: Sku) -> Result<(), IdentityError> {
        let slot = self.skus.last().map_or(0, |last| last.slot + 1);
        let sku = Sku { slot, ..sku };
        if let Some(index) = &mut self.index {
            enter(index, &sku)?.map_err(IdentityError::torch("indexing a SKU"))?;
        }
        self.skus.push(sku);
        match self.index {
            None if self.skus.len() > PROPOSED => self.build_index(),
            _ => Ok(()),
        }
    }

    /// Takes at most `most` SKUs of another catalogue, those that this one does not have.
    ///
    /// # Errors
    /// When the other's file or libtorch refuses.
    pub fn adopt(&mut self, other: Catalog, most: usize) -> Result<(), IdentityError> {
        let known: BTreeSet<String> = self.skus().map(str::to_owned).collect();
        let unknown = other.skus.into_iter().filter(|sku| !known.contains(&sku.name));
        unknown.take(most).try_for_each(|sku| self.enter(sku))
    }

    /// Forgets a SKU that is no longer handled; says whether it was known.
    pub fn forget(&mut self, sku: &str) -> bool {
        let Some(at) = self.skus.iter().position(|known| known.name == sku) else { return false };
        let gone = self.skus.remove(at);
        if let Some(index) = &mut self.index {
            index.forget(gone.slot);
        }
        true
    }

    /// Learns the index's visual words anew from the SKUs there are, and enters each of them. It takes a minute
    /// for ten thousand: worth it once a catalogue has grown to many times what it was when they were learned.
    ///
    /// # Errors
    /// When the file or libtorch refuses.
    pub fn build_index(&mut self) -> Result<(), IdentityError> {
        let indexing = || IdentityError::torch("indexing the catalogue");
        let each = (WORDS_LEARNED_FROM / self.skus.len().max(1)).max(1);
        let mut sample: Vec<f32> = Vec::new();
        for sku in &self.skus {
            let references = sku.references()?;
            let numbers = numbers(&references).map_err(indexing())?;
            let points = spread(&references, &numbers);
            sample.extend(points.iter().step_by((points.len() / each).max(1)).copied().flatten());
        }
        let rows = Tensor::f_from_slice(&sample)
            .and_then(|rows| rows.f_view([-1, DESCRIPTOR as i64]))
            .map_err(indexing())?;
        let centres = Centres::learn(&rows).map_err(indexing())?;
        let mut index = Index::new(PointIndex::new(centres));
        for sku in &self.skus {
            enter(&mut index, sku)?.map_err(indexing())?;
        }
        self.index = Some(index);
        Ok(())
    }

    /// The names of the SKUs, in the order in which they were learned.
    pub fn skus(&self) -> impl Iterator<Item = &str> {
        self.skus.iter().map(|sku| sku.name.as_str())
    }

    /// How an item, seen in these views, compares with the SKUs that it `may_be`: all of them, or of many the
    /// [`PROPOSED`] likeliest.
    ///
    /// # Errors
    /// When the catalogue's file cannot be read, or what libtorch says, which compares the descriptors.
    pub fn compare(
        &self,
        views: &[Appearance],
        may_be: MayBe<'_>,
    ) -> Result<Compared, IdentityError> {
        let compared = self.compare_with(&self.candidates(views, may_be)?, views)?;
        Ok(match may_be {
            MayBe::OneOf(is_due) => compared.among(self.skus().filter(|sku| is_due(sku)).count()),
            _ => compared.among(self.skus.len()),
        })
    }

    /// The same with every SKU, however many there are: to measure what proposing some of them costs.
    ///
    /// # Errors
    /// As of [`Catalog::compare`].
    pub fn compare_with_all(&self, views: &[Appearance]) -> Result<Compared, IdentityError> {
        self.compare_with(&self.skus.iter().collect::<Vec<_>>(), views)
    }

    fn compare_with(&self, skus: &[&Sku], views: &[Appearance]) -> Result<Compared, IdentityError> {
        let references =
            skus.iter().map(|sku| sku.references()).collect::<Result<Vec<_>, IdentityError>>()?;
        let candidates: Vec<Candidate<'_>> = skus
            .iter()
            .zip(&references)
            .map(|(sku, references)| Candidate { sku, references })
            .collect();
        let views = views.iter().map(|view| candidate::compare(&candidates, view));
        let views = views.collect::<Result<Vec<_>, TchError>>();
        let views = views.map_err(IdentityError::torch("comparing descriptors"))?;
        Ok(Compared::of_views(views).unwrap_or_default())
    }

    /// The SKUs that the index proposes, the likeliest first; all of them where there is none.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn proposed(&self, views: &[Appearance], most: usize) -> Result<Vec<&str>, IdentityError> {
        let skus = self.likeliest(views, most, &|_| true)?;
        Ok(skus.into_iter().map(|sku| sku.name.as_str()).collect())
    }

    /// The SKUs that are worth comparing with.
    fn candidates(
        &self,
        views: &[Appearance],
        may_be: MayBe<'_>,
    ) -> Result<Vec<&Sku>, IdentityError> {
        let any = |_: &str| true;
        let is_due: IsDue<'_> = if let MayBe::OneOf(is_due) = may_be { is_due } else { &any };
        let mut skus = self.likeliest(views, PROPOSED, is_due)?;
        if let MayBe::Expected(name) = may_be {
            let expected = self.skus.iter().find(|sku| sku.name == name);
            skus.extend(expected.filter(|one| skus.iter().all(|sku| sku.slot != one.slot)));
        }
        Ok(skus)
    }

    /// At most so many of the SKUs that are due, those that the index finds likeliest first; all that are due where
    /// there is no index.
    fn likeliest(
        &self,
        views: &[Appearance],
        most: usize,
        is_due: IsDue<'_>,
    ) -> Result<Vec<&Sku>, IdentityError> {
        let Some(index) = self.index.as_ref().filter(|_| self.skus.len() > PROPOSED) else {
            return Ok(self.skus.iter().filter(|sku| is_due(&sku.name)).collect());
        };
        let slots = index.propose(views);
        let slots = slots.map_err(IdentityError::torch("looking into the index"))?;
        let of_slot = |slot: Slot| {
            let place = self.skus.binary_search_by_key(&slot, |sku| sku.slot).ok()?;
            self.skus.get(place)
        };
        let due = slots.into_iter().filter_map(of_slot).filter(|sku| is_due(&sku.name));
        Ok(due.take(most).collect())
    }
}

/// Enters a SKU into the index. The outer error is the file's, the inner one libtorch's.
fn enter(index: &mut Index, sku: &Sku) -> Result<Result<(), TchError>, IdentityError> {
    let references = sku.references()?;
    let numbers = match numbers(&references) {
        Ok(numbers) => numbers,
        Err(error) => return Ok(Err(error)),
    };
    let balanced = references.iter().all(|one| one.item.is_some());
    let tints = references.iter().map(|one| &one.tint);
    let entry = Entry {
        points: &spread(&references, &numbers),
        tint: TintRow::of(tints, balanced),
        words: &sku.vocabulary,
    };
    Ok(index.add(sku.slot, &entry))
}

/// The descriptors of each reference.
fn numbers(references: &[Reference]) -> Result<Vec<Vec<f32>>, TchError> {
    references.iter().map(|one| one.rows.floats()).collect()
}

/// The key points of a SKU that the index keeps: of each reference equally many, the clearest of those that are not
/// at its edge.
fn spread<'a>(references: &[Reference], numbers: &'a [Vec<f32>]) -> Vec<IndexedPoint<'a>> {
    let each = KEPT / references.len().max(1);
    let mut kept = Vec::new();
    for (reference, numbers) in references.iter().zip(numbers) {
        let weights = weights(&reference.points, &reference.colours);
        // A catalogue picture shows nothing but the item.
        let counts = |weight: f32| reference.item.is_some() || weight >= INDEXED_WEIGHT;
        let points = numbers.chunks_exact(DESCRIPTOR).zip(weights);
        kept.extend(points.filter(|(_, weight)| counts(*weight)).map(|(row, _)| row).take(each));
    }
    kept
}

#[cfg(test)]
mod tests;
