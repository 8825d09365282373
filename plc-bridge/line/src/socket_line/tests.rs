//! Lines of all kinds, both ways: none panics, takes more memory than its length allows, or makes a
//! longer line.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::protocol::{Action, Ambiguity, Decision, LineFault, Outcome, Refusal, VERSION};

/// Memory that reading one line takes at most: a number of one byte takes tens of them when it is
/// kept aside until its message's type is known.
const MEMORY_MAX: u64 = 64 * MAX_LINE as u64;

/// A text of any length, most of them short; some of what JSON writes as six bytes each.
fn words() -> impl Strategy<Value = String> {
    let long =
        (prop_oneof![Just("\u{1}"), Just("x"), Just("€"), Just("\""), Just("😀")], 0..80_000_usize)
            .prop_map(|(letter, times)| letter.repeat(times));
    prop_oneof![4 => ".{0,40}", 1 => long]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let checks = prop_oneof![Just(Check::Damage), Just(Check::Hold), Just(Check::Label)];
    prop_oneof![
        Just(Verdict::Pass),
        (any::<u8>(), proptest::collection::vec(checks, 0..20_000))
            .prop_map(|(lane, reasons)| Verdict::Divert { lane, reasons }),
        words().prop_map(|cause| Verdict::Uninspected { cause: cause.into() }),
    ]
}

fn to_bridge() -> impl Strategy<Value = ToBridge> {
    prop_oneof![
        any::<u32>().prop_map(|protocol| ToBridge::Hello { protocol }),
        any::<bool>().prop_map(|ready| ToBridge::Heartbeat { ready }),
        any::<u64>().prop_map(|through| ToBridge::Ack { through }),
        (any::<u64>(), words(), verdict()).prop_map(|(item, boot, verdict)| ToBridge::Verdict {
            item,
            boot,
            verdict
        }),
    ]
}

fn event() -> impl Strategy<Value = ItemEvent> {
    let nanos = any::<u64>().prop_map(Duration::from_nanos);
    let fall_back = prop_oneof![
        Just(None),
        Just(Some(FallBackCause::Ambiguous { why: Ambiguity::Found })),
        words().prop_map(|why| Some(FallBackCause::Uninspected { why: why.into() })),
    ];
    let entered = (any::<u64>(), nanos.clone(), any::<i64>(), any::<u16>()).prop_map(
        |(item, at, count, acquisition)| ItemEvent::Entered {
            item,
            at,
            count,
            acquisition,
            commit_at: at,
        },
    );
    let identified =
        (any::<u64>(), nanos.clone(), "[!-~]([ -~]{0,18}[!-~])?").prop_map(|(item, at, code)| {
            ItemEvent::Identified { item, at, code: code.parse().expect("a code") }
        });
    prop_oneof![
        entered,
        identified,
        (any::<u64>(), nanos.clone(), fall_back).prop_map(|(item, at, fall_back)| {
            ItemEvent::Decided { item, at, decision: Decision { action: Action::Pass, fall_back } }
        }),
        (any::<u64>(), nanos)
            .prop_map(|(item, at)| { ItemEvent::Outcome { item, at, outcome: Outcome::Passed } }),
    ]
}

fn from_bridge() -> impl Strategy<Value = FromBridge> {
    prop_oneof![
        words().prop_map(|boot| FromBridge::Hello { protocol: VERSION, boot }),
        words().prop_map(|cause| FromBridge::Plc { state: PlcState::Lost { cause } }),
        (any::<u64>(), any::<u64>(), event())
            .prop_map(|(seq, lost_before, event)| FromBridge::Event { seq, lost_before, event }),
        Just(FromBridge::Faults { faults: vec![LineFault::EncoderStill] }),
        any::<u64>().prop_map(|item| FromBridge::Refused { item, why: Refusal::TooLate }),
    ]
}

/// Bytes that are no line of ours, or nearly one: arbitrary, nested, endless, and good ones spoilt.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let nested = (prop_oneof![Just("["), Just("{\"a\":"), Just("{\"type\":")], 0..20_000_usize)
        .prop_map(|(open, times)| open.repeat(times).into_bytes());
    let stuffed = (0..40_000_usize, prop_oneof![Just("0,"), Just("[],"), Just("\"\",")]).prop_map(
        |(times, element)| {
            format!("{{\"type\":\"verdict\",\"x\":[{}0]}}", element.repeat(times)).into_bytes()
        },
    );
    let unknown =
        words().prop_map(|name| format!("{{\"type\":{}}}", serde_json::json!(name)).into());
    let good = prop_oneof![
        to_bridge().prop_map(|message| line_of(&message)),
        from_bridge().prop_map(|message| line_of(&message)),
    ];
    let spoilt = (good, any::<prop::sample::Index>(), any::<u8>(), 0..4_usize).prop_map(
        |(mut line, at, byte, cut)| {
            let at = at.index(line.len());
            line[at] = byte;
            line.truncate(line.len() - cut.min(line.len()));
            line
        },
    );
    let any_bytes = proptest::collection::vec(any::<u8>(), 0..400);
    prop_oneof![4 => any_bytes, 1 => nested, 1 => stuffed, 1 => unknown, 6 => spoilt].prop_map(
        |mut line: Vec<u8>| {
            line.truncate(MAX_LINE);
            line
        },
    )
}

/// The message as it is, not bounded.
fn line_of(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).unwrap()
}

fn does_no_harm<M: Message>(line: &[u8]) {
    let mut written = Vec::new();
    let memory = allocation_counter::measure(|| match read::<M>(line) {
        Ok(message) => write(message, &mut written),
        Err(error) => assert!(error.to_string().chars().count() <= QUOTE_MAX),
    });
    assert!(written.len() <= MAX_LINE);
    assert!(memory.bytes_max <= MEMORY_MAX, "{} bytes for {}", memory.bytes_max, line.len());
}

fn survives<M: Message + std::fmt::Debug + Clone + PartialEq>(message: M) {
    let mut line = Vec::new();
    write(message.clone(), &mut line);
    assert!(line.len() <= MAX_LINE, "a line of {} bytes", line.len());
    let mut bounded = message;
    bounded.bound();
    assert_eq!(read::<M>(&line), Ok(bounded));
}

fn run(cases: u32) {
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let all = (bytes(), to_bridge(), from_bridge());
    let outcome = runner.run(&all, |(line, to, from)| {
        does_no_harm::<ToBridge>(&line);
        does_no_harm::<FromBridge>(&line);
        survives(to);
        survives(from);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn no_line_does_harm_and_no_message_makes_a_line_that_is_too_long() {
    run(200);
}

#[test]
#[ignore = "many minutes: run it after changes to the protocol"]
fn a_million_lines_do_no_harm() {
    run(1_000_000);
}

#[test]
fn a_cause_that_fills_a_line_by_itself_still_fits_into_the_event_that_quotes_it() {
    // As an older inspectd may have sent it, and an older journal holds it.
    let cause = "\u{1}".repeat(MAX_LINE / 6 - 20);
    let sent = ToBridge::Verdict {
        item: 1,
        boot: "a".to_owned(),
        verdict: Verdict::Uninspected { cause: cause.as_str().into() },
    };
    assert!(line_of(&sent).len() <= MAX_LINE);
    let decided = |why: &str| FromBridge::Event {
        seq: 1,
        lost_before: 0,
        event: ItemEvent::Decided {
            item: 1,
            at: Duration::ZERO,
            decision: Decision {
                action: Action::Divert { lane: 1 },
                fall_back: Some(FallBackCause::Uninspected { why: why.into() }),
            },
        },
    };
    assert!(line_of(&decided(&cause)).len() > MAX_LINE, "without a bound it would not");
    let mut line = Vec::new();
    write(decided(&cause), &mut line);
    assert!(line.len() <= MAX_LINE);
    let Ok(ToBridge::Verdict { verdict: Verdict::Uninspected { cause }, .. }) =
        read(&line_of(&sent))
    else {
        panic!("a verdict")
    };
    assert!(cause.ends_with(text::MARK) && cause.chars().count() == WORDS_MAX);
}

#[test]
fn an_error_quotes_no_more_than_it_must() {
    let line = format!("{{\"type\":\"{}\"}}", "x".repeat(60_000));
    let error = read::<ToBridge>(line.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("unknown variant") && error.ends_with(text::MARK), "{error}");
}
