//! **Pieces**: stretches of a label that say a part of a date, and may be one date together.

use std::ops::Range;

use super::resolve::{Resolved, resolve};
use super::roles::{Found, Worded};
use super::scan::{Separator, scan};
use super::{Context, names, neighbours};
use crate::line::TextLine;
use crate::phrases::apart;
use crate::rows::Row;
use crate::table::{Needs, Order};
use crate::words::{Hit, after_links};

/// What a piece says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Day and month.
    DayMonth,
    /// Month and year.
    MonthYear,
    /// A day, or a month in digits.
    Day,
    /// A month's name.
    Month,
    /// A year in four digits.
    Year,
    /// Two digits that may be a year.
    ShortYear,
}

/// A stretch that says a part of a date.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its row.
    pub row: usize,
    /// Where it stands in it.
    pub span: Range<usize>,
    /// What it says.
    pub says: Says,
    /// Where it stands in the view.
    pub place: TextLine,
    /// What stands with it in its row, as near as words do.
    pub segment: TextLine,
    /// What separates its numbers, or ends it.
    pub joint: char,
    /// Whether it ends with a separator, so that something must follow.
    pub open: bool,
    /// Whether it is a date by itself, without words.
    pub sure: bool,
}

/// The pieces of a label: what was found without a year or a day, and what stands alone.
pub fn pieces(
    rows: &[Worded],
    found: &[Found],
    lines: &[TextLine],
    context: &Context,
) -> Vec<Piece> {
    let mut pieces: Vec<Piece> =
        found.iter().filter_map(|date| of_date(date, rows, lines)).collect();
    let dates = pieces.len();
    for (index, worded) in rows.iter().enumerate() {
        let row = &worded.row;
        for (span, says) in loose(worded, context) {
            let taken = |piece: &Piece| piece.row == index && !apart(&piece.span, &span);
            let read = |date: &Found| {
                let over = date.row == index && !apart(&date.found.span, &span);
                over && date.found.format.order != Order::Y
            };
            if pieces[..dates].iter().any(taken) || found.iter().any(read) {
                continue;
            }
            let place = row.print(&span, lines).place;
            let segment = row.print(&row.segment(span.start), lines).place;
            let (row, joint, open, sure) = (index, ' ', false, false);
            pieces.push(Piece { row, span, says, place, segment, joint, open, sure });
        }
    }
    pieces
}

/// The piece that a date is which lacks its year or its day. Bare digits (`1305`) are none: with more digits
/// after them they would be another number.
fn of_date(date: &Found, rows: &[Worded], lines: &[TextLine]) -> Option<Piece> {
    let says = match (date.reading.day, date.reading.month, date.reading.year) {
        (_, _, None) => Says::DayMonth,
        (None, Some(_), Some(_)) => Says::MonthYear,
        _ => return None,
    };
    let joint = match date.found.separator {
        Some(Separator::Point) => '.',
        Some(Separator::Slash) => '/',
        Some(Separator::Dash) => '-',
        Some(Separator::Space) => ' ',
        None if date.found.has_words() => ' ',
        None => return None,
    };
    let row = &rows[date.row].row;
    let span = date.found.span.clone();
    let open = matches!(row.at(span.end), '.' | '/' | '-');
    let segment = row.print(&row.segment(span.start), lines).place;
    let (place, sure) = (date.print.place.clone(), date.needs == Needs::Nothing);
    let piece = Piece { row: date.row, span, says, place, segment, joint, open, sure };
    (!date.found.glued).then_some(piece)
}

/// Years, days and months that stand alone: nothing but words for dates or small words ("end"), and signs, before
/// them, and after a
/// day or a month nothing at all.
fn loose(worded: &Worded, context: &Context) -> Vec<(Range<usize>, Says)> {
    let Worded { row, hits, .. } = worded;
    let known = |at: usize| hits.iter().any(|hit| hit.kind.is_date() && hit.span.contains(&at));
    let mut loose = Vec::new();
    for start in 0..row.chars.len() {
        let segment = row.segment(start);
        let starts = row.at(start).is_alphanumeric()
            && !known(start)
            && ((segment.start..start).all(|at| !row.at(at).is_alphanumeric() || known(at))
                || after_links(row, segment.start) == start);
        if !starts {
            continue;
        }
        let digits = (start..segment.end).take_while(|&at| row.at(at).is_ascii_digit()).count();
        let sign = usize::from(row.at(start + digits) == '年');
        let end = start + digits + sign;
        let ends = (end..segment.end).all(|at| !row.at(at).is_alphanumeric());
        match digits {
            4 if year(row, hits, start..end, context) => loose.push((start..end, Says::Year)),
            1 | 2 if ends && sign == 0 => {
                let says = if row.before(start) == '\'' { Says::ShortYear } else { Says::Day };
                loose.push((start..end, says));
                if digits == 2 && says == Says::Day {
                    loose.push((start..end, Says::ShortYear));
                }
            }
            0 => {
                let Some(name) = names::name_at(row, start) else { continue };
                let end = start + name.length;
                if (end..segment.end).all(|at| !row.at(at).is_alphanumeric()) {
                    loose.push((start..end, Says::Month));
                }
            }
            _ => {}
        }
    }
    loose
}

/// Whether four digits are a year: near the present, and neither a copyright's, nor an amount, nor a code's.
fn year(row: &Row, hits: &[Hit], span: Range<usize>, context: &Context) -> bool {
    let matches = scan(row, hits);
    let alone = matches.iter().find(|found| found.span == span && found.format.order == Order::Y);
    alone.is_some_and(|found| {
        neighbours::against(row, found, hits).is_none()
            && matches!(resolve(&[found], context), Resolved::Date(_))
    })
}
