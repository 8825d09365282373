//! The program keeps the rules of the register map.

use plc_bridge::registers::{Eye, LANE_STOP};

use crate::plc::{COMMIT, DIVERTER, FIRE_AHEAD, HOLD, LANES, MID, Plc, STEP};

const PASS: u16 = 0b00_00;
const DIVERT: u16 = 0b01_01;
const STOP: u16 = 0b10_10;

#[test]
fn each_result_moves_its_own_diverter_at_its_own_item_across_the_wrap_of_the_encoder() {
    let mut plc = Plc::with_known_belt(PASS);
    // In step with the results: lane 3, stay, lane 7.
    [0, 200, 400].into_iter().for_each(|before| plc.put(before, 150));
    plc.run_to(2, 20);
    assert_eq!(plc.ids(Eye::Entry), [1, 2, 3]);
    [(1, LANES[0]), (2, 0), (3, LANES[1])].into_iter().for_each(|(id, lane)| plc.result(id, lane));
    let mut out = [Vec::new(), Vec::new()];
    while plc.things[2].lead < DIVERTER[1] + 2 * HOLD {
        plc.scan(STEP);
        (0..2).filter(|d| plc.is_out(*d)).for_each(|d| out[d].push(plc.things[2 * d].lead));
    }
    for (diverter, places) in out.iter().enumerate() {
        let place = DIVERTER[diverter];
        assert_eq!(places.first(), Some(&(place - FIRE_AHEAD)), "diverter {diverter}");
        assert_eq!(places.last(), Some(&(place + HOLD - STEP)), "diverter {diverter}");
        assert_eq!(places.len() as i64, (FIRE_AHEAD + HOLD) / STEP, "diverter {diverter}");
    }
    assert_eq!(plc.out["ItemsTracked"], 0);
}

#[test]
fn a_later_result_counts_until_the_commit_point_and_not_after_it() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.result(1, LANES[0]);
    plc.run_to(0, COMMIT[0] - 2 * STEP);
    plc.result(1, 0);
    assert_eq!(plc.diverters_that_move(0), [false, false]);

    plc.put(0, 100);
    plc.run_to(1, 50);
    plc.result(2, LANES[0]);
    plc.run_to(1, COMMIT[0]);
    plc.result(2, 0);
    assert_eq!(plc.diverters_that_move(1), [true, false]);
}

#[test]
fn an_item_without_a_result_gets_the_own_fall_back_of_each_diverter() {
    for (own, moves) in [(PASS, [false, false]), (DIVERT, [true, false]), (0b01_00, [false, true])]
    {
        let mut plc = Plc::with_known_belt(own);
        plc.put(0, 100);
        assert_eq!(plc.diverters_that_move(0), moves, "own_fall_back {own:#b}");
    }
}

#[test]
fn a_power_cut_leaves_the_plc_with_the_own_fall_back_that_was_written_last() {
    let mut plc = Plc::with_known_belt(PASS);
    let boot = plc.status.plc_boot;
    plc.cut_power();
    assert_ne!(plc.status.plc_boot, boot, "it has started anew");
    assert!(!plc.is_out(0) && !plc.is_out(1), "what lies on the unknown belt passes");
    plc.run(130);
    plc.put(0, 100);
    assert_eq!(plc.diverters_that_move(0), [false, false]);

    let mut plc = Plc::with_known_belt(STOP);
    plc.cut_power();
    assert_eq!(plc.out["StopBelt"], true, "the unknown belt waits for an operator");
    assert!(!plc.is_out(0) && !plc.is_out(1));
}

#[test]
fn a_result_for_an_unknown_item_is_taken_and_ignored() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.result(9, LANES[0]);
    plc.scan(STEP);
    assert_eq!((plc.status.result_taken, plc.status.sequence_echo), (1, plc.command.sequence));
    assert_eq!(plc.diverters_that_move(0), [false, false]);
}

#[test]
fn eight_results_of_one_command_are_taken_in_one_scan() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.command.result_head = 65_532;
    plc.command.bridge_boot += 1;
    plc.scan(STEP);
    (1..=8).for_each(|id| plc.result(id, 0));
    plc.scan(STEP);
    assert_eq!(plc.status.result_taken, 4, "the number wraps from 65,535 to 0");
    assert_eq!(plc.status.sequence_echo, plc.command.sequence);
}

#[test]
fn a_restarted_bridge_numbers_its_results_from_one_and_finds_its_items_kept() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.put(0, 100);
    plc.put(250, 100);
    plc.run_to(1, 50);
    plc.result(1, LANES[0]);
    plc.scan(STEP);
    plc.command.bridge_boot += 1;
    plc.command.result_head = 0;
    plc.scan(STEP);
    assert_eq!(plc.status.result_taken, 0);
    plc.result(2, LANES[1]);
    plc.scan(STEP);
    assert_eq!(plc.status.result_taken, 1);
    assert_eq!(plc.diverters_that_move(1), [true, true], "lane 3 for item 1, lane 7 for item 2");
}

#[test]
fn a_silent_bridge_is_lost_after_half_a_second_and_met_again_at_its_next_beat() {
    let mut plc = Plc::with_known_belt(DIVERT);
    assert!(!plc.status.bridge_lost);
    plc.bridge_writes = false;
    plc.run(50);
    assert!(!plc.status.bridge_lost);
    plc.run(2);
    assert!(plc.status.bridge_lost);
    assert_eq!(plc.out["PanelText"], "bridge lost: sorting by fall-back");
    plc.bridge_writes = true;
    plc.scan(STEP);
    assert!(!plc.status.bridge_lost);
}

#[test]
fn an_unknown_belt_is_diverted_before_the_first_command_and_until_it_has_travelled_through() {
    let mut plc = Plc::start(PASS);
    plc.bridge_writes = false;
    assert!(plc.is_out(0) && plc.is_out(1), "before the first command: divert");

    let mut plc = Plc::start(DIVERT);
    plc.scan(0);
    let mut travelled = 0;
    while plc.is_out(1) {
        assert_eq!(plc.is_out(0), travelled < DIVERTER[0], "after {travelled} counts");
        plc.scan(STEP);
        travelled += STEP;
    }
    assert_eq!(travelled, DIVERTER[1]);
}

#[test]
fn an_unknown_belt_with_stop_as_its_fall_back_waits_for_the_operator() {
    let mut plc = Plc::start(STOP);
    plc.scan(0);
    plc.scan(0);
    assert_eq!(plc.out["StopBelt"], true);
    assert_eq!(plc.out["PanelText"], "started anew: clear belt, then reset");
    plc.set("OperatorReset", true);
    plc.scan(0);
    assert_eq!(plc.out["StopBelt"], false);
}

#[test]
fn a_result_that_asks_for_it_stops_the_belt_once_and_the_item_passes_after_the_reset() {
    let mut plc = Plc::with_known_belt(DIVERT);
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.result(1, LANE_STOP);
    plc.run_to(0, COMMIT[0] - STEP);
    assert_eq!(plc.out["StopBelt"], false);
    plc.scan(STEP);
    assert!(plc.status.stopped_for_item && plc.out["StopBelt"] == true);
    assert_eq!(plc.out["StoppedFor"], 1);
    (0..20).for_each(|_| plc.scan(0));
    assert_eq!(plc.out["StopBelt"], true, "until the operator says so");
    plc.set("OperatorReset", true);
    plc.scan(0);
    assert!(!plc.status.stopped_for_item && plc.out["StopBelt"] == false);
    assert_eq!(plc.diverters_that_move(0), [false, false]);
}

#[test]
fn an_item_that_the_belt_takes_back_over_the_entry_eye_keeps_its_id() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.put(0, 100);
    plc.run_to(0, 160);
    (0..20).for_each(|_| plc.scan(-STEP));
    plc.put(240, 60);
    plc.run_to(1, 100);
    assert_eq!(plc.ids(Eye::Entry), [1, 1, 1, 2], "in, tail back in, in again, and the next item");
    let way: Vec<_> =
        plc.events.iter().map(|edge| (edge.trailing, edge.backward)).take(5).collect();
    let expected = [(false, false), (true, false), (false, true), (true, true), (false, false)];
    assert_eq!(way, expected);
    assert_eq!(plc.out["ItemsTracked"], 2);
}

#[test]
fn a_mid_belt_eye_corrects_the_place_of_an_item_that_slipped() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.put(0, 100);
    plc.run_to(0, 100);
    plc.things[0].lead -= 50;
    plc.result(1, LANES[0]);
    plc.run_to(0, DIVERTER[0] - FIRE_AHEAD - STEP);
    assert_eq!(plc.ids(Eye::Mid(1)), [0], "a known item");
    assert!(!plc.is_out(0), "uncorrected, the diverter would be out 50 mm earlier");
    plc.scan(STEP);
    assert!(plc.is_out(0));
}

#[test]
fn an_item_that_was_put_on_the_belt_is_numbered_at_the_mid_belt_eye() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.put(-(MID - 50), 80);
    plc.run_to(0, MID + STEP);
    assert_eq!(plc.ids(Eye::Mid(1)), [2, 0], "the new one has the next id, the other is known");
    plc.result(2, LANES[1]);
    assert_eq!(plc.diverters_that_move(1), [false, true]);
}

#[test]
fn in_direct_mode_the_outputs_are_the_bridges_until_it_is_lost() {
    let mut plc = Plc::with_known_belt(DIVERT);
    plc.command.direct = true;
    plc.command.outputs = 0b10;
    plc.scan(STEP);
    assert!(!plc.is_out(0) && plc.is_out(1));
    plc.put(0, 100);
    plc.run_to(0, 400);
    assert!(plc.is_out(1) && !plc.is_out(0), "no result is needed");
    plc.bridge_writes = false;
    (0..60).for_each(|_| plc.scan(0));
    assert!(plc.status.bridge_lost && !plc.is_out(1));
    assert_eq!(plc.diverters_that_move(0), [true, false], "the PLC's own fall-back");
}

#[test]
fn parameters_that_do_not_fit_stop_the_belt_until_they_are_corrected() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.set("Parameters.CommitPoint_mm", vec![590.0, 1000.0]);
    plc.set("OperatorReset", true);
    plc.scan(STEP);
    assert_eq!((&plc.out["StopBelt"], &plc.out["FaultCode"]), (&true.into(), &1.into()));
    plc.set("OperatorReset", false);
    plc.scan(0);
    plc.set("Parameters.CommitPoint_mm", vec![500.0, 1000.0]);
    plc.set("OperatorReset", true);
    plc.scan(0);
    assert_eq!((&plc.out["StopBelt"], &plc.out["FaultCode"]), (&false.into(), &0.into()));
}

#[test]
fn sixty_five_items_at_once_stop_the_belt_and_none_is_guessed() {
    let mut plc = Plc::with_known_belt(PASS);
    plc.set("Parameters.CommitPoint_mm", vec![5000.0, 6000.0]);
    plc.set("Parameters.Diverter_mm", vec![5100.0, 6100.0]);
    plc.set("OperatorReset", true);
    (0..65).for_each(|index| plc.put(index * 80, 40));
    plc.run_to(63, 10);
    assert_eq!((&plc.out["ItemsTracked"], &plc.out["StopBelt"]), (&64.into(), &false.into()));
    plc.run_to(64, 10);
    assert_eq!((&plc.out["ItemsTracked"], &plc.out["StopBelt"]), (&64.into(), &true.into()));
    assert_eq!(plc.ids(Eye::Entry).len(), 65, "all have been reported");
}
