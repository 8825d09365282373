//! `inspectctl skus show`.

use std::path::PathBuf;

use clap::Args;
use damage::scoring::{Calibration, Reference, ReferenceKey};
use features::backbone::BACKBONE_FILE;
use serde::Serialize;
use vision::learning::lessons::Shelf;

use super::list::Entry;
use super::{Places, Shop};
use crate::ctl::Context;
use crate::ctl::output::{Answer, table};

/// Show what the box knows of one SKU: its references, how much normal items differ, and the pictures behind them.
///
/// With --json: the keys of `skus list`, and `failed` (why it was not learned last time), `references` (`view`,
/// `normals`, `calibration`, `middle` and `spread` of the normal pictures' joint levels, `problem`) and `pictures`
/// (`shelf`: `normal`, `left out` or `damaged`; `item`, `view`, `file`).
#[derive(Debug, Args)]
pub struct Show {
    /// The SKU.
    sku: String,
    #[command(flatten)]
    places: Places,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    entry: Entry,
    failed: Option<String>,
    references: Vec<View>,
    pictures: Vec<Taken>,
}

#[derive(Debug, Default, Serialize)]
struct View {
    view: String,
    normals: usize,
    calibration: Option<Calibration>,
    middle: f64,
    spread: f64,
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Taken {
    shelf: &'static str,
    item: String,
    view: String,
    file: PathBuf,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<Answer> {
        let shop = self.places.resolve(context)?;
        shop.must_know(&self.sku)?;
        let scoring = self.places.scoring.resolve(context)?;
        // A reference names its backbone; another one is a problem that is shown.
        let backbone = std::fs::read(scoring.model.join(BACKBONE_FILE));
        let backbone = backbone.map(|bytes| base::checksum::sha256(&bytes)).unwrap_or_default();
        let views = shop.views(&self.sku).into_iter();
        let references =
            views.map(|view| shop.view(&self.sku, view, &backbone, scoring.false_divert_budget));
        let shown = Shown {
            references: references.collect::<anyhow::Result<_>>()?,
            pictures: shop.pictures(&self.sku)?,
            failed: shop
                .lessons
                .learned(&self.sku)
                .and_then(|learned| learned.failed)
                .map(|one| one.why),
            entry: shop.entry(self.sku)?,
        };
        Answer::either(context.json, &shown, || for_people(&shown))
    }
}

impl Shop {
    fn view(&self, sku: &str, view: String, backbone: &str, budget: f64) -> anyhow::Result<View> {
        let key = ReferenceKey::new(sku, &view)?;
        Ok(match Reference::load(&self.references, &key, backbone) {
            Ok(reference) => View {
                view,
                normals: reference.normals(),
                calibration: Some(reference.joint().calibration(budget)),
                middle: reference.joint().middle(),
                spread: reference.joint().spread(),
                problem: None,
            },
            Err(error) => View { view, problem: Some(error.to_string()), ..View::default() },
        })
    }

    fn pictures(&self, sku: &str) -> anyhow::Result<Vec<Taken>> {
        let shelves =
            [(Shelf::Normal, "normal"), (Shelf::LeftOut, "left out"), (Shelf::Damaged, "damaged")];
        let mut pictures = Vec::new();
        for (shelf, name) in shelves {
            for item in self.lessons.items(sku, shelf)? {
                for (view, file) in self.lessons.pictures(sku, shelf, &item)? {
                    pictures.push(Taken { shelf: name, item: item.clone(), view, file });
                }
            }
        }
        Ok(pictures)
    }
}

fn for_people(shown: &Shown) -> String {
    let Shown { entry, failed, references, pictures } = shown;
    let pinned = if entry.pinned { ", pinned" } else { "" };
    let mut text = format!(
        "SKU {}: {}{pinned}, learned by a {}\n",
        entry.sku,
        entry.state,
        match entry.by {
            "box" => "box",
            _ => "person",
        }
    );
    if let Some(why) = failed {
        text.push_str(&format!("not learned last time: {why}\n"));
    }
    let rows: Vec<Vec<String>> = references
        .iter()
        .map(|view| {
            let calibration = match view.calibration {
                Some(Calibration::Conformal) => "bounded by enough pictures",
                Some(Calibration::Fitted) => "estimated from few pictures",
                Some(Calibration::Weak) => "a guess",
                None => "",
            };
            let (middle, spread) = (format!("{:.2}", view.middle), format!("{:.2}", view.spread));
            let told = view.problem.clone().unwrap_or_else(|| calibration.to_owned());
            vec![view.view.clone(), view.normals.to_string(), middle, spread, told]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&format!(
            "\n{}\n",
            table(&["view", "normals", "middle", "spread", "threshold"], &rows)
        ));
    }
    let rows: Vec<Vec<String>> = pictures
        .iter()
        .map(|one| {
            vec![
                one.shelf.to_owned(),
                one.item.clone(),
                one.view.clone(),
                one.file.display().to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        text.push_str(&format!("\n{}", table(&["shelf", "item", "view", "picture"], &rows)));
    }
    text
}
