//! What stands beside the records and outlives a restart: holds, the counts of batches, and what is known of
//! items.

use meaning::expectation::Expectation;
use rusqlite::{Connection, Transaction, params};

use crate::item::batches::{BATCHES_MAX, Batch, Seen};
use crate::item::holds::{Hold, Origin};
use crate::warehouse::expectations::{Catalogue, Source};

use super::owed::signed;
use super::store::WriteError;

/// Writes the holds in place of all that were kept.
pub fn write_holds(step: &Transaction<'_>, holds: &[(Origin, Hold)]) -> Result<(), WriteError> {
    step.execute("DELETE FROM hold", [])?;
    let mut insert = step.prepare_cached("INSERT INTO hold (origin, body) VALUES (?, ?)")?;
    for (origin, hold) in holds {
        insert.execute(params![serde_json::to_string(origin)?, serde_json::to_string(hold)?])?;
    }
    Ok(())
}

/// The holds that were kept.
pub fn read_holds(db: &Connection) -> Result<Vec<(Origin, Hold)>, WriteError> {
    let mut select = db.prepare("SELECT origin, body FROM hold")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (origin, body): (String, String) = row?;
        Ok((serde_json::from_str(&origin)?, serde_json::from_str(&body)?))
    })
    .collect()
}

/// Writes what `source` knows of items in place of what was kept from it.
pub fn write_expected(
    step: &Transaction<'_>,
    source: Source,
    items: &Catalogue,
) -> Result<(), WriteError> {
    let origin = serde_json::to_string(&source)?;
    step.execute("DELETE FROM expectation WHERE origin = ?", [&origin])?;
    let mut insert =
        step.prepare_cached("INSERT INTO expectation (origin, sku, body) VALUES (?, ?, ?)")?;
    for item in items.iter() {
        insert.execute(params![origin, item.sku, serde_json::to_string(item)?])?;
    }
    Ok(())
}

/// What was known of items.
pub fn read_expected(db: &Connection) -> Result<Vec<(Source, Expectation)>, WriteError> {
    let mut select = db.prepare("SELECT origin, body FROM expectation")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (origin, body): (String, String) = row?;
        Ok((serde_json::from_str(&origin)?, serde_json::from_str(&body)?))
    })
    .collect()
}

/// Writes what was seen of a batch; none makes it forgotten.
pub fn write_batch(
    step: &Transaction<'_>,
    batch: &Batch,
    seen: Option<Seen>,
) -> Result<(), WriteError> {
    let lot = batch.lot.as_deref().unwrap_or_default();
    let Some(Seen { items, failed, suspect }) = seen else {
        step.prepare_cached("DELETE FROM batch WHERE sku = ? AND lot = ?")?
            .execute(params![batch.sku, lot])?;
        return Ok(());
    };
    step.prepare_cached("INSERT OR REPLACE INTO batch VALUES (?, ?, ?, ?, ?)")?
        .execute(params![batch.sku, lot, signed(items), signed(failed), suspect])?;
    Ok(())
}

/// What was seen of the batches, the one seen longest ago first; beyond [`BATCHES_MAX`] the oldest
/// are deleted.
pub fn read_batches(db: &Connection) -> Result<Vec<(Batch, Seen)>, WriteError> {
    db.execute(
        "DELETE FROM batch WHERE rowid NOT IN
             (SELECT rowid FROM batch ORDER BY rowid DESC LIMIT ?)",
        [signed(BATCHES_MAX as u64)],
    )?;
    let mut select =
        db.prepare("SELECT sku, lot, items, failed, suspect FROM batch ORDER BY rowid")?;
    let rows = select.query_map([], |row| {
        let lot: String = row.get(1)?;
        let batch = Batch { sku: row.get(0)?, lot: (!lot.is_empty()).then_some(lot) };
        let count = |at| Ok::<_, rusqlite::Error>(row.get::<_, i64>(at)?.unsigned_abs());
        Ok((batch, Seen { items: count(2)?, failed: count(3)?, suspect: row.get(4)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
