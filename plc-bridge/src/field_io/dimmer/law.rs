//! The control law of the dimmer: from the hall's light to the tunnel's.
//!
//! The **target** follows a curve of straight lines. The light **aims** at a new target only when it
//! differs from the old one by the hysteresis, so that a cloud's flicker moves nothing, and it gets
//! there at the slew rate, so that all views of one item see the same light.

use std::time::Duration;

use line::config::io::{DimmerPoint, DimmerSection};

/// Decides how much light the tunnel gets.
#[derive(Debug, Clone)]
pub struct Law {
    curve: Vec<DimmerPoint>,
    hysteresis: f64,
    slew_per_s: f64,
    aim: Option<f64>,
    percent: f64,
}

impl Law {
    /// The law of this section, without a measurement yet.
    pub fn new(section: &DimmerSection) -> Self {
        Self {
            curve: section.target.clone(),
            hysteresis: section.hysteresis_percent,
            slew_per_s: section.slew_percent_s,
            aim: None,
            percent: 0.0,
        }
    }

    /// The light in percent, `elapsed` after the step before. The first step is at its target at
    /// once.
    pub fn step(&mut self, ambient_lux: f64, elapsed: Duration) -> f64 {
        let target = self.target(ambient_lux);
        let Some(aim) = &mut self.aim else {
            self.aim = Some(target);
            self.percent = target;
            return target;
        };
        if (target - *aim).abs() > self.hysteresis {
            *aim = target;
        }
        let most = self.slew_per_s * elapsed.as_secs_f64();
        self.percent += (*aim - self.percent).clamp(-most, most);
        self.percent
    }

    /// The curve at `lux`; flat beyond its ends. A reading that is no number counts as dark.
    fn target(&self, lux: f64) -> f64 {
        let lux = if lux.is_finite() { lux } else { 0.0 };
        let above = self.curve.iter().position(|point| point.lux > lux);
        let percent = match above.unwrap_or(self.curve.len()) {
            0 => self.curve.first().map_or(0.0, |point| point.percent),
            index if index == self.curve.len() => self.curve[index - 1].percent,
            index => {
                let (low, high) = (self.curve[index - 1], self.curve[index]);
                let share = (lux - low.lux) / (high.lux - low.lux);
                low.percent + share * (high.percent - low.percent)
            }
        };
        percent.clamp(0.0, 100.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn law() -> Law {
        Law {
            curve: vec![
                DimmerPoint { lux: 100.0, percent: 90.0 },
                DimmerPoint { lux: 500.0, percent: 50.0 },
            ],
            hysteresis: 2.0,
            slew_per_s: 5.0,
            aim: None,
            percent: 0.0,
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_curve_is_straight_between_its_points_and_flat_beyond() {
        for (lux, percent) in
            [(0.0, 90.0), (100.0, 90.0), (300.0, 70.0), (500.0, 50.0), (9000.0, 50.0)]
        {
            assert_eq!(law().step(lux, SECOND), percent);
        }
        assert_eq!(law().step(f64::NAN, SECOND), 90.0, "what is no reading counts as dark");
    }

    #[test]
    fn flicker_below_the_hysteresis_moves_nothing() {
        let mut law = law();
        assert_eq!(law.step(300.0, SECOND), 70.0);
        for lux in [310.0, 290.0, 319.0, 281.0] {
            assert_eq!(law.step(lux, SECOND), 70.0);
        }
        assert_eq!(law.step(340.0, SECOND), 66.0);
    }

    #[test]
    fn a_sudden_change_is_followed_slowly() {
        let mut law = law();
        law.step(100.0, SECOND);
        let steps: Vec<f64> = (0..10).map(|_| law.step(500.0, SECOND)).collect();
        assert_eq!(steps, [85.0, 80.0, 75.0, 70.0, 65.0, 60.0, 55.0, 50.0, 50.0, 50.0]);
    }

    proptest! {
        #[test]
        fn the_light_stays_in_its_bounds_and_never_jumps(
            readings in prop::collection::vec(0.0f64..2000.0, 2..100),
        ) {
            let mut law = law();
            let mut before = law.step(readings[0], SECOND);
            for lux in readings {
                let percent = law.step(lux, SECOND);
                prop_assert!((50.0..=90.0).contains(&percent));
                prop_assert!((percent - before).abs() <= 5.0 + 1e-9);
                before = percent;
            }
        }
    }
}
