//! A **reference**: what normal views of one SKU look like, on disk and in memory.
//!
//! It is learned by k-fold: the normal pictures are dealt into folds, a memory is made of all but
//! one fold, and that fold's pictures are compared with it, so that each picture is judged by a
//! memory of the full size that has not seen it. The memory that is kept is made of all pictures.
//! What the damage head says of a normal picture counts as far as its members have not seen it.
//!
//! It grows with new normal pictures without those it was learned from ([`Reference::grown`]).
//!
//! File: `<references>/<sku>/<view>.safetensors` with the tensors `memory` (`[n, features]`, 16-bit
//! floats), `localiser`, `held_out` and, where there was a damage head, `head_held_out` and
//! `joint_weights` (32-bit floats; levels in the order of the pictures), and the metadata `format`, `sku`, `view`,
//! `backbone_sha256`, `head_sha256`, `normals` and `created`. A full memory takes 0.27 MB. A file is
//! replaced by renaming, never written in place.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tch::Tensor;

use super::calibration::Held;
use super::coreset::{CANDIDATES_MAX, Random, k_centre};
use super::distance::{self, Memory};
use super::ensemble::Joint;
use super::error::ScoringError;
use super::tokens::Tokens;
use crate::damage::DamageHead;
use crate::localise::Localiser;
use crate::progress::Progress;

/// Tokens that a reference remembers at most; search time and file size grow with it. Of 350, 500 and
/// 1,000, 500 judged best or as well as any (README.md, "Measured").
pub const MEMORY_MAX: usize = 500;
/// Folds of the held-out levels: each memory has seen three quarters of the pictures.
const FOLDS: usize = 4;
/// Where all random choices begin, so that learning is repeatable.
const SEED: u64 = 1;
/// Spread of the levels of normal views that is assumed before any is known: the largest that was
/// measured on the held-out normals of two public sets (0.047 on cookies, 0.063 and 0.071 on cartons
/// from two sides).
pub(super) const DISTANCE_SPREAD: f64 = 0.071;
/// The same for the damage head's levels, rounded up: a prototype had 0.016 on cartons from the side
/// and 0.013 from the top.
const HEAD_SPREAD: f64 = 0.02;

/// Whose reference it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReferenceKey {
    /// The SKU.
    pub sku: String,
    /// The view: the camera's name.
    pub view: String,
}

impl ReferenceKey {
    /// A key whose parts can be names of files.
    pub fn new(sku: &str, view: &str) -> Result<ReferenceKey, ScoringError> {
        for name in [sku, view] {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
            if name.trim().is_empty() || name.starts_with('.') || !name.chars().all(plain) {
                return Err(ScoringError::Name { name: name.to_owned() });
            }
        }
        Ok(ReferenceKey { sku: sku.to_owned(), view: view.to_owned() })
    }

    /// The file of this reference in the folder of all references.
    pub fn path(&self, references: &Path) -> PathBuf {
        references.join(&self.sku).join(format!("{}.safetensors", self.view))
    }
}

/// What normal views of one SKU from one camera look like.
#[derive(Debug)]
pub struct Reference {
    pub(super) key: ReferenceKey,
    pub(super) backbone_sha256: String,
    pub(super) localiser: Localiser,
    pub(super) memory: Memory,
    /// The distance's held-out levels, in the order of the pictures.
    pub(super) levels: Vec<f32>,
    pub(super) held_out: Held,
    pub(super) head: Option<HeadLevels>,
    pub(super) normals: usize,
    pub(super) created: Timestamp,
}

/// What a damage head says of the normal pictures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeadLevels {
    /// Which damage head.
    pub sha256: String,
    /// Levels of the normal pictures, by members that have not learned from them, in the order of the
    /// distance's levels.
    pub levels: Vec<f32>,
    pub held_out: Held,
    /// How they join the levels of the distance.
    pub joint: Joint,
}

impl HeadLevels {
    /// The `levels` that belong to the `distances` of the same pictures; `joint` makes the joint level
    /// of these pairs. `None` where there are none, or not as many of each.
    pub fn new(
        sha256: String,
        levels: Vec<f32>,
        (distances, distance): (&[f32], &Held),
        normals: usize,
        joint: impl FnOnce(&[(f32, f32)], (&Held, &Held)) -> Option<Joint>,
    ) -> Option<HeadLevels> {
        if levels.len() != distances.len() {
            return None;
        }
        let held_out = Held::new(levels.clone(), normals, HEAD_SPREAD)?;
        let pairs: Vec<(f32, f32)> =
            distances.iter().copied().zip(levels.iter().copied()).collect();
        let joint = joint(&pairs, (distance, &held_out))?;
        Some(HeadLevels { sha256, levels, held_out, joint })
    }
}

/// A normal picture to learn from.
#[derive(Debug)]
pub struct Normal {
    /// Its item.
    pub tokens: Tokens,
    /// Its item in turned copies of the picture, which are remembered but not judged.
    pub turned: Vec<Tokens>,
    /// SHA-256 of its file: members of the damage head that have learned from it are not asked.
    pub source: String,
}

impl Normal {
    /// The features of its item in all poses.
    fn poses(&self) -> impl Iterator<Item = &Tensor> {
        std::iter::once(&self.tokens).chain(&self.turned).map(|tokens| &tokens.features)
    }
}

/// The model that a reference belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    /// SHA-256 of the backbone.
    pub backbone_sha256: &'a str,
    /// The damage head, where there is one.
    pub head: Option<&'a DamageHead>,
}

impl Reference {
    /// Learns from the tokens of normal pictures. `altered` are slightly altered copies: they stand
    /// in for held-out pictures where there is only one normal picture, and are not used otherwise.
    pub fn learn(
        key: ReferenceKey,
        model: Model<'_>,
        localiser: Localiser,
        normals: &[Normal],
        altered: &[Normal],
        progress: &mut dyn Progress,
    ) -> Result<Reference, ScoringError> {
        let all: Vec<&Tensor> = normals.iter().flat_map(Normal::poses).collect();
        let folds = FOLDS.min(normals.len());
        let memories = if folds > 1 { folds + 1 } else { 1 };
        let what = format!("learning {} {}", key.sku, key.view);
        progress.step(0, memories, &what);
        let memory = remember(&all)?;
        progress.step(1, memories, &what);

        // Each judged picture with the distances to a memory that has not seen it.
        let mut judged: Vec<(&Normal, Vec<f32>)> = Vec::with_capacity(normals.len());
        if folds > 1 {
            for fold in 0..folds {
                let (unseen, seen): (Vec<_>, Vec<_>) =
                    normals.iter().enumerate().partition(|(at, _)| at % folds == fold);
                let seen: Vec<&Tensor> =
                    seen.into_iter().flat_map(|(_, normal)| normal.poses()).collect();
                let without = remember(&seen)?;
                for (_, normal) in unseen {
                    judged.push((normal, distance::nearest(&normal.tokens.features, &without)?));
                }
                progress.step(2 + fold, memories, &what);
            }
        } else {
            for normal in altered {
                judged.push((normal, distance::nearest(&normal.tokens.features, &memory)?));
            }
        }
        let levels = distance_levels(&judged)?;
        let held_out = Held::new(levels.clone(), normals.len(), DISTANCE_SPREAD)
            .ok_or(ScoringError::NoNormals)?;
        let head = match model.head {
            Some(head) => {
                let of_head = levels_of_head(head, &judged, typical(&held_out))?;
                let facts = head.facts();
                let (sha256, count) = (facts.head_sha256.clone(), normals.len());
                HeadLevels::new(sha256, of_head, (&levels, &held_out), count, |pairs, members| {
                    Joint::learn(pairs, members, facts.effects, count)
                })
            }
            None => None,
        };
        Ok(Reference {
            key,
            backbone_sha256: model.backbone_sha256.to_owned(),
            localiser,
            memory,
            levels,
            held_out,
            head,
            normals: normals.len(),
            created: Timestamp::now(),
        })
    }

    /// The same reference with more normal pictures, which nobody has learned from yet: their levels
    /// are held-out ones, and their tokens compete with the remembered ones for a place in the
    /// memory. The pictures behind the reference are not needed. How the item is found, and how the
    /// members are weighed, stays as it was learned.
    ///
    /// # Errors
    /// The reference was learned with another damage head than `head`, or with none, or scoring fails.
    pub fn grown(
        self,
        head: Option<&DamageHead>,
        more: &[Normal],
    ) -> Result<Reference, ScoringError> {
        if self.head.as_ref().map(|levels| &levels.sha256)
            != head.map(|head| &head.facts().head_sha256)
        {
            return Err(ScoringError::OtherHead {
                sku: self.key.sku.clone(),
                view: self.key.view.clone(),
            });
        }
        let judged: Result<Vec<(&Normal, Vec<f32>)>, ScoringError> = more
            .iter()
            .map(|normal| Ok((normal, distance::nearest(&normal.tokens.features, &self.memory)?)))
            .collect();
        let judged = judged?;
        // A lone picture's levels are those of altered copies: a guess that gives way to the truth.
        let old = if self.normals > 1 { self.levels.len() } else { 0 };
        let joined = |before: &[f32], new: Vec<f32>| [&before[..old], &new].concat();
        let normals = self.normals + more.len();
        let levels = joined(&self.levels, distance_levels(&judged)?);
        let held_out =
            Held::new(levels.clone(), normals, DISTANCE_SPREAD).ok_or(ScoringError::NoNormals)?;
        let head = match (head, &self.head) {
            (Some(head), Some(before)) => {
                let new = levels_of_head(head, &judged, self.typical())?;
                let (of_head, sha256) = (joined(&before.levels, new), before.sha256.clone());
                let members = (levels.as_slice(), &held_out);
                HeadLevels::new(sha256, of_head, members, normals, |pairs, members| {
                    Joint::new(before.joint.weights(), pairs, members, normals)
                })
            }
            _ => None,
        };
        let remembered = self.memory.tokens();
        let features = more.iter().flat_map(Normal::poses);
        let memory = remember(&std::iter::once(&remembered).chain(features).collect::<Vec<_>>())?;
        let created = Timestamp::now();
        Ok(Reference { memory, levels, held_out, head, normals, created, ..self })
    }

    /// Whose reference it is.
    pub fn key(&self) -> &ReferenceKey {
        &self.key
    }

    /// Finds the item in a view.
    pub fn localiser(&self) -> &Localiser {
        &self.localiser
    }

    /// The remembered tokens.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The held-out levels of the distance, from which its p-values come.
    pub fn held_out(&self) -> &Held {
        &self.held_out
    }

    /// The held-out levels of the damage head `sha256`; `None` where the reference was made with
    /// another one, or none.
    pub fn head_held_out(&self, sha256: &str) -> Option<&Held> {
        self.head_levels(sha256).map(|head| &head.held_out)
    }

    /// What the damage head `sha256` says of the normal pictures; `None` as above.
    pub(super) fn head_levels(&self, sha256: &str) -> Option<&HeadLevels> {
        self.head.as_ref().filter(|head| head.sha256 == sha256)
    }

    /// The distance that a heat map shows as hot: what one normal view in a hundred has on the
    /// average of its largest distances.
    pub fn hot(&self) -> f32 {
        self.held_out.threshold(0.01).exp() as f32
    }

    /// The distance that the most distant tokens of a usual normal view have: the unit in which the
    /// damage head is told distances.
    pub fn typical(&self) -> f32 {
        typical(&self.held_out)
    }

    /// Normal pictures it was learned from.
    pub fn normals(&self) -> usize {
        self.normals
    }
}

/// Memories of the same pictures, each without a share of them: what examples for the damage head
/// are compared with, so that no example is compared with the picture that it is made of.
#[derive(Debug)]
pub struct Memories {
    memories: Vec<Memory>,
    typical: f32,
}

impl Memories {
    /// Memory k lacks the pictures whose source, counted from `first`, leaves k when divided by
    /// `folds`. A memory that would be empty has all pictures instead.
    pub fn without_each_fold(
        pictures: &[Tokens],
        first: usize,
        folds: usize,
    ) -> Result<Memories, ScoringError> {
        let all: Vec<&Tensor> = pictures.iter().map(|tokens| &tokens.features).collect();
        let (mut memories, mut levels) = (Vec::with_capacity(folds), Vec::new());
        for fold in 0..folds {
            let (unseen, seen): (Vec<_>, Vec<_>) =
                all.iter().enumerate().partition(|(at, _)| (first + at) % folds == fold);
            let seen: Vec<&Tensor> = seen.into_iter().map(|(_, features)| *features).collect();
            let memory = remember(if seen.is_empty() { &all } else { &seen })?;
            for (_, features) in unseen {
                levels.push(distance::level(&distance::nearest(features, &memory)?)? as f32);
            }
            memories.push(memory);
        }
        let held_out =
            Held::new(levels, pictures.len(), DISTANCE_SPREAD).ok_or(ScoringError::NoNormals)?;
        Ok(Memories { memories, typical: typical(&held_out) })
    }

    /// What the damage head is told of `tokens`, which come from picture `source`.
    pub fn head_input(&self, source: usize, tokens: &Tokens) -> Result<Tensor, ScoringError> {
        let memory = &self.memories[source % self.memories.len()];
        tokens.with_distances(&distance::nearest(&tokens.features, memory)?, self.typical)
    }
}

/// The memory of some pictures, `[tokens, features]` each: as many tokens of each as their share, then
/// a coreset of these.
fn remember(pictures: &[&Tensor]) -> Result<Memory, ScoringError> {
    let mut random = Random(SEED);
    let share = CANDIDATES_MAX.div_ceil(pictures.len().max(1));
    let gather = |features: &&Tensor| {
        let rows = features.size2()?.0 as usize;
        if rows <= share {
            return Ok(features.shallow_clone());
        }
        features.f_index_select(0, &Tensor::f_from_slice(&random.choose(share, rows))?)
    };
    let parts: Result<Vec<Tensor>, tch::TchError> = pictures.iter().map(gather).collect();
    let candidates = parts
        .and_then(|parts| Tensor::f_cat(&parts, 0))
        .map_err(ScoringError::torch("learning a reference"))?;
    Memory::new(k_centre(&candidates, MEMORY_MAX, SEED)?)
}

fn typical(held_out: &Held) -> f32 {
    held_out.mean().exp() as f32
}

/// The distance's level of each picture.
fn distance_levels(judged: &[(&Normal, Vec<f32>)]) -> Result<Vec<f32>, ScoringError> {
    judged.iter().map(|(_, distances)| Ok(distance::level(distances)? as f32)).collect()
}

/// What the members of `head` that have not learned from a picture say of it. `typical` is the unit of
/// the distances.
fn levels_of_head(
    head: &DamageHead,
    judged: &[(&Normal, Vec<f32>)],
    typical: f32,
) -> Result<Vec<f32>, ScoringError> {
    let level = |(normal, distances): &(&Normal, Vec<f32>)| {
        let tokens = normal.tokens.with_distances(distances, typical)?;
        let answer = head.answer(&tokens, &normal.tokens.places())?;
        Ok(match head.blind_member(&normal.source) {
            Some(member) => answer.members[member],
            // No member has seen it.
            None => answer.level,
        })
    };
    judged.iter().map(level).collect()
}
