//! How a row is shown to the recogniser of strokes: as it is, or its dots joined by a blur at their pitch.

use image::RgbImage;
use image::imageops::{blur, crop_imm};

use crate::text::contrast::stretched;
use meaning::line::{Corners, TextLine};

/// A box around a row is so many pitches high: seven or nine dots, and a margin.
const PITCHES: f32 = 10.0;
/// So many heights around a row are shown, so that filters know its surroundings.
const AROUND: f32 = 2.0;

/// A way to show a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shown {
    /// As it is, from black to white.
    AsItIs,
    /// Blurred by this share of the pitch.
    Blurred(f32),
}

/// The row within `corners` with what is around it, shown in this way, and its corners there; `None` where it
/// lies outside the picture.
pub(super) fn shown(
    picture: &RgbImage,
    corners: &Corners,
    how: Shown,
) -> Option<(RgbImage, Corners)> {
    let row = TextLine { text: String::new(), corners: *corners, confidence: 0.0 };
    let (pitch, around) = (row.height() / PITCHES, AROUND * row.height());
    let span = |axis: usize, size: u32| {
        let places = corners.iter().map(|corner| corner[axis]);
        let low = places.clone().fold(f32::INFINITY, f32::min) - around;
        let high = places.fold(f32::NEG_INFINITY, f32::max) + around;
        // Places that are none become 0.
        ((low.max(0.0) as u32).min(size), (high.max(0.0) as u32).min(size))
    };
    let ((left, right), (top, bottom)) = (span(0, picture.width()), span(1, picture.height()));
    if right <= left || bottom <= top {
        return None;
    }
    let part = crop_imm(picture, left, top, right - left, bottom - top).to_image();
    let part = match how {
        Shown::AsItIs => stretched(&part),
        Shown::Blurred(share) => blur(&stretched(&part), (share * pitch).max(0.3)),
    };
    Some((part, corners.map(|[x, y]| [x - left as f32, y - top as f32])))
}
