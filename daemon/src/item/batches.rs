//! **Batches**: is a whole lot bad, or only an item of it now and then?
//!
//! A **batch** is what comes from one filling or packing: a SKU and a lot, or the SKU alone where no lot
//! is known. Each inspected item of it **failed** (a check found it imperfect) or not. The question is
//! answered after every item by a sequential probability ratio test (Wald, *Sequential Analysis*, 1947):
//! how many times likelier is what was seen if the batch fails at the **suspect share** than if it fails at
//! the **ordinary share**, as every batch does? When it is 1 / `false_alarm` times likelier, the batch is
//! **suspect**.
//!
//! **False alarms.** While a batch fails at the ordinary share or less, the ratio is a supermartingale that
//! starts at 1, so that it ever reaches 1 / `false_alarm` with a probability of at most `false_alarm`,
//! however many items come (Ville's inequality). The test is not restarted, and so the bound holds for the
//! whole batch.
//!
//! **Promise.** How soon a batch that fails at a given share is suspect follows from the numbers alone:
//! [`BatchTest::items_until_suspect`] computes it without approximation.
//!
//! **Misread lots.** An item whose lot was misread counts in the batch that it may be one with, by the
//! comparison of `lots.rs`: otherwise each misreading would begin a count of its own, and a bad lot would be
//! suspect late or never. A batch that is known from print takes the name that a code gives it. After a
//! restart every batch counts as known from print, since only names and counts are stored.
//!
//! No I/O and no time here; the counts are stored by the caller.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::item::lots::LotSeen;

/// Batches that are counted at the same time; beyond that the one that was seen longest ago is forgotten.
pub const BATCHES_MAX: usize = 4096;
/// A promise beyond this number of items is none.
const PROMISE_MAX: u64 = 10_000;

/// Which batch.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Batch {
    /// What its items are.
    pub sku: String,
    /// The lot, as its items say it; none where they do not.
    pub lot: Option<String>,
}

impl std::fmt::Display for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.lot {
            Some(lot) => write!(f, "lot {lot} of {}", self.sku),
            None => write!(f, "{}", self.sku),
        }
    }
}

/// What was seen of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Seen {
    /// Inspected items.
    pub items: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Whether the batch was found suspect; it stays so.
    pub suspect: bool,
}

/// The sequential test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchTest {
    ordinary_share: f64,
    suspect_share: f64,
    false_alarm: f64,
}

impl BatchTest {
    /// A test of the ordinary share against the suspect one; `None` unless
    /// 0 < `ordinary_share` < `suspect_share` < 1 and 0 < `false_alarm` < 1.
    pub fn new(ordinary_share: f64, suspect_share: f64, false_alarm: f64) -> Option<Self> {
        let sound = 0.0 < ordinary_share
            && ordinary_share < suspect_share
            && suspect_share < 1.0
            && 0.0 < false_alarm
            && false_alarm < 1.0;
        sound.then_some(Self { ordinary_share, suspect_share, false_alarm })
    }

    /// The probability with which an ordinary batch is ever found suspect, at most.
    pub fn false_alarm(&self) -> f64 {
        self.false_alarm
    }

    /// The share at which every batch may fail.
    pub fn ordinary_share(&self) -> f64 {
        self.ordinary_share
    }

    /// Whether so many failures among so many items are suspect.
    pub fn is_suspect(&self, items: u64, failed: u64) -> bool {
        let failed = failed.min(items);
        let of_failure = (self.suspect_share / self.ordinary_share).ln();
        let of_success = ((1.0 - self.suspect_share) / (1.0 - self.ordinary_share)).ln();
        failed as f64 * of_failure + (items - failed) as f64 * of_success >= -self.false_alarm.ln()
    }

    /// The number of items after which a batch that fails at `share` is suspect with at least the
    /// probability `certainty`; `None` where that takes more than 10,000.
    ///
    /// The numbers of failures that are not suspect yet are followed item by item: what is suspect leaves.
    pub fn items_until_suspect(&self, share: f64, certainty: f64) -> Option<u64> {
        // chances[k]: the batch is not suspect so far, and k of its items failed.
        let mut chances = vec![1.0];
        let mut suspect = 0.0;
        for items in 1..=PROMISE_MAX {
            chances.push(0.0);
            for failed in (1..chances.len()).rev() {
                chances[failed] = chances[failed] * (1.0 - share) + chances[failed - 1] * share;
            }
            chances[0] *= 1.0 - share;
            while !chances.is_empty() && self.is_suspect(items, chances.len() as u64 - 1) {
                suspect += chances.pop().unwrap_or_default();
            }
            if suspect >= certainty {
                return Some(items);
            }
        }
        None
    }
}

/// A batch that is counted.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    seen: Seen,
    /// When it was seen last, as a running number.
    last: u64,
    /// Whether a code says its lot.
    from_code: bool,
}

/// The batch of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The batch.
    pub batch: Batch,
    /// What it was called until now, where a code has corrected that.
    pub was: Option<Batch>,
}

/// The counts of all batches.
#[derive(Debug)]
pub struct Batches {
    test: BatchTest,
    seen: HashMap<Batch, Counted>,
    clock: u64,
}

impl Batches {
    /// Goes on from the counts of an earlier run, the batch seen longest ago first.
    pub fn new(test: BatchTest, earlier: impl IntoIterator<Item = (Batch, Seen)>) -> Self {
        let mut batches = Self { test, seen: HashMap::new(), clock: 0 };
        for (batch, seen) in earlier {
            batches.clock += 1;
            batches.seen.insert(batch, Counted { seen, last: batches.clock, from_code: false });
            batches.forget_the_oldest();
        }
        batches
    }

    /// The test that is used.
    pub fn test(&self) -> &BatchTest {
        &self.test
    }

    /// What was seen of `batch`.
    pub fn seen(&self, batch: &Batch) -> Seen {
        self.seen.get(batch).map(|counted| counted.seen).unwrap_or_default()
    }

    /// The batches that fail too often, by name.
    pub fn suspects(&self) -> Vec<(Batch, Seen)> {
        let suspect = self.seen.iter().filter(|(_, counted)| counted.seen.suspect);
        let mut suspects: Vec<_> = suspect.map(|(batch, one)| (batch.clone(), one.seen)).collect();
        suspects
            .sort_by(|(one, _), (other, _)| (&one.sku, &one.lot).cmp(&(&other.sku, &other.lot)));
        suspects
    }

    /// The batch in which an item of `sku` counts whose label says `lot`: the one of that very lot, else the
    /// one seen last whose lot `lot` may be, else a new one.
    pub fn of_lot(&mut self, sku: &str, lot: &LotSeen) -> Named {
        let mut batch = Batch { sku: sku.to_owned(), lot: Some(lot.text.clone()) };
        let mut was = None;
        if !self.seen.contains_key(&batch) {
            match self.alike(sku, lot) {
                Some(known) if lot.from_code => was = Some(known),
                Some(known) => batch = known,
                None => {}
            }
        }
        if lot.from_code {
            let counted = was.as_ref().and_then(|was| self.seen.remove(was));
            let counted = self.seen.entry(batch.clone()).or_insert(counted.unwrap_or_default());
            counted.from_code = true;
        }
        Named { batch, was }
    }

    /// The batch seen last whose lot `lot` may be.
    fn alike(&self, sku: &str, lot: &LotSeen) -> Option<Batch> {
        let is_one = |batch: &Batch, counted: &Counted| {
            let name = batch.lot.as_deref().map(LotSeen::printed);
            let name = name.map(|name| LotSeen { from_code: counted.from_code, ..name });
            batch.sku == sku && name.is_some_and(|name| name.agrees_with(lot))
        };
        let alike = self.seen.iter().filter(|(batch, counted)| is_one(batch, counted));
        alike.max_by_key(|(_, counted)| counted.last).map(|(batch, _)| batch.clone())
    }

    /// One more item of `batch`. Returns what was seen of it, and whether it became suspect by this item.
    pub fn item(&mut self, batch: &Batch, failed: bool) -> (Seen, bool) {
        self.clock += 1;
        let Counted { seen, last, .. } = self.seen.entry(batch.clone()).or_default();
        *last = self.clock;
        seen.items += 1;
        seen.failed += u64::from(failed);
        let became = !seen.suspect && self.test.is_suspect(seen.items, seen.failed);
        seen.suspect |= became;
        let seen = *seen;
        self.forget_the_oldest();
        (seen, became)
    }

    /// Starts counting `batch` anew: what was seen is answered for, for example by lifting its hold.
    pub fn restart(&mut self, batch: &Batch) {
        self.seen.remove(batch);
    }

    fn forget_the_oldest(&mut self) {
        if self.seen.len() > BATCHES_MAX {
            let oldest = self.seen.iter().min_by_key(|(_, counted)| counted.last);
            if let Some(oldest) = oldest.map(|(batch, _)| batch.clone()) {
                self.seen.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEST: BatchTest =
        BatchTest { ordinary_share: 0.01, suspect_share: 0.1, false_alarm: 0.001 };

    fn batch(lot: &str) -> Batch {
        Batch { sku: "tea".to_owned(), lot: Some(lot.to_owned()) }
    }

    /// Uniform numbers from 0 to 1 (splitmix64: Steele et al., OOPSLA 2014).
    fn uniform(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// The item by which a batch failing at `share` became suspect, among `items`.
    fn suspect_at(share: f64, items: u64, seed: u64) -> Option<u64> {
        let mut batches = Batches::new(TEST, []);
        let mut uniform = uniform(seed);
        (1..=items).find(|_| batches.item(&batch("A"), uniform() < share).1)
    }

    #[test]
    fn a_batch_that_fails_at_the_suspect_share_is_suspect_within_the_promised_items() {
        let promised = TEST.items_until_suspect(0.1, 0.99).unwrap();
        let half = TEST.items_until_suspect(0.1, 0.5).unwrap();
        assert!(half < promised && promised < 200, "{half}, {promised}");
        let runs = 2_000;
        let within = |limit| {
            (0..runs).filter(|seed| suspect_at(0.1, limit, *seed).is_some()).count() as f64
                / f64::from(runs as u32)
        };
        // 2,000 runs tell 99 % within 0.7 of a percent, and 50 % within 3.4, three standard errors.
        assert!((within(promised) - 0.99).abs() < 0.01, "{}", within(promised));
        assert!((within(half) - 0.5).abs() < 0.06, "{}", within(half));
    }

    #[test]
    fn ordinary_batches_are_seldom_suspect_however_long_they_are() {
        let alarms = (0..2_000).filter(|seed| suspect_at(0.01, 3_000, *seed).is_some()).count();
        // At most 0.1 % of 2,000 are expected: 2. More than 9 would be one chance in 20,000.
        assert!(alarms <= 9, "{alarms} false alarms in 2,000 batches");
    }

    #[test]
    fn a_run_of_failures_is_suspect_at_once_and_stays_so() {
        let mut batches = Batches::new(TEST, []);
        let became: Vec<bool> = (0..5).map(|_| batches.item(&batch("A"), true).1).collect();
        assert_eq!(became, [false, false, true, false, false]);
        for _ in 0..1_000 {
            assert!(!batches.item(&batch("A"), false).1);
        }
        assert_eq!(batches.seen(&batch("A")), Seen { items: 1_005, failed: 5, suspect: true });
        assert_eq!(batches.seen(&batch("B")), Seen::default(), "the other lot is no part of it");
    }

    #[test]
    fn counting_starts_anew_once_a_batch_is_answered_for() {
        let mut batches =
            Batches::new(TEST, [(batch("A"), Seen { items: 2, failed: 2, suspect: false })]);
        batches.restart(&batch("A"));
        assert!(!batches.item(&batch("A"), true).1);
    }

    #[test]
    fn an_earlier_runs_counts_go_on_and_the_oldest_batch_is_forgotten_first() {
        let two = Seen { items: 2, failed: 2, suspect: false };
        let mut batches = Batches::new(TEST, [(batch("A"), two), (batch("B"), two)]);
        assert!(batches.item(&batch("A"), true).1);
        for lot in 0..BATCHES_MAX - 1 {
            batches.item(&batch(&lot.to_string()), false);
        }
        assert_eq!(batches.seen(&batch("B")), Seen::default());
        assert_eq!(batches.seen(&batch("A")).items, 3);
    }

    /// The lots of the batches in which items count whose labels say these lots, in turn.
    fn counted_as(lots: &[LotSeen]) -> Vec<(Option<String>, u64)> {
        let mut batches = Batches::new(TEST, []);
        let count = |lot| {
            let Named { batch, .. } = batches.of_lot("tea", lot);
            let (seen, _) = batches.item(&batch, false);
            (batch.lot, seen.items)
        };
        lots.iter().map(count).collect()
    }

    fn code(lot: &str) -> LotSeen {
        LotSeen { from_code: true, ..LotSeen::printed(lot) }
    }

    #[test]
    fn a_misread_lot_counts_in_the_batch_that_it_may_be_one_with() {
        let print = LotSeen::printed;
        let counted = |lots: &[LotSeen]| -> Vec<(String, u64)> {
            counted_as(lots).into_iter().map(|(lot, items)| (lot.unwrap(), items)).collect()
        };
        let of = |lots: &[(&str, u64)]| -> Vec<(String, u64)> {
            lots.iter().map(|(lot, items)| ((*lot).to_owned(), *items)).collect()
        };
        let read = [print("A2210"), print("A221O"), print("B7"), print("A22IO"), print("A2210")];
        let one = [("A2210", 1), ("A2210", 2), ("B7", 1), ("A2210", 3), ("A2210", 4)];
        assert_eq!(counted(&read), of(&one));
        // Codes are not misread: these are two lots, and print goes to the one that was seen last.
        let read = [code("A2210"), code("A221O"), print("AZZIO"), code("A2210"), print("AZZIO")];
        let two = [("A2210", 1), ("A221O", 1), ("A221O", 2), ("A2210", 2), ("A2210", 3)];
        assert_eq!(counted(&read), of(&two));
        // A code corrects the name.
        let read = [print("A221O"), code("A2210"), print("A221O")];
        assert_eq!(counted(&read), of(&[("A221O", 1), ("A2210", 2), ("A2210", 3)]));
    }

    #[test]
    fn the_lots_of_two_skus_are_two_batches_however_alike() {
        let mut batches = Batches::new(TEST, [(batch("A2210"), Seen::default())]);
        let named = batches.of_lot("soap", &LotSeen::printed("A221O"));
        assert_eq!(named.batch, Batch { sku: "soap".to_owned(), lot: Some("A221O".to_owned()) });
        let named = batches.of_lot("tea", &code("A221O"));
        assert_eq!((named.batch, named.was), (batch("A221O"), Some(batch("A2210"))));
    }

    #[test]
    fn shares_that_make_no_test_are_refused() {
        for (ordinary, suspect, alarm) in [
            (0.0, 0.1, 0.1),
            (0.1, 0.1, 0.1),
            (0.1, 1.0, 0.1),
            (0.1, 0.2, 0.0),
            (f64::NAN, 0.1, 0.1),
        ] {
            assert_eq!(BatchTest::new(ordinary, suspect, alarm), None);
        }
    }

    #[test]
    fn a_share_below_the_ordinary_one_is_promised_nothing() {
        assert_eq!(TEST.items_until_suspect(0.005, 0.5), None);
    }

    proptest! {
        #[test]
        fn one_more_failure_never_makes_a_batch_less_suspect(items in 1u64..5_000, failed in 0u64..200) {
            let failed = failed.min(items);
            if TEST.is_suspect(items, failed) {
                prop_assert!(TEST.is_suspect(items, (failed + 1).min(items)));
                prop_assert!(TEST.is_suspect(items + 1, failed + 1));
            }
        }
    }
}
