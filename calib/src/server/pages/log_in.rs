//! Log-in and log-out. A wrong password costs a guess of the person and of the address; while either
//! waits, nothing is tried. A right one makes good for the person alone: for the address time does. The
//! answer for a name that nobody has is the same, and takes as long.

use std::time::Duration;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::Said;
use crate::access::Secret;
use crate::people::audit::Entry;
use crate::people::password::Hashed;
use crate::people::{By, Person};
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::{Reader, Who, go_to, set_session};
use crate::texts::Texts;

/// Guesses at names are told apart by so many letters: more than any person's name has.
const LONGEST: usize = 80;

#[derive(Template)]
#[template(path = "log_in.html")]
struct LogIn<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    name: &'a str,
    next: &'a str,
}

#[derive(Debug, Default, Deserialize)]
pub(in crate::server) struct Question {
    #[serde(default)]
    next: String,
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Response, Refusal> {
    if matches!(app.people(|people| people.needs_set_up()).await?, Ok(true)) {
        return Ok(go_to("/set-up"));
    }
    let next = question.map(|Query(question)| question.next).unwrap_or_default();
    Ok(page(&log_in_page(&reader, Said::default(), "", own_place(&next))))
}

fn log_in_page<'a>(reader: &'a Reader, said: Said, name: &'a str, next: &'a str) -> LogIn<'a> {
    LogIn { frame: Frame::of(reader), t: reader.texts(), said, name, next }
}

/// Where to go after the log-in: a place of this page, never another site.
fn own_place(next: &str) -> &str {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.%?=&+:".contains(c);
    let is_ours = next.starts_with('/') && !next.starts_with("//") && next.chars().all(is_plain);
    if is_ours { next } else { "/" }
}

pub(in crate::server) async fn log_in(State(app): State<App>, reader: Reader) -> Response {
    let next = own_place(reader.field("next"));
    match try_password(&app, &reader, reader.field("name"), reader.field("password")).await {
        Ok(person) => match begin(&app, &reader, &person).await {
            Ok(begun) => ([(SET_COOKIE, begun.cookie)], go_to(next)).into_response(),
            Err(refusal) => refusal.page(&reader),
        },
        Err(NotIn::Refused(refusal)) => refusal.page(&reader),
        Err(NotIn::Said(status, text)) => {
            let name = reader.field("name");
            let again = log_in_page(&reader, Said::bad(text), name, next);
            (status, page(&again)).into_response()
        }
    }
}

pub(in crate::server) async fn log_out(State(app): State<App>, reader: Reader) -> Response {
    if let Some(token) = reader.who.as_ref().and_then(|who| who.token.as_ref()) {
        app.gate().sessions.end(token);
    }
    let by = By { who: reader.name(), address: &reader.address };
    app.note(Entry::new(by, "logged out", "", "", "", app.wall())).await;
    ([(SET_COOKIE, set_session(&app, None))], go_to("/log-in")).into_response()
}

/// Why somebody is not logged in.
pub(super) enum NotIn {
    /// It could not be tried.
    Refused(Refusal),
    /// What they are told.
    Said(StatusCode, String),
}

impl From<Refusal> for NotIn {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Whose name and password these are.
pub(super) async fn try_password(
    app: &App,
    reader: &Reader,
    name: &str,
    password: &str,
) -> Result<Person, NotIn> {
    let texts = reader.texts();
    let guessed = Guessed::Person(name);
    guess_is_free(app, reader, guessed)?;
    let asked = name.to_owned();
    let known = app.people(move |people| people.hashed(&asked)).await?;
    let known = known.map_err(|error| {
        tracing::error!("{error}");
        Refusal::Failed(error.to_string())
    })?;
    let password = password.to_owned();
    let person = app
        .password(move || match known {
            Some((person, hashed)) => hashed.is(&password).then_some(person),
            None => {
                Hashed::nobodys(&password);
                None
            }
        })
        .await?;
    // While this password was worked out, others may have used up the guesses.
    guess_is_free(app, reader, guessed)?;
    match person {
        Some(person) => {
            app.gate().persons.right(&guessed.key());
            Ok(person)
        }
        None => {
            guess_was_wrong(app, reader, guessed).await;
            Err(NotIn::Said(StatusCode::UNAUTHORIZED, texts.get("log_in.wrong").to_owned()))
        }
    }
}

/// What somebody guesses at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guessed<'a> {
    /// The password of one who calls themselves so.
    Person(&'a str),
    /// The set-up code.
    SetUpCode,
}

impl Guessed<'_> {
    /// Under what guesses are counted. Whatever is sent as a name, it is counted as one.
    fn key(self) -> String {
        match self {
            Self::Person(_) => format!("person {}", self.who()),
            Self::SetUpCode => "code".to_owned(),
        }
    }

    /// Who is locked out, for the audit log. No longer than any name is.
    fn who(self) -> String {
        match self {
            Self::Person(name) => name.chars().flat_map(char::to_lowercase).take(LONGEST).collect(),
            Self::SetUpCode => "set up".to_owned(),
        }
    }
}

/// Whether a guess may be tried now.
pub(super) fn guess_is_free(app: &App, reader: &Reader, guessed: Guessed<'_>) -> Result<(), NotIn> {
    let now = app.now();
    let gate = app.gate();
    let waits = [gate.persons.wait(&guessed.key(), now), gate.addresses.wait(&reader.address, now)];
    match waits.into_iter().flatten().max() {
        None => Ok(()),
        Some(wait) => {
            let seconds = (wait + Duration::from_millis(999)).as_secs().to_string();
            let said = reader.texts().filled("log_in.wait", &[("seconds", &seconds)]);
            Err(NotIn::Said(StatusCode::TOO_MANY_REQUESTS, said))
        }
    }
}

/// Counts a wrong guess, and notes a pause that begins.
pub(super) async fn guess_was_wrong(app: &App, reader: &Reader, guessed: Guessed<'_>) {
    let now = app.now();
    let pause = {
        let mut gate = app.gate();
        let of_address = gate.addresses.wrong(&reader.address, now);
        gate.persons.wrong(&guessed.key(), now).or(of_address)
    };
    if pause.is_some() {
        let by = By { who: &guessed.who(), address: &reader.address };
        let entry = Entry::new(by, "locked out", "", "", "", app.wall());
        app.note(entry).await;
    }
}

/// A session that has just begun.
pub(super) struct Begun {
    /// What the browser gets.
    pub(super) cookie: HeaderValue,
    /// Whose it is.
    pub(super) who: Who,
}

/// Begins a session of `person`.
pub(super) async fn begin(app: &App, reader: &Reader, person: &Person) -> Result<Begun, Refusal> {
    let secret = || Secret::new().map_err(|error| Refusal::Failed(error.to_string()));
    let (token, csrf) = (secret()?, secret()?);
    let now = app.now();
    app.gate().sessions.begin(&token, csrf.clone(), &person.name, person.generation, now);
    let by = By { who: &person.name, address: &reader.address };
    app.note(Entry::new(by, "logged in", "", "", "", app.wall())).await;
    let (name, role) = (person.name.clone(), person.role);
    let who = Who { name, role, csrf, token: Some(token.reveal().into()) };
    Ok(Begun { cookie: set_session(app, Some(&token)), who })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_counted_as_the_set_up_code_and_none_takes_much_room() {
        let code = Guessed::SetUpCode;
        for name in ["set up", "code", "CODE", "person code", ""] {
            assert_ne!(Guessed::Person(name).key(), code.key(), "{name}");
        }
        assert_eq!(Guessed::Person("Anna").key(), Guessed::Person("aNNA").key());
        assert!(Guessed::Person(&"İ".repeat(16 << 10)).key().len() < 400);
    }

    #[test]
    fn after_the_log_in_one_stays_on_this_page() {
        for own in ["/people", "/history?sku=A%20B&until=2026-11-30T08:00", "/products/A%2FB"] {
            assert_eq!(own_place(own), own);
        }
        for other in ["", "//evil.example", "https://evil.example", "/\\evil", "/a\nb", "/a b"] {
            assert_eq!(own_place(other), "/", "{other}");
        }
    }
}
