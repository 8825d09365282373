//! How punctual the cycle is, and how long an exchange takes.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::whole_line::Counters;

/// Longest time told apart, in microseconds: ten seconds, beyond every time-out.
const LONGEST_US: u64 = 10_000_000;
/// Times are told apart to one part in a hundred.
const DIGITS: u8 = 2;

/// What was measured since the start. All memory is taken at the start.
pub(crate) struct Statistics {
    cycles: u64,
    lateness: Histogram<u64>,
    exchange: Histogram<u64>,
}

impl Default for Statistics {
    fn default() -> Self {
        let histogram =
            || Histogram::new_with_max(LONGEST_US, DIGITS).expect("the bounds are in order");
        Self { cycles: 0, lateness: histogram(), exchange: histogram() }
    }
}

impl Statistics {
    /// A turn began so much after its time.
    pub(crate) fn woke(&mut self, late: Duration) {
        self.cycles += 1;
        self.lateness.saturating_record(microseconds(late));
    }

    /// Both blocks were exchanged in so much time.
    pub(crate) fn exchanged(&mut self, took: Duration) {
        self.exchange.saturating_record(microseconds(took));
    }

    pub(crate) fn report(&self, counters: Counters) -> Report {
        Report {
            counters,
            cycles: self.cycles,
            lateness: Spread::of(&self.lateness),
            exchange: Spread::of(&self.exchange),
        }
    }
}

/// What was counted and measured since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// What the line has counted.
    pub counters: Counters,
    /// Turns taken.
    pub cycles: u64,
    /// How much after its time a turn began.
    pub lateness: Spread,
    /// How long an exchange of both blocks took.
    pub exchange: Spread,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { counters, cycles, lateness, exchange } = self;
        write!(
            f,
            "{counters:?}; {cycles} cycles, begun late by {lateness}; exchange with the PLC \
             {exchange}"
        )
    }
}

/// How times spread, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Half of them are not longer.
    pub p50_us: u64,
    /// 99 of 100 are not longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl Spread {
    fn of(times: &Histogram<u64>) -> Self {
        Self {
            p50_us: times.value_at_quantile(0.5),
            p99_us: times.value_at_quantile(0.99),
            max_us: times.max(),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50_us, p99_us, max_us } = self;
        write!(f, "p50 {p50_us} us, p99 {p99_us} us, max {max_us} us")
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_quantiles_and_none_is_too_long() {
        let mut statistics = Statistics::default();
        (1..=99).for_each(|us| statistics.woke(Duration::from_micros(us)));
        statistics.woke(Duration::from_secs(3600));
        let report = statistics.report(Counters::default());
        assert_eq!((report.cycles, report.lateness.p50_us, report.lateness.p99_us), (100, 50, 99));
        assert!(report.lateness.max_us >= LONGEST_US);
        assert!(report.to_string().contains("100 cycles, begun late by p50 50 us"), "{report}");
    }
}
