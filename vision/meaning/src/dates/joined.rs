//! **One date over lines**: `13 MAR` over `2026`, or day, month and year each on a line of its own.
//!
//! A *piece* is a stretch that says a part of a date: day and month, month and year, a day, a month or a
//! year. Pieces that stand one under the other (a year also beside day and month, in their row) are put
//! into one row, from top to bottom and then with the year last or first, and that row is read as any other is: the
//! formats are those of the table. A piece serves one date. What says less is left to stand for itself: a
//! year that belongs to a copyright, a lot or an amount is no piece, two digits are a year only where the
//! print before them asks for one (`13.03.` over `26`), and a day alone counts only under its words.

use std::ops::Range;

use super::pieces::{Piece, Says, pieces};
use super::resolve::{Reading, Resolved};
use super::roles::{Found, Worded};
use super::scan::{Match, scan};
use super::{Context, Label, hint_for, resolve_by, settled};
use crate::line::{Corners, TextLine};
use crate::phrases::apart;
use crate::rows::{Print, Row};
use crate::table::{Needs, Order};

use Says::{Day, DayMonth, Month, MonthYear, ShortYear, Year};

/// What pieces together make a date, from top to bottom.
const STACKS: [&[Says]; 13] = [
    &[DayMonth, Year],
    &[DayMonth, ShortYear],
    &[Year, DayMonth],
    &[Day, MonthYear],
    &[Day, Month, Year],
    &[Month, Day, Year],
    &[Year, Month, Day],
    &[Year, Day, Month],
    &[Day, Day, Year],
    &[Year, Day, Day],
    &[Month, Year],
    &[Day, Year],
    &[Day, Month],
];

/// A date of several pieces, and how far they are apart.
struct Candidate {
    pieces: Vec<usize>,
    date: Found,
    fields: usize,
    gap: f32,
}

/// Puts pieces together: the dates that come of it take the place of what their pieces were taken for.
pub fn join(
    rows: &[Worded],
    found: &mut Vec<Found>,
    lines: &[TextLine],
    label: &Label,
    context: &Context,
) {
    let pieces = pieces(rows, found, lines, context);
    if pieces.len() < 2 {
        return;
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    for stack in STACKS {
        for first in 0..pieces.len() {
            let mut chain = vec![first];
            stacked(rows, &pieces, stack, &mut chain, 0.0, &mut |chain, gap| {
                candidates.extend(candidate(rows, &pieces, chain, gap, lines, label, context));
            });
        }
    }
    candidates.sort_by(|a, b| b.fields.cmp(&a.fields).then(a.gap.total_cmp(&b.gap)));
    let mut used = vec![false; pieces.len()];
    for one in candidates {
        if one.pieces.iter().any(|&piece| used[piece]) {
            continue;
        }
        for &piece in &one.pieces {
            let Piece { row, span, .. } = &pieces[piece];
            for (other, used) in pieces.iter().zip(&mut used) {
                *used |= other.row == *row && !apart(&other.span, span);
            }
        }
        let part = |date: &Found| {
            let mut members = one.pieces.iter().map(|&piece| &pieces[piece]);
            members.any(|piece| piece.row == date.row && !apart(&piece.span, &date.found.span))
        };
        found.retain(|date| !part(date));
        found.push(one.date);
    }
    found.sort_by_key(|date| (date.row, date.found.span.start));
}

/// Calls `take` with each chain of pieces that stands as `stack` says.
fn stacked(
    rows: &[Worded],
    pieces: &[Piece],
    stack: &[Says],
    chain: &mut Vec<usize>,
    gap: f32,
    take: &mut dyn FnMut(&[usize], f32),
) {
    let last = &pieces[chain[chain.len() - 1]];
    if last.says != stack[chain.len() - 1] {
        return;
    }
    if chain.len() == stack.len() {
        take(chain, gap);
        return;
    }
    for (next, piece) in pieces.iter().enumerate() {
        if chain.contains(&next) || piece.says != stack[chain.len()] {
            continue;
        }
        let asked = piece.says != ShortYear || last.open || quoted(rows, piece);
        if let Some(apart) = next_to(rows, last, piece).filter(|_| asked) {
            chain.push(next);
            stacked(rows, pieces, stack, chain, gap + apart, take);
            chain.pop();
        }
    }
}

/// Whether an apostrophe stands before it: `'26`.
fn quoted(rows: &[Worded], piece: &Piece) -> bool {
    rows[piece.row].row.before(piece.span.start) == '\''
}

/// How far `lower` is from `upper`, where it stands just below, or is a year that comes next in its row.
fn next_to(rows: &[Worded], upper: &Piece, lower: &Piece) -> Option<f32> {
    if upper.row != lower.row {
        // A line that goes on below begins at the left, under the words before the date.
        let own = upper.place.gap_to_below(&lower.place);
        return own.or_else(|| upper.segment.gap_to_below(&lower.segment));
    }
    let between = rows[upper.row].row.chars.get(upper.span.end..lower.span.start)?;
    let year = upper.says == DayMonth && matches!(lower.says, Year);
    (year && between.iter().all(|c| !c.is_alphanumeric())).then_some(0.5)
}

/// The date that a chain of pieces is.
fn candidate(
    rows: &[Worded],
    pieces: &[Piece],
    chain: &[usize],
    gap: f32,
    lines: &[TextLine],
    label: &Label,
    context: &Context,
) -> Option<Candidate> {
    let top = &pieces[chain[0]];
    let members: Vec<&Piece> = chain.iter().map(|&piece| &pieces[piece]).collect();
    let named = members.iter().any(|piece| piece.says == Month || piece.sure);
    // A lone number above a month is its day only where words ask for a date there.
    if matches!(top.says, Day) && !under_words(rows, top, lines) {
        return None;
    }
    let year = |piece: &&Piece| matches!(piece.says, Year | ShortYear);
    let (years, others): (Vec<&Piece>, Vec<&Piece>) = members.iter().partition(|piece| year(piece));
    let orders =
        [members.clone(), [others.clone(), years.clone()].concat(), [years, others].concat()];
    let read = orders.into_iter().find_map(|order| read(rows, &order, top, label, context))?;
    let (found, reading) = read;
    let fields = [reading.year.is_some(), reading.month.is_some(), reading.day.is_some()];
    let fields = fields.into_iter().filter(|said| *said).count();
    let needs = if named && fields == 3 { found.format.needs } else { Needs::Words };
    let texts = members.iter().map(|piece| rows[piece.row].row.print(&piece.span, lines).text);
    let text = texts.collect::<Vec<_>>().join(" ");
    let confidence = members.iter().map(|piece| piece.place.confidence).fold(1.0, f32::min);
    let corners = around(&members.iter().map(|piece| &piece.place).collect::<Vec<_>>());
    let place = TextLine { text: text.clone(), corners, confidence };
    let date = Found {
        row: top.row,
        found: Match { span: top.span.clone(), ..found },
        reading,
        needs,
        print: Print { text, place },
        words: None,
        rest: members[1..].iter().map(|piece| (piece.row, piece.span.clone())).collect(),
    };
    Some(Candidate { pieces: chain.to_vec(), date, fields, gap })
}

/// Reads pieces in this order as one print.
fn read(
    rows: &[Worded],
    order: &[&Piece],
    top: &Piece,
    label: &Label,
    context: &Context,
) -> Option<(Match, Reading)> {
    let parts: Vec<(&Row, Range<usize>)> =
        order.iter().map(|piece| (&rows[piece.row].row, piece.span.clone())).collect();
    let joint = order.iter().map(|piece| piece.joint).find(|joint| *joint != ' ').unwrap_or(' ');
    let row = Row::joined(&parts, joint);
    let mut matches = settled(scan(&row, &[]), label, context);
    matches.retain(|found| {
        found.span == (0..row.chars.len())
            && !matches!(found.format.order, Order::Julian | Order::Y)
    });
    let members: Vec<&Match> = matches.iter().collect();
    let hint = hint_for(top.row, &top.span, rows);
    let Resolved::Date(reading) = resolve_by(hint, &matches, &members, context) else {
        return None;
    };
    let found = matches.iter().find(|found| found.format.order == reading.order)?;
    Some((found.clone(), reading))
}

/// Whether words for a date stand directly above a piece, or before it in its row.
fn under_words(rows: &[Worded], piece: &Piece, lines: &[TextLine]) -> bool {
    let beside = rows[piece.row]
        .hits
        .iter()
        .any(|hit| hit.kind.is_date() && hit.span.end <= piece.span.start);
    let above = |worded: &Worded| {
        let mut hits = worded.hits.iter().filter(|hit| hit.kind.is_date());
        hits.any(|hit| worded.row.print(&hit.span, lines).place.just_above(&piece.place))
    };
    beside || rows.iter().any(above)
}

/// The corners around prints that stand under each other, along the direction of the widest.
fn around(places: &[&TextLine]) -> Corners {
    let widest = places.iter().max_by(|a, b| a.width().total_cmp(&b.width()));
    let [x, y] = widest.map_or([1.0, 0.0], |place| place.direction());
    let points = || places.iter().flat_map(|place| place.corners);
    let along = |[px, py]: [f32; 2]| px * x + py * y;
    let across = |[px, py]: [f32; 2]| py * x - px * y;
    let least = |of: &dyn Fn([f32; 2]) -> f32| points().map(of).fold(f32::INFINITY, f32::min);
    let most = |of: &dyn Fn([f32; 2]) -> f32| points().map(of).fold(f32::NEG_INFINITY, f32::max);
    let (left, right) = (least(&along), most(&along));
    let (top, bottom) = (least(&across), most(&across));
    let point = |u: f32, v: f32| [u * x - v * y, u * y + v * x];
    [point(left, top), point(right, top), point(right, bottom), point(left, bottom)]
}
