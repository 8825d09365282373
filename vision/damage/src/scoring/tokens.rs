//! **Tokens**: the spots of a view that scoring looks at, each with the numbers that describe it.
//!
//! The backbone turns a [crop](super::crop) into [`Maps`]: a coarse one, with a vector for each
//! **cell** of 16 x 16 pixels, and a fine one, with four vectors in each cell. A backbone with one
//! grid, such as a vision transformer, has no fine map. From the maps follow several kinds of token:
//!
//! | tokens | numbers | what they show |
//! | --- | --- | --- |
//! | [`Maps::parts`] | the coarse vector | what is where: a screw, an eye, an edge of the item |
//! | [`Maps::texture`] | a fine vector | scratches, cracks, print |
//! | [`Maps::plain`] | both, each averaged over 3 x 3 neighbours | what PatchCore compares (arXiv 2106.08265) |
//! | [`Maps::joined`] | the four fine vectors and the coarse one | what the damage head reads |

use tch::{Kind, TchError, Tensor};

use super::crop::{Area, Crop};
use super::error::ScoringError;
use base::picture::Picture;
use features::localise::{Gains, Mask};

/// Least width and height of a picture that is scored, in pixels.
const PICTURE_MIN: u32 = 16;
/// A cell belongs to the item when the item covers more than this share of it.
const COVERED_MIN: f64 = 0.05;

/// What the backbone says of one crop.
#[derive(Debug)]
pub struct Maps {
    /// The part of the view that was looked at.
    pub crop: Crop,
    /// `[channels, 2 · height, 2 · width]`; `None` for a backbone with one grid.
    fine: Option<Tensor>,
    /// `[channels, height, width]`.
    coarse: Tensor,
}

impl Maps {
    /// The backbone's maps of `crop`, finest first, `[1, channels, height, width]` each.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub(super) fn new(crop: Crop, maps: Vec<Tensor>) -> Result<Maps, &'static str> {
        let mut flat = Vec::with_capacity(maps.len());
        for map in &maps {
            match map.size()[..] {
                [1, _, _, _] => flat.push(map.squeeze_dim(0)),
                _ => return Err("maps that are not [1, channels, height, width]"),
            }
        }
        let coarse = flat.pop().ok_or("no feature map")?;
        let fine = flat.pop();
        if !flat.is_empty() {
            return Err("more than two feature maps");
        }
        let (height, width) = (coarse.size()[1], coarse.size()[2]);
        let doubled = |fine: &Tensor| fine.size()[1..] == [2 * height, 2 * width];
        if !fine.as_ref().is_none_or(doubled) {
            return Err("maps of which the first is not twice as fine as the second");
        }
        Ok(Maps { crop, fine, coarse })
    }

    /// Cells in a row.
    pub fn width(&self) -> i64 {
        self.coarse.size()[2]
    }

    /// Rows of cells.
    pub fn height(&self) -> i64 {
        self.coarse.size()[1]
    }

    /// The coarse vector of each cell, `[cells, numbers]`.
    pub fn parts(&self) -> Result<Tensor, ScoringError> {
        rows(&self.coarse).map_err(ScoringError::torch("taking tokens"))
    }

    /// The fine vectors, `[4 · cells, numbers]`, row by row; `None` for a backbone with one grid.
    pub fn texture(&self) -> Result<Option<Tensor>, ScoringError> {
        self.fine.as_ref().map(rows).transpose().map_err(ScoringError::torch("taking tokens"))
    }

    /// Both vectors of each cell, averaged over 3 x 3 neighbours, `[cells, numbers]`.
    pub fn plain(&self) -> Result<Tensor, ScoringError> {
        let tokens = || {
            let coarse = smoothed(&self.coarse)?;
            let Some(fine) = &self.fine else { return rows(&coarse) };
            let fine = smoothed(fine)?.f_unsqueeze(0)?;
            let fine = fine.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>)?;
            rows(&Tensor::f_cat(&[&fine.f_squeeze_dim(0)?, &coarse], 0)?)
        };
        tokens().map_err(ScoringError::torch("taking tokens"))
    }

    /// The four fine vectors of each cell and its coarse one, `[cells, numbers]`.
    ///
    /// The maps are joined while numbers of one channel lie together and turned afterwards: gathering
    /// the four fine vectors of a cell one by one takes more than twice as long (measured on 20 x 20
    /// cells).
    pub fn joined(&self) -> Result<Tensor, ScoringError> {
        let tokens = || {
            let Some(fine) = &self.fine else { return rows(&self.coarse) };
            let fine = fine.f_unsqueeze(0)?.f_pixel_unshuffle(2)?.f_squeeze_dim(0)?;
            rows(&Tensor::f_cat(&[&fine, &self.coarse], 0)?)
        };
        tokens().map_err(ScoringError::torch("joining the maps"))
    }

    /// The same maps in half precision: what is kept of many pictures while learning.
    pub(super) fn halved(self) -> Result<Maps, ScoringError> {
        let half = |map: &Tensor| map.f_to_kind(Kind::Half);
        let halved = || Ok((self.fine.as_ref().map(half).transpose()?, half(&self.coarse)?));
        let (fine, coarse) = halved().map_err(ScoringError::torch("keeping maps"))?;
        Ok(Maps { crop: self.crop, fine, coarse })
    }

    /// An error where a number is NaN or infinite.
    pub(super) fn check(&self) -> Result<(), ScoringError> {
        let sum = || -> Result<f64, TchError> {
            let mut sum = self.coarse.f_sum(Kind::Float)?;
            if let Some(fine) = &self.fine {
                sum = sum.f_add(&fine.f_sum(Kind::Float)?)?;
            }
            sum.f_double_value(&[])
        };
        if sum().map_err(ScoringError::torch("checking the maps"))?.is_finite() {
            Ok(())
        } else {
            Err(ScoringError::NotFinite { what: "the backbone's output" })
        }
    }
}

/// A map `[channels, height, width]` as tokens `[height · width, channels]` of 32-bit floats.
fn rows(map: &Tensor) -> Result<Tensor, TchError> {
    map.f_flatten(1, 2)?.f_transpose(0, 1)?.f_to_kind(Kind::Float)?.f_contiguous()
}

/// Each vector replaced by the mean of it and its neighbours, as many as there are at an edge.
fn smoothed(map: &Tensor) -> Result<Tensor, TchError> {
    let map = map.f_to_kind(Kind::Float)?.f_unsqueeze(0)?;
    map.f_avg_pool2d([3, 3], [1, 1], [1, 1], false, false, None::<i64>)?.f_squeeze_dim(0)
}

/// The tokens of `cells` alone.
pub(super) fn only(tokens: &Tensor, cells: &[i64]) -> Result<Tensor, ScoringError> {
    tokens
        .f_index_select(0, &Tensor::from_slice(cells))
        .map_err(ScoringError::torch("choosing tokens"))
}

/// Where the middles of `cells` of a grid over `area` lie in `frame`: `[n, 2]`, x and y from -1 to 1.
pub(super) fn places(
    cells: &[i64],
    (width, height): (i64, i64),
    area: Area,
    frame: Area,
) -> Tensor {
    let place = |at: i64, of: i64, from: f64, length: f64, start: f64, side: f64| {
        let middle = from + (at as f64 + 0.5) / of as f64 * length;
        (2.0 * (middle - start) / side - 1.0) as f32
    };
    let places: Vec<f32> = cells
        .iter()
        .flat_map(|cell| {
            let (column, row) = (cell % width, cell / width);
            [
                place(column, width, area.x, area.width, frame.x, frame.width),
                place(row, height, area.y, area.height, frame.y, frame.height),
            ]
        })
        .collect();
    Tensor::from_slice(&places).view([-1, 2])
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

/// An error where `picture` is too small to tell anything.
pub(super) fn check_size(picture: &Picture) -> Result<(), ScoringError> {
    let (width, height) = (picture.width(), picture.height());
    if width < PICTURE_MIN || height < PICTURE_MIN {
        return Err(ScoringError::TooSmall { width, height, min: PICTURE_MIN });
    }
    Ok(())
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
    check_size(picture)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use base::picture::PixelFormat;

    fn grey(width: u32, height: u32, value: u8) -> Picture {
        let pixels = vec![value; width as usize * height as usize];
        Picture::from_pixels(width, height, PixelFormat::Grey8, pixels).unwrap()
    }

    fn counted(channels: i64, height: i64, width: i64, from: f64) -> Tensor {
        let all = Tensor::arange(channels * height * width, (Kind::Float, tch::Device::Cpu));
        (all + from).view([1, channels, height, width])
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
    fn a_joined_token_has_its_four_fine_vectors_and_its_coarse_one() {
        let crop = Crop::whole(&grey(64, 64, 0));
        let maps = Maps::new(crop, vec![counted(1, 4, 4, 0.0), counted(1, 2, 2, 100.0)]).unwrap();
        let joined = maps.joined().unwrap();
        assert_eq!(joined.size(), [4, 5]);
        let last = Vec::<f32>::try_from(&joined.select(0, 3)).unwrap();
        assert_eq!(last, [10.0, 11.0, 14.0, 15.0, 103.0]);
        assert_eq!(maps.parts().unwrap().size(), [4, 1]);
        assert_eq!(maps.texture().unwrap().unwrap().size(), [16, 1]);
        assert_eq!(maps.plain().unwrap().size(), [4, 2]);
    }

    #[test]
    fn a_backbone_with_one_grid_has_parts_and_no_texture() {
        let crop = Crop::whole(&grey(64, 64, 0));
        let maps = Maps::new(crop, vec![counted(3, 2, 5, 0.0)]).unwrap();
        assert_eq!((maps.width(), maps.height()), (5, 2));
        assert!(maps.texture().unwrap().is_none());
        assert_eq!(maps.joined().unwrap().size(), [10, 3]);
        assert_eq!(maps.plain().unwrap().size(), [10, 3]);
    }

    #[test]
    fn maps_that_do_not_belong_together_are_refused() {
        let crop = Crop::whole(&grey(64, 64, 0));
        let odd = vec![counted(1, 5, 4, 0.0), counted(1, 2, 2, 0.0)];
        assert!(Maps::new(crop, odd).is_err());
        assert!(Maps::new(crop, vec![]).is_err());
        let nan = Maps::new(crop, vec![counted(1, 2, 2, f64::NAN)]).unwrap();
        assert!(matches!(nan.check(), Err(ScoringError::NotFinite { .. })));
    }

    #[test]
    fn places_are_counted_in_the_frame_of_the_item() {
        let area = Area { x: 0.0, y: 0.0, width: 100.0, height: 100.0 };
        let frame = Area { x: 50.0, y: 0.0, width: 50.0, height: 100.0 };
        let found = places(&[0, 3], (2, 2), area, frame);
        assert_eq!(Vec::<f32>::try_from(&found.flatten(0, 1)).unwrap(), [-2.0, -0.5, 0.0, 0.5]);
    }
}
