//! `inspectctl heatmap`: pictures with what differs drawn over them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base::caption::captioned;
use base::picture::Picture;
use clap::Args;
use damage::scoring::{Difference, Reference, Scorer, annotated};
use serde::Serialize;

use super::Context;
use super::model::ScoringOptions;
use super::output::{Answer, cell, table};
use super::score::{heat_map_name, key_of, repeated_name};

/// Draw what differs over pictures: heat on the grey picture, boxes, and words below.
///
/// Model and references are those of `score`. Words and boxes stand also on pictures that are normal
/// all in all: there they name the strangest places. Exit code 1 when a picture could not be scored;
/// the others are drawn all the same. With --json: an array of objects with `picture`, `heat_map`
/// (the file), `score`, `threshold`, `words`, `boxes` (`bounds` in pixels, `strength`, `kind`,
/// `place`, `of_width`) and `problem`; what does not apply is null.
#[derive(Debug, Args)]
pub struct Heatmap {
    /// What the items are.
    #[arg(value_name = "SKU")]
    sku: String,
    /// Which camera took the pictures [default: the only view that was learned].
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// The folder that takes the drawn pictures, as `<name>.heat.jpg`.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Millimetres of a pixel, where they are known: sizes are then told in millimetres.
    #[arg(long, value_name = "MM")]
    mm_per_px: Option<f32>,
    #[command(flatten)]
    scoring: ScoringOptions,
    /// The pictures.
    #[arg(required = true, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,
}

/// What was drawn of one picture.
#[derive(Debug, Default, Serialize)]
struct Drawn {
    picture: PathBuf,
    heat_map: Option<PathBuf>,
    score: Option<f32>,
    threshold: Option<f32>,
    words: Option<String>,
    boxes: Vec<Difference>,
    problem: Option<String>,
}

impl Heatmap {
    /// Draws picture by picture.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let scoring = self.scoring.resolve(context)?;
        let key = key_of(&scoring.references, &self.sku, self.view.as_deref())?;
        if let Some(name) = repeated_name(&self.pictures) {
            bail!("two pictures would be drawn into {name}: draw them one after another");
        }
        fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot make the folder {}", self.out.display()))?;
        let scorer = scoring.scorer()?;
        let reference = Reference::load(&scoring.references, &key, scorer.backbone_sha256())?;
        let drawn: Vec<Drawn> = self
            .pictures
            .iter()
            .map(|path| {
                self.draw(&scorer, &reference, path).unwrap_or_else(|problem| Drawn {
                    picture: path.clone(),
                    problem: Some(format!("{problem:#}")),
                    ..Drawn::default()
                })
            })
            .collect();
        let all_drawn = drawn.iter().all(|drawn| drawn.problem.is_none());
        let answer = Answer::either(context.json, &drawn, || for_people(&drawn))?;
        Ok(answer.good_only_if(all_drawn))
    }

    fn draw(&self, scorer: &Scorer, reference: &Reference, path: &Path) -> anyhow::Result<Drawn> {
        let picture = Picture::open(path)?;
        let scored = scorer.score(&picture, reference, 1)?;
        let said = scored.words(self.mm_per_px);
        let verdict = if scored.exceeds { "differs" } else { "normal, strangest" };
        let caption = format!("{:.2} of {:.2}, {verdict}: {said}", scored.score, scored.threshold);
        let shown = captioned(&annotated(&picture, &scored.heat, &scored.differs), &caption);
        let file = self.out.join(heat_map_name(path));
        shown.save(&file).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Drawn {
            picture: path.to_owned(),
            heat_map: Some(file),
            score: Some(scored.score),
            threshold: Some(scored.threshold),
            words: Some(said),
            boxes: scored.differs,
            problem: None,
        })
    }
}

fn for_people(drawn: &[Drawn]) -> String {
    let number = |value: Option<f32>| cell(value, |value| format!("{value:.2}"));
    let rows: Vec<Vec<String>> = drawn
        .iter()
        .map(|drawn| {
            vec![
                cell(drawn.heat_map.as_ref(), |file| file.display().to_string()),
                number(drawn.score),
                number(drawn.threshold),
                cell(drawn.words.as_ref(), Clone::clone),
            ]
        })
        .collect();
    let mut text = table(&["heat map", "score", "threshold", "words"], &rows);
    for problem in drawn.iter().filter_map(|drawn| drawn.problem.as_ref()) {
        text.push_str(&format!("\nnot drawn: {problem}"));
    }
    text
}
