//! Records: what is kept about every item, on the box itself.
//!
//! * A **record** ([`Record`]) is *open* from the entry eye on and *closed* once the line has said
//!   where the item went. A closed record never changes again.
//! * The **store** ([`Store`]) is a SQLite database, `records.db`. It also holds the messages that
//!   the fleet is still **owed**: closing a record and owing its summary is one transaction.
//!   Holds and the counts of batches stand there too: they outlive a restart.
//! * An **answer** ([`Answer`]) is what a person said that an item really was.
//! * A **body** that no number explains ([`Unnumbered`]) has a row of its own: totals count bodies.
//! * **Evidence** ([`Evidence`]) is the pictures, as JPEG files in `evidence/<yyyy-mm-dd>/`.
//!   They never hold up a record: one that cannot be written is not kept, and its record says so.
//! * **Retention** ([`retention`]) removes evidence and records by age, and evidence by bytes and where room
//!   is short.
//!
//! One thread ([`StoreThread`]) owns the store, since SQLite takes one writer; everybody else holds
//! a [`StoreHandle`]. Who only reads (the page, inspectctl) opens [`Records`] beside it.
//!
//! **Promise.** What was reported as committed survives a kill of the process at any moment, and a
//! loss of power as far as the disk keeps what it said it had flushed: the journal is flushed at
//! every commit (`synchronous = FULL`). Pictures are not flushed one by one: after a loss of power
//! the last seconds' pictures may be missing or empty, their records are not.

mod answers;
pub mod error;
pub mod evidence;
mod fates;
mod filter;
mod keeping;
mod owed;
pub mod reader;
pub mod record;
pub mod retention;
mod schema;
pub mod space;
mod standing;
pub mod store;
pub mod thread;
mod unnumbered;
mod waiting;

pub use answers::{Answer, Truth};
pub use error::{CommitRefused, StoreError, StoreState};
pub use evidence::{Evidence, Picture, PictureKind};
pub use fates::{Fates, MinuteCount};
pub use filter::{Filter, VerdictKind};
pub use keeping::Missing;
pub use owed::{LOST, Lost, Message, MessageId, OutboxCounts, OwedMessage};
pub use reader::{Counts, Records};
pub use record::{Finding, ItemId, LabelRecord, Record, Timings, ViewRecord};
pub use store::{Change, News, Owing, Store};
pub use thread::{StoreHandle, StoreThread};
pub use unnumbered::Unnumbered;

/// The database's file name within the store's folder.
pub const DATABASE: &str = "records.db";

/// The evidence folder's name within the store's folder.
pub const EVIDENCE: &str = "evidence";

#[cfg(test)]
pub(crate) mod samples;
