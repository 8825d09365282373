//! The tables of labels, `table.tsv` and `languages.tsv`: every row is what a careful person reads.

use super::*;
use jiff::civil::date;
use std::collections::BTreeMap;

/// The tables, also the seeds of the fuzz tests: the first languages with every way of writing a date, further
/// languages and eras, prints that once went wrong, kind by kind, and labels that were written to try the code.
const TABLES: [&str; 4] = [
    include_str!("table.tsv"),
    include_str!("languages.tsv"),
    include_str!("prints.tsv"),
    include_str!("unseen.tsv"),
];
/// The day on which the table is read.
pub const TODAY: Date = date(2026, 3, 1);

/// Lines from the table's notation, 10 pixels high: `|` parts rows, `¦` prints of one row that are far apart,
/// `¬` prints that are as near as words.
pub fn lines_of(text: &str) -> Vec<TextLine> {
    let mut lines = Vec::new();
    for (row, text) in text.split('|').enumerate() {
        let mut end = 0.0;
        let mut column: f32 = 0.0;
        for print in text.split_inclusive(['¦', '¬']) {
            let near = print.ends_with('¬');
            let line =
                TextLine::level(print.trim_matches(['¦', '¬', ' ']), end, 16.0 * row as f32, 10.0);
            column += 100.0;
            end += line.width();
            // Far prints stand in columns, so that headings are above what they head.
            end = if near { end + 5.0 } else { column.max(end + 40.0) };
            lines.push(line);
        }
    }
    lines
}

/// A row of a table.
pub struct Label {
    /// The heading that it stands under: the language, or what the labels have in common.
    pub section: &'static str,
    /// What is printed, in the tables' notation.
    pub text: &'static str,
    /// Where the goods are sold.
    pub region: Region,
    /// What a careful person reads.
    pub dates: &'static str,
}

/// The rows of the tables.
pub fn table() -> impl Iterator<Item = Label> {
    let mut section = "";
    TABLES.into_iter().flat_map(str::lines).filter_map(move |line| {
        if let Some(comment) = line.strip_prefix('#') {
            section = comment.strip_prefix("# ").unwrap_or(section);
            return None;
        }
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_else(|| panic!("a column is missing: {line}"));
        let (text, region, dates) = (next(), next(), next());
        let region = match region {
            "eu" => Region::Europe,
            "us" => Region::UnitedStates,
            "ca" => Region::Canada,
            "asia" => Region::EastAsia,
            "any" => Region::Unspecified,
            other => panic!("no region {other}: {line}"),
        };
        Some(Label { section, text, region, dates })
    })
}

/// Dates in the table's notation.
pub fn written(reads: &[DateRead]) -> String {
    let date = |read: &DateRead| {
        let role = match read.role {
            Role::Expiry => "expiry",
            Role::Manufacture => "manufacture",
            Role::Unknown => "unknown",
        };
        let two = |part: Option<i8>| part.map_or("?".to_owned(), |part| format!("{part:02}"));
        let year = read.year.map_or("?".to_owned(), |year| year.to_string());
        format!("{role} {year}-{}-{}", two(read.month), two(read.day))
    };
    if reads.is_empty() {
        "none".to_owned()
    } else {
        reads.iter().map(date).collect::<Vec<_>>().join("; ")
    }
}

#[test]
fn every_label_of_the_tables_is_read_as_a_careful_person_reads_it() {
    let mut wrong = Vec::new();
    let mut right: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for Label { section, text, region, dates } in table() {
        let reads = find_dates(&lines_of(text), &Context { region, today: TODAY });
        let got = written(&reads);
        let (good, all) = right.entry(section).or_default();
        (*good, *all) = (*good + usize::from(got == dates), *all + 1);
        if got != dates {
            let reasons: Vec<&str> = reads.iter().map(|read| read.reason.as_str()).collect();
            wrong.push(format!("{text}\n    wanted {dates}\n    got    {got} {reasons:?}"));
        }
    }
    let sections: Vec<String> =
        right.iter().map(|(section, (good, all))| format!("{section}: {good} of {all}")).collect();
    let count: usize = right.values().map(|(_, all)| all).sum();
    assert!(count >= 1800 && right.len() >= 65, "{count} rows in {} sections", right.len());
    assert!(
        wrong.is_empty(),
        "{} of {count} rows:\n{}\n{}",
        wrong.len(),
        wrong.join("\n"),
        sections.join("\n")
    );
}
