//! One's own account: the password, which whoever changes it must know. Other log-ins of the person end.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};

use super::log_in::{NotIn, begin, try_password};
use super::{Said, done, key_of};
use crate::people::password::Hashed;
use crate::people::{By, PeopleError};
use crate::server::answer::{Frame, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    minutes: String,
    hours: String,
}

impl Account<'_> {
    fn sessions(&self) -> String {
        let places = [("minutes", self.minutes.as_str()), ("hours", &self.hours)];
        self.t.filled("account.sessions", &places)
    }
}

fn account_page(app: &App, reader: &Reader, said: Said) -> Response {
    let minutes = app.section.idle_minutes.to_string();
    let hours = app.section.session_hours.to_string();
    page(&Account { frame: Frame::of(reader), t: reader.texts(), said, minutes, hours })
}

pub(in crate::server) async fn show(State(app): State<App>, reader: Reader) -> Response {
    let said = Said::kept(&app, &reader);
    account_page(&app, &reader, said)
}

pub(in crate::server) async fn change_password(State(app): State<App>, reader: Reader) -> Response {
    let texts = reader.texts();
    match try_change(&app, &reader).await {
        Ok((cookie, reader)) => {
            // The new session is told: the one that sent the form is no more.
            let changed = texts.get("account.changed").to_owned();
            ([(SET_COOKIE, cookie)], done(&app, &reader, changed, "/account")).into_response()
        }
        Err(NotIn::Refused(refusal)) => refusal.page(&reader),
        Err(NotIn::Said(status, text)) => {
            (status, account_page(&app, &reader, Said::bad(text))).into_response()
        }
    }
}

/// Changes the password, and begins a new session in the place of all that the person had.
async fn try_change(
    app: &App,
    reader: &Reader,
) -> Result<(axum::http::HeaderValue, Reader), NotIn> {
    let texts = reader.texts();
    let wrong = |error: &PeopleError| {
        NotIn::Said(StatusCode::UNPROCESSABLE_ENTITY, texts.get(key_of(error)).to_owned())
    };
    if reader.field("password") != reader.field("again") {
        let text = texts.get("form.differ").to_owned();
        return Err(NotIn::Said(StatusCode::UNPROCESSABLE_ENTITY, text));
    }
    try_password(app, reader, reader.name(), reader.field("now")).await.map_err(
        |not| match not {
            NotIn::Said(StatusCode::UNAUTHORIZED, _) => {
                let text = texts.get("account.wrong").to_owned();
                NotIn::Said(StatusCode::UNPROCESSABLE_ENTITY, text)
            }
            other => other,
        },
    )?;
    let (name, password) = (reader.name().to_owned(), reader.field("password").to_owned());
    let of = name.clone();
    let hashed = app.password(move || Hashed::new(&of, &password)).await?;
    let hashed = hashed.map_err(|error| wrong(&error))?;
    let (address, now) = (reader.address.clone(), app.wall());
    let person = app
        .people(move |people| {
            people.set_password(By { who: &name, address: &address }, &name, &hashed, now)?;
            people.find(&name)?.ok_or(PeopleError::Unknown(name))
        })
        .await?
        .map_err(|error| wrong(&error))?;
    app.gate().sessions.revoke(&person.name);
    let begun = begin(app, reader, &person).await?;
    Ok((begun.cookie, reader.clone().logged_in(begun.who)))
}
