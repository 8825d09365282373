use super::*;
use crate::probe::look::AccessError;
use crate::registers::{Capabilities, Eye, LineEvent, MAP_VERSION, Order, OwnFallBack};
use line::config::{ItemCodeKind, WordOrder};

fn expected() -> Expected {
    Expected {
        order: Order::default(),
        status_base: 0,
        command_base: 100,
        code_base: 150,
        item_code: ItemCodeKind::None,
        coil_base: None,
        cycle: Duration::from_millis(10),
        timeout: Duration::from_millis(200),
        mm_per_count: 1.0,
        nominal_speed_mm_s: 1000.0,
        lanes: vec![1],
        mid_eyes: 1,
        has_longest_item: false,
        may_stop_belt: false,
        own_fall_back: OwnFallBack(1),
    }
}

/// A sound PLC with a belt at 1 m/s, looked at every 20 ms for a second, and no bridge; `spoil`
/// changes what look `n` shows.
fn looks_in(order: Order, spoil: impl Fn(u16, &mut Status, &mut Command)) -> Vec<Look> {
    let look = |n: u16| {
        let mut status = Status {
            heartbeat: 2 * n,
            plc_boot: 5,
            belt_running: true,
            encoder: 65_000 + 20 * u32::from(n),
            capabilities: Capabilities {
                trailing_edges: true,
                direction: true,
                stops_belt: true,
                obeys_blind: true,
                run_signal: true,
                item_codes: false,
            },
            ..Status::default()
        };
        let mut command = Command { sequence: 7, ..Command::default() };
        spoil(n, &mut status, &mut command);
        Look {
            at: Duration::from_millis(20 * u64::from(n)),
            status: Ok(status.encode(order).to_vec()),
            command: Ok(command.encode(order).to_vec()),
            codes: None,
        }
    };
    (0..50).map(look).collect()
}

fn looks(spoil: impl Fn(u16, &mut Status, &mut Command)) -> Vec<Look> {
    looks_in(Order::default(), spoil)
}

/// The only finding in `looks` says `what` and advises `remedy`.
#[track_caller]
fn only(looks: &[Look], expected: &Expected, what: &str, remedy: &str) {
    let found = findings(looks, expected, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].what.contains(what), "{found:#?}");
    assert!(found[0].remedy.contains(remedy), "{found:#?}");
}

#[test]
fn nothing_is_found_at_a_sound_plc() {
    assert_eq!(findings(&looks(|_, _, _| {}), &expected(), &[]), []);
}

#[test]
fn an_encoder_with_swapped_registers_is_told_from_a_fast_belt() {
    let order = Order { words: WordOrder::LowFirst, ..Order::default() };
    only(&looks_in(order, |_, _, _| {}), &expected(), "65,536", "plc.word_order");
    let low_first = Expected { order, ..expected() };
    assert_eq!(findings(&looks_in(order, |_, _, _| {}), &low_first, &[]), []);
    let fast = looks(|n, status, _| status.encoder = 70_000 * u32::from(n));
    only(&fast, &expected(), "mm/s", "mm_per_count");
}

#[test]
fn swapped_bytes_and_other_versions_and_places_are_named() {
    let mut found = looks(|_, _, _| {});
    let status = found.last_mut().and_then(|look| look.status.as_mut().ok()).expect("a look");
    status[0] = MAP_VERSION.swap_bytes();
    only(&found, &expected(), "makes no sense", "plc.byte_order");
    let version = |version: u16| {
        let mut looks = looks(|_, _, _| {});
        looks.iter_mut().for_each(|look| look.status.as_mut().expect("a block")[0] = version);
        looks
    };
    only(&version(1), &expected(), "map version 1", "plc/inspectd.st");
    only(&version(0), &expected(), "hold nothing", "plc.status_base");
    let moved = findings(&version(0), &expected(), &[1]);
    assert!(moved[0].what.ends_with("but the map's version does at 1"), "{moved:#?}");
}

#[test]
fn a_refusal_is_passed_on_with_its_own_remedy() {
    let mut refused = looks(|_, _, _| {});
    let error = AccessError::Refused("illegal data address; check plc.status_base".into());
    refused.last_mut().expect("a look").status = Err(error);
    only(&refused, &expected(), "status block cannot be read", "illegal data address");
}

#[test]
fn a_heartbeat_that_stands_or_limps_is_found() {
    only(&looks(|_, status, _| status.heartbeat = 9), &expected(), "stands still", "every scan");
    let slow = looks(|n, status, _| status.heartbeat = n / 5);
    only(&slow, &expected(), "once in 108 ms", "10 ms or less");
}

#[test]
fn an_encoder_that_stands_or_counts_down_under_a_running_belt_is_found() {
    only(&looks(|_, status, _| status.encoder = 4), &expected(), "does not count", "coupling");
    let down = looks(|n, status, _| status.encoder = 9000 - 20 * u32::from(n));
    only(&down, &expected(), "counts down", "channels A and B");
    let stopped = looks(|_, status, _| status.belt_running = false);
    only(&stopped, &expected(), "belt stands", "BeltRunning");
    let still = looks(|_, status, _| (status.belt_running, status.encoder) = (false, 4));
    assert_eq!(findings(&still, &expected(), &[]), [], "a belt at rest is no mistake");
}

#[test]
fn events_that_jump_or_run_back_are_found() {
    let jumps = looks(|n, status, _| status.event_head = 17 * n);
    only(&jumps, &expected(), "jumps", "debounce");
    let back = looks(|n, status, _| status.event_head = 100 - n);
    only(&back, &expected(), "runs back", "plc_boot");
}

#[test]
fn eyes_that_the_line_does_not_have_are_named() {
    let eye = |eye: Eye, acquisition| {
        looks(move |_, status, _| {
            status.events[3] = LineEvent { eye: Some(eye), acquisition, ..LineEvent::default() };
        })
    };
    only(&eye(Eye::Lane(4), 0), &expected(), "eye in lane 4", "DiverterLane");
    only(&eye(Eye::Mid(2), 0), &expected(), "mid-belt eye 2", "NumberOfMidEyes");
    only(&eye(Eye::Entry, 0), &expected(), "without an acquisition id", "from 1");
    assert_eq!(findings(&eye(Eye::Lane(1), 0), &expected(), &[]), []);
}

#[test]
fn a_lost_bridge_is_wrong_only_while_one_writes() {
    let lost = looks(|_, status, _| status.bridge_lost = true);
    only(&lost, &expected(), "hears no bridge", "stopped");
    assert!(!is_written_by_another(&lost, &expected()));
    let deaf = looks(|n, status, command| (status.bridge_lost, command.sequence) = (true, n));
    assert!(is_written_by_another(&deaf, &expected()));
    let found = findings(&deaf, &expected(), &[]);
    assert!(found.iter().any(|f| f.is_wrong && f.what.contains("it is lost")), "{found:#?}");
    assert!(found.iter().any(|f| f.what.contains("takes no command")), "{found:#?}");
}

#[test]
fn a_bridge_that_runs_is_noted_and_two_are_wrong() {
    let one = looks(|n, status, command| (status.sequence_echo, command.sequence) = (n, n));
    only(&one, &expected(), "a bridge is writing", "stop plc-bridge");
    let two = looks(|n, status, command| {
        (status.sequence_echo, command.sequence, command.bridge_boot) = (n, n, n % 2);
    });
    let found = findings(&two, &expected(), &[]);
    assert!(found.iter().any(|f| f.is_wrong && f.what.contains("two bridges")), "{found:#?}");
}

#[test]
fn a_plc_that_restarts_is_found_and_judged_from_then_on() {
    let restarted = looks(|n, status, _| {
        if n >= 20 {
            (status.plc_boot, status.event_head) = (6, 0);
        } else {
            status.event_head = 40;
        }
    });
    only(&restarted, &expected(), "started anew", "find out why");
}

#[test]
fn what_the_line_file_asks_for_and_the_plc_cannot_do_is_found() {
    let poor = looks(|_, status, _| {
        status.capabilities = Capabilities { direction: true, ..Capabilities::default() };
    });
    assert_eq!(findings(&poor, &expected(), &[]), []);
    let long = Expected { has_longest_item: true, ..expected() };
    only(&poor, &long, "no trailing edges", "capability bit 0");
    let stop = Expected { may_stop_belt: true, ..expected() };
    only(&poor, &stop, "does not stop the belt", "capability bit 2");
}

#[test]
fn blocks_that_overlap_are_found() {
    let overlapping = Expected { command_base: 70, ..expected() };
    only(&looks(|_, _, _| {}), &overlapping, "overlap", "75 or higher");
}

#[test]
fn a_slow_round_trip_is_compared_with_the_cycle_and_the_time_out() {
    let all = |ms| RoundTrips::new(vec![Duration::from_millis(ms); 100]);
    assert_eq!(round_trip_findings(&all(4), &all(5), &expected()), []);
    let slow = round_trip_findings(&all(8), &all(8), &expected());
    assert_eq!(slow.len(), 1);
    assert!(slow[0].remedy.starts_with("raise plc.cycle_ms to 20"), "{slow:#?}");
    let slower = round_trip_findings(&all(120), &RoundTrips::default(), &expected());
    assert!(slower[1].remedy.starts_with("raise plc.timeout_ms to at least 360"), "{slower:#?}");
}
