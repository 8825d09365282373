//! `inspectctl records`: what is kept about items, read beside a running inspectd or without one.

use calib::the_box::ItemView;
use clap::{Args, ValueEnum};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use super::Context;
use super::output::{Answer, NONE, cell, table};
use crate::records::{Filter, Record, Records, Unnumbered, VerdictKind};

/// List items, newest first.
///
/// With --json: an array of whole records: `boot`, `item`, `sku`, `entered_at`, `views`,
/// `findings`, `verdict`, `decision`, `outcome`, `timings`. In the table, the score is the worst
/// view's score divided by its threshold: above 1 counts as damaged. With --unnumbered and --json:
/// `bridge_boot`, `event`, `seen_at`, `eye` and `why` of each body.
#[derive(Debug, Args)]
pub struct Find {
    /// Entered at this time or later: `2026-11-22`, `2026-11-22T14:30` (local time),
    /// `2026-11-22T14:30:00Z`, or a time span before now such as `90m`, `8h`, `2d`.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Entered before this time; written like --since.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Only items that were supposed to be this.
    #[arg(long)]
    sku: Option<String>,
    /// Only items with this verdict.
    #[arg(long)]
    verdict: Option<Wanted>,
    /// Bodies that crossed an eye without a number, in place of items: --since, --until and --limit
    /// narrow them.
    #[arg(long, conflicts_with_all = ["sku", "verdict"])]
    unnumbered: bool,
    /// At most so many, the newest.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    Pass,
    Divert,
    /// Not inspected, or left without a verdict.
    Uninspected,
}

impl From<Wanted> for VerdictKind {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Pass => Self::Pass,
            Wanted::Divert => Self::Divert,
            Wanted::Uninspected => Self::Uninspected,
        }
    }
}

impl Find {
    /// Reads the store that the line file names.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let folder = context.line_file()?.store.folder;
        let filter = Filter {
            since: self.since,
            until: self.until,
            sku: self.sku,
            verdict: self.verdict.map(VerdictKind::from),
            limit: self.limit,
            ..Filter::default()
        };
        let records = Records::open_read_only(&folder)?;
        if self.unnumbered {
            let found = records.unnumbered(&filter)?;
            return Answer::either(context.json, &found, || bodies_for_people(&found));
        }
        let found = records.find(&filter)?;
        Answer::either(context.json, &found, || for_people(&found))
    }
}

fn for_people(records: &[Record]) -> String {
    if records.is_empty() {
        return "no item matches; --since, --until, --sku and --verdict narrow the search".into();
    }
    let rows: Vec<_> = records.iter().map(|record| row(ItemView::from(record.clone()))).collect();
    let header = ["entered", "item", "sku", "score", "verdict", "ms", "decision", "outcome", "why"];
    table(&header, &rows)
}

fn bodies_for_people(bodies: &[Unnumbered]) -> String {
    if bodies.is_empty() {
        return "no body without a number in this time".into();
    }
    let row = |body: &Unnumbered| {
        let seen = body.seen_at.to_zoned(TimeZone::system());
        let seen = seen.strftime("%Y-%m-%d %H:%M:%S").to_string();
        vec![seen, body.eye.to_string(), body.why.to_string()]
    };
    table(&["seen", "eye", "why"], &bodies.iter().map(row).collect::<Vec<_>>())
}

fn row(item: ItemView) -> Vec<String> {
    let entered = item.entered_at.to_zoned(TimeZone::system());
    vec![
        entered.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        item.item.to_string(),
        item.sku.unwrap_or_else(|| "unknown".to_owned()),
        cell(item.score, |score| format!("{score:.2}")),
        cell(item.verdict, str::to_owned),
        cell(item.ms, |ms| format!("{ms:.0}")),
        item.decision.unwrap_or_else(|| NONE.to_owned()),
        item.outcome.unwrap_or_else(|| NONE.to_owned()),
        item.words.join("; "),
    ]
}

/// A moment as people write it.
fn moment(text: &str) -> Result<Timestamp, String> {
    moment_before(text, &Zoned::now())
}

/// A moment as people write it at `now`, in the time zone of `now`.
fn moment_before(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(local) = text.parse::<DateTime>() {
        let zoned = local.to_zoned(now.time_zone().clone());
        return zoned.map(|at| at.timestamp()).map_err(|e| e.to_string());
    }
    let span: Span = text.parse().map_err(|_| {
        "write a date (2026-11-22), a time (2026-11-22T14:30, with Z for UTC) or a span before \
         now (90m, 8h, 2d)"
            .to_owned()
    })?;
    now.checked_sub(span.abs()).map(|at| at.timestamp()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_understood_as_people_write_them() {
        let now: Zoned = "2026-11-22T15:00:00+02:00[+02:00]".parse().unwrap();
        for (text, expected) in [
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
            ("2026-11-22", "2026-11-21T22:00:00Z"),
            ("2026-11-22T14:30", "2026-11-22T12:30:00Z"),
            ("90m", "2026-11-22T11:30:00Z"),
            ("2d", "2026-11-20T13:00:00Z"),
        ] {
            assert_eq!(moment_before(text, &now).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_moment_that_is_none_says_how_to_write_one() {
        let refused = moment("yesterday-ish").unwrap_err();
        assert!(refused.contains("90m"), "{refused}");
    }
}
