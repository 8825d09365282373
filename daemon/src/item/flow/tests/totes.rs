//! Items in totes: declared, empty, and such as nobody declared.

use super::*;
use vision::config::UNDECLARED;
use vision::totes::LiesIn;

/// Item 7 has entered, and lies in this.
fn lying_in(settings: FlowSettings, lies_in: &LiesIn) -> Flow {
    let mut flow = Flow::new(settings, Vec::new(), quarantine(Vec::new()));
    flow.bridge(hello("a"), at(0));
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow.lies_in(7, lies_in);
    flow
}

fn verdict_in(steps: &[Step]) -> Option<Verdict> {
    steps.iter().find_map(|step| match step {
        Step::Send(ToBridge::Verdict { verdict, .. }) => Some(verdict.clone()),
        _ => None,
    })
}

/// What becomes of the item when it is seen from above and from the side, the score from above being this.
fn seen_from_above(flow: &mut Flow, score: f32, hidden: bool) -> Option<Verdict> {
    let side = ViewRecord { is_hidden: hidden, ..ViewRecord::of("top") };
    flow.gathered(7, vec![ViewRecord::of("side"), side], at(1500));
    let steps = flow.scored(7, scored(score), Duration::ZERO, Duration::ZERO, at(1600));
    verdict_in(&steps)
}

fn closed(flow: &mut Flow) -> (Record, bool) {
    flow.bridge(event(8, decided(7, Action::Pass, None)), at(3000));
    let steps = flow.bridge(event(9, outcome(7, Outcome::Passed)), at(4000));
    let learns = steps.iter().any(|step| matches!(step, Step::Learn { .. }));
    (closed_in(&steps).expect("it is closed"), learns)
}

#[test]
fn a_camera_from_which_the_tote_hides_the_item_need_not_judge_it() {
    let mut flow = lying_in(settings(), &LiesIn::Tote("blue".to_owned()));
    assert_eq!(seen_from_above(&mut flow, 0.1, true), Some(Verdict::Pass));
    let (record, learns) = closed(&mut flow);
    assert_eq!(record.tote.as_deref(), Some("blue"));
    assert!(learns && !record.is_empty_tote);
    // Without a tote a view that is not scored is no normal one.
    let mut flow = lying_in(settings(), &LiesIn::Belt);
    let verdict = seen_from_above(&mut flow, 0.1, false);
    assert!(matches!(verdict, Some(Verdict::Uninspected { .. })), "{verdict:?}");
}

#[test]
fn an_item_in_a_declared_tote_is_diverted_if_it_is_damaged() {
    let mut flow = lying_in(settings(), &LiesIn::Tote("blue".to_owned()));
    let verdict = seen_from_above(&mut flow, 3.0, true);
    assert!(matches!(verdict, Some(Verdict::Divert { .. })), "{verdict:?}");
}

#[test]
fn what_lies_in_a_tote_that_nobody_declared_is_not_diverted_as_damaged_and_teaches_nothing() {
    for (lies_in, named) in [(LiesIn::Undeclared, Some(UNDECLARED)), (LiesIn::Unseen, None)] {
        let mut flow = lying_in(settings(), &lies_in);
        let verdict = seen_from_above(&mut flow, 3.0, true);
        let Some(Verdict::Uninspected { cause }) = verdict else { panic!("{verdict:?}") };
        assert!(cause.contains("totes") || cause.contains("[[tote]]"), "{cause}");
        let (record, learns) = closed(&mut flow);
        assert_eq!(record.tote.as_deref(), named);
        assert!(!learns && record.findings.iter().all(|finding| !finding.exceeds()));
        assert!(record.findings[0].words.contains("not held against it"), "{record:?}");
        // One that looks normal all the same passes.
        let mut flow = lying_in(settings(), &lies_in);
        assert_eq!(seen_from_above(&mut flow, 0.1, true), Some(Verdict::Pass));
        assert!(!closed(&mut flow).1);
    }
}

#[test]
fn an_empty_tote_is_no_damaged_item_and_the_plant_chooses_what_becomes_of_it() {
    let empty = LiesIn::Empty("blue".to_owned());
    let lane = Verdict::Divert { lane: 1, reasons: vec![Check::Identity] };
    for (wanted, verdict) in [(Unfamiliar::Pass, Verdict::Pass), (Unfamiliar::Divert, lane)] {
        let settings = FlowSettings { empty_tote: wanted, ..settings() };
        let mut flow = lying_in(settings, &empty);
        let steps = flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
        assert_eq!(verdict_in(&steps), Some(verdict));
        assert!(!steps.iter().any(|step| matches!(step, Step::Score { .. })));
        let (record, learns) = closed(&mut flow);
        assert!(record.is_empty_tote && !learns, "{record:?}");
        assert!(record.findings.iter().any(|finding| finding.words.contains("blue is empty")));
    }
}

#[test]
fn a_tote_that_is_empty_although_its_content_was_told_is_diverted() {
    let any = FlowSettings { sku: None, sources: vec![Source::Plc], ..settings() };
    let mut flow = lying_in(any, &LiesIn::Empty("blue".to_owned()));
    flow.told(7, Claim::of(Source::Plc, "tea"), true, at(1100));
    let steps = flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    let expected = Verdict::Divert { lane: 1, reasons: vec![Check::Identity] };
    assert_eq!(verdict_in(&steps), Some(expected));
}
