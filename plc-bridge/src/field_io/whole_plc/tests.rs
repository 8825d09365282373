use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embedded_hal::digital::ErrorType;

use super::super::encoder::Channel;
use super::super::field::Input;
use super::*;
use crate::whole_line::Line;
use line::line_file::parse;
use line::protocol::{FromBridge, ItemEvent, Outcome};

const LINE: &str = r#"
[line]
name = "small line"
sku = "carton"
[conveyor]
mm_per_count = 1
nominal_speed_mm_s = 300
exit_eye_mm = 1500
[[conveyor.diverter]]
lane = 1
commit_point_mm = 900
lane_eye_mm = 1200
diverter_mm = 1000
[conveyor.diverter.fall_back]
inspectd_dead = "pass"
late = "pass"
[plc]
mode = "direct"
[io]
# Long against the test's own time, in which the guard counts.
diverter_timeout_ms = 10000
[io.eyes]
entry = 4
exit = 5
lane = [6]
[io.encoder]
a = 17
counts_per_pulse = 2
[[io.diverter]]
line = 22
safe_out = true
"#;

#[derive(Clone, Default)]
struct Pin(Arc<AtomicBool>);

impl Pin {
    fn set(&self, level: bool) {
        self.0.store(level, Ordering::SeqCst);
    }
    fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl ErrorType for Pin {
    type Error = FieldIoError;
}
impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, FieldIoError> {
        Ok(self.get())
    }
    fn is_low(&mut self) -> Result<bool, FieldIoError> {
        Ok(!self.get())
    }
}
impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), FieldIoError> {
        self.set(false);
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), FieldIoError> {
        self.set(true);
        Ok(())
    }
}

/// A field whose pins and edges the test holds.
#[derive(Clone, Default)]
struct Bench {
    eyes: [Pin; 3],
    a: Pin,
    diverter: Pin,
    edges: Rc<RefCell<VecDeque<Result<InputEdge, FieldIoError>>>>,
    missing: Rc<Cell<bool>>,
}

impl Edges for Bench {
    fn next(&mut self) -> Result<Option<InputEdge>, FieldIoError> {
        self.edges.borrow_mut().pop_front().transpose()
    }
}

impl Wiring for Bench {
    type Input = Pin;
    type Output = Pin;
    type Edges = Self;

    fn open(&mut self) -> Result<Opened<Self>, FieldIoError> {
        if self.missing.get() {
            return Err(FieldIoError::NoChip { chip: PathBuf::from("/dev/gpiochip0") });
        }
        self.edges.borrow_mut().clear();
        let which = [Eye::Entry, Eye::Exit, Eye::Lane(1)];
        Ok(Opened {
            eyes: which.into_iter().zip(self.eyes.clone()).collect(),
            encoder: (self.a.clone(), None),
            diverters: vec![(self.diverter.clone(), true)],
            edges: self.clone(),
        })
    }
}

impl Bench {
    fn input(&self, input: Input, level: bool, at: Duration) {
        let pin = match input {
            Input::Eye(index) => &self.eyes[index],
            Input::Encoder(_) => &self.a,
        };
        pin.set(level);
        self.edges.borrow_mut().push_back(Ok(InputEdge { input, level, at }));
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A log that nobody reads.
fn log() -> Log {
    Log::with_room(4).0
}

fn connected(bench: &Bench) -> FieldIo<Bench> {
    let config = parse::<BridgeConfig>(LINE).expect("no mistake");
    let mut field = FieldIo::wired(bench.clone(), &config, 40, log()).expect("[io] is complete");
    field.connect().expect("the bench opens");
    field
}

/// What became of one box, 200 mm long, that nobody inspects and that then shows up at `eye`, after
/// `place` mm: how many items entered, their outcomes, and when the diverter was out.
fn one_box(text: &str, eye: usize, place: u64) -> (usize, Vec<Outcome>, Vec<u64>) {
    let bench = Bench::default();
    let (log, entries) = Log::with_room(4);
    let config = parse::<BridgeConfig>(text).expect("no mistake");
    let mut field = FieldIo::wired(bench.clone(), &config, 40, log).expect("[io] is complete");
    field.connect().expect("the bench opens");
    let mut line = Line::new(&config, "boot".into(), 1, 0);
    let mut out = Vec::new();
    // One count a millisecond, one cycle every 10 ms.
    let mut level = false;
    for now in 1..2500u64 {
        level = !level;
        bench.input(Input::Encoder(Channel::A), level, ms(now));
        for (eye, place) in [(0, 100), (eye, 100 + place)] {
            for (covered, at) in [(true, place), (false, place + 200)] {
                if now == at {
                    bench.input(Input::Eye(eye), covered, ms(now));
                }
            }
        }
        if now % 10 == 0 {
            if let Some(command) = line.command() {
                field.write_at(&command, ms(now)).expect("the bench never fails");
            }
            line.status(&field.read_at(ms(now)).expect("the bench never fails"), ms(now));
            if bench.diverter.get() {
                out.push(now);
            }
        }
    }
    let (mut through, mut entered, mut outcomes) = (0, 0, Vec::new());
    while let Some(FromBridge::Event { seq, event, .. }) = line.journal().next_after(through) {
        through = seq;
        match event {
            ItemEvent::Entered { .. } => entered += 1,
            ItemEvent::Outcome { outcome, .. } => outcomes.push(outcome),
            _ => {}
        }
    }
    drop(field);
    entries.for_each(|entry, _| panic!("nothing is odd: {entry:?}"));
    (entered, outcomes, out)
}

#[test]
fn a_line_without_a_plc_runs_the_same_line_and_tracker() {
    let (entered, outcomes, out) = one_box(LINE, 1, 1500);
    assert_eq!((entered, outcomes), (1, vec![Outcome::Passed]));
    // What lies on the belt at the start is not known: it is diverted, and no more.
    assert!(out.iter().all(|at| *at < 980), "{out:?}");
}

#[test]
fn a_line_without_a_plc_diverts_by_itself() {
    let text = LINE.replace("\"pass\"", "\"divert\"");
    let (entered, outcomes, out) = one_box(&text, 2, 1200);
    assert_eq!((entered, outcomes), (1, vec![Outcome::Diverted { lane: 1 }]));
    // The box entered at 100 ms, and its leading edge is at the diverter 1000 ms later.
    assert!(out.contains(&1100), "{out:?}");
    assert!(!out.contains(&980) && !out.contains(&1500), "{out:?}");
}

#[test]
fn the_diverters_follow_the_commands_and_rest_without_them() {
    let bench = Bench::default();
    let mut field = connected(&bench);
    assert!(bench.diverter.get(), "this one rests out");
    let command = Command { direct: true, outputs: 0, ..Command::default() };
    field.write_at(&command, ms(100)).expect("the bench never fails");
    assert!(!bench.diverter.get());
    field.read_at(ms(10_090)).expect("the bench never fails");
    assert!(!bench.diverter.get(), "within the time-out");
    field.read_at(ms(10_100)).expect("the bench never fails");
    assert!(bench.diverter.get(), "nobody commands it");
    field.write_at(&command, ms(10_110)).expect("the bench never fails");
    drop(field);
    assert!(bench.diverter.get(), "the bridge is gone");
}

#[test]
fn each_connection_is_another_boot_since_nobody_knows_what_moved_meanwhile() {
    let bench = Bench::default();
    let mut field = connected(&bench);
    let boot =
        |field: &mut FieldIo<Bench>| field.read_at(ms(0)).expect("the bench never fails").plc_boot;
    assert_eq!(boot(&mut field), 41);
    field.disconnect();
    assert!(matches!(field.read_at(ms(0)), Err(FieldIoError::NotOpen)));
    field.connect().expect("the bench opens");
    assert_eq!(boot(&mut field), 42);
}

#[test]
fn lost_edges_are_an_error_and_no_guess() {
    let bench = Bench::default();
    let mut field = connected(&bench);
    let lost = FieldIoError::EdgesLost { chip: PathBuf::from("/dev/gpiochip0"), lost: 3 };
    bench.edges.borrow_mut().push_back(Err(lost));
    let error = field.read_status().expect_err("edges were lost");
    assert!(error.to_string().starts_with("3 edges of /dev/gpiochip0 were lost"), "{error}");
}

#[test]
fn a_chip_that_is_not_there_is_an_error_that_may_pass() {
    let bench = Bench::default();
    bench.missing.set(true);
    let config = parse::<BridgeConfig>(LINE).expect("no mistake");
    let mut field = FieldIo::wired(bench.clone(), &config, 40, log()).expect("[io] is complete");
    field.connect().expect_err("the bench is missing");
    bench.missing.set(false);
    field.connect().expect("now it is there");
}

#[test]
fn the_lines_of_the_line_file_are_opened_on_its_chip() {
    let text = LINE.replace("[io]", "[io]\nchip = \"/dev/gpiochip-elsewhere\"");
    let config = parse::<BridgeConfig>(&text).expect("no mistake");
    let mut field = FieldIo::new(&config, 1, log()).expect("[io] is complete");
    let error = field.connect().expect_err("there is no such chip");
    assert!(error.to_string().contains("/dev/gpiochip-elsewhere"), "{error}");
}

#[test]
fn a_cycle_allocates_nothing() {
    let bench = Bench::default();
    let mut field = connected(&bench);
    let command = Command { direct: true, ..Command::default() };
    let mut level = false;
    for now in 1..200 {
        for step in 0..10 {
            level = !level;
            bench.input(Input::Encoder(Channel::A), level, ms(now * 10 + step));
        }
        bench.input(Input::Eye(0), now % 20 < 10, ms(now * 10 + 9));
        let allocated = allocation_counter::measure(|| {
            field.write_at(&command, ms(now * 10 + 10)).expect("the bench never fails");
            field.read_at(ms(now * 10 + 10)).expect("the bench never fails");
        });
        assert_eq!(allocated.count_total, 0);
    }
}

#[test]
fn inputs_that_are_odd_are_told_to_the_log() {
    let bench = Bench::default();
    let (log, entries) = Log::with_room(4);
    let config = parse::<BridgeConfig>(LINE).expect("no mistake");
    let mut field = FieldIo::wired(bench.clone(), &config, 40, log).expect("[io] is complete");
    field.connect().expect("the bench opens");
    for start in [100, 200] {
        bench.input(Input::Eye(0), true, ms(start));
        bench.input(Input::Eye(0), false, ms(start + 1));
        field.read_at(ms(start + 50)).expect("the bench never fails");
    }
    drop(field);
    let mut told = Vec::new();
    entries.for_each(|entry, _| told.push(format!("{entry:?}")));
    assert_eq!(told.len(), 1, "no more than once a minute: {told:?}");
    assert!(told[0].contains("1 glitches"), "{told:?}");
}
