//! The one for whom an answer is made: who, in which language, by day or by night.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::header::{ACCEPT_LANGUAGE, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::Response;

use super::go_to;
use super::headers::{cookie, set_cookie};
use crate::access::{Role, Secret};
use crate::server::answer::Refusal;
use crate::server::app::App;
use crate::server::door::Peer;
use crate::texts::{Language, Texts};

/// Who is logged in.
#[derive(Debug, Clone)]
pub(in crate::server) struct Who {
    pub(in crate::server) name: String,
    pub(in crate::server) role: Role,
    pub(in crate::server) csrf: Secret,
    /// The session's token; none for a program with this machine's token.
    pub(in crate::server) token: Option<Arc<str>>,
}

/// Day or night.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::server) enum Look {
    /// As the tablet says.
    #[default]
    Tablet,
    Day,
    Night,
}

impl Look {
    pub(in crate::server) const fn name(self) -> &'static str {
        match self {
            Self::Tablet => "",
            Self::Day => "day",
            Self::Night => "night",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Day, Self::Night].into_iter().find(|look| look.name() == name)
    }
}

/// The one for whom an answer is made. Handlers get it from the guard.
#[derive(Debug, Clone)]
pub(in crate::server) struct Reader {
    pub(in crate::server) who: Option<Who>,
    pub(in crate::server) language: Language,
    pub(in crate::server) look: Look,
    /// The address of the page, without its question; after a form, of the page on which the form stands.
    pub(in crate::server) page: Arc<str>,
    pub(in crate::server) address: Arc<str>,
    /// The fields of the form that was sent.
    fields: Arc<BTreeMap<String, String>>,
}

impl Reader {
    pub(in crate::server) fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    /// A field of the form; empty where there is none.
    pub(in crate::server) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The same with the fields of a form.
    pub(super) fn with_fields(self, fields: BTreeMap<String, String>) -> Self {
        Self { fields: Arc::new(fields), ..self }
    }

    /// The same for one who has just logged in.
    pub(in crate::server) fn logged_in(self, who: Who) -> Self {
        Self { who: Some(who), ..self }
    }

    /// The session's token; none for strangers and programs.
    pub(in crate::server) fn token(&self) -> Option<&str> {
        self.who.as_ref()?.token.as_deref()
    }

    /// Who is logged in, at an address that is not open to strangers.
    pub(in crate::server) fn name(&self) -> &str {
        self.who.as_ref().map_or("", |who| &who.name)
    }
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let reader = parts.extensions.get::<Self>().cloned();
        reader.ok_or_else(|| Refusal::Failed("the address has no guard; report it".to_owned()))
    }
}

/// The reader of an address that lies `below` so many parts below its page.
pub(super) fn reader_of(app: &App, parts: &Parts, below: usize) -> Reader {
    let accept = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let chosen = cookie(&parts.headers, "language").and_then(Language::coded);
    let language = chosen.or_else(|| Language::asked(accept?)).unwrap_or(app.section.language);
    let peer = parts.extensions.get::<Peer>();
    Reader {
        who: None,
        language,
        look: cookie(&parts.headers, "look").and_then(Look::named).unwrap_or_default(),
        page: page_of(parts.uri.path(), below).into(),
        address: peer.map_or_else(String::new, |peer| peer.0.to_string()).into(),
        fields: Arc::default(),
    }
}

/// The address of the page that lies so many parts above this address.
pub(in crate::server) fn page_of(path: &str, above: usize) -> &str {
    let page = (0..above).fold(path, |path, _| path.rsplit_once('/').map_or("", |(page, _)| page));
    if page.is_empty() { "/" } else { page }
}

/// What a person wishes of every page from now on: `?language=de` or `?look=night`.
pub(super) enum Wish {
    Language(Language),
    Look(Look),
}

pub(super) fn wish(parts: &Parts) -> Option<Wish> {
    let question = parts.uri.query().filter(|_| parts.method == Method::GET)?;
    question.split('&').filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| match key {
        "language" => Language::coded(value).map(Wish::Language),
        "look" => Look::named(value).map(Wish::Look),
        _ => None,
    })
}

/// Gives the browser the wish to keep, and sends it to the page itself.
pub(super) fn remember(app: &App, parts: &Parts, wish: Wish) -> Response {
    const A_YEAR: u64 = 365 * 24 * 3600;
    let (name, value) = match wish {
        Wish::Language(language) => ("language", language.code()),
        Wish::Look(look) => ("look", look.name()),
    };
    let mut answer = go_to(parts.uri.path());
    let cookie = set_cookie(name, value, A_YEAR, !app.section.plain_http);
    answer.headers_mut().insert(SET_COOKIE, cookie);
    answer
}
