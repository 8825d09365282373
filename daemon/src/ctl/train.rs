//! `inspectctl train`: teaches the box what damage looks like.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use base::dataset::{Dataset, Purpose, Unused};
use clap::Args;
use lab::learn::{Learned, learn};
use lab::train::{Labelled, TrainSettings, train};
use serde::Serialize;

use super::Context;
use super::folders;
use super::model::{ScoringOptions, TurnsOption};
use super::output::{Answer, table};
use super::progress::Bar;

/// Train the damage head, from normal pictures and from those that people labelled as damaged.
///
/// Each folder holds `train/good/` and, where there are labels, `train/<class>/`, or the same below
/// `views/<view>/` for several cameras. Without labels the head learns from synthetic defects that
/// are made on the normal pictures. An interrupted training goes on where it was when it is started
/// again with the same pictures and options. Afterwards the references of these SKUs are learned
/// anew, since a reference knows what the head says of normal items; those of other SKUs are used
/// without the head until they are learned again. With --json: `{"damage_head", "curve", "examples",
/// "labelled", "learned", "unused", "warnings"}`, where `learned` is a list of what `inspectctl learn`
/// answers.
#[derive(Debug, Args)]
pub struct Train {
    /// Examples to make of each SKU and view.
    #[arg(long, default_value_t = TrainSettings::default().examples)]
    examples: usize,
    /// How often each example is learned from.
    #[arg(long, default_value_t = TrainSettings::default().head.epochs)]
    epochs: usize,
    /// Where all random choices begin; the same number gives the same head.
    #[arg(long, default_value_t = TrainSettings::default().head.seed)]
    seed: u64,
    /// Which camera took the pictures, where a folder does not say [default: the line file's only
    /// camera]; where it does, train on this view only.
    #[arg(long)]
    view: Option<String>,
    #[command(flatten)]
    turns: TurnsOption,
    #[command(flatten)]
    scoring: ScoringOptions,
    /// What the items are, and the folder of their pictures.
    #[arg(required = true, value_name = "SKU=DIR")]
    pictures: Vec<String>,
}

/// What was trained.
#[derive(Debug, Serialize)]
struct Trained {
    damage_head: PathBuf,
    curve: PathBuf,
    examples: usize,
    labelled: usize,
    learned: Vec<Learned>,
    unused: Vec<Unused>,
    warnings: Vec<String>,
}

impl Train {
    /// Trains the head and learns the references anew.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let scoring = self.scoring.resolve(context)?;
        let Some(folder) = scoring.damage_head.clone() else {
            bail!(
                "nothing says where the damage head is kept; name its folder with --damage-head \
                 DIR, or a line file with --line FILE"
            );
        };
        let mut datasets = Vec::new();
        for pictures in &self.pictures {
            let (sku, root) = pictures
                .split_once('=')
                .with_context(|| format!("`{pictures}` is not SKU=DIR: say what the items are"))?;
            ensure!(
                datasets.iter().all(|(known, _)| known != sku),
                "SKU {sku} is named twice; put its pictures into one folder"
            );
            let dataset = Dataset::open(root)?;
            let dataset = folders::with_views(dataset, self.view.as_deref(), context)?;
            datasets.push((sku.to_owned(), dataset));
        }
        let unused = datasets.iter().flat_map(|(_, dataset)| dataset.unused_for(Purpose::Train));
        let unused = unused.collect();
        let mut warnings = Vec::new();
        for (_, dataset) in &datasets {
            warnings.extend(folders::strange_views(dataset, context)?);
        }
        warnings.dedup();
        let pictures: Vec<Labelled> = datasets
            .iter()
            .flat_map(|(_, dataset)| dataset.views.values())
            .map(|view| Labelled {
                empty: view.empty.clone(),
                normal: view.normals.clone(),
                damaged: view.damaged.clone(),
            })
            .collect();
        let mut settings = TrainSettings { examples: self.examples, ..TrainSettings::default() };
        settings.head.epochs = self.epochs;
        settings.head.seed = self.seed;

        let scorer = scoring.scorer_without_head()?;
        let mut bar = Bar::new();
        let head = train(&scorer, &pictures, &settings, &folder, &mut bar)?;
        let (examples, curve) = (head.examples, head.curve);
        let scorer = scorer.with_head(Some(head.head));
        let mut learned = Vec::new();
        for (sku, dataset) in &datasets {
            let (references, turns) = (&scoring.references, self.turns.turns());
            learned.push(learn(&scorer, dataset, sku, references, turns, &mut bar)?);
        }
        drop(bar);
        let labelled = pictures.iter().map(|view| view.damaged.len()).sum();
        let damage_head = folder;
        let trained = Trained { damage_head, curve, examples, labelled, learned, unused, warnings };
        Answer::either(context.json, &trained, || {
            let mut text = for_people(&trained);
            folders::add_remarks(&mut text, &trained.unused, &trained.warnings);
            text
        })
    }
}

fn for_people(trained: &Trained) -> String {
    let rows: Vec<_> = trained
        .learned
        .iter()
        .flat_map(|learned| learned.views.iter().map(move |view| (learned, view)))
        .map(|(learned, view)| {
            vec![learned.sku.clone(), view.view.clone(), view.path.display().to_string()]
        })
        .collect();
    format!(
        "damage head: {}\nloss curve: {}\nlearned from {} examples, {} of the pictures labelled as \
         damaged\n\n{}",
        trained.damage_head.display(),
        trained.curve.display(),
        trained.examples,
        trained.labelled,
        table(&["SKU", "view", "reference, learned anew"], &rows)
    )
}
