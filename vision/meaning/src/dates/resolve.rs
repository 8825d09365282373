//! **Readings**: which date a print is, of those that its numbers allow.
//!
//! Matches of one stretch compete. The calendar strikes out impossible ones; two-digit years far from the
//! present strike out implausible ones; then the region's order decides. Where it cannot (US prints, where
//! `05/27` is a day as often as a month of 2027, or no region), only that is reported in which the readings
//! agree. A print that is impossible in the region's own order (`31/04/26`) is not read in another one: it is
//! a misprint or a misreading.

use super::Context;
use super::Region;
use super::scan::{Fields, Match, Year};
use crate::gs1::date::full_year;
use crate::table::{Needs, Order};
use jiff::civil::Date;

/// Two-digit years are taken for years of a date from this many before the present ...
const YEARS_BACK: i16 = 10;
/// ... to this many after it: medicines and tins last 5, batteries and filters 10.
const YEARS_AHEAD: i16 = 15;

/// What a print says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The year, where it is said.
    pub year: Option<i16>,
    /// 1 to 12, where it is said.
    pub month: Option<i8>,
    /// 1 to 31, where it is said.
    pub day: Option<i8>,
    /// How it was read.
    pub order: Order,
    /// Whether other readings were possible and the region decided, or did not.
    pub choice: Choice,
}

/// Whether a reading had competitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// None.
    Only,
    /// The region's order decided.
    ByRegion,
    /// What is printed about the format decided.
    ByHint,
    /// Nothing decided: what the readings do not agree in is left open.
    Open,
}

/// The outcome for one stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// A date.
    Date(Reading),
    /// Written as a date, and no day of the calendar.
    Impossible,
    /// No date.
    Nothing,
}

/// Decides between the matches of one stretch.
pub fn resolve(matches: &[&Match], context: &Context) -> Resolved {
    let mut readings: Vec<(u8, bool, Reading)> = Vec::new();
    let mut impossible = None;
    // No region's custom decides between a year of Reiwa and one of the common era.
    let open = matches.iter().any(|found| found.open || super::eras::is_bare_reiwa(found));
    for found in matches {
        let rank = if open { 0 } else { rank(context.region, found.format.order) };
        let Some(plausible) = plausible(found, context.today) else { continue };
        match on_calendar(found, context.today) {
            Some(reading) => readings.push((rank, plausible, reading)),
            None if plausible => {
                impossible = Some(impossible.map_or(rank, |least: u8| least.min(rank)));
            }
            None => {}
        }
    }
    if readings.iter().any(|(_, plausible, _)| *plausible) {
        readings.retain(|(_, plausible, _)| *plausible);
    }
    let Some(best) = readings.iter().map(|(rank, ..)| *rank).min() else {
        return if impossible.is_some() { Resolved::Impossible } else { Resolved::Nothing };
    };
    if impossible.is_some_and(|rank| rank < best) {
        return Resolved::Impossible;
    }
    let differ = |a: &Reading, b: &Reading| (a.year, a.month, a.day) != (b.year, b.month, b.day);
    let competed = readings.iter().any(|(_, _, other)| differ(other, &readings[0].2));
    let mut chosen =
        readings.iter().filter(|(rank, ..)| *rank == best).map(|(.., reading)| *reading);
    let Some(first) = chosen.next() else { return Resolved::Nothing };
    let choice = if competed { Choice::ByRegion } else { Choice::Only };
    let merged = chosen.fold(Reading { choice, ..first }, |a, b| {
        fn agreed<T: PartialEq>(a: Option<T>, b: Option<T>) -> Option<T> {
            if a == b { a } else { None }
        }
        Reading {
            year: agreed(a.year, b.year),
            month: agreed(a.month, b.month),
            day: agreed(a.day, b.day),
            choice: if differ(&a, &b) { Choice::Open } else { a.choice },
            ..a
        }
    });
    Resolved::Date(merged)
}

/// How far an order is from the region's custom: of readings with the same number none is preferred.
fn rank(region: Region, order: Order) -> u8 {
    match (region, order) {
        (_, Order::Julian) => 9,
        (Region::Unspecified, _) | (_, Order::Y) => 0,
        (Region::Europe, Order::Dmy | Order::My) => 0,
        (Region::Europe, Order::Ymd) => 1,
        (Region::Europe, Order::Mdy) => 2,
        (Region::UnitedStates, Order::Mdy | Order::My) => 0,
        (Region::UnitedStates, Order::Dmy | Order::Ymd) => 1,
        (Region::Canada | Region::EastAsia, Order::Ymd | Order::My) => 0,
        (Region::Canada | Region::EastAsia, Order::Dmy | Order::Mdy) => 1,
    }
}

/// Whether goods on sale may bear this year.
pub fn near(year: i16, today: Date) -> bool {
    (-YEARS_BACK..=YEARS_AHEAD).contains(&(year - today.year()))
}

/// Whether the year is near the present; `None` where so distant a year shows that this is no date.
fn plausible(found: &Match, today: Date) -> Option<bool> {
    let near = |year: i16| near(year, today);
    let bare = found.separator.is_none() && !found.has_words();
    let Some(year) = found.fields.year else { return Some(true) };
    match year {
        Year::Full(year) if found.format.order == Order::Y => near(year).then_some(true),
        // `2028` is a year before it is the day 28 of a year that ends in 2.
        Year::One(digit) => {
            let four = 1000 * i16::from(digit) + found.fields.of_year.unwrap_or(0);
            (!near(four)).then_some(true)
        }
        Year::Full(year) if bare => {
            (near(year) || found.format.needs != Needs::Nothing).then_some(near(year))
        }
        Year::Full(_) => Some(true),
        Year::Two(digits) => {
            let near = near(full_year(digits, today));
            let sure = found.format.needs == Needs::Nothing && found.fields.day.is_some();
            (near || sure).then_some(near)
        }
    }
}

/// The fields as a date of the calendar.
fn on_calendar(found: &Match, today: Date) -> Option<Reading> {
    let Fields { year, month, day, of_year, .. } = found.fields;
    let year = year.map(|year| match year {
        Year::Full(year) => year,
        Year::Two(digits) => full_year(digits, today),
        Year::One(digit) => nearest(today, |year| year % 10 == i16::from(digit)),
    });
    let order = found.format.order;
    if let Some(of_year) = of_year {
        let date = day_of_year(year, of_year, today)?;
        let (month, day) = (Some(date.month()), Some(date.day()));
        return Some(Reading { year, month, day, order, choice: Choice::Only });
    }
    if order == Order::Y {
        return Some(Reading { year, month: None, day: None, order, choice: Choice::Only });
    }
    let month = month?;
    // Without a year, a leap year: 29 February is a day.
    Date::new(year.unwrap_or(2000), month, day.unwrap_or(1)).ok()?;
    Some(Reading { year, month: Some(month), day, order, choice: Choice::Only })
}

/// The year nearest to the present that fits, the past one of two.
fn nearest(today: Date, fits: impl Fn(i16) -> bool) -> i16 {
    let now = today.year();
    (0..10).flat_map(|apart| [now - apart, now + apart]).find(|year| fits(*year)).unwrap_or(now)
}

/// Day `of_year` of a year; without a year, of that which brings it nearest to today: from day 60 on it
/// matters whether the year is a leap year.
fn day_of_year(year: Option<i16>, of_year: i16, today: Date) -> Option<Date> {
    let of = |year: i16| {
        let date = Date::new(year, 1, 1).ok()?.with().day_of_year(of_year).build().ok()?;
        (date.year() == year).then_some(date)
    };
    match year {
        Some(year) => of(year),
        None => {
            // Only a leap year has a day 366, and the next one may be four years away.
            let years = (today.year() - 4..=today.year() + 4).filter_map(of);
            years.min_by_key(|date| days_between(*date, today).unsigned_abs())
        }
    }
}

/// Days from `from` to `to`.
pub fn days_between(from: Date, to: Date) -> i32 {
    // Both dates are within jiff's range, whose whole length in days fits an i32.
    from.until(to).map_or(0, |span| span.get_days())
}
