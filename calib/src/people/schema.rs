//! The page's database: its tables, and how they change from version to version.
//!
//! `user_version` counts the [`MIGRATIONS`] that a file has seen. A migration is never edited once
//! released; a change is a new one at the end. Times are microseconds since 1970 UTC.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::PeopleError;

/// The file's name in the page's folder.
pub(super) const DATABASE: &str = "page.db";

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Each brings a file from version `index` to `index + 1`.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE person (
        name       TEXT    NOT NULL PRIMARY KEY COLLATE NOCASE,
        role       TEXT    NOT NULL, -- viewer, technician, engineer
        password   TEXT    NOT NULL, -- argon2id, in PHC's notation
        since      INTEGER NOT NULL,
        generation INTEGER NOT NULL  -- changes of password and role
    ) STRICT;
    -- AUTOINCREMENT: an id is never used twice, whatever was deleted.
    CREATE TABLE audit (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        at      INTEGER NOT NULL,
        who     TEXT    NOT NULL,
        address TEXT    NOT NULL,
        what    TEXT    NOT NULL,
        subject TEXT    NOT NULL, -- the person, hold, key or SKU that was changed
        before  TEXT    NOT NULL,
        after   TEXT    NOT NULL
    ) STRICT;
"];

/// Opens the database; creates it or brings it up to date.
pub(super) fn open(path: &Path) -> Result<Connection, PeopleError> {
    let sqlite = |source| PeopleError::Database { path: path.into(), source };
    let mut db = Connection::open(path).map_err(sqlite)?;
    db.busy_timeout(BUSY_TIMEOUT).map_err(sqlite)?;
    db.pragma_update(None, "journal_mode", "WAL").map_err(sqlite)?;
    db.pragma_update(None, "synchronous", "FULL").map_err(sqlite)?;
    let version = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get(0));
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    for (number, migration) in (0..).zip(MIGRATIONS) {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        let found: i64 = version(&step).map_err(sqlite)?;
        if found <= number {
            step.execute_batch(migration).map_err(sqlite)?;
            step.pragma_update(None, "user_version", number + 1).map_err(sqlite)?;
        }
        step.commit().map_err(sqlite)?;
    }
    let found: i64 = version(&db).map_err(sqlite)?;
    if found > known {
        return Err(PeopleError::Newer { path: path.into(), found, known });
    }
    Ok(db)
}
