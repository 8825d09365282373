//! What was found once, written out by hand so that it can be read, and must not come back.

use line::config::{BlindFallBack, FallBack, FallBackSection};
use line::protocol::{Check, Verdict};

use crate::run;
use crate::scenario::{
    DiverterSpec, ItemFault, ItemPlan, LineSpec, Restart, Scenario, Starts, Trouble, TroubleKind,
};
use crate::tally::Tally;

/// A belt at 500 mm/s with arms at 1,000 and 1,800 mm, one eye between at 400 and the exit at 2,600.
/// An arm needs 20 ms, and 120 mm between items that go different ways.
fn line() -> LineSpec {
    let diverter = |lane: u8, commit: f64| DiverterSpec {
        lane,
        commit,
        arm: commit + 100.0,
        travel_ms: 20.0,
        hold: 35.0,
        lane_eye: commit + 450.0,
        fall_back: FallBackSection::always(FallBack::Divert),
    };
    LineSpec {
        mm_per_count: 0.5,
        top_speed: 500.0,
        acceleration: 2_000.0,
        mids: vec![400.0],
        diverters: vec![diverter(1, 900.0), diverter(2, 1_700.0)],
        exit: 2_600.0,
        tolerance: 30.0,
        min_gap: 120.0,
        lengths: (200.0, 200.0),
        longest: Some(220.0),
        scan_ms: 10.0,
        cycle_ms: 10.0,
        direct: false,
        gives_ids: true,
        trailing_edges: true,
        direction: true,
        blind: BlindFallBack::Divert,
        run_signal: true,
        starts: Starts::default(),
    }
}

/// An item of 200 mm, a free gap behind the one before, judged when it is 300 mm behind the entry
/// eye.
fn item(verdict: Verdict) -> ItemPlan {
    ItemPlan {
        gap: 300.0,
        length: 200.0,
        slips: [0.0; 3],
        asks: vec![(300.0, verdict)],
        fault: None,
    }
}

fn divert(lane: u8) -> Verdict {
    Verdict::Divert { lane, reasons: vec![Check::Damage] }
}

fn scenario(line: LineSpec, items: Vec<ItemPlan>, troubles: Vec<Trouble>) -> Scenario {
    Scenario { seed: 0, line, items, troubles, restart: Restart::Fresh }
}

/// Nothing is wrong with it; gives how many outcomes there were of each kind.
#[track_caller]
fn holds(scenario: &Scenario) -> Outcomes {
    let mut tally = Tally::default();
    let wrongs = run::run(scenario, &mut tally);
    assert!(wrongs.is_empty(), "{}", crate::explain(scenario));
    let of = |name| tally.outcomes.get(name).map_or(0, |counts: &[u64; 2]| counts[0] + counts[1]);
    Outcomes {
        passed: of("passed"),
        diverted: of("diverted"),
        lost: of("lost"),
        wrong_lane: of("wrong lane"),
        ambiguous: of("ambiguous"),
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Outcomes {
    passed: u64,
    diverted: u64,
    lost: u64,
    wrong_lane: u64,
    ambiguous: u64,
}

#[test]
fn on_a_line_without_faults_each_item_goes_where_it_is_asked_to() {
    let items = vec![item(Verdict::Pass), item(divert(1)), item(divert(2)), item(Verdict::Pass)];
    let outcomes = holds(&scenario(line(), items, vec![]));
    assert_eq!(outcomes, Outcomes { passed: 2, diverted: 2, ..Outcomes::default() });
}

#[test]
fn in_direct_mode_each_item_goes_where_it_is_asked_to() {
    let mut line = LineSpec { direct: true, gives_ids: false, ..line() };
    line.diverters.iter_mut().for_each(|diverter| diverter.commit -= 60.0);
    let items = vec![item(Verdict::Pass), item(divert(1)), item(divert(2)), item(Verdict::Pass)];
    let outcomes = holds(&scenario(line, items, vec![]));
    assert_eq!(outcomes, Outcomes { passed: 2, diverted: 2, ..Outcomes::default() });
}

/// The second item is too close to the first for the arm, and the fall-back lets it go; the later
/// diverter, which its verdict does not name, must not turn that into a followed verdict.
#[test]
fn a_verdict_that_doubt_overrode_is_not_told_as_followed_by_a_later_diverter() {
    let mut line = line();
    line.diverters[0].fall_back.ambiguous = FallBack::Pass;
    let close = ItemPlan { gap: 90.0, fault: Some(ItemFault::Tight), ..item(divert(1)) };
    holds(&scenario(line, vec![item(Verdict::Pass), close], vec![]));
}

#[test]
fn an_item_that_a_hand_took_away_is_lost_and_its_neighbours_are_not() {
    let gone = ItemPlan { fault: Some(ItemFault::Removed { at: 1_900.0 }), ..item(Verdict::Pass) };
    let items = vec![item(divert(2)), gone, item(divert(1))];
    let outcomes = holds(&scenario(line(), items, vec![]));
    assert_eq!(outcomes, Outcomes { diverted: 2, lost: 1, ..Outcomes::default() });
}

#[test]
fn an_arm_that_does_the_reverse_shows_as_wrong_lane() {
    let fault = Some(ItemFault::Disobeyed { diverter: 0 });
    let items = vec![item(divert(2)), ItemPlan { fault, ..item(Verdict::Pass) }];
    let outcomes = holds(&scenario(line(), items, vec![]));
    assert_eq!(outcomes, Outcomes { diverted: 1, wrong_lane: 1, ..Outcomes::default() });
}

#[test]
fn a_belt_that_carries_an_item_back_over_the_entry_eye_brings_the_same_item_again() {
    let back = Trouble { from: 1, kind: TroubleKind::Back { by: 150.0 }, lasts_ms: 1.0 };
    let items = vec![item(Verdict::Pass), item(divert(1)), item(Verdict::Pass)];
    let outcomes = holds(&scenario(line(), items, vec![back]));
    assert_eq!(outcomes, Outcomes { passed: 2, diverted: 1, ..Outcomes::default() });
}

#[test]
fn a_bridge_that_starts_anew_guesses_nothing_about_what_lies_on_the_belt() {
    for restart in [Restart::Fresh, Restart::Resumed] {
        let down = Trouble { from: 2, kind: TroubleKind::BridgeDown, lasts_ms: 200.0 };
        let asked = [Verdict::Pass, divert(1), Verdict::Pass, divert(2), Verdict::Pass];
        let items = asked.map(item).to_vec();
        holds(&Scenario { restart, ..scenario(line(), items, vec![down]) });
    }
}

/// Before, they passed as a log line, and the light stayed green.
#[test]
fn behind_a_dead_entry_eye_each_body_is_told_and_the_line_diverts() {
    let dead = Trouble { from: 1, kind: TroubleKind::EyeDead { eye: 0 }, lasts_ms: 12_000.0 };
    let mut line = line();
    line.mids.clear();
    let items = vec![item(Verdict::Pass); 14];
    let mut tally = Tally::default();
    let scenario = scenario(line, items, vec![dead]);
    let wrongs = run::run(&scenario, &mut tally);
    assert!(wrongs.is_empty(), "{}", crate::explain(&scenario));
    assert!(tally.unnumbered >= 6, "{tally:?}");
    assert_eq!(tally.bodies, 14, "bodies in are outcomes out");
    let (_, trace) = run::traced(&scenario);
    assert!(trace.iter().any(|told| told.contains("EyeBlind(Entry)")));
}

/// Before, everything behind the first item went as that one again.
#[test]
fn past_a_dead_encoder_each_body_is_told() {
    let dead = Trouble { from: 3, kind: TroubleKind::EncoderDead, lasts_ms: 6_000.0 };
    let items = vec![item(Verdict::Pass); 14];
    let mut tally = Tally::default();
    let scenario = scenario(line(), items, vec![dead]);
    let wrongs = run::run(&scenario, &mut tally);
    assert!(wrongs.is_empty(), "{}", crate::explain(&scenario));
    assert_eq!(tally.bodies, 14);
    let (_, trace) = run::traced(&scenario);
    assert!(trace.iter().any(|told| told.contains("EncoderStill]")));
}
