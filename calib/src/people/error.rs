//! Why people cannot be read or changed.

use std::path::PathBuf;

use super::{MOST_PEOPLE, NAME_MAX};
use crate::access::Role;
use crate::state_folder::FolderError;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The page's folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database cannot be used.
    #[error(
        "cannot use the page's database {path}: {source}. Check the disk and who owns the file; \
         when the file is damaged, move it away and set the page up anew"
    )]
    Database {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A newer program wrote the database.
    #[error(
        "the page's database {path} is of version {found}, and this program knows {known}: install \
         the newer program again, or move the file away and set the page up anew"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The name does not do.
    #[error(
        "a name has 1 to {NAME_MAX} letters, digits, dots, dashes, underscores or at signs; choose \
         another one"
    )]
    Name,
    /// The password does not do.
    #[error("the password is not taken: {0}")]
    Password(#[from] super::password::Weak),
    /// The system has no random numbers or not the memory.
    #[error("the password cannot be kept: {0}. Try again; if it stays, restart inspectd")]
    Hash(String),
    /// Somebody has the name.
    #[error("somebody is called {0} already; choose another name, or give them another password")]
    Taken(String),
    /// Nobody has the name.
    #[error("nobody is called {0}; `inspectctl people list` shows everybody")]
    Unknown(String),
    /// There are too many.
    #[error("there are {MOST_PEOPLE} people already; remove those who do not come any more")]
    TooMany,
    /// Nobody could change people any more.
    #[error(
        "{0} is the last {role}, and nobody could change people any more; make somebody else one \
         first",
        role = Role::Engineer.name()
    )]
    LastEngineer(String),
    /// The first engineer is there.
    #[error("the page is set up already: log in, or use `inspectctl people reset` on the box")]
    IsSetUp,
}
