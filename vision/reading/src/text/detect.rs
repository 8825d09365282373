//! The detector: finds where lines of text are.
//!
//! The network gives for each pixel the probability that it lies in the **kernel** of a line: the line
//! shrunk from all sides, so that neighbouring lines stay apart. Pixels above [`IN_KERNEL`] that hang
//! together are one kernel; the box is the smallest rectangle round it, grown back by what the network
//! was trained to shrink. The steps and the names are those of the paper (Liao et al. 2020, section 3.5),
//! the constants those that PP-OCRv6 is used with.

use image::RgbImage;

use super::TextError;
use super::runtime::Net;
use super::strip::level;
use crate::rectangle::Rectangle;
use crate::scale::{self, Filter};
use base::regions::regions;

/// A pixel more probable than this is part of a kernel.
const IN_KERNEL: f32 = 0.3;
/// The mean probability within a kernel's rectangle must be at least this.
const LEAST_SCORE: f32 = 0.5;
/// How far a kernel is grown: this times its area over its circumference.
const GROWTH: f32 = 1.6;
/// Kernels with a side below this many pixels of the network's input are specks.
const LEAST_KERNEL_PX: f32 = 3.0;
/// A kernel at least so many times as long as high shows which way its text runs.
const LONG: f32 = 3.0;
/// The network wants sides that are multiples of this.
const SIDE_STEP: u32 = 32;
/// A picture is made at most so many times larger: no letter of a smaller one becomes readable.
const MOST_ENLARGED: f32 = 4.0;

/// The size at which the detector looks at a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// The shorter side is made at least this long,
    pub(super) short_side_px: u32,
    /// but the longer side at most this,
    pub(super) long_side_px: u32,
    /// and all at most so many pixels; sides to the nearest multiple of 32.
    pub(super) most_px: u32,
}

/// The detector.
pub(super) struct Detector {
    net: Net,
    planes: Vec<f32>,
}

impl Detector {
    pub(super) fn new(net: Net) -> Self {
        Self { net, planes: Vec::new() }
    }

    /// The boxes of the lines in `picture`, in its pixels, from the top down.
    pub(super) fn find(
        &mut self,
        picture: &RgbImage,
        look: Look,
    ) -> Result<Vec<Rectangle>, TextError> {
        let (columns, rows) = size(picture, look);
        self.fill(picture, columns, rows);
        let (width, height) = (columns as usize, rows as usize);
        let shape = [1, 3, height, width];
        let found = self.net.run(shape, &self.planes, |shape, likely| {
            if likely.len() == width * height {
                Ok(boxes(likely, width))
            } else {
                Err(format!("it answers {shape:?} for {height} rows of {width} pixels"))
            }
        })?;
        let found = found.map_err(|found| self.net.unlike(found))?;
        let x = picture.width() as f32 / columns as f32;
        let y = picture.height() as f32 / rows as f32;
        Ok(found.into_iter().map(|rectangle| rectangle.scaled(x, y)).collect())
    }

    /// Writes `picture`, scaled, as planes.
    fn fill(&mut self, picture: &RgbImage, columns: u32, rows: u32) {
        let scaled = scale::colour(picture, columns, rows, Filter::Smooth);
        let pixels = scaled.as_raw();
        let plane = pixels.len() / 3;
        self.planes.resize(pixels.len(), 0.0);
        for (channel, values) in self.planes.chunks_exact_mut(plane).enumerate() {
            for (value, pixel) in values.iter_mut().zip(pixels.chunks_exact(3)) {
                *value = level(f32::from(pixel[2 - channel]));
            }
        }
    }
}

/// The size of the network's input for `picture`.
fn size(picture: &RgbImage, look: Look) -> (u32, u32) {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let enlarged = (look.short_side_px as f32 / width.min(height)).clamp(1.0, MOST_ENLARGED);
    let most = (look.most_px as f32 / (width * height)).sqrt();
    let scale = enlarged.min(look.long_side_px as f32 / width.max(height)).min(most);
    let stepped = |side: f32| {
        let steps = (side * scale / SIDE_STEP as f32).round();
        (steps as u32).max(1) * SIDE_STEP
    };
    (stepped(width), stepped(height))
}

/// The boxes in a map of probabilities with rows of `width`.
fn boxes(likely: &[f32], width: usize) -> Vec<Rectangle> {
    let inside: Vec<bool> = likely.iter().map(|value| *value > IN_KERNEL).collect();
    let labels = regions(&inside, width);
    kernels(&outlines(&labels, width))
        .into_iter()
        .filter(|kernel| kernel.width.min(kernel.height) >= LEAST_KERNEL_PX)
        .filter(|kernel| score(kernel, likely, width) >= LEAST_SCORE)
        .map(|kernel| {
            let circumference = 2.0 * (kernel.width + kernel.height);
            kernel.grown(kernel.area() * GROWTH / circumference)
        })
        .collect()
}

/// The smallest rectangle round each outline. That of a short word is nearly square or stands straight
/// while its text is tilted: it is laid along the nearest long one, and to the right where there is none.
fn kernels(outlines: &[Vec<[f32; 2]>]) -> Vec<Rectangle> {
    let mut kernels: Vec<(Rectangle, &Vec<[f32; 2]>)> = outlines
        .iter()
        .filter_map(|outline| Some((Rectangle::around(outline)?, outline)))
        .collect();
    let long = |kernel: &Rectangle| kernel.width >= LONG * kernel.height;
    let guides: Vec<Rectangle> =
        kernels.iter().map(|(kernel, _)| *kernel).filter(|kernel| long(kernel)).collect();
    for (kernel, outline) in kernels.iter_mut().filter(|(kernel, _)| !long(kernel)) {
        let distance = |guide: &&Rectangle| {
            let [x, y] = [0, 1].map(|axis| guide.centre[axis] - kernel.centre[axis]);
            x.hypot(y)
        };
        let nearest = guides.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let along = nearest.map_or([1.0, 0.0], |guide| guide.along);
        if let Some(laid) = Rectangle::along(along, outline.iter().copied()) {
            *kernel = laid;
        }
    }
    kernels.into_iter().map(|(kernel, _)| kernel).collect()
}

/// For each region the corners of its rows' first and last pixels.
fn outlines(labels: &[u32], width: usize) -> Vec<Vec<[f32; 2]>> {
    let count = labels.iter().max().map_or(0, |last| *last as usize);
    let mut outlines = vec![Vec::new(); count];
    for (y, row) in labels.chunks_exact(width).enumerate() {
        for (x, label) in row.iter().enumerate().filter(|(_, label)| **label > 0) {
            let outline = &mut outlines[*label as usize - 1];
            let y = y as f32;
            if x == 0 || row[x - 1] != *label {
                outline.extend([[x as f32, y], [x as f32, y + 1.0]]);
            }
            if x + 1 == width || row[x + 1] != *label {
                outline.extend([[x as f32 + 1.0, y], [x as f32 + 1.0, y + 1.0]]);
            }
        }
    }
    outlines
}

/// The mean probability of the pixels whose centres lie in `kernel`.
fn score(kernel: &Rectangle, likely: &[f32], width: usize) -> f32 {
    let corners = kernel.corners();
    let range = |axis: usize, end: usize| {
        let values = corners.map(|corner| corner[axis]);
        let low = values.into_iter().fold(f32::INFINITY, f32::min).max(0.0) as usize;
        let high = values.into_iter().fold(0.0, f32::max).ceil() as usize;
        low..high.min(end)
    };
    let (columns, rows) = (range(0, width), range(1, likely.len() / width));
    let (mut sum, mut count) = (0.0, 0.0);
    for y in rows {
        for x in columns.clone() {
            if kernel.holds([x as f32 + 0.5, y as f32 + 0.5]) {
                sum += likely[y * width + x];
                count += 1.0;
            }
        }
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rectangle::dot;

    /// A map of probabilities, 60 x 40, `likely` where `kernel` holds and 0.1 elsewhere.
    fn map(kernels: &[Rectangle], likely: f32) -> Vec<f32> {
        let points = (0..40).flat_map(|y| (0..60).map(move |x| [x as f32 + 0.5, y as f32 + 0.5]));
        let inside = |point| kernels.iter().any(|kernel| kernel.holds(point));
        points.map(|point| if inside(point) { likely } else { 0.1 }).collect()
    }

    fn kernel(centre: [f32; 2], degrees: f32, width: f32, height: f32) -> Rectangle {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        Rectangle { centre, along: [cosine, sine], width, height }
    }

    #[test]
    fn a_kernel_becomes_a_box_that_is_grown_by_its_area_over_its_circumference() {
        let boxes = boxes(&map(&[kernel([30.0, 20.0], 0.0, 30.0, 6.0)], 0.9), 60);
        let margin = 30.0 * 6.0 * GROWTH / 72.0;
        assert_eq!(boxes, [kernel([30.0, 20.0], 0.0, 30.0, 6.0).grown(margin)]);
    }

    #[test]
    fn kernels_aslant_and_side_by_side_are_boxes_of_their_own() {
        let drawn = [kernel([18.0, 20.0], 60.0, 26.0, 7.0), kernel([44.0, 20.0], 60.0, 26.0, 7.0)];
        let boxes = boxes(&map(&drawn, 0.8), 60);
        assert_eq!(boxes.len(), 2);
        for found in boxes {
            let way = kernel([0.0, 0.0], 60.0, 1.0, 1.0).along;
            assert!(dot(found.along, way) > 0.99, "{found:?}");
        }
    }

    #[test]
    fn a_short_kernel_is_laid_along_the_nearest_long_one() {
        let drawn = [
            kernel([36.0, 24.0], -20.0, 26.0, 6.0),
            kernel([14.0, 32.0], -20.0, 8.0, 7.0),
            kernel([55.0, 9.0], 90.0, 16.0, 4.0),
        ];
        let boxes = boxes(&map(&drawn, 0.9), 60);
        let short = boxes.iter().min_by(|a, b| a.width.total_cmp(&b.width)).unwrap();
        let alone = super::boxes(&map(&[kernel([16.0, 16.0], 20.0, 8.0, 9.0)], 0.9), 60);
        assert!(dot(short.along, drawn[0].along) > 0.99, "{boxes:?}");
        assert_eq!(alone[0].along, [1.0, 0.0], "a short one alone runs to the right");
    }

    #[test]
    fn specks_and_what_is_hardly_likely_are_no_boxes() {
        assert_eq!(boxes(&map(&[kernel([30.0, 20.0], 0.0, 2.0, 2.0)], 0.9), 60), []);
        assert_eq!(boxes(&map(&[kernel([30.0, 20.0], 0.0, 30.0, 6.0)], 0.4), 60), []);
        assert_eq!(boxes(&vec![f32::NAN; 2400], 60), []);
        assert_eq!(boxes(&[], 60), []);
    }

    #[test]
    fn the_networks_input_has_the_asked_sides_in_steps_of_32_and_is_never_huge() {
        let of = |width, height| {
            let picture = RgbImage::new(width, height);
            size(&picture, Look { short_side_px: 736, long_side_px: 2000, most_px: 1280 * 960 })
        };
        assert_eq!(of(840, 640), (960, 736));
        assert_eq!(of(960, 540), (1312, 736));
        assert_eq!(of(4000, 3000), (1280, 960));
        assert_eq!(of(1120, 540), (1536, 736), "it has fewer pixels than are looked at");
        assert_eq!(of(8, 8), (32, 32));
        assert_eq!(of(9000, 10), (2016, 32));
    }
}
