//! The audit log: who changed what, when, from what to what. Entries are only ever added, until there
//! are [`MOST_ENTRIES`]; then the oldest go.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::By;

/// Entries that are kept: years of changes, and some ten megabytes.
pub const MOST_ENTRIES: u64 = 100_000;

/// Longest text of one column; a longer one is cut.
const TEXT_MAX: usize = 2000;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Ascending; 0 before it is kept.
    pub id: u64,
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// Who: a person, or the program that was used on the box itself.
    pub who: String,
    /// From which address; empty on the box itself.
    pub address: String,
    /// What was done, for example `role changed`.
    pub what: String,
    /// To which person, hold, key or SKU.
    pub subject: String,
    /// What was there before; empty where nothing was, or where it is secret.
    pub before: String,
    /// What is there now; likewise.
    pub after: String,
}

impl Entry {
    /// A new one. `what` is one of the texts `audit.what.*` of the page, with blanks for underscores.
    pub fn new(
        by: By<'_>,
        what: &str,
        subject: &str,
        before: &str,
        after: &str,
        at: Timestamp,
    ) -> Self {
        let cut = |text: &str| line::text::cut(text, TEXT_MAX).into_owned();
        Self {
            id: 0,
            at,
            who: cut(by.who),
            address: cut(by.address),
            what: what.to_owned(),
            subject: cut(subject),
            before: cut(before),
            after: cut(after),
        }
    }
}

/// Keeps an entry, and lets the oldest go where there are too many.
pub(super) fn write(step: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<()> {
    let Entry { id: _, at, who, address, what, subject, before, after } = entry;
    step.execute(
        "INSERT INTO audit (at, who, address, what, subject, before, after)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![at.as_microsecond(), who, address, what, subject, before, after],
    )?;
    let oldest = step.last_insert_rowid() - i64::try_from(MOST_ENTRIES).unwrap_or(i64::MAX);
    step.execute("DELETE FROM audit WHERE id <= ?", [oldest])?;
    Ok(())
}

/// The newest entries before the one with the id `before`.
pub(super) fn read(
    db: &Connection,
    before: Option<u64>,
    limit: usize,
) -> rusqlite::Result<Vec<Entry>> {
    let before = before.and_then(|id| i64::try_from(id).ok()).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.prepare_cached(
        "SELECT id, at, who, address, what, subject, before, after FROM audit
         WHERE id < ? ORDER BY id DESC LIMIT ?",
    )?
    .query_map([before, limit], |row| {
        Ok(Entry {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            at: Timestamp::from_microsecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH),
            who: row.get(2)?,
            address: row.get(3)?,
            what: row.get(4)?,
            subject: row.get(5)?,
            before: row.get(6)?,
            after: row.get(7)?,
        })
    })?
    .collect()
}
