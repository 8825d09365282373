//! **Back-off**: the pause before the next attempt at something that failed. It doubles with each failure up to a
//! longest one, and is the first again once the thing works.

use std::time::Duration;

/// The pauses, without a clock.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Pauses from `first` to `longest`; where `first` is longer, it is cut to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        let first = first.min(longest);
        Self { first, longest, next: first }
    }

    /// The pause after one more failure.
    pub fn failed(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        pause
    }

    /// The longest pause, now and after each further failure.
    pub fn failed_for_long(&mut self) -> Duration {
        self.next = self.longest;
        self.failed()
    }

    /// It works: the next pause is the first again.
    pub fn worked(&mut self) {
        self.next = self.first;
    }
}

/// A pause spread by `jitter` (0 to 1) from half of it to the whole, so that many boxes do not come back in one
/// moment.
pub fn spread(pause: Duration, jitter: f64) -> Duration {
    pause.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_double_up_to_the_longest_and_start_over_once_it_works() {
        let mut backoff = Backoff::new(SECOND / 2, 30 * SECOND);
        let pauses: Vec<_> = (0..9).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        backoff.worked();
        assert_eq!(backoff.failed(), SECOND / 2);
        assert_eq!(backoff.failed_for_long(), 30 * SECOND);
    }

    #[test]
    fn a_first_pause_beyond_the_longest_is_cut_and_no_pause_overflows() {
        assert_eq!(Backoff::new(2 * SECOND, SECOND).failed(), SECOND);
        let mut endless = Backoff::new(Duration::MAX / 2, Duration::MAX);
        let pauses = [endless.failed(), endless.failed(), endless.failed()];
        assert!(pauses.is_sorted(), "{pauses:?}");
    }

    #[test]
    fn jitter_spreads_a_pause_from_half_to_the_whole() {
        let spread = [-1.0, 0.0, 0.5, 1.0, 2.0].map(|jitter| spread(SECOND, jitter).as_millis());
        assert_eq!(spread, [500, 500, 750, 1000, 1000]);
    }
}
