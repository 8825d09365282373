//! **The belt's motion** as the encoder told it: where the belt stood at a time, and when it came to a place.
//!
//! Between two samples the motion is interpolated, while the belt is **watched**. Two samples more than
//! [`WATCHED_GAP`] apart whose counts differ leave open when the belt moved between them. Before the oldest
//! sample and after the newest the belt is not watched either.
//!
//! Whatever finds an item by its place on the belt asks here: the gatherer for its pictures, the matcher of
//! scanners for its reads. No clock inside.

use std::collections::VecDeque;
use std::time::Duration;

/// Encoder samples kept: 40 s at one sample every 10 ms, longer than any item takes to its window.
const SAMPLES_MAX: usize = 4096;

/// Longest time between two encoder samples over which the belt's motion is interpolated. PLC cycles
/// are 10 ms, on slow PLCs up to 50 ms: one lost sample is bridged, a drop-out is not. A belt that
/// starts or stops in between is misplaced by at most a quarter of its travel in this time: 12 mm
/// at 500 mm/s.
pub const WATCHED_GAP: Duration = Duration::from_millis(100);

/// Where the encoder stood, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When, on the monotonic clock.
    pub at: Duration,
    /// The count, unwrapped.
    pub count: i64,
}

/// When the belt came to a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Interpolated between two samples.
    pub at: Duration,
    /// Whether the two samples are near enough for that.
    pub watched: bool,
}

/// Where the belt stood cannot be told: the encoder was not sampled then, and the belt may have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the belt was not watched at that moment; check the link to the PLC")]
pub struct Unwatched;

/// The belt's way from one sample to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    from: Sample,
    to: Sample,
}

impl Stretch {
    /// When the belt reached `target`, in counts, if it moved forward to it or past it here.
    pub fn reached(self, target: f64) -> Option<Crossing> {
        let Self { from, to } = self;
        let (start, end) = (from.count as f64, to.count as f64);
        if target > end || end <= start {
            return None;
        }
        let part = ((target - start) / (end - start)).max(0.0);
        let at = from.at + (to.at - from.at).mul_f64(part);
        Some(Crossing { at, watched: self.watched() })
    }

    /// Whether the belt's motion may be interpolated here.
    fn watched(self) -> bool {
        self.to.count == self.from.count || self.to.at - self.from.at <= WATCHED_GAP
    }
}

/// The encoder's latest samples, a bounded number of them.
#[derive(Debug, Clone, Default)]
pub struct Belt {
    samples: VecDeque<Sample>,
}

impl Belt {
    /// Adds a sample. Returns the way to it from the one before; none for the first, and for one that is
    /// not newer than the last, which is ignored.
    pub fn sample(&mut self, sample: Sample) -> Option<Stretch> {
        let last = self.samples.back().copied();
        if last.is_some_and(|last| sample.at <= last.at) {
            return None;
        }
        if self.samples.len() == SAMPLES_MAX {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        last.map(|from| Stretch { from, to: sample })
    }

    /// The newest sample.
    pub fn newest(&self) -> Option<Sample> {
        self.samples.back().copied()
    }

    /// The oldest sample that is newer than `at`.
    pub fn first_after(&self, at: Duration) -> Option<Sample> {
        self.samples.get(self.after(at)).copied()
    }

    /// When the encoder first reached `target`, from `entry` through the samples after it.
    pub fn reached_since(&self, entry: Sample, target: f64) -> Option<Crossing> {
        if target <= entry.count as f64 {
            return Some(Crossing { at: entry.at, watched: true });
        }
        let mut from = entry;
        for &to in self.samples.iter().skip(self.after(entry.at)) {
            if let Some(crossing) = (Stretch { from, to }).reached(target) {
                return Some(crossing);
            }
            from = to;
        }
        None
    }

    /// Where the belt stood at the time `at`, in counts.
    ///
    /// # Errors
    /// [`Unwatched`].
    pub fn position_at(&self, at: Duration) -> Result<f64, Unwatched> {
        let after = self.after(at);
        let from = after.checked_sub(1).and_then(|before| self.samples.get(before));
        let from = *from.ok_or(Unwatched)?;
        if from.at == at {
            return Ok(from.count as f64);
        }
        let to = *self.samples.get(after).ok_or(Unwatched)?;
        if !(Stretch { from, to }).watched() {
            return Err(Unwatched);
        }
        let part = (at - from.at).as_secs_f64() / (to.at - from.at).as_secs_f64();
        Ok(from.count as f64 + part * (to.count - from.count) as f64)
    }

    /// The place of the oldest sample that is newer than `at`.
    fn after(&self, at: Duration) -> usize {
        self.samples.partition_point(|sample| sample.at <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(ms: u64, count: i64) -> Sample {
        Sample { at: Duration::from_millis(ms), count }
    }

    fn belt(samples: &[(u64, i64)]) -> Belt {
        let mut belt = Belt::default();
        for &(ms, count) in samples {
            belt.sample(sample(ms, count));
        }
        belt
    }

    #[test]
    fn places_and_times_are_interpolated_where_the_belt_was_watched_and_nowhere_else() {
        let belt = belt(&[(0, 0), (10, 10), (20, 20), (500, 20), (1000, 90)]);
        let at = |ms| belt.position_at(Duration::from_millis(ms));
        assert_eq!((at(0), at(15), at(1000)), (Ok(0.0), Ok(15.0), Ok(90.0)));
        assert_eq!(at(300), Ok(20.0), "it stood");
        assert_eq!(at(700), Err(Unwatched), "it moved, nobody knows when");
        assert_eq!(at(1001), Err(Unwatched), "after the newest");
        let reached = |target| belt.reached_since(sample(0, 0), target);
        assert_eq!(reached(15.0), Some(Crossing { at: Duration::from_millis(15), watched: true }));
        assert!(reached(50.0).is_some_and(|crossing| !crossing.watched));
        assert_eq!(reached(90.5), None);
    }

    #[test]
    fn a_sample_that_is_not_newer_is_ignored_and_the_number_kept_is_bounded() {
        let mut belt = belt(&[(10, 5)]);
        assert_eq!(belt.sample(sample(10, 6)), None);
        assert_eq!(belt.newest(), Some(sample(10, 5)));
        for ms in 11..3 * SAMPLES_MAX as u64 {
            belt.sample(sample(ms, ms as i64));
        }
        assert_eq!(belt.samples.len(), SAMPLES_MAX);
    }
}
