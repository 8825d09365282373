//! From a picture to patches: scaling, the backbone, pooling.
//!
//! The picture is scaled so that its area is about that of 320 x 320 pixels and its proportions
//! stay, up to the rounding of each side to 32 pixels, which the backbone asks for. Stretching every picture to a square would squeeze
//! defects of wide pictures in one direction; bars around it would cost time and teach the memory
//! black patches. Equal area keeps the time per view the same for all cameras.
//!
//! The backbone's stride 8 and stride 16 maps are averaged over 3 x 3 neighbours, the coarser one is
//! interpolated to the finer grid, and both are joined: [`FEATURES`] numbers per patch
//! (PatchCore, arXiv 2106.08265, with a smaller backbone).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fast_image_resize as fir;
use sha2::{Digest, Sha256};
use tch::{CModule, Kind, Tensor};

use super::distance;
use super::error::{ScoringError, first_line};
use super::heatmap::HeatMap;
use super::reference::Reference;
use crate::backbone::{
    BACKBONE_FILE, GOLDEN_FILE, Golden, SIZE_MULTIPLE, check_golden, feature_maps,
};
use crate::picture::{Picture, PixelFormat};

/// Numbers that describe a patch: 40 of stride 8 and 112 of stride 16.
pub const FEATURES: i64 = 152;
/// Area of the scaled picture, in pixels: that of 320 x 320.
const AREA: f64 = 320.0 * 320.0;
/// Shortest and longest side of the scaled picture, in steps of [`SIZE_MULTIPLE`]: 96 to 1,024
/// pixels. Pictures more than ten times as long as wide are squeezed.
const SIDES: std::ops::RangeInclusive<i64> = 3..=32;
/// Least width and height of a picture that is scored, in pixels.
const PICTURE_MIN: u32 = 16;
/// Calls before a scorer is ready, in turn on three shapes: the first call of a module takes three
/// times as long (measured without the profiling executor; with it, five times).
const WARM_UP: usize = 9;
/// Share of budget that a scorer starts with: 0.5 % of good items.
const BUDGET: f64 = 0.005;

/// The patches of one picture.
#[derive(Debug)]
pub struct Patches {
    /// Patches in a row.
    pub width: i64,
    /// Rows.
    pub height: i64,
    /// `[width * height, FEATURES]`, row by row from the top left.
    pub features: Tensor,
}

/// Where the time of one score went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Scaling and normalising the picture.
    pub prepare: Duration,
    /// Backbone and pooling.
    pub features: Duration,
    /// Search in the reference's memory.
    pub distance: Duration,
}

impl Timings {
    /// All steps together.
    pub fn total(&self) -> Duration {
        self.prepare + self.features + self.distance
    }
}

/// What scoring says about one view.
#[derive(Debug, Clone)]
pub struct ViewScore {
    /// How far the view is from normal; 0 or more, finite.
    pub score: f32,
    /// The score that only the budget's share of normal views exceeds.
    pub threshold: f32,
    /// Whether the score lies above the threshold.
    pub exceeds: bool,
    /// How far the threshold can be trusted.
    pub calibration: super::Calibration,
    /// Where the view differs.
    pub heat: HeatMap,
    /// Where the time went.
    pub timings: Timings,
}

/// A loaded, checked and warm backbone that scores views. Belongs to one thread at a time.
#[derive(Debug)]
pub struct Scorer {
    module: CModule,
    folder: PathBuf,
    sha256: String,
    false_divert_budget: f64,
}

impl Scorer {
    /// Loads `backbone.pt` of the model folder, checks that it reproduces the golden outputs, and
    /// warms it up. Thresholds are for a false-divert budget of 0.5 % until told otherwise.
    pub fn load(folder: impl AsRef<Path>) -> Result<Scorer, ScoringError> {
        // One thread: OpenMP's threads spin at each barrier and take the cores that capture needs. On
        // a machine whose other core was busy, two made a view up to ten times as slow.
        tch::set_num_threads(1);
        let folder = folder.as_ref().to_owned();
        let path = folder.join(BACKBONE_FILE);
        let bytes = std::fs::read(&path)
            .map_err(|cause| ScoringError::ModelFile { path: path.clone(), cause })?;
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // OpenMP spins at its barriers: on a box whose other cores are busy, two threads are slower
        // than one. Measured on 2 cores: learning from 50 pictures takes 23 s instead of 69 s.
        tch::set_num_threads(1);
        // The profiling executor compiles again for what it has seen. Without it the first call
        // takes 80 ms instead of 190, and later ones the same 40 (measured on a busy 2-core box).
        tch::jit::f_set_profiling_mode(false).map_err(ScoringError::torch("set-up"))?;
        let mut module = CModule::load_data(&mut bytes.as_slice())
            .map_err(|e| ScoringError::Backbone { path, cause: first_line(&e.to_string()) })?;
        module.f_set_eval().map_err(ScoringError::torch("set-up"))?;
        let scorer = Scorer { module, folder, sha256, false_divert_budget: BUDGET };
        scorer.check_golden()?;
        scorer.warm_up()?;
        Ok(scorer)
    }

    /// The same scorer with thresholds for another budget: the share of normal views that may
    /// exceed them, for example 0.005.
    pub fn with_false_divert_budget(mut self, budget: f64) -> Scorer {
        self.false_divert_budget = budget;
        self
    }

    /// The share of normal views that may exceed the threshold.
    pub fn false_divert_budget(&self) -> f64 {
        self.false_divert_budget
    }

    /// The SHA-256 of `backbone.pt`, in hexadecimal: references belong to exactly this backbone.
    pub fn backbone_sha256(&self) -> &str {
        &self.sha256
    }

    /// The folder that the model came from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn check_golden(&self) -> Result<(), ScoringError> {
        let refused =
            |cause| ScoringError::Golden { folder: self.folder.clone(), cause: Box::new(cause) };
        let golden = Golden::load(&self.folder.join(GOLDEN_FILE)).map_err(refused)?;
        tch::no_grad(|| check_golden(&self.module, &golden)).map(drop).map_err(refused)
    }

    /// Runs the whole feature path on the shapes of usual cameras.
    fn warm_up(&self) -> Result<(), ScoringError> {
        for call in 0..WARM_UP {
            let (width, height) = [(960, 540), (640, 480), (320, 320)][call % 3];
            let grey = vec![127; width as usize * height as usize];
            let picture = Picture::from_pixels(width, height, PixelFormat::Grey8, grey)?;
            self.patches(&picture)?;
        }
        Ok(())
    }

    /// The patches of `picture`.
    pub fn patches(&self, picture: &Picture) -> Result<Patches, ScoringError> {
        let input = input_tensor(picture)?;
        tch::no_grad(|| self.forward(&input))
    }

    /// Scores `picture` against `reference`.
    pub fn score(
        &self,
        picture: &Picture,
        reference: &Reference,
    ) -> Result<ViewScore, ScoringError> {
        let start = Instant::now();
        let input = input_tensor(picture)?;
        let prepared = Instant::now();
        let patches = tch::no_grad(|| self.forward(&input))?;
        let described = Instant::now();
        let distances = distance::nearest(&patches.features, reference.memory())?;
        let score = distance::score(&distances)?;
        let threshold = reference.held_out().threshold(self.false_divert_budget);
        let timings = Timings {
            prepare: prepared - start,
            features: described - prepared,
            distance: described.elapsed(),
        };
        Ok(ViewScore {
            score,
            threshold,
            exceeds: score > threshold,
            calibration: reference.held_out().calibration(self.false_divert_budget),
            heat: HeatMap {
                width: patches.width as u32,
                height: patches.height as u32,
                values: distances,
                picture_width: picture.width(),
                picture_height: picture.height(),
                hot: threshold,
            },
            timings,
        })
    }

    /// The scaled picture through the backbone and nothing after it: what benches compare with.
    pub fn backbone_only(&self, picture: &Picture) -> Result<(), ScoringError> {
        let input = input_tensor(picture)?;
        tch::no_grad(|| self.maps(&input)).map(drop)
    }

    /// The backbone's two feature maps.
    fn maps(&self, input: &Tensor) -> Result<(Tensor, Tensor), ScoringError> {
        let maps =
            feature_maps(&self.module, input).map_err(ScoringError::torch("the backbone"))?;
        match <[Tensor; 2]>::try_from(maps) {
            Ok([fine, coarse]) => Ok((fine, coarse)),
            Err(_) => Err(self.contract("other than two feature maps")),
        }
    }

    fn forward(&self, input: &Tensor) -> Result<Patches, ScoringError> {
        let (fine, coarse) = self.maps(input)?;
        let (Ok((1, fine_channels, height, width)), Ok((1, coarse_channels, _, _))) =
            (fine.size4(), coarse.size4())
        else {
            return Err(self.contract("maps that are not [1, channels, height, width]"));
        };
        if fine_channels + coarse_channels != FEATURES {
            return Err(self.contract("another number of channels"));
        }
        let pool = |map: &Tensor| map.f_avg_pool2d([3, 3], [1, 1], [1, 1], false, false, None);
        let joined = || {
            let coarse =
                pool(&coarse)?.f_upsample_bilinear2d([height, width], false, None, None)?;
            Tensor::f_cat(&[pool(&fine)?, coarse], 1)?
                .f_view([FEATURES, height * width])?
                .f_transpose(0, 1)?
                .f_contiguous()
        };
        let features: Tensor = joined().map_err(ScoringError::torch("pooling"))?;
        let sum = features.f_sum(Kind::Float).map_err(ScoringError::torch("pooling"))?;
        if !sum.double_value(&[]).is_finite() {
            return Err(ScoringError::NotFinite { what: "the backbone's output" });
        }
        Ok(Patches { width, height, features })
    }

    fn contract(&self, cause: &str) -> ScoringError {
        ScoringError::Backbone {
            path: self.folder.join(BACKBONE_FILE),
            cause: format!("it returns {cause}, not (stride 8, stride 16)"),
        }
    }
}

/// Width and height of the picture for the backbone: the pair that fits the proportions best, with
/// a deviation of the area counting half.
fn input_size(width: u32, height: u32) -> (u32, u32) {
    let proportions = (f64::from(width) / f64::from(height)).ln();
    let misfit = |w: i64, h: i64| {
        let (w, h) = ((w * SIZE_MULTIPLE) as f64, (h * SIZE_MULTIPLE) as f64);
        ((w / h).ln() - proportions).abs() + 0.5 * (w * h / AREA).ln().abs()
    };
    let (w, h) = SIDES
        .flat_map(|w| SIDES.map(move |h| (w, h)))
        .min_by(|a, b| misfit(a.0, a.1).total_cmp(&misfit(b.0, b.1)))
        .expect("there are sides to choose from");
    ((w * SIZE_MULTIPLE) as u32, (h * SIZE_MULTIPLE) as u32)
}

/// The picture as the backbone wants it: `[1, 3, height, width]`, (x - 127) / 128.
///
/// Scaling reads the camera's buffer where it lies and writes the small picture; that is the only
/// time the full picture is passed over. Rows whose padding is no whole number of pixels are the
/// exception: they are packed first.
fn input_tensor(picture: &Picture) -> Result<Tensor, ScoringError> {
    let (width, height) = (picture.width(), picture.height());
    if width < PICTURE_MIN || height < PICTURE_MIN {
        return Err(ScoringError::TooSmall { width, height, min: PICTURE_MIN });
    }
    let channels = picture.format().bytes();
    let pixel = match picture.format() {
        PixelFormat::Rgb8 => fir::PixelType::U8x3,
        PixelFormat::Grey8 => fir::PixelType::U8,
    };
    let row = picture.stride() / channels;
    let in_place = picture.stride().is_multiple_of(channels)
        && picture.bytes().len() >= picture.stride() * height as usize;
    let packed;
    let (bytes, columns) = if in_place {
        (&picture.bytes()[..picture.stride() * height as usize], row as u32)
    } else {
        packed = picture.packed();
        (packed.as_slice(), width)
    };
    let source = fir::images::ImageRef::new(columns, height, bytes, pixel)
        .expect("the bytes are height rows of that many columns");
    let (to_width, to_height) = input_size(width, height);
    let mut scaled = fir::images::Image::new(to_width, to_height, pixel);
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Bilinear))
        .crop(0.0, 0.0, f64::from(width), f64::from(height));
    fir::Resizer::new()
        .resize(&source, &mut scaled, &options)
        .expect("both pictures have the same pixels and the crop lies inside");

    let (w, h, c) = (i64::from(to_width), i64::from(to_height), channels as i64);
    let normalised = || {
        let tensor = Tensor::f_from_data_size(scaled.buffer(), &[h, w, c], Kind::Uint8)?
            .f_permute([2, 0, 1])?
            .f_unsqueeze(0)?
            .f_to_kind(Kind::Float)?;
        let mut tensor = tensor.f_expand([1, 3, h, w], false)?.f_contiguous()?;
        tensor.f_sub_scalar_(127.0)?.f_div_scalar_(128.0)
    };
    normalised().map_err(ScoringError::torch("preparing the picture"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_pictures_keep_their_proportions_and_area() {
        assert_eq!(input_size(960, 540), (448, 256));
        assert_eq!(input_size(540, 960), (256, 448));
        assert_eq!(input_size(640, 480), (384, 288));
        assert_eq!(input_size(64, 64), (320, 320));
        assert_eq!(input_size(5472, 3648), (384, 256));
        assert_eq!(input_size(8192, 16), (1024, 96));
    }

    #[test]
    fn the_input_is_normalised_as_the_backbone_was_trained() {
        let pixels = [255, 127, 0].repeat(64 * 64);
        let picture = Picture::from_pixels(64, 64, PixelFormat::Rgb8, pixels).unwrap();
        let input = input_tensor(&picture).unwrap();
        assert_eq!(input.size(), [1, 3, 320, 320]);
        assert_eq!(input.double_value(&[0, 0, 100, 100]), 1.0);
        assert_eq!(input.double_value(&[0, 1, 0, 319]), 0.0);
        assert_eq!(input.double_value(&[0, 2, 319, 0]), -127.0 / 128.0);
    }

    #[test]
    fn a_grey_picture_fills_all_three_channels() {
        let picture = Picture::from_pixels(32, 32, PixelFormat::Grey8, vec![191; 1024]).unwrap();
        let input = input_tensor(&picture).unwrap();
        for channel in 0..3 {
            assert_eq!(input.double_value(&[0, channel, 7, 7]), 0.5);
        }
    }

    #[test]
    fn a_picture_of_one_pixel_is_refused() {
        let picture = Picture::from_pixels(1, 1, PixelFormat::Grey8, vec![0]).unwrap();
        assert!(matches!(input_tensor(&picture), Err(ScoringError::TooSmall { .. })));
    }
}
