//! The first start: whoever can read the console or the log of inspectd knows the set-up code, and makes
//! the first engineer with it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};

use super::log_in::{Guessed, NotIn, begin, guess_is_free, guess_was_wrong};
use super::{Said, key_of};
use crate::people::password::Hashed;
use crate::people::{By, PeopleError};
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::{Reader, go_to};
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUp<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    name: &'a str,
    code: &'a str,
}

fn set_up_page(reader: &Reader, said: Said) -> Response {
    let (name, code) = (reader.field("name"), reader.field("code"));
    page(&SetUp { frame: Frame::of(reader), t: reader.texts(), said, name, code })
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
) -> Result<Response, Refusal> {
    match app.people(|people| people.needs_set_up()).await? {
        Ok(true) => Ok(set_up_page(&reader, Said::default())),
        _ => Ok(go_to("/log-in")),
    }
}

pub(in crate::server) async fn set_up(State(app): State<App>, reader: Reader) -> Response {
    match make_engineer(&app, &reader).await {
        Ok(cookie) => ([(SET_COOKIE, cookie)], go_to("/")).into_response(),
        Err(NotIn::Refused(refusal)) => refusal.page(&reader),
        Err(NotIn::Said(status, text)) => {
            (status, set_up_page(&reader, Said::bad(text))).into_response()
        }
    }
}

async fn make_engineer(app: &App, reader: &Reader) -> Result<axum::http::HeaderValue, NotIn> {
    let texts = reader.texts();
    let said = |status, key| NotIn::Said(status, texts.get(key).to_owned());
    let wrong = |error: &PeopleError| said(StatusCode::UNPROCESSABLE_ENTITY, key_of(error));
    guess_is_free(app, reader, Guessed::SetUpCode)?;
    let Some(code) = app.set_up_code() else { return Err(wrong(&PeopleError::IsSetUp)) };
    if !code.is_code(reader.field("code")) {
        guess_was_wrong(app, reader, Guessed::SetUpCode).await;
        return Err(NotIn::Said(StatusCode::UNAUTHORIZED, texts.get("set_up.wrong").to_owned()));
    }
    let (name, password) = (reader.field("name").to_owned(), reader.field("password").to_owned());
    if password != reader.field("again") {
        let text = texts.get("form.differ").to_owned();
        return Err(NotIn::Said(StatusCode::UNPROCESSABLE_ENTITY, text));
    }
    let of = name.clone();
    let hashed = app.password(move || Hashed::new(&of, &password)).await?;
    let hashed = hashed.map_err(|error| wrong(&error))?;
    let (address, now) = (reader.address.clone(), app.wall());
    let person = app
        .people(move |people| {
            let by = By { who: &name, address: &address };
            people.add_first_engineer(by, &name, &hashed, now)?;
            people.find(&name)?.ok_or(PeopleError::Unknown(name))
        })
        .await?
        .map_err(|error| wrong(&error))?;
    app.forget_set_up_code();
    Ok(begin(app, reader, &person).await?.cookie)
}
