//! A **mask**: which pixels of a picture belong to the item.

use serde::Serialize;

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// Columns left of it.
    pub x: u32,
    /// Rows above it.
    pub y: u32,
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
}

/// Where in a mask the item is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The smallest rectangle around it.
    pub bounds: Bounds,
    /// Its pixels, at least 1.
    pub area: usize,
    /// The mean of the middles of its pixels, in pixels from the left and from the top.
    pub centroid: (f64, f64),
}

/// One truth value per pixel, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: u32,
    inside: Vec<bool>,
    /// Pixels of it that do not look like the item, but lie within it.
    holes: usize,
}

impl Mask {
    /// A mask of `width` columns whose pixel at column x and row y is `inside(x, y)`.
    pub fn from_fn(width: u32, height: u32, mut inside: impl FnMut(u32, u32) -> bool) -> Mask {
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for y in 0..height {
            pixels.extend((0..width).map(|x| inside(x, y)));
        }
        Mask { width, inside: pixels, holes: 0 }
    }

    /// A mask of rows of `width` pixels, from the top left, of which so many are holes.
    pub(super) fn from_pixels(width: u32, inside: Vec<bool>, holes: usize) -> Mask {
        Mask { width, inside, holes }
    }

    /// Pixels of the mask that do not look like the item, but lie within it.
    pub fn holes(&self) -> usize {
        self.holes
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.inside.len().checked_div(self.width as usize).unwrap_or(0) as u32
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[bool] {
        &self.inside
    }

    /// Whether the pixel at column `x` and row `y` belongs to the item. Panics outside the mask.
    pub fn contains(&self, x: u32, y: u32) -> bool {
        self.inside[y as usize * self.width as usize + x as usize]
    }

    /// Pixels that belong to the item.
    pub fn area(&self) -> usize {
        self.inside.iter().filter(|inside| **inside).count()
    }

    /// Where the item is; `None` where the mask is empty.
    pub fn extent(&self) -> Option<Extent> {
        let rows = self.inside.chunks_exact((self.width as usize).max(1)).enumerate();
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        let (mut area, mut x, mut y) = (0, 0, 0);
        for (row, pixels) in rows {
            let first = pixels.iter().position(|inside| *inside);
            let last = pixels.iter().rposition(|inside| *inside);
            let (Some(first), Some(last)) = (first, last) else { continue };
            let (mut count, mut sum) = (0, 0);
            for (column, inside) in pixels[first..=last].iter().enumerate() {
                count += usize::from(*inside);
                sum += (first + column) * usize::from(*inside);
            }
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.min(row), row + 1);
            area += count;
            x += sum;
            y += row * count;
        }
        let middle = |sum: usize| sum as f64 / area as f64 + 0.5;
        (area > 0).then(|| Extent {
            bounds: Bounds {
                x: left as u32,
                y: top as u32,
                width: (right - left) as u32,
                height: (bottom - top) as u32,
            },
            area,
            centroid: (middle(x), middle(y)),
        })
    }

    /// The smallest rectangle around the item; `None` where the mask is empty.
    pub fn bounds(&self) -> Option<Bounds> {
        self.extent().map(|extent| extent.bounds)
    }

    /// The rectangle around the item in a picture of `size` pixels of which this is the mask; the
    /// whole picture where the mask is empty.
    pub fn bounds_in(&self, size: (u32, u32)) -> Bounds {
        let Some(bounds) = self.bounds() else {
            return Bounds { x: 0, y: 0, width: size.0, height: size.1 };
        };
        let scaled = |start: u32, length: u32, of: u32, to: u32| {
            let at = |edge: u32| (u64::from(edge) * u64::from(to) / u64::from(of)) as u32;
            (at(start), at(start + length).saturating_sub(at(start)).max(1))
        };
        let (x, width) = scaled(bounds.x, bounds.width, self.width, size.0);
        let (y, height) = scaled(bounds.y, bounds.height, self.height(), size.1);
        Bounds { x, y, width, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_enclose_the_item_and_nothing_more() {
        let mask = Mask::from_fn(9, 5, |x, y| (3..=6).contains(&x) && y == 2);
        assert_eq!(mask.bounds(), Some(Bounds { x: 3, y: 2, width: 4, height: 1 }));
        assert_eq!((mask.width(), mask.height(), mask.area()), (9, 5, 4));
        let extent = mask.extent().unwrap();
        assert_eq!((extent.area, extent.centroid), (4, (5.0, 2.5)));
        assert!(mask.contains(4, 2) && !mask.contains(4, 3));
    }

    #[test]
    fn bounds_are_scaled_to_the_picture_that_the_mask_belongs_to() {
        let mask = Mask::from_fn(9, 5, |x, y| (3..=6).contains(&x) && y == 2);
        let bounds = Bounds { x: 30, y: 8, width: 40, height: 4 };
        assert_eq!(mask.bounds_in((90, 20)), bounds);
        let nothing = Mask::from_fn(4, 4, |_, _| false);
        assert_eq!(nothing.bounds_in((8, 6)), Bounds { x: 0, y: 0, width: 8, height: 6 });
    }

    #[test]
    fn an_empty_mask_has_no_bounds() {
        assert_eq!(Mask::from_fn(4, 4, |_, _| false).bounds(), None);
        assert_eq!(Mask::from_fn(0, 0, |_, _| true).bounds(), None);
    }
}
