//! Who may use the page: an engineer adds people, gives them roles and passwords, and removes them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::{Said, key_of};
use crate::access::Role;
use crate::people::password::Hashed;
use crate::people::{By, PeopleError, Person};
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::{Key, Texts};

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    people: Vec<Person>,
    you: &'a str,
    csrf: &'a str,
}

impl PeoplePage<'_> {
    fn since(&self, person: &Person) -> String {
        let day = person.since.to_zoned(jiff::tz::TimeZone::system()).date().to_string();
        self.t.filled("people.since", &[("date", &day)])
    }

    fn sure(&self, person: &Person) -> String {
        self.t.filled("people.remove_sure", &[("name", &person.name)])
    }
}

async fn people_page(app: &App, reader: &Reader, said: Said) -> Response {
    match app.people(|people| people.list()).await {
        Ok(Ok(people)) => {
            let frame = Frame::of(reader);
            let (t, you, csrf) = (reader.texts(), reader.name(), frame.csrf);
            page(&PeoplePage { frame, t, said, people, you, csrf })
        }
        Ok(Err(error)) => {
            tracing::error!("{error}");
            Refusal::Failed(error.to_string()).page(reader)
        }
        Err(refusal) => refusal.page(reader),
    }
}

pub(in crate::server) async fn show(State(app): State<App>, reader: Reader) -> Response {
    let said = Said::kept(&app, &reader);
    people_page(&app, &reader, said).await
}

/// Shows the page again, with what became of the change.
async fn tell(
    app: &App,
    reader: &Reader,
    done: Result<Result<&'static str, PeopleError>, Refusal>,
) -> Response {
    let texts = reader.texts();
    match done {
        Err(refusal) => refusal.page(reader),
        Ok(Ok(key)) => {
            let text = texts.filled(key, &[("name", reader.field("name"))]);
            super::done(app, reader, text, "/people")
        }
        Ok(Err(error)) => {
            let said = Said::bad(texts.get(key_of(&error)));
            let again = people_page(app, reader, said).await;
            (StatusCode::UNPROCESSABLE_ENTITY, again).into_response()
        }
    }
}

pub(in crate::server) async fn add(State(app): State<App>, reader: Reader) -> Response {
    let Some(role) = Role::named(reader.field("role")) else {
        return no_such_role(&app, &reader).await;
    };
    let done = with_password(&app, &reader, move |people, by, name, hashed, now| {
        people.add(by, name, role, hashed, now)?;
        Ok(Key("people.added").0)
    });
    let done = done.await;
    tell(&app, &reader, done).await
}

pub(in crate::server) async fn set_password(State(app): State<App>, reader: Reader) -> Response {
    let done = with_password(&app, &reader, |people, by, name, hashed, now| {
        people.set_password(by, name, hashed, now)?;
        Ok(Key("people.password_set").0)
    });
    let done = done.await;
    log_out_everywhere(&app, &reader, &done);
    tell(&app, &reader, done).await
}

pub(in crate::server) async fn set_role(State(app): State<App>, reader: Reader) -> Response {
    let Some(role) = Role::named(reader.field("role")) else {
        return no_such_role(&app, &reader).await;
    };
    let change = with_name(&app, &reader, move |people, by, name, now| {
        people.set_role(by, name, role, now)?;
        Ok(Key("people.role_set").0)
    });
    let done = change.await;
    log_out_everywhere(&app, &reader, &done);
    tell(&app, &reader, done).await
}

pub(in crate::server) async fn remove(State(app): State<App>, reader: Reader) -> Response {
    let change = with_name(&app, &reader, |people, by, name, now| {
        people.remove(by, name, now)?;
        Ok(Key("people.removed").0)
    });
    let done = change.await;
    log_out_everywhere(&app, &reader, &done);
    tell(&app, &reader, done).await
}

async fn no_such_role(app: &App, reader: &Reader) -> Response {
    let said = Said::bad(reader.texts().get("people_error.role"));
    let again = people_page(app, reader, said).await;
    (StatusCode::UNPROCESSABLE_ENTITY, again).into_response()
}

/// The person's log-ins end at once; by their generation they would end with the next request.
fn log_out_everywhere<T>(
    app: &App,
    reader: &Reader,
    done: &Result<Result<T, PeopleError>, Refusal>,
) {
    if matches!(done, Ok(Ok(_))) {
        app.gate().sessions.revoke(reader.field("name"));
    }
}

async fn with_name(
    app: &App,
    reader: &Reader,
    change: impl FnOnce(
        &mut crate::people::People,
        By<'_>,
        &str,
        jiff::Timestamp,
    ) -> Result<&'static str, PeopleError>
    + Send
    + 'static,
) -> Result<Result<&'static str, PeopleError>, Refusal> {
    let (who, address) = (reader.name().to_owned(), reader.address.clone());
    let (name, now) = (reader.field("name").to_owned(), app.wall());
    app.people(move |people| change(people, By { who: &who, address: &address }, &name, now)).await
}

async fn with_password(
    app: &App,
    reader: &Reader,
    change: impl FnOnce(
        &mut crate::people::People,
        By<'_>,
        &str,
        &Hashed,
        jiff::Timestamp,
    ) -> Result<&'static str, PeopleError>
    + Send
    + 'static,
) -> Result<Result<&'static str, PeopleError>, Refusal> {
    let (name, password) = (reader.field("name").to_owned(), reader.field("password").to_owned());
    match app.password(move || Hashed::new(&name, &password)).await? {
        Ok(hashed) => {
            let change = move |people: &mut crate::people::People, by: By<'_>, name: &str, now| {
                change(people, by, name, &hashed, now)
            };
            with_name(app, reader, change).await
        }
        Err(error) => Ok(Err(error)),
    }
}
