//! One item: every view, what each check found, who said what it is, and how long each step took.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::Texts;
use crate::the_box::{CameraView, ItemDetails, StepTime};

#[derive(Template)]
#[template(path = "item.html")]
struct ItemPage<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    of: ItemDetails,
}

impl ItemPage<'_> {
    fn title(&self) -> String {
        self.t.filled("item.title", &[("number", &self.of.item.item.to_string())])
    }

    fn when(&self) -> String {
        super::time_words(self.of.item.entered_at)
    }

    fn verdict(&self) -> &str {
        self.t.named("verdict", self.of.item.verdict.unwrap_or("open"))
    }

    fn reasons(&self) -> String {
        super::reason_words(self.t, &self.of.item)
    }

    fn outcome(&self) -> &str {
        self.of.item.outcome_kind.map_or("", |kind| self.t.named("outcome", kind))
    }

    fn sku(&self) -> &str {
        self.of.item.sku.as_deref().unwrap_or_else(|| self.t.get("item.unknown_sku"))
    }

    /// The tote in which it lies; none on the bare belt.
    fn tote(&self) -> Option<String> {
        let tote = self.of.item.tote.as_deref()?;
        Some(match (tote, self.of.item.is_empty_tote) {
            ("undeclared", _) => self.t.get("item.undeclared_tote").to_owned(),
            (tote, true) => self.t.filled("item.empty_tote", &[("tote", tote)]),
            (tote, false) => self.t.filled("item.tote", &[("tote", tote)]),
        })
    }

    fn picture(&self, view: &CameraView, key: &str) -> String {
        let number = self.of.item.item.to_string();
        self.t.filled(key, &[("camera", &view.camera), ("number", &number)])
    }

    fn score(&self, view: &CameraView) -> String {
        match (view.score, view.threshold) {
            (Some(score), Some(threshold)) => {
                let (score, threshold) = (format!("{score:.2}"), format!("{threshold:.2}"));
                let places = [
                    ("camera", view.camera.as_str()),
                    ("score", &score),
                    ("threshold", &threshold),
                ];
                self.t.filled("item.score", &places)
            }
            _ if view.is_hidden => self.t.filled("item.hidden", &[("camera", &view.camera)]),
            _ => self.t.filled("item.not_scored", &[("camera", &view.camera)]),
        }
    }

    fn ms(&self, step: &StepTime) -> String {
        self.t.filled("item.took", &[("ms", &format!("{:.0}", step.ms))])
    }
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
    Path((boot, item)): Path<(String, u64)>,
) -> Response {
    match app.query(move |the_box| the_box.item(&boot, item)).await {
        Ok(of) => page(&ItemPage { frame: Frame::of(&reader), t: reader.texts(), of }),
        Err(refusal) => {
            if let Refusal::Failed(cause) = &refusal {
                tracing::warn!("an item of the page: {cause}");
            }
            refusal.page(&reader)
        }
    }
}
