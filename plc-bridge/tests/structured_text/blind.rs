//! Rules 12 and 13: what the program does about a line that does not see, and that it numbers what
//! is laid onto a belt that stands.

use plc_bridge::registers::{BlindOrder, Eye};

use crate::plc::{DIVERTER, EXIT, MID, Plc, SLIP, STEP};

const PASS: u16 = 0b00_00;
/// Scans of 10 ms in `BlindAfter`, and two more.
const SECOND: usize = 102;
const REPORT: u16 = 0;
const STOP: u16 = 2;

fn with_fall_back(blind: u16) -> Plc {
    let mut plc = Plc::with_known_belt(PASS);
    plc.set("Parameters.BlindFallBack", blind);
    plc
}

#[test]
fn an_encoder_that_stands_while_the_belt_runs_diverts_everything_until_the_belt_is_known_again() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.encoder_dead = true;
    plc.run(SECOND - 5);
    assert!(!plc.is_out(0) && plc.fault() == 0, "it may have been the start");
    plc.run(5);
    assert!(plc.is_out(0) && !plc.is_out(1) && !plc.stops());
    assert_eq!((plc.fault(), &plc.out["LineBlind"]), (10, &true.into()));
    assert_eq!(plc.out["PanelText"], "belt runs, encoder does not: mend it");
    plc.encoder_dead = false;
    plc.scan(STEP);
    assert_eq!(plc.out["LineBlind"], false);
    for travelled in (STEP..DIVERTER[0]).step_by(STEP as usize) {
        assert!(plc.is_out(0), "what came unseen is not past the diverter: {travelled}");
        plc.scan(STEP);
    }
    plc.scan(STEP);
    assert!(!plc.is_out(0) && plc.fault() == 0);
}

#[test]
fn an_encoder_that_trembles_by_one_count_stands_still() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.tremble(SECOND / 4 + 1);
    assert_eq!(plc.fault(), 10);
}

#[test]
fn an_encoder_of_a_belt_that_stands_is_no_fault() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.set("BeltRunning", false);
    plc.tremble(SECOND);
    assert!(plc.fault() == 0 && !plc.is_out(0));
}

#[test]
fn without_a_run_signal_the_encoder_is_not_judged_and_the_bridge_is_told() {
    let mut plc = Plc::with_known_belt(PASS);
    assert!(plc.status.capabilities.obeys_blind && plc.status.capabilities.run_signal);
    plc.set("Parameters.RunSignal", false);
    plc.encoder_dead = true;
    plc.run(2 * SECOND);
    assert!(plc.fault() == 0 && !plc.status.capabilities.run_signal);
    assert!(plc.status.capabilities.obeys_blind);
}

#[test]
fn with_stop_the_belt_stops_at_the_fault_and_again_after_a_reset_while_the_fault_lasts() {
    let mut plc = with_fall_back(STOP);
    plc.encoder_dead = true;
    plc.run(SECOND);
    assert!(plc.stops() && !plc.is_out(0));
    plc.set("BeltRunning", false);
    plc.run(SECOND);
    assert!(plc.stops(), "until the operator says so");
    assert_eq!(plc.fault(), 10, "the panel still says what it stopped for");
    assert!(!plc.status.stopped_for_item);
    plc.reset();
    assert!(!plc.stops());
    plc.set("BeltRunning", true);
    plc.run(SECOND);
    assert!(plc.stops());
}

#[test]
fn with_report_the_fault_is_only_shown() {
    let mut plc = with_fall_back(REPORT);
    plc.encoder_dead = true;
    plc.run(SECOND);
    assert!(!plc.stops() && !plc.is_out(0) && plc.fault() == 10);
}

#[test]
fn an_encoder_that_counts_while_the_belt_is_said_to_stand_is_a_fault() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.set("BeltRunning", false);
    plc.run(SECOND - 4);
    assert_eq!(plc.fault(), 0, "the belt runs out");
    (0..10).for_each(|_| plc.scan(0));
    plc.run((SLIP / STEP) as usize);
    assert_eq!(plc.fault(), 0, "a hand moves it");
    plc.run(1);
    assert!(plc.fault() == 11 && plc.is_out(0) && plc.out["LineBlind"] == true);
    plc.set("BeltRunning", true);
    plc.scan(STEP);
    assert_eq!(plc.out["LineBlind"], false);
}

#[test]
fn an_entry_eye_that_stays_covered_for_longer_than_any_item_is_a_fault_where_it_is_asked_for() {
    for (longest, is_fault) in [(300.0, true), (0.0, false)] {
        let mut plc = Plc::with_known_belt(PASS);
        plc.set("Parameters.LongestItem_mm", longest);
        plc.reset();
        plc.put(STEP, 1000);
        plc.run_to(0, 300 + SLIP);
        assert_eq!(plc.fault(), 0);
        plc.scan(STEP);
        assert_eq!(plc.out["LineBlind"], is_fault);
        assert_eq!((plc.fault(), plc.is_out(0)), if is_fault { (12, true) } else { (0, false) });
        plc.run_to(0, 1000);
        assert_eq!(plc.out["LineBlind"], false, "it is free");
    }
}

#[test]
fn another_eye_that_stays_covered_is_told_and_moves_nothing() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.set("Parameters.LongestItem_mm", 300.0);
    plc.reset();
    plc.put(-(EXIT - STEP), 1000);
    plc.run_to(0, EXIT + 300 + SLIP + STEP);
    assert!(plc.fault() == 14 && !plc.is_out(0) && plc.out["LineBlind"] == false);
}

#[test]
fn an_entry_eye_that_sees_nothing_of_what_the_mid_belt_eye_sees_is_a_fault_at_the_third_item() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.entry_dead = true;
    [0, 200, 400].into_iter().for_each(|before| plc.put(before, 100));
    plc.run_to(1, MID + STEP);
    assert_eq!(plc.ids(Eye::Mid(1)), [1, 2], "it numbers what the entry eye has missed");
    assert_eq!(plc.fault(), 0, "two may have been put on the belt");
    plc.run_to(2, MID);
    assert!(plc.fault() == 13 && plc.is_out(0) && plc.out["LineBlind"] == true);
    plc.entry_dead = false;
    plc.put(0, 100);
    plc.scan(STEP);
    assert!(plc.out["LineBlind"] == false && plc.is_out(0), "unseen ones are still on the belt");
    plc.run_to(3, DIVERTER[0] + 2 * STEP);
    assert!(!plc.is_out(0));
}

#[test]
fn an_entry_eye_that_sees_is_not_blamed_for_items_that_were_put_on_behind_it() {
    let mut plc = Plc::with_known_belt(PASS);
    for round in 0..4 {
        plc.put(0, 100);
        plc.put(-(MID - 50), 40);
        plc.run_to(2 * round, 150);
    }
    plc.run_to(6, EXIT + STEP);
    assert!(plc.fault() == 0 && plc.out["LineBlind"] == false);
}

#[test]
fn while_the_bridge_says_so_the_first_diverter_is_out() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.command.blind = BlindOrder::Divert;
    plc.scan(STEP);
    assert!(plc.is_out(0) && !plc.is_out(1) && !plc.stops());
    assert_eq!(plc.out["PanelText"], "line is blind: see the inspectd page");
    plc.command.direct = true;
    plc.scan(STEP);
    assert!(plc.is_out(0), "in direct mode too");
    plc.command.blind = BlindOrder::None;
    plc.scan(STEP);
    assert!(!plc.is_out(0) && plc.fault() == 0);
}

#[test]
fn the_belt_stops_when_the_bridges_flag_rises_and_again_each_time_it_rises_after_a_reset() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.command.blind = BlindOrder::Stop;
    plc.scan(STEP);
    assert!(plc.stops() && plc.fault() == 15);
    plc.reset();
    assert!(!plc.stops(), "the flag still stands, and has not risen");
    plc.command.blind = BlindOrder::None;
    plc.scan(STEP);
    plc.command.blind = BlindOrder::Stop;
    plc.scan(STEP);
    plc.command.blind = BlindOrder::None;
    plc.scan(STEP);
    assert!(plc.stops(), "until a reset, whatever the flag says");
    assert_eq!(plc.fault(), 15);
    plc.reset();
    assert!(!plc.stops() && plc.fault() == 0);
}

#[test]
fn an_item_laid_onto_the_entry_eye_of_a_belt_that_trembles_is_numbered_once() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.set("BeltRunning", false);
    plc.tremble(3);
    plc.scan(-1);
    plc.put(-40, 100);
    plc.scan(0);
    plc.tremble(10);
    plc.set("BeltRunning", true);
    plc.run_to(0, 300);
    assert_eq!(plc.ids(Eye::Entry), [1]);
    assert_eq!((plc.ids(Eye::Mid(1)), &plc.out["ItemsTracked"]), (vec![0], &1.into()));
}

#[test]
fn an_item_laid_onto_the_entry_eye_after_the_belt_ran_back_is_numbered_when_it_is_carried_on() {
    let mut plc = Plc::with_known_belt(PASS);
    (0..5).for_each(|_| plc.scan(-STEP));
    plc.put(-40, 100);
    plc.scan(0);
    plc.tremble(10);
    assert_eq!(plc.ids(Eye::Entry), [0], "it could be one that the belt has taken back");
    plc.run_to(0, 300);
    assert_eq!(plc.ids(Eye::Entry), [0, 1]);
    let edge = plc.events.iter().find(|event| event.acquisition == 1).expect("it was seen");
    assert!(!edge.backward && !edge.trailing);
    assert_eq!((plc.ids(Eye::Mid(1)), &plc.out["ItemsTracked"]), (vec![0], &1.into()));
}

/// The belt stops so that an edge of the item stands in the light beam, and trembles.
#[test]
fn an_edge_that_trembles_in_the_beam_of_a_standing_belt_numbers_nothing_twice() {
    let length = 100;
    for place in [0, length, MID, MID + length] {
        let mut plc = Plc::with_known_belt(PASS);
        plc.put(0, length);
        plc.run_to(0, place);
        plc.set("BeltRunning", false);
        plc.tremble(20);
        (0..3).for_each(|_| plc.scan(-1));
        plc.tremble(20);
        plc.set("BeltRunning", true);
        plc.run_to(0, 300 + length);
        let mut ids = plc.ids(Eye::Entry);
        ids.dedup();
        assert_eq!(ids, [1], "edge at {place}");
        assert!(plc.ids(Eye::Mid(1)).iter().all(|id| *id == 0), "edge at {place}");
        assert_eq!(plc.out["ItemsTracked"], 1, "edge at {place}");
    }
}

#[test]
fn an_item_whose_tail_leaves_in_the_belts_first_step_after_running_back_is_not_forgotten() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.put(0, 50);
    plc.run_to(0, 60);
    (0..11).for_each(|_| plc.scan(-1));
    (0..20).for_each(|_| plc.scan(1));
    plc.run_to(0, 300);
    assert_eq!(plc.ids(Eye::Entry), [1, 1], "in, and its tail back");
    assert_eq!((plc.ids(Eye::Mid(1)), &plc.out["ItemsTracked"]), (vec![0], &1.into()));
}
