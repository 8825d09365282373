//! Items that somebody looks for, and one with everything that is known of it.

use std::path::Path;

use calib::the_box::{
    AnswerView, FindingView, ItemDetails, ItemView, LabelPart, NoAnswer, StepTime, Wanted,
};

use super::patience::with_patience;
use crate::item::identification::Claim;
use crate::records::{
    Answer, Filter, Finding, ItemId, LabelRecord, Record, Records, Timings, VerdictKind,
};

/// The items that `wanted` asks for, newest first.
///
/// # Errors
/// The database cannot be read, or the search takes too long.
pub fn search(records_folder: &Path, wanted: Wanted) -> Result<Vec<ItemView>, NoAnswer> {
    let records = Records::open_read_only(records_folder)?;
    let filter = filter_of(wanted);
    let found = with_patience(&records, |records| records.find(&filter))?;
    Ok(found.into_iter().map(ItemView::from).collect())
}

/// What somebody looks for, as the records know it.
pub(super) fn filter_of(wanted: Wanted) -> Filter {
    Filter {
        since: wanted.since,
        until: wanted.until,
        sku: wanted.sku,
        serial: wanted.serial,
        verdict: wanted.verdict.and_then(VerdictKind::named),
        reason: wanted.reason.map(str::to_owned),
        outcome: wanted.outcome.map(str::to_owned),
        limit: wanted.limit,
    }
}

/// One item.
///
/// # Errors
/// It is not kept, or the database cannot be read.
pub fn item(records_folder: &Path, boot: &str, item: u64) -> Result<ItemDetails, NoAnswer> {
    let id = ItemId { boot: boot.to_owned(), item };
    let records = Records::open_read_only(records_folder)?;
    let found = records.by_id(&id)?.ok_or_else(|| no_record(&id))?;
    Ok(details(found, records.answer(&id)?))
}

/// Nothing is kept of an item.
pub(super) fn no_record(id: &ItemId) -> NoAnswer {
    let ItemId { boot, item } = id;
    NoAnswer::Absent(format!(
        "no record of item {item} of boot {boot}: it was never written, or has been removed by the limits of \
         section [store]"
    ))
}

fn details(record: Record, answer: Option<Answer>) -> ItemDetails {
    ItemDetails {
        answer: answer.map(answer_view),
        claims: record.claims.iter().map(claim_words).collect(),
        findings: record.findings.iter().map(finding).collect(),
        label: record.label.as_ref().map(label).unwrap_or_default(),
        steps: steps(&record.timings),
        item: ItemView::from(record),
    }
}

fn answer_view(answer: Answer) -> AnswerView {
    let Answer { truth, kind, is_major, words, by, at } = answer;
    AnswerView { truth: truth.name(), kind, is_major, words, by, at }
}

fn claim_words(claim: &Claim) -> String {
    let who = match &claim.by {
        Some(by) => format!("{} {by}", claim.source.words()),
        None => claim.source.words().to_owned(),
    };
    let said = claim.said.as_ref().map(|said| format!(" said {said}")).unwrap_or_default();
    let means = match (&claim.problem, claim.skus.is_empty()) {
        (Some(problem), _) => problem.clone(),
        (None, true) => "which is no known SKU".to_owned(),
        (None, false) => format!("which is {}", claim.skus.join(" or ")),
    };
    format!("{who}{said}: {means}")
}

fn finding(of: &Finding) -> FindingView {
    let check = serde_json::to_value(of.check).ok();
    FindingView {
        check: check.and_then(|check| check.as_str().map(str::to_owned)).unwrap_or_default(),
        against: of.exceeds(),
        score: of.score,
        threshold: of.threshold,
        words: of.words.clone(),
    }
}

fn label(of: &LabelRecord) -> Vec<LabelPart> {
    let one = |part, said: &Option<String>| (part, said.clone().unwrap_or_default());
    [
        ("codes", of.codes.join(", ")),
        one("gtin", &of.gtin),
        one("lot", &of.lot),
        one("serial", &of.serial),
        one("last_day", &of.last_day),
        ("text", of.text.join(" / ")),
        one("problem", &of.problem),
    ]
    .into_iter()
    .filter(|(_, said)| !said.is_empty())
    .map(|(part, said)| LabelPart { part, said })
    .collect()
}

fn steps(of: &Timings) -> Vec<StepTime> {
    [
        ("eye_to_views", of.eye_to_views_ms),
        ("queued", of.queued_ms),
        ("label", of.label_ms),
        ("scoring", of.scoring_ms),
        ("eye_to_verdict", of.eye_to_verdict_ms),
        ("verdict_to_plc", of.verdict_to_plc_ms),
    ]
    .into_iter()
    .filter_map(|(step, ms)| Some(StepTime { step, ms: ms? }))
    .collect()
}
