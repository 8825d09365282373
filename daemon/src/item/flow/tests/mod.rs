use damage::Calibration;
use jiff::{SignedDuration, Timestamp};
use line::protocol::{Action, Ambiguity, Check, Decision, Eye, UnnumberedWhy, VERSION};
use proptest::prelude::*;

use super::*;
use crate::item::batches::{Batch, BatchTest};
use crate::item::holds::{Hold, Origin};
use crate::records::record::{Finding, LabelRecord, ScoringSteps};

mod labels;
mod naming;
mod totes;

fn settings() -> FlowSettings {
    FlowSettings {
        looks: false,
        sku: Some("carton".to_owned()),
        sources: Vec::new(),
        scoring_reserve: Duration::from_millis(500),
        unknown: Unfamiliar::Uninspected,
        learning: Unfamiliar::Uninspected,
        empty_tote: Unfamiliar::Pass,
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
    let (deadline, sku) = (Duration::from_millis(2960), "carton".to_owned());
    assert_eq!(steps[0], Step::Score { item: 7, deadline, sku });

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
