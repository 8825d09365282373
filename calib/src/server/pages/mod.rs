//! The pages, a file each. A page is a template, the texts of the reader's language, and what it shows.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod log_in;
pub(super) mod overview;
pub(super) mod people;
pub(super) mod set_up;

use crate::people::PeopleError;
use crate::people::password::Weak;

/// What a page tells about what was just done.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// It worked.
    pub(super) good: Option<String>,
    /// It did not.
    pub(super) bad: Option<String>,
}

impl Said {
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self { good: Some(text.into()), bad: None }
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { good: None, bad: Some(text.into()) }
    }
}

/// The text that tells a person why people are not changed.
pub(super) fn key_of(error: &PeopleError) -> &'static str {
    /// Marks a key for the test that looks for them.
    struct Key(&'static str);
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
