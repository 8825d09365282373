//! `inspectctl people`: who may use the technicians' page, changed on the box itself: the way out when a
//! password is lost.
//!
//! Whoever may write the page's folder may do this. It works beside a running inspectd, which ends the
//! log-ins of whoever was changed.

use std::io::Read as _;

use anyhow::Context as _;
use calib::access::{Role, Secret};
use calib::people::password::{Hashed, LONGEST};
use calib::people::{By, People as Store, Person};
use calib::state_folder::StateFolder;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Context;
use super::output::{Answer, table};

/// In the audit log, what is done here is done by this.
const BY: By<'static> = By { who: "inspectctl", address: "" };

/// Who may use the technicians' page.
///
/// With --json: `list` prints an array with `name`, `role` and `since`; the others print one object with
/// `name` and, where a password was made up, `password`.
#[derive(Debug, Subcommand)]
pub enum People {
    /// List everybody.
    List,
    /// Add a person. Prints a password to hand over, unless one is given on stdin.
    Add(Add),
    /// Give a person another password: prints one to hand over, unless one is given on stdin.
    Reset(Reset),
    /// Remove a person.
    Remove(Named),
}

/// Whom to add.
#[derive(Debug, Args)]
pub struct Add {
    /// The name with which they log in.
    name: String,
    /// What they may do: `viewer`, `technician` or `engineer`.
    #[arg(long, value_parser = role)]
    role: Role,
    #[command(flatten)]
    password: Password,
}

/// Whose password.
#[derive(Debug, Args)]
pub struct Reset {
    /// The name with which they log in.
    name: String,
    #[command(flatten)]
    password: Password,
}

/// Whom.
#[derive(Debug, Args)]
pub struct Named {
    /// The name with which they log in.
    name: String,
}

/// Where the password comes from.
#[derive(Debug, Args)]
struct Password {
    /// Read the password from stdin, where other users of the box cannot see it.
    #[arg(long)]
    password_stdin: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Done<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

impl People {
    /// Does it.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let folder = StateFolder::below(&context.line_file()?.store.folder);
        let mut store = Store::open(&folder)?;
        let now = Timestamp::now();
        match self {
            Self::List => {
                let people = store.list()?;
                Answer::either(context.json, &people, || for_people(&people))
            }
            Self::Add(Add { name, role, password }) => {
                let (hashed, made_up) = password.for_person(&name)?;
                store.add(BY, &name, role, &hashed, now)?;
                if role == Role::Engineer {
                    folder.forget_set_up_code()?;
                }
                done(context, &name, made_up, "was added")
            }
            Self::Reset(Reset { name, password }) => {
                let (hashed, made_up) = password.for_person(&name)?;
                store.set_password(BY, &name, &hashed, now)?;
                done(context, &name, made_up, "has another password and has to log in again")
            }
            Self::Remove(Named { name }) => {
                store.remove(BY, &name, now)?;
                done(context, &name, None, "was removed")
            }
        }
    }
}

impl Password {
    /// What is kept of it, and the password itself where it was made up.
    fn for_person(&self, name: &str) -> anyhow::Result<(Hashed, Option<String>)> {
        if !self.password_stdin {
            let made_up = Secret::set_up_code().context("the system has no random numbers")?;
            let made_up = made_up.reveal().to_owned();
            return Ok((Hashed::new(name, &made_up)?, Some(made_up)));
        }
        let mut given = String::new();
        let most = LONGEST as u64 + 2;
        let read = std::io::stdin().lock().take(most).read_to_string(&mut given);
        read.context("cannot read the password from stdin")?;
        Ok((Hashed::new(name, given.trim_end_matches(['\r', '\n']))?, None))
    }
}

fn done(
    context: &Context,
    name: &str,
    password: Option<String>,
    what: &str,
) -> anyhow::Result<Answer> {
    let done = Done { name, password };
    Answer::either(context.json, &done, || match &done.password {
        None => format!("{name} {what}"),
        Some(password) => format!(
            "{name} {what}. The password is {password}; hand it over, and have it changed under \
             \"My account\""
        ),
    })
}

fn for_people(people: &[Person]) -> String {
    if people.is_empty() {
        return "nobody may use the page yet; add somebody with `inspectctl people add`, or set the \
                page up with the code that `inspectctl web` shows"
            .to_owned();
    }
    let row = |person: &Person| {
        let since = person.since.to_zoned(TimeZone::system()).date().to_string();
        vec![person.name.clone(), person.role.name().to_owned(), since]
    };
    table(&["name", "role", "since"], &people.iter().map(row).collect::<Vec<_>>())
}

fn role(text: &str) -> Result<Role, String> {
    Role::named(text).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("write one of {}", known.join(", "))
    })
}
