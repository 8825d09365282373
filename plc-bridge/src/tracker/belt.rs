//! What the encoder's recent samples tell about the belt: where it is, how fast it runs, and when
//! it stood at a given count.

use std::collections::VecDeque;
use std::time::Duration;

/// A reading of the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was read.
    pub at: Duration,
    /// The unwrapped count.
    pub count: i64,
}

/// How long samples are kept. An edge is reported at the next poll, so its count lies between the
/// last two samples; the rest is for the speed, and for edges that waited in the PLC's ring.
const KEPT: Duration = Duration::from_secs(2);
/// At most this many samples: [`KEPT`] at the shortest cycle of 2 ms.
const MOST: usize = 1000;
/// The speed is measured over this long: short enough to follow a ramp, long enough that a count
/// more or less does not show.
const WINDOW: Duration = Duration::from_millis(500);
/// A second, quicker look, so that a belt that starts again is not taken for a slow one.
const QUICK_WINDOW: Duration = Duration::from_millis(60);
/// Samples closer together tell no speed: of two readings within half a cycle the first may be
/// stale, and the belt would seem to race.
const SHORTEST_BASE: Duration = Duration::from_millis(5);
/// Below this a belt counts as stopped, in mm/s: at most a millimetre in a second.
const STOPPED_MM_S: f64 = 1.0;
/// What "not in sight" is: a prediction for a stopped belt, or one further ahead than this.
pub const FAR: Duration = Duration::from_secs(3600);

/// The belt's recent past.
#[derive(Debug)]
pub struct Belt {
    mm_per_count: f64,
    nominal_mm_s: f64,
    samples: VecDeque<Sample>,
    /// The speed, and the faster of it and a quicker look, in mm/s; measured once a sample.
    speed_mm_s: f64,
    fastest_mm_s: f64,
}

impl Belt {
    /// A belt of which nothing is known but its usual speed.
    pub fn new(mm_per_count: f64, nominal_mm_s: f64) -> Self {
        Self {
            mm_per_count,
            nominal_mm_s,
            samples: VecDeque::with_capacity(MOST),
            speed_mm_s: nominal_mm_s,
            fastest_mm_s: nominal_mm_s,
        }
    }

    /// Takes a newer sample; one that is not newer than the last is passed over.
    pub fn push(&mut self, sample: Sample) {
        if self.samples.back().is_some_and(|last| sample.at <= last.at) {
            return;
        }
        self.samples.push_back(sample);
        // Two always stay: what happened between them is interpolated, however long it took.
        while self.samples.len() > MOST
            || (self.samples.len() > 2 && sample.at - self.samples[0].at > KEPT)
        {
            self.samples.pop_front();
        }
        self.measure();
    }

    /// How long no sample came before `now`; nothing before the first.
    pub fn silent_for(&self, now: Duration) -> Duration {
        self.samples.back().map_or(Duration::ZERO, |last| now.saturating_sub(last.at))
    }

    /// Forgets everything: the encoder was restarted.
    pub fn clear(&mut self) {
        self.samples.clear();
        self.measure();
    }

    /// The newest sample.
    pub fn last(&self) -> Option<Sample> {
        self.samples.back().copied()
    }

    /// Belt travel from one count to another, in millimetres.
    pub fn travel_mm(&self, from: i64, to: i64) -> f64 {
        (to - from) as f64 * self.mm_per_count
    }

    /// The speed for predictions, in mm/s; negative when the belt runs back, nominal before the
    /// encoder has shown the real one.
    pub fn speed_mm_s(&self) -> f64 {
        self.speed_mm_s
    }

    fn measure(&mut self) {
        self.speed_mm_s = self.speed_over(WINDOW).unwrap_or(self.nominal_mm_s);
        let quick_mm_s = self.speed_over(QUICK_WINDOW).unwrap_or(0.0);
        self.fastest_mm_s = self.speed_mm_s.max(quick_mm_s).max(0.0);
    }

    /// How far the belt may go within `lead`, in millimetres, never negative. Takes the faster of
    /// a long and a quick look, so that a belt that speeds up is not underestimated.
    pub fn reach_mm(&self, lead: Duration) -> f64 {
        self.fastest_mm_s * lead.as_secs_f64()
    }

    /// How long the belt needs for `mm` more millimetres; [`FAR`] when it is stopped.
    pub fn time_for(&self, mm: f64) -> Duration {
        let speed = self.speed_mm_s();
        if mm <= 0.0 {
            return Duration::ZERO;
        }
        if speed < STOPPED_MM_S {
            return FAR;
        }
        Duration::from_secs_f64((mm / speed).min(FAR.as_secs_f64()))
    }

    /// When the belt last stood at `count`, interpolated between the samples around it.
    pub fn time_of(&self, count: i64) -> Duration {
        let (Some(oldest), Some(newest)) = (self.samples.front(), self.samples.back()) else {
            return Duration::ZERO;
        };
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1)).rev();
        for (a, b) in pairs {
            if count < a.count.min(b.count) || count > a.count.max(b.count) {
                continue;
            }
            if a.count == b.count {
                return b.at;
            }
            let part = (count - a.count) as f64 / (b.count - a.count) as f64;
            return a.at + (b.at - a.at).mul_f64(part);
        }
        if count >= oldest.count {
            return newest.at;
        }
        let before = self.travel_mm(count, oldest.count) / self.nominal_mm_s;
        oldest.at.saturating_sub(Duration::from_secs_f64(before.min(FAR.as_secs_f64())))
    }

    /// Speed from the oldest sample within `window` (or the last but one) to the newest.
    fn speed_over(&self, window: Duration) -> Option<f64> {
        let newest = self.samples.back()?;
        let apart = self.samples.partition_point(|s| newest.at - s.at >= SHORTEST_BASE);
        let oldest_within = self.samples.partition_point(|s| newest.at - s.at > window);
        let from = &self.samples[oldest_within.min(apart.checked_sub(1)?)];
        let seconds = (newest.at - from.at).as_secs_f64();
        Some(self.travel_mm(from.count, newest.count) / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn belt(samples: &[(u64, i64)]) -> Belt {
        let mut belt = Belt::new(0.5, 300.0);
        for (at, count) in samples {
            belt.push(Sample { at: ms(*at), count: *count });
        }
        belt
    }

    #[test]
    fn the_time_of_an_edge_is_interpolated_between_samples() {
        assert_eq!(belt(&[(100, 0), (110, 10), (120, 20)]).time_of(15), ms(115));
    }

    #[test]
    fn an_edge_on_a_stopped_belt_happened_at_the_newest_sample() {
        assert_eq!(belt(&[(100, 7), (110, 7)]).time_of(7), ms(110));
    }

    #[test]
    fn an_edge_before_the_first_sample_is_placed_by_the_nominal_speed() {
        let at = belt(&[(1000, 600), (1010, 606)]).time_of(0);
        assert_eq!(at, Duration::ZERO, "300 mm at 300 mm/s is one second");
    }

    #[test]
    fn the_nominal_speed_holds_until_two_samples_came() {
        assert_eq!(belt(&[(0, 0)]).speed_mm_s(), 300.0);
        assert_eq!(belt(&[(0, 0), (100, 20)]).speed_mm_s(), 100.0);
    }

    #[test]
    fn a_stopped_belt_reaches_nothing_and_predicts_far_ahead() {
        let belt = belt(&[(0, 5), (100, 5)]);
        assert_eq!(belt.reach_mm(ms(60)), 0.0);
        assert_eq!(belt.time_for(10.0), FAR);
        assert_eq!(belt.time_for(0.0), Duration::ZERO);
    }

    #[test]
    fn a_stale_reading_right_before_a_fresh_one_is_not_taken_for_a_racing_belt() {
        let belt = belt(&[(0, 0), (1000, 0), (1001, 600)]);
        assert!(belt.reach_mm(ms(100)) <= 3.0 * 300.0 * 0.1);
    }

    #[test]
    fn a_belt_that_starts_again_is_not_taken_for_a_slow_one() {
        let belt = belt(&[(0, 0), (440, 0), (500, 36)]);
        assert!(belt.speed_mm_s() < 40.0);
        assert!((belt.reach_mm(ms(100)) - 30.0).abs() < 1e-9, "36 counts in 60 ms: 300 mm/s");
    }
}
