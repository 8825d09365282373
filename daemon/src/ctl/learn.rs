//! `inspectctl learn`: teaches the box what normal items of a SKU look like.

use std::fmt::Write as _;
use std::path::PathBuf;

use base::dataset::{Dataset, Purpose, Unused};
use clap::Args;
use damage::scoring::Calibration;
use lab::learn::{Learned, LearnedView};
use serde::Serialize;

use super::Context;
use super::folders;
use super::model::{ScoringOptions, TurnsOption};
use super::output::{Answer, table};
use super::progress::Bar;

/// Learn what normal items look like, from a folder of pictures of good ones.
///
/// The folder holds `train/good/`, or `views/<view>/train/good/` for several cameras, or the
/// pictures themselves. Pictures of the empty tunnel in `train/empty/` beside `good` help to find the
/// item. A reference per view is written; a running inspectd uses it from the next
/// item on. With --json: `{"sku", "views": [{"view", "path", "normals", "pictures", "tokens",
/// "passed_over", "localised", "calibration"}], "unused": [{"path", "pictures", "reason"}], "warnings"}`:
/// `unused` names whatever lies in the folder and was not learned from.
#[derive(Debug, Args)]
pub struct Learn {
    /// What the items are.
    #[arg(long)]
    sku: String,
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
    /// Learns every view of the folder.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let scoring = self.scoring.resolve(context)?;
        let dataset =
            folders::with_views(Dataset::open(&self.root)?, self.view.as_deref(), context)?;
        let unused = dataset.unused_for(Purpose::Learn);
        let warnings = folders::strange_views(&dataset, context)?;
        let scorer = scoring.scorer()?;
        let mut bar = Bar::new();
        let learn = if self.add { lab::learn::add } else { lab::learn::learn };
        let (references, turns) = (&scoring.references, self.turns.turns());
        let learned = learn(&scorer, &dataset, &self.sku, references, turns, &mut bar)?;
        drop(bar);
        let answered = Answered { learned, unused, warnings };
        Answer::either(context.json, &answered, || {
            let mut text = for_people(&answered.learned, scoring.false_divert_budget);
            folders::add_remarks(&mut text, &answered.unused, &answered.warnings);
            text
        })
    }
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
