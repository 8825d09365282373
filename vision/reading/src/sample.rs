//! The value of a picture between its pixels.

use image::{ImageBuffer, Pixel};

/// The `N` channels at a point, between the four nearest pixels; outside the picture those of its
/// nearest pixel. The first pixel's centre is at (0.5, 0.5).
///
/// # Panics
///
/// When the picture has no pixel, or fewer than `N` channels.
pub(crate) fn bilinear<P: Pixel<Subpixel = u8>, const N: usize>(
    picture: &ImageBuffer<P, Vec<u8>>,
    [x, y]: [f32; 2],
) -> [f32; N] {
    let (width, height) = picture.dimensions();
    let x = (x - 0.5).clamp(0.0, (width - 1) as f32);
    let y = (y - 0.5).clamp(0.0, (height - 1) as f32);
    let (left, top) = (x as u32, y as u32);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (u, v) = (x - left as f32, y - top as f32);
    let at = |x, y| picture.get_pixel(x, y).channels();
    let (a, b, c, d) = (at(left, top), at(right, top), at(left, bottom), at(right, bottom));
    std::array::from_fn(|channel| {
        let of = |values: &[u8]| f32::from(values[channel]);
        let upper = of(a) + (of(b) - of(a)) * u;
        let lower = of(c) + (of(d) - of(c)) * u;
        upper + (lower - upper) * v
    })
}

/// The `N` channels at a point, from the sixteen nearest pixels by the cubic of Catmull and Rom (1974):
/// sharper than [`bilinear`] where a picture is made larger. Outside the picture its nearest pixels count.
///
/// # Panics
///
/// As [`bilinear`].
pub(crate) fn cubic<P: Pixel<Subpixel = u8>, const N: usize>(
    picture: &ImageBuffer<P, Vec<u8>>,
    [x, y]: [f32; 2],
) -> [f32; N] {
    let (width, height) = picture.dimensions();
    let x = (x - 0.5).clamp(0.0, (width - 1) as f32);
    let y = (y - 0.5).clamp(0.0, (height - 1) as f32);
    let (columns, rows) = (taps(x, width), taps(y, height));
    let mut sum = [0.0; N];
    for (row, share) in rows {
        for (column, part) in columns {
            let channels = picture.get_pixel(column, row).channels();
            for (sum, value) in sum.iter_mut().zip(channels) {
                *sum += share * part * f32::from(*value);
            }
        }
    }
    sum.map(|value| value.clamp(0.0, 255.0))
}

/// The four pixels around `at` in a row of `length`, and their weights.
fn taps(at: f32, length: u32) -> [(u32, f32); 4] {
    let (before, u) = (at as u32, at.fract());
    let (square, cube) = (u * u, u * u * u);
    let weights = [
        -0.5 * cube + square - 0.5 * u,
        1.5 * cube - 2.5 * square + 1.0,
        -1.5 * cube + 2.0 * square + 0.5 * u,
        0.5 * cube - 0.5 * square,
    ];
    let pixel = |step: u32| (before + step).saturating_sub(1).min(length - 1);
    [0, 1, 2, 3].map(|step| (pixel(step), weights[step as usize]))
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    #[test]
    fn between_pixels_values_are_mixed_and_outside_the_nearest_counts() {
        let picture = GrayImage::from_fn(2, 2, |x, y| Luma([(100 * x + 50 * y) as u8]));
        let at = |x, y| bilinear::<_, 1>(&picture, [x, y])[0];
        assert_eq!(
            (at(0.5, 0.5), at(1.5, 0.5), at(1.0, 0.5), at(1.0, 1.0)),
            (0.0, 100.0, 50.0, 75.0)
        );
        assert_eq!((at(-9.0, -9.0), at(9.0, 9.0)), (0.0, 150.0));
    }
    #[test]
    fn a_cubic_meets_the_pixels_keeps_slopes_and_swings_over_at_edges() {
        let slope = GrayImage::from_fn(8, 4, |x, _| Luma([(20 * x) as u8]));
        let at = |x, y| cubic::<_, 1>(&slope, [x, y])[0];
        assert_eq!((at(2.5, 1.5), at(3.0, 1.5), at(3.25, 2.0)), (40.0, 50.0, 55.0));
        assert_eq!((at(-9.0, -9.0), at(99.0, 9.0)), (0.0, 140.0));
        let edge = GrayImage::from_fn(8, 1, |x, _| Luma([if x < 4 { 50 } else { 150 }]));
        let near = cubic::<_, 1>(&edge, [4.9, 0.5])[0];
        assert!(near > 150.0 && near < 165.0, "{near}");
    }
}
