use super::*;

const SCAN: Duration = Duration::from_millis(10);

fn config() -> PlcConfig {
    PlcConfig {
        mm_per_count: 0.5,
        commit_point_mm: 900.0,
        diverter_mm: 1000.0,
        fire_ahead_mm: 50.0,
        retract_after_mm: 30.0,
        lane: 1,
        fall_back: FallBack::Divert,
        boot: 42,
    }
}

fn command() -> Command {
    Command {
        heartbeat: 1,
        inspector_alive: true,
        inspector_ready: true,
        fall_back_in_effect: false,
        result_overrun: false,
        bridge_boot: 7,
        event_taken: 0,
        result_head: 0,
        results: [PlcResult::default(); RING],
        sequence: 1,
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
    fn new() -> Self {
        Self { plc: Plc::new(config()), command: Some(command()), encoder: 0, now: Duration::ZERO }
    }

    fn scan(&mut self, edges: &[Edge]) -> Outputs {
        self.now += SCAN;
        self.encoder = self.encoder.wrapping_add(6);
        if let Some(command) = &mut self.command {
            command.heartbeat = command.heartbeat.wrapping_add(1);
        }
        let inputs = Inputs {
            edges,
            encoder: self.encoder,
            belt_running: true,
            command: self.command.as_ref(),
        };
        self.plc.scan(&inputs, self.now)
    }

    fn item(&mut self) -> u16 {
        let edge = Edge { eye: Eye::Entry, encoder: self.encoder, item: 1 };
        self.scan(&[edge]).entered[0].1
    }

    fn give(&mut self, acquisition: u16, lane: u16, source: u16) {
        let command = self.command.as_mut().expect("the bench has a bridge");
        command.result_head = command.result_head.wrapping_add(1);
        command.results[usize::from(command.result_head) % RING] =
            PlcResult { acquisition, lane, reasons: 1, source };
        command.sequence = command.sequence.wrapping_add(1);
    }

    /// Scans until the commit point; returns what was applied and whether the gate moved later.
    fn run_out(&mut self) -> (Applied, bool) {
        let (mut applied, mut gate) = (None, false);
        for _ in 0..360 {
            let outputs = self.scan(&[]);
            applied = applied.or(outputs.applied.first().copied());
            gate |= outputs.gate_out;
        }
        (applied.expect("the item crossed the commit point"), gate)
    }
}

#[test]
fn the_result_held_at_the_commit_point_is_applied_and_the_gate_fires() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    bench.give(acquisition, 1, 1);
    let (applied, gate) = bench.run_out();
    assert_eq!(applied, Applied { acquisition, lane: 1, source: Source::Verdict });
    assert!(gate);
    assert_eq!(bench.plc.status().result_taken, 1);
}

#[test]
fn a_result_may_be_replaced_until_the_commit_point() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    bench.give(acquisition, 1, 2);
    bench.scan(&[]);
    bench.give(acquisition, 0, 1);
    let (applied, gate) = bench.run_out();
    assert_eq!(applied.lane, 0);
    assert!(!gate);
}

#[test]
fn without_a_result_the_plc_falls_back_by_itself() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    let (applied, gate) = bench.run_out();
    assert_eq!(applied, Applied { acquisition, lane: 1, source: Source::PlcFallBack });
    assert!(gate);
}

#[test]
fn a_result_after_the_commit_point_changes_nothing_and_is_counted() {
    let mut bench = Bench::new();
    let acquisition = bench.item();
    for _ in 0..310 {
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
        let inputs = Inputs { edges: &[], encoder: 0, belt_running: true, command: Some(&still) };
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
    let second = bench.item();
    bench.command = Some(Command { bridge_boot: 8, ..command() });
    bench.give(second, 0, 1);
    bench.scan(&[]);
    assert_eq!(bench.plc.status().result_taken, 1);
    let (applied, _) = bench.run_out();
    assert_eq!((applied.acquisition, applied.source), (first, Source::Verdict), "kept");
}

#[test]
fn events_that_nobody_took_are_counted_when_overwritten() {
    let mut bench = Bench::new();
    for _ in 0..RING + 3 {
        bench.item();
    }
    assert_eq!(bench.plc.status().event_overruns, 3);
    assert_eq!(usize::from(bench.plc.status().event_head), RING + 3);
}

#[test]
fn tracking_goes_on_when_the_encoder_wraps() {
    let mut bench = Bench::new();
    bench.encoder = u32::MAX - 300;
    let acquisition = bench.item();
    bench.give(acquisition, 0, 1);
    let (applied, gate) = bench.run_out();
    assert_eq!((applied.acquisition, applied.lane, gate), (acquisition, 0, false));
}
