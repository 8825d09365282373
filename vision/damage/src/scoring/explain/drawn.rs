//! The picture of an explanation: heat over the grey view, and boxes.

use image::{Rgb, RgbImage};
use imageproc::drawing::draw_hollow_rect_mut;
use imageproc::rect::Rect;

use super::Difference;
use crate::scoring::HeatMap;
use base::picture::Picture;

/// Boxes: no colour of the heat.
const BOX: Rgb<u8> = Rgb([0, 230, 255]);
/// Thickness of a box's lines, as a share of the longer side of the picture.
const THICKNESS: f32 = 1.0 / 300.0;
/// The view in grey with its heat over it, and a box around each difference.
pub fn annotated(picture: &Picture, heat: &HeatMap, differences: &[Difference]) -> RgbImage {
    let mut shown = heat.overlay(picture);
    let longer = shown.width().max(shown.height());
    let thickness = ((longer as f32 * THICKNESS).round() as u32).max(1);
    for Difference { bounds, .. } in differences {
        for inset in 0..thickness {
            let (width, height) = (bounds.width, bounds.height);
            if width > 2 * inset && height > 2 * inset {
                let rect = Rect::at((bounds.x + inset) as i32, (bounds.y + inset) as i32)
                    .of_size(width - 2 * inset, height - 2 * inset);
                draw_hollow_rect_mut(&mut shown, rect, BOX);
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::Area;
    use base::picture::PixelFormat;
    use features::localise::Bounds;

    #[test]
    fn a_colour_view_and_a_grey_one_get_their_box_on_grey() {
        let area = Area { x: 0.0, y: 0.0, width: 40.0, height: 30.0 };
        let heat = HeatMap { width: 1, height: 1, values: vec![0.0], area, hot: 1.0 };
        let difference = Difference {
            bounds: Bounds { x: 10, y: 5, width: 8, height: 6 },
            strength: 2.0,
            kind: None,
            place: "middle".into(),
            of_width: 0.2,
        };
        for format in [PixelFormat::Rgb8, PixelFormat::Grey8] {
            let pixels = [200, 100, 50].repeat(400)[..400 * format.bytes()].repeat(3);
            let picture = Picture::from_pixels(40, 30, format, pixels).unwrap();
            let shown = annotated(&picture, &heat, std::slice::from_ref(&difference));
            assert_eq!(shown.dimensions(), (40, 30));
            assert_eq!(*shown.get_pixel(10, 5), BOX);
            assert_eq!(*shown.get_pixel(17, 10), BOX);
            let Rgb([r, g, b]) = *shown.get_pixel(13, 8);
            assert!(r == g && g == b, "grey within the box");
        }
    }
}
