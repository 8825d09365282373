//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The first pause: long enough not to hammer a broker that is starting.
const FIRST: Duration = Duration::from_millis(500);

/// The longest pause: half a minute after the network is back, the link is too.
pub const LONGEST: Duration = Duration::from_secs(30);

/// Doubles the pause at each failure, up to [`LONGEST`].
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause after one more failure. `jitter` from 0 to 1 spreads it from half to the whole, so
    /// that a fleet does not come back in one moment when its broker does.
    pub fn failed(&mut self, jitter: f64) -> Duration {
        // 500 ms doubled 6 times passes 30 s.
        let whole = (FIRST * 2_u32.pow(self.failures.min(6))).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        whole.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// The pause after another client of the same name has taken the place: always a long one, since
    /// each of the two would otherwise throw the other out as fast as it can.
    pub fn taken_over(&mut self, jitter: f64) -> Duration {
        self.failures = 6;
        self.failed(jitter)
    }

    /// The link works: the next pause is the first again.
    pub fn worked(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_over_once_the_link_works() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..9).map(|_| backoff.failed(1.0).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        backoff.worked();
        assert_eq!(backoff.failed(0.0), FIRST / 2);
        backoff.worked();
        assert_eq!(backoff.taken_over(0.0), LONGEST / 2, "although the link worked");
    }
}
