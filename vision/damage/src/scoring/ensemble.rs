//! The **ensemble**: members that judge a view, each on a scale of its own; together they make one
//! level, whose p-value is the view's.
//!
//! A **p-value** is the share of normal views that look at least as odd. The **surprise** is -log10
//! of it: 2 for one in a hundred.
//!
//! Members are chosen so that they cannot all be blind to the same thing. What is missing is no token
//! of the item, so the whole view, its composition and the silhouette have a say; a small scratch
//! changes no composition, so the texture has one.
//!
//! Each member's level is taken as its distance from the mean of the held-out levels in units of
//! their spread. The **joint level** is a power mean of these: (Σ (w z⁺)⁴)^¼, where z⁺ counts what is
//! above the mean alone. With a power of 1 a member that sees nothing would dilute one that sees
//! everything, and with a large one, where only the most surprised member counts, two that are both
//! a little surprised would be no more than one. 2 is what a likelihood ratio gives where all members
//! see each defect (Kudô, "A multivariate analogue of the one-sided test", 1963); most defects are
//! seen by some of them only. The power, and the weights, are chosen among [`Voices::CANDIDATES`] by
//! leaving sets out (`inspectctl leave-one-out`, docs/measurements/eye.md), and no set's own pictures
//! change them.
//!
//! The joint levels of held-out normal views tell the p-value, so that dependence between members
//! costs power and not the budget. The smallest p-value of k views is below budget / k for at most
//! the budget's share of normal items, however views depend on one another (Bonferroni's inequality):
//! the threshold is the budget shared among the views.

use serde::Serialize;

use super::calibration::{Calibration, Held, Prior};

/// Smallest p-value that is told apart from smaller ones; keeps the surprise finite.
const P_MIN: f64 = 1e-30;
/// Members' deviations beyond this count no more: all are equally impossible.
const DEVIATION_MAX: f64 = 100.0;

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// The distance of smoothed tokens of the whole view: the plainest method there is, kept as the
    /// yardstick.
    Plain,
    /// The distance of coarse tokens of the whole view, in units of how normal items vary.
    Parts,
    /// The distance of fine tokens of the whole view.
    Texture,
    /// What the whole view consists of.
    Composition,
    /// The distance of coarse tokens of the item alone, seen closely; where the item fills the view,
    /// the whole view's members see it as closely.
    Item,
    /// The item's outline.
    Silhouette,
    /// The damage head: learned from damaged items, real or synthetic.
    Head,
}

impl Member {
    /// All members, in the order of tables.
    pub const ALL: [Member; 7] = [
        Member::Plain,
        Member::Parts,
        Member::Texture,
        Member::Composition,
        Member::Item,
        Member::Silhouette,
        Member::Head,
    ];

    /// The member's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Member::Plain => "plain",
            Member::Parts => "parts",
            Member::Texture => "texture",
            Member::Composition => "composition",
            Member::Item => "item",
            Member::Silhouette => "silhouette",
            Member::Head => "head",
        }
    }

    /// The member of this name.
    pub fn named(name: &str) -> Option<Member> {
        Member::ALL.into_iter().find(|member| member.name() == name)
    }

    /// Of the tokens' distances, the share that makes the level, the largest ones.
    pub(super) fn top_share(self) -> f64 {
        match self {
            Member::Item => 0.03,
            _ => 0.01,
        }
    }

    /// What its levels of normal views are like before any is known: medians over the normal
    /// pictures of all sets (docs/measurements/eye.md).
    pub fn prior(self) -> Prior {
        let spread = match self {
            Member::Plain => 0.10,
            Member::Parts => 0.08,
            Member::Texture => 0.07,
            Member::Composition => 0.20,
            Member::Item => 0.08,
            Member::Silhouette => 0.40,
            Member::Head => 0.01,
        };
        Prior { spread, ..Prior::LEVELS }
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

/// How members are heard together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Voices {
    /// What this choice is called in tables.
    pub name: &'static str,
    /// The power of the joint level.
    power: f64,
    /// What each member's deviation counts, in the order of [`Member::ALL`].
    weights: [f64; Member::ALL.len()],
}

impl Voices {
    /// What scoring uses: the choice of all sets together.
    pub const CHOSEN: Voices = Voices::CANDIDATES[1];

    /// What is chosen among. Weights are those of plain, parts, texture, composition, item, silhouette
    /// and head.
    pub const CANDIDATES: [Voices; 6] = [
        Voices { name: "equal", power: 4.0, weights: [1.0; 7] },
        Voices { name: "parts and head", power: 4.0, weights: [0.6, 1.0, 0.7, 0.3, 0.7, 0.3, 1.0] },
        Voices {
            name: "parts and head, squares",
            power: 2.0,
            weights: [0.6, 1.0, 0.7, 0.3, 0.7, 0.3, 1.0],
        },
        Voices {
            name: "parts and head, loudest",
            power: 16.0,
            weights: [0.6, 1.0, 0.7, 0.3, 0.7, 0.3, 1.0],
        },
        Voices { name: "head first", power: 4.0, weights: [0.5, 0.8, 0.5, 0.3, 0.5, 0.3, 1.5] },
        Voices { name: "tokens first", power: 4.0, weights: [0.8, 1.0, 0.8, 0.3, 0.8, 0.3, 0.6] },
    ];

    /// The joint level of members, each with its deviation from normal in units of the spread.
    pub fn joint(&self, deviations: impl IntoIterator<Item = (Member, f64)>) -> f64 {
        let powers = deviations.into_iter().map(|(member, deviation)| {
            let weight = self.weights[member as usize];
            (weight * deviation.clamp(0.0, DEVIATION_MAX)).powf(self.power)
        });
        powers.sum::<f64>().powf(1.0 / self.power)
    }
}

/// What all members together say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fused {
    /// The surprise of the joint level.
    pub score: f32,
    /// The surprise that a share of at most the budget of normal items exceeds.
    pub threshold: f32,
    /// How far the score can be trusted.
    pub calibration: Calibration,
}

impl Fused {
    /// Whether the score exceeds the threshold.
    pub fn exceeds(&self) -> bool {
        self.score > self.threshold
    }

    /// Of a view whose joint level is `level`, one of `views` of an item, among the `held_out` joint
    /// levels of normal views.
    pub fn new(level: f64, held_out: &Held, views: usize, budget: f64) -> Fused {
        let shared = budget / views.max(1) as f64;
        Fused {
            score: -held_out.p_value(level).clamp(P_MIN, 1.0).log10() as f32,
            threshold: -shared.clamp(P_MIN, 1.0).log10() as f32,
            calibration: held_out.calibration(shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thirty levels around 2, with a spread of about 0.1.
    fn held() -> Held {
        let levels = (0..30).map(|i| 2.0 + 0.14 * (i as f32 * 2.4).sin()).collect();
        Held::new(levels, 30, Prior { spread: 0.1, ..Prior::LEVELS }).unwrap()
    }

    #[test]
    fn two_weak_signs_are_stronger_together() {
        let joint = |head| Voices::CHOSEN.joint([(Member::Parts, 2.5), (Member::Head, head)]);
        let (one, two) = (joint(0.0), joint(2.5));
        assert!(two > 1.15 * one && two < 1.3 * one, "{one} {two}");
    }

    #[test]
    fn members_that_see_nothing_hardly_dilute_the_one_that_does() {
        let blind = [Member::Plain, Member::Texture, Member::Head].map(|member| (member, 1.0));
        let joint = |of: Vec<(Member, f64)>| Voices::CHOSEN.joint(of);
        let alone = joint(vec![(Member::Parts, 5.0)]);
        let among = joint(blind.into_iter().chain([(Member::Parts, 5.0)]).collect());
        assert!(among >= alone && among < 1.01 * alone, "{alone} {among}");
        assert_eq!(joint(vec![(Member::Parts, -3.0), (Member::Head, -9.0)]), 0.0);
        assert!(joint(vec![(Member::Parts, f64::INFINITY)]).is_finite());
    }

    #[test]
    fn each_member_has_the_weight_of_its_place() {
        for (at, member) in Member::ALL.into_iter().enumerate() {
            assert_eq!(member as usize, at);
            let level = Voices::CANDIDATES[1].joint([(member, 2.0)]);
            assert!((level - 2.0 * Voices::CANDIDATES[1].weights[at]).abs() < 1e-9);
        }
    }

    #[test]
    fn the_budget_is_shared_among_the_views() {
        let fused = Fused::new(2.0, &held(), 2, 0.002);
        assert_eq!((fused.threshold, fused.calibration), (3.0, Calibration::Fitted));
        assert_eq!(Fused::new(2.0, &held(), 1, 0.001).threshold, 3.0);
    }

    #[test]
    fn the_surprise_of_the_impossible_is_finite() {
        let score = MemberScore::new(Member::Head, 1e6, &held(), 0.005);
        assert!(score.surprise().is_finite() && score.surprise() > 5.0);
    }

    #[test]
    fn members_are_known_by_their_names() {
        for member in Member::ALL {
            assert_eq!(Member::named(member.name()), Some(member));
        }
        assert_eq!(Member::named("nobody"), None);
    }
}
