//! `inspectctl compare`: two models on the same pictures.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use damage::HEAD_FILE;
use lab::evaluate::{AurocDifference, Comparison, EvaluateOptions, Evaluation, HeadChoice};

use super::Context;
use super::evaluate::{detected, false_diverts};
use super::folders;
use super::output::{Answer, cell, table};
use super::progress::Bar;

/// Compare two models on the same folder of labelled pictures.
///
/// The folder is as for `evaluate`. Each model learns references from the train part, which are
/// thrown away afterwards; damage heads are used as they are. Tells whether the difference can be
/// told from chance: McNemar's exact test for the decisions at the false-divert budget, DeLong's for
/// the AUROC.
///
/// With --json: one object with `first` and `second`, each as `evaluate --json` prints it,
/// `compared` (`items`, `only_first_right`, `only_second_right`, `p_value`, `auroc` with
/// `difference`, `interval` and `p_value`), and `disagreements` (`class`, `item`, `first_score`,
/// `first_diverts`, `second_score`).
#[derive(Debug, Args)]
pub struct Compare {
    /// The first model's folder.
    #[arg(value_name = "A")]
    first: PathBuf,
    /// The second model's folder.
    #[arg(value_name = "B")]
    second: PathBuf,
    /// The folder of pictures.
    #[arg(value_name = "DIR")]
    root: PathBuf,
    /// The first model's damage head [default: the one in its folder, else none].
    #[arg(long, value_name = "DIR")]
    head_a: Option<PathBuf>,
    /// The second model's damage head [default: the one in its folder, else none].
    #[arg(long, value_name = "DIR")]
    head_b: Option<PathBuf>,
}

impl Compare {
    /// Evaluates both.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let command = env::args().collect::<Vec<_>>().join(" ");
        let options = |model: &Path, head: Option<PathBuf>| EvaluateOptions {
            root: self.root.clone(),
            model_folder: model.to_owned(),
            shots: None,
            train_labels: 0,
            head: match head {
                Some(folder) => HeadChoice::Folder(folder),
                None if model.join(HEAD_FILE).exists() => HeadChoice::Folder(model.to_owned()),
                None => HeadChoice::None,
            },
            command: command.clone(),
            kept_maps: None,
            pictures: None,
        };
        let (first, second) =
            (options(&self.first, self.head_a), options(&self.second, self.head_b));
        let mut bar = Bar::new();
        let comparison = lab::evaluate::compare(&first, &second, &mut bar)?;
        drop(bar);
        Answer::either(context.json, &comparison, || for_people(&comparison))
    }
}

fn for_people(comparison: &Comparison) -> String {
    let Comparison { first, second, compared, disagreements } = comparison;
    let figure = |value: Option<f64>| cell(value, |value| format!("{value:.3}"));
    let both = |name: &str, of: &dyn Fn(&Evaluation) -> String| {
        vec![name.to_owned(), of(first), of(second)]
    };
    let mut rows = vec![both("AUROC", &|model| figure(model.overall.auroc))];
    for view in first.views.keys() {
        let of_view = |model: &Evaluation| figure(model.views.get(view).and_then(|v| v.auroc));
        rows.push(both(&format!("AUROC of view {view}"), &of_view));
    }
    rows.push(both("detected at budget", &|model| detected(&model.at_budget)));
    rows.push(both("false diverts at budget", &|model| false_diverts(&model.at_budget)));
    rows.push(both("ms/item", &|model| format!("{:.1}", model.overall.ms_per_item)));
    rows.push(both("not scored", &|model| model.broken.len().to_string()));
    let mut text = table(&["", "A", "B"], &rows);
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "\n\nof {} items, only A decides {} rightly and only B {}: p = {:.3} (McNemar), {}\n",
        compared.items,
        compared.only_first_right,
        compared.only_second_right,
        compared.p_value,
        verdict(Some(compared.p_value)),
    );
    if let Some(auroc) = &compared.auroc {
        let _ = writeln!(text, "{}", auroc_in_words(auroc));
    }
    if !disagreements.is_empty() {
        let rows: Vec<Vec<String>> = disagreements
            .iter()
            .map(|one| {
                vec![
                    format!("{}/{}", one.class, one.item),
                    format!("{:.2}", one.first_score),
                    format!("{:.2}", one.second_score),
                    if one.first_diverts { "A" } else { "B" }.to_owned(),
                ]
            })
            .collect();
        let _ = write!(text, "\n{}", table(&["item", "A", "B", "diverted by"], &rows));
    }
    folders::add_remarks(&mut text, &first.unused, &[]);
    text
}

fn auroc_in_words(auroc: &AurocDifference) -> String {
    let difference = format!("AUROC of B less that of A: {:+.3}", auroc.difference);
    match (auroc.interval, auroc.p_value) {
        (Some([low, high]), Some(p)) => format!(
            "{difference}, 95 % interval {low:+.3} to {high:+.3}, p = {p:.3} (DeLong), {}",
            verdict(Some(p))
        ),
        _ => format!("{difference}, {}", verdict(None)),
    }
}

fn verdict(p_value: Option<f64>) -> &'static str {
    match p_value {
        Some(p) if p < 0.05 => "unlikely to be chance",
        _ => "not to be told from chance",
    }
}
