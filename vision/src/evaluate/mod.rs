//! Evaluation: how well a model tells defective items from good ones on a folder of pictures.
//!
//! References are learned from the normal pictures under `train`, in memory only; then every item
//! under `test` is scored as on the line, view by view. An item's score is the largest of its views'
//! **normalised** scores: how many spreads above the mean the logarithm lies among the held-out
//! normals of that view, so that views with different scales can be compared. Each class of defect
//! is measured against the good test items; `overall` takes all defects together.
//!
//! A test picture that cannot be read does not stop the evaluation: its item is not scored, and it
//! is listed under `broken`.

mod metrics;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use metrics::Metrics;

use crate::dataset::{Dataset, DatasetError, GOOD, TestItem};
use crate::learn::{LearnError, learn_view};
use crate::picture::Picture;
use crate::progress::Progress;
use crate::scoring::{HeatMap, Reference, ReferenceKey, Scorer, ScoringError};

/// What to evaluate.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// The dataset's folder.
    pub root: PathBuf,
    /// The model's folder.
    pub model_folder: PathBuf,
    /// The command that the user typed, for the report.
    pub command: String,
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
    /// The picture of the results cannot be written.
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
    /// The command that was typed.
    pub command: String,
    /// The program and model that scored: name, version, and the backbone's SHA-256.
    pub package: String,
    /// Test pictures that could not be scored, and why.
    pub broken: Vec<BrokenPicture>,
    /// Every scored item, for the picture.
    #[serde(skip)]
    items: Vec<ItemScore>,
}

/// A test picture that could not be scored.
#[derive(Debug, Clone, Serialize)]
pub struct BrokenPicture {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub cause: String,
}

/// One scored item.
#[derive(Debug)]
struct ItemScore {
    class: String,
    name: String,
    /// The largest normalised score of the views, and that view.
    score: f64,
    view: String,
    /// What was scored there, and where it differs.
    picture: PathBuf,
    heat: HeatMap,
    /// Normalised score and milliseconds by view.
    views: BTreeMap<String, (f64, f64)>,
}

impl Evaluation {
    /// Writes the picture of the results, an SVG: a histogram of the scores per class, and the ten
    /// worst errors with their heat maps.
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
    let dataset = Dataset::open(&options.root)?;
    let test = dataset.test_items()?;
    let scorer = Scorer::load(&options.model_folder)?;
    let mut references = BTreeMap::new();
    for (view, pictures) in &dataset.views {
        let key = ReferenceKey { sku: "evaluation".into(), view: view.clone() };
        let reference = learn_view(&scorer, key, &pictures.normals, progress)?;
        references.insert(view.clone(), reference);
    }
    let mut broken = Vec::new();
    let mut items = Vec::new();
    for (done, item) in test.iter().enumerate() {
        progress.step(done, test.len(), "scoring");
        match score_item(&scorer, &references, item) {
            Ok(score) => items.push(score),
            Err(picture) => broken.push(picture),
        }
    }
    progress.step(test.len(), test.len(), "scoring");
    let sha256 = scorer.backbone_sha256();
    let package = format!("inspectd {} backbone {sha256}", env!("CARGO_PKG_VERSION"));
    Ok(summarise(items, broken, options.command.clone(), package))
}

/// The score of all views of an item together. One broken picture spoils the item: what one camera
/// missed must not make the others' figures look better or worse.
fn score_item(
    scorer: &Scorer,
    references: &BTreeMap<String, Reference>,
    item: &TestItem,
) -> Result<ItemScore, BrokenPicture> {
    let mut views = BTreeMap::new();
    let mut worst: Option<(f64, &str, &PathBuf, HeatMap)> = None;
    for (view, file) in &item.pictures {
        let broken = |cause: String| BrokenPicture { file: file.clone(), cause };
        let reference = references.get(view).expect("items come from the dataset's views");
        let picture = Picture::open(file).map_err(|error| broken(error.to_string()))?;
        let scored =
            scorer.score(&picture, reference).map_err(|error| broken(error.to_string()))?;
        let score = reference.held_out().normalised(scored.score);
        let ms = scored.timings.total().as_secs_f64() * 1e3;
        views.insert(view.clone(), (score, ms));
        if worst.as_ref().is_none_or(|(most, ..)| score > *most) {
            worst = Some((score, view, file, scored.heat));
        }
    }
    let (score, view, picture, heat) = worst.expect("each item of a dataset has a picture");
    Ok(ItemScore {
        class: item.class.clone(),
        name: item.name.clone(),
        score,
        view: view.to_owned(),
        picture: picture.clone(),
        heat,
        views,
    })
}

fn summarise(
    items: Vec<ItemScore>,
    broken: Vec<BrokenPicture>,
    command: String,
    package: String,
) -> Evaluation {
    // `class`: which defects are measured, all where none is named. `view`: one view's scores, the
    // fused ones where none is named.
    let measure = |class: Option<&str>, view: Option<&str>| {
        let (mut good, mut defective, mut ms) = (Vec::new(), Vec::new(), 0.0);
        for item in &items {
            let scored = match view {
                None => Some((item.score, item.views.values().map(|(_, ms)| ms).sum())),
                Some(view) => item.views.get(view).copied(),
            };
            let Some((score, took)) = scored else {
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
    let overall = measure(None, None);
    let classes = names(|item| vec![&item.class])
        .into_iter()
        .filter(|class| *class != GOOD)
        .map(|class| (class.clone(), measure(Some(class), None)))
        .collect();
    let views = names(|item| item.views.keys().collect())
        .into_iter()
        .map(|view| (view.clone(), measure(None, Some(view))))
        .collect();
    Evaluation { overall, classes, views, command, package, broken, items }
}
