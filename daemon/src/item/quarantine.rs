//! **Quarantine**: what is kept from the customers whatever it looks like, and how a batch gets there.
//!
//! Brings [`Holds`] and [`Batches`] together: an item is asked for on sight, counted once its checks have
//! answered, and a lot that becomes suspect by it is put on hold at once where the line file wants that. A
//! batch without a lot is all that there is of a SKU: it is told of, and people decide.
//! Lifting such a hold says that somebody has looked: counting starts anew.
//!
//! No I/O: what is to be stored and told comes back as [`Change`]s.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::item::batches::{Batch, BatchTest, Batches, Named, Seen};
use crate::item::holds::{Hold, HoldError, Holds, Origin, Sight};
use crate::item::lots::LotSeen;
use crate::records::Change;
use crate::wall_clock::WallTime;

/// Who sets the holds of suspect batches.
const BATCH_TEST: &str = "batch test";

/// A batch fails so often that all of it is suspect. The fleet hears of it once for each batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchSuspect {
    /// Which batch.
    #[serde(flatten)]
    pub batch: Batch,
    /// What was seen of it.
    #[serde(flatten)]
    pub seen: Seen,
    /// The share at which every batch may fail.
    pub ordinary_share: f64,
    /// The probability with which an ordinary batch is ever found suspect, at most.
    pub false_alarm: f64,
    /// The hold that this box has set; null where the line file wants none.
    pub hold: Option<Hold>,
    /// What happened and what to do, in plain words.
    pub words: String,
}

/// Holds and batch counts.
#[derive(Debug)]
pub struct Quarantine {
    holds: Holds,
    batches: Batches,
    /// How long a suspect lot is held; `None` where it is only told of.
    hold_for: Option<SignedDuration>,
}

impl Quarantine {
    /// Goes on from what an earlier run stored.
    pub fn new(
        test: BatchTest,
        hold_for: Option<SignedDuration>,
        holds: Vec<(Origin, Hold)>,
        batches: Vec<(Batch, Seen)>,
    ) -> Self {
        Self { holds: Holds::new(holds), batches: Batches::new(test, batches), hold_for }
    }

    /// The holds.
    pub fn holds(&self) -> &Holds {
        &self.holds
    }

    /// The batches that fail too often.
    pub fn suspects(&self) -> Vec<(Batch, Seen)> {
        self.batches.suspects()
    }

    /// Whether an item of `sku` is held.
    pub fn on_sight(&self, sku: Option<&str>, lots: &[LotSeen], now: WallTime) -> Sight {
        self.holds.on_sight(sku, lots, now)
    }

    /// Counts one inspected item of `sku`, whose label says `lot`.
    pub fn count(
        &mut self,
        sku: &str,
        lot: Option<&LotSeen>,
        failed: bool,
        now: WallTime,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let batch = &match lot.map(|lot| self.batches.of_lot(sku, lot)) {
            None => Batch { sku: sku.to_owned(), lot: None },
            Some(Named { batch, was }) => {
                if let Some(was) = was {
                    changes.extend(self.renamed(was, &batch));
                }
                batch
            }
        };
        let (seen, became_suspect) = self.batches.item(batch, failed);
        changes.push(Change::Batch(batch.clone(), Some(seen)));
        if became_suspect {
            let hold_for = self.hold_for.filter(|_| batch.lot.is_some());
            let hold = hold_for.map(|time| hold_of(batch, seen, now, time));
            let set = hold.map(|hold| self.holds.set(hold.clone()).map(|()| hold)).transpose();
            if let Ok(Some(_)) = &set {
                changes.push(self.kept());
            }
            changes.push(Change::BatchSuspect(self.news(batch, seen, set)));
        }
        changes
    }

    /// A batch has another name: its hold holds what is called so.
    fn renamed(&mut self, was: Batch, is: &Batch) -> Vec<Change> {
        let of_was =
            |hold: &Hold| hold.by == BATCH_TEST && hold.sku == was.sku && hold.lot == was.lot;
        let own = self.holds.iter().filter(|(origin, hold)| *origin == Origin::Box && of_was(hold));
        let own: Vec<Hold> = own.map(|(_, hold)| hold.clone()).collect();
        let mut changes = vec![Change::Batch(was, None)];
        for hold in own {
            // A lot from a code is no longer than one of a list, so it is taken.
            if self.holds.set(Hold { lot: is.lot.clone(), ..hold }).is_ok() {
                changes.push(self.kept());
            }
        }
        changes
    }

    /// The fleet's list of holds has come.
    ///
    /// # Errors
    /// [`HoldError`]; the holds stay as they are.
    pub fn replace(&mut self, origin: Origin, list: Vec<Hold>) -> Result<Vec<Change>, HoldError> {
        let changed = self.holds.replace(origin, list)?;
        Ok(if changed { vec![self.kept()] } else { Vec::new() })
    }

    /// Somebody sets a hold here.
    ///
    /// # Errors
    /// [`HoldError`].
    pub fn set(&mut self, hold: Hold) -> Result<Vec<Change>, HoldError> {
        self.holds.set(hold)?;
        Ok(vec![self.kept()])
    }

    /// The fleet lifts holds of this box; those that are not there any more count as lifted.
    pub fn lift_all(&mut self, ids: &[String]) -> Vec<Change> {
        ids.iter().filter_map(|id| self.lift(id).ok()).flat_map(|(_, changes)| changes).collect()
    }

    /// Somebody lifts a hold of this box. Returns it, and what is to be stored.
    ///
    /// # Errors
    /// [`HoldError::Unknown`].
    pub fn lift(&mut self, id: &str) -> Result<(Hold, Vec<Change>), HoldError> {
        let hold = self.holds.lift(id)?;
        let mut changes = vec![self.kept()];
        if hold.by == BATCH_TEST {
            let batch = Batch { sku: hold.sku.clone(), lot: hold.lot.clone() };
            self.batches.restart(&batch);
            changes.push(Change::Batch(batch, None));
        }
        Ok((hold, changes))
    }

    /// Takes away what has expired.
    pub fn expire(&mut self, now: WallTime) -> Vec<Change> {
        if self.holds.expire(now).is_empty() { Vec::new() } else { vec![self.kept()] }
    }

    fn kept(&self) -> Change {
        Change::Holds(self.holds.iter().map(|(origin, hold)| (origin, hold.clone())).collect())
    }

    /// The news of a suspect batch. `hold` is the hold on it, `None` where nobody wants one, or the reason why
    /// it could not be set.
    fn news(
        &self,
        batch: &Batch,
        seen: Seen,
        hold: Result<Option<Hold>, HoldError>,
    ) -> BatchSuspect {
        let test = self.batches.test();
        let Seen { items, failed, .. } = seen;
        let done = match &hold {
            Ok(Some(hold)) => format!("it is on hold here (hold `{}`)", hold.id),
            Ok(None) => "nothing is on hold".to_owned(),
            Err(refused) => format!("it is NOT on hold, since its hold cannot be set: {refused}"),
        };
        let words = format!(
            "{failed} of {items} items of {batch} failed; {done}. Look at the records of these items, then \
             hold the batch for all boxes, or lift the hold"
        );
        BatchSuspect {
            batch: batch.clone(),
            seen,
            ordinary_share: test.ordinary_share(),
            false_alarm: test.false_alarm(),
            hold: hold.unwrap_or(None),
            words,
        }
    }
}

/// The hold of a suspect lot. While the clock is doubted nobody knows when it is over: it has no end then,
/// rather than one that has passed as soon as the clock is right.
fn hold_of(batch: &Batch, seen: Seen, now: WallTime, time: SignedDuration) -> Hold {
    let Seen { items, failed, .. } = seen;
    let no_end = match now.trusted_at() {
        Some(_) => "",
        None => "; it holds until it is lifted, since the clock was not trusted when it was set",
    };
    let set_at = now.at();
    let lot = batch.lot.as_deref().map(|lot| format!("/{lot}")).unwrap_or_default();
    Hold {
        // With its time: who lifts it does not lift the next one of the same batch.
        id: format!("batch:{}{lot}@{set_at:.0}", batch.sku),
        sku: batch.sku.clone(),
        lot: batch.lot.clone(),
        why: format!("{failed} of {items} items failed{no_end}"),
        by: BATCH_TEST.to_owned(),
        set_at,
        // A clock near the end of time: the hold then stays until it is lifted.
        expires_at: now.trusted_at().and_then(|now| now.checked_add(time).ok()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::item::holds::HOLDS_MAX;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn now(second: i64) -> WallTime {
        WallTime::trusted(at(second))
    }

    fn quarantine(hold_for: Option<SignedDuration>) -> Quarantine {
        let test = BatchTest::new(0.01, 0.1, 0.001).unwrap();
        Quarantine::new(test, hold_for, Vec::new(), Vec::new())
    }

    fn lot(lot: &str) -> Batch {
        Batch { sku: "tea".to_owned(), lot: Some(lot.to_owned()) }
    }

    fn fail(quarantine: &mut Quarantine, items: usize) -> Vec<Change> {
        let lot = LotSeen::printed("A");
        (0..items).map(|_| quarantine.count("tea", Some(&lot), true, now(10))).last().unwrap()
    }

    #[test]
    fn a_batch_that_becomes_suspect_is_held_at_once_and_the_fleet_is_told() {
        let mut quarantine = quarantine(Some(SignedDuration::from_hours(24)));
        let changes = fail(&mut quarantine, 3);
        let Sight::Held(hold) = quarantine.on_sight(Some("tea"), &[LotSeen::printed("A")], now(11))
        else {
            panic!("lot A is free");
        };
        assert_eq!(hold.expires_at, Some(at(10 + 86_400)));
        assert_eq!(
            quarantine.on_sight(Some("tea"), &[LotSeen::printed("B")], now(11)),
            Sight::Free
        );
        let [Change::Batch(..), Change::Holds(kept), Change::BatchSuspect(news)] = &changes[..]
        else {
            panic!("{changes:?}");
        };
        assert_eq!(kept, &[(Origin::Box, hold.clone())]);
        assert_eq!(news.hold.as_ref(), Some(&hold));
        assert!(news.words.starts_with("3 of 3 items of lot A of tea failed"), "{}", news.words);
    }

    #[test]
    fn where_the_line_file_wants_no_hold_the_fleet_is_told_all_the_same() {
        let mut quarantine = quarantine(None);
        let changes = fail(&mut quarantine, 3);
        assert!(matches!(&changes[1], Change::BatchSuspect(news) if news.hold.is_none()));
        assert_eq!(
            quarantine.on_sight(Some("tea"), &[LotSeen::printed("A")], now(11)),
            Sight::Free
        );
    }

    #[test]
    fn a_batch_without_a_lot_is_told_of_and_not_held() {
        let mut quarantine = quarantine(Some(SignedDuration::from_hours(24)));
        let changes = (0..3).map(|_| quarantine.count("tea", None, true, now(10))).last().unwrap();
        assert!(matches!(&changes[1], Change::BatchSuspect(news) if news.hold.is_none()));
        assert_eq!(quarantine.on_sight(Some("tea"), &[], now(11)), Sight::Free);
    }

    #[test]
    fn misreadings_do_not_keep_a_bad_lot_from_being_held() {
        let mut quarantine = quarantine(Some(SignedDuration::from_hours(24)));
        let read = ["B2210", "82210", "B221O"].map(LotSeen::printed);
        let count = |lot| quarantine.count("tea", Some(lot), true, now(10));
        let changes = read.iter().map(count).last().unwrap();
        assert!(matches!(changes.last(), Some(Change::BatchSuspect(_))), "{changes:?}");
        let sight = quarantine.on_sight(Some("tea"), &[LotSeen::printed("BZZIO")], now(11));
        assert!(matches!(sight, Sight::Held(_)), "{sight:?}");
        // A code tells how the lot is really called: its items are held, and those of its namesake not.
        let code = |text| LotSeen { from_code: true, ..LotSeen::printed(text) };
        let changes = quarantine.count("tea", Some(&code("8221O")), true, now(12));
        assert_eq!(changes[0], Change::Batch(lot("B2210"), None));
        assert!(matches!(&changes[1], Change::Holds(holds) if holds.len() == 1), "{changes:?}");
        let [.., Change::Batch(batch, Some(seen))] = &changes[..] else { panic!("{changes:?}") };
        assert_eq!((batch, seen.failed), (&lot("8221O"), 4));
        let sight = quarantine.on_sight(Some("tea"), &[code("8221O")], now(13));
        let Sight::Held(hold) = sight else { panic!("{sight:?}") };
        assert_eq!(quarantine.on_sight(Some("tea"), &[code("B2210")], now(13)), Sight::Free);
        quarantine.lift(&hold.id).unwrap();
        let [Change::Batch(_, Some(seen))] =
            &quarantine.count("tea", Some(&code("8221O")), true, now(14))[..]
        else {
            panic!("the count does not start anew");
        };
        assert_eq!(seen.items, 1);
    }

    #[test]
    fn lifting_a_batchs_hold_ends_it_and_starts_the_count_anew() {
        let mut quarantine = quarantine(Some(SignedDuration::from_hours(24)));
        fail(&mut quarantine, 3);
        let (_, changes) = quarantine.lift("batch:tea/A@1970-01-01T00:00:10Z").unwrap();
        assert_eq!(changes, [Change::Holds(Vec::new()), Change::Batch(lot("A"), None)]);
        assert_eq!(
            quarantine.on_sight(Some("tea"), &[LotSeen::printed("A")], now(11)),
            Sight::Free
        );
        assert_eq!(fail(&mut quarantine, 2).len(), 1, "two failures are not suspect yet");
    }

    #[test]
    fn a_hold_that_cannot_be_set_is_told_as_not_set_with_the_reason() {
        let mut quarantine = quarantine(Some(SignedDuration::from_hours(24)));
        for number in 0..HOLDS_MAX {
            let set_at = at(0);
            let (id, sku) = (number.to_string(), "soap".to_owned());
            let (why, by) = ("leaks".to_owned(), "quality".to_owned());
            quarantine.set(Hold { id, sku, lot: None, why, by, set_at, expires_at: None }).unwrap();
        }
        let changes = fail(&mut quarantine, 3);
        let [_, Change::BatchSuspect(news)] = &changes[..] else { panic!("{changes:?}") };
        assert_eq!(news.hold, None);
        assert!(news.words.contains("NOT on hold") && news.words.contains("too many"), "{news:?}");
        assert_eq!(
            quarantine.on_sight(Some("tea"), &[LotSeen::printed("A")], now(11)),
            Sight::Free
        );
    }

    #[test]
    fn a_hold_that_expires_leaves_the_batch_suspect_and_is_not_set_again() {
        let mut quarantine = quarantine(Some(SignedDuration::from_secs(5)));
        fail(&mut quarantine, 3);
        assert_eq!(quarantine.expire(now(15)), [Change::Holds(Vec::new())]);
        assert_eq!(fail(&mut quarantine, 3).len(), 1);
    }

    #[test]
    fn a_lot_that_becomes_suspect_under_a_doubted_clock_is_held_until_it_is_lifted() {
        let mut quarantine = quarantine(Some(SignedDuration::from_hours(24)));
        let in_1970 = WallTime::doubted(at(10));
        let a = LotSeen::printed("A");
        let count = |_| quarantine.count("tea", Some(&a), true, in_1970);
        let changes = (0..3).map(count).last().unwrap();
        let Change::BatchSuspect(news) = &changes[2] else { panic!("{changes:?}") };
        let hold = news.hold.as_ref().unwrap();
        assert_eq!(hold.expires_at, None);
        assert!(hold.why.contains("until it is lifted"), "{}", hold.why);
        // The clock is set right: 24 hours after 1970 are long over.
        assert_eq!(quarantine.expire(now(1_800_000_000)), []);
        let sight = quarantine.on_sight(Some("tea"), &[LotSeen::printed("A")], now(1_800_000_000));
        assert!(matches!(sight, Sight::Held(_)), "{sight:?}");
    }
}
