//! **Comparison**: what a label says, against what is expected of the item.
//!
//! A *mismatch* is a contradiction: the label says a value of the same kind, and it is another one. What the
//! label was not seen to say contradicts nothing, because text is hidden, blurred or on the other side more
//! often than it is wrong; it is listed as *not found*. The same goes for a label that says several values
//! which exclude each other, such as a chart of sizes: nobody can tell which of them is this item's.
//!
//! The way of a comparison: lines become a page of rows in which every word of the
//! [table](super::table) is marked; `sizes`, `colours` and `counts` make statements of them and give each a
//! weight; `judge` holds the statements against the expectation, whose texts are read by the same code.

mod amounts;
mod colours;
mod counts;
mod judge;
mod letters;
mod numbers;
mod numerals;
mod page;
mod sizes;
mod systems;
mod title;

#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;

use super::dates::DateRead;
use super::expectation::Expectation;
use super::line::{Corners, TextLine};
use jiff::civil::Date;
use judge::{Verdict, judge};
pub use numbers::{LotMatch, match_lot};
use page::Page;
use serde::{Deserialize, Serialize};
use std::fmt;
use title::Title;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Size of clothing or shoes, or volume, mass, lengths.
    Size,
    /// Colour.
    Colour,
    /// Pieces in the pack.
    Count,
    /// Number of the trade item, from codes.
    Gtin,
    /// Lot or batch.
    Lot,
    /// Last day on which the item is good.
    Expiry,
    /// Name of the item. It agrees or is not found: words alone contradict no name.
    Title,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "size",
            Self::Colour => "colour",
            Self::Count => "count",
            Self::Gtin => "GTIN",
            Self::Lot => "lot",
            Self::Expiry => "expiry date",
            Self::Title => "title",
        })
    }
}

/// A label that contradicts the expectation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    /// In what.
    pub what: What,
    /// The expectation's words.
    pub expected: String,
    /// The label's words, as text recognition gave them.
    pub label: String,
    /// Both in a sentence for people.
    pub words: String,
    /// Where the label says it, in pixels of the view, clockwise from the text's top left; `None` for codes.
    pub corners: Option<Corners>,
}

impl Mismatch {
    fn new(what: What, expected: &str, label: &str, corners: Option<Corners>) -> Self {
        let words = format!("{what}: the label says \"{label}\", \"{expected}\" is expected");
        Self { what, expected: expected.to_owned(), label: label.to_owned(), words, corners }
    }
}

/// A label that says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// In what.
    pub what: What,
    /// The expectation's words.
    pub expected: String,
    /// The label's words.
    pub label: String,
}

/// What a label was not seen to say, or leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotFound {
    /// What.
    pub what: What,
    /// Why, in a sentence for people.
    pub words: String,
}

/// Everything that an expectation names, each once in one of the lists, in the order of [`What`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What the label contradicts.
    pub mismatches: Vec<Mismatch>,
    /// What the label confirms.
    pub agreed: Vec<Agreement>,
    /// What the label does not say.
    pub not_found: Vec<NotFound>,
}

/// Compares a label with what is expected of the item. `gtins` are those of its codes (8 to 14 digits), `lot`
/// the lot that was read, `dates` its dates, and `today` decides the year of dates that have none.
pub fn compare(
    lines: &[TextLine],
    gtins: &[String],
    lot: Option<&str>,
    dates: &[DateRead],
    expectation: &Expectation,
    today: Date,
) -> Comparison {
    let page = Page::new(lines);
    let title = expectation.title.as_deref().map(Title::new).unwrap_or_default();
    let mut verdicts = Vec::new();
    if let Some(size) = &expectation.size {
        let claims = sizes::claims(size);
        let said = sizes::sizes(&page, &claims, &title);
        verdicts.push(judge(What::Size, size, &claims, said));
    }
    if let Some(colour) = &expectation.colour {
        let said = colours::colours(&page, &title);
        verdicts.push(judge(What::Colour, colour, &colours::claims(colour), said));
    }
    if let Some(count) = expectation.count {
        let said = counts::counts(&page, &title);
        verdicts.push(judge(What::Count, &count.to_string(), &[counts::claim(count)], said));
    }
    if let Some(gtin) = &expectation.gtin {
        verdicts.push(numbers::compare_gtin(gtin, gtins));
    }
    if let Some(wanted) = &expectation.lot {
        verdicts.push(numbers::compare_lot(wanted, lot, lines));
    }
    if let Some(expiry) = expectation.expiry {
        verdicts.push(numbers::compare_expiry(expiry, dates, today));
    }
    if let Some(title) = &expectation.title {
        verdicts.push(title::compare_title(title, lines.iter().map(|line| line.text.as_str())));
    }
    let mut comparison = Comparison::default();
    for verdict in verdicts {
        match verdict {
            Verdict::Mismatch(mismatch) => comparison.mismatches.push(mismatch),
            Verdict::Agreed(agreement) => comparison.agreed.push(agreement),
            Verdict::NotFound(not_found) => comparison.not_found.push(not_found),
        }
    }
    comparison
}
