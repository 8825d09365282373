//! **Looks**: what is kept of a picture in order to recognise the item in it.
//!
//! Key points with descriptors, and a small copy with the colours. Pictures of any size are first scaled to
//! the same area, so that sizes of print mean the same in all of them.

use super::IdentityError;
use super::colour::SmallCopy;
use super::keypoints::{KeyPoint, KeyPoints};
use base::picture::{Picture, PixelFormat, scaled_sharply};

/// Pixels of a picture after scaling. 352 x 352, the size of the pictures with which the numbers of this
/// module were chosen.
pub const AREA: f64 = 352.0 * 352.0;
/// No side gets shorter than this by scaling: a picture far longer than wide is squeezed.
const SHORTEST: f64 = 32.0;
/// Key points kept of a picture.
pub const POINTS: usize = 600;

/// Standard deviation of the weight of a place, as a share of the picture's sides: what is asked about is in
/// the middle, and what stands around it is not to answer.
pub(super) const MIDDLE: f32 = 0.25;

/// What is kept of a picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looks {
    /// Key points, in pixels of the scaled picture.
    pub points: KeyPoints,
    /// Colours of the scaled picture.
    pub colours: SmallCopy,
}

impl Looks {
    /// Of a picture. The item should fill a good part of it.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn of(picture: &Picture) -> Result<Self, IdentityError> {
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let by = (AREA / (width * height)).sqrt();
        let edge = |length: f64| (length * by).round().clamp(SHORTEST, AREA / SHORTEST) as u32;
        let (columns, rows) = (edge(width), edge(height));
        let mut pixels = scaled_sharply(picture, columns, rows);
        if picture.format() == PixelFormat::Grey8 {
            pixels = pixels.into_iter().flat_map(|grey| [grey; 3]).collect();
        }
        let (columns, rows) = (columns as usize, rows as usize);
        // Brightness as ITU-R BT.601 weighs the channels.
        let grey: Vec<f32> = pixels
            .chunks_exact(3)
            .map(|p| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]))
            .collect();
        let points = KeyPoints::find(&grey, columns, rows, POINTS)
            .map_err(IdentityError::torch("finding key points"))?;
        Ok(Self { points, colours: SmallCopy::of(&pixels, columns, rows) })
    }
}

/// How much each of `points` counts in a picture with these `colours`.
pub(super) fn weights(points: &[KeyPoint], colours: &SmallCopy) -> Vec<f32> {
    let [width, height] = colours.size();
    let place = |point: &KeyPoint| [point.x / width, point.y / height];
    points.iter().map(|point| weight(place(point), MIDDLE)).collect()
}

/// How much a place counts, 0 to 1 from the left and from the top: 1 in the middle, less the nearer it is to an
/// edge (a normal distribution's density, with this standard deviation).
pub(super) fn weight([x, y]: [f32; 2], deviation: f32) -> f32 {
    let (x, y) = (x - 0.5, y - 0.5);
    (-0.5 * (x * x + y * y) / (deviation * deviation)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_middle_counts_and_what_is_at_the_edge_hardly_does() {
        let colours = SmallCopy::of(&[0; 3 * 400 * 200], 400, 200);
        let at = |x, y| KeyPoint { x, y, size: 2.0, angle: 0.0 };
        let points = [at(200.0, 100.0), at(300.0, 100.0), at(200.0, 150.0), at(0.0, 0.0)];
        let [middle, aside, below, corner] = weights(&points, &colours)[..] else { panic!() };
        assert!((middle - 1.0).abs() < 1e-3 && (aside - below).abs() < 1e-3);
        assert!((0.5..0.7).contains(&aside) && corner < 0.02, "{aside} {corner}");
    }
}
