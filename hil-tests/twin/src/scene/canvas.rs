//! A small painter: rectangles, polygons, soft blobs, text and codes on an RGBA picture.
//!
//! Coordinates are in millimetres from the upper left corner, because cartons are designed in
//! millimetres; [`PX_PER_MM`] is the print's resolution, half as fine again as a camera sees it.

use barcoders::sym::ean13::EAN13;
use datamatrix::{DataMatrix, SymbolList};
use image::{Rgba, RgbaImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};

/// Resolution of everything that is printed, in pixels per millimetre.
pub const PX_PER_MM: f32 = 4.0;

/// A colour, red, green and blue.
pub type Rgb = [u8; 3];

/// One printed face.
#[derive(Debug, Clone)]
pub struct Canvas {
    /// The picture; alpha 0 is where the face is not.
    pub picture: RgbaImage,
}

impl Canvas {
    /// A face of this size in one colour.
    pub fn new(width_mm: f32, height_mm: f32, colour: Rgb) -> Self {
        let [r, g, b] = colour;
        let (width, height) = (px(width_mm) as u32, px(height_mm) as u32);
        Self { picture: RgbaImage::from_pixel(width, height, Rgba([r, g, b, 255])) }
    }

    /// Width in millimetres.
    pub fn width_mm(&self) -> f32 {
        self.picture.width() as f32 / PX_PER_MM
    }

    /// Height in millimetres.
    pub fn height_mm(&self) -> f32 {
        self.picture.height() as f32 / PX_PER_MM
    }

    /// Changes every pixel: `change` gets its place in millimetres and its colour.
    pub fn each(&mut self, mut change: impl FnMut(f32, f32, &mut [u8; 4])) {
        for (x, y, pixel) in self.picture.enumerate_pixels_mut() {
            change(x as f32 / PX_PER_MM, y as f32 / PX_PER_MM, &mut pixel.0);
        }
    }

    /// Fills a rectangle.
    pub fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Rgb) {
        self.polygon(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour);
    }

    /// Fills an ellipse.
    pub fn ellipse(&mut self, x: f32, y: f32, radius_x: f32, radius_y: f32, colour: Rgb) {
        let outline: Vec<(f32, f32)> = (0..48)
            .map(|i| i as f32 / 48.0 * std::f32::consts::TAU)
            .map(|angle| (x + radius_x * angle.cos(), y + radius_y * angle.sin()))
            .collect();
        self.polygon(&outline, colour);
    }

    /// Fills a polygon, by the even-odd rule.
    pub fn polygon(&mut self, corners: &[(f32, f32)], colour: Rgb) {
        self.polygon_with(corners, |pixel| pixel[..3].copy_from_slice(&colour));
    }

    /// Cuts a polygon out of the face.
    pub fn cut(&mut self, corners: &[(f32, f32)]) {
        self.polygon_with(corners, |pixel| pixel[3] = 0);
    }

    fn polygon_with(&mut self, corners: &[(f32, f32)], mut change: impl FnMut(&mut [u8; 4])) {
        let (width, height) = self.picture.dimensions();
        let ys = || corners.iter().map(|(_, y)| px(*y));
        let top = ys().fold(f32::MAX, f32::min).floor().max(0.0) as u32;
        let bottom = ys().fold(0.0, f32::max).ceil() as u32;
        for y in top..bottom.min(height) {
            // Through the middle of the row of pixels.
            let y_mm = (y as f32 + 0.5) / PX_PER_MM;
            let mut crossings: Vec<f32> = corners
                .iter()
                .zip(corners.iter().cycle().skip(1))
                .filter(|((_, y0), (_, y1))| (*y0 <= y_mm) != (*y1 <= y_mm))
                .map(|((x0, y0), (x1, y1))| x0 + (y_mm - y0) / (y1 - y0) * (x1 - x0))
                .collect();
            crossings.sort_by(f32::total_cmp);
            for span in crossings.chunks_exact(2) {
                let from = px(span[0]).round().clamp(0.0, width as f32) as u32;
                let to = px(span[1]).round().clamp(0.0, width as f32) as u32;
                for x in from..to {
                    change(&mut self.picture.get_pixel_mut(x, y).0);
                }
            }
        }
    }

    /// Writes one line of text, `height` high, its upper left corner at `x`, `y`. Characters
    /// outside ASCII are left out.
    pub fn text(&mut self, x: f32, y: f32, height: f32, text: &str, colour: Rgb) {
        let raster_height = RasterHeight::Size32.val() as f32;
        let scale = raster_height / px(height);
        let mut left = px(x);
        for glyph in
            text.chars().filter_map(|c| get_raster(c, FontWeight::Bold, RasterHeight::Size32))
        {
            let (wide, high) = (glyph.width() as f32 / scale, px(height));
            for dy in 0..high as u32 {
                for dx in 0..wide.ceil() as u32 {
                    let (row, column) =
                        ((dy as f32 * scale) as usize, (dx as f32 * scale) as usize);
                    let ink = glyph.raster().get(row).and_then(|row| row.get(column)).copied();
                    self.blend(left as u32 + dx, px(y) as u32 + dy, colour, ink.unwrap_or(0));
                }
            }
            left += wide;
        }
    }

    /// Prints an EAN-13 code with its digits; `digits` are the first twelve, the check digit is
    /// added.
    pub fn ean13(&mut self, x: f32, y: f32, width: f32, height: f32, digits: &str) {
        const BLACK: Rgb = [20, 20, 22];
        let bars = EAN13::new(digits).expect("the designs' numbers are twelve digits").encode();
        let module = width / bars.len() as f32;
        let text_height = height * 0.25;
        for (index, _) in bars.iter().enumerate().filter(|(_, bar)| **bar == 1) {
            let left = x + index as f32 * module;
            self.rectangle(left, y, module, height - text_height, BLACK);
        }
        self.text(x + width * 0.1, y + height - text_height, text_height, digits, BLACK);
    }

    /// A GS1 Data Matrix of these element strings, with square modules of `module` millimetres.
    pub fn gs1_data_matrix(&mut self, x: f32, y: f32, module: f32, elements: &str) {
        const BLACK: Rgb = [20, 20, 22];
        let code = DataMatrix::encode_gs1(elements.as_bytes(), SymbolList::default())
            .expect("the designs' element strings are short");
        for (column, row) in code.bitmap().pixels() {
            let (left, top) = (x + column as f32 * module, y + row as f32 * module);
            self.rectangle(left, top, module, module, BLACK);
        }
    }

    fn blend(&mut self, x: u32, y: u32, colour: Rgb, alpha: u8) {
        if let Some(pixel) = self.picture.get_pixel_mut_checked(x, y) {
            for (channel, ink) in pixel.0.iter_mut().zip(colour) {
                *channel = mix(*channel, ink, f32::from(alpha) / 255.0);
            }
        }
    }
}

/// `a` with the share `part` of `b` mixed in.
pub fn mix(a: u8, b: u8, part: f32) -> u8 {
    (f32::from(a) + (f32::from(b) - f32::from(a)) * part.clamp(0.0, 1.0)) as u8
}

fn px(mm: f32) -> f32 {
    mm * PX_PER_MM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polygon_fills_its_inside_and_nothing_else() {
        let mut canvas = Canvas::new(10.0, 10.0, [0, 0, 0]);
        canvas.rectangle(2.0, 3.0, 4.0, 5.0, [255, 255, 255]);
        let white = canvas.picture.pixels().filter(|pixel| pixel.0[0] == 255).count();
        assert_eq!(white, (4.0 * 5.0 * PX_PER_MM * PX_PER_MM) as usize);
        assert_eq!(canvas.picture.get_pixel(9, 14).0, [255; 4]);
        assert_eq!(canvas.picture.get_pixel(7, 14).0, [0, 0, 0, 255]);
    }

    #[test]
    fn a_code_has_the_bars_of_its_standard() {
        let mut canvas = Canvas::new(40.0, 20.0, [255, 255, 255]);
        canvas.ean13(2.0, 2.0, 23.75, 12.0, "200123456789");
        // 95 modules of one pixel each: guard 101, at the left, in the middle and at the right.
        let row: Vec<bool> =
            (0..95).map(|i| canvas.picture.get_pixel(8 + i, 20).0[0] < 128).collect();
        assert_eq!(row[..3], [true, false, true]);
        assert_eq!(row[45..50], [false, true, false, true, false]);
        assert_eq!(row[92..], [true, false, true]);
    }

    #[test]
    fn text_leaves_ink_inside_its_box_only() {
        let mut canvas = Canvas::new(40.0, 20.0, [255, 255, 255]);
        canvas.text(4.0, 5.0, 6.0, "LOT", [0, 0, 0]);
        let mut inked = 0;
        canvas.each(|x, y, pixel| {
            if pixel[0] < 128 {
                inked += 1;
                assert!((4.0..25.0).contains(&x) && (5.0..11.0).contains(&y), "{x} {y}");
            }
        });
        assert!(inked > 100, "{inked}");
    }
}
