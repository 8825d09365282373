//! Bodies that crossed an eye and that no item's number explains: put on behind the entry eye, missed
//! by it, or older than the start. Nothing leaves the belt unseen, so each has a row of its own.

use jiff::Timestamp;
use line::protocol::{Eye, UnnumberedWhy};
use rusqlite::{Connection, Transaction, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::owed::{signed, unsigned};
use super::store::WriteError;

/// One body without a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unnumbered {
    /// The bridge's start that told of it.
    pub bridge_boot: String,
    /// The bridge's event: with `bridge_boot` it names this body.
    pub event: u64,
    /// When it crossed the eye.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub seen_at: Timestamp,
    /// Which eye.
    pub eye: Eye,
    /// Why it has no number, as far as can be told.
    pub why: UnnumberedWhy,
    /// Whether the clock was doubted then: `seen_at` may be wrong by years.
    pub clock_doubted: bool,
}

impl Unnumbered {
    /// What happened, in plain words.
    pub fn words(&self) -> String {
        format!("a body without a number crossed {}: {}", self.eye, self.why)
    }
}

/// A row, as it stands in the table.
type Row = (String, i64, i64, String, String, bool);

/// Keeps a body; says whether it was not known yet.
pub(super) fn write(step: &Transaction<'_>, body: &Unnumbered) -> Result<bool, WriteError> {
    let written = step
        .prepare_cached(
            "INSERT OR IGNORE INTO unnumbered (boot, event, seen_at, eye, why, doubted)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            body.bridge_boot,
            signed(body.event),
            body.seen_at.as_microsecond(),
            serde_json::to_string(&body.eye)?,
            serde_json::to_string(&body.why)?,
            body.clock_doubted,
        ])?;
    Ok(written == 1)
}

/// The newest bodies of a time, at most `limit`.
pub(super) fn find(
    db: &Connection,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: usize,
) -> Result<Vec<Unnumbered>, WriteError> {
    let mut select = db.prepare_cached(
        "SELECT boot, event, seen_at, eye, why, doubted FROM unnumbered
         WHERE seen_at >= ?1 AND seen_at < ?2 ORDER BY seen_at DESC, event DESC LIMIT ?3",
    )?;
    let micros = |at: Option<Timestamp>, none| at.map_or(none, Timestamp::as_microsecond);
    let rows = select.query_map(
        params![micros(since, i64::MIN), micros(until, i64::MAX), signed(limit as u64)],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    rows.map(|row| {
        let (bridge_boot, event, at, eye, why, clock_doubted): Row = row?;
        Ok(Unnumbered {
            bridge_boot,
            event: unsigned(event),
            seen_at: Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH),
            eye: serde_json::from_str(&eye)?,
            why: serde_json::from_str(&why)?,
            clock_doubted,
        })
    })
    .collect()
}
