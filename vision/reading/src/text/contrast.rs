//! Contrast: a dim or hazy picture is stretched to the full range of grey before it is read. The
//! networks were trained on documents; on a grey print in dim light the detector sees half the words.
//! Where a lamp is reflected, print is pale beside other print: contrast is evened out place by place.

use image::RgbImage;
use image::imageops::blur;

/// This share of the values may become black, and as many white: glints and dust say nothing.
const CUT: f64 = 0.01;
/// The darkest and the brightest value are taken to be at least so far apart: noise of an empty
/// picture stays noise.
const LEAST_RANGE: u8 = 64;

/// A copy of `picture` whose values go from black to white. All channels are stretched alike, so that
/// colours keep their hue.
pub(crate) fn stretched(picture: &RgbImage) -> RgbImage {
    let mut counts = [0_u64; 256];
    for value in picture.as_raw() {
        counts[usize::from(*value)] += 1;
    }
    let (low, high) = range(&counts);
    let scale = 255.0 / f32::from((high - low).max(LEAST_RANGE));
    let new: Vec<u8> =
        (0..=255_u8).map(|value| (f32::from(value.saturating_sub(low)) * scale) as u8).collect();
    let mut stretched = picture.clone();
    for value in stretched.iter_mut() {
        *value = new[usize::from(*value)];
    }
    stretched
}

/// Print is made to stand out from its surroundings by about so many levels,
const EVEN: f32 = 40.0;
/// by enlarging differences at most so many times: paper without print has noise only.
const MOST_ENLARGED: f32 = 6.0;
/// The level of the surroundings.
const PAPER: f32 = 140.0;

/// A copy of `picture` in which print stands out alike everywhere: each value's difference from the mean within
/// about `reach` pixels, enlarged the more, the smaller such differences are there.
pub(crate) fn evened(picture: &RgbImage, reach: f32) -> RgbImage {
    let mean = blur(picture, reach);
    // In quarters of a level; what is beyond 63 levels is not enlarged anyway.
    let mut differences = picture.clone();
    for (value, mean) in differences.iter_mut().zip(mean.iter()) {
        *value = value.abs_diff(*mean).saturating_mul(4);
    }
    let differences = blur(&differences, reach);
    let mut evened = picture.clone();
    for ((value, mean), quarters) in evened.iter_mut().zip(mean.iter()).zip(differences.iter()) {
        let usual = (f32::from(*quarters) / 4.0).max(EVEN / MOST_ENLARGED);
        let enlarged = (EVEN / usual).max(1.0);
        *value = (PAPER + (f32::from(*value) - f32::from(*mean)) * enlarged) as u8;
    }
    evened
}

/// The values below and above which [`CUT`] of all values lie.
fn range(counts: &[u64; 256]) -> (u8, u8) {
    let cut = (counts.iter().sum::<u64>() as f64 * CUT) as u64;
    let first = |values: &mut dyn Iterator<Item = u8>| {
        let mut passed = 0;
        for value in values {
            passed += counts[usize::from(value)];
            if passed > cut {
                return Some(value);
            }
        }
        None
    };
    let low = first(&mut (0..=255)).unwrap_or(0);
    let high = first(&mut (0..=255).rev()).unwrap_or(255);
    (low, high)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn pale_print_becomes_as_clear_as_other_print() {
        // Bars of 100 levels on the left, of 12 on the right.
        let level = |x: u32| match (x / 4 % 2, x < 100) {
            (0, true) => 100,
            (0, false) => 188,
            _ => 200,
        };
        let picture = RgbImage::from_fn(200, 20, |x, _| Rgb([level(x); 3]));
        let evened = evened(&picture, 8.0);
        let contrast = |bar: u32| {
            let [dark, light] = [bar, bar + 4].map(|x| evened.get_pixel(x, 10).0[0]);
            f32::from(light) - f32::from(dark)
        };
        let (clear, pale) = (contrast(50), contrast(154));
        assert!(clear >= 90.0 && pale >= 60.0, "{clear} {pale}");
        let blank = super::evened(&RgbImage::from_pixel(30, 30, Rgb([77; 3])), 8.0);
        assert!(blank.iter().all(|value| *value == PAPER as u8));
    }

    #[test]
    fn a_dim_picture_gets_black_and_white_and_keeps_its_hues() {
        let dim =
            RgbImage::from_fn(
                40,
                40,
                |x, _| if x < 20 { Rgb([60; 3]) } else { Rgb([140, 100, 100]) },
            );
        let stretched = stretched(&dim);
        assert_eq!(*stretched.get_pixel(0, 0), Rgb([0; 3]));
        assert_eq!(*stretched.get_pixel(39, 0), Rgb([255, 127, 127]));
    }

    #[test]
    fn a_glint_in_a_dim_picture_does_not_count() {
        let mut dim = RgbImage::from_fn(40, 40, |x, _| Rgb([if x < 20 { 60 } else { 140 }; 3]));
        dim.put_pixel(3, 3, Rgb([255; 3]));
        assert_eq!(*stretched(&dim).get_pixel(39, 0), Rgb([255; 3]));
    }

    #[test]
    fn noise_stays_faint_full_contrast_stays_and_an_empty_picture_is_no_trouble() {
        let noise = RgbImage::from_fn(40, 40, |x, y| Rgb([100 + ((x + y) % 2) as u8; 3]));
        assert!(stretched(&noise).iter().all(|value| *value < 5));
        let full = RgbImage::from_fn(256, 8, |x, _| Rgb([x as u8; 3]));
        assert_eq!(stretched(&full).get_pixel(128, 0).0[0].abs_diff(128), 0);
        assert!(stretched(&RgbImage::new(0, 0)).is_empty());
    }
}
