//! The history: items that are kept, found by time, SKU, serial number, verdict, reason and outcome; and
//! the same as a table for a spreadsheet.
//!
//! What is looked for stands in the address, so that a search can be kept and sent on.

use std::fs::File;
use std::io::{self, Read as _};
use std::time::Instant;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::Said;
use crate::server::answer::{Frame, Refusal, page};
use crate::server::app::{App, Turn};
use crate::server::door::Download;
use crate::server::guard::Reader;
use crate::texts::Texts;
use crate::the_box::{Export, ItemView, NoAnswer, OUTCOMES, REASONS, VERDICTS, Wanted};

/// Items on one page.
const A_PAGE: usize = 50;

/// Most items in one table for a spreadsheet.
const EXPORTED: usize = 5000;

/// Most items in one file of pictures.
const PICTURED: usize = 200;

/// Bytes that are sent at a time.
const CHUNK: usize = 64 << 10;

/// How a time is written in a form.
const WRITTEN: &str = "%Y-%m-%dT%H:%M";

/// What stands in the address.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(in crate::server) struct Question {
    since: String,
    until: String,
    sku: String,
    serial: String,
    verdict: String,
    reason: String,
    outcome: String,
    /// Microseconds since 1970: only items that entered before.
    before: String,
}

/// A time in a question cannot be understood.
struct WrongTime;

impl Question {
    fn wanted(&self, limit: usize) -> Result<Wanted, WrongTime> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let known = |list: &'static [&'static str], name: &str| {
            list.iter().copied().find(|known| *known == name)
        };
        let before: Option<i64> = self.before.parse().ok();
        let before = before.and_then(|at| Timestamp::from_microsecond(at).ok());
        let until = moment(&self.until)?;
        Ok(Wanted {
            since: moment(&self.since)?,
            until: before.into_iter().chain(until).min(),
            sku: text(&self.sku),
            serial: text(&self.serial),
            verdict: known(&VERDICTS, &self.verdict),
            reason: known(&REASONS, &self.reason),
            outcome: known(&OUTCOMES, &self.outcome),
            limit,
        })
    }

    /// The question as it stands in an address.
    fn address(&self, before: &str) -> String {
        let mut address = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("since", self.since.as_str()),
            ("until", &self.until),
            ("sku", &self.sku),
            ("serial", &self.serial),
            ("verdict", &self.verdict),
            ("reason", &self.reason),
            ("outcome", &self.outcome),
            ("before", before),
        ] {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
        address.finish()
    }
}

/// A time as a form has it, in the box's time zone.
fn moment(text: &str) -> Result<Option<Timestamp>, WrongTime> {
    if text.is_empty() {
        return Ok(None);
    }
    let time: DateTime = text.parse().map_err(|_| WrongTime)?;
    let time = time.to_zoned(TimeZone::system()).map_err(|_| WrongTime)?;
    Ok(Some(time.timestamp()))
}

/// A question that asks for the last day, where none was asked.
fn last_day(now: Timestamp) -> Question {
    let since = now - SignedDuration::from_hours(24);
    let since = since.to_zoned(TimeZone::system()).strftime(WRITTEN).to_string();
    Question { since, ..Question::default() }
}

#[derive(Template)]
#[template(path = "history.html")]
struct History<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    asked: Question,
    items: Vec<ItemView>,
    older: Option<String>,
    export: String,
}

impl History<'_> {
    fn when(&self, item: &ItemView) -> String {
        super::time_words(item.entered_at)
    }

    fn verdict(&self, item: &ItemView) -> &str {
        self.t.named("verdict", item.verdict.unwrap_or("open"))
    }

    fn reasons(&self, item: &ItemView) -> String {
        super::reason_words(self.t, item)
    }

    fn outcome(&self, item: &ItemView) -> &str {
        item.outcome_kind.map_or("", |kind| self.t.named("outcome", kind))
    }
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
    question: Result<Query<Question>, QueryRejection>,
) -> Response {
    let asked = match question {
        Ok(Query(asked)) if !asked.address(&asked.before).is_empty() => asked,
        _ => last_day(app.wall()),
    };
    let t = reader.texts();
    let (items, said) = match asked.wanted(A_PAGE) {
        Err(WrongTime) => (Vec::new(), Said::bad(t.get("history.wrong_time"))),
        Ok(wanted) => match app.query(move |the_box| the_box.search(wanted)).await {
            Ok(items) => (items, Said::default()),
            Err(Refusal::Failed(cause)) => {
                tracing::warn!("a search of the page: {cause}");
                (Vec::new(), Said::bad(t.get("history.failed")))
            }
            Err(refusal) => return refusal.page(&reader),
        },
    };
    let last = items.last().filter(|_| items.len() == A_PAGE);
    let older = last.map(|last| asked.address(&last.entered_at.as_microsecond().to_string()));
    let export = asked.address("");
    page(&History { frame: Frame::of(&reader), t, said, asked, items, older, export })
}

/// The items as CSV.
pub(in crate::server) async fn export(
    State(app): State<App>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Response, Refusal> {
    let wrong = || Refusal::Question("write since and until as 2027-03-01T14:30".to_owned());
    let Query(asked) = question.map_err(|_| wrong())?;
    let wanted = asked.wanted(EXPORTED).map_err(|WrongTime| wrong())?;
    let table = move |the_box: &dyn crate::the_box::TheBox| {
        let items = the_box.search(wanted)?;
        csv_of(&items).map_err(|error| NoAnswer::Failed(error.to_string()))
    };
    let table = app.query(table).await?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"items.csv\""),
    ];
    Ok((headers, table).into_response())
}

/// A table with a header. Its words are the API's: it is read by programs, and by people of all languages.
fn csv_of(items: &[ItemView]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "entered_at",
        "boot",
        "item",
        "sku",
        "verdict",
        "reasons",
        "outcome",
        "score",
        "ms",
        "decision",
        "words",
    ])?;
    for item in items {
        let reasons: Vec<String> = item.reasons.iter().filter_map(super::check_name).collect();
        table.write_record([
            item.entered_at.to_string(),
            tame(&item.boot),
            item.item.to_string(),
            tame(item.sku.as_deref().unwrap_or("")),
            item.verdict.unwrap_or("").to_owned(),
            reasons.join(" "),
            item.outcome_kind.unwrap_or("").to_owned(),
            item.score.map_or_else(String::new, |score| score.to_string()),
            item.ms.map_or_else(String::new, |ms| ms.to_string()),
            tame(item.decision.as_deref().unwrap_or("")),
            tame(&item.words.join("; ")),
        ])?;
    }
    Ok(table.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

/// A text that a spreadsheet takes for no formula: what a label says must not be able to command one.
fn tame(text: &str) -> String {
    let commands = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if commands { format!("'{text}") } else { text.to_owned() }
}

/// The items that are looked for, with their pictures and what people said of them, as one zip file.
pub(in crate::server) async fn pictures(
    State(app): State<App>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Response, Refusal> {
    let asked = question.map(|Query(asked)| asked).unwrap_or_default();
    let wrong = |WrongTime| Refusal::Question("write times as 2026-11-30T08:00".to_owned());
    let wanted = asked.wanted(PICTURED).map_err(wrong)?;
    let turn = app.download_turn().await?;
    let Export { file, bytes } = app.query(move |the_box| the_box.export(wanted)).await?;
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, "attachment; filename=\"items.zip\"".to_owned()),
        (CONTENT_LENGTH, bytes.to_string()),
    ];
    let download = Download::begin(Instant::now());
    let mut answer = (headers, sent(file, turn, download.clone())).into_response();
    answer.extensions_mut().insert(download);
    Ok(answer)
}

/// A file, read as fast as it is taken. The turn ends with it.
fn sent(mut file: File, turn: Turn, download: Download) -> Body {
    let (chunks, taken) = mpsc::channel::<io::Result<Bytes>>(2);
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = file.read(&mut chunk).map(|length| {
                chunk.truncate(length);
                Bytes::from(chunk)
            });
            let is_over = read.as_ref().is_ok_and(Bytes::is_empty);
            let is_last = is_over || read.is_err();
            // Whoever asked may have gone.
            if is_over || chunks.blocking_send(read).is_err() || is_last {
                return;
            }
        }
    });
    Body::from_stream(stream::unfold((taken, download), |(mut taken, download)| async {
        download.goes_on(Instant::now());
        Some((taken.recv().await?, (taken, download)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_stays_in_the_address() {
        let asked = Question {
            since: "2027-03-01T14:30".to_owned(),
            sku: "a&b=c".to_owned(),
            reason: "damage".to_owned(),
            ..Question::default()
        };
        let address = asked.address("17");
        assert_eq!(address, "since=2027-03-01T14%3A30&sku=a%26b%3Dc&reason=damage&before=17");
        let wanted = asked.wanted(9).ok().unwrap();
        assert_eq!((wanted.sku.as_deref(), wanted.reason), (Some("a&b=c"), Some("damage")));
        let earlier = Question { before: "17".to_owned(), ..asked };
        assert_eq!(earlier.wanted(9).ok().unwrap().until.unwrap().as_microsecond(), 17);
    }

    #[test]
    fn what_is_no_time_is_told_and_what_is_in_no_list_asks_for_nothing() {
        let asked = Question { until: "yesterday".to_owned(), ..Question::default() };
        assert!(asked.wanted(9).is_err());
        let asked = Question { verdict: "x' OR 1".to_owned(), ..Question::default() };
        assert_eq!(asked.wanted(9).ok().unwrap().verdict, None);
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        for text in ["=cmd|'/c calc'!A1", "+1", "-1", "@x"] {
            assert!(tame(text).starts_with('\''), "{text}");
        }
        assert_eq!(tame("CARTON-17"), "CARTON-17");
    }
}
