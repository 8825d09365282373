//! The store's reading half, for the page and inspectctl: opened beside the writer, read-only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, InterruptHandle, OptionalExtension, Params, params, params_from_iter};
use serde::Serialize;

use crate::item::causes;

use super::answers::{self, Answer};
use super::error::StoreError;
use super::fates::{self, Fates, MinuteCount};
use super::filter::Filter;
use super::owed::{self, OutboxCounts, signed, unsigned};
use super::record::{ItemId, Record};
use super::schema;
use super::unnumbered::{self, Unnumbered};

/// How many items had which fate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Items that crossed the entry eye.
    pub entered: u64,
    /// Of these, items whose record is still open.
    pub open: u64,
    /// The exit eye saw them.
    pub passed: u64,
    /// A lane's eye saw them.
    pub diverted: u64,
    /// No eye saw them.
    pub lost: u64,
    /// An eye saw them where they should not have gone.
    pub wrong_lane: u64,
    /// Of which it cannot be told where they went.
    pub ambiguous: u64,
    /// Not inspected, by cause; the most frequent ones by their own (`causes.rs`).
    pub uninspected: BTreeMap<String, u64>,
}

/// The records, open for reading.
#[derive(Debug)]
pub struct Records {
    db: Connection,
    path: PathBuf,
}

impl Records {
    /// Opens the store in `folder` for reading; inspectd may be running or not.
    ///
    /// # Errors
    /// [`StoreError`]: no database there, no permission, another schema version.
    pub fn open_read_only(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(super::DATABASE);
        Ok(Self { db: schema::open_reader(&path)?, path })
    }

    /// The `limit` records that were begun last, the last one first, whatever the clock said meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read; so for every method.
    pub fn recent(&self, limit: usize) -> Result<Vec<Record>, StoreError> {
        let newest = "SELECT boot, item, body FROM record ORDER BY rowid DESC LIMIT ?";
        select(&self.db, &self.path, newest, [signed(limit as u64)])
    }

    /// One item's record.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn by_id(&self, id: &ItemId) -> Result<Option<Record>, StoreError> {
        let found = select(
            &self.db,
            &self.path,
            "SELECT boot, item, body FROM record WHERE boot = ? AND item = ?",
            params![id.boot, signed(id.item)],
        )?;
        Ok(found.into_iter().next())
    }

    /// What a person said of an item.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn answer(&self, id: &ItemId) -> Result<Option<Answer>, StoreError> {
        answers::of(&self.db, id).map_err(|error| error.on(&self.path))
    }

    /// What people said of items that entered at `since` or later.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn answers(&self, since: Timestamp) -> Result<Vec<(ItemId, Answer)>, StoreError> {
        answers::since(&self.db, since).map_err(|error| error.on(&self.path))
    }

    /// The records that the filter asks for, newest first.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn find(&self, filter: &Filter) -> Result<Vec<Record>, StoreError> {
        let (sql, values) = filter.question();
        select(&self.db, &self.path, &sql, params_from_iter(values))
    }

    /// Every SKU of which an item is kept, or expected.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn skus(&self) -> Result<Vec<String>, StoreError> {
        // From one to the next by the index: millions of records have a few SKUs.
        let read = || -> Result<Vec<String>, rusqlite::Error> {
            self.db
                .prepare_cached(
                    "WITH RECURSIVE known (sku) AS (
                         SELECT min(sku) FROM record
                         UNION ALL
                         SELECT (SELECT min(sku) FROM record WHERE sku > known.sku) FROM known
                         WHERE known.sku IS NOT NULL)
                     SELECT sku FROM known WHERE sku <> '' UNION SELECT sku FROM expectation",
                )?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        read().map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// What the holds said that had items diverted which entered at `since` or later: the words of each finding.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn words_of_holds(&self, since: Timestamp) -> Result<Vec<String>, StoreError> {
        let read = || -> Result<Vec<String>, rusqlite::Error> {
            self.db
                .prepare_cached(
                    "SELECT json_extract(finding.value, '$.words')
                     FROM record INDEXED BY record_diverted, json_each(body, '$.findings') AS finding
                     WHERE verdict = 'divert' AND entered_at >= ?
                       AND json_extract(finding.value, '$.check') = 'hold'",
                )?
                .query_map([since.as_microsecond()], |row| row.get(0))?
                .collect()
        };
        read().map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// Ends, from another thread, a question that takes too long.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.db.get_interrupt_handle()
    }

    /// The bodies without a number that were seen in the filter's time, newest first.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn unnumbered(&self, filter: &Filter) -> Result<Vec<Unnumbered>, StoreError> {
        unnumbered::find(&self.db, filter.since, filter.until, filter.limit)
            .map_err(|error| error.on(&self.path))
    }

    /// Counts every item that entered at `since` or later; all that are kept, without it.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn counts(&self, since: Option<Timestamp>) -> Result<Counts, StoreError> {
        self.count(since).map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// What became of the items that entered at `since` or later.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn fates(&self, since: Timestamp) -> Result<Fates, StoreError> {
        fates::count(&self.db, since).map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// How many items entered in each minute from `since` on in which one did.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn minutes(&self, since: Timestamp) -> Result<Vec<MinuteCount>, StoreError> {
        fates::minutes(&self.db, since).map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// How the outbox stands.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn outbox(&self) -> Result<OutboxCounts, StoreError> {
        owed::count(&self.db).map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// When the oldest kept item entered.
    ///
    /// # Errors
    /// See [`Records::recent`].
    pub fn oldest(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest: Option<i64> = self
            .db
            .query_row("SELECT min(entered_at) FROM record", [], |row| row.get(0))
            .optional()
            .map_err(|source| StoreError::sqlite(&self.path, source))?
            .flatten();
        Ok(oldest.and_then(|at| Timestamp::from_microsecond(at).ok()))
    }

    fn count(&self, since: Option<Timestamp>) -> Result<Counts, rusqlite::Error> {
        let mut statement = self.db.prepare_cached(
            "SELECT closed, outcome, cause, count(*) FROM record
             WHERE ?1 IS NULL OR entered_at >= ?1 GROUP BY closed, outcome, cause
             ORDER BY count(*) DESC",
        )?;
        let mut counts = Counts::default();
        let mut rows = statement.query([since.map(Timestamp::as_microsecond)])?;
        while let Some(row) = rows.next()? {
            let (closed, outcome): (bool, Option<String>) = (row.get(0)?, row.get(1)?);
            let (cause, items): (Option<String>, u64) = (row.get(2)?, unsigned(row.get(3)?));
            counts.entered += items;
            if !closed {
                counts.open += items;
            }
            match outcome.as_deref() {
                Some("passed") => counts.passed += items,
                Some("diverted") => counts.diverted += items,
                Some("lost") => counts.lost += items,
                Some("wrong_lane") => counts.wrong_lane += items,
                Some("ambiguous") => counts.ambiguous += items,
                _ => {}
            }
            if let Some(cause) = cause {
                causes::count(&mut counts.uninspected, &cause, items);
            }
        }
        Ok(counts)
    }
}

/// Reads the records that `sql` selects as boot, item, body.
pub(super) fn select(
    db: &Connection,
    path: &Path,
    sql: &str,
    params: impl Params,
) -> Result<Vec<Record>, StoreError> {
    let sqlite = |source| StoreError::sqlite(path, source);
    let mut statement = db.prepare_cached(sql).map_err(sqlite)?;
    let mut rows = statement.query(params).map_err(sqlite)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(sqlite)? {
        let body: String = row.get(2).map_err(sqlite)?;
        let record = serde_json::from_str(&body).map_err(|source| {
            let boot = row.get(0).unwrap_or_else(|_| "?".to_owned());
            let item = row.get(1).unwrap_or(0_i64);
            let what = format!("the record of item {item} of boot {boot}");
            StoreError::Malformed { path: path.into(), what, source }
        })?;
        records.push(record);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::samples::{diverted, passed};
    use crate::records::{Change, Store};

    #[test]
    fn a_search_for_a_sku_is_answered_by_its_index_and_all_skus_are_found_by_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("opened");
        let of =
            |item: u64, sku: Option<&str>| Record { sku: sku.map(str::to_owned), ..passed(item) };
        let skus = [Some("tea"), None, Some("coffee"), Some("tea"), Some("coffee"), Some("tea")];
        let records = (1..).zip(skus).map(|(item, sku)| Change::Close(of(item, sku)));
        let changes: Vec<Change> = records.collect();
        store.commit(&changes).expect("kept");
        let records = Records::open_read_only(folder.path()).expect("opened");
        assert_eq!(records.skus().expect("read"), ["coffee", "tea"]);
        let plan = |filter: Filter| {
            let (sql, values) = Filter { limit: 9, ..filter }.question();
            let mut explain = records.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let words = explain.query_map(params_from_iter(values), |row| row.get::<_, String>(3));
            words.unwrap().collect::<Result<Vec<_>, _>>().unwrap().join("; ")
        };
        let sku = Some("tea".to_owned());
        let (since, reason) = (Some(Timestamp::UNIX_EPOCH), Some("hold".to_owned()));
        for filter in [
            Filter { sku: sku.clone(), ..Filter::default() },
            Filter { sku: sku.clone(), since, ..Filter::default() },
            Filter { sku: sku.clone(), outcome: Some("lost".to_owned()), ..Filter::default() },
        ] {
            let plan = plan(filter);
            assert!(plan.contains("record_by_sku (sku=?"), "{plan}");
        }
        let plan = plan(Filter { sku, reason, ..Filter::default() });
        assert!(
            plan.contains("record_by_sku (sku=?") || plan.contains("record_diverted"),
            "{plan}"
        );
        let found =
            records.find(&Filter { sku: Some("coffee".to_owned()), limit: 9, ..Filter::default() });
        let items: Vec<u64> = found.expect("read").iter().map(|record| record.id.item).collect();
        assert_eq!(items, [5, 3]);
    }

    #[test]
    fn what_was_begun_last_is_the_newest_whatever_the_clock_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path()).expect("opened");
        let first = passed(1);
        let second = Record { entered_at: Timestamp::UNIX_EPOCH, ..diverted(2) };
        let changes = [Change::Close(first.clone()), Change::Close(second.clone())];
        store.commit(&changes).expect("kept");
        let records = Records::open_read_only(folder.path()).expect("opened");
        assert_eq!(records.recent(9).expect("read"), [second, first]);
    }
}
