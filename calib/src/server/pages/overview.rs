//! The overview: how the line stands, big and in words. The server sends the frame; the script fills it
//! from the live stream.

use askama::Template;
use axum::response::Response;

use crate::server::answer::{Frame, page};
use crate::server::guard::Reader;
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
}

pub(in crate::server) async fn show(reader: Reader) -> Response {
    page(&Overview { frame: Frame::of(&reader), t: reader.texts() })
}
