use tracing::Level;

use super::*;
use crate::registers::{EVENT_RING, Eye, LineEvent, RING, slot};
use line::protocol::{Action, Ambiguity, Check, FallBackCause, UnnumberedWhy};

/// 1 mm a count; commit at 900 mm, lane eye at 1,200, exit eye at 1,500.
pub(super) const LINE: &str = r#"
[line]
name = "line 1"
sku = "carton"
[conveyor]
mm_per_count = 1
nominal_speed_mm_s = 1000
exit_eye_mm = 1500
[[conveyor.diverter]]
lane = 1
commit_point_mm = 900
lane_eye_mm = 1200
[plc]
address = "plc:502"
"#;

/// A line at 1 mm/ms with a PLC that scans once between two status blocks.
struct Bench {
    line: Line,
    status: Status,
    entries: u16,
    now: u64,
}

impl Bench {
    fn new() -> Self {
        let config = toml::from_str(LINE).unwrap();
        let line = Line::new(&config, "boot-1".into(), 1, 1);
        let mut bench = Self { line, status: Status::default(), entries: 0, now: 0 };
        bench.run(10);
        bench
    }

    fn connected() -> Self {
        let mut bench = Self::new();
        bench.line.inspector_connected(bench.at());
        bench.line.message(ToBridge::Heartbeat { ready: true }, bench.at());
        bench
    }

    fn at(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    fn edge(&mut self, eye: Eye) {
        self.entries += u16::from(eye == Eye::Entry);
        self.status.event_head += 1;
        self.status.events[slot(self.status.event_head, EVENT_RING)] = LineEvent {
            eye: Some(eye),
            acquisition: if eye == Eye::Entry { self.entries } else { 0 },
            encoder: self.status.encoder,
            ..LineEvent::default()
        };
    }

    /// Runs for `ms` with an exchange every 10; inspectd sends heartbeats if it is connected.
    fn run(&mut self, ms: u64) -> Command {
        let mut command = Command::default();
        for _ in 0..ms / 10 {
            self.now += 10;
            self.status.heartbeat = self.status.heartbeat.wrapping_add(1);
            self.status.encoder += 10;
            if self.line.inspector != Inspector::Away {
                self.line.message(ToBridge::Heartbeat { ready: true }, self.at());
            }
            self.line.status(&self.status, self.at());
            command = self.line.command().expect("the PLC was met");
            self.status.result_taken = command.result_head;
            self.status.sequence_echo = command.sequence;
        }
        command
    }

    fn verdict(&mut self, item: ItemNumber, boot: &str, verdict: Verdict) {
        let verdict = ToBridge::Verdict { item, boot: boot.into(), verdict };
        self.line.message(verdict, self.at());
    }

    fn log(&mut self) -> Vec<String> {
        self.line.take_notices().map(|notice| notice.to_string()).collect()
    }

    fn events(&self) -> Vec<ItemEvent> {
        let mut events = Vec::new();
        while let Some(FromBridge::Event { event, .. }) =
            self.line.journal.next_after(events.len() as u64)
        {
            events.push(event);
        }
        events
    }
}

#[test]
fn an_item_enters_gets_its_verdict_and_leaves() {
    let mut bench = Bench::connected();
    bench.edge(Eye::Entry);
    bench.run(100);
    let reasons = vec![Check::Damage];
    bench.verdict(1, "boot-1", Verdict::Divert { lane: 1, reasons });
    let command = bench.run(1100);
    let result = command.results[slot(1, RING)];
    assert_eq!((result.acquisition, result.lane, result.reasons), (1, 1, 1));
    assert!(command.inspector_alive && command.inspector_ready && !command.fall_back_in_effect);
    bench.edge(Eye::Lane(1));
    bench.run(400);
    let events = bench.events();
    assert!(matches!(events[0], ItemEvent::Entered { item: 1, .. }), "{events:?}");
    assert!(matches!(events[1], ItemEvent::Delivered { item: 1, .. }), "{events:?}");
    let ItemEvent::Decided { decision, .. } = &events[2] else { panic!("{events:?}") };
    assert_eq!((decision.action, &decision.fall_back), (Action::Divert { lane: 1 }, &None));
    assert!(matches!(events[3], ItemEvent::Seen { place: 1, alone: true, .. }), "{events:?}");
    let ItemEvent::Outcome { outcome, .. } = &events[4] else { panic!("{events:?}") };
    assert_eq!((*outcome, events.len()), (Outcome::Diverted { lane: 1 }, 5));
}

#[test]
fn without_inspectd_the_log_and_the_plc_are_told_of_the_fall_back() {
    let mut bench = Bench::new();
    bench.log();
    bench.edge(Eye::Entry);
    let command = bench.run(1000);
    let fall_back = "fall-back for item 1: inspectd is not connected; diverted into lane 1";
    assert_eq!(bench.log(), [fall_back]);
    assert!(command.fall_back_in_effect && !command.inspector_alive);
    assert_eq!(command.results[slot(1, RING)].source, 2);
    assert_eq!(bench.line.counters.fall_backs, 1);
}

#[test]
fn an_inspectd_that_falls_silent_counts_as_dead_until_it_speaks() {
    let mut bench = Bench::connected();
    bench.log();
    bench.line.tick(bench.at() + HEARTBEAT_TIMEOUT);
    assert_eq!(bench.line.inspector, Inspector::Silent);
    assert_eq!(bench.log().len(), 1);
    assert!(bench.run(10).inspector_alive, "its next heartbeat brings it back");
    assert_eq!(bench.log(), ["inspectd's heartbeat counts again", "inspectd is ready to inspect"]);
}

#[test]
fn a_verdict_of_another_boot_is_refused() {
    let mut bench = Bench::connected();
    bench.edge(Eye::Entry);
    bench.run(10);
    bench.verdict(1, "boot-0", Verdict::Pass);
    let refused = FromBridge::Refused { item: 1, why: Refusal::UnknownItem };
    assert!(bench.line.take_asides().any(|aside| aside == refused));
}

#[test]
fn a_plc_whose_heartbeat_stands_still_is_lost_once_and_found_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.log(), ["the PLC is connected; its heartbeat counts"]);
    let still = bench.status.clone();
    bench.line.take_sample();
    for _ in 0..100 {
        bench.now += 10;
        bench.line.status(&still, bench.at());
    }
    assert_eq!(bench.line.take_sample(), None, "an old count is not where the belt is");
    let log = bench.log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("its heartbeat stands still"), "{log:?}");
    bench.run(10);
    assert_eq!(bench.log(), ["the PLC is connected; its heartbeat counts"]);
}

#[test]
fn the_same_cause_of_a_lost_plc_is_told_once() {
    let mut bench = Bench::new();
    bench.log();
    for cause in ["cable", "cable", "cable", "address"] {
        bench.line.plc_unreachable(cause.into());
    }
    assert_eq!(bench.log(), ["the PLC is lost: cable", "the PLC is lost: address"]);
}

#[test]
fn a_restart_of_the_plc_ends_its_items_and_goes_on_with_new_ones() {
    let mut bench = Bench::connected();
    bench.edge(Eye::Entry);
    bench.run(100);
    bench.log();
    bench.status = Status { plc_boot: 7, ..Status::default() };
    bench.edge(Eye::Entry);
    bench.run(10);
    let log = bench.log();
    assert!(log[0].contains("the PLC was restarted"), "{log:?}");
    let events = bench.events();
    assert!(
        matches!(
            events[1],
            ItemEvent::Outcome {
                item: 1,
                outcome: Outcome::Ambiguous { why: Ambiguity::PlcRestarted },
                ..
            }
        ),
        "{events:?}"
    );
    assert!(matches!(events[2], ItemEvent::Entered { item: 2, .. }), "{events:?}");
}

#[test]
fn a_bridge_that_was_killed_goes_on_with_its_items_and_what_it_owes() {
    let mut bench = Bench::connected();
    bench.edge(Eye::Entry);
    bench.run(100);
    bench.verdict(1, "boot-1", Verdict::Divert { lane: 1, reasons: vec![Check::Damage] });
    bench.run(100);
    let events: Vec<_> = (1..).zip(bench.events()).collect();
    assert_eq!(events.len(), 2, "entered and delivered: {events:?}");
    let kept = Kept {
        boot: bench.line.boot().into(),
        bridge_boot: bench.line.bridge_boot(),
        next_item: bench.line.next_item(),
        acknowledged: 1,
        lost: 0,
        is_other_line: false,
        plc: bench.line.plc_progress(),
        taken: 0,
        results: vec![],
        events,
    };
    bench.line = Line::resume(&toml::from_str(LINE).unwrap(), kept);
    bench.line.inspector_connected(bench.at());
    assert_eq!(bench.line.journal().owed(), 1, "inspectd has stored the first");
    bench.edge(Eye::Entry);
    let command = bench.run(20);
    assert_eq!(command.bridge_boot, 2);
    assert_eq!((command.results[slot(1, RING)].source, command.items), (2, 2));

    bench.verdict(1, "boot-1", Verdict::Pass);
    let refused = FromBridge::Refused { item: 1, why: Refusal::BridgeRestarted };
    assert!(bench.line.take_asides().any(|aside| aside == refused));
    bench.run(1000);
    let decided = bench.line.journal().next_after(3).expect("it came to its commit point");
    let FromBridge::Event { seq: 4, event: ItemEvent::Decided { item: 1, decision, .. }, .. } =
        decided
    else {
        panic!("{decided:?}")
    };
    assert_eq!(decision.fall_back, Some(FallBackCause::BridgeRestarted));
}

#[test]
fn strays_and_lost_events_are_told_and_counted() {
    let mut bench = Bench::new();
    bench.log();
    (0..18).for_each(|_| bench.edge(Eye::Lane(77)));
    bench.run(10);
    assert_eq!((bench.line.counters.strays, bench.line.counters.events_lost), (16, 2));
    assert_eq!(bench.log().len(), 17);
}

#[test]
fn a_wrong_lane_is_an_error_that_says_what_to_do() {
    let notice = Notice::WrongLane { item: 4, seen: 0 };
    assert_eq!(notice.level(), Level::ERROR);
    assert!(notice.to_string().contains("take it out"));
}

#[test]
fn a_body_without_a_number_is_an_event_of_its_own() {
    let mut bench = Bench::new();
    bench.run(2_000);
    bench.log();
    bench.edge(Eye::Exit);
    bench.run(20);
    let events = bench.events();
    let [ItemEvent::Unnumbered { eye: Eye::Exit, why, .. }] = events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(why, UnnumberedWhy::NotSeenAtEntry);
    assert_eq!(bench.line.counters.unnumbered, 1);
    let log = bench.log();
    assert!(log.iter().any(|line| line.contains("was not inspected")), "{log:?}");
}

#[test]
fn a_line_whose_entry_eye_is_dead_is_blind_and_diverts_until_the_eye_sees_again() {
    let mut bench = Bench::new();
    bench.run(2_000);
    for _ in 0..2 {
        bench.edge(Eye::Exit);
        assert_eq!(bench.run(200).blind, BlindOrder::None);
    }
    bench.edge(Eye::Exit);
    let command = bench.run(300);
    assert_eq!(bench.line.faults(), [LineFault::EyeBlind(Eye::Entry)]);
    assert_eq!(command.blind, BlindOrder::Divert);
    assert!(bench.line.health().blind);
    let log = bench.log().join("\n");
    assert!(
        log.contains("the entry eye sees nothing") && log.contains("capability bit 3"),
        "{log}"
    );
    bench.edge(Eye::Entry);
    assert_eq!(bench.run(20).blind, BlindOrder::None);
    assert_eq!(bench.line.faults(), []);
}

#[test]
fn items_on_the_belt_while_the_encoder_stands_still_end_as_ambiguous() {
    let mut bench = Bench::connected();
    bench.status.capabilities.run_signal = true;
    bench.status.capabilities.obeys_blind = true;
    bench.status.belt_running = true;
    bench.run(500);
    bench.edge(Eye::Entry);
    bench.run(600);
    bench.verdict(1, "boot-1", Verdict::Pass);
    let still = bench.status.encoder;
    for _ in 0..30 {
        bench.status.encoder = still - 10;
        bench.run(10);
    }
    assert_eq!(bench.line.faults(), [LineFault::EncoderStill]);
    // It has gone on, and leaves where nobody expects it.
    bench.edge(Eye::Exit);
    bench.run(2_000);
    let events = bench.events();
    let unnumbered = |event: &ItemEvent| {
        matches!(event, ItemEvent::Unnumbered { why: UnnumberedWhy::EncoderStill, .. })
    };
    assert!(events.iter().any(unnumbered), "{events:?}");
    let why = Ambiguity::EncoderStill;
    let outcome = Outcome::Ambiguous { why };
    assert!(
        events.iter().any(|e| matches!(e, ItemEvent::Outcome { outcome: o, .. } if *o == outcome)),
        "{events:?}"
    );
    assert_eq!(bench.line.faults(), [], "it counts again");
}

#[test]
fn while_the_plc_does_not_scan_the_diverters_rest() {
    let text = LINE.replace("lane_eye_mm = 1200", "lane_eye_mm = 1200\ndiverter_mm = 1000");
    let text = text.replace("[plc]", "[plc]\nmode = \"direct\"\nheartbeat_timeout_ms = 100");
    let config = toml::from_str(&text).unwrap();
    let line = Line::new(&config, "boot-1".into(), 1, 1);
    let mut bench = Bench { line, ..Bench::new() };
    // What lay on the belt at the start is diverted until it is gone.
    assert_eq!(bench.run(100).outputs, 1);
    for _ in 0..11 {
        bench.now += 10;
        bench.line.status(&bench.status.clone(), bench.at());
    }
    assert!(!bench.line.health().plc_alive);
    assert_eq!(bench.line.command().map(|command| command.outputs), Some(0));
}
