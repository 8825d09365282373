//! **Dates of application identifiers**: six digits, `YYMMDD`, where day `00` means that only the month
//! was given.
//!
//! The century follows from the year of reading (GS1 General Specifications, section 7.12): a year that
//! would lie 51 to 99 years ahead belongs to the century before, one that would lie 50 to 99 years back to
//! the century after. Printed dates with two digits for the year are read by the same rule.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A date as an application identifier gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gs1Date {
    /// The year with its century.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31, or `None` where the code says `00`.
    pub day: Option<i8>,
}

impl Gs1Date {
    /// From `YYMMDD`, the century by the year of `today`; `None` where there is no such day.
    pub fn parse(digits: &str, today: Date) -> Option<Self> {
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let pair = |at: usize| digits[at..at + 2].parse::<i8>().ok();
        let (year, month, day) = (full_year(pair(0)?, today), pair(2)?, pair(4)?);
        let first = Date::new(year, month, day.max(1)).ok()?;
        Some(Self { year, month: first.month(), day: (day > 0).then_some(day) })
    }

    /// The last day that the date covers: the day itself, or the month's last one.
    pub fn last_day(&self) -> Option<Date> {
        match self.day {
            Some(day) => Date::new(self.year, self.month, day).ok(),
            None => Date::new(self.year, self.month, 1).ok().map(Date::last_of_month),
        }
    }
}

/// The year that two digits mean when they are read on `today`.
pub fn full_year(two_digits: i8, today: Date) -> i16 {
    let (century, now) = (today.year() - today.year() % 100, today.year() % 100);
    let ahead = i16::from(two_digits) - now;
    let year = century + i16::from(two_digits);
    match ahead {
        51.. => year - 100,
        ..=-50 => year + 100,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_century_is_that_which_lies_nearest() {
        for (now, digits, year) in [
            (2026, 26, 2026),
            (2026, 76, 2076),
            (2026, 77, 1977),
            (2026, 0, 2000),
            (2060, 10, 2110),
            (2060, 11, 2011),
            (1999, 0, 2000),
        ] {
            assert_eq!(full_year(digits, date(now, 6, 1)), year, "{digits} read in {now}");
        }
    }

    #[test]
    fn day_zero_leaves_the_day_open_and_ends_with_the_month() {
        let read = Gs1Date::parse("280200", date(2026, 1, 1)).unwrap();
        assert_eq!(read, Gs1Date { year: 2028, month: 2, day: None });
        assert_eq!(read.last_day(), Some(date(2028, 2, 29)));
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for digits in ["260230", "261301", "260001", "2605", "26o513", "٢60513", ""] {
            assert_eq!(Gs1Date::parse(digits, date(2026, 1, 1)), None, "{digits}");
        }
    }
}
