//! Taking a tote out of a view: what does not look like the empty tote is the item, and everything else becomes belt.

use base::picture::{Picture, PictureError, PixelFormat};

use super::belt::Belt;
use super::model::Model;
use super::place::Pose;
use super::raster::{Raster, between};
use super::same::light_of;
use crate::localise::Mask;
use crate::localise::components::{Components, filled};
use crate::localise::raster::{opened, square_sums};

/// A part of less than this share of the tote's area is dirt, or a label that differs.
const PART_MIN: f32 = 0.004;
/// Without a part of this share of its area a tote is empty.
const ITEM_MIN: f32 = 0.015;
/// Threads that are thinner than twice this and one pixel are edges of the tote that lie a little aside.
const OPENING: usize = 1;
/// Bays of the item narrower than twice this belong to it.
const CLOSING: usize = 2;
/// How far around a pixel the light is averaged that its shadow leaves the belt.
const LIGHT_REACH: usize = 3;

/// An item in a tote.
pub(super) struct Content {
    /// The item's pixels in the small copy.
    pub item: Mask,
    /// The light that the item leaves the ground around it: 1 is all.
    light: Vec<f32>,
}

/// What lies in the tote in `view`; none in an empty one.
pub(super) fn content(view: &Raster, belt: &Belt, tote: &Model, pose: Pose) -> Option<Content> {
    let width = view.width;
    let beside = belt.foreign(view);
    let mut strange = vec![false; view.pixels.len()];
    let mut lights = vec![0i32; view.pixels.len()];
    let mut lit = vec![0u8; view.pixels.len()];
    for (at, seen) in view.pixels.iter().enumerate() {
        let (u, v) = pose.back((at % width) as f32, (at / width) as f32);
        match tote.at(u, v) {
            None => strange[at] = beside[at],
            Some((colour, spread)) => match light_of(seen.map(f32::from), colour, spread) {
                None => strange[at] = true,
                Some(light) => {
                    lights[at] = (light.min(1.0) * 256.0) as i32;
                    lit[at] = 1;
                }
            },
        }
    }
    let strange = opened(&strange, width, OPENING);
    let components = Components::of(&strange, width);
    // What hangs together with the tote: things beside it are neighbours.
    let mut within = vec![0usize; components.list.len() + 1];
    for (at, label) in components.labels.iter().enumerate().filter(|(_, label)| **label > 0) {
        let (u, v) = pose.back((at % width) as f32, (at / width) as f32);
        within[*label as usize] += usize::from(tote.at(u, v).is_some());
    }
    let part = |label: u32| within[label as usize] as f32 >= PART_MIN * tote.area as f32;
    let inside: Vec<bool> =
        components.labels.iter().map(|label| *label > 0 && part(*label)).collect();
    let inside = filled(&closed(&inside, width, CLOSING), width);
    let area = inside.iter().filter(|inside| **inside).count();
    if (area as f32) < ITEM_MIN * tote.area as f32 {
        return None;
    }
    let (sums, counts) =
        (square_sums(&lights, width, LIGHT_REACH), square_sums(&lit, width, LIGHT_REACH));
    let light = sums
        .iter()
        .zip(&counts)
        .map(|(sum, count)| if *count == 0 { 1.0 } else { *sum as f32 / (256 * count) as f32 })
        .collect();
    let item = Mask::from_fn(width as u32, view.height as u32, |x, y| {
        inside[y as usize * width + x as usize]
    });
    Some(Content { item, light })
}

/// `inside` and what lies between parts of it that are no farther apart than twice `reach`.
fn closed(inside: &[bool], width: usize, reach: usize) -> Vec<bool> {
    let ones: Vec<u8> = inside.iter().map(|inside| u8::from(*inside)).collect();
    let grown: Vec<u8> =
        square_sums(&ones, width, reach).iter().map(|sum| u8::from(*sum > 0)).collect();
    let whole = (2 * reach as i32 + 1).pow(2);
    square_sums(&grown, width, reach).iter().map(|sum| *sum == whole).collect()
}

/// `picture` with the item of `content` on the belt as `empty` shows it, in the light of the view.
///
/// # Errors
/// The two pictures differ in size or format.
pub(super) fn cleared(
    picture: &Picture,
    content: &Content,
    empty: &Picture,
    gains: [f32; 3],
) -> Result<Picture, PictureError> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let format = picture.format();
    let channels = format.bytes();
    let (columns, rows) = (content.item.width() as usize, content.item.height() as usize);
    // A pixel at the edge belongs in part to both.
    let inside: Vec<u8> = content.item.pixels().iter().map(|inside| u8::from(*inside)).collect();
    let edge = square_sums(&inside, columns, 1);
    let of = |at: usize| [(edge[at] as f32 - 2.0) / 4.0, content.light[at]];
    let gains = match format {
        PixelFormat::Rgb8 => gains,
        PixelFormat::Grey8 => [gains[1]; 3],
    };
    let lit = gains.map(|gain| -> [u8; 256] {
        std::array::from_fn(|value| (value as f32 * gain).round().min(255.0) as u8)
    });
    // Most pixels are far from the item's edge and from its shadow: nothing is to be mixed there.
    let plain: Vec<Option<bool>> = (0..columns * rows)
        .map(|at| {
            let (column, row) = (at % columns, at / columns);
            let near = |to: (usize, usize)| to.1 * columns + to.0;
            let (right, below) = ((column + 1).min(columns - 1), (row + 1).min(rows - 1));
            let all = [(column, row), (right, row), (column, below), (right, below)].map(near);
            let is_item = all.iter().all(|at| edge[*at] >= 6);
            let is_belt = all.iter().all(|at| edge[*at] <= 2 && content.light[*at] > 0.99);
            is_item.then_some(true).or(is_belt.then_some(false))
        })
        .collect();
    let mut pixels = Vec::with_capacity(width * height * channels);
    let (across, down) = (columns as f32 / width as f32, rows as f32 / height as f32);
    let places: Vec<f32> = (0..width).map(|x| ((x as f32 + 0.5) * across - 0.5).max(0.0)).collect();
    for y in 0..height {
        let (seen, belt) = (picture.row(y as u32), empty.row(y as u32));
        let row = ((y as f32 + 0.5) * down - 0.5).max(0.0);
        for (x, column) in places.iter().enumerate() {
            let at = x * channels..(x + 1) * channels;
            match plain[row as usize * columns + *column as usize] {
                Some(true) => pixels.extend_from_slice(&seen[at]),
                Some(false) => {
                    let belt = belt[at].iter().zip(&lit);
                    pixels.extend(belt.map(|(value, lit)| lit[usize::from(*value)]));
                }
                None => {
                    let [share, light] = between(*column, row, columns, rows, of);
                    let share = share.clamp(0.0, 1.0);
                    let both = seen[at.clone()].iter().zip(&belt[at]).zip(&gains);
                    pixels.extend(both.map(|((seen, belt), gain)| {
                        let ground = f32::from(*belt) * gain * light;
                        let value = ground + share * (f32::from(*seen) - ground);
                        value.round().clamp(0.0, 255.0) as u8
                    }));
                }
            }
        }
    }
    Picture::from_pixels(picture.width(), picture.height(), format, pixels)
}
