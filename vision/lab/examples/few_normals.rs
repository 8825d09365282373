//! What a reference of few normal pictures is worth, and whether a damaged one among them is found: what learning on
//! the belt rests on (docs/measurements/learning.md).
//!
//! `few_normals NORMALS DRAWS FOLDER...`: from each view of each folder so many normals are drawn at random, so many
//! times. Each draw is learned twice: as it is, and with one damaged picture in the place of a normal one. Printed are
//! how often a normal picture, and the damaged one, is odder than 3, 4, 5 and 6 spreads; and, learned from normals
//! alone, the share of good and of damaged test pictures that exceed the threshold.

use std::path::PathBuf;

use base::dataset::{Dataset, GOOD, ViewPictures};
use base::picture::Picture;
use base::progress::Silent;
use damage::scoring::{ReferenceKey, Scorer, ScoringError};
use lab::learn::{Turns, learn_view};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// Oddities that are counted.
const LIMITS: [f64; 4] = [3.0, 4.0, 5.0, 6.0];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |what: &str| -> Result<usize, String> {
        let text = arguments.next().ok_or_else(|| format!("give {what}"))?;
        text.parse().map_err(|_| format!("{what} is no number: {text}"))
    };
    let (count, draws) = (number("NORMALS")?, number("DRAWS")?);
    let folders: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let kept = tempfile::tempdir()?;
    let scorer = Scorer::load(features::backbone::default_model_dir())?.with_kept_maps(kept.path());
    println!(
        "| set | normals odder than 3, 4, 5, 6 | damaged one among them | good above | damaged above |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for folder in folders {
        for (view, pictures) in &Dataset::open(&folder)?.views {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            println!("| {name} {view} | {} |", row(&scorer, pictures, count, draws)?);
        }
    }
    Ok(())
}

fn row(
    scorer: &Scorer,
    pictures: &ViewPictures,
    count: usize,
    draws: usize,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut random = StdRng::seed_from_u64(5);
    let damaged: Vec<&PathBuf> = pictures
        .test
        .iter()
        .filter(|(class, _)| *class != GOOD)
        .flat_map(|(_, files)| files)
        .collect();
    let good = pictures.test.get(GOOD).cloned().unwrap_or_default();
    let (mut normal, mut poison) = ([0usize; 4], [0usize; 4]);
    let (mut normals, mut poisons) = (0, 0);
    let mut above = [(0, 0); 2];
    for draw in 0..draws {
        let mut chosen: Vec<PathBuf> =
            pictures.normals.sample(&mut random, count).cloned().collect();
        let key = ReferenceKey::new("few", "view")?;
        let learn = |files: &[PathBuf]| {
            let pictures = ViewPictures { normals: files.to_vec(), ..ViewPictures::default() };
            learn_view(scorer, key.clone(), &pictures, Turns::One, &mut Silent)
        };
        let (reference, _) = learn(&chosen)?;
        for oddity in reference.oddities() {
            normals += 1;
            for (count, limit) in normal.iter_mut().zip(LIMITS) {
                *count += usize::from(oddity > limit);
            }
        }
        let some = good.sample(&mut random, 12).map(|file| (0, file));
        for (kind, file) in some.chain(damaged.sample(&mut random, 12).map(|file| (1, *file))) {
            let exceeds = match scorer.score(&Picture::open(file)?, &reference, 1) {
                Ok(score) => score.exceeds,
                Err(ScoringError::NoItem | ScoringError::SeveralItems { .. }) => true,
                Err(error) => return Err(error.into()),
            };
            above[kind].0 += usize::from(exceeds);
            above[kind].1 += 1;
        }
        let Some(file) = damaged.get(draw * 7 % damaged.len().max(1)) else { continue };
        chosen[0] = (*file).clone();
        let (reference, passed_over) = learn(&chosen)?;
        poisons += 1;
        let oddity = match passed_over.iter().any(|one| one.file == chosen[0]) {
            true => f64::INFINITY,
            false => reference.oddities().first().copied().unwrap_or(0.0),
        };
        for (count, limit) in poison.iter_mut().zip(LIMITS) {
            *count += usize::from(oddity > limit);
        }
    }
    let shares = |counts: [usize; 4], of: usize| {
        counts.map(|count| format!("{:.1} %", 100.0 * count as f64 / of.max(1) as f64)).join(", ")
    };
    let share = |(above, of): (usize, usize)| format!("{above} of {of}");
    Ok(format!(
        "{} | {} | {} | {}",
        shares(normal, normals),
        shares(poison, poisons),
        share(above[0]),
        share(above[1])
    ))
}
