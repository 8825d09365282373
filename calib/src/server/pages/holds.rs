//! What is on hold, where that comes from and what it diverted; a technician sets and lifts holds of this box.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use line::text::{NAME_MAX, WORDS_MAX, cut};
use serde::Deserialize;

use super::Said;
use crate::people::By;
use crate::people::audit::Entry;
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::Texts;
use crate::the_box::{
    ClockStatus, HoldAnswer, HoldChange, HoldOnPage, HoldView, HoldsNow, NewHold, StoreStatus,
    SuspectView,
};

/// For how many hours a hold can be set.
const HOURS: [u32; 5] = [1, 8, 24, 72, 168];

/// A hold of so many hours or more is shown in days.
const DAYS_FROM: u32 = 48;

/// What the form for a new hold shows; another page can ask for it in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server) struct Form {
    sku: String,
    lot: String,
    why: String,
    hours: String,
    /// Whether this is what was just lifted, to be set again with one touch.
    again: String,
    /// Whether the box does not know the SKU: who means it says so.
    #[serde(skip)]
    is_unknown: bool,
}

#[derive(Template)]
#[template(path = "holds.html")]
struct Holds<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    now: HoldsNow,
    form: Form,
    clock_is_doubted: bool,
    /// Whether the disk takes records, and holds with them.
    is_stored: bool,
}

impl Holds<'_> {
    fn what(&self, sku: &str, lot: &Option<String>) -> String {
        what(self.t, sku, lot.as_deref())
    }

    fn why(&self, held: &HoldOnPage) -> String {
        self.t.filled("holds.why", &[("why", &held.hold.why)])
    }

    fn by(&self, held: &HoldOnPage) -> String {
        let time = super::time_words(held.hold.set_at);
        self.t.filled("holds.by", &[("by", &held.hold.by), ("time", &time)])
    }

    fn end(&self, held: &HoldOnPage) -> String {
        match held.hold.expires_at {
            Some(end) => self.t.filled("holds.until", &[("time", &super::time_words(end))]),
            None => self.t.get("holds.no_end").to_owned(),
        }
    }

    fn diverted(&self, held: &HoldOnPage) -> String {
        match held.diverted {
            Some(1) => self.t.get("holds.diverted_one").to_owned(),
            Some(count) => self.t.filled("holds.diverted", &[("count", &count.to_string())]),
            None => self.t.get("holds.uncounted").to_owned(),
        }
    }

    /// Whether a batch is on hold already.
    fn is_held(&self, batch: &SuspectView) -> bool {
        let all_of_it = |hold: &HoldView| hold.lot.is_none() || hold.lot == batch.lot;
        self.now.holds.iter().any(|held| held.hold.sku == batch.sku && all_of_it(&held.hold))
    }

    fn suspect(&self, failed: &u64, items: &u64) -> String {
        let (failed, items) = (failed.to_string(), items.to_string());
        self.t.filled("holds.suspect", &[("failed", &failed), ("items", &items)])
    }

    fn hours(&self) -> Vec<(u32, String)> {
        let words = |hours: u32| match hours {
            DAYS_FROM.. => self.t.filled("holds.days", &[("days", &(hours / 24).to_string())]),
            1 => self.t.get("holds.hour").to_owned(),
            _ => self.t.filled("holds.hours", &[("hours", &hours.to_string())]),
        };
        HOURS.into_iter().map(|hours| (hours, words(hours))).collect()
    }
}

fn what(t: &Texts, sku: &str, lot: Option<&str>) -> String {
    match lot {
        Some(lot) => t.filled("holds.lot", &[("lot", lot), ("sku", sku)]),
        None => t.filled("holds.sku", &[("sku", sku)]),
    }
}

async fn holds_page(app: &App, reader: &Reader, said: Said, form: Form) -> Response {
    match app.query(|the_box| the_box.holds()).await {
        Ok(now) => {
            if let Some(why) = &now.uncounted {
                tracing::warn!("what the holds diverted is not counted: {why}");
            }
            let status = app.the_box.status();
            let clock_is_doubted = status.borrow().clock != ClockStatus::Trusted;
            let is_stored = status.borrow().store == StoreStatus::Ok;
            let (frame, t) = (Frame::of(reader), reader.texts());
            page(&Holds { frame, t, said, now, form, clock_is_doubted, is_stored })
        }
        Err(refusal) => {
            if let Refusal::Failed(cause) = &refusal {
                tracing::warn!("the page of the holds: {cause}");
            }
            refusal.page(reader)
        }
    }
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
    form: Result<Query<Form>, QueryRejection>,
) -> Response {
    let form = form.map(|Query(form)| form).unwrap_or_default();
    let said = Said::kept(&app, &reader);
    holds_page(&app, &reader, said, form).await
}

pub(in crate::server) async fn set(State(app): State<App>, reader: Reader) -> Response {
    let t = reader.texts();
    let field = |name, most| cut(reader.field(name).trim(), most).into_owned();
    let form = Form {
        sku: field("sku", NAME_MAX),
        lot: field("lot", NAME_MAX),
        why: field("why", WORDS_MAX),
        hours: reader.field("hours").to_owned(),
        ..Form::default()
    };
    if form.sku.is_empty() || form.why.is_empty() {
        return refused(&app, &reader, t.get("holds.incomplete").to_owned(), form).await;
    }
    let wanted = NewHold {
        sku: form.sku.clone(),
        lot: Some(form.lot.clone()).filter(|lot| !lot.is_empty()),
        why: form.why.clone(),
        by: reader.name().to_owned(),
        hours: reader.field("hours").parse().ok().filter(|hours| HOURS.contains(hours)),
        is_sure: reader.field("sure") == "yes",
    };
    match app.query(move |the_box| the_box.set_hold(wanted)).await {
        Ok(HoldAnswer::UnknownSku(similar)) => {
            let mut why = t.filled("holds.unknown", &[("sku", &form.sku)]);
            if !similar.is_empty() {
                let like = t.filled("holds.similar", &[("skus", &similar.join(", "))]);
                why = format!("{why} {like}");
            }
            refused(&app, &reader, why, Form { is_unknown: true, ..form }).await
        }
        Ok(HoldAnswer::Set(HoldChange { hold, is_stored })) => {
            let what = what(t, &hold.sku, hold.lot.as_deref());
            let end = hold.expires_at.map(|end| format!(" ({end:.0})")).unwrap_or_default();
            note(&app, &reader, "hold set", &hold, &format!("{}{end}", hold.why)).await;
            let text = t.filled("holds.was_set", &[("what", &what)]);
            super::done(&app, &reader, with_store(t, text, is_stored), "/holds")
        }
        Err(Refusal::Unfit(why)) => refused(&app, &reader, why, form).await,
        Err(refusal) => refusal.page(&reader),
    }
}

/// What was done, and that the disk has not taken it where that is so.
fn with_store(t: &Texts, text: String, is_stored: bool) -> String {
    if is_stored { text } else { format!("{text} {}", t.get("holds.not_yet_stored")) }
}

/// Shows the page again, with what was written and why it does not do.
async fn refused(app: &App, reader: &Reader, why: String, form: Form) -> Response {
    let again = holds_page(app, reader, Said::bad(why), form).await;
    (StatusCode::UNPROCESSABLE_ENTITY, again).into_response()
}

pub(in crate::server) async fn lift(State(app): State<App>, reader: Reader) -> Response {
    let t = reader.texts();
    let why = cut(reader.field("why").trim(), WORDS_MAX).into_owned();
    if why.is_empty() {
        let said = t.get("holds.no_reason").to_owned();
        return refused(&app, &reader, said, Form::default()).await;
    }
    let id = reader.field("id").to_owned();
    match app.query(move |the_box| the_box.lift_hold(&id)).await {
        Ok(HoldChange { hold, is_stored }) => {
            note(&app, &reader, "hold lifted", &hold, &why).await;
            let what = what(t, &hold.sku, hold.lot.as_deref());
            let mut again = form_urlencoded::Serializer::new("/holds?".to_owned());
            again.append_pair("again", "yes").append_pair("sku", &hold.sku);
            again
                .append_pair("lot", hold.lot.as_deref().unwrap_or(""))
                .append_pair("why", &hold.why);
            // As long as it would have lasted from the start.
            let lasts = hold.expires_at.map(|end| end.duration_since(hold.set_at).as_hours());
            if let Some(hours) = lasts {
                again.append_pair("hours", &hours.to_string());
            }
            let text = t.filled("holds.lifted", &[("what", &what)]);
            super::done(&app, &reader, with_store(t, text, is_stored), &again.finish())
        }
        Err(Refusal::Unfit(why)) => refused(&app, &reader, why, Form::default()).await,
        Err(refusal) => refusal.page(&reader),
    }
}

/// Writes into the audit log who set or lifted which hold, and why.
async fn note(app: &App, reader: &Reader, what: &str, hold: &HoldView, why: &str) {
    let lot = hold.lot.as_deref().map(|lot| format!("/{lot}")).unwrap_or_default();
    let subject = format!("{}{lot}, {}", hold.sku, hold.id);
    let by = By { who: reader.name(), address: &reader.address };
    app.note(Entry::new(by, what, &subject, "", why, app.wall())).await;
}
