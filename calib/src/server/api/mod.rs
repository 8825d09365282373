//! What programs and the page's scripts ask: JSON, pictures, and whether the page is well.
//!
//! Errors are plain text and end with the next step. Answers only ever gain keys.

pub(super) mod camera;
pub(super) mod live;
pub(super) mod openapi;

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use schemars::{Schema, schema_for};
use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::app::{App, Turn, blocking};
use crate::people::audit::Entry;
use crate::people::{PeopleError, Person};
use crate::the_box::settings::Settings;
use crate::the_box::{
    HoldsNow, ItemDetails, ItemView, NoAnswer, PageStatus, Picture, ProductDetails, ProductsFound,
    TheBox, ThresholdsView, Today,
};

/// What programs need to know of an address.
#[derive(Clone, Copy)]
pub(super) struct Described {
    /// What it answers.
    pub(super) summary: &'static str,
    /// Numbers that may stand in the question, with what they mean.
    pub(super) numbers: &'static [(&'static str, &'static str)],
    /// The answer's media type.
    pub(super) media: &'static str,
    /// The answer's schema.
    pub(super) schema: Option<fn() -> Schema>,
    /// Whether a 503 is an answer of the same shape, and not a refusal in words.
    pub(super) ill_alike: bool,
}

const JSON: Described = Described {
    summary: "",
    numbers: &[],
    media: "application/json",
    schema: None,
    ill_alike: false,
};

pub(super) const HEALTH: Described = Described {
    summary: "whether inspectd lives: 200, or 503 where it has said nothing for ten seconds",
    schema: Some(|| schema_for!(Health)),
    ill_alike: true,
    ..JSON
};
pub(super) const STATUS: Described = Described {
    summary: "how the box stands, as inspectd last said it, and how long ago that was",
    schema: Some(|| schema_for!(StatusNow)),
    ..JSON
};
pub(super) const ITEMS: Described = Described {
    summary: "the newest items, newest first",
    numbers: &[("limit", "so many at most; 24 unless said otherwise, never more than 1000")],
    schema: Some(|| schema_for!(Vec<ItemView>)),
    ..JSON
};
pub(super) const ITEM: Described = Described {
    summary: "one item with everything that is known of it",
    schema: Some(|| schema_for!(ItemDetails)),
    ..JSON
};
pub(super) const TODAY: Described = Described {
    summary: "what happened today, and in the last hour",
    schema: Some(|| schema_for!(Today)),
    ..JSON
};
pub(super) const SETTINGS: Described = Described {
    summary: "the line file: its sections and keys with what they mean, and what is written; passwords in addresses \
              and pipelines only for engineers",
    schema: Some(|| schema_for!(Settings)),
    ..JSON
};
pub(super) const HOLDS: Described = Described {
    summary: "what is on hold, what that diverted, and which batches are suspect",
    schema: Some(|| schema_for!(HoldsNow)),
    ..JSON
};
pub(super) const PRODUCTS: Described = Described {
    summary: "the SKUs that the box knows, and how well",
    numbers: &[("limit", "so many at most; 24 unless said otherwise, never more than 1000")],
    schema: Some(|| schema_for!(ProductsFound)),
    ..JSON
};
pub(super) const PRODUCT: Described = Described {
    summary: "one SKU: its references, the pictures behind them, and how many ways of lying these cover",
    schema: Some(|| schema_for!(ProductDetails)),
    ..JSON
};
pub(super) const THRESHOLDS: Described = Described {
    summary: "what another false-divert budget would do to this line, told from its recent items",
    schema: Some(|| schema_for!(ThresholdsView)),
    ..JSON
};
pub(super) const PEOPLE: Described = Described {
    summary: "the people who may use the page",
    schema: Some(|| schema_for!(Vec<Person>)),
    ..JSON
};
pub(super) const AUDIT: Described = Described {
    summary: "who changed what, newest first",
    numbers: &[
        ("before", "only entries with a smaller id"),
        ("limit", "so many at most; 100 unless said otherwise, never more than 1000"),
    ],
    schema: Some(|| schema_for!(Vec<Entry>)),
    ..JSON
};
pub(super) const OPENAPI: Described = Described { summary: "this description", ..JSON };

/// Items in an answer unless the question says otherwise.
pub(super) const DEFAULT_ITEMS: usize = 24;

/// Most items or entries in one answer: enough for a shift's worst hour, small enough to stay under
/// 2 MB.
const MOST: usize = 1000;

/// Entries of the log in an answer unless the question says otherwise.
const DEFAULT_ENTRIES: usize = 100;

/// After so long a silence of inspectd the page is not well.
const SILENT: Duration = Duration::from_secs(10);

/// How the page is.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Health {
    /// Whether inspectd's main loop has said anything within ten seconds.
    alive: bool,
}

pub(super) async fn health(State(app): State<App>) -> Response {
    let alive = app.live.age() < SILENT;
    let status = if alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Health { alive })).into_response()
}

/// How the box stands, for one who asks.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct StatusNow {
    #[serde(flatten)]
    status: PageStatus,
    /// So many milliseconds ago inspectd last said so; it does at least once a second. The last thing that a
    /// loop says which then dies stays here for ever.
    age_ms: u64,
}

pub(super) async fn status(State(app): State<App>) -> Json<StatusNow> {
    let status = PageStatus::clone(&app.the_box.status().borrow());
    Json(StatusNow { status, age_ms: whole_ms(app.live.age()) })
}

/// A time in whole milliseconds.
fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Debug, Deserialize)]
pub(super) struct Which {
    limit: Option<usize>,
    before: Option<u64>,
}

/// The numbers of a question, or what is wrong with them.
fn which(question: Result<Query<Which>, QueryRejection>) -> Result<Which, Refusal> {
    let question = question.map(|Query(question)| question);
    question.map_err(|error| {
        let asked = "write limit and before as numbers, or leave them away";
        Refusal::Question(format!("{}; {asked}", error.body_text()))
    })
}

pub(super) async fn items(
    State(app): State<App>,
    question: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Vec<ItemView>>, Refusal> {
    let limit = which(question)?.limit.unwrap_or(DEFAULT_ITEMS).min(MOST);
    Ok(Json(app.query(move |the_box| the_box.items(limit)).await?))
}

pub(super) async fn item(
    State(app): State<App>,
    Path((boot, item)): Path<(String, u64)>,
) -> Result<Json<ItemDetails>, Refusal> {
    Ok(Json(app.query(move |the_box| the_box.item(&boot, item)).await?))
}

pub(super) async fn today(State(app): State<App>) -> Result<Json<Today>, Refusal> {
    Ok(Json(app.query(|the_box| the_box.today()).await?))
}

pub(super) async fn holds(State(app): State<App>) -> Result<Json<HoldsNow>, Refusal> {
    Ok(Json(app.query(|the_box| the_box.holds()).await?))
}

pub(super) async fn products(
    State(app): State<App>,
    question: Result<Query<Which>, QueryRejection>,
) -> Result<Json<ProductsFound>, Refusal> {
    let limit = which(question)?.limit.unwrap_or(DEFAULT_ITEMS).min(MOST);
    Ok(Json(app.query(move |the_box| the_box.products("", limit)).await?))
}

pub(super) async fn product(
    State(app): State<App>,
    Path(sku): Path<String>,
) -> Result<Json<ProductDetails>, Refusal> {
    Ok(Json(app.query(move |the_box| the_box.product(&sku)).await?))
}

pub(super) async fn thresholds(State(app): State<App>) -> Result<Json<ThresholdsView>, Refusal> {
    Ok(Json(app.query(|the_box| the_box.thresholds()).await?))
}

pub(super) async fn people(State(app): State<App>) -> Result<Json<Vec<Person>>, Refusal> {
    Ok(Json(app.people(|people| people.list()).await?.map_err(failed)?))
}

pub(super) async fn audit(
    State(app): State<App>,
    question: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Vec<Entry>>, Refusal> {
    let Which { limit, before } = which(question)?;
    let limit = limit.unwrap_or(DEFAULT_ENTRIES).min(MOST);
    let entries = app.people(move |people| people.audit(before, limit)).await?;
    Ok(Json(entries.map_err(failed)?))
}

fn failed(error: PeopleError) -> Refusal {
    tracing::error!("{error}");
    Refusal::Failed(error.to_string())
}

/// A picture in memory, which keeps its turn until the browser has taken it.
struct Taken<B> {
    bytes: B,
    _turn: Turn,
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Taken<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

pub(super) async fn evidence(
    State(app): State<App>,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    // A picture never changes once its record names it; retention can only remove it.
    picture(app, "private, max-age=86400", move |the_box| the_box.picture(&path)).await
}

/// A picture of the box, in its turn, that browsers may keep as `kept` says.
pub(super) async fn picture(
    app: App,
    kept: &'static str,
    question: impl FnOnce(&dyn TheBox) -> Result<Picture, NoAnswer> + Send + 'static,
) -> Result<Response, Refusal> {
    let turn = app.picture_turn().await?;
    let the_box = app.the_box;
    let (found, turn) = blocking(move || (question(&*the_box), turn)).await?;
    let picture = found?;
    let headers = [(CONTENT_TYPE, picture.kind), (CACHE_CONTROL, kept)];
    let bytes = Bytes::from_owner(Taken { bytes: picture.bytes, _turn: turn });
    Ok((headers, Body::from(bytes)).into_response())
}
