//! A belt of known motion, cameras of known frames: which views do items get?

use proptest::prelude::*;

use super::*;
use base::picture::{Picture, PixelFormat};

const MM_PER_COUNT: f64 = 0.2;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Frames of one or more cameras; only those taken until `now` are visible.
#[derive(Default)]
struct Film {
    frames: Vec<Arc<Frame>>,
    now: Duration,
}

impl Film {
    fn add(&mut self, camera: &str, at: Duration) {
        let picture = Picture::from_pixels(1, 1, PixelFormat::Grey8, vec![0]).unwrap();
        self.frames.push(Arc::new(Frame::new(camera.into(), at, picture)));
    }

    fn of(&self, camera: &str) -> impl Iterator<Item = &Arc<Frame>> {
        self.frames.iter().filter(move |f| &*f.camera == camera && f.at <= self.now)
    }
}

impl FrameStore for Film {
    fn nearest(&self, camera: &str, at: Duration) -> Option<Arc<Frame>> {
        self.of(camera).min_by_key(|frame| frame.at.abs_diff(at)).cloned()
    }

    fn newest_at(&self, camera: &str) -> Option<Duration> {
        self.of(camera).map(|frame| frame.at).max()
    }
}

fn window(camera: &str, position_mm: f64, tolerance_mm: f64) -> Window {
    Window {
        camera: camera.into(),
        position_mm,
        tolerance_mm,
        frame_interval: ms(40),
        latency: Duration::ZERO,
        may_repeat: false,
    }
}

/// A gatherer with one camera at 100 mm, and a film of it every 40 ms for 4 s.
fn one_camera(tolerance_mm: f64) -> (Gatherer, Film) {
    let mut film = Film::default();
    for at in (0..4000).step_by(40) {
        film.add("top", ms(at));
    }
    (Gatherer::new(vec![window("top", 100.0, tolerance_mm)], MM_PER_COUNT), film)
}

fn counts(mm: f64) -> i64 {
    (mm / MM_PER_COUNT).floor() as i64
}

#[test]
fn a_moving_belt_brings_the_item_to_its_frame() {
    let (mut gatherer, mut film) = one_camera(30.0);
    gatherer.item_entered(7, ms(0), 0);
    // 200 mm/s: the item reaches 100 mm after 500 ms; frames at 480 and 520 ms are equally near.
    for at in (0..=500).step_by(10) {
        film.now = ms(at);
        gatherer.encoder_sample(ms(at), counts(at as f64 * 0.2));
        assert!(gatherer.poll(ms(at), &film).is_empty(), "no newer frame yet at {at} ms");
    }
    film.now = ms(530);
    gatherer.encoder_sample(ms(530), counts(106.0));
    let gathered = gatherer.poll(ms(530), &film);
    assert_eq!(gathered.len(), 1);
    assert_eq!(gathered[0].item, 7);
    let view = &gathered[0].views[0];
    let frame = view.frame.as_ref().unwrap();
    assert!([ms(480), ms(520)].contains(&frame.at), "{:?}", frame.at);
    assert!((view.offset_mm.abs() - 4.0).abs() < 0.5, "{}", view.offset_mm);
    assert_eq!(gatherer.waiting(), 0);
}

#[test]
fn an_entry_told_late_is_gathered_from_samples_that_came_before() {
    let (mut gatherer, mut film) = one_camera(30.0);
    for at in (0..=1000).step_by(10) {
        gatherer.encoder_sample(ms(at), counts(at as f64 * 0.2));
    }
    film.now = ms(1000);
    gatherer.item_entered(1, ms(200), counts(40.0));
    let gathered = gatherer.poll(ms(1000), &film);
    let frame = gathered[0].views[0].frame.as_ref().unwrap();
    assert!(frame.at.abs_diff(ms(700)) <= ms(20), "{:?}", frame.at);
}

#[test]
fn a_belt_that_runs_back_does_not_change_the_first_time() {
    let (mut gatherer, mut film) = one_camera(30.0);
    gatherer.item_entered(1, ms(0), 0);
    for at in (0..=1600).step_by(50) {
        let t = at as f64;
        let mm = match at {
            0..500 => t * 0.2008,
            500..600 => 100.4 - (t - 500.0) * 0.204,
            _ => 80.0 + (t - 600.0) * 0.07,
        };
        gatherer.encoder_sample(ms(at), counts(mm));
    }
    film.now = ms(1600);
    let frame = gatherer.poll(ms(1600), &film)[0].views[0].frame.clone().unwrap();
    assert!(frame.at.abs_diff(ms(498)) <= ms(20), "{:?}", frame.at);
}

#[test]
fn an_item_on_a_stopped_belt_waits_and_can_be_forgotten() {
    let (mut gatherer, mut film) = one_camera(30.0);
    gatherer.item_entered(1, ms(0), 0);
    gatherer.encoder_sample(ms(0), 0);
    gatherer.encoder_sample(ms(3000), counts(50.0));
    film.now = ms(3000);
    assert!(gatherer.poll(ms(60_000), &film).is_empty());
    assert_eq!(gatherer.waiting(), 1);
    gatherer.forget(1);
    assert_eq!(gatherer.waiting(), 0);
}

/// An item's view when the encoder was sampled at these times and positions, the entry being at 0 ms
/// and 0 mm; polled every 10 ms for 4 s.
fn view_with_samples(samples: &[(u64, f64)]) -> View {
    let (mut gatherer, mut film) = one_camera(30.0);
    gatherer.item_entered(1, ms(0), 0);
    for at in (0..4000).step_by(10) {
        film.now = ms(at);
        for (_, mm) in samples.iter().filter(|(sampled, _)| *sampled == at) {
            gatherer.encoder_sample(ms(at), counts(*mm));
        }
        if let Some(mut gathered) = gatherer.poll(ms(at), &film).pop() {
            return gathered.views.remove(0);
        }
    }
    panic!("the item is never answered");
}

#[test]
fn a_belt_that_stopped_or_started_in_a_drop_out_costs_the_view_and_no_neighbour_is_taken() {
    let moving = (0..=400).step_by(10).map(|at| (at, at as f64 * 0.2));
    let with = |rest: &[(u64, f64)]| {
        let samples: Vec<_> = moving.clone().chain(rest.iter().copied()).collect();
        view_with_samples(&samples).frame.map(|frame| frame.at)
    };
    // At 80 mm after 400 ms; the window is at 100 mm.
    assert_eq!(with(&[(1400, 120.0), (1450, 120.0)]), Err(Missing::Unwatched));
    assert_eq!(with(&[(460, 91.0), (510, 100.0)]), Err(Missing::Unwatched), "silent ever after");
    let late_by_one_cycle = with(&[(500, 100.0), (550, 110.0)]).unwrap();
    assert!([ms(480), ms(520)].contains(&late_by_one_cycle));
    // The belt stood from before the drop-out until after it.
    let stood = with(&[(1400, 80.0), (1450, 90.0), (1500, 100.0), (1550, 110.0)]);
    assert!(stood.is_ok(), "{stood:?}");
}

#[test]
fn a_frame_taken_in_a_drop_out_is_refused_even_if_the_item_was_seen_to_reach_the_window() {
    let mut film = Film { now: ms(2000), ..Film::default() };
    film.add("top", ms(640));
    let mut gatherer = Gatherer::new(vec![window("top", 100.0, 30.0)], MM_PER_COUNT);
    gatherer.item_entered(1, ms(0), 0);
    for at in (0..=520).step_by(10).chain((1500..2000).step_by(10)) {
        gatherer.encoder_sample(ms(at), counts(if at < 1500 { at as f64 * 0.2 } else { 110.0 }));
    }
    let view = gatherer.poll(ms(2000), &film).remove(0).views.remove(0);
    assert_eq!(view.frame.unwrap_err(), Missing::Unwatched);
}

/// An item at 200 mm/s past a camera whose film is `frames`; polled long afterwards.
fn item_with_frames(frames: &[u64]) -> View {
    let mut film = Film { now: ms(9000), ..Film::default() };
    for at in frames {
        film.add("top", ms(*at));
    }
    let mut gatherer = Gatherer::new(vec![window("top", 100.0, 30.0)], MM_PER_COUNT);
    gatherer.item_entered(1, ms(0), 0);
    for at in (0..=2000).step_by(10) {
        gatherer.encoder_sample(ms(at), counts(at as f64 * 0.2));
    }
    assert!(gatherer.poll(ms(600), &Film::default()).is_empty(), "patience is 220 ms");
    gatherer.poll(ms(2000), &film).remove(0).views.remove(0)
}

#[test]
fn each_reason_for_a_missing_view_is_told_apart() {
    assert_eq!(item_with_frames(&[]).frame.unwrap_err(), Missing::NoFrame);
    let silent = item_with_frames(&[100, 200]);
    assert!(matches!(silent.frame, Err(Missing::TooFar { offset_mm }) if offset_mm < -55.0));
    assert_eq!(item_with_frames(&[900, 940]).frame.unwrap_err(), Missing::Overwritten);
    assert!(item_with_frames(&[400, 900]).frame.is_ok(), "20 mm off is within 30 mm");
}

#[test]
fn causes_that_differ_only_in_a_measurement_read_the_same() {
    let text = |offset_mm| Missing::TooFar { offset_mm }.to_string();
    assert_eq!(text(-43.0), text(91.5));
}

#[test]
fn beyond_the_limit_the_oldest_item_gives_way_and_is_reported() {
    let (mut gatherer, film) = one_camera(30.0);
    for item in 0..=ITEMS_MAX as u64 {
        gatherer.item_entered(item, ms(item), 0);
    }
    let gathered = gatherer.poll(ms(2000), &film);
    assert_eq!(gathered.len(), 1);
    assert_eq!(gathered[0].item, 0);
    assert_eq!(gathered[0].views[0].frame.as_ref().unwrap_err(), &Missing::TooManyItems);
    assert_eq!(gatherer.waiting(), ITEMS_MAX);
}

/// A belt of pieces of constant speed, at 500 mm/s after the last.
#[derive(Debug, Clone)]
struct Belt(Vec<(u64, f64)>);

impl Belt {
    /// Position at `at_ms`, in millimetres.
    fn position(&self, at_ms: u64) -> f64 {
        let (mut left, mut position) = (at_ms, 0.0);
        for &(length, speed) in &self.0 {
            let part = left.min(length);
            position += part as f64 / 1000.0 * speed;
            left -= part;
        }
        position + left as f64 / 1000.0 * 500.0
    }
}

fn belts() -> impl Strategy<Value = Belt> {
    let speed = prop_oneof![Just(0.0), 50.0..600.0, -100.0..0.0];
    prop::collection::vec((50u64..700, speed), 0..8).prop_map(Belt)
}

/// What is played to the gatherer: items that enter `entries` ms after the start, two cameras with a
/// frame every 40 ms after `phase` ms, and outages (start and length in ms) during which nothing
/// comes from the PLC.
#[derive(Debug, Clone)]
struct Scene {
    belt: Belt,
    entries: Vec<u64>,
    phase: u64,
    outages: Vec<(u64, u64)>,
}

const WINDOWS: [(&str, f64); 2] = [("top", 120.0), ("side", 300.0)];
const TOLERANCE_MM: f64 = 30.0;
const SAMPLE_MS: u64 = 10;

fn scenes(outages: impl Strategy<Value = Vec<(u64, u64)>>) -> impl Strategy<Value = Scene> {
    let gaps = prop::collection::vec(150u64..900, 1..5);
    (belts(), gaps, 0u64..40, outages).prop_map(|(belt, gaps, phase, outages)| {
        let entries = gaps.iter().scan(0, |at, gap| {
            *at += gap;
            Some(*at)
        });
        Scene { entries: entries.collect(), belt, phase, outages }
    })
}

impl Scene {
    /// The views of each item; panics where one is gathered twice or never.
    fn play(&self) -> Vec<Vec<View>> {
        let windows = WINDOWS.iter().map(|(name, at)| window(name, *at, TOLERANCE_MM));
        let mut gatherer = Gatherer::new(windows.collect(), MM_PER_COUNT);
        let mut film = Film::default();
        let moving: u64 = self.belt.0.iter().map(|(length, _)| length).sum();
        let silent: u64 = self.outages.iter().map(|(_, length)| length).sum();
        let end = self.entries[self.entries.len() - 1] + moving + silent + 2500;
        let mut told = 0;
        let mut gathered: BTreeMap<u64, Vec<View>> = BTreeMap::new();
        for at in (0..end).step_by(SAMPLE_MS as usize) {
            for (camera, _) in WINDOWS {
                if at % 40 == 0 {
                    film.add(camera, ms(at + self.phase));
                }
            }
            film.now = ms(at);
            if !self.outages.iter().any(|(start, length)| (*start..start + length).contains(&at)) {
                gatherer.encoder_sample(ms(at), counts(self.belt.position(at)));
                // Told up to 10 ms after it happened, or after the outage.
                while let Some(entry) = self.entries.get(told).filter(|entry| **entry <= at) {
                    let count = counts(self.belt.position(*entry));
                    gatherer.item_entered(told as u64, ms(*entry), count);
                    told += 1;
                }
            }
            for done in gatherer.poll(ms(at), &film) {
                assert!(gathered.insert(done.item, done.views).is_none(), "gathered twice");
            }
        }
        assert_eq!(gathered.len(), self.entries.len());
        gathered.into_values().collect()
    }

    /// How far the item is past the window's middle at `at_ms`, in millimetres.
    fn offset(&self, item: usize, position_mm: f64, at_ms: u64) -> f64 {
        self.belt.position(at_ms) - self.belt.position(self.entries[item]) - position_mm
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_item_gets_the_nearest_frame_of_each_camera_exactly_once(
        scene in scenes(Just(Vec::new())),
    ) {
        for (item, views) in scene.play().iter().enumerate() {
            for (view, (name, position)) in views.iter().zip(WINDOWS) {
                prop_assert_eq!(&*view.camera, name);
                let entry = scene.entries[item];
                // A belt may stop within a count of the window, or turn between two samples.
                let reached = |mm: f64, step: u64| {
                    let times = (entry..).filter(|at| at % step == 0);
                    let mut times = times.skip_while(|at| scene.offset(item, position, *at) < mm);
                    ms(times.next().expect("the belt moves on in the end"))
                };
                let frame = view.frame.as_ref().map_err(|why| {
                    TestCaseError::fail(format!("item {item} {name}: {why}"))
                })?;
                // Half a frame interval, and the interpolation between samples 10 ms apart.
                let apart = ms(20 + 12);
                let soonest = reached(-MM_PER_COUNT, 1).saturating_sub(apart);
                let latest = reached(MM_PER_COUNT, SAMPLE_MS) + apart;
                let near = (soonest..=latest).contains(&frame.at);
                prop_assert!(near, "item {item} {name}: {:?}, not {soonest:?}", frame.at);
                let truth = scene.offset(item, position, frame.at.as_millis() as u64);
                prop_assert!((view.offset_mm - truth).abs() < 6.5, "{} {truth}", view.offset_mm);
            }
        }
    }

    #[test]
    fn with_outages_a_view_shows_its_item_in_the_window_or_is_missing(
        scene in scenes(prop::collection::vec((0u64..3000, 20u64..1500), 1..4)),
    ) {
        let long = scene.outages.iter().any(|(_, length)| ms(length + 20) > WATCHED_GAP);
        for (item, views) in scene.play().iter().enumerate() {
            for (view, (name, position)) in views.iter().zip(WINDOWS) {
                match &view.frame {
                    Ok(frame) => {
                        let truth = scene.offset(item, position, frame.at.as_millis() as u64);
                        // A quarter of 700 mm/s (600 forward to 100 back) in a gap of 100 ms, and
                        // a count.
                        let apart = (view.offset_mm - truth).abs();
                        prop_assert!(apart < 17.5 + 0.5, "{name}: {} {truth}", view.offset_mm);
                        prop_assert!(truth.abs() < TOLERANCE_MM + 18.0, "{name}: {truth}");
                    }
                    Err(why) => {
                        prop_assert_eq!(why, &Missing::Unwatched);
                        prop_assert!(long, "no outage is longer than what is interpolated");
                    }
                }
            }
        }
    }
}

/// What the only camera shows of an item that enters at 0 and moves at 200 mm/s.
fn one_item(window: Window, film: &mut Film) -> (View, bool) {
    let camera = Arc::clone(&window.camera);
    let mut gatherer = Gatherer::new(vec![window], MM_PER_COUNT);
    gatherer.item_entered(7, ms(0), 0);
    for at in (0..3000).step_by(10) {
        film.now = ms(at);
        gatherer.encoder_sample(ms(at), counts(at as f64 * 0.2));
        if let Some(gathered) = gatherer.poll(ms(at), film).pop() {
            return (gathered.views[0].clone(), gatherer.is_frozen(&camera));
        }
    }
    panic!("the item got no view");
}

#[test]
fn a_frame_is_looked_up_by_when_it_was_exposed() {
    for latency in [0, 120, 480, 1000] {
        let mut film = Film::default();
        for at in (0..4000).step_by(40) {
            film.add("top", ms(at));
        }
        let late = Window { latency: ms(latency), ..window("top", 100.0, 10.0) };
        let (view, _) = one_item(late, &mut film);
        // Stamped at 480 or 520 ms without latency: the item is in the window at 500 ms.
        let stamped = view.frame.unwrap().at;
        assert!(stamped.abs_diff(ms(500 + latency)) <= ms(20), "{stamped:?} of {latency} ms");
        assert!(view.offset_mm.abs() <= 4.0 + 1e-9, "{}", view.offset_mm);
    }
}

/// The film of a camera whose picture does not change from `from` on.
fn still_film(from: u64) -> Film {
    let mut film = Film::default();
    for at in (0..4000).step_by(40) {
        let picture = Picture::from_pixels(1, 1, PixelFormat::Grey8, vec![0]).unwrap();
        let same_since = ms(at.min(from));
        let frame = Frame { camera: "top".into(), at: ms(at), same_since, picture };
        film.frames.push(Arc::new(frame));
    }
    film
}

#[test]
fn the_same_picture_while_the_belt_moved_is_no_view_of_the_item() {
    let (view, frozen) = one_item(window("top", 100.0, 30.0), &mut still_film(0));
    assert!(matches!(view.frame, Err(Missing::Frozen { moved_mm }) if moved_mm > 90.0), "{view:?}");
    assert!(frozen, "the camera is known to be frozen");
    // It froze while the item stood in the window: this picture still shows the item.
    let (view, frozen) = one_item(window("top", 100.0, 30.0), &mut still_film(440));
    assert!(view.frame.is_ok() && !frozen, "{view:?}");
    let still = Window { may_repeat: true, ..window("top", 100.0, 30.0) };
    let (view, frozen) = one_item(still, &mut still_film(0));
    assert!(view.frame.is_ok() && !frozen, "a replayed picture may repeat: {view:?}");
}
