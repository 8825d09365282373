//! What pages are made of, compiled in: the style, the scripts, the icon, and the texts for scripts.
//!
//! They are asked for anew after each start of inspectd at the latest: their addresses do not change with
//! their content, so browsers may keep them only a short time.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::answer::Refusal;
use crate::texts::Language;

/// How long a browser keeps an asset without asking.
const KEPT: &str = "private, max-age=60";

/// The scripts, by name.
const SCRIPTS: [(&str, &str); 16] = [
    ("dom.js", include_str!("../../assets/dom.js")),
    ("devices.js", include_str!("../../assets/devices.js")),
    ("forms.js", include_str!("../../assets/forms.js")),
    ("items.js", include_str!("../../assets/items.js")),
    ("thresholds.js", include_str!("../../assets/thresholds.js")),
    ("overview.js", include_str!("../../assets/overview.js")),
    ("live.js", include_str!("../../assets/live.js")),
    ("live_draw.js", include_str!("../../assets/live_draw.js")),
    ("live_pixels.js", include_str!("../../assets/live_pixels.js")),
    ("live_stream.js", include_str!("../../assets/live_stream.js")),
    ("settings_bar.js", include_str!("../../assets/settings_bar.js")),
    ("settings_field.js", include_str!("../../assets/settings_field.js")),
    ("settings_form.js", include_str!("../../assets/settings_form.js")),
    ("settings_pending.js", include_str!("../../assets/settings_pending.js")),
    ("settings_places.js", include_str!("../../assets/settings_places.js")),
    ("settings_review.js", include_str!("../../assets/settings_review.js")),
];

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEPT)], text).into_response()
}

pub(super) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("../../assets/page.css"))
}

pub(super) async fn icon() -> Response {
    asset("image/svg+xml", include_str!("../../assets/icon.svg"))
}

pub(super) async fn script(Path(name): Path<String>) -> Result<Response, Refusal> {
    let found = SCRIPTS.iter().find(|(known, _)| *known == name);
    let (_, text) = found.ok_or_else(|| Refusal::Absent("there is no such script".to_owned()))?;
    Ok(asset("text/javascript; charset=utf-8", text))
}

pub(super) async fn texts(Path(name): Path<String>) -> Result<Response, Refusal> {
    let language = name.strip_suffix(".json").and_then(Language::coded);
    let language =
        language.ok_or_else(|| Refusal::Absent("there is no such language".to_owned()))?;
    Ok(([(CACHE_CONTROL, KEPT)], axum::Json(language.texts().all())).into_response())
}
