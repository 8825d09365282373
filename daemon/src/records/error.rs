//! What can go wrong with the store, told apart by what the person at the box has to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use super::store::Change;
use super::thread::MAX_CHANGES;

/// Why the store could not be opened, read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No space is left.
    #[error(
        "the disk that holds {} is full; free some space there, or lower `[store] keep_mib`",
        path.display()
    )]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// The file or its disk takes no writes.
    #[error(
        "{} cannot be written ({cause}); mount the disk for writing, or give the folder to the user \
         that runs inspectd",
        path.display()
    )]
    ReadOnly {
        /// What was being written.
        path: PathBuf,
        /// The system's words.
        cause: String,
    },
    /// Something else stands where the database should.
    #[error(
        "{} is not a database, or it is damaged ({cause}); move it away, and inspectd starts a new \
         one",
        path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        cause: String,
    },
    /// A later inspectd wrote it.
    #[error(
        "{} was written by a newer inspectd (schema {found}, this one knows {known}); install that \
         version again, or move the file away",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// An earlier inspectd wrote it, and a reader may not change it.
    #[error(
        "{} has the old schema {found} (this program reads {known}); start inspectd once, which \
         brings it up to date",
        path.display()
    )]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: i64,
        /// The version that is read.
        known: i64,
    },
    /// There is no database.
    #[error(
        "there is no {}; check `[store] folder`, and that inspectd has run",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file system refused something else.
    #[error("cannot {action} {}: {source}; check the folder and its disk", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// SQLite refused something else.
    #[error("{}: {source}; see the database's disk and the system log", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// A stored text is not what this program writes.
    #[error("{}: {what} cannot be read: {source}; it was written by another program", path.display())]
    Malformed {
        /// The database.
        path: PathBuf,
        /// Which row.
        what: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The store's thread is gone.
    #[error("the store has been stopped; see the log for why, and restart inspectd")]
    Stopped,
}

impl StoreError {
    /// Tells SQLite's refusals apart.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let cause = source.to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly { path, cause }
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::NotADatabase { path, cause }
            }
            _ => Self::Sqlite { path, source },
        }
    }

    /// Tells the file system's refusals apart; `action` is a verb.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Self::ReadOnly { path, cause: source.to_string() }
            }
            _ => Self::Io { action, path, source },
        }
    }
}

/// Whether what is committed reaches the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StoreState {
    /// It does.
    #[default]
    Ok,
    /// It waits in memory.
    Failing {
        /// Why, and what to do.
        cause: String,
    },
}

/// A commit that was not taken; the changes come back.
#[derive(Debug, Error)]
pub enum CommitRefused {
    /// As many changes as may wait do so.
    #[error("{MAX_CHANGES} changes already wait for the disk; the store's state has the reason")]
    Full(Vec<Change>),
    /// The thread is gone.
    #[error("the store has been stopped; see the log for why, and restart inspectd")]
    Stopped(Vec<Change>),
}

impl CommitRefused {
    /// The changes that were not taken.
    pub fn into_changes(self) -> Vec<Change> {
        match self {
            Self::Full(changes) | Self::Stopped(changes) => changes,
        }
    }
}
