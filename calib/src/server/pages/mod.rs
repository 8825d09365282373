//! The pages, a file each. A page is a template, the texts of the reader's language, and what it shows.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod history;
pub(super) mod holds;
pub(super) mod item;
pub(super) mod live;
pub(super) mod log_in;
pub(super) mod overview;
pub(super) mod people;
pub(super) mod products;
pub(super) mod set_up;
pub(super) mod settings;
pub(super) mod thresholds;

use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use line::protocol::Check;

use crate::people::PeopleError;
use crate::people::password::Weak;
use crate::server::app::App;
use crate::server::guard::{Reader, go_to};
use crate::texts::{Key, Texts};
use crate::the_box::ItemView;

/// A change was made: the browser is sent to `place`, which says so. So loading the page again changes nothing
/// twice.
pub(super) fn done(app: &App, reader: &Reader, text: String, place: &str) -> Response {
    if let Some(token) = reader.token() {
        app.gate().sessions.tell(token, text);
    }
    go_to(place)
}

/// What a page tells about what was just done.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// It worked.
    pub(super) good: Option<String>,
    /// It did not.
    pub(super) bad: Option<String>,
}

impl Said {
    /// What the change that was made last has to tell.
    pub(super) fn kept(app: &App, reader: &Reader) -> Self {
        let told = reader.token().and_then(|token| app.gate().sessions.told(token));
        Self { good: told, bad: None }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { good: None, bad: Some(text.into()) }
    }
}

/// A moment in the box's time zone.
fn time_words(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A check's name, as the API has it.
fn check_name(check: &Check) -> Option<String> {
    serde_json::to_value(check).ok()?.as_str().map(str::to_owned)
}

/// Which checks ask for the diversion, in words.
fn reason_words(texts: &Texts, item: &ItemView) -> String {
    let names = item.reasons.iter().filter_map(check_name);
    let words: Vec<String> = names.map(|name| texts.named("reason", &name).to_owned()).collect();
    words.join(", ")
}

/// The text that tells a person why people are not changed.
pub(super) fn key_of(error: &PeopleError) -> &'static str {
    match error {
        PeopleError::Name => Key("people_error.name"),
        PeopleError::Taken(_) => Key("people_error.taken"),
        PeopleError::Unknown(_) => Key("people_error.unknown"),
        PeopleError::TooMany => Key("people_error.too_many"),
        PeopleError::LastEngineer(_) => Key("people_error.last_engineer"),
        PeopleError::IsSetUp => Key("people_error.is_set_up"),
        PeopleError::Password(Weak::Short) => Key("people_error.short"),
        PeopleError::Password(Weak::Long) => Key("people_error.long"),
        PeopleError::Password(Weak::Monotonous) => Key("people_error.monotonous"),
        PeopleError::Password(Weak::Name) => Key("people_error.contains_name"),
        PeopleError::Folder(_)
        | PeopleError::Database { .. }
        | PeopleError::Newer { .. }
        | PeopleError::Hash(_) => {
            tracing::error!("{error}");
            Key("people_error.failed")
        }
    }
    .0
}
