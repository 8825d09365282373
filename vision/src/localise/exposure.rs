//! **Exposure**: how much brighter or darker a view was taken than the normals.
//!
//! Light ages and shutters drift, and both multiply all brightness by one **gain**. The gain that is
//! taken back is the one under which the view's brightness is likeliest, by the distribution that
//! all normals have together. Nothing has to be known about item and background for that, and
//! neither a moved nor a damaged item changes it much.

use super::Small;

/// Levels that brightness is counted in, evenly spaced in the logarithm, where a gain is a shift.
pub(super) const LEVELS: usize = 96;
/// Added to brightness before the logarithm: the noise floor of a dark 8-bit picture, below which
/// differences mean nothing.
const FLOOR: f32 = 8.0;
/// The gains that are tried are powers of 1 + this: finer than a brightness level is wide.
const STEP: f32 = 0.025;
/// Powers that are tried: 0.7 to 1.3 times as bright. What is farther off is no drift but a fault,
/// and shall not be hidden.
const POWERS: std::ops::RangeInclusive<i32> = -14..=10;
/// From this brightness on (of 255) a pixel may be cut off and says nothing about the gain.
const SATURATED: usize = 250;
/// Share of all pixels that is spread over all levels, so that no brightness is impossible.
const SPREAD: f32 = 0.01;

/// How brightness is distributed over the normals of one view.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exposure {
    /// Logarithm of each level's share of the pixels.
    pub log_shares: Vec<f32>,
}

fn level(brightness: f32) -> usize {
    let position = ((brightness.min(255.0) + FLOOR) / FLOOR).ln() / ((255.0 + FLOOR) / FLOOR).ln();
    ((position * LEVELS as f32) as usize).min(LEVELS - 1)
}

/// Pixels of each brightness, 0 to 255.
fn histogram(view: &Small) -> [f32; 256] {
    let mut counts = [0; 256];
    for [red, green, blue] in view.pixels() {
        counts[(usize::from(red) + usize::from(green) + usize::from(blue)) / 3] += 1;
    }
    counts.map(|count| count as f32)
}

impl Exposure {
    /// The distribution over `views`.
    pub fn learn(views: &[&Small]) -> Exposure {
        let mut counts = vec![0.0; LEVELS];
        for view in views {
            for (brightness, count) in histogram(view).into_iter().enumerate() {
                counts[level(brightness as f32)] += count;
            }
        }
        // Levels narrower than a step of brightness stay empty: smoothing closes them.
        for _ in 0..2 {
            let at = |i: isize| counts[i.clamp(0, LEVELS as isize - 1) as usize];
            counts = (0..LEVELS as isize)
                .map(|i| 0.25 * at(i - 1) + 0.5 * at(i) + 0.25 * at(i + 1))
                .collect();
        }
        let total: f32 = counts.iter().sum::<f32>().max(1.0);
        let share = |count: f32| (1.0 - SPREAD) * count / total + SPREAD / LEVELS as f32;
        Exposure { log_shares: counts.into_iter().map(|count| share(count).ln()).collect() }
    }

    /// What the brightness of `view` is to be multiplied by, 0.7 to 1.3.
    pub fn gain(&self, view: &Small) -> f32 {
        let histogram = histogram(view);
        let likelihood = |gain: f32| -> f32 {
            let pixels = histogram.iter().enumerate().take(SATURATED);
            pixels
                .filter(|(_, count)| **count > 0.0)
                .map(|(brightness, count)| {
                    let before = brightness as f32;
                    let after = gain * before;
                    // The second part: dark levels move closer together or farther apart.
                    let moved = (gain * (before + FLOOR) / (after + FLOOR)).ln();
                    count * (self.log_shares[level(after)] + moved)
                })
                .sum()
        };
        let mut powers: Vec<i32> = POWERS.collect();
        powers.sort_by_key(|power| power.abs());
        let mut best = (f32::NEG_INFINITY, 1.0);
        // The gain nearest to 1 wins where several are as likely.
        for gain in powers.into_iter().map(|power| (1.0 + STEP).powi(power)) {
            let likelihood = likelihood(gain);
            if likelihood > best.0 {
                best = (likelihood, gain);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Picture, PixelFormat};

    /// A dark belt with a grey item on it that begins at column `x`, all times `gain`.
    fn view(x: u32, gain: f32) -> Small {
        let pixels = (0..320 * 320u32).map(|at| {
            let (u, v) = (at % 320, at / 320);
            let item = (x..x + 120).contains(&u) && (90..200).contains(&v);
            let grain = (u.wrapping_mul(2_654_435_761) ^ v.wrapping_mul(40_503)) >> 7 & 7;
            ((if item { 150 } else { 50 } + grain) as f32 * gain) as u8
        });
        let picture = Picture::from_pixels(320, 320, PixelFormat::Grey8, pixels.collect());
        Small::of(&picture.unwrap())
    }

    #[test]
    fn a_drift_of_the_light_is_taken_back_wherever_the_item_stands() {
        let (one, two) = (view(20, 1.0), view(60, 1.0));
        let exposure = Exposure::learn(&[&one, &two]);
        assert_eq!(exposure.gain(&one), 1.0);
        for drift in [0.8f32, 0.9, 1.1, 1.2] {
            let gain = exposure.gain(&view(100, drift));
            assert!((gain * drift).ln().abs() < 0.04, "{gain} for a drift of {drift}");
        }
    }

    #[test]
    fn a_dark_or_a_glaring_view_is_changed_by_no_more_than_the_limit() {
        let exposure = Exposure::learn(&[&view(20, 1.0)]);
        for drift in [0.0, 0.2, 5.0] {
            assert!((0.7..=1.3).contains(&exposure.gain(&view(20, drift))));
        }
    }
}
