use super::*;
use crate::registers::{OwnFallBack, STATUS_LEN};

fn line<'a>(lines: &'a [String], name: &str) -> &'a str {
    let found = lines.iter().find(|line| line.contains(name));
    found.unwrap_or_else(|| panic!("no line of {name} in {lines:#?}"))
}

#[test]
fn flags_and_events_are_shown_in_words() {
    let mut status = Status { belt_running: true, event_head: 17, ..Status::default() };
    status.encoder = 70_000;
    status.events[slot(17, EVENT_RING)] = LineEvent {
        eye: Some(Eye::Lane(3)),
        trailing: true,
        backward: true,
        acquisition: 0,
        encoder: 69_990,
    };
    let lines = status_lines(&status.encode(Order::default()), Order::default());
    assert_eq!(line(&lines, "flags"), "   3 flags           1            belt runs");
    assert_eq!(line(&lines, "encoder"), "   5 encoder         1 4464       70000");
    assert_eq!(
        line(&lines, "event    17"),
        "     event    17  eye in lane 3 free, backwards at 69990"
    );
}

#[test]
fn results_and_fall_backs_are_shown_in_words() {
    let mut command =
        Command { result_head: 9, own_fall_back: OwnFallBack(0b10_01), ..Command::default() };
    command.results[slot(9, RING)] =
        PlcResult { acquisition: 5, lane: 2, reasons: 0b101, source: 1 };
    command.results[slot(8, RING)] =
        PlcResult { acquisition: 4, lane: LANE_STOP, reasons: 0, source: 2 };
    let lines = command_lines(&command.encode(Order::default()), Order::default(), 2);
    assert!(line(&lines, "own_fall_back").ends_with("diverter 0 divert, diverter 1 stop"));
    assert_eq!(
        line(&lines, "result    9"),
        "     result    9  item 5 into lane 2, verdict: damage, label"
    );
    assert_eq!(line(&lines, "result    8"), "     result    8  item 4 stops the belt, fall-back");
    assert_eq!(lines.iter().filter(|line| line.contains("result ")).count(), 2, "{lines:#?}");
}

#[test]
fn a_block_that_makes_no_sense_is_shown_as_it_is() {
    let lines = status_lines(&[7; STATUS_LEN], Order::default());
    assert!(lines[0].contains("holds 7"), "{}", lines[0]);
    assert!(line(&lines, "heartbeat").contains('7'));
}
