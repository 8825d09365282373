//! **Judging** a member on the examples that it does not see: how well it has learned.

use tch::{TchError, Tensor};

use super::example::Example;
use super::head::{DAMAGE, levels};
use base::statistics::auroc;

/// Levels of examples, normal and damaged.
#[derive(Debug, Default)]
pub(super) struct Judged {
    normal: Vec<f64>,
    damaged: Vec<f64>,
}

impl Judged {
    /// Adds examples with their outputs `[B, L, OUTPUTS]`, padded as in a batch.
    pub(super) fn add(&mut self, examples: &[&Example], outputs: &Tensor) -> Result<(), TchError> {
        for (row, example) in examples.iter().enumerate() {
            let count = example.tokens.size()[0];
            let damage = outputs.f_select(0, row as i64)?.f_narrow(0, 0, count)?;
            let level = levels(&damage.f_select(-1, DAMAGE)?)?.f_double_value(&[])?;
            if example.damaged { &mut self.damaged } else { &mut self.normal }.push(level);
        }
        Ok(())
    }

    /// How well the member's levels tell damaged from normal examples; none where there are no normal
    /// examples or no damaged ones.
    pub(super) fn auroc(&self) -> Option<f64> {
        auroc(&self.normal, &self.damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_judged_by_how_it_ranks_what_it_has_not_seen() {
        let mut judged = Judged { normal: vec![0.1, 0.3], damaged: vec![] };
        assert_eq!(judged.auroc(), None, "nothing damaged was judged");
        judged.damaged = vec![0.7];
        assert_eq!(judged.auroc(), Some(1.0));
    }
}
