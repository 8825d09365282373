//! `inspectctl evaluate`: how well the model tells defective items from good ones.

use std::env;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use vision::evaluate::{EvaluateOptions, Evaluation, HeadChoice, Metrics};
use vision::train::TrainSettings;

use super::Context;
use super::model::ModelOptions;
use super::output::{Answer, cell, table};
use super::progress::Bar;

/// Measure detection on a folder of labelled pictures.
///
/// The folder holds `train/good/` and `test/<class>/`, or the same below `views/<view>/` for several
/// cameras, where the files of one item share the name up to the last `_`. References and a
/// damage head are learned from the train part and thrown away afterwards. Also writes one picture, an SVG: a histogram of the scores
/// and the ten worst errors with heat maps.
///
/// With --json: one object with `overall` (`auroc`, `average_precision`,
/// `false_divert_rate_at_95_detection`, `false_divert_rate_at_99_detection`, `ms_per_item`,
/// `items`), `classes`, `views` and `members` keyed by name with the same fields, `at_budget`,
/// `command`, `package`, and
/// `broken` (`file`, `cause`), the pictures that could not be scored.
#[derive(Debug, Args)]
pub struct Evaluate {
    /// Where the picture of the results goes.
    #[arg(long, value_name = "FILE.svg", default_value = "evaluation.svg")]
    picture: PathBuf,
    /// Learn from so many normal pictures of each view only.
    #[arg(long, value_name = "N")]
    shots: Option<usize>,
    /// Let the damage head learn from N items of each class of defect, which are not scored then.
    #[arg(long, value_name = "N", default_value_t = 0)]
    train_labels: usize,
    /// Use this damage head instead of one that is trained on the folder's pictures.
    #[arg(long, value_name = "DIR", conflicts_with = "train_labels")]
    damage_head: Option<PathBuf>,
    /// Use no damage head: the distance to the reference alone.
    #[arg(long, conflicts_with_all = ["train_labels", "damage_head"])]
    no_head: bool,
    #[command(flatten)]
    model: ModelOptions,
    /// The folder of pictures.
    root: PathBuf,
}

impl Evaluate {
    /// Learns and scores.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let options = EvaluateOptions {
            root: self.root,
            model_folder: self.model.folder(context)?,
            shots: self.shots,
            train_labels: self.train_labels,
            head: match self.damage_head {
                Some(folder) => HeadChoice::Folder(folder),
                None if self.no_head => HeadChoice::None,
                None => HeadChoice::Train(TrainSettings::default()),
            },
            command: env::args().collect::<Vec<_>>().join(" "),
        };
        let mut bar = Bar::new();
        let evaluation = vision::evaluate::run(&options, &mut bar)?;
        drop(bar);
        evaluation.write_picture(&self.picture)?;
        Answer::either(context.json, &evaluation, || {
            format!("{}\npicture: {}", for_people(&evaluation), self.picture.display())
        })
    }
}

fn for_people(evaluation: &Evaluation) -> String {
    let mut rows = vec![row("overall", &evaluation.overall)];
    let parts = [
        ("class", &evaluation.classes),
        ("view", &evaluation.views),
        ("member", &evaluation.members),
    ];
    for (kind, metrics) in parts {
        rows.extend(metrics.iter().map(|(name, metrics)| row(&format!("{kind} {name}"), metrics)));
    }
    let header = [
        "",
        "items",
        "AUROC",
        "avg precision",
        "false diverts at 95 %",
        "at 99 % detection",
        "ms/item",
    ];
    let mut text = table(&header, &rows);
    let budget = &evaluation.at_budget;
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "\nat the default false-divert budget: {} of {} good items and {} of {} defective ones are \
         diverted\n",
        budget.good_diverted, budget.good, budget.defective_diverted, budget.defective
    );
    for broken in &evaluation.broken {
        let _ = writeln!(text, "not scored: {}: {}", broken.file.display(), broken.cause);
    }
    text
}

fn row(name: &str, metrics: &Metrics) -> Vec<String> {
    let figure = |value: Option<f64>| cell(value, |value| format!("{value:.3}"));
    vec![
        name.to_owned(),
        metrics.items.to_string(),
        figure(metrics.auroc),
        figure(metrics.average_precision),
        figure(metrics.false_divert_rate_at_95_detection),
        figure(metrics.false_divert_rate_at_99_detection),
        format!("{:.1}", metrics.ms_per_item),
    ]
}
