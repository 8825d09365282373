//! The ways of writing a date, one row each.
//!
//! A row is a list of [`Part`]s, what must stand near ([`Needs`]) and which reading it is ([`Order`]): one
//! print can fit several rows, `04/05/26` is both day/month/year and month/day/year, and then the region, the
//! calendar and the present date decide. Each row has an example, the 13th of May 2026 or what of it the row
//! says. Sources: the legal wordings named above ("day, month and possibly year"), ISO 8601 (calendar and
//! ordinal dates), those of the eras (`dates/eras.rs`), and prints as seen in trade.

/// A piece of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Day of the month in one or two digits.
    D,
    /// Day of the month in two digits.
    Dd,
    /// Month in one or two digits.
    M,
    /// Month in two digits.
    Mm,
    /// Year in four digits, of the common or the Buddhist Era.
    Yyyy,
    /// Year in two digits.
    Yy,
    /// The last digit of the year.
    Y,
    /// Day of the year in three digits.
    Ddd,
    /// Name of an era and its year: `令和8`, `平成31`, `民國115`.
    Era,
    /// Letter of a Japanese era and its year: `R8`.
    EraLetter,
    /// Year of the Republic Era of Taiwan in three digits, without the era's name.
    Republic,
    /// Year of the Japanese era Reiwa in one or two digits, without the era's name.
    Reiwa,
    /// Name of a month.
    Name,
    /// Roman number of a month: `V`, `XII`.
    Roman,
    /// Two-letter symbol of a month (Canada).
    Symbol,
    /// One of `. / - ·` or a space, the same throughout a date.
    Sep,
    /// What stands between words and numbers: nothing, a space, a point, `de`, an ordinal's ending.
    Gap,
    /// This very character.
    Sign(char),
}

/// What must stand near a print before it counts as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Nothing: nobody writes anything else so.
    Nothing,
    /// Words for a date, before it or just above: without them it may be an amount, a time or a code.
    Words,
    /// Words for a date or for a lot: packers put the day of the year into lots.
    WordsOrLot,
}

/// Which of competing readings a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Day, month, year, or the first two.
    Dmy,
    /// Month, day, year, or the first two.
    Mdy,
    /// Year, month, day, or the first two.
    Ymd,
    /// Month and year without day.
    My,
    /// Year alone.
    Y,
    /// Day of the year.
    Julian,
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub struct Format {
    /// The pieces in their order.
    pub parts: &'static [Part],
    /// What must stand near.
    pub needs: Needs,
    /// Which reading it is.
    pub order: Order,
    /// How 13 May 2026 looks.
    pub example: &'static str,
}

const fn row(parts: &'static [Part], needs: Needs, order: Order, example: &'static str) -> Format {
    Format { parts, needs, order, example }
}

use Needs::{Nothing, Words, WordsOrLot};
use Order::{Dmy, Julian, Mdy, My, Ymd};
use Part::{
    D, Dd, Ddd, Era, EraLetter, Gap, M, Mm, Name, Reiwa, Republic, Roman, Sep, Sign, Symbol, Y, Yy,
    Yyyy,
};

const YEAR: Part = Sign('年');
const MONTH: Part = Sign('月');
const DAY: Part = Sign('日');

/// Every row. Their order means nothing.
pub const FORMATS: &[Format] = &[
    // Three numbers with separators.
    row(&[D, Sep, M, Sep, Yyyy], Nothing, Dmy, "13.05.2026"),
    row(&[M, Sep, D, Sep, Yyyy], Nothing, Mdy, "05/13/2026"),
    row(&[Yyyy, Sep, M, Sep, D], Nothing, Ymd, "2026-05-13"),
    row(&[D, Sep, M, Sep, Yy], Nothing, Dmy, "13.05.26"),
    row(&[M, Sep, D, Sep, Yy], Nothing, Mdy, "05/13/26"),
    row(&[Yy, Sep, M, Sep, D], Nothing, Ymd, "26-05-13"),
    // Two numbers with a separator.
    row(&[M, Sep, Yyyy], Nothing, My, "05.2026"),
    row(&[Yyyy, Sep, M], Nothing, My, "2026-05"),
    row(&[M, Sep, Yy], Words, My, "05/26"),
    row(&[Yy, Sep, Mm], Words, Ymd, "26.05"),
    row(&[D, Sep, M], Words, Dmy, "13.05"),
    row(&[M, Sep, D], Words, Mdy, "05/13"),
    // Digits without separators, or with one of them lost.
    row(&[Dd, Mm, Yyyy], Nothing, Dmy, "13052026"),
    row(&[Mm, Dd, Yyyy], Nothing, Mdy, "05132026"),
    row(&[Yyyy, Mm, Dd], Nothing, Ymd, "20260513"),
    row(&[Dd, Mm, Sep, Yyyy], Words, Dmy, "1305.2026"),
    row(&[Dd, Sep, Mm, Yyyy], Words, Dmy, "13.052026"),
    row(&[Dd, Mm, Yy], Words, Dmy, "130526"),
    row(&[Mm, Dd, Yy], Words, Mdy, "051326"),
    row(&[Yy, Mm, Dd], Words, Ymd, "260513"),
    row(&[Mm, Yyyy], Words, My, "052026"),
    row(&[Yyyy, Mm], Words, My, "202605"),
    row(&[Mm, Yy], Words, My, "0526"),
    row(&[Dd, Mm], Words, Dmy, "1305"),
    row(&[Mm, Dd], Words, Mdy, "0513"),
    // A year alone: its end counts, as on tins and jars that keep for years.
    row(&[Yyyy], Words, Order::Y, "2026"),
    row(&[Yyyy, Gap, YEAR], Words, Order::Y, "2026年"),
    // Day of the year: 13 May 2026 is day 133.
    row(&[Yyyy, Ddd], Words, Julian, "2026133"),
    row(&[Yy, Ddd], WordsOrLot, Julian, "26133"),
    row(&[Y, Ddd], WordsOrLot, Julian, "6133"),
    row(&[Ddd], WordsOrLot, Julian, "133"),
    // Months in words.
    row(&[D, Gap, Name, Gap, Yyyy], Nothing, Dmy, "13 May 2026"),
    row(&[D, Gap, Name, Gap, Yy], Nothing, Dmy, "13MAY26"),
    row(&[D, Gap, Name], Nothing, Dmy, "13 May"),
    row(&[Name, Gap, D, Gap, Yyyy], Nothing, Mdy, "May 13, 2026"),
    row(&[Name, Gap, D, Gap, Yy], Nothing, Mdy, "MAY 13 26"),
    row(&[Name, Gap, D], Nothing, Mdy, "May 13"),
    row(&[Name, Dd, Yy], Words, Mdy, "MAY1326"),
    row(&[Name, Gap, Yyyy], Nothing, My, "May 2026"),
    row(&[Name, Gap, Yy], Nothing, My, "MAY 26"),
    row(&[Yyyy, Gap, Name, Gap, D], Nothing, Ymd, "2026 MAY 13"),
    row(&[Yy, Gap, Name, Gap, D], Nothing, Ymd, "26 MAY 13"),
    row(&[Yyyy, Gap, Name], Nothing, My, "2026 MAY"),
    // Months in Roman numbers: Hungary, Poland, Italy, France, and in laboratories.
    row(&[D, Sep, Roman, Sep, Yyyy], Nothing, Dmy, "13.V.2026"),
    row(&[D, Sep, Roman, Sep, Yy], Words, Dmy, "13.V.26"),
    row(&[Yyyy, Sep, Roman, Sep, D], Nothing, Ymd, "2026.V.13"),
    row(&[Roman, Sep, Yyyy], Words, My, "V.2026"),
    row(&[Roman, Sep, Yy], Words, My, "V.26"),
    row(&[Yyyy, Gap, Symbol, Gap, D], Words, Ymd, "2026 MA 13"),
    row(&[Yy, Gap, Symbol, Gap, D], Words, Ymd, "26 MA 13"),
    // Chinese characters, and eras.
    row(&[Yyyy, Gap, YEAR, Gap, M, Gap, MONTH, Gap, D, Gap, DAY], Nothing, Ymd, "2026年5月13日"),
    row(&[Yy, Gap, YEAR, Gap, M, Gap, MONTH, Gap, D, Gap, DAY], Nothing, Ymd, "26年5月13日"),
    row(&[Yyyy, Gap, YEAR, Gap, M, Gap, MONTH], Nothing, My, "2026年5月"),
    row(&[Yy, Gap, YEAR, Gap, M, Gap, MONTH], Nothing, My, "26年5月"),
    row(&[M, Gap, MONTH, Gap, D, Gap, DAY], Nothing, Mdy, "5月13日"),
    row(&[Era, Gap, YEAR, Gap, M, Gap, MONTH, Gap, D, Gap, DAY], Nothing, Ymd, "令和8年5月13日"),
    row(&[Era, Gap, YEAR, Gap, M, Gap, MONTH], Nothing, My, "令和8年5月"),
    row(&[Era, Sep, M, Sep, D], Nothing, Ymd, "令和8.5.13"),
    row(&[Era, Sep, M], Words, My, "令和8.5"),
    row(&[EraLetter, Gap, YEAR, Gap, M, Gap, MONTH, Gap, D, Gap, DAY], Nothing, Ymd, "R8年5月13日"),
    row(&[EraLetter, Gap, YEAR, Gap, M, Gap, MONTH], Nothing, My, "R8年5月"),
    row(&[EraLetter, Sep, M, Sep, D], Words, Ymd, "R8.5.13"),
    row(&[EraLetter, Sep, M], Words, My, "R8.5"),
    row(&[Republic, Gap, YEAR, Gap, M, Gap, MONTH, Gap, D, Gap, DAY], Nothing, Ymd, "115年5月13日"),
    row(&[Republic, Gap, YEAR, Gap, M, Gap, MONTH], Nothing, My, "115年5月"),
    row(&[Republic, Sep, M, Sep, D], Nothing, Ymd, "115.05.13"),
    row(&[Republic, Sep, M], Words, My, "115.05"),
    row(&[Republic, Mm, Dd], Words, Ymd, "1150513"),
    row(&[Reiwa, Sep, M, Sep, D], Nothing, Ymd, "8.5.13"),
];
