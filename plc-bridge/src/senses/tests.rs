//! Hours of belt in a moment: each way in which a sense can lie, and ordinary lines beside it.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use line::config::BridgeConfig;

const CYCLE: Duration = Duration::from_millis(10);

/// A line of 0.5 mm a count at 300 mm/s, looked at every 10 ms.
struct Line {
    senses: Senses,
    at: Duration,
    count: i64,
    runs: Option<bool>,
}

fn line() -> Line {
    let text = "[line]\nname = \"l\"\nsku = \"s\"\n[plc]\naddress = \"plc:502\"\n[conveyor]\n\
                mm_per_count = 0.5\nnominal_speed_mm_s = 300\nexit_eye_mm = 2000\n\
                longest_item_mm = 300\n[[conveyor.mid_eye]]\nposition_mm = 400\n\
                [[conveyor.diverter]]\nlane = 1\ncommit_point_mm = 1000\nlane_eye_mm = 1500\n";
    let config: BridgeConfig = toml::from_str(text).expect("a valid line file");
    let senses = Senses::new(&config.conveyor);
    Line { senses, at: Duration::from_secs(100), count: 0, runs: Some(true) }
}

impl Line {
    /// Goes on for `ms`, by `counts` each cycle; returns the faults.
    fn goes_on(&mut self, ms: u64, counts: i64) -> Vec<LineFault> {
        for _ in 0..ms / 10 {
            self.looked_at(counts, &[]);
        }
        self.senses.faults().to_vec()
    }

    fn looked_at(&mut self, counts: i64, edges: &[Edge]) {
        self.at += CYCLE;
        self.count += counts;
        self.senses.look(&Look {
            at: self.at,
            count: self.count,
            runs: self.runs,
            edges,
            edges_lost: false,
            trailing_edges: true,
        });
    }

    fn edge(&mut self, counts: i64, eye: Eye, trailing: bool) {
        let count = self.count + counts;
        self.looked_at(counts, &[Edge { eye, acquisition: 0, trailing, backward: false, count }]);
    }
}

#[test]
fn an_encoder_that_stands_still_while_the_belt_runs_is_told_soon_and_heals() {
    let mut line = line();
    assert_eq!(line.goes_on(5_000, 6), []);
    assert_eq!(line.goes_on(400, 0), [LineFault::EncoderStill]);
    assert!(line.senses.is_blind());
    assert_eq!(line.goes_on(10_000, 0), [LineFault::EncoderStill]);
    assert_eq!(line.goes_on(100, 6), [LineFault::EncoderStill], "what comes may have come before");
    assert_eq!(line.goes_on(200, 6), []);
}

#[test]
fn one_count_to_and_fro_is_no_travel() {
    let mut line = line();
    line.goes_on(1_000, 6);
    for _ in 0..100 {
        line.looked_at(1, &[]);
        line.looked_at(-1, &[]);
    }
    assert_eq!(line.senses.faults(), [LineFault::EncoderStill]);
}

#[test]
fn an_encoder_that_never_counts_is_told_after_the_drive_has_started() {
    let mut line = line();
    assert_eq!(line.goes_on(900, 0), []);
    assert_eq!(line.goes_on(500, 0), [LineFault::EncoderStill]);
}

#[test]
fn what_comes_to_an_eye_shows_at_once_that_the_encoder_stands_still() {
    let mut line = line();
    line.goes_on(1_000, 6);
    line.goes_on(150, 0);
    line.edge(0, Eye::Exit, false);
    assert_eq!(line.senses.faults(), [LineFault::EncoderStill]);
}

#[test]
fn without_a_run_signal_the_eyes_tell_on_the_encoder() {
    let mut line = Line { runs: None, ..line() };
    line.goes_on(1_000, 6);
    assert_eq!(line.goes_on(60_000, 0), [], "it may stand");
    for eye in [Eye::Entry, Eye::Exit, Eye::Entry] {
        line.edge(0, eye, false);
        line.goes_on(400, 0);
    }
    assert_eq!(line.senses.faults(), [LineFault::EncoderStill]);
    assert_eq!(line.goes_on(300, 6), []);
}

#[test]
fn an_encoder_that_counts_on_a_standing_belt_is_told_and_coasting_is_not() {
    let mut line = line();
    line.goes_on(1_000, 6);
    line.runs = Some(false);
    assert_eq!(line.goes_on(3_000, 3), [], "it coasts");
    assert_eq!(line.goes_on(3_000, 0), []);
    assert_eq!(line.goes_on(1_000, 3), [LineFault::EncoderRuns]);
    assert_eq!(line.goes_on(5_100, 0), [], "it was pushed by hand");
}

#[test]
fn an_eye_that_stays_covered_is_told_until_it_is_free() {
    let mut line = line();
    line.edge(6, Eye::Exit, false);
    // Three of the longest item, and the slip.
    assert_eq!(line.goes_on(3_100, 6), []);
    assert_eq!(line.goes_on(200, 6), [LineFault::EyeCovered(Eye::Exit)]);
    assert!(!line.senses.is_blind(), "what comes is numbered");
    line.edge(6, Eye::Exit, true);
    assert_eq!(line.senses.faults(), []);
    line.edge(6, Eye::Entry, false);
    line.goes_on(4_000, 6);
    assert!(line.senses.is_blind());
    line.runs = Some(false);
    line.goes_on(60_000, 0);
    assert!(line.senses.is_blind(), "a standing belt proves nothing");
}

#[test]
fn an_eye_that_misses_three_in_a_row_is_blind_until_it_sees_something() {
    let mut line = line();
    for _ in 0..2 {
        line.senses.missed(Eye::Entry);
    }
    line.edge(6, Eye::Entry, false);
    line.edge(6, Eye::Entry, true);
    for _ in 0..2 {
        line.senses.missed(Eye::Entry);
    }
    assert_eq!(line.goes_on(100, 6), []);
    line.senses.missed(Eye::Entry);
    assert_eq!(line.goes_on(100, 6), [], "an encoder that stands still would be found first");
    assert_eq!(line.goes_on(400, 6), [LineFault::EyeBlind(Eye::Entry)]);
    assert!(line.senses.is_blind());
    line.edge(6, Eye::Entry, false);
    assert_eq!(line.senses.faults(), []);
    for _ in 0..3 {
        line.senses.missed(Eye::Lane(1));
    }
    assert_eq!(line.goes_on(500, 6), [LineFault::EyeBlind(Eye::Lane(1))]);
    assert!(!line.senses.is_blind());
    line.senses.reset();
    assert_eq!(line.senses.faults(), []);
}

#[test]
fn after_a_cut_wire_nothing_is_held_against_the_encoder() {
    let mut line = line();
    line.goes_on(1_000, 6);
    line.at += Duration::from_secs(60);
    assert_eq!(line.goes_on(100, 0), []);
    line.senses.restart();
    assert_eq!(line.goes_on(500, 0), []);
}

proptest! {
    /// A belt that starts, slows down, creeps, runs back and stops, with a run signal that follows its
    /// drive, has no fault.
    #[test]
    fn an_ordinary_belt_has_no_fault(
        legs in prop::collection::vec((0.0..1.0f64, 200..4_000u64), 1..20),
        mm_per_count in 0.05..5.0f64,
        top_mm_s in 200.0..3_000.0f64,
    ) {
        let text = format!(
            "[line]\nname = \"l\"\nsku = \"s\"\n[plc]\naddress = \"plc:502\"\n[conveyor]\n\
             mm_per_count = {mm_per_count}\nnominal_speed_mm_s = {top_mm_s}\nexit_eye_mm = 2000\n\
             [[conveyor.diverter]]\nlane = 1\ncommit_point_mm = 1000\nlane_eye_mm = 1500\n"
        );
        let config: BridgeConfig = toml::from_str(&text).expect("a valid line file");
        let mut line = Line { senses: Senses::new(&config.conveyor), ..line() };
        let (mut speed, mut place) = (0.0f64, 0.0f64);
        for (share, ms) in legs {
            // A fifth of the legs stand, a fifth run back; the others creep at no less than a tenth.
            let target = match share {
                share if share < 0.2 => 0.0,
                share if share < 0.4 => -0.3 * top_mm_s,
                share => share.max(0.45) * top_mm_s * 0.9,
            };
            line.runs = Some(target != 0.0);
            for _ in 0..ms / 10 {
                speed += (target - speed).clamp(-20.0, 20.0);
                place += speed * 0.01;
                let count = (place / mm_per_count).floor() as i64;
                let by = count - line.count;
                line.looked_at(by, &[]);
                prop_assert!(line.senses.faults().is_empty(), "{:?}", line.senses);
            }
        }
    }
}
