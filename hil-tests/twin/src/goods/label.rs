//! What is printed for machines: bar code, Data Matrix, lot, expiry, size.

use barcoders::sym::ean13::EAN13;

use super::{
    brush::{Area, PLAIN, fill, fitted, letters, text_width},
    catalogue::Expiry,
};
use crate::scene::canvas::{Canvas, Rgb};

/// Width of a bar code's module, in millimetres: two pixels of a picture of 640 pixels.
const MODULE: f32 = 0.72;
/// Modules of an EAN-13 code, and of the free space on both of its sides.
const MODULES: f32 = 95.0;
const QUIET: f32 = 7.0;
/// Width of the white field of a bar code, in millimetres.
pub const EAN_WIDTH: f32 = (MODULES + 2.0 * QUIET) * MODULE;
/// Height of the digits below the bars.
const DIGITS: f32 = 4.6;
/// Side of a module of a Data Matrix.
const CELL: f32 = 1.25;
/// Height of a line that is meant to be read.
pub const LINE: f32 = 7.0;
const BLACK: Rgb = [24, 24, 28];
/// A label's paper.
pub const PAPER: Rgb = [243, 242, 237];

/// What a piece's label says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Says {
    /// GTIN-13.
    pub gtin: String,
    /// The lot.
    pub lot: Option<String>,
    /// The month of expiry.
    pub expiry: Option<Expiry>,
    /// A garment's size.
    pub size: Option<String>,
}

impl Says {
    /// GS1's element strings for the Data Matrix.
    fn elements(&self) -> String {
        let mut text = format!("010{}", self.gtin);
        if let Some(expiry) = self.expiry {
            text += &format!("17{}", expiry.gs1());
        }
        if let Some(lot) = &self.lot {
            text += &format!("10{lot}");
        }
        text
    }

    /// The lines for people.
    fn lines(&self) -> Vec<String> {
        let expiry = self.expiry.map(|expiry| format!("EXP {}", expiry.printed()));
        let lot = self.lot.as_ref().map(|lot| format!("LOT {lot}"));
        expiry.into_iter().chain(lot).collect()
    }
}

/// A bar code with its digits in a white field of [`EAN_WIDTH`] × `height`, its upper left corner at
/// `x`, `y`.
pub fn ean(canvas: &mut Canvas, (x, y): (f32, f32), height: f32, gtin: &str) {
    fill(canvas, Area::new(x, y, EAN_WIDTH, height), PAPER);
    // The catalogue's numbers are thirteen digits with a right check digit; another is not printed.
    let Ok(code) = EAN13::new(gtin.get(..12).unwrap_or_default()) else { return };
    let left = x + QUIET * MODULE;
    let bars = height - DIGITS - 1.6;
    for (index, _) in code.encode().iter().enumerate().filter(|(_, bar)| **bar == 1) {
        let at = left + index as f32 * MODULE;
        fill(canvas, Area::new(at, y + 1.4, MODULE, bars), BLACK);
    }
    let digits = text_width(gtin, DIGITS, PLAIN);
    let start = x + (EAN_WIDTH - digits) / 2.0;
    letters(canvas, (start, y + height - DIGITS), DIGITS, gtin, BLACK, PLAIN);
}

/// The lines of lot and expiry on a white field that fits them; returns its height.
pub fn lines(canvas: &mut Canvas, (x, y): (f32, f32), says: &Says) -> f32 {
    let lines = says.lines();
    let longest = lines.iter().map(|line| text_width(line, LINE, PLAIN)).fold(0.0, f32::max);
    let height = lines.len() as f32 * LINE;
    fill(canvas, Area::new(x, y, longest + 3.0, height), PAPER);
    for (index, line) in lines.iter().enumerate() {
        letters(canvas, (x + 1.5, y + index as f32 * LINE), LINE, line, BLACK, PLAIN);
    }
    height
}

/// Lot and expiry beside each other in one line; returns its height.
pub fn one_line(canvas: &mut Canvas, (x, y): (f32, f32), says: &Says) -> f32 {
    let text = says.lines().join(" ");
    fill(canvas, Area::new(x, y, EAN_WIDTH, LINE), PAPER);
    let area = Area::new(x + 1.0, y, EAN_WIDTH - 2.0, LINE);
    fitted(canvas, area, &text, BLACK, PLAIN);
    LINE
}

/// Size of the whole label, in millimetres.
pub const STICKER: (f32, f32) = (EAN_WIDTH + 4.0, 44.0);

/// The whole label, its upper left corner at `x`, `y`: bar code above, lines and Data Matrix below, or
/// a garment's size in large letters.
pub fn sticker(canvas: &mut Canvas, (x, y): (f32, f32), says: &Says) {
    let (width, height) = STICKER;
    fill(canvas, Area::new(x, y, width, height), PAPER);
    ean(canvas, (x + 2.0, y + 0.5), 18.5, &says.gtin);
    if let Some(size) = &says.size {
        letters(canvas, (x + 3.0, y + 21.0), 11.0, "SIZE", BLACK, PLAIN);
        let field = Area::new(x + 32.0, y + 20.0, width - 35.0, 16.0);
        fill(canvas, field, BLACK);
        fitted(canvas, field.within(1.0), size, PAPER, PLAIN);
        if let Some(lot) = &says.lot {
            letters(canvas, (x + 3.0, y + 36.5), LINE, &format!("LOT {lot}"), BLACK, PLAIN);
        }
        return;
    }
    lines(canvas, (x + 2.5, y + 23.0), says);
    letters(canvas, (x + 4.0, y + 37.5), 5.0, "KEEP DRY", [96, 96, 100], PLAIN);
    let elements = says.elements();
    canvas.gs1_data_matrix(x + width - 25.5, y + 20.5, CELL, &elements);
}
