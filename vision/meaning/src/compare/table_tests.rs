//! The table of labels and expectations, `table.tsv`: every row is what a careful person says.

use super::*;
use crate::dates::table_tests::{TODAY, lines_of};
use crate::dates::{Context, Region, find_dates};
use crate::lot::{NumberKind, find_numbers};

/// The table, also the seed of the property tests.
pub const TABLE: &str = include_str!("table.tsv");

/// An expectation from the table's notation, and the codes of its label.
fn expectation(text: &str) -> (Expectation, Vec<String>) {
    let mut expected = Expectation { sku: "A1".to_owned(), ..Expectation::default() };
    let mut codes = Vec::new();
    for pair in text.split(';') {
        let (key, value) = pair.trim().split_once('=').unwrap_or_else(|| panic!("no = in {text}"));
        let value = value.to_owned();
        match key {
            "size" => expected.size = Some(value),
            "colour" => expected.colour = Some(value),
            "count" => expected.count = Some(value.parse().unwrap()),
            "gtin" => expected.gtin = Some(value),
            "lot" => expected.lot = Some(value),
            "expiry" => expected.expiry = Some(value.parse().unwrap()),
            "title" => expected.title = Some(value),
            "code" => codes.push(value),
            other => panic!("nothing is called {other}: {text}"),
        }
    }
    (expected.checked().unwrap(), codes)
}

/// The rows of the table: lines, expectation, codes, answers.
pub fn table() -> impl Iterator<Item = (Vec<TextLine>, Expectation, Vec<String>, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_else(|| panic!("a column is missing: {line}"));
        let (lines, expected, answers) = (lines_of(next()), next(), next());
        let (expected, codes) = expectation(expected);
        (lines, expected, codes, answers)
    })
}

/// The comparison of a label whose lot and dates are read as on the line.
pub fn compared(lines: &[TextLine], codes: &[String], expected: &Expectation) -> Comparison {
    let dates = find_dates(lines, &Context { region: Region::Europe, today: TODAY });
    let numbers = find_numbers(lines);
    let lot = numbers.iter().find(|number| number.kind == NumberKind::Lot);
    compare(lines, codes, lot.map(|lot| lot.text.as_str()), &dates, expected, TODAY)
}

/// A comparison in the table's notation, in alphabetical order.
fn written(comparison: &Comparison) -> Vec<String> {
    let key = |what: What| {
        if what == What::Expiry { "expiry".into() } else { what.to_string().to_lowercase() }
    };
    let Comparison { mismatches, agreed, not_found } = comparison;
    let mut answers: Vec<String> =
        mismatches.iter().map(|one| format!("{}≠{}", key(one.what), one.label)).collect();
    answers.extend(agreed.iter().map(|one| format!("{}=", key(one.what))));
    answers.extend(not_found.iter().map(|one| format!("{}?", key(one.what))));
    answers.sort();
    answers
}

#[test]
fn every_label_of_the_table_is_judged_as_a_careful_person_judges_it() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for ((lines, expected, codes, answers), row) in
        table().zip(TABLE.lines().filter(|line| !line.starts_with('#')))
    {
        let comparison = compared(&lines, &codes, &expected);
        let mut wanted: Vec<String> = answers.split(';').map(|one| one.trim().to_owned()).collect();
        wanted.sort();
        let got = written(&comparison);
        if got != wanted {
            wrong.push(format!("{row}\n    got {got:?}\n    {:?}", comparison.not_found));
        }
        count += 1;
    }
    assert!(count >= 120, "{count} rows");
    assert!(wrong.is_empty(), "{} of {count} rows:\n{}", wrong.len(), wrong.join("\n"));
}
