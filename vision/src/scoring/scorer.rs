//! The **scorer**: the loaded model, and the way of one view through it. Read [`Scorer::score`] from
//! top to bottom: find the item, describe it, compare it, ask the damage head, fuse.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tch::{Kind, Tensor};

use super::compute::{Compute, DeviceChoice};
use super::crop::Crop;
use super::ensemble::{Member, MemberScore, alone, fuse};
use super::error::ScoringError;
use super::explain::{Difference, differences};
use super::heatmap::HeatMap;
use super::reference::Reference;
use super::tokens::{Tokens, covered, input_tensor, join};
use super::{Calibration, distance};
use crate::backbone::{Engine, EngineChoice};
use crate::damage::{DamageHead, HEAD_FILE};
use crate::localise::{Cells, Found, Gains, Localiser, Mask, Small};
use crate::picture::{Picture, PixelFormat};

/// Calls before a scorer is ready, in turn on three shapes: the first call of a module takes three
/// times as long (measured without the profiling executor; with it, five times).
const WARM_UP: usize = 9;
/// From this degree of damage on, a token is hot.
const HOT_DEGREE: f32 = 0.5;
/// Share of budget that a scorer starts with: 0.5 % of good items.
const BUDGET: f64 = 0.005;

/// Where the time of one score went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Finding the item.
    pub localise: Duration,
    /// Scaling the crop, the backbone, joining its maps.
    pub features: Duration,
    /// Search in the reference's memory.
    pub distance: Duration,
    /// The damage head.
    pub head: Duration,
    /// Fusing the members, and telling where the item differs and how.
    pub fuse: Duration,
}

impl Timings {
    /// All steps together.
    pub fn total(&self) -> Duration {
        self.localise + self.features + self.distance + self.head + self.fuse
    }
}

/// What scoring says about one view.
#[derive(Debug, Clone)]
pub struct ViewScore {
    /// How surprising the view would be if the item were normal: -log10 of the fused p-value. 0 or
    /// more, finite; 2 means that one normal view in a hundred looks as odd.
    pub score: f32,
    /// The surprise that only the budget's share of normal items exceeds in any of their views.
    pub threshold: f32,
    /// Whether the score lies above the threshold.
    pub exceeds: bool,
    /// How far the threshold can be trusted.
    pub calibration: Calibration,
    /// What each member of the ensemble says.
    pub members: Vec<MemberScore>,
    /// Where the view differs, as the most surprised member sees it.
    pub heat: HeatMap,
    /// The places that differ most, the strongest first; also where the view is normal all in all.
    pub differs: Vec<Difference>,
    /// Where the time went.
    pub timings: Timings,
}

/// A loaded, checked and warm model that scores views; several threads may use it at once.
#[derive(Debug)]
pub struct Scorer {
    engine: Engine,
    compute: Compute,
    folder: PathBuf,
    head: Option<DamageHead>,
    false_divert_budget: f64,
}

impl Scorer {
    /// [`Scorer::load_on`] the CPU, with the engine that is fastest there.
    pub fn load(folder: impl AsRef<Path>) -> Result<Scorer, ScoringError> {
        Scorer::load_on(folder, Compute::CPU, EngineChoice::Auto)
    }

    /// The scorer on the best device that `choice` allows. A device that does not reproduce the golden
    /// outputs gives way to the next, with a warning.
    pub fn load_best(
        folder: impl AsRef<Path>,
        choice: DeviceChoice,
        engine: EngineChoice,
    ) -> Result<Scorer, ScoringError> {
        let mut candidates = choice.candidates()?.into_iter().peekable();
        loop {
            let compute = candidates.next().ok_or(ScoringError::NoCuda)?;
            match Scorer::load_on(&folder, compute, engine) {
                Err(error) if candidates.peek().is_some() => {
                    tracing::warn!(device = compute.name(), %error, "the model does not run there");
                }
                loaded => return loaded,
            }
        }
    }

    /// Loads the backbone of the model folder into an engine that reproduces the golden outputs on this
    /// device, and warms it up. Thresholds are for a false-divert budget of 0.5 % until told otherwise.
    pub fn load_on(
        folder: impl AsRef<Path>,
        compute: Compute,
        engine: EngineChoice,
    ) -> Result<Scorer, ScoringError> {
        // OpenMP spins at its barriers: on a box whose other cores are busy, two threads are slower
        // than one. Measured on 2 cores: learning from 50 pictures takes 23 s instead of 69 s.
        tch::set_num_threads(1);
        let folder = folder.as_ref().to_owned();
        let engine = Engine::load(&folder, compute.device, compute.kind, engine)?;
        let budget = BUDGET;
        let scorer = Scorer { engine, compute, folder, head: None, false_divert_budget: budget };
        scorer.warm_up()?;
        Ok(scorer)
    }

    /// The same scorer with the damage head in the folder `head`; as it is where there is none.
    pub fn with_head_from(self, head: &Path) -> Result<Scorer, ScoringError> {
        if !head.join(HEAD_FILE).exists() {
            return Ok(self);
        }
        let head = DamageHead::load(head, self.backbone_sha256(), self.compute.device)?;
        Ok(self.with_head(Some(head)))
    }

    /// The same scorer with thresholds for another budget: the share of normal items that may
    /// exceed them, for example 0.005.
    pub fn with_false_divert_budget(mut self, budget: f64) -> Scorer {
        self.false_divert_budget = budget;
        self
    }

    /// The same scorer with a damage head beside the reference distance; `None` takes it away.
    pub fn with_head(mut self, head: Option<DamageHead>) -> Scorer {
        self.head = head;
        self
    }

    /// The damage head, where there is one.
    pub fn head(&self) -> Option<&DamageHead> {
        self.head.as_ref()
    }

    /// The share of normal items that may exceed the threshold.
    pub fn false_divert_budget(&self) -> f64 {
        self.false_divert_budget
    }

    /// The SHA-256 of `backbone.pt`, in hexadecimal: references belong to exactly this backbone.
    pub fn backbone_sha256(&self) -> &str {
        self.engine.backbone_sha256()
    }

    /// What runs the backbone, and why.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Where the networks run.
    pub fn compute(&self) -> Compute {
        self.compute
    }

    /// The folder that the model came from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs the whole feature path on the shapes of usual items.
    fn warm_up(&self) -> Result<(), ScoringError> {
        for call in 0..WARM_UP {
            let (width, height) = [(960, 540), (640, 480), (320, 320)][call % 3];
            let grey = vec![127; width as usize * height as usize];
            let picture = Picture::from_pixels(width, height, PixelFormat::Grey8, grey)?;
            self.backbone_only(&picture, &Crop::whole(&picture))?;
        }
        Ok(())
    }

    /// Scores `picture` against `reference`, as one of `views` pictures of an item.
    ///
    /// # Errors
    /// [`ScoringError::NoItem`] and [`ScoringError::SeveralItems`] where not exactly one item is in
    /// sight, and whatever else keeps the view from being scored. There is never a score then.
    pub fn score(
        &self,
        picture: &Picture,
        reference: &Reference,
        views: usize,
    ) -> Result<ViewScore, ScoringError> {
        let start = Instant::now();
        let small = Small::of(picture);
        let gains = reference.localiser().gains(&small);
        let mask = one_item(reference.localiser().find_with(&small, gains))?;
        let found = Instant::now();
        let tokens = self.described(picture, &mask, gains)?;
        let described = Instant::now();
        let distances = distance::nearest(&tokens.features, reference.memory())?;
        let level = distance::level(&distances)?;
        let (held, budget) = (reference.held_out(), self.false_divert_budget);
        let mut members = vec![MemberScore::new(Member::Distance, level, held, budget)];
        let compared = Instant::now();
        let head = self.head.as_ref();
        let head =
            head.and_then(|head| Some((head, reference.head_levels(&head.facts().head_sha256)?)));
        let answer = head.map(|(head, levels)| -> Result<_, ScoringError> {
            let tokens_and_distances = tokens.with_distances(&distances, reference.typical())?;
            Ok((head.answer(&tokens_and_distances, &tokens.places())?, levels))
        });
        let answer = answer.transpose()?;
        let asked = Instant::now();
        let mut heat = (tokens.spread(&distances), reference.hot());
        let mut kinds = Vec::new();
        let fused = if let Some((answer, levels)) = answer {
            let of_head = f64::from(answer.level);
            members.push(MemberScore::new(Member::Head, of_head, &levels.held_out, budget));
            let damaged = degrees(&answer.patches);
            let named = tokens.cells.iter().copied().zip(answer.kinds).zip(&damaged);
            kinds
                .extend(named.filter(|(_, degree)| **degree >= HOT_DEGREE).map(|(named, _)| named));
            if members[1].surprise() > members[0].surprise() {
                heat = (tokens.spread(&damaged), HOT_DEGREE);
            }
            fuse(&levels.joint, (level, held), (of_head, &levels.held_out), views, budget)
        } else {
            alone(&members[0], views, budget)
        };
        let heat = HeatMap {
            width: tokens.width as u32,
            height: tokens.height as u32,
            values: heat.0,
            area: tokens.crop.area,
            hot: heat.1,
        };
        let size = (picture.width(), picture.height());
        let differs = differences(&heat, &kinds, mask.bounds_in(size), size);
        Ok(ViewScore {
            score: fused.score,
            threshold: fused.threshold,
            exceeds: fused.score > fused.threshold,
            calibration: fused.calibration,
            members,
            heat,
            differs,
            timings: Timings {
                localise: found - start,
                features: described - found,
                distance: compared - described,
                head: asked - compared,
                fuse: asked.elapsed(),
            },
        })
    }

    /// The tokens of the one item in `picture`, in the light of its normals.
    ///
    /// # Errors
    /// Those of [`Scorer::score`].
    pub fn item(&self, picture: &Picture, localiser: &Localiser) -> Result<Tokens, ScoringError> {
        let small = Small::of(picture);
        let gains = localiser.gains(&small);
        self.described(picture, &one_item(localiser.find_with(&small, gains))?, gains)
    }

    /// The tokens of the item of `mask`, which covers the whole of `picture`, in the light that the
    /// picture has.
    pub fn describe(&self, picture: &Picture, mask: &Mask) -> Result<Tokens, ScoringError> {
        self.described(picture, mask, Gains::NONE)
    }

    fn described(
        &self,
        picture: &Picture,
        mask: &Mask,
        gains: Gains,
    ) -> Result<Tokens, ScoringError> {
        let crop = Crop::around(mask, picture);
        let (width, height, all) = tch::no_grad(|| self.cells_of(picture, &crop, gains))?;
        let size = (picture.width(), picture.height());
        let cells = covered(mask, size, &crop, (width, height));
        let features = all
            .f_index_select(0, &Tensor::from_slice(&cells))
            .map_err(ScoringError::torch("choosing tokens"))?;
        Ok(Tokens { crop, width, height, cells, features })
    }

    /// The backbone's cells of the whole view: what learning to find the item starts from.
    pub fn cells(&self, picture: &Picture) -> Result<Cells, ScoringError> {
        let (width, height, all) =
            tch::no_grad(|| self.cells_of(picture, &Crop::whole(picture), Gains::NONE))?;
        let features = Vec::<f32>::try_from(&all.flatten(0, -1))
            .map_err(ScoringError::torch("reading cells"))?;
        let (width, height) = (width as usize, height as usize);
        let channels = self.engine.shape().features() as usize;
        Ok(Cells { width, height, channels, features })
    }

    /// A crop through the backbone and nothing after it: what benches compare with.
    pub fn backbone_only(&self, picture: &Picture, crop: &Crop) -> Result<(), ScoringError> {
        self.engine.maps(&input_tensor(picture, crop, Gains::NONE)?)?;
        Ok(())
    }

    /// Columns, rows and features of all cells of `crop`.
    fn cells_of(
        &self,
        picture: &Picture,
        crop: &Crop,
        gains: Gains,
    ) -> Result<(i64, i64, Tensor), ScoringError> {
        let maps = self.engine.maps(&input_tensor(picture, crop, gains)?)?;
        let (width, height, features) =
            join(&maps).map_err(ScoringError::torch("joining the maps"))?;
        let sum = features.f_sum(Kind::Float).map_err(ScoringError::torch("joining the maps"))?;
        if !sum.double_value(&[]).is_finite() {
            return Err(ScoringError::NotFinite { what: "the backbone's output" });
        }
        Ok((width, height, features))
    }
}

/// The degrees that belong to `logits`.
fn degrees(logits: &[f32]) -> Vec<f32> {
    logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect()
}

/// The item in `picture`.
///
/// # Errors
/// Not exactly one item is in sight.
pub fn find(picture: &Picture, localiser: &Localiser) -> Result<Mask, ScoringError> {
    one_item(localiser.find(&Small::of(picture)))
}

fn one_item(found: Found) -> Result<Mask, ScoringError> {
    match found {
        Found::One(mask) => Ok(mask),
        Found::Nothing => Err(ScoringError::NoItem),
        Found::Several(items) => Err(ScoringError::SeveralItems { count: items.len() }),
    }
}
