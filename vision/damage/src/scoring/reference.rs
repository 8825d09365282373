//! A **reference**: what normal views of one SKU look like, to each member of the ensemble.
//!
//! Each normal picture is judged by what the others teach: without its own tokens, and by the members
//! of the damage head that have not seen it. These **held-out levels** tell how odd a normal view may
//! be. What is kept has learned from all pictures.
//!
//! A reference grows with new normal pictures without those it was learned from
//! ([`Reference::grown`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tch::Tensor;

use super::calibration::Held;
use super::cloud::Cloud;
use super::distance;
use super::ensemble::Member;
use super::error::ScoringError;
use super::levels::{Levels, joint_levels, joint_of};
use super::observed::{Framing, Observed};
use super::patches::{Manner, Patches, Seen};
use super::silhouette::SPREAD_MIN;
use crate::DamageHead;
use base::progress::Progress;
use features::localise::Localiser;

/// The least spread of the composition's numbers: the smallest that normal pictures of any set have (half
/// of the numbers vary by 0.15 to 0.4 there). Pictures that are more alike say nothing of the light of
/// tomorrow.
const COMPOSITION_SPREAD_MIN: f32 = 0.1;

/// A held-out picture is judged by the one member of the damage head that has not seen it, and a new
/// one by the mean of all. A mean deviates less: by this share of what one member does. On the normal
/// pictures of four sets, unseen ones deviate by 0.3 to 1.0 of the held-out ones; the cautious end is
/// taken (docs/measurements/eye.md).
const HELD_OUT_SHARE: f32 = 0.8;

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

/// What a member knows of normal views.
#[derive(Debug)]
pub(super) enum Knowledge {
    /// Tokens to compare with.
    Patches(Patches),
    /// Where whole views lie.
    Cloud(Cloud),
}

/// How far drift moves the point of `member`, once for each drifted copy of each picture, so that all that
/// drifts adds up: each is as long as its share of the pictures that have drifted copies.
fn drifts(normals: &[Normal], member: Member) -> Result<Vec<Vec<f32>>, ScoringError> {
    let pictures = normals.iter().filter(|normal| !normal.drifted.is_empty()).count();
    let share = 1.0 / (pictures.max(1) as f32).sqrt();
    let mut moved = Vec::new();
    for normal in normals {
        let from = normal.observed.point(member)?;
        for copy in &normal.drifted {
            if let (Some(from), Some(to)) = (&from, copy.point(member)?) {
                moved.push(from.iter().zip(&to).map(|(from, to)| share * (to - from)).collect());
            }
        }
    }
    Ok(moved)
}

/// What normal views of one SKU from one camera look like.
#[derive(Debug)]
pub struct Reference {
    pub(super) key: ReferenceKey,
    pub(super) backbone_sha256: String,
    pub(super) localiser: Localiser,
    pub(super) framing: Framing,
    pub(super) knowledge: BTreeMap<Member, Knowledge>,
    /// As many of each member; those of the damage head are there where it was asked.
    pub(super) levels: BTreeMap<Member, Levels>,
    /// The damage head that was asked.
    pub(super) head_sha256: Option<String>,
    /// Joint levels of all members that have levels.
    pub(super) joint: Held,
    pub(super) normals: usize,
    pub(super) created: Timestamp,
}

/// A normal picture to learn from.
#[derive(Debug)]
pub struct Normal {
    /// What is seen in it.
    pub observed: Observed,
    /// What is seen in turned copies of the picture, which are remembered but not judged.
    pub turned: Vec<Observed>,
    /// What is seen in copies that have drifted: a cloud takes no drift for a defect. Of some pictures only.
    pub drifted: Vec<Observed>,
    /// SHA-256 of its file: members of the damage head that have learned from it are not asked.
    pub source: String,
}

impl Normal {
    /// What a patch member learns from it; `None` where there is nothing for that member.
    fn seen(&self, member: Member) -> Result<Option<Seen>, ScoringError> {
        let Some(first) = self.observed.tokens(member)? else { return Ok(None) };
        let mut poses = vec![first];
        for turned in &self.turned {
            poses.extend(turned.tokens(member)?);
        }
        Ok(Some(Seen { poses }))
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

/// What one member finds in a view.
#[derive(Debug)]
pub(super) struct Judgement {
    pub member: Member,
    pub level: f64,
    /// Of each token, for patch members; empty for clouds.
    pub distances: Vec<f32>,
}

impl Reference {
    /// Learns from normal pictures. `altered` are slightly altered copies: they stand in for held-out
    /// pictures where there is only one normal picture, and are not used otherwise.
    pub fn learn(
        key: ReferenceKey,
        model: Model<'_>,
        (localiser, framing): (Localiser, Framing),
        normals: &[Normal],
        altered: &[Normal],
        progress: &mut dyn Progress,
    ) -> Result<Reference, ScoringError> {
        let what = format!("learning {} {}", key.sku, key.view);
        let (mut knowledge, mut levels) = (BTreeMap::new(), BTreeMap::new());
        let lone = normals.len() == 1;
        // The distances of each judged picture by the member that the damage head is told of.
        let mut told: Vec<Vec<f32>> = Vec::new();
        for (done, member) in Member::ALL.into_iter().enumerate() {
            progress.step(done, Member::ALL.len(), &what);
            let seen: Result<Vec<Option<Seen>>, _> =
                normals.iter().map(|normal| normal.seen(member)).collect();
            if let Some(seen) = seen?.into_iter().collect::<Option<Vec<Seen>>>() {
                let (patches, mut distances) = Patches::learn(&seen, Manner::of(member))?;
                if lone {
                    distances = altered
                        .iter()
                        .filter_map(|normal| normal.observed.tokens(member).transpose())
                        .map(|tokens| patches.distances(&tokens?))
                        .collect::<Result<_, _>>()?;
                }
                levels.insert(member, level_of_each(member, &distances)?);
                knowledge.insert(member, Knowledge::Patches(patches));
                if normals.first().is_some_and(|one| one.observed.head_member() == member) {
                    told = distances;
                }
                continue;
            }
            let points: Result<Vec<Option<Vec<f32>>>, _> =
                normals.iter().map(|normal| normal.observed.point(member)).collect();
            let least = match member {
                Member::Composition => COMPOSITION_SPREAD_MIN,
                _ => SPREAD_MIN,
            };
            let drifts = match member {
                Member::Composition => drifts(normals, member)?,
                _ => Vec::new(),
            };
            let points = points?.into_iter().collect::<Option<Vec<_>>>();
            let learned = points.and_then(|points| Cloud::learn(&points, &drifts, least));
            if let Some((cloud, each)) = learned {
                levels.insert(member, each);
                knowledge.insert(member, Knowledge::Cloud(cloud));
            }
        }
        progress.step(Member::ALL.len(), Member::ALL.len(), &what);
        let mut reference = Reference::of(
            (key, model.backbone_sha256),
            (localiser, framing),
            knowledge,
            (levels, None),
            normals.len(),
        )?;
        if let Some(head) = model.head {
            let judged = if lone { altered } else { normals };
            let of_head = reference.levels_of_head(head, judged, &told)?;
            reference.set_levels(Member::Head, of_head)?;
            reference.head_sha256 = Some(head.facts().head_sha256.clone());
        }
        Ok(reference)
    }

    /// A reference of these parts, as it is learned or stored: the rest follows from them.
    pub(super) fn of(
        (key, backbone_sha256): (ReferenceKey, &str),
        (localiser, framing): (Localiser, Framing),
        knowledge: BTreeMap<Member, Knowledge>,
        (levels, head_sha256): (BTreeMap<Member, Vec<f32>>, Option<String>),
        normals: usize,
    ) -> Result<Reference, ScoringError> {
        let levels = levels
            .into_iter()
            .map(|(member, each)| {
                let levels = Levels::new(each, normals, member.prior());
                levels.map(|levels| (member, levels)).ok_or(ScoringError::NoNormals)
            })
            .collect::<Result<BTreeMap<_, _>, _>>()?;
        let joint = joint_of(&levels, normals, |_| true).ok_or(ScoringError::NoNormals)?;
        Ok(Reference {
            key,
            backbone_sha256: backbone_sha256.to_owned(),
            localiser,
            framing,
            knowledge,
            levels,
            head_sha256,
            joint,
            normals,
            created: Timestamp::now(),
        })
    }

    /// Replaces the held-out levels of one member.
    fn set_levels(&mut self, member: Member, each: Vec<f32>) -> Result<(), ScoringError> {
        let levels =
            Levels::new(each, self.normals, member.prior()).ok_or(ScoringError::NoNormals)?;
        self.levels.insert(member, levels);
        self.joint =
            joint_of(&self.levels, self.normals, |_| true).ok_or(ScoringError::NoNormals)?;
        Ok(())
    }

    /// The same reference with more normal pictures, which nobody has learned from yet: their levels
    /// are held-out ones, and their tokens compete with the remembered ones for a place in the
    /// memory. The pictures behind the reference are not needed. How the item is found, in which
    /// units distances are measured and what whole views look like stays as it was learned.
    ///
    /// # Errors
    /// The reference was learned with another damage head than `head`, or with none, or scoring fails.
    pub fn grown(
        mut self,
        head: Option<&DamageHead>,
        more: &[Normal],
    ) -> Result<Reference, ScoringError> {
        if self.head_sha256.as_ref() != head.map(|head| &head.facts().head_sha256) {
            return Err(ScoringError::OtherHead {
                sku: self.key.sku.clone(),
                view: self.key.view.clone(),
            });
        }
        let mut new: BTreeMap<Member, Vec<f32>> = BTreeMap::new();
        let mut told = Vec::new();
        for normal in more {
            for judgement in self.judge(&normal.observed)? {
                new.entry(judgement.member).or_default().push(judgement.level as f32);
                if judgement.member == normal.observed.head_member() {
                    told.push(judgement.distances);
                }
            }
        }
        if let Some(head) = head {
            new.insert(Member::Head, self.levels_of_head(head, more, &told)?);
        }
        // A lone picture's levels are those of altered copies: a guess that gives way to the truth.
        let keeps_old = self.normals > 1;
        self.normals += more.len();
        for (member, new) in new {
            let mut each = if keeps_old { self.levels[&member].each.clone() } else { Vec::new() };
            each.extend(new);
            self.set_levels(member, each)?;
        }
        for (member, known) in &mut self.knowledge {
            let Knowledge::Patches(patches) = known else { continue };
            let seen: Result<Vec<Option<Seen>>, _> =
                more.iter().map(|normal| normal.seen(*member)).collect();
            let seen: Vec<Seen> = seen?.into_iter().flatten().collect();
            if !seen.is_empty() {
                *patches = patches.grown(&seen)?;
            }
        }
        self.created = Timestamp::now();
        Ok(self)
    }

    /// What each member that knows something of normal views finds in this one.
    pub(super) fn judge(&self, observed: &Observed) -> Result<Vec<Judgement>, ScoringError> {
        let mut found = Vec::with_capacity(self.knowledge.len());
        for (member, known) in &self.knowledge {
            let member = *member;
            match known {
                Knowledge::Patches(patches) => {
                    if let Some(tokens) = observed.tokens(member)? {
                        let distances = patches.distances(&tokens)?;
                        let level = distance::level(&distances, member.top_share())?;
                        found.push(Judgement { member, level, distances });
                    }
                }
                Knowledge::Cloud(cloud) => {
                    if let Some(point) = observed.point(member)? {
                        let level = cloud.level(&point)?;
                        found.push(Judgement { member, level, distances: Vec::new() });
                    }
                }
            }
        }
        Ok(found)
    }

    /// What the members of `head` that have not learned from a picture say of it; `told` are the
    /// distances of each.
    fn levels_of_head(
        &self,
        head: &DamageHead,
        judged: &[Normal],
        told: &[Vec<f32>],
    ) -> Result<Vec<f32>, ScoringError> {
        let level = |(normal, distances): (&Normal, &Vec<f32>)| {
            let answer = self.ask(head, &normal.observed, distances)?;
            let answer = answer.ok_or(ScoringError::NoItem)?;
            Ok::<f32, ScoringError>(match head.blind_member(&normal.source) {
                Some(member) => answer.members[member],
                // No member has seen it.
                None => answer.level,
            })
        };
        let mut levels =
            judged.iter().zip(told).map(level).collect::<Result<Vec<f32>, ScoringError>>()?;
        let mut sorted = levels.clone();
        sorted.sort_by(f32::total_cmp);
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        for level in &mut levels {
            *level = middle + HELD_OUT_SHARE * (*level - middle);
        }
        Ok(levels)
    }

    /// What `head` says of the item, whose tokens have these `distances`; `None` where there is no item.
    pub(super) fn ask(
        &self,
        head: &DamageHead,
        observed: &Observed,
        distances: &[f32],
    ) -> Result<Option<crate::HeadAnswer>, ScoringError> {
        let Some((features, places)) = observed.head_tokens()? else { return Ok(None) };
        let typical = self.typical(observed.head_member());
        let tokens = with_distances(&features, &observed.of_item(distances), typical)?;
        Ok(Some(head.answer(&tokens, &places)?))
    }

    /// Whose reference it is.
    pub fn key(&self) -> &ReferenceKey {
        &self.key
    }

    /// Finds the item in a view.
    pub fn localiser(&self) -> &Localiser {
        &self.localiser
    }

    /// Where the item's tokens come from.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// What a patch member remembers; `None` for others.
    pub fn patches(&self, member: Member) -> Option<&Patches> {
        match self.knowledge.get(&member) {
            Some(Knowledge::Patches(patches)) => Some(patches),
            _ => None,
        }
    }

    /// Tokens remembered by all members.
    pub fn tokens(&self) -> usize {
        let patches = Member::ALL.into_iter().filter_map(|member| self.patches(member));
        patches.map(|patches| patches.memory().size()).sum()
    }

    /// The members that have held-out levels.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        self.levels.keys().copied()
    }

    /// The held-out levels of `member`; `None` where it has none.
    pub fn held_out(&self, member: Member) -> Option<&Held> {
        self.levels.get(&member).map(|levels| &levels.held_out)
    }

    /// The same, in the order of the pictures.
    pub fn held_out_in_order(&self, member: Member) -> Option<&[f32]> {
        self.levels.get(&member).map(|levels| levels.each.as_slice())
    }

    /// The held-out joint levels of all members, from which p-values come.
    pub fn joint(&self) -> &Held {
        &self.joint
    }

    /// How odd each normal picture is among its fellows, in the order of the pictures: how far its joint level lies
    /// above their middle, in units of their spread.
    pub fn oddities(&self) -> Vec<f64> {
        let each = joint_levels(&self.levels, |_| true).unwrap_or_default();
        each.into_iter().map(|level| self.joint.standard(f64::from(level))).collect()
    }

    /// The held-out joint levels of some members.
    pub(super) fn joint_among(&self, among: impl Fn(Member) -> bool) -> Option<Held> {
        joint_of(&self.levels, self.normals, among)
    }

    /// Whether the damage head of this checksum was asked about the normals.
    pub(super) fn knows_head(&self, sha256: &str) -> bool {
        self.head_sha256.as_deref() == Some(sha256)
    }

    /// The distance that a heat map shows as hot: what one normal view in a hundred has on the
    /// average of its largest distances.
    pub(super) fn hot(&self, member: Member) -> f32 {
        self.held_out(member).map_or(f32::MAX, |held_out| held_out.threshold(0.01).exp() as f32)
    }

    /// The distance that the most distant tokens of a usual normal view have: the unit in which the
    /// damage head is told distances.
    fn typical(&self, member: Member) -> f32 {
        self.held_out(member).map_or(1.0, |held_out| held_out.middle().exp() as f32)
    }

    /// Room in memory, in bytes, to within a few hundred.
    pub fn bytes(&self) -> usize {
        let known = self.knowledge.values().map(|known| match known {
            Knowledge::Patches(patches) => patches.bytes(),
            Knowledge::Cloud(cloud) => cloud.bytes(),
        });
        // Each level is held in order, and once more in the order of its size.
        let levels = self.levels.values().map(|levels| 2 * size_of_val(levels.each.as_slice()));
        size_of::<Reference>()
            + self.localiser.bytes()
            + known.sum::<usize>()
            + levels.sum::<usize>()
    }

    /// Normal pictures it was learned from.
    pub fn normals(&self) -> usize {
        self.normals
    }
}

/// The features with the distance to the reference, in units of `typical`, as one more number: what
/// the damage head is asked about.
fn with_distances(
    features: &Tensor,
    distances: &[f32],
    typical: f32,
) -> Result<Tensor, ScoringError> {
    let joined = || {
        let distances = Tensor::f_from_slice(distances)?
            .f_div_scalar(f64::from(typical.max(f32::MIN_POSITIVE)))?
            .f_unsqueeze(1)?;
        Tensor::f_cat(&[features, &distances], 1)
    };
    joined().map_err(ScoringError::torch("joining features and distances"))
}

fn level_of_each(member: Member, distances: &[Vec<f32>]) -> Result<Vec<f32>, ScoringError> {
    let share = member.top_share();
    distances.iter().map(|each| Ok(distance::level(each, share)? as f32)).collect()
}

/// Memories of the same pictures, each without a share of them: what examples for the damage head
/// are compared with, so that no example is compared with the picture that it is made of.
#[derive(Debug)]
pub struct Memories {
    memories: Vec<Patches>,
    typical: f32,
}

impl Memories {
    /// Memory k lacks the pictures whose source, counted from `first`, leaves k when divided by
    /// `folds`. A memory that would be empty has all pictures instead.
    pub fn without_each_fold(
        pictures: &[Observed],
        first: usize,
        folds: usize,
    ) -> Result<Memories, ScoringError> {
        let member = pictures.first().ok_or(ScoringError::NoNormals)?.head_member();
        let seen = |observed: &Observed| {
            let tokens = observed.tokens(member)?.ok_or(ScoringError::NoItem)?;
            Ok(Seen { poses: vec![tokens] })
        };
        let seen = pictures.iter().map(seen).collect::<Result<Vec<Seen>, ScoringError>>()?;
        let memories = Patches::learn_without_each_fold(&seen, Manner::of(member), (first, folds))?;
        let mut levels = Vec::with_capacity(seen.len());
        for (at, seen) in seen.iter().enumerate() {
            let distances = memories[(first + at) % folds].distances(&seen.poses[0])?;
            levels.push(distance::level(&distances, member.top_share())? as f32);
        }
        let held_out = Held::new(levels, pictures.len(), member.prior());
        let held_out = held_out.ok_or(ScoringError::NoNormals)?;
        Ok(Memories { memories, typical: held_out.middle().exp() as f32 })
    }

    /// What the damage head is told of the item in `observed`, which comes from picture `source`:
    /// its tokens and their places.
    pub fn head_input(
        &self,
        source: usize,
        observed: &Observed,
    ) -> Result<(Tensor, Tensor), ScoringError> {
        let memory = &self.memories[source % self.memories.len()];
        let tokens = observed.tokens(observed.head_member())?.ok_or(ScoringError::NoItem)?;
        let distances = observed.of_item(&memory.distances(&tokens)?);
        let (features, places) = observed.head_tokens()?.ok_or(ScoringError::NoItem)?;
        Ok((with_distances(&features, &distances, self.typical)?, places))
    }
}
