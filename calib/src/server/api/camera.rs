//! Cameras for people who watch: what is known of one, its newest picture, and its pictures as they come.
//!
//! The **stream** is what browsers and players know as MJPEG: `multipart/x-mixed-replace`, a picture a part. Each
//! part says in its head what is known of its picture (`X-Picture`) and of the camera (`X-Camera`), as JSON. Where
//! no new picture comes, the last one is sent once a second, so that whoever watches sees it grow old; where
//! there is none at all, a part without a body says so.
//!
//! A stream has one of the seats that all streams share (`live.rs`), and ends with its session and after a while,
//! well before its connection does. Of its pictures the connection holds the one that is being sent; the next one
//! is taken when that has gone, and is the newest then.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schemars::schema_for;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};

use super::super::answer::Refusal;
use super::super::app::App;
use super::super::door::Stays;
use super::super::guard::Reader;
use super::{Described, JSON, Taken};
use crate::the_box::{CameraNow, LivePicture, PictureFacts, Watching};

/// Where no new picture comes, the last one is sent again that often.
const AGAIN: Duration = Duration::from_secs(1);

/// How often a stream looks whether its session lasts.
const LOOK: Duration = Duration::from_secs(1);

const JPEG: &str = "image/jpeg";

const MULTIPART: &str = "multipart/x-mixed-replace; boundary=frame";
/// What stands before the first part, and behind each.
const BEFORE: &[u8] = b"--frame\r\n";
const BEHIND: &[u8] = b"\r\n--frame\r\n";

const PICTURE_FACTS: HeaderName = HeaderName::from_static("x-picture");

pub(in crate::server) const CAMERA: Described = Described {
    summary: "one camera: its newest frame, where it looks, and the item scored last in its view",
    schema: Some(|| schema_for!(CameraNow)),
    ..JSON
};
pub(in crate::server) const PICTURE: Described = Described {
    summary: "a camera's newest picture, small; the header X-Picture tells its number, age and sharpness",
    media: JPEG,
    ..JSON
};
pub(in crate::server) const STREAM: Described = Described {
    summary: "a camera's pictures as they come, a few a second (MJPEG); ends after a while: ask again",
    media: "multipart/x-mixed-replace",
    ..JSON
};

pub(in crate::server) async fn camera(
    State(app): State<App>,
    Path(camera): Path<String>,
) -> Result<Json<CameraNow>, Refusal> {
    Ok(Json(app.the_box.camera(&camera)?))
}

fn header(facts: &PictureFacts) -> String {
    serde_json::to_string(facts).unwrap_or_default()
}

pub(in crate::server) async fn picture(
    State(app): State<App>,
    Path(camera): Path<String>,
) -> Result<Response, Refusal> {
    let turn = app.picture_turn().await?;
    let mut watching = app.the_box.watch(&camera)?;
    let none = || {
        // The camera delivers: the box has had no time.
        if app.the_box.camera(&camera).is_ok_and(|now| now.frame.is_some()) {
            return Refusal::Busy;
        }
        let next = "check its cable, its power and its source in the line file";
        Refusal::Failed(format!("camera {camera} has delivered no picture: {next}"))
    };
    let came = timeout(app.limits.turn, watching.wait_for(Option::is_some)).await;
    let shown = came.map_err(|_| none())?.map_err(|_| none())?.clone().ok_or_else(none)?;
    let headers = [(CONTENT_TYPE, JPEG.to_owned()), (PICTURE_FACTS, header(&shown.facts()))];
    let bytes = Bytes::from_owner(Taken { bytes: shown.jpeg.clone(), _turn: turn });
    Ok((headers, Body::from(bytes)).into_response())
}

/// Somebody who watches.
struct Viewer {
    app: App,
    camera: String,
    /// The session's token; none for a program with this machine's.
    token: Option<Arc<str>>,
    watching: Watching,
    /// When the stream ends.
    until: Instant,
    /// When something is sent at the latest.
    due: Instant,
    /// What is being sent.
    pieces: VecDeque<Bytes>,
    _seat: OwnedSemaphorePermit,
}

impl Viewer {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        while self.pieces.is_empty() {
            let now = Instant::now();
            let wake = self.until.min(self.due).min(now + LOOK);
            let is_new = tokio::select! {
                biased;
                changed = self.watching.changed() => {
                    changed.ok()?;
                    true
                }
                () = sleep_until(wake) => false,
            };
            if Instant::now() >= self.until || !self.is_allowed() {
                return None;
            }
            if is_new || Instant::now() >= self.due {
                self.due = Instant::now() + AGAIN;
                let shown = self.watching.borrow_and_update().clone();
                self.pieces = self.part(shown.as_deref());
            }
        }
        let piece = self.pieces.pop_front()?;
        Some((Ok(piece), self))
    }

    fn is_allowed(&self) -> bool {
        let lasts = |token| self.app.gate().sessions.lasts(token, self.app.now());
        self.token.as_deref().is_none_or(lasts)
    }

    /// A part of the stream, in pieces, so that the picture is not copied.
    fn part(&self, shown: Option<&LivePicture>) -> VecDeque<Bytes> {
        let now = self.app.the_box.camera(&self.camera).ok();
        let camera = now.and_then(|now| serde_json::to_string(&now).ok()).unwrap_or_default();
        let jpeg = shown.map_or_else(Bytes::new, |shown| shown.jpeg.clone());
        let (kind, facts) = match shown {
            Some(shown) => (JPEG, format!("X-Picture: {}\r\n", header(&shown.facts()))),
            None => ("text/plain", String::new()),
        };
        let head = format!(
            "Content-Type: {kind}\r\nContent-Length: {}\r\n{facts}X-Camera: {camera}\r\n\r\n",
            jpeg.len()
        );
        // An <img> shows a picture when it sees the boundary behind it: so that comes with it.
        [head.into(), jpeg, Bytes::from_static(BEHIND)].into()
    }
}

pub(in crate::server) async fn stream(
    State(app): State<App>,
    reader: Reader,
    Path(camera): Path<String>,
) -> Result<Response, Refusal> {
    let mut watching = app.the_box.watch(&camera)?;
    // Whoever comes wants what there is.
    watching.mark_changed();
    let seat = app.live.seat()?;
    let now = Instant::now();
    let viewer = Viewer {
        token: reader.who.and_then(|who| who.token),
        until: now + app.limits.life.mul_f64(0.75),
        due: now + AGAIN,
        pieces: [Bytes::from_static(BEFORE)].into(),
        app,
        camera,
        watching,
        _seat: seat,
    };
    let body = Body::from_stream(stream::unfold(viewer, Viewer::next));
    let mut answer = ([(CONTENT_TYPE, MULTIPART)], body).into_response();
    answer.extensions_mut().insert(Stays);
    Ok(answer)
}
