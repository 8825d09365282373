use line::protocol::{Ambiguity, Check};

use super::*;
use twin::plc::Applied;

fn truth(number: u64, defect: bool, end: End, lane: u16, source: Source) -> Truth {
    Truth {
        number,
        acquisition: number as u16,
        sku: "box".into(),
        lot: None,
        code: None,
        told_code: None,
        defect: defect.then(|| "dent".to_owned()),
        entered_ns: 0,
        left_ns: 1,
        end,
        applied: Some(Applied { acquisition: number as u16, lane, source }),
        orphaned: false,
        plan: None,
    }
}

fn record(item: u64, verdict: Verdict, action: Action, outcome: Outcome) -> Record {
    Record {
        item,
        sku: Some("box".into()),
        claims: Vec::new(),
        familiarity: None,
        tote: None,
        verdict: Some(verdict),
        decision: Some(Decision { action, fall_back: None }),
        outcome: Some(outcome),
        timings: Timings { eye_to_verdict_ms: Some(item as f64), verdict_to_plc_ms: None },
    }
}

fn divert() -> Verdict {
    Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }
}

const LANE: Action = Action::Divert { lane: 1 };
const DIVERTED: Outcome = Outcome::Diverted { lane: 1 };

#[test]
fn a_run_in_which_all_agree_is_counted_by_kind() {
    let truths = [
        truth(1, true, End::Lane(1), 1, Source::Verdict),
        truth(2, true, End::Exit, 0, Source::Verdict),
        truth(3, false, End::Lane(1), 1, Source::Verdict),
        truth(4, false, End::Exit, 0, Source::Verdict),
    ];
    let records = [
        record(1, divert(), LANE, DIVERTED),
        record(2, Verdict::Pass, Action::Pass, Outcome::Passed),
        record(3, divert(), LANE, DIVERTED),
        record(4, Verdict::Pass, Action::Pass, Outcome::Passed),
    ];
    let account = Account::of(&truths, &records);
    assert_eq!((account.items, account.defective), (4, 2));
    assert_eq!((account.correctly_diverted, account.missed, account.false_diverts), (1, 1, 1));
    assert_eq!((account.mis_sorted, account.uninspected_items()), (0, 0));
    assert!(account.records_equal_truth, "{:?}", account.differences);
    assert_eq!(account.eye_to_verdict, Latency { p50_ms: Some(2.0), p99_ms: Some(4.0) });
    assert_eq!(account.verdict_to_plc, Latency::default());
}

#[test]
fn a_good_item_of_a_held_lot_is_no_false_divert() {
    let truths = [truth(1, false, End::Lane(1), 1, Source::Verdict)];
    let held = Verdict::Divert { lane: 1, reasons: vec![Check::Hold] };
    let account = Account::of(&truths, &[record(1, held, LANE, DIVERTED)]);
    assert_eq!((account.held, account.false_diverts), (1, 0));
}

#[test]
fn an_item_that_ended_elsewhere_than_decided_is_missorted() {
    let truths = [truth(1, true, End::Exit, 1, Source::Verdict)];
    let records = [record(1, divert(), LANE, Outcome::WrongLane { seen: 0 })];
    let account = Account::of(&truths, &records);
    assert_eq!((account.mis_sorted, account.correctly_diverted), (1, 0));
    assert!(account.records_equal_truth, "the record says what happened: {account:?}");
}

#[test]
fn a_record_that_says_something_else_than_what_happened_is_a_difference() {
    let truths = [
        truth(1, false, End::Exit, 0, Source::Verdict),
        truth(2, false, End::Exit, 0, Source::PlcFallBack),
        truth(3, false, End::Exit, 0, Source::Verdict),
    ];
    let passed = |item| record(item, Verdict::Pass, Action::Pass, Outcome::Passed);
    let records = [record(1, Verdict::Pass, Action::Pass, DIVERTED), passed(2)];
    let account = Account::of(&truths, &records);
    assert!(!account.records_equal_truth);
    assert_eq!(account.differences.len(), 4, "{:?}", account.differences);
    assert!(account.differences[3].contains("no record"));
}

#[test]
fn uninspected_items_are_counted_by_cause_and_neither_missed_nor_false_diverts() {
    let truths = [
        truth(1, true, End::Lane(1), 1, Source::BridgeFallBack),
        truth(2, false, End::Lane(1), 1, Source::BridgeFallBack),
    ];
    let fall_back = |item, verdict, cause| Record {
        verdict,
        decision: Some(Decision { action: LANE, fall_back: Some(cause) }),
        ..record(item, Verdict::Pass, LANE, DIVERTED)
    };
    let cause = "top: no frame";
    let records = [
        fall_back(1, None, FallBackCause::InspectorDead),
        fall_back(
            2,
            Some(Verdict::Uninspected { cause: cause.into() }),
            FallBackCause::Uninspected { why: cause.into() },
        ),
    ];
    let account = Account::of(&truths, &records);
    assert_eq!(account.uninspected[cause], 1);
    assert_eq!(account.uninspected["inspectd was away"], 1);
    assert_eq!((account.false_diverts, account.correctly_diverted), (0, 0));
    assert!(account.records_equal_truth, "{:?}", account.differences);
}

#[test]
fn an_item_that_no_plc_saw_has_no_record_and_an_ambiguous_one_is_nothing_else() {
    let unseen = Truth {
        acquisition: 0,
        applied: None,
        orphaned: true,
        ..truth(2, false, End::Exit, 0, Source::Verdict)
    };
    let truths = [
        truth(1, false, End::Exit, 0, Source::Verdict),
        unseen,
        truth(3, false, End::Exit, 1, Source::Verdict),
    ];
    let why = Ambiguity::PlcRestarted;
    let records = [
        record(1, Verdict::Pass, Action::Pass, Outcome::Passed),
        record(2, divert(), LANE, Outcome::Ambiguous { why }),
    ];
    let account = Account::of(&truths, &records);
    assert_eq!((account.items, account.unseen, account.ambiguous), (3, 1, 1));
    assert!(account.records_equal_truth, "{:?}", account.differences);
    assert_eq!(account.mis_sorted, 0);
}
