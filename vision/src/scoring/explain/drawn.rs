//! The picture of an explanation: heat over the grey view, boxes, and a strip with words below.

use image::{Rgb, RgbImage};
use imageproc::drawing::draw_hollow_rect_mut;
use imageproc::rect::Rect;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::Difference;
use crate::picture::Picture;
use crate::scoring::HeatMap;

/// Boxes: no colour of the heat.
const BOX: Rgb<u8> = Rgb([0, 230, 255]);
/// Thickness of a box's lines, as a share of the longer side of the picture.
const THICKNESS: f32 = 1.0 / 300.0;
/// Rows and columns of one letter.
const LETTER: (u32, u32) = (
    RasterHeight::Size16.val() as u32,
    get_raster_width(FontWeight::Bold, RasterHeight::Size16) as u32,
);
/// From this width on, letters are drawn at twice their size, from twice it three times, and so on.
const WIDTH_PER_SIZE: u32 = 640;

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

/// The picture with `words` in a strip below it, wrapped to its width. Letters beyond ASCII, which
/// the font lacks, become `?`.
pub fn captioned(picture: &RgbImage, words: &str) -> RgbImage {
    let scale = 1 + picture.width() / WIDTH_PER_SIZE;
    let (letter_height, letter_width) = (LETTER.0 * scale, LETTER.1 * scale);
    let lines = wrapped(words, (picture.width() / letter_width).max(1) as usize);
    let strip = lines.len() as u32 * letter_height;
    let mut shown = RgbImage::new(picture.width(), picture.height() + strip);
    image::imageops::replace(&mut shown, picture, 0, 0);
    for (row, line) in lines.iter().enumerate() {
        for (column, letter) in line.iter().enumerate() {
            let at = (column as u32 * letter_width, picture.height() + row as u32 * letter_height);
            draw_letter(&mut shown, *letter, at, scale);
        }
    }
    shown
}

fn draw_letter(picture: &mut RgbImage, letter: char, (left, top): (u32, u32), scale: u32) {
    let raster = |letter| get_raster(letter, FontWeight::Bold, RasterHeight::Size16);
    let Some(raster) = raster(letter).or_else(|| raster('?')) else {
        return;
    };
    for (row, line) in raster.raster().iter().enumerate() {
        for (column, brightness) in line.iter().enumerate() {
            for part in 0..scale * scale {
                let x = left + column as u32 * scale + part % scale;
                let y = top + row as u32 * scale + part / scale;
                if x < picture.width() && y < picture.height() {
                    picture.put_pixel(x, y, Rgb([*brightness; 3]));
                }
            }
        }
    }
}

/// Lines of at most `columns` letters, broken between words where that is possible.
fn wrapped(words: &str, columns: usize) -> Vec<Vec<char>> {
    let mut lines: Vec<Vec<char>> = Vec::new();
    for word in words.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= columns => {
                line.push(' ');
                line.append(&mut word);
            }
            _ => lines.extend(word.chunks(columns).map(<[char]>::to_vec)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::localise::Bounds;
    use crate::picture::PixelFormat;
    use crate::scoring::Area;

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

    #[test]
    fn words_stand_below_the_picture_and_wrap() {
        let picture = RgbImage::from_pixel(100, 50, Rgb([7; 3]));
        let shown = captioned(&picture, "dent, upper right edge");
        let lines = (shown.height() - 50) / LETTER.0;
        assert_eq!((shown.width(), lines), (100, 2), "{:?}", shown.dimensions());
        assert_eq!(*shown.get_pixel(99, 49), Rgb([7; 3]));
        assert!((50..66).any(|y| shown.get_pixel(4, y).0[0] > 100), "there is a letter");
        assert_eq!(captioned(&picture, "").height(), 50);
        assert!(captioned(&RgbImage::new(1, 1), "a ü word").height() > 1);
    }
}
