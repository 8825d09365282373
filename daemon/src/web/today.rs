//! What happened today and in the last hour, from the records.

use std::path::Path;

use calib::the_box::{ClockStatus, Minute, Today};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::records::{Records, StoreError};
use crate::wall_clock::wall_now;

/// Minutes of the last hour.
const MINUTES: usize = 60;

/// What the records say of today, which begins at midnight of the box's time zone. While the clock is doubted nobody
/// knows when that was, and nothing is told.
pub fn of(records_folder: &Path, clock: &ClockStatus) -> Result<Today, StoreError> {
    if *clock != ClockStatus::Trusted {
        return Ok(Today::default());
    }
    // Only shown: nothing is decided by it.
    let now = wall_now();
    let midnight = midnight(now);
    let records = Records::open_read_only(records_folder)?;
    let fates = records.fates(midnight)?;
    Ok(Today {
        since: Some(midnight),
        entered: fates.entered,
        passed: fates.pass,
        diverted: fates.divert,
        uninspected: fates.uninspected,
        diverts_by_reason: fates.diverts_by_reason,
        unnumbered: fates.unnumbered,
        last_hour: last_hour(&records, now)?,
    })
}

/// When the day of `now` began, in the box's time zone.
pub(super) fn midnight(now: Timestamp) -> Timestamp {
    let day = now.to_zoned(TimeZone::system()).start_of_day();
    day.map_or(Timestamp::UNIX_EPOCH, |day| day.timestamp())
}

/// A minute each, the oldest first; the last one is the minute that runs.
fn last_hour(records: &Records, now: Timestamp) -> Result<Vec<Minute>, StoreError> {
    let this_minute = now.as_second().div_euclid(60);
    let first = this_minute - (MINUTES as i64 - 1);
    let mut minutes = vec![Minute::default(); MINUTES];
    let since = Timestamp::from_second(first * 60).unwrap_or(Timestamp::UNIX_EPOCH);
    for counted in records.minutes(since)? {
        let place = usize::try_from(counted.minute - first).ok();
        // An item of a clock that ran ahead is in no minute of this hour.
        if let Some(minute) = place.and_then(|place| minutes.get_mut(place)) {
            *minute = Minute {
                entered: counted.entered,
                diverted: counted.divert,
                uninspected: counted.uninspected,
            };
        }
    }
    Ok(minutes)
}
