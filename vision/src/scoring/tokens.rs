//! **Tokens**: the spots of an item that scoring looks at, each with the numbers that describe it.
//!
//! A token is a cell of the backbone's coarsest feature map, 16 x 16 pixels of the scaled
//! [crop](super::crop) with the default backbone: its own vector, and the four of the finer map in it
//! where the backbone has one. How many numbers that are is a property of the backbone
//! ([`FeatureShape`](crate::backbone::FeatureShape)): with the default one four times 40 of stride 8 and
//! 112 of stride 16. Only cells that the item covers are kept; belt and rollers are neither remembered nor
//! scored.

use tch::{Kind, TchError, Tensor};

use super::crop::Crop;
use super::error::ScoringError;
use crate::localise::{Gains, Mask};
use crate::picture::Picture;

/// Least width and height of a picture that is scored, in pixels.
const PICTURE_MIN: u32 = 16;
/// A cell is kept when the item covers more than this share of it.
const COVERED_MIN: f64 = 0.05;

/// The item's tokens in one view.
#[derive(Debug)]
pub struct Tokens {
    /// The part of the view that was looked at.
    pub crop: Crop,
    /// Cells in a row of the crop.
    pub width: i64,
    /// Rows of cells.
    pub height: i64,
    /// The kept cells, ascending, counted row by row from the top left; at least one.
    pub cells: Vec<i64>,
    /// `[cells.len(), features]`.
    pub features: Tensor,
}

impl Tokens {
    /// Where the tokens lie in the crop: `[n, 2]`, x and y of their middles from -1 to 1.
    pub fn places(&self) -> Tensor {
        let place = |at: i64, of: i64| (2 * at + 1) as f32 / of as f32 - 1.0;
        let places: Vec<f32> = self
            .cells
            .iter()
            .flat_map(|cell| {
                [place(cell % self.width, self.width), place(cell / self.width, self.height)]
            })
            .collect();
        Tensor::from_slice(&places).view([-1, 2])
    }

    /// The features with the distance to the reference, in units of `typical`, as one more: what the
    /// damage head is asked about, `[n, features + 1]`.
    pub fn with_distances(&self, distances: &[f32], typical: f32) -> Result<Tensor, ScoringError> {
        let joined = || {
            let distances = Tensor::f_from_slice(distances)?
                .f_div_scalar(f64::from(typical.max(f32::MIN_POSITIVE)))?
                .f_unsqueeze(1)?;
            Tensor::f_cat(&[&self.features, &distances], 1)
        };
        joined().map_err(ScoringError::torch("joining features and distances"))
    }

    /// A value for each cell of the crop from one for each token; 0 elsewhere.
    pub fn spread(&self, values: &[f32]) -> Vec<f32> {
        let mut all = vec![0.0; (self.width * self.height) as usize];
        for (cell, value) in self.cells.iter().zip(values) {
            all[*cell as usize] = *value;
        }
        all
    }
}

/// The cells of `crop` that the item of `mask` covers, for a scaled crop of `width` x `height`
/// cells. The mask covers the whole of `picture`. All cells where none is covered enough.
pub(super) fn covered(
    mask: &Mask,
    picture: (u32, u32),
    crop: &Crop,
    (width, height): (i64, i64),
) -> Vec<i64> {
    let across = f64::from(mask.width()) / f64::from(picture.0);
    let down = f64::from(mask.height()) / f64::from(picture.1);
    let within = |at: f64, size: u32| (at.max(0.0) as u32).min(size - 1);
    let share = |cell: i64| {
        let (mut inside, mut count) = (0, 0);
        for (x, y) in crop.points((cell % width, cell / width), (width, height)) {
            let (x, y) = (within(x * across, mask.width()), within(y * down, mask.height()));
            inside += u32::from(mask.contains(x, y));
            count += 1;
        }
        f64::from(inside) / f64::from(count)
    };
    let kept: Vec<i64> = (0..width * height).filter(|cell| share(*cell) > COVERED_MIN).collect();
    if kept.is_empty() { (0..width * height).collect() } else { kept }
}

/// The scaled crop as the backbone wants it: `[1, 3, height, width]`, (x - 127) / 128.
///
/// Scaling reads the camera's buffer where it lies and writes the small picture, whose light is set
/// right by `gains` and which is copied once into the tensor; the full picture is passed over no
/// second time.
pub(super) fn input_tensor(
    picture: &Picture,
    crop: &Crop,
    gains: Gains,
) -> Result<Tensor, ScoringError> {
    let (width, height) = (picture.width(), picture.height());
    if width < PICTURE_MIN || height < PICTURE_MIN {
        return Err(ScoringError::TooSmall { width, height, min: PICTURE_MIN });
    }
    let (to_width, to_height) = crop.scaled;
    let mut pixels = crop.cut(picture);
    let channels = picture.format().bytes();
    gains.apply(&mut pixels, channels);
    pixels_to_tensor(&pixels, i64::from(to_width), i64::from(to_height), channels as i64)
        .map_err(ScoringError::torch("preparing the picture"))
}

/// The pixels of an 8-bit picture of 1 or 3 channels as the backbone wants them.
fn pixels_to_tensor(pixels: &[u8], w: i64, h: i64, channels: i64) -> Result<Tensor, TchError> {
    let tensor = Tensor::f_from_data_size(pixels, &[h, w, channels], Kind::Uint8)?
        .f_permute([2, 0, 1])?
        .f_unsqueeze(0)?
        .f_to_kind(Kind::Float)?;
    let mut tensor = tensor.f_expand([1, 3, h, w], false)?.f_contiguous()?;
    tensor.f_sub_scalar_(127.0)?.f_div_scalar_(128.0)
}

/// Columns and rows of the cells, and the features of all of them, `[height * width, features]`, from
/// the feature maps of one picture: one map as it is, or two of which the first has half the stride.
///
/// The maps are joined while numbers of one channel lie together and turned afterwards: gathering the
/// four fine vectors of a cell one by one takes more than twice as long (measured on 20 x 20 cells).
pub(super) fn join(maps: &[Tensor]) -> Result<(i64, i64, Tensor), TchError> {
    let all = match maps {
        [map] => map.shallow_clone(),
        [fine, coarse] => Tensor::f_cat(&[&fine.f_pixel_unshuffle(2)?, coarse], 1)?,
        _ => return Err(TchError::Shape(format!("{} feature maps, not one or two", maps.len()))),
    };
    let (_, _, height, width) = all.size4()?;
    let features = all.f_flatten(2, 3)?.f_squeeze_dim(0)?.f_transpose(0, 1)?.f_contiguous()?;
    Ok((width, height, features))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::PixelFormat;

    fn grey(width: u32, height: u32, value: u8) -> Picture {
        let pixels = vec![value; width as usize * height as usize];
        Picture::from_pixels(width, height, PixelFormat::Grey8, pixels).unwrap()
    }

    #[test]
    fn only_the_items_cells_are_kept() {
        let mask = Mask::from_fn(40, 40, |x, y| x >= 20 && y >= 20);
        let crop = Crop::whole(&grey(400, 400, 0));
        assert_eq!(covered(&mask, (400, 400), &crop, (4, 4)), [10, 11, 14, 15]);
        let nothing = Mask::from_fn(40, 40, |_, _| false);
        assert_eq!(covered(&nothing, (400, 400), &crop, (2, 2)), [0, 1, 2, 3]);
    }

    #[test]
    fn the_input_is_normalised_as_the_backbone_was_trained() {
        let pixels = [255, 127, 0].repeat(64 * 64);
        let picture = Picture::from_pixels(64, 64, PixelFormat::Rgb8, pixels).unwrap();
        let input = input_tensor(&picture, &Crop::whole(&picture), Gains::NONE).unwrap();
        assert_eq!(input.size(), [1, 3, 320, 320]);
        assert_eq!(input.double_value(&[0, 0, 100, 100]), 1.0);
        assert_eq!(input.double_value(&[0, 1, 0, 319]), 0.0);
        assert_eq!(input.double_value(&[0, 2, 319, 0]), -127.0 / 128.0);
    }

    #[test]
    fn a_grey_picture_fills_all_three_channels() {
        let picture = grey(32, 32, 191);
        let input = input_tensor(&picture, &Crop::whole(&picture), Gains::NONE).unwrap();
        for channel in 0..3 {
            assert_eq!(input.double_value(&[0, channel, 7, 7]), 0.5);
        }
    }

    #[test]
    fn a_picture_of_one_pixel_is_refused() {
        let picture = grey(1, 1, 0);
        let refused = input_tensor(&picture, &Crop::whole(&picture), Gains::NONE);
        assert!(matches!(refused, Err(ScoringError::TooSmall { .. })));
    }

    #[test]
    fn a_token_joins_its_four_fine_cells_and_its_coarse_one() {
        let fine = Tensor::arange(16, (Kind::Float, tch::Device::Cpu)).view([1, 1, 4, 4]);
        let coarse = Tensor::from_slice(&[100f32, 101.0, 102.0, 103.0]).view([1, 1, 2, 2]);
        let (width, height, joined) = join(&[fine, coarse]).unwrap();
        assert_eq!((width, height, joined.size()), (2, 2, vec![4, 5]));
        let last = Vec::<f32>::try_from(&joined.select(0, 3)).unwrap();
        assert_eq!(last, [10.0, 11.0, 14.0, 15.0, 103.0]);
    }

    #[test]
    fn the_tokens_of_one_map_are_its_vectors() {
        let map = Tensor::arange(12, (Kind::Float, tch::Device::Cpu)).view([1, 2, 2, 3]);
        let (width, height, joined) = join(&[map]).unwrap();
        assert_eq!((width, height, joined.size()), (3, 2, vec![6, 2]));
        assert_eq!(Vec::<f32>::try_from(&joined.select(0, 4)).unwrap(), [4.0, 10.0]);
    }
}
