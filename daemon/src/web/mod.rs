//! The technicians' status page: one page, two JSON answers and the evidence pictures, over HTTP.
//!
//! Everything here reads: the state of the box from a `watch` channel that inspectd's main loop
//! feeds, items from the records database (opened read-only for each question, on a blocking
//! thread), pictures from the evidence folder. Nothing that a browser sends can change the line,
//! and nothing that browsers do can starve it: see [`PageThread`], `door.rs` and `limits.rs`.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /` | the page; its style and script come from `/page.css` and `/page.js` |
//! | `GET /api/status` | [`PageStatus`] |
//! | `GET /api/items?limit=24` | the newest items, newest first, see [`items`] |
//! | `GET /evidence/{path}` | one picture of the evidence folder, see [`evidence`] |
//!
//! Errors are plain text and end with the next step.

mod door;
pub mod evidence;
pub mod items;
mod limits;
pub mod status;
mod thread;

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path as UrlPath, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rustix::process::{Resource, getrlimit};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use self::items::ItemView;
use self::limits::Limits;
use self::status::PageStatus;
pub use self::thread::PageThread;

/// Items on the page unless the question says otherwise.
const DEFAULT_ITEMS: usize = 24;

/// Most items in one answer: enough for a shift's worst hour, small enough to stay under 2 MB.
const MAX_ITEMS: usize = 1000;

/// Seconds after which one that was sent away is asked to come again.
const COME_AGAIN_SECONDS: u32 = 2;

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
    limits: Limits,
}

impl Page {
    /// Takes the port.
    ///
    /// # Errors
    /// The port is taken, or the address is not this machine's.
    pub fn bind(listen: SocketAddr) -> Result<Self, WebError> {
        let take = || {
            let listener = TcpListener::bind(listen)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok(Self { listener, address, limits: Limits::of_this_process() })
        };
        take().map_err(|cause: io::Error| match cause.kind() {
            io::ErrorKind::AddrInUse => WebError::PortInUse { listen },
            _ => WebError::Listen { listen, cause },
        })
    }

    /// The address in use; with the port that the system chose when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Most file handles that the page takes of the process's, whatever browsers do.
    pub fn handles(&self) -> usize {
        self.limits.handles()
    }

    /// What the log says about the page's limits.
    fn limits_told(&self) -> String {
        let of = getrlimit(Resource::Nofile).current;
        let of = of.map_or("unlimited".to_owned(), |handles| handles.to_string());
        let (connections, handles) = (self.limits.connections, self.handles());
        format!("at most {connections} connections; at most {handles} of {of} file handles")
    }

    /// Serves until the future is dropped, on the runtime that runs it. inspectd gives the page one
    /// of its own: [`PageThread`]. `records_folder` is the line file's `[store] folder`.
    ///
    /// # Errors
    /// The listener died.
    pub async fn serve(
        self,
        status: watch::Receiver<Arc<PageStatus>>,
        records_folder: PathBuf,
    ) -> Result<Infallible, WebError> {
        let listener =
            tokio::net::TcpListener::from_std(self.listener).map_err(WebError::Stopped)?;
        let shared = Shared {
            status,
            records_folder: records_folder.into(),
            queries: Arc::new(Semaphore::new(self.limits.queries)),
            pictures: Arc::new(Semaphore::new(self.limits.pictures)),
            limits: self.limits,
        };
        Ok(door::serve(listener, router(shared), self.limits).await)
    }
}

/// What every answer is made from.
#[derive(Clone)]
struct Shared {
    status: watch::Receiver<Arc<PageStatus>>,
    records_folder: Arc<Path>,
    queries: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
    limits: Limits,
}

/// A turn among those who ask for the same kind of thing. It ends with the work, also where the
/// browser that asked has gone.
type Turn = OwnedSemaphorePermit;

impl Shared {
    async fn query_turn(&self) -> Result<Turn, Refusal> {
        self.turn(&self.queries, self.limits.queries, "questions for records").await
    }

    async fn picture_turn(&self) -> Result<Turn, Refusal> {
        self.turn(&self.pictures, self.limits.pictures, "pictures").await
    }

    async fn turn(&self, turns: &Arc<Semaphore>, most: usize, of: &str) -> Result<Turn, Refusal> {
        let turn = timeout(self.limits.turn, Arc::clone(turns).acquire_owned()).await;
        let turn = turn.map_err(|_| {
            let text = format!(
                "busy: {most} {of} are answered at once, and others came first. Ask again in a few \
                 seconds"
            );
            Refusal(StatusCode::SERVICE_UNAVAILABLE, text)
        })?;
        Ok(turn.expect("the semaphores are never closed"))
    }
}

/// A picture in memory, which keeps its turn until the browser has taken it.
struct Taken {
    bytes: Vec<u8>,
    _turn: Turn,
}

impl AsRef<[u8]> for Taken {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
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

async fn api_status(State(shared): State<Shared>) -> Json<PageStatus> {
    Json(PageStatus::clone(&shared.status.borrow()))
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
    let turn = shared.query_turn().await?;
    let newest = move || {
        let items = items::newest(&shared.records_folder, limit);
        drop(turn);
        items
    };
    let items = blocking(newest).await?;
    items.map(Json).map_err(|e| Refusal(StatusCode::SERVICE_UNAVAILABLE, e.to_string()))
}

async fn picture(
    State(shared): State<Shared>,
    UrlPath(path): UrlPath<String>,
) -> Result<Response, Refusal> {
    let turn = shared.picture_turn().await?;
    let read = move || (evidence::read(&shared.records_folder, &path), turn);
    let (found, turn) = blocking(read).await?;
    let picture = found.map_err(|e| Refusal(e.http_status(), e.to_string()))?;
    // A picture never changes once its record names it; retention can only remove it.
    let headers = [(CONTENT_TYPE, picture.kind), (CACHE_CONTROL, "private, max-age=86400")];
    let bytes = Bytes::from_owner(Taken { bytes: picture.bytes, _turn: turn });
    Ok((headers, Body::from(bytes)).into_response())
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
        let mut response = (self.0, format!("{}\n", self.1)).into_response();
        if self.0 == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, COME_AGAIN_SECONDS.into());
        }
        response
    }
}

#[cfg(test)]
mod tests;
