//! The **ensemble**: several members judge a view, each in numbers of its own; their p-values are
//! what can be compared.
//!
//! A **p-value** is the share of normal views that look at least as odd to a member. The smallest of
//! k of them is below budget / k for at most the budget's share of normal items, however the members
//! and views depend on one another (Bonferroni's inequality); so the fused p-value is the smallest
//! one, and the threshold is the budget shared among all members and views. The **surprise** is
//! -log10 of a p-value: 2 for one in a hundred.

use serde::Serialize;

use super::calibration::{Calibration, Held};

/// Smallest p-value that is told apart from smaller ones; keeps the surprise finite.
const P_MIN: f64 = 1e-30;

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

/// What all members together say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fused {
    /// The largest surprise.
    pub score: f32,
    /// The surprise that a share of at most the budget of normal items exceeds.
    pub threshold: f32,
    /// The calibration that can be trusted least.
    pub calibration: Calibration,
}

/// Fuses the `members`' scores of one of `views` views of an item.
pub fn fuse(members: &[MemberScore], views: usize, budget: f64) -> Fused {
    let judgements = (members.len() * views).max(1) as f64;
    Fused {
        score: members.iter().map(MemberScore::surprise).fold(0.0, f64::max) as f32,
        threshold: -(budget / judgements).clamp(P_MIN, 1.0).log10() as f32,
        calibration: members
            .iter()
            .map(|member| member.calibration)
            .max()
            .unwrap_or(Calibration::Weak),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(p_value: f64, calibration: Calibration) -> MemberScore {
        MemberScore { member: Member::Distance, level: 0.0, p_value, calibration }
    }

    #[test]
    fn the_most_surprised_member_counts_and_the_budget_is_shared() {
        let members = [member(0.5, Calibration::Conformal), member(0.001, Calibration::Fitted)];
        let fused = fuse(&members, 2, 0.004);
        assert_eq!(fused.score, 3.0);
        assert_eq!(fused.threshold, 3.0, "0.004 for four judgements is 0.001 for each");
        assert_eq!(fused.calibration, Calibration::Fitted);
    }

    #[test]
    fn a_view_that_nobody_judged_surprises_nobody() {
        let fused = fuse(&[], 1, 0.005);
        assert_eq!((fused.score, fused.calibration), (0.0, Calibration::Weak));
    }

    #[test]
    fn the_surprise_of_the_impossible_is_finite() {
        let held = Held::new(vec![0.0; 30], 30, 1e-9).unwrap();
        let score = MemberScore::new(Member::Head, 1e6, &held, 0.005);
        assert!(score.surprise().is_finite() && score.surprise() > 5.0);
    }
}
