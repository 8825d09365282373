//! The guard before every address: who asks, whether they may, and whether the request is theirs.
//!
//! A request is let through when its address is open to strangers, or when it brings along the cookie of
//! a session, or this machine's token, whose role has the address's right. Whoever wants to change
//! something must also show that the form is ours: the browser says that the page's own origin sent it,
//! and the form has the session's token (**CSRF**). A body is read here, a small one in a short time, and
//! only for one who may send it; handlers find its fields, not a body.

mod headers;
mod reader;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub(super) use self::headers::set_session;
use self::headers::{bearer, fields, is_ours, session_cookie};
#[cfg(test)]
pub(super) use self::reader::page_of;
pub(super) use self::reader::{Reader, Who};
use self::reader::{reader_of, remember, wish};
use super::answer::Refusal;
use super::app::App;
use crate::access::{Right, Role, Secret};

/// The header in which a script sends the session's token.
const CSRF_HEADER: &str = "x-csrf-token";

/// The field in which a form sends it.
const CSRF_FIELD: &str = "csrf";

/// Whom an address is open to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Strangers: log-in, set-up, health, and what those pages are made of.
    Open,
    /// People with this right.
    Right(Right),
}

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A person: a stranger is sent to the log-in.
    Page,
    /// A program: a refusal is plain text.
    Data,
}

/// Rules of one address.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) app: App,
    pub(super) access: Access,
    pub(super) kind: Kind,
    /// So many parts the address lies below its page.
    pub(super) below: usize,
    /// Whether a person who asks for it is at work, so that the session goes on.
    pub(super) prolongs: bool,
}

/// Lets a request through to its address, or not.
pub(super) async fn guard(State(rules): State<Rules>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let reader = reader_of(&rules.app, &parts, rules.below);
    let place = place_of(&reader, &parts);
    match (rules.kind, wish(&parts)) {
        (Kind::Page, Some(wish)) => remember(&rules.app, &parts, wish),
        _ => match admit(&rules, &reader, parts, body).await {
            Ok(request) => next.run(request).await,
            Err(refusal) => refuse(&rules, &reader, &place, &refusal).await,
        },
    }
}

/// Where somebody goes on after the log-in: to what was asked for, with its question. What a form asked for
/// is not done then, and the form stands on its page.
fn place_of(reader: &Reader, parts: &Parts) -> String {
    let question = parts.uri.query().filter(|_| parts.method == Method::GET);
    question
        .map_or_else(|| reader.page.to_string(), |question| format!("{}?{question}", reader.page))
}

async fn refuse(rules: &Rules, reader: &Reader, place: &str, refusal: &Refusal) -> Response {
    match (rules.kind, refusal) {
        (Kind::Data, _) => refusal.clone().into_response(),
        (Kind::Page, Refusal::Stranger) => {
            let set_up = rules.app.people(|people| people.needs_set_up()).await;
            match set_up {
                Ok(Ok(true)) => go_to("/set-up"),
                _ if place == "/" => go_to("/log-in"),
                _ => {
                    let mut address = form_urlencoded::Serializer::new("/log-in?".to_owned());
                    go_to(&address.append_pair("next", place).finish())
                }
            }
        }
        (Kind::Page, _) => refusal.page(reader),
    }
}

/// Sends a browser to another page, which it then asks for.
pub(in crate::server) fn go_to(place: &str) -> Response {
    // Paths that reach this place have been matched to ours, or checked.
    let place = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

/// Checks everything, and makes the request that the handler gets.
async fn admit(
    rules: &Rules,
    reader: &Reader,
    mut parts: Parts,
    body: Body,
) -> Result<Request, Refusal> {
    let Rules { app, access, .. } = rules;
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    let who = if *access == Access::Open { None } else { who(rules, &parts).await? };
    let (is_known, key) = match &who {
        Some(Who { token: Some(token), .. }) => (true, token.to_string()),
        Some(Who { token: None, .. }) => (true, String::new()),
        None => (false, reader.address.to_string()),
    };
    let now = app.now();
    let answered = match is_known {
        true if key.is_empty() => true,
        true => app.gate().logged_in.take(&key, now),
        false => app.gate().strangers.take(&key, now),
    };
    if !answered {
        return Err(Refusal::TooOften);
    }
    if let Access::Right(right) = access {
        let who = who.as_ref().ok_or(Refusal::Stranger)?;
        if !who.role.may(*right) || (changes && who.token.is_none()) {
            return Err(Refusal::NotYours);
        }
    }
    let mut reader = reader.clone();
    if changes {
        if !is_ours(&parts.headers) {
            return Err(Refusal::Foreign);
        }
        reader = reader.with_fields(fields(app, &parts.headers, body).await?);
        if let Some(who) = &who {
            let header = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
            let token = header.unwrap_or_else(|| reader.field(CSRF_FIELD));
            if !who.csrf.is(token) {
                return Err(Refusal::FormOld);
            }
        }
    }
    reader.who = who;
    parts.extensions.insert(reader);
    Ok(Request::from_parts(parts, Body::empty()))
}

/// Who asks: a person with a session, a program with this machine's token, or nobody.
async fn who(rules: &Rules, parts: &Parts) -> Result<Option<Who>, Refusal> {
    let Rules { app, prolongs, .. } = rules;
    if let Some(token) = bearer(&parts.headers) {
        if !app.token.is(token) {
            return Ok(None);
        }
        let csrf = Secret::new().map_err(|e| Refusal::Failed(e.to_string()))?;
        let name = "this machine".to_owned();
        return Ok(Some(Who { name, role: Role::Viewer, csrf, token: None }));
    }
    let Some(token) = session_cookie(app, &parts.headers) else { return Ok(None) };
    let session = match prolongs {
        true => app.gate().sessions.used(token, app.now()),
        false => app.gate().sessions.seen(token, app.now()),
    };
    let Some(session) = session else { return Ok(None) };
    // inspectctl may have changed the person meanwhile.
    let name = session.person.clone();
    let person = app.people(move |people| people.find(&name)).await?;
    let person = person.map_err(|error| {
        tracing::error!("{error}");
        Refusal::Failed(error.to_string())
    })?;
    match person.filter(|person| person.generation == session.generation) {
        Some(person) => {
            let token = Some(token.into());
            Ok(Some(Who { name: person.name, role: person.role, csrf: session.csrf, token }))
        }
        None => {
            app.gate().sessions.end(token);
            Ok(None)
        }
    }
}
