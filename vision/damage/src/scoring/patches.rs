//! **Patch members**: how far the tokens of a view are from those of normal views.
//!
//! A patch member remembers a cover of the normal tokens (PatchCore, arXiv 2106.08265) and asks of
//! each token of a view how far the nearest remembered one is. What distinguishes it from PatchCore
//! is its **metric**. Normal items differ from each other too, in some directions of feature space
//! much more than in others. Each normal token has a nearest neighbour in another normal picture; the
//! covariance of these differences tells how normal items vary, and distances are measured in its
//! units (within-class covariance normalisation: Hatch et al., "Within-class covariance
//! normalization for SVM-based speaker recognition", 2006). On pictures of five public sets that
//! doubled what a defect moves the level by, in units of the spread among normals.
//!
//! A normal picture is judged by the memory less its own tokens, so that its distances are those of
//! a picture which nobody has learned from.

use tch::Tensor;

use super::coreset::{CANDIDATES_MAX, Random, k_centre};
use super::distance::{Memory, nearest};
use super::ensemble::Member;
use super::error::ScoringError;
use super::metric::{Metric, metric};

/// Tokens that a member remembers at most; search time and file size grow with it. Of 250, 500,
/// 1,000, 2,000 and 4,000, fewer than 1,000 cost detections on figures and cartons, and more than
/// 1,000 gave nothing (docs/measurements/eye.md).
pub const MEMORY_MAX: usize = 1000;
/// Where all random choices begin, so that learning is repeatable.
const SEED: u64 = 1;

/// One patch member's knowledge of the normals.
#[derive(Debug)]
pub struct Patches {
    metric: Metric,
    memory: Memory,
}

/// How a patch member measures and remembers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Manner {
    /// Whether the metric knows how numbers vary together, not only how far each varies.
    pub together: bool,
    /// In which steps tokens are remembered, in units of the root mean square of their numbers
    /// ([`nibbles`](super::nibbles)).
    pub step: f64,
}

impl Manner {
    /// That of `member`. Fine tokens have fewest numbers to even errors out, and take least room: theirs are
    /// kept more exactly. With 2 for them too, they saw nothing any more on pictures of items that are all
    /// alike (docs/measurements/references.md).
    pub fn of(member: Member) -> Manner {
        Manner {
            together: matches!(member, Member::Parts | Member::Item),
            step: if member == Member::Texture { 0.75 } else { 2.0 },
        }
    }
}

/// What a patch member learns from: the tokens of one normal picture.
pub(super) struct Seen {
    /// `[n, numbers]` in each pose; the first is the picture as it is.
    pub poses: Vec<Tensor>,
}

impl Patches {
    /// `None` where the two do not fit together.
    pub(super) fn new(metric: Metric, memory: Memory) -> Option<Patches> {
        let fits = metric.numbers() == memory.numbers();
        fits.then_some(Patches { metric, memory })
    }

    /// Of `tokens` in 8 bits a number that are already in the units of `units`, `[numbers]` or `[numbers, numbers]`.
    pub(super) fn of_measured(units: &Tensor, tokens: &Tensor) -> Result<Patches, ScoringError> {
        let (metric, from_middle) = Metric::of_measured(units, tokens)?;
        Ok(Patches { metric, memory: Memory::finer(&from_middle)? })
    }

    /// Room in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.metric.bytes() + self.memory.bytes()
    }

    pub(super) fn metric(&self) -> &Metric {
        &self.metric
    }

    /// The remembered tokens, in the metric's units.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The distance of each of `tokens` to what is remembered.
    pub fn distances(&self, tokens: &Tensor) -> Result<Vec<f32>, ScoringError> {
        nearest(&self.metric.of(tokens)?, &self.memory)
    }

    /// Learns from normal pictures, and judges each by what the others teach: its distances. A lone picture
    /// has nobody to be judged by: the list is empty.
    pub(super) fn learn(
        pictures: &[Seen],
        manner: Manner,
    ) -> Result<(Patches, Vec<Vec<f32>>), ScoringError> {
        let learner = Learner::of(pictures, manner)?;
        let patches = Patches {
            memory: Memory::new(&learner.remembered, manner.step)?,
            metric: learner.metric.clone(),
        };
        let judged = if pictures.len() < 2 { 0 } else { pictures.len() };
        let distances = (0..judged).map(|at| {
            learner.without(&patches.memory, |owner| owner == at)?.map_or_else(
                || patches.distances(&pictures[at].poses[0]),
                |memory| nearest(&patches.metric.of(&pictures[at].poses[0])?, &memory),
            )
        });
        let distances = distances.collect::<Result<_, _>>()?;
        Ok((patches, distances))
    }

    /// As many members as `folds`: member k has learned from no picture whose index, counted from
    /// `first`, leaves k when divided by `folds`. One that would be left with nothing has all.
    pub(super) fn learn_without_each_fold(
        pictures: &[Seen],
        manner: Manner,
        (first, folds): (usize, usize),
    ) -> Result<Vec<Patches>, ScoringError> {
        let learner = Learner::of(pictures, manner)?;
        let whole = Memory::new(&learner.remembered, manner.step)?;
        let member = |fold: usize| {
            let left = learner.without(&whole, |owner| (first + owner) % folds == fold)?;
            let memory = match left {
                Some(memory) => memory,
                None => Memory::new(&learner.remembered, manner.step)?,
            };
            Ok(Patches { metric: learner.metric.clone(), memory })
        };
        (0..folds).map(member).collect()
    }

    /// The same member with more normal pictures; the metric stays, and their tokens compete with the
    /// remembered ones for a place.
    pub(super) fn grown(&self, more: &[Seen]) -> Result<Patches, ScoringError> {
        let (candidates, _) = candidates(more)?;
        let candidates = self.metric.of(&candidates)?;
        let all = Tensor::f_cat(&[&self.memory.tokens()?, &candidates], 0)
            .map_err(ScoringError::torch("learning a reference"))?;
        let chosen = k_centre(&all, MEMORY_MAX, SEED)?;
        let memory = all
            .f_index_select(0, &Tensor::from_slice(&chosen))
            .map_err(ScoringError::torch("learning a reference"))?;
        Ok(Patches { metric: self.metric.clone(), memory: self.memory.with_more(&memory)? })
    }
}

/// What learning finds before it is asked for a member.
struct Learner {
    metric: Metric,
    /// Remembered tokens in the metric's units.
    remembered: Tensor,
    /// The picture that each of them comes from.
    owners: Vec<usize>,
}

impl Learner {
    fn of(pictures: &[Seen], manner: Manner) -> Result<Learner, ScoringError> {
        let (candidates, owners) = candidates(pictures)?;
        let metric = metric(&candidates, &owners, manner.together && pictures.len() > 1)?;
        let candidates = metric.of(&candidates)?;
        let chosen = k_centre(&candidates, MEMORY_MAX, SEED)?;
        let remembered = candidates
            .f_index_select(0, &Tensor::from_slice(&chosen))
            .map_err(ScoringError::torch("learning a reference"))?;
        let owners = chosen.iter().map(|at| owners[*at as usize]).collect();
        Ok(Learner { metric, remembered, owners })
    }

    /// The memory less the tokens of owners of which `gone` is true; `None` where none is left.
    fn without(
        &self,
        memory: &Memory,
        gone: impl Fn(usize) -> bool,
    ) -> Result<Option<Memory>, ScoringError> {
        let owners = self.owners.iter().enumerate();
        let left: Vec<i64> =
            owners.filter(|(_, owner)| !gone(**owner)).map(|(at, _)| at as i64).collect();
        if left.is_empty() { Ok(None) } else { memory.only(&left).map(Some) }
    }
}

/// As many tokens of each picture as their share of [`CANDIDATES_MAX`], and the picture of each.
fn candidates(pictures: &[Seen]) -> Result<(Tensor, Vec<usize>), ScoringError> {
    let mut random = Random(SEED);
    let poses: usize = pictures.iter().map(|picture| picture.poses.len()).sum();
    let share = CANDIDATES_MAX.div_ceil(poses.max(1));
    let (mut parts, mut owners) = (Vec::new(), Vec::new());
    for (owner, picture) in pictures.iter().enumerate() {
        for tokens in &picture.poses {
            let rows = tokens.size()[0] as usize;
            let part = if rows <= share {
                tokens.shallow_clone()
            } else {
                tokens
                    .f_index_select(0, &Tensor::from_slice(&random.choose(share, rows)))
                    .map_err(ScoringError::torch("learning a reference"))?
            };
            owners.extend(std::iter::repeat_n(owner, part.size()[0] as usize));
            parts.push(part);
        }
    }
    if parts.is_empty() {
        return Err(ScoringError::NoNormals);
    }
    let all = Tensor::f_cat(&parts, 0).map_err(ScoringError::torch("learning a reference"))?;
    Ok((all, owners))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures of 60 tokens of 3 numbers: the first varies widely from picture to picture, the
    /// second little, the third tells tokens apart.
    fn pictures(count: usize) -> Vec<Seen> {
        let mut random = Random(5);
        let mut noise = move || (random.below(2001) as f32 - 1000.0) / 1000.0;
        (0..count)
            .map(|_| {
                let rows: Vec<f32> = (0..60)
                    .flat_map(|at| [noise(), 0.02 * noise(), (at % 6) as f32 + 0.01 * noise()])
                    .collect();
                Seen { poses: vec![Tensor::from_slice(&rows).view([60, 3])] }
            })
            .collect()
    }

    const MANNER: Manner = Manner { together: true, step: 2.0 };

    fn distance(patches: &Patches, token: [f32; 3]) -> f32 {
        patches.distances(&Tensor::from_slice(&token).view([1, 3])).unwrap()[0]
    }

    #[test]
    fn a_deviation_counts_by_how_normal_pictures_deviate() {
        let (patches, judged) = Patches::learn(&pictures(6), MANNER).unwrap();
        assert_eq!(judged.len(), 6);
        // The same length along what varies and along what does not.
        let usual = distance(&patches, [1.3, 0.0, 2.0]);
        let unusual = distance(&patches, [0.0, 0.3, 2.0]);
        assert!(unusual > 3.0 * usual, "{unusual} and {usual}");
    }

    #[test]
    fn a_picture_is_judged_without_its_own_tokens() {
        let mut pictures = pictures(5);
        let odd = Tensor::from_slice(&[0f32, 0.0, 40.0]).view([1, 3]);
        pictures[2].poses[0] = Tensor::cat(&[&pictures[2].poses[0], &odd], 0);
        let (patches, judged) = Patches::learn(&pictures, MANNER).unwrap();
        let largest = |distances: &[f32]| distances.iter().copied().fold(0.0, f32::max);
        assert!(largest(&judged[2]) > 3.0 * largest(&judged[1]), "{judged:?}");
        // Known within the steps in which it is remembered.
        let known = distance(&patches, [0.0, 0.0, 40.0]);
        assert!(known < 0.3 * largest(&judged[2]), "afterwards it is known: {known} {judged:?}");
    }

    #[test]
    fn members_of_folds_do_not_know_their_fold() {
        let mut pictures = pictures(4);
        let odd = Tensor::from_slice(&[0f32, 0.0, 40.0]).view([1, 3]);
        pictures[1].poses[0] = Tensor::cat(&[&pictures[1].poses[0], &odd], 0);
        let members = Patches::learn_without_each_fold(&pictures, MANNER, (0, 2)).unwrap();
        let [knows, does_not] = [0, 1].map(|at| distance(&members[at], [0.0, 0.0, 40.0]));
        assert!(knows < 0.3 * does_not, "{knows} and {does_not}");
        assert_eq!(Patches::learn_without_each_fold(&pictures, MANNER, (0, 9)).unwrap().len(), 9);
    }

    #[test]
    fn a_lone_picture_is_remembered_and_not_judged() {
        let (patches, judged) = Patches::learn(&pictures(1), MANNER).unwrap();
        assert!(judged.is_empty());
        assert_eq!(patches.memory().size(), 60);
        assert!(Patches::learn(&[], MANNER).is_err());
    }

    #[test]
    fn a_grown_member_knows_the_new_pictures() {
        let (patches, _) = Patches::learn(&pictures(3), MANNER).unwrap();
        let odd = Tensor::from_slice(&[0f32, 0.0, 9.0]).view([1, 3]);
        let before = distance(&patches, [0.0, 0.0, 9.0]);
        let grown = patches.grown(&[Seen { poses: vec![odd] }]).unwrap();
        let after = distance(&grown, [0.0, 0.0, 9.0]);
        assert!(after < 0.4 * before, "{after} and {before}");
    }
}
