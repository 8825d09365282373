//! A **heat map**: where a view differs from normal, cell by cell, for people to look at.

use image::{Pixel, RgbImage};

use super::crop::Area;
use base::picture::{Picture, PixelFormat};

/// Distances of one view's cells, row by row from the top left.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// Cells in a row.
    pub width: u32,
    /// Rows of cells.
    pub height: u32,
    /// `width * height` distances, 0 or more.
    pub values: Vec<f32>,
    /// The part of the picture that the cells cover.
    pub area: Area,
    /// The distance that counts as hot: the view's threshold. Colours are relative to it, so that
    /// the same colour means the same deviation in each picture of a SKU.
    pub hot: f32,
}

impl HeatMap {
    /// The picture position of the hottest cell's middle, in pixels.
    pub fn peak(&self) -> (u32, u32) {
        let hottest = self
            .values
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .map_or(0, |(index, _)| index as u32);
        let middle = |cell: u32, cells: u32, from: f64, pixels: f64| {
            (from + (f64::from(cell) + 0.5) * pixels / f64::from(cells.max(1))) as u32
        };
        let width = self.width.max(1);
        (
            middle(hottest % width, self.width, self.area.x, self.area.width),
            middle(hottest / width, self.height, self.area.y, self.area.height),
        )
    }

    /// The cell at a place of the picture, in pixels; `None` beside the cells.
    pub(super) fn cell_at(&self, x: f64, y: f64) -> Option<i64> {
        let at = |place: f64, from: f64, length: f64, cells: u32| {
            let cell = ((place - from) / length * f64::from(cells)).floor();
            (0.0..f64::from(cells)).contains(&cell).then_some(cell as i64)
        };
        let column = at(x, self.area.x, self.area.width, self.width)?;
        let row = at(y, self.area.y, self.area.height, self.height)?;
        Some(row * i64::from(self.width) + column)
    }

    /// The picture in grey with its heat over it: what is normal stays grey, what deviates glows from
    /// violet (half of [`HeatMap::hot`]) over orange to yellow (one and a half times).
    pub fn overlay(&self, picture: &Picture) -> RgbImage {
        let mut blended = grey(picture);
        for (x, y, pixel) in blended.enumerate_pixels_mut() {
            let heat = (self.at_pixel(x, y) - 0.5).clamp(0.0, 1.0);
            if heat > 0.0 {
                let weight = 0.25 + 0.5 * heat;
                for (channel, colour) in pixel.0.iter_mut().zip(inferno(heat)) {
                    *channel = (f32::from(*channel) * (1.0 - weight) + colour * weight) as u8;
                }
            }
        }
        blended
    }

    /// The heat of every pixel of a picture of this size, row by row, in units of what is hot.
    pub fn of_pixels(&self, width: u32, height: u32) -> Vec<f32> {
        (0..height).flat_map(|y| (0..width).map(move |x| self.at_pixel(x, y))).collect()
    }

    /// The heat of a pixel of the view, in units of what is hot; 0 beside the cells.
    fn at_pixel(&self, x: u32, y: u32) -> f32 {
        let (across, down) =
            (f64::from(self.width) / self.area.width, f64::from(self.height) / self.area.height);
        let column = (f64::from(x) + 0.5 - self.area.x) * across - 0.5;
        let row = (f64::from(y) + 0.5 - self.area.y) * down - 0.5;
        let outside = |at: f64, cells: u32| at < -0.5 || at > f64::from(cells) - 0.5;
        if self.values.is_empty() || outside(column, self.width) || outside(row, self.height) {
            return 0.0;
        }
        self.between(column as f32, row as f32) / self.hot.max(f32::MIN_POSITIVE)
    }

    /// The distance at a position between cells, in cells, interpolated.
    fn between(&self, column: f32, row: f32) -> f32 {
        let column = column.clamp(0.0, (self.width - 1) as f32);
        let row = row.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (column as u32, row as u32);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let at = |x: u32, y: u32| self.values[(y * self.width + x) as usize];
        let (across, down) = (column - left as f32, row - top as f32);
        let upper = at(left, top) * (1.0 - across) + at(right, top) * across;
        let lower = at(left, bottom) * (1.0 - across) + at(right, bottom) * across;
        upper * (1.0 - down) + lower * down
    }
}

/// The picture without its colours, which could be taken for heat.
fn grey(picture: &Picture) -> RgbImage {
    let mut shown = picture.to_rgb_image();
    if picture.format() == PixelFormat::Rgb8 {
        for pixel in shown.pixels_mut() {
            pixel.0 = [pixel.to_luma().0[0]; 3];
        }
    }
    shown
}

/// The colour map "inferno" of matplotlib (CC0), whose brightness rises evenly, so that it survives
/// colour blindness and a grey printer; here from its violet on. Stops at 0.3, 0.475 .. 1.0.
fn inferno(heat: f32) -> [f32; 3] {
    const STOPS: [[f32; 3]; 5] = [
        [101.0, 21.0, 110.0],
        [165.0, 44.0, 96.0],
        [221.0, 81.0, 58.0],
        [251.0, 155.0, 6.0],
        [252.0, 255.0, 164.0],
    ];
    let at = heat.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let from = (at as usize).min(STOPS.len() - 2);
    let part = at - from as f32;
    std::array::from_fn(|i| STOPS[from][i] * (1.0 - part) + STOPS[from + 1][i] * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> HeatMap {
        let mut values = vec![0.1; 12];
        values[6] = 3.0;
        let area = Area { x: 0.0, y: 0.0, width: 80.0, height: 60.0 };
        HeatMap { width: 4, height: 3, values, area, hot: 1.0 }
    }

    #[test]
    fn the_peak_is_the_middle_of_the_hottest_patch() {
        assert_eq!(map().peak(), (50, 30));
    }

    #[test]
    fn pixels_have_the_heat_of_their_cell_in_units_of_what_is_hot() {
        let area = Area { x: 2.0, y: 0.0, width: 4.0, height: 2.0 };
        let map = HeatMap { width: 2, height: 1, values: vec![0.0, 3.0], area, hot: 2.0 };
        let heat = map.of_pixels(7, 2);
        assert_eq!(heat[..7], [0.0, 0.0, 0.0, 0.375, 1.125, 1.5, 0.0]);
        assert_eq!(heat.len(), 14);
    }

    #[test]
    fn a_map_of_a_part_of_the_picture_leaves_the_rest_as_it_is() {
        let area = Area { x: 40.0, y: 30.0, width: 20.0, height: 10.0 };
        let map = HeatMap { width: 2, height: 1, values: vec![0.0, 3.0], area, hot: 1.0 };
        assert_eq!(map.peak(), (55, 35));
        let shown = map.overlay(&Picture::from(RgbImage::from_pixel(80, 60, image::Rgb([9; 3]))));
        let changed = shown.enumerate_pixels().filter(|(_, _, pixel)| pixel.0 != [9; 3]);
        assert!(changed.clone().count() > 50);
        for (x, y, _) in changed {
            assert!((40..60).contains(&x) && (30..40).contains(&y), "{x}, {y}");
        }
    }

    #[test]
    fn only_what_deviates_is_coloured() {
        let grey = RgbImage::from_pixel(80, 60, image::Rgb([100; 3]));
        let shown = map().overlay(&Picture::from(grey));
        assert_eq!(shown.dimensions(), (80, 60));
        assert_eq!(shown.get_pixel(2, 2).0, [100; 3]);
        let hot = shown.get_pixel(50, 30).0;
        assert!(hot[0] > 200 && hot[2] < hot[0], "yellow, not {hot:?}");
    }

    #[test]
    fn brightness_rises_evenly_along_the_colours() {
        let brightness = |heat: f32| {
            let [r, g, b] = inferno(heat);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let all: Vec<f32> = (0..=20).map(|i| brightness(i as f32 / 20.0)).collect();
        assert!(all.is_sorted(), "{all:?}");
    }
}
