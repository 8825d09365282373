//! One item: every view, what each check found, who said what it is, and how long each step took.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use line::protocol::Check;
use line::text::{WORDS_MAX, cut};

use super::Said;
use crate::people::By;
use crate::people::audit::Entry;
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::{Key, Texts};
use crate::the_box::{CameraView, ItemDetails, KINDS, NewAnswer, StepTime, TRUTHS, Taught};

#[derive(Template)]
#[template(path = "item.html")]
struct ItemPage<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
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

    /// What a person said that it was, in words.
    fn answer(&self) -> Option<String> {
        let answer = self.of.answer.as_ref()?;
        let mut truth = self.t.named("truth", answer.truth).to_owned();
        let kind = answer.kind.as_deref().map(|kind| self.t.named("damage_kind", kind));
        let degree = answer.is_major.map(|is_major| self.t.named("degree", degree(is_major)));
        for more in kind.into_iter().chain(degree) {
            truth.push_str(", ");
            truth.push_str(more);
        }
        let places =
            [("truth", &*truth), ("by", &answer.by), ("time", &super::time_words(answer.at))];
        Some(self.t.filled("answer.stands", &places))
    }

    /// Whether the verdict was right, as far as the answer tells.
    fn was_right(&self) -> Option<bool> {
        let is_good = self.of.answer.as_ref()?.truth == "good";
        match self.of.item.verdict? {
            "pass" => Some(is_good),
            // A hold diverts good items, too.
            "divert" if is_good && self.of.item.reasons == [Check::Hold] => None,
            "divert" => Some(!is_good),
            _ => None,
        }
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
        Ok(of) => {
            let said = Said::kept(&app, &reader);
            page(&ItemPage { frame: Frame::of(&reader), t: reader.texts(), said, of })
        }
        Err(refusal) => {
            if let Refusal::Failed(cause) = &refusal {
                tracing::warn!("an item of the page: {cause}");
            }
            refusal.page(&reader)
        }
    }
}

/// Whether damage is major, as forms and texts name it.
fn degree(is_major: bool) -> &'static str {
    if is_major { "major" } else { "minor" }
}

/// A technician says what the item was.
pub(in crate::server) async fn answer(
    State(app): State<App>,
    reader: Reader,
    Path((boot, item)): Path<(String, u64)>,
) -> Response {
    let one_of = |list: &[&'static str], field| {
        list.iter().copied().find(|known| *known == reader.field(field))
    };
    let Some(truth) = one_of(&TRUTHS, "truth") else {
        return Refusal::Unfit("say what it was".to_owned()).page(&reader);
    };
    let is_damaged = truth == "damaged";
    let said = NewAnswer {
        truth,
        kind: one_of(&KINDS, "kind").filter(|_| is_damaged),
        is_major: match reader.field("degree") {
            "minor" if is_damaged => Some(false),
            "major" if is_damaged => Some(true),
            _ => None,
        },
        words: cut(reader.field("words").trim(), WORDS_MAX).into_owned(),
        by: reader.name().to_owned(),
    };
    let (of, what_kind) = (boot.clone(), said.kind.unwrap_or_default());
    match app.query(move |the_box| the_box.answer(&of, item, said)).await {
        Ok(taught) => {
            let by = By { who: reader.name(), address: &reader.address };
            let (subject, now) = (format!("{boot}, {item}"), format!("{truth} {what_kind}"));
            let entry = Entry::new(by, "answer given", &subject, "", now.trim_end(), app.wall());
            app.note(entry).await;
            let told = match taught {
                Taught::Nothing => Key("answer.kept"),
                Taught::TakenOut => Key("answer.taken_out"),
                Taught::Normal => Key("answer.taught_normal"),
                Taught::Damaged => Key("answer.taught_damaged"),
            };
            let text = reader.texts().get(told.0).to_owned();
            let boot: String = form_urlencoded::byte_serialize(boot.as_bytes()).collect();
            let place = format!("/history/{}/{item}", boot.replace('+', "%20"));
            super::done(&app, &reader, text, &place)
        }
        Err(refusal) => {
            if let Refusal::Failed(cause) = &refusal {
                tracing::warn!("an answer of the page: {cause}");
            }
            refusal.page(&reader)
        }
    }
}
