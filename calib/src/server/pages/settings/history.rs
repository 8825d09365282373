//! The versions of the line file with who wrote them, when and why; the way back to one; and the restart that puts
//! what is saved in force.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::changes::{ask, note, saving, status};
use super::masked::masked;
use super::{Head, may_change, refused, settings_page};
use crate::people::By;
use crate::people::audit::Entry;
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::server::pages::{Said, done, time_words};
use crate::texts::Texts;
use crate::the_box::settings::{Effect, NotSaved, Version};

#[derive(Template)]
#[template(path = "settings_history.html")]
struct HistoryPage<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    head: Head<'a>,
    said: Said,
    /// What the box says about a refusal, in English.
    words: String,
    versions: Vec<Version>,
    /// What the file says now.
    revision: String,
}

impl HistoryPage<'_> {
    fn when(&self, version: &Version) -> String {
        time_words(version.at)
    }

    fn who<'v>(&'v self, version: &'v Version) -> &'v str {
        if version.who.is_empty() { self.t.get("settings.on_the_box") } else { &version.who }
    }

    fn is_present(&self, version: &Version) -> bool {
        version.revision == self.revision
    }
}

pub(in crate::server) async fn show(State(app): State<App>, reader: Reader) -> Response {
    let said = Said::kept(&app, &reader);
    history_page(&app, &reader, said, String::new()).await
}

async fn history_page(app: &App, reader: &Reader, said: Said, words: String) -> Response {
    let asked = app.query(|the_box| {
        let settings = the_box.line_settings();
        Ok((settings.history()?, settings.settings()?.revision))
    });
    match asked.await {
        Ok((mut versions, revision)) => {
            if !may_change(reader) {
                versions.iter_mut().for_each(|version| version.diff = masked(&version.diff));
            }
            let (frame, t, head) = (Frame::of(reader), reader.texts(), Head::of(reader));
            page(&HistoryPage { frame, t, head, said, words, versions, revision })
        }
        Err(refusal) => refused(reader, &refusal),
    }
}

pub(in crate::server) async fn restore(State(app): State<App>, reader: Reader) -> Response {
    let texts = reader.texts();
    let Ok(version) = reader.field("id").parse::<u64>() else {
        return Refusal::Question("write the version's number".to_owned()).page(&reader);
    };
    let Some(by) = saving(&app, &reader) else {
        let said = Said::bad(texts.get("settings.reason_missing"));
        let again = history_page(&app, &reader, said, String::new()).await;
        return (StatusCode::UNPROCESSABLE_ENTITY, again).into_response();
    };
    let (revision, saving) = (reader.field("revision").to_owned(), by.clone());
    match ask(&app, move |settings| settings.restore(version, &revision, &saving)).await {
        Ok(Ok(saved)) => {
            note(&app, &reader, "settings restored", &by, &saved).await;
            let waits = saved.keys.iter().any(|key| key.effect != Effect::AtOnce);
            let text = match waits {
                true => texts.get("settings.restored"),
                false => texts.get("settings.restored_at_once"),
            };
            done(&app, &reader, text.to_owned(), "/settings/history")
        }
        Ok(Err(refused)) => {
            let (status, kind) = status(&refused);
            let said = Said::bad(texts.named("settings_error", kind));
            let words = match &refused {
                NotSaved::Wrong(mistakes) => {
                    let each =
                        mistakes.iter().map(|m| format!("{}: {}; {}", m.key, m.problem, m.instead));
                    each.collect::<Vec<_>>().join("\n")
                }
                other => other.to_string(),
            };
            (status, history_page(&app, &reader, said, words).await).into_response()
        }
        Err(refusal) => refusal.page(&reader),
    }
}

pub(in crate::server) async fn restart(State(app): State<App>, reader: Reader) -> Response {
    let by = By { who: reader.name(), address: &reader.address };
    let entry = Entry::new(by, "restart asked for", "", "", "", app.wall());
    // Before it is done: afterwards nobody may be there to write it.
    app.note(entry).await;
    match app.query(|the_box| the_box.line_settings().restart()).await {
        Ok(()) => {
            done(&app, &reader, reader.texts().get("settings.restarting").to_owned(), "/settings")
        }
        Err(refusal) => {
            tracing::warn!("no restart: {refusal:?}");
            let said = Said::bad(reader.texts().get("settings.no_restart"));
            let again = settings_page(&app, &reader, said, "").await;
            (StatusCode::SERVICE_UNAVAILABLE, again).into_response()
        }
    }
}
