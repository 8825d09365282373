//! Hours of belt in seconds: the twin's world and PLC against plc-bridge's line, through their
//! public interfaces, in simulated time. Whatever the inspection does, each item ends where the
//! bridge said that it would.

mod case;
mod day;
mod inspection;

use std::time::Duration;

use case::{Case, LINE};
use inspection::Habits;
use line::protocol::{Action, Ambiguity, Decision, FallBackCause, Outcome, Verdict};
use twin::{
    belt::{Phase, SpeedProfile},
    world::End,
};

fn phases(phases: &[(f64, u64)]) -> SpeedProfile {
    let phase = |(speed_mm_s, s): &(f64, u64)| Phase {
        speed_mm_s: *speed_mm_s,
        hold: Duration::from_secs(*s),
    };
    SpeedProfile::repeating(phases.iter().map(phase).collect())
}

#[test]
fn four_hours_at_a_steady_speed_sort_every_item_as_asked() {
    let ran = Case { hours: 4.0, ..Case::steady(1) }.run();
    assert!(ran.truths.len() > 13_000, "{}", ran.truths.len());
    assert_eq!(ran.agree(), 0);
    for (item, verdict) in &ran.asked {
        let Some(decision) = ran.decisions.get(item) else { continue };
        match verdict {
            Verdict::Pass => assert_eq!(decision.action, Action::Pass, "item {item}"),
            Verdict::Divert { lane, .. } => {
                assert_eq!(decision.action, Action::Divert { lane: *lane }, "item {item}");
            }
            Verdict::Uninspected { cause } => {
                let why = cause.clone();
                assert_eq!(decision.fall_back, Some(FallBackCause::Uninspected { why }));
            }
        }
    }
    for lane in [1, 2] {
        let into_lane = ran.truths.iter().filter(|truth| truth.end == End::Lane(lane));
        assert!(into_lane.count() > 1000, "lane {lane}");
    }
    assert_eq!(ran.line.counters.strays, 0);
    assert_eq!(ran.line.counters.events_lost, 0);
}

#[test]
fn a_belt_that_stops_and_starts_again_missorts_nothing() {
    let profile = phases(&[(300.0, 7), (0.0, 4), (300.0, 2), (120.0, 5), (0.0, 1), (220.0, 6)]);
    let ran = Case { profile, ..Case::steady(2) }.run();
    assert!(ran.truths.len() > 1500, "{}", ran.truths.len());
    assert_eq!(ran.agree(), 0);
}

#[test]
fn a_belt_that_runs_back_now_and_then_missorts_nothing() {
    let profile = phases(&[(300.0, 9), (-100.0, 1), (300.0, 7), (0.0, 1), (-60.0, 2)]);
    let ran = Case { profile, ..Case::steady(8) }.run();
    assert!(ran.truths.len() > 1500, "{}", ran.truths.len());
    let ambiguous = ran.agree();
    assert!(ambiguous < ran.truths.len() / 20, "{ambiguous} of {}", ran.truths.len());
}

#[test]
fn missed_exchanges_cost_time_but_no_item() {
    let ran = Case { missed: 0.6, ..Case::steady(3) }.run();
    assert_eq!(ran.agree(), 0);
    assert_eq!(ran.line.counters.events_lost, 0);
}

#[test]
fn items_without_a_verdict_in_time_take_the_first_fall_back_that_is_not_to_pass() {
    let habits = Habits { silent: 0.2, slowest_s: 4.5, dies_every_s: None };
    let ran = Case { habits, ..Case::steady(4) }.run();
    assert_eq!(ran.agree(), 0);
    let fall_backs = ran.decisions.values().filter(|decision| {
        decision.fall_back == Some(FallBackCause::NoVerdict)
            && decision.action == Action::Divert { lane: 2 }
    });
    assert!(fall_backs.count() > 500);
}

#[test]
fn items_without_a_verdict_in_time_stop_the_belt_where_the_line_file_says_so() {
    let habits = Habits { silent: 0.05, slowest_s: 2.5, dies_every_s: None };
    let line = LINE.replace("late = \"pass\"", "late = \"stop\"");
    let ran = Case { line, habits, ..Case::steady(9) }.run();
    assert_eq!(ran.agree(), 0);
    let stops = ran.decisions.values().filter(|decision| decision.action == Action::Stop);
    assert!(stops.count() > 50);
}

#[test]
fn an_inspection_that_dies_again_and_again_missorts_nothing() {
    let habits = Habits { dies_every_s: Some(20.0), ..Case::steady(5).habits };
    let ran = Case { habits, ..Case::steady(5) }.run();
    assert_eq!(ran.agree(), 0);
    let dead = |decision: &&Decision| decision.fall_back == Some(FallBackCause::InspectorDead);
    assert!(ran.decisions.values().filter(dead).count() > 100);
}

#[test]
fn items_taken_away_by_hand_are_reported_lost_or_missing_and_no_other_is() {
    let ran = Case { taken: 0.1, ..Case::steady(6) }.run();
    let ambiguous = ran.agree();
    let unseen = Outcome::Ambiguous { why: Ambiguity::Unseen };
    let reported = ran.outcomes.values().filter(|o| **o == Outcome::Lost || **o == unseen).count();
    let taken = ran.truths.iter().filter(|truth| truth.end == End::TakenAway).count();
    assert_eq!((reported, ambiguous <= taken), (taken, true));
    assert!(taken > 200, "{taken}");
}

#[test]
fn items_put_on_between_the_eyes_take_the_fall_back_and_are_confirmed() {
    let ran = Case { added: 0.3, ..Case::steady(7) }.run();
    assert_eq!(ran.agree(), 0);
    let found = FallBackCause::Ambiguous { why: Ambiguity::Found };
    let found = ran.decisions.values().filter(|d| d.fall_back.as_ref() == Some(&found));
    let found: Vec<Action> = found.map(|decision| decision.action).collect();
    assert!(found.len() > 20, "{}", found.len());
    assert!(found.iter().all(|action| *action == Action::Divert { lane: 1 }));
}

#[test]
fn a_plc_that_loses_its_power_again_and_again_loses_no_item_and_guesses_none() {
    // Without the mid-belt eye, at which the new PLC would number what the old one knew.
    let line = LINE.replace("[[conveyor.mid_eye]]\nposition_mm = 480\n", "");
    let power_cuts_every = Some(Duration::from_secs(60));
    let ran = Case { line, power_cuts_every, ..Case::steady(10) }.run();
    ran.agree();
    let why = Ambiguity::PlcRestarted;
    let restarted = ran.outcomes.values().filter(|o| **o == Outcome::Ambiguous { why }).count();
    let orphans = ran.truths.iter().filter(|truth| truth.orphaned && truth.acquisition != 0);
    // And items that have left, but are still in the window of an eye.
    assert!(restarted >= orphans.clone().count(), "{restarted}");
    assert!(orphans.clone().count() > 200);
    // The own fall-back of the first diverter is to divert.
    assert!(orphans.filter(|truth| truth.end == End::Lane(1)).count() > 100);
}
