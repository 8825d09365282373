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

use tch::{Kind, TchError, Tensor};

use super::coreset::{CANDIDATES_MAX, Random, k_centre};
use super::distance::{Memory, nearest, squared_lengths};
use super::error::ScoringError;
use super::whitening::whitening;

/// Tokens that a member remembers at most; search time and file size grow with it. Of 250, 500,
/// 1,000, 2,000 and 4,000, fewer than 1,000 cost detections on figures and cartons, and more than
/// 1,000 gave nothing (docs/measurements/eye.md).
pub const MEMORY_MAX: usize = 1000;
/// Tokens whose nearest neighbours make the metric.
const METRIC_TOKENS: usize = 6000;
/// How far the covariance of differences is drawn towards equal spread.
const SHRINK: f64 = 0.2;
/// Added to each number's spread: one that never changes must not become a division by zero.
const SPREAD_MIN: f64 = 1e-3;
/// Rows per matrix product while neighbours are searched for the metric.
const CHUNK: i64 = 256;
/// Where all random choices begin, so that learning is repeatable.
const SEED: u64 = 1;

/// In which units distances are measured.
#[derive(Debug)]
pub(super) struct Metric {
    /// `[numbers]`: each number by itself; or `[numbers, numbers]`.
    factors: Tensor,
}

impl Metric {
    /// Kept as exact as the file keeps it, so that a loaded reference judges as a learned one.
    pub(super) fn new(factors: Tensor) -> Result<Metric, ScoringError> {
        let rounded = factors.f_to_kind(Kind::Half).and_then(|half| half.f_to_kind(Kind::Float));
        Ok(Metric { factors: rounded.map_err(ScoringError::torch("preparing a metric"))? })
    }

    pub(super) fn factors(&self) -> &Tensor {
        &self.factors
    }

    fn of(&self, tokens: &Tensor) -> Result<Tensor, ScoringError> {
        let scaled = match self.factors.dim() {
            1 => tokens.f_mul(&self.factors),
            _ => tokens.f_mm(&self.factors),
        };
        scaled.map_err(ScoringError::torch("measuring tokens"))
    }
}

/// One patch member's knowledge of the normals.
#[derive(Debug)]
pub struct Patches {
    metric: Metric,
    memory: Memory,
}

/// What a patch member learns from: the tokens of one normal picture.
pub(super) struct Seen {
    /// `[n, numbers]` in each pose; the first is the picture as it is.
    pub poses: Vec<Tensor>,
}

impl Patches {
    pub(super) fn new(metric: Metric, memory: Memory) -> Result<Patches, ScoringError> {
        let fits = metric.factors.size().iter().all(|side| *side == memory.numbers() as i64);
        if fits { Ok(Patches { metric, memory }) } else { Err(ScoringError::NoNormals) }
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

    /// Learns from normal pictures, and judges each by what the others teach: its distances. With
    /// `full`, the metric knows how numbers vary together, else only how far each varies. A lone
    /// picture has nobody to be judged by: the list is empty.
    pub(super) fn learn(
        pictures: &[Seen],
        full: bool,
    ) -> Result<(Patches, Vec<Vec<f32>>), ScoringError> {
        let learner = Learner::of(pictures, full)?;
        let patches = Patches {
            memory: Memory::new(learner.remembered.shallow_clone())?,
            metric: Metric { factors: learner.metric.factors.shallow_clone() },
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
        full: bool,
        (first, folds): (usize, usize),
    ) -> Result<Vec<Patches>, ScoringError> {
        let learner = Learner::of(pictures, full)?;
        let whole = Memory::new(learner.remembered.shallow_clone())?;
        let member = |fold: usize| {
            let left = learner.without(&whole, |owner| (first + owner) % folds == fold)?;
            let memory = match left {
                Some(memory) => memory,
                None => Memory::new(learner.remembered.shallow_clone())?,
            };
            Patches::new(Metric { factors: learner.metric.factors.shallow_clone() }, memory)
        };
        (0..folds).map(member).collect()
    }

    /// The same member with more normal pictures; the metric stays, and their tokens compete with the
    /// remembered ones for a place.
    pub(super) fn grown(&self, more: &[Seen]) -> Result<Patches, ScoringError> {
        let (candidates, _) = candidates(more)?;
        let candidates = self.metric.of(&candidates)?;
        let all = Tensor::f_cat(&[&self.memory.tokens(), &candidates], 0)
            .map_err(ScoringError::torch("learning a reference"))?;
        let chosen = k_centre(&all, MEMORY_MAX, SEED)?;
        let memory = all
            .f_index_select(0, &Tensor::from_slice(&chosen))
            .map_err(ScoringError::torch("learning a reference"))?;
        let metric = Metric { factors: self.metric.factors.shallow_clone() };
        Patches::new(metric, Memory::new(memory)?)
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
    fn of(pictures: &[Seen], full: bool) -> Result<Learner, ScoringError> {
        let (candidates, owners) = candidates(pictures)?;
        let metric = metric(&candidates, &owners, full && pictures.len() > 1)?;
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

/// The metric of `tokens`, of which each belongs to the picture in `owners`.
fn metric(tokens: &Tensor, owners: &[usize], full: bool) -> Result<Metric, ScoringError> {
    let torch = || ScoringError::torch("learning a metric");
    let single = || -> Result<Tensor, TchError> {
        let (spread, _) = tokens.f_std_mean_dim([0i64].as_slice(), false, false)?;
        spread.f_add_scalar(SPREAD_MIN)?.f_reciprocal()
    };
    let single = single().map_err(torch())?;
    if !full {
        return Metric::new(single);
    }
    let numbers = single.size()[0] as usize;
    let differences = || -> Result<Vec<f64>, TchError> {
        let step = owners.len().div_ceil(METRIC_TOKENS) as i64;
        let chosen: Vec<i64> = (0..owners.len() as i64).step_by(step as usize).collect();
        let of: Vec<i64> = chosen.iter().map(|at| owners[*at as usize] as i64).collect();
        let tokens = tokens.f_index_select(0, &Tensor::f_from_slice(&chosen)?)?.f_mul(&single)?;
        let of = Tensor::f_from_slice(&of)?;
        let (squares, turned) = (squared_lengths(&tokens)?, tokens.f_transpose(0, 1)?);
        let mut sum =
            Tensor::f_zeros([numbers as i64, numbers as i64], (Kind::Double, tch::Device::Cpu))?;
        let rows = chosen.len() as i64;
        for start in (0..rows).step_by(CHUNK as usize) {
            let length = CHUNK.min(rows - start);
            let chunk = tokens.f_narrow(0, start, length)?;
            let owner = of.f_narrow(0, start, length)?.f_unsqueeze(1)?;
            let own = owner.f_eq_tensor(&of.f_unsqueeze(0)?)?;
            let compared = squares
                .f_sub(&chunk.f_mm(&turned)?.f_mul_scalar(2.0)?)?
                .f_masked_fill(&own, f64::INFINITY)?;
            let neighbours = tokens.f_index_select(0, &compared.f_argmin(1, false)?)?;
            let differences = chunk.f_sub(&neighbours)?.f_to_kind(Kind::Double)?;
            sum = sum.f_add(&differences.f_transpose(0, 1)?.f_mm(&differences)?)?;
        }
        Vec::<f64>::try_from(&sum.f_div_scalar(rows as f64)?.f_flatten(0, 1)?)
    };
    let covariance = tch::no_grad(differences).map_err(torch())?;
    let Some(whitening) = whitening(&covariance, numbers, SHRINK) else {
        // Normals that do not differ at all have no directions in which they vary.
        return Metric::new(single);
    };
    let factors = Tensor::f_from_slice(&whitening)
        .and_then(|matrix| matrix.f_view([numbers as i64, numbers as i64]))
        .and_then(|matrix| matrix.f_mul(&single.f_unsqueeze(1)?));
    Metric::new(factors.map_err(torch())?)
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

    fn distance(patches: &Patches, token: [f32; 3]) -> f32 {
        patches.distances(&Tensor::from_slice(&token).view([1, 3])).unwrap()[0]
    }

    #[test]
    fn a_deviation_counts_by_how_normal_pictures_deviate() {
        let (patches, judged) = Patches::learn(&pictures(6), true).unwrap();
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
        let (patches, judged) = Patches::learn(&pictures, true).unwrap();
        let largest = |distances: &[f32]| distances.iter().copied().fold(0.0, f32::max);
        assert!(largest(&judged[2]) > 5.0 * largest(&judged[1]));
        assert!(distance(&patches, [0.0, 0.0, 40.0]) < 0.1, "afterwards it is known");
    }

    #[test]
    fn members_of_folds_do_not_know_their_fold() {
        let mut pictures = pictures(4);
        let odd = Tensor::from_slice(&[0f32, 0.0, 40.0]).view([1, 3]);
        pictures[1].poses[0] = Tensor::cat(&[&pictures[1].poses[0], &odd], 0);
        let members = Patches::learn_without_each_fold(&pictures, true, (0, 2)).unwrap();
        assert!(distance(&members[0], [0.0, 0.0, 40.0]) < 0.1);
        assert!(distance(&members[1], [0.0, 0.0, 40.0]) > 1.0);
        assert_eq!(Patches::learn_without_each_fold(&pictures, true, (0, 9)).unwrap().len(), 9);
    }

    #[test]
    fn a_lone_picture_is_remembered_and_not_judged() {
        let (patches, judged) = Patches::learn(&pictures(1), true).unwrap();
        assert!(judged.is_empty());
        assert_eq!(patches.memory().size(), 60);
        assert!(Patches::learn(&[], true).is_err());
    }

    #[test]
    fn a_grown_member_knows_the_new_pictures() {
        let (patches, _) = Patches::learn(&pictures(3), true).unwrap();
        let odd = Tensor::from_slice(&[0f32, 0.0, 40.0]).view([1, 3]);
        assert!(distance(&patches, [0.0, 0.0, 40.0]) > 1.0);
        let grown = patches.grown(&[Seen { poses: vec![odd] }]).unwrap();
        assert!(distance(&grown, [0.0, 0.0, 40.0]) < 0.1);
    }
}
