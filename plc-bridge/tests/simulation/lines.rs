//! Random scenarios, each the same for the same seed.
//!
//! # What is not generated together
//! Some coincidences cannot be told from an ordinary run by anybody who sees no more than the eyes
//! do, whatever the tracker does. They are kept apart, and nothing else is:
//!
//! 1. **One thing in another's place.** An item is taken away, or slides out of its place, and
//!    another thing stands within the slip tolerance of that place (a stranger, or a neighbour that
//!    slid there as far). So far slips and strangers get room of their own, and faults of single
//!    items lie [`APART`] items from each other.
//! 2. **A disobeyed verdict behind a mask.** An arm does the reverse for just one item, the eye that
//!    would show it misses just that item, and a stranger crosses the other eye in its place. This
//!    needs three faults of single items at one spot, which the same distance keeps apart.
//! 3. **A dead encoder without the drive's run signal.** Bodies that pass it look like one that trembles
//!    at an eye of a standing belt. The senses find it by the eyes, but not at once, and not always.
//!
//! Troubles of the whole line (dead eyes, stuck arms, a cut wire, restarts, reversals, a dead
//! inspectd, a dead encoder) fall anywhere, on top of each other and of the faults of items.

use line::config::{BlindFallBack, FallBack, FallBackSection};
use line::protocol::{Check, Verdict};

use crate::rng::Rng;
use crate::scenario::{
    DiverterSpec, ItemFault, ItemPlan, LineSpec, Restart, Scenario, Starts, Trouble, TroubleKind,
};

/// Items between two faults of single items.
const APART: usize = 5;
/// Share of lines on which nothing unclear happens.
const QUIET: f64 = 0.3;
/// Slip stays below this share of the tolerance; the rest is the grain of encoder and eyes.
const SLIP_SHARE: f64 = 0.85;
/// Fastest share of the belt's travel that one scan may take, in millimetres: an edge's own place
/// is exact, but arms are moved once a scan.
const LONGEST_STEP: f64 = 30.0;

/// An encoder that is dead for less than this looks as if all items had slipped: the eyes tell.
const ENCODER_DEAD_MS: f64 = 400.0;

/// How much of a random scenario is kept; shrinking takes away from it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub items: usize,
    pub item_faults: bool,
    pub troubles: bool,
    /// Slip, stops, and verdicts that change.
    pub variety: bool,
}

impl Limits {
    pub const ALL: Self = Self { items: 320, item_faults: true, troubles: true, variety: true };
}

/// The scenario of this seed.
pub fn scenario(seed: u64, limits: Limits) -> Scenario {
    let mut rng = Rng::new(seed);
    let is_quiet = rng.chance(QUIET);
    let line = line(&mut rng, is_quiet);
    let restart = rng.one(&[Restart::Fresh, Restart::Resumed]);
    let mut items = items(&mut rng, &line, is_quiet);
    let mut troubles = troubles(&mut rng, &line, is_quiet, items.len());
    items.truncate(limits.items);
    if !limits.item_faults {
        let clean = clean_gap(&line);
        for item in &mut items {
            item.fault = None;
            item.gap = item.gap.max(clean);
        }
    }
    if !limits.troubles {
        troubles.clear();
    }
    if !limits.variety {
        for item in &mut items {
            item.slips = [0.0; 3];
            item.asks.truncate(1);
        }
    }
    Scenario { seed, line, items, troubles, restart }
}

fn line(rng: &mut Rng, is_quiet: bool) -> LineSpec {
    let top_speed = 200.0 * 15.0f64.powf(rng.between(0.0, 1.0));
    let scan_ms = rng.between(0.4, 1.0) * (LONGEST_STEP / top_speed * 1000.0).clamp(2.0, 20.0);
    let direct = rng.chance(0.3);
    let shortest = rng.between(60.0, 250.0);
    let longest = shortest + rng.between(0.0, 200.0);
    let tolerance = rng.between(8.0, ((shortest + 80.0) / 2.2).min(45.0));
    let mut line = LineSpec {
        mm_per_count: rng.between(0.1, 2.0).min(tolerance / 12.0),
        top_speed,
        acceleration: rng.between(800.0, 8000.0),
        mids: Vec::new(),
        diverters: Vec::new(),
        exit: 0.0,
        tolerance,
        min_gap: 0.0,
        lengths: (shortest, longest),
        // An item that slips while it covers the entry eye seems longer or shorter.
        longest: rng.chance(0.7).then_some(longest + 12.0),
        scan_ms,
        cycle_ms: rng.one(&[2.0, 5.0, 10.0, 10.0, 10.0, 10.0, 20.0, 20.0, 30.0, 50.0]),
        direct,
        gives_ids: !direct || rng.chance(0.5),
        trailing_edges: rng.chance(0.8),
        direction: rng.chance(0.8),
        blind: rng.one(&[BlindFallBack::Divert, BlindFallBack::Stop, BlindFallBack::Report]),
        run_signal: rng.chance(0.8),
        starts: starts(rng),
    };
    let arms = 1 + rng.below(3);
    let travel_ms = rng.between(10.0, 60.0);
    let mut commit = rng.between(500.0, 1200.0);
    for lane in 1..=arms {
        let mut diverter = DiverterSpec {
            lane: lane as u8,
            commit,
            arm: 0.0,
            travel_ms,
            hold: tolerance + 5.0,
            lane_eye: 0.0,
            fall_back: fall_backs(rng, direct || is_quiet),
        };
        line.diverters.push(diverter.clone());
        diverter.arm = commit + tolerance + line.arm_reach() + 5.0;
        diverter.lane_eye = diverter.arm + longest + rng.between(30.0, 250.0);
        commit = diverter.arm + rng.between(100.0, 500.0);
        line.diverters[lane - 1] = diverter;
    }
    line.min_gap = 2.0 * tolerance + line.arm_reach() + 10.0;
    let last = line.diverters.iter().map(|diverter| diverter.arm).fold(0.0, f64::max);
    line.exit = last + longest + rng.between(80.0, 500.0);
    let mut place = rng.between(60.0, 300.0);
    for _ in 0..rng.below(3) {
        if place < line.diverters[0].commit - 20.0 {
            line.mids.push(place);
        }
        place += longest + rng.between(40.0, 300.0);
    }
    line
}

/// Counters near their ends every third time.
fn starts(rng: &mut Rng) -> Starts {
    let near_end = rng.chance(0.33);
    let before = rng.below(200_000) as u32;
    Starts {
        encoder: if near_end { u32::MAX - before } else { before },
        event: if rng.chance(0.33) { u16::MAX - rng.below(300) as u16 } else { 0 },
        acquisition: if rng.chance(0.33) { u16::MAX - rng.below(100) as u16 } else { 0 },
    }
}

fn fall_backs(rng: &mut Rng, without_stop: bool) -> FallBackSection {
    let mut any = || match rng.below(if without_stop { 10 } else { 11 }) {
        0..5 => FallBack::Divert,
        5..10 => FallBack::Pass,
        _ => FallBack::Stop,
    };
    FallBackSection {
        late: any(),
        inspectd_dead: any(),
        uninspected: any(),
        ambiguous: any(),
        plc_lost: any(),
    }
}

/// How far an item slips between two eyes when nothing is wrong with it.
fn most_slip(line: &LineSpec) -> f64 {
    (SLIP_SHARE * line.tolerance - 2.0 * line.mm_per_count).max(0.0)
}

/// The gap at which items cannot be taken for each other.
fn clean_gap(line: &LineSpec) -> f64 {
    let stretches = (line.mids.len() + 1) as f64;
    // Slip eats up gaps on each stretch of the belt.
    let eaten = 2.0 * most_slip(line) * stretches + 8.0;
    let windows = 2.0 * line.tolerance - line.lengths.0;
    (line.min_gap.max(windows) + eaten).max(80.0)
}

fn items(rng: &mut Rng, line: &LineSpec, is_quiet: bool) -> Vec<ItemPlan> {
    let (slip, clean) = (most_slip(line), clean_gap(line));
    let spread = rng.between(10.0, 500.0);
    let every = rng.between(8.0, 60.0);
    let mut items: Vec<ItemPlan> = Vec::new();
    let (mut room, mut last_fault) = (0.0, 0);
    for index in 0..Limits::ALL.items {
        let mut item = ItemPlan {
            gap: clean + room + spread * rng.between(0.0, 1.0).powi(2),
            length: rng.between(line.lengths.0, line.lengths.1),
            slips: [0.0; 3].map(|_| rng.between(-slip, slip)),
            asks: asks(rng, line),
            fault: None,
        };
        room = 0.0;
        if !is_quiet && index >= last_fault + APART && rng.chance(1.0 / every) {
            last_fault = index;
            let (fault, front, behind) = item_fault(rng, line, clean);
            match fault {
                ItemFault::Tight => item.gap = rng.between(80.0, clean),
                ItemFault::Touches => item.gap = 0.5,
                _ => item.gap += front,
            }
            item.fault = Some(fault);
            room = behind;
        }
        items.push(item);
    }
    items
}

/// A fault, and the room that it needs in front of and behind the item.
fn item_fault(rng: &mut Rng, line: &LineSpec, clean: f64) -> (ItemFault, f64, f64) {
    let at = rng.between(20.0, line.end());
    match rng.below(7) {
        0 => (ItemFault::Removed { at }, 0.0, 0.0),
        1 => {
            let by = line.tolerance * rng.between(1.5, 5.0);
            match rng.chance(0.5) {
                true => (ItemFault::SlipsFar { at, by }, by + 30.0, 0.0),
                false => (ItemFault::SlipsFar { at, by: -by }, 0.0, by + 30.0),
            }
        }
        2 => {
            let length = rng.between(line.lengths.0, line.lengths.1);
            let behind = rng.between(10.0, clean);
            let room = length + behind + rng.between(10.0, clean);
            (ItemFault::Stranger { at, behind, length }, 0.0, room)
        }
        3 => (ItemFault::Unseen { eye: rng.below(line.mids.len() + 2) }, 0.0, 0.0),
        4 => (ItemFault::Disobeyed { diverter: rng.below(line.diverters.len()) }, 0.0, 0.0),
        5 => (ItemFault::Tight, 0.0, 0.0),
        _ => (ItemFault::Touches, 0.0, 0.0),
    }
}

fn asks(rng: &mut Rng, line: &LineSpec) -> Vec<(f64, Verdict)> {
    let last = line.diverters[line.diverters.len() - 1].commit;
    let mut asks = Vec::new();
    let count = match rng.below(100) {
        0..6 => 0,
        6..85 => 1,
        _ => 2,
    };
    for _ in 0..count {
        let late = if rng.chance(0.1) { 1.2 * last } else { 0.8 * line.diverters[0].commit };
        asks.push((rng.between(5.0, late), verdict(rng, line)));
    }
    asks.sort_by(|a, b| a.0.total_cmp(&b.0));
    asks
}

fn verdict(rng: &mut Rng, line: &LineSpec) -> Verdict {
    match rng.below(20) {
        0..11 => Verdict::Pass,
        11..18 => {
            let lane = line.diverters[rng.below(line.diverters.len())].lane;
            Verdict::Divert { lane, reasons: vec![Check::Damage] }
        }
        18 => Verdict::Divert { lane: 77, reasons: vec![Check::Label] },
        _ => Verdict::Uninspected { cause: "no view".into() },
    }
}

fn troubles(rng: &mut Rng, line: &LineSpec, is_quiet: bool, items: usize) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let count = rng.below(7);
    for _ in 0..count {
        let from = rng.below(items);
        let lasts_ms = 3000.0 * rng.between(0.0, 1.0).powi(2) + 20.0;
        let (kind, lasts_ms) = match rng.below(if is_quiet { 5 } else { 14 }) {
            0 => (TroubleKind::InspectorGone, lasts_ms),
            1 => (TroubleKind::InspectorSilent, lasts_ms + 800.0),
            2 | 3 => (TroubleKind::Stop, lasts_ms),
            4 => (TroubleKind::Slow { share: rng.between(0.05, 0.8) }, lasts_ms),
            5 => (TroubleKind::BridgeDown, lasts_ms),
            6 => (TroubleKind::PlcRestart, lasts_ms),
            7 => (TroubleKind::WireCut, lasts_ms),
            8 => {
                let eye = rng.below(line.mids.len() + 2 + line.diverters.len());
                (TroubleKind::EyeDead { eye }, lasts_ms)
            }
            9 => {
                let diverter = rng.below(line.diverters.len());
                (TroubleKind::ArmStuck { diverter, out: rng.chance(0.5) }, lasts_ms)
            }
            10 if line.run_signal => (TroubleKind::EncoderDead, lasts_ms + ENCODER_DEAD_MS),
            11 => (TroubleKind::EyeDead { eye: 0 }, 3.0 * lasts_ms),
            _ => (TroubleKind::Back { by: rng.between(5.0, 500.0) }, 1.0),
        };
        troubles.push(Trouble { from, kind, lasts_ms });
    }
    troubles
}
