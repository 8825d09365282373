//! What a training is told: what decides its result, and what does not.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tch::Device;

/// What decides the weights, together with the examples. The defaults of learning are those of a
/// prototype in Python that learned from bends made on 17 normal pictures; the network is the smallest
/// that judged as well as a larger one (`docs/measurements/eye-before-members.md`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainOptions {
    /// Start of all randomness: the same seed, examples and threads give the same weights.
    pub seed: u64,
    /// Times that each example is seen.
    pub epochs: usize,
    /// Members, and folds of the sources; at least 2.
    pub folds: usize,
    /// Examples in a step.
    pub batch: usize,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Share of each weight that decays, times the learning rate.
    pub weight_decay: f64,
    /// Noise on the tokens, as a share of their spread: no two pictures of an item are the same.
    pub noise: f64,
    /// Times that an epoch repeats each labelled example: a few real ones beside many made ones.
    pub labelled_repeats: usize,
    /// Numbers of a token inside the network.
    pub width: i64,
    /// Layers of the network.
    pub layers: i64,
    /// Heads of attention; a divisor of the width.
    pub heads: i64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        TrainOptions {
            seed: 1,
            epochs: 12,
            folds: 3,
            batch: 16,
            learning_rate: 2e-3,
            weight_decay: 0.05,
            noise: 0.15,
            labelled_repeats: 8,
            width: 48,
            layers: 1,
            heads: 1,
        }
    }
}

impl TrainOptions {
    /// What keeps these options from making sense.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.folds < 2 {
            return Some("it needs at least 2 folds");
        }
        if self.epochs == 0 || self.batch == 0 || self.layers < 1 {
            return Some("epochs, batch and layers are at least 1");
        }
        if self.heads < 1 || self.width < 1 || self.width % self.heads != 0 {
            return Some("the width must be a multiple of the heads");
        }
        None
    }
}

/// Where and how training runs; none of it is to change the result.
#[derive(Debug, Clone)]
pub struct TrainRun {
    /// The folder of checkpoints.
    pub checkpoints: PathBuf,
    /// Whether to go on from the checkpoints there; otherwise they are replaced.
    pub resume: bool,
    /// Where the network is trained.
    pub device: Device,
    /// Threads of libtorch while it trains; afterwards they are what they were. Two cores are worth
    /// two only where nothing else runs: with the cores busy otherwise, two threads took many times
    /// as long as one. Sums in another order change the last digits.
    pub threads: i32,
}
