//! **Expiry findings**: what the dates of a label mean today and against the record.
//!
//! The *last day* is the last one on which the item is good: the day that is printed, or the last of the
//! month or of the year where only that is. The day after it the item is expired. Of several expiry dates
//! the earliest counts.
//!
//! Where no year was read, the nearest year is a *guess*: a line that hides under a fold may hold it, and
//! goods that expired in spring would pass in autumn. So it is a finding of its own, and whether the item
//! has expired cannot be told, unless another date of the label or the record names the year, or the plant
//! says that its goods keep for days and print none ([`Custom::nearest_year_days`]).

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
    /// No year was read: whether the item has expired cannot be told.
    YearNotRead {
        /// The date as printed.
        label: String,
        /// The last day in the year that brings it nearest to today.
        nearest: Date,
    },
}

/// What the plant says of its goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Custom {
    /// Within so many days of its last day, an item counts as near its expiry.
    pub warn_days: u16,
    /// A date without a year is of the nearest year when it lies within so many days of today; 0: never.
    pub nearest_year_days: u16,
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

/// Compares the expiry dates of a label with `today` and with the `record`'s expiry.
pub fn assess(dates: &[DateRead], record: Option<Date>, today: Date, custom: Custom) -> Assessment {
    let expiries: Vec<&DateRead> = dates.iter().filter(|date| date.role == Role::Expiry).collect();
    let mut findings = Vec::new();
    let mut known: Option<(Date, &DateRead, &str)> = None;
    for date in &expiries {
        let Some(nearest) = last_day(date, today) else { continue };
        let (last, how) = match certain(date, nearest, &expiries, record, today, custom) {
            Some(certain) => certain,
            None => {
                let label = date.text.clone();
                findings.push(ExpiryFinding::YearNotRead { label, nearest });
                continue;
            }
        };
        if known.is_none_or(|(earliest, ..)| last < earliest) {
            known = Some((last, date, how));
        }
    }
    if let Some((last, ..)) = known {
        let left = days_between(today, last);
        if left < 0 {
            findings.push(ExpiryFinding::Expired { by_days: -left });
        } else if left <= i32::from(custom.warn_days) {
            findings.push(ExpiryFinding::ExpiresWithin { days: left });
        }
    }
    let quoted = known.map(|(_, date, _)| date).or(expiries.first().copied());
    if let (Some(date), Some(record)) = (quoted, record)
        && date.month.is_some_and(|_| differs(date, record))
    {
        findings.push(ExpiryFinding::DiffersFromRecord { label: date.text.clone(), record });
    }
    let reason = match (known, expiries.first()) {
        (Some((last, date, how)), _) => format!("`{}` is good until {last}{how}", date.text),
        (None, Some(date)) => match last_day(date, today) {
            Some(nearest) => format!(
                "the year was not read on `{}`; the nearest day is {nearest}, which is a guess",
                date.text
            ),
            None => format!("`{}` does not say which day it is", date.text),
        },
        (None, None) if dates.is_empty() => "no date was found".to_owned(),
        (None, None) => "no date is known to be the expiry".to_owned(),
    };
    Assessment { findings, last_day: known.map(|(last, ..)| last), reason }
}

/// The last day of a date and how it is known; `None` where its year is a guess.
fn certain<'a>(
    date: &DateRead,
    nearest: Date,
    all: &[&DateRead],
    record: Option<Date>,
    today: Date,
    custom: Custom,
) -> Option<(Date, &'a str)> {
    if date.year.is_some() {
        let how = match (date.month, date.day) {
            (None, _) => "; only a year is printed, and its end counts",
            (_, None) => "; no day is printed, and the month's last one counts",
            _ => "",
        };
        return Some((nearest, how));
    }
    let same = |other: &&&DateRead| {
        other.year.is_some() && (other.month, other.day) == (date.month, date.day)
    };
    if let Some(last) = all.iter().find(same).and_then(|other| last_day(other, today)) {
        return Some((last, "; the year is printed with the same day elsewhere"));
    }
    if let Some(record) = record.filter(|record| !differs(date, *record)) {
        return Some((record, "; no year was read, and the record names it"));
    }
    let near = days_between(today, nearest).unsigned_abs() <= u32::from(custom.nearest_year_days);
    (near && custom.nearest_year_days > 0)
        .then_some((nearest, "; no year is printed, and the nearest day is meant"))
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
        // No year: the nearest day. Eight years reach the next 29 February even over 2100.
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
    use ExpiryFinding::{DiffersFromRecord, Expired, ExpiresWithin, YearNotRead};
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    const CUSTOM: Custom = Custom { warn_days: 5, nearest_year_days: 0 };

    fn read(role: Role, year: Option<i16>, month: Option<i8>, day: Option<i8>) -> DateRead {
        let text = format!("{year:?} {month:?} {day:?}");
        let (reason, corners) = (String::new(), [[0.0; 2]; 4]);
        let explained = role != Role::Unknown;
        DateRead { text, role, explained, year, month, day, reason, corners, confidence: 1.0 }
    }

    fn expiry(year: i16, month: i8, day: i8) -> DateRead {
        read(Role::Expiry, Some(year), Some(month), Some(day))
    }

    fn findings(dates: &[DateRead]) -> Vec<ExpiryFinding> {
        assess(dates, None, TODAY, CUSTOM).findings
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
        assert_eq!(
            assess(&month(11), None, TODAY, Custom { warn_days: 7, ..CUSTOM }).findings,
            [ExpiresWithin { days: 7 }]
        );
    }

    #[test]
    fn without_a_year_nobody_can_tell_whether_it_has_expired() {
        let day = |month, day| [read(Role::Expiry, None, Some(month), Some(day))];
        for (month, number, nearest) in
            [(11, 16, date(2026, 11, 16)), (11, 25, date(2026, 11, 25)), (1, 2, date(2027, 1, 2))]
        {
            let dates = day(month, number);
            let label = dates[0].text.clone();
            let assessed = assess(&dates, None, TODAY, CUSTOM);
            assert_eq!(assessed.findings, [YearNotRead { label, nearest }]);
            assert_eq!(assessed.last_day, None);
            assert!(assessed.reason.contains("a guess"), "{}", assessed.reason);
        }
        assert_eq!(last_day(&day(2, 29)[0], TODAY), Some(date(2028, 2, 29)));
    }

    #[test]
    fn the_plant_the_record_or_another_print_may_name_the_year() {
        let day = |month, day| read(Role::Expiry, None, Some(month), Some(day));
        let fresh = Custom { nearest_year_days: 30, ..CUSTOM };
        let with = |date: DateRead| assess(&[date], None, TODAY, fresh);
        assert_eq!(with(day(11, 16)).findings, [Expired { by_days: 7 }]);
        assert_eq!(with(day(11, 25)).findings, [ExpiresWithin { days: 2 }]);
        assert!(matches!(with(day(3, 13)).findings[..], [YearNotRead { .. }]), "110 days away");
        let record = date(2026, 3, 13);
        let recorded = assess(&[day(3, 13)], Some(record), TODAY, CUSTOM);
        assert_eq!(recorded.findings, [Expired { by_days: 255 }]);
        let twice = assess(&[day(3, 13), expiry(2026, 3, 13)], None, TODAY, CUSTOM);
        assert_eq!(twice.findings, [Expired { by_days: 255 }]);
        let other = assess(&[day(3, 13)], Some(date(2026, 3, 14)), TODAY, CUSTOM);
        assert!(other.findings.iter().any(|one| matches!(one, DiffersFromRecord { .. })));
    }

    #[test]
    fn a_year_alone_is_good_to_its_end() {
        let year = |year| [read(Role::Expiry, Some(year), None, None)];
        assert_eq!(assess(&year(2026), None, TODAY, CUSTOM).last_day, Some(date(2026, 12, 31)));
        assert_eq!(findings(&year(2025)), [Expired { by_days: 327 }]);
    }

    #[test]
    fn only_expiry_dates_count_and_of_two_the_earlier() {
        let made = read(Role::Manufacture, Some(2025), Some(1), Some(1));
        let unknown = read(Role::Unknown, Some(2025), Some(1), Some(1));
        assert_eq!(findings(&[made.clone(), unknown, expiry(2027, 1, 1)]), []);
        assert_eq!(findings(&[expiry(2027, 1, 1), expiry(2026, 11, 20)]), [Expired { by_days: 3 }]);
        assert_eq!(
            assess(&[made], None, TODAY, CUSTOM).reason,
            "no date is known to be the expiry"
        );
        assert_eq!(assess(&[], None, TODAY, CUSTOM).reason, "no date was found");
    }

    #[test]
    fn only_what_is_printed_can_contradict_the_record() {
        let against = |date: DateRead, record| {
            assess(&[date], Some(record), TODAY, Custom::default()).findings
        };
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
        let assessed = assess(&[open], None, TODAY, CUSTOM);
        assert_eq!((assessed.findings.len(), assessed.last_day), (0, None));
        assert!(assessed.reason.contains("does not say"), "{}", assessed.reason);
    }
}
