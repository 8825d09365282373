//! What another false-divert budget would do, told from the records of the last days.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use calib::the_box::{ItemView, NoAnswer, ShareView, StopView, ThresholdsView};
use jiff::{SignedDuration, Timestamp};
use line::protocol::{Check, Verdict};

use super::patience::with_patience;
use super::today::midnight;
use crate::item::thresholds::{BAR, Judged, Outlook, Scored, Share, Stop};
use crate::records::{Filter, ItemId, Record, Records, Truth, ViewRecord};
use crate::wall_clock::wall_now;

/// Recent items that are looked at: hours of a fast line, and read within a second.
const RECENT: usize = 3_000;

/// Older items tell nothing of this line's light and goods any more.
const DAYS: i64 = 7;

/// What recent items tell, while the budget is `present`.
///
/// # Errors
/// The records cannot be read, or that takes too long.
pub fn outlook(records_folder: &Path, present: f64) -> Result<ThresholdsView, NoAnswer> {
    // Only shown: nothing is decided by it.
    let now = wall_now();
    let since = now - SignedDuration::from_hours(24 * DAYS);
    let midnight = midnight(now);
    let records = Records::open_read_only(records_folder)?;
    let filter = Filter { since: Some(since), limit: RECENT, ..Filter::default() };
    let (recent, answers) =
        with_patience(&records, |records| Ok((records.find(&filter)?, records.answers(since)?)))?;
    let truths: HashMap<ItemId, Truth> =
        answers.into_iter().map(|(id, answer)| (id, answer.truth)).collect();
    let scored: Vec<(Record, Scored)> = recent
        .into_iter()
        .filter_map(|record| {
            let of = scored(&record, truths.get(&record.id).copied(), midnight)?;
            Some((record, of))
        })
        .collect();
    Ok(view(scored, present))
}

/// An item as far as its damage score goes; none where nothing was scored.
fn scored(record: &Record, truth: Option<Truth>, midnight: Timestamp) -> Option<Scored> {
    let scores = record.views.iter().filter_map(|view| view.score);
    // What the line shares the budget among: the views that it compares. Where one of them could not be used, or did
    // not come, the item has no verdict by its looks.
    let is_taken = |view: &&ViewRecord| view.picture.is_some() || view.not_kept.is_some();
    let sharing = record.views.iter().filter(|view| !view.is_hidden).filter(is_taken).count();
    let verdict = match &record.verdict {
        Some(Verdict::Pass) => Judged::Passed,
        Some(Verdict::Divert { reasons, .. }) if *reasons == [Check::Damage] => Judged::Damaged,
        Some(Verdict::Divert { .. } | Verdict::Uninspected { .. }) | None => Judged::Otherwise,
    };
    Some(Scored {
        surprise: Scored::surprise_of(scores, sharing)?,
        verdict,
        truth,
        is_of_today: record.entered_at >= midnight,
    })
}

fn view(scored: Vec<(Record, Scored)>, present: f64) -> ThresholdsView {
    let (records, scored): (Vec<Record>, Vec<Scored>) = scored.into_iter().unzip();
    let outlook = Outlook::of(&scored, present);
    let minutes: BTreeSet<i64> =
        records.iter().map(|record| record.entered_at.as_second().div_euclid(60)).collect();
    // Only items that a stop names are sent.
    let named: BTreeSet<usize> =
        outlook.stops.iter().flat_map(|stop| &stop.borderline).copied().collect();
    let places: BTreeMap<usize, usize> =
        named.into_iter().enumerate().map(|(place, at)| (at, place)).collect();
    let mut items = vec![None; places.len()];
    for (at, record) in records.into_iter().enumerate() {
        if let Some(place) = places.get(&at) {
            items[*place] = Some(ItemView::from(record));
        }
    }
    ThresholdsView {
        stops: outlook.stops.into_iter().map(|one| stop(one, &scored, &places)).collect(),
        present: outlook.present,
        histogram: outlook.histogram,
        bar: BAR,
        items: items.into_iter().flatten().collect(),
        recent: scored.len(),
        hours: minutes.len() as f64 / 60.0,
    }
}

fn stop(of: Stop, scored: &[Scored], places: &BTreeMap<usize, usize>) -> StopView {
    let (above, below): (Vec<usize>, Vec<usize>) =
        of.borderline.iter().copied().partition(|at| scored[*at].surprise > of.limit);
    let sent =
        |places_of: Vec<usize>| places_of.iter().filter_map(|at| places.get(at).copied()).collect();
    StopView {
        budget: of.budget,
        limit: of.limit,
        diverted: share(of.diverted),
        good_above: share(of.good_above),
        damaged_below: share(of.damaged_below),
        newly_diverted: of.newly_diverted,
        newly_passed: of.newly_passed,
        below: sent(below),
        above: sent(above),
    }
}

fn share(Share { count, of, interval: [least, most] }: Share) -> ShareView {
    ShareView { count, of, least, most }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::ViewRecord;
    use crate::records::samples::passed;

    fn item(number: u64, score: f32) -> (Record, Scored) {
        let mut record = passed(number);
        record.views = vec![ViewRecord { score: Some(score), ..ViewRecord::of("side") }];
        let of = scored(&record, None, Timestamp::UNIX_EPOCH).expect("it was scored");
        (record, of)
    }

    #[test]
    fn only_borderline_items_are_sent_and_the_stops_name_them() {
        let told = view((0..40).map(|at| item(at, 0.1 * at as f32)).collect(), 0.005);
        assert_eq!((told.recent, told.stops[told.present].budget), (40, 0.005));
        assert!(told.items.len() < 40, "{}", told.items.len());
        let present = &told.stops[told.present];
        let scores = |places: &[usize]| -> Vec<f32> {
            places.iter().map(|at| told.items[*at].views[0].score.expect("scored")).collect()
        };
        let below = scores(&present.below);
        let near = |(seen, wanted): (&f32, f32)| (seen - wanted).abs() < 1e-4;
        assert!(below.iter().zip([2.1, 2.2, 2.3]).all(near) && below.len() == 3, "{below:?}");
        assert_eq!(scores(&present.above).len(), 3);
        assert!(scores(&present.above).iter().all(|score| f64::from(*score) > present.limit));
    }

    #[test]
    fn an_item_that_was_not_scored_tells_nothing_and_one_that_took_the_fall_back_flips_for_no_budget()
     {
        let mut record = passed(1);
        record.views = vec![ViewRecord::of("side")];
        assert_eq!(scored(&record, None, Timestamp::UNIX_EPOCH), None);
        record.views[0].score = Some(5.0);
        record.verdict = Some(Verdict::Uninspected { cause: "too late".into() });
        let of = scored(&record, None, Timestamp::UNIX_EPOCH).expect("scored");
        assert_eq!(of.verdict, Judged::Otherwise);
    }
}
