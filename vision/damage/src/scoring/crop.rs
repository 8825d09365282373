//! The **crop**: the part of a view that is looked at, and the size to which it is scaled.
//!
//! What an item looks like is compared cell by cell with what normal ones look like, so the same item must
//! be seen at the same scale, and at the same place on the grid of cells, in every view. The edges of a
//! mask are uncertain by a pixel or two; its area and its centroid, which thousands of pixels make up, are
//! not. So the scale follows from the area and the crop has the centroid in its middle (normalisation by
//! moments: M.-K. Hu, "Visual pattern recognition by moment invariants", 1962), and an item that is turned
//! keeps its scale. How far the crop reaches follows from the box around the item and a margin, and is rounded
//! to steps of [`SIZE_MULTIPLE`] pixels, which the backbone asks for: a step more shows more belt, and the
//! item no differently. (Before, the box was stretched to the nearest steps; where a box lay between two
//! sizes, one item in twenty was seen stretched by a tenth and stood out.)

use fast_image_resize as fir;

use base::picture::{Picture, scaled};
use features::backbone::SIZE_MULTIPLE;
use features::localise::{Extent, Mask};

/// Area of a whole view, in pixels after scaling: that of 320 x 320.
const VIEW_AREA: f64 = 320.0 * 320.0;
/// The same where the item gets a crop of its own: that of 224 x 224, half the time.
const GLANCE_AREA: f64 = 224.0 * 224.0;
/// Area of an item, in pixels after scaling: an upright rectangular one with its margin then fills
/// about 288 x 288.
const ITEM_AREA: f64 = 288.0 * 288.0 / 1.6;
/// An item that would need more than this, because it is long and lies askew, is scaled down.
const AREA_MAX: f64 = 1.5 * 288.0 * 288.0;
/// Shortest and longest side of the scaled crop, in steps of [`SIZE_MULTIPLE`]: 96 to 1,024 pixels.
/// Crops more than ten times as long as wide are squeezed.
const SIDES: std::ops::RangeInclusive<i64> = 3..=32;
/// Margin around the item, as a share of the longer side of its box: the backbone sees the item's
/// edges against their surroundings.
const MARGIN: f64 = 0.12;
/// Points along each side of a cell at which masks are read.
const POINTS: u32 = 4;

/// A part of a picture, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width, greater than zero.
    pub width: f64,
    /// Height, greater than zero.
    pub height: f64,
}

/// What is cut out of a view, and how large it becomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    /// Where it lies.
    pub area: Area,
    /// Width and height after scaling: multiples of [`SIZE_MULTIPLE`].
    pub scaled: (u32, u32),
}

impl Area {
    /// The whole of `picture`.
    fn of(picture: &Picture) -> Area {
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        Area { x: 0.0, y: 0.0, width, height }
    }
}

impl Crop {
    /// The whole picture.
    pub fn whole(picture: &Picture) -> Crop {
        Crop::stretched(Area::of(picture), VIEW_AREA)
    }

    /// The whole picture, at the scale at which it is looked at beside a crop of the item.
    pub fn glance(picture: &Picture) -> Crop {
        Crop::stretched(Area::of(picture), GLANCE_AREA)
    }

    /// The item of `mask`, which covers the whole of `picture` at a size of its own, in the middle. The whole
    /// picture where the mask is empty or full.
    pub fn around(mask: &Mask, picture: &Picture) -> Crop {
        let whole = Area::of(picture);
        let item = mask.extent().filter(|item| item.area < mask.pixels().len());
        let Some(Extent { bounds, area: pixels, centroid: (x, y) }) = item else {
            return Crop::stretched(whole, VIEW_AREA);
        };
        let across = whole.width / f64::from(mask.width());
        let down = whole.height / f64::from(mask.height());
        let (x, y) = (x * across, y * down);
        let left = f64::from(bounds.x) * across;
        let top = f64::from(bounds.y) * down;
        let (width, height) = (f64::from(bounds.width) * across, f64::from(bounds.height) * down);
        let margin = MARGIN * width.max(height);
        // Twice the reach from the centroid to the farther side.
        let across_item = 2.0 * ((x - left).max(left + width - x) + margin);
        let down_item = 2.0 * ((y - top).max(top + height - y) + margin);
        let item = pixels as f64 * across * down;
        let longest = (*SIDES.end() * SIZE_MULTIPLE) as f64;
        let scale = (ITEM_AREA / item)
            .min(AREA_MAX / (across_item * down_item))
            .sqrt()
            .min(longest / across_item.max(down_item));
        let unit = SIZE_MULTIPLE as f64 / scale;
        // No more steps than the picture has room for.
        let steps = |length: f64, room: f64| {
            let steps = (length / unit).round().max(*SIDES.start() as f64);
            steps.min((room / unit + 1e-9).floor())
        };
        let (columns, rows) = (steps(across_item, whole.width), steps(down_item, whole.height));
        if columns.min(rows) < *SIDES.start() as f64 {
            // The picture is a narrow strip.
            return Crop::stretched(whole, VIEW_AREA);
        }
        let (width, height) = (columns * unit, rows * unit);
        let within =
            |middle: f64, length: f64, of: f64| (middle - length / 2.0).min(of - length).max(0.0);
        let area = Area {
            x: within(x, width, whole.width),
            y: within(y, height, whole.height),
            width,
            height,
        };
        let side = |steps: f64| (steps as i64 * SIZE_MULTIPLE) as u32;
        Crop { area, scaled: (side(columns), side(rows)) }
    }

    /// Its pixels, scaled, in the picture's own format.
    pub fn cut(&self, picture: &Picture) -> Vec<u8> {
        let Area { x, y, width, height } = self.area;
        let part = fir::CropBox { left: x, top: y, width, height };
        scaled(picture, Some(part), self.scaled.0, self.scaled.1)
    }

    /// Where the middles of 4 x 4 equal parts of the cell in `column` and `row` lie in the picture, of
    /// `width` x `height` cells.
    pub fn points(
        &self,
        (column, row): (i64, i64),
        (width, height): (i64, i64),
    ) -> impl Iterator<Item = (f64, f64)> {
        let area = self.area;
        let at = move |cell: i64, step: u32, count: i64| {
            (cell as f64 + (f64::from(step) + 0.5) / f64::from(POINTS)) / count as f64
        };
        (0..POINTS * POINTS).map(move |point| {
            let x = area.x + at(column, point % POINTS, width) * area.width;
            let y = area.y + at(row, point / POINTS, height) * area.height;
            (x, y)
        })
    }

    /// The same part with `share` of its longer side more on each side, cut at the picture's edges.
    pub fn widened(&self, share: f64, picture: &Picture) -> Crop {
        let (whole, Area { x, y, width, height }) = (Area::of(picture), self.area);
        let more = share * width.max(height);
        let (left, top) = ((x - more).max(0.0), (y - more).max(0.0));
        let right = (x + width + more).min(whole.width);
        let bottom = (y + height + more).min(whole.height);
        let area = Area { x: left, y: top, width: right - left, height: bottom - top };
        Crop::stretched(area, VIEW_AREA)
    }

    /// `area`, scaled to the size that fits its proportions best, with a deviation from an area of
    /// `pixels` counting half.
    fn stretched(area: Area, pixels: f64) -> Crop {
        let proportions = (area.width / area.height).ln();
        let misfit = |w: i64, h: i64| {
            let (w, h) = ((w * SIZE_MULTIPLE) as f64, (h * SIZE_MULTIPLE) as f64);
            ((w / h).ln() - proportions).abs() + 0.5 * (w * h / pixels).ln().abs()
        };
        let (w, h) = SIDES
            .flat_map(|w| SIDES.map(move |h| (w, h)))
            .min_by(|a, b| misfit(a.0, a.1).total_cmp(&misfit(b.0, b.1)))
            .expect("there are sides to choose from");
        Crop { area, scaled: ((w * SIZE_MULTIPLE) as u32, (h * SIZE_MULTIPLE) as u32) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use base::picture::PixelFormat;

    fn grey(width: u32, height: u32) -> Picture {
        let pixels = vec![0; width as usize * height as usize];
        Picture::from_pixels(width, height, PixelFormat::Grey8, pixels).unwrap()
    }

    /// A mask of 200 x 200 with a rectangle in it, turned by `turn` radians around its middle.
    fn rectangle(middle: (f64, f64), (width, height): (f64, f64), turn: f64) -> Mask {
        let (sin, cos) = turn.sin_cos();
        Mask::from_fn(200, 200, |x, y| {
            let (x, y) = (f64::from(x) + 0.5 - middle.0, f64::from(y) + 0.5 - middle.1);
            (x * cos + y * sin).abs() < width / 2.0 && (y * cos - x * sin).abs() < height / 2.0
        })
    }

    /// Pixels after scaling for each pixel of the picture.
    fn scale(crop: &Crop) -> f64 {
        f64::from(crop.scaled.0) / crop.area.width
    }

    #[test]
    fn a_whole_picture_keeps_its_proportions_and_gets_one_area() {
        let size = |width, height| {
            Crop::stretched(Area { x: 0.0, y: 0.0, width, height }, VIEW_AREA).scaled
        };
        assert_eq!(size(960.0, 540.0), (448, 256));
        assert_eq!(size(540.0, 960.0), (256, 448));
        assert_eq!(size(640.0, 480.0), (384, 288));
        assert_eq!(size(64.0, 64.0), (320, 320));
        assert_eq!(size(5472.0, 3648.0), (384, 256));
        assert_eq!(size(8192.0, 16.0), (1024, 96));
    }

    #[test]
    fn the_item_is_in_the_middle_with_a_margin_of_the_same_scale_everywhere() {
        let picture = grey(800, 800);
        let crop = Crop::around(&rectangle((100.0, 80.0), (60.0, 40.0), 0.0), &picture);
        let Area { x, y, width, height } = crop.area;
        assert!((x + width / 2.0 - 400.0).abs() < 1e-6 && (y + height / 2.0 - 320.0).abs() < 1e-6);
        assert!(width > 240.0 && height > 160.0 && width < 340.0, "{width} {height}");
        let down = f64::from(crop.scaled.1) / height;
        assert!((scale(&crop) - down).abs() < 1e-9, "not stretched");
    }

    #[test]
    fn a_pixel_more_at_an_edge_hardly_changes_scale_or_place() {
        let picture = grey(800, 800);
        let one = Crop::around(&rectangle((100.0, 100.0), (60.0, 40.0), 0.0), &picture);
        let other = Crop::around(&rectangle((100.5, 100.0), (61.0, 40.0), 0.0), &picture);
        assert!((scale(&one) / scale(&other) - 1.0).abs() < 0.01);
    }

    #[test]
    fn an_item_that_is_turned_a_little_has_the_same_scale() {
        let picture = grey(800, 800);
        let upright = Crop::around(&rectangle((100.0, 100.0), (60.0, 40.0), 0.0), &picture);
        let turned = Crop::around(&rectangle((100.0, 100.0), (60.0, 40.0), 0.2), &picture);
        assert!((scale(&upright) / scale(&turned) - 1.0).abs() < 0.02);
    }

    #[test]
    fn an_item_at_the_pictures_edge_stays_in_the_picture() {
        let crop = Crop::around(&rectangle((20.0, 190.0), (60.0, 40.0), 0.0), &grey(800, 800));
        let Area { x, y, width, height } = crop.area;
        assert!(x >= 0.0 && y >= 0.0 && x + width <= 800.0 + 1e-6 && y + height <= 800.0 + 1e-6);
    }

    #[test]
    fn without_an_item_or_background_the_whole_picture_is_looked_at() {
        for inside in [false, true] {
            let crop = Crop::around(&Mask::from_fn(100, 50, |_, _| inside), &grey(200, 100));
            assert_eq!(crop, Crop::whole(&grey(200, 100)));
        }
    }

    proptest! {
        #[test]
        fn whatever_the_mask_the_crop_lies_in_the_picture_and_has_sides_that_the_backbone_takes(
            (x, y, width, height) in (0u32..60, 0u32..40, 1u32..60, 1u32..40),
            size in (16u32..2000, 16u32..2000),
        ) {
            let mask = Mask::from_fn(60, 40, |u, v| {
                (x..x + width).contains(&u) && (y..y + height).contains(&v)
            });
            let crop = Crop::around(&mask, &grey(size.0, size.1));
            let Area { x, y, width, height } = crop.area;
            prop_assert!(x >= 0.0 && y >= 0.0 && width > 0.0 && height > 0.0);
            prop_assert!(x + width <= f64::from(size.0) + 1e-6);
            prop_assert!(y + height <= f64::from(size.1) + 1e-6);
            for side in [crop.scaled.0, crop.scaled.1] {
                prop_assert!((96..=1024).contains(&side) && side % SIZE_MULTIPLE as u32 == 0);
            }
            prop_assert!(f64::from(crop.scaled.0) * f64::from(crop.scaled.1) < 2.0 * VIEW_AREA);
        }
    }
}
