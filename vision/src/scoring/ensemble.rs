//! The **ensemble**: two members judge a view, each on a scale of its own; together they make one
//! level, whose p-value is the view's.
//!
//! A **p-value** is the share of normal views that look at least as odd. The **surprise** is -log10
//! of it: 2 for one in a hundred.
//!
//! The **joint level** is the weighted sum of the members' levels, each as its distance from the mean
//! of the held-out levels in units of their spread. A member's weight is the effect of damage on its
//! level in the same unit, so that a member to which damage looks like any other difference hardly
//! counts: Fisher's linear discriminant for members that are independent of each other ("The Use of
//! Multiple Measurements in Taxonomic Problems", 1936). Two weak signs add up; the smaller of two
//! p-values would ignore one of them, and cost half the budget. The spread of joint levels is that of
//! the held-out pictures, so that dependence between members costs power and not the budget.
//!
//! The smallest p-value of k views is below budget / k for at most the budget's share of normal
//! items, however views depend on one another (Bonferroni's inequality): the threshold is the budget
//! shared among the views.

use serde::Serialize;

use super::calibration::{Calibration, Held};
use crate::damage::Effects;

/// Smallest p-value that is told apart from smaller ones; keeps the surprise finite.
const P_MIN: f64 = 1e-30;
/// Spread of joint levels that is assumed before any is known: that of independent members.
const JOINT_SPREAD: f64 = 1.0;

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// The distance to the reference: learned from normal items alone.
    Distance,
    /// The damage head: learned from damaged items, real or synthetic.
    Head,
}

impl Member {
    /// The member's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Member::Distance => "distance",
            Member::Head => "head",
        }
    }
}

/// What one member says about a view.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MemberScore {
    /// Who says so.
    pub member: Member,
    /// How odd the view is, on the member's own scale.
    pub level: f64,
    /// The share of normal views that are at least as odd.
    pub p_value: f64,
    /// How far the p-value can be trusted.
    pub calibration: Calibration,
}

impl MemberScore {
    /// `level` among the `held_out` levels of normal views.
    pub fn new(member: Member, level: f64, held_out: &Held, budget: f64) -> MemberScore {
        let p_value = held_out.p_value(level).clamp(P_MIN, 1.0);
        MemberScore { member, level, p_value, calibration: held_out.calibration(budget) }
    }

    /// -log10 of the p-value.
    pub fn surprise(&self) -> f64 {
        -self.p_value.log10()
    }
}

/// How two members' levels become one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Joint {
    /// Weights of the distance and of the damage head; their squares sum up to 1.
    weights: [f64; 2],
    /// Joint levels of normal pictures that neither member has learned from.
    held_out: Held,
}

impl Joint {
    /// Learns from the held-out levels of `normals` pictures, (distance, head) of each, and from the
    /// effects of damage. `distance` and `head` hold the same levels. `None` without levels.
    pub(super) fn learn(
        levels: &[(f32, f32)],
        (distance, head): (&Held, &Held),
        effects: Effects,
        normals: usize,
    ) -> Option<Joint> {
        let towards = [effects.distance / distance.spread(), effects.head / head.spread()];
        let towards = towards.map(|effect| effect.max(0.0));
        let length = towards[0].hypot(towards[1]);
        // Where damage moves neither level, nobody knows better than the other.
        let weights = if length > 0.0 {
            towards.map(|effect| effect / length)
        } else {
            [std::f64::consts::FRAC_1_SQRT_2; 2]
        };
        // As exact as the file keeps them, so that a loaded reference judges as a learned one.
        let weights = weights.map(|weight| f64::from(weight as f32));
        Joint::new(weights, levels, (distance, head), normals)
    }

    /// A joint level with these weights, whose held-out levels are those of the members, as in
    /// [`Joint::learn`]. `None` where there is no level, or where something is no number.
    pub(super) fn new(
        weights: [f64; 2],
        levels: &[(f32, f32)],
        (distance, head): (&Held, &Held),
        normals: usize,
    ) -> Option<Joint> {
        let standard = |level: &(f32, f32)| {
            [distance.standard(f64::from(level.0)), head.standard(f64::from(level.1))]
        };
        let levels = levels.iter().map(|level| sum(weights, standard(level)) as f32);
        let held_out = Held::new(levels.collect(), normals, JOINT_SPREAD)?;
        weights.iter().all(|weight| weight.is_finite()).then_some(Joint { weights, held_out })
    }

    pub(super) fn weights(&self) -> [f64; 2] {
        self.weights
    }

    /// The p-value of a view, from its distance and its head's levels in units of their spreads.
    fn p_value(&self, standard: [f64; 2]) -> f64 {
        self.held_out.p_value(sum(self.weights, standard))
    }
}

fn sum(weights: [f64; 2], levels: [f64; 2]) -> f64 {
    weights[0] * levels[0] + weights[1] * levels[1]
}

/// What all members together say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fused {
    /// The surprise of the joint level.
    pub score: f32,
    /// The surprise that a share of at most the budget of normal items exceeds.
    pub threshold: f32,
    /// How far the score can be trusted.
    pub calibration: Calibration,
}

/// What both members say of one of `views` views of an item, each level with the held-out ones.
pub(super) fn fuse(
    joint: &Joint,
    distance: (f64, &Held),
    head: (f64, &Held),
    views: usize,
    budget: f64,
) -> Fused {
    let p_value = joint.p_value([distance.1.standard(distance.0), head.1.standard(head.0)]);
    fused(p_value, joint.held_out.calibration(budget / views.max(1) as f64), views, budget)
}

/// What one member alone says.
pub(super) fn alone(member: &MemberScore, views: usize, budget: f64) -> Fused {
    fused(member.p_value, member.calibration, views, budget)
}

fn fused(p_value: f64, calibration: Calibration, views: usize, budget: f64) -> Fused {
    Fused {
        score: -p_value.clamp(P_MIN, 1.0).log10() as f32,
        threshold: -(budget / views.max(1) as f64).clamp(P_MIN, 1.0).log10() as f32,
        calibration,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty levels around `mean`, with a spread of about 0.1.
    fn held(mean: f32, phase: f32) -> Vec<f32> {
        (0..30).map(|i| mean + 0.14 * (i as f32 * 2.4 + phase).sin()).collect()
    }

    fn joint(effects: Effects) -> (Joint, Held, Held) {
        let (distances, heads) = (held(2.0, 0.0), held(0.2, 1.0));
        let levels: Vec<(f32, f32)> =
            distances.iter().copied().zip(heads.iter().copied()).collect();
        let distance = Held::new(distances, 30, 0.1).unwrap();
        let head = Held::new(heads, 30, 0.1).unwrap();
        let joint = Joint::learn(&levels, (&distance, &head), effects, 30).unwrap();
        (joint, distance, head)
    }

    #[test]
    fn two_weak_signs_are_stronger_together() {
        let (joint, distance, head) = joint(Effects { distance: 0.3, head: 0.3 });
        let fused = fuse(&joint, (2.27, &distance), (0.47, &head), 1, 0.005);
        let alone = MemberScore::new(Member::Distance, 2.27, &distance, 0.005);
        assert!(f64::from(fused.score) > alone.surprise() + 0.3, "{fused:?} {alone:?}");
        assert!(fused.score > fused.threshold, "{fused:?}");
    }

    #[test]
    fn a_member_that_damage_does_not_move_does_not_count() {
        let (joint, distance, head) = joint(Effects { distance: -0.1, head: 0.3 });
        assert_eq!(joint.weights(), [0.0, 1.0]);
        let of = |level: f64| fuse(&joint, (level, &distance), (0.2, &head), 1, 0.005).score;
        assert_eq!(of(2.0), of(9.0));
        let (nobody, ..) = super::tests::joint(Effects::default());
        assert!((nobody.weights()[0] - nobody.weights()[1]).abs() < 1e-9);
    }

    #[test]
    fn the_budget_is_shared_among_the_views() {
        let (joint, distance, head) = joint(Effects { distance: 0.1, head: 0.3 });
        let fused = fuse(&joint, (2.0, &distance), (0.2, &head), 2, 0.002);
        assert_eq!((fused.threshold, fused.calibration), (3.0, Calibration::Fitted));
        let member = MemberScore::new(Member::Distance, 2.0, &distance, 0.002);
        assert_eq!(alone(&member, 2, 0.002).threshold, 3.0);
    }

    #[test]
    fn the_surprise_of_the_impossible_is_finite() {
        let held = Held::new(vec![0.0; 30], 30, 1e-9).unwrap();
        let score = MemberScore::new(Member::Head, 1e6, &held, 0.005);
        assert!(score.surprise().is_finite() && score.surprise() > 5.0);
    }
}
