//! What the bridge makes of a wire with faults, and of a PLC that is not as it should be.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use line::protocol::{FromBridge, ItemEvent, Outcome, PlcState, Verdict};
use plc_bridge::registers::Eye;
use plc_bridge::soft_plc::SoftPlc;

use crate::bridge::{Bridge, Inspector};
use crate::faults::{Fault, Proxy};
use crate::{SPEED, divert, plc, wait_for};

/// Shorter than by default, so that the tests need not wait long.
const TIMEOUT: &str = "timeout_ms = 150";

fn line_behind_a_proxy(more: &str) -> (SoftPlc, Proxy, Bridge) {
    let plc = plc();
    let proxy = Proxy::start(plc.address());
    let bridge = Bridge::start(proxy.address, more);
    bridge.wait_for_log("the PLC is connected");
    (plc, proxy, bridge)
}

/// Waits until the bridge has written another few command blocks.
fn wait_for_exchanges(plc: &SoftPlc) {
    let seen = plc.image().writes;
    wait_for("the exchange goes on", || plc.image().writes > seen + 3);
}

#[test]
fn any_broken_answer_makes_a_new_connection_on_which_all_goes_on() {
    let faults = [
        (Fault::DropAnswer, "did not answer within 150 ms"),
        (Fault::DropRequest, "check the network's load, and plc.unit_id"),
        (Fault::Reset, "broke while"),
        (Fault::ResetAfter, "broke while"),
        (Fault::Garbage, "sent garbage while"),
        (Fault::WrongUnit, "an answer of unit 17 instead of 1; check plc.unit_id"),
        (Fault::Late(Duration::from_millis(250)), "did not answer within 150 ms"),
    ];
    for (fault, cause) in faults {
        let (plc, proxy, bridge) = line_behind_a_proxy(TIMEOUT);
        wait_for_exchanges(&plc);
        assert_eq!(proxy.connections(), 1, "{fault:?}");
        proxy.once(fault);
        bridge.wait_for_log(cause);
        wait_for("a new connection is made", || proxy.connections() == 2);
        wait_for_exchanges(&plc);
        wait_for("the PLC is back", || bridge.log().matches("the PLC is connected").count() == 2);
        assert_eq!(proxy.connections(), 2, "{fault:?} poisons no later request");
    }
}

#[test]
fn slow_and_split_answers_break_nothing() {
    let (plc, proxy, bridge) = line_behind_a_proxy("timeout_ms = 500");
    proxy.plan(|_| Some(Fault::Split));
    wait_for_exchanges(&plc);
    proxy.once(Fault::Delay(Duration::from_millis(100)));
    wait_for_exchanges(&plc);
    assert_eq!(proxy.connections(), 1, "{}", bridge.log());
    assert!(!bridge.log().contains("lost:"), "{}", bridge.log());
}

#[test]
fn an_answer_that_trickles_has_one_deadline_for_all_of_it() {
    let (_plc, proxy, bridge) = line_behind_a_proxy("timeout_ms = 5");
    // 159 bytes, 20 us and a wake-up apart.
    proxy.plan(|_| Some(Fault::Split));
    bridge.wait_for_log("did not answer within 5 ms while reading the status block");
}

#[test]
fn a_plc_with_a_scan_of_50_ms_is_served() {
    let (plc, proxy, bridge) = line_behind_a_proxy("");
    proxy.plan(|_| Some(Fault::Delay(Duration::from_millis(50))));
    let mut inspector = Inspector::connect(&bridge);
    plc.put_item(Eye::Lane(1), 600);
    plc.run_belt(1);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    inspector.verdict(1, divert());
    assert!(matches!(inspector.event().1, ItemEvent::Delivered { item: 1, .. }));
    assert_eq!(plc.image().taken.len(), 1);
    assert_eq!(proxy.connections(), 1, "{}", bridge.log());
}

#[test]
fn a_refusal_is_no_broken_wire() {
    let (plc, proxy, bridge) = line_behind_a_proxy("");
    wait_for_exchanges(&plc);
    proxy.once(Fault::Exception(6));
    bridge.wait_for_log("device busy; the PLC is busy: it is asked again");
    wait_for_exchanges(&plc);
    assert_eq!(proxy.connections(), 1, "the connection stays");
}

#[test]
fn a_smaller_register_area_is_named() {
    let plc = plc();
    plc.image().missing_registers = 10;
    let bridge = Bridge::start(plc.address(), "");
    bridge.wait_for_log("refuses reading the status block, 75 registers from 0");
    assert!(bridge.log().contains("register area is long enough"), "{}", bridge.log());
}

#[test]
fn a_command_block_that_is_refused_is_named_and_tried_less_and_less_often() {
    let plc = plc();
    let bridge = Bridge::start(plc.address(), "command_base = 300\nretry_max_ms = 60000");
    bridge.wait_for_log("refuses writing the command block, 43 registers from 300");
    let refused = || bridge.log().matches("refuses writing").count();
    wait_for("it is tried again, and again", || refused() >= 3);
    // 100 + 200 + 400 ms have passed before the fourth.
    assert!(refused() <= 5, "{}", bridge.log());
}

#[test]
fn a_wrong_unit_id_is_among_the_things_to_check() {
    let plc = plc();
    let bridge = Bridge::start(plc.address(), "unit_id = 9\ntimeout_ms = 150");
    bridge.wait_for_log("did not answer within 150 ms while reading the status block");
    assert!(bridge.log().contains("plc.unit_id"), "{}", bridge.log());
}

#[test]
fn a_half_open_link_is_noticed_within_twice_the_heartbeat() {
    let (_plc, proxy, bridge) = line_behind_a_proxy("heartbeat_timeout_ms = 500");
    let mut inspector = Inspector::connect(&bridge);
    let cut = Instant::now();
    proxy.plan(|_| Some(Fault::DropRequest));
    match inspector.next() {
        Some(FromBridge::Plc { state: PlcState::Lost { .. } }) => {}
        other => panic!("the PLC is lost, not {other:?}"),
    }
    assert!(cut.elapsed() < Duration::from_millis(1000), "{:?}", cut.elapsed());
}

#[test]
fn a_server_that_accepts_and_says_nothing_is_given_up_again_and_again() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let bridge = Bridge::start(silent.local_addr().expect("it is bound"), TIMEOUT);
    let taken: Vec<_> = (0..3).map(|_| silent.accept().expect("it tries again")).collect();
    assert_eq!(taken.len(), 3);
    assert_eq!(bridge.log().matches("the PLC is lost").count(), 1, "named once: {}", bridge.log());
}

#[test]
fn a_restarted_plc_sees_no_result_of_before() {
    let (mut plc, mut bridge, mut inspector) = crate::line();
    plc.put_item(Eye::Exit, 700);
    plc.run_belt(SPEED);
    assert!(matches!(inspector.event(), (1, ItemEvent::Entered { item: 1, .. })));
    plc.run_belt(0);
    inspector.verdict(1, Verdict::Pass);
    assert!(matches!(inspector.event().1, ItemEvent::Delivered { item: 1, .. }));
    plc.cut();
    plc.image().restart();
    plc.image().taken.clear();
    plc.connect().expect("its port is free");
    bridge.wait_for_log("the PLC was restarted");
    wait_for_exchanges(&plc);
    assert_eq!(plc.image().taken, [], "acquisition ids have begun anew");
    assert!(bridge.terminate().success());
    let lost = Outcome::Lost;
    let told = std::iter::from_fn(|| inspector.next());
    assert!(
        told.into_iter().any(|message| matches!(
            message,
            FromBridge::Event { event: ItemEvent::Outcome { outcome, .. }, .. }
                if outcome == lost || matches!(outcome, Outcome::Ambiguous { .. })
        )),
        "the item that was on the belt has an outcome"
    );
}
