//! **Eras**: years that are not counted from the birth of Christ.
//!
//! An *era* is a count of years with a name of its own. Three stand on goods:
//! * the *Buddhist Era* of Thailand (พ.ศ., also "B.E."): 2569 is 2026. Its months and days are those of the
//!   common era (since 1941, by the Thai Calendar Act of that year);
//! * the *Republic Era* of Taiwan (民國, *Minguo*): year 1 is 1912, so that 115 is 2026;
//! * the eras of the Japanese emperors (JIS X 0301): Showa 1926 (昭和), Heisei 1989 (平成, H), Reiwa 2019
//!   (令和, R).
//!
//! A year of an era is believed only with its name, or where nothing else can be meant:
//! * four digits of the Buddhist Era in a label with Thai letters, or in a date with day and month that is
//!   written as dates are (`13/05/2569`): no other calendar in use is near such a year;
//! * two digits (`13/05/69`) in a label with Thai letters, where the year of the common era would be far from
//!   the present and that of the Buddhist Era is near. The two spans do not meet;
//! * three digits of the Republic Era (`115.05.13`) in a label with Chinese words for a date and no Japanese;
//! * one or two digits of Reiwa (`8.5.13`) in a label with Japanese words for a date, for years near the
//!   present. Where another reading is near it too (`8.5.26`), what the two do not agree in stays open.
//!
//! The Islamic and the Persian calendar have other months: their dates are not read, and their years (1447,
//! 1404) are too far off to be taken for anything else.

use super::label::Label;
use super::resolve::near;
use super::scan::{Match, Year, number, starts};
use crate::gs1::date::full_year;
use crate::rows::Row;
use crate::table::{Order, Part};
use jiff::civil::Date;

/// How years are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// พ.ศ.
    Buddhist,
    /// 民國
    Republic,
    /// 令和, 平成, 昭和
    Japanese,
}

impl Era {
    /// Its name in a reason.
    pub fn name(self) -> &'static str {
        match self {
            Self::Buddhist => "Buddhist Era",
            Self::Republic => "Republic Era of Taiwan",
            Self::Japanese => "Japanese era",
        }
    }
}

/// A year that stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EraYear {
    /// How many characters it has, its name included.
    pub length: usize,
    /// The year of the common era.
    pub year: i16,
    /// How it is counted; `None` in the common era.
    pub era: Option<Era>,
    /// Whether the era's name stands there.
    pub named: bool,
    /// How many characters were taken for digits that they look like.
    pub confused: u8,
}

/// The year of the common era before year 1.
const BUDDHIST: i16 = -543;
const REPUBLIC: i16 = 1911;
const REIWA: i16 = 2018;

/// Names that stand before the year in their own script: the era, the year before its first, its last year.
const NAMES: [(&str, Era, i16, i16); 7] = [
    ("令和", Era::Japanese, REIWA, 99),
    ("平成", Era::Japanese, 1988, 31),
    ("昭和", Era::Japanese, 1925, 64),
    ("中華民國", Era::Republic, REPUBLIC, 199),
    ("中华民国", Era::Republic, REPUBLIC, 199),
    ("民國", Era::Republic, REPUBLIC, 199),
    ("民国", Era::Republic, REPUBLIC, 199),
];

/// Letters of Japanese eras; anything else may begin with them.
const LETTERS: [(&str, Era, i16, i16); 2] =
    [("r", Era::Japanese, REIWA, 99), ("h", Era::Japanese, 1988, 31)];

/// An era's name in its own script at `at` and its year: `令和8`, `民國115`, `令和元`.
pub fn named(row: &Row, at: usize) -> Option<EraYear> {
    after_name(row, at, &NAMES)
}

/// An era's letter at `at` and its year: `R8`.
pub fn lettered(row: &Row, at: usize) -> Option<EraYear> {
    after_name(row, at, &LETTERS)
}

fn after_name(row: &Row, at: usize, names: &[(&str, Era, i16, i16)]) -> Option<EraYear> {
    let (name, era, before_first, last) =
        names.iter().copied().find(|(name, ..)| starts(row, at, name))?;
    let mut from = at + name.chars().count();
    from += usize::from(matches!(row.at(from), ' ' | '.'));
    let found = |length, year| {
        Some(EraYear {
            length,
            year: before_first + year,
            era: Some(era),
            named: true,
            confused: 0,
        })
    };
    if row.at(from) == '元' {
        return found(from + 1 - at, 1);
    }
    let width = (from..from + 3).take_while(|&place| row.at(place).is_ascii_digit()).count();
    let (year, _) = number(row, from, width).filter(|(year, _)| (1..=last).contains(year))?;
    found(from + width - at, year)
}

/// Whether an era's name ends before `at`: what follows is its year, and no day and no month.
pub fn name_before(row: &Row, at: usize) -> bool {
    let ends =
        |name: &str| at >= name.chars().count() && starts(row, at - name.chars().count(), name);
    NAMES.iter().any(|(name, ..)| ends(name))
}

/// A year in four digits at `at`: of the common era, of the Buddhist Era, or after the name of one of them.
pub fn year(row: &Row, at: usize) -> Option<EraYear> {
    let named = [("พ.ศ.", true), ("พศ", true), ("b.e.", true), ("ค.ศ.", false), ("คศ", false)];
    let name = named.into_iter().find(|(name, _)| starts(row, at, name));
    let mut from = at + name.map_or(0, |(name, _)| name.chars().count());
    from += usize::from(name.is_some() && row.at(from) == ' ');
    let after = |width, year, era, confused| {
        Some(EraYear { length: from + width - at, year, era, named: name.is_some(), confused })
    };
    match number(row, from, 4) {
        // Years that stand on goods: older ones and later ones are other numbers.
        Some((year, confused))
            if (1990..2100).contains(&year) && name.is_none_or(|name| !name.1) =>
        {
            after(4, year, None, confused)
        }
        Some((year, confused))
            if (2533..2643).contains(&year) && name.is_none_or(|name| name.1) =>
        {
            after(4, year + BUDDHIST, Some(Era::Buddhist), confused)
        }
        // พ.ศ. 69
        None if name.is_some_and(|(name, buddhist)| buddhist && name.starts_with('พ')) => {
            let (year, confused) = number(row, from, 2)?;
            after(2, 2500 + year + BUDDHIST, Some(Era::Buddhist), confused)
        }
        _ => None,
    }
}

/// Keeps of `matches` those whose era is certain in this `label`, and takes two-digit years for those of the
/// Buddhist Era where they can be nothing else.
pub fn settle(matches: &mut Vec<Match>, label: &Label, today: Date) {
    for found in matches.iter_mut() {
        if let Some(Year::Two(digits)) = found.fields.year
            && label.thai
            && found.format.order != Order::Julian
            && !near(full_year(digits, today), today)
            && near(2500 + i16::from(digits) + BUDDHIST, today)
        {
            found.fields.year = Some(Year::Full(2500 + i16::from(digits) + BUDDHIST));
            found.fields.era = Some(Era::Buddhist);
        }
    }
    matches.retain(|found| {
        let Some(Year::Full(year)) = found.fields.year else { return true };
        match found.fields.era {
            None => true,
            Some(_) if found.fields.era_named => true,
            Some(Era::Buddhist) => {
                let whole =
                    found.fields.day.is_some() && (found.separator.is_some() || found.has_words());
                near(year, today) && (label.thai || whole)
            }
            Some(Era::Republic) => label.chinese && near(year, today),
            // A year of a shelf life around the present: never one that two digits of the common era can be.
            Some(Era::Japanese) => label.japanese && (-3..=7).contains(&(year - today.year())),
        }
    });
    drop_behind_letters(matches, label);
    // `08.05.13` is no year 2008 where it is the 8th of Reiwa.
    let reiwa: Vec<_> =
        matches.iter().filter(|one| is_bare_reiwa(one)).map(|one| one.span.clone()).collect();
    matches.retain(|found| {
        let first = found.format.parts[0] == Part::Yy && reiwa.contains(&found.span);
        !first || matches!(found.fields.year, Some(Year::Two(two)) if near(full_year(two, today), today))
    });
}

/// Drops of `matches` the digits behind an era's letter, where the `label` is Japanese: in `R10/01/01` they are
/// no date of their own.
fn drop_behind_letters(matches: &mut Vec<Match>, label: &Label) {
    if !label.japanese {
        return;
    }
    let lettered = |one: &&Match| one.format.parts[0] == Part::EraLetter;
    let spans: Vec<_> = matches.iter().filter(lettered).map(|one| one.span.clone()).collect();
    let behind = |found: &Match| {
        spans.iter().any(|span| span.start < found.span.start && found.span.start < span.end)
    };
    matches.retain(|found| !behind(found));
}

/// Whether a match has a year of Reiwa without its name: other readings of the same print are as good.
pub fn is_bare_reiwa(found: &Match) -> bool {
    found.format.parts.contains(&Part::Reiwa)
}

/// Whether a match counts only in a label that [`settle`] knows.
pub fn is_bare(found: &Match) -> bool {
    found.fields.era.is_some() && !found.fields.era_named
}

/// A bare year of the Republic Era in three digits at `at`.
pub fn republic(row: &Row, at: usize) -> Option<EraYear> {
    let (year, confused) = number(row, at, 3).filter(|(year, _)| (100..200).contains(year))?;
    Some(EraYear {
        length: 3,
        year: REPUBLIC + year,
        era: Some(Era::Republic),
        named: false,
        confused,
    })
}

/// A bare year of Reiwa in `width` digits at `at`.
pub fn reiwa(row: &Row, at: usize, width: usize) -> Option<EraYear> {
    let (year, confused) = number(row, at, width).filter(|(year, _)| (1..100).contains(year))?;
    Some(EraYear {
        length: width,
        year: REIWA + year,
        era: Some(Era::Japanese),
        named: false,
        confused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::TextLine;
    use crate::rows::rows;

    fn of(read: fn(&Row, usize) -> Option<EraYear>, text: &str) -> Option<(usize, i16, bool)> {
        let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
        read(&rows(&lines)[0], 0).map(|found| (found.length, found.year, found.named))
    }

    #[test]
    fn years_of_four_digits_are_those_of_the_common_or_the_buddhist_era() {
        assert_eq!(of(year, "2026"), Some((4, 2026, false)));
        assert_eq!(of(year, "2569"), Some((4, 2026, false)));
        assert_eq!(of(year, "พ.ศ. 2569"), Some((9, 2026, true)));
        assert_eq!(of(year, "พ.ศ.69"), Some((6, 2026, true)));
        assert_eq!(of(year, "ค.ศ. 2026"), Some((9, 2026, true)));
        assert_eq!(of(year, "B.E. 2569"), Some((9, 2026, true)));
        for text in [
            "1447",
            "1404",
            "2200",
            "3000",
            "พ.ศ. 2026",
            "ค.ศ. 2569",
            "ค.ศ. 26",
            "B.E. 69",
            "BE 2569",
        ] {
            assert_eq!(of(year, text), None, "{text}");
        }
    }

    #[test]
    fn a_named_year_is_within_its_era() {
        assert_eq!(of(named, "民國115年"), Some((5, 2026, true)));
        assert_eq!(of(named, "民國元年"), Some((3, 1912, true)));
        assert_eq!(of(named, "昭和64年"), Some((4, 1989, true)));
        assert_eq!(of(lettered, "H.31"), Some((4, 2019, true)));
        for text in ["平成32年", "昭和65年", "民國0年", "令和年", "民國2026年"] {
            assert_eq!(of(named, text), None, "{text}");
        }
    }
}
