//! Items' codes from a PLC to inspectd, and PLCs that have none.

use line::config::ItemCodeKind;
use plc_bridge::registers::MapVersion;
use plc_bridge::soft_plc::CODE_BASE;

use super::*;

/// A PLC that speaks so, its bridge with these lines in `[plc]`, and inspectd.
fn line_with(version: MapVersion, kind: ItemCodeKind, more: &str) -> (SoftPlc, Bridge, Inspector) {
    let plc = plc();
    plc.image().speak(version, kind);
    let bridge = Bridge::start(plc.address(), more);
    bridge.wait_for_log("the PLC is connected");
    let inspector = Inspector::connect(&bridge);
    (plc, bridge, inspector)
}

/// The PLC tells the code of its item, which has entered.
fn tell(plc: &SoftPlc, acquisition: u16, code: &str) {
    let mut image = plc.image();
    let entry = image.entry_of(acquisition).expect("it has entered");
    image.tell_code(&entry, code);
}

#[test]
fn codes_reach_inspectd_each_with_its_own_item_and_a_second_one_contradicts() {
    let asks = "item_code = \"ascii\"";
    let (plc, bridge, mut inspector) = line_with(MapVersion::V3, ItemCodeKind::Ascii, asks);
    plc.put_item(Eye::Exit, 705);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    wait_for("there is room behind it", || plc.image().status.encoder > 200);
    plc.put_item(Eye::Exit, 705);
    assert!(matches!(inspector.event(), (2, ItemEvent::Entered { item: 2, .. })));
    plc.run_belt(0);
    for (acquisition, code) in [(2, "SECOND"), (1, "FIRST"), (1, "FIRST"), (1, "OTHER")] {
        tell(&plc, acquisition, code);
    }
    for (seq, expected) in [(3, (2, "SECOND")), (4, (1, "FIRST")), (5, (1, "OTHER"))] {
        let (told_seq, event) = inspector.event();
        let ItemEvent::Identified { item, code, .. } = event else { panic!("{event:?}") };
        assert_eq!((told_seq, (item, code.as_str())), (seq, expected));
    }
    bridge.wait_for_log("calls item 1 OTHER after it has called it FIRST");
}

#[test]
fn a_killed_bridge_knows_which_codes_it_has_told() {
    let asks = "item_code = \"number\"";
    let (plc, mut bridge, mut inspector) = line_with(MapVersion::V3, ItemCodeKind::Number, asks);
    plc.put_item(Eye::Exit, 705);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    plc.run_belt(0);
    tell(&plc, 1, "4006381333931");
    assert!(matches!(inspector.event(), (2, ItemEvent::Identified { item: 1, .. })));
    inspector.acknowledge(2);
    // It is known to be read once what follows it was answered.
    inspector.verdict(7, Verdict::Pass);
    assert!(matches!(inspector.next(), Some(FromBridge::Refused { item: 7, .. })));
    bridge.kill();
    drop(inspector);
    tell(&plc, 1, "4006381333931");
    tell(&plc, 1, "4006381333948");
    bridge.start_again();
    let mut inspector = Inspector::connect(&bridge);
    let event = loop {
        if let Some(event) = inspector.event_or_state() {
            break event;
        }
    };
    let (3, ItemEvent::Identified { item: 1, code, .. }) = event else { panic!("{event:?}") };
    assert_eq!(code.as_str(), "4006381333948", "the first was told before the kill");
}

#[test]
fn a_plc_of_version_2_sorts_as_ever_and_the_log_says_that_it_has_no_codes() {
    let asks = "item_code = \"ascii\"";
    let (plc, bridge, mut inspector) = line_with(MapVersion::V2, ItemCodeKind::None, asks);
    bridge.wait_for_log("made for map version 2, which has none: the line goes on without codes");
    plc.put_item(Eye::Lane(1), 605);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    inspector.verdict(1, divert());
    assert!(matches!(inspector.event(), (2, ItemEvent::Delivered { item: 1, .. })));
    assert_eq!(plc.image().taken.len(), 1, "commands are of the PLC's own version");
}

#[test]
fn a_code_block_at_another_address_costs_the_codes_and_not_the_line() {
    let asks = format!("item_code = \"ascii\"\ncode_base = {}", CODE_BASE + 1);
    let (plc, bridge, mut inspector) = line_with(MapVersion::V3, ItemCodeKind::Ascii, &asks);
    bridge.wait_for_log("the line goes on without items' codes");
    assert!(bridge.log().contains("check plc.code_base"), "{}", bridge.log());
    plc.put_item(Eye::Lane(1), 605);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    inspector.verdict(1, divert());
    assert!(matches!(inspector.event(), (2, ItemEvent::Delivered { item: 1, .. })));
}
