//! **Leaving sets out**: how the ensemble's constants are chosen, and what they are worth on sets that
//! they were not chosen on.
//!
//! Each set is learned and scored by itself; members share nothing but the backbone. From the levels
//! follow, for each way of hearing the members together ([`Voices`]), the figures of the whole. For
//! each set, the voices are chosen on the other sets and reported on this one.

use serde::Serialize;

use super::metrics::Judged;
use super::{Levels, Metrics};
use base::dataset::GOOD;
use damage::scoring::{Fused, Held, Member, Prior, Voices};

/// What a false divert costs, and a thousandth of AUROC below the best member, in shares of detected
/// items: a good item on the floor is worse than a bad one that the next check may see.
const COST_OF_FALSE_DIVERT: f64 = 3.0;
const COST_OF_AUROC: f64 = 4.0;

/// What came out on one set.
#[derive(Debug, Clone, Serialize)]
pub struct SetFigures {
    /// Its name.
    pub set: String,
    /// Normal pictures of each view, of the view that has fewest.
    pub normals: usize,
    /// Each member by itself, where it has a say.
    pub members: Vec<(Member, Metrics)>,
    /// All members, heard as the other sets choose.
    pub left_out: LeftOut,
    /// All members, heard as the product does.
    pub ensemble: Metrics,
}

/// What the choice of the other sets is worth here.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LeftOut {
    /// What they choose.
    pub voices: Voices,
    /// Its figures.
    pub metrics: Metrics,
}

impl SetFigures {
    /// The largest AUROC of a single member.
    pub fn best_member(&self) -> Option<(Member, f64)> {
        let all = self.members.iter().filter_map(|(member, of)| Some((*member, of.auroc?)));
        all.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The figures of each named set, for a false-divert budget.
pub fn leave_one_out(sets: &[(String, Levels)], budget: f64) -> Vec<SetFigures> {
    let judged: Vec<Vec<Metrics>> = sets
        .iter()
        .map(|(_, levels)| {
            Voices::CANDIDATES.iter().map(|voices| together(levels, voices, budget)).collect()
        })
        .collect();
    let members: Vec<Vec<(Member, Metrics)>> =
        sets.iter().map(|(_, levels)| each_member(levels, budget)).collect();
    let best = |set: usize| {
        members[set].iter().filter_map(|(_, metrics)| metrics.auroc).fold(0.0, f64::max)
    };
    (0..sets.len())
        .map(|set| {
            let worth = |at: usize| -> f64 {
                let others = (0..sets.len()).filter(|other| *other != set);
                others.map(|other| worth(&judged[other][at], best(other))).sum()
            };
            let chosen = (0..Voices::CANDIDATES.len())
                .rev()
                .max_by(|a, b| worth(*a).total_cmp(&worth(*b)))
                .expect("there are candidates");
            let (name, levels) = &sets[set];
            let counts = levels.normals.values().flat_map(|of_view| of_view.values().map(Vec::len));
            SetFigures {
                set: name.clone(),
                normals: counts.min().unwrap_or(0),
                members: members[set].clone(),
                left_out: LeftOut {
                    voices: Voices::CANDIDATES[chosen],
                    metrics: judged[set][chosen],
                },
                ensemble: together(levels, &Voices::CHOSEN, budget),
            }
        })
        .collect()
}

/// What figures are worth, where the best single member has this AUROC.
fn worth(metrics: &Metrics, best: f64) -> f64 {
    let budget = metrics.at_budget;
    let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    share(budget.defective_diverted, budget.defective)
        - COST_OF_FALSE_DIVERT * share(budget.good_diverted, budget.good)
        - COST_OF_AUROC * (best - metrics.auroc.unwrap_or(0.0)).max(0.0)
}

/// All members, heard by `voices`.
fn together(levels: &Levels, voices: &Voices, budget: f64) -> Metrics {
    let views = levels.normals.len();
    let known = levels.normals.iter().map(|(view, of_view)| {
        let held: Vec<(Member, Held)> = of_view
            .iter()
            .filter_map(|(member, each)| {
                Some((*member, Held::new(each.clone(), each.len(), member.prior())?))
            })
            .collect();
        let joint = |level: &dyn Fn(Member) -> Option<f64>| {
            let deviations = held
                .iter()
                .filter_map(|(member, held)| Some((*member, held.standard(level(*member)?))));
            voices.joint(deviations.collect::<Vec<_>>())
        };
        let count = of_view.values().map(Vec::len).min().unwrap_or(0);
        let normals = (0..count)
            .map(|at| joint(&|member| of_view.get(&member).map(|each| f64::from(each[at]))) as f32);
        let all = Held::new(normals.collect(), count, Prior::JOINT);
        (view.clone(), (held, all))
    });
    let known: std::collections::BTreeMap<_, _> = known.collect();
    figures(levels, |view, found| {
        let (held, all) = known.get(view)?;
        let deviations = held
            .iter()
            .filter_map(|(member, held)| Some((*member, held.standard(*found.get(member)?))));
        let joint = voices.joint(deviations.collect::<Vec<_>>());
        let fused = Fused::new(joint, all.as_ref()?, views, budget);
        Some((f64::from(fused.score), fused.exceeds()))
    })
}

/// Each member that has a say, by itself.
fn each_member(levels: &Levels, budget: f64) -> Vec<(Member, Metrics)> {
    let views = levels.normals.len();
    let of = |member: Member| {
        let has_a_say = levels.normals.values().any(|of_view| of_view.contains_key(&member));
        has_a_say.then(|| {
            let metrics = figures(levels, |view, found| {
                let each = levels.normals.get(view)?.get(&member)?;
                let held = Held::new(each.clone(), each.len(), member.prior())?;
                let fused = Fused::new(*found.get(&member)?, &held, views, budget);
                Some((f64::from(fused.score), fused.exceeds()))
            });
            (member, metrics)
        })
    };
    Member::ALL.into_iter().filter_map(of).collect()
}

/// The figures of items whose views `judge` judges; an item is as odd as its oddest view.
fn figures(
    levels: &Levels,
    judge: impl Fn(&str, &std::collections::BTreeMap<Member, f64>) -> Option<Judged>,
) -> Metrics {
    let (mut good, mut defective) = (Vec::new(), Vec::new());
    for item in &levels.items {
        let views = item.views.iter().filter_map(|(view, found)| judge(view, found));
        let whole = views.reduce(|a, b| (a.0.max(b.0), a.1 || b.1));
        if let Some(whole) = whole {
            if item.class == GOOD { &mut good } else { &mut defective }.push(whole);
        }
    }
    Metrics::new(&good, &defective, 0.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::ItemLevels;
    use super::*;

    /// A set whose defects `member` sees, and nobody else.
    fn set(member: Member) -> Levels {
        let wave = |at: usize, phase: f32| (at as f32 * 2.4 + phase).sin() * 0.1;
        let normals: BTreeMap<Member, Vec<f32>> = [Member::Plain, Member::Parts, Member::Head]
            .into_iter()
            .map(|one| (one, (0..30).map(|at| wave(at, one as u8 as f32)).collect()))
            .collect();
        let item = |at: usize, class: &str| ItemLevels {
            class: class.to_owned(),
            name: format!("{class}{at}"),
            views: BTreeMap::from([(
                "top".to_owned(),
                normals
                    .keys()
                    .map(|one| {
                        let seen = if class != GOOD && *one == member { 1.5 } else { 0.0 };
                        (*one, f64::from(wave(at + 7, *one as u8 as f32)) + seen)
                    })
                    .collect(),
            )]),
        };
        let items = (0..20).map(|at| item(at, if at < 10 { GOOD } else { "dent" })).collect();
        Levels { normals: BTreeMap::from([("top".to_owned(), normals)]), items }
    }

    #[test]
    fn each_set_is_measured_with_what_the_others_choose() {
        let sets = [
            ("a".to_owned(), set(Member::Parts)),
            ("b".to_owned(), set(Member::Head)),
            ("c".to_owned(), set(Member::Plain)),
        ];
        let found = leave_one_out(&sets, 0.005);
        assert_eq!(found.len(), 3);
        for (figures, member) in found.iter().zip([Member::Parts, Member::Head, Member::Plain]) {
            assert_eq!(figures.normals, 30);
            assert_eq!(figures.best_member(), Some((member, 1.0)));
            assert_eq!(figures.ensemble.auroc, Some(1.0), "{}", figures.set);
            assert_eq!(figures.ensemble.at_budget.good_diverted, 0);
            assert!(figures.left_out.metrics.auroc.unwrap() > 0.95);
        }
        let blind = &found[0].members.iter().find(|(member, _)| *member == Member::Head).unwrap().1;
        assert!(blind.auroc.unwrap() < 0.9);
    }
}
