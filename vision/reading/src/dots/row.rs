//! What one view of a **row** says: a word, a date, or both, if they cost little.

use jiff::civil::Date;

use super::decode::{Answers, Decoder, Found};
use super::grammar::{Grammar, WORDS};

/// A character of a word may cost so much on the mean: one of three wrong, the others sure.
const WORD_COSTS: f32 = 0.7;
/// A character of a date may cost so much.
const DATE_COSTS: f32 = 0.6;

/// A scrap of text is at most so many characters long.
const SCRAP: usize = 2;

/// What a view of a row says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// What stands before the word, or before the date where there is no word.
    pub(super) before: String,
    /// The word as it is written in the grammar; empty where there is none.
    pub(super) word: String,
    /// The date; empty where there is none.
    pub(super) date: String,
    /// What stands after it.
    pub(super) after: String,
    /// What each character of the word costs.
    pub(super) word_cost: f32,
    /// What each character of the date costs.
    pub(super) date_cost: f32,
}

/// Reads rows by the grammar: as a word and a date, else as a date, else as a word.
pub(crate) struct Decoders {
    /// Dates are read around this day.
    today: Date,
    decoders: [Decoder; 3],
}

impl Decoders {
    /// For dates that are printed around `today`.
    pub(crate) fn new(today: Date) -> Self {
        let grammars = [Grammar::of_both(today), Grammar::of_dates(today), Grammar::of_words()];
        Self { today, decoders: grammars.map(|grammar| Decoder::new(&grammar)) }
    }

    /// The day that dates are read around.
    pub(crate) fn today(&self) -> Date {
        self.today
    }

    /// What a row says by a recogniser's answers for it, rows of logarithms of probabilities. It may cost `share` of
    /// what is allowed at most.
    pub(super) fn read(&self, logarithms: Vec<f32>, share: f32) -> Option<Row> {
        let answers = Answers::new(logarithms);
        let found = self.decoders.iter().filter_map(|decoder| decoder.best(&answers));
        found.into_iter().find(|found| believed(found, share)).map(|found| Row {
            word: spaced(&found.word),
            before: found.before,
            date: found.date,
            after: found.after,
            word_cost: found.word_cost,
            date_cost: found.date_cost,
        })
    }
}

/// Whether what was found costs little, and is no part of something longer.
fn believed(found: &Found, share: f32) -> bool {
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let (before, after) = (found.before.trim_end(), found.after.trim_start());
    let cut_off = found.word.is_empty()
        && is_digit(before.chars().last())
        && is_digit(found.date.chars().next());
    // Before a month and a year alone a number or a short scrap may be a day that was misread.
    let scrap = before.rsplit(' ').next().unwrap_or("");
    let is_day = (1..=SCRAP).contains(&scrap.chars().count())
        || scrap.contains(|c: char| c.is_ascii_digit());
    let lacks_day =
        is_day && !found.date.is_empty() && found.word.is_empty() && !has_day(&found.date);
    // CONSOMMER holds no DDM.
    let is_letter =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphabetic());
    let after_word = if found.date.is_empty() { found.after.chars().next() } else { None };
    let within_word =
        !found.word.is_empty() && (is_letter(found.before.chars().last()) || is_letter(after_word));
    let goes_on = !found.date.is_empty() && is_digit(after.chars().next());
    found.word_cost <= share * WORD_COSTS
        && found.date_cost <= share * DATE_COSTS
        && !(cut_off || goes_on || lacks_day || within_word)
}

/// Whether a date of the grammar tells its day: it has two numbers besides a month's name, or three.
fn has_day(date: &str) -> bool {
    let is_part = |part: &&str| part.chars().any(|letter| letter.is_ascii_digit());
    let named = date.chars().any(|letter| letter.is_ascii_alphabetic());
    let numbers =
        date.split(|letter: char| !letter.is_ascii_digit()).filter(|part| is_part(part)).count();
    numbers + usize::from(named) == 3
}

/// A word with the spaces that were not seen.
fn spaced(word: &str) -> String {
    let letters = |word: &str| word.replace([' ', ':'], "");
    let known = WORDS.iter().find(|known| letters(known) == letters(word));
    known.map_or_else(String::new, |known| (*known).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(before: &str, word: &str, date: &str, after: &str) -> Found {
        let [before, word, date, after] = [before, word, date, after].map(str::to_owned);
        Found { before, word, date, after, word_cost: 0.1, date_cost: 0.1 }
    }

    #[test]
    fn a_part_of_a_longer_number_and_a_month_after_a_day_that_was_misread_are_not_believed() {
        assert!(believed(&found("LOT", "", "13.05.2027", "A1"), 1.0));
        assert!(!believed(&found("1", "", "13.05.2027", ""), 1.0));
        assert!(!believed(&found("", "", "13.05.20", "27"), 1.0));
        assert!(believed(&found("", "", "MAY 2028", ""), 1.0));
        assert!(believed(&found("OLD", "", "MAY 2028", ""), 1.0), "a word may stand before it");
        for before in ["09.", "8G", "D"] {
            assert!(!believed(&found(before, "", "MAY 2028", ""), 1.0), "{before}");
        }
        let costly = Found { date_cost: 0.4, ..found("", "EXP", "13.05.2027", "") };
        assert!(believed(&costly, 1.0) && !believed(&costly, 0.6));
    }

    #[test]
    fn a_part_of_a_longer_word_is_not_believed() {
        assert!(
            believed(&found("LEAD ", "BB", "", ""), 1.0)
                && believed(&found("", "EXP", "", " 7"), 1.0)
        );
        assert!(!believed(&found("CONS", "DDM", "", "ER"), 1.0));
        assert!(!believed(&found("", "EXP", "", "RESS"), 1.0));
        assert!(!believed(&found("R", "BB", "13.05.2027", ""), 1.0));
    }

    #[test]
    fn spaces_that_were_not_seen_come_back() {
        assert_eq!(spaced("BESTBEFORE:"), "BEST BEFORE");
        assert_eq!(spaced("A CONSOMMERAVANT"), "A CONSOMMER AVANT");
        assert_eq!(spaced(""), "");
    }
}
