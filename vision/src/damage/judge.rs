//! **Judging** a member on the examples that it does not see: how well it has learned, and how far
//! damage moves the levels of both members of the ensemble.
//!
//! The **effect** of damage on a level is the mean level of damaged views less that of normal ones.
//! The ensemble weighs its members by it. It comes from synthetic defects and pictures that neither
//! the damage head nor the memory knows, so that it needs no label.

use serde::{Deserialize, Serialize};
use tch::{Kind as Number, TchError, Tensor};

use super::example::Example;
use super::head::{DAMAGE, levels};
use crate::evaluate::auroc;
use crate::scoring::{ScoringError, distance_level};

/// Effects of damage, on average of all SKUs and views.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// On the level of the distance to the reference.
    pub distance: f64,
    /// On the level of the damage head.
    pub head: f64,
}

/// Levels of examples, normal and damaged.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// (distance, head) of each normal example.
    normal: Vec<(f64, f64)>,
    /// The same of each damaged one.
    damaged: Vec<(f64, f64)>,
}

impl Judged {
    /// Adds examples with their outputs `[B, L, OUTPUTS]`, padded as in a batch. The last number of
    /// a token is its distance.
    pub(super) fn add(&mut self, examples: &[&Example], outputs: &Tensor) -> Result<(), TchError> {
        for (row, example) in examples.iter().enumerate() {
            let count = example.tokens.size()[0];
            let damage = outputs.f_select(0, row as i64)?.f_narrow(0, 0, count)?;
            let head = levels(&damage.f_select(-1, DAMAGE)?)?.f_double_value(&[])?;
            let distances = example.tokens.f_select(1, -1)?.f_to_kind(Number::Float)?;
            let distance = distance_level(&Vec::<f32>::try_from(&distances)?)
                .map_err(|error: ScoringError| TchError::Shape(error.to_string()))?;
            let levels = (distance, head);
            if example.damaged { &mut self.damaged } else { &mut self.normal }.push(levels);
        }
        Ok(())
    }

    /// How well the member's levels tell damaged from normal examples.
    pub(super) fn auroc(&self) -> Option<f64> {
        let head = |levels: &[(f64, f64)]| levels.iter().map(|level| level.1).collect::<Vec<_>>();
        auroc(&head(&self.normal), &head(&self.damaged))
    }

    /// The effects; none where there are no normal examples or no damaged ones.
    pub(super) fn effects(&self) -> Option<Effects> {
        let mean = |levels: &[(f64, f64)]| {
            let count = levels.len() as f64;
            let sum = levels.iter().fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
            (count > 0.0).then(|| (sum.0 / count, sum.1 / count))
        };
        let (normal, damaged) = (mean(&self.normal)?, mean(&self.damaged)?);
        Some(Effects { distance: damaged.0 - normal.0, head: damaged.1 - normal.1 })
    }
}

/// The mean of what the members found; nothing where none found anything.
pub(super) fn mean(effects: impl Iterator<Item = Effects>) -> Effects {
    let all: Vec<Effects> = effects.collect();
    let mean = |of: fn(&Effects) -> f64| all.iter().map(of).sum::<f64>() / all.len().max(1) as f64;
    Effects { distance: mean(|effects| effects.distance), head: mean(|effects| effects.head) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_is_how_far_damage_moves_the_mean_level() {
        let mut judged = Judged { normal: vec![(1.0, 0.1), (2.0, 0.3)], damaged: vec![] };
        assert_eq!(judged.effects(), None, "nothing damaged was judged");
        judged.damaged = vec![(2.0, 0.7)];
        let effects = judged.effects().unwrap();
        assert!((effects.distance - 0.5).abs() < 1e-9 && (effects.head - 0.5).abs() < 1e-9);
        assert_eq!(judged.auroc(), Some(1.0));
        let both = mean([effects, Effects { distance: 1.5, head: 0.5 }].into_iter());
        assert!((both.distance - 1.0).abs() < 1e-9 && (both.head - 0.5).abs() < 1e-9);
        assert_eq!(mean(std::iter::empty()), Effects::default());
    }
}
