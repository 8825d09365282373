//! What the program declares is what the register map says.

use std::collections::BTreeMap;

use line::config::FallBack;
use plc_bridge::registers::*;

use crate::plc::described;

/// The constants of all blocks. A name means the same in each.
fn constants() -> BTreeMap<String, usize> {
    let mut constants = BTreeMap::new();
    for (block, declared) in described().declared {
        for (name, declared) in declared.into_iter().filter(|(_, d)| d.1 == "CONSTANT") {
            let value = declared.3.parse().expect("a number");
            let before = constants.insert(name.clone(), value);
            assert!(before.is_none_or(|before| before == value), "{name} of {block}");
        }
    }
    constants
}

/// `PREFIX_NAME` and offset of each entry.
fn offsets(prefix: &str, entries: &[Entry]) -> BTreeMap<String, usize> {
    let mut at = 0;
    let place = |(words, name, _): &Entry| {
        at += words;
        (format!("{prefix}_{}", name.to_uppercase()), at - words)
    };
    entries.iter().map(place).collect()
}

/// The constants that begin with `prefix`.
fn beginning(constants: &BTreeMap<String, usize>, prefix: &str) -> BTreeMap<String, usize> {
    let those = constants.iter().filter(|(name, _)| name.starts_with(prefix));
    those.map(|(name, value)| (name.clone(), *value)).collect()
}

#[test]
fn the_register_arrays_are_as_long_as_the_blocks() {
    let declared = &described().declared["FB_Inspectd"];
    for (name, len) in [
        ("StatusRegisters", STATUS_LEN),
        ("CommandRegisters", COMMAND_LEN),
        ("CodeRegisters", CODE_LEN),
    ] {
        let (section, _, kind, _) = &declared[name];
        assert_eq!(section, "InputOutputDeclarations", "{name}");
        assert_eq!(kind, &serde_json::json!([0, len - 1, "WORD"]), "{name}");
    }
}

#[test]
fn every_offset_is_that_of_the_map() {
    let constants = constants();
    let mut status = offsets("STATUS", status_entries());
    status.insert("STATUS_LEN".into(), STATUS_LEN);
    assert_eq!(beginning(&constants, "STATUS_"), status);
    let mut command = offsets("COMMAND", command_entries());
    command.insert("COMMAND_LEN".into(), COMMAND_LEN);
    // The number of items is for people.
    command.remove("COMMAND_ITEMS");
    assert_eq!(beginning(&constants, "COMMAND_"), command);
    let mut codes = offsets("CODE", code_entries());
    codes.insert("CODE_RING".into(), CODE_RING);
    codes.insert("CODE_WORDS".into(), (CODE_LEN - codes["CODE_CODES"]) / CODE_RING);
    assert_eq!(beginning(&constants, "CODE_"), codes);
}

#[test]
fn every_code_is_that_of_the_map() {
    let constants = constants();
    let is = |name: &str, value: usize| assert_eq!(constants[name], value, "{name}");
    is("MAP_VERSION", MAP_VERSION.into());
    is("EVENT_RING", EVENT_RING);
    is("RESULT_RING", RING);
    is("EVENT_WORDS", (STATUS_LEN - constants["STATUS_EVENTS"]) / EVENT_RING);
    is("RESULT_WORDS", (COMMAND_LEN - 1 - constants["COMMAND_RESULTS"]) / RING);
    is("LANE_STOP", LANE_STOP.into());
    is("SOURCE_UNUSED", SOURCE_UNUSED.into());
    is("FALL_BACK_DIVERT", OwnFallBack::of([FallBack::Divert].into_iter()).0.into());
    is("FALL_BACK_STOP", OwnFallBack::of([FallBack::Stop].into_iter()).0.into());
    let causes = [
        ("CAUSE_NO_VERDICT", CAUSE_NO_VERDICT),
        ("CAUSE_INSPECTOR_DEAD", CAUSE_INSPECTOR_DEAD),
        ("CAUSE_UNINSPECTED", CAUSE_UNINSPECTED),
        ("CAUSE_AMBIGUOUS", CAUSE_AMBIGUOUS),
        ("CAUSE_PLC_LOST", CAUSE_PLC_LOST),
        ("CAUSE_BRIDGE_RESTARTED", CAUSE_BRIDGE_RESTARTED),
    ];
    causes.into_iter().for_each(|(name, value)| is(name, value.into()));
}

#[test]
fn every_event_code_is_that_of_the_map() {
    let constants = constants();
    let first_word = |event: LineEvent| {
        let mut status = Status::default();
        status.events[0] = event;
        usize::from(status.encode(Order::default())[constants["STATUS_EVENTS"]])
    };
    let eye = |eye| first_word(LineEvent { eye: Some(eye), ..LineEvent::default() });
    assert_eq!(constants["EYE_ENTRY"], eye(Eye::Entry));
    assert_eq!(constants["EYE_EXIT"], eye(Eye::Exit));
    assert_eq!(constants["EYE_LANE"] + 7, eye(Eye::Lane(7)));
    assert_eq!(constants["EYE_MID"] + 2, eye(Eye::Mid(2)));
    let trailing = LineEvent { trailing: true, ..LineEvent::default() };
    assert_eq!(constants["EDGE_TRAILING"], first_word(trailing));
    let backward = LineEvent { backward: true, ..LineEvent::default() };
    assert_eq!(constants["EDGE_BACKWARD"], first_word(backward));
    let all = Capabilities {
        trailing_edges: true,
        direction: true,
        stops_belt: true,
        obeys_blind: true,
        run_signal: true,
        item_codes: true,
    };
    let status = Status { capabilities: all, ..Status::default() };
    let capabilities = status.encode(Order::default())[constants["STATUS_CAPABILITIES"]];
    let told = constants["CAPABILITIES"]
        + constants["CAPABILITY_RUN_SIGNAL"]
        + constants["CAPABILITY_ITEM_CODES"];
    assert_eq!(told, usize::from(capabilities));
}

#[test]
fn every_flag_is_that_of_the_map() {
    let constants = constants();
    let is = |name: &str, command: Command| {
        let words = command.encode(Order::default());
        let value = usize::from(words[constants["COMMAND_FLAGS"]]);
        assert_eq!(constants[name], value, "{name}");
    };
    is("FLAG_READY", Command { inspector_ready: true, ..Command::default() });
    is("FLAG_DIRECT", Command { direct: true, ..Command::default() });
    is("FLAG_BLIND_STOP", Command { blind: BlindOrder::Stop, ..Command::default() });
    is("FLAG_BLIND_DIVERT", Command { blind: BlindOrder::Divert, ..Command::default() });
    let is = |name: &str, status: Status| {
        let words = status.encode(Order::default());
        assert_eq!(constants[name], usize::from(words[constants["STATUS_FLAGS"]]), "{name}");
    };
    is("FLAG_BELT_RUNS", Status { belt_running: true, ..Status::default() });
    is("FLAG_BRIDGE_LOST", Status { bridge_lost: true, ..Status::default() });
    is("FLAG_STOPPED_FOR_ITEM", Status { stopped_for_item: true, ..Status::default() });
}
