//! How many requests somebody may make: a bucket of requests that fills up steadily. Whoever has
//! emptied theirs is told to come later, so that one script or a browser gone wild does not take the
//! page from the others.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Buckets that are remembered at most.
pub const MOST_BUCKETS: usize = 1024;

/// A bucket's size, and how fast it fills.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Requests at once.
    pub burst: f64,
    /// Requests a second.
    pub per_second: f64,
}

/// Of one who is logged in: a page with a thousand pictures is a thousand requests.
pub const LOGGED_IN: Rate = Rate { burst: 1200.0, per_second: 50.0 };

/// Of one address without a session: the log-in page and what it is made of.
pub const STRANGER: Rate = Rate { burst: 120.0, per_second: 5.0 };

/// The buckets, by whose they are.
#[derive(Debug)]
pub struct Rates<Key> {
    rate: Rate,
    // What is left, and when that was.
    left: HashMap<Key, (f64, Duration)>,
}

impl<Key: Hash + Eq + Clone> Rates<Key> {
    /// All full.
    pub fn new(rate: Rate) -> Self {
        Self { rate, left: HashMap::new() }
    }

    /// Whether one more request of `key` is answered; it counts if so.
    pub fn take(&mut self, key: &Key, now: Duration) -> bool {
        let Rate { burst, per_second } = self.rate;
        if self.left.len() >= MOST_BUCKETS && !self.left.contains_key(key) {
            self.make_room(now);
        }
        let (left, then) = self.left.entry(key.clone()).or_insert((burst, now));
        *left = (*left + now.saturating_sub(*then).as_secs_f64() * per_second).min(burst);
        *then = now.max(*then);
        let answered = *left >= 1.0;
        if answered {
            *left -= 1.0;
        }
        answered
    }

    /// Forgets the fullest bucket: it loses least.
    fn make_room(&mut self, now: Duration) {
        let per_second = self.rate.per_second;
        let now_in = |(left, then): (f64, Duration)| {
            left + now.saturating_sub(then).as_secs_f64() * per_second
        };
        let fullest = self.left.iter().max_by(|a, b| now_in(*a.1).total_cmp(&now_in(*b.1)));
        if let Some(key) = fullest.map(|(key, _)| key.clone()) {
            self.left.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_emptied_bucket_fills_up_again() {
        let mut rates = Rates::new(Rate { burst: 3.0, per_second: 2.0 });
        let at = Duration::from_millis;
        let taken: Vec<bool> = (0..5).map(|_| rates.take(&1, at(0))).collect();
        assert_eq!(taken, [true, true, true, false, false]);
        assert!(rates.take(&2, at(0)), "another one's is full");
        assert!(!rates.take(&1, at(499)) && rates.take(&1, at(500)));
        assert!(rates.take(&1, at(60_000)));
    }

    proptest! {
        /// Nobody gets more than a burst and what has flowed in, and the memory is bounded.
        #[test]
        fn nobody_gets_more_than_the_rate(steps in proptest::collection::vec((0..2000_u64, 0..3000_u32), 1..3000)) {
            let rate = Rate { burst: 10.0, per_second: 1.0 };
            let mut rates = Rates::new(rate);
            let (mut now, mut answered) = (Duration::ZERO, 0);
            for (step, other) in steps {
                now += Duration::from_millis(step);
                answered += u32::from(rates.take(&u32::MAX, now));
                rates.take(&other, now);
                prop_assert!(rates.left.len() <= MOST_BUCKETS);
            }
            // One that was forgotten was the fullest: it may begin anew, which gives it a burst at most.
            let most = rate.burst * 2.0 + now.as_secs_f64() * rate.per_second;
            prop_assert!(f64::from(answered) <= most, "{answered} of {most}");
        }
    }
}
