//! A **caption**: words in a strip below a picture.

use image::{Rgb, RgbImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// Rows and columns of one letter.
const LETTER: (u32, u32) = (
    RasterHeight::Size16.val() as u32,
    get_raster_width(FontWeight::Bold, RasterHeight::Size16) as u32,
);
/// From this width on, letters are drawn at twice their size, from twice it three times, and so on.
const WIDTH_PER_SIZE: u32 = 640;

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
