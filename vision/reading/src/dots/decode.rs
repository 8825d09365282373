//! **Decoding by a grammar**: the likeliest way to read a line such that a text of the grammar is in it.
//!
//! The recogniser answers for each column of a strip how likely each character stands there, or none, the
//! *blank*. A path gives each column one of these answers; a character over several columns counts once,
//! and the same twice in a row has a blank between (connectionist temporal classification, Graves et al.
//! 2006). Before and after the grammar's text each column has its likeliest answer. What the grammar *costs*
//! is how much less likely its answers are: the sum of the differences of logarithms. (Viterbi 1967.)

use super::CODED;
use super::grammar::{Grammar, Part};

/// The answers for a line.
pub(super) struct Answers {
    logarithms: Vec<f32>,
    /// The likeliest answer of each column.
    best: Vec<usize>,
}

/// A text of the grammar in a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// What stands before it, as the recogniser reads it.
    pub(super) before: String,
    /// The word, where the grammar has one.
    pub(super) word: String,
    /// The date, where the grammar has one.
    pub(super) date: String,
    /// What stands after it.
    pub(super) after: String,
    /// What each character of the word costs.
    pub(super) word_cost: f32,
    /// What each character of the date costs.
    pub(super) date_cost: f32,
}

/// Answers of a column: the blank, and the characters.
const ANSWERS: usize = CODED.len() + 1;
/// Of two texts that cost the same the longer one is meant: what a character earns.
const EARNS: f32 = 0.02;

/// Characters that are one shape, or nearly, in some dot fonts: never two digits.
const ALIKE: [&str; 9] = ["0ODQ", "1I", "2Z", "5S", "8B", "6G", "AR", "UV", "MNH"];
/// What it costs to take a character for one that looks alike.
const TAKEN_COSTS: f32 = 1.6;

impl Answers {
    /// From rows of logarithms of probabilities, that of the blank first. What looks like a likely character
    /// becomes likely too.
    pub(super) fn new(mut logarithms: Vec<f32>) -> Self {
        let likeliest = |column: &[f32]| {
            (0..ANSWERS).max_by(|a, b| column[*a].total_cmp(&column[*b])).unwrap_or(0)
        };
        let best = logarithms.chunks_exact(ANSWERS).map(likeliest).collect();
        for column in logarithms.chunks_exact_mut(ANSWERS) {
            taken_for_another(column);
        }
        Self { logarithms, best }
    }

    fn columns(&self) -> usize {
        self.best.len()
    }

    /// What `answer` costs in a column.
    fn cost(&self, column: usize, answer: usize) -> f32 {
        let row = &self.logarithms[column * ANSWERS..(column + 1) * ANSWERS];
        row[self.best[column]] - row[answer]
    }

    /// The text of some columns, each by its likeliest answer.
    fn text(&self, columns: std::ops::Range<usize>) -> String {
        let mut before = columns.start.checked_sub(1).map_or(0, |column| self.best[column]);
        let mut text = String::new();
        for best in &self.best[columns] {
            if *best > 0 && *best != before {
                text.extend(CODED.chars().nth(best - 1));
            }
            before = *best;
        }
        text
    }
}

/// Each character of a group becomes at least nearly as likely as the likeliest of it.
fn taken_for_another(column: &mut [f32]) {
    for group in ALIKE {
        let places = || CODED.chars().zip(1..).filter(|(letter, _)| group.contains(*letter));
        let most = places().map(|(_, at)| column[at]).fold(f32::NEG_INFINITY, f32::max);
        let least = most - TAKEN_COSTS;
        places().for_each(|(_, at)| column[at] = column[at].max(least));
    }
}

/// A state of a path: before the text, in it, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    /// A node's character, by its answer.
    Letter(usize, usize),
    /// The blank after a node.
    Blank(usize),
    After,
}

/// A grammar made ready: all states, and from which each is reached.
pub(super) struct Decoder {
    states: Vec<State>,
    from: Vec<Vec<usize>>,
    parts: Vec<Part>,
}

impl Decoder {
    pub(super) fn new(grammar: &Grammar) -> Self {
        let mut states = vec![State::Before];
        let mut letters = vec![Vec::new(); grammar.nodes.len()];
        let mut blanks = Vec::new();
        for (at, node) in grammar.nodes.iter().enumerate() {
            for letter in &node.letters {
                letters[at].push(states.len());
                states.push(State::Letter(at, letter + 1));
            }
            blanks.push(states.len());
            states.push(State::Blank(at));
        }
        let last = states.len();
        states.push(State::After);

        let mut from: Vec<Vec<usize>> = (0..states.len()).map(|state| vec![state]).collect();
        for start in &grammar.starts {
            for to in &letters[*start] {
                from[*to].push(0);
            }
        }
        for (at, node) in grammar.nodes.iter().enumerate() {
            from[blanks[at]].extend(&letters[at]);
            for next in &node.next {
                for to in &letters[*next] {
                    from[*to].push(blanks[at]);
                    let other = |state: &&usize| !same(states[**state], states[*to]);
                    from[*to].extend(letters[at].iter().filter(other));
                }
            }
        }
        for end in &grammar.ends {
            from[last].push(blanks[*end]);
            from[last].extend(&letters[*end]);
        }
        let parts = grammar.nodes.iter().map(|node| node.part).collect();
        Self { states, from, parts }
    }

    /// The likeliest text of the grammar in a line; `None` where the line is too short for any.
    pub(super) fn best(&self, answers: &Answers) -> Option<Found> {
        let (columns, states) = (answers.columns(), self.states.len());
        let mut costs = vec![f32::INFINITY; states];
        costs[0] = 0.0;
        let mut came = Vec::with_capacity(columns);
        // Column 0 is reached from a place before the strip, where nothing stands.
        for column in 0..columns {
            let greedy = |column: usize| answers.best[column];
            let before = column.checked_sub(1).map_or(0, greedy);
            let mut new = vec![f32::INFINITY; states];
            let mut origin = vec![0_u32; states];
            for (to, state) in self.states.iter().enumerate() {
                let (mut least, mut best) = (f32::INFINITY, 0);
                for from in &self.from[to] {
                    let split = match (self.states[*from], state) {
                        // A character is not cut in two.
                        (State::Before, State::Letter(_, answer)) => before == *answer,
                        (State::Letter(_, answer), State::After) => greedy(column) == answer,
                        _ => false,
                    };
                    if !split && costs[*from] < least {
                        (least, best) = (costs[*from], *from);
                    }
                }
                let here = match *state {
                    State::Before | State::After => 0.0,
                    State::Blank(_) => answers.cost(column, 0),
                    State::Letter(_, answer) => {
                        let earned = if best == to { 0.0 } else { EARNS };
                        answers.cost(column, answer) - earned
                    }
                };
                (new[to], origin[to]) = (least + here, best as u32);
            }
            costs = new;
            came.push(origin);
        }
        let after = states - 1;
        let ending = (0..states)
            .filter(|state| *state == after || self.from[after].contains(state))
            .min_by(|a, b| costs[*a].total_cmp(&costs[*b]))
            .filter(|state| costs[*state].is_finite())?;
        let mut path = vec![ending];
        for origin in came.iter().skip(1).rev() {
            path.push(origin[path[path.len() - 1]] as usize);
        }
        path.reverse();
        Some(self.told(answers, &path))
    }

    /// What a path says.
    fn told(&self, answers: &Answers, path: &[usize]) -> Found {
        let states: Vec<State> = path.iter().map(|state| self.states[*state]).collect();
        let begin = states.iter().take_while(|state| **state == State::Before).count();
        let end = states.iter().take_while(|state| **state != State::After).count();
        let mut found = Found {
            before: answers.text(0..begin),
            word: String::new(),
            date: String::new(),
            after: answers.text(end..states.len()),
            word_cost: 0.0,
            date_cost: 0.0,
        };
        for (column, state) in states.iter().enumerate() {
            let (node, answer) = match *state {
                State::Letter(node, answer) => (node, answer),
                State::Blank(node) => (node, 0),
                State::Before | State::After => continue,
            };
            let (text, cost) = match self.parts[node] {
                Part::Word | Part::Between => (&mut found.word, &mut found.word_cost),
                Part::Date => (&mut found.date, &mut found.date_cost),
            };
            *cost += answers.cost(column, answer);
            if answer > 0 && (column == 0 || path[column - 1] != path[column]) {
                text.extend(CODED.chars().nth(answer - 1));
            }
        }
        found.word_cost /= found.word.len().max(1) as f32;
        found.date_cost /= found.date.len().max(1) as f32;
        found
    }
}

/// Whether both states are the same character.
fn same(a: State, b: State) -> bool {
    matches!((a, b), (State::Letter(_, a), State::Letter(_, b)) if a == b)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Answers that read `text`, a blank after each character, each as sure as `sure`, the rest even.
    fn answers(text: &str, sure: f32) -> Answers {
        let row = |best: usize| {
            let rest = ((1.0 - sure) / (ANSWERS - 1) as f32).ln();
            (0..ANSWERS).map(move |at| if at == best { sure.ln() } else { rest })
        };
        let place = |letter| CODED.chars().position(|known| known == letter).unwrap() + 1;
        Answers::new(text.chars().flat_map(|letter| row(place(letter)).chain(row(0))).collect())
    }

    fn found(text: &str) -> Found {
        let grammar = Grammar::of_both(date(2026, 3, 1));
        Decoder::new(&grammar).best(&answers(text, 0.9)).unwrap()
    }

    #[test]
    fn a_text_of_the_grammar_costs_nothing_and_what_is_around_it_stays() {
        let found = found("L7 EXP: 13.05.2027 A1");
        assert_eq!((found.word.as_str(), found.date.as_str()), ("EXP: ", "13.05.2027"));
        assert_eq!((found.before.trim(), found.after.trim()), ("L7", "A1"));
        assert!(found.word_cost < 1e-3 && found.date_cost < 1e-3, "{found:?}");
    }

    #[test]
    fn what_looks_alike_costs_less_than_what_does_not() {
        let (alike, other) = (found("OLC 13.O5.2O27"), found("XLC 13.X5.2X27"));
        for found in [&alike, &other] {
            assert!(found.date.starts_with("13.") && found.word == "DLC ", "{found:?}");
        }
        assert_eq!(alike.date, "13.05.2027");
        assert!(alike.word_cost < 0.7 && alike.date_cost < 0.6, "{alike:?}");
        assert!(other.word_cost > 0.7 && other.date_cost > 0.6, "{other:?}");
    }

    #[test]
    fn a_text_that_holds_no_date_costs_much_and_one_too_short_for_any_has_none() {
        let far = found("KEEP COOL AND DRY");
        assert!(far.date_cost > 2.0, "{far:?}");
        let grammar = Grammar::of_both(date(2026, 3, 1));
        assert_eq!(Decoder::new(&grammar).best(&answers("5", 0.9)), None);
        assert_eq!(Decoder::new(&grammar).best(&Answers::new(Vec::new())), None);
    }
}
