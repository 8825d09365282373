//! The direction classifier: tells whether a strip stands upside down.

use image::RgbImage;

use super::TextError;
use super::runtime::Net;
use super::strip;
use crate::rectangle::Rectangle;

/// The size of the strips that the network was trained on.
const ROWS: usize = 48;
const COLUMNS: usize = 192;

/// The direction classifier.
pub(super) struct Direction {
    net: Net,
    planes: Vec<f32>,
}

impl Direction {
    pub(super) fn new(net: Net) -> Self {
        Self { net, planes: vec![0.0; 3 * ROWS * COLUMNS] }
    }

    /// The probability that the text of `rectangle` runs the other way.
    pub(super) fn upside_down(
        &mut self,
        picture: &RgbImage,
        rectangle: &Rectangle,
    ) -> Result<f32, TextError> {
        let columns = (ROWS as f32 * rectangle.width / rectangle.height.max(1.0)).ceil();
        let columns = (columns as usize).clamp(1, COLUMNS);
        self.planes.fill(0.0);
        strip::cut(picture, rectangle, (columns, ROWS), COLUMNS, &mut self.planes);
        let shape = [1, 3, ROWS, COLUMNS];
        let turned = self.net.run(shape, &self.planes, |shape, likely| match likely {
            [_, turned] => Ok(*turned),
            _ => Err(format!("it answers {shape:?}, not a probability for each direction")),
        })?;
        turned.map_err(|found| self.net.unlike(found))
    }
}
