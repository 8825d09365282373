//! **Expiry findings**: what the dates of a label mean today and against the record.
//!
//! The *last day* is the last one on which the item is good: the day that is printed, or the last of the
//! month where only a month is. The day after it the item is expired. Of several expiry dates the earliest
//! counts. Where no year is printed, the year is taken that brings the date nearest to today: what is sold
//! with day and month alone keeps for days or weeks; the reason says so.

use super::dates::{DateRead, Role, days_between};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What is wrong with an item's expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryFinding {
    /// The last day is past.
    Expired {
        /// Days since the last day, 1 or more.
        by_days: i32,
    },
    /// The last day is near.
    ExpiresWithin {
        /// Days until the last day, 0 today.
        days: i32,
    },
    /// The label and the record name different last days.
    DiffersFromRecord {
        /// The date as printed.
        label: String,
        /// The record's.
        record: Date,
    },
}

/// The findings for one label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// What is wrong: expired or near, and different from the record; empty where nothing is.
    pub findings: Vec<ExpiryFinding>,
    /// The last day on which the item is good, where the label says it.
    pub last_day: Option<Date>,
    /// How the last day was found, or why it was not.
    pub reason: String,
}

/// Compares the expiry dates of a label with `today` and with the `record`'s expiry. Within `warn_days` days
/// of the last day, the item counts as near its expiry.
pub fn assess(dates: &[DateRead], record: Option<Date>, today: Date, warn_days: u16) -> Assessment {
    let expiries = || dates.iter().filter(|date| date.role == Role::Expiry);
    let known = expiries().filter_map(|date| Some((last_day(date, today)?, date)));
    let Some((last, date)) = known.min_by_key(|(last, _)| *last) else {
        let reason = match expiries().next() {
            Some(date) => format!("`{}` does not say which day it is", date.text),
            None if dates.is_empty() => "no date was found".to_owned(),
            None => "no date is known to be the expiry".to_owned(),
        };
        return Assessment { findings: Vec::new(), last_day: None, reason };
    };
    let mut findings = Vec::new();
    let left = days_between(today, last);
    if left < 0 {
        findings.push(ExpiryFinding::Expired { by_days: -left });
    } else if left <= i32::from(warn_days) {
        findings.push(ExpiryFinding::ExpiresWithin { days: left });
    }
    if let Some(record) = record.filter(|record| differs(date, *record)) {
        findings.push(ExpiryFinding::DiffersFromRecord { label: date.text.clone(), record });
    }
    let how = match (date.year, date.day) {
        (None, _) => format!("; no year is printed, and {} is the nearest to today", last.year()),
        (Some(_), None) if date.month.is_none() => {
            "; only a year is printed, and its end counts".to_owned()
        }
        (Some(_), None) => "; no day is printed, and the month's last one counts".to_owned(),
        _ => String::new(),
    };
    let reason = format!("`{}` is good until {last}{how}", date.text);
    Assessment { findings, last_day: Some(last), reason }
}

/// The last day that a date covers; `None` where neither day and month, month and year nor a year are known.
pub fn last_day(date: &DateRead, today: Date) -> Option<Date> {
    let Some(month) = date.month else {
        // A year alone is good to its end.
        return Date::new(date.year?, 12, 31).ok();
    };
    match (date.year, date.day) {
        (Some(year), Some(day)) => Date::new(year, month, day).ok(),
        (Some(year), None) => Date::new(year, month, 1).ok().map(Date::last_of_month),
        // Eight years reach the next 29 February even over 2100.
        (None, Some(day)) => (-8..=8)
            .filter_map(|years| Date::new(today.year() + years, month, day).ok())
            .min_by_key(|date| days_between(today, *date).unsigned_abs()),
        (None, None) => None,
    }
}

/// Whether what is printed contradicts the record: what is not printed contradicts nothing, and for a month
/// any day of it will do, or the first of the next ("before the end of").
fn differs(date: &DateRead, record: Date) -> bool {
    let same = |record: Date| {
        date.year.is_none_or(|year| year == record.year())
            && date.month.is_none_or(|month| month == record.month())
            && date.day.is_none_or(|day| day == record.day())
    };
    let day_before = record.checked_sub(1.day()).ok();
    let month_ends = date.day.is_none() && record.day() == 1;
    !(same(record) || month_ends && day_before.is_some_and(same))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ExpiryFinding::{DiffersFromRecord, Expired, ExpiresWithin};
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn read(role: Role, year: Option<i16>, month: Option<i8>, day: Option<i8>) -> DateRead {
        let text = format!("{year:?} {month:?} {day:?}");
        let (reason, corners) = (String::new(), [[0.0; 2]; 4]);
        DateRead { text, role, year, month, day, reason, corners, confidence: 1.0 }
    }

    fn expiry(year: i16, month: i8, day: i8) -> DateRead {
        read(Role::Expiry, Some(year), Some(month), Some(day))
    }

    fn findings(dates: &[DateRead]) -> Vec<ExpiryFinding> {
        assess(dates, None, TODAY, 5).findings
    }

    #[test]
    fn the_last_day_itself_is_near_and_the_day_after_it_is_expired() {
        assert_eq!(findings(&[expiry(2026, 11, 22)]), [Expired { by_days: 1 }]);
        assert_eq!(findings(&[expiry(2026, 11, 23)]), [ExpiresWithin { days: 0 }]);
        assert_eq!(findings(&[expiry(2026, 11, 28)]), [ExpiresWithin { days: 5 }]);
        assert_eq!(findings(&[expiry(2026, 11, 29)]), []);
        assert_eq!(findings(&[expiry(2024, 11, 23)]), [Expired { by_days: 730 }]);
    }

    #[test]
    fn a_month_is_good_to_its_end() {
        let month = |month| [read(Role::Expiry, Some(2026), Some(month), None)];
        assert_eq!(findings(&month(10)), [Expired { by_days: 23 }]);
        assert_eq!(findings(&month(11)), []);
        assert_eq!(assess(&month(11), None, TODAY, 7).findings, [ExpiresWithin { days: 7 }]);
    }

    #[test]
    fn without_a_year_the_nearest_day_is_meant_and_the_reason_says_so() {
        let day = |month, day| [read(Role::Expiry, None, Some(month), Some(day))];
        assert_eq!(findings(&day(11, 16)), [Expired { by_days: 7 }]);
        assert_eq!(findings(&day(11, 25)), [ExpiresWithin { days: 2 }]);
        let new_year = assess(&day(1, 2), None, TODAY, 5);
        assert_eq!((new_year.last_day, new_year.findings.len()), (Some(date(2027, 1, 2)), 0));
        assert!(new_year.reason.contains("no year is printed"), "{}", new_year.reason);
        assert_eq!(last_day(&day(2, 29)[0], TODAY), Some(date(2028, 2, 29)));
    }

    #[test]
    fn only_expiry_dates_count_and_of_two_the_earlier() {
        let made = read(Role::Manufacture, Some(2025), Some(1), Some(1));
        let unknown = read(Role::Unknown, Some(2025), Some(1), Some(1));
        assert_eq!(findings(&[made.clone(), unknown, expiry(2027, 1, 1)]), []);
        assert_eq!(findings(&[expiry(2027, 1, 1), expiry(2026, 11, 20)]), [Expired { by_days: 3 }]);
        assert_eq!(assess(&[made], None, TODAY, 5).reason, "no date is known to be the expiry");
        assert_eq!(assess(&[], None, TODAY, 5).reason, "no date was found");
    }

    #[test]
    fn only_what_is_printed_can_contradict_the_record() {
        let against = |date: DateRead, record| assess(&[date], Some(record), TODAY, 0).findings;
        let label = expiry(2027, 1, 2);
        let record = date(2027, 2, 1);
        let text = label.text.clone();
        assert_eq!(against(label.clone(), record), [DiffersFromRecord { label: text, record }]);
        assert_eq!(against(label, date(2027, 1, 2)), []);
        let month = || read(Role::Expiry, Some(2027), Some(1), None);
        assert_eq!(against(month(), date(2027, 1, 31)), []);
        assert_eq!(against(month(), date(2027, 2, 1)), []);
        assert_eq!(against(month(), date(2027, 2, 2)).len(), 1);
        assert_eq!(against(read(Role::Expiry, None, Some(1), Some(2)), date(2027, 1, 2)), []);
    }

    #[test]
    fn a_date_that_says_too_little_is_no_finding() {
        let open = read(Role::Expiry, None, Some(5), None);
        let assessed = assess(&[open], None, TODAY, 5);
        assert_eq!((assessed.findings.len(), assessed.last_day), (0, None));
        assert!(assessed.reason.contains("does not say"), "{}", assessed.reason);
    }
}
