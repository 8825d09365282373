//! Checks and saves what is pending. The page's script sends the changes and keeps them until the box says that they
//! are saved, so that a lost answer loses nothing; so these addresses answer with JSON.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::masked::masked;
use crate::people::By;
use crate::people::audit::Entry;
use crate::server::answer::Refusal;
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::the_box::settings::{
    Change, LineSettings, MOST_CHANGES, NotSaved, REASON_MAX, Saved, Saving,
};

/// Asks the box about its settings.
pub(super) async fn ask<T: Send + 'static>(
    app: &App,
    question: impl FnOnce(&dyn LineSettings) -> Result<T, NotSaved> + Send + 'static,
) -> Result<Result<T, NotSaved>, Refusal> {
    app.query(move |the_box| Ok(question(the_box.line_settings()))).await
}

pub(in crate::server) async fn check(State(app): State<App>, reader: Reader) -> Response {
    let changes = match changes(&reader) {
        Ok(changes) => changes,
        Err(refused) => return told(&refused),
    };
    let revision = reader.field("revision").to_owned();
    match ask(&app, move |settings| settings.check(&changes, &revision)).await {
        Ok(Ok(checked)) => Json(checked).into_response(),
        Ok(Err(refused)) => told(&refused),
        Err(refusal) => refusal.into_response(),
    }
}

pub(in crate::server) async fn save(State(app): State<App>, reader: Reader) -> Response {
    let changes = match changes(&reader) {
        Ok(changes) => changes,
        Err(refused) => return told(&refused),
    };
    let Some(by) = saving(&app, &reader) else {
        return told(&NotSaved::Refused("write why the settings change".to_owned()));
    };
    let (revision, saving) = (reader.field("revision").to_owned(), by.clone());
    match ask(&app, move |settings| settings.save(&changes, &revision, &saving)).await {
        Ok(Ok(saved)) => {
            note(&app, &reader, "settings saved", &by, &saved).await;
            Json(saved).into_response()
        }
        Ok(Err(refused)) => told(&refused),
        Err(refusal) => refusal.into_response(),
    }
}

/// Who saves, and why; none without a reason.
pub(in crate::server) fn saving(app: &App, reader: &Reader) -> Option<Saving> {
    // One line: it stands in the log, too.
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let reason = reader.field("reason").trim().chars().take(REASON_MAX);
    let reason: String = reason.map(plain).collect();
    let who = reader.name().to_owned();
    (!reason.is_empty()).then(|| Saving { who, reason, at: app.wall() })
}

/// The changes of the form.
fn changes(reader: &Reader) -> Result<Vec<Change>, NotSaved> {
    let refused = |why: String| NotSaved::Refused(format!("{why}; load the page again"));
    let changes: Vec<Change> = serde_json::from_str(reader.field("changes"))
        .map_err(|error| refused(format!("the changes cannot be read: {error}")))?;
    if changes.len() > MOST_CHANGES {
        return Err(refused(format!("there are more than {MOST_CHANGES} changes")));
    }
    Ok(changes)
}

/// Writes into the audit log what was saved, key by key. The file is written by then, and its own history says
/// the same.
pub(in crate::server) async fn note(
    app: &App,
    reader: &Reader,
    what: &str,
    by: &Saving,
    saved: &Saved,
) {
    let person = By { who: &by.who, address: &reader.address };
    let mut entries = vec![Entry::new(person, what, &by.reason, "", "", by.at)];
    entries.extend(saved.keys.iter().map(|changed| {
        let (before, after) = (masked(&changed.before), masked(&changed.after));
        Entry::new(person, "setting changed", &changed.key, &before, &after, by.at)
    }));
    // The newest entry is shown first: the reason stands above its keys.
    for entry in entries.into_iter().rev() {
        app.note(entry).await;
    }
}

/// Why nothing was saved, for the script.
fn told(refused: &NotSaved) -> Response {
    let (status, kind) = status(refused);
    let mistakes = match refused {
        NotSaved::Wrong(mistakes) => mistakes.as_slice(),
        _ => &[],
    };
    let words = refused.to_string();
    (status, Json(json!({ "kind": kind, "words": words, "mistakes": mistakes }))).into_response()
}

/// The status of an answer, and the name of the reason in the texts.
pub(super) fn status(refused: &NotSaved) -> (StatusCode, &'static str) {
    match refused {
        NotSaved::Changed(_) => (StatusCode::CONFLICT, "changed"),
        NotSaved::Wrong(_) => (StatusCode::UNPROCESSABLE_ENTITY, "wrong"),
        NotSaved::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
        NotSaved::Unwritable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unwritable"),
        NotSaved::NoAnswer(_) => (StatusCode::SERVICE_UNAVAILABLE, "unreadable"),
    }
}
