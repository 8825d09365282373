//! `inspectctl score`: how far single pictures are from what is normal for a SKU.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base::picture::Picture;
use clap::Args;
use damage::scoring::{
    Calibration, Difference, MemberScore, Reference, ReferenceKey, Scorer, ViewScore, annotated,
};
use serde::Serialize;

use super::Context;
use super::model::ScoringOptions;
use super::output::{Answer, cell, table};

/// Score pictures against what was learned for a SKU.
///
/// Exit code 1 when a picture could not be scored; the others are scored all the same. With --json:
/// an array of objects with `picture`, `score`, `threshold`, `exceeds`, `calibration` (`conformal`,
/// `fitted` or `weak`), `differs` (what differs, in words), `boxes` (the places: `bounds` in pixels,
/// `strength`, `kind`, `place`, `of_width`), `at` (the strangest spot: x, y in pixels), `ms`, `heat_map` and `problem`;
/// what does not apply is null.
#[derive(Debug, Args)]
pub struct Score {
    /// What the items are.
    #[arg(long)]
    sku: String,
    /// Which camera took the pictures [default: the only view that was learned].
    #[arg(long)]
    view: Option<String>,
    /// Write each picture with its heat map over it into this folder, as `<name>.heat.jpg`.
    #[arg(long, value_name = "DIR")]
    heat_map: Option<PathBuf>,
    #[command(flatten)]
    scoring: ScoringOptions,
    /// The pictures.
    #[arg(required = true, value_name = "IMAGE")]
    pictures: Vec<PathBuf>,
}

/// What is said about one picture.
#[derive(Debug, Default, Serialize)]
struct Scored {
    picture: PathBuf,
    score: Option<f32>,
    threshold: Option<f32>,
    exceeds: Option<bool>,
    calibration: Option<Calibration>,
    members: Vec<MemberScore>,
    differs: Option<String>,
    boxes: Vec<Difference>,
    at: Option<[u32; 2]>,
    ms: Option<f64>,
    heat_map: Option<PathBuf>,
    problem: Option<String>,
}

impl Score {
    /// Scores picture by picture.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let scoring = self.scoring.resolve(context)?;
        let key = key_of(&scoring.references, &self.sku, self.view.as_deref())?;
        if let Some(folder) = &self.heat_map {
            if let Some(name) = repeated_name(&self.pictures) {
                bail!("two pictures would have the heat map {name}: score them one after another");
            }
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let scorer = scoring.scorer()?;
        let reference = Reference::load(&scoring.references, &key, scorer.backbone_sha256())?;

        let scored: Vec<_> = self
            .pictures
            .iter()
            .map(|path| {
                self.score(&scorer, &reference, path).unwrap_or_else(|problem| Scored {
                    picture: path.clone(),
                    problem: Some(format!("{problem:#}")),
                    ..Scored::default()
                })
            })
            .collect();
        let all_scored = scored.iter().all(|scored| scored.problem.is_none());
        let answer = Answer::either(context.json, &scored, || for_people(&scored))?;
        Ok(answer.good_only_if(all_scored))
    }

    fn score(&self, scorer: &Scorer, reference: &Reference, path: &Path) -> anyhow::Result<Scored> {
        let picture = Picture::open(path)?;
        capture::usable::check(&picture).with_context(|| path.display().to_string())?;
        let scored = scorer.score(&picture, reference, 1)?;
        let said = scored.words(None);
        let ViewScore { score, threshold, exceeds, calibration, members, .. } = scored;
        let ViewScore { heat, differs, timings, .. } = scored;
        let heat_map = self.heat_map.as_ref().map(|folder| folder.join(heat_map_name(path)));
        if let Some(file) = &heat_map {
            annotated(&picture, &heat, if exceeds { &differs } else { &[] })
                .save(file)
                .with_context(|| format!("cannot write the heat map {}", file.display()))?;
        }
        let (x, y) = heat.peak();
        Ok(Scored {
            picture: path.to_owned(),
            score: Some(score),
            threshold: Some(threshold),
            exceeds: Some(exceeds),
            calibration: Some(calibration),
            members,
            differs: exceeds.then_some(said),
            boxes: if exceeds { differs } else { Vec::new() },
            at: Some([x, y]),
            ms: Some(timings.total().as_secs_f64() * 1e3),
            heat_map,
            problem: None,
        })
    }
}

/// The file of a picture's heat map.
pub(super) fn heat_map_name(picture: &Path) -> String {
    format!("{}.heat.jpg", picture.file_stem().unwrap_or_default().to_string_lossy())
}

/// The first name that two of the pictures' heat maps would share.
pub(super) fn repeated_name(pictures: &[PathBuf]) -> Option<String> {
    let mut names = BTreeSet::new();
    pictures.iter().map(|path| heat_map_name(path)).find(|name| !names.insert(name.clone()))
}

/// Which reference is meant: that of `view`, else of the only view that was learned for the SKU.
pub(super) fn key_of(
    references: &Path,
    sku: &str,
    view: Option<&str>,
) -> anyhow::Result<ReferenceKey> {
    let view = view.map_or_else(|| only_view(references, sku), |view| Ok(view.to_owned()))?;
    Ok(ReferenceKey::new(sku, &view)?)
}

/// The one view that was learned for the SKU.
fn only_view(references: &Path, sku: &str) -> anyhow::Result<String> {
    let folder = references.join(sku);
    let learn = format!("learn it with `inspectctl learn --sku {sku} FOLDER`");
    let entries = fs::read_dir(&folder).with_context(|| {
        format!("nothing was learned for SKU {sku} in {}; {learn}", references.display())
    })?;
    let mut views: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "safetensors"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    views.sort();
    match views.as_slice() {
        [only] => Ok(only.clone()),
        [] => bail!("nothing was learned for SKU {sku} in {}; {learn}", references.display()),
        _ => {
            bail!("SKU {sku} was learned in several views; add --view {}", views.join(" | --view "))
        }
    }
}

fn for_people(scored: &[Scored]) -> String {
    let rows: Vec<_> = scored.iter().map(row).collect();
    let mut text =
        table(&["picture", "score", "threshold", "verdict", "strangest at", "ms"], &rows);
    for problem in scored.iter().filter_map(|scored| scored.problem.as_ref()) {
        text.push_str(&format!("\nnot scored: {problem}"));
    }
    if scored.iter().any(|scored| scored.calibration == Some(Calibration::Weak)) {
        text.push_str("\nThe threshold is a guess: learn more normal pictures of this view.");
    }
    text
}

fn row(scored: &Scored) -> Vec<String> {
    let number = |value: Option<f32>| cell(value, |value| format!("{value:.4}"));
    let verdict = match scored.exceeds {
        Some(true) => scored.differs.as_deref().unwrap_or("unlike the normal ones"),
        Some(false) => "normal",
        None => "not scored",
    };
    vec![
        scored.picture.display().to_string(),
        number(scored.score),
        number(scored.threshold),
        verdict.to_owned(),
        cell(scored.at, |[x, y]| format!("{x}, {y}")),
        cell(scored.ms, |ms| format!("{ms:.0}")),
    ]
}
