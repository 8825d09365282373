//! **Drift**: what changes in a camera's pictures by itself, from day to day: its light by some percent, the
//! light's colour, the sharpness, the noise. Normal pictures of one hour do not show it, and whatever is
//! learned from them alone takes it for a defect.

use image::RgbImage;
use image::imageops::fast_blur;
use imageproc::noise::gaussian_noise;

/// How far light and its colour drift, as a share.
const LIGHT: f64 = 0.03;
/// Radius of the blur of a lens that is a little out of focus, in pixels.
const SOFT: f32 = 0.8;
/// Deviation of the noise of a warm sensor, in grey levels.
const NOISE: f64 = 3.0;

/// Where the noise begins, so that learning is repeatable.
const SEED: u64 = 1;

/// Copies of `picture` as the same camera might take it another day, one for each thing that drifts.
pub fn drifted(picture: &RgbImage) -> Vec<RgbImage> {
    let gained = |gains: [f64; 3]| {
        let mut copy = picture.clone();
        for pixel in copy.pixels_mut() {
            for (channel, gain) in pixel.0.iter_mut().zip(gains) {
                *channel = (f64::from(*channel) * gain).round().min(255.0) as u8;
            }
        }
        copy
    };
    vec![
        gained([1.0 + LIGHT; 3]),
        gained([1.0 + LIGHT, 1.0, 1.0 - LIGHT]),
        fast_blur(picture, SOFT),
        gaussian_noise(picture, 0.0, NOISE, SEED),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_changes_the_picture_a_little_and_the_same_way_each_time() {
        let picture = RgbImage::from_fn(60, 40, |x, y| {
            image::Rgb([100, 120, if (x / 10 + y / 10) % 2 == 0 { 60 } else { 180 }])
        });
        let copies = drifted(&picture);
        assert_eq!(copies, drifted(&picture));
        for copy in &copies {
            let pairs = copy.iter().zip(picture.iter());
            let squares: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
            let deviation = (squares / copy.len() as f64).sqrt();
            // Sharp edges of 120 grey levels, softened, are the most that changes here.
            assert!((1.0..20.0).contains(&deviation), "{deviation}");
        }
    }
}
