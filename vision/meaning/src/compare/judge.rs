//! **Judging**: what all that a label says of one kind means against what is expected.
//!
//! A *statement* is a value with the print that says it and a *weight*: a field word before it makes it
//! named, its place on the label plain, and anything less is a hint. Hints can agree and never contradict.
//! Named statements outweigh plain ones. Different statements that exclude each other (a chart of sizes,
//! nutrition per portion and per pack) leave open which of them holds.

use super::{Agreement, Mismatch, NotFound, What};
use crate::rows::Print;
use std::cmp::Ordering;

/// How much a statement counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It can agree.
    Hint,
    /// It stands as such values stand on labels.
    Plain,
    /// A field word announces it.
    Named,
}

/// A value that a label says.
#[derive(Debug, Clone)]
pub struct Said<V> {
    /// The value.
    pub value: V,
    /// Its print.
    pub print: Print,
    /// How much it counts.
    pub weight: Weight,
}

/// A kind of values.
pub trait Value {
    /// Whether several on one label leave it open even where one is the expected one.
    const ONE: bool;
    /// Values of different groups say nothing of each other on one label.
    fn group(&self) -> u8;
    /// Whether two values are the same as far as they say it; `None` where they cannot be compared.
    fn agrees(&self, other: &Self) -> Option<bool>;
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The label says what is expected.
    Agreed(Agreement),
    /// The label says something else.
    Mismatch(Mismatch),
    /// The label does not say it, or leaves it open.
    NotFound(NotFound),
}

/// Under this confidence a line is a hint. On pictures of cartons in shops, misread amounts had 0.51 to 0.79
/// (`3 DL` as `10L`), and those that were read right 0.84 to 1.
const LEAST_CONFIDENCE: f32 = 0.8;

/// Holds what is `said` against the `claims` of an expectation, any of which will do; `expected` is how the
/// expectation writes them.
pub fn judge<V: Value>(what: What, expected: &str, claims: &[V], said: Vec<Said<V>>) -> Verdict {
    let mut judged: Vec<(bool, Said<V>)> = Vec::new();
    for mut statement in said {
        let answers: Vec<bool> =
            claims.iter().filter_map(|claim| claim.agrees(&statement.value)).collect();
        if statement.print.place.confidence < LEAST_CONFIDENCE {
            statement.weight = Weight::Hint;
        }
        if !answers.is_empty() {
            judged.push((answers.contains(&true), statement));
        }
    }
    // The order in which lines come must not decide which one is quoted.
    judged.sort_by(|(_, a), (_, b)| reading_order(&a.print, &b.print));
    let mut groups: Vec<u8> = judged.iter().map(|(_, said)| said.value.group()).collect();
    groups.sort_unstable();
    groups.dedup();
    let verdicts: Vec<Verdict> = groups
        .into_iter()
        .filter_map(|group| {
            let members = judged.iter().filter(|(_, said)| said.value.group() == group);
            judge_group(what, expected, &members.collect::<Vec<_>>())
        })
        .collect();
    let worst = |verdict: &&Verdict| match verdict {
        Verdict::Mismatch(_) => 0,
        Verdict::Agreed(_) => 1,
        Verdict::NotFound(_) => 2,
    };
    verdicts.iter().min_by_key(worst).cloned().unwrap_or_else(|| not_found(what))
}

/// The label says nothing of this kind.
pub fn not_found(what: What) -> Verdict {
    let words = format!("the label was not seen to name {what}");
    Verdict::NotFound(NotFound { what, words })
}

/// The label says what is expected, in this print.
pub fn agreed(what: What, expected: &str, label: &str) -> Verdict {
    Verdict::Agreed(Agreement { what, expected: expected.to_owned(), label: label.to_owned() })
}

fn judge_group<V: Value>(
    what: What,
    expected: &str,
    members: &[&(bool, Said<V>)],
) -> Option<Verdict> {
    let top = members.iter().map(|(_, said)| said.weight).max()?;
    let right = members.iter().find(|(agrees, said)| *agrees && said.weight == top);
    let any_right = members.iter().find(|(agrees, _)| *agrees);
    if top == Weight::Hint {
        return any_right.map(|(_, said)| agreed(what, expected, &said.print.text));
    }
    let deciding: Vec<&Said<V>> =
        members.iter().filter(|(_, said)| said.weight == top).map(|(_, said)| said).collect();
    let all_right = members.iter().all(|(agrees, said)| *agrees || said.weight < top);
    let rivals = |a: &Said<V>, b: &Said<V>| a.value.agrees(&b.value) == Some(false);
    let open = deciding.iter().any(|a| deciding.iter().any(|b| rivals(a, b)));
    match right {
        Some((_, said)) if all_right || !V::ONE => {
            return Some(agreed(what, expected, &said.print.text));
        }
        None if !open && (top == Weight::Named || any_right.is_none()) => {
            return Some(mismatch(what, expected, &deciding.first()?.print));
        }
        _ => (),
    }
    let mut prints: Vec<&str> = Vec::new();
    let doubts = if open { deciding } else { members.iter().map(|(_, said)| said).collect() };
    for said in doubts {
        if !prints.contains(&said.print.text.as_str()) {
            prints.push(&said.print.text);
        }
    }
    let listed: Vec<String> = prints.iter().take(6).map(|print| format!("\"{print}\"")).collect();
    let words = format!("the label names more than one {what}: {}", listed.join(", "));
    Some(Verdict::NotFound(NotFound { what, words }))
}

/// The label contradicts the expectation in this print.
fn mismatch(what: What, expected: &str, print: &Print) -> Verdict {
    Verdict::Mismatch(Mismatch::new(what, expected, &print.text, Some(print.place.corners)))
}

fn reading_order(a: &Print, b: &Print) -> Ordering {
    let ([ax, ay], [bx, by]) = (a.place.centre(), b.place.centre());
    ay.total_cmp(&by).then(ax.total_cmp(&bx)).then_with(|| a.text.cmp(&b.text))
}
