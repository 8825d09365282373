//! Items that cannot be told from one another, and belts that run back.

use super::*;

fn ambiguous(why: Ambiguity) -> Decision {
    let fall_back = Some(FallBackCause::Ambiguous { why });
    Decision { action: Action::Divert { lane: 1 }, fall_back }
}

#[test]
fn an_edge_between_two_items_is_given_to_neither() {
    let mut line = Line::new(FallBack::Pass);
    line.run(200, &[(Eye::Entry, 100), (Eye::Entry, 180)]);
    line.verdict(1, Verdict::Pass);
    line.verdict(2, divert());
    let out = line.run(1640, &[(Eye::Exit, 1638)]);
    assert_eq!(strays(&out), [StrayWhy::Overlap(1, 2)]);
    let overlap = Outcome::Ambiguous { why: Ambiguity::Overlap };
    assert_eq!(outcomes(&line.run(2000, &[])), [(1, overlap), (2, overlap)]);
}

#[test]
fn an_item_that_was_seen_alone_is_sure_of_its_place_whatever_its_neighbour_shares_with_it() {
    let mut line = Line::new(FallBack::Pass);
    line.run(200, &[(Eye::Entry, 100), (Eye::Entry, 200)]);
    line.verdict(1, Verdict::Pass);
    line.verdict(2, Verdict::Pass);
    line.run(1600, &[(Eye::Exit, 1590)]);
    let first = line.run(1655, &[(Eye::Exit, 1650)]);
    assert_eq!(strays(&first), [StrayWhy::Overlap(1, 2)]);
    let overlap = Outcome::Ambiguous { why: Ambiguity::Overlap };
    assert_eq!(outcomes(&line.run(2000, &[])), [(1, Outcome::Passed), (2, overlap)]);
}

#[test]
fn an_item_seen_in_the_lane_and_at_the_exit_is_ambiguous() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    line.verdict(1, divert());
    line.run(1310, &[(Eye::Lane(1), 1300)]);
    line.run(1610, &[(Eye::Exit, 1600)]);
    let twice = Outcome::Ambiguous { why: Ambiguity::SeenTwice };
    assert_eq!(outcomes(&line.run(2000, &[])), [(1, twice)]);
}

#[test]
fn an_item_close_behind_one_that_goes_another_way_takes_the_fall_back() {
    for (second, expected) in [
        (Verdict::Pass, ambiguous(Ambiguity::TooClose)),
        (divert(), Decision { action: Action::Divert { lane: 1 }, fall_back: None }),
    ] {
        let mut line = Line::new(FallBack::Divert);
        line.run_with(
            400,
            &[leading(Eye::Entry, 100), trailing(100, 300), leading(Eye::Entry, 340)],
        );
        line.verdict(1, divert());
        line.verdict(2, second);
        assert_eq!(decisions(&line.run(1400, &[]))[1], (2, expected), "40 mm behind its end");
    }
}

#[test]
fn what_covers_the_entry_eye_for_too_long_may_be_two_items() {
    let mut config = config(FallBack::Divert);
    config.conveyor.longest_item_mm = Some(190.0);
    for is_still_covered in [false, true] {
        let mut line = Line::of(&config);
        line.tracker.plc_can(Capabilities { trailing_edges: true, ..Capabilities::default() });
        line.run(100, &[(Eye::Entry, 100)]);
        line.verdict(1, Verdict::Pass);
        let edges = if is_still_covered { vec![] } else { vec![trailing(100, 360)] };
        line.run_with(370, &edges);
        let decided = decisions(&line.run(1400, &[]));
        assert_eq!(decided, [(1, ambiguous(Ambiguity::TooLong))]);
    }
}

/// Found by the simulation: the eye stands nearer to the entry eye than the item is long.
#[test]
fn a_place_corrected_for_slip_makes_no_item_longer() {
    let mut config = config(FallBack::Divert);
    config.conveyor.longest_item_mm = Some(300.0);
    config.conveyor.mid_eye = vec![MidEyeSection { position_mm: 100.0 }];
    let mut line = Line::of(&config);
    line.tracker.plc_can(Capabilities { trailing_edges: true, ..Capabilities::default() });
    line.run(100, &[(Eye::Entry, 100)]);
    line.verdict(1, Verdict::Pass);
    line.run(160, &[(Eye::Mid(1), 150)]);
    line.run_with(455, &[trailing(100, 455)]);
    let decided = decisions(&line.run(1400, &[]));
    assert_eq!(decided, [(1, Decision { action: Action::Pass, fall_back: None })], "355 mm");
}

#[test]
fn a_mid_belt_eye_corrects_an_items_place() {
    let mut config = config(FallBack::Divert);
    config.conveyor.mid_eye = vec![MidEyeSection { position_mm: 500.0 }];
    let mut line = Line::of(&config);
    line.run(100, &[(Eye::Entry, 100)]);
    line.verdict(1, Verdict::Pass);
    line.run(660, &[(Eye::Mid(1), 650)]);
    // 50 mm late there and 50 more since: beyond the tolerance from the entry eye, but not from
    // the mid-belt eye.
    line.run(1710, &[(Eye::Exit, 1700)]);
    assert_eq!(outcomes(&line.run(2000, &[])), [(1, Outcome::Passed)]);
}

#[test]
fn an_item_that_a_mid_belt_eye_misses_takes_the_fall_back() {
    let mut config = config(FallBack::Divert);
    config.conveyor.mid_eye = vec![MidEyeSection { position_mm: 500.0 }];
    let mut line = Line::of(&config);
    line.run(100, &[(Eye::Entry, 100)]);
    line.verdict(1, Verdict::Pass);
    assert_eq!(decisions(&line.run(1400, &[])), [(1, ambiguous(Ambiguity::Unseen))]);
}

#[test]
fn an_item_found_by_a_mid_belt_eye_is_numbered_there_and_takes_the_fall_back() {
    let mut config = config(FallBack::Divert);
    config.conveyor.mid_eye = vec![MidEyeSection { position_mm: 500.0 }];
    let mut line = Line::of(&config);
    let unknown = leading(Eye::Mid(1), 550);
    let stray_out = line.run_with(560, &[unknown]);
    let old = [(Eye::Mid(1), UnnumberedWhy::OlderThanStart)];
    assert_eq!(unnumbered(&stray_out), old, "the PLC has no id for it");
    let out = line.run_with(800, &[Edge { acquisition: 7, count: 790, ..unknown }]);
    let Output::Journal(ItemEvent::Entered { item: 1, count: 290, acquisition: 7, .. }) = out[0]
    else {
        panic!("{out:?}")
    };
    let out = line.run(1300, &[]);
    assert_eq!(decisions(&out), [(1, ambiguous(Ambiguity::Found))]);
    assert_eq!(deliveries(&out)[0].result.acquisition, 7);
}

#[test]
fn an_item_that_the_belt_carries_back_over_the_entry_eye_stays_the_same_item() {
    let mut line = Line::new(FallBack::Divert);
    line.run(150, &[(Eye::Entry, 100)]);
    line.verdict(1, Verdict::Pass);
    let back = Edge { backward: true, ..trailing(100, 100) };
    line.run_with(40, &[back]);
    let again = Edge { acquisition: 100, ..leading(Eye::Entry, 105) };
    let out = line.run_with(150, &[again]);
    assert!(!out.iter().any(|output| matches!(output, Output::Journal(_))), "{out:?}");
    let decided = decisions(&line.run(1400, &[]));
    assert_eq!(decided, [(1, Decision { action: Action::Pass, fall_back: None })]);
}

#[test]
fn an_item_that_was_carried_back_and_does_not_come_again_takes_the_fall_back() {
    let mut line = Line::new(FallBack::Divert);
    line.run(150, &[(Eye::Entry, 100)]);
    line.verdict(1, Verdict::Pass);
    line.run(40, &[]);
    assert_eq!(decisions(&line.run(1400, &[])), [(1, ambiguous(Ambiguity::Unseen))]);
}

#[test]
fn two_items_to_which_the_plc_gives_one_id_take_the_fall_back() {
    let mut line = Line::new(FallBack::Divert);
    line.run(100, &[(Eye::Entry, 100)]);
    line.verdict(1, Verdict::Pass);
    line.run_with(500, &[Edge { acquisition: 100, ..leading(Eye::Entry, 500) }]);
    line.verdict(2, Verdict::Pass);
    let overlap = ambiguous(Ambiguity::Overlap);
    assert_eq!(decisions(&line.run(2000, &[])), [(1, overlap.clone()), (2, overlap)]);
}

#[test]
fn edges_of_a_belt_that_runs_back_confirm_nothing() {
    let mut line = Line::new(FallBack::Pass);
    line.run(100, &[(Eye::Entry, 100)]);
    line.verdict(1, Verdict::Pass);
    line.run_with(1610, &[Edge { backward: true, ..leading(Eye::Exit, 1600) }]);
    assert_eq!(outcomes(&line.run(2000, &[])), [(1, Outcome::Lost)]);
}

#[test]
fn entries_that_the_ring_lost_are_made_up_for_and_reported() {
    let mut line = Line::new(FallBack::Divert);
    line.run(100, &[(Eye::Entry, 100)]);
    line.clock += Duration::from_millis(100);
    let edges = [Edge { acquisition: 103, ..leading(Eye::Entry, 900) }];
    let sample = Sample { at: line.clock, count: 910 };
    let poll =
        Poll { sample, edges: &edges, events_lost: true, was_cut_off: false, is_fresh: true };
    line.tracker.poll(&poll, &mut line.out);
    let found = Outcome::Ambiguous { why: Ambiguity::Found };
    assert_eq!(outcomes(&line.out), [(2, found), (3, found)], "101 and 102");
    let ids: Vec<_> = deliveries(&line.out).iter().map(|sent| sent.result.acquisition).collect();
    assert_eq!(ids, [101, 102, 100]);
    assert_eq!(line.tracker.on_belt(), 2);
}
