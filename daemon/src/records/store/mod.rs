//! The store's writing half: changes go in by transactions, and nothing else changes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use line::protocol::{Outcome, Verdict};
use meaning::expectation::Expectation;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::item::batches::{Batch, Seen};
use crate::item::holds::{Hold, Origin};
use crate::item::quarantine::BatchSuspect;
use crate::wall_clock::wall_now;
use crate::warehouse::expectations::{Catalogue, Source};

use super::answers::{self, Answer};
use super::error::StoreError;
use super::owed::{self, Message, MessageId, OutboxCounts, OwedMessage, signed};
use super::record::{ItemId, Record};
use super::unnumbered::{self, Unnumbered};
use super::{schema, standing};

/// One change of the store.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Keep this open record, in place of what is known of the item. Ignored once it is closed.
    Save(Record),
    /// Keep this record for good, and owe the fleet its summary. Ignored when it is closed already:
    /// the bridge tells some events twice, the fleet hears of an item once. A record without an
    /// outcome may be closed too: the line will never say where the item went.
    Close(Record),
    /// Keep a body that has no number, and owe the fleet the news. Ignored when it is known already.
    Unnumbered(Unnumbered),
    /// Keep what a person said of an item, in place of what was said before. Ignored where there is no record of it.
    Answer(ItemId, Answer),
    /// Owe the fleet this message.
    Owe(Message),
    /// Owe the fleet the news that a batch is suspect.
    BatchSuspect(BatchSuspect),
    /// Keep these holds, in place of all that were kept.
    Holds(Vec<(Origin, Hold)>),
    /// Keep what this source knows of items, in place of what was kept from it.
    Expected(Source, Arc<Catalogue>),
    /// Keep what was seen of a batch; none forgets it.
    Batch(Batch, Option<Seen>),
    /// The broker holds these messages: owe them no longer.
    Acknowledge(Vec<MessageId>),
    /// This message can never be sent, for this reason: owe the fleet the news of its loss instead.
    Skip(MessageId, String),
}

/// What the store needs to know to owe the fleet anything.
#[derive(Debug, Clone)]
pub struct Owing {
    /// This boot of the box.
    pub boot: String,
    /// Messages kept at most; beyond that the oldest are given up.
    pub capacity: u64,
    /// Writes the message that tells of a change: the store does not know what the fleet wants to hear.
    pub tell: fn(News<'_>) -> Result<Message, serde_json::Error>,
}

/// A change that the fleet hears of.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// A record was closed.
    Closed(&'a Record),
    /// A body without a number was seen.
    Unnumbered(&'a Unnumbered),
    /// A batch became suspect.
    BatchSuspect(&'a BatchSuspect),
}

/// The database, open for its one writer.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    path: PathBuf,
    owing: Option<Owing>,
    counts: OutboxCounts,
}

impl Store {
    /// Opens the store in `folder`; creates the folder and the database where they are missing.
    /// Owes the fleet nothing until [`Store::owing`] says so.
    ///
    /// # Errors
    /// [`StoreError`]: no space, no permission, not a database, written by a newer version.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|source| StoreError::io("create", folder, source))?;
        let path = folder.join(super::DATABASE);
        let db = schema::open_writer(&path)?;
        let counts = owed::count(&db).map_err(|source| StoreError::sqlite(&path, source))?;
        Ok(Self { db, path, owing: None, counts })
    }

    /// From now on owes the fleet summaries and alerts.
    #[must_use]
    pub fn owing(mut self, owing: Owing) -> Self {
        self.owing = Some(owing);
        self
    }

    /// Makes all `changes` in one transaction, in their order: all or none.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed then, and the same changes may be tried again.
    pub fn commit<'c>(
        &mut self,
        changes: impl IntoIterator<Item = &'c Change>,
    ) -> Result<(), StoreError> {
        self.try_commit(changes).map_err(|error| error.on(&self.path))
    }

    /// How the outbox stands.
    pub fn outbox(&self) -> OutboxCounts {
        self.counts
    }

    /// The oldest owed messages with an id of at least `from`, at most `limit`, ascending.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub fn read_outbox(
        &self,
        from: MessageId,
        limit: usize,
    ) -> Result<Vec<OwedMessage>, StoreError> {
        owed::read_from(&self.db, from, limit)
            .map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// Every open record, oldest first: the items that were on the belt when inspectd stopped.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub fn open_records(&self) -> Result<Vec<Record>, StoreError> {
        super::reader::select(
            &self.db,
            &self.path,
            "SELECT boot, item, body FROM record WHERE closed = 0 ORDER BY entered_at, item",
            [],
        )
    }

    /// The holds that were kept.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub fn holds(&self) -> Result<Vec<(Origin, Hold)>, StoreError> {
        standing::read_holds(&self.db).map_err(|error| error.on(&self.path))
    }

    /// What was known of items.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub fn expected(&self) -> Result<Vec<(Source, Expectation)>, StoreError> {
        standing::read_expected(&self.db).map_err(|error| error.on(&self.path))
    }

    /// What was seen of each batch, the one seen longest ago first.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub fn batches(&self) -> Result<Vec<(Batch, Seen)>, StoreError> {
        standing::read_batches(&self.db).map_err(|error| error.on(&self.path))
    }

    /// Deletes at most `limit` bodies without a number that were seen before `before`, and what a doubted
    /// clock dated before them. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub fn delete_unnumbered(
        &mut self,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.db
            .execute(
                "DELETE FROM unnumbered WHERE rowid IN (
                     SELECT rowid FROM unnumbered
                     WHERE doubted = 0 AND seen_at < ?1
                        OR doubted = 1 AND rowid < (
                            SELECT max(rowid) FROM unnumbered WHERE doubted = 0 AND seen_at < ?1)
                     LIMIT ?2)",
                params![before.as_microsecond(), signed(limit as u64)],
            )
            .map_err(|source| StoreError::sqlite(&self.path, source))
    }

    /// When the newest item entered whose time was trusted.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read.
    pub fn newest_trusted(&self) -> Result<Option<Timestamp>, StoreError> {
        let newest = self.db.query_row(
            "SELECT entered_at FROM record WHERE doubted = 0 ORDER BY entered_at DESC LIMIT 1",
            [],
            |row| row.get::<_, i64>(0),
        );
        let newest = newest.optional().map_err(|source| StoreError::sqlite(&self.path, source))?;
        Ok(newest.and_then(|at| Timestamp::from_microsecond(at).ok()))
    }

    /// Deletes at most `limit` closed records that entered before `before` and whose summary the
    /// fleet is not owed any more. Returns how many there were.
    ///
    /// The age of a record that a doubted clock dated is not known, only its place: it goes with the
    /// records that came after it and whose time was trusted.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be written.
    pub fn delete_records(&mut self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.db
            .execute(
                "DELETE FROM record WHERE rowid IN (
                     SELECT record.rowid FROM record
                     LEFT JOIN outbox ON outbox.id = record.summary_id
                     WHERE closed = 1 AND outbox.id IS NULL AND (
                         doubted = 0 AND entered_at < ?1
                         OR doubted = 1 AND record.rowid < (
                             SELECT max(rowid) FROM record WHERE doubted = 0 AND entered_at < ?1))
                     ORDER BY entered_at LIMIT ?2)",
                params![before.as_microsecond(), signed(limit as u64)],
            )
            .map_err(|source| StoreError::sqlite(&self.path, source))
    }

    fn try_commit<'c>(
        &mut self,
        changes: impl IntoIterator<Item = &'c Change>,
    ) -> Result<(), WriteError> {
        let step = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // The counts hold once the transaction does.
        let mut counts = self.counts;
        let owing = self.owing.as_ref();
        for change in changes {
            match change {
                Change::Save(record) => {
                    write(&step, record, false)?;
                }
                Change::Close(record) => close(&step, &mut counts, owing, record)?,
                Change::Unnumbered(body) => {
                    if unnumbered::write(&step, body)? {
                        tell(&step, &mut counts, owing, News::Unnumbered(body))?;
                    }
                }
                Change::Answer(id, answer) => {
                    answers::write(&step, id, answer)?;
                }
                Change::Owe(message) => {
                    if let Some(owing) = owing {
                        owed::append(&step, &mut counts, owing, wall_now(), message)?;
                    }
                }
                Change::BatchSuspect(news) => {
                    tell(&step, &mut counts, owing, News::BatchSuspect(news))?;
                }
                Change::Expected(source, items) => {
                    standing::write_expected(&step, *source, items)?;
                }
                Change::Holds(holds) => standing::write_holds(&step, holds)?,
                Change::Batch(batch, seen) => standing::write_batch(&step, batch, *seen)?,
                Change::Acknowledge(ids) => owed::acknowledge(&step, &mut counts, ids)?,
                Change::Skip(id, reason) => {
                    if let Some(owing) = owing {
                        owed::skip(&step, &mut counts, owing, wall_now(), *id, reason)?;
                    }
                }
            }
        }
        step.commit()?;
        self.counts = counts;
        Ok(())
    }
}

/// Why a transaction was not made; becomes a [`StoreError`] once the path is known.
#[derive(Debug)]
pub(super) enum WriteError {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// A value has no JSON, for example a text that is not valid.
    Json(serde_json::Error),
}

impl WriteError {
    pub(super) fn on(self, path: &Path) -> StoreError {
        match self {
            Self::Sqlite(source) => StoreError::sqlite(path, source),
            Self::Json(source) => {
                StoreError::Malformed { path: path.into(), what: "a new row".into(), source }
            }
        }
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<serde_json::Error> for WriteError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

fn close(
    step: &Transaction<'_>,
    counts: &mut OutboxCounts,
    owing: Option<&Owing>,
    record: &Record,
) -> Result<(), WriteError> {
    if !write(step, record, true)? {
        return Ok(());
    }
    if let Some(id) = tell(step, counts, owing, News::Closed(record))? {
        step.prepare_cached("UPDATE record SET summary_id = ? WHERE boot = ? AND item = ?")?
            .execute(params![signed(id), record.id.boot, signed(record.id.item)])?;
    }
    Ok(())
}

/// Writes the record unless it is closed already; says whether it did.
fn write(step: &Transaction<'_>, record: &Record, closed: bool) -> Result<bool, WriteError> {
    let (verdict, cause) = match &record.verdict {
        Some(Verdict::Pass) => (Some("pass"), None),
        Some(Verdict::Divert { .. }) => (Some("divert"), None),
        Some(Verdict::Uninspected { cause }) => (Some("uninspected"), Some(&**cause)),
        // Nothing is passed off as inspected: an item that left without a verdict was not.
        None if closed => (Some("uninspected"), Some("there was no verdict")),
        None => (None, None),
    };
    let outcome = record.outcome.map(|outcome| match outcome {
        Outcome::Passed => "passed",
        Outcome::Diverted { .. } => "diverted",
        Outcome::Lost => "lost",
        Outcome::WrongLane { .. } => "wrong_lane",
        Outcome::Ambiguous { .. } => "ambiguous",
    });
    let written = step
        .prepare_cached(
            "INSERT INTO record
                 (boot, item, sku, entered_at, closed, verdict, cause, outcome, body, doubted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (boot, item) DO UPDATE
             SET sku = ?3, entered_at = ?4, closed = ?5, verdict = ?6, cause = ?7, outcome = ?8,
                 body = ?9, doubted = ?10
             WHERE closed = 0",
        )?
        .execute(params![
            record.id.boot,
            signed(record.id.item),
            record.sku.as_deref().unwrap_or_default(),
            record.entered_at.as_microsecond(),
            closed,
            verdict,
            cause,
            outcome,
            serde_json::to_string(record)?,
            record.clock_doubted,
        ])?;
    Ok(written == 1)
}

/// Appends the message that tells of `news`, where there is a fleet to owe it to.
fn tell(
    step: &Transaction<'_>,
    counts: &mut OutboxCounts,
    owing: Option<&Owing>,
    news: News<'_>,
) -> Result<Option<MessageId>, WriteError> {
    let Some(owing) = owing else { return Ok(None) };
    let message = (owing.tell)(news)?;
    owed::append(step, counts, owing, wall_now(), &message).map(Some)
}

#[cfg(test)]
mod tests;
