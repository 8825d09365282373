//! Learns, looks, counts.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use base::{dataset::ViewPictures, picture::Picture, progress::Silent, statistics::wilson};
use damage::scoring::{Reference, ReferenceKey, Scorer, ScoringError};
use lab::learn::{Turns, learn_view};

use super::{CAMERAS, Ground, PARTS, files};

/// Of how many normal pieces references are made.
const NORMALS: [usize; 2] = [8, 24];
/// What is learned from.
const LESSONS: [(&str, &[Ground]); 3] =
    [("bare belt", &[Ground::Bare]), ("totes", &[Ground::Tote]), ("both", &Ground::ALL)];

/// How many pieces, and how many of them exceeded the threshold or could not be judged.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    all: usize,
    exceed: usize,
    untold: usize,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [low, high] = wilson(self.exceed, self.all).map(|share| 100.0 * share);
        write!(f, "{} of {} ({low:.1} to {high:.1} %)", self.exceed, self.all)?;
        if self.untold > 0 {
            write!(f, ", {} not judged", self.untold)?;
        }
        Ok(())
    }
}

enum Answer {
    Normal,
    Exceeds,
    Untold,
}

/// Prints the table.
pub fn measure(folder: &Path, skus: Range<u32>) -> anyhow::Result<()> {
    let kept = tempfile::tempdir()?;
    let scorer = Scorer::load(features::backbone::default_model_dir())?.with_kept_maps(kept.path());
    let mut counts: BTreeMap<(usize, usize, Ground, &str), Count> = BTreeMap::new();
    for sku in skus {
        let sku = folder.join(format!("{sku:03}"));
        for (of, count) in NORMALS.into_iter().enumerate() {
            for (lesson, (_, grounds)) in LESSONS.into_iter().enumerate() {
                let references = learned(&scorer, &sku, grounds, count)?;
                for (ground, part) in Ground::ALL
                    .into_iter()
                    .flat_map(|ground| PARTS[1..].iter().map(move |p| (ground, *p)))
                {
                    let counted = counts.entry((of, lesson, ground, part)).or_default();
                    look(&scorer, &references, &sku.join(ground.name()).join(part), counted)?;
                }
            }
        }
        eprintln!("{} is done", sku.display());
    }
    println!("| normals | learned from | lies | good above the threshold | damaged above |");
    println!("| --- | --- | --- | --- | --- |");
    for (of, count) in NORMALS.into_iter().enumerate() {
        for (lesson, (name, _)) in LESSONS.into_iter().enumerate() {
            for ground in Ground::ALL {
                let lies = match ground {
                    Ground::Bare => "on the belt",
                    Ground::Tote => "in a tote",
                };
                let cell =
                    |part| counts.get(&(of, lesson, ground, part)).copied().unwrap_or_default();
                println!("| {count} | {name} | {lies} | {} | {} |", cell("good"), cell("damaged"));
            }
        }
    }
    Ok(())
}

/// References for each camera from so many normals, by turns from each ground.
fn learned(
    scorer: &Scorer,
    sku: &Path,
    grounds: &[Ground],
    count: usize,
) -> anyhow::Result<Vec<(&'static str, Reference)>> {
    let mut references = Vec::new();
    for camera in CAMERAS {
        let mut normals = Vec::new();
        for ground in grounds {
            let files = files(&sku.join(ground.name()).join("normal").join(camera))?;
            normals.extend(files.into_iter().take(count / grounds.len()));
        }
        if normals.is_empty() {
            continue;
        }
        let pictures = ViewPictures { normals, ..ViewPictures::default() };
        let key = ReferenceKey::new("sku", camera)?;
        let (reference, _) = learn_view(scorer, key, &pictures, Turns::One, &mut Silent)?;
        references.push((camera, reference));
    }
    Ok(references)
}

fn look(
    scorer: &Scorer,
    references: &[(&'static str, Reference)],
    folder: &Path,
    count: &mut Count,
) -> anyhow::Result<()> {
    let mut answers: BTreeMap<PathBuf, Vec<Answer>> = BTreeMap::new();
    let seen: Vec<(&Reference, Vec<PathBuf>)> = references
        .iter()
        .map(|(camera, reference)| Ok((reference, files(&folder.join(camera))?)))
        .collect::<anyhow::Result<_>>()?;
    let views = seen.iter().filter(|(_, files)| !files.is_empty()).count();
    for (reference, files) in seen {
        for file in files {
            let answer = match scorer.score(&Picture::open(&file)?, reference, views) {
                Ok(score) if score.exceeds => Answer::Exceeds,
                Ok(_) => Answer::Normal,
                Err(ScoringError::NoItem | ScoringError::SeveralItems { .. }) => Answer::Untold,
                Err(error) => return Err(error.into()),
            };
            let piece = PathBuf::from(file.file_name().unwrap_or_default());
            answers.entry(piece).or_default().push(answer);
        }
    }
    for answers in answers.into_values() {
        count.all += 1;
        if answers.iter().any(|answer| matches!(answer, Answer::Exceeds)) {
            count.exceed += 1;
        } else if answers.iter().any(|answer| matches!(answer, Answer::Untold)) {
            count.untold += 1;
        }
    }
    Ok(())
}
