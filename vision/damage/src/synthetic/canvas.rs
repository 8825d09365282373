//! The **canvas** on which a generator paints over an item whose outline it leaves as it is.

use image::RgbImage;

use super::Damaged;
use super::item::Item;
use super::raster::pixel;

pub(super) struct Canvas<'a> {
    item: &'a Item<'a>,
    picture: RgbImage,
    touched: Vec<f32>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(item: &'a Item) -> Canvas<'a> {
        let touched = vec![0.0; item.width * item.height];
        Canvas { item, picture: item.picture.clone(), touched }
    }

    /// What is painted so far at a pixel.
    pub(super) fn colour(&self, (x, y): (u32, u32)) -> [f32; 3] {
        self.picture.get_pixel(x, y).0.map(f32::from)
    }

    /// Covers a pixel of the item with `share` (0 to 1) of a colour. Beside the item nothing is
    /// painted: what lies on an item ends where the item does.
    pub(super) fn cover(&mut self, at: (u32, u32), colour: [f32; 3], share: f32) {
        if !self.item.mask.contains(at.0, at.1) || share <= 0.0 {
            return;
        }
        let before = self.colour(at);
        let mixed = [0, 1, 2].map(|part| before[part] + (colour[part] - before[part]) * share);
        self.picture.put_pixel(at.0, at.1, pixel(mixed));
    }

    /// Notes that a pixel of the item is touched.
    pub(super) fn touch(&mut self, (x, y): (u32, u32)) {
        if self.item.mask.contains(x, y) {
            self.touched[y as usize * self.item.width + x as usize] = 1.0;
        }
    }

    pub(super) fn picture(&self) -> &RgbImage {
        &self.picture
    }

    pub(super) fn done(self) -> Damaged {
        Damaged { picture: self.picture, mask: self.item.mask.clone(), touched: self.touched }
    }
}
