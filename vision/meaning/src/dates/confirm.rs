//! **Dates of GS1 codes**: as dates of their own, as printed under the code, and as witnesses for a printed
//! date without words.

use super::{Context, DateRead, Role, find_dates};
use crate::gs1::Elements;
use crate::gs1::date::Gs1Date;
use crate::line::{Corners, TextLine};
use crate::rows::Row;
use jiff::civil::Date;

/// Identifiers of dates, what they mean here and what they are called.
const DATED: [(&str, Role, &str); 6] = [
    ("17", Role::Expiry, "expiry date"),
    ("15", Role::Expiry, "best before date"),
    ("7003", Role::Expiry, "expiry date and time"),
    ("11", Role::Manufacture, "production date"),
    ("13", Role::Manufacture, "packaging date"),
    ("16", Role::Unknown, "sell by date"),
];

/// The dates of a code; `corners` is where the code stands in the view.
pub fn from_gs1(code: &Elements, corners: Corners, today: Date) -> Vec<DateRead> {
    let dated = |(ai, role, title): &(&str, Role, &str)| {
        let date = code.date(ai, today)?;
        let text = format!("({ai}){}", code.get(ai)?);
        Some(read(text, *role, date, format!("GS1 ({ai}), {title}"), corners, 1.0))
    };
    DATED.iter().filter_map(dated).collect()
}

/// The dates of a label, where those without words take the role of the same date in a GS1 code. Whether
/// print and code agree is the caller's question: dates of codes that are not printed are not added.
pub fn dates_with(lines: &[TextLine], codes: &[Elements], context: &Context) -> Vec<DateRead> {
    let coded: Vec<DateRead> =
        codes.iter().flat_map(|code| from_gs1(code, [[0.0; 2]; 4], context.today)).collect();
    let mut printed = find_dates(lines, context);
    for date in printed.iter_mut().filter(|date| date.role == Role::Unknown && date.year.is_some())
    {
        let same = |code: &&DateRead| {
            let days = date.day == code.day || date.day.is_none() || code.day.is_none();
            (code.year, code.month) == (date.year, date.month) && days && code.role != Role::Unknown
        };
        let mut witnesses = coded.iter().filter(same);
        if let Some(witness) = witnesses.next()
            && witnesses.all(|other| other.role == witness.role)
        {
            date.role = witness.role;
            date.reason = format!("{} gives this date; {}", witness.reason, date.reason);
        }
    }
    printed
}

/// The dates that are printed under a code, as `(17)260513`, with their places in the row.
pub fn bracketed(row: &Row, lines: &[TextLine], today: Date) -> Vec<(usize, DateRead)> {
    let mut found = Vec::new();
    for start in (0..row.chars.len()).filter(|&at| row.at(at) == '(') {
        for (ai, role, title) in DATED.iter().filter(|(ai, ..)| ai.len() == 2) {
            let named =
                ai.chars().chain([')']).enumerate().all(|(n, c)| row.at(start + 1 + n) == c);
            let from = start + 4 + usize::from(row.at(start + 4) == ' ');
            let digits: String = (from..from + 6).map(|at| row.at(at)).collect();
            let ended = !row.at(from + 6).is_ascii_digit();
            if let Some(date) = Gs1Date::parse(&digits, today).filter(|_| named && ended) {
                let print = row.print(&(start..from + 6), lines);
                let reason = format!("GS1 ({ai}), {title}, as printed");
                let (corners, confidence) = (print.place.corners, print.place.confidence);
                found.push((start, read(print.text, *role, date, reason, corners, confidence)));
            }
        }
    }
    found
}

fn read(
    text: String,
    role: Role,
    date: Gs1Date,
    reason: String,
    corners: Corners,
    confidence: f32,
) -> DateRead {
    let (year, month, day) = (Some(date.year), Some(date.month), date.day);
    DateRead { text, role, explained: true, year, month, day, reason, corners, confidence }
}
