//! The database's tables and how they change from version to version.
//!
//! `user_version` counts the [`MIGRATIONS`] that a file has seen. A migration is never edited once
//! released; a change is a new one at the end. Times are microseconds since 1970 UTC, so that they
//! sort; the record itself is kept whole as JSON (`body`), and only what is searched for stands in
//! columns of its own.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::StoreError;

/// How long a statement waits for another process's lock: inspectctl reads for milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Each brings a file from version `index` to `index + 1`.
const MIGRATIONS: [&str; 6] = [
    "
    CREATE TABLE record (
        boot       TEXT    NOT NULL,
        item       INTEGER NOT NULL,
        sku        TEXT    NOT NULL,
        entered_at INTEGER NOT NULL,
        closed     INTEGER NOT NULL,
        verdict    TEXT,    -- pass, divert, uninspected; none while it is being inspected
        cause      TEXT,    -- why it was not inspected
        outcome    TEXT,    -- passed, diverted, lost, wrong_lane, ambiguous
        summary_id INTEGER, -- the message that owes its summary to the fleet
        body       TEXT    NOT NULL,
        PRIMARY KEY (boot, item)
    ) STRICT;
    CREATE INDEX record_by_time ON record (entered_at);
    CREATE INDEX record_by_sku ON record (sku, entered_at);
    CREATE INDEX record_open ON record (entered_at) WHERE closed = 0;

    -- AUTOINCREMENT: an id is never used twice, whatever was deleted.
    CREATE TABLE outbox (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        kind       TEXT    NOT NULL,
        boot       TEXT    NOT NULL,
        at         INTEGER NOT NULL,
        lost       INTEGER NOT NULL DEFAULT 0, -- messages whose loss this one reports
        lost_from  INTEGER,                    -- the oldest of them
        body       TEXT    NOT NULL
    ) STRICT;
    CREATE TABLE outbox_total (
        row          INTEGER PRIMARY KEY CHECK (row = 1),
        acknowledged INTEGER NOT NULL,
        lost         INTEGER NOT NULL
    ) STRICT;
    INSERT INTO outbox_total VALUES (1, 0, 0);
",
    "
    CREATE TABLE hold (
        origin TEXT NOT NULL, -- site, fleet, box
        body   TEXT NOT NULL
    ) STRICT;
    -- A row is replaced whenever an item of its batch is counted: by rowid, the newest come last.
    CREATE TABLE batch (
        sku     TEXT    NOT NULL,
        lot     TEXT    NOT NULL, -- empty where no lot is known
        items   INTEGER NOT NULL,
        failed  INTEGER NOT NULL,
        suspect INTEGER NOT NULL,
        PRIMARY KEY (sku, lot)
    ) STRICT;
    CREATE TABLE expectation (
        origin TEXT NOT NULL, -- site, fleet, file, look_up
        sku    TEXT NOT NULL,
        body   TEXT NOT NULL,
        PRIMARY KEY (origin, sku)
    ) STRICT;
",
    "
    -- 1 where the clock was doubted when the item entered: entered_at may be wrong by years.
    ALTER TABLE record ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX record_doubted ON record (doubted) WHERE doubted = 1;
",
    "
    CREATE TABLE unnumbered (
        boot    TEXT    NOT NULL,
        event   INTEGER NOT NULL, -- the bridge's number of the event
        seen_at INTEGER NOT NULL,
        eye     TEXT    NOT NULL,
        why     TEXT    NOT NULL,
        doubted INTEGER NOT NULL, -- 1 where the clock was doubted: seen_at may be wrong by years
        PRIMARY KEY (boot, event)
    ) STRICT;
    CREATE INDEX unnumbered_by_time ON unnumbered (seen_at);
",
    "
    -- For the page's counts: they are answered from these alone, but for the reasons of diverted items.
    CREATE INDEX record_by_verdict ON record (entered_at, verdict);
    CREATE INDEX record_diverted ON record (entered_at) WHERE verdict = 'divert';
",
    "
    -- What people said of items. It goes with its record.
    CREATE TABLE answer (
        boot TEXT    NOT NULL,
        item INTEGER NOT NULL,
        at   INTEGER NOT NULL,
        body TEXT    NOT NULL,
        PRIMARY KEY (boot, item)
    ) STRICT;
    CREATE TRIGGER answer_goes_with_its_record AFTER DELETE ON record BEGIN
        DELETE FROM answer WHERE boot = old.boot AND item = old.item;
    END;
",
];

/// The version that this program reads and writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// Opens the database for its one writer; creates it or brings it up to date.
///
/// # Errors
/// [`StoreError`], also for a newer schema.
pub fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let sqlite = |source| StoreError::sqlite(path, source);
    let mut db = Connection::open(path).map_err(sqlite)?;
    db.busy_timeout(BUSY_TIMEOUT).map_err(sqlite)?;
    db.pragma_update(None, "journal_mode", "WAL").map_err(sqlite)?;
    db.pragma_update(None, "synchronous", "FULL").map_err(sqlite)?;
    db.pragma_update(None, "foreign_keys", true).map_err(sqlite)?;
    let found = version(&db, path)?;
    if found > VERSION {
        return Err(StoreError::NewerSchema { path: path.into(), found, known: VERSION });
    }
    for (known, migration) in (0..).zip(MIGRATIONS) {
        if known >= found {
            let step =
                db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
            step.execute_batch(migration).map_err(sqlite)?;
            step.pragma_update(None, "user_version", known + 1).map_err(sqlite)?;
            step.commit().map_err(sqlite)?;
        }
    }
    Ok(db)
}

/// Opens the database for reading beside its writer.
///
/// # Errors
/// [`StoreError`], also for a schema of another version, which a reader cannot change.
pub fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.into() });
    }
    let sqlite = |source| StoreError::sqlite(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    db.busy_timeout(BUSY_TIMEOUT).map_err(sqlite)?;
    match version(&db, path)? {
        found if found > VERSION => {
            Err(StoreError::NewerSchema { path: path.into(), found, known: VERSION })
        }
        found if found < VERSION => {
            Err(StoreError::OlderSchema { path: path.into(), found, known: VERSION })
        }
        _ => Ok(db),
    }
}

fn version(db: &Connection, path: &Path) -> Result<i64, StoreError> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| StoreError::sqlite(path, source))
}
