//! Gradient steps: **AdamW** (arXiv 1711.05101) and the **one-cycle** learning rate (arXiv
//! 1708.07120).
//!
//! libtorch's own optimiser does not give out its state through tch, so an interrupted training could
//! not go on as if nothing had happened. This one keeps its state in two flat tensors that a
//! checkpoint can hold; it is also faster, since the network has many small weights.

use tch::nn::VarStore;
use tch::{TchError, Tensor};

/// Decay of the mean gradient and of its mean square; the usual values.
const BETAS: (f64, f64) = (0.9, 0.999);
/// Least divisor of a step; the usual value.
const EPSILON: f64 = 1e-8;
/// Norm to which longer gradients are cut: one odd batch must not throw the weights away.
const GRADIENT_MAX: f64 = 1.0;
/// Share of the steps in which the learning rate rises.
const RISE: f64 = 0.2;
/// The learning rate starts at this share of its peak, and ends at [`END`] of the start.
const START: f64 = 1.0 / 25.0;
const END: f64 = 1e-4;

/// The learning rate of step `step` of `steps`, as a share of its peak: up along half a cosine, and
/// down along another, as PyTorch's `OneCycleLR` has it.
pub(super) fn one_cycle(step: usize, steps: usize) -> f64 {
    let last = steps.saturating_sub(1).max(1) as f64;
    let top = (RISE * steps as f64 - 1.0).clamp(0.0, last);
    let at = step as f64;
    let between = |from: f64, to: f64, share: f64| {
        to + (from - to) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0
    };
    if at <= top && top > 0.0 {
        between(START, 1.0, at / top)
    } else {
        between(1.0, START * END, ((at - top) / (last - top).max(1.0)).min(1.0))
    }
}

/// The optimiser of one network.
#[derive(Debug)]
pub(super) struct AdamW {
    weights: Vec<Tensor>,
    weight_decay: f64,
    /// Mean gradient, of all weights after each other.
    pub(super) first: Tensor,
    /// Mean square of the gradient, likewise.
    pub(super) second: Tensor,
    /// Steps taken.
    pub(super) steps: i32,
}

impl AdamW {
    /// An optimiser of all trainable weights in `store`.
    pub(super) fn new(store: &VarStore, weight_decay: f64) -> Result<AdamW, TchError> {
        let weights = store.trainable_variables();
        let count: usize = weights.iter().map(Tensor::numel).sum();
        let options = (tch::Kind::Float, store.device());
        let zeros = || Tensor::f_zeros([count as i64], options);
        Ok(AdamW { weights, weight_decay, first: zeros()?, second: zeros()?, steps: 0 })
    }

    /// Computes the gradients of `loss` and takes one step against them.
    pub(super) fn step(&mut self, loss: &Tensor, learning_rate: f64) -> Result<(), TchError> {
        for weight in &mut self.weights {
            weight.zero_grad();
        }
        loss.f_backward()?;
        tch::no_grad(|| self.descend(learning_rate))
    }

    fn descend(&mut self, learning_rate: f64) -> Result<(), TchError> {
        let gradients: Result<Vec<Tensor>, TchError> = self
            .weights
            .iter()
            .map(|weight| {
                let gradient = weight.f_grad()?;
                // A weight that this loss does not depend on, such as those of the kinds.
                if gradient.defined() {
                    gradient.f_flatten(0, -1)
                } else {
                    weight.f_zeros_like()?.f_flatten(0, -1)
                }
            })
            .collect();
        let gradient = Tensor::f_cat(&gradients?, 0)?;
        let norm = gradient.f_norm()?.f_double_value(&[])?;
        let gradient = gradient.f_mul_scalar((GRADIENT_MAX / (norm + 1e-6)).min(1.0))?;
        self.steps += 1;
        let _ = self.first.f_lerp_(&gradient, 1.0 - BETAS.0)?;
        let _ = self.second.f_lerp_(&gradient.f_square()?, 1.0 - BETAS.1)?;
        let (first_bias, second_bias) =
            (1.0 - BETAS.0.powi(self.steps), 1.0 - BETAS.1.powi(self.steps));
        let divisor = self.second.f_sqrt()?.f_div_scalar(second_bias.sqrt())?;
        let change = self
            .first
            .f_div(&divisor.f_add_scalar(EPSILON)?)?
            .f_mul_scalar(learning_rate / first_bias)?;
        let mut from = 0;
        for weight in &mut self.weights {
            let count = weight.numel() as i64;
            let part = change.f_narrow(0, from, count)?.f_view_as(weight)?;
            let _ = weight.f_mul_scalar_(1.0 - learning_rate * self.weight_decay)?.f_sub_(&part)?;
            from += count;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, nn};

    #[test]
    fn the_learning_rate_rises_to_its_peak_and_falls_to_nothing() {
        let rates: Vec<f64> = (0..100).map(|step| one_cycle(step, 100)).collect();
        assert!((rates[0] - START).abs() < 1e-12);
        assert!((rates[19] - 1.0).abs() < 1e-12, "the peak ends the first fifth");
        assert!((rates[99] - START * END).abs() < 1e-12);
        assert!(rates[..20].is_sorted() && rates[19..].iter().rev().is_sorted());
        assert!((0..3).all(|step| one_cycle(step, 3).is_finite() && one_cycle(step, 1) > 0.0));
    }

    #[test]
    fn steps_are_those_of_libtorchs_own_adamw() {
        let start = Tensor::from_slice(&[0.5_f32, -1.0, 2.0]);
        let weights = |store: &VarStore| store.root().var_copy("w", &start);
        let loss = |w: &Tensor| (w.square() * 0.1).sum(Kind::Float);
        let (ours, theirs) = (VarStore::new(Device::Cpu), VarStore::new(Device::Cpu));
        let (our_weights, their_weights) = (weights(&ours), weights(&theirs));
        let mut adam = AdamW::new(&ours, 0.05).unwrap();
        let config = nn::AdamW { wd: 0.05, ..Default::default() };
        let mut reference = nn::OptimizerConfig::build(config, &theirs, 0.1).unwrap();
        for _ in 0..20 {
            adam.step(&loss(&our_weights), 0.1).unwrap();
            reference.backward_step(&loss(&their_weights));
        }
        let difference = (our_weights - &their_weights).abs().max().double_value(&[]);
        assert!(difference < 1e-6, "{difference}");
        assert!((their_weights - start).abs().min().double_value(&[]) > 0.3);
    }
}
