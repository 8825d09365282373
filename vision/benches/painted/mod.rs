//! **Painted views**: a grained belt with a printed box on it, nowhere two equal spots.

use base::Picture;
use image::{Rgb, RgbImage};

/// A view of 960 x 540 pixels; each seed has grain of its own, and the box elsewhere.
pub fn view(seed: u32) -> Picture {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let (left, top) = (250 + 13 * (seed % 11), 120 + 7 * (seed % 5));
    let picture = RgbImage::from_fn(960, 540, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (state >> 28) as u8;
        let (u, v) = (x.wrapping_sub(left), y.wrapping_sub(top));
        if u < 420 && v < 260 {
            let print = (f64::from(u) / 9.0).sin() * (f64::from(v) / 7.0).cos() > 0.4;
            let base = if print { [90, 60, 40] } else { [190, 150, 100] };
            Rgb(base.map(|level: u8| level + grain))
        } else {
            Rgb([30 + grain, 40 + grain, 45 + grain])
        }
    });
    Picture::from(picture)
}
