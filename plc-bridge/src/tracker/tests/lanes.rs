//! Several diverters, a belt to be stopped, a PLC out of contact, and `direct` mode.

use super::*;
use line::config::PlcMode;

/// A second diverter behind the first: lane 2, commit at 1,300, lane eye at 1,450, exit at 1,800.
fn two_lanes(first: FallBack, second: FallBack) -> BridgeConfig {
    let mut config = config(first);
    config.conveyor.exit_eye_mm = 1800.0;
    config.conveyor.diverter.push(DiverterSection {
        lane: 2,
        commit_point_mm: 1300.0,
        lane_eye_mm: 1450.0,
        diverter_mm: Some(1400.0),
        fall_back: FallBackSection::always(second),
        ..config.conveyor.diverter[0].clone()
    });
    config
}

fn into(lane: u8) -> Verdict {
    Verdict::Divert { lane, reasons: vec![Check::Label] }
}

#[test]
fn an_item_for_the_second_lane_goes_past_the_first() {
    let mut line = Line::of(&two_lanes(FallBack::Divert, FallBack::Divert));
    line.run(100, &[(Eye::Entry, 100)]);
    line.verdict(1, into(2));
    let out = line.run(1100, &[]);
    assert_eq!((decisions(&out), deliveries(&out)), (vec![], vec![]));
    let out = line.run(1400, &[]);
    let decision = Decision { action: Action::Divert { lane: 2 }, fall_back: None };
    assert_eq!(decisions(&out), [(1, decision)]);
    line.run(1560, &[(Eye::Lane(2), 1550)]);
    assert_eq!(outcomes(&line.run(2100, &[])), [(1, Outcome::Diverted { lane: 2 })]);
}

#[test]
fn a_verdict_for_a_lane_that_lies_behind_is_too_late_and_one_ahead_is_not() {
    let mut line = Line::of(&two_lanes(FallBack::Pass, FallBack::Divert));
    line.run(100, &[(Eye::Entry, 100)]);
    let let_go = deliveries(&line.run(1000, &[]));
    assert_eq!(let_go[0].result.lane, 0, "the PLC is told to let it go");
    let refused = Output::Refused { item: 1, why: Refusal::TooLate };
    assert_eq!(line.verdict(1, into(1)), [refused]);
    assert_eq!(deliveries(&line.verdict(1, into(2))).len(), 1);
    let decision = Decision { action: Action::Divert { lane: 2 }, fall_back: None };
    assert_eq!(decisions(&line.run(1400, &[])), [(1, decision)], "it was judged after all");
}

/// Found by the simulation.
#[test]
fn a_diverter_that_could_not_follow_the_verdict_is_not_forgotten_at_the_next_one() {
    let mut line = Line::of(&two_lanes(FallBack::Pass, FallBack::Divert));
    line.run_with(400, &[leading(Eye::Entry, 100), trailing(100, 300), leading(Eye::Entry, 340)]);
    line.verdict(1, Verdict::Pass);
    line.verdict(2, into(1));
    let fall_back = Some(FallBackCause::Ambiguous { why: Ambiguity::TooClose });
    assert_eq!(
        decisions(&line.run(2000, &[]))[1],
        (2, Decision { action: Action::Pass, fall_back })
    );
}

/// Found by the simulation.
#[test]
fn the_cause_is_that_of_the_fall_back_which_overrode_the_verdict() {
    let mut line = Line::of(&two_lanes(FallBack::Pass, FallBack::Pass));
    line.run_with(400, &[leading(Eye::Entry, 100), trailing(100, 300), leading(Eye::Entry, 340)]);
    line.verdict(1, Verdict::Pass);
    line.run(1200, &[]);
    line.verdict(2, into(2));
    let fall_back = Some(FallBackCause::Ambiguous { why: Ambiguity::TooClose });
    assert_eq!(
        decisions(&line.run(2000, &[]))[1],
        (2, Decision { action: Action::Pass, fall_back })
    );
}

#[test]
fn each_diverter_has_a_fall_back_of_its_own() {
    let mut line = Line::of(&two_lanes(FallBack::Pass, FallBack::Stop));
    line.run(100, &[(Eye::Entry, 100)]);
    let out = line.run(1400, &[]);
    let decision = Decision { action: Action::Stop, fall_back: Some(FallBackCause::NoVerdict) };
    assert_eq!(decisions(&out), [(1, decision)]);
    let lanes: Vec<_> = deliveries(&out).iter().map(|sent| sent.result.lane).collect();
    assert_eq!(lanes, [0, LANE_STOP]);
}

#[test]
fn a_belt_is_believed_to_have_stopped_only_by_a_plc_that_can_and_that_was_told() {
    for (stops_belt, is_held) in [(true, true), (true, false), (false, true)] {
        let mut line = Line::new(FallBack::Stop);
        line.tracker.plc_can(Capabilities { stops_belt, ..Capabilities::default() });
        line.run(100, &[(Eye::Entry, 100)]);
        for delivery in deliveries(&line.run(1100, &[])) {
            if is_held {
                line.tracker.acknowledged(&delivery);
            }
        }
        line.run(1610, &[(Eye::Exit, 1600)]);
        let expected =
            if stops_belt && is_held { Outcome::Passed } else { Outcome::WrongLane { seen: 0 } };
        assert_eq!(outcomes(&line.run(2100, &[])), [(1, expected)]);
    }
}

#[test]
fn a_bridge_that_goes_on_leaves_diverters_alone_that_an_item_has_passed() {
    let config = two_lanes(FallBack::Divert, FallBack::Divert);
    let mut line = Line::of(&config);
    let remembered = Remembered {
        item: 7,
        acquisition: 70,
        count: 100,
        numbered_at: 100,
        code: None,
        held: None,
        decision: None,
        seen: vec![],
    };
    line.tracker.resume(1100, [remembered].into_iter());
    assert_eq!(deliveries(&line.run(1100, &[]))[0].result.lane, 2, "the first lies behind it");
}

#[test]
fn while_the_plc_was_out_of_contact_it_did_what_it_held_or_had_been_told() {
    let plc_lost = Some(FallBackCause::PlcLost);
    let cases = [
        (None, Action::Pass, plc_lost.clone()),
        (Some((divert(), true)), Action::Divert { lane: 1 }, None),
        (Some((divert(), false)), Action::Pass, plc_lost),
    ];
    for (verdict, action, fall_back) in cases {
        let mut line = Line::new(FallBack::Pass);
        line.run(100, &[(Eye::Entry, 100)]);
        if let Some((verdict, is_held)) = verdict {
            for delivery in deliveries(&line.verdict(1, verdict)) {
                if is_held {
                    line.tracker.acknowledged(&delivery);
                }
            }
        }
        line.clock += Duration::from_secs(1);
        let sample = Sample { at: line.clock, count: 1100 };
        let poll =
            Poll { sample, edges: &[], events_lost: false, was_cut_off: true, is_fresh: true };
        line.tracker.poll(&poll, &mut line.out);
        assert_eq!(decisions(&line.out), [(1, Decision { action, fall_back })]);
    }
}

#[test]
fn in_direct_mode_the_diverter_is_out_while_its_item_passes_it() {
    let mut config = two_lanes(FallBack::Pass, FallBack::Pass);
    config.plc.mode = PlcMode::Direct;
    let mut line = Line::of(&config);
    line.run(100, &[(Eye::Entry, 100), (Eye::Entry, 20)]);
    line.verdict(1, into(1));
    line.verdict(2, into(2));
    let mut spans = [(0, 0); 2];
    for count in (100..1800).step_by(10) {
        line.run(count, &[]);
        let sample = Sample { at: line.clock, count };
        let outputs = line.tracker.outputs(sample).expect("direct mode");
        for (bit, span) in spans.iter_mut().enumerate() {
            if outputs >> bit & 1 == 1 {
                *span = (if span.0 == 0 { count } else { span.0 }, count);
            }
        }
    }
    // What lay on the belt at the start is let pass: `plc_lost` says so. At 1 mm/ms: 60 ms of travel and two cycles of 10 before, 100 mm of hold less a cycle behind.
    assert_eq!(spans, [(100 + 920, 100 + 1080), (20 + 1320, 20 + 1480)]);
}

#[test]
fn in_mailbox_mode_the_bridge_fires_nothing() {
    let line = Line::new(FallBack::Divert);
    assert_eq!(line.tracker.outputs(Sample { at: line.clock, count: 0 }), None);
}
