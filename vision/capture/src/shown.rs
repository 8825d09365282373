//! A frame as people are **shown** it: no wider than a tablet's screen, compressed, and with how well the camera
//! sees, which is measured on the pixels that it delivered, since scaling hides a blur.
//!
//! No clock, no thread: who calls it decides how often, and where.

use base::picture::{Picture, PictureError, scaled};

use crate::eyesight::Sight;

/// Widest picture that people are shown, in pixels.
pub const WIDEST_PX: u32 = 960;

/// Tallest one. It holds for pictures that are much taller than wide.
const TALLEST_PX: u32 = 1920;

/// JPEG quality: for looking, not for keeping.
const QUALITY: u8 = 75;

/// A frame as people are shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The picture as a JPEG file.
    pub jpeg: Vec<u8>,
    /// How well the camera saw.
    pub sight: Sight,
}

impl Shown {
    /// What people are shown of `picture`.
    ///
    /// # Errors
    /// The encoder's.
    pub fn of(picture: &Picture) -> Result<Self, PictureError> {
        let (width, height) = size_within(picture.width(), picture.height());
        let jpeg = if (width, height) == (picture.width(), picture.height()) {
            picture.to_jpeg(QUALITY)?
        } else {
            let pixels = scaled(picture, None, width, height);
            Picture::from_pixels(width, height, picture.format(), pixels)?.to_jpeg(QUALITY)?
        };
        Ok(Self { jpeg, sight: Sight::of(picture) })
    }
}

/// The size in which a picture of that size is shown: never larger, and in the same proportions.
fn size_within(width: u32, height: u32) -> (u32, u32) {
    let share = |of: u32, most: u32| f64::from(most.min(of)) / f64::from(of.max(1));
    let scale = share(width, WIDEST_PX).min(share(height, TALLEST_PX));
    let side = |of: u32| ((f64::from(of) * scale).round() as u32).max(1);
    (side(width), side(height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::picture::PixelFormat;

    #[test]
    fn pictures_are_made_smaller_in_proportion_and_never_larger() {
        assert_eq!(size_within(640, 480), (640, 480));
        assert_eq!(size_within(960, 1200), (960, 1200));
        assert_eq!(size_within(1920, 1080), (960, 540));
        assert_eq!(size_within(4096, 3000), (960, 703));
        assert_eq!(size_within(1000, 8000), (240, 1920));
        assert_eq!(size_within(8192, 16), (960, 2));
        assert_eq!(size_within(16, 8192), (4, 1920));
    }

    /// Stripes of 8 pixels, whose edges are blurred over `edge` pixels.
    fn striped(width: u32, edge: u32) -> Picture {
        let level = |x: u32| {
            let (stripe, within) = (x / 8 % 2, x % 8);
            let rising = (within.min(edge) * 200 / edge.max(1)) as u8;
            if stripe == 0 { 20 + rising } else { 220 - rising }
        };
        let pixels = (0..600 * width).flat_map(|at| [level(at % width); 3]).collect();
        Picture::from_pixels(width, 600, PixelFormat::Rgb8, pixels).unwrap()
    }

    #[test]
    fn a_wide_picture_is_shown_small_and_its_sharpness_is_that_of_its_own_pixels() {
        let [sharp, blurred] = [1, 7].map(|edge| Shown::of(&striped(1920, edge)).unwrap());
        let file = image::load_from_memory(&sharp.jpeg).unwrap();
        assert_eq!((file.width(), file.height()), (960, 300));
        let of = |shown: &Shown| shown.sight.sharpness.unwrap();
        assert!(of(&sharp) > 2.0 * of(&blurred), "{:?} and {:?}", sharp.sight, blurred.sight);
    }

    #[test]
    fn a_small_grey_picture_keeps_its_size_and_tells_what_is_saturated() {
        let pixels = (0..100 * 80).map(|at| if at % 100 < 25 { 255 } else { 90 }).collect();
        let picture = Picture::from_pixels(100, 80, PixelFormat::Grey8, pixels).unwrap();
        let shown = Shown::of(&picture).unwrap();
        let file = image::load_from_memory(&shown.jpeg).unwrap().into_luma8();
        assert_eq!(file.dimensions(), (100, 80));
        assert!(file.get_pixel(5, 40).0[0] > 240 && file.get_pixel(80, 40).0[0].abs_diff(90) < 8);
        assert!((shown.sight.glare - 0.25).abs() < 1e-9, "{:?}", shown.sight);
    }
}
