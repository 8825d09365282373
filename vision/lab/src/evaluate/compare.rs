//! Two models on the same pictures: their figures side by side, the items on which they disagree, and
//! whether the difference can be told from chance.

use serde::Serialize;

use super::scored::ItemScore;
use super::stats::{AurocDifference, delong, mcnemar};
use super::{EvaluateError, EvaluateOptions, Evaluation, run};
use base::dataset::GOOD;
use base::progress::Progress;

/// Two models, compared.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The first model's figures.
    pub first: Evaluation,
    /// The second model's figures.
    pub second: Evaluation,
    /// What can be told from chance.
    pub compared: Compared,
    /// Items that one model diverts and the other does not.
    pub disagreements: Vec<Disagreement>,
}

/// The difference of two models on the items that both have scored.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Items that both have scored.
    pub items: usize,
    /// Items that only the first model decides rightly with the default false-divert budget.
    pub only_first_right: usize,
    /// Items that only the second model decides rightly.
    pub only_second_right: usize,
    /// How likely so uneven a count is, were both as good (McNemar, exact, two-sided).
    pub p_value: f64,
    /// The difference of their fused AUROC (DeLong); `null` where good or defective items are missing.
    pub auroc: Option<AurocDifference>,
}

/// An item that one model diverts and the other does not.
#[derive(Debug, Serialize)]
pub struct Disagreement {
    /// The class: `good`, or a kind of defect.
    pub class: String,
    /// The item's name.
    pub item: String,
    /// The first model's score.
    pub first_score: f64,
    /// Whether the first model diverts it; the second does the opposite.
    pub first_diverts: bool,
    /// The second model's score.
    pub second_score: f64,
}

/// Evaluates both models and compares them. The options' datasets are to be the same.
pub fn compare(
    first: &EvaluateOptions,
    second: &EvaluateOptions,
    progress: &mut dyn Progress,
) -> Result<Comparison, EvaluateError> {
    let (first, second) = (run(first, progress)?, run(second, progress)?);
    let pairs: Vec<(&ItemScore, &ItemScore)> = first
        .items
        .iter()
        .filter_map(|one| {
            let same = |other: &&ItemScore| (&other.class, &other.name) == (&one.class, &one.name);
            Some((one, second.items.iter().find(same)?))
        })
        .collect();
    let (compared, disagreements) = (compared(&pairs), disagreements(&pairs));
    Ok(Comparison { first, second, compared, disagreements })
}

fn compared(pairs: &[(&ItemScore, &ItemScore)]) -> Compared {
    let right = |item: &ItemScore| item.diverted() == (item.class != GOOD);
    let only = |a: bool, b: bool| {
        pairs.iter().filter(|(one, two)| (right(one), right(two)) == (a, b)).count()
    };
    let scores = |good: bool| -> Vec<[f64; 2]> {
        let of_kind = pairs.iter().filter(|(one, _)| (one.class == GOOD) == good);
        of_kind.map(|(one, two)| [one.score(), two.score()]).collect()
    };
    let (only_first_right, only_second_right) = (only(true, false), only(false, true));
    Compared {
        items: pairs.len(),
        only_first_right,
        only_second_right,
        p_value: mcnemar(only_first_right, only_second_right),
        auroc: delong(&scores(true), &scores(false)),
    }
}

fn disagreements(pairs: &[(&ItemScore, &ItemScore)]) -> Vec<Disagreement> {
    let differ = pairs.iter().filter(|(one, two)| one.diverted() != two.diverted());
    differ
        .map(|(one, two)| Disagreement {
            class: one.class.clone(),
            item: one.name.clone(),
            first_score: one.score(),
            first_diverts: one.diverted(),
            second_score: two.score(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::evaluate::scored::ScoredView;
    use damage::scoring::{Area, HeatMap};

    /// Diverted above 3.
    fn item(class: &str, score: f64) -> ItemScore {
        let area = Area { x: 0.0, y: 0.0, width: 8.0, height: 8.0 };
        let heat = HeatMap { width: 1, height: 1, values: vec![0.0], area, hot: 1.0 };
        let view = ScoredView {
            picture: "p".into(),
            mask: None,
            size: (8, 8),
            score,
            threshold: 3.0,
            ms: 1.0,
            members: vec![],
            heats: vec![],
            heat,
        };
        let views = BTreeMap::from([("top".to_owned(), view)]);
        ItemScore { class: class.into(), name: format!("{class} {score}"), views }
    }

    #[test]
    fn models_are_held_against_each_other_item_by_item() {
        let first = [item(GOOD, 1.0), item(GOOD, 4.0), item("dent", 2.0), item("dent", 5.0)];
        let second = [item(GOOD, 2.0), item(GOOD, 1.0), item("dent", 6.0), item("dent", 7.0)];
        let pairs: Vec<_> = first.iter().zip(&second).collect();
        let found = compared(&pairs);
        assert_eq!((found.items, found.only_first_right, found.only_second_right), (4, 0, 2));
        assert!((found.p_value - 0.5).abs() < 1e-9, "two tosses of a coin: {}", found.p_value);
        assert_eq!(found.auroc.map(|auroc| auroc.difference), Some(0.25));
        let told = disagreements(&pairs);
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].item.as_str(), told[0].first_diverts), ("good 4", true));
        assert_eq!((told[1].first_score, told[1].second_score), (2.0, 6.0));
    }

    #[test]
    fn a_model_compared_with_itself_differs_in_nothing() {
        let items = [item(GOOD, 1.0), item(GOOD, 4.0), item("dent", 2.0), item("dent", 5.0)];
        let pairs: Vec<_> = items.iter().zip(&items).collect();
        let found = compared(&pairs);
        assert_eq!((found.p_value, found.only_first_right), (1.0, 0));
        assert_eq!(found.auroc.map(|auroc| (auroc.difference, auroc.p_value)), Some((0.0, None)));
        assert!(disagreements(&pairs).is_empty());
    }
}
