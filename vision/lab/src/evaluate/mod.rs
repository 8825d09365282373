//! Evaluation: how well a model tells defective items from good ones on a folder of pictures.
//!
//! References and a damage head are learned from the normal pictures under `train`, and from labels
//! where some are given; nothing of it is kept. Then every item under `test` that was not learned
//! from is scored as on the line, view by view. An item's score is the largest surprise of its
//! views. Each class of defect is measured against the good test items; `overall` takes all defects
//! together.
//!
//! A test picture that cannot be read does not stop the evaluation: its item is not scored, and it
//! is listed under `broken`.
//!
//! Read `scored` (one item), `metrics` (scores to figures), `stats` (what can be told from chance),
//! `masks` and `pixels` (heat maps against masks), `shots` (how many normal pictures it takes),
//! `compare` (two models), `leave_out` (several
//! sets, each measured with what the others choose), `report` (the picture).

mod compare;
mod leave_out;
mod masks;
mod metrics;
mod pixels;
mod report;
mod scored;
mod shots;
mod stats;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tch::Device;

pub use base::statistics::wilson;
pub use compare::{Compared, Comparison, Disagreement, compare};
pub use leave_out::{LeftOut, SetFigures, leave_one_out};
pub use metrics::{AtBudget, Metrics};
pub use pixels::PixelMetrics;
pub use shots::{ShotCurve, ShotRow, few_shots};
pub use stats::AurocDifference;

use crate::learn::{LearnError, Turns, learn_view};
use crate::train::{Labelled, TrainSettings, train_for_now};
use base::dataset::{Dataset, DatasetError, GOOD, Purpose, TestItem, Unused, as_text, evenly};
use base::progress::Progress;
use damage::scoring::{Member, ReferenceKey, Scorer, ScoringError};
use damage::{DamageHead, TrainError};
use metrics::Judged;
use scored::{ItemScore, Unscored, score_item};

/// Pictures that could not be scored which an error names.
const BROKEN_NAMED: usize = 20;

/// What to evaluate.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// The dataset's folder.
    pub root: PathBuf,
    /// The model's folder.
    pub model_folder: PathBuf,
    /// The command that the user typed, for the report.
    pub command: String,
    /// Normal pictures of each view to learn from, evenly chosen; `None` for all.
    pub shots: Option<usize>,
    /// Items of each class of defect that the damage head learns from; they are not scored.
    pub train_labels: usize,
    /// The damage head.
    pub head: HeadChoice,
    /// The folder that keeps what the backbone answers, for the next evaluation; `None` for nowhere.
    pub kept_maps: Option<PathBuf>,
    /// The folder that takes each scored picture with its heat, boxes and words; `None` for nowhere.
    pub pictures: Option<PathBuf>,
}

/// Which damage head judges.
#[derive(Debug, Clone)]
pub enum HeadChoice {
    /// One that is trained on the folder's own pictures; none where they are too few for one.
    Train(TrainSettings),
    /// The one in this folder, which may have seen other pictures.
    Folder(PathBuf),
    /// None: the members that learn from normal items alone.
    None,
}

/// Why there is no evaluation.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The folder is no dataset.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A reference could not be learned.
    #[error(transparent)]
    Learn(#[from] LearnError),
    /// The model cannot be used.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// A mask cannot be held against its picture.
    #[error("the mask {path} cannot be used: {cause}; replace it by one of its picture's size")]
    Mask {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The damage head learns from all defective items.
    #[error(
        "the damage head would learn from all {labelled} defective items of the test part, so that \
         none is left to measure on: name a smaller number with --train-labels"
    )]
    NoneToMeasure {
        /// Items that it would learn from.
        labelled: usize,
    },
    /// Too few pictures could be scored for a figure to mean anything.
    #[error(
        "{good} good and {defective} defective items could be scored, so that no figure would mean \
         anything: repair or remove these pictures{broken}"
    )]
    OneKindScored {
        /// Good items that were scored.
        good: usize,
        /// Defective ones.
        defective: usize,
        /// The pictures that could not be scored, each on a line of its own, with the cause.
        broken: String,
    },
    /// A picture of the results cannot be written.
    #[error("cannot write {path}: {cause}; name a file in a folder that may be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// What came out.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    /// All items, all defects against the good ones.
    pub overall: Metrics,
    /// Each class of defect against the good items.
    pub classes: BTreeMap<String, Metrics>,
    /// Each view by itself.
    pub views: BTreeMap<String, Metrics>,
    /// Each member of the ensemble by itself, all views together.
    pub members: BTreeMap<String, Metrics>,
    /// What the box would have done with the default false-divert budget.
    pub at_budget: AtBudget,
    /// The budget: the share of good items that may be diverted.
    pub false_divert_budget: f64,
    /// How well the heat maps show where the damage is, of each view that has masks.
    pub pixels: BTreeMap<String, PixelMetrics>,
    /// The command that was typed.
    pub command: String,
    /// The program and model that scored: name, version, and the backbone's SHA-256.
    pub package: String,
    /// Test pictures that could not be scored, and why.
    pub broken: Vec<BrokenPicture>,
    /// What lies in the folder and was not used, and why.
    pub unused: Vec<Unused>,
    /// Every scored item, for the picture.
    #[serde(skip)]
    items: Vec<ItemScore>,
    /// Levels of the normal pictures that the references learned from, for [`Levels`].
    #[serde(skip)]
    normals: BTreeMap<String, BTreeMap<Member, Vec<f32>>>,
}

/// The levels of every member: what the ensemble's constants are chosen by.
#[derive(Debug, Clone, Serialize)]
pub struct Levels {
    /// By view and member, the held-out levels of the normal pictures.
    pub normals: BTreeMap<String, BTreeMap<Member, Vec<f32>>>,
    /// Each scored item.
    pub items: Vec<ItemLevels>,
}

/// One item's levels.
#[derive(Debug, Clone, Serialize)]
pub struct ItemLevels {
    /// Its class.
    pub class: String,
    /// Its name.
    pub name: String,
    /// By view and member.
    pub views: BTreeMap<String, BTreeMap<Member, f64>>,
}

/// A test picture that could not be scored.
#[derive(Debug, Clone, Serialize)]
pub struct BrokenPicture {
    /// The file.
    #[serde(serialize_with = "as_text")]
    pub file: PathBuf,
    /// What is wrong with it.
    pub cause: String,
}

impl Evaluation {
    /// The levels of every member.
    pub fn levels(&self) -> Levels {
        let of_view = |view: &scored::ScoredView| {
            view.members.iter().map(|one| (one.member, one.level)).collect()
        };
        let items = self.items.iter().map(|item| ItemLevels {
            class: item.class.clone(),
            name: item.name.clone(),
            views: item.views.iter().map(|(name, view)| (name.clone(), of_view(view))).collect(),
        });
        Levels { normals: self.normals.clone(), items: items.collect() }
    }

    /// Writes the picture of the results, an SVG: a histogram of the scores per class, the ROC curves,
    /// and the ten worst errors with their heat maps.
    pub fn write_picture(&self, path: impl AsRef<Path>) -> Result<(), EvaluateError> {
        let path = path.as_ref();
        std::fs::write(path, report::svg(self))
            .map_err(|cause| EvaluateError::Write { path: path.to_owned(), cause })
    }
}

/// Learns from the `train` part of the dataset and measures on its `test` part.
pub fn run(
    options: &EvaluateOptions,
    progress: &mut dyn Progress,
) -> Result<Evaluation, EvaluateError> {
    let mut dataset = Dataset::open(&options.root)?;
    let mut test = dataset.test_items()?;
    dataset.both_kinds(&test)?;
    masks::check(&test)?;
    if let Some(shots) = options.shots {
        for pictures in dataset.views.values_mut() {
            pictures.normals = evenly(&pictures.normals, shots);
        }
    }
    let unused = dataset.unused_for(Purpose::Evaluate);
    let labelled = take_labelled(&mut test, options.train_labels);
    if options.train_labels > 0 && test.iter().all(|item| item.class == GOOD) {
        return Err(EvaluateError::NoneToMeasure { labelled: labelled.len() });
    }
    let mut scorer = Scorer::load(&options.model_folder)?;
    if let Some(folder) = &options.kept_maps {
        scorer = scorer.with_kept_maps(folder);
    }
    scorer = match &options.head {
        HeadChoice::None => scorer,
        HeadChoice::Folder(folder) => {
            let head = DamageHead::load(folder, scorer.backbone_sha256(), Device::Cpu)
                .map_err(ScoringError::from)?;
            scorer.with_head(Some(head))
        }
        HeadChoice::Train(settings) => {
            let pictures: Vec<Labelled> = dataset
                .views
                .iter()
                .map(|(view, pictures)| Labelled {
                    empty: pictures.empty.clone(),
                    normal: pictures.normals.clone(),
                    damaged: labelled
                        .iter()
                        .filter_map(|item| item.pictures.get(view).cloned())
                        .collect(),
                })
                .collect();
            match train_for_now(&scorer, &pictures, settings, progress) {
                Ok(head) => scorer.with_head(Some(head)),
                Err(LearnError::Train(TrainError::TooFew { .. })) => scorer,
                Err(error) => return Err(error.into()),
            }
        }
    };
    let mut references = BTreeMap::new();
    for (view, pictures) in &dataset.views {
        let key = ReferenceKey { sku: "evaluation".into(), view: view.clone() };
        let (reference, _) = learn_view(&scorer, key, pictures, Turns::One, progress)?;
        references.insert(view.clone(), reference);
    }
    let mut broken = Vec::new();
    let mut items = Vec::new();
    for (done, item) in test.iter().enumerate() {
        progress.step(done, test.len(), "scoring");
        match score_item(&scorer, &references, item, options.pictures.as_deref()) {
            Ok(score) => items.push(score),
            Err(Unscored::Broken(picture)) => broken.push(picture),
            Err(Unscored::Stopped(error)) => return Err(error),
        }
    }
    progress.step(test.len(), test.len(), "scoring");
    let good = items.iter().filter(|item| item.class == GOOD).count();
    if good == 0 || good == items.len() {
        return Err(EvaluateError::OneKindScored {
            good,
            defective: items.len() - good,
            broken: listed(&broken),
        });
    }
    let head = scorer.head().map_or("none", |head| &head.facts().head_sha256);
    let package = format!(
        "inspectd {} backbone {} damage head {head}",
        env!("CARGO_PKG_VERSION"),
        scorer.backbone_sha256()
    );
    let pixels = masks::measure(&items)?;
    let mut evaluation = summarise(items, broken, options.command.clone(), package);
    evaluation.pixels = pixels;
    evaluation.unused = unused;
    evaluation.normals = references
        .iter()
        .map(|(view, reference)| {
            let of = |member: Member| {
                let held_out = reference.held_out_in_order(member)?;
                Some((member, held_out.to_vec()))
            };
            (view.clone(), Member::ALL.into_iter().filter_map(of).collect())
        })
        .collect();
    evaluation.false_divert_budget = scorer.false_divert_budget();
    Ok(evaluation)
}

/// The first of the pictures that could not be scored, each on a line of its own.
fn listed(broken: &[BrokenPicture]) -> String {
    let line = |one: &BrokenPicture| format!("\nnot scored: {}: {}", one.file.display(), one.cause);
    broken.iter().take(BROKEN_NAMED).map(line).collect()
}

/// Takes the first `count` items, by name, of each class of defect out of `test`.
fn take_labelled(test: &mut Vec<TestItem>, count: usize) -> Vec<TestItem> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let (labelled, kept) = std::mem::take(test).into_iter().partition(|item| {
        let of_class = taken.entry(item.class.clone()).or_default();
        *of_class += 1;
        item.class != GOOD && *of_class <= count
    });
    *test = kept;
    labelled
}

fn summarise(
    items: Vec<ItemScore>,
    broken: Vec<BrokenPicture>,
    command: String,
    package: String,
) -> Evaluation {
    // Defects of one class, all where none is named. `score`: what is measured of an item, and its
    // milliseconds; items without it are left out.
    let measure = |class: Option<&str>, score: &dyn Fn(&ItemScore) -> Option<(Judged, f64)>| {
        let (mut good, mut defective, mut ms) = (Vec::new(), Vec::new(), 0.0);
        for item in &items {
            let Some((score, took)) = score(item) else {
                continue;
            };
            if item.class == GOOD {
                good.push(score);
            } else if class.is_none_or(|class| item.class == class) {
                defective.push(score);
            } else {
                continue;
            }
            ms += took;
        }
        Metrics::new(&good, &defective, ms)
    };
    let names = |name: fn(&ItemScore) -> Vec<&String>| -> BTreeSet<&String> {
        items.iter().flat_map(name).collect()
    };
    let fused = |item: &ItemScore| Some(((item.score(), item.diverted()), item.ms()));
    let classes = names(|item| vec![&item.class])
        .into_iter()
        .filter(|class| *class != GOOD)
        .map(|class| (class.clone(), measure(Some(class), &fused)))
        .collect();
    let views = names(|item| item.views.keys().collect())
        .into_iter()
        .map(|view| {
            let of_view = |item: &ItemScore| {
                item.views.get(view).map(|view| ((view.score, view.exceeds()), view.ms))
            };
            (view.clone(), measure(None, &of_view))
        })
        .collect();
    let members = Member::ALL
        .into_iter()
        .filter(|member| items.iter().any(|item| item.member(*member).is_some()))
        .map(|member| {
            let of_member = |item: &ItemScore| Some((item.member(member)?, item.ms()));
            (member.name().to_owned(), measure(None, &of_member))
        })
        .collect();
    let overall = measure(None, &fused);
    Evaluation {
        overall,
        classes,
        views,
        members,
        at_budget: overall.at_budget,
        false_divert_budget: 0.0,
        pixels: BTreeMap::new(),
        command,
        package,
        broken,
        unused: Vec::new(),
        items,
        normals: BTreeMap::new(),
    }
}
