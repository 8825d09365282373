//! The people who may use the page, and the **audit log**: who changed what, when, from what to what.
//!
//! Both stand in a SQLite database of their own beside the records, so that a full or damaged
//! records database does not lock anybody out. inspectd and `inspectctl people` open it at the same
//! time. A change and its entry in the log are one transaction: neither exists without the other.
//!
//! A person's **generation** counts the changes of password and role; a session of an older one has
//! ended. The last engineer can neither be removed nor get another role, since nobody could then
//! change people any more.

pub mod audit;
mod error;
pub mod password;
mod schema;

use std::path::PathBuf;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::state_folder::StateFolder;
use audit::Entry;
pub use error::PeopleError;
use password::Hashed;

/// People at most: more than work at one line, and few enough for one page.
pub const MOST_PEOPLE: usize = 200;

/// Longest name of a person, in characters.
pub const NAME_MAX: usize = 40;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// The name with which they log in; case does not count.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when they are known.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub since: Timestamp,
    /// Counts the changes of password and role.
    #[serde(skip)]
    pub generation: u64,
}

/// The people, in their database.
#[derive(Debug)]
pub struct People {
    db: Connection,
    path: PathBuf,
}

/// Who changes something, for the log.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// A person's name, or the program that was used on the box itself.
    pub who: &'a str,
    /// From which address; empty on the box itself.
    pub address: &'a str,
}

impl People {
    /// Opens the database in the page's folder; makes it when there is none.
    ///
    /// # Errors
    /// The folder or the database cannot be used.
    pub fn open(folder: &StateFolder) -> Result<Self, PeopleError> {
        folder.create()?;
        let path = folder.file(schema::DATABASE);
        let db = schema::open(&path)?;
        folder.give_to_owner(&path);
        Ok(Self { db, path })
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// The database cannot be read; so for every method.
    pub fn list(&self) -> Result<Vec<Person>, PeopleError> {
        let read = || -> rusqlite::Result<Vec<Person>> {
            let sql = "SELECT name, role, since, generation FROM person ORDER BY name";
            self.db.prepare_cached(sql)?.query_map([], person)?.collect()
        };
        read().map_err(|source| self.failed(source))
    }

    /// One person.
    ///
    /// # Errors
    /// See [`People::list`].
    pub fn find(&self, name: &str) -> Result<Option<Person>, PeopleError> {
        let read = || {
            let sql = "SELECT name, role, since, generation FROM person WHERE name = ?";
            self.db.prepare_cached(sql)?.query_row([name], person).optional()
        };
        read().map_err(|source| self.failed(source))
    }

    /// What is kept of a person's password, and who they are.
    ///
    /// # Errors
    /// See [`People::list`].
    pub fn hashed(&self, name: &str) -> Result<Option<(Person, Hashed)>, PeopleError> {
        let read = || {
            let sql = "SELECT name, role, since, generation, password FROM person WHERE name = ?";
            let both = |row: &Row<'_>| Ok((person(row)?, Hashed::kept(row.get(4)?)));
            self.db.prepare_cached(sql)?.query_row([name], both).optional()
        };
        read().map_err(|source| self.failed(source))
    }

    /// Whether nobody may change people yet: the set-up code is needed.
    ///
    /// # Errors
    /// See [`People::list`].
    pub fn needs_set_up(&self) -> Result<bool, PeopleError> {
        engineers(&self.db).map(|count| count == 0).map_err(|source| self.failed(source))
    }

    /// Adds a person.
    ///
    /// # Errors
    /// The name or the password does not do, or somebody has the name.
    pub fn add(
        &mut self,
        by: By<'_>,
        name: &str,
        role: Role,
        password: &Hashed,
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        check_name(name)?;
        self.change(|step| {
            add(step, name, role, password, now)?;
            Ok(Entry::new(by, "person added", name, "", role.name(), now))
        })
    }

    /// Adds the first engineer; refused as soon as there is one, whoever was faster.
    ///
    /// # Errors
    /// As for [`People::add`], and there is an engineer already.
    pub fn add_first_engineer(
        &mut self,
        by: By<'_>,
        name: &str,
        password: &Hashed,
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        check_name(name)?;
        self.change(|step| {
            if engineers(step)? > 0 {
                return Err(PeopleError::IsSetUp.into());
            }
            add(step, name, Role::Engineer, password, now)?;
            Ok(Entry::new(by, "first engineer added", name, "", Role::Engineer.name(), now))
        })
    }

    /// Gives a person another password. Their sessions end.
    ///
    /// # Errors
    /// Nobody has the name.
    pub fn set_password(
        &mut self,
        by: By<'_>,
        name: &str,
        password: &Hashed,
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        self.change(|step| {
            let before = known(step, name)?;
            step.execute(
                "UPDATE person SET password = ?2, generation = generation + 1 WHERE name = ?1",
                params![name, password.text()],
            )?;
            Ok(Entry::new(by, "password changed", &before.name, "", "", now))
        })
    }

    /// Gives a person another role. Their sessions end.
    ///
    /// # Errors
    /// Nobody has the name, or it is the last engineer.
    pub fn set_role(
        &mut self,
        by: By<'_>,
        name: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<(), PeopleError> {
        self.change(|step| {
            let before = known(step, name)?;
            keep_an_engineer(step, &before, Some(role))?;
            step.execute(
                "UPDATE person SET role = ?2, generation = generation + 1 WHERE name = ?1",
                params![name, role.name()],
            )?;
            let from = before.role.name();
            Ok(Entry::new(by, "role changed", &before.name, from, role.name(), now))
        })
    }

    /// Removes a person. Their sessions end.
    ///
    /// # Errors
    /// Nobody has the name, or it is the last engineer.
    pub fn remove(&mut self, by: By<'_>, name: &str, now: Timestamp) -> Result<(), PeopleError> {
        self.change(|step| {
            let before = known(step, name)?;
            keep_an_engineer(step, &before, None)?;
            step.execute("DELETE FROM person WHERE name = ?", [name])?;
            Ok(Entry::new(by, "person removed", &before.name, before.role.name(), "", now))
        })
    }

    /// Notes something that changes no person, such as a log-in.
    ///
    /// # Errors
    /// See [`People::list`].
    pub fn note(&mut self, entry: Entry) -> Result<(), PeopleError> {
        self.change(|_| Ok(entry))
    }

    /// The newest entries of the log before `before`, newest first.
    ///
    /// # Errors
    /// See [`People::list`].
    pub fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, PeopleError> {
        audit::read(&self.db, before, limit).map_err(|source| self.failed(source))
    }

    /// One change and its entry, whole or not at all.
    fn change(
        &mut self,
        what: impl FnOnce(&Transaction<'_>) -> Result<Entry, Failed>,
    ) -> Result<(), PeopleError> {
        let change = || {
            let step = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let entry = what(&step)?;
            audit::write(&step, &entry)?;
            step.commit()?;
            Ok(())
        };
        change().map_err(|failed| match failed {
            Failed::Refused(refused) => refused,
            Failed::Database(source) => self.failed(source),
        })
    }

    fn failed(&self, source: rusqlite::Error) -> PeopleError {
        PeopleError::Database { path: self.path.clone(), source }
    }
}

/// Why a change is not made.
enum Failed {
    Refused(PeopleError),
    Database(rusqlite::Error),
}

impl From<PeopleError> for Failed {
    fn from(refused: PeopleError) -> Self {
        Self::Refused(refused)
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(source: rusqlite::Error) -> Self {
        Self::Database(source)
    }
}

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    let (role, since): (String, i64) = (row.get(1)?, row.get(2)?);
    Ok(Person {
        name: row.get(0)?,
        // A role that a newer version knows has no more rights here than the fewest.
        role: Role::named(&role).unwrap_or(Role::Viewer),
        since: Timestamp::from_microsecond(since).unwrap_or(Timestamp::UNIX_EPOCH),
        generation: row.get::<_, i64>(3)?.unsigned_abs(),
    })
}

fn add(
    step: &Transaction<'_>,
    name: &str,
    role: Role,
    password: &Hashed,
    now: Timestamp,
) -> Result<(), Failed> {
    let count: i64 = step.query_row("SELECT count(*) FROM person", [], |row| row.get(0))?;
    if count >= MOST_PEOPLE as i64 {
        return Err(PeopleError::TooMany.into());
    }
    // A person of the same name from before has no say: the generation goes on from the clock.
    let added = step.execute(
        "INSERT OR IGNORE INTO person (name, role, password, since, generation)
         VALUES (?1, ?2, ?3, ?4, max(?4, 0))",
        params![name, role.name(), password.text(), now.as_microsecond()],
    )?;
    if added == 0 {
        return Err(PeopleError::Taken(name.to_owned()).into());
    }
    Ok(())
}

fn known(step: &Transaction<'_>, name: &str) -> Result<Person, Failed> {
    let sql = "SELECT name, role, since, generation FROM person WHERE name = ?";
    let found = step.query_row(sql, [name], person).optional()?;
    Ok(found.ok_or_else(|| PeopleError::Unknown(name.to_owned()))?)
}

fn keep_an_engineer(
    step: &Transaction<'_>,
    before: &Person,
    after: Option<Role>,
) -> Result<(), Failed> {
    let loses_one = before.role == Role::Engineer && after != Some(Role::Engineer);
    if loses_one && engineers(step)? == 1 {
        return Err(PeopleError::LastEngineer(before.name.clone()).into());
    }
    Ok(())
}

fn engineers(db: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT count(*) FROM person WHERE role = ?";
    db.prepare_cached(sql)?.query_row([Role::Engineer.name()], |row| row.get(0))
}

fn check_name(name: &str) -> Result<(), PeopleError> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let length = name.chars().count();
    if length == 0 || length > NAME_MAX || !name.chars().all(is_plain) {
        return Err(PeopleError::Name);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
