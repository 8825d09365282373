//! A **small copy** of a view: what localising looks at.

use image::RgbImage;

use super::Gains;
use base::picture::{Picture, PixelFormat, scaled};

/// Area of the copy in pixels, that of 224 x 224: the outline of an item that fills a tenth of the
/// view is then some 280 pixels long, a pixel is well below a token, and finding takes half the time
/// of a copy of 320 x 320.
const AREA: f64 = 224.0 * 224.0;

/// A copy of a view in colour with the same proportions and an area of about 224 x 224 pixels,
/// whatever the camera's resolution is. Grey pixels get three equal parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Small {
    image: RgbImage,
}

impl Small {
    /// The copy of `picture`.
    pub fn of(picture: &Picture) -> Small {
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let scale = (AREA / (width * height)).sqrt();
        let side = |length: f64| (length * scale).round().max(1.0) as u32;
        let (width, height) = (side(width), side(height));
        let mut pixels = scaled(picture, None, width, height);
        if picture.format() == PixelFormat::Grey8 {
            pixels = pixels.into_iter().flat_map(|grey| [grey; 3]).collect();
        }
        let image = RgbImage::from_raw(width, height, pixels)
            .expect("scaling returns width x height pixels");
        Small { image }
    }

    /// The standard deviation of brightness over all pixels, in levels of 255: next to nothing where a
    /// frame shows nothing.
    pub fn contrast(&self) -> f64 {
        let brightness = || {
            self.pixels()
                .map(|[r, g, b]| f64::from(u16::from(r) + u16::from(g) + u16::from(b)) / 3.0)
        };
        let count = f64::from(self.width()) * f64::from(self.height());
        let mean = brightness().sum::<f64>() / count;
        (brightness().map(|level| (level - mean).powi(2)).sum::<f64>() / count).sqrt()
    }

    /// The same copy with each channel multiplied by its gain.
    pub(super) fn lit(&self, gains: Gains) -> Small {
        let mut image = self.image.clone();
        gains.apply(&mut image, 3);
        Small { image }
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.image.width()
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.image.height()
    }

    /// Red, green and blue of every pixel, row by row from the top left.
    pub(crate) fn pixels(&self) -> impl Iterator<Item = [u8; 3]> + '_ {
        self.image.as_raw().as_chunks::<3>().0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_picture_becomes_about_as_large_and_keeps_its_proportions() {
        for (width, height) in [(960, 540), (576, 768), (1, 1), (20, 4000), (5472, 3648)] {
            let pixels = vec![9; width as usize * height as usize];
            let picture = Picture::from_pixels(width, height, PixelFormat::Grey8, pixels).unwrap();
            let small = Small::of(&picture);
            let area = f64::from(small.width()) * f64::from(small.height());
            assert!((area / AREA).ln().abs() < 0.05, "{small:?}");
            let proportions = f64::from(small.width()) / f64::from(small.height());
            let real = f64::from(width) / f64::from(height);
            assert!((proportions / real).ln().abs() < 0.05, "{width} x {height}");
            assert!(small.pixels().all(|pixel| pixel == [9; 3]));
        }
    }
}
