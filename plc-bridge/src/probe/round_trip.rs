//! How long requests take.

use std::fmt;
use std::time::Duration;

/// Durations of requests of one kind, shortest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoundTrips(Vec<Duration>);

impl RoundTrips {
    /// Sorts what was measured.
    pub fn new(mut measured: Vec<Duration>) -> Self {
        measured.sort_unstable();
        Self(measured)
    }

    /// The duration that `part` (0 to 1) of the requests did not exceed; zero when nothing was
    /// measured.
    pub fn quantile(&self, part: f64) -> Duration {
        let rank = (part * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for RoundTrips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |part| self.quantile(part).as_secs_f64() * 1e3;
        let [min, median, p99] = [0.0, 0.5, 0.99].map(ms);
        let count = self.0.len();
        write!(f, "min {min:.2} ms, median {median:.2} ms, p99 {p99:.2} ms ({count} requests)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_measured_values() {
        let trips = RoundTrips::new((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(trips.quantile(0.0), Duration::from_millis(1));
        assert_eq!(trips.quantile(0.5), Duration::from_millis(50));
        assert_eq!(trips.quantile(0.99), Duration::from_millis(99));
        let text = trips.to_string();
        assert_eq!(text, "min 1.00 ms, median 50.00 ms, p99 99.00 ms (100 requests)");
    }

    #[test]
    fn nothing_measured_is_no_time() {
        assert!(RoundTrips::default().is_empty());
        assert_eq!(RoundTrips::default().quantile(0.5), Duration::ZERO);
    }
}
