//! Settings: the line file's keys as forms, made from their declaration.
//!
//! Everybody sees them; engineers change them. What somebody has changed and not saved yet is **pending**: it stays in
//! their browser, from page to page and without a network, until they save it on the review page. The file is
//! checked there as `inspectctl config check` does, and shown as a diff before it is written.

pub(in crate::server) mod changes;
pub(in crate::server) mod history;
mod masked;

use askama::Template;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::Said;
use crate::access::Right;
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::Texts;
use crate::the_box::settings::{Key, Section, Settings};

/// Most characters of a search.
const FIND_MAX: usize = 80;

/// What every page of the settings has at its top: whose pending changes are shown, and whether they may be saved.
struct Head<'a> {
    /// Under this name the browser keeps what is pending.
    person: &'a str,
    csrf: &'a str,
    may_change: bool,
}

impl<'a> Head<'a> {
    fn of(reader: &'a Reader) -> Self {
        let csrf = reader.who.as_ref().map_or("", |who| who.csrf.reveal());
        Self { person: reader.name(), csrf, may_change: may_change(reader) }
    }
}

fn may_change(reader: &Reader) -> bool {
    reader.who.as_ref().is_some_and(|who| who.role.may(Right::Configure))
}

/// The settings as the reader may see them.
async fn settings_for(app: &App, reader: &Reader) -> Result<Settings, Refusal> {
    let mut settings = app.query(|the_box| the_box.line_settings().settings()).await?;
    if !may_change(reader) {
        masked::mask(&mut settings);
    }
    Ok(settings)
}

/// The JSON of `/api/settings`.
pub(in crate::server) async fn json(
    State(app): State<App>,
    reader: Reader,
) -> Result<Json<Settings>, Refusal> {
    Ok(Json(settings_for(&app, &reader).await?))
}

/// A section at the top, as a card.
struct Card<'s> {
    name: &'s str,
    about: &'s str,
    /// Its keys and those of the sections within it.
    keys: usize,
}

/// A key that was looked for.
struct Found<'s> {
    section: &'s Section,
    key: &'s Key,
}

impl Found<'_> {
    /// Where its form is.
    fn place(&self) -> String {
        let at = self.section.present.first().map_or(&self.section.name, |table| &table.at);
        format!("/settings/{}#{at}.{}", self.section.top(), self.key.name)
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    head: Head<'a>,
    said: Said,
    settings: &'a Settings,
    cards: Vec<Card<'a>>,
    find: &'a str,
    found: Vec<Found<'a>>,
}

impl SettingsPage<'_> {
    fn waits(&self) -> Option<String> {
        let waits = self.settings.waits.as_ref()?;
        let since = waits.since.map(super::time_words).unwrap_or_default();
        Some(self.t.filled("settings.waits", &[("time", &since)]))
    }

    fn keys(&self, card: &Card<'_>) -> String {
        match card.keys {
            1 => self.t.get("settings.count_one").to_owned(),
            keys => self.t.filled("settings.count", &[("count", &keys.to_string())]),
        }
    }

    fn file(&self) -> String {
        self.t.filled("settings.file", &[("file", &self.settings.file)])
    }

    fn count_found(&self) -> String {
        match self.found.len() {
            1 => self.t.get("settings.found_one").to_owned(),
            count => self.t.filled("settings.found", &[("count", &count.to_string())]),
        }
    }
}

fn cards(settings: &Settings) -> Vec<Card<'_>> {
    let top = settings.sections.iter().filter(|section| section.top() == section.name);
    let keys = |name: &str| {
        let within = settings.sections.iter().filter(|section| section.top() == name);
        within.map(|section| section.keys.len()).sum()
    };
    top.map(|one| Card { name: &one.name, about: &one.about, keys: keys(&one.name) }).collect()
}

/// The keys in whose name, section or documentation every word stands.
fn look_for<'s>(settings: &'s Settings, words: &str) -> Vec<Found<'s>> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let all = settings
        .sections
        .iter()
        .flat_map(|section| section.keys.iter().map(move |key| Found { section, key }));
    let fits = |found: &Found<'_>| {
        let text = format!("{}.{} {}", found.section.name, found.key.name, found.key.about);
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    all.filter(fits).collect()
}

#[derive(Debug, Default, Deserialize)]
pub(in crate::server) struct Question {
    find: Option<String>,
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
    question: Result<Query<Question>, QueryRejection>,
) -> Response {
    let find = question.ok().and_then(|Query(question)| question.find).unwrap_or_default();
    let said = Said::kept(&app, &reader);
    settings_page(&app, &reader, said, &find).await
}

async fn settings_page(app: &App, reader: &Reader, said: Said, find: &str) -> Response {
    let settings = match settings_for(app, reader).await {
        Ok(settings) => settings,
        Err(refusal) => return refused(reader, &refusal),
    };
    let find = line::text::cut(find, FIND_MAX);
    let (cards, found) = (cards(&settings), look_for(&settings, &find));
    page(&SettingsPage {
        frame: Frame::of(reader),
        t: reader.texts(),
        head: Head::of(reader),
        said,
        settings: &settings,
        cards,
        find: find.trim(),
        found,
    })
}

#[derive(Template)]
#[template(path = "settings_section.html")]
struct SectionPage<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    head: Head<'a>,
    section: &'a str,
}

pub(in crate::server) async fn section(
    State(app): State<App>,
    reader: Reader,
    Path(name): Path<String>,
) -> Response {
    let settings = match settings_for(&app, &reader).await {
        Ok(settings) => settings,
        Err(refusal) => return refused(&reader, &refusal),
    };
    if !settings.sections.iter().any(|section| section.name == name && section.top() == name) {
        return Refusal::Absent("there is no such section".to_owned()).page(&reader);
    }
    let (frame, head) = (Frame::of(&reader), Head::of(&reader));
    page(&SectionPage { frame, t: reader.texts(), head, section: &name })
}

#[derive(Template)]
#[template(path = "settings_review.html")]
struct ReviewPage<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    head: Head<'a>,
}

pub(in crate::server) async fn review(reader: Reader) -> Response {
    page(&ReviewPage { frame: Frame::of(&reader), t: reader.texts(), head: Head::of(&reader) })
}

/// A page that says why there are no settings; the box's own words stand in the log.
fn refused(reader: &Reader, refusal: &Refusal) -> Response {
    if let Refusal::Failed(cause) | Refusal::Absent(cause) = refusal {
        tracing::warn!("the settings page: {cause}");
    }
    refusal.page(reader)
}
