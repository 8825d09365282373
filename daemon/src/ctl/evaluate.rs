//! `inspectctl evaluate`: how well the model tells defective items from good ones.

use std::env;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use vision::evaluate::{EvaluateOptions, Evaluation, Metrics};

use super::Context;
use super::model::ModelOptions;
use super::output::{Answer, cell, table};
use super::progress::Bar;

/// Measure detection on a folder of labelled pictures.
///
/// The folder holds `train/good/` and `test/<class>/`, or the same below `views/<view>/` for several
/// cameras, where the files of one item share the name up to the last `_`. References are learned
/// from the train part, in memory only. Also writes one picture, an SVG: a histogram of the scores
/// and the ten worst errors with heat maps.
///
/// With --json: one object with `overall` (`auroc`, `average_precision`,
/// `false_divert_rate_at_95_detection`, `false_divert_rate_at_99_detection`, `ms_per_item`,
/// `items`), `classes` and `views` keyed by name with the same fields, `command`, `package`, and
/// `broken` (`file`, `cause`), the pictures that could not be scored.
#[derive(Debug, Args)]
pub struct Evaluate {
    /// Where the picture of the results goes.
    #[arg(long, value_name = "FILE.svg", default_value = "evaluation.svg")]
    picture: PathBuf,
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
    let parts = [("class", &evaluation.classes), ("view", &evaluation.views)];
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
    text.push('\n');
    for broken in &evaluation.broken {
        // Writing into a String cannot fail.
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
