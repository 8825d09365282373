//! `inspectctl identify`: which SKU an item is, by its looks and its words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use identity::folder::{SkuPictures, pictures_by_sku};
use identity::{
    Appearance, Catalog, IdentityError, IdentityFigures, MayBe, Ranked, evaluate, of_files,
};
use reading::reader::default_text_dir;
use serde::Serialize;

use super::Context;
use super::output::{Answer, NONE, cell, table};
use super::progress::Bar;

/// SKUs that are shown to people for a picture.
const SHOWN: usize = 3;
/// Pictures that were taken for another SKU which are shown to people.
const CONFUSED_SHOWN: usize = 20;

/// Tell which SKU the item in a picture is, by its looks and its words.
///
/// The catalogue is a folder with `<sku>.jpg`, `<sku>/*.jpg`, or both; or a file that --save wrote: learning
/// takes about two seconds a picture. Exit code 1 when a picture could not be read; the others are read all
/// the same. With --json: an array of objects with `file`, `ranked` (`sku`, `probability`; what is missing
/// from 1 is that of none of them), `same_item` (how probable --sku is, if before looking it was as likely as
/// not) and `error`; what does not apply is null. With --test: an object with `pictures`, `skus`, `top1`,
/// `top1_interval`, `at_refusal` (`refused`, `threshold`, `falsely_accepted`), `compare_ms`, and `confused`
/// (`file`, `sku`, `taken_for`).
#[derive(Debug, Args)]
pub struct Identify {
    /// Folder of pictures by SKU, or a file written by --save.
    #[arg(long, value_name = "DIR|FILE")]
    catalog: PathBuf,
    /// What the items are supposed to be.
    #[arg(long, value_name = "SKU")]
    sku: Option<String>,
    /// Learn from at most so many photographs of each SKU, evenly chosen, beside its catalogue picture.
    #[arg(long, value_name = "N")]
    shots: Option<usize>,
    /// Write what was learned into this file, for --catalog and for `[identity]` in the line file.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Measure on a folder of pictures by SKU.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["pictures", "sku"])]
    test: Option<PathBuf>,
    /// Compare looks alone; five times as fast.
    #[arg(long)]
    no_text: bool,
    /// Folder of the networks and the library that read text [default: the one of scripts/bootstrap].
    #[arg(long, value_name = "DIR")]
    text_model: Option<PathBuf>,
    /// The pictures.
    #[arg(required_unless_present_any = ["test", "save"], value_name = "IMAGE")]
    pictures: Vec<PathBuf>,
}

/// What is said about one picture.
#[derive(Debug, Serialize)]
struct Identified {
    file: PathBuf,
    ranked: Option<Vec<Ranked>>,
    same_item: Option<f64>,
    error: Option<String>,
}

impl Identify {
    /// Learns or loads the catalogue, then compares.
    pub fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let mut bar = Bar::new();
        let catalog = self.catalogue(&mut bar)?;
        if let Some(sku) =
            self.sku.as_ref().filter(|sku| !catalog.skus().any(|known| known == *sku))
        {
            bail!("the catalogue has no {sku}; it has {}", joined(catalog.skus()));
        }
        if let Some(file) = &self.save {
            catalog.save(file)?;
        }
        if let Some(folder) = &self.test {
            let pictures = self.labelled(&pictures_by_sku(folder)?, None, &mut bar)?;
            let figures = evaluate(&catalog, &pictures, &mut bar)?;
            return Answer::either(context.json, &figures, || figures_for_people(&figures));
        }
        let appearance = self.appearance(&self.pictures, &mut bar)?;
        let compared = self.pictures.iter().zip(appearance).map(|(file, appearance)| {
            let expected = self.sku.as_deref();
            let may_be = expected.map_or(MayBe::Any, MayBe::Expected);
            let compared = appearance.and_then(|one| catalog.compare(&[one], may_be));
            let error = compared.as_ref().err().map(ToString::to_string);
            let compared = compared.ok();
            Identified {
                file: file.clone(),
                same_item: compared
                    .as_ref()
                    .zip(expected)
                    .and_then(|(one, sku)| one.same_item(sku)),
                ranked: compared.map(|compared| compared.ranked()),
                error,
            }
        });
        let identified: Vec<Identified> = compared.collect();
        let all_read = identified.iter().all(|one| one.error.is_none());
        let answer = Answer::either(context.json, &identified, || for_people(&identified))?;
        Ok(answer.good_only_if(all_read))
    }

    /// Loads the catalogue, or learns it. A picture that cannot be read ends learning: a catalogue that
    /// lacks some of what it was given would go unnoticed.
    fn catalogue(&self, bar: &mut Bar) -> anyhow::Result<Catalog> {
        if self.catalog.is_file() {
            return Ok(Catalog::load(&self.catalog)?);
        }
        let folder = pictures_by_sku(&self.catalog)?;
        if folder.is_empty() {
            bail!(
                "{} holds no pictures: put `<sku>.jpg` or `<sku>/*.jpg` into it",
                self.catalog.display()
            );
        }
        let mut by_sku: BTreeMap<String, Vec<Appearance>> = BTreeMap::new();
        for (_, sku, appearance) in self.labelled(&folder, self.shots, bar)? {
            by_sku.entry(sku).or_default().push(appearance);
        }
        let mut catalog = Catalog::new();
        for (sku, pictures) in by_sku {
            catalog.learn(&sku, &pictures)?;
        }
        Ok(catalog)
    }

    /// File, SKU and appearance of the pictures of a folder, and of so many photographs of a SKU.
    fn labelled(
        &self,
        folder: &BTreeMap<String, SkuPictures>,
        shots: Option<usize>,
        bar: &mut Bar,
    ) -> anyhow::Result<Vec<(PathBuf, String, Appearance)>> {
        let named = folder.iter().flat_map(|(sku, pictures)| {
            pictures.files(shots).into_iter().map(move |file| (file, sku.clone()))
        });
        let (files, skus): (Vec<PathBuf>, Vec<String>) = named.unzip();
        let appearance = self.appearance(&files, bar)?;
        let labelled = files.into_iter().zip(skus).zip(appearance);
        labelled.map(|((file, sku), appearance)| Ok((file, sku, appearance?))).collect()
    }

    fn appearance(
        &self,
        files: &[PathBuf],
        bar: &mut Bar,
    ) -> anyhow::Result<Vec<Result<Appearance, IdentityError>>> {
        let folder = self.text_model.clone().unwrap_or_else(default_text_dir);
        let text = (!self.no_text).then_some(folder.as_path());
        of_files(files, text, bar)
            .context("cannot read the pictures; --no-text compares looks alone")
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn for_people(identified: &[Identified]) -> String {
    let rows = identified.iter().filter(|one| one.error.is_none());
    let rows: Vec<Vec<String>> = rows.map(row).collect();
    let mut text = table(&["picture", "is", "or", "same item"], &rows);
    for error in identified.iter().filter_map(|one| one.error.as_ref()) {
        text.push_str(&format!("\nnot compared: {error}"));
    }
    text
}

fn row(one: &Identified) -> Vec<String> {
    let ranked = one.ranked.as_deref().unwrap_or_default();
    let shown = |ranked: &Ranked| format!("{} {:.3}", ranked.sku, ranked.probability);
    let others: Vec<String> = ranked.iter().take(SHOWN).skip(1).map(shown).collect();
    vec![
        one.file.display().to_string(),
        ranked.first().map_or_else(|| NONE.to_owned(), shown),
        others.join(", "),
        cell(one.same_item, |same| format!("{same:.3}")),
    ]
}

fn figures_for_people(figures: &IdentityFigures) -> String {
    let [low, high] = figures.top1_interval;
    let mut text = format!(
        "{} of {} pictures are of the most probable of {} SKUs: {:.3} (95 %: {low:.3} to {high:.3}); {:.0} ms to \
         compare one\n",
        figures.pictures - figures.confused.len(),
        figures.pictures,
        figures.skus,
        figures.top1,
        figures.compare_ms
    );
    for at in &figures.at_refusal {
        text.push_str(&format!(
            "{:.2} % of the wrong expectations accepted where {:.0} % of the right ones are refused (threshold \
             {:.4})\n",
            100.0 * at.falsely_accepted,
            100.0 * at.refused,
            at.threshold
        ));
    }
    let confused = figures.confused.iter().take(CONFUSED_SHOWN);
    let rows: Vec<Vec<String>> = confused
        .map(|one| {
            let (taken, probability) = (&one.taken_for.sku, one.taken_for.probability);
            vec![name(&one.file), one.sku.clone(), taken.clone(), format!("{probability:.3}")]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&table(&["picture", "shows", "taken for", "probability"], &rows));
    }
    text
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
