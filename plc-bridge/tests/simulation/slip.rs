//! Slip: bodies that go a little faster or slower than the belt under them.

use crate::scenario::LineSpec;

/// The stretches of the belt from one eye to the next, on each of which a body slips in its own way.
#[derive(Debug)]
pub struct Stretches {
    /// Where each begins, and where the last ends.
    bounds: Vec<f64>,
}

impl Stretches {
    pub fn of(line: &LineSpec) -> Self {
        let mut bounds = vec![0.0];
        bounds.extend(&line.mids);
        bounds.push(line.diverters.iter().map(|d| d.lane_eye).fold(line.exit, f64::min));
        Self { bounds }
    }

    /// The stretch at this place, seen in the direction of travel: how far a body goes there for
    /// each millimetre of the belt, and where the stretch ends.
    fn at(&self, slips: &[f64; 3], place: f64, forward: bool) -> (f64, f64) {
        let is_behind = |bound: &&f64| if forward { **bound <= place } else { **bound < place };
        let behind = self.bounds.iter().take_while(is_behind).count();
        let limit = if forward { behind } else { behind.wrapping_sub(1) };
        let far = if forward { f64::INFINITY } else { f64::NEG_INFINITY };
        let end = self.bounds.get(limit).copied().unwrap_or(far);
        if behind == 0 || behind == self.bounds.len() {
            return (1.0, end);
        }
        // The belt goes shorter by the slip while the body goes the whole stretch.
        let length = self.bounds[behind] - self.bounds[behind - 1];
        (length / (length - slips[behind - 1]), end)
    }

    /// Where a body is after the belt went `by`.
    pub fn advance(&self, slips: &[f64; 3], mut place: f64, mut by: f64) -> f64 {
        loop {
            let (rate, end) = self.at(slips, place, by > 0.0);
            let to_end = (end - place) / rate;
            if by.abs() <= to_end.abs() {
                return place + by * rate;
            }
            by -= to_end;
            place = end;
        }
    }

    /// How far the belt goes while a body gets from one place to another.
    pub fn travel(&self, slips: &[f64; 3], mut from: f64, to: f64) -> f64 {
        let mut travel = 0.0;
        loop {
            let (rate, end) = self.at(slips, from, to > from);
            if (to - from).abs() <= (end - from).abs() {
                return travel + (to - from) / rate;
            }
            travel += (end - from) / rate;
            from = end;
        }
    }
}
