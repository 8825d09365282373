//! **Components**: patches of pixels that hang together, side by side or one above the other.

use image::{GrayImage, Luma};
use imageproc::drawing::flood_fill_mut;
use imageproc::region_labelling::{Connectivity, connected_components};

use super::Bounds;

/// One patch of pixels that hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Component {
    /// The rectangle around it.
    pub bounds: Bounds,
    /// Pixels.
    pub area: usize,
    /// Whether it reaches the raster's border, so that part of the thing may be out of sight.
    pub at_border: bool,
}

/// All components of a raster.
pub(crate) struct Components {
    /// For each pixel 0 outside, or 1 + its component's place in `list`.
    pub labels: Vec<u32>,
    /// From the first row's to the last one's.
    pub list: Vec<Component>,
}

impl Components {
    /// The components of the pixels that are `inside`, rows of `width`.
    pub fn of(inside: &[bool], width: usize) -> Components {
        let height = inside.len() / width;
        let pixels = inside.iter().map(|inside| u8::from(*inside)).collect();
        let raster = GrayImage::from_raw(width as u32, height as u32, pixels)
            .expect("the pixels are whole rows");
        let labels = connected_components(&raster, Connectivity::Four, Luma([0])).into_raw();
        let mut list: Vec<Component> = Vec::new();
        for (y, row) in labels.chunks_exact(width).enumerate() {
            for (x, label) in row.iter().enumerate().filter(|(_, label)| **label > 0) {
                let (x, y) = (x as u32, y as u32);
                // Labels ascend in the order in which they are met.
                if *label as usize > list.len() {
                    let bounds = Bounds { x, y, width: 1, height: 1 };
                    list.push(Component { bounds, area: 0, at_border: false });
                }
                let component = &mut list[*label as usize - 1];
                let bounds = &mut component.bounds;
                let right = (bounds.x + bounds.width).max(x + 1);
                bounds.x = bounds.x.min(x);
                bounds.width = right - bounds.x;
                bounds.height = y + 1 - bounds.y;
                component.area += 1;
                component.at_border |=
                    x == 0 || y == 0 || x + 1 == width as u32 || y + 1 == height as u32;
            }
        }
        Components { labels, list }
    }
}

/// `inside` and its holes: what lies outside but cannot be reached from the raster's border.
pub(crate) fn filled(inside: &[bool], width: usize) -> Vec<bool> {
    const REACHED: Luma<u8> = Luma([2]);
    // A frame of one pixel joins all that can be reached from the border.
    let (columns, rows) = (width as u32 + 2, (inside.len() / width) as u32 + 2);
    let mut framed = GrayImage::new(columns, rows);
    for (row, pixels) in inside.chunks_exact(width).enumerate() {
        let start = (row + 1) * (width + 2) + 1;
        let framed: &mut [u8] = &mut framed;
        framed[start..start + width]
            .iter_mut()
            .zip(pixels)
            .for_each(|(to, inside)| *to = u8::from(*inside));
    }
    flood_fill_mut(&mut framed, 0, 0, REACHED);
    let row = |row: u32| (1..=width as u32).map(move |column| (column, row));
    let pixels = (1..rows - 1).flat_map(row);
    pixels.map(|(column, row)| *framed.get_pixel(column, row) != REACHED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `#` is inside.
    fn raster(rows: &[&str]) -> (Vec<bool>, usize) {
        (rows.concat().bytes().map(|byte| byte == b'#').collect(), rows[0].len())
    }

    #[test]
    fn components_have_their_area_bounds_and_border() {
        let (pixels, width) = raster(&["........", "..#.#...", "..###..#", "......##", "........"]);
        let found = Components::of(&pixels, width);
        let bounds = |x, y, width, height| Bounds { x, y, width, height };
        let item = Component { bounds: bounds(2, 1, 3, 2), area: 5, at_border: false };
        let part = Component { bounds: bounds(6, 2, 2, 2), area: 3, at_border: true };
        assert_eq!(found.list, [item, part]);
        assert_eq!(found.labels.iter().filter(|label| **label == 2).count(), 3);
    }

    #[test]
    fn holes_are_filled_and_bays_are_not() {
        let (ring, width) = raster(&["......", ".####.", ".#..#.", ".####.", "......"]);
        assert_eq!(filled(&ring, width).iter().filter(|inside| **inside).count(), 12);
        let (bay, width) = raster(&["......", ".####.", ".#....", ".####.", "......"]);
        assert_eq!(filled(&bay, width), bay);
    }
}
