//! `inspectctl learn`: teaches the box what normal items of a SKU look like.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use base::dataset::{Dataset, Purpose, Unused};
use clap::Args;
use damage::scoring::Calibration;
use lab::learn::{Learned, LearnedView};
use serde::Serialize;
use vision::totes::Totes;

use super::Context;
use super::folders;
use super::model::{ScoringOptions, TurnsOption};
use super::output::{Answer, table};
use super::progress::Bar;
use super::without_totes::without_totes;

/// Learn what normal items look like, from a folder of pictures of good ones.
///
/// The folder holds `train/good/`, or `views/<view>/train/good/` for several cameras, or the
/// pictures themselves. Pictures of the empty tunnel in `train/empty/` beside `good` help to find the
/// item. Items may lie in totes that the line file declares: these are taken out of the pictures. Without --sku the folder holds such a folder for each SKU, named as the SKU. A reference per
/// view is written; a running inspectd uses it from the next
/// item on. With --json: `{"sku", "views": [{"view", "path", "normals", "pictures", "tokens",
/// "passed_over", "localised", "calibration"}], "unused": [{"path", "pictures", "reason"}], "warnings"}`:
/// `unused` names whatever lies in the folder and was not learned from; without --sku a list of these.
#[derive(Debug, Args)]
pub struct Learn {
    /// What the items are [default: each folder in ROOT holds the pictures of the SKU of its name].
    #[arg(long)]
    sku: Option<String>,
    /// Which camera took the pictures, where the folder does not say [default: the line file's
    /// only camera]; where it does, learn this view only.
    #[arg(long)]
    view: Option<String>,
    /// Add the pictures to the references that are there, whose own pictures are not needed. How the
    /// item is found stays as it was learned.
    #[arg(long)]
    add: bool,
    #[command(flatten)]
    turns: TurnsOption,
    #[command(flatten)]
    scoring: ScoringOptions,
    /// The folder of pictures.
    root: PathBuf,
}

impl Learn {
    /// Learns every view of the folder, or of each SKU's folder in it.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let scoring = self.scoring.resolve(context)?;
        // What is wrong with a folder is told before the model is loaded, and before anything is learned.
        let lessons = match &self.sku {
            Some(sku) => vec![self.lesson(sku, &self.root, context)?],
            None => {
                let lesson = |(sku, folder): &(String, PathBuf)| self.lesson(sku, folder, context);
                sku_folders(&self.root)?.iter().map(lesson).collect::<anyhow::Result<_>>()?
            }
        };
        let line = context.line_file_if_any()?;
        let totes = line.map_or(Ok(None), |line| {
            let cameras: Vec<&str> = line.camera.iter().map(|camera| &*camera.name).collect();
            Totes::load(&line.tote, &cameras)
        })?;
        let scorer = scoring.scorer()?;
        let mut bar = Bar::new();
        let learn = if self.add { lab::learn::add } else { lab::learn::learn };
        let (references, turns) = (&scoring.references, self.turns.turns());
        let mut all = Vec::new();
        for Lesson { sku, folder, mut dataset, warnings } in lessons {
            let cleared = tempfile::tempdir().context("no room for pictures without totes")?;
            if let Some(totes) = &totes {
                // Also views that are not learned tell which items lie in totes.
                let mut all = Dataset::open(&folder)?;
                if all.names_no_view() {
                    all = folders::with_views(all, self.view.as_deref(), context)?;
                }
                let all = without_totes(all, totes, &cleared)?;
                ensure!(!all.views.is_empty(), "SKU {sku}: no picture is left to learn from");
                dataset = folders::with_views(all, self.view.as_deref(), context)?;
            }
            let learned = learn(&scorer, &dataset, &sku, references, turns, &mut bar)
                .with_context(|| format!("SKU {sku}"))?;
            let unused = dataset.unused_for(Purpose::Learn);
            all.push(Answered { learned, unused, warnings });
        }
        drop(bar);
        let told = |answered: &Answered| {
            let mut text = for_people(&answered.learned, scoring.false_divert_budget);
            folders::add_remarks(&mut text, &answered.unused, &answered.warnings);
            text
        };
        match (self.sku, all.as_slice()) {
            (Some(_), [answered]) => Answer::either(context.json, answered, || told(answered)),
            _ => Answer::either(context.json, &all, || {
                all.iter().map(told).collect::<Vec<_>>().join("\n\n")
            }),
        }
    }

    fn lesson(&self, sku: &str, folder: &Path, context: &Context) -> anyhow::Result<Lesson> {
        let dataset = Dataset::open(folder)?;
        let dataset = folders::with_views(dataset, self.view.as_deref(), context)?;
        let warnings = folders::strange_views(&dataset, context)?;
        Ok(Lesson { sku: sku.to_owned(), folder: folder.to_owned(), dataset, warnings })
    }
}

/// What is learned of one SKU.
struct Lesson {
    sku: String,
    folder: PathBuf,
    dataset: Dataset,
    warnings: Vec<String>,
}

/// The folders in `root`, by name, each with the SKU that it is named after.
fn sku_folders(root: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let unreadable = || format!("cannot read {}; name a folder of pictures", root.display());
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(root).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_dir()) {
            folders.push((name.to_string_lossy().into_owned(), path));
        }
    }
    folders.sort();
    let is_dataset = folders.iter().any(|(name, _)| name == "train" || name == "views");
    ensure!(
        !folders.is_empty() && !is_dataset,
        "{} holds no folder for each SKU; say with --sku what its pictures show",
        root.display()
    );
    Ok(folders)
}

/// What was learned, and what was not.
#[derive(Debug, Serialize)]
struct Answered {
    #[serde(flatten)]
    learned: Learned,
    unused: Vec<Unused>,
    warnings: Vec<String>,
}

fn for_people(learned: &Learned, budget: f64) -> String {
    let rows: Vec<_> = learned.views.iter().map(row).collect();
    let header = ["view", "pictures", "finds the item", "tokens", "calibration", "reference"];
    let mut text = format!(
        "SKU {}, thresholds for a false-divert budget of {} %\n\n{}",
        learned.sku,
        budget * 100.0,
        table(&header, &rows)
    );
    for passed_over in learned.views.iter().flat_map(|view| &view.passed_over) {
        // Writing into a String cannot fail.
        let _ =
            write!(text, "\npassed over: {}: {}", passed_over.file.display(), passed_over.cause);
    }
    text
}

fn row(view: &LearnedView) -> Vec<String> {
    let left_out = match view.passed_over.len() {
        0 => String::new(),
        some => format!(" ({some} passed over)"),
    };
    let pictures = format!("{}{left_out}", view.normals);
    let calibration = match view.calibration {
        Calibration::Conformal => "bounded by enough pictures",
        Calibration::Fitted => "estimated from few pictures",
        Calibration::Weak => "a guess: learn more pictures",
    };
    vec![
        view.view.clone(),
        pictures,
        if view.localised { "yes" } else { "no: scores the whole view" }.to_owned(),
        view.tokens.to_string(),
        calibration.to_owned(),
        view.path.display().to_string(),
    ]
}
