//! Lock-out after wrong passwords. The first few guesses are free; each further one doubles a pause
//! during which nothing is tried for that person, or from that address. The pause has a ceiling, so
//! that whoever keeps guessing cannot lock the plant out for ever, and a guess within the pause
//! neither counts nor prolongs it.
//!
//! Time **forgives**: every few minutes one wrong guess no longer counts, so that the typing mistakes of
//! a whole shift at one tablet never add up. A right password makes good what was wrong for that person,
//! and nothing of the address: whoever has an account of their own could else log in between any two
//! guesses at somebody else's.
//!
//! Keys are bounded: a crowd of made-up names pushes out the ones that rest for longest, never the
//! ones that are locked now, unless all are.

use std::collections::HashMap;
use std::time::Duration;

/// Keys that are remembered at most, for persons and for addresses each.
pub const MOST_KEYS: usize = 2048;

/// How patient one is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Wrong guesses that cost nothing.
    pub free: u32,
    /// The pause after the first one that does.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// After so long, one wrong guess no longer counts.
    pub forgives: Duration,
}

/// For one person: a technician with gloves mistypes; a minute later everybody may try again.
pub const OF_A_PERSON: Patience = Patience {
    free: 5,
    first: Duration::from_secs(2),
    longest: Duration::from_secs(60),
    forgives: Duration::from_secs(300),
};

/// From one address, which several people may share.
pub const OF_AN_ADDRESS: Patience = Patience {
    free: 15,
    first: Duration::from_secs(2),
    longest: Duration::from_secs(300),
    forgives: Duration::from_secs(300),
};

/// What is known of a key.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// Wrong guesses that count.
    wrong: u32,
    /// Since when the next one is on its way to be forgiven.
    since: Duration,
    last: Duration,
    until: Duration,
}

impl Known {
    /// Forgives what time has forgiven.
    fn forgive(&mut self, forgives: Duration, now: Duration) {
        let waited = now.saturating_sub(self.since).as_nanos();
        let forgiven = u32::try_from(waited / forgives.as_nanos().max(1)).unwrap_or(u32::MAX);
        if forgiven >= self.wrong {
            (self.wrong, self.since) = (0, now);
        } else {
            self.wrong -= forgiven;
            self.since += forgives * forgiven;
        }
    }
}

/// The guesses.
#[derive(Debug)]
pub struct Guesses {
    patience: Patience,
    known: HashMap<String, Known>,
}

impl Guesses {
    /// None yet.
    pub fn new(patience: Patience) -> Self {
        Self { patience, known: HashMap::new() }
    }

    /// How long `key` has to wait; none when a guess may be tried.
    pub fn wait(&self, key: &str, now: Duration) -> Option<Duration> {
        let left = self.known.get(key)?.until.saturating_sub(now);
        (!left.is_zero()).then_some(left)
    }

    /// A guess of `key` was wrong. Returns the pause that begins, if one does.
    pub fn wrong(&mut self, key: &str, now: Duration) -> Option<Duration> {
        if self.wait(key, now).is_some() {
            return None;
        }
        if self.known.len() >= MOST_KEYS && !self.known.contains_key(key) {
            self.make_room(now);
        }
        let Patience { free, first, longest, forgives } = self.patience;
        let new = Known { wrong: 0, since: now, last: now, until: now };
        let known = self.known.entry(key.to_owned()).or_insert(new);
        known.forgive(forgives, now);
        known.wrong = known.wrong.saturating_add(1);
        known.last = now;
        let doublings = known.wrong.checked_sub(free + 1)?;
        let pause = first.saturating_mul(1 << doublings.min(16)).min(longest);
        known.until = now + pause;
        Some(pause)
    }

    /// The password of `key` was right: what was wrong before is forgotten.
    pub fn right(&mut self, key: &str) {
        self.known.remove(key);
    }

    /// Forgets the one that rests for longest; one that waits is kept for as long as there are others.
    fn make_room(&mut self, now: Duration) {
        let oldest = self.known.iter().min_by_key(|(_, known)| (known.until > now, known.last));
        if let Some(key) = oldest.map(|(key, _)| key.clone()) {
            self.known.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_first_guesses_are_free_and_then_the_pause_doubles_to_its_ceiling() {
        let mut guesses = Guesses::new(OF_A_PERSON);
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..13 {
            let pause = guesses.wrong("anna", now);
            pauses.push(pause.map_or(0, |pause| pause.as_secs()));
            now += pause.unwrap_or_default();
        }
        assert_eq!(pauses, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(guesses.wait("anna", now), None, "after the pause one may try again");
        guesses.right("anna");
        assert_eq!(guesses.wrong("anna", now), None, "the right password makes good");
    }

    #[test]
    fn a_guess_within_the_pause_does_not_prolong_it() {
        let mut guesses = Guesses::new(OF_A_PERSON);
        (0..6).for_each(|_| _ = guesses.wrong("anna", at(0)));
        assert_eq!(guesses.wait("anna", at(0)), Some(at(2)));
        (0..100).for_each(|_| _ = guesses.wrong("anna", at(1)));
        assert_eq!(guesses.wait("anna", at(2)), None);
        assert_eq!(guesses.wait("bert", at(1)), None, "nobody else waits");
    }

    #[test]
    fn made_up_names_do_not_push_out_one_that_is_locked() {
        let mut guesses = Guesses::new(OF_A_PERSON);
        (0..12).for_each(|n| _ = guesses.wrong("anna", at(n * 100)));
        (0..3 * MOST_KEYS).for_each(|n| _ = guesses.wrong(&format!("nobody {n}"), at(1101)));
        assert!(guesses.wait("anna", at(1102)).is_some());
        assert!(guesses.known.len() <= MOST_KEYS);
    }

    /// How many guesses somebody gets in who tries whenever it may be tried.
    fn tried(patience: Patience, steps: &[u64], mut also: impl FnMut(&mut Guesses)) -> (u64, u64) {
        let mut guesses = Guesses::new(patience);
        let (mut now, mut tried) = (Duration::ZERO, 0);
        for step in steps {
            now += Duration::from_millis(*step);
            if guesses.wait("here", now).is_none() {
                tried += 1;
                _ = guesses.wrong("here", now);
            }
            also(&mut guesses);
        }
        (tried, now.as_secs())
    }

    #[test]
    fn a_guess_is_forgiven_every_few_minutes() {
        let mut guesses = Guesses::new(OF_AN_ADDRESS);
        (0..15).for_each(|_| _ = guesses.wrong("tablet", at(0)));
        assert_eq!(guesses.wrong("tablet", at(300)), None, "one is forgiven");
        assert_eq!(guesses.wrong("tablet", at(599)), Some(at(2)), "and the next not yet");
        assert_eq!(guesses.wrong("tablet", at(602)), Some(at(2)), "but then");
        assert_eq!(guesses.wrong("tablet", at(100_000)), None);
    }

    proptest! {
        /// People who mistype now and then at a tablet that all share never wait, for however long a
        /// shift they do.
        #[test]
        fn mistakes_that_are_far_apart_never_add_up(
            steps in proptest::collection::vec(300..4000_u64, 1..500),
        ) {
            let mut guesses = Guesses::new(OF_AN_ADDRESS);
            let mut now = 0;
            for step in steps {
                now += step;
                prop_assert_eq!(guesses.wrong("tablet", at(now)), None);
            }
        }

        /// However one guesses from one address, and however often the own password is right in between,
        /// what is tried in an hour stays few.
        #[test]
        fn an_account_of_ones_own_buys_no_guesses(
            steps in proptest::collection::vec(0..120_000_u64, 1..1000),
        ) {
            let also = |guesses: &mut Guesses| guesses.right("mallory");
            let (tried, seconds) = tried(OF_AN_ADDRESS, &steps, also);
            let most = 15 + 9 + 2 * (seconds / 300);
            prop_assert!(tried <= most, "{tried} in {seconds} s");
        }

        /// However one guesses, nobody waits longer than the ceiling, and what is tried in an hour
        /// stays few.
        #[test]
        fn nobody_is_locked_out_for_ever(steps in proptest::collection::vec(0..5000_u64, 1..2000)) {
            let mut guesses = Guesses::new(OF_A_PERSON);
            let (mut now, mut tried) = (Duration::ZERO, 0_u64);
            for step in steps {
                now += Duration::from_millis(step);
                match guesses.wait("anna", now) {
                    Some(wait) => prop_assert!(wait <= OF_A_PERSON.longest),
                    None => {
                        tried += 1;
                        _ = guesses.wrong("anna", now);
                    }
                }
            }
            prop_assert!(tried <= 12 + now.as_secs() / 60 + now.as_secs() / 300, "{tried} in {now:?}");
        }
    }
}
