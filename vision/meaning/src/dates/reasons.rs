//! **Reasons**: why a date was read as it was, for the person who doubts it.

use super::Context;
use super::resolve::{Choice, Reading};
use super::roles::{Found, Side, Words};
use super::scan::Year;
use crate::table::Order;
use crate::words::Kind;
use jiff::civil::Date;

/// The reason of each date.
pub fn of(found: &[Found], context: &Context) -> Vec<String> {
    found.iter().map(|date| format!("{}; {}", role(date, found, context), reading(date))).collect()
}

fn role(date: &Found, all: &[Found], context: &Context) -> String {
    match &date.words {
        Some(Words::Say(kind, text, side)) => {
            let place = match side {
                Side::Before => "before it",
                Side::After => "after it",
                Side::Above => "above it",
                Side::Below => "below it",
            };
            let other = if *kind == Kind::OtherDate {
                ", which is neither expiry nor manufacture"
            } else {
                ""
            };
            format!("\"{text}\" stands {place}{other}")
        }
        Some(Words::Differ(both)) => {
            format!("\"{both}\" stand with one date: nothing says which of them it is")
        }
        None => unknown(date, all, context.today),
    }
}

/// What can be said of a date without words: never a role, but what makes one likely.
fn unknown(date: &Found, all: &[Found], today: Date) -> String {
    let first_day = |date: &Found| {
        let Reading { year, month, day, .. } = date.reading;
        Date::new(year?, month?, day.unwrap_or(1)).ok()
    };
    let others: Vec<&Found> = all.iter().filter(|other| !std::ptr::eq(*other, date)).collect();
    if let ([other], Some(this)) = (&others[..], first_day(date))
        && let Some(that) = first_day(other)
    {
        match &other.words {
            None if this < today && today <= that => {
                return "no words for it; it is past and the other date to come, so that it may be the \
                        date of manufacture, which the label does not say"
                    .to_owned();
            }
            None if that < today && today <= this => {
                return "no words for it; it is to come and the other date past, so that it may be the \
                        expiry, which the label does not say"
                    .to_owned();
            }
            Some(Words::Say(Kind::Expiry, ..)) if this < that => {
                return "no words for it; it lies before the expiry".to_owned();
            }
            Some(Words::Say(Kind::Manufacture, ..)) if this > that => {
                return "no words for it; it lies after the manufacture".to_owned();
            }
            _ => {}
        }
    }
    if date.reading.order == Order::Julian {
        return "the lot may contain the day of the year, which says nothing of expiry".to_owned();
    }
    "no words say what it is".to_owned()
}

fn reading(date: &Found) -> String {
    let Reading { year, month, day, order, choice } = date.reading;
    let order = match order {
        _ if choice == Choice::Open => "may be read in two ways: only what they agree in is taken",
        Order::Dmy if year.is_none() => "read as day, month",
        Order::Mdy if year.is_none() => "read as month, day",
        Order::Dmy => "read as day, month, year",
        Order::Mdy => "read as month, day, year",
        Order::Ymd if day.is_none() => "read as year, month",
        Order::Ymd => "read as year, month, day",
        Order::My => "read as month and year",
        Order::Y => "read as a year alone, whose end counts",
        Order::Julian if year.is_none() => "read as a day of the year, the nearest one to today",
        Order::Julian => "read as year and day of the year",
    };
    let region = match choice {
        Choice::ByRegion => ", by the region's order",
        Choice::ByHint => ", as the label says of its dates",
        Choice::Only | Choice::Open => "",
    };
    let missing = if year.is_none() && month.is_some() { "; no year is printed" } else { "" };
    let year = match (date.found.fields.year, year) {
        (Some(Year::Two(digits)), Some(year)) => format!("; {digits:02} is taken for {year}"),
        (Some(Year::One(digit)), Some(year)) => {
            format!("; {year} is the nearest year that ends in {digit}")
        }
        _ => String::new(),
    };
    let era = match date.found.fields.era {
        Some(era) if date.reading.year.is_some() => format!("; a year of the {}", era.name()),
        _ => String::new(),
    };
    let confused = match date.found.confused {
        0 => "",
        _ => "; a character was taken for the one it looks like",
    };
    format!("{order}{region}{era}{missing}{year}{confused}")
}
