//! Thresholds: how many good items may be diverted, and what another budget would do to this line. Numbers come from
//! `/api/thresholds`; an engineer saves the budget, which takes effect at once.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::Said;
use super::settings::changes::{note, saving};
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::Texts;
use crate::the_box::settings::{Change, NotSaved};

/// The key of the line file.
const KEY: &str = "policy.false_divert_budget";

#[derive(Template)]
#[template(path = "thresholds.html")]
struct Thresholds<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
}

pub(in crate::server) async fn show(State(app): State<App>, reader: Reader) -> Response {
    let said = Said::kept(&app, &reader);
    shown(&reader, said)
}

fn shown(reader: &Reader, said: Said) -> Response {
    page(&Thresholds { frame: Frame::of(reader), t: reader.texts(), said })
}

pub(in crate::server) async fn save(State(app): State<App>, reader: Reader) -> Response {
    let t = reader.texts();
    let Some(by) = saving(&app, &reader) else {
        return refused(&reader, t.get("holds.no_reason").to_owned());
    };
    let budget: Option<f64> = reader.field("budget").parse().ok();
    let Some(budget) = budget.filter(|budget| budget.is_finite()) else {
        return refused(&reader, t.get("thresholds.no_budget").to_owned());
    };
    let asked = by.clone();
    let save = move |the_box: &dyn crate::the_box::TheBox| {
        let settings = the_box.line_settings();
        let change = Change { key: KEY.to_owned(), value: json!(budget) };
        // What stands there now is what the page showed, or newer: one key is changed, whatever else is.
        let revision = settings.settings()?.revision;
        Ok(settings.save(&[change], &revision, &asked))
    };
    match app.query(save).await {
        Ok(Ok(saved)) => {
            note(&app, &reader, "settings saved", &by, &saved).await;
            let percent = format!("{}", (1e8 * budget).round() / 1e6);
            let percent = t.filled("thresholds.saved", &[("percent", &percent)]);
            super::done(&app, &reader, percent, "/thresholds")
        }
        Ok(Err(NotSaved::NoAnswer(no))) => Refusal::from(no).page(&reader),
        Ok(Err(NotSaved::Wrong(mistakes))) => {
            let all =
                mistakes.iter().map(|one| format!("{}: {}; {}", one.key, one.problem, one.instead));
            refused(&reader, all.collect::<Vec<_>>().join(". "))
        }
        Ok(Err(not)) => refused(&reader, not.to_string()),
        Err(refusal) => refusal.page(&reader),
    }
}

/// Shows the page again, with why the budget is not saved.
fn refused(reader: &Reader, why: String) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, shown(reader, Said::bad(why))).into_response()
}
