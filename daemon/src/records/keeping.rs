//! The part of the store's thread that keeps pictures: they never hold up a record.
//!
//! A picture that finds no room makes room (the oldest go) and is tried once more. One that cannot be written
//! all the same is **not kept**: the records that name it are amended before they are stored, so that nobody
//! is led to a picture that is not there, and the state says why until a picture is written again. While
//! writing fails, one picture is tried every [`RETRY`] and the others are not: a disk that takes long to refuse
//! must not make records late.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::error::{StoreError, StoreState};
use super::evidence::{Evidence, Picture};
use super::record::Record;
use super::store::Change;
use super::thread::RETRY;

/// How long after making room in vain it is tried again: it looks at every picture.
const ROOM_RETRY: Duration = Duration::from_secs(30);

/// Bytes that are freed at least when the database finds no room.
const ROOM_FOR_RECORDS: u64 = 8 * 1024 * 1024;

/// Pictures that are remembered as not kept at most: those of thousands of items that never left the belt.
const MOST_MISSING: usize = 20_000;

/// A picture that a record names and that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// See [`Evidence::relative_path`].
    pub relative_path: String,
    /// Why, in plain words.
    pub why: String,
}

impl Missing {
    /// A picture that will not be written.
    pub(super) fn of(picture: Picture, why: &str) -> Self {
        Self { relative_path: picture.relative_path, why: why.to_owned() }
    }
}

/// Keeps pictures, and remembers which are not kept.
#[derive(Debug)]
pub(super) struct Keeper {
    evidence: Evidence,
    state: watch::Sender<StoreState>,
    /// Why each picture was not kept, until the record that names it is closed.
    missing: HashMap<String, String>,
    /// When writing is tried again; none while it works.
    retry_at: Option<Instant>,
    /// Before this nothing is removed to make room; none while that helps.
    room_at: Option<Instant>,
}

impl Keeper {
    pub fn new(evidence: Evidence, state: watch::Sender<StoreState>) -> Self {
        Self { evidence, state, missing: HashMap::new(), retry_at: None, room_at: None }
    }

    /// Writes a picture; says whether it is kept.
    pub fn keep(&mut self, picture: &Picture) -> bool {
        let Picture { relative_path, jpeg } = picture;
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            let why = match &*self.state.borrow() {
                StoreState::Failing { cause } => cause.clone(),
                StoreState::Ok => String::new(),
            };
            self.remember(Missing { relative_path: relative_path.clone(), why });
            return false;
        }
        let mut written = self.evidence.write(relative_path, jpeg);
        if matches!(written, Err(StoreError::DiskFull { .. })) && self.make_room(jpeg.len() as u64)
        {
            written = self.evidence.write(relative_path, jpeg);
        }
        match written {
            Ok(()) => {
                self.retry_at = None;
                if self.state.send_if_modified(|state| std::mem::take(state) != StoreState::Ok) {
                    tracing::info!("pictures are kept again");
                }
                true
            }
            Err(error) => {
                let relative_path = relative_path.clone();
                self.retry_at = Some(Instant::now() + RETRY);
                self.lose(Missing { relative_path, why: error.to_string() });
                false
            }
        }
    }

    /// A picture is not kept, and nobody has to try the disk to know it.
    pub fn lose(&mut self, missing: Missing) {
        self.state.send_if_modified(|state| {
            let failing = StoreState::Failing { cause: missing.why.clone() };
            // One cause is told, until pictures are kept again: the path in it differs each time.
            let begins = *state == StoreState::Ok;
            if begins {
                tracing::error!("pictures are not kept: {}", missing.why);
                *state = failing;
            }
            begins
        });
        self.remember(missing);
    }

    /// Removes the oldest pictures until there is room for so many bytes; says whether any went.
    fn make_room(&mut self, bytes: u64) -> bool {
        if self.room_at.is_some_and(|at| Instant::now() < at) {
            return false;
        }
        let made = match self.evidence.make_room(bytes) {
            Ok(removed) => {
                tracing::warn!(
                    removed.files,
                    removed.bytes,
                    "no room: removed the oldest pictures"
                );
                removed.files > 0
            }
            Err(error) => {
                tracing::error!("no room, and none can be made: {error}");
                false
            }
        };
        self.room_at = (!made).then(|| Instant::now() + ROOM_RETRY);
        made
    }

    /// Records outrank pictures: where the database at `path` finds no room, pictures make it, if they stand on
    /// the same disk.
    pub fn make_room_for_records(&mut self, path: &Path) {
        if self.evidence.shares_a_disk_with(path) {
            self.make_room(ROOM_FOR_RECORDS);
        }
    }

    /// The change without the pictures that are not kept.
    pub fn amended<'c>(&self, change: &'c Change) -> Cow<'c, Change> {
        let names_missing = |record: &Record| {
            let views = record.views.iter();
            let mut named = views.flat_map(|view| view.picture.iter().chain(&view.heat_map));
            named.any(|path| self.missing.contains_key(path))
        };
        match change {
            Change::Save(record) if names_missing(record) => {
                Cow::Owned(Change::Save(self.without_missing(record)))
            }
            Change::Close(record) if names_missing(record) => {
                Cow::Owned(Change::Close(self.without_missing(record)))
            }
            change => Cow::Borrowed(change),
        }
    }

    /// A record is stored for good: it names nothing any more.
    pub fn closed(&mut self, record: &Record) {
        if self.missing.is_empty() {
            return;
        }
        for view in &record.views {
            for path in view.picture.iter().chain(&view.heat_map) {
                self.missing.remove(path);
            }
        }
    }

    fn without_missing(&self, record: &Record) -> Record {
        let mut record = record.clone();
        for view in &mut record.views {
            let why = |path: &Option<String>| self.missing.get(path.as_ref()?).cloned();
            if let Some(why) = why(&view.picture) {
                view.picture = None;
                view.not_kept = Some(why);
            }
            if why(&view.heat_map).is_some() {
                view.heat_map = None;
            }
        }
        record
    }

    fn remember(&mut self, missing: Missing) {
        if self.missing.len() >= MOST_MISSING {
            tracing::warn!("{MOST_MISSING} pictures are missing; some records will name them");
            self.missing.clear();
        }
        self.missing.insert(missing.relative_path, missing.why);
    }
}
