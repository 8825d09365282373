//! How many items had which fate, counted for the page every few seconds: indexes answer it, so that a
//! day of records is not read for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Connection;

use super::owed::unsigned;

/// What became of the items of a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fates {
    /// Items that crossed the entry eye.
    pub entered: u64,
    /// Of these, those that inspectd let ship.
    pub pass: u64,
    /// For which it asked for a diverter.
    pub divert: u64,
    /// That were not inspected, or left without a verdict.
    pub uninspected: u64,
    /// Those for which it asked for a diverter, by check. An item with two reasons counts for both.
    pub diverts_by_reason: BTreeMap<String, u64>,
    /// Bodies without a number.
    pub unnumbered: u64,
}

/// The items that entered in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteCount {
    /// Minutes since 1970 UTC.
    pub minute: i64,
    /// All of them.
    pub entered: u32,
    /// Of these, those for which inspectd asked for a diverter.
    pub divert: u32,
    /// That were not inspected.
    pub uninspected: u32,
}

/// The fates of the items that entered at `since` or later.
pub(super) fn count(db: &Connection, since: Timestamp) -> rusqlite::Result<Fates> {
    let since = since.as_microsecond();
    let mut fates = Fates::default();
    let mut by_verdict = db.prepare_cached(
        "SELECT verdict, count(*) FROM record WHERE entered_at >= ? GROUP BY verdict",
    )?;
    let mut rows = by_verdict.query([since])?;
    while let Some(row) = rows.next()? {
        let (verdict, items): (Option<String>, u64) = (row.get(0)?, unsigned(row.get(1)?));
        fates.entered += items;
        match verdict.as_deref() {
            Some("pass") => fates.pass += items,
            Some("divert") => fates.divert += items,
            Some("uninspected") => fates.uninspected += items,
            _ => {}
        }
    }
    let mut by_reason = db.prepare_cached(
        "SELECT reason.value, count(*)
         FROM record, json_each(record.body, '$.verdict.reasons') AS reason
         WHERE record.verdict = 'divert' AND record.entered_at >= ? GROUP BY reason.value",
    )?;
    let mut rows = by_reason.query([since])?;
    while let Some(row) = rows.next()? {
        fates.diverts_by_reason.insert(row.get(0)?, unsigned(row.get(1)?));
    }
    let mut bodies = db.prepare_cached("SELECT count(*) FROM unnumbered WHERE seen_at >= ?")?;
    fates.unnumbered = bodies.query_row([since], |row| Ok(unsigned(row.get(0)?)))?;
    Ok(fates)
}

/// The minutes in which items entered, from `since` on.
pub(super) fn minutes(db: &Connection, since: Timestamp) -> rusqlite::Result<Vec<MinuteCount>> {
    db.prepare_cached(
        "SELECT entered_at / 60000000, count(*), sum(verdict IS 'divert'),
                sum(verdict IS 'uninspected')
         FROM record WHERE entered_at >= ? GROUP BY 1",
    )?
    .query_map([since.as_microsecond()], |row| {
        Ok(MinuteCount {
            minute: row.get(0)?,
            entered: row.get(1)?,
            divert: row.get(2)?,
            uninspected: row.get(3)?,
        })
    })?
    .collect()
}
