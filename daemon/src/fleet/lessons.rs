//! What a broker teaches by the way in which it ends **sessions** (connections).
//!
//! Two causes end one session after the other, and many a broker names neither:
//!
//! * **A message that is too large**, where the broker has told no limit (MQTT 5 Maximum Packet Size), or
//!   has another one beside it. The largest message that it has not acknowledged is **blamed**: if that is
//!   not too large, none is. It is blamed at once where the broker says so, and otherwise after it was
//!   the largest in [`BLAMES`] sessions in a row. Messages then have an **assumed limit** below its size,
//!   so that it is shortened, or given up and reported, and those behind it go out.
//! * **A rival**: another client that uses the box's name. Brokers let the newer connection win, and the
//!   older one is closed; the reason, where it is sent at all, is easily lost with the connection
//!   (mosquitto 2.0.11 sends none). Suspected after [`RIVAL_ENDS`] sessions in a row that were closed soon
//!   and without a word, while there was no message to blame.
//!
//! The assumed limit is never below what the broker has taken already, and lasts as long as the link runs.
//! No I/O: the caller tells what happened.

use std::time::Duration;

use super::session::Sent;

/// Sessions in a row that end without a word before their largest message is blamed for it. A message is
/// acknowledged within moments: that the same one is caught by three accidents does not happen.
const BLAMES: u32 = 3;

/// No limit below this is assumed where the broker says nothing, in bytes: the brokers that close without a
/// word take at least 128 KiB, and a message of this size is closed upon by accident.
const UNTOLD_MIN: usize = 4 * 1024;

/// No limit below this is assumed at all, in bytes: the notice of a loss needs nearly as much.
const TOLD_MIN: usize = 400;

/// Sessions in a row that end soon and without a word before a rival is suspected.
const RIVAL_ENDS: u32 = 2;

/// How a session that had been established ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The broker said that a packet is too large.
    TooLarge,
    /// It closed the connection and said nothing that arrived.
    Nothing,
    /// Anything else.
    Other,
}

/// What is known of a session that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// What the broker said.
    pub word: Word,
    /// The largest message that it had not acknowledged, and its bytes.
    pub largest: Option<(Sent, usize)>,
    /// Whether the session had lasted longer than a rival waits.
    pub lasted: bool,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// Nothing yet.
    None,
    /// A message of `size` bytes is too large; from now on messages have at most `limit`.
    TooLarge {
        /// Its bytes.
        size: usize,
        /// The assumed limit, in bytes.
        limit: usize,
    },
    /// Most likely another client has the box's name.
    Rival,
}

/// What was learned so far.
#[derive(Debug, Default)]
pub struct Lessons {
    limit: Option<usize>,
    /// The largest message that the broker has ever taken, in bytes.
    taken: usize,
    /// The message that is suspected of being too large, and in how many sessions in a row.
    blamed: Option<(Sent, u32)>,
    /// Sessions in a row that ended soon, without a word and without anything to blame.
    short: u32,
}

impl Lessons {
    /// Bytes that a message may have, as far as was learned.
    pub fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// The broker has taken a message of `size` bytes.
    pub fn acknowledged(&mut self, sent: Sent, size: usize) {
        self.taken = self.taken.max(size);
        if self.blamed.is_some_and(|(blamed, _)| blamed == sent) {
            self.blamed = None;
        }
    }

    /// A session has ended.
    pub fn ended(&mut self, ended: Ended) -> Lesson {
        let Ended { word, largest, lasted } = ended;
        let least = match word {
            Word::TooLarge => TOLD_MIN,
            Word::Nothing => UNTOLD_MIN,
            Word::Other => {
                (self.blamed, self.short) = (None, 0);
                return Lesson::None;
            }
        };
        if let Some((sent, size)) = largest.filter(|(_, size)| *size > least.max(self.taken)) {
            return self.blame(sent, size, word, least);
        }
        self.blamed = None;
        self.short = if lasted || word == Word::TooLarge { 0 } else { self.short + 1 };
        if self.short >= RIVAL_ENDS { Lesson::Rival } else { Lesson::None }
    }

    fn blame(&mut self, sent: Sent, size: usize, word: Word, least: usize) -> Lesson {
        let before = self.blamed.filter(|(blamed, _)| *blamed == sent);
        let times = before.map_or(1, |(_, times)| times + 1);
        if word == Word::Nothing && times < BLAMES {
            self.blamed = Some((sent, times));
            return Lesson::None;
        }
        self.blamed = None;
        // In steps of an eighth the limit is found soon, and little is cut that would have fitted.
        let limit = (size - size.div_ceil(8)).max(least).max(self.taken);
        self.limit = Some(limit);
        Lesson::TooLarge { size, limit }
    }
}

/// Longer than a rival waits before it takes the box's place again.
pub fn outlasts_a_rival(lasted: Duration) -> bool {
    lasted > super::link::LONGEST_PAUSE * 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fleet::messages::Kind;

    fn owed(id: u64) -> Sent {
        Sent::Owed(id, Kind::Summary)
    }

    fn ended(word: Word, largest: Option<(Sent, usize)>) -> Ended {
        Ended { word, largest, lasted: false }
    }

    #[test]
    fn a_broker_that_says_too_large_teaches_at_once() {
        let mut lessons = Lessons::default();
        let lesson = lessons.ended(ended(Word::TooLarge, Some((owed(1), 8000))));
        assert_eq!(lesson, Lesson::TooLarge { size: 8000, limit: 7000 });
        assert_eq!(lessons.limit(), Some(7000));
    }

    #[test]
    fn one_that_says_nothing_teaches_when_the_same_message_was_the_largest_three_times() {
        let mut lessons = Lessons::default();
        let silent = |id| ended(Word::Nothing, Some((owed(id), 8000)));
        for id in [1, 1, 2, 2] {
            assert_eq!(lessons.ended(silent(id)), Lesson::None);
        }
        lessons.acknowledged(owed(2), 100);
        for _ in 0..2 {
            assert_eq!(lessons.ended(silent(2)), Lesson::None, "it was taken in between");
        }
        assert_eq!(lessons.ended(silent(2)), Lesson::TooLarge { size: 8000, limit: 7000 });
    }

    #[test]
    fn what_was_taken_before_and_what_is_small_is_not_blamed() {
        let mut lessons = Lessons::default();
        lessons.acknowledged(owed(1), 9000);
        for _ in 0..10 {
            lessons.ended(ended(Word::TooLarge, Some((owed(2), 9000))));
            lessons.ended(ended(Word::Nothing, Some((owed(2), 9000))));
        }
        let mut small = Lessons::default();
        for _ in 0..10 {
            small.ended(ended(Word::Nothing, Some((owed(2), UNTOLD_MIN))));
        }
        assert_eq!((lessons.limit(), small.limit()), (None, None));
    }

    #[test]
    fn sessions_closed_soon_and_without_a_word_one_after_the_other_are_a_rivals() {
        let mut lessons = Lessons::default();
        let soon = ended(Word::Nothing, Some((owed(1), 1000)));
        assert_eq!(lessons.ended(soon), Lesson::None);
        assert_eq!(lessons.ended(soon), Lesson::Rival);
        assert_eq!(lessons.ended(Ended { lasted: true, ..soon }), Lesson::None);
        assert_eq!(lessons.ended(soon), Lesson::None);
        assert_eq!(lessons.ended(ended(Word::Other, None)), Lesson::None, "the broker was away");
        assert_eq!(lessons.ended(soon), Lesson::None);
        assert_eq!(lessons.ended(soon), Lesson::Rival);
    }

    proptest! {
        /// A broker with any limit, which says so or just closes: after few sessions everything that it
        /// would take is sent, and nothing is tried for ever.
        #[test]
        fn whatever_the_limit_is_it_is_found(
            limit in UNTOLD_MIN..200_000_usize,
            sizes in proptest::collection::vec(1_usize..200_000, 1..20),
            says_so in any::<bool>(),
        ) {
            let word = if says_so { Word::TooLarge } else { Word::Nothing };
            let mut lessons = Lessons::default();
            let mut waiting: Vec<_> =
                sizes.iter().enumerate().map(|(id, size)| (owed(id as u64), *size)).collect();
            let mut sessions = 0;
            while !waiting.is_empty() {
                sessions += 1;
                prop_assert!(sessions < 1000, "it goes on for ever");
                // What is over the assumed limit is shortened to nothing or given up.
                waiting.retain(|(_, size)| lessons.limit().is_none_or(|most| *size <= most));
                let refused = waiting.iter().position(|(_, size)| *size > limit);
                for (sent, size) in waiting.drain(..refused.unwrap_or(waiting.len())) {
                    lessons.acknowledged(sent, size);
                }
                if refused.is_some() {
                    let largest = waiting.iter().copied().max_by_key(|(_, size)| *size);
                    let lesson = lessons.ended(ended(word, largest));
                    prop_assert_ne!(lesson, Lesson::Rival);
                }
            }
            // Little is cut that would have fitted.
            let most = lessons.limit().unwrap_or(usize::MAX);
            prop_assert!(most >= limit * 7 / 8, "{most} is assumed for {limit}");
        }
    }
}
