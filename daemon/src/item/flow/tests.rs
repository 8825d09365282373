use damage::Calibration;
use jiff::{SignedDuration, Timestamp};
use line::protocol::{Action, Ambiguity, Check, Decision, Eye, UnnumberedWhy, VERSION};
use proptest::prelude::*;

use super::*;
use crate::item::batches::{Batch, BatchTest};
use crate::item::holds::{Hold, Origin};
use crate::records::record::{Finding, LabelRecord, ScoringSteps};

fn settings() -> FlowSettings {
    FlowSettings {
        looks: false,
        sku: "carton".to_owned(),
        divert_lane: 1,
        verdict_margin: Duration::from_millis(40),
        label: LabelDuty::Off,
    }
}

/// Nothing on hold; a lot is suspect after three failures in a row.
fn quarantine(holds: Vec<Hold>) -> Quarantine {
    let test = BatchTest::new(0.01, 0.1, 0.001).expect("sound");
    let holds = holds.into_iter().map(|hold| (Origin::Site, hold)).collect();
    Quarantine::new(test, Some(SignedDuration::from_hours(72)), holds, Vec::new())
}

fn hold(lot: Option<&str>) -> Hold {
    Hold {
        id: "recall-7".to_owned(),
        sku: "carton".to_owned(),
        lot: lot.map(str::to_owned),
        why: "glass".to_owned(),
        by: "quality".to_owned(),
        set_at: Timestamp::UNIX_EPOCH,
        expires_at: None,
    }
}

fn at(ms: u64) -> Now {
    let wall = Timestamp::from_millisecond(1_700_000_000_000 + ms as i64).expect("in range");
    Now { mono: Duration::from_millis(ms), wall: WallTime::trusted(wall) }
}

fn hello(boot: &str) -> FromBridge {
    FromBridge::Hello { protocol: VERSION, boot: boot.to_owned() }
}

fn event(seq: u64, event: ItemEvent) -> FromBridge {
    FromBridge::Event { seq, lost_before: 0, event }
}

fn entered(item: u64, ms: u64) -> ItemEvent {
    let commit_at = Duration::from_millis(ms + 2000);
    ItemEvent::Entered { item, at: Duration::from_millis(ms), count: 0, acquisition: 1, commit_at }
}

fn decided(item: u64, action: Action, fall_back: Option<FallBackCause>) -> ItemEvent {
    let at = Duration::from_millis(3000);
    ItemEvent::Decided { item, at, decision: Decision { action, fall_back } }
}

fn outcome(item: u64, outcome: Outcome) -> ItemEvent {
    ItemEvent::Outcome { item, at: Duration::from_millis(4000), outcome }
}

fn scored(score: f32) -> Vec<ScoredView> {
    let scores = Scores {
        score,
        threshold: 1.0,
        calibration: Calibration::Weak,
        peak: [10, 20],
        boxes: vec![[5, 15, 12, 9]],
        differs: "dent, upper edge".to_owned(),
        steps: ScoringSteps {
            localise_ms: 4.0,
            features_ms: 30.0,
            distance_ms: 3.5,
            head_ms: 2.0,
            fuse_ms: 0.5,
        },
    };
    vec![ScoredView { camera: "side".to_owned(), result: Ok(scores), heat_map: None }]
}

fn started() -> Flow {
    let mut flow = Flow::new(settings(), Vec::new(), quarantine(Vec::new()));
    flow.bridge(hello("a"), at(0));
    flow
}

fn verdict_in(steps: &[Step]) -> Option<Verdict> {
    steps.iter().find_map(|step| match step {
        Step::Send(ToBridge::Verdict { verdict, .. }) => Some(verdict.clone()),
        _ => None,
    })
}

fn closed_in(steps: &[Step]) -> Option<Record> {
    steps.iter().find_map(|step| match step {
        Step::Close(record) => Some(record.clone()),
        _ => None,
    })
}

#[test]
fn a_damaged_item_is_gathered_scored_diverted_and_closed() {
    let mut flow = started();
    let steps = flow.bridge(event(1, entered(7, 1000)), at(1010));
    assert!(matches!(steps[0], Step::Gather { item: 7, .. }));
    assert!(matches!(steps.last(), Some(Step::Acknowledge { through: 1 })));

    let steps = flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    assert_eq!(steps[0], Step::Score { item: 7, deadline: Duration::from_millis(2960) });

    let steps = flow.scored(7, scored(2.5), Duration::ZERO, Duration::from_millis(60), at(1600));
    let expected = Verdict::Divert { lane: 1, reasons: vec![Check::Damage] };
    assert_eq!(verdict_in(&steps), Some(expected));

    flow.bridge(event(2, decided(7, Action::Divert { lane: 1 }, None)), at(3000));
    let steps = flow.bridge(event(3, outcome(7, Outcome::Diverted { lane: 1 })), at(4000));
    let record = closed_in(&steps).expect("the record is closed");
    assert_eq!(record.outcome, Some(Outcome::Diverted { lane: 1 }));
    assert_eq!(record.timings.eye_to_verdict_ms, Some(600.0));
    assert_eq!(record.timings.scoring_steps.map(|steps| steps.features_ms), Some(30.0));
    assert_eq!(record.views[0].calibration, Some(Calibration::Weak));
    assert!(record.findings[0].words.contains("a guess"), "{}", record.findings[0].words);
    assert_eq!(record.entered_at, at(1000).wall.at());
    assert_eq!(flow.counts().diverted, 1);
}

#[test]
fn an_item_that_is_not_scored_by_its_deadline_is_uninspected_with_the_cause() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    assert_eq!(flow.tick(at(2959)), Vec::new());
    let steps = flow.tick(at(2960));
    let cause = "its pictures were not scored in time".into();
    assert_eq!(verdict_in(&steps), Some(Verdict::Uninspected { cause }));
    assert_eq!(flow.tick(at(2970)), Vec::new(), "it is given up once");
    let late = flow.scored(7, scored(0.1), Duration::ZERO, Duration::ZERO, at(3100));
    assert_eq!(verdict_in(&late), None, "a late score changes no verdict");
}

#[test]
fn a_stopped_belt_moves_the_deadline() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    let commit_at = Duration::from_secs(3600);
    flow.bridge(FromBridge::CommitAt { item: 7, commit_at }, at(1100));
    assert_eq!(flow.tick(at(10_000)), Vec::new());
}

#[test]
fn a_score_that_is_not_a_number_never_passes_an_item() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    let steps = flow.scored(7, scored(f32::NAN), Duration::ZERO, Duration::ZERO, at(1600));
    assert!(matches!(verdict_in(&steps), Some(Verdict::Uninspected { .. })));
}

#[test]
fn a_camera_that_got_no_answer_makes_the_item_uninspected() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow.gathered(7, vec![ViewRecord::of("side"), ViewRecord::of("top")], at(1500));
    let steps = flow.scored(7, scored(0.5), Duration::ZERO, Duration::ZERO, at(1600));
    let cause = "top: the view was not scored".into();
    assert_eq!(verdict_in(&steps), Some(Verdict::Uninspected { cause }));
}

#[test]
fn items_that_passed_while_inspectd_was_away_are_recorded_as_uninspected() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(9000));
    let fall_back = Some(FallBackCause::InspectorDead);
    let steps = flow.bridge(event(2, decided(7, Action::Divert { lane: 1 }, fall_back)), at(9000));
    assert_eq!(verdict_in(&steps), None, "the decision stands: nothing is asked for");
    let steps = flow.bridge(event(3, outcome(7, Outcome::Diverted { lane: 1 })), at(9000));
    let record = closed_in(&steps).expect("the record is closed");
    let cause = "inspectd was not running when the item passed".into();
    assert_eq!(record.verdict, Some(Verdict::Uninspected { cause }));
    assert_eq!(record.timings.eye_to_verdict_ms, None);
}

#[test]
fn a_killed_inspectd_goes_on_with_the_records_that_it_left_open() {
    let mut flow = started();
    let steps = flow.bridge(event(1, entered(7, 1000)), at(1000));
    let Some(Step::Save(open)) = steps.iter().find(|step| matches!(step, Step::Save(_))) else {
        panic!("the entered item is not saved: {steps:?}");
    };

    let mut restarted = Flow::new(settings(), vec![open.clone()], quarantine(Vec::new()));
    restarted.bridge(hello("a"), at(1500));
    let cause = "inspectd was restarted while it inspected the item".into();
    let verdict = verdict_in(&restarted.tick(at(1500)));
    assert_eq!(verdict, Some(Verdict::Uninspected { cause }));
    let steps = restarted.bridge(event(5, outcome(7, Outcome::Passed)), at(4000));
    assert!(closed_in(&steps).is_some());
}

#[test]
fn a_killed_bridge_that_goes_on_with_its_items_says_things_twice_and_is_heard_once() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    flow.scored(7, scored(0.5), Duration::ZERO, Duration::ZERO, at(1600));

    let steps = flow.bridge(hello("a"), at(1800));
    assert_eq!(verdict_in(&steps), Some(Verdict::Pass), "it may not have heard the verdict");
    let again = flow.bridge(event(1, entered(7, 1000)), at(1800));
    assert_eq!(again, [Step::Acknowledge { through: 1 }]);
    flow.bridge(event(2, decided(7, Action::Pass, None)), at(3000));
    let steps = flow.bridge(event(3, outcome(7, Outcome::Passed)), at(4000));
    assert!(closed_in(&steps).is_some());
    let again = flow.bridge(event(3, outcome(7, Outcome::Passed)), at(4100));
    assert_eq!(again, [Step::Acknowledge { through: 3 }]);
    assert_eq!((flow.counts().entered, flow.counts().passed), (1, 1));
}

#[test]
fn an_item_whose_bridge_was_killed_is_uninspected_for_that_reason_unless_it_was_judged() {
    let mut flow = started();
    for (seq, item) in [(1, 7), (2, 8)] {
        flow.bridge(event(seq, entered(item, 1000)), at(1000));
        flow.gathered(item, vec![ViewRecord::of("side")], at(1500));
    }
    flow.scored(7, scored(0.5), Duration::ZERO, Duration::ZERO, at(1600));
    let mut closed = Vec::new();
    for (seq, item) in [(3, 7), (5, 8)] {
        let fall_back = Some(FallBackCause::BridgeRestarted);
        flow.bridge(event(seq, decided(item, Action::Pass, fall_back)), at(3000));
        let why = Ambiguity::PlcRestarted;
        let steps =
            flow.bridge(event(seq + 1, outcome(item, Outcome::Ambiguous { why })), at(4000));
        closed.extend(closed_in(&steps));
    }
    assert_eq!(closed[0].verdict, Some(Verdict::Pass));
    assert_eq!(closed[1].verdict, Some(Verdict::Uninspected { cause: BRIDGE_RESTARTED.into() }));
    assert_eq!(flow.counts().ambiguous, 2);
}

#[test]
fn a_restarted_bridge_closes_the_items_of_its_earlier_boot_without_an_outcome() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    let steps = flow.bridge(hello("b"), at(1500));
    let record = closed_in(&steps).expect("closed");
    assert_eq!(record.outcome, None, "nobody saw one");
    let steps = flow.bridge(event(1, entered(1, 2000)), at(2000));
    assert!(matches!(steps[0], Step::Gather { item: 1, .. }), "numbers start anew: {steps:?}");
}

#[test]
fn a_body_without_a_number_is_kept_and_counted_and_is_no_item() {
    let mut flow = started();
    let why = UnnumberedWhy::NotSeenAtEntry;
    let body =
        ItemEvent::Unnumbered { at: Duration::from_millis(900), count: 5, eye: Eye::Exit, why };
    let steps = flow.bridge(event(1, body), at(1000));
    let [Step::Keep(Change::Unnumbered(kept)), Step::Acknowledge { through: 1 }] = &steps[..]
    else {
        panic!("{steps:?}")
    };
    assert_eq!((kept.bridge_boot.as_str(), kept.event, kept.eye), ("a", 1, Eye::Exit));
    assert_eq!(kept.seen_at, at(900).wall.at());
    assert_eq!(flow.counts().unnumbered.values().sum::<u64>(), 1);
    assert_eq!(flow.counts().entered, 0);
}

#[test]
fn a_replayed_event_is_acknowledged_and_changes_nothing() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    let steps = flow.bridge(event(1, entered(7, 1000)), at(1100));
    assert_eq!(steps, vec![Step::Acknowledge { through: 1 }]);
    assert_eq!(flow.counts().entered, 1);
}

#[test]
fn a_verdict_that_may_have_been_lost_with_the_socket_is_sent_again() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    flow.scored(7, scored(2.5), Duration::ZERO, Duration::ZERO, at(1600));
    let expected = Verdict::Divert { lane: 1, reasons: vec![Check::Damage] };
    assert_eq!(verdict_in(&flow.bridge(hello("a"), at(1700))), Some(expected));
    flow.bridge(event(2, decided(7, Action::Divert { lane: 1 }, None)), at(3000));
    assert_eq!(flow.bridge(hello("a"), at(3100)), Vec::new(), "what is decided is not asked again");
}

#[test]
fn a_moved_deadline_reaches_an_item_that_is_being_scored() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    let commit_at = Duration::from_millis(9040);
    let steps = flow.bridge(FromBridge::CommitAt { item: 7, commit_at }, at(1600));
    assert_eq!(steps, vec![Step::Postpone { item: 7, deadline: Duration::from_secs(9) }]);
}

#[test]
fn items_whose_events_the_bridge_had_to_drop_still_get_a_closed_record() {
    let mut flow = started();
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    let late =
        FromBridge::Event { seq: 5000, lost_before: 4000, event: outcome(1400, Outcome::Passed) };
    let steps = flow.bridge(late, at(90_000));
    let closed: Vec<_> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Close(record) => Some((record.id.item, record.outcome)),
            _ => None,
        })
        .collect();
    assert_eq!(closed, [(7, None), (1400, Some(Outcome::Passed))]);
    assert_eq!(flow.counts().entered, 2);
}

proptest! {
    /// Whatever comes in whatever order, an item gets at most one verdict and one closed record,
    /// and the record that is closed has a verdict.
    #[test]
    fn every_item_is_judged_once_and_closed_once(
        inputs in proptest::collection::vec((0u8..6, 1u64..4), 1..60)
    ) {
        let mut flow = started();
        let mut verdicts = BTreeMap::<u64, u32>::new();
        let mut closes = BTreeMap::<u64, u32>::new();
        let mut entries = std::collections::BTreeSet::new();
        for (seq, (what, item)) in (1u64..).zip(inputs) {
            let now = at(1000 + seq * 100);
            let steps = match what {
                0 if entries.insert(item) => {
                    flow.bridge(event(seq, entered(item, 1000 + seq * 100)), now)
                }
                1 => flow.gathered(item, vec![ViewRecord::of("side")], now),
                2 => flow.scored(item, scored(0.5), Duration::ZERO, Duration::ZERO, now),
                3 => flow.bridge(event(seq, decided(item, Action::Pass, None)), now),
                4 => flow.bridge(event(seq, outcome(item, Outcome::Passed)), now),
                _ => flow.tick(now),
            };
            for step in steps {
                match step {
                    Step::Send(ToBridge::Verdict { item, .. }) => {
                        *verdicts.entry(item).or_default() += 1;
                    }
                    Step::Close(record) => {
                        prop_assert!(record.verdict.is_some());
                        *closes.entry(record.id.item).or_default() += 1;
                    }
                    _ => {}
                }
            }
        }
        prop_assert!(verdicts.values().all(|n| *n == 1), "{verdicts:?}");
        prop_assert!(closes.values().all(|n| *n == 1), "{closes:?}");
    }
}

/// A flow that reads labels, with an item 7 that is being inspected.
fn with_label(label: LabelDuty, holds: Vec<Hold>) -> Flow {
    let settings = FlowSettings { label, ..settings() };
    let mut flow = Flow::new(settings, Vec::new(), quarantine(holds));
    flow.bridge(hello("a"), at(0));
    flow.bridge(event(1, entered(7, 1000)), at(1000));
    let steps = flow.gathered(7, vec![ViewRecord::of("side")], at(1500));
    let deadline = Duration::from_millis(2960);
    assert_eq!(steps[1], Step::ReadLabel { item: 7, deadline });
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

fn answer(lot: Option<&str>, finding: Option<&str>) -> LabelAnswer {
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

fn diverted(reason: Check) -> Option<Verdict> {
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

#[test]
fn an_item_that_enters_under_a_doubted_clock_is_marked_and_no_hold_ends_for_it() {
    let end = at(0).wall.at();
    let brief = Hold { expires_at: Some(end), ..hold(None) };
    for trusted in [true, false] {
        let mut flow = Flow::new(settings(), Vec::new(), quarantine(vec![brief.clone()]));
        let at = |ms| Now {
            wall: if trusted { at(ms).wall } else { WallTime::doubted(at(ms).wall.at()) },
            ..at(ms)
        };
        flow.bridge(hello("a"), at(0));
        let steps = flow.bridge(event(1, entered(7, 1000)), at(1010));
        let saved = steps.iter().find_map(|step| match step {
            Step::Save(record) => Some(record.clock_doubted),
            _ => None,
        });
        assert_eq!(saved, Some(!trusted));
        flow.tick(at(1011));
        assert_eq!(flow.holds().iter().count(), usize::from(!trusted));
        flow.gathered(7, vec![ViewRecord::of("side")], at(1300));
        let steps = flow.scored(7, scored(0.5), Duration::ZERO, Duration::ZERO, at(1500));
        let held = Verdict::Divert { lane: 1, reasons: vec![Check::Hold] };
        assert_eq!(verdict_in(&steps), Some(if trusted { Verdict::Pass } else { held }));
    }
}

#[test]
fn what_is_told_again_makes_up_for_lost_records_and_counts_nothing_twice() {
    let mut flow = started();
    let told = [
        event(1, entered(7, 1000)),
        event(2, decided(7, Action::Pass, Some(FallBackCause::InspectorDead))),
        event(3, outcome(7, Outcome::Passed)),
        event(4, entered(8, 1500)),
    ];
    for message in told.clone() {
        flow.bridge(message, at(2000));
    }
    let counts = flow.counts().clone();
    assert_eq!((counts.entered, counts.passed), (2, 1));

    // The record of item 7 was refused. Until the bridge greets, what it tells is new.
    flow.bridge(event(5, entered(9, 1900)), at(2001));
    flow.hear_again();
    flow.bridge(hello("a"), at(2002));
    let steps: Vec<_> =
        told.into_iter().flat_map(|message| flow.bridge(message, at(2003))).collect();
    let acknowledged: Vec<_> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Acknowledge { through } => Some(*through),
            _ => None,
        })
        .collect();
    assert_eq!(acknowledged, [1, 2, 3, 4]);
    let closed = closed_in(&steps).expect("item 7");
    assert_eq!((closed.id.item, closed.outcome), (7, Some(Outcome::Passed)));
    let Some(Verdict::Uninspected { cause }) = closed.verdict else { panic!("{closed:?}") };
    assert!(cause.contains("record was lost"), "{cause}");
    assert!(!steps.iter().any(|step| matches!(step, Step::Gather { .. })), "it is long gone");
    assert_eq!(flow.counts().entered, counts.entered + 1, "item 9 alone is new");
    assert_eq!(flow.counts().passed, counts.passed);

    // What comes after it is new again.
    flow.bridge(event(5, entered(9, 1900)), at(2004));
    let steps = flow.bridge(event(6, entered(10, 2000)), at(2005));
    assert!(matches!(steps[0], Step::Gather { item: 10, .. }));
    assert_eq!(flow.counts().entered, counts.entered + 2);
}
