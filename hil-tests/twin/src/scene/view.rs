//! From where a camera looks, and where an item of a mixed belt stands in its picture.

use super::{FIELD_MM, carton::Side};
use crate::{
    goods::{Laid, draw, raster::Eye},
    world::NewItem,
};

/// How far down the cameras look at a mixed belt, in radians: 80° and 7°.
const TOP_PITCH: f32 = 1.396;
const SIDE_PITCH: f32 = 0.122;
/// Where the leading edge of an item of a mixed belt stands in its picture, right of the middle: the
/// longest ones are seen whole then, and their neighbours not at all.
const NOSE_MM: f64 = 70.0;
/// How far an item's shadow reaches beyond it.
const SHADOW_MM: f64 = 35.0;

/// How far from a camera's window the leading edge of an item can be while the item, or its shadow, is
/// seen, in millimetres.
pub fn reach_mm(what: &NewItem) -> f64 {
    let reach = FIELD_MM / 2.0 + what.length_mm;
    if what.laid.is_some() { reach + NOSE_MM + SHADOW_MM } else { reach }
}

/// An item as one camera sees it: rows of RGBA, and where its upper left corner comes to lie when
/// the item stands in the middle of the window.
pub(super) struct Sprite {
    pub(super) width: usize,
    pub(super) pixels: Vec<[u8; 4]>,
    pub(super) left: i64,
    pub(super) top: i64,
}

/// From where a camera looks, and how large its picture is.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) side: Side,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) px_per_mm: f64,
}

impl View {
    /// Rows in which the belt is seen, in millimetres from the upper rim.
    pub(super) fn belt_mm(&self) -> (f64, f64) {
        let height_mm = self.height as f64 / self.px_per_mm;
        match self.side {
            Side::Top => (height_mm / 2.0 - 70.0, height_mm / 2.0 + 70.0),
            Side::Side => (height_mm / 2.0 + 45.0, height_mm / 2.0 + 62.0),
        }
    }

    /// An item of a mixed belt. Its leading edge, not its middle, is where the item is told to be.
    pub(super) fn draw(self, laid: &Laid) -> Sprite {
        let pitch = match self.side {
            Side::Top => TOP_PITCH,
            Side::Side => SIDE_PITCH,
        };
        let eye = Eye { pitch, px_per_mm: self.px_per_mm as f32 };
        let drawing = draw::draw(laid, eye);
        let (belt_from, belt_to) = self.belt_mm();
        let middle = (belt_from + belt_to) / 2.0 * self.px_per_mm;
        let nose = (NOSE_MM - laid.length_mm() / 2.0) * self.px_per_mm;
        Sprite {
            width: drawing.width,
            pixels: drawing.pixels,
            left: (self.width as f64 / 2.0 + nose - f64::from(drawing.column)).round() as i64,
            top: (middle - f64::from(drawing.row)).round() as i64,
        }
    }
}
