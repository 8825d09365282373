//! A hundred thousand items of five thousand SKUs, in simulated time: the logic that names items, without cameras,
//! networks and PLC. A scanner misreads, reads late, twice or nothing; an item's own code is found in nine pictures
//! of ten; a tenth of the SKUs is in no list of the warehouse.
//!
//! What it proves: an item ends with its own SKU, or unknown, or with a contradiction that is reported, or not
//! passed since it does not look like what somebody said. None passes under another's name.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use damage::Calibration;
use inspectd::{
    item::{
        batches::BatchTest,
        flow::{
            Flow, FlowSettings, LabelAnswer, LabelDuty, Now, ScoredView, Scores, Step, Unfamiliar,
            Unscored,
        },
        identification::{Claim, Source},
        quarantine::Quarantine,
        scans::{Beam, Scan, ScanMatcher},
    },
    records::record::{Record, ScoringSteps, ViewRecord},
    scanner::framing::Framer,
    wall_clock::WallTime,
    warehouse::{
        codes,
        expectations::{Catalogue, Expectations, Source as List},
    },
};
use jiff::Timestamp;
use line::{
    config::scanner::ScannerSection,
    protocol::{Action, Decision, FromBridge, ItemEvent, Outcome, VERSION, Verdict},
};
use meaning::{expectation::Expectation, scanned::Scanned};
use twin::{
    rng::Rng,
    scanner::{Passing, Scanner, ScannerFaults},
    world::NewItem,
};
use vision::config::UnlistedCodes;

const ITEMS: u64 = 100_000;
/// Where less is enough.
const FEWER: u64 = 20_000;
const SKUS: usize = 5_000;
/// Every so many SKUs one is in no list of the warehouse.
const UNLISTED_EVERY: usize = 10;
/// Every so many SKUs one has no reference yet.
const UNLEARNED_EVERY: usize = 7;
/// Share of items whose own code can be read in their pictures, and share of those where it is another's.
const OWN_READ: f64 = 0.9;
const OWN_WRONG: f64 = 0.002;
/// Speed of the belt in millimetres a second, and the travel of one encoder count.
const SPEED: f64 = 400.0;
const MM_PER_COUNT: f64 = 0.5;
const CAMERA_MM: f64 = 900.0;
const COMMIT_MM: f64 = 1_600.0;
const STEP: Duration = Duration::from_millis(20);

/// The GTIN-13 of a SKU.
fn gtin(sku: usize) -> String {
    let body = format!("400000{sku:06}");
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn name(sku: usize) -> String {
    format!("sku-{sku}")
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Right,
    Unknown,
    Contradiction,
    /// It has another's name, and is diverted since it does not look like that.
    WrongAndDiverted,
    /// It has another's name, which has no reference, and is not inspected.
    WrongAndUninspected,
    /// It passes under another's name.
    WrongInSilence,
}

/// The warehouse, the scanner and the flow.
struct Plant {
    flow: Flow,
    matcher: ScanMatcher,
    scanner: Scanner,
    framer: Framer,
    lists: Expectations,
    asks_codes: bool,
    rng: Rng,
    seq: u64,
    now: Duration,
    /// What the items on the belt really are.
    truth: HashMap<u64, usize>,
    ends: BTreeMap<End, u64>,
}

fn the_code(item: &NewItem) -> Option<String> {
    item.code.clone()
}

impl Plant {
    fn new(faults: ScannerFaults, sources: Vec<Source>) -> Self {
        let section: ScannerSection = toml::from_str(
            "name = \"belt\"\nsource = \"tcp://127.0.0.1:2\"\nposition_mm = 400.0\ntolerance_mm = 60.0\n\
             latency_ms = 60\nframing = \"cr\"\nno_read = \"NOREAD\"",
        )
        .expect("a section");
        let listed = (0..SKUS).filter(|sku| sku % UNLISTED_EVERY != 3).map(|sku| Expectation {
            sku: name(sku),
            gtin: Some(format!("0{}", gtin(sku))),
            ..Expectation::default()
        });
        let mut lists = Expectations::default();
        let _ = lists.replace(List::File, Arc::new(Catalogue::new(listed)));
        let asks_codes = sources.contains(&Source::Codes);
        let settings = FlowSettings {
            empty_tote: Unfamiliar::Pass,
            sku: None,
            sources,
            scoring_reserve: Duration::from_millis(300),
            unknown: Unfamiliar::Uninspected,
            learning: Unfamiliar::Uninspected,
            divert_lane: 1,
            verdict_margin: Duration::from_millis(40),
            label: LabelDuty::Optional,
            looks: false,
        };
        let test = BatchTest::new(0.3, 0.9, 1e-6).expect("shares");
        let quarantine = Quarantine::new(test, None, Vec::new(), Vec::new());
        let mut flow = Flow::new(settings, Vec::new(), quarantine);
        let hello = FromBridge::Hello { protocol: VERSION, boot: "day".into() };
        flow.bridge(hello, wall(Duration::ZERO));
        let mut matcher = ScanMatcher::new(vec![Beam::from(&section)], MM_PER_COUNT);
        matcher.connected(0, true);
        Self {
            flow,
            matcher,
            framer: Framer::new(&section),
            scanner: Scanner::new(&section, faults, 7, the_code),
            lists,
            asks_codes,
            rng: Rng::new(11),
            seq: 0,
            now: Duration::ZERO,
            truth: HashMap::new(),
            ends: BTreeMap::new(),
        }
    }

    fn event(&mut self, event: ItemEvent) -> Vec<Step> {
        self.seq += 1;
        let message = FromBridge::Event { seq: self.seq, lost_before: 0, event };
        self.flow.bridge(message, wall(self.now))
    }

    fn claim(&self, source: Source, said: &str, gtins: &[String]) -> Claim {
        let skus = codes::skus_of(&self.lists, said, gtins, UnlistedCodes::Unknown);
        Claim { said: Some(said.to_owned()), skus, ..Claim::of(source, "") }
    }

    /// Does what the loop does with the flow's steps, at once.
    fn perform(&mut self, steps: Vec<Step>) {
        let mut steps = std::collections::VecDeque::from(steps);
        while let Some(step) = steps.pop_front() {
            let now = wall(self.now);
            match step {
                Step::ReadCodes { item, .. } => {
                    let claim = self.asks_codes.then(|| self.own_code(item));
                    steps.extend(self.flow.codes_read(item, claim, now));
                }
                Step::Score { item, sku, .. } => {
                    let result = self.score(item, &sku);
                    let view = ScoredView { camera: "side".into(), result, heat_map: None };
                    let (queued, took) = (Duration::ZERO, Duration::from_millis(60));
                    steps.extend(self.flow.scored(item, vec![view], queued, took, now));
                }
                Step::ReadLabel { item, .. } => {
                    steps.extend(self.flow.label_read(item, LabelAnswer::default(), now));
                }
                Step::Forget { item } => self.matcher.forget(item),
                Step::Close(record) => self.count(&record),
                _ => {}
            }
        }
    }

    fn own_code(&mut self, item: u64) -> Claim {
        let sku = self.truth[&item];
        if !self.rng.chance(OWN_READ) {
            return Claim::none(Source::Codes, "its pictures show no code that can be read");
        }
        let shown = if self.rng.chance(OWN_WRONG) { (sku + 1) % SKUS } else { sku };
        let gtin = format!("0{}", gtin(shown));
        self.claim(Source::Codes, &gtin, std::slice::from_ref(&gtin))
    }

    /// An item looks like what it is, and not like anything else.
    fn score(&mut self, item: u64, sku: &str) -> Result<Scores, Unscored> {
        let named: usize = sku.strip_prefix("sku-").and_then(|n| n.parse().ok()).expect("a SKU");
        if named % UNLEARNED_EVERY == 2 {
            return Err(Unscored::NoReference);
        }
        let score = if self.truth[&item] == named { 0.2 } else { 9.0 };
        Ok(Scores {
            score,
            threshold: 2.3,
            calibration: Calibration::Fitted,
            peak: [0, 0],
            boxes: Vec::new(),
            differs: String::new(),
            steps: ScoringSteps::default(),
        })
    }

    fn count(&mut self, record: &Record) {
        let truth = self.truth.remove(&record.id.item).expect("it was on the belt");
        let contradicts =
            record.findings.iter().any(|finding| finding.words.contains("wrong item"));
        let end = match (&record.sku, record.verdict.as_ref()) {
            _ if contradicts => End::Contradiction,
            (None, _) => End::Unknown,
            (Some(sku), _) if *sku == name(truth) => End::Right,
            (Some(_), Some(Verdict::Divert { .. })) => End::WrongAndDiverted,
            (Some(_), Some(Verdict::Uninspected { .. })) => End::WrongAndUninspected,
            (Some(_), _) => End::WrongInSilence,
        };
        if end == End::Unknown {
            assert_ne!(record.verdict, Some(Verdict::Pass), "the plant wants unknown ones stopped");
        }
        *self.ends.entry(end).or_default() += 1;
    }

    fn run(&mut self, items: u64) {
        // Zipf: the SKU of rank r with a weight of 1 / r.
        let mut weights = Vec::with_capacity(SKUS);
        let mut sum = 0.0;
        for rank in 1..=SKUS {
            sum += 1.0 / rank as f64;
            weights.push(sum);
        }
        let (mut entered, mut next_mm) = (0u64, 0.0);
        let mut on_belt: Vec<(u64, f64, NewItem, u8)> = Vec::new();
        while entered < items || !on_belt.is_empty() {
            self.now += STEP;
            let travelled = SPEED * self.now.as_secs_f64();
            let count = (travelled / MM_PER_COUNT) as i64;
            self.matcher.encoder_sample(self.now, count);
            if entered < items && travelled >= next_mm {
                entered += 1;
                let drawn = self.rng.unit() * sum;
                let sku = weights.partition_point(|weight| *weight < drawn).min(SKUS - 1);
                self.truth.insert(entered, sku);
                next_mm = travelled + self.rng.between(260.0, 420.0);
                let commit_at = self.now + Duration::from_secs_f64(COMMIT_MM / SPEED);
                let event = ItemEvent::Entered {
                    item: entered,
                    at: self.now,
                    count,
                    acquisition: entered as u16,
                    commit_at,
                };
                let steps = self.event(event);
                self.perform(steps);
                self.matcher.entered(entered, self.now, count);
                let what = NewItem {
                    sku: name(sku),
                    lot: None,
                    code: Some(gtin(sku)),
                    length_mm: 120.0,
                    defect: None,
                    look: 0,
                    laid: None,
                };
                on_belt.push((entered, travelled, what, 0));
            }
            let passing = on_belt.iter().map(|(number, from, what, _)| Passing {
                number: *number,
                position_mm: travelled - from,
                what,
            });
            self.scanner.look(self.now, passing);
            for bytes in self.scanner.due(self.now) {
                let (matcher, now) = (&mut self.matcher, self.now);
                self.framer.push(&bytes, |message| matcher.heard(0, now, message));
            }
            for answer in self.matcher.tick(self.now) {
                let claim = match &answer.scan {
                    Scan::Read(text) => {
                        let gtins: Vec<String> = Scanned::of(text).gtin.into_iter().collect();
                        self.claim(Source::Scanner, text, &gtins)
                    }
                    other => {
                        Claim::none(Source::Scanner, &other.why_not("belt").unwrap_or_default())
                    }
                };
                let steps = self.flow.told(answer.item, claim, true, wall(self.now));
                self.perform(steps);
            }
            let steps = self.flow.tick(wall(self.now));
            self.perform(steps);
            let mut moved = Vec::new();
            for (number, from, _, stage) in &mut on_belt {
                let at = travelled - *from;
                if (*stage == 0 && at >= CAMERA_MM) || (*stage == 1 && at >= COMMIT_MM) {
                    *stage += 1;
                    moved.push((*number, *stage));
                }
            }
            for (item, stage) in moved {
                if stage == 1 {
                    let views = vec![ViewRecord::of("side")];
                    let steps = self.flow.gathered(item, views, wall(self.now));
                    self.perform(steps);
                    continue;
                }
                let at = self.now;
                let decision = Decision { action: Action::Pass, fall_back: None };
                let steps = self.event(ItemEvent::Decided { item, at, decision });
                self.perform(steps);
                let outcome = Outcome::Passed;
                let steps = self.event(ItemEvent::Outcome { item, at, outcome });
                self.perform(steps);
            }
            on_belt.retain(|(_, _, _, stage)| *stage < 2);
        }
    }
}

fn wall(now: Duration) -> Now {
    let wall = Timestamp::from_millisecond(1_790_000_000_000 + now.as_millis() as i64);
    Now { mono: now, wall: WallTime::trusted(wall.expect("in range")) }
}

fn faults() -> ScannerFaults {
    "misread=0.005,late=0.02,no_read=0.03,double=0.05,silent=0.01,late_ms=900"
        .parse()
        .expect("faults")
}

fn told(what: &str, ends: &BTreeMap<End, u64>) {
    let total: u64 = ends.values().sum();
    println!("{what}: {total} items");
    for (end, count) in ends {
        println!("  {end:?}: {count} ({:.3} %)", 100.0 * *count as f64 / total as f64);
    }
}

#[test]
fn no_item_passes_under_a_name_that_is_not_its_own() {
    let mut plant = Plant::new(faults(), vec![Source::Scanner, Source::Codes]);
    plant.run(ITEMS);
    told("scanner and own codes", &plant.ends);
    let of = |end| plant.ends.get(&end).copied().unwrap_or(0) as f64 / ITEMS as f64;
    assert_eq!(plant.ends.values().sum::<u64>(), ITEMS, "each item ends once");
    assert_eq!(of(End::WrongInSilence), 0.0);
    // A tenth of the SKUs is in no list: their share of the items by Zipf's law.
    let unlisted: f64 =
        (0..SKUS).filter(|sku| sku % UNLISTED_EVERY == 3).map(|sku| 1.0 / (sku + 1) as f64).sum();
    let unlisted = unlisted / (1..=SKUS).map(|rank| 1.0 / rank as f64).sum::<f64>();
    assert!(of(End::Unknown) < unlisted + 0.02, "{} of {unlisted}", of(End::Unknown));
    assert!(of(End::Right) > 0.97 - unlisted, "{}", of(End::Right));
    assert!(of(End::Contradiction) > 0.001, "misreads are contradicted by the items' own codes");
}

#[test]
fn with_a_scanner_alone_a_misread_is_found_by_the_looks() {
    let mut plant = Plant::new(faults(), vec![Source::Scanner]);
    plant.run(FEWER);
    told("scanner alone", &plant.ends);
    let of = |end| plant.ends.get(&end).copied().unwrap_or(0);
    assert_eq!((of(End::WrongInSilence), of(End::Contradiction)), (0, 0));
    assert!(of(End::WrongAndDiverted) > 0, "it does not look like what the scanner said");
}

#[test]
fn every_source_that_says_the_same_names_the_item_and_the_verdict_is_asked_once() {
    let mut plant = Plant::new(ScannerFaults::default(), vec![Source::Scanner, Source::Codes]);
    let before = plant.flow.counts().entered;
    plant.run(FEWER);
    assert_eq!(plant.flow.counts().entered - before, FEWER);
    let wrong = [End::WrongAndDiverted, End::WrongAndUninspected, End::WrongInSilence];
    assert!(wrong.iter().all(|end| plant.ends.get(end).copied().unwrap_or(0) < FEWER / 1000));
    // Only an own code that is another's can contradict.
    let contradicted = plant.ends.get(&End::Contradiction).copied().unwrap_or(0);
    assert!(contradicted < FEWER / 200, "{contradicted}");
}
