//! What looks wrong in what the PLC says.

use std::time::Duration;

use super::findings::{Finding, is_written_by_another};
use super::look::{Expected, Look};
use super::view::eye_text;
use crate::registers::{EVENT_RING, Eye, Order, Status};
use crate::wrap::ahead;
use line::config::WordOrder;

/// A PLC that scans slower than this is late with every edge and every result.
const SLOW_SCAN: Duration = Duration::from_millis(20);
/// Looks over less time tell nothing about heartbeats and speeds.
const LONG_ENOUGH: Duration = Duration::from_millis(300);
/// Measured and nominal speed may differ by this factor: belts are run slower on the bench.
const SPEED_FACTOR: f64 = 3.0;

/// The status blocks that can be read, with their time.
pub(super) fn statuses<'a>(
    looks: &'a [Look],
    expected: &'a Expected,
) -> impl Iterator<Item = (Duration, Status)> + 'a {
    looks.iter().filter_map(|look| {
        let words = look.status.as_ref().ok()?;
        Some((look.at, Status::decode(words, expected.order).ok()?))
    })
}

/// Everything that looks wrong in the status blocks.
pub(super) fn findings(looks: &[Look], expected: &Expected) -> Vec<Finding> {
    let all: Vec<_> = statuses(looks, expected).collect();
    // What the PLC said before its last restart is another story.
    let restarts = all.windows(2).rposition(|pair| pair[0].1.plc_boot != pair[1].1.plc_boot);
    let boot = &all[restarts.map_or(0, |index| index + 1)..];
    let mut found = Vec::new();
    if restarts.is_some() {
        found.push(Finding::wrong(
            "the PLC has started anew while the probe looked on",
            "find out why; a plc_boot that changes all the time is a mistake in the PLC program",
        ));
    }
    found.extend(heartbeat(boot));
    found.extend(encoder(boot, looks, expected));
    found.extend(events(boot));
    let Some((_, last)) = boot.last() else { return found };
    found.extend(eyes(last, expected));
    found.extend(state(last, is_written_by_another(looks, expected)));
    found.extend(capabilities(last, expected));
    found
}

fn heartbeat(all: &[(Duration, Status)]) -> Option<Finding> {
    let [(from, first), .., (to, last)] = all else { return None };
    let time = *to - *from;
    if time < LONG_ENOUGH {
        return None;
    }
    match ahead(last.heartbeat, first.heartbeat) {
        0 => Some(Finding::wrong(
            "the PLC's heartbeat stands still",
            "FB_Inspectd must be called in every scan: check that the PLC is in RUN and the task runs",
        )),
        beats if time / u32::from(beats) > SLOW_SCAN => Some(Finding::note(
            format!("the PLC scans once in {} ms", (time / u32::from(beats)).as_millis()),
            "call FB_Inspectd in a cyclic task of 10 ms or less: edges are late by up to a scan",
        )),
        _ => None,
    }
}

/// Steps from one count to the next.
fn steps(all: &[(Duration, Status)]) -> impl Iterator<Item = i64> {
    let step = |pair: &[(Duration, Status)]| {
        i64::from(pair[1].1.encoder.wrapping_sub(pair[0].1.encoder) as i32)
    };
    all.windows(2).map(step)
}

fn encoder(all: &[(Duration, Status)], looks: &[Look], expected: &Expected) -> Vec<Finding> {
    let [(from, _), .., (to, _)] = all else { return Vec::new() };
    let time = *to - *from;
    if time < LONG_ENOUGH {
        return Vec::new();
    }
    let travelled = |all: &[(Duration, Status)]| steps(all).map(i64::abs).sum::<i64>();
    let other = Expected { order: swapped(expected.order), ..expected.clone() };
    let as_swapped: Vec<_> = statuses(looks, &other).collect();
    let travel = travelled(all);
    if travel > 16 * travelled(&as_swapped) && travelled(&as_swapped) > 0 {
        return vec![Finding::wrong(
            "the encoder jumps by multiples of 65,536: its two registers stand the other way round",
            "change plc.word_order in the line file",
        )];
    }
    let runs = |all: &[(Duration, Status)]| all.iter().all(|(_, status)| status.belt_running);
    let net: i64 = steps(all).sum();
    let mut found = Vec::new();
    if runs(all) && net == 0 {
        found.push(Finding::wrong(
            "the belt runs, but the encoder does not count",
            "check the encoder's supply, cable and coupling, and that its count is wired to Encoder",
        ));
    }
    if runs(all) && net < 0 {
        found.push(Finding::wrong(
            "the encoder counts down while the belt runs",
            "swap its channels A and B, or negate the count in the PLC; all is well if the belt runs \
             backwards now",
        ));
    }
    if all.iter().all(|(_, status)| !status.belt_running) && travel > 20 {
        found.push(Finding::note(
            "the encoder counts although the PLC says that the belt stands",
            "wire the drive's run signal to BeltRunning",
        ));
    }
    let speed = net as f64 * expected.mm_per_count / time.as_secs_f64();
    let nominal = expected.nominal_speed_mm_s;
    if runs(all) && net > 0 && !(nominal / SPEED_FACTOR..nominal * SPEED_FACTOR).contains(&speed) {
        found.push(Finding::note(
            format!("by encoder the belt runs at {speed:.0} mm/s; nominal are {nominal:.0}"),
            "measure it with a tape and a watch, and correct conveyor.mm_per_count or \
             conveyor.nominal_speed_mm_s",
        ));
    }
    found
}

fn swapped(order: Order) -> Order {
    let words = match order.words {
        WordOrder::HighFirst => WordOrder::LowFirst,
        WordOrder::LowFirst => WordOrder::HighFirst,
    };
    Order { words, ..order }
}

fn events(all: &[(Duration, Status)]) -> Vec<Finding> {
    let mut found = Vec::new();
    let steps = || all.windows(2).map(|pair| ahead(pair[1].1.event_head, pair[0].1.event_head));
    if steps().any(|step| step >= 0x8000) {
        found.push(Finding::wrong(
            "event_head runs back although plc_boot stays",
            "pick another plc_boot at each start of the PLC, and count events in one place only",
        ));
    } else if steps().any(|step| usize::from(step) > EVENT_RING) {
        found.push(Finding::wrong(
            format!("event_head jumps by more than the {EVENT_RING} events that the ring holds"),
            "an eye chatters: debounce its input (1 to 3 ms), or count each edge once",
        ));
    }
    found
}

fn eyes(last: &Status, expected: &Expected) -> Vec<Finding> {
    let mut unknown: Vec<_> = last.events.iter().filter_map(|event| event.eye).collect();
    unknown.retain(|eye| match eye {
        Eye::Entry | Eye::Exit => false,
        Eye::Lane(lane) => !expected.lanes.contains(lane),
        Eye::Mid(number) => *number == 0 || usize::from(*number) > expected.mid_eyes,
    });
    unknown.sort_unstable();
    unknown.dedup();
    let mut found: Vec<_> = unknown
        .into_iter()
        .map(|eye| {
            Finding::wrong(
                format!("the PLC reports the {}, which the line file does not have", eye_text(eye)),
                "correct DiverterLane or NumberOfMidEyes in the PLC, or [[conveyor.diverter]] and \
                 [[conveyor.mid_eye]] in the line file",
            )
        })
        .collect();
    let nameless = last.events.iter().any(|event| {
        event.eye == Some(Eye::Entry)
            && !event.trailing
            && !event.backward
            && event.acquisition == 0
    });
    if nameless {
        found.push(Finding::wrong(
            "items enter without an acquisition id",
            "the PLC must number each item at the entry eye, from 1",
        ));
    }
    found
}

fn state(last: &Status, is_written: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    match (last.bridge_lost, is_written) {
        (true, true) => found.push(Finding::wrong(
            "a bridge writes, but the PLC says that it is lost",
            "check that CommandRegisters are mapped to plc.command_base, and both map versions",
        )),
        (true, false) => found.push(Finding::note(
            "the PLC hears no bridge and sorts by its own fall-back",
            "that is right while plc-bridge is stopped",
        )),
        (false, _) => {}
    }
    if last.stopped_for_item {
        found.push(Finding::note(
            "the PLC has stopped the belt for an item",
            "look at the item, then press the operator's reset",
        ));
    }
    found
}

fn capabilities(last: &Status, expected: &Expected) -> Vec<Finding> {
    let mut found = Vec::new();
    if expected.has_longest_item && !last.capabilities.trailing_edges {
        found.push(Finding::wrong(
            "conveyor.longest_item_mm is given, but the PLC reports no trailing edges",
            "have the PLC report them (bit 15 of the eye, capability bit 0), or leave the key out",
        ));
    }
    if expected.may_stop_belt && !last.capabilities.stops_belt {
        found.push(Finding::wrong(
            "a fall-back in the line file is \"stop\", but the PLC does not stop the belt",
            "have the PLC obey lane 65535 (capability bit 2), or choose divert or pass",
        ));
    }
    if !last.capabilities.direction {
        found.push(Finding::note(
            "the PLC does not tell the belt's direction at an edge",
            "an item that the belt takes back over an eye becomes ambiguous; see capability bit 1",
        ));
    }
    found
}
