//! The real plc-bridge between a PLC in software, over Modbus TCP, and an inspectd on its socket.

use std::time::{Duration, Instant};

use line::protocol::{
    Action, Check, FallBackCause, FromBridge, ItemEvent, Outcome, PlcState, Verdict,
};
use plc_bridge::registers::{Eye, PlcResult, SOURCE_FALL_BACK, SOURCE_VERDICT};

mod bridge;
mod codes;
mod faults;
mod health;
mod pymodbus;
mod restart;
mod serial;
mod wire;

use bridge::{Bridge, Inspector};
use plc_bridge::soft_plc::SoftPlc;

/// How long a thing may take that takes milliseconds on an idle machine.
const DEADLINE: Duration = Duration::from_secs(20);
/// 5 counts of 1 mm in a scan of 5 ms.
const SPEED: u32 = 5;

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < DEADLINE, "still waiting: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A PLC that scans, with its belt at rest.
fn plc() -> SoftPlc {
    SoftPlc::start(Duration::from_millis(5)).expect("the loopback interface is there")
}

/// A bridge with a PLC and an inspectd, all connected.
fn line() -> (SoftPlc, Bridge, Inspector) {
    let plc = plc();
    let bridge = Bridge::start(plc.address(), "");
    bridge.wait_for_log("the PLC is connected");
    let inspector = Inspector::connect(&bridge);
    (plc, bridge, inspector)
}

fn divert() -> Verdict {
    Verdict::Divert { lane: 1, reasons: vec![Check::Label] }
}

#[test]
fn an_item_goes_where_inspectd_asked_and_each_step_is_told() {
    let (plc, bridge, mut inspector) = line();
    plc.put_item(Eye::Lane(1), 605);
    plc.run_belt(SPEED);
    let (1, ItemEvent::Entered { item: 1, at, commit_at, .. }) = inspector.event() else {
        panic!("first it enters");
    };
    assert!(commit_at > at);
    inspector.verdict(1, divert());
    let delivered = inspector.event().1;
    let ItemEvent::Delivered { item: 1, handed_at, acknowledged_at, .. } = delivered else {
        panic!("then the PLC acknowledges, not {delivered:?}");
    };
    assert!(acknowledged_at > handed_at && handed_at > at);
    let result = PlcResult { acquisition: 1, lane: 1, reasons: 4, source: SOURCE_VERDICT };
    let decided = inspector.event().1;
    let ItemEvent::Decided { item: 1, decision, .. } = decided else {
        panic!("then it is decided, not {decided:?}");
    };
    assert_eq!((decision.action, decision.fall_back), (Action::Divert { lane: 1 }, None));
    assert!(matches!(inspector.event().1, ItemEvent::Seen { item: 1, place: 1, alone: true, .. }));
    let (seq, ended) = inspector.event();
    let outcome = Outcome::Diverted { lane: 1 };
    assert!(matches!(ended, ItemEvent::Outcome { outcome: o, .. } if o == outcome), "{ended:?}");
    assert_eq!(plc.image().taken, [result], "delivered once");

    inspector.verdict(1, Verdict::Pass);
    assert!(matches!(inspector.next(), Some(FromBridge::Refused { item: 1, .. })));
    inspector.acknowledge(seq);
    drop(inspector);
    bridge.wait_for_log("inspectd is not connected any more");
    let mut inspector = Inspector::connect(&bridge);
    plc.put_item(Eye::Exit, 700);
    let (6, ItemEvent::Entered { item: 2, .. }) = inspector.event() else {
        panic!("what was acknowledged is not sent again");
    };
}

#[test]
fn items_on_the_belt_stay_known_while_the_plc_is_cut_off() {
    let (mut plc, _bridge, mut inspector) = line();
    plc.put_item(Eye::Exit, 705);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { .. })));
    plc.run_belt(0);
    plc.cut();
    let Some(FromBridge::Plc { state: PlcState::Lost { cause } }) = inspector.next() else {
        panic!("inspectd is told that the PLC is lost");
    };
    assert!(cause.contains(&plc.address().to_string()) && cause.contains("check"), "{cause}");
    inspector.verdict(1, Verdict::Pass);
    plc.connect().expect("its port is free");
    let mut told = Vec::new();
    while told.last() != Some(&FromBridge::Plc { state: PlcState::Connected }) {
        told.push(inspector.next().expect("the connection stays"));
    }
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (2, ItemEvent::Delivered { item: 1, .. })));
    assert!(matches!(inspector.event(), (3, ItemEvent::Decided { item: 1, .. })));
    assert!(matches!(inspector.event(), (4, ItemEvent::Seen { item: 1, place: 0, .. })));
    let (5, ItemEvent::Outcome { item: 1, outcome, .. }) = inspector.event() else {
        panic!("its outcome is known");
    };
    assert_eq!(outcome, Outcome::Passed);
    assert_eq!(plc.image().taken.len(), 1);
}

#[test]
fn without_inspectd_items_fall_back_and_it_learns_of_them_later() {
    let plc = plc();
    let bridge = Bridge::start(plc.address(), "");
    bridge.wait_for_log("the PLC is connected");
    plc.put_item(Eye::Lane(1), 600);
    plc.run_belt(SPEED);
    bridge.wait_for_log("fall-back for item 1: inspectd is not connected; diverted into lane 1");
    wait_for("the PLC has taken the fall-back", || !plc.image().taken.is_empty());
    let result = PlcResult { acquisition: 1, lane: 1, reasons: 0, source: SOURCE_FALL_BACK };
    assert_eq!(plc.image().taken, [result]);

    let mut inspector = Inspector::connect(&bridge);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    let (2, ItemEvent::Decided { decision, .. }) = inspector.event() else {
        panic!("the decision comes second");
    };
    assert_eq!(decision.fall_back, Some(FallBackCause::InspectorDead));
    let diverted = Outcome::Diverted { lane: 1 };
    assert!(matches!(inspector.event(), (3, ItemEvent::Seen { item: 1, place: 1, .. })));
    let (4, ItemEvent::Outcome { outcome, .. }) = inspector.event() else {
        panic!("the outcome comes third");
    };
    assert_eq!(outcome, diverted);

    // Nothing was acknowledged: the next one is told everything again.
    drop(inspector);
    let mut inspector = Inspector::connect(&bridge);
    assert_eq!([(); 3].map(|()| inspector.event().0), [1, 2, 3]);
}

#[test]
fn in_direct_mode_the_coil_goes_out_with_the_item_and_comes_back() {
    let plc = plc();
    let conveyor = r#"
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 900
slip_tolerance_mm = 40
[[conveyor.diverter]]
lane = 1
commit_point_mm = 400
diverter_mm = 550
lane_eye_mm = 700
fall_back = { plc_lost = "pass" }
"#;
    let address = plc.address();
    let bridge = Bridge::on_line(
        conveyor,
        &format!("address = \"{address}\"\nmode = \"direct\"\ncoil_base = 40"),
    );
    bridge.wait_for_log("the PLC is connected");
    wait_for("the coil is written", || plc.image().coil_changes == [(0, vec![false])]);
    let mut inspector = Inspector::connect(&bridge);
    plc.put_item(Eye::Lane(1), 700);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    inspector.verdict(1, divert());
    wait_for("the diverter was out and is back", || plc.image().coil_changes.len() == 3);
    let changes = plc.image().coil_changes.clone();
    let (out, back) = (&changes[1], &changes[2]);
    assert_eq!((&*out.1, &*back.1), (&[true][..], &[false][..]));
    assert!((400..=551).contains(&out.0) && back.0 > 600, "{changes:?}");
    assert!(plc.image().command.as_ref().is_some_and(|command| command.direct));
}

#[test]
fn an_inspectd_of_another_protocol_version_is_refused() {
    let (_plc, bridge, mut inspector) = line();
    let mut stranger = Inspector::connect_speaking(&bridge, 99);
    assert_eq!(stranger.next(), None, "the connection is closed");
    bridge.wait_for_log("it speaks protocol version 99");
    // The one that was connected still is.
    inspector.verdict(77, Verdict::Pass);
    assert!(matches!(inspector.next(), Some(FromBridge::Refused { item: 77, .. })));
}

#[test]
fn a_new_inspectd_replaces_the_old_one() {
    let (_plc, bridge, mut old) = line();
    let mut new = Inspector::connect(&bridge);
    assert_eq!(old.next(), None, "the old connection is closed");
    new.verdict(77, Verdict::Pass);
    assert!(matches!(new.next(), Some(FromBridge::Refused { item: 77, .. })));
}

#[test]
fn a_plc_that_refuses_the_block_is_told_from_a_broken_wire() {
    let plc = plc();
    let bridge = Bridge::start(plc.address(), "status_base = 500");
    bridge.wait_for_log("refuses reading the status block, 75 registers from 500");
    assert!(bridge.log().contains("check plc.status_base"), "{}", bridge.log());
}

#[test]
fn a_plc_that_is_not_there_is_named_once_and_waited_for() {
    let mut plc = plc();
    plc.cut();
    let bridge = Bridge::start(plc.address(), "");
    bridge.wait_for_log("cannot connect to");
    plc.connect().expect("its port is free");
    bridge.wait_for_log("the PLC is connected");
    assert_eq!(bridge.log().matches("the PLC is lost").count(), 1, "{}", bridge.log());
}

#[test]
fn sigterm_ends_it_cleanly_and_a_second_one_on_the_same_socket_does_not_start() {
    let plc = plc();
    let mut bridge = Bridge::start(plc.address(), "");
    let (status, log) = bridge.start_another();
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("another plc-bridge listens on"), "{log}");
    assert!(bridge.terminate().success());
    assert!(!bridge.socket.exists());
    bridge.wait_for_log("stopped");
}
