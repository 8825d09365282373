//! Training the damage head: several **members**, each blind to a **fold** of the normal pictures.
//!
//! Source n belongs to fold n modulo the number of folds, and member k learns from no example whose
//! source lies in fold k. So for every normal picture there is one member that judges it as it will
//! judge the next item: these judgements calibrate (cross-conformal prediction, arXiv 1208.0806),
//! and the mean of all members is what is deployed.
//!
//! The loss has three parts. The view's: how badly is it damaged (all examples). The tokens': how
//! badly is each of them (where that is known; synthetic defects know it). The kinds': of which kind
//! is it (badly touched tokens of known kind), which counts little: words must not cost detection.
//! Cross-entropy with a degree between 0 and 1 as its target is least where the degree is met.

use std::path::PathBuf;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use tch::{Kind as Number, Reduction, TchError, Tensor};
use thiserror::Error;

use super::adam::{AdamW, one_cycle};
use super::checkpoint::{self, CheckpointError, State};
use super::example::{Batch, Example, NO_KIND};
use super::head::{DAMAGE, KINDS, Network, Shape, pooled};
use super::judge::Judged;
use super::options::{TrainOptions, TrainRun};
use super::{Kind, curve};
use base::messages::first_line;
use base::progress::Progress;

/// What the kinds' part of the loss counts beside the others.
const KIND_WEIGHT: f64 = 0.2;
/// Of each example, every so manieth token tells how large the numbers are.
const SAMPLE: i64 = 7;
/// Numbers of noise beyond those that the largest batch needs: windows start anywhere in them.
const NOISE_SPARE: i64 = 1 << 20;

/// The mean loss of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochLoss {
    /// On the examples learned from, with noise, while the weights change.
    pub learned: f32,
    /// On the examples of the fold that the member does not see, afterwards; none where there are
    /// none.
    pub unseen: Option<f32>,
}

/// One trained member.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) network: Network,
    pub(super) losses: Vec<EpochLoss>,
    pub(super) unseen_auroc: Option<f64>,
}

/// A trained head, not yet packaged.
#[derive(Debug)]
pub struct Trained {
    pub(super) members: Vec<Member>,
    pub(super) options: TrainOptions,
    pub(super) sources: Vec<String>,
    pub(super) counts: Counts,
}

/// How many examples there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All examples.
    pub examples: usize,
    /// Those of damaged items.
    pub damaged: usize,
    /// Those among them that somebody labelled.
    pub labelled: usize,
}

/// Why training stopped.
#[derive(Debug, Error)]
pub enum TrainError {
    /// An option makes no sense.
    #[error("the damage head cannot be trained: {0}")]
    Options(&'static str),
    /// An example cannot be learned from.
    #[error("example {index} of {source_name} cannot be learned from: {cause}")]
    Example {
        /// Its index.
        index: usize,
        /// Its source.
        source_name: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A member would see normal or damaged items only.
    #[error(
        "member {member} of the damage head would learn from {normal} normal and {damaged} damaged \
         examples and needs both: learn from more normal pictures (here are {sources})"
    )]
    TooFew {
        /// The member, from 1.
        member: usize,
        /// Normal examples it may see.
        normal: usize,
        /// Damaged examples it may see.
        damaged: usize,
        /// Sources there are.
        sources: usize,
    },
    /// The loss is not a number any more.
    #[error(
        "the loss of member {member} became {loss} in epoch {epoch}: lower the learning rate; \
         the checkpoint holds the epoch before"
    )]
    Diverged {
        /// The member, from 1.
        member: usize,
        /// The epoch, from 1.
        epoch: usize,
        /// The loss.
        loss: f64,
    },
    /// A checkpoint cannot be used or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A tensor operation failed.
    #[error("libtorch failed while it trained the damage head: {0}")]
    Torch(String),
}

impl From<TchError> for TrainError {
    fn from(error: TchError) -> TrainError {
        TrainError::Torch(first_line(&error.to_string()))
    }
}

impl Trained {
    /// The loss curves as a picture (SVG).
    pub fn curve(&self) -> String {
        let curves: Vec<&[EpochLoss]> = self.members.iter().map(|m| m.losses.as_slice()).collect();
        curve::svg(&curves)
    }
}

/// Trains all members on `examples`, whose sources are named in `sources`: names or checksums by
/// which the caller knows the normal pictures again. Draws from libtorch's generator.
///
/// # Errors
/// See [`TrainError`]. What was finished before is in the checkpoints.
pub fn train(
    examples: &[Example],
    sources: &[String],
    options: &TrainOptions,
    run: &TrainRun,
    progress: &mut dyn Progress,
) -> Result<Trained, TrainError> {
    check(examples, sources, options)?;
    let _threads = Threads::set(run.threads);
    let fingerprint = checkpoint::fingerprint(examples, sources, options);
    let mut members = Vec::with_capacity(options.folds);
    for member in 0..options.folds {
        let training = Training {
            member,
            learned: learned_by(examples, member, options),
            unseen: of_fold(examples, member, options),
            options,
            run,
            file: run.checkpoints.join(format!("member{}.safetensors", member + 1)),
            fingerprint: &fingerprint,
        };
        members.push(training.run(progress)?);
    }
    let damaged = examples.iter().filter(|example| example.damaged);
    let counts = Counts {
        examples: examples.len(),
        damaged: damaged.clone().count(),
        labelled: damaged.filter(|example| example.source.is_none()).count(),
    };
    Ok(Trained { members, options: options.clone(), sources: sources.to_vec(), counts })
}

/// Whether `member` is blind to the source with this index.
pub(super) fn blind(member: usize, source: usize, folds: usize) -> bool {
    source % folds == member
}

/// The examples of one epoch of `member`; labelled ones as often as they are repeated.
fn learned_by<'a>(
    examples: &'a [Example],
    member: usize,
    options: &TrainOptions,
) -> Vec<&'a Example> {
    let times = |example: &Example| match example.source {
        None => options.labelled_repeats,
        Some(source) => usize::from(!blind(member, source as usize, options.folds)),
    };
    examples.iter().flat_map(|example| std::iter::repeat_n(example, times(example))).collect()
}

/// The examples that `member` does not see.
fn of_fold<'a>(examples: &'a [Example], member: usize, options: &TrainOptions) -> Vec<&'a Example> {
    let unseen = |example: &&Example| {
        example.source.is_some_and(|source| blind(member, source as usize, options.folds))
    };
    examples.iter().filter(unseen).collect()
}

fn check(
    examples: &[Example],
    sources: &[String],
    options: &TrainOptions,
) -> Result<(), TrainError> {
    if let Some(fault) = options.fault() {
        return Err(TrainError::Options(fault));
    }
    let first = examples.first().ok_or(TrainError::Options("there are no examples"))?;
    let channels = first.tokens.size().last().copied().unwrap_or(0);
    for (index, example) in examples.iter().enumerate() {
        if let Some(cause) = example.fault(channels, sources.len())? {
            let name = example.source.and_then(|source| sources.get(source as usize));
            let source_name = name.map_or("a labelled picture", String::as_str).to_owned();
            return Err(TrainError::Example { index, source_name, cause });
        }
    }
    for member in 0..options.folds {
        let learned = learned_by(examples, member, options);
        let damaged = learned.iter().filter(|example| example.damaged).count();
        let normal = learned.len() - damaged;
        if damaged == 0 || normal == 0 {
            let (member, sources) = (member + 1, sources.len());
            return Err(TrainError::TooFew { member, normal, damaged, sources });
        }
    }
    Ok(())
}

/// Sets libtorch's threads and restores them when dropped.
struct Threads(i32);

impl Threads {
    fn set(threads: i32) -> Threads {
        let before = tch::get_num_threads();
        tch::set_num_threads(threads.max(1));
        Threads(before)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        tch::set_num_threads(self.0);
    }
}

/// The training of one member.
struct Training<'a> {
    member: usize,
    learned: Vec<&'a Example>,
    unseen: Vec<&'a Example>,
    options: &'a TrainOptions,
    run: &'a TrainRun,
    file: PathBuf,
    fingerprint: &'a str,
}

impl Training<'_> {
    fn run(&self, progress: &mut dyn Progress) -> Result<Member, TrainError> {
        let options = self.options;
        let channels = self.learned[0].tokens.size()[1];
        let TrainOptions { width, layers, heads, .. } = *options;
        tch::manual_seed(self.seed(0) as i64);
        let mut network = Network::new(Shape { channels, width, layers, heads }, self.run.device);
        network.normalise(&self.sample()?)?;
        let noise = self.noise(channels)?;
        let mut adam = AdamW::new(network.store(), options.weight_decay)?;
        let mut losses = Vec::new();
        if self.run.resume && self.file.exists() {
            let state = State { network: &network, adam: &mut adam };
            losses = checkpoint::load(&self.file, self.fingerprint, state)?;
        }
        let what = format!("training member {} of {}", self.member + 1, options.folds);
        for epoch in losses.len()..options.epochs {
            progress.step(epoch, options.epochs, &what);
            let learned = self.epoch(epoch, &network, &mut adam, &noise)?;
            let unseen = self.judge(&network, &mut Judged::default())?;
            losses.push(EpochLoss {
                learned: learned as f32,
                unseen: unseen.map(|loss| loss as f32),
            });
            let state = State { network: &network, adam: &mut adam };
            checkpoint::save(&self.file, self.fingerprint, &losses, &state)?;
        }
        progress.step(options.epochs, options.epochs, &what);
        let mut judged = Judged::default();
        self.judge(&network, &mut judged)?;
        Ok(Member { network, losses, unseen_auroc: judged.auroc() })
    }

    /// A seed of its own for each member and epoch, so that a resumed training draws what an
    /// uninterrupted one does.
    fn seed(&self, epoch: usize) -> u64 {
        let mut random = StdRng::seed_from_u64(self.options.seed);
        let own = (self.member as u64) << 32 | epoch as u64;
        random.random::<u64>() ^ StdRng::seed_from_u64(own).random::<u64>()
    }

    /// Some tokens of all examples, `[N, channels]`.
    fn sample(&self) -> Result<Tensor, TchError> {
        let rows: Result<Vec<Tensor>, TchError> = self
            .learned
            .iter()
            .map(|example| example.tokens.f_slice(0, 0, None, SAMPLE)?.f_to_kind(Number::Float))
            .collect();
        Tensor::f_cat(&rows?, 0)?.f_to_device(self.run.device)
    }

    /// Normal noise, drawn once; a step takes a window of it. Drawing anew
    /// would cost time in each step, and what is drawn would depend on where training was resumed.
    fn noise(&self, channels: i64) -> Result<Tensor, TchError> {
        let longest = self.learned.iter().map(|example| example.tokens.size()[0]).max();
        let batch = self.options.batch as i64 * longest.unwrap_or(1) * channels;
        let place = (Number::Float, self.run.device);
        Tensor::f_randn([batch + NOISE_SPARE], place)?.f_mul_scalar(self.options.noise)
    }

    /// Sees each example once; the mean loss.
    fn epoch(
        &self,
        epoch: usize,
        network: &Network,
        adam: &mut AdamW,
        noise: &Tensor,
    ) -> Result<f64, TrainError> {
        let mut random = StdRng::seed_from_u64(self.seed(epoch + 1));
        let mut order = self.learned.clone();
        order.shuffle(&mut random);
        let steps = order.len().div_ceil(self.options.batch);
        let mut sum = 0.0;
        for (step, examples) in order.chunks(self.options.batch).enumerate() {
            let mut batch = Batch::join(examples, self.run.device)?;
            let size = batch.tokens.size();
            let from = random.random_range(0..NOISE_SPARE);
            let window = noise.f_narrow(0, from, size.iter().product())?.f_view(size.as_slice())?;
            batch.tokens = batch.tokens.f_add(&window.f_mul(network.spread())?)?;
            let (loss, _) = tch::with_grad(|| loss(network, &batch))?;
            let value = loss.f_double_value(&[])?;
            if !value.is_finite() {
                let (member, epoch) = (self.member + 1, epoch + 1);
                return Err(TrainError::Diverged { member, epoch, loss: value });
            }
            let rate = one_cycle(epoch * steps + step, self.options.epochs * steps);
            adam.step(&loss, self.options.learning_rate * rate)?;
            sum += value * examples.len() as f64;
        }
        Ok(sum / order.len() as f64)
    }

    /// Mean loss on the examples that this member does not see; their levels go to `judged`.
    fn judge(&self, network: &Network, judged: &mut Judged) -> Result<Option<f64>, TrainError> {
        let mut sum = 0.0;
        for examples in self.unseen.chunks(self.options.batch) {
            let batch = Batch::join(examples, self.run.device)?;
            let (loss, outputs) = tch::no_grad(|| loss(network, &batch))?;
            sum += loss.f_double_value(&[])? * examples.len() as f64;
            tch::no_grad(|| judged.add(examples, &outputs))?;
        }
        let count = self.unseen.len();
        Ok((count > 0).then(|| sum / count as f64))
    }
}

/// The loss of a batch, and the outputs of its tokens.
fn loss(network: &Network, batch: &Batch) -> Result<(Tensor, Tensor), TchError> {
    let none: Option<&Tensor> = None;
    let outputs = network.forward(&batch.tokens, &batch.places, Some(&batch.keep))?;
    let views = pooled(&outputs, Some(&batch.keep))?;
    let mut loss =
        views.f_binary_cross_entropy_with_logits(&batch.damaged, none, none, Reduction::Mean)?;
    if batch.known_count > 0.0 {
        let tokens = outputs.f_select(-1, DAMAGE)?.f_binary_cross_entropy_with_logits(
            &batch.touched,
            Some(&batch.known),
            none,
            Reduction::Sum,
        )?;
        loss = loss.f_add(&tokens.f_div_scalar(batch.known_count)?)?;
    }
    if batch.kinds_count > 0.0 {
        let count = Kind::ALL.len() as i64;
        let kinds = outputs.f_narrow(-1, KINDS, count)?.f_reshape([-1, count])?;
        let target = batch.kinds.f_reshape([-1])?;
        let kinds = kinds.f_cross_entropy_loss(&target, none, Reduction::Mean, NO_KIND, 0.0)?;
        loss = loss.f_add(&kinds.f_mul_scalar(KIND_WEIGHT)?)?;
    }
    Ok((loss, outputs))
}

#[cfg(test)]
pub(super) mod tests;
