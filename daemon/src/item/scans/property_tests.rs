//! Whatever happens in whatever order: no item has two answers of one scanner, no read goes to an item that it
//! does not fit or to two items, and no read of two items in the beam goes to any.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use capture::belt::{Belt, Sample};
use proptest::prelude::*;

use super::*;
use crate::scanner::framing::Message;

const MM_PER_COUNT: f64 = 0.5;
const PLACES: [f64; 2] = [30.0, 220.0];
const TOLERANCE_MM: f64 = 40.0;
const LATENCY: Duration = Duration::from_millis(60);
const STEP_MS: u64 = 10;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn beams() -> Vec<Beam> {
    let beam = |(index, position_mm): (usize, &f64)| Beam {
        scanner: format!("scanner-{index}").into(),
        position_mm: *position_mm,
        tolerance_mm: TOLERANCE_MM,
        latency: LATENCY,
    };
    PLACES.iter().enumerate().map(beam).collect()
}

/// What the matcher is told, and when it happened, in ms.
#[derive(Debug, Clone)]
enum Event {
    Enters,
    Heard { scanner: usize, text: Option<usize> },
    Connected { scanner: usize, is_connected: bool },
    Forget { back: usize },
}

/// A belt of pieces of constant speed, events with the delay after which they are told, and outages in which
/// nothing comes from the encoder.
#[derive(Debug, Clone)]
struct Scene {
    belt: Vec<(u64, f64)>,
    events: Vec<(u64, u64, Event)>,
    outages: Vec<(u64, u64)>,
}

/// What was told of a scene, with all that is needed to judge it.
struct Played {
    answers: Vec<ScanAnswer>,
    samples: Belt,
    /// By number.
    entries: BTreeMap<u64, Sample>,
    /// By text: scanner and moment.
    reads: BTreeMap<String, (usize, Duration)>,
    forgotten: BTreeSet<u64>,
    tallies: Vec<Standing>,
}

impl Scene {
    fn position(&self, at: u64) -> f64 {
        let (mut left, mut position) = (at, 0.0);
        for &(length, speed) in &self.belt {
            let part = left.min(length);
            position += part as f64 / 1000.0 * speed;
            left -= part;
        }
        position + left as f64 / 1000.0 * 300.0
    }

    fn count(&self, at: u64) -> i64 {
        (self.position(at) / MM_PER_COUNT).round() as i64
    }

    /// Plays it; with `in_order` each event is told as it happens.
    fn play(&self, in_order: bool) -> Played {
        let mut matcher = ScanMatcher::new(beams(), MM_PER_COUNT);
        (0..PLACES.len()).for_each(|index| matcher.connected(index, true));
        let mut played = Played {
            answers: Vec::new(),
            samples: Belt::default(),
            entries: BTreeMap::new(),
            reads: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            tallies: Vec::new(),
        };
        let moving: u64 = self.belt.iter().map(|(length, _)| length).sum();
        let mut told: Vec<(u64, u64, u64, &Event)> = Vec::new();
        let mut last = 0;
        for (number, (at, delay, event)) in self.events.iter().enumerate() {
            let delay = if in_order { 0 } else { *delay };
            told.push((at + delay, *at, number as u64, event));
            last = last.max(at + delay);
        }
        told.sort_by_key(|(due, ..)| *due);
        let mut told = told.into_iter().peekable();
        for now in (0..last + moving + 12_000).step_by(STEP_MS as usize) {
            let out =
                self.outages.iter().any(|(from, length)| (*from..from + length).contains(&now));
            if !out {
                let sample = Sample { at: ms(now), count: self.count(now) };
                matcher.encoder_sample(sample.at, sample.count);
                played.samples.sample(sample);
            }
            while let Some((_, at, number, event)) = told.next_if(|(due, ..)| *due <= now) {
                match event {
                    Event::Enters => {
                        let entry = Sample { at: ms(at), count: self.count(at) };
                        played.entries.insert(number, entry);
                        matcher.entered(number, entry.at, entry.count);
                    }
                    Event::Heard { scanner, text } => {
                        let message = match text {
                            // Each text is said once, but for a few that are said again and again.
                            Some(again) if *again < 2 => Message::Read(format!("same {again}")),
                            Some(_) => {
                                let text = format!("read {number}");
                                played.reads.insert(text.clone(), (*scanner, ms(at)));
                                Message::Read(text)
                            }
                            None => Message::NoRead,
                        };
                        matcher.heard(*scanner, ms(at) + LATENCY, message);
                    }
                    Event::Connected { scanner, is_connected } => {
                        matcher.connected(*scanner, *is_connected);
                    }
                    Event::Forget { back } => {
                        let item = played.entries.keys().rev().nth(*back).copied();
                        played.forgotten.extend(item);
                        item.into_iter().for_each(|item| matcher.forget(item));
                    }
                }
            }
            played.answers.extend(matcher.tick(ms(now)));
        }
        played.tallies =
            (0..PLACES.len()).filter_map(|index| matcher.standing(index)).copied().collect();
        played
    }
}

impl Played {
    /// How far behind a scanner's place the item stood at the moment of a read, in millimetres.
    fn distance(&self, item: u64, (scanner, at): (usize, Duration)) -> Option<f64> {
        let position = self.samples.position_at(at).ok()?;
        let travelled = (position - self.entries[&item].count as f64) * MM_PER_COUNT;
        Some(travelled - PLACES[scanner])
    }
}

fn texts_of(scan: &Scan) -> Vec<String> {
    match scan {
        Scan::Read(text) => vec![text.clone()],
        Scan::Several(texts) => texts.clone(),
        Scan::NoRead | Scan::Silent(_) | Scan::Ambiguous => Vec::new(),
    }
}

fn event() -> impl Strategy<Value = Event> {
    let heard = (0..PLACES.len(), prop::option::weighted(0.8, 0usize..8))
        .prop_map(|(scanner, text)| Event::Heard { scanner, text });
    prop_oneof![3 => Just(Event::Enters), 6 => heard]
}

fn trouble() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..PLACES.len(), any::<bool>())
            .prop_map(|(scanner, is_connected)| Event::Connected { scanner, is_connected }),
        (0usize..3).prop_map(|back| Event::Forget { back }),
    ]
}

fn scenes(
    event: impl Strategy<Value = Event>,
    delays: std::ops::Range<u64>,
    outages: impl Strategy<Value = Vec<(u64, u64)>>,
) -> impl Strategy<Value = Scene> {
    let speed = prop_oneof![3 => 100.0..400.0, 1 => Just(0.0), 1 => -60.0..0.0];
    let belt = prop::collection::vec((100u64..900, speed), 0..6);
    let events = prop::collection::vec((20u64..400, delays, event), 1..40);
    (belt, events, outages).prop_map(|(belt, events, outages)| {
        let events = events.into_iter().scan(0, |at, (gap, delay, event)| {
            // Half of the gaps are short: several things happen around one place.
            *at += if gap < 200 { gap / 8 } else { gap };
            Some((*at, delay, event))
        });
        Scene { belt, events: events.collect(), outages }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_happens_an_item_has_one_answer_of_each_scanner_and_only_what_fits_it(
        scene in scenes(
            prop_oneof![5 => event(), 1 => trouble()],
            0..1500,
            prop::collection::vec((0u64..4000, 20u64..900), 0..3),
        ),
    ) {
        let played = scene.play(false);
        let mut answered = BTreeSet::new();
        let mut owners: BTreeMap<String, u64> = BTreeMap::new();
        for answer in &played.answers {
            let once = answered.insert((answer.item, answer.index));
            prop_assert!(once, "item {} has two answers of {}", answer.item, answer.scanner);
            for text in texts_of(&answer.scan) {
                let Some(read) = played.reads.get(&text) else { continue };
                prop_assert_eq!(read.0, answer.index, "{} of another scanner", text);
                let distance = played.distance(answer.item, *read);
                let fits = distance.is_some_and(|mm| mm.abs() <= TOLERANCE_MM + 1e-6);
                prop_assert!(fits, "{text} is {distance:?} mm off item {}", answer.item);
                let owner = owners.insert(text.clone(), answer.item);
                prop_assert_eq!(owner, None, "{} is given to two", text);
            }
        }
        for item in played.entries.keys() {
            for scanner in 0..PLACES.len() {
                let has = answered.contains(&(*item, scanner));
                prop_assert!(has || played.forgotten.contains(item), "item {item}: no answer");
            }
        }
        let total: u64 = played.tallies.iter().map(Standing::items).sum();
        prop_assert_eq!(total, played.answers.len() as u64);
    }

    #[test]
    fn told_in_any_order_within_the_patience_the_answers_are_the_same(
        scene in scenes(event(), 0..90, Just(Vec::new())),
    ) {
        let by_item = |played: Played| {
            let answers = played.answers.into_iter();
            let answers = answers.map(|answer| {
                let scan = match answer.scan {
                    Scan::Several(mut texts) => {
                        texts.sort();
                        Scan::Several(texts)
                    }
                    scan => scan,
                };
                ((answer.item, answer.index), scan)
            });
            answers.collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(by_item(scene.play(false)), by_item(scene.play(true)));
    }

    #[test]
    fn a_read_that_fits_two_items_is_given_to_neither_and_one_that_fits_one_is_not_lost(
        scene in scenes(event(), 0..90, Just(Vec::new())),
    ) {
        let played = scene.play(false);
        let scans: BTreeMap<(u64, usize), &Scan> =
            played.answers.iter().map(|answer| ((answer.item, answer.index), &answer.scan)).collect();
        for (text, read) in &played.reads {
            let fitting: Vec<u64> = (played.entries.iter())
                .filter(|(item, _)| {
                    played.distance(**item, *read).is_some_and(|mm| mm.abs() <= TOLERANCE_MM)
                })
                // One that enters long after the read is not the one that was read.
                .filter(|(_, entry)| {
                    let early = if PLACES[read.0] < TOLERANCE_MM { ms(5000) } else { ms(100) };
                    read.1 + early >= entry.at
                })
                .map(|(item, _)| *item)
                .collect();
            let scan_of = |item: &u64| scans[&(*item, read.0)];
            match &fitting[..] {
                [] => {}
                [item] => {
                    let scan = scan_of(item);
                    let late = is_late(&played, *item, *read);
                    let has = texts_of(scan).contains(text) || *scan == Scan::Ambiguous;
                    let full = matches!(scan, Scan::Several(texts) if texts.len() == SEVERAL_MAX);
                    prop_assert!(has || late || full, "{text} is lost: item {item} has {scan}");
                }
                several => {
                    let open = several.iter().filter(|item| {
                        !is_late(&played, **item, *read) && is_shared(&played, **item, several, read.0)
                    });
                    for item in open {
                        prop_assert_eq!(scan_of(item), &Scan::Ambiguous, "{} fits {:?}", text, several);
                    }
                }
            }
        }
    }
}

/// When an item left the tolerance.
fn past(played: &Played, item: u64, scanner: usize) -> Option<Duration> {
    let entry = played.entries[&item];
    let end = entry.count as f64 + (PLACES[scanner] + TOLERANCE_MM) / MM_PER_COUNT;
    played.samples.reached_since(entry, end).map(|past| past.at)
}

/// Whether an item had left the tolerance before the read: the belt brought it back.
fn is_late(played: &Played, item: u64, (scanner, at): (usize, Duration)) -> bool {
    past(played, item, scanner).is_some_and(|past| past < at)
}

/// Whether another of the items that a read fits had entered when this one left the tolerance.
fn is_shared(played: &Played, item: u64, fitting: &[u64], scanner: usize) -> bool {
    let Some(past) = past(played, item, scanner) else { return true };
    fitting.iter().any(|other| *other != item && played.entries[other].at <= past)
}
