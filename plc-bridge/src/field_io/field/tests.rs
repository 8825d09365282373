use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use embedded_hal::digital::ErrorType;
use proptest::prelude::*;

use super::*;

/// A pin whose level the test holds.
#[derive(Clone, Default)]
struct Pin(Rc<Cell<bool>>);

impl ErrorType for Pin {
    type Error = Infallible;
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.get())
    }
    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.get())
    }
}

fn us(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// A line with an entry eye (0), a mid-belt eye (1), a lane eye (2) and an exit eye (3), and an
/// encoder of one count a quarter.
struct Rig {
    field: Field<Pin>,
    pins: [Pin; 4],
    quarter: i64,
    at: u64,
}

impl Rig {
    fn new() -> Self {
        let pins: [Pin; 4] = Default::default();
        let which = [Eye::Entry, Eye::Mid(1), Eye::Lane(7), Eye::Exit];
        let eyes = which.into_iter().zip(&pins).map(|(eye, pin)| {
            PhotoEye::new(eye, pin.clone(), us(2000)).expect("this pin never fails")
        });
        let encoder = Encoder::quadrature(false, false, 4, false);
        Self { field: Field::new(9, eyes.collect(), encoder, 100), pins, quarter: 0, at: 0 }
    }

    /// The belt moves by so many counts, 500 µs each.
    fn moves(&mut self, counts: i64) {
        const LEVELS: [(bool, bool); 4] =
            [(false, false), (true, false), (true, true), (false, true)];
        for _ in 0..counts.abs() {
            let before = LEVELS[self.quarter.rem_euclid(4) as usize];
            self.quarter += counts.signum();
            let after = LEVELS[self.quarter.rem_euclid(4) as usize];
            self.at += 500;
            let (channel, level) =
                if before.0 != after.0 { (Channel::A, after.0) } else { (Channel::B, after.1) };
            self.field.edge(InputEdge { input: Input::Encoder(channel), level, at: us(self.at) });
        }
    }

    fn eye(&mut self, index: usize, level: bool) {
        self.at += 1;
        self.pins[index].0.set(level);
        self.field.edge(InputEdge { input: Input::Eye(index), level, at: us(self.at) });
    }

    fn status(&mut self) -> Status {
        let Ok(status) = self.field.status(us(self.at));
        status
    }
}

/// The event with this number.
fn event(status: &Status, number: u16) -> LineEvent {
    status.events[slot(number, EVENT_RING)]
}

#[test]
fn an_item_gives_a_leading_and_a_trailing_edge_at_each_eye_with_the_belts_place() {
    let mut rig = Rig::new();
    for index in [0, 1, 2, 3] {
        rig.moves(100);
        rig.eye(index, true);
        rig.moves(40);
        rig.eye(index, false);
    }
    rig.moves(20);
    let status = rig.status();
    assert_eq!((status.plc_boot, status.event_head, status.encoder), (9, 8, 580));
    let eyes = [Eye::Entry, Eye::Mid(1), Eye::Lane(7), Eye::Exit];
    for (index, eye) in (0u16..).zip(eyes) {
        let acquisition = u16::from(eye == Eye::Entry);
        let leading = LineEvent {
            eye: Some(eye),
            trailing: false,
            backward: false,
            acquisition,
            encoder: u32::from(index) * 140 + 100,
        };
        let trailing = LineEvent { trailing: true, encoder: leading.encoder + 40, ..leading };
        assert_eq!(event(&status, 2 * index + 1), leading);
        assert_eq!(event(&status, 2 * index + 2), trailing);
    }
    assert!(status.capabilities.trailing_edges && status.capabilities.direction);
    assert!(status.belt_running && !status.bridge_lost && !status.capabilities.stops_belt);
}

#[test]
fn a_bouncing_edge_is_one_event_with_the_place_of_its_first_change() {
    let mut rig = Rig::new();
    rig.moves(10);
    for level in [true, false, true, false, true] {
        rig.eye(0, level);
        rig.moves(1);
    }
    rig.moves(10);
    let status = rig.status();
    assert_eq!((status.event_head, event(&status, 1).encoder), (1, 10));
}

#[test]
fn an_item_that_comes_again_after_the_belt_ran_backwards_keeps_its_id() {
    let mut rig = Rig::new();
    rig.moves(100);
    rig.eye(0, true);
    rig.moves(30);
    rig.moves(-30);
    rig.eye(0, false);
    rig.moves(-50);
    rig.moves(52);
    rig.eye(0, true);
    rig.moves(50);
    let status = rig.status();
    let seen: Vec<_> = (1..=3)
        .map(|number| event(&status, number))
        .map(|event| (event.acquisition, event.trailing, event.backward))
        .collect();
    assert_eq!(seen, [(1, false, false), (1, true, true), (1, false, false)]);
}

#[test]
fn a_command_is_echoed_and_its_results_are_taken() {
    let mut rig = Rig::new();
    rig.field.command(&Command { sequence: 77, result_head: 5, ..Command::default() });
    let status = rig.status();
    assert_eq!((status.sequence_echo, status.result_taken), (77, 5));
    assert_eq!(rig.status().heartbeat, status.heartbeat + 1);
}

#[test]
fn the_belt_counts_as_standing_once_the_encoder_rests() {
    let mut rig = Rig::new();
    assert!(!rig.status().belt_running);
    rig.moves(1);
    assert!(rig.status().belt_running);
    rig.at += 250_000;
    assert!(!rig.status().belt_running);
}

#[test]
fn events_that_the_bridge_did_not_take_in_time_are_counted() {
    let mut rig = Rig::new();
    for _ in 0..10 {
        rig.moves(50);
        rig.eye(3, true);
        rig.moves(50);
        rig.eye(3, false);
    }
    rig.moves(50);
    let status = rig.status();
    assert_eq!((status.event_head, status.event_overruns), (20, 4));
}

proptest! {
    #[test]
    fn every_item_is_one_event_pair_with_ascending_ids_however_eyes_bounce(
        items in prop::collection::vec((160i64..600, 100i64..600, 0usize..4), 1..20),
    ) {
        let mut rig = Rig::new();
        let mut seen = Vec::new();
        let mut truth = Vec::new();
        for (index, (gap, length, bounces)) in items.into_iter().enumerate() {
            for (rest, covered) in [(gap, true), (length, false)] {
                rig.moves(rest);
                truth.push((index as u16 + 1, !covered, rig.quarter as u32));
                rig.eye(0, covered);
                for _ in 0..bounces {
                    rig.eye(0, !covered);
                    rig.eye(0, covered);
                }
                rig.moves(10);
                let status = rig.status();
                seen.push(event(&status, status.event_head));
            }
        }
        let seen: Vec<_> =
            seen.iter().map(|event| (event.acquisition, event.trailing, event.encoder)).collect();
        prop_assert_eq!(seen, truth);
    }
}
