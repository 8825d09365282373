use super::*;
use crate::belt::{Encoder, Phase, SpeedProfile};

struct Boxes;

impl Feed for Boxes {
    fn next(&mut self) -> NewItem {
        NewItem {
            sku: "box".into(),
            lot: None,
            code: None,
            length_mm: 110.0,
            defect: None,
            look: 7,
            laid: None,
        }
    }
}

fn gate(lane: u8, position_mm: f64) -> Gate {
    let travel = Duration::from_millis(60);
    Gate { lane, position_mm, lane_eye_mm: position_mm + 200.0, travel }
}

fn config() -> WorldConfig {
    WorldConfig {
        profile: SpeedProfile::steady(300.0),
        ramp_mm_s2: 600.0,
        encoder: Encoder { start: u32::MAX - 500, mm_per_count: 0.5 },
        gates: vec![gate(1, 1000.0), gate(2, 1250.0)],
        mid_eyes_mm: vec![500.0],
        exit_eye_mm: 1500.0,
        mean_pitch_mm: 300.0,
        min_pitch_mm: 200.0,
        max_slip: 0.004,
    }
}

fn world() -> World {
    World::new(config(), 3, Box::new(Boxes), Duration::from_secs(100))
}

fn seconds(s: f64) -> Duration {
    Duration::from_secs(100) + Duration::from_secs_f64(s)
}

#[test]
fn every_item_that_enters_leaves_once_and_edges_come_in_order() {
    let mut world = world();
    world.start_feeding(Some(40));
    let (mut entries, mut mids, mut exits) = (Vec::new(), Vec::new(), Vec::new());
    for tick in 0..8000 {
        world.advance(seconds(f64::from(tick) * 0.01));
        for edge in world.take_edges() {
            assert!(!edge.backward);
            match edge.eye {
                Eye::Entry => entries.push((edge.item, edge.trailing)),
                Eye::Mid(_) => mids.push((edge.item, edge.trailing)),
                Eye::Exit => exits.push((edge.item, edge.trailing)),
                Eye::Lane(_) => panic!("no gate ever moved"),
            }
        }
    }
    assert!(world.is_empty());
    let both = |item| [(item, false), (item, true)];
    assert_eq!(entries, (1..=40).flat_map(both).collect::<Vec<_>>());
    assert_eq!((&mids, &exits), (&entries, &entries));
    let left = world.take_left();
    assert_eq!(left.len(), 40);
    assert!(left.iter().all(|item| item.end == End::Exit && item.left > item.entered));
}

#[test]
fn the_latched_count_is_that_of_the_eye_whatever_the_step() {
    let (mut fine, mut coarse) = (world(), world());
    for world in [&mut fine, &mut coarse] {
        world.start_feeding(Some(5));
    }
    for tick in 1..=10_000 {
        fine.advance(seconds(f64::from(tick) * 0.001));
    }
    for tick in 1..=100 {
        coarse.advance(seconds(f64::from(tick) * 0.1));
    }
    let (fine, coarse) = (fine.take_edges(), coarse.take_edges());
    assert_eq!(fine.len(), coarse.len());
    for (a, b) in fine.iter().zip(&coarse) {
        assert_eq!((a.eye, a.item), (b.eye, b.item));
        assert!(a.encoder.wrapping_sub(b.encoder).wrapping_add(1) <= 2, "{a:?} {b:?}");
    }
}

#[test]
fn an_item_before_the_gate_in_position_goes_into_the_lane_and_the_next_does_not() {
    let mut world = world();
    world.start_feeding(Some(2));
    let mut ends = Vec::new();
    for tick in 0..1500 {
        world.advance(seconds(f64::from(tick) * 0.01));
        let travel = world.travel_mm(world.clock());
        let first = world.on_belt().find(|item| item.number == 1).map(|item| item.position(travel));
        world.command_gates(&[false, first.is_some_and(|position| position > 1200.0)]);
        ends.extend(world.take_left().into_iter().map(|left| (left.number, left.end)));
    }
    assert_eq!(ends, vec![(1, End::Lane(2)), (2, End::Exit)]);
}

#[test]
fn a_gate_that_is_commanded_too_late_lets_the_item_pass() {
    let mut world = world();
    world.start_feeding(Some(1));
    for tick in 0..1500 {
        world.advance(seconds(f64::from(tick) * 0.01));
        let travel = world.travel_mm(world.clock());
        // The tail has 12 mm to go, which takes 40 ms; the gate needs 60.
        let late = world.on_belt().any(|item| item.position(travel) > 1000.0 + 98.0);
        world.command_gates(&[late, false]);
    }
    assert_eq!(world.take_left()[0].end, End::Exit);
}

#[test]
fn an_item_taken_away_leaves_as_such_and_is_seen_by_no_eye() {
    let mut world = world();
    world.start_feeding(Some(1));
    world.advance(seconds(3.0));
    assert!(world.take_away(1));
    assert!(!world.take_away(1));
    world.advance(seconds(20.0));
    assert_eq!(world.take_left()[0].end, End::TakenAway);
    let eyes: Vec<Eye> = world.take_edges().into_iter().map(|edge| edge.eye).collect();
    assert_eq!(eyes, [Eye::Entry, Eye::Entry, Eye::Mid(1), Eye::Mid(1)]);
}

#[test]
fn an_item_taken_away_frees_the_eye_that_it_covers() {
    let mut world = world();
    world.start_feeding(Some(1));
    while world.take_edges().is_empty() {
        world.advance(world.clock() + Duration::from_millis(10));
    }
    assert!(world.take_away(1));
    let edges = world.take_edges();
    assert!(matches!(edges[..], [Edge { eye: Eye::Entry, trailing: true, .. }]), "{edges:?}");
}

#[test]
fn a_belt_that_runs_back_takes_the_item_over_the_eye_again() {
    let phase = |speed_mm_s, s| Phase { speed_mm_s, hold: Duration::from_secs(s) };
    let profile = SpeedProfile::repeating(vec![phase(300.0, 1), phase(-300.0, 2), phase(300.0, 9)]);
    let config = WorldConfig { profile, ..config() };
    let mut world = World::new(config, 3, Box::new(Boxes), Duration::ZERO);
    world.start_feeding(Some(1));
    world.advance(Duration::from_secs(6));
    let entry = world.take_edges().into_iter().filter(|edge| edge.eye == Eye::Entry);
    let seen: Vec<(bool, bool)> = entry.map(|edge| (edge.trailing, edge.backward)).collect();
    let forward = [(false, false), (true, false)];
    assert_eq!(seen, [forward, [(false, true), (true, true)], forward].concat());
}

#[test]
fn items_that_touch_cover_an_eye_as_one() {
    let mut world = world();
    for position_mm in [300.0, 191.0] {
        world.put_on(Boxes.next(), position_mm);
    }
    world.advance(seconds(2.0));
    let edges = world.take_edges();
    assert_eq!(edges.len(), 2, "{edges:?}");
    assert_eq!((edges[0].item, edges[1].item), (1, 2));
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = |seed| {
        let mut world = World::new(config(), seed, Box::new(Boxes), Duration::ZERO);
        world.start_feeding(Some(20));
        world.advance(Duration::from_secs(40));
        world.take_edges()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
