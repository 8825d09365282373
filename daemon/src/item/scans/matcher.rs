//! The state machine: places of items, places of reads, and one answer for each item and scanner.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use capture::belt::{Belt, Crossing, Sample, WATCHED_GAP};
use line::protocol::ItemNumber;

use super::standing::Stray;
use super::{Beam, PATIENCE, SEVERAL_MAX, Scan, ScanAnswer, Silence, Standing};
use crate::scanner::framing::Message;

/// Items that are held at the same time; a line of 10 m holds far fewer.
pub(super) const ITEMS_MAX: usize = 1024;
/// Reads of one scanner that are held, and as many whose place is not known yet.
pub(super) const READS_MAX: usize = 64;
/// How long an item with all its answers keeps its place, so that later reads are known to be late.
const KEPT: Duration = Duration::from_secs(10);
/// How long after its moment a read that fits nobody is counted as stray: entries are told some time after they
/// happened.
const STRAY_AFTER: Duration = Duration::from_secs(2);
/// How long before an item's entry it may be read, where its tolerance reaches up to the entry eye.
const EARLY: Duration = Duration::from_secs(5);

/// A message whose place on the belt is not known yet.
#[derive(Debug)]
struct Unplaced {
    at: Duration,
    message: Message,
}

/// A message and where the belt stood at its moment, in counts. On a belt that stands it may be said again and
/// again, from the moment `first` to the moment `last`.
#[derive(Debug)]
struct Placed {
    first: Duration,
    last: Duration,
    position: f64,
    message: Message,
    /// The item that it was given to.
    given: Option<ItemNumber>,
    /// It fitted two items: it is given to nobody.
    doubtful: bool,
    /// It has counted for an item, or as late or stray.
    counted: bool,
}

/// One scanner.
#[derive(Debug)]
struct Scanner {
    beam: Beam,
    is_connected: bool,
    unplaced: VecDeque<Unplaced>,
    placed: VecDeque<Placed>,
    standing: Standing,
}

/// One item's way past one scanner.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    /// It came within the tolerance.
    begun: bool,
    /// It left the tolerance.
    past: Option<Crossing>,
    answered: bool,
}

/// An item on the belt.
#[derive(Debug)]
struct Travelling {
    entry: Sample,
    ways: Vec<Way>,
}

/// Gives each read to the item that it fits, and each item one answer from each scanner.
#[derive(Debug)]
pub struct ScanMatcher {
    scanners: Vec<Scanner>,
    mm_per_count: f64,
    belt: Belt,
    items: BTreeMap<ItemNumber, Travelling>,
    /// Items that gave up their places, by number and entry: one that is told again has had its answers.
    gone: VecDeque<(ItemNumber, Duration)>,
    /// Answers of items that gave way, to be told by the next tick.
    evicted: Vec<ScanAnswer>,
}

impl ScanMatcher {
    /// A matcher for these scanners, none of which is connected yet; `mm_per_count` is the belt's travel per
    /// encoder count, greater than zero.
    ///
    /// # Panics
    /// When `mm_per_count` is not greater than zero; the line file's bounds forbid it.
    pub fn new(beams: Vec<Beam>, mm_per_count: f64) -> Self {
        assert!(mm_per_count > 0.0, "mm_per_count must be greater than zero: {mm_per_count}");
        let scanner = |beam| Scanner {
            beam,
            is_connected: false,
            unplaced: VecDeque::new(),
            placed: VecDeque::new(),
            standing: Standing::default(),
        };
        Self {
            scanners: beams.into_iter().map(scanner).collect(),
            mm_per_count,
            belt: Belt::default(),
            items: BTreeMap::new(),
            gone: VecDeque::new(),
            evicted: Vec::new(),
        }
    }

    /// `item` passed the entry eye at the time `at`, with the encoder at `count`. It may be told after samples
    /// and reads that are newer. Told again, it is the same item, and has no further answers.
    pub fn entered(&mut self, item: ItemNumber, at: Duration, count: i64) {
        let entry = Sample { at, count };
        let known = self.items.get(&item).is_some_and(|known| known.entry == entry);
        if known || self.gone.contains(&(item, at)) {
            return;
        }
        if self.items.len() >= ITEMS_MAX {
            self.evict_oldest();
        }
        let mut ways = Vec::with_capacity(self.scanners.len());
        for scanner in &self.scanners {
            let (begin, end) = window(&scanner.beam, entry, self.mm_per_count);
            let begun = self.belt.reached_since(entry, begin).is_some();
            ways.push(Way { begun, past: self.belt.reached_since(entry, end), answered: false });
        }
        self.items.insert(item, Travelling { entry, ways });
    }

    /// The encoder stood at `count` at the time `at`. A sample that is not newer than the last is ignored.
    pub fn encoder_sample(&mut self, at: Duration, count: i64) {
        let Some(stretch) = self.belt.sample(Sample { at, count }) else { return };
        for travelling in self.items.values_mut() {
            for (way, scanner) in travelling.ways.iter_mut().zip(&self.scanners) {
                let (begin, end) = window(&scanner.beam, travelling.entry, self.mm_per_count);
                way.begun |= stretch.reached(begin).is_some();
                way.past = way.past.or_else(|| stretch.reached(end));
            }
        }
    }

    /// The scanner with this `index` said something; its last byte came at the time `arrived`. The scanner's
    /// latency is taken off here. An index that no scanner has is ignored.
    pub fn heard(&mut self, index: usize, arrived: Duration, message: Message) {
        let Some(scanner) = self.scanners.get_mut(index) else { return };
        let at = arrived.saturating_sub(scanner.beam.latency);
        if scanner.unplaced.len() >= READS_MAX {
            scanner.unplaced.pop_front();
            scanner.standing.dropped += 1;
        }
        scanner.unplaced.push_back(Unplaced { at, message });
    }

    /// The scanner with this `index` is connected now, or is not.
    pub fn connected(&mut self, index: usize, is_connected: bool) {
        if let Some(scanner) = self.scanners.get_mut(index) {
            scanner.is_connected = is_connected;
        }
    }

    /// Nobody needs this item's answers any more. It keeps its place.
    pub fn forget(&mut self, item: ItemNumber) {
        if let Some(travelling) = self.items.get_mut(&item) {
            travelling.ways.iter_mut().for_each(|way| way.answered = true);
        }
    }

    /// How a scanner has done so far.
    pub fn standing(&self, index: usize) -> Option<&Standing> {
        self.scanners.get(index).map(|scanner| &scanner.standing)
    }

    /// Items that are held, with or without answers to come.
    pub fn held(&self) -> usize {
        self.items.len()
    }

    /// The answers that are due at the time `now`; each is returned once. To be called often: nothing else
    /// moves time on.
    pub fn tick(&mut self, now: Duration) -> Vec<ScanAnswer> {
        let mut answers = std::mem::take(&mut self.evicted);
        for index in 0..self.scanners.len() {
            self.place(index, now);
            let due: Vec<ItemNumber> = (self.items.iter())
                .filter(|(_, travelling)| self.is_due(index, travelling, now))
                .map(|(item, _)| *item)
                .collect();
            for item in due {
                let scan = self.answer(index, item);
                self.scanners[index].standing.answered(&scan);
                if let Some(travelling) = self.items.get_mut(&item) {
                    travelling.ways[index].answered = true;
                }
                let scanner = Arc::clone(&self.scanners[index].beam.scanner);
                answers.push(ScanAnswer { item, index, scanner, scan });
            }
            self.count_strays(index, now);
        }
        self.let_go(now);
        answers
    }

    /// Finds the places of messages, as far as the belt is known.
    fn place(&mut self, index: usize, now: Duration) {
        let newest = self.belt.newest().map(|sample| sample.at);
        let overdue = newest.is_none_or(|newest| now > newest + WATCHED_GAP);
        let scanner = &mut self.scanners[index];
        while let Some(first) = scanner.unplaced.front() {
            let at = first.at;
            let position = self.belt.position_at(at);
            let may_come = newest < Some(at) && !(overdue && now > at + PATIENCE);
            if position.is_err() && may_come {
                return;
            }
            let Some(Unplaced { message, .. }) = scanner.unplaced.pop_front() else { return };
            let Ok(position) = position else {
                scanner.standing.unwatched += 1;
                continue;
            };
            let again = |placed: &&mut Placed| {
                let is_open = placed.given.is_none() && !placed.doubtful && !placed.counted;
                is_open && placed.position == position && placed.message == message
            };
            if let Some(before) = scanner.placed.iter_mut().find(again) {
                // The belt stands, and the scanner reads again and again.
                (before.first, before.last) = (before.first.min(at), before.last.max(at));
                continue;
            }
            if scanner.placed.len() >= READS_MAX
                && scanner.placed.pop_front().is_some_and(|oldest| !oldest.counted)
            {
                scanner.standing.dropped += 1;
            }
            let mut placed = Placed {
                first: at,
                last: at,
                position,
                message,
                given: None,
                doubtful: false,
                counted: false,
            };
            let mut fitting = (self.items.values())
                .filter(|travelling| fits(&scanner.beam, &placed, travelling, self.mm_per_count))
                .peekable();
            let is_late = |way: Way| way.answered || way.past.is_some_and(|past| past.at < at);
            if fitting.peek().is_some() && fitting.all(|travelling| is_late(travelling.ways[index]))
            {
                placed.counted = true;
                scanner.standing.late += 1;
            }
            scanner.placed.push_back(placed);
        }
    }

    /// Whether the answer of a scanner about an item is due.
    fn is_due(&self, index: usize, travelling: &Travelling, now: Duration) -> bool {
        let (scanner, way) = (&self.scanners[index], &travelling.ways[index]);
        if way.answered {
            return false;
        }
        let undecided = |until: Duration| scanner.unplaced.iter().any(|read| read.at <= until);
        if let Some(past) = way.past {
            let until = past.at + scanner.beam.latency + PATIENCE;
            return now >= until && !undecided(past.at);
        }
        let mut placed = scanner.placed.iter();
        way.begun
            && !scanner.is_connected
            && scanner.unplaced.is_empty()
            && !placed.any(|read| fits(&scanner.beam, read, travelling, self.mm_per_count))
    }

    /// What the scanner says of an item, by all that is known now.
    fn answer(&mut self, index: usize, item: ItemNumber) -> Scan {
        let Self { scanners, items, mm_per_count, .. } = self;
        let Scanner { beam, is_connected, placed, .. } = &mut scanners[index];
        let Some(this) = items.get(&item) else {
            return Scan::Silent(Silence::Nothing);
        };
        // What happened later is told before this answer or after it, as it comes: the answer may not depend on it.
        let past = this.ways[index].past.map(|past| past.at);
        let in_time = |at: Duration| past.is_none_or(|past| at <= past);
        let (mut texts, mut no_read, mut doubtful) = (Vec::new(), false, false);
        let fitting =
            |read: &&mut Placed| in_time(read.first) && fits(beam, read, this, *mm_per_count);
        for read in placed.iter_mut().filter(fitting) {
            let mut others =
                items.iter().filter(|(number, other)| **number != item && in_time(other.entry.at));
            let shared = read.doubtful
                || read.given.is_some_and(|given| given != item)
                || others.any(|(_, other)| fits(beam, read, other, *mm_per_count));
            read.counted = true;
            read.doubtful |= shared;
            match &read.message {
                Message::Read(_) if shared => doubtful = true,
                Message::NoRead if shared => {}
                Message::Read(text) => {
                    read.given = Some(item);
                    if !texts.contains(text) && texts.len() < SEVERAL_MAX {
                        texts.push(text.clone());
                    }
                }
                Message::NoRead => {
                    read.given = Some(item);
                    no_read = true;
                }
            }
        }
        if doubtful || (no_read && !texts.is_empty()) {
            return Scan::Ambiguous;
        }
        match (texts.len(), no_read) {
            (0, true) => Scan::NoRead,
            (0, false) => {
                let watched = this.ways[index].past.is_none_or(|past| past.watched);
                Scan::Silent(match (*is_connected, watched) {
                    (false, _) => Silence::NotConnected,
                    (true, false) => Silence::Unwatched,
                    (true, true) => Silence::Nothing,
                })
            }
            (1, _) => Scan::Read(texts.swap_remove(0)),
            _ => Scan::Several(texts),
        }
    }

    /// Counts the reads that have waited long enough for an item that they fit.
    fn count_strays(&mut self, index: usize, now: Duration) {
        let Self { scanners, items, mm_per_count, .. } = self;
        let Scanner { beam, placed, standing, .. } = &mut scanners[index];
        let due = |read: &&mut Placed| !read.counted && now > read.last + STRAY_AFTER;
        for read in placed.iter_mut().filter(due) {
            if items.values().any(|item| fits(beam, read, item, *mm_per_count)) {
                continue;
            }
            let distances = items.values().map(|item| {
                (read.position - item.entry.count as f64) * *mm_per_count - beam.position_mm
            });
            let nearest_mm = distances.min_by(|a, b| a.abs().total_cmp(&b.abs()));
            read.counted = true;
            standing.stray += 1;
            standing.last_stray = Some(Stray { at: read.last, nearest_mm });
        }
    }

    /// Lets items go that have been past every scanner for a while.
    fn let_go(&mut self, now: Duration) {
        let old = |way: &Way| way.past.is_some_and(|past| now > past.at + KEPT);
        let gone = self.items.extract_if(.., |_, travelling| {
            travelling.ways.iter().all(|way| way.answered && old(way))
        });
        for (item, travelling) in gone {
            remember(&mut self.gone, item, travelling.entry.at);
        }
    }

    /// The oldest item gives way to a newer one.
    fn evict_oldest(&mut self) {
        let oldest = self.items.iter().min_by_key(|(_, travelling)| travelling.entry.at);
        let Some(item) = oldest.map(|(item, _)| *item) else { return };
        let Some(travelling) = self.items.remove(&item) else { return };
        remember(&mut self.gone, item, travelling.entry.at);
        let open = travelling.ways.iter().enumerate().filter(|(_, way)| !way.answered);
        for (index, _) in open {
            let scanner = &mut self.scanners[index];
            let scan = Scan::Silent(Silence::TooManyItems);
            scanner.standing.answered(&scan);
            let name = Arc::clone(&scanner.beam.scanner);
            self.evicted.push(ScanAnswer { item, index, scanner: name, scan });
        }
    }
}

fn remember(gone: &mut VecDeque<(ItemNumber, Duration)>, item: ItemNumber, entered: Duration) {
    if gone.len() >= ITEMS_MAX {
        gone.pop_front();
    }
    gone.push_back((item, entered));
}

/// Where the tolerance begins and ends for an item that entered so, in counts.
fn window(beam: &Beam, entry: Sample, mm_per_count: f64) -> (f64, f64) {
    let place = |mm: f64| entry.count as f64 + mm / mm_per_count;
    (place(beam.position_mm - beam.tolerance_mm), place(beam.position_mm + beam.tolerance_mm))
}

/// Whether a read fits an item. Counts of the encoder may begin anew; times do not, so that an older read never
/// fits a newer item.
fn fits(beam: &Beam, read: &Placed, item: &Travelling, mm_per_count: f64) -> bool {
    let early = if beam.position_mm < beam.tolerance_mm { EARLY } else { WATCHED_GAP };
    let distance_mm = (read.position - item.entry.count as f64) * mm_per_count - beam.position_mm;
    distance_mm.abs() <= beam.tolerance_mm && read.last + early >= item.entry.at
}
