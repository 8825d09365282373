//! The live view: what a camera sees now. The server sends the frame; the script draws the pictures that come,
//! and over them what is switched on.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::Said;
use crate::server::answer::{Frame, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::Texts;
use crate::the_box::{CameraHealth, NoAnswer};

/// A camera to choose.
struct Choice {
    name: String,
    look: &'static str,
    state: String,
}

/// The cameras, with how each does.
fn choices(app: &App, texts: &Texts) -> Vec<Choice> {
    let status = app.the_box.status();
    let status = status.borrow();
    let choice = |camera: &crate::the_box::CameraStatus| {
        let (look, state) = match camera.state {
            CameraHealth::Starting => ("warn", texts.get("state.starting").to_owned()),
            CameraHealth::Down => ("bad", texts.get("state.down").to_owned()),
            CameraHealth::Streaming => {
                ("good", texts.filled("state.streaming", &[("fps", &format!("{:.1}", camera.fps))]))
            }
        };
        Choice { name: camera.name.clone(), look, state }
    };
    status.cameras.iter().map(choice).collect()
}

#[derive(Template)]
#[template(path = "live.html")]
struct Cameras<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    cameras: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "live_camera.html")]
struct Camera<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    camera: String,
    cameras: Vec<Choice>,
}

impl Camera<'_> {
    fn title(&self) -> String {
        self.t.filled("live.camera_title", &[("camera", &self.camera)])
    }

    fn picture(&self) -> String {
        self.t.filled("live.picture", &[("camera", &self.camera)])
    }
}

pub(in crate::server) async fn cameras(State(app): State<App>, reader: Reader) -> Response {
    choose(&app, &reader, Said::default())
}

fn choose(app: &App, reader: &Reader, said: Said) -> Response {
    let t = reader.texts();
    page(&Cameras { frame: Frame::of(reader), t, said, cameras: choices(app, t) })
}

pub(in crate::server) async fn camera(
    State(app): State<App>,
    reader: Reader,
    Path(camera): Path<String>,
) -> Response {
    let t = reader.texts();
    match app.the_box.camera(&camera) {
        Ok(_) => {
            let cameras = choices(&app, t);
            page(&Camera { frame: Frame::of(&reader), t, camera, cameras })
        }
        Err(NoAnswer::Absent(_)) => {
            let said = Said::bad(t.filled("live.unknown", &[("camera", &camera)]));
            (StatusCode::NOT_FOUND, choose(&app, &reader, said)).into_response()
        }
        Err(no) => {
            tracing::warn!("the live view of camera {camera}: {no}");
            crate::server::answer::Refusal::from(no).page(&reader)
        }
    }
}
