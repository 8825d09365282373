//! The outbox's table: what the fleet is owed, kept until the broker has acknowledged it.
//!
//! The store does not know what a message says: whoever owes it hands over its kind and its body. Only notices
//! of loss ([`Lost`]) are written here. When a message is sent, or sent again, is decided elsewhere. A message is appended in the same transaction as the change that it tells of,
//! so that neither exists without the other.

use jiff::Timestamp;
use line::text::{WORDS_MAX, cut};
use rusqlite::{Connection, OptionalExtension, params};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::{Owing, WriteError};

/// A message's number.
pub type MessageId = u64;

/// Before the reason of a notice that tells of earlier notices, too.
const MERGED: &str = "the outbox was full; some were given up before: ";

/// How the outbox stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Messages that the broker has not acknowledged.
    pub owed: u64,
    /// Messages that it has acknowledged since the database was made.
    pub acknowledged: u64,
    /// Messages given up, because the outbox was full or they could not be sent, since the database was made.
    pub lost: u64,
    /// The highest id given to a message so far; 0 before the first.
    pub last_id: MessageId,
}

/// A message that is to be owed, without the fields that all messages share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is about.
    pub kind: &'static str,
    /// The kind's own fields: a JSON object.
    pub body: String,
}

/// The kind of a notice of loss.
pub const LOST: &str = "lost";

/// `alerts`: messages were given up. Owed in their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// The oldest lost id.
    pub from: MessageId,
    /// The newest lost id.
    pub to: MessageId,
    /// How many of the ids between were lost; the others had been acknowledged.
    pub count: u64,
    /// Why, in plain words; null where the outbox was full. A notice that tells of earlier ones, too, has
    /// the newest of their reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = WORDS_MAX))]
    pub reason: Option<String>,
}

/// A message as the outbox keeps it, without the fields that all messages share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedMessage {
    /// Ascending, never used twice.
    pub id: MessageId,
    /// What it is about.
    pub kind: String,
    /// The box's boot in which it was written.
    pub boot: String,
    /// When it was written.
    pub at: Timestamp,
    /// The kind's own fields: a JSON object.
    pub body: String,
}

/// Reads how the outbox stands, by counting.
pub fn count(db: &Connection) -> Result<OutboxCounts, rusqlite::Error> {
    db.query_row(
        "SELECT (SELECT count(*) FROM outbox), acknowledged, lost,
                coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)
         FROM outbox_total",
        [],
        |row| {
            Ok(OutboxCounts {
                owed: unsigned(row.get(0)?),
                acknowledged: unsigned(row.get(1)?),
                lost: unsigned(row.get(2)?),
                last_id: unsigned(row.get(3)?),
            })
        },
    )
}

/// Appends a message; when the outbox is then too full, gives the oldest up and says so in a
/// further message.
pub fn append(
    db: &Connection,
    counts: &mut OutboxCounts,
    owing: &Owing,
    at: Timestamp,
    message: &Message,
) -> Result<MessageId, WriteError> {
    let mut statement =
        db.prepare_cached("INSERT INTO outbox (kind, boot, at, body) VALUES (?, ?, ?, ?)")?;
    statement.execute(params![message.kind, owing.boot, at.as_microsecond(), message.body])?;
    let id = unsigned(db.last_insert_rowid());
    counts.owed += 1;
    counts.last_id = id;
    let excess = excess(counts.owed, owing.capacity);
    if excess > 0 {
        give_up(db, counts, owing, at, excess)?;
    }
    Ok(id)
}

/// Removes the `excess` oldest messages and appends the notice of their loss. A notice among them
/// is not counted as a message: what it told of passes into the new one, with the newest reason.
fn give_up(
    db: &Connection,
    counts: &mut OutboxCounts,
    owing: &Owing,
    at: Timestamp,
    excess: u64,
) -> Result<(), WriteError> {
    let (mut lost, newly_lost) = db.query_row(
        "SELECT min(coalesce(lost_from, id)), max(id), sum(max(lost, 1)), sum(lost = 0)
         FROM (SELECT * FROM outbox ORDER BY id LIMIT ?)",
        [signed(excess)],
        |row| {
            let lost = Lost {
                from: unsigned(row.get(0)?),
                to: unsigned(row.get(1)?),
                count: unsigned(row.get(2)?),
                reason: None,
            };
            Ok((lost, unsigned(row.get(3)?)))
        },
    )?;
    lost.reason = reason_of_oldest(db, excess)?;
    let removed = db.execute("DELETE FROM outbox WHERE id <= ?", [signed(lost.to)])?;
    report(db, counts, owing, at, &lost)?;
    db.execute("UPDATE outbox_total SET lost = lost + ?", [signed(newly_lost)])?;
    counts.owed -= removed as u64;
    counts.lost += newly_lost;
    Ok(())
}

/// Why some of the `most` oldest messages were given up before, where a notice among them says so: the
/// newest reason, since there may be ever new ones.
fn reason_of_oldest(db: &Connection, most: u64) -> Result<Option<String>, WriteError> {
    let newest = db
        .query_row(
            "SELECT json_extract(body, '$.reason') AS reason
             FROM (SELECT * FROM outbox ORDER BY id LIMIT ?)
             WHERE lost > 0 AND reason IS NOT NULL ORDER BY id DESC LIMIT 1",
            [signed(most)],
            |row| row.get::<_, String>(0),
        )
        .optional()?;
    Ok(newest.map(|reason| {
        let reason = reason.strip_prefix(MERGED).unwrap_or(&reason);
        cut(&format!("{MERGED}{reason}"), WORDS_MAX).into_owned()
    }))
}

/// Gives up one message that can never be sent, and appends the notice of its loss; one that is
/// gone already is not told.
pub fn skip(
    db: &Connection,
    counts: &mut OutboxCounts,
    owing: &Owing,
    at: Timestamp,
    id: MessageId,
    reason: &str,
) -> Result<(), WriteError> {
    if db.execute("DELETE FROM outbox WHERE id = ?", [signed(id)])? == 0 {
        return Ok(());
    }
    let reason = Some(cut(reason, WORDS_MAX).into_owned());
    let lost = Lost { from: id, to: id, count: 1, reason };
    report(db, counts, owing, at, &lost)?;
    db.execute("UPDATE outbox_total SET lost = lost + 1", [])?;
    counts.owed -= 1;
    counts.lost += 1;
    Ok(())
}

/// Appends the notice of a loss.
fn report(
    db: &Connection,
    counts: &mut OutboxCounts,
    owing: &Owing,
    at: Timestamp,
    lost: &Lost,
) -> Result<(), WriteError> {
    db.execute(
        "INSERT INTO outbox (kind, boot, at, lost, lost_from, body) VALUES (?, ?, ?, ?, ?, ?)",
        params![
            LOST,
            owing.boot,
            at.as_microsecond(),
            signed(lost.count),
            signed(lost.from),
            serde_json::to_string(lost)?,
        ],
    )?;
    counts.owed += 1;
    counts.last_id = unsigned(db.last_insert_rowid());
    Ok(())
}

/// Forgets messages that the broker has acknowledged; one that is gone already is not counted.
pub fn acknowledge(
    db: &Connection,
    counts: &mut OutboxCounts,
    ids: &[MessageId],
) -> Result<(), WriteError> {
    let mut delete = db.prepare_cached("DELETE FROM outbox WHERE id = ?")?;
    let mut forgotten = 0;
    for id in ids {
        forgotten += delete.execute([signed(*id)])? as u64;
    }
    db.prepare_cached("UPDATE outbox_total SET acknowledged = acknowledged + ?")?
        .execute([signed(forgotten)])?;
    counts.owed -= forgotten;
    counts.acknowledged += forgotten;
    Ok(())
}

/// The oldest messages with an id of at least `from`, at most `limit`, ascending.
pub fn read_from(
    db: &Connection,
    from: MessageId,
    limit: usize,
) -> Result<Vec<OwedMessage>, rusqlite::Error> {
    let mut statement = db.prepare_cached(
        "SELECT id, kind, boot, at, body FROM outbox WHERE id >= ? ORDER BY id LIMIT ?",
    )?;
    let rows = statement.query_map(params![signed(from), signed(limit as u64)], |row| {
        let at = row.get(3)?;
        Ok(OwedMessage {
            id: unsigned(row.get(0)?),
            kind: row.get(1)?,
            boot: row.get(2)?,
            at: Timestamp::from_microsecond(at)
                .map_err(|_| malformed(3, "a time out of the calendar's range"))?,
            body: row.get(4)?,
        })
    })?;
    rows.collect()
}

fn malformed(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
}

/// SQLite's integers are signed. Ids and counts stay far below 2^63; a cast there and back keeps
/// even those that do not.
pub fn signed(number: u64) -> i64 {
    number.cast_signed()
}

/// The way back from [`signed`].
pub fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}

/// How many of the oldest messages a full outbox gives up, so that with the notice of it no more
/// than `capacity` are owed; 0 while there is room. One in a hundred goes at a time: a notice for
/// each single message would fill the outbox with notices.
fn excess(owed: u64, capacity: u64) -> u64 {
    if owed <= capacity { 0 } else { owed - capacity + (capacity / 100).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_outbox_gives_up_one_in_a_hundred_at_a_time() {
        assert_eq!(excess(1000, 1000), 0);
        assert_eq!(excess(1001, 1000), 11);
        assert_eq!(excess(1, 0), 2);
    }
}
