//! From findings to a verdict: a pure function.
//!
//! The order of the rules is the order of certainty. An item that is known to be imperfect, or is on hold,
//! is diverted, whatever else is missing; an item of which a question that must be answered could not be,
//! or any view could not be judged, is reported as uninspected, with the cause, and never passed silently;
//! only an item of which every view was judged and found normal passes. An item that nobody knows, or whose SKU is still
//! being learned, has no reference to be judged by: the plant chooses what happens to it.

use line::protocol::{Check, Verdict};

use crate::item::flow::Unfamiliar;
use crate::records::record::{Finding, ViewRecord};

/// What inspectd asks for, given what the checks found.
///
/// `views` has one entry for each camera; one with a `problem` could not be judged. `open` is why a
/// question that must be answered was not. `unfamiliar` is why the item was not compared with what it normally looks
/// like, and what the plant wants then. `lane` is the lane for imperfect items.
pub fn verdict(
    views: &[ViewRecord],
    findings: &[Finding],
    open: Option<&str>,
    unfamiliar: Option<(Unfamiliar, &str)>,
    lane: u8,
) -> Verdict {
    let mut reasons: Vec<_> =
        findings.iter().filter(|finding| finding.exceeds()).map(|finding| finding.check).collect();
    reasons.sort_unstable();
    reasons.dedup();
    if !reasons.is_empty() {
        return Verdict::Divert { lane, reasons };
    }

    if let Some(cause) = open {
        return Verdict::Uninspected { cause: cause.into() };
    }
    let problems: Vec<_> = views
        .iter()
        .filter_map(|view| view.problem.as_ref().map(|why| format!("{}: {why}", view.camera)))
        .collect();
    if views.is_empty() {
        return Verdict::Uninspected { cause: "no camera saw the item".into() };
    }
    if !problems.is_empty() {
        return Verdict::Uninspected { cause: problems.join("; ").into() };
    }
    match unfamiliar {
        None | Some((Unfamiliar::Pass, _)) => Verdict::Pass,
        Some((Unfamiliar::Divert, _)) => Verdict::Divert { lane, reasons: vec![Check::Identity] },
        Some((Unfamiliar::Uninspected, why)) => Verdict::Uninspected { cause: why.into() },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn view(camera: &str, problem: Option<&str>) -> ViewRecord {
        ViewRecord { problem: problem.map(str::to_owned), ..ViewRecord::of(camera) }
    }

    fn finding(check: Check, score: f32) -> Finding {
        let words = String::new();
        Finding {
            check,
            camera: Some("side".to_owned()),
            score,
            threshold: 1.0,
            at: None,
            boxes: Vec::new(),
            words,
        }
    }

    #[test]
    fn an_item_whose_views_are_all_normal_passes() {
        let views = [view("side", None), view("top", None)];
        assert_eq!(verdict(&views, &[finding(Check::Damage, 0.9)], None, None, 1), Verdict::Pass);
    }

    #[test]
    fn a_known_defect_diverts_even_when_another_view_is_missing() {
        let views = [view("side", None), view("top", Some("no frame"))];
        let found = [finding(Check::Damage, 1.2), finding(Check::Damage, 3.0)];
        let expected = Verdict::Divert { lane: 2, reasons: vec![Check::Damage] };
        assert_eq!(verdict(&views, &found, None, None, 2), expected);
    }

    #[test]
    fn a_view_that_could_not_be_judged_makes_the_item_uninspected() {
        let views = [view("side", None), view("top", Some("no frame"))];
        let expected = Verdict::Uninspected { cause: "top: no frame".into() };
        assert_eq!(verdict(&views, &[finding(Check::Damage, 0.2)], None, None, 1), expected);
    }

    #[test]
    fn a_question_that_must_be_answered_makes_the_item_uninspected_unless_it_is_imperfect() {
        let views = [view("side", None)];
        let open = Some("its label was not read in time");
        let expected = Verdict::Uninspected { cause: "its label was not read in time".into() };
        assert_eq!(verdict(&views, &[finding(Check::Damage, 0.2)], open, None, 1), expected);
        let held = [Finding::fact(Check::Hold, None, "lot A1 is on hold".to_owned())];
        let diverted = Verdict::Divert { lane: 1, reasons: vec![Check::Hold] };
        assert_eq!(verdict(&views, &held, open, None, 1), diverted);
        assert_eq!(verdict(&[], &held, None, None, 1), diverted);
    }

    #[test]
    fn the_plant_chooses_what_happens_to_an_item_that_was_not_compared_unless_something_speaks_against_it()
     {
        let views = [view("side", None)];
        let chosen = |wanted| verdict(&views, &[], None, Some((wanted, "nobody knows it")), 1);
        assert_eq!(chosen(Unfamiliar::Pass), Verdict::Pass);
        let diverted = Verdict::Divert { lane: 1, reasons: vec![Check::Identity] };
        assert_eq!(chosen(Unfamiliar::Divert), diverted);
        let uninspected = Verdict::Uninspected { cause: "nobody knows it".into() };
        assert_eq!(chosen(Unfamiliar::Uninspected), uninspected);
        let expired = [Finding::fact(Check::Label, None, "expired".to_owned())];
        let passes = Some((Unfamiliar::Pass, ""));
        let diverted = Verdict::Divert { lane: 1, reasons: vec![Check::Label] };
        assert_eq!(verdict(&views, &expired, None, passes, 1), diverted);
        let blind = [view("side", Some("no frame"))];
        assert!(matches!(verdict(&blind, &[], None, passes, 1), Verdict::Uninspected { .. }));
    }

    #[test]
    fn an_item_without_views_is_uninspected() {
        assert!(matches!(verdict(&[], &[], None, None, 1), Verdict::Uninspected { .. }));
    }

    proptest! {
        #[test]
        fn an_item_passes_only_if_every_view_was_judged_and_none_exceeds(
            problems in proptest::collection::vec(any::<bool>(), 0..4),
            scores in proptest::collection::vec(0.0f32..2.0, 0..6),
        ) {
            let views: Vec<_> =
                problems.iter().map(|bad| view("side", bad.then_some("broken"))).collect();
            let found: Vec<_> = scores.iter().map(|s| finding(Check::Damage, *s)).collect();
            let fine = !views.is_empty()
                && problems.iter().all(|bad| !bad)
                && scores.iter().all(|score| *score <= 1.0);
            prop_assert_eq!(verdict(&views, &found, None, None, 1) == Verdict::Pass, fine);
        }
    }
}
