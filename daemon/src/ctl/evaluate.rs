//! `inspectctl evaluate`: how well the model tells defective items from good ones.

use std::env;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use lab::evaluate::{AtBudget, EvaluateOptions, Evaluation, HeadChoice, Metrics, ShotCurve};
use lab::train::TrainSettings;

use super::Context;
use super::folders;
use super::model::ModelOptions;
use super::output::{Answer, NONE, cell, table};
use super::progress::Bar;

/// Measure detection on a folder of labelled pictures.
///
/// The folder holds `train/good/` and `test/<class>/`, or the same below `views/<view>/` for several
/// cameras, where the files of one item share the name but for `_<view>` at its end. The class `good`
/// may be called Good, OK or normal; both good and defective items are needed. Masks in
/// `ground_truth/<class>/<name>_mask.png` beside `test` give pixel AUROC and AUPRO. References and a
/// damage head are learned from the train part and thrown away afterwards. Also writes one picture,
/// an SVG: a histogram of the scores, ROC curves and the ten worst errors with heat maps.
///
/// Intervals are those of Wilson, for 95 %.
///
/// With --json: one object with `overall` (`auroc`, `average_precision`,
/// `false_divert_rate_at_95_detection`, `false_divert_rate_at_99_detection`, `ms_per_item`,
/// `items`, `at_budget`), `classes`, `views` and `members` keyed by name with the same fields,
/// `at_budget` (`good`, `good_diverted`, `good_interval`, and the same for `defective`),
/// `false_divert_budget`, `pixels` (`auroc`, `aupro`, `masks` and `regions` of each view that has
/// masks), `command`, `package`, `broken` (`file`, `cause`), the pictures that could not be scored, and
/// `unused` (`path`, `pictures`, `reason`), whatever lies in the folder and was not used. With several
/// `--shots`: `rows` (`shots`, `members`, `auroc`, `views`, `at_budget`), `skipped`, `normals` and
/// `unused`.
#[derive(Debug, Args)]
pub struct Evaluate {
    /// Where the picture of the results goes.
    #[arg(long, value_name = "FILE.svg", default_value = "evaluation.svg")]
    picture: PathBuf,
    /// Learn from so many normal pictures of each view only. Several numbers, as in 1,4,16,64, give
    /// one table with a row for each, and no picture.
    #[arg(long, value_name = "N", value_delimiter = ',')]
    shots: Vec<usize>,
    /// Write each scored picture with its heat, boxes and words into this folder, as
    /// `<view>/<class>/<name>.jpg`.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Write the level of every member, of each normal picture (held out) and each scored view, into
    /// this file: `normals` by view and member, `items` (`class`, `name`, `views` by view and member).
    #[arg(long, value_name = "FILE.json")]
    levels: Option<PathBuf>,
    /// Let the damage head learn from N items of each class of defect, which are not scored then.
    #[arg(long, value_name = "N", default_value_t = 0)]
    train_labels: usize,
    /// Use this damage head instead of one that is trained on the folder's pictures.
    #[arg(long, value_name = "DIR", conflicts_with = "train_labels")]
    damage_head: Option<PathBuf>,
    /// Use no damage head: only the members that learn from normal items alone.
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
            shots: None,
            train_labels: self.train_labels,
            head: match self.damage_head {
                Some(folder) => HeadChoice::Folder(folder),
                None if self.no_head => HeadChoice::None,
                None => HeadChoice::Train(TrainSettings::default()),
            },
            command: env::args().collect::<Vec<_>>().join(" "),
            kept_maps: None,
            pictures: self.pictures,
        };
        let mut bar = Bar::new();
        let options = match self.shots.as_slice() {
            [] => options,
            [shots] => EvaluateOptions { shots: Some(*shots), ..options },
            several => {
                let curve = lab::evaluate::few_shots(&options, several, &mut bar)?;
                drop(bar);
                return Answer::either(context.json, &curve, || shots_for_people(&curve));
            }
        };
        let evaluation = lab::evaluate::run(&options, &mut bar)?;
        drop(bar);
        evaluation.write_picture(&self.picture)?;
        if let Some(file) = &self.levels {
            let levels = serde_json::to_vec(&evaluation.levels())?;
            std::fs::write(file, levels)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Answer::either(context.json, &evaluation, || {
            format!("{}\npicture: {}", for_people(&evaluation), self.picture.display())
        })
    }
}

/// In a table, for people.
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
        "detected at budget",
        "ms/item",
    ];
    let mut text = table(&header, &rows);
    let budget = &evaluation.at_budget;
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "\nat a false-divert budget of {:.1} %: {} of the unseen good items and {} of the defective \
         ones are diverted\n",
        100.0 * evaluation.false_divert_budget,
        false_diverts(budget),
        detected(budget),
    );
    for (view, pixels) in &evaluation.pixels {
        let _ = writeln!(
            text,
            "pixels of view {view}: AUROC {:.3}, AUPRO {:.3} ({} masks, {} regions)",
            pixels.auroc, pixels.aupro, pixels.masks, pixels.regions
        );
    }
    for broken in &evaluation.broken {
        let _ = writeln!(text, "not scored: {}: {}", broken.file.display(), broken.cause);
    }
    folders::add_remarks(&mut text, &evaluation.unused, &[]);
    text
}

fn shots_for_people(curve: &ShotCurve) -> String {
    let figure = |value: Option<f64>| cell(value, |value| format!("{value:.3}"));
    let views = curve.rows.first().map(|row| row.views.keys().collect::<Vec<_>>());
    let views = views.unwrap_or_default();
    let named: Vec<String> = views.iter().map(|view| format!("view {view}")).collect();
    let header =
        ["normals", "judged by", "AUROC"].into_iter().chain(named.iter().map(String::as_str));
    let header: Vec<&str> =
        header.chain(["detected at budget", "false diverts at budget"]).collect();
    let rows: Vec<Vec<String>> = curve
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![row.shots.to_string(), row.members.join(", "), figure(row.auroc)];
            cells.extend(views.iter().map(|view| figure(row.views.get(*view).copied().flatten())));
            cells.extend([detected(&row.at_budget), false_diverts(&row.at_budget)]);
            cells
        })
        .collect();
    let mut text = table(&header, &rows);
    for skipped in &curve.skipped {
        // Writing into a String cannot fail.
        let _ = write!(text, "\nskipped {skipped}: there are {} normal pictures", curve.normals);
    }
    folders::add_remarks(&mut text, &curve.unused, &[]);
    text
}

/// Defective items that are diverted, in words.
pub(super) fn detected(budget: &AtBudget) -> String {
    share(budget.defective_diverted, budget.defective, budget.defective_interval)
}

/// Good items that are diverted, in words.
pub(super) fn false_diverts(budget: &AtBudget) -> String {
    share(budget.good_diverted, budget.good, budget.good_interval)
}

/// A share of nothing is no figure.
fn share(count: usize, of: usize, [low, high]: [f64; 2]) -> String {
    if of == 0 {
        return NONE.to_owned();
    }
    format!("{count} of {of} ({:.0} to {:.0} %)", 100.0 * low, 100.0 * high)
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
        detected(&metrics.at_budget),
        format!("{:.1}", metrics.ms_per_item),
    ]
}
