//! `inspectctl leave-one-out`: what the ensemble is worth on sets that nothing was chosen on.

use std::env;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use base::dataset::Unused;
use clap::Args;
use damage::scoring::Member;
use lab::evaluate::{EvaluateOptions, HeadChoice, Levels, Metrics, SetFigures, leave_one_out};
use lab::train::TrainSettings;
use serde::Serialize;

use super::Context;
use super::folders;
use super::model::ModelOptions;
use super::output::{Answer, table};
use super::progress::Bar;

/// The false-divert budget that figures are for: the default one.
const BUDGET: f64 = 0.005;

/// Measure several sets of labelled pictures, each with what is chosen on the others.
///
/// Each folder is one set, laid out as for `evaluate`. References and a damage head are learned from its
/// train part alone. How the members are heard together is chosen on the other sets; the table has a
/// row for each set with the AUROC of each member, of all together as the others choose and as the
/// product does, and what is diverted at a false-divert budget of 0.5 %, with Wilson's intervals.
///
/// With --json: `sets` (`set`, `normals`, `members`, `left_out` with `voices` and `metrics`,
/// `ensemble`), `unscored` (`set`, `file`, `cause`), `unused` (`path`, `pictures`, `reason`) and `command`.
#[derive(Debug, Args)]
pub struct LeaveOneOut {
    /// Write the table into this file, as Markdown.
    #[arg(long, value_name = "FILE.md")]
    out: Option<PathBuf>,
    /// Keep what the backbone answers in this folder: the next run is quicker.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Write the evaluation's picture of each set into this folder, with its ten worst errors.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Use no damage head: only the members that learn from normal items alone.
    #[arg(long)]
    no_head: bool,
    #[command(flatten)]
    model: ModelOptions,
    /// The folders of pictures, two at least.
    #[arg(required = true, num_args = 2..)]
    sets: Vec<PathBuf>,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Found {
    sets: Vec<SetFigures>,
    unscored: Vec<Unscored>,
    unused: Vec<Unused>,
    command: String,
}

/// A picture that has no score.
#[derive(Debug, Serialize)]
struct Unscored {
    set: String,
    file: PathBuf,
    cause: String,
}

impl LeaveOneOut {
    /// Learns and scores every set.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let command = env::args().collect::<Vec<_>>().join(" ");
        let mut levels: Vec<(String, Levels)> = Vec::new();
        let (mut unscored, mut unused) = (Vec::new(), Vec::new());
        for (root, set) in self.sets.iter().zip(names(&self.sets)) {
            let options = EvaluateOptions {
                root: root.clone(),
                model_folder: self.model.folder(context)?,
                shots: None,
                train_labels: 0,
                head: if self.no_head {
                    HeadChoice::None
                } else {
                    HeadChoice::Train(TrainSettings::default())
                },
                command: command.clone(),
                kept_maps: self.keep.clone(),
                pictures: None,
            };
            let mut bar = Bar::new();
            let evaluation = lab::evaluate::run(&options, &mut bar)
                .with_context(|| format!("the set {} cannot be measured", root.display()))?;
            drop(bar);
            if let Some(folder) = &self.pictures {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("cannot write {}", folder.display()))?;
                evaluation.write_picture(folder.join(format!("{set}.svg")))?;
            }
            unscored.extend(evaluation.broken.iter().map(|broken| Unscored {
                set: set.clone(),
                file: broken.file.clone(),
                cause: broken.cause.clone(),
            }));
            unused.extend(evaluation.unused.iter().cloned());
            levels.push((set, evaluation.levels()));
        }
        let found = Found { sets: leave_one_out(&levels, BUDGET), unscored, unused, command };
        if let Some(file) = &self.out {
            std::fs::write(file, markdown(&found))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Answer::either(context.json, &found, || for_people(&found))
    }
}

/// What each set is called: its folder, or the whole way to it where another is called the same.
fn names(sets: &[PathBuf]) -> Vec<String> {
    let folder = |root: &PathBuf| {
        root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned()
    };
    let alike = |name: &str| sets.iter().filter(|root| folder(root) == name).count();
    sets.iter()
        .map(|root| match folder(root) {
            name if alike(&name) == 1 => name,
            _ => root.to_string_lossy().trim_matches('/').replace('/', "_"),
        })
        .collect()
}

/// The table's header.
fn header() -> Vec<&'static str> {
    let members = Member::ALL.into_iter().map(Member::name);
    ["set", "normals"]
        .into_iter()
        .chain(members)
        .chain(["others choose", "left out", "ensemble", "detected", "good diverted"])
        .collect()
}

fn rows(found: &Found) -> Vec<Vec<String>> {
    found.sets.iter().map(row).collect()
}

fn row(set: &SetFigures) -> Vec<String> {
    let figure =
        |metrics: &Metrics| metrics.auroc.map_or("-".into(), |auroc| format!("{auroc:.3}"));
    let share = |count: usize, of: usize, interval: [f64; 2]| {
        let percent = interval.map(|share| (100.0 * share).round());
        format!("{count} of {of} ({} to {} %)", percent[0], percent[1])
    };
    let of_member = |member: Member| {
        let found = set.members.iter().find(|(one, _)| *one == member);
        found.map_or_else(|| "-".to_owned(), |(_, metrics)| figure(metrics))
    };
    let budget = set.ensemble.at_budget;
    let mut cells = vec![set.set.clone(), set.normals.to_string()];
    cells.extend(Member::ALL.into_iter().map(of_member));
    cells.extend([
        set.left_out.voices.name.to_owned(),
        figure(&set.left_out.metrics),
        figure(&set.ensemble),
        share(budget.defective_diverted, budget.defective, budget.defective_interval),
        share(budget.good_diverted, budget.good, budget.good_interval),
    ]);
    cells
}

fn for_people(found: &Found) -> String {
    let mut text = table(&header(), &rows(found));
    for picture in &found.unscored {
        // Writing into a String cannot fail.
        let _ = write!(text, "\nnot scored: {}: {}", picture.file.display(), picture.cause);
    }
    folders::add_remarks(&mut text, &found.unused, &[]);
    text
}

fn markdown(found: &Found) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header().into_iter().map(str::to_owned).collect();
    let rule = vec!["---".to_owned(); header.len()];
    let rows: String = rows(found).iter().map(|cells| line(cells)).collect();
    format!("{}{}{rows}", line(&header), line(&rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_whose_folders_are_called_the_same_are_kept_apart() {
        let sets = ["/a/cartons", "/b/cartons", "/b/tea"].map(PathBuf::from);
        assert_eq!(names(&sets), ["a_cartons", "b_cartons", "tea"]);
    }
}
