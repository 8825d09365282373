use super::*;

struct Boxes;

impl Feed for Boxes {
    fn next(&mut self) -> NewItem {
        NewItem { sku: "box".into(), length_mm: 110.0, defect: None, look: 7 }
    }
}

fn config() -> WorldConfig {
    WorldConfig {
        profile: SpeedProfile::steady(300.0),
        ramp_mm_s2: 600.0,
        encoder: Encoder { start: u32::MAX - 500, mm_per_count: 0.5 },
        diverter_mm: 1000.0,
        lane_eye_mm: 1200.0,
        exit_eye_mm: 1500.0,
        lane: 1,
        gate_travel: Duration::from_millis(60),
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
    let (mut entries, mut exits) = (Vec::new(), Vec::new());
    for tick in 0..8000 {
        world.advance(seconds(f64::from(tick) * 0.01));
        for edge in world.take_edges() {
            match edge.eye {
                Eye::Entry => entries.push(edge.item),
                Eye::Exit => exits.push(edge.item),
                Eye::Lane(_) => panic!("the gate never moved"),
            }
        }
    }
    assert!(world.is_empty());
    assert_eq!(entries, (1..=40).collect::<Vec<_>>());
    assert_eq!(exits, entries);
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
        world.command_gate(first.is_some_and(|position| position > 950.0));
        ends.extend(world.take_left().into_iter().map(|left| (left.number, left.end)));
    }
    assert_eq!(ends, vec![(1, End::Lane(1)), (2, End::Exit)]);
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
        world.command_gate(late);
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
    assert_eq!(world.take_edges().len(), 1, "the entry eye only");
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
