//! **What is no date**: prints that look like one, and why they were not taken for one. For the person who
//! asks why a date was not found.

use std::cmp::Reverse;
use std::ops::Range;

use super::neighbours::{Against, against};
use super::resolve::{Resolved, resolve};
use super::roles::{Found, Worded};
use super::scan::{Match, Separator, scan_all};
use super::{Context, Dated, edges, settled};
use crate::line::{Corners, TextLine};
use crate::phrases::apart;
use crate::table::{Needs, Order};

/// A print that looks like a date and is none.
#[derive(Debug, Clone, PartialEq)]
pub struct NoDate {
    /// The print, as text recognition gave it.
    pub text: String,
    /// Why it is none, in plain words.
    pub reason: String,
    /// Where it stands, in pixels of the view, clockwise from the text's top left.
    pub corners: Corners,
}

/// The prints of a label that look like a date and gave none, in the order of its rows.
pub fn missed(lines: &[TextLine], context: &Context) -> Vec<NoDate> {
    let dated = Dated::read(lines, context);
    let mut missed = Vec::new();
    for (index, worded) in dated.rows.iter().enumerate() {
        let all = settled(scan_all(&worded.row, &worded.hits), &dated.label, context);
        let mut looks: Vec<Match> = all.into_iter().filter(looks_like_a_date).collect();
        looks.sort_by_key(|found| (Reverse(found.span.len()), found.span.start));
        let mut taken: Vec<Range<usize>> = dated.places(index);
        for found in &looks {
            if taken.iter().any(|other| !apart(other, &found.span)) {
                continue;
            }
            taken.push(found.span.clone());
            let same: Vec<&Match> = looks.iter().filter(|one| one.span == found.span).collect();
            let dropped = dated.dropped_at(index, &found.span);
            let reason = why_not(worded, &same, dropped, context);
            let print = worded.row.print(&found.span, lines);
            let (text, corners) = (print.text, print.place.corners);
            missed.push((index, found.span.start, NoDate { text, reason, corners }));
        }
    }
    missed.sort_by_key(|(row, start, _)| (*row, *start));
    missed.into_iter().map(|(.., missed)| missed).collect()
}

impl Dated {
    /// Where the dates of a row stand.
    fn places(&self, row: usize) -> Vec<Range<usize>> {
        let found = self.found.iter().flat_map(|date| {
            date.rest.iter().cloned().chain([(date.row, date.found.span.clone())])
        });
        let reads = self
            .reads
            .iter()
            .map(|(row, start, read)| (*row, *start..start + read.text.chars().count()));
        found.chain(reads).filter(|(of, _)| *of == row).map(|(_, span)| span).collect()
    }

    fn dropped_at(&self, row: usize, span: &Range<usize>) -> Option<&Found> {
        self.dropped.iter().find(|date| date.row == row && !apart(&date.found.span, span))
    }
}

/// Whether a person would ask: numbers with separators, the name of a month, or four, six or eight digits.
fn looks_like_a_date(found: &Match) -> bool {
    let digits = found.span.len();
    let bare = found.separator.is_none() && !found.has_words();
    match found.separator {
        Some(Separator::Space) => found.format.parts.len() > 3,
        Some(_) => true,
        None if bare => matches!(digits, 4 | 6 | 8) && found.format.order != Order::Julian,
        None => true,
    }
}

/// Why the matches of one stretch are no date.
fn why_not(worded: &Worded, same: &[&Match], dropped: Option<&Found>, context: &Context) -> String {
    let Worded { row, hits, .. } = worded;
    let clean: Vec<&Match> =
        same.iter().copied().filter(|found| edges::clean(row, found, hits)).collect();
    if clean.is_empty() {
        return "it is part of a longer number or word".to_owned();
    }
    let (mut free, mut last): (Vec<&Match>, _) = (Vec::new(), None);
    for found in &clean {
        match against(row, found, hits) {
            None => free.push(found),
            Some(against) => last = Some(against),
        }
    }
    if let (true, Some(against)) = (free.is_empty(), last) {
        return words_of(against).to_owned();
    }
    match resolve(&free, context) {
        Resolved::Impossible => "the calendar has no such day".to_owned(),
        Resolved::Nothing => {
            format!("goods that are sold on {} show no such date", context.today)
        }
        Resolved::Date(_) if dropped.is_some_and(|date| date.needs == Needs::WordsOrLot) => {
            "it needs words for a date or a lot before it, and none stand there".to_owned()
        }
        Resolved::Date(_) => "it may be an amount, a time or a code: it needs words for a date \
            before it or above it, and none stand there"
            .to_owned(),
    }
}

fn words_of(against: Against) -> &'static str {
    match against {
        Against::Element => "it is the value of an application identifier in brackets",
        Against::Words => "it lies within words that say something else",
        Against::OtherNumber => {
            "words before it say that it is another number: telephone, article, version"
        }
        Against::Lot => "words before it say that it is a lot or a serial number",
        Against::NoYear => "a year alone counts only after words for a date",
        Against::Amount => "a unit or a currency stands at it",
        Against::Sentence => "it stands within a sentence",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Region;
    use super::super::table_tests::{TODAY, lines_of};
    use super::*;

    /// What is said of the only print of a label that looks like a date and is none.
    fn why(label: &str) -> (String, String) {
        let context = Context { region: Region::Europe, today: TODAY };
        let missed = missed(&lines_of(label), &context);
        let [only] = &missed[..] else { panic!("{label}: {missed:?}") };
        (only.text.clone(), only.reason.clone())
    }

    #[test]
    fn each_print_that_is_no_date_says_why() {
        for (label, text, reason) in [
            ("MHD: 31.04.2026", "31.04.2026", "no such day"),
            ("Tel. 12.05.26", "12.05.26", "telephone"),
            ("LOT 130526", "130526", "a lot or a serial"),
            ("12.05 €", "12.05", "a currency"),
            ("130526", "130526", "needs words"),
            ("13.05.26.4", "13.05.26", "part of a longer number"),
            ("(10)260513", "260513", "application identifier"),
            ("EXP 990526", "990526", "no such date"),
            ("© 2026 Acme", "2026", "only after words"),
        ] {
            let (print, why) = why(label);
            assert_eq!(print, text, "{label}: {why}");
            assert!(why.contains(reason), "{label}: {why}");
        }
    }

    #[test]
    fn what_is_a_date_and_what_looks_like_none_is_not_explained() {
        let context = Context { region: Region::Europe, today: TODAY };
        for label in ["EXP 13.05.2026", "EXP|13 MAR|2026", "(17)260513", "Net weight 500 g", ""] {
            assert_eq!(missed(&lines_of(label), &context), [], "{label}");
        }
    }
}
