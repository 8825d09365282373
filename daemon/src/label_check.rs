//! **The label check**: what the labels in an item's views say together, and what speaks against the item.
//!
//! Each camera sees another side: the lot is the one that was read best, codes before text; of several
//! expiry dates the earliest counts. What every label **must show** and no view does is a finding, unless a
//! view could not be read: then nobody knows, and the item's label has a problem instead.
//!
//! A pure function; the day is an argument.

use jiff::civil::Date;
use plc_bridge::protocol::Check;
use vision::config::{LabelPart, LabelSection};
use vision::label::expiry::{ExpiryFinding, assess};
use vision::label::lot::NumberRead;
use vision::label::reading::Reading;
use vision::label::worker::shows;

use crate::records::record::{Finding, LabelRecord};

/// Lines of text that a record keeps, and characters of each.
const LINES_MAX: usize = 64;
const CHARACTERS_MAX: usize = 200;

/// What the label of one item says and what speaks against the item. `views` are camera and reading, or
/// why there is none.
pub fn check(
    views: &[(String, Result<Reading, String>)],
    section: &LabelSection,
    today: Date,
) -> (LabelRecord, Vec<Finding>) {
    let readings: Vec<(&String, &Reading)> =
        views.iter().filter_map(|(camera, view)| Some((camera, view.as_ref().ok()?))).collect();
    let problems: Vec<String> = views
        .iter()
        .filter_map(|(camera, view)| Some(format!("{camera}: {}", view.as_ref().err()?)))
        .collect();

    let mut findings = Vec::new();
    let mut last_day = None;
    for (camera, reading) in &readings {
        let assessed = assess(&reading.dates, None, today, section.divert_days_before_expiry);
        last_day = last_day.into_iter().chain(assessed.last_day).min();
        for finding in assessed.findings {
            if let Some(words) = words_of(&finding, section.divert_days_before_expiry) {
                let words = format!("{camera}: {words}; {}", assessed.reason);
                findings.push(Finding::fact(Check::Label, Some((*camera).clone()), words));
            }
        }
    }
    if problems.is_empty() {
        let missing = |part: &&LabelPart| !readings.iter().any(|(_, read)| shows(read, **part));
        let missing: Vec<&str> =
            section.must_show.iter().filter(missing).map(|part| name(*part)).collect();
        if !missing.is_empty() {
            let words = format!("no {} is to be read on the label", missing.join(", no "));
            findings.push(Finding::fact(Check::Label, None, words));
        }
    }

    let all = || readings.iter().map(|(_, reading)| *reading);
    let lot = surest(all().filter_map(|reading| reading.lot.as_ref()));
    let serial = surest(all().filter_map(|reading| reading.serial.as_ref()));
    let record = LabelRecord {
        codes: all().flat_map(|reading| &reading.codes).map(|code| code.text.clone()).collect(),
        gtin: all().flat_map(|reading| &reading.gtins).next().cloned(),
        lot,
        serial,
        last_day: last_day.map(|day: Date| day.to_string()),
        text: all()
            .flat_map(|reading| &reading.lines)
            .take(LINES_MAX)
            .map(|line| line.text.chars().take(CHARACTERS_MAX).collect())
            .collect(),
        problem: (!problems.is_empty()).then(|| problems.join("; ")),
    };
    (record, findings)
}

/// The number that was read with the most confidence, and so that of a code before a printed one; the
/// first of equal ones.
fn surest<'a>(numbers: impl Iterator<Item = &'a NumberRead>) -> Option<String> {
    let surer =
        |a: &'a NumberRead, b: &'a NumberRead| if b.confidence > a.confidence { b } else { a };
    numbers.reduce(surer).map(|number| number.text.clone())
}

/// What an expiry finding says; none where the item may still be shipped.
fn words_of(finding: &ExpiryFinding, divert_days: u16) -> Option<String> {
    match finding {
        ExpiryFinding::Expired { by_days: 1 } => Some("expired yesterday".to_owned()),
        ExpiryFinding::Expired { by_days } => Some(format!("expired {by_days} days ago")),
        ExpiryFinding::ExpiresWithin { .. } if divert_days == 0 => None,
        ExpiryFinding::ExpiresWithin { days: 0 } => Some("expires today".to_owned()),
        ExpiryFinding::ExpiresWithin { days } => Some(format!("expires in {days} days")),
        ExpiryFinding::DiffersFromRecord { label, record } => {
            Some(format!("the label says `{label}`, {record} was expected"))
        }
    }
}

fn name(part: LabelPart) -> &'static str {
    match part {
        LabelPart::Gtin => "GTIN",
        LabelPart::Lot => "lot",
        LabelPart::Serial => "serial number",
        LabelPart::Expiry => "expiry date",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use vision::label::dates::{Context, Region};
    use vision::label::line::TextLine;

    use super::*;

    const TODAY: Date = date(2026, 3, 1);

    fn view(camera: &str, lines: &[&str]) -> (String, Result<Reading, String>) {
        let lines = lines.iter().enumerate();
        let lines = lines.map(|(row, text)| TextLine::level(text, 0.0, 30.0 * row as f32, 20.0));
        let context = Context { region: Region::Europe, today: TODAY };
        (camera.to_owned(), Ok(Reading::of(lines.collect(), Vec::new(), &context)))
    }

    fn section(must_show: &[LabelPart]) -> LabelSection {
        LabelSection { must_show: must_show.to_vec(), ..LabelSection::default() }
    }

    fn words(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.words.as_str()).collect()
    }

    #[test]
    fn what_any_view_shows_is_on_the_label() {
        let views = [view("top", &["LOT A1"]), view("side", &["BEST BEFORE 31.12.2026"])];
        let (label, findings) =
            check(&views, &section(&[LabelPart::Lot, LabelPart::Expiry]), TODAY);
        assert_eq!(
            (label.lot.as_deref(), label.last_day.as_deref()),
            (Some("A1"), Some("2026-12-31"))
        );
        assert_eq!(label.text, ["LOT A1", "BEST BEFORE 31.12.2026"]);
        assert_eq!(findings, []);
    }

    #[test]
    fn what_no_view_shows_is_missing_unless_a_view_could_not_be_read() {
        let must = section(&[LabelPart::Lot, LabelPart::Gtin]);
        let mut views = vec![view("top", &["hello"])];
        let (_, findings) = check(&views, &must, TODAY);
        assert_eq!(words(&findings), ["no lot, no GTIN is to be read on the label"]);
        views.push(("side".to_owned(), Err("no networks".to_owned())));
        let (label, findings) = check(&views, &must, TODAY);
        assert_eq!(findings, []);
        assert_eq!(label.problem.as_deref(), Some("side: no networks"));
    }

    #[test]
    fn an_expired_item_is_imperfect_and_one_that_expires_soon_where_that_is_asked_for() {
        let soon = [view("side", &["EXP 05.03.2026"])];
        assert_eq!(check(&soon, &section(&[]), TODAY).1, []);
        let careful = LabelSection { divert_days_before_expiry: 7, ..section(&[]) };
        let (_, findings) = check(&soon, &careful, TODAY);
        assert!(findings[0].words.starts_with("side: expires in 4 days"), "{}", findings[0].words);
        let past = [view("side", &["EXP 28.02.2026"])];
        let (_, findings) = check(&past, &section(&[]), TODAY);
        assert!(findings[0].exceeds() && findings[0].words.contains("expired yesterday"));
    }
}
