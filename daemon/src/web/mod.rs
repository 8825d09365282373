//! The technicians' status page: one page, two JSON answers and the evidence pictures, over HTTP.
//!
//! Everything here reads: the state of the box from a `watch` channel that inspectd's main loop
//! feeds, items from the records database (opened read-only for each question, on a blocking
//! thread), pictures from the evidence folder. Nothing that a browser sends can change the line.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /` | the page; its style and script come from `/page.css` and `/page.js` |
//! | `GET /api/status` | [`BoxStatus`] |
//! | `GET /api/items?limit=24` | the newest items, newest first, see [`items`] |
//! | `GET /evidence/{path}` | one picture of the evidence folder, see [`evidence`] |
//!
//! Errors are plain text and end with the next step.

pub mod evidence;
pub mod items;
pub mod status;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as UrlPath, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use self::items::ItemView;
use self::status::BoxStatus;

/// Items on the page unless the question says otherwise.
const DEFAULT_ITEMS: usize = 24;

/// Most items in one answer: enough for a shift's worst hour, small enough to stay under 2 MB.
const MAX_ITEMS: usize = 1000;

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Another process has the port.
    #[error(
        "cannot serve the status page on {listen}: another process uses this port. Stop it \
         (`ss -ltnp` shows it), or write another port at `listen` in section [web] of the line file"
    )]
    PortInUse {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// The address is not this machine's, or not ours to use.
    #[error(
        "cannot serve the status page on {listen}: {cause}. Check `listen` in section [web] of the \
         line file: an address of this machine, and a port from 1024 on"
    )]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// The listener died.
    #[error("the status page stopped: {0}. Restart inspectd; if it comes back, look at dmesg")]
    Stopped(io::Error),
}

/// A page that has its port and waits to be served.
#[derive(Debug)]
pub struct Page {
    listener: TcpListener,
    address: SocketAddr,
}

impl Page {
    /// Takes the port.
    ///
    /// # Errors
    /// The port is taken, or the address is not this machine's.
    pub async fn bind(listen: SocketAddr) -> Result<Self, WebError> {
        let taken = TcpListener::bind(listen).await;
        let bound = taken.and_then(|listener| listener.local_addr().map(|at| (listener, at)));
        match bound {
            Ok((listener, address)) => Ok(Self { listener, address }),
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => Err(WebError::PortInUse { listen }),
            Err(cause) => Err(WebError::Listen { listen, cause }),
        }
    }

    /// The address in use; with the port that the system chose when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the future is dropped. `records_folder` is the line file's `[store] folder`.
    ///
    /// # Errors
    /// The listener died.
    pub async fn serve(
        self,
        status: watch::Receiver<Arc<BoxStatus>>,
        records_folder: PathBuf,
    ) -> Result<(), WebError> {
        let shared = Shared { status, records_folder: records_folder.into() };
        axum::serve(self.listener, router(shared)).await.map_err(WebError::Stopped)
    }
}

/// Takes the port and serves until the future is dropped: [`Page::bind`] and [`Page::serve`].
///
/// # Errors
/// See there.
pub async fn serve(
    listen: SocketAddr,
    status: watch::Receiver<Arc<BoxStatus>>,
    records_folder: PathBuf,
) -> Result<(), WebError> {
    let page = Page::bind(listen).await?;
    tracing::info!("status page on http://{}/", page.address());
    page.serve(status, records_folder).await
}

/// What every answer is made from.
#[derive(Clone)]
struct Shared {
    status: watch::Receiver<Arc<BoxStatus>>,
    records_folder: Arc<Path>,
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(|| asset("text/html; charset=utf-8", include_str!("page/index.html"))))
        .route("/page.css", get(|| asset("text/css; charset=utf-8", include_str!("page/page.css"))))
        .route(
            "/page.js",
            get(|| asset("text/javascript; charset=utf-8", include_str!("page/page.js"))),
        )
        .route("/icon.svg", get(|| asset("image/svg+xml", include_str!("page/icon.svg"))))
        .route("/api/status", get(api_status))
        .route("/api/items", get(api_items))
        .route("/evidence/{*path}", get(picture))
        .fallback(|| async {
            Refusal(StatusCode::NOT_FOUND, "nothing here; the page is at /".to_owned())
        })
        .layer(map_response(harden))
        .with_state(shared)
}

/// The page needs nothing from elsewhere, so browsers are told to fetch nothing from elsewhere.
async fn harden(mut response: Response) -> Response {
    const NO_SNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'; form-action 'none'"),
    );
    headers.insert(NO_SNIFF, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind)], text)
}

async fn api_status(State(shared): State<Shared>) -> Json<BoxStatus> {
    Json(BoxStatus::clone(&shared.status.borrow()))
}

#[derive(Debug, Deserialize)]
struct ItemsQuery {
    limit: Option<usize>,
}

async fn api_items(
    State(shared): State<Shared>,
    query: Result<Query<ItemsQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Vec<ItemView>>, Refusal> {
    let Query(query) = query.map_err(|e| {
        let text = format!("{}; ask for /api/items?limit=N, N up to {MAX_ITEMS}", e.body_text());
        Refusal(StatusCode::BAD_REQUEST, text)
    })?;
    let limit = query.limit.unwrap_or(DEFAULT_ITEMS).min(MAX_ITEMS);
    let items = blocking(move || items::newest(&shared.records_folder, limit)).await?;
    items.map(Json).map_err(|e| Refusal(StatusCode::SERVICE_UNAVAILABLE, e.to_string()))
}

async fn picture(
    State(shared): State<Shared>,
    UrlPath(path): UrlPath<String>,
) -> Result<Response, Refusal> {
    let found = blocking(move || evidence::read(&shared.records_folder, &path)).await?;
    let picture = found.map_err(|e| Refusal(e.http_status(), e.to_string()))?;
    // A picture never changes once its record names it; retention can only remove it.
    let headers = [(CONTENT_TYPE, picture.kind), (CACHE_CONTROL, "private, max-age=86400")];
    Ok((headers, picture.bytes).into_response())
}

/// Runs what touches the disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work).await.map_err(|e| {
        let text = format!("the question failed inside inspectd ({e}); see its log and report it");
        Refusal(StatusCode::INTERNAL_SERVER_ERROR, text)
    })
}

/// An answer that is an error: plain text with the next step.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, format!("{}\n", self.1)).into_response()
    }
}

#[cfg(test)]
mod tests;
