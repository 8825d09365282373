//! Exactly once, against a server that was not written by us, on a wire with every fault.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use line::protocol::{Action, Check, ItemEvent, ItemNumber, Outcome, Verdict};
use plc_bridge::registers::SOURCE_VERDICT;
use serde::Deserialize;

use crate::bridge::{Bridge, Inspector};
use crate::faults::{Fault, KINDS, Proxy};

const ITEMS: ItemNumber = 10_000;
/// One request in so many suffers something.
const FAULT_EVERY: u64 = 70;

/// The belt of `tests/pymodbus/plc.py`.
const CONVEYOR: &str = r#"
mm_per_count = 1
nominal_speed_mm_s = 5000
exit_eye_mm = 3500
slip_tolerance_mm = 40
decision_lead_ms = 1
min_gap_mm = 0
[[conveyor.diverter]]
lane = 1
commit_point_mm = 2400
lane_eye_mm = 3000
"#;

/// What the PLC says at its end.
#[derive(Debug, Deserialize)]
struct Told {
    /// Acquisition id, lane and source of each result, in the order in which they were taken.
    taken: Vec<(u16, u16, u16)>,
    entered: u64,
    /// How many boots of the bridge it has seen.
    boots: u32,
}

/// The PLC's process.
struct PyPlc {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl PyPlc {
    fn start() -> Self {
        let python = std::env::var_os("INSPECTD_TEST_PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(&python)
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pymodbus/plc.py")])
            .arg(ITEMS.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", python.display()));
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut port = String::new();
        stdout.read_line(&mut port).expect("it is text");
        let Ok(port) = port.trim().parse::<u16>() else {
            panic!("no PLC: INSPECTD_TEST_PYTHON must name a Python with pymodbus 3.16");
        };
        Self { child, stdout, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// Ends it, and hears what it has taken.
    fn end(mut self) -> Told {
        drop(self.child.stdin.take());
        let mut told = String::new();
        self.stdout.read_to_string(&mut told).expect("it is text");
        serde_json::from_str(&told).expect("it ends with JSON")
    }
}

impl Drop for PyPlc {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A little chance, always the same.
fn faults() -> impl FnMut(u64) -> Option<Fault> + Send {
    let ms = Duration::from_millis;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut count = 0;
    move |request| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if request < 20 || !state.is_multiple_of(FAULT_EVERY) {
            return None;
        }
        count += 1;
        Some(match count % KINDS.len() {
            0 => Fault::Delay(ms(20)),
            1 => Fault::DropAnswer,
            2 => Fault::DropRequest,
            3 => Fault::Reset,
            4 => Fault::ResetAfter,
            5 => Fault::Split,
            6 => Fault::Garbage,
            7 => Fault::Exception(6),
            8 => Fault::WrongUnit,
            _ => Fault::Late(ms(70)),
        })
    }
}

fn asked(item: ItemNumber) -> Verdict {
    if item.is_multiple_of(3) {
        Verdict::Divert { lane: 1, reasons: vec![Check::Damage] }
    } else {
        Verdict::Pass
    }
}

fn lane(item: ItemNumber) -> u16 {
    u16::from(item.is_multiple_of(3))
}

/// What was told about an item agrees with what was asked for it.
fn check(event: &ItemEvent) {
    match event {
        ItemEvent::Decided { item, decision, .. } => {
            let action = if lane(*item) == 1 { Action::Divert { lane: 1 } } else { Action::Pass };
            assert_eq!((decision.action, &decision.fall_back), (action, &None), "item {item}");
        }
        ItemEvent::Outcome { item, outcome, .. } => {
            let expected =
                if lane(*item) == 1 { Outcome::Diverted { lane: 1 } } else { Outcome::Passed };
            assert_eq!(*outcome, expected, "item {item}");
        }
        ItemEvent::Entered { .. }
        | ItemEvent::Delivered { .. }
        | ItemEvent::Identified { .. }
        | ItemEvent::Placed { .. }
        | ItemEvent::Seen { .. } => {}
        ItemEvent::Unnumbered { .. } => panic!("{event:?}"),
    }
}

#[test]
fn ten_thousand_verdicts_are_delivered_exactly_once_on_a_wire_with_every_fault() {
    let plc = PyPlc::start();
    let proxy = Proxy::start(plc.address);
    proxy.plan(faults());
    let bridge = Bridge::on_line(
        CONVEYOR,
        &format!("address = \"{}\"\ncycle_ms = 2\ntimeout_ms = 50", proxy.address),
    );
    let mut inspector = Inspector::connect(&bridge);
    let (mut entered, mut delivered) = (0, 0);
    while delivered < ITEMS {
        let Some((nth, event)) = inspector.event_or_state() else { continue };
        check(&event);
        match event {
            ItemEvent::Entered { item, .. } => {
                entered += 1;
                assert_eq!(item, entered, "items are numbered as they enter");
                inspector.verdict(item, asked(item));
            }
            ItemEvent::Delivered { item, .. } => {
                delivered += 1;
                assert_eq!(item, delivered, "each once, and in order");
            }
            ItemEvent::Decided { .. }
            | ItemEvent::Identified { .. }
            | ItemEvent::Placed { .. }
            | ItemEvent::Seen { .. }
            | ItemEvent::Unnumbered { .. }
            | ItemEvent::Outcome { .. } => {}
        }
        if nth % 64 == 0 {
            inspector.acknowledge(nth);
        }
    }
    let told = plc.end();
    let expected: Vec<_> =
        (1..=ITEMS).map(|item| (item as u16, lane(item), SOURCE_VERDICT)).collect();
    assert!(told.taken == expected, "the PLC has taken each once, and in order");
    assert_eq!((told.entered, told.boots), (ITEMS, 1));
    let injected = proxy.injected();
    println!("faults: {:?}", KINDS.iter().zip(injected).collect::<Vec<_>>());
    for (kind, count) in KINDS.iter().zip(injected) {
        assert!(count > 0, "{kind} has not happened");
    }
}
