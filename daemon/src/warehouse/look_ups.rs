//! **Look-ups**: what the warehouse's own system says of codes, asked one by one and remembered.
//!
//! A code that is asked for the first time is to be asked of the warehouse; whoever asks for it meanwhile waits for the
//! same answer. An answer is remembered for `keep`, one that the code is not known only for [`UNKNOWN_KEPT`]: goods that
//! arrive are entered late. A failed question is asked again after [`RETRY`]. Of more than [`CODES_MAX`] codes the ones
//! used longest ago are forgotten. No I/O: the time is an argument.

use std::collections::HashMap;
use std::time::Duration;

use meaning::expectation::Expectation;

/// Codes that are remembered.
pub const CODES_MAX: usize = 10_000;
/// How long it is remembered that the warehouse does not know a code.
pub const UNKNOWN_KEPT: Duration = Duration::from_secs(30);
/// After a failed question the same code is asked for again no sooner.
pub const RETRY: Duration = Duration::from_secs(10);

/// What is known of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The warehouse has it.
    Known(&'a Expectation),
    /// The warehouse does not have it.
    Unknown,
    /// The warehouse could not be asked lately.
    Failed,
    /// It is to be asked now.
    Ask,
    /// It was asked and has not answered.
    Waiting,
}

#[derive(Debug)]
struct Entry {
    state: State,
    used: Duration,
}

#[derive(Debug)]
enum State {
    Asked,
    Answered(Option<Box<Expectation>>, Duration),
    Failed(Duration),
}

/// What was asked and answered.
#[derive(Debug)]
pub struct LookUps {
    codes: HashMap<String, Entry>,
    by_sku: HashMap<String, String>,
    keep: Duration,
}

impl LookUps {
    /// Nothing asked yet; answers are remembered for `keep`.
    pub fn new(keep: Duration) -> Self {
        Self { codes: HashMap::new(), by_sku: HashMap::new(), keep }
    }

    /// What is known of `code`. The caller asks the warehouse where that is [`Answer::Ask`].
    pub fn ask(&mut self, code: &str, now: Duration) -> Answer<'_> {
        let keep = self.keep;
        let is_over = |entry: &Entry| match &entry.state {
            State::Asked => false,
            State::Answered(Some(_), at) => now.saturating_sub(*at) >= keep,
            State::Answered(None, at) => now.saturating_sub(*at) >= UNKNOWN_KEPT,
            State::Failed(at) => now.saturating_sub(*at) >= RETRY,
        };
        if self.codes.get(code).is_none_or(is_over) {
            self.make_room();
            self.codes.insert(code.to_owned(), Entry { state: State::Asked, used: now });
            return Answer::Ask;
        }
        let Some(entry) = self.codes.get_mut(code) else { return Answer::Ask };
        entry.used = now;
        match &entry.state {
            State::Asked => Answer::Waiting,
            State::Answered(Some(expectation), _) => Answer::Known(expectation),
            State::Answered(None, _) => Answer::Unknown,
            State::Failed(_) => Answer::Failed,
        }
    }

    /// The warehouse has answered: with what it knows of the item, nothing, or not at all.
    pub fn answered(&mut self, code: &str, answer: Result<Option<Expectation>, ()>, now: Duration) {
        let state = match answer {
            Ok(expectation) => {
                if let Some(expectation) = &expectation {
                    self.by_sku.insert(expectation.sku.clone(), code.to_owned());
                }
                State::Answered(expectation.map(Box::new), now)
            }
            Err(()) => State::Failed(now),
        };
        self.codes.insert(code.to_owned(), Entry { state, used: now });
    }

    /// What was answered of `sku`, by whatever code.
    pub fn of(&self, sku: &str) -> Option<&Expectation> {
        match &self.codes.get(self.by_sku.get(sku)?)?.state {
            State::Answered(Some(expectation), _) if expectation.sku == sku => Some(expectation),
            _ => None,
        }
    }

    fn make_room(&mut self) {
        if self.codes.len() < CODES_MAX {
            return;
        }
        let oldest = self.codes.iter().min_by_key(|(_, entry)| entry.used);
        if let Some(oldest) = oldest.map(|(code, _)| code.clone()) {
            self.codes.remove(&oldest);
            self.by_sku.retain(|_, code| *code != oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn tea() -> Expectation {
        Expectation { sku: "tea".to_owned(), ..Expectation::default() }
    }

    #[test]
    fn a_code_is_asked_for_once_and_again_when_its_answer_is_old() {
        let mut look_ups = LookUps::new(s(600));
        assert_eq!(look_ups.ask("1", s(0)), Answer::Ask);
        assert_eq!(look_ups.ask("1", s(1)), Answer::Waiting);
        look_ups.answered("1", Ok(Some(tea())), s(2));
        assert_eq!(look_ups.ask("1", s(601)), Answer::Known(&tea()));
        assert_eq!(look_ups.of("tea"), Some(&tea()));
        assert_eq!(look_ups.ask("1", s(602)), Answer::Ask);
    }

    #[test]
    fn that_a_code_is_not_known_is_forgotten_soon_and_a_failure_sooner() {
        let mut look_ups = LookUps::new(s(600));
        look_ups.answered("1", Ok(None), s(0));
        look_ups.answered("2", Err(()), s(0));
        assert_eq!(look_ups.ask("1", s(29)), Answer::Unknown);
        assert_eq!(look_ups.ask("1", s(30)), Answer::Ask);
        assert_eq!(look_ups.ask("2", s(9)), Answer::Failed);
        assert_eq!(look_ups.ask("2", s(10)), Answer::Ask);
    }

    #[test]
    fn the_code_used_longest_ago_gives_way() {
        let mut look_ups = LookUps::new(s(1_000_000));
        for code in 0..CODES_MAX {
            look_ups.answered(&code.to_string(), Ok(None), s(code as u64));
        }
        look_ups.answered("0", Ok(Some(tea())), s(CODES_MAX as u64));
        assert_eq!(look_ups.ask("new", s(CODES_MAX as u64)), Answer::Ask);
        assert_eq!(look_ups.codes.len(), CODES_MAX);
        assert!(!look_ups.codes.contains_key("1"));
        assert_eq!(look_ups.of("tea"), Some(&tea()));
    }

    proptest! {
        #[test]
        fn whoever_asks_is_answered_from_one_question(
            asked in proptest::collection::vec((0u8..3, 0u64..5), 1..60)
        ) {
            let mut look_ups = LookUps::new(s(600));
            let mut now = 0;
            let mut open = std::collections::BTreeSet::new();
            for (code, later) in asked {
                now += later;
                let code = code.to_string();
                match look_ups.ask(&code, s(now)) {
                    Answer::Ask => prop_assert!(open.insert(code), "it was asked for already"),
                    Answer::Waiting => {
                        prop_assert!(open.remove(&code));
                        look_ups.answered(&code, Ok(None), s(now));
                    }
                    Answer::Unknown => prop_assert!(!open.contains(&code)),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
        }
    }
}
