//! Whether the belt moves, from the encoder samples that the bridge sends. No clock: samples bring
//! their time.

use std::time::Duration;

use calib::the_box::BeltStatus;

/// Over how long a speed is reckoned.
const PERIOD: Duration = Duration::from_millis(500);

/// Without a sample for so long nothing is known.
const SILENT: Duration = Duration::from_secs(3);

/// Slower than this, in millimetres a second, a belt stands: an encoder trembles.
const STANDS: f64 = 2.0;

/// The belt's speed.
#[derive(Debug, Clone, Copy)]
pub struct BeltSpeed {
    mm_per_count: f64,
    /// The sample from which the speed is reckoned.
    from: Option<(Duration, i64)>,
    newest: Duration,
    mm_per_s: Option<f64>,
}

impl BeltSpeed {
    /// Nothing is known yet.
    pub fn new(mm_per_count: f64) -> Self {
        Self { mm_per_count, from: None, newest: Duration::ZERO, mm_per_s: None }
    }

    /// The encoder stood at `count` at `at`.
    pub fn sample(&mut self, at: Duration, count: i64) {
        let is_gap = at.saturating_sub(self.newest) > SILENT;
        self.newest = self.newest.max(at);
        let Some((since, before)) = self.from.filter(|_| !is_gap) else {
            self.from = Some((at, count));
            self.mm_per_s = None;
            return;
        };
        let passed = at.saturating_sub(since);
        if passed >= PERIOD {
            let counts = count.saturating_sub(before) as f64;
            self.mm_per_s = Some(counts * self.mm_per_count / passed.as_secs_f64());
            self.from = Some((at, count));
        }
    }

    /// How the belt is at `now`.
    pub fn status(&self, now: Duration) -> BeltStatus {
        match self.mm_per_s {
            Some(mm_per_s) if now.saturating_sub(self.newest) <= SILENT => {
                if mm_per_s.abs() < STANDS {
                    BeltStatus::Standing
                } else {
                    BeltStatus::Moving { mm_per_s }
                }
            }
            _ => BeltStatus::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_belt_moves_stands_and_is_unknown_when_nobody_tells() {
        let mut belt = BeltSpeed::new(0.5);
        assert_eq!(belt.status(at(0)), BeltStatus::Unknown);
        (0..=100_i64).for_each(|n| belt.sample(at(n as u64 * 10), n * 20));
        assert_eq!(belt.status(at(1000)), BeltStatus::Moving { mm_per_s: 1000.0 });
        (101..=200_u64).for_each(|n| belt.sample(at(n * 10), 2000 + (n % 2) as i64));
        assert_eq!(belt.status(at(2000)), BeltStatus::Standing, "it only trembles");
        assert_eq!(belt.status(at(5001)), BeltStatus::Unknown);
        belt.sample(at(9000), 900_000);
        assert_eq!(belt.status(at(9000)), BeltStatus::Unknown, "a gap is no speed");
    }
}
