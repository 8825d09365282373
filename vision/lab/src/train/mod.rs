//! Training the damage head: from folders of pictures to examples, and from these to a head.
//!
//! A **specimen** is a normal item, cut out with more of its surroundings than scoring wants. From
//! each, **variants** are made as the next normal item might look, two of three damaged by a
//! synthetic defect. Every variant goes the deployed way: box around the item, crop, backbone,
//! distance to a reference that has not seen the specimen. Views that people labelled as damaged are
//! varied too, but nobody knows where exactly they are damaged.

mod shares;

use std::path::{Path, PathBuf};

use image::RgbImage;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tch::{Device, Tensor};

use crate::learn::{LearnError, learn_finding};
use base::checksum::sha256;
use base::dataset::thinned;
use base::picture::{Picture, PictureError};
use base::progress::Progress;
use damage::scoring::{Crop, Framing, Memories, Observed, Scorer, ScoringError, find};
use damage::synthetic::{Specimen, damage, vary};
use damage::{DamageHead, Example, TrainOptions, TrainRun};
use features::localise::{Localiser, Mask};

/// Normal pictures of one view that specimens are cut from; of more, every n-th.
const SPECIMENS_MAX: usize = 200;
/// How much wider a specimen is than the crop that scoring takes, on each side.
const SURROUNDINGS: f64 = 0.2;
/// Variants of each view that was labelled as damaged.
const LABELLED_VARIANTS: usize = 12;
/// Where training keeps what it needs to go on after an interruption, in the head's folder.
const CHECKPOINTS: &str = "checkpoints";
/// The picture of the loss, in the head's folder.
const CURVE_FILE: &str = "loss.svg";
/// Threads that train. OpenMP spins at its barriers: on a box that also scores, two threads spent nine
/// tenths of their time there (measured on 2 cores), and took it from everything else.
const THREADS: i32 = 1;
/// A token counts as touched when more than this share of it is.
const TOUCHED_MIN: f32 = 0.3;
/// Share of the variants that are damaged. More than half: many dents are hardly any.
const DAMAGED: f64 = 0.65;
/// Pictures of one SKU in one view.
#[derive(Debug, Clone, Default)]
pub struct Labelled {
    /// Pictures of the empty tunnel; there may be none.
    pub empty: Vec<PathBuf>,
    /// Pictures of normal items.
    pub normal: Vec<PathBuf>,
    /// Pictures of items that people called damaged.
    pub damaged: Vec<PathBuf>,
}

/// The examples made of some pictures.
#[derive(Debug, Default)]
pub struct Examples {
    /// The examples; `source` counts the pictures behind them.
    pub examples: Vec<Example>,
    /// SHA-256 of each normal picture's file, in the order of the sources.
    pub sources: Vec<String>,
}

/// How a head is trained.
#[derive(Debug, Clone)]
pub struct TrainSettings {
    /// Examples made of each SKU and view.
    pub examples: usize,
    /// How the head learns from them.
    pub head: TrainOptions,
}

impl Default for TrainSettings {
    fn default() -> TrainSettings {
        // Each labelled view comes in several variants already.
        let head = TrainOptions { labelled_repeats: 1, ..TrainOptions::default() };
        TrainSettings { examples: 600, head }
    }
}

/// What [`train`] made.
#[derive(Debug)]
pub struct TrainedHead {
    /// The head, loaded from its folder.
    pub head: DamageHead,
    /// The picture of its loss.
    pub curve: PathBuf,
    /// Examples it learned from.
    pub examples: usize,
}

/// Trains a head on all of `pictures`, one entry for each SKU and view, into `folder`.
pub fn train(
    scorer: &Scorer,
    pictures: &[Labelled],
    settings: &TrainSettings,
    folder: &Path,
    progress: &mut dyn Progress,
) -> Result<TrainedHead, LearnError> {
    let mut rng = StdRng::seed_from_u64(settings.head.seed);
    let mut made = Examples::default();
    for pictures in pictures {
        let (count, folds) = (settings.examples, settings.head.folds);
        made.add(scorer, pictures, count, folds, &mut rng, progress)?;
    }
    let run = TrainRun {
        checkpoints: folder.join(CHECKPOINTS),
        resume: true,
        device: Device::Cpu,
        threads: THREADS,
    };
    let trained = damage::train(&made.examples, &made.sources, &settings.head, &run, progress)?;
    let curve = folder.join(CURVE_FILE);
    std::fs::write(&curve, trained.curve()).map_err(LearnError::Folder)?;
    let backbone = scorer.backbone_sha256();
    trained.save(folder, backbone).map_err(ScoringError::from)?;
    let head = DamageHead::load(folder, backbone, Device::Cpu).map_err(ScoringError::from)?;
    Ok(TrainedHead { head, curve, examples: made.examples.len() })
}

/// Trains a head that is not kept.
pub fn train_for_now(
    scorer: &Scorer,
    pictures: &[Labelled],
    settings: &TrainSettings,
    progress: &mut dyn Progress,
) -> Result<DamageHead, LearnError> {
    let folder = tempfile::tempdir().map_err(LearnError::Folder)?;
    Ok(train(scorer, pictures, settings, folder.path(), progress)?.head)
}

/// The SHA-256 of a picture's file, in hexadecimal.
pub fn content_sha256(file: &Path) -> Result<String, PictureError> {
    let bytes =
        std::fs::read(file).map_err(|cause| PictureError::Read { path: file.to_owned(), cause })?;
    Ok(sha256(&bytes))
}

impl Examples {
    /// Adds about `count` examples of one view: variants of its normal pictures, most of them with
    /// a synthetic defect, and variants of its labelled ones. `folds` is the number of the head's
    /// members, each of which is blind to a share of the sources.
    pub fn add(
        &mut self,
        scorer: &Scorer,
        pictures: &Labelled,
        count: usize,
        folds: usize,
        rng: &mut StdRng,
        progress: &mut dyn Progress,
    ) -> Result<(), LearnError> {
        let normal = thinned(&pictures.normal, SPECIMENS_MAX);
        let (localiser, framing) = learn_finding(scorer, &normal, &pictures.empty, progress)?;
        let finding = (&localiser, framing);
        let first = self.sources.len();
        let (mut specimens, mut seen) = (Vec::new(), Vec::new());
        for (done, file) in normal.iter().enumerate() {
            progress.step(done, normal.len(), "cutting out normal items");
            if let Some((specimen, observed)) = cut_out(scorer, finding, file)? {
                specimens.push(specimen);
                seen.push(observed);
                self.sources.push(content_sha256(file)?);
            }
        }
        let memories = Memories::without_each_fold(&seen, first, folds)?;
        for done in 0..count {
            progress.step(done, count, "making examples");
            let at = rng.random_range(0..specimens.len());
            let variant = vary(&specimens[at], rng);
            let defect = rng.random_bool(DAMAGED).then(|| shares::draw(rng));
            let source = first + at;
            let made = defect.and_then(|defect| Some((defect, damage(&variant, defect, rng)?)));
            let (picture, mask, touched) = match &made {
                Some((_, damaged)) => (&damaged.picture, &damaged.mask, Some(&damaged.touched)),
                None => (variant.picture(), variant.mask(), None),
            };
            let observed = scorer.describe(&Picture::from(picture.clone()), mask, framing)?;
            let (tokens, places) = memories.head_input(source, &observed)?;
            let touched = match touched {
                Some(touched) => touched_tokens(&observed, touched, picture.width()),
                None => vec![0.0; tokens.size()[0] as usize],
            };
            self.examples.push(Example {
                tokens: half(&tokens)?,
                places,
                touched: Some(Tensor::from_slice(&touched)),
                kind: made.as_ref().map(|(defect, _)| defect.kind()),
                damaged: made.is_some(),
                source: Some(source as u32),
            });
        }
        for file in &pictures.damaged {
            let Some((specimen, _)) = cut_out(scorer, finding, file)? else { continue };
            for _ in 0..LABELLED_VARIANTS {
                let variant = vary(&specimen, rng);
                let picture = Picture::from(variant.picture().clone());
                let observed = scorer.describe(&picture, variant.mask(), framing)?;
                let blind_to = rng.random_range(0..folds);
                let (tokens, places) = memories.head_input(blind_to, &observed)?;
                self.examples.push(Example {
                    tokens: half(&tokens)?,
                    places,
                    touched: None,
                    kind: None,
                    damaged: true,
                    source: None,
                });
            }
        }
        progress.step(count, count, "making examples");
        Ok(())
    }
}

/// The item of a picture with its surroundings, which are all of the view where the item is not looked
/// at by itself, and what is seen in the picture. `None` where not exactly one item is in sight.
fn cut_out(
    scorer: &Scorer,
    (localiser, framing): (&Localiser, Framing),
    file: &Path,
) -> Result<Option<(Specimen, Observed)>, LearnError> {
    let picture = Picture::open(file)?;
    let mask = match find(&picture, localiser) {
        Ok(mask) => mask,
        Err(ScoringError::NoItem | ScoringError::SeveralItems { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let observed = scorer.describe(&picture, &mask, framing)?.halved()?;
    let crop = match framing {
        Framing::View => Crop::whole(&picture),
        Framing::Item => Crop::around(&mask, &picture).widened(SURROUNDINGS, &picture),
    };
    let (width, height) = crop.scaled;
    let pixels = crop.cut(&picture);
    let pixels = if pixels.len() == (width * height) as usize {
        pixels.into_iter().flat_map(|grey| [grey; 3]).collect()
    } else {
        pixels
    };
    let cut = RgbImage::from_raw(width, height, pixels)
        .expect("the scaled crop has width x height pixels");
    let across = f64::from(mask.width()) / f64::from(picture.width());
    let down = f64::from(mask.height()) / f64::from(picture.height());
    let cut_mask = Mask::from_fn(width, height, |x, y| {
        let at = |of: u32, size: u32, from: f64, length: f64| {
            from + (f64::from(of) + 0.5) / f64::from(size) * length
        };
        let x = at(x, width, crop.area.x, crop.area.width) * across;
        let y = at(y, height, crop.area.y, crop.area.height) * down;
        mask.contains((x as u32).min(mask.width() - 1), (y as u32).min(mask.height() - 1))
    });
    Ok(Specimen::new(cut, cut_mask).map(|specimen| (specimen, observed)))
}

/// Half precision: enough for features, and half the memory.
fn half(tokens: &Tensor) -> Result<Tensor, ScoringError> {
    tokens.f_to_kind(tch::Kind::Half).map_err(ScoringError::torch("keeping an example"))
}

/// How badly each token is touched, 0 to 1: the mean of its touched pixels, or 0 where no more than
/// [`TOUCHED_MIN`] of it is touched at all. `touched` has a value for each pixel of
/// the picture that was described, whose width is `width`.
fn touched_tokens(observed: &Observed, touched: &[f32], width: u32) -> Vec<f32> {
    let height = touched.len() as u32 / width;
    let (crop, grid, cells) = observed.item_cells();
    let degree = |cell: &i64| {
        let (mut count, mut hit, mut sum) = (0u32, 0u32, 0.0);
        for (x, y) in crop.points((cell % grid.0, cell / grid.0), grid) {
            let (x, y) = ((x as u32).min(width - 1), (y as u32).min(height - 1));
            let degree = touched[(y * width + x) as usize];
            count += 1;
            hit += u32::from(degree > 0.0);
            sum += degree.max(0.0);
        }
        if hit as f32 > TOUCHED_MIN * count as f32 { sum / hit as f32 } else { 0.0 }
    };
    cells.iter().map(degree).collect()
}
