//! **The label as a whole**: what all its rows together say about how to read one of them.
//!
//! A name of a month that means two months (`listopad` is November in Poland and October in Croatia), or that
//! is an ordinary word elsewhere (`led`, `Mac`), is a month of the language that the label speaks, and
//! otherwise none. A label *speaks* a language when a phrase of the table stands on it that few languages
//! share. The [eras](super::eras) go by scripts and words in the same way.
//!
//! Where Hungarian, Korean and Japanese people write numbers and nothing else, the year stands before the month
//! and the month before the day, wherever the goods are sold. Swedish people do so where no signs stand between
//! the digits (`260930`), and mostly where they do.

use super::resolve::near;
use super::scan::{Fields, Match, Separator, Year};
use crate::fold::compact;
use crate::gs1::date::full_year;
use crate::rows::Row;
use crate::table::{LANGUAGES, Language, Order, Part};
use crate::words::Hit;
use jiff::civil::Date;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// A set of languages: bit n is entry n of the table.
pub type Spoken = u64;

const _: () = assert!(LANGUAGES.len() <= 64, "a set of languages has 64 bits");

/// How many years before and after the present goods on sale were made and keep, as a rule.
const SHELF_LIFE: RangeInclusive<i16> = -1..=3;

/// A phrase that more languages share says nothing of them.
const FEW: u32 = 4;

/// What a label says of all its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Label {
    /// The languages of its phrases.
    pub spoken: Spoken,
    /// Whether all its languages write the greater unit of time first.
    pub year_first: bool,
    /// Whether all its languages write digits without signs (`260930`) with the year first.
    pub packed_year_first: bool,
    /// Whether it has Swedish words for a date, and whether such words of other languages too.
    pub swedish: Option<bool>,
    /// Whether it has Thai letters.
    pub thai: bool,
    /// Whether it has Chinese words and no Japanese ones.
    pub chinese: bool,
    /// Whether it has Japanese words and no Chinese ones.
    pub japanese: bool,
}

/// The languages of each phrase around dates and lots.
static SPEAKERS: LazyLock<HashMap<Vec<char>, Spoken>> = LazyLock::new(|| {
    let mut speakers = HashMap::new();
    for (bit, Language { expiry, begun, manufacture, other, lot, .. }) in
        LANGUAGES.iter().enumerate()
    {
        for phrase in
            [expiry, begun, manufacture, other, lot].into_iter().flat_map(|list| list.split(','))
        {
            *speakers.entry(compact(phrase)).or_default() |= 1 << bit;
        }
    }
    speakers
});

/// The language of a code, as a set.
fn language(code: &str) -> Spoken {
    LANGUAGES.iter().position(|language| language.code == code).map_or(0, |bit| 1 << bit)
}

impl Label {
    /// That of rows with their hits.
    pub fn of<'a>(rows: impl Iterator<Item = (&'a Row, &'a [Hit])>) -> Self {
        let mut label = Self::default();
        let mut dated: Spoken = 0;
        for (row, hits) in rows {
            label.thai |= row.chars.iter().any(|c| ('\u{e01}'..='\u{e4d}').contains(c));
            for hit in hits {
                let phrase: Vec<char> = row.chars[hit.span.clone()]
                    .iter()
                    .copied()
                    .filter(|c| c.is_alphanumeric())
                    .collect();
                let speakers = SPEAKERS.get(&phrase).copied().unwrap_or_default();
                if speakers.count_ones() <= FEW {
                    label.spoken |= speakers;
                    dated |= if hit.kind.is_date() { speakers } else { 0 };
                }
            }
        }
        let first = ["hu", "ko", "ja"].into_iter().fold(0, |all, code| all | language(code));
        let only = |set: Spoken| label.spoken != 0 && label.spoken & !set == 0;
        (label.year_first, label.packed_year_first) = (only(first), only(first | language("sv")));
        let speaks = |code: &str| label.spoken & language(code) != 0;
        let swedish = dated & language("sv") != 0;
        label.swedish = swedish.then_some(dated & !language("sv") != 0);
        (label.chinese, label.japanese) =
            (speaks("zh") && !speaks("ja"), speaks("ja") && !speaks("zh"));
        label
    }

    /// Gives `matches` with an undecided name the month that the name has in the label's languages, and
    /// drops those where these do not agree on one. Where the greater unit stands first, drops the other
    /// readings of the same numbers.
    pub fn settle(&self, matches: &mut Vec<Match>, today: Date) {
        matches.retain_mut(|found| {
            let Some(senses) = found.fields.undecided.take() else { return true };
            let mut months = senses
                .iter()
                .filter(|(speakers, _)| speakers & self.spoken != 0)
                .map(|(_, month)| *month);
            found.fields.month = months.next();
            found.fields.month.is_some() && months.all(|month| Some(month) == found.fields.month)
        });
        if let Some(others) = self.swedish {
            settle_swedish(matches, others, today);
        }
        if !self.packed_year_first {
            return;
        }
        let bound = |found: &Match| self.year_first || found.separator.is_none();
        let fitting: Vec<_> = matches
            .iter()
            .filter(|found| greatest_first(found) && in_reach(found, today))
            .map(|found| found.span.clone())
            .collect();
        // Months and years of medicines have a slash everywhere: `12/27`.
        matches.retain(|found| {
            greatest_first(found)
                || found.has_words()
                || found.separator == Some(Separator::Slash)
                || !bound(found)
                || !fitting.contains(&found.span)
        });
    }
}

/// Swedish people write the year first, and with signs between the numbers also last (`26.09.30`, `30.09.26`).
/// The year that is nearer to the present is meant. Where the last number is nearer and goods may keep
/// until the first one too, or where the label has words of `others`, nobody can tell.
fn settle_swedish(matches: &mut Vec<Match>, others: bool, today: Date) {
    let years = |matches: &[Match], found: &Match, order: Order| {
        let mut same = matches.iter().filter(|one| one.span == found.span);
        let one = same.find(|one| three_short_numbers(one) && one.format.order == order)?;
        let Some(Year::Two(digits)) = one.fields.year else { return None };
        let ahead = full_year(digits, today) - today.year();
        near(today.year() + ahead, today).then_some(ahead)
    };
    let all = matches.clone();
    matches.retain_mut(|found| {
        let first = years(&all, found, Order::Ymd);
        let last = years(&all, found, Order::Dmy);
        let (Some(first), Some(last)) = (first, last) else { return true };
        if !three_short_numbers(found) || first == last {
            return true;
        }
        let nearer = first.abs() < last.abs();
        let keeps = SHELF_LIFE.contains(&first) && SHELF_LIFE.contains(&last);
        if others && nearer || !nearer && keeps {
            found.open = true;
            found.format.order != Order::Mdy
        } else {
            (found.format.order == Order::Ymd) == nearer
        }
    });
}

/// Whether a print is three numbers with signs between them, of which the year has two digits.
fn three_short_numbers(found: &Match) -> bool {
    let Fields { year, month, day, .. } = found.fields;
    let signs = found.separator.is_some() && !found.has_words();
    signs && month.is_some() && day.is_some() && matches!(year, Some(Year::Two(_)))
}

/// Whether a print of numbers begins with the year, or has none and begins with the month.
fn greatest_first(found: &Match) -> bool {
    let year = matches!(found.format.parts[0], Part::Yyyy | Part::Yy);
    let month = found.fields.year.is_none() && found.format.order == Order::Mdy;
    (year || month) && found.format.order != Order::Julian
}

/// Whether the year is none or near the present.
fn in_reach(found: &Match, today: Date) -> bool {
    match found.fields.year {
        Some(Year::Full(year)) => near(year, today),
        Some(Year::Two(digits)) => near(full_year(digits, today), today),
        Some(Year::One(_)) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::TextLine;
    use crate::rows::rows;
    use crate::words::hits;

    fn label(text: &str) -> Label {
        let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
        let rows: Vec<_> = rows(&lines)
            .into_iter()
            .map(|row| (hits(&row), row))
            .map(|(hits, row)| (row, hits))
            .collect();
        Label::of(rows.iter().map(|(row, hits)| (row, &hits[..])))
    }

    #[test]
    fn a_label_speaks_the_languages_of_its_own_phrases_and_not_of_shared_ones() {
        assert_eq!(label("Upotrijebiti do 12").spoken, language("hr"));
        assert_eq!(label("Rok uporabe 12").spoken, language("hr") | language("sl"));
        assert_eq!(label("LOT EXP 12").spoken & !language("en"), 0);
        assert_eq!(label("LED PRO 12").spoken, 0);
    }

    #[test]
    fn the_greater_unit_is_first_where_no_other_language_stands_beside() {
        assert!(label("Fogyasztható 1").year_first && label("유통기한 1").year_first);
        let two = label("Fogyasztható / Spotřebujte do 1");
        assert!(!two.year_first && !label("EXP 1").year_first);
    }

    #[test]
    fn scripts_and_words_tell_whose_eras_may_stand_there() {
        assert!(label("หมดอายุ").thai && !label("EXP").thai);
        assert!(label("有效日期 1").chinese && !label("有效日期 1").japanese);
        assert!(label("賞味期限 1").japanese && !label("賞味期限 1").chinese);
        let both = label("賞味期限 有效日期");
        assert!(!both.japanese && !both.chinese);
    }
}
