//! The table of labels, `table.tsv`: every row is what a careful person reads.

use super::*;
use jiff::civil::date;

/// The table, also the seed of the fuzz tests.
pub const TABLE: &str = include_str!("table.tsv");
/// The table of prints that once went wrong, kind by kind.
const PRINTS: &str = include_str!("prints.tsv");
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

/// The rows of the table: lines, region, dates.
pub fn table() -> impl Iterator<Item = (&'static str, Region, &'static str)> {
    rows_of(TABLE).chain(rows_of(PRINTS))
}

fn rows_of(table: &'static str) -> impl Iterator<Item = (&'static str, Region, &'static str)> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_else(|| panic!("a column is missing: {line}"));
        let (lines, region, dates) = (next(), next(), next());
        let region = match region {
            "eu" => Region::Europe,
            "us" => Region::UnitedStates,
            "ca" => Region::Canada,
            "asia" => Region::EastAsia,
            "any" => Region::Unspecified,
            other => panic!("no region {other}: {line}"),
        };
        (lines, region, dates)
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
fn every_label_of_the_table_is_read_as_a_careful_person_reads_it() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (text, region, wanted) in table() {
        let reads = find_dates(&lines_of(text), &Context { region, today: TODAY });
        let got = written(&reads);
        if got != wanted {
            let reasons: Vec<&str> = reads.iter().map(|read| read.reason.as_str()).collect();
            wrong.push(format!("{text}\n    wanted {wanted}\n    got    {got} {reasons:?}"));
        }
        count += 1;
    }
    assert!(count >= 300, "{count} rows");
    assert!(wrong.is_empty(), "{} of {count} rows:\n{}", wrong.len(), wrong.join("\n"));
}
