//! What a request brings along beside its address: cookies, tokens, where it came from, a form.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use tokio::time::timeout;

use crate::access::Secret;
use crate::server::answer::Refusal;
use crate::server::app::App;

/// Largest body of a form.
const BODY_BYTES: usize = 16 << 10;

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// The name of the session's cookie. With encryption it has the prefix by which browsers hold it to
/// this very host.
const fn session_cookie_name(encrypted: bool) -> &'static str {
    if encrypted { "__Host-session" } else { "session" }
}

pub(super) fn session_cookie<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    cookie(headers, session_cookie_name(!app.section.plain_http))
}

/// The header that gives a browser a session, or takes it away.
pub(in crate::server) fn set_session(app: &App, token: Option<&Secret>) -> HeaderValue {
    let encrypted = !app.section.plain_http;
    let value = token.map_or("", Secret::reveal);
    let age = if token.is_some() { app.section.lives().absolute.as_secs() } else { 0 };
    set_cookie(session_cookie_name(encrypted), value, age, encrypted)
}

pub(super) fn set_cookie(name: &str, value: &str, seconds: u64, encrypted: bool) -> HeaderValue {
    let secure = if encrypted { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).expect("names and values are letters that a cookie takes")
}

pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        all.flat_map(|text| text.split(';')).filter_map(|one| one.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Whether the page itself sent a request, as the browser says. A browser that says nothing is old, or no
/// browser: cookies of the same site alone and the form's token hold then.
pub(super) fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// The fields of a form, read within the limits.
pub(super) async fn fields(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<BTreeMap<String, String>, Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    if !kind.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::NoForm);
    }
    let body = timeout(app.limits.head, to_bytes(body, BODY_BYTES)).await;
    let body = body.map_err(|_| Refusal::TooLarge)?.map_err(|_| Refusal::TooLarge)?;
    let pairs = form_urlencoded::parse(&body);
    Ok(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_form_of_another_site_is_known_by_what_the_browser_says() {
        for (said, ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://box:8443"), ("host", "box:8443")], true),
            (&[("origin", "https://evil"), ("host", "box:8443")], false),
            (&[("origin", "null"), ("host", "box:8443")], false),
            (&[("origin", "https://box:8443")], false),
            (&[("host", "box:8443")], true),
        ] {
            assert_eq!(is_ours(&headers(said)), ours, "{said:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = headers(&[("cookie", "xsession=1; session=2;  look=night; bad")]);
        assert_eq!(cookie(&headers, "session"), Some("2"));
        assert_eq!(cookie(&headers, "look"), Some("night"));
        assert_eq!(cookie(&headers, "bad"), None);
        assert_eq!(cookie(&headers, "xsess"), None);
    }

    #[test]
    fn a_session_cookie_is_held_to_this_host() {
        let cookie = set_cookie(session_cookie_name(true), "x", 60, true);
        assert_eq!(
            cookie.to_str().unwrap(),
            "__Host-session=x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
    }
}
