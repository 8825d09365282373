//! The **grammar** of what coders print: a word that says what a date means, and a date.
//!
//! It is a graph of *nodes*. A node is one place of a text and knows which characters may stand there and
//! which nodes may follow. Every way from a start to an end is a text of the grammar.

use jiff::civil::Date;

use super::CODED;

/// Words that coders print before dates: the crate `meaning` knows what they mean.
pub(super) const WORDS: [&str; 27] = [
    "BEST BEFORE",
    "BEST BY",
    "BEST IF USED BY",
    "BEST BEFORE END",
    "USE BY",
    "USE BEFORE",
    "EXP",
    "EXP DATE",
    "EXPIRY",
    "EXPIRES",
    "BB",
    "BBE",
    "BBD",
    "MHD",
    "A CONSOMMER AVANT",
    "A CONSOMMER AVANT LE",
    "DLC",
    "DDM",
    "DLUO",
    "SCAD",
    "CAD",
    "PROD",
    "PRD",
    "MFG",
    "MFD",
    "PACKED",
    "PKD",
];
/// Months as coders shorten them.
const MONTHS: [&str; 16] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "MAI",
    "OKT", "DEZ", "AVR",
];
/// What stands between day, month and year.
const BETWEEN: [&str; 4] = [".", "/", "-", " "];
/// Years so far back and so far ahead are printed.
const YEARS: (i16, i16) = (3, 12);

/// What a place of a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The word.
    Word,
    /// What stands between the word and the date.
    Between,
    /// The date.
    Date,
}

/// One place of a text.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The characters that may stand there, by their place in [`CODED`].
    pub(super) letters: Vec<usize>,
    /// What may follow.
    pub(super) next: Vec<usize>,
    /// What it belongs to.
    pub(super) part: Part,
}

/// A graph of nodes.
#[derive(Debug, Clone, Default)]
pub(super) struct Grammar {
    /// All places.
    pub(super) nodes: Vec<Node>,
    /// Where a text may begin.
    pub(super) starts: Vec<usize>,
    /// Where it may end.
    pub(super) ends: Vec<usize>,
}

impl Grammar {
    /// A word and a date after it.
    pub(super) fn of_both(today: Date) -> Self {
        let mut grammar = Self::of_words();
        let words = std::mem::take(&mut grammar.ends);
        let colon = grammar.add(&words, &[":"], Part::Between);
        let begins: Vec<usize> = words.iter().chain(&colon).copied().collect();
        let space = grammar.add(&begins, &[" "], Part::Between);
        let begins: Vec<usize> = begins.into_iter().chain(space).collect();
        grammar.ends = grammar.dates(&begins, today);
        grammar
    }

    /// A date alone.
    pub(super) fn of_dates(today: Date) -> Self {
        let mut grammar = Self::default();
        grammar.ends = grammar.dates(&[], today);
        grammar
    }

    /// A word alone.
    pub(super) fn of_words() -> Self {
        let mut grammar = Self::default();
        for word in WORDS {
            let end = grammar.text(&[], word, Part::Word);
            grammar.ends.extend(end);
        }
        grammar
    }

    /// Adds places one after the other, each with one of these characters, after the nodes `before`, or at the
    /// start where there are none. Gives the last.
    fn add(&mut self, before: &[usize], places: &[&str], part: Part) -> Vec<usize> {
        let mut before = before.to_vec();
        for letters in places {
            let place = |letter: char| CODED.chars().position(|known| known == letter);
            let letters =
                letters.chars().map(|letter| place(letter).expect("coders print it")).collect();
            let new = self.nodes.len();
            self.nodes.push(Node { letters, next: Vec::new(), part });
            if before.is_empty() {
                self.starts.push(new);
            }
            for node in before {
                self.nodes[node].next.push(new);
            }
            before = vec![new];
        }
        before
    }

    /// Adds a text; its spaces may be missing, since networks often do not see them.
    fn text(&mut self, before: &[usize], text: &str, part: Part) -> Vec<usize> {
        let mut before = before.to_vec();
        for letter in text.chars() {
            let new = self.add(&before, &[letter.to_string().as_str()], part);
            before = if letter == ' ' { [before, new].concat() } else { new };
        }
        before
    }

    fn either(&mut self, before: &[usize], choices: &[&[&str]]) -> Vec<usize> {
        choices.iter().flat_map(|places| self.add(before, places, Part::Date)).collect()
    }

    fn day(&mut self, before: &[usize]) -> Vec<usize> {
        self.either(before, &[&["0", "123456789"], &["12", "0123456789"], &["3", "01"]])
    }

    fn month(&mut self, before: &[usize]) -> Vec<usize> {
        self.either(before, &[&["0", "123456789"], &["1", "012"]])
    }

    fn short_year(&mut self, before: &[usize], today: Date) -> Vec<usize> {
        let years = today.year() - YEARS.0..=today.year() + YEARS.1;
        let mut ends = Vec::new();
        for tens in 0..10 {
            let ones: String = (0..10)
                .filter(|one| years.clone().any(|year| year.rem_euclid(100) == 10 * tens + one))
                .map(|one| one.to_string())
                .collect();
            if !ones.is_empty() {
                ends.extend(self.add(before, &[&tens.to_string(), &ones], Part::Date));
            }
        }
        ends
    }

    fn long_year(&mut self, before: &[usize], today: Date) -> Vec<usize> {
        let century = self.add(before, &["2", "0"], Part::Date);
        self.short_year(&century, today)
    }

    fn year(&mut self, before: &[usize], today: Date) -> Vec<usize> {
        [self.long_year(before, today), self.short_year(before, today)].concat()
    }

    fn dates(&mut self, before: &[usize], today: Date) -> Vec<usize> {
        let mut ends = Vec::new();
        for between in BETWEEN {
            let one =
                |grammar: &mut Self, before: &[usize]| grammar.add(before, &[between], Part::Date);
            // 31.12.2026, 31.12.26
            let day = self.day(before);
            let gap = one(self, &day);
            let month = self.month(&gap);
            let gap = one(self, &month);
            ends.extend(self.year(&gap, today));
            // 2026-12-31
            let year = self.long_year(before, today);
            let gap = one(self, &year);
            let month = self.month(&gap);
            let gap = one(self, &month);
            ends.extend(self.day(&gap));
            // 12/2026
            let month = self.month(before);
            let gap = one(self, &month);
            ends.extend(self.long_year(&gap, today));
        }
        // 31 DEC 2026, 31DEC26, DEC 2026
        let day = self.day(before);
        let gap = self.add(&day, &[" "], Part::Date);
        let begins = [before, &day, &gap].concat();
        for name in MONTHS {
            let month = self.text(&begins, name, Part::Date);
            let gap = self.add(&month, &[" "], Part::Date);
            ends.extend(self.year(&[month, gap].concat(), today));
            if before.is_empty() {
                let alone = self.text(&[], name, Part::Date);
                let gap = self.add(&alone, &[" "], Part::Date);
                ends.extend(self.long_year(&[alone, gap].concat(), today));
            }
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use meaning::dates::{Context, Region, Role};
    use meaning::line::TextLine;
    use meaning::reading::Reading;

    use super::*;

    #[test]
    fn the_crate_meaning_knows_what_each_word_says_of_a_date() {
        let context = Context { region: Region::Europe, today: date(2026, 3, 1) };
        for word in WORDS {
            let line = TextLine::level(&format!("{word} 13.05.2027"), 0.0, 0.0, 20.0);
            let dates = Reading::of(vec![line], Vec::new(), &context).dates;
            let role = dates.first().map(|date| date.role);
            assert!(matches!(role, Some(Role::Expiry | Role::Manufacture)), "{word}: {dates:?}");
        }
    }

    #[test]
    fn every_end_can_be_reached_and_no_place_is_empty() {
        let grammar = Grammar::of_both(date(2026, 3, 1));
        let mut reached = vec![false; grammar.nodes.len()];
        let mut open = grammar.starts.clone();
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut reached[node], true) {
                open.extend(&grammar.nodes[node].next);
            }
        }
        assert!(reached.iter().all(|one| *one));
        assert!(grammar.nodes.iter().all(|node| !node.letters.is_empty()));
        assert!(!grammar.ends.is_empty());
    }
}
