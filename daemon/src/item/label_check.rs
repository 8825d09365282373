//! **The label check**: what the labels in an item's views say together, and what speaks against the item.
//!
//! Each camera sees another side: the lot is the one that was read best, codes before text; of several
//! expiry dates the earliest counts. What every label **must show** and no view does is a finding, unless a
//! view could not be read: then nobody knows, and the item's label has a problem instead.
//!
//! Whether an item has expired cannot be told while the clock is doubted, nor where no year was read: that is
//! a finding which speaks against nothing. It leaves the question open where the line file asks for expiry,
//! and where the nearest year says that the item has expired.
//!
//! A pure function; the day is an argument.

use jiff::civil::Date;
use line::protocol::Check;
use meaning::compare::{LotMatch, What, compare, match_lot};
use meaning::dates::{Role, days_between};
use meaning::expectation::Expectation;
use meaning::expiry::{Custom, ExpiryFinding, assess};
use meaning::lot::NumberRead;
use meaning::reading::Reading;
use vision::config::{LabelPart, LabelSection};
use vision::labels::shows;

use crate::item::lots::{self, LotSeen};
use crate::records::record::{Finding, LabelRecord, ViewRecord};
use crate::wall_clock::Today;
use crate::warehouse::expectations::Expectations;
use line::text::{NAME_MAX, WORDS_MAX, cut};

/// Lines of text that a record keeps, and characters of each.
const LINES_MAX: usize = 64;
const CHARACTERS_MAX: usize = 200;

/// What the label of one item says.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What it says.
    pub label: LabelRecord,
    /// The lots that its views show.
    pub lots: Vec<LotSeen>,
    /// What speaks against the item, and what could not be told.
    pub findings: Vec<Finding>,
    /// Why a question that must be answered was not.
    pub undecided: Option<String>,
}

/// What the label of one item says and what speaks against the item. `views` are camera and reading, or
/// why there is none.
pub fn check(
    views: &[(String, Result<Reading, String>)],
    section: &LabelSection,
    known: Known<'_>,
    today: Today,
) -> Checked {
    let readings: Vec<(&String, &Reading)> =
        views.iter().filter_map(|(camera, view)| Some((camera, view.as_ref().ok()?))).collect();
    let problems: Vec<String> = views
        .iter()
        .filter_map(|(camera, view)| Some(format!("{camera}: {}", view.as_ref().err()?)))
        .collect();

    let mut findings = Vec::new();
    let mut last_day = None;
    let mut undecided = None;
    let must_know_expiry =
        section.divert_days_before_expiry > 0 || section.must_show.contains(&LabelPart::Expiry);
    let custom = Custom {
        warn_days: section.divert_days_before_expiry,
        nearest_year_days: section.nearest_year_days,
    };
    for (camera, reading) in &readings {
        let assessed = assess(&reading.dates, None, today.likely, custom);
        last_day = last_day.into_iter().chain(assessed.last_day).min();
        if let Some(doubt) = today.doubt {
            if assessed.last_day.is_some() {
                let words = format!("cannot tell whether it has expired: {doubt}");
                let camera = Some((*camera).clone());
                findings.push(Finding::open(Check::Label, camera, words.clone()));
                undecided = must_know_expiry.then_some(words);
            }
            continue;
        }
        for finding in assessed.findings {
            if let ExpiryFinding::YearNotRead { label, nearest } = &finding {
                if !names_year(&readings, *nearest) {
                    let words = year_not_read(label, *nearest, today.likely);
                    let camera = Some((*camera).clone());
                    findings.push(Finding::open(Check::Label, camera, words.clone()));
                    if must_know_expiry || *nearest < today.likely {
                        undecided.get_or_insert(words);
                    }
                }
                continue;
            }
            if let Some(words) = words_of(&finding, section.divert_days_before_expiry) {
                let words = format!("{camera}: {words}; {}", assessed.reason);
                findings.push(Finding::fact(Check::Label, Some((*camera).clone()), words));
            }
        }
    }
    if let Some(expected) = known.expected {
        findings.extend(contradictions(&readings, expected, known.expectations, today.likely));
    }
    if problems.is_empty() {
        let missing = |part: &&LabelPart| !readings.iter().any(|(_, read)| shows(read, **part));
        let missing: Vec<&str> =
            section.must_show.iter().filter(missing).map(|part| name(*part)).collect();
        if !missing.is_empty() {
            let words = format!("the label shows no {}", missing.join(" and no "));
            findings.push(Finding::fact(Check::Label, None, words));
        }
    }

    let all = || readings.iter().map(|(_, reading)| *reading);
    let lots: Vec<LotSeen> = all().flat_map(|reading| &reading.lots).map(LotSeen::from).collect();
    let lot = lots::surest(&lots).map(|lot| cut(&lot.text, NAME_MAX).into_owned());
    let serial = surest(all().filter_map(|reading| reading.serial.as_ref()));
    let record = LabelRecord {
        codes: all()
            .flat_map(|reading| &reading.codes)
            .map(|code| cut(&code.text, WORDS_MAX).into_owned())
            .collect(),
        gtin: all().flat_map(|reading| &reading.gtins).next().cloned(),
        lot,
        serial: serial.map(|serial| cut(&serial, NAME_MAX).into_owned()),
        last_day: last_day.map(|day: Date| day.to_string()),
        text: all()
            .flat_map(|reading| &reading.lines)
            .take(LINES_MAX)
            .map(|line| cut(&line.text, CHARACTERS_MAX).into_owned())
            .collect(),
        problem: (!problems.is_empty()).then(|| cut(&problems.join("; "), WORDS_MAX).into_owned()),
    };
    Checked { label: record, lots, findings, undecided }
}

/// What was read of each view of an item, also of those without a picture: such a one without a picture could not be read either. What
/// only that one shows must not be called missing.
pub fn with_unseen(
    mut read: Vec<(String, Result<Reading, String>)>,
    views: &[ViewRecord],
) -> Vec<(String, Result<Reading, String>)> {
    for view in views {
        let is_read = read.iter().any(|(camera, _)| *camera == view.camera);
        if let Some(problem) = view.problem.as_ref().filter(|_| !is_read) {
            read.push((view.camera.clone(), Err(problem.clone())));
        }
    }
    read
}

/// What is known of the items, and what this one is supposed to be.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Of all items.
    pub expectations: &'a Expectations,
    /// Of this one.
    pub expected: Option<&'a Expectation>,
}

impl<'a> Known<'a> {
    /// What the lists say of `sku`.
    pub fn of(expectations: &'a Expectations, sku: Option<&str>) -> Self {
        Self { expectations, expected: sku.and_then(|sku| expectations.of(sku)) }
    }
}

/// Whether an expectation names anything that only text tells.
pub fn has_words(expected: &Expectation) -> bool {
    expected.size.is_some() || expected.colour.is_some() || expected.count.is_some()
}

/// Where the label says something else than was expected: in one view, and right in none. Another item's
/// GTIN is a matter of identity.
fn contradictions(
    readings: &[(&String, &Reading)],
    expected: &Expectation,
    known: &Expectations,
    today: Date,
) -> Vec<Finding> {
    let compared = readings.iter().map(|(camera, reading)| {
        let Reading { lines, gtins, dates, lots, .. } = reading;
        let wanted = |lot: &&NumberRead| {
            let wanted = expected.lot.as_deref();
            wanted.is_some_and(|wanted| match_lot(wanted, &lot.text) == LotMatch::Same)
        };
        // Of several lots in a view one may be the expected one.
        let lot = lots.iter().find(wanted).or(lots.first()).map(|lot| lot.text.as_str());
        (*camera, compare(lines, gtins, lot, dates, expected, today))
    });
    let compared: Vec<_> = compared.collect();
    let agreed = |what: What| compared.iter().any(|(_, c)| c.agreed.iter().any(|a| a.what == what));
    let mut findings = Vec::new();
    for (camera, comparison) in &compared {
        for mismatch in comparison.mismatches.iter().filter(|one| !agreed(one.what)) {
            let other = (mismatch.what == What::Gtin)
                .then(|| readings.iter().flat_map(|(_, r)| &r.gtins).find_map(|g| known.sku_of(g)));
            let (check, is) = match other {
                Some(Some(sku)) => (Check::Identity, format!(", which is {sku}")),
                Some(None) => (Check::Identity, String::new()),
                None => (Check::Label, String::new()),
            };
            let words = format!("{camera}: {}{is}", mismatch.words);
            findings.push(Finding::fact(check, Some((*camera).clone()), words));
        }
    }
    findings
}

/// The number that was read with the most confidence, and so that of a code before a printed one; the
/// first of equal ones.
fn surest<'a>(numbers: impl Iterator<Item = &'a NumberRead>) -> Option<String> {
    let surer =
        |a: &'a NumberRead, b: &'a NumberRead| if b.confidence > a.confidence { b } else { a };
    numbers.reduce(surer).map(|number| number.text.clone())
}

/// Whether a view shows this day as the expiry, with its year.
fn names_year(readings: &[(&String, &Reading)], day: Date) -> bool {
    readings.iter().flat_map(|(_, reading)| &reading.dates).any(|date| {
        date.role == Role::Expiry
            && date.year.is_some()
            && (date.month, date.day) == (Some(day.month()), Some(day.day()))
    })
}

fn year_not_read(label: &str, nearest: Date, today: Date) -> String {
    let guess = match days_between(nearest, today) {
        1.. => format!("if {nearest} is meant, it has expired"),
        _ => format!("if {nearest} is meant, it has not"),
    };
    format!("cannot tell whether it has expired: the year of `{label}` was not read; {guess}")
}

/// What an expiry finding says; none where the item may still be shipped.
fn words_of(finding: &ExpiryFinding, divert_days: u16) -> Option<String> {
    match finding {
        ExpiryFinding::Expired { by_days: 1 } => Some("expired yesterday".to_owned()),
        ExpiryFinding::Expired { by_days } => Some(format!("expired {by_days} days ago")),
        ExpiryFinding::ExpiresWithin { .. } if divert_days == 0 => None,
        ExpiryFinding::ExpiresWithin { days: 0 } => Some("expires today".to_owned()),
        ExpiryFinding::ExpiresWithin { days } => Some(format!("expires in {days} days")),
        // Told apart from facts: it speaks against nothing.
        ExpiryFinding::YearNotRead { .. } => None,
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
    use meaning::dates::{Context, Region};
    use meaning::line::TextLine;

    use super::*;
    use std::sync::Arc;

    use crate::wall_clock::Doubt;
    use crate::warehouse::expectations::{Catalogue, Source};

    const TODAY: Date = date(2026, 3, 1);

    const TRUSTED: Today = Today { likely: TODAY, doubt: None };

    fn view(camera: &str, lines: &[&str]) -> (String, Result<Reading, String>) {
        let lines = lines.iter().enumerate();
        let lines = lines.map(|(row, text)| TextLine::level(text, 0.0, 30.0 * row as f32, 20.0));
        let context = Context { region: Region::Europe, today: TODAY };
        (camera.to_owned(), Ok(Reading::of(lines.collect(), Vec::new(), &context)))
    }

    fn section(must_show: &[LabelPart]) -> LabelSection {
        LabelSection { must_show: must_show.to_vec(), ..LabelSection::default() }
    }

    type Views = [(String, Result<Reading, String>)];

    /// The check of an item of which nothing is known.
    fn unknown(views: &Views, section: &LabelSection) -> (LabelRecord, Vec<Finding>) {
        let Checked { label, findings, .. } = on(TRUSTED, views, section);
        (label, findings)
    }

    fn on(today: Today, views: &Views, section: &LabelSection) -> Checked {
        let expectations = Expectations::default();
        let known = Known::of(&expectations, Some("tea"));
        check(views, section, known, today)
    }

    fn words(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.words.as_str()).collect()
    }

    #[test]
    fn what_any_view_shows_is_on_the_label() {
        let views = [view("top", &["LOT A1"]), view("side", &["BEST BEFORE 31.12.2026"])];
        let (label, findings) = unknown(&views, &section(&[LabelPart::Lot, LabelPart::Expiry]));
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
        let (_, findings) = unknown(&views, &must);
        assert_eq!(words(&findings), ["the label shows no lot and no GTIN"]);
        views.push(("side".to_owned(), Err("no networks".to_owned())));
        let (label, findings) = unknown(&views, &must);
        assert_eq!(findings, []);
        assert_eq!(label.problem.as_deref(), Some("side: no networks"));
    }

    #[test]
    fn what_only_a_view_without_a_picture_may_show_is_not_missing() {
        let frozen =
            ViewRecord { problem: Some("it is frozen".to_owned()), ..ViewRecord::of("top") };
        let views = [frozen, ViewRecord::of("side")];
        let read = with_unseen(vec![view("side", &["hello"])], &views);
        let (label, findings) = unknown(&read, &section(&[LabelPart::Lot]));
        assert_eq!((findings, label.problem.as_deref()), (vec![], Some("top: it is frozen")));
        // A view that was read and could not be scored was read all the same.
        let unscored =
            ViewRecord { problem: Some("no score".to_owned()), ..ViewRecord::of("side") };
        let read = with_unseen(vec![view("side", &["hello"])], &[unscored]);
        let (label, findings) = unknown(&read, &section(&[LabelPart::Lot]));
        assert_eq!((findings.len(), label.problem), (1, None));
    }

    #[test]
    fn every_lot_of_every_view_is_told_and_the_expected_one_may_be_any() {
        let views = [view("top", &["LOT A1", "Batch No. B2"]), view("side", &["LOT C3"])];
        let lots: Vec<String> =
            on(TRUSTED, &views, &section(&[])).lots.into_iter().map(|lot| lot.text).collect();
        assert_eq!(lots, ["A1", "B2", "C3"]);
        let mut known = Expectations::default();
        let expected = Expectation::from_json(r#"{"sku":"tea","lot":"B2"}"#).unwrap();
        assert!(known.replace(Source::File, Arc::new(Catalogue::new([expected]))).changed);
        let known = Known::of(&known, Some("tea"));
        assert_eq!(check(&views[..1], &section(&[]), known, TRUSTED).findings, []);
        assert_eq!(check(&views[1..], &section(&[]), known, TRUSTED).findings.len(), 1);
    }

    #[test]
    fn an_expired_item_is_imperfect_and_one_that_expires_soon_where_that_is_asked_for() {
        let soon = [view("side", &["EXP 05.03.2026"])];
        assert_eq!(unknown(&soon, &section(&[])).1, []);
        let careful = LabelSection { divert_days_before_expiry: 7, ..section(&[]) };
        let (_, findings) = unknown(&soon, &careful);
        assert!(findings[0].words.starts_with("side: expires in 4 days"), "{}", findings[0].words);
        let past = [view("side", &["EXP 28.02.2026"])];
        let (_, findings) = unknown(&past, &section(&[]));
        assert!(findings[0].exceeds() && findings[0].words.contains("expired yesterday"));
    }

    #[test]
    fn an_item_whose_year_was_not_read_never_passes_as_fine() {
        // Good for 12 days if this year is meant, expired for 353 if the last one is.
        let coming = [view("side", &["USE BY 13 MAR"])];
        let checked = on(TRUSTED, &coming, &section(&[]));
        let [finding] = &checked.findings[..] else { panic!("{checked:?}") };
        assert!(!finding.exceeds() && finding.words.contains("the year of `13 MAR` was not read"));
        assert_eq!((checked.undecided, checked.label.last_day), (None, None));
        let asked = on(TRUSTED, &coming, &section(&[LabelPart::Expiry])).undecided;
        assert!(asked.unwrap().starts_with("cannot tell whether it has expired"));
        let gone = on(TRUSTED, &[view("side", &["USE BY 13 FEB"])], &section(&[]));
        assert!(gone.undecided.unwrap().contains("2026-02-13 is meant, it has expired"));

        let lid = view("lid", &["USE BY 13 MAR 2025"]);
        let both = on(TRUSTED, &[coming[0].clone(), lid], &section(&[LabelPart::Expiry]));
        assert_eq!(both.undecided, None, "another view names the year");
        assert!(words(&both.findings)[0].contains("expired 353 days ago"), "{both:?}");
        let fresh = LabelSection { nearest_year_days: 30, ..section(&[LabelPart::Expiry]) };
        let fresh = on(TRUSTED, &coming, &fresh);
        assert_eq!((fresh.undecided, fresh.findings.len()), (None, 0));
        assert_eq!(fresh.label.last_day.as_deref(), Some("2026-03-13"));
    }

    #[test]
    fn while_the_clock_is_doubted_nobody_can_tell_what_has_expired() {
        // A year ahead, and in 1970: each would be wrong about one of the two.
        for day in [date(2027, 3, 1), date(1970, 1, 1)] {
            let today = Today { likely: day, doubt: Some(Doubt::NeverSynchronised) };
            for (text, last_day) in
                [("EXP 28.02.2026", "2026-02-28"), ("EXP 28.02.2027", "2027-02-28")]
            {
                let views = [view("side", &[text])];
                let checked = on(today, &views, &section(&[]));
                let [finding] = &checked.findings[..] else { panic!("{checked:?}") };
                assert!(!finding.exceeds());
                assert!(finding.words.starts_with("cannot tell whether it has expired: no time"));
                assert_eq!(checked.label.last_day.as_deref(), Some(last_day));
                assert_eq!(checked.undecided, None, "nobody has asked for the expiry");
                let careful = LabelSection { divert_days_before_expiry: 7, ..section(&[]) };
                for asked in [section(&[LabelPart::Expiry]), careful] {
                    let undecided = on(today, &views, &asked).undecided;
                    assert!(undecided.unwrap().starts_with("cannot tell"));
                }
            }
            let blank = on(today, &[view("side", &["hello"])], &section(&[LabelPart::Expiry]));
            assert_eq!(words(&blank.findings), ["the label shows no expiry date"]);
            assert_eq!(blank.undecided, None);
        }
    }

    #[test]
    fn a_contradiction_quotes_both_sides_unless_another_view_agrees() {
        let expected = |json: &str| {
            let mut known = Expectations::default();
            let told = Catalogue::new([Expectation::from_json(json).unwrap()]);
            assert!(known.replace(Source::File, Arc::new(told)).changed);
            known
        };
        let known = expected(r#"{"sku":"shirt","size":"L","colour":"blue"}"#);
        let of = |views: &Views| {
            check(views, &section(&[]), Known::of(&known, Some("shirt")), TRUSTED).findings
        };
        let wrong = view("front", &["T-SHIRT", "SIZE M", "BLUE"]);
        let findings = of(std::slice::from_ref(&wrong));
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(finding.check, Check::Label);
        assert!(finding.words.starts_with("front: ") && finding.words.contains('L'));
        assert!(finding.words.contains('M'), "{}", finding.words);
        assert_eq!(of(&[wrong, view("back", &["SIZE L"])]), []);
        assert_eq!(of(&[view("front", &["T-SHIRT"])]), [], "what is not there contradicts nothing");
    }
}
