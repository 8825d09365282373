//! **Answers**: what people say that an item really was. An answer is the truth to learn from and to measure by: it
//! says whether the box was right. One stands for an item, the newest; it goes with the item's record.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::owed::{signed, unsigned};
use super::record::ItemId;
use super::store::WriteError;

/// What somebody said of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What it was.
    pub truth: Truth,
    /// Which kind of damage, as `calib::the_box::KINDS` names them; none where nobody said, or where it is not damaged.
    #[serde(default)]
    pub kind: Option<String>,
    /// Whether the damage is major; none where nobody said.
    #[serde(default)]
    pub is_major: Option<bool>,
    /// What else was said.
    #[serde(default)]
    pub words: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What an item was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// As it should be.
    Good,
    /// Damaged.
    Damaged,
    /// Another product than it was taken for.
    WrongItem,
    /// With a wrong, missing or expired label.
    WrongLabel,
}

impl Truth {
    /// Every truth.
    pub const ALL: [Self; 4] = [Self::Good, Self::Damaged, Self::WrongItem, Self::WrongLabel];

    /// Its name in forms, JSON and the names of folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Damaged => "damaged",
            Self::WrongItem => "wrong_item",
            Self::WrongLabel => "wrong_label",
        }
    }

    /// The truth of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|truth| truth.name() == name)
    }
}

/// Keeps an answer, in place of one from before; says whether there is a record of the item.
pub(super) fn write(
    step: &Transaction<'_>,
    id: &ItemId,
    answer: &Answer,
) -> Result<bool, WriteError> {
    let written = step
        .prepare_cached(
            "INSERT OR REPLACE INTO answer (boot, item, at, body)
             SELECT boot, item, ?3, ?4 FROM record WHERE boot = ?1 AND item = ?2",
        )?
        .execute(params![
            id.boot,
            signed(id.item),
            answer.at.as_microsecond(),
            serde_json::to_string(answer)?,
        ])?;
    Ok(written == 1)
}

/// What was said of one item.
pub(super) fn of(db: &Connection, id: &ItemId) -> Result<Option<Answer>, WriteError> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM answer WHERE boot = ? AND item = ?")?
        .query_row(params![id.boot, signed(id.item)], |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// Everything that was said of items that entered at `since` or later.
pub(super) fn since(
    db: &Connection,
    since: Timestamp,
) -> Result<Vec<(ItemId, Answer)>, WriteError> {
    let mut select = db.prepare_cached(
        "SELECT answer.boot, answer.item, answer.body FROM answer
         JOIN record ON record.boot = answer.boot AND record.item = answer.item
         WHERE record.entered_at >= ?",
    )?;
    let rows = select.query_map([since.as_microsecond()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
    })?;
    rows.map(|row| {
        let (boot, item, body) = row?;
        Ok((ItemId { boot, item: unsigned(item) }, serde_json::from_str(&body)?))
    })
    .collect()
}
