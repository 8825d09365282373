//! Items whose labels are read, and lots on hold.

use super::*;

/// A flow that reads labels, with an item 7 that is being inspected.
fn with_label(label: LabelDuty, holds: Vec<Hold>) -> Flow {
    let settings = FlowSettings { label, ..settings() };
    let mut flow = Flow::new(settings, Vec::new(), quarantine(holds));
    flow.bridge(hello("a"), at(0));
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    let steps = flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    let deadline = Duration::from_millis(2960);
    assert_eq!(steps[0], Step::ReadCodes { item: 7, deadline });
    let steps = flow.codes_read(7, None, at(1510));
    let (sku, compare) = (Some("carton".to_owned()), Compare::Expected);
    assert_eq!(steps[0], Step::ReadLabel { item: 7, deadline, sku, compare });
    flow
}

#[test]
fn where_looks_are_compared_a_late_answer_is_not_called_an_unread_label() {
    for (looks, told) in [
        (true, "or its looks were not compared in time"),
        (false, "its label was not read in time"),
    ] {
        let settings = FlowSettings { label: LabelDuty::Required, looks, ..settings() };
        let mut flow = Flow::new(settings, Vec::new(), quarantine(Vec::new()));
        flow.bridge(hello("a"), at(0));
        flow.bridge(event(1, entered(7, 1000)), at(1000));
        flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
        score_7(&mut flow, 1600);
        let steps = flow.tick(at(2970));
        let Some(Verdict::Uninspected { cause }) = verdict_in(&steps) else { panic!("{steps:?}") };
        assert!(cause.contains(told), "{cause}");
    }
}

pub(super) fn answer(lot: Option<&str>, finding: Option<&str>) -> LabelAnswer {
    let lots = lot.map(crate::item::lots::LotSeen::printed).into_iter().collect();
    let label = LabelRecord { lot: lot.map(str::to_owned), ..LabelRecord::default() };
    let fact = |words: &str| Finding::fact(Check::Label, None, words.to_owned());
    let took = Duration::from_millis(300);
    let findings = finding.map(fact).into_iter().collect();
    LabelAnswer { label, lots, findings, took, ..LabelAnswer::default() }
}

fn score_7(flow: &mut Flow, ms: u64) -> Vec<Step> {
    flow.scored(7, scored(0.1), Duration::ZERO, Duration::ZERO, at(ms))
}

pub(super) fn diverted(reason: Check) -> Option<Verdict> {
    Some(Verdict::Divert { lane: 1, reasons: vec![reason] })
}

fn counted_in(steps: &[Step]) -> Vec<(Option<&str>, u64, u64)> {
    let kept = steps.iter().filter_map(|step| match step {
        Step::Keep(Change::Batch(Batch { lot, .. }, Some(seen))) => {
            Some((lot.as_deref(), seen.items, seen.failed))
        }
        _ => None,
    });
    kept.collect()
}

#[test]
fn an_item_is_judged_once_it_is_scored_and_its_label_read() {
    let mut flow = with_label(LabelDuty::Optional, Vec::new());
    assert_eq!(verdict_in(&score_7(&mut flow, 1600)), None);
    let steps = flow.label_read(7, answer(Some("A1"), Some("expired")), at(1800));
    assert_eq!(verdict_in(&steps), diverted(Check::Label));
    assert_eq!(counted_in(&steps), [(Some("A1"), 1, 1)]);
}

#[test]
fn a_label_that_is_not_read_in_time_leaves_the_item_uninspected_only_where_it_must_be() {
    for (duty, passes) in [(LabelDuty::Optional, true), (LabelDuty::Required, false)] {
        let mut flow = with_label(duty, Vec::new());
        score_7(&mut flow, 1600);
        let steps = flow.tick(at(2960));
        assert_eq!(verdict_in(&steps) == Some(Verdict::Pass), passes, "{duty:?}");
        assert_eq!(counted_in(&steps), [], "its label may still come");
        let late = flow.label_read(7, answer(Some("A1"), Some("expired")), at(3100));
        assert_eq!(verdict_in(&late), None, "a late label changes no verdict");
        let expected: &[_] = if passes { &[(Some("A1"), 1, 1)] } else { &[] };
        assert_eq!(counted_in(&late), expected);
        let steps = flow.bridge(event(2, outcome(7, Outcome::Passed)), at(4000));
        assert_eq!(counted_in(&steps), [], "an item counts once");
        let record = closed_in(&steps).expect("closed");
        assert_eq!(record.findings.iter().filter(|f| f.check == Check::Label).count(), 1);
    }
}

#[test]
fn a_label_that_cannot_be_read_leaves_the_item_uninspected_only_where_it_must_be() {
    for (duty, passes) in [(LabelDuty::Optional, true), (LabelDuty::Required, false)] {
        let mut flow = with_label(duty, Vec::new());
        score_7(&mut flow, 1600);
        let mut unread = answer(None, None);
        unread.label.problem = Some("side: there are no networks".to_owned());
        let verdict = verdict_in(&flow.label_read(7, unread, at(1800)));
        assert_eq!(verdict == Some(Verdict::Pass), passes, "{duty:?}");
        if let Some(Verdict::Uninspected { cause }) = verdict {
            assert!(cause.contains("there are no networks"), "{cause}");
        }
    }
}

#[test]
fn an_item_whose_label_never_comes_is_counted_at_its_end_without_a_lot() {
    let mut flow = with_label(LabelDuty::Optional, Vec::new());
    score_7(&mut flow, 1600);
    flow.tick(at(2960));
    let steps = flow.bridge(event(2, outcome(7, Outcome::Passed)), at(4000));
    assert_eq!(counted_in(&steps), [(None, 1, 0)]);
    let label = closed_in(&steps).and_then(|record| record.label).expect("a label");
    assert_eq!(label.problem.as_deref(), Some("it was not read in time"));
}

#[test]
fn a_perfect_item_of_a_held_lot_is_diverted_and_one_of_another_lot_passes() {
    for (lot, verdict) in
        [("A1", diverted(Check::Hold)), ("AI", diverted(Check::Hold)), ("A2", Some(Verdict::Pass))]
    {
        let mut flow = with_label(LabelDuty::Optional, vec![hold(Some("A1"))]);
        score_7(&mut flow, 1600);
        let steps = flow.label_read(7, answer(Some(lot), None), at(1800));
        assert_eq!(verdict_in(&steps), verdict, "{lot}");
        assert_eq!(counted_in(&steps), [(Some(lot), 1, 0)], "being on hold is no failure");
    }
}

#[test]
fn while_a_lot_is_on_hold_an_item_of_an_unknown_lot_does_not_pass() {
    let mut flow = with_label(LabelDuty::Optional, vec![hold(Some("A1"))]);
    score_7(&mut flow, 1600);
    let steps = flow.label_read(7, answer(None, None), at(1800));
    let Some(Verdict::Uninspected { cause }) = verdict_in(&steps) else { panic!("{steps:?}") };
    assert!(cause.contains("lot A1 of carton is on hold: glass"), "{cause}");
}

#[test]
fn an_item_of_a_held_sku_is_diverted_even_if_nothing_of_it_was_seen_in_time() {
    let mut flow = with_label(LabelDuty::Required, vec![hold(None)]);
    assert_eq!(verdict_in(&flow.tick(at(2960))), diverted(Check::Hold));
}

#[test]
fn a_lot_that_fails_is_held_from_the_next_item_on() {
    let settings = FlowSettings { label: LabelDuty::Optional, ..settings() };
    let mut flow = Flow::new(settings, Vec::new(), quarantine(Vec::new()));
    flow.bridge(hello("a"), at(0));
    let mut told = Vec::new();
    for item in 1..=4 {
        flow.bridge(event(item, entered(item, 1000)), at(1000));
        flow.gathered(item, vec![ViewRecord::of("side")], at(1500));
        let score = if item < 4 { 2.5 } else { 0.1 };
        flow.scored(item, scored(score), Duration::ZERO, Duration::ZERO, at(1600));
        let steps = flow.label_read(item, answer(Some("A1"), None), at(1700));
        told.push(steps.iter().any(|s| matches!(s, Step::Keep(Change::BatchSuspect(_)))));
        let check = if item < 4 { Check::Damage } else { Check::Hold };
        assert_eq!(verdict_in(&steps), diverted(check), "item {item}");
    }
    assert_eq!(told, [false, false, true, false]);
}

#[test]
fn an_expiry_that_cannot_be_told_leaves_an_item_uninspected_where_it_is_asked_for() {
    for undecided in [None, Some("cannot tell whether it has expired: the clock jumped".to_owned())]
    {
        let settings = FlowSettings { label: LabelDuty::Required, ..settings() };
        let mut flow = Flow::new(settings, Vec::new(), quarantine(Vec::new()));
        flow.bridge(hello("a"), at(0));
        flow.bridge(event(1, entered(7, 1000)), at(1010));
        flow.gathered(7, vec![ViewRecord::of("side")], at(1300));
        let answer = LabelAnswer { undecided: undecided.clone(), ..answer(Some("A1"), None) };
        flow.label_read(7, answer, at(1400));
        let steps = flow.scored(7, scored(0.5), Duration::ZERO, Duration::ZERO, at(1500));
        let expected = match undecided {
            None => Verdict::Pass,
            Some(cause) => Verdict::Uninspected { cause: cause.into() },
        };
        assert_eq!(verdict_in(&steps), Some(expected));
    }
}
