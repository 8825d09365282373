//! The audit log, for engineers: the newest entries first, a hundred at a time.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::people::audit::Entry;
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::Texts;

/// Entries on one page.
const A_PAGE: usize = 100;

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    entries: Vec<Entry>,
    /// The entry before which older ones are asked for.
    older: Option<u64>,
    is_newest: bool,
}

impl Audit<'_> {
    fn when(&self, entry: &Entry) -> String {
        super::time_words(entry.at)
    }

    fn what(&self, entry: &Entry) -> String {
        self.t.named("audit_what", &entry.what.replace(' ', "_")).to_owned()
    }

    fn change(&self, entry: &Entry) -> String {
        match (entry.before.as_str(), entry.after.as_str()) {
            ("", after) => self.word(after),
            (before, "") => self.word(before),
            (before, after) => {
                let (before, after) = (self.word(before), self.word(after));
                self.t.filled("audit.from_to", &[("before", &before), ("after", &after)])
            }
        }
    }

    /// A role by its name in the reader's language; anything else as it was kept.
    fn word(&self, kept: &str) -> String {
        self.t.named("role", kept).to_owned()
    }
}

#[derive(Debug, Default, Deserialize)]
pub(in crate::server) struct Question {
    before: Option<u64>,
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
    question: Result<Query<Question>, QueryRejection>,
) -> Response {
    let before = question.ok().and_then(|Query(question)| question.before);
    let entries = app.people(move |people| people.audit(before, A_PAGE)).await;
    match entries {
        Ok(Ok(entries)) => {
            let older = (entries.len() == A_PAGE).then(|| entries.last().map(|e| e.id)).flatten();
            let (frame, t) = (Frame::of(&reader), reader.texts());
            page(&Audit { frame, t, entries, older, is_newest: before.is_none() })
        }
        Ok(Err(error)) => {
            tracing::error!("{error}");
            Refusal::Failed(error.to_string()).page(&reader)
        }
        Err(refusal) => refusal.page(&reader),
    }
}
