//! The **scorer**: the loaded model, and the way of one view through it. Read [`Scorer::score`] from
//! top to bottom: find the item, describe it, compare it, ask the damage head, fuse.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Calibration;
use super::budget::Budget;
use super::compute::{Compute, DeviceChoice};
use super::crop::Crop;
use super::ensemble::{Fused, Member, MemberScore, Voices};
use super::error::ScoringError;
use super::explain::{Difference, differences, words};
use super::heatmap::HeatMap;
use super::kept::KeptMaps;
use super::observed::{Framing, Observed, SeenItem, Sight, sighted};
use super::reference::{Judgement, Reference};
use super::tokens::{Maps, check_size, input_tensor};
use crate::{DamageHead, HEAD_FILE, HeadAnswer, Kind as DamageKind};
use base::picture::{Picture, PixelFormat};
use features::backbone::{BACKBONE_FILE, Engine, EngineChoice};
use features::localise::{Bounds, Cells, Found, Gains, Localiser, Mask, Small};

/// Calls before a scorer is ready, in turn on three shapes: the first call of a module takes three
/// times as long (measured without the profiling executor; with it, five times).
const WARM_UP: usize = 9;
/// From this degree of damage on, a token is hot.
const HOT_DEGREE: f32 = 0.5;
/// Share of budget that a scorer starts with: 0.5 % of good items.
const BUDGET: f64 = 0.005;
/// A frame whose brightness deviates less than this, in levels of 255, shows nothing: the noise of a
/// camera alone deviates by about as much.
const CONTRAST_MIN: f64 = 1.0;

/// Where the time of one score went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Finding the item in the small copy of the view.
    pub localise: Duration,
    /// Scaling the view and the crop, and the backbone.
    pub features: Duration,
    /// Comparing with what the reference remembers.
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
    /// How many items are in sight. Where it is not one, the view differs for that reason too.
    pub sight: Sight,
    /// The box around what was found, in pixels of the view; none where nothing was.
    pub found: Option<Bounds>,
    /// What each member of the ensemble says.
    pub members: Vec<MemberScore>,
    /// Where the view differs, as the most surprised of the members sees it that look at places.
    pub heat: HeatMap,
    /// The same as each of these members sees it.
    pub heats: Vec<(Member, HeatMap)>,
    /// The places that differ most, the strongest first; also where the view is normal all in all.
    pub differs: Vec<Difference>,
    /// Where the time went.
    pub timings: Timings,
}

impl ViewScore {
    /// What differs, in words. Sizes are in millimetres where a pixel's are known.
    pub fn words(&self, mm_per_px: Option<f32>) -> String {
        let differs = words(&self.differs, mm_per_px);
        match self.sight {
            Sight::One => differs,
            Sight::Nothing => format!("no item is found where one is expected; {differs}"),
            Sight::Several(count) => format!("{count} items are in sight; {differs}"),
        }
    }
}

/// A loaded, checked and warm model that scores views; several threads may use it at once.
#[derive(Debug)]
pub struct Scorer {
    engine: Engine,
    compute: Compute,
    folder: PathBuf,
    head: Option<DamageHead>,
    members: Vec<Member>,
    kept: Option<KeptMaps>,
    false_divert_budget: Budget,
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
        let scorer = Scorer {
            engine,
            compute,
            folder,
            head: None,
            members: Member::ALL.to_vec(),
            kept: None,
            false_divert_budget: Budget::new(BUDGET),
        };
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

    /// The same scorer with thresholds for another budget: the share of normal items that may exceed them. Whoever
    /// has a clone of it can change it.
    pub fn with_false_divert_budget(mut self, budget: impl Into<Budget>) -> Scorer {
        self.false_divert_budget = budget.into();
        self
    }

    /// The same scorer with a damage head beside the other members; `None` takes it away.
    pub fn with_head(mut self, head: Option<DamageHead>) -> Scorer {
        self.head = head;
        self
    }

    /// The same scorer in which these members alone judge: to see what each of them is worth.
    pub fn with_members(mut self, members: &[Member]) -> Scorer {
        self.members = members.to_vec();
        self
    }

    /// The same scorer, which keeps what the backbone answers in `folder` and does not ask it twice: for
    /// measuring the same pictures again and again. Answers have the precision of 16-bit floats then,
    /// kept or not.
    pub fn with_kept_maps(mut self, folder: &Path) -> Scorer {
        self.kept = Some(KeptMaps::new(folder, self.backbone_sha256()));
        self
    }

    /// The damage head, where there is one.
    pub fn head(&self) -> Option<&DamageHead> {
        self.head.as_ref()
    }

    /// The share of normal items that may exceed the threshold.
    pub fn false_divert_budget(&self) -> f64 {
        self.false_divert_budget.share()
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
    /// sight and the view looks normal otherwise: nobody knows then what was looked at. Also whatever
    /// else keeps the view from being scored. There is never a score then.
    pub fn score(
        &self,
        picture: &Picture,
        reference: &Reference,
        views: usize,
    ) -> Result<ViewScore, ScoringError> {
        let start = Instant::now();
        let (localised, gains) = self.localised(picture, reference.localiser())?;
        let found = Instant::now();
        let mask = localised.1.clone();
        let observed = self.observe(picture, localised, gains, reference.framing())?;
        let described = Instant::now();
        let mut judged = reference.judge(&observed)?;
        judged.retain(|judgement| self.members.contains(&judgement.member));
        let compared = Instant::now();
        let answer = self.ask_head(reference, &observed, &judged)?;
        let asked = Instant::now();

        let mut levels: Vec<(Member, f64)> =
            judged.iter().map(|judgement| (judgement.member, judgement.level)).collect();
        levels.extend(answer.iter().map(|answer| (Member::Head, f64::from(answer.level))));
        let held_out =
            |member| reference.held_out(member).expect("a member that judges has held-out levels");
        let joint = Voices::CHOSEN.joint(
            levels.iter().map(|(member, level)| (*member, held_out(*member).standard(*level))),
        );
        // An item that is not found leaves its members without a level. What the others say is compared
        // with what all said of normal views, which is more.
        let judges =
            |member| self.members.contains(&member) && (member != Member::Head || answer.is_some());
        let some = (!reference.members().all(judges)).then(|| reference.joint_among(judges));
        let held = match &some {
            None => reference.joint(),
            Some(held) => held.as_ref().ok_or(ScoringError::NoNormals)?,
        };
        // Once: it may change meanwhile.
        let budget = self.false_divert_budget.share();
        let fused = Fused::new(joint, held, views, budget);
        let exceeds = fused.exceeds();
        match observed.sight {
            Sight::Nothing if !exceeds => return Err(ScoringError::NoItem),
            Sight::Several(count) if !exceeds => return Err(ScoringError::SeveralItems { count }),
            _ => {}
        }
        let members: Vec<MemberScore> = levels
            .iter()
            .map(|(member, level)| MemberScore::new(*member, *level, held_out(*member), budget))
            .collect();

        let damaged = answer.as_ref().map(|answer| degrees(&answer.patches));
        let spatial = judged
            .iter()
            .filter(|judgement| !judgement.distances.is_empty())
            .map(|judgement| {
                let hot = reference.hot(judgement.member);
                (judgement.member, judgement.distances.as_slice(), hot)
            })
            .chain(damaged.iter().map(|damaged| (Member::Head, damaged.as_slice(), HOT_DEGREE)));
        let heats: Vec<(Member, HeatMap)> = spatial
            .map(|(member, values, hot)| (member, heat_map(&observed, member, values, hot)))
            .collect();
        let heat = most_surprised(&members, &heats)
            .ok_or(ScoringError::NotFinite { what: "the members' answer" })?;
        let size = (picture.width(), picture.height());
        let kinds = answer.as_ref().zip(damaged.as_ref()).zip(observed.item.as_ref());
        let kinds: Vec<(i64, DamageKind)> = kinds
            .map(|((answer, damaged), item)| {
                let (from, _) = observed.spread(Member::Head, &[]);
                let hot = item.cells.iter().zip(&answer.kinds).zip(damaged);
                hot.filter(|(_, degree)| **degree >= HOT_DEGREE)
                    .filter_map(|((cell, kind), _)| {
                        let (x, y) = from.middle(*cell);
                        heat.cell_at(x, y).map(|cell| (cell, *kind))
                    })
                    .collect()
            })
            .unwrap_or_default();
        let bounds = mask.as_ref().map(|mask| mask.bounds_in(size));
        let whole = Bounds { x: 0, y: 0, width: size.0, height: size.1 };
        let around = bounds.unwrap_or(whole);
        let differs = differences(&heat, &kinds, around, size);
        Ok(ViewScore {
            score: fused.score,
            threshold: fused.threshold,
            exceeds,
            calibration: fused.calibration,
            sight: observed.sight,
            found: bounds,
            members,
            heat,
            heats,
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

    /// The damage head's answer; `None` where there is no head that this reference knows, or no item.
    fn ask_head(
        &self,
        reference: &Reference,
        observed: &Observed,
        judged: &[Judgement],
    ) -> Result<Option<HeadAnswer>, ScoringError> {
        let head = self.head.as_ref().filter(|head| {
            self.members.contains(&Member::Head) && reference.knows_head(&head.facts().head_sha256)
        });
        let Some(head) = head else { return Ok(None) };
        let told = observed.head_member();
        let distances = match judged.iter().find(|judgement| judgement.member == told) {
            Some(judgement) => &judgement.distances,
            // That member is switched off; the head needs its distances all the same.
            None => match (reference.patches(told), observed.tokens(told)?) {
                (Some(patches), Some(tokens)) => &patches.distances(&tokens)?,
                _ => return Ok(None),
            },
        };
        reference.ask(head, observed, distances)
    }

    /// What is in sight in `picture`, and the gains that set its light right.
    fn localised(
        &self,
        picture: &Picture,
        localiser: &Localiser,
    ) -> Result<((Sight, Option<Mask>), Gains), ScoringError> {
        check_size(picture)?;
        let small = Small::of(picture);
        if small.contrast() < CONTRAST_MIN {
            return Err(ScoringError::Blank);
        }
        let gains = localiser.gains(&small);
        let found = localiser.find_with(&small, gains);
        Ok((sighted(found, (small.width(), small.height())), gains))
    }

    /// What is seen in `picture`, which is a view of the SKU of `localiser`, in the light of its
    /// normals.
    ///
    /// # Errors
    /// The backbone's; it is no error that no item is found.
    pub fn look(
        &self,
        picture: &Picture,
        localiser: &Localiser,
        framing: Framing,
    ) -> Result<Observed, ScoringError> {
        let (localised, gains) = self.localised(picture, localiser)?;
        self.observe(picture, localised, gains, framing)
    }

    /// What is seen in `picture`, whose item is the one of `mask`, in the light that it has.
    pub fn describe(
        &self,
        picture: &Picture,
        mask: &Mask,
        framing: Framing,
    ) -> Result<Observed, ScoringError> {
        self.observe(picture, (Sight::One, Some(mask.clone())), Gains::NONE, framing)
    }

    fn observe(
        &self,
        picture: &Picture,
        (sight, mask): (Sight, Option<Mask>),
        gains: Gains,
        framing: Framing,
    ) -> Result<Observed, ScoringError> {
        let whole = match framing {
            Framing::View => Crop::whole(picture),
            Framing::Item => Crop::glance(picture),
        };
        let view = self.maps_of(picture, whole, gains)?;
        let item = mask.map(|mask| {
            let maps = match framing {
                Framing::View => None,
                Framing::Item => {
                    Some(self.maps_of(picture, Crop::around(&mask, picture), gains)?)
                }
            };
            Ok::<_, ScoringError>(SeenItem::new(picture, &mask, &view, maps))
        });
        let item = item.transpose()?;
        Ok(Observed { view, sight, item })
    }

    /// The backbone's cells of the whole view: what learning to find the item starts from.
    pub fn cells(&self, picture: &Picture) -> Result<Cells, ScoringError> {
        let maps = self.maps_of(picture, Crop::whole(picture), Gains::NONE)?;
        let (width, height) = (maps.width() as usize, maps.height() as usize);
        let joined = maps.joined()?;
        let channels = joined.size()[1] as usize;
        let features = Vec::<f32>::try_from(&joined.flatten(0, -1))
            .map_err(ScoringError::torch("reading cells"))?;
        Ok(Cells { width, height, channels, features })
    }

    /// A crop through the backbone and nothing after it: what benches compare with.
    pub fn backbone_only(&self, picture: &Picture, crop: &Crop) -> Result<(), ScoringError> {
        self.engine.maps(&input_tensor(picture, crop, Gains::NONE)?)?;
        Ok(())
    }

    /// What the backbone says of `crop`.
    fn maps_of(&self, picture: &Picture, crop: Crop, gains: Gains) -> Result<Maps, ScoringError> {
        let input = input_tensor(picture, &crop, gains)?;
        let maps = match &self.kept {
            None => self.engine.maps(&input)?,
            Some(kept) => kept.get_or(&input, || Ok(self.engine.maps(&input)?))?,
        };
        let maps = Maps::new(crop, maps).map_err(|cause| self.contract(cause))?;
        maps.check()?;
        Ok(maps)
    }

    fn contract(&self, cause: &str) -> ScoringError {
        ScoringError::Backbone {
            path: self.folder.join(BACKBONE_FILE),
            cause: format!("it returns {cause}, not one grid or (stride 8, stride 16)"),
        }
    }
}

/// The degrees that belong to `logits`.
fn degrees(logits: &[f32]) -> Vec<f32> {
    logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect()
}

/// A value for each cell of the grid that `member` sees, from one for each token.
fn heat_map(observed: &Observed, member: Member, values: &[f32], hot: f32) -> HeatMap {
    let (grid, values) = observed.spread(member, values);
    let (width, height) = (grid.width as u32, grid.height as u32);
    HeatMap { width, height, values, area: grid.area, hot }
}

/// The heat of the member that is most surprised; `None` where there is no heat.
fn most_surprised(members: &[MemberScore], heats: &[(Member, HeatMap)]) -> Option<HeatMap> {
    let surprise = |member: Member| {
        members.iter().find(|one| one.member == member).map_or(0.0, MemberScore::surprise)
    };
    let most = heats.iter().max_by(|a, b| surprise(a.0).total_cmp(&surprise(b.0)));
    most.map(|(_, heat)| heat.clone())
}

/// The item in `picture`.
///
/// # Errors
/// Not exactly one item is in sight.
pub fn find(picture: &Picture, localiser: &Localiser) -> Result<Mask, ScoringError> {
    match localiser.find(&Small::of(picture)) {
        Found::One(mask) => Ok(mask),
        Found::Nothing => Err(ScoringError::NoItem),
        Found::Several(items) => Err(ScoringError::SeveralItems { count: items.len() }),
    }
}
