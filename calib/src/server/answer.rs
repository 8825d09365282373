//! What answers look like: pages from templates, refusals, and the headers that every answer has.
//!
//! A refusal is one of a few kinds. A person gets it as a page in their language, a program as plain
//! text that ends with the next step.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::COME_AGAIN_SECONDS;
use super::guard::Reader;
use crate::access::Role;
use crate::texts::{Key, Texts};
use crate::the_box::NoAnswer;

/// What scripts, styles and pictures a browser may load: ours alone, and nothing written into a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Why a request is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nobody is logged in.
    Stranger,
    /// The role has not the right.
    NotYours,
    /// There is nothing.
    Absent(String),
    /// The question is wrong.
    Question(String),
    /// What is wanted cannot be done so.
    Unfit(String),
    /// The form has no token, or that of another session.
    FormOld,
    /// Another site sent it.
    Foreign,
    /// The body is too large, or did not come in time.
    TooLarge,
    /// The body is no form.
    NoForm,
    /// Others came first.
    Busy,
    /// The same one asked too often.
    TooOften,
    /// It could not be done.
    Failed(String),
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Stranger => StatusCode::UNAUTHORIZED,
            Self::NotYours | Self::FormOld | Self::Foreign => StatusCode::FORBIDDEN,
            Self::Absent(_) => StatusCode::NOT_FOUND,
            Self::Question(_) => StatusCode::BAD_REQUEST,
            Self::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Busy | Self::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// For programs.
    fn text(&self) -> &str {
        match self {
            Self::Stranger => {
                "log in at /log-in; a program on the box sends `Authorization: Bearer` with what \
                 stands in page/token in the [store] folder"
            }
            Self::NotYours => "your role may not do this; ask an engineer",
            Self::FormOld => {
                "the token against forged requests is missing or old; load the page again"
            }
            Self::Foreign => "this came from another site; use the page itself",
            Self::TooLarge => "the body is too large or came too slowly; send less, at once",
            Self::NoForm => "send application/x-www-form-urlencoded",
            Self::Busy => "busy: others came first. Ask again in a few seconds",
            Self::TooOften => "too many requests. Ask again in a few seconds",
            Self::Absent(text) | Self::Question(text) | Self::Unfit(text) | Self::Failed(text) => {
                text
            }
        }
    }

    /// For people: the key of a text.
    fn key(&self) -> &'static str {
        match self {
            Self::Stranger => Key("log_in.ended"),
            Self::NotYours => Key("refused.not_yours"),
            Self::Absent(_) | Self::Question(_) => Key("refused.absent"),
            Self::Unfit(_) => Key("refused.unfit"),
            Self::FormOld => Key("refused.form_old"),
            Self::Foreign => Key("refused.foreign"),
            Self::TooLarge => Key("refused.too_large"),
            Self::NoForm => Key("refused.no_form"),
            Self::Busy => Key("refused.busy"),
            Self::TooOften => Key("refused.too_often"),
            Self::Failed(_) => Key("refused.failed"),
        }
        .0
    }

    /// As a page for a person.
    pub(super) fn page(&self, reader: &Reader) -> Response {
        let refused = Refused { frame: Frame::of(reader), text: reader.texts().get(self.key()) };
        with_retry(self, (self.status(), page(&refused)).into_response())
    }
}

fn with_retry(refusal: &Refusal, mut response: Response) -> Response {
    if matches!(refusal, Refusal::Busy | Refusal::Failed(_) | Refusal::TooOften) {
        response.headers_mut().insert(RETRY_AFTER, COME_AGAIN_SECONDS.into());
    }
    if *refusal == Refusal::Stranger {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        with_retry(&self, (self.status(), format!("{}\n", self.text())).into_response())
    }
}

impl From<NoAnswer> for Refusal {
    fn from(no: NoAnswer) -> Self {
        match no {
            NoAnswer::Absent(text) => Self::Absent(text),
            NoAnswer::Refused(text) => Self::Unfit(text),
            NoAnswer::Failed(text) => Self::Failed(text),
        }
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    frame: Frame<'a>,
    text: &'a str,
}

/// What every page has around its content.
pub(super) struct Frame<'a> {
    /// The texts of the reader's language.
    pub(super) t: &'a Texts,
    /// Its code.
    pub(super) language: &'static str,
    /// `day`, `night`, or empty: as the tablet says.
    pub(super) look: &'static str,
    /// Who is logged in.
    pub(super) person: Option<(&'a str, Role)>,
    /// What a form brings along.
    pub(super) csrf: &'a str,
    /// The address of the page, without its question; after a form, of the page on which the form stands.
    pub(super) page: &'a str,
}

impl<'a> Frame<'a> {
    pub(super) fn of(reader: &'a Reader) -> Self {
        Self {
            t: reader.texts(),
            language: reader.language.code(),
            look: reader.look.name(),
            person: reader.who.as_ref().map(|who| (who.name.as_str(), who.role)),
            csrf: reader.who.as_ref().map_or("", |who| who.csrf.reveal()),
            page: &reader.page,
        }
    }

    /// Who is logged in, in words.
    pub(super) fn who(&self) -> Option<String> {
        let (name, role) = self.person?;
        let role = self.t.named("role", role.name());
        Some(self.t.filled("page.who", &[("name", name), ("role", role)]))
    }

    /// Whether somebody is logged in who may change people.
    pub(super) fn administers(&self) -> bool {
        self.person.is_some_and(|(_, role)| role.may(crate::access::Right::Administer))
    }

    /// Whether somebody is logged in who may change what the line does today.
    pub(super) fn operates(&self) -> bool {
        self.person.is_some_and(|(_, role)| role.may(crate::access::Right::Operate))
    }

    /// The languages, by code and own name.
    pub(super) fn languages(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        crate::texts::Language::ALL.into_iter().map(|one| (one.code(), one.own_name()))
    }
}

/// A template as an answer.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => ([(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!("a page cannot be written: {error}; please report it");
            Refusal::Failed("the page cannot be written".to_owned()).into_response()
        }
    }
}

/// The headers of every answer. `strict` says whether browsers may insist on encryption: not where
/// they could then not pass the warning about a certificate that signed itself.
pub(super) fn harden(mut response: Response, strict: bool) -> Response {
    const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
    let headers = response.headers_mut();
    let mut set = |name, value| _ = headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    // Without a referrer, a form would be of no origin, and the guard could not tell whose it is.
    set(REFERRER_POLICY, "same-origin");
    set(OPENER, "same-origin");
    set(RESOURCE, "same-origin");
    set(PERMISSIONS, "camera=(), geolocation=(), microphone=(), usb=()");
    if strict {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
