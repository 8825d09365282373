use line::config::{FallBack, ItemCodeKind};
use plc_bridge::registers::{CODE_RING, Eye, LANE_STOP, OwnFallBack, PlcResult, RING};

use super::*;

const SCAN: Duration = Duration::from_millis(10);

fn diverter(lane: u8, commit_point_mm: f64) -> DiverterConfig {
    let position_mm = commit_point_mm + 100.0;
    DiverterConfig { lane, commit_point_mm, position_mm, fire_ahead_mm: 50.0, hold_mm: 30.0 }
}

fn config() -> PlcConfig {
    PlcConfig {
        mm_per_count: 0.5,
        slip_tolerance_mm: 60.0,
        re_cross_mm: 20.0,
        mid_eyes_mm: vec![500.0],
        diverters: vec![diverter(1, 900.0), diverter(2, 1200.0)],
        boot: 42,
        item_code: ItemCodeKind::Ascii,
    }
}

fn command() -> Command {
    let own_fall_back = OwnFallBack::of([FallBack::Pass, FallBack::Divert].into_iter());
    let heartbeat = 1;
    Command {
        heartbeat,
        inspector_alive: true,
        bridge_boot: 7,
        own_fall_back,
        sequence: 1,
        ..Command::default()
    }
}

/// A PLC, the command block before it, and a belt that moves 3 mm a scan.
struct Bench {
    plc: Plc,
    command: Option<Command>,
    encoder: u32,
    now: Duration,
}

impl Bench {
    /// On a belt that has run long enough for nothing unknown to be on it.
    fn new() -> Self {
        let mut bench = Self::just_started();
        bench.scan(&[]);
        bench.encoder += 4000;
        bench.scan(&[]);
        bench
    }

    fn just_started() -> Self {
        Self { plc: Plc::new(config()), command: Some(command()), encoder: 0, now: Duration::ZERO }
    }

    fn scan(&mut self, edges: &[Edge]) -> Outputs {
        self.move_on(6, edges, false)
    }

    fn move_on(&mut self, counts: i32, edges: &[Edge], operator_reset: bool) -> Outputs {
        self.now += SCAN;
        self.encoder = self.encoder.wrapping_add_signed(counts);
        if let Some(command) = &mut self.command {
            command.heartbeat = command.heartbeat.wrapping_add(1);
        }
        let inputs = Inputs {
            edges,
            encoder: self.encoder,
            belt_running: true,
            operator_reset,
            codes: &[],
            command: self.command.as_ref(),
        };
        self.plc.scan(&inputs, self.now)
    }

    fn edge(&self, eye: Eye) -> Edge {
        Edge { eye, trailing: false, backward: false, encoder: self.encoder, item: 1 }
    }

    fn item(&mut self) -> u16 {
        let edge = self.edge(Eye::Entry);
        self.scan(&[edge]).numbered[0].1
    }

    /// The newest line event.
    fn event(&self) -> LineEvent {
        let status = self.plc.status();
        status.events[slot(status.event_head, EVENT_RING)]
    }

    fn give(&mut self, acquisition: u16, lane: u16, source: u16) {
        let command = self.command.as_mut().expect("the bench has a bridge");
        command.result_head = command.result_head.wrapping_add(1);
        command.results[slot(command.result_head, RING)] =
            PlcResult { acquisition, lane, reasons: 1, source };
        command.sequence = command.sequence.wrapping_add(1);
    }

    /// Scans until the item is gone; returns what was applied and which gates moved.
    fn run_out(&mut self) -> (Applied, [bool; 2]) {
        let (mut applied, mut gates) = (None, [false; 2]);
        for _ in 0..480 {
            let outputs = self.scan(&[]);
            applied = applied.or(outputs.applied.first().copied());
            gates = [0, 1].map(|index| gates[index] || outputs.gates_out[index]);
        }
        (applied.expect("the item crossed its commit point"), gates)
    }
}

#[test]
fn the_result_held_at_the_commit_point_is_applied_and_the_gate_fires() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    bench.give(acquisition, 1, 1);
    let (applied, gates) = bench.run_out();
    assert_eq!(applied, Applied { acquisition, lane: 1, source: Source::Verdict });
    assert_eq!(gates, [true, false]);
    assert_eq!(bench.plc.status().result_taken, 1);
}

#[test]
fn an_item_for_the_second_lane_passes_the_first_diverter() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    bench.give(acquisition, 2, 1);
    let (applied, gates) = bench.run_out();
    assert_eq!(applied, Applied { acquisition, lane: 2, source: Source::Verdict });
    assert_eq!(gates, [false, true]);
}

#[test]
fn a_result_may_be_replaced_until_the_commit_point() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    bench.give(acquisition, 1, 2);
    bench.scan(&[]);
    bench.give(acquisition, 0, 1);
    let (applied, gates) = bench.run_out();
    assert_eq!((applied.lane, gates), (0, [false; 2]));
}

#[test]
fn without_a_result_each_diverter_does_what_the_bridge_has_told_beforehand() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    let (applied, gates) = bench.run_out();
    assert_eq!(applied, Applied { acquisition, lane: 2, source: Source::PlcFallBack });
    assert_eq!(gates, [false, true]);
}

#[test]
fn a_plc_that_never_heard_the_bridge_diverts() {
    let mut bench = Bench::just_started();
    bench.command = None;
    bench.scan(&[]);
    bench.encoder += 4000;
    bench.item();
    let (applied, _) = bench.run_out();
    assert_eq!((applied.lane, applied.source), (1, Source::PlcFallBack));
}

#[test]
fn what_lies_on_the_belt_at_the_start_takes_the_own_fall_back() {
    let mut bench = Bench::just_started();
    assert_eq!(bench.scan(&[]).gates_out, [false, true], "pass, divert");
    bench.encoder = 2000;
    assert_eq!(bench.scan(&[]).gates_out, [false, true]);
    bench.encoder = 2600;
    assert_eq!(bench.scan(&[]).gates_out, [false, false]);
}

#[test]
fn what_lies_on_the_belt_at_the_start_keeps_it_standing_where_the_fall_back_is_stop() {
    let mut bench = Bench::just_started();
    let own_fall_back = OwnFallBack::of([FallBack::Stop, FallBack::Pass].into_iter());
    bench.command = Some(Command { own_fall_back, ..command() });
    assert!(bench.scan(&[]).stop_belt);
    assert!(!bench.plc.status().stopped_for_item);
    assert!(!bench.move_on(0, &[], true).stop_belt, "the operator has cleared it");
    assert!(!bench.scan(&[]).stop_belt);
}

#[test]
fn a_stop_holds_the_belt_until_the_operator_resets_it_and_the_item_passes() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    bench.give(acquisition, LANE_STOP, 2);
    let mut outputs = bench.scan(&[]);
    while outputs.applied.is_empty() {
        outputs = bench.scan(&[]);
    }
    let expected = Applied { acquisition, lane: LANE_STOP, source: Source::BridgeFallBack };
    assert_eq!((&outputs.applied[..], outputs.stop_belt), (&[expected][..], true));
    assert!(bench.move_on(0, &[], false).stop_belt && bench.plc.status().stopped_for_item);
    assert!(!bench.move_on(0, &[], true).stop_belt);
    let (applied, gates) = bench.run_out();
    assert_eq!((applied.lane, gates), (0, [false; 2]));
}

#[test]
fn a_mid_belt_eye_corrects_the_place_of_an_item_that_has_slipped() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    while bench.plc.place(&bench.plc.items[0]) < 540.0 {
        bench.scan(&[]);
    }
    let edge = bench.edge(Eye::Mid(1));
    assert_eq!(bench.scan(&[edge]).numbered, []);
    assert_eq!((bench.event().eye, bench.event().acquisition), (Some(Eye::Mid(1)), 0));
    let item = &bench.plc.items[0];
    assert_eq!((item.acquisition, bench.plc.place(item)), (acquisition, 503.0));
}

#[test]
fn an_item_put_on_before_a_mid_belt_eye_is_numbered_there() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    let edge = bench.edge(Eye::Mid(1));
    let found = bench.scan(&[edge]).numbered;
    assert_eq!(found, [(1, acquisition + 1)]);
    assert_eq!(bench.event().acquisition, acquisition + 1);
    assert_eq!(bench.plc.place(&bench.plc.items[1]), 503.0);
}

#[test]
fn an_item_that_the_belt_takes_back_keeps_its_acquisition_id() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    let back =
        |bench: &Bench, trailing| Edge { trailing, backward: true, ..bench.edge(Eye::Entry) };
    let edge = Edge { trailing: true, ..bench.edge(Eye::Entry) };
    bench.scan(&[edge]);
    assert_eq!(bench.event().acquisition, acquisition, "on both edges");
    let edge = back(&bench, false);
    bench.move_on(-6, &[edge], false);
    assert_eq!(bench.event().acquisition, acquisition);
    let edge = back(&bench, true);
    bench.move_on(-6, &[edge], false);
    assert!(bench.event().backward && bench.event().trailing);
    bench.move_on(-40, &[], false);
    bench.move_on(40, &[], false);
    let edge = bench.edge(Eye::Entry);
    assert_eq!(bench.scan(&[edge]).numbered, []);
    assert_eq!(bench.event().acquisition, acquisition);
}

#[test]
fn in_direct_mode_the_bridge_moves_the_gates_while_it_is_heard() {
    let mut bench = Bench::new();
    bench.command = Some(Command { direct: true, outputs: 0b01, sequence: 2, ..command() });
    assert_eq!(bench.scan(&[]).gates_out, [true, false]);
    let beat = bench.command.as_ref().expect("present").heartbeat;
    let mut outputs = Outputs::default();
    for _ in 0..60 {
        // The bench counts it up again.
        bench.command.as_mut().expect("present").heartbeat = beat.wrapping_sub(1);
        outputs = bench.scan(&[]);
    }
    assert!(bench.plc.status().bridge_lost);
    assert_eq!(outputs.gates_out, [false, false]);
}

#[test]
fn a_result_after_the_commit_point_changes_nothing_and_is_counted() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    for _ in 0..410 {
        bench.scan(&[]);
    }
    bench.give(acquisition, 0, 1);
    bench.scan(&[]);
    assert_eq!(bench.plc.late_results(), 1);
    assert_eq!(bench.plc.status().result_taken, 1, "taken all the same");
}

#[test]
fn a_bridge_whose_heartbeat_stands_still_is_lost_and_comes_back() {
    let mut bench = Bench::new();
    bench.scan(&[]);
    assert!(!bench.plc.status().bridge_lost);
    let still = bench.command.take().expect("present");
    for _ in 0..52 {
        bench.now += SCAN;
        let encoder = bench.encoder;
        let inputs = Inputs {
            edges: &[],
            encoder,
            belt_running: true,
            operator_reset: false,
            codes: &[],
            command: Some(&still),
        };
        bench.plc.scan(&inputs, bench.now);
    }
    assert!(bench.plc.status().bridge_lost);
    bench.command = Some(still);
    bench.scan(&[]);
    assert!(!bench.plc.status().bridge_lost);
}

#[test]
fn a_half_written_command_block_is_not_taken() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    bench.give(acquisition, 1, 1);
    let command = bench.command.as_mut().expect("present");
    command.sequence = command.sequence.wrapping_sub(1);
    bench.scan(&[]);
    assert_eq!(bench.plc.status().result_taken, 0);
    let command = bench.command.as_mut().expect("present");
    command.sequence = command.sequence.wrapping_add(1);
    bench.scan(&[]);
    assert_eq!(bench.plc.status().result_taken, 1);
}

#[test]
fn results_of_a_restarted_bridge_count_from_one_again() {
    let mut bench = Bench::new();
    let first = bench.item();
    bench.give(first, 0, 1);
    bench.scan(&[]);
    bench.encoder += 400;
    let second = bench.item();
    bench.command = Some(Command { bridge_boot: 8, sequence: 900, ..command() });
    bench.give(second, 0, 1);
    bench.scan(&[]);
    assert_eq!(bench.plc.status().result_taken, 1);
    let (applied, _) = bench.run_out();
    assert_eq!((applied.acquisition, applied.source), (first, Source::Verdict), "kept");
}

#[test]
fn events_that_nobody_took_are_counted_when_overwritten() {
    let mut bench = Bench::new();
    for _ in 0..EVENT_RING + 3 {
        // Farther apart than a tremble on the edge.
        bench.encoder += 200;
        bench.item();
    }
    assert_eq!(bench.plc.status().event_overruns, 3);
    assert_eq!(usize::from(bench.plc.status().event_head), EVENT_RING + 3);
}

#[test]
fn tracking_goes_on_when_the_encoder_wraps() {
    let mut bench = Bench::new();
    bench.encoder = u32::MAX - 300;
    bench.plc.belt_known.fill(true);
    let acquisition = bench.item();
    bench.give(acquisition, 0, 1);
    let (applied, gates) = bench.run_out();
    assert_eq!((applied.acquisition, applied.lane, gates), (acquisition, 0, [false; 2]));
}

#[test]
fn a_code_is_told_of_its_item_by_id_and_count_and_refused_for_any_other() {
    let mut bench = Bench::new();
    let entered = bench.encoder;
    let first = bench.item();
    (0..60).for_each(|_| drop(bench.scan(&[])));
    let second = bench.item();
    let words = [0x4142, 0, 0, 0, 0, 0, 0, 0];
    for offer in [(first, words), (second + 1, words), (0, words)] {
        let inputs = Inputs {
            edges: &[],
            encoder: bench.encoder,
            belt_running: true,
            operator_reset: false,
            codes: &[offer],
            command: None,
        };
        bench.plc.scan(&inputs, bench.now);
    }
    let codes = bench.plc.codes();
    assert_eq!((codes.code_head, codes.plc_boot, bench.plc.codes_refused()), (1, 42, 2));
    let told = codes.codes[slot(1, CODE_RING)];
    assert_eq!(
        (told.acquisition, told.encoder, told.words, told.number),
        (first, entered, words, 1)
    );
}
