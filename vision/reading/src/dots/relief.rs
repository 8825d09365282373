//! **Relief**: how much each place of a picture differs from what is around it, whichever way.
//!
//! The detector of text was trained on strokes, and dots are none. In the relief, the dots of a character run
//! together: the differences are smoothed within about the pitch, the distance of two dots. Dark ink on
//! light, light ink on dark and dents with a bright and a dark side all become dark strokes on white.

use image::{Rgb, RgbImage};

/// What is around a place, in pitches: as far as a character is wide.
const AROUND: f32 = 5.0;
/// Differences are smoothed within this share of the pitch.
const SMOOTHED: f32 = 0.5;
/// Differences are compared with the mean of those within so many pitches: print stands out alike everywhere.
const COMPARED: f32 = 24.0;
/// A difference so many times that mean is black.
const BLACK: f32 = 3.5;
/// And at least so many levels: noise stays pale.
const LEAST_LEVELS: f32 = 14.0;

/// The relief of `picture` for dots that are `pitch` pixels apart.
pub fn relief(picture: &RgbImage, pitch: f32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let size = (width as usize, height as usize);
    let grey: Vec<f32> = picture
        .pixels()
        .map(|pixel| pixel.0.iter().map(|value| f32::from(*value)).sum::<f32>() / 3.0)
        .collect();
    let around = smoothed(&grey, size, AROUND * pitch);
    let differences: Vec<f32> =
        grey.iter().zip(&around).map(|(value, mean)| (value - mean).abs()).collect();
    let strokes = smoothed(&differences, size, SMOOTHED * pitch);
    let usual = smoothed(&differences, size, COMPARED * pitch);
    let mut relief = RgbImage::new(width, height);
    for ((pixel, stroke), usual) in relief.pixels_mut().zip(&strokes).zip(&usual) {
        // What is as usual around here is paper.
        let dark = (stroke - usual).max(0.0) / (BLACK * usual).max(LEAST_LEVELS);
        *pixel = Rgb([(255.0 * (1.0 - dark.min(1.0))) as u8; 3]);
    }
    relief
}

/// The means of `values`, rows of `width`, within about `reach`: three running means one after the other,
/// which come near a normal distribution of that deviation.
fn smoothed(values: &[f32], (width, height): (usize, usize), reach: f32) -> Vec<f32> {
    // Three boxes of 2 r + 1 have the variance (2 r + 1)^2 / 4 - 1 / 4.
    let radius = (((4.0 * reach * reach + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
    let mut smoothed = values.to_vec();
    if radius == 0 || smoothed.is_empty() {
        return smoothed;
    }
    let mut line = vec![0.0; width.max(height)];
    for _ in 0..3 {
        for row in smoothed.chunks_exact_mut(width) {
            line[..width].copy_from_slice(row);
            running_means(&line[..width], radius, row.iter_mut());
        }
        for column in 0..width {
            for (to, from) in line.iter_mut().zip(smoothed[column..].iter().step_by(width)) {
                *to = *from;
            }
            let places = smoothed[column..].iter_mut().step_by(width);
            running_means(&line[..height], radius, places);
        }
    }
    smoothed
}

/// For each value the mean of those at most `radius` away; at the ends of those that there are.
fn running_means<'a>(values: &[f32], radius: usize, means: impl Iterator<Item = &'a mut f32>) {
    let mut sum: f64 = values.iter().take(radius).map(|value| f64::from(*value)).sum();
    let mut count = radius.min(values.len());
    for (at, mean) in means.enumerate() {
        if let Some(value) = values.get(at + radius) {
            sum += f64::from(*value);
            count += 1;
        }
        if let Some(value) = at.checked_sub(radius + 1).map(|before| values[before]) {
            sum -= f64::from(value);
            count -= 1;
        }
        *mean = (sum / count as f64) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dots of 3 pixels, 6 pixels apart, in a bar of 20 columns and one row, on grey with some structure.
    fn dotted(level: u8) -> RgbImage {
        RgbImage::from_fn(240, 80, |x, y| {
            let is_dot = (60..180).contains(&x) && (37..40).contains(&y) && x % 6 < 3;
            Rgb([if is_dot { level } else { 118 + (x * 7 + y * 5) as u8 % 5 }; 3])
        })
    }

    #[test]
    fn dark_and_light_dots_become_one_dark_stroke() {
        for level in [30, 210] {
            let relief = relief(&dotted(level), 6.0);
            let at = |x, y| relief.get_pixel(x, y).0[0];
            let stroke: Vec<u8> = (66..174).map(|x| at(x, 38)).collect();
            assert!(stroke.iter().all(|value| *value < 120), "{level}: {stroke:?}");
            assert!(at(20, 38) > 230 && at(120, 10) > 230, "paper stays white");
        }
    }

    #[test]
    fn an_empty_picture_and_one_without_contrast_are_white_or_nothing() {
        assert!(relief(&RgbImage::new(0, 0), 3.0).is_empty());
        let blank = relief(&RgbImage::from_pixel(9, 5, Rgb([90; 3])), 4.0);
        assert!(blank.iter().all(|value| *value == 255));
    }
}
