//! **Light**: how much brighter, and in which tint, a view was taken than the normals.
//!
//! Lamps age, shutters and white balances drift, and each multiplies a colour channel by one
//! **gain**. The gain that is taken back is the one under which the channel's levels are likeliest,
//! by the distribution that all normals have together (a maximum-likelihood form of histogram
//! matching by a single factor). Nothing has to be known about item and background for that, and
//! neither a moved nor a damaged item changes it much.
//!
//! Gains that normals themselves have are no drift, and are left alone.

use std::sync::LazyLock;

use super::Small;

/// Levels that a channel is counted in, evenly spaced in the logarithm, where a gain is a shift.
pub(super) const LEVELS: usize = 96;
/// Added to a channel's value before the logarithm: the noise floor of a dark 8-bit picture, below
/// which differences mean nothing.
const FLOOR: f32 = 8.0;
/// The gains that are tried are powers of 1 + this: finer than a level is wide.
const STEP: f32 = 0.025;
/// Powers that are tried: 0.7 to 1.3 times as bright. What is farther off is no drift but a fault,
/// and shall not be hidden.
const POWERS: std::ops::RangeInclusive<i32> = -14..=10;
/// Powers up to this one, up or down, are left alone: an item that stands elsewhere or is turned
/// shifts the likeliest gain as much.
const STEADY: i32 = 2;
/// From this value on (of 255) a pixel may be cut off and says nothing about the gain.
const SATURATED: usize = 250;
/// Share of all pixels that is spread over all levels, so that no value is impossible.
const SPREAD: f32 = 0.01;

/// A gain that is tried, with what becomes of each value below [`SATURATED`] under it.
struct Trial {
    gain: f32,
    /// The level that the value comes to, and the logarithm of how much denser values lie there.
    moved: Vec<(usize, f32)>,
}

/// All gains that are tried, the nearest to 1 first.
static TRIALS: LazyLock<Vec<Trial>> = LazyLock::new(|| {
    let mut powers: Vec<i32> = POWERS.filter(|power| *power == 0 || power.abs() > STEADY).collect();
    powers.sort_by_key(|power| power.abs());
    let moved = |gain: f32, value: usize| {
        let (before, after) = (value as f32, gain * value as f32);
        (level(after), (gain * (before + FLOOR) / (after + FLOOR)).ln())
    };
    let trial = |power: i32| {
        let gain = (1.0 + STEP).powi(power);
        Trial { gain, moved: (0..SATURATED).map(|value| moved(gain, value)).collect() }
    };
    powers.into_iter().map(trial).collect()
});

/// What the red, green and blue of a view are to be multiplied by, 0.7 to 1.3 each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gains(pub [f32; 3]);

impl Gains {
    /// The gains of a view whose light is as it should be.
    pub const NONE: Gains = Gains([1.0; 3]);

    /// Multiplies `pixels` of 3 channels, or of 1 (which takes green's gain; a grey view has three
    /// equal ones), cut at 255.
    pub fn apply(self, pixels: &mut [u8], channels: usize) {
        if self == Gains::NONE {
            return;
        }
        let table = |gain: f32| -> [u8; 256] {
            std::array::from_fn(|value| (value as f32 * gain).round().min(255.0) as u8)
        };
        let tables = if channels == 1 { vec![table(self.0[1])] } else { self.0.map(table).into() };
        for pixel in pixels.chunks_exact_mut(tables.len()) {
            pixel.iter_mut().zip(&tables).for_each(|(value, table)| {
                *value = table[usize::from(*value)];
            });
        }
    }
}

/// How the channels' values are distributed over the normals of one view.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Light {
    /// Logarithm of each level's share of the pixels, for red, green and blue.
    pub log_shares: [Vec<f32>; 3],
}

fn level(value: f32) -> usize {
    let position = ((value.min(255.0) + FLOOR) / FLOOR).ln() / ((255.0 + FLOOR) / FLOOR).ln();
    ((position * LEVELS as f32) as usize).min(LEVELS - 1)
}

/// Pixels of each value, 0 to 255, in each channel.
fn histograms(view: &Small) -> [[f32; 256]; 3] {
    let [mut red, mut green, mut blue] = [[0u32; 256]; 3];
    for [r, g, b] in view.pixels() {
        red[usize::from(r)] += 1;
        green[usize::from(g)] += 1;
        blue[usize::from(b)] += 1;
    }
    let counts = [red, green, blue];
    counts.map(|counts| counts.map(|count| count as f32))
}

impl Light {
    /// The light that any view has: it never asks for a gain.
    pub fn any() -> Light {
        Light { log_shares: std::array::from_fn(|_| vec![0.0; LEVELS]) }
    }

    /// The distribution over `views`.
    pub fn learn(views: &[&Small]) -> Light {
        let histograms: Vec<_> = views.iter().map(|view| histograms(view)).collect();
        let log_shares = std::array::from_fn(|channel| {
            let mut counts = vec![0.0; LEVELS];
            for histogram in &histograms {
                for (value, count) in histogram[channel].iter().enumerate() {
                    counts[level(value as f32)] += count;
                }
            }
            // Levels narrower than a step of value stay empty: smoothing closes them.
            for _ in 0..2 {
                let at = |i: isize| counts[i.clamp(0, LEVELS as isize - 1) as usize];
                counts = (0..LEVELS as isize)
                    .map(|i| 0.25 * at(i - 1) + 0.5 * at(i) + 0.25 * at(i + 1))
                    .collect();
            }
            let total: f32 = counts.iter().sum::<f32>().max(1.0);
            let share = |count: f32| (1.0 - SPREAD) * count / total + SPREAD / LEVELS as f32;
            counts.into_iter().map(|count| share(count).ln()).collect()
        });
        Light { log_shares }
    }

    /// What takes the drift of `view` back.
    pub fn gains(&self, view: &Small) -> Gains {
        if self.log_shares.iter().flatten().all(|share| *share == 0.0) {
            return Gains::NONE;
        }
        let histograms = histograms(view);
        Gains(std::array::from_fn(|channel| gain(&self.log_shares[channel], &histograms[channel])))
    }
}

/// The likeliest gain of one channel; of equally likely ones the nearest to 1.
fn gain(log_shares: &[f32], histogram: &[f32; 256]) -> f32 {
    let likelihood = |trial: &Trial| -> f32 {
        let pixels = histogram.iter().zip(&trial.moved);
        pixels.map(|(count, (level, denser))| count * (log_shares[*level] + denser)).sum()
    };
    let mut best = (f32::NEG_INFINITY, 1.0);
    for trial in TRIALS.iter() {
        let likelihood = likelihood(trial);
        if likelihood > best.0 {
            best = (likelihood, trial.gain);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::picture::{Picture, PixelFormat};

    /// A dark belt with a reddish item on it that begins at column `x`, each channel times its gain.
    fn view(x: u32, gains: [f32; 3]) -> Small {
        let pixels = (0..320 * 320u32).flat_map(|at| {
            let (u, v) = (at % 320, at / 320);
            let item = (x..x + 120).contains(&u) && (90..200).contains(&v);
            let grain = (u.wrapping_mul(2_654_435_761) ^ v.wrapping_mul(40_503)) >> 7 & 7;
            let colour: [u32; 3] = if item { [150, 110, 90] } else { [50, 55, 60] };
            let lit = |channel: usize| ((colour[channel] + grain) as f32 * gains[channel]) as u8;
            [lit(0), lit(1), lit(2)]
        });
        let picture = Picture::from_pixels(320, 320, PixelFormat::Rgb8, pixels.collect());
        Small::of(&picture.unwrap())
    }

    #[test]
    fn a_drift_of_light_and_tint_is_taken_back_wherever_the_item_stands() {
        let (one, two) = (view(20, [1.0; 3]), view(60, [1.0; 3]));
        let light = Light::learn(&[&one, &two]);
        assert_eq!(light.gains(&one), Gains::NONE);
        for drift in [[0.8; 3], [1.2; 3], [0.85, 1.0, 1.15], [1.1, 1.1, 0.8]] {
            let Gains(gains) = light.gains(&view(100, drift));
            for (gain, drift) in gains.into_iter().zip(drift) {
                assert!((gain * drift).ln().abs() < 0.05, "{gain} for a drift of {drift}");
            }
        }
    }

    #[test]
    fn a_normal_that_stands_elsewhere_is_left_as_it_is() {
        let light = Light::learn(&[&view(20, [1.0; 3]), &view(60, [1.0; 3])]);
        for x in [0, 40, 100, 150] {
            assert_eq!(light.gains(&view(x, [1.0; 3])), Gains::NONE);
        }
    }

    #[test]
    fn a_dark_or_a_glaring_view_is_changed_by_no_more_than_the_limit() {
        let light = Light::learn(&[&view(20, [1.0; 3])]);
        for drift in [0.0, 0.2, 5.0] {
            let Gains(gains) = light.gains(&view(20, [drift; 3]));
            assert!(gains.iter().all(|gain| (0.7..=1.3).contains(gain)), "{gains:?}");
        }
        assert_eq!(Light::any().gains(&view(20, [0.5; 3])), Gains::NONE);
    }

    #[test]
    fn gains_multiply_their_channel_and_are_cut_at_white() {
        let mut pixels = [100, 100, 100, 250, 250, 250];
        Gains([0.8, 1.0, 1.2]).apply(&mut pixels, 3);
        assert_eq!(pixels, [80, 100, 120, 200, 250, 255]);
        let mut grey = [100, 250];
        Gains([1.2; 3]).apply(&mut grey, 1);
        assert_eq!(grey, [120, 255]);
    }
}
