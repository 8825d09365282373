//! **Patches**: rectangles of the item, such as a label or a line of print.

use image::{GrayImage, Luma};

use super::canvas::Canvas;
use super::item::Item;
use features::localise::Bounds;

/// Share of a patch that lies on the item at least.
const ON_ITEM: f32 = 0.7;
/// Mean change around a pixel, of 255, from which it is touched, and half the square it is taken in.
const TOUCHED_FROM: u8 = 5;
const TOUCHED_AROUND_PX: u32 = 3;

/// The rectangle around a place, cut off at the crop's border.
pub(super) fn rectangle(item: &Item, (x, y): (f32, f32), width: f32, height: f32) -> Bounds {
    let span = |middle: f32, length: f32, most: usize| {
        let length = (length.round() as usize).clamp(1, most);
        let start = ((middle - length as f32 / 2.0).max(0.0) as usize).min(most - length);
        (start as u32, length as u32)
    };
    let (x, width) = span(x, width, item.width);
    let (y, height) = span(y, height, item.height);
    Bounds { x, y, width, height }
}

/// All pixels of a rectangle.
pub(super) fn pixels_of(patch: Bounds) -> impl Iterator<Item = (u32, u32)> {
    let columns = patch.x..patch.x + patch.width;
    (patch.y..patch.y + patch.height).flat_map(move |y| columns.clone().map(move |x| (x, y)))
}

/// How much of a covering patch shows at a pixel: less in the outermost two pixels.
pub(super) fn feathered(patch: Bounds, (x, y): (u32, u32)) -> f32 {
    let from = |at: u32, start: u32, length: u32| (at - start).min(start + length - 1 - at);
    let depth = from(x, patch.x, patch.width).min(from(y, patch.y, patch.height));
    ((depth as f32 + 1.0) / 3.0).min(1.0)
}

/// Whether a patch lies mostly on the item.
pub(super) fn on_item(item: &Item, patch: Bounds) -> bool {
    let inside = pixels_of(patch).filter(|(x, y)| item.mask.contains(*x, *y)).count();
    inside as f32 >= ON_ITEM * patch.width as f32 * patch.height as f32
}

/// Mean colour of a patch's outermost pixels.
pub(super) fn frame_colour(item: &Item, patch: Bounds) -> [f32; 3] {
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for at in pixels_of(patch).filter(|at| feathered(patch, *at) < 0.5) {
        count += 1.0;
        for (sum, part) in sum.iter_mut().zip(item.picture.get_pixel(at.0, at.1).0) {
            *sum += f32::from(part);
        }
    }
    sum.map(|sum| sum / count)
}

/// A patch can look the same as before over a part of its area: only what changed is touched.
pub(super) fn touch_what_changed(canvas: &mut Canvas, item: &Item, patch: Bounds) {
    let change = GrayImage::from_fn(patch.width, patch.height, |x, y| {
        let (x, y) = (patch.x + x, patch.y + y);
        let before = item.picture.get_pixel(x, y).0;
        let after = canvas.picture().get_pixel(x, y).0;
        let sum: u16 =
            [0, 1, 2].map(|part| u16::from(before[part].abs_diff(after[part]))).iter().sum();
        Luma([(sum / 3) as u8])
    });
    let around = imageproc::filter::box_filter(&change, TOUCHED_AROUND_PX, TOUCHED_AROUND_PX);
    for at in pixels_of(patch) {
        if around.get_pixel(at.0 - patch.x, at.1 - patch.y).0[0] > TOUCHED_FROM {
            canvas.touch(at);
        }
    }
}
